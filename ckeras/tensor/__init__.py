"""Tensors, variables, dtypes, the op table and eager execution."""

from ckeras.tensor.op import Op, as_tensor, table
from ckeras.tensor.tensor import KerasTensor, NeedsValue, Spec, Tensor, TracedTensor
from ckeras.tensor.variable import Variable

__all__ = [
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
