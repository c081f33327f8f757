"""Tensors and variables whose operators work: what they call is registered when `ckeras.ops` is imported."""

from ckeras.tensor import KerasTensor, Tensor, Variable

__all__ = ["KerasTensor", "Tensor", "Variable"]
__dir__ = __all__.copy
