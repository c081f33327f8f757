"""Models."""

from ckeras.models.functional import Functional
from ckeras.models.model import Model
from ckeras.models.sequential import Sequential
from ckeras.saving import load_model, save_model

__all__ = ["Functional", "Model", "Sequential", "load_model", "save_model"]
__dir__ = __all__.copy
