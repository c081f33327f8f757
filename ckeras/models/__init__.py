"""Models."""

from ckeras.models.model import Model
from ckeras.models.sequential import Sequential

__all__ = ["Model", "Sequential"]
__dir__ = __all__.copy
