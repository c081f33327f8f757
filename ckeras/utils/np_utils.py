"""Alias module of `to_categorical` and `normalize`, as in older versions of Keras."""

from ckeras.utils.numerical import normalize, to_categorical

__all__ = ["normalize", "to_categorical"]
__dir__ = __all__.copy
