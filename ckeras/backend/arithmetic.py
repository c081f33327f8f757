"""Legacy comparisons, products and elementwise functions, with older argument names."""

from __future__ import annotations

import math
from typing import Any

from ckeras import config, ops
from ckeras.tensor import Tensor, as_tensor


def equal(x: Any, y: Any) -> Tensor:
    """Return x == y elementwise."""
    return ops.equal(x, y)


def not_equal(x: Any, y: Any) -> Tensor:
    """Return x != y elementwise."""
    return ops.not_equal(x, y)


def greater(x: Any, y: Any) -> Tensor:
    """Return x > y elementwise."""
    return ops.greater(x, y)


def greater_equal(x: Any, y: Any) -> Tensor:
    """Return x >= y elementwise."""
    return ops.greater_equal(x, y)


def less(x: Any, y: Any) -> Tensor:
    """Return x < y elementwise."""
    return ops.less(x, y)


def less_equal(x: Any, y: Any) -> Tensor:
    """Return x <= y elementwise."""
    return ops.less_equal(x, y)


def maximum(x: Any, y: Any) -> Tensor:
    """Elementwise maximum of x and y."""
    return ops.maximum(x, y)


def minimum(x: Any, y: Any) -> Tensor:
    """Elementwise minimum of x and y."""
    return ops.minimum(x, y)


def pow(x: Any, a: Any) -> Tensor:
    """Raise x to the power a."""
    return ops.power(x, a)


def sqrt(x: Any) -> Tensor:
    """Square root of max(x, 0)."""
    return ops.sqrt(ops.maximum(x, 0))


def clip(x: Any, min_value: Any, max_value: Any) -> Tensor:
    """Clip x to two bounds; None is no bound, and an upper bound below the lower bound is replaced by it."""
    low = -math.inf if min_value is None else min_value
    high = math.inf if max_value is None else max_value
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        high = max(low, high)
    return ops.minimum(ops.maximum(x, low), high)


def cumsum(x: Any, axis: int = 0) -> Tensor:
    """Cumulative sum along an axis."""
    return ops.cumsum(x, axis=axis)


def cumprod(x: Any, axis: int = 0) -> Tensor:
    """Cumulative product along an axis."""
    return ops.cumprod(x, axis=axis)


def l2_normalize(x: Any, axis: Any = None) -> Tensor:
    """Divide x by its Euclidean norm along ``axis``; the squared norm is bounded below by 1e-12."""
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), 1e-12))


def in_top_k(predictions: Any, targets: Any, k: int) -> Tensor:
    """Whether the target of each row is among its k largest predictions."""
    return ops.in_top_k(targets, predictions, k)


def dot(x: Any, y: Any) -> Tensor:
    """Matrix product; for more axes, contract the last axis of x with the second to last of y."""
    return ops.dot(x, y)


def batch_dot(x: Any, y: Any, axes: Any = None) -> Tensor:
    """Batched product of x and y, summed over one axis of each.

    Args:
        x, y: tensors of the same batch size and at least two axes each.
        axes: the axis of both, or one of each; by default the last of x, and the second to last of y (its last if it
            has only two axes).

    Shapes: (batch, other axes of x, other axes of y), with an axis of size 1 where there are none.

    Raises:
        ValueError: if there are too few axes, the sizes differ, or ``axes`` contains the batch axis.

    >>> batch_dot(ops.ones((2, 3, 4)), ops.ones((2, 4, 5))).shape
    (2, 3, 5)
    """
    x, y = as_tensor(x), as_tensor(y)
    if x.ndim < 2 or y.ndim < 2:
        raise ValueError(f"batch_dot expects at least two axes, got the shapes {x.shape} and {y.shape}")
    if axes is None:
        axes = (x.ndim - 1, max(y.ndim - 2, 1))
    a, b = (axes, axes) if isinstance(axes, int) else axes
    if not isinstance(a, int) or not isinstance(b, int):
        raise ValueError(f"batch_dot expects axes to be one or two integers, got {axes!r}")
    a, b = a % x.ndim, b % y.ndim
    if 0 in (a, b):
        raise ValueError(f"batch_dot expects axes other than the batch axis 0, got axes={axes!r}")
    batch, size = (x.shape[0], y.shape[0]), (x.shape[a], y.shape[b])
    if any(None not in pair and pair[0] != pair[1] for pair in (batch, size)):
        raise ValueError(f"batch_dot cannot multiply the shapes {x.shape} and {y.shape} along the axes {a} and {b}")
    x, y = ops.moveaxis(x, a, -1), ops.moveaxis(y, b, 1)
    inner_x, inner_y = x.shape[1:-1], y.shape[2:]
    samples = -1 if None in batch else batch[0]
    product = ops.matmul(
        ops.reshape(x, (samples, math.prod(inner_x), x.shape[-1])),
        ops.reshape(y, (samples, y.shape[1], math.prod(inner_y))),
    )
    return ops.reshape(product, (samples, *(inner_x + inner_y or (1,))))


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Tensor:
    """Add a bias of shape (channels,), or of all axes of x but the first, with the channels last."""
    x, bias = as_tensor(x), as_tensor(bias)
    channels_first = layout(data_format) == "channels_first"
    if bias.ndim not in (1, x.ndim - 1):
        raise ValueError(f"bias_add expects a bias of 1 axis or of {x.ndim - 1}, got the shape {bias.shape}")
    if channels_first:
        bias = ops.reshape(ops.moveaxis(bias, -1, 0), (bias.shape[-1], *(bias.shape[:-1] or (1,) * (x.ndim - 2))))
    return x + bias


def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Tensor:
    """Return (x - mean) / sqrt(var + epsilon) * gamma + beta, with parameters along ``axis`` or broadcast to x.

    ``beta`` and ``gamma`` may be None.
    """
    x = as_tensor(x)
    axis = axis % x.ndim

    def along_axis(value: Any) -> Tensor:
        value = as_tensor(value)
        return ops.reshape(value, (-1,) + (1,) * (x.ndim - 1 - axis)) if value.ndim == 1 else value

    scale = ops.rsqrt(along_axis(var) + epsilon)
    if gamma is not None:
        scale = scale * along_axis(gamma)
    y = (x - along_axis(mean)) * scale
    return y if beta is None else y + along_axis(beta)


def layout(data_format: str | None) -> str:
    """Return the data format, or the default one if it is None."""
    if data_format is None:
        return config.image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(f"expected data_format to be 'channels_first' or 'channels_last', got {data_format!r}")
    return data_format
