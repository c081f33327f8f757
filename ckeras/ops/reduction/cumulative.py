"""Cumulative sums and products, and differences of neighbours."""

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import basic_slice
from ckeras.ops.manipulation.composite import composite
from ckeras.ops.manipulation.concat import pad
from ckeras.ops.manipulation.layout import axis_of, ravel, tensor
from ckeras.tensor import Op, Spec, Tensor, arguments
from ckeras.tensor.dtypes import CODE
from ckeras.tensor.eager import Call

_KINDS = {"cumsum": 0, "cumprod": 1, "recurrence": 2}
_NATIVE = ("float32", "float64", "int32", "int64")


def _kernel(name: str) -> Callable[..., list[Call] | None]:
    def kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
        x, axis = inputs[0], attrs["axis"]
        if x.dtype not in _NATIVE:
            return None
        outer, n, inner = math.prod(x.shape[:axis]), x.shape[axis], math.prod(x.shape[axis + 1 :])
        p = (_KINDS[name], CODE[x.dtype], outer, n, inner, int(attrs["reverse"]))
        return [Call("scan", tuple(range(1 + len(inputs))), p)]

    return kernel


def _op(name: str, forward: Callable[..., np.ndarray], *vjp: Callable[..., Tensor]) -> Op:
    """Define a scan op along ``axis``, from the end if ``reverse``; ``forward`` works along the first axis."""

    def along(*arrays: np.ndarray, axis: int, reverse: bool) -> np.ndarray:
        step = -1 if reverse else 1
        y = forward(*(np.moveaxis(x, axis, 0)[::step] for x in arrays))
        return np.moveaxis(y[::step], 0, axis)

    return Op(name, lambda *inputs, axis, reverse: Spec(inputs[0].shape, inputs[0].dtype), along, _kernel(name), vjp)


def _shifted(x: Tensor, axis: int, backwards: bool, value: float) -> Tensor:
    """``x`` shifted by one along an axis, to the front or to the end, with ``value`` in the gap."""
    if x.shape[axis] == 0:
        return x
    parts = [builtins.slice(None)] * len(x.shape)
    parts[axis] = builtins.slice(1, None) if backwards else builtins.slice(None, -1)
    width = [(0, 0)] * len(x.shape)
    width[axis] = (0, 1) if backwards else (1, 0)
    return pad(basic_slice(x, parts), width, constant_values=value)


def _back(g: Tensor, a: Tensor, axis: int, reverse: bool) -> Tensor:
    """Backward recurrence s[i] = g[i] + a[i + 1] s[i + 1]: the gradient of each element through all later ones."""
    return _recurrence(_shifted(a, axis, not reverse, 0.0), g, axis=axis, reverse=not reverse)


def _recurrence_forward(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    y = np.zeros_like(b)
    for i in range(len(b)):
        y[i] = b[i] + (a[i] * y[i - 1] if i else 0)
    return y


# y[i] = a[i] y[i - 1] + b[i]. Its gradients are the same recurrence, backwards.
_recurrence = _op(
    "recurrence",
    _recurrence_forward,
    lambda g, y, a, b, axis, reverse: elementwise.multiply(_back(g, a, axis, reverse), _shifted(y, axis, reverse, 0.0)),
    lambda g, y, a, b, axis, reverse: _back(g, a, axis, reverse),
)
_cumsum = _op(
    "cumsum",
    lambda x: np.cumsum(x, 0, _wide(x)),
    lambda g, y, x, axis, reverse: _cumsum(g, axis=axis, reverse=not reverse),
)
# Products of the elements before, times those after: without a division, so that zeros need no special case.
_cumprod = _op(
    "cumprod",
    lambda x: np.cumprod(x, 0, _wide(x)),
    lambda g, y, x, axis, reverse: elementwise.multiply(_shifted(y, axis, reverse, 1.0), _back(g, x, axis, reverse)),
)


def _wide(x: np.ndarray) -> np.dtype:
    """The dtype of the accumulator: a wider one, since rounding errors accumulate."""
    return np.dtype("float64") if x.dtype.kind == "f" else x.dtype


def _running(op: Op, x: Any, axis: int | None, dtype: Any) -> Tensor:
    x = tensor(x)
    if dtype is not None:
        x = elementwise.cast(x, dtype)
    elif x.dtype == "bool":
        x = elementwise.cast(x, "int32")
    if axis is None:
        x, axis = ravel(x), 0
    return op(x, axis=axis_of(axis, len(x.shape), op.name), reverse=False)


def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Cumulative sum along ``axis``; with axis `None`, ``x`` is flattened first.

    The result has ``dtype``, by default that of ``x``; booleans are summed as int32.

    >>> cumsum([[1, 2], [3, 4]], axis=1).tolist()
    [[1, 3], [3, 7]]
    """
    return _running(_cumsum, x, axis, dtype)


def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Cumulative product along ``axis``; with axis `None`, ``x`` is flattened first.

    The result has ``dtype``, by default that of ``x``; booleans are multiplied as int32.

    >>> cumprod([1, 2, 3]).tolist()
    [1, 2, 6]
    """
    return _running(_cumprod, x, axis, dtype)


@composite
def _diff(a: Tensor, n: int, axis: int) -> Tensor:
    if n >= a.shape[axis]:
        parts = [builtins.slice(None)] * len(a.shape)
        parts[axis] = builtins.slice(0, 0 if n else None)
        return basic_slice(a, parts)
    for _ in range(n):
        later, earlier = ([builtins.slice(None)] * len(a.shape) for _ in range(2))
        later[axis], earlier[axis] = builtins.slice(1, None), builtins.slice(None, -1)
        pair = basic_slice(a, later), basic_slice(a, earlier)
        a = elementwise.not_equal(*pair) if a.dtype == "bool" else elementwise.subtract(*pair)
    return a


def diff(a: Any, n: int = 1, axis: int = -1) -> Tensor:
    """``n``-th discrete difference along ``axis``: x[i + 1] - x[i], repeated; exclusive or for booleans.

    >>> diff([1, 2, 4, 7]).tolist(), diff([1, 2, 4, 7], n=2).tolist()
    ([1, 2, 3], [1, 1])
    """
    a = tensor(a)
    n = arguments.integer(n, "diff", "n", 0)
    if not a.shape:
        raise ValueError("diff expects a tensor with at least one axis, got shape ()")
    return _diff(a, n=n, axis=axis_of(axis, len(a.shape), "diff"))
