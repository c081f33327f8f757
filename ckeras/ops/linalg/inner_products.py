"""Inner, Kronecker and cross products."""

import string
from typing import Any

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import getitem
from ckeras.ops.linalg.einsum import einsum
from ckeras.ops.manipulation.composite import composite
from ckeras.ops.manipulation.concat import stack
from ckeras.ops.manipulation.creation import zeros_like
from ckeras.ops.manipulation.layout import axis_of, moveaxis, reshape
from ckeras.tensor import Tensor


def inner(x1: Any, x2: Any) -> Tensor:
    """Inner product over the last axes of both; the product if one is a scalar.

    >>> inner([1, 2], [3, 4]).tolist()
    11
    """
    a, b = elementwise.promote(x1, x2)
    if not a.shape or not b.shape:
        return elementwise.multiply(a, b)
    rank = len(a.shape)
    left, right = string.ascii_letters[: rank - 1], string.ascii_letters[rank : rank + len(b.shape) - 1]
    summed = string.ascii_letters[rank - 1]
    return elementwise.cast(einsum(f"{left}{summed},{right}{summed}->{left}{right}", a, b), a.dtype)


@composite
def _kron(a: Tensor, b: Tensor) -> Tensor:
    rank = max(len(a.shape), len(b.shape))
    rows, columns = ((1,) * (rank - len(x.shape)) + x.shape for x in (a, b))
    blocks = elementwise.multiply(
        reshape(a, [d for size in rows for d in (size, 1)]), reshape(b, [d for size in columns for d in (1, size)])
    )
    return reshape(blocks, [m * n for m, n in zip(rows, columns, strict=True)])


def kron(x1: Any, x2: Any) -> Tensor:
    """Kronecker product: a block matrix of each element of x1 times x2.

    >>> kron([1, 10], [1, 2, 3]).tolist()
    [1, 2, 3, 10, 20, 30]
    """
    return _kron(*elementwise.promote(x1, x2))


def cross(x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Tensor:
    """Cross product of vectors of three components, or of two (with a third component of 0).

    Args:
        axisa: the axis of x1 with the 2 or 3 components.
        axisb: the axis of x2 with the components.
        axisc: the axis of the result with the components. If both vectors have two components, the result is the third
            component only, without this axis.
        axis: overrides all three if given.

    >>> cross([1, 0, 0], [0, 1, 0]).tolist()
    [0, 0, 1]
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = elementwise.promote(x1, x2)
    (a1, a2, *a3), (b1, b2, *b3) = _components(a, axisa, "x1"), _components(b, axisb, "x2")
    third = elementwise.subtract(elementwise.multiply(a1, b2), elementwise.multiply(a2, b1))
    if not a3 and not b3:
        return third
    (a3,), (b3,) = a3 or [zeros_like(a1)], b3 or [zeros_like(b1)]
    first = elementwise.subtract(elementwise.multiply(a2, b3), elementwise.multiply(a3, b2))
    second = elementwise.subtract(elementwise.multiply(a3, b1), elementwise.multiply(a1, b3))
    return stack([first, second, third], axis=axisc)


def _components(x: Tensor, axis: int, name: str) -> list[Tensor]:
    axis = axis_of(axis, len(x.shape), "cross")
    size = x.shape[axis]
    if size not in (2, 3):
        raise ValueError(f"cross expects 2 or 3 components along axis {axis} of {name}, got shape {x.shape}")
    moved = moveaxis(x, axis, -1)
    return [getitem(moved, (Ellipsis, i)) for i in range(size)]
