"""Running sums and products along an axis, and the differences of neighbours."""

import builtins
from typing import Any

import numpy as np

from ckeras.autograd import Op, Spec, Tensor
from ckeras.ops import elementwise as e
from ckeras.ops.composite import composite
from ckeras.ops.indexing import basic_slice, flip
from ckeras.ops.joining import pad
from ckeras.ops.layout import axis_of, ravel, tensor


def _like(x: Spec, *others: Spec, axis: int) -> Spec:
    return Spec(x.shape, x.dtype)


def _wide(x: np.ndarray) -> np.dtype:
    """The dtype in which the elements are added up: rounding adds up as well."""
    return np.dtype("float64") if x.dtype.kind == "f" else x.dtype


def _shifted(x: Tensor, axis: int, places: int, value: float) -> Tensor:
    """``x`` moved along an axis by 1 or -1 place; ``value`` comes in at the end that is left."""
    if x.shape[axis] == 0:
        return x
    parts = [builtins.slice(None)] * len(x.shape)
    parts[axis] = builtins.slice(None, -1) if places > 0 else builtins.slice(1, None)
    width = [(0, 0)] * len(x.shape)
    width[axis] = (1, 0) if places > 0 else (0, 1)
    return pad(basic_slice(x, parts), width, constant_values=value)


def _recurrence_forward(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
    a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    y = np.zeros_like(b)
    for i in range(len(b)):
        y[i] = b[i] + (a[i] * y[i - 1] if i else 0)
    return np.moveaxis(y, 0, axis)


def _backwards(g: Tensor, a: Tensor, axis: int) -> Tensor:
    """s with s[i] = g[i] + a[i + 1] s[i + 1]: what each element of g does to those before it."""
    return flip(_recurrence(flip(_shifted(a, axis, -1, 0.0), axis), flip(g, axis), axis=axis), axis)


# y[i] = a[i] y[i - 1] + b[i] along an axis. Its gradients are the same recurrence, backwards.
_recurrence = Op(
    "recurrence",
    _like,
    _recurrence_forward,
    vjp=[
        lambda g, y, a, b, axis: e.multiply(_backwards(g, a, axis), _shifted(y, axis, 1, 0.0)),
        lambda g, y, a, b, axis: _backwards(g, a, axis),
    ],
)
_cumsum = Op(
    "cumsum",
    _like,
    lambda x, axis: np.cumsum(x, axis, _wide(x)),
    vjp=[lambda g, y, x, axis: flip(_cumsum(flip(g, axis), axis=axis), axis)],
)
# The product of those before an element, times what comes after it: without a division, so that zeros are no exception.
_cumprod = Op(
    "cumprod",
    _like,
    lambda x, axis: np.cumprod(x, axis, _wide(x)),
    vjp=[lambda g, y, x, axis: e.multiply(_shifted(y, axis, 1, 1.0), _backwards(g, x, axis))],
)


def _running(row: Op, x: Any, axis: int | None, dtype: Any) -> Tensor:
    x = tensor(x)
    if dtype is not None:
        x = e.cast(x, dtype)
    elif x.dtype == "bool":
        x = e.cast(x, "int32")
    if axis is None:
        x, axis = ravel(x), 0
    return row(x, axis=axis_of(axis, len(x.shape), row.name))


def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The sums of the elements up to each one along ``axis``; of all elements in a row if the axis is `None`.

    In ``dtype``, or in that of ``x``; booleans are summed as int32.

    >>> cumsum([[1, 2], [3, 4]], axis=1).tolist()
    [[1, 3], [3, 7]]
    """
    return _running(_cumsum, x, axis, dtype)


def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """The products of the elements up to each one along ``axis``; of all elements in a row if the axis is `None`.

    In ``dtype``, or in that of ``x``; booleans are multiplied as int32.

    >>> cumprod([1, 2, 3]).tolist()
    [1, 2, 6]
    """
    return _running(_cumprod, x, axis, dtype)


@composite
def _diff(a: Tensor, n: int, axis: int) -> Tensor:
    for _ in range(n):
        later, earlier = ([builtins.slice(None)] * len(a.shape) for _ in range(2))
        later[axis], earlier[axis] = builtins.slice(1, None), builtins.slice(None, -1)
        pair = basic_slice(a, later), basic_slice(a, earlier)
        a = e.not_equal(*pair) if a.dtype == "bool" else e.subtract(*pair)
    return a


def diff(a: Any, n: int = 1, axis: int = -1) -> Tensor:
    """Each element less the one before it along ``axis``, ``n`` times over; of booleans, whether the two differ.

    >>> diff([1, 2, 4, 7]).tolist(), diff([1, 2, 4, 7], n=2).tolist()
    ([1, 2, 3], [1, 1])
    """
    a = tensor(a)
    if n < 0:
        raise ValueError(f"diff expects an order n of 0 or more, got {n}")
    if not a.shape:
        raise ValueError("diff expects a tensor with an axis, got one number")
    return _diff(a, n=int(n), axis=axis_of(axis, len(a.shape), "diff"))
