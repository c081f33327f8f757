"""Tensors, variables, the op table and differentiation."""

from ckeras.autograd.op import Op, as_tensor, table
from ckeras.autograd.tape import GradientTape
from ckeras.autograd.tensor import KerasTensor, NeedsValue, Spec, Tensor, TracedTensor
from ckeras.autograd.variable import Variable

__all__ = [
    "GradientTape",
    "KerasTensor",
    "NeedsValue",
    "Op",
    "Spec",
    "Tensor",
    "TracedTensor",
    "Variable",
    "as_tensor",
    "table",
]
