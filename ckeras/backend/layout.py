"""Functions that change the shape of a tensor or move its elements."""

from __future__ import annotations

import math
from typing import Any

from ckeras import ops
from ckeras.tensor import Tensor, as_tensor


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Tensor:
    """Numbers from ``start`` (0 if it is the only one) up to ``stop``, which is left out, by ``step``."""
    return ops.arange(start, stop, step, dtype=dtype)


def argmax(x: Any, axis: int | None = -1) -> Tensor:
    """The index of the largest element along an axis."""
    return ops.argmax(x, axis=axis)


def argmin(x: Any, axis: int | None = -1) -> Tensor:
    """The index of the smallest element along an axis."""
    return ops.argmin(x, axis=axis)


def batch_flatten(x: Any) -> Tensor:
    """x with all axes but the first made one."""
    x = as_tensor(x)
    return ops.reshape(x, (-1, math.prod(x.shape[1:])))


def concatenate(tensors: Any, axis: int = -1) -> Tensor:
    """Tensors joined along an axis."""
    return ops.concatenate(tensors, axis=axis)


def expand_dims(x: Any, axis: int = -1) -> Tensor:
    """x with a new axis of size 1."""
    return ops.expand_dims(x, axis)


def flatten(x: Any) -> Tensor:
    """x with one axis."""
    return ops.reshape(x, (-1,))


def gather(reference: Any, indices: Any) -> Tensor:
    """The slices along the first axis that ``indices`` number."""
    return ops.take(reference, indices, axis=0)


def one_hot(indices: Any, num_classes: int) -> Tensor:
    """A new last axis of length ``num_classes``, 1 at each index and 0 elsewhere."""
    return ops.one_hot(indices, num_classes)


def permute_dimensions(x: Any, pattern: Any) -> Tensor:
    """x with its axes in another order."""
    return ops.transpose(x, pattern)


def repeat(x: Any, n: int) -> Tensor:
    """The rows of a matrix n times, along a new axis in the middle: (batch, size) -> (batch, n, size)."""
    x = as_tensor(x)
    if x.ndim != 2:
        raise ValueError(f"repeat expects a tensor of two axes, got the shape {x.shape}")
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def repeat_elements(x: Any, rep: int, axis: int) -> Tensor:
    """Each element ``rep`` times, along an axis."""
    return ops.repeat(x, rep, axis=axis)


def reshape(x: Any, shape: Any) -> Tensor:
    """The same elements in another shape."""
    return ops.reshape(x, shape)


def reverse(x: Any, axes: Any) -> Tensor:
    """x from its end to its beginning, along an axis or several."""
    return ops.flip(x, axis=axes if isinstance(axes, int) else tuple(axes))


def tile(x: Any, n: Any) -> Tensor:
    """x several times along each axis."""
    return ops.tile(x, n)


def transpose(x: Any) -> Tensor:
    """x with its axes in the opposite order."""
    return ops.transpose(x)
