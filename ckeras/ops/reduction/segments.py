"""Reductions over segments: the rows of the data with the same segment id."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import take
from ckeras.ops.manipulation.layout import tensor
from ckeras.ops.reduction.core import product_of_others
from ckeras.tensor import Op, Spec, Tensor, dtypes, table

# Rows that belong to no segment go to an extra segment at the end, which is dropped.


def _segments(name: str, data: Any, segment_ids: Any, num_segments: int | None) -> tuple[Tensor, Tensor, int]:
    """The data, the segment of each row, and the number of segments including the extra one."""
    x, index = tensor(data), tensor(segment_ids)
    if (
        len(index.shape) != 1
        or not x.shape
        or (x.shape[0] != index.shape[0] and None not in (x.shape[0], *index.shape))
    ):
        raise ValueError(
            f"{name} expects segment_ids with one id for each row of data, got shapes {index.shape} and {x.shape}"
        )
    if index.dtype not in dtypes.INTEGERS:
        raise TypeError(f"{name} expects integer segment_ids, got dtype {index.dtype}")
    index = elementwise.cast(index, "int64")
    if num_segments is None:
        known = index.numpy()
        num_segments = int(known.max()) + 1 if known.size else 0
    if num_segments < 0:
        raise ValueError(f"{name} expects num_segments of 0 or more, got {num_segments}")
    inside = elementwise.logical_and(elementwise.less_equal(0, index), elementwise.less(index, num_segments))
    return x, elementwise.where(inside, index, num_segments), num_segments + 1


def _folding(name: str, fold: np.ufunc, start: Callable[[str], Any], vjp: Callable[..., Tensor]) -> Op:
    """Define a segment reduction by the ufunc ``fold`` with the initial value ``start(dtype)``."""

    def forward(x: np.ndarray, index: np.ndarray, size: int) -> np.ndarray:
        y = np.full((size, *x.shape[1:]), start(x.dtype.name), x.dtype)
        if x.size:  # as matrices: numpy's `at` ends the process for arrays of more than 32 axes
            fold.at(y.reshape(size, -1), index, x.reshape(len(x), -1))
        return y

    return Op(name, lambda x, index, size: Spec((size, *x.shape[1:]), x.dtype), forward, vjp=[vjp, None])


def _sum(x: Tensor, index: Tensor, size: int) -> Tensor:
    return table["scatter_add_rows"](x, index, rows=size)


def _extreme_vjp(g: Tensor, y: Tensor, x: Tensor, index: Tensor, size: int) -> Tensor:
    # Equal extrema share the gradient.
    hit = elementwise.cast(elementwise.equal(x, take(y, index, 0)), g.dtype)
    share = elementwise.divide_no_nan(g, _sum(hit, index, size))
    return elementwise.multiply(hit, take(share, index, 0))


def _prod_vjp(g: Tensor, y: Tensor, x: Tensor, index: Tensor, size: int) -> Tensor:
    others = product_of_others(
        x, lambda v: take(_segment_prod(v, index, size=size), index, 0), lambda v: take(_sum(v, index, size), index, 0)
    )
    return elementwise.multiply(take(g, index, 0), others)


def _smallest(dtype: str) -> Any:
    return -math.inf if dtype in dtypes.FLOATS else dtype != "bool" and np.iinfo(dtype).min


def _largest(dtype: str) -> Any:
    return math.inf if dtype in dtypes.FLOATS else dtype == "bool" or np.iinfo(dtype).max


_segment_max = _folding("segment_max", np.maximum, _smallest, _extreme_vjp)
_segment_min = _folding("segment_min", np.minimum, _largest, _extreme_vjp)
_segment_prod = _folding("segment_prod", np.multiply, lambda dtype: 1, _prod_vjp)


def segment_sum(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Sums of the rows of ``data`` with the same segment id.

    Args:
        data: of shape ``(rows, ...)``.
        segment_ids: integers of shape ``(rows,)``; rows with an id that is negative, or not below ``num_segments``, are
            ignored.
        num_segments: number of rows of the result; by default max(segment_ids) + 1, which is not known inside a
            compiled function.
        sorted: whether the ids are sorted; accepted for compatibility, it changes nothing.

    >>> segment_sum([1.0, 2.0, 4.0], [0, 2, 0]).tolist()
    [5.0, 0.0, 2.0]
    """
    x, index, size = _segments("segment_sum", data, segment_ids, num_segments)
    return _sum(x, index, size)[:-1]


def segment_max(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Element-wise maxima of the rows of ``data`` with the same segment id; see `segment_sum` for the arguments.

    The maximum of an empty segment is the lowest value of the dtype.

    >>> segment_max([1.0, 2.0, 4.0], [0, 1, 0]).tolist()
    [4.0, 2.0]
    """
    x, index, size = _segments("segment_max", data, segment_ids, num_segments)
    return _segment_max(x, index, size=size)[:-1]


def segment_min(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Element-wise minima of the rows of ``data`` with the same segment id; see `segment_sum` for the arguments.

    The minimum of an empty segment is the highest value of the dtype.
    """
    x, index, size = _segments("segment_min", data, segment_ids, num_segments)
    return _segment_min(x, index, size=size)[:-1]


def segment_prod(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Tensor:
    """Products of the rows of ``data`` with the same segment id; see `segment_sum` for the arguments.

    The product of an empty segment is 1.
    """
    x, index, size = _segments("segment_prod", data, segment_ids, num_segments)
    return _segment_prod(x, index, size=size)[:-1]
