"""Legacy functions that change the shape of a tensor or the order of its elements."""

from __future__ import annotations

import math
from typing import Any

from ckeras import ops
from ckeras.tensor import Tensor, as_tensor


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Tensor:
    """Return numbers from ``start`` (default 0), inclusive, to ``stop``, exclusive, with spacing ``step``."""
    return ops.arange(start, stop, step, dtype=dtype)


def argmax(x: Any, axis: int | None = -1) -> Tensor:
    """Return the index of the maximum along an axis."""
    return ops.argmax(x, axis=axis)


def argmin(x: Any, axis: int | None = -1) -> Tensor:
    """Return the index of the minimum along an axis."""
    return ops.argmin(x, axis=axis)


def batch_flatten(x: Any) -> Tensor:
    """Flatten all axes of x but the first."""
    x = as_tensor(x)
    return ops.reshape(x, (-1, math.prod(x.shape[1:])))


def concatenate(tensors: Any, axis: int = -1) -> Tensor:
    """Concatenate tensors along an axis."""
    return ops.concatenate(tensors, axis=axis)


def expand_dims(x: Any, axis: int = -1) -> Tensor:
    """Insert an axis of size 1 into x."""
    return ops.expand_dims(x, axis)


def flatten(x: Any) -> Tensor:
    """Flatten x to one axis."""
    return ops.reshape(x, (-1,))


def gather(reference: Any, indices: Any) -> Tensor:
    """Return the slices along the first axis at ``indices``."""
    return ops.take(reference, indices, axis=0)


def one_hot(indices: Any, num_classes: int) -> Tensor:
    """One-hot encode indices along a new last axis of length ``num_classes``."""
    return ops.one_hot(indices, num_classes)


def permute_dimensions(x: Any, pattern: Any) -> Tensor:
    """Permute the axes of x."""
    return ops.transpose(x, pattern)


def repeat(x: Any, n: int) -> Tensor:
    """Repeat the rows of a matrix n times along a new middle axis: (batch, size) -> (batch, n, size)."""
    x = as_tensor(x)
    if x.ndim != 2:
        raise ValueError(f"repeat expects a tensor of two axes, got the shape {x.shape}")
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def repeat_elements(x: Any, rep: int, axis: int) -> Tensor:
    """Repeat each element ``rep`` times along an axis."""
    return ops.repeat(x, rep, axis=axis)


def reshape(x: Any, shape: Any) -> Tensor:
    """Reshape x."""
    return ops.reshape(x, shape)


def reverse(x: Any, axes: Any) -> Tensor:
    """Reverse x along one or more axes."""
    return ops.flip(x, axis=axes if isinstance(axes, int) else tuple(axes))


def tile(x: Any, n: Any) -> Tensor:
    """Tile x along each axis."""
    return ops.tile(x, n)


def transpose(x: Any) -> Tensor:
    """Reverse the order of the axes of x."""
    return ops.transpose(x)
