"""Models."""

from ckeras.models.functional import Functional
from ckeras.models.model import Model
from ckeras.models.sequential import Sequential

__all__ = ["Functional", "Model", "Sequential"]
__dir__ = __all__.copy
