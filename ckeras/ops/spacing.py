"""Numbers whose ratios are equal."""

from typing import Any

import numpy as np

from ckeras.autograd import Op, Spec, Tensor
from ckeras.ops import elementwise as e
from ckeras.ops import reduction as r
from ckeras.ops.composite import composite
from ckeras.ops.layout import axis_of, expand_dims


def _steps(rank: int, num: int, endpoint: bool, axis: int) -> np.ndarray:
    """The parts of the way from start to stop, along ``axis``."""
    steps = np.linspace(0, 1, num, endpoint)
    return steps.reshape([num if i == axis else 1 for i in range(rank)])


def _geomspace_infer(start: Spec, stop: Spec, num: int, endpoint: bool, axis: int) -> Spec:
    return Spec((*start.shape[:axis], num, *start.shape[axis:]), start.dtype)


def _geomspace_forward(start: np.ndarray, stop: np.ndarray, num: int, endpoint: bool, axis: int) -> np.ndarray:
    wide = np.result_type(start, np.float64)
    start, stop = (np.expand_dims(x.astype(wide), axis) for x in (start, stop))
    steps = _steps(start.ndim, num, endpoint, axis)
    # Each end by itself at its own place.
    return np.where(steps < 1, start * (stop / start) ** steps, stop)


def _part(g: Tensor, y: Tensor, x: Tensor, steps: np.ndarray, axis: int) -> Tensor:
    """start^(1 - t) stop^t by start or by stop."""
    slopes = e.divide(e.multiply(y, e.cast(steps, y.dtype)), expand_dims(x, axis))
    return r.sum(e.multiply(g, slopes), axis)


_geometric = Op(
    "geomspace",
    _geomspace_infer,
    _geomspace_forward,
    vjp=[
        lambda g, y, a, b, num, endpoint, axis: _part(g, y, a, 1 - _steps(len(y.shape), num, endpoint, axis), axis),
        lambda g, y, a, b, num, endpoint, axis: _part(g, y, b, _steps(len(y.shape), num, endpoint, axis), axis),
    ],
)


@composite
def _between(start: Tensor, stop: Tensor, num: int, endpoint: bool, axis: int) -> Tensor:
    shape = e.broadcast_shapes(start.shape, stop.shape)
    start, stop = e.broadcast_to(start, shape), e.broadcast_to(stop, shape)
    return _geometric(start, stop, num=num, endpoint=endpoint, axis=axis)


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Tensor:
    """``num`` numbers from ``start`` to ``stop``, each the same multiple of the one before.

    Args:
        start: the first, a number or a tensor; not 0, and of the sign of ``stop``, or the others are NaN.
        stop: the last, or with ``endpoint=False`` the one that would follow.
        dtype: of the result; by default that in which start, stop and a float meet.
        axis: where in the result the new axis stands.

    >>> geomspace(1, 1000, 4).tolist()
    [1.0, 10.0, 100.0, 1000.0]
    """
    if num < 0:
        raise ValueError(f"geomspace expects a number of 0 or more, got num={num}")
    a, b = e.promote(start, stop, minimum="float")
    axis = axis_of(axis, max(len(a.shape), len(b.shape)) + 1, "geomspace")
    y = _between(a, b, num=int(num), endpoint=bool(endpoint), axis=axis)
    return y if dtype is None else e.cast(y, dtype)
