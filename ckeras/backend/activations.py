"""Legacy activations, with older argument names or formulas."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.tensor import Tensor, as_tensor


def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """Return x where it is positive, alpha * (exp(x) - 1) elsewhere."""
    return ops.elu(x, alpha)


def hard_sigmoid(x: Any) -> Tensor:
    """Return 0.2 * x + 0.5 clipped to [0, 1]; `ckeras.ops.hard_sigmoid` has another slope."""
    return ops.clip(0.2 * as_tensor(x) + 0.5, 0.0, 1.0)


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """Return min(x, ``max_value``) where x is above the threshold, alpha * (x - threshold) elsewhere."""
    x = as_tensor(x)
    y = x * ops.cast(ops.greater(x, threshold), x.dtype) if threshold else ops.relu(x)
    if max_value is not None:
        y = ops.clip(y, 0, max_value)
    return y - alpha * ops.relu(threshold - x) if alpha else y


def softmax(x: Any, axis: Any = -1) -> Tensor:
    """Softmax of x along one or more axes; raise ValueError for a tensor of one axis."""
    x = as_tensor(x)
    if x.ndim < 2:
        raise ValueError(f"softmax expects a tensor of at least two axes, got the shape {x.shape}")
    return ops.softmax(x, axis=axis)
