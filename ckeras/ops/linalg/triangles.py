"""Triangles and diagonals of matrices."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.composite import composite
from ckeras.ops.manipulation.layout import axis_of, moveaxis, tensor
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Tensor, arguments, dtypes, limits
from ckeras.tensor.eager import wrap


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """Matrix of ``N`` rows and ``M`` columns with ones at and below its ``k``-th diagonal, zeros above.

    >>> tri(2, 3).tolist()
    [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
    """
    arguments.no_unknown_size(M, "tri", "M")
    rows = arguments.integer(N, "tri", "N", 0)
    columns = rows if M is None else arguments.integer(M, "tri", "M", 0)
    offset = max(-rows, min(arguments.integer(k, "tri", "k"), columns))
    name = elementwise.default_float(dtype)
    limits.claim("tri", (rows, columns), name)
    return wrap(np.tri(rows, columns, offset, dtypes.NUMPY[name]))


@composite
def _triangle(x: Tensor, k: int, upper: bool) -> Tensor:
    m, n = x.shape[-2:]
    limits.claim("triu" if upper else "tril", (m, n), "bool")
    below = np.tri(m, n, max(-m, min(k, n + 1)) - upper, bool)
    return elementwise.where(wrap(~below if upper else below), x, elementwise.cast(0, x.dtype))


def _on_matrices(x: Any, k: int, upper: bool) -> Tensor:
    x = tensor(x)
    if len(x.shape) < 2:
        raise ValueError(f"{'triu' if upper else 'tril'} expects two axes at least, got shape {x.shape}")
    return _triangle(x, k=arguments.integer(k, "triu" if upper else "tril", "k"), upper=upper)


def tril(x: Any, k: int = 0) -> Tensor:
    """Lower triangle of the last two axes of ``x``: elements above the ``k``-th diagonal become 0.

    >>> tril([[1, 2], [3, 4]]).tolist()
    [[1, 0], [3, 4]]
    """
    return _on_matrices(x, k, False)


def triu(x: Any, k: int = 0) -> Tensor:
    """Upper triangle of the last two axes of ``x``: elements below the ``k``-th diagonal become 0."""
    return _on_matrices(x, k, True)


@composite
def _trace(x: Tensor, offset: int) -> Tensor:
    m, n = x.shape[-2:]
    limits.claim("trace", (m, n), "bool")
    on = wrap(np.eye(m, n, max(-m, min(offset, n)), dtype=bool))
    return reduction.sum(elementwise.where(on, x, 0), (-1, -2))


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Sum of the ``offset``-th diagonal of the matrices along ``axis1`` and ``axis2``.

    >>> trace([[1, 2], [3, 4]]).tolist()
    5
    """
    x = tensor(x)
    first, second = axis_of(axis1, len(x.shape), "trace"), axis_of(axis2, len(x.shape), "trace")
    if first == second:
        raise ValueError(f"trace expects two axes, got {axis1} and {axis2} for shape {x.shape}")
    return _trace(moveaxis(x, (first, second), (-2, -1)), offset=arguments.integer(offset, "trace", "offset"))
