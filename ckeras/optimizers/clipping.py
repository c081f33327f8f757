"""Gradient clipping."""

from __future__ import annotations

from typing import Any

from ckeras import ops


def by_norm(gradient: Any, limit: float) -> Any:
    """Scale a gradient down to Euclidean norm `limit` if its norm is larger."""
    norm = ops.sqrt(ops.sum(ops.square(gradient)))
    return gradient * limit / ops.maximum(norm, limit)


def by_global_norm(gradients: list[Any], limit: float) -> list[Any]:
    """Scale all gradients by one factor so that their global norm is at most `limit` (Pascanu et al., 2012).

    If the global norm is infinite or NaN, all gradients become NaN.
    """
    squares = [ops.sum(ops.square(g)) for g in gradients]
    norm = ops.sqrt(sum(squares[1:], squares[0]))
    scale = limit / ops.maximum(norm, limit) + (norm - norm)
    return [g * ops.cast(scale, g.dtype) for g in gradients]


def by_value(gradient: Any, limit: float) -> Any:
    """Clip the elements of a gradient to [-limit, limit]."""
    return ops.clip(gradient, -limit, limit)
