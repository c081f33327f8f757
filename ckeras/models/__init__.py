"""Models."""

from ckeras.models.model import Model
from ckeras.models.sequential import Sequential
from ckeras.saving import load_model, save_model

__all__ = ["Model", "Sequential", "load_model", "save_model"]
__dir__ = __all__.copy
