"""Sorting, top-k, and statistics of the sorted values: medians and quantiles."""

import math
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.composite import composite
from ckeras.ops.manipulation.creation import arange
from ckeras.ops.manipulation.layout import axis_of, expand_dims, moveaxis, ravel, reshape, squeeze, tensor, transpose
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor, as_tensor, dtypes
from ckeras.tensor.structure import flatten

# -- gather along the last axis -----------------------------------------------------------------------------------
# Two ops, each the gradient of the other. The index has the shape of the input except along the last axis.


def _scatter_forward(g: np.ndarray, index: np.ndarray, size: int) -> np.ndarray:
    rows = g.reshape(math.prod(g.shape[:-1]), g.shape[-1])
    y = np.zeros((len(rows), size), g.dtype)
    np.add.at(y, (np.arange(len(rows))[:, None], index.reshape(rows.shape)), rows)
    return y.reshape(*g.shape[:-1], size)


_pick = Op(
    "pick_last",
    lambda x, index: Spec(index.shape, x.dtype),
    lambda x, index: np.take_along_axis(x, index, -1),
    vjp=[lambda g, y, x, index: _put(g, index, size=x.shape[-1]), None],
)
_put = Op(
    "put_last",
    lambda g, index, size: Spec((*g.shape[:-1], size), g.dtype),
    _scatter_forward,
    vjp=[lambda h, y, g, index, size: _pick(h, index), None],
)

# -- sort ---------------------------------------------------------------------------------------------------------

_order = Op(
    "order_last", lambda x: Spec(x.shape, "int64"), lambda x: np.argsort(x, -1, kind="stable")
)  # the indices that sort the elements
_sort = Op(
    "sort_last",
    lambda x: Spec(x.shape, x.dtype),
    lambda x: np.sort(x, -1),
    vjp=[lambda g, y, x: _put(g, _order(x), size=x.shape[-1])],
)


def _on_last(x: Tensor, axis: int, where: str) -> tuple[Tensor, int]:
    axis = axis_of(axis, len(x.shape), where)
    return moveaxis(x, axis, -1), axis


def sort(x: Any, axis: int | None = -1) -> Tensor:
    """Sort ``x`` along ``axis`` in ascending order, NaN last; with axis `None`, ``x`` is flattened first.

    >>> sort([3, 1, 2]).tolist()
    [1, 2, 3]
    """
    x = tensor(x)
    if axis is None:
        return _sort(ravel(x))
    moved, axis = _on_last(x, axis, "sort")
    return moveaxis(_sort(moved), -1, axis)


# -- top k --------------------------------------------------------------------------------------------------------


def _descending(x: np.ndarray) -> np.ndarray:
    """Indices that sort the last axis in descending order (NaN first), stable."""
    return x.shape[-1] - 1 - np.argsort(x[..., ::-1], -1, kind="stable")[..., ::-1]


def _largest(x: np.ndarray, k: int) -> np.ndarray:
    """The first ``k`` indices of `_descending` for each row, without sorting all elements."""
    indices = np.argpartition(x, x.shape[1] - k, 1)[:, -k:]
    smallest = np.take_along_axis(x, indices[:, :1], 1)
    indices.sort(1)
    values = np.take_along_axis(x, indices, 1)
    index = np.take_along_axis(indices, _descending(values), 1)
    # The partition may not hold the first of several elements that equal the kth: such rows are sorted in full.
    left = np.count_nonzero(x == smallest, 1) != np.count_nonzero(values == smallest, 1)
    again = left | (smallest != smallest)[:, 0]
    index[again] = _descending(x[again])[:, :k]
    return index


def _top_k_forward(x: np.ndarray, k: int) -> list[np.ndarray]:
    n = x.shape[-1]
    if k == 1 and x.size:
        index = np.argmax(x, -1)[..., None]
    elif 0 < 4 * k < n and n >= 32:
        index = _largest(x.reshape(-1, n), k).reshape(*x.shape[:-1], k)
    else:
        index = _descending(x)[..., :k]
    return [np.take_along_axis(x, index, -1), index]


_top_k = Op(
    "top_k",
    lambda x, k: [Spec((*x.shape[:-1], k), x.dtype), Spec((*x.shape[:-1], k), "int32")],
    _top_k_forward,
    vjp=[lambda g, y, x, k: _put(g[0], elementwise.cast(y[1], "int64"), size=x.shape[-1])],
)


def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The ``k`` largest elements along the last axis, and their indices as int32.

    They are in descending order (with ``sorted=False`` too), equal elements in order of their indices, NaN first.
    Raises ValueError if ``k`` is negative or larger than the axis.

    >>> values, indices = top_k([1.0, 5.0, 3.0], 2)
    >>> values.tolist(), indices.tolist()
    ([5.0, 3.0], [1, 2])
    """
    x, k = tensor(x), int(k)
    size = x.shape[-1] if x.shape else 0
    if not x.shape or k < 0 or (size is not None and k > size):
        raise ValueError(f"top_k expects 0 <= k <= the size of the last axis, got k={k} and shape {x.shape}")
    return tuple(_top_k(x, k=k))


def in_top_k(targets: Any, predictions: Any, k: int) -> Tensor:
    """Whether the target of each row is among its ``k`` largest predictions.

    Args:
        targets: integer class labels of shape ``(batch,)``; false for a label that is out of range or whose prediction
            is NaN.
        predictions: of shape ``(batch, classes)``.

    >>> in_top_k([1, 0], [[0.1, 0.9, 0.3], [0.1, 0.9, 0.3]], 2).tolist()
    [True, False]
    """
    targets, x = tensor(targets), tensor(predictions)
    if targets.dtype not in dtypes.INTEGERS:
        raise TypeError(f"in_top_k expects integer targets, got dtype {targets.dtype}")
    if not x.shape or len(targets.shape) != len(x.shape) - 1:
        raise ValueError(
            f"in_top_k expects a target for each row of predictions, got shapes {targets.shape} and {x.shape}"
        )
    if x.shape[-1] is None:
        raise ValueError(f"in_top_k expects a known number of classes, got predictions of shape {x.shape}")
    targets = expand_dims(elementwise.cast(targets, "int64"), -1)
    here = elementwise.equal(targets, arange(x.shape[-1], dtype="int64"))
    of_target = reduction.sum(elementwise.where(here, x, 0), -1, keepdims=True)
    rank = reduction.sum(elementwise.cast(elementwise.greater(x, of_target), "int32"), -1)
    valid = elementwise.logical_and(
        reduction.any(here, -1), elementwise.logical_not(elementwise.isnan(squeeze(of_target, -1)))
    )
    return elementwise.logical_and(valid, elementwise.less(rank, int(k)))


# -- quantiles ----------------------------------------------------------------------------------------------------

_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def rows_of(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Move these axes to the end of ``x`` and flatten them into one."""
    kept = [i for i in range(len(x.shape)) if i not in axes]
    return reshape(transpose(x, [*kept, *axes]), (*(x.shape[i] for i in kept), _size(x.shape, axes)))


def _size(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    return math.prod(shape[i] for i in axes)


@composite
def _quantile(x: Tensor, q: Tensor, axes: tuple[int, ...], keepdims: bool, method: str, skip_nan: bool) -> Tensor:
    if reduction.any_zero(x.shape, axes):
        raise ValueError(f"a quantile of no elements: the shape is {x.shape}, the axes are {axes}")
    in_rows = _sort(rows_of(x, axes))
    lead, n = in_rows.shape[:-1], in_rows.shape[-1]
    if skip_nan:
        valid = reduction.sum(
            elementwise.cast(elementwise.logical_not(elementwise.isnan(in_rows)), q.dtype), -1, keepdims=True
        )
        last = elementwise.maximum(elementwise.subtract(valid, 1.0), 0.0)
    else:
        last = float(n - 1)
    position = elementwise.broadcast_to(
        elementwise.multiply(ravel(elementwise.clip(q, 0.0, 1.0)), last), (*lead, math.prod(q.shape))
    )
    below, above = elementwise.floor(position), elementwise.ceil(position)
    low, high = (_pick(in_rows, elementwise.cast(i, "int64")) for i in (below, above))
    part = elementwise.cast(elementwise.subtract(position, below), x.dtype)
    if method == "lower":
        y = low
    elif method == "higher":
        y = high
    elif method == "nearest":
        y = elementwise.where(elementwise.less_equal(part, 0.5), low, high)
    else:
        part = part if method == "linear" else 0.5
        # At an integral position only that element counts: infinity times 0 would be NaN.
        y = elementwise.where(
            elementwise.equal(below, above),
            low,
            elementwise.add(
                elementwise.multiply(low, elementwise.subtract(1.0, part)), elementwise.multiply(high, part)
            ),
        )
    if not skip_nan:
        y = elementwise.where(elementwise.isnan(in_rows[..., -1:]), np.nan, y)
    if keepdims:
        y = reshape(y, (*(1 if i in axes else d for i, d in enumerate(x.shape)), y.shape[-1]))
    return moveaxis(y, -1, 0) if q.shape else squeeze(y, -1)


def _quantiles(name: str, x: Any, q: Any, axis: Any, method: str, keepdims: bool, skip_nan: bool, whole: float) -> Any:
    x = elementwise.as_float(x)
    if method not in _METHODS:
        raise ValueError(f"{name} expects a method of {', '.join(_METHODS)}, got {method!r}")
    # Python numbers are kept in float64, so that integral positions stay integral.
    of_python = all(isinstance(v, (int, float)) for v in flatten(q))
    q = as_tensor(np.asarray(q, np.float64) if of_python else q)
    if len(q.shape) > 1:
        raise ValueError(f"{name} expects one q or a list of them, got shape {q.shape}")
    if type(q) is Tensor and q.size and not 0 <= q._array.min() <= q._array.max() <= whole:
        raise ValueError(f"{name} expects q in [0, {whole:g}], got {q.tolist()}")
    q = elementwise.as_float(elementwise.cast(q, "float32") if q.dtype == "float16" else q)
    y = _quantile(
        elementwise.cast(x, "float32") if x.dtype == "float16" else x,
        q if whole == 1 else elementwise.divide(q, whole),
        axes=reduction.canonical_axes(axis, len(x.shape)),
        keepdims=bool(keepdims),
        method=method,
        skip_nan=skip_nan,
    )
    return elementwise.cast(y, x.dtype)


def quantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """The ``q``-th quantile of the elements over ``axis``.

    It is the sorted element at index q * (n - 1), interpolated where that is not an integer.

    Args:
        q: a number in [0, 1], or a list of them, which becomes the first axis of the result.
        axis: one, several, or `None` for all.
        method: interpolation between two elements: "linear", "lower", "higher", "midpoint" or "nearest".

    The result is NaN where an element is NaN; integers give floats.

    >>> quantile([1.0, 2.0, 4.0], [0.5, 0.75]).tolist()
    [2.0, 3.0]
    """
    return _quantiles("quantile", x, q, axis, method, keepdims, False, 1)


def nanquantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """`quantile` of the elements that are not NaN; NaN where there are none."""
    return _quantiles("nanquantile", x, q, axis, method, keepdims, True, 1)


def percentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """`quantile` with ``q`` in percent, from 0 to 100."""
    return _quantiles("percentile", x, q, axis, method, keepdims, False, 100)


def nanpercentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """`nanquantile` with ``q`` in percent, from 0 to 100."""
    return _quantiles("nanpercentile", x, q, axis, method, keepdims, True, 100)


def median(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Median over ``axis``: the mean of the two middle elements of an even number; NaN where an element is NaN.

    >>> float(median([7.0, 1.0, 3.0, 4.0]))
    3.5
    """
    return _quantiles("median", x, 0.5, axis, "midpoint", keepdims, False, 1)


def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """`median` of the elements that are not NaN; NaN where there are none."""
    return _quantiles("nanmedian", x, 0.5, axis, "midpoint", keepdims, True, 1)


def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Range of values over ``axis``: maximum minus minimum ("peak to peak")."""
    return elementwise.subtract(reduction.max(x, axis, keepdims), reduction.min(x, axis, keepdims))
