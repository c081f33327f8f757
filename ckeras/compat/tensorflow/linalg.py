"""``tensorflow.linalg``."""

from typing import Any

from ckeras import ops as _ops
from ckeras.compat.tensorflow.table import names_of

ROWS = {
    "eye": "ops.eye(num_rows=N, num_columns=M)",
    "norm": "ops.norm(tensor=x, ord, axis, keepdims)",
    "tensordot": "ops.tensordot(a=x1, b=x2, axes)",
}

__getattr__, __dir__ = names_of(__name__, ROWS)


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, name: str | None = None) -> Any:
    """The matrix product over the last two axes, of either factor or its transpose."""
    return _ops.matmul(matrix_transpose(a) if transpose_a else a, matrix_transpose(b) if transpose_b else b)


def matrix_transpose(a: Any, name: str | None = None) -> Any:
    """``a`` with its last two axes exchanged."""
    return _ops.swapaxes(a, -1, -2)
