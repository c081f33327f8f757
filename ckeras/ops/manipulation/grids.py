"""Log-spaced numbers, mesh grids, Vandermonde matrices, rotations, and trapezoidal integrals."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import flip
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite, composite
from ckeras.ops.manipulation.creation import arange
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Spec, Tensor, as_tensor


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10, dtype: Any = None, axis: int = 0
) -> Tensor:
    """``num`` powers of ``base`` with equally spaced exponents from ``start`` to ``stop``.

    Args:
        endpoint: whether ``stop`` is the last exponent, or the one after it.
        dtype: that of the result, by default the common float dtype of ``start`` and ``stop``.
        axis: position of the axis of the powers if ``start`` and ``stop`` have axes.

    >>> logspace(0, 2, 3).tolist()
    [1.0, 10.0, 100.0]
    """
    a, b = elementwise.promote(start, stop, minimum="float")
    num = int(num)
    if num < 0:
        raise ValueError(f"logspace expects a number of 0 or more, got {num}")
    steps = np.arange(num) / max(num - 1 if endpoint else num, 1)
    a, b = layout.expand_dims(a, -1), layout.expand_dims(b, -1)
    exponents = elementwise.add(
        elementwise.multiply(a, (1 - steps).astype(a.dtype)), elementwise.multiply(b, steps.astype(a.dtype))
    )
    y = layout.moveaxis(elementwise.power(elementwise.cast(base, a.dtype), exponents), -1, axis)
    return y if dtype is None else elementwise.cast(y, dtype)


def meshgrid(*x: Any, indexing: str = "xy") -> list[Tensor]:
    """Coordinate tensors of the grid that coordinate vectors span: one per vector, varying along its axis only.

    Args:
        indexing: "ij": the axes of the grid are in the order of the vectors; "xy": the first two are swapped.

    >>> [g.tolist() for g in meshgrid([1, 2], [3, 4])]
    [[[1, 2], [1, 2]], [[3, 3], [4, 4]]]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid expects the indexing 'xy' or 'ij', got {indexing!r}")
    vectors = [layout.ravel(v) if len(as_tensor(v).shape) == 0 else as_tensor(v) for v in x]
    if any(len(v.shape) != 1 for v in vectors):
        raise ValueError(f"meshgrid expects vectors, got shapes {[v.shape for v in vectors]}")
    return list(_meshgrid(*vectors, swapped=indexing == "xy" and len(vectors) > 1)) if vectors else []


@composite
def _meshgrid(*vectors: Tensor, swapped: bool) -> list[Tensor]:
    positions = list(range(len(vectors)))
    if swapped:
        positions[:2] = [1, 0]
    shape = [vectors[p].shape[0] for p in positions]
    return [
        elementwise.broadcast_to(layout.reshape(v, [-1 if p == i else 1 for p in positions]), shape)
        for i, v in enumerate(vectors)
    ]


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """Vandermonde matrix of a vector: column j is x^(N - 1 - j), or x^j if ``increasing``.

    >>> vander([1, 2, 3], 2).tolist()
    [[1, 1], [2, 1], [3, 1]]
    """
    x = layout.tensor(x)
    if len(x.shape) != 1:
        raise ValueError(f"vander expects a vector, got shape {x.shape}")
    if x.dtype == "bool":
        raise TypeError("vander expects numbers, got dtype bool")
    count = x.shape[0] if N is None else N
    if not isinstance(count, (int, np.integer)) or isinstance(count, bool):
        raise TypeError(f"vander expects N to be an integer, got {count!r}")
    if not isinstance(increasing, bool):
        raise TypeError(f"vander expects increasing to be a bool, got {increasing!r}")
    if count < 0:
        raise ValueError(f"vander expects N to be 0 or more, got {count}")
    exponents = arange(count, dtype=x.dtype)
    return elementwise.power(layout.expand_dims(x, 1), exponents if increasing else flip(exponents))


def rot90(array: Any, k: int = 1, axes: Any = (0, 1)) -> Tensor:
    """Rotate ``array`` by ``k`` * 90 degrees in the plane of two axes, from the first towards the second.

    >>> rot90([[1, 2], [3, 4]]).tolist()
    [[2, 4], [1, 3]]
    """
    x = layout.tensor(array)
    rank = len(x.shape)
    if rank < 2 or len(axes) != 2:
        raise ValueError(f"rot90 expects two axes of a tensor of at least two axes, got {axes} for shape {x.shape}")
    first, second = (layout.axis_of(a, rank, "rot90") for a in axes)
    if first == second:
        raise ValueError(f"rot90 expects two different axes, got {axes} for shape {x.shape}")
    turns = k % 4
    if turns == 2:
        return flip(x, (first, second))
    if turns == 1:
        return layout.swapaxes(flip(x, second), first, second)
    return flip(layout.swapaxes(x, first, second), second) if turns else x


def _sum_of_trapezoids(y: Tensor, dx: Tensor) -> Tensor:
    middle = elementwise.multiply(elementwise.add(y[..., 1:], y[..., :-1]), 0.5)
    return reduction.sum(elementwise.multiply(middle, dx), -1)


def _integral_infer(y: Spec, x: Spec) -> Spec:
    return Spec(elementwise.broadcast_shapes(y.shape[:-1], x.shape[:-1]), y.dtype)


_trapezoid = Composite("trapezoid", _sum_of_trapezoids, infer=_integral_infer)
_trapezoid_at = Composite(
    "trapezoid_at",
    lambda y, x: _sum_of_trapezoids(y, elementwise.subtract(x[..., 1:], x[..., :-1])),
    infer=_integral_infer,
)


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Tensor:
    """Integrate ``y`` along ``axis`` by the trapezoidal rule.

    Args:
        x: sample points of ``y``, a vector or a tensor of the shape of ``y``; by default they are ``dx`` apart.
        dx: the distance of neighbouring sample points, or a vector of distances, one fewer than the values.

    >>> float(trapezoid([1.0, 2.0, 4.0]))
    4.5
    """
    y = elementwise.as_float(y)
    axis = layout.axis_of(axis, len(y.shape), "trapezoid")
    if x is not None:
        y, x = elementwise.promote(y, elementwise.as_float(x))
        if len(x.shape) == len(y.shape):
            x = layout.moveaxis(x, axis, -1)
        sizes = (x.shape[-1] if x.shape else 1, y.shape[axis])
        if sizes[0] != sizes[1] and None not in sizes:
            raise ValueError(f"trapezoid expects as many sample points x as values y, got {sizes[0]} and {sizes[1]}")
        return _trapezoid_at(layout.moveaxis(y, axis, -1), x)
    y, dx = elementwise.promote(y, dx)
    if len(dx.shape) == len(y.shape):
        dx = layout.moveaxis(dx, axis, -1)
    return _trapezoid(layout.moveaxis(y, axis, -1), dx)
