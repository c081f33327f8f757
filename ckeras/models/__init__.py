"""Models."""

from ckeras.models.cloning import clone_model
from ckeras.models.from_json import model_from_json
from ckeras.models.functional import Functional
from ckeras.models.model import Model
from ckeras.models.sequential import Sequential
from ckeras.saving import load_model, save_model

__all__ = ["Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]
__dir__ = __all__.copy
