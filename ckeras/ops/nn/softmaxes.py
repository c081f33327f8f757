"""Softmax, log-softmax and sparsemax over any axes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation import layout
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor
from ckeras.tensor.dtypes import CODE
from ckeras.tensor.eager import Call

NATIVE_FLOATS = ("float32", "float64")


def rows(x: Spec) -> tuple[int, int]:
    return math.prod(x.shape[:-1]), x.shape[-1]


def row_kernel(name: str, operands: tuple[int, ...]) -> Callable[..., list[Call] | None]:
    """Kernel call for a kernel that works on the rows of its last input."""

    def kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
        x = inputs[-1]
        return [Call(name, operands, (CODE[x.dtype], *rows(x)))] if x.dtype in NATIVE_FLOATS else None

    return kernel


def _np_softmax(x: np.ndarray) -> np.ndarray:
    z = np.exp(x - x.max(-1, keepdims=True))
    return z / z.sum(-1, keepdims=True)


def _np_log_softmax(x: np.ndarray) -> np.ndarray:
    z = x - x.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def _like_last(*inputs: Spec, **attrs: Any) -> Spec:
    return Spec(inputs[-1].shape, inputs[-1].dtype)


_softmax = Op(
    "softmax",
    _like_last,
    _np_softmax,
    row_kernel("softmax", (0, 1)),
    vjp=[lambda g, y, x: softmax_grad(g, y)],
)
softmax_grad = Op(
    "softmax_grad",
    _like_last,
    lambda g, y: y * (g - (g * y).sum(-1, keepdims=True)),
    row_kernel("softmax_grad", (0, 1, 2)),
    vjp=[
        lambda h, z, g, y: softmax_grad(h, y),
        lambda h, z, g, y: elementwise.subtract(
            elementwise.multiply(h, elementwise.subtract(g, reduction.sum(elementwise.multiply(g, y), -1, True))),
            elementwise.multiply(g, reduction.sum(elementwise.multiply(h, y), -1, True)),
        ),
    ],
)
_log_softmax = Op(
    "log_softmax",
    _like_last,
    _np_log_softmax,
    row_kernel("log_softmax", (0, 1)),
    vjp=[lambda g, y, x: _log_softmax_grad(g, y)],
)
_log_softmax_grad = Op(
    "log_softmax_grad",
    _like_last,
    lambda g, y: g - np.exp(y) * g.sum(-1, keepdims=True),
    row_kernel("log_softmax_grad", (0, 1, 2)),
    vjp=[
        lambda h, z, g, y: elementwise.subtract(
            h, reduction.sum(elementwise.multiply(h, elementwise.exp(y)), -1, True)
        ),
        lambda h, z, g, y: elementwise.negative(
            elementwise.multiply(elementwise.multiply(h, elementwise.exp(y)), reduction.sum(g, -1, True))
        ),
    ],
)


def _over_axis(op: Op, x: Any, axis: Any) -> Tensor:
    x = elementwise.as_float(x)
    rank = len(x.shape)
    if axis is None:
        return layout.reshape(op(layout.ravel(x)), x.shape)
    if isinstance(axis, (tuple, list)):
        axes = reduction.canonical_axes(axis, rank)
        kept = [i for i in range(rank) if i not in axes]
        order = [*kept, *axes]
        moved = layout.transpose(x, order)
        sizes = moved.shape[len(kept) :]
        joined = layout.reshape(moved, (*moved.shape[: len(kept)], -1 if None in sizes else math.prod(sizes)))
        y = layout.reshape(op(joined), moved.shape)
        return layout.transpose(y, [order.index(i) for i in range(rank)])
    axis = layout.axis_of(axis, max(rank, 1), op.name)
    if rank == 0:
        return layout.reshape(op(layout.ravel(x)), ())
    if axis == rank - 1:
        return op(x)
    return layout.swapaxes(op(layout.swapaxes(x, axis, -1)), axis, -1)


def softmax(x: Any, axis: Any = -1) -> Tensor:
    """exp(x) / sum(exp(x)) over ``axis`` (one, several, or `None` for all).

    >>> softmax([0.0, 0.0]).tolist()
    [0.5, 0.5]
    """
    return _over_axis(_softmax, x, axis)


def log_softmax(x: Any, axis: Any = -1) -> Tensor:
    """x - log(sum(exp(x))) over ``axis``."""
    return _over_axis(_log_softmax, x, axis)


# -- sparsemax ----------------------------------------------------------------------------------------------------


def _np_sparsemax(x: np.ndarray) -> np.ndarray:
    # The projection of each row onto the simplex: max(x - tau, 0) with the tau for which the sum is 1.
    z = -np.sort(-x, -1)
    total = np.cumsum(z, -1)
    count = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    supported = z - (total - 1) / count > 0
    tau = (np.where(supported, z, 0).sum(-1, keepdims=True) - 1) / supported.sum(-1, keepdims=True)
    return np.maximum(x - tau, 0)


def _sparsemax_vjp(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    support = elementwise.cast(elementwise.greater(y, 0), g.dtype)
    inside = elementwise.multiply(g, support)
    return elementwise.subtract(
        inside,
        elementwise.multiply(
            support, elementwise.divide(reduction.sum(inside, -1, True), reduction.sum(support, -1, True))
        ),
    )


_sparsemax = Op("sparsemax", _like_last, _np_sparsemax, vjp=[_sparsemax_vjp])


def sparsemax(x: Any, axis: int = -1) -> Tensor:
    """Euclidean projection of ``x`` onto the probability simplex along ``axis`` (Martins and Astudillo, 2016).

    >>> sparsemax([1.0, 0.5, -3.0]).tolist()
    [0.75, 0.25, 0.0]
    """
    return _over_axis(_sparsemax, x, axis)
