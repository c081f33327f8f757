"""The name under which older Keras had `to_categorical` and `normalize`."""

from ckeras.utils.numerical import normalize, to_categorical

__all__ = ["normalize", "to_categorical"]
__dir__ = __all__.copy
