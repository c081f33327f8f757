"""Linearly and geometrically spaced numbers."""

import math
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.layout import axis_of, expand_dims
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor, dtypes, table


def _steps(rank: int, num: int, endpoint: bool, axis: int) -> np.ndarray:
    """Interpolation weights from 0 (start) to 1 (stop) along ``axis``."""
    steps = np.linspace(0, 1, num, endpoint)
    return steps.reshape([num if i == axis else 1 for i in range(rank)])


def _infer(start: Spec, stop: Spec, num: int, endpoint: bool, axis: int) -> Spec:
    return Spec((*start.shape[:axis], num, *start.shape[axis:]), start.dtype)


def _linspace_forward(start: np.ndarray, stop: np.ndarray, num: int, endpoint: bool, axis: int) -> np.ndarray:
    wide = np.result_type(start, np.float64)
    return np.linspace(start.astype(wide), stop.astype(wide), num, endpoint, axis=axis)


_linear = Op(
    "linspace",
    _infer,
    _linspace_forward,
    vjp=[
        lambda g, y, a, b, num, endpoint, axis: _share(g, 1 - _steps(len(y.shape), num, endpoint, axis), axis),
        lambda g, y, a, b, num, endpoint, axis: _share(g, _steps(len(y.shape), num, endpoint, axis), axis),
    ],
)


def _share(g: Tensor, steps: np.ndarray, axis: int) -> Tensor:
    """Gradient of start or stop: each number is start (1 - t) + stop t."""
    return reduction.sum(elementwise.multiply(g, elementwise.cast(steps, g.dtype)), axis)


def _geomspace_forward(start: np.ndarray, stop: np.ndarray, num: int, endpoint: bool, axis: int) -> np.ndarray:
    wide = np.result_type(start, np.float64)
    start, stop = (np.expand_dims(x.astype(wide), axis) for x in (start, stop))
    steps = _steps(start.ndim, num, endpoint, axis)
    # The first and the last number are exactly start and stop.
    return np.where(steps < 1, start * (stop / start) ** steps, stop)


def _part(g: Tensor, y: Tensor, x: Tensor, steps: np.ndarray, axis: int) -> Tensor:
    """Derivative of start^(1 - t) stop^t with respect to start or stop."""
    slopes = elementwise.divide(elementwise.multiply(y, elementwise.cast(steps, y.dtype)), expand_dims(x, axis))
    return reduction.sum(elementwise.multiply(g, slopes), axis)


_geometric = Op(
    "geomspace",
    _infer,
    _geomspace_forward,
    vjp=[
        lambda g, y, a, b, num, endpoint, axis: _part(g, y, a, 1 - _steps(len(y.shape), num, endpoint, axis), axis),
        lambda g, y, a, b, num, endpoint, axis: _part(g, y, b, _steps(len(y.shape), num, endpoint, axis), axis),
    ],
)


def _stretched(start: Tensor, stop: Tensor, op: str, num: int, endpoint: bool, axis: int) -> Tensor:
    shape = elementwise.broadcast_shapes(start.shape, stop.shape)
    start, stop = elementwise.broadcast_to(start, shape), elementwise.broadcast_to(stop, shape)
    return table[op](start, stop, num=num, endpoint=endpoint, axis=axis)


def _stretched_infer(start: Spec, stop: Spec, op: str, num: int, endpoint: bool, axis: int) -> Spec:
    both = Spec(elementwise.broadcast_shapes(start.shape, stop.shape), start.dtype)
    return _infer(both, both, num, endpoint, axis)


_between = Composite("between", _stretched, _stretched_infer)


def _spaced(op: Op, a: Tensor, b: Tensor, num: int, endpoint: bool, axis: int) -> Tensor:
    if num < 0:
        raise ValueError(f"{op.name} expects num to be 0 or more, got num={num}")
    axis = axis_of(axis, max(len(a.shape), len(b.shape)) + 1, op.name)
    return _between(a, b, op=op.name, num=int(num), endpoint=bool(endpoint), axis=axis)


def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """``num`` equally spaced numbers from ``start`` to ``stop``.

    Args:
        start: the first, a number or a tensor.
        stop: the last, or with ``endpoint=False`` the one that would follow.
        retstep: whether to return (numbers, step); the step is NaN if there is only one number.
        dtype: of the result; by default the common float dtype of start and stop. Integers are rounded down.
        axis: position of the new axis in the result.

    >>> linspace(0, 1, 5).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    dtype = None if dtype is None else dtypes.standardize(dtype)
    computed = "float" if dtype is None else dtype if dtype in dtypes.FLOATS else "float64"
    a, b = elementwise.promote(start, stop, minimum=computed)
    y = _spaced(_linear, a, b, num, endpoint, axis)
    y = elementwise.floor(y) if dtype in dtypes.INTEGERS else y
    y = y if dtype is None else elementwise.cast(y, dtype)
    if not retstep:
        return y
    gaps = num - 1 if endpoint else num
    return y, elementwise.multiply(elementwise.subtract(b, a), 1 / gaps if gaps > 0 else math.nan)


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Tensor:
    """``num`` numbers from ``start`` to ``stop`` with a constant ratio (a geometric progression).

    Args:
        start: the first, a number or a tensor; non-zero and of the sign of ``stop``, else the result holds NaN.
        stop: the last, or with ``endpoint=False`` the one that would follow.
        dtype: of the result; by default the common float dtype of start and stop.
        axis: position of the new axis in the result.

    >>> geomspace(1, 1000, 4).tolist()
    [1.0, 10.0, 100.0, 1000.0]
    """
    y = _spaced(_geometric, *elementwise.promote(start, stop, minimum="float"), num, endpoint, axis)
    return y if dtype is None else elementwise.cast(y, dtype)
