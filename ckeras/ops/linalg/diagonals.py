"""Extraction of diagonals, and diagonal matrices."""

import builtins
from typing import Any

from ckeras.ops.indexing.core import basic_slice
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.layout import axis_of, moveaxis, ravel, reshape, tensor
from ckeras.tensor import Spec, Tensor, arguments, table


def _length(rows: int, columns: int, offset: int) -> int:
    """Number of elements of a diagonal."""
    return max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))


def _diagonal_infer(x: Spec, offset: int, axis1: int, axis2: int) -> Spec:
    rows, columns = x.shape[axis1], x.shape[axis2]
    length = None if None in (rows, columns) else _length(rows, columns, offset)
    return Spec((*(d for i, d in enumerate(x.shape) if i not in (axis1, axis2)), length), x.dtype)


def _take_diagonal(x: Tensor, offset: int, axis1: int, axis2: int) -> Tensor:
    x = moveaxis(x, [axis1, axis2], [-2, -1])
    *lead, rows, columns = x.shape
    length = _length(rows, columns, offset)
    # In the flattened matrix a diagonal is every (columns + 1)-th element.
    start = offset if offset >= 0 else -offset * columns
    end = start + (length - 1) * (columns + 1) + 1 if length else start
    parts = [builtins.slice(None)] * len(lead) + [builtins.slice(start, end, columns + 1)]
    return basic_slice(reshape(x, (*lead, rows * columns)), parts)


_diagonal = Composite("diagonal", _take_diagonal, infer=_diagonal_infer)


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The elements x[i, i + offset] of the matrices along two axes, as the last axis of the result.

    >>> diagonal([[1, 2, 3], [4, 5, 6]], offset=1).tolist()
    [2, 6]
    """
    x = tensor(x)
    rank = len(x.shape)
    if rank < 2:
        raise ValueError(f"diagonal expects a tensor of at least two axes, got shape {x.shape}")
    axis1, axis2 = axis_of(axis1, rank, "diagonal"), axis_of(axis2, rank, "diagonal")
    if axis1 == axis2:
        raise ValueError(f"diagonal expects two different axes, got {axis1} twice")
    return _diagonal(x, offset=arguments.integer(offset, "diagonal", "offset"), axis1=axis1, axis2=axis2)


def _matrix_infer(x: Spec, k: int) -> Spec:
    side = None if x.shape[0] is None else x.shape[0] + abs(k)
    return Spec((side, side), x.dtype)


def _matrix_of(x: Tensor, k: int) -> Tensor:
    side = x.shape[0] + abs(k)
    start = k if k >= 0 else -k * side
    return reshape(table["unslice"](x, shape=(side * side,), start=(start,), step=(side + 1,)), (side, side))


_diag = Composite("diag", _matrix_of, infer=_matrix_infer)


def diag(x: Any, k: int = 0) -> Tensor:
    """The ``k``-th diagonal of a matrix; for a vector, the matrix with that ``k``-th diagonal and 0 elsewhere.

    >>> diag([1, 2]).tolist(), diag([[1, 2], [3, 4]]).tolist()
    ([[1, 0], [0, 2]], [1, 4])
    """
    x, k = tensor(x), arguments.integer(k, "diag", "k")
    if len(x.shape) == 1:
        return _diag(x, k=k)
    if len(x.shape) != 2:
        raise ValueError(f"diag expects a tensor with one axis or two, got shape {x.shape}")
    return diagonal(x, k)


def diagflat(x: Any, k: int = 0) -> Tensor:
    """Matrix with the flattened ``x`` as its ``k``-th diagonal and 0 elsewhere."""
    return diag(ravel(x), k)
