"""Hinge losses, which are 0 where a prediction is correct by a margin of 1 or more."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.losses.loss import LossFunctionWrapper, pair

ship = registry.losses.ship


def _signs(y_true: Any) -> Any:
    """Convert targets to -1 and 1: if all are 0 or 1, 0 becomes -1."""
    of_zeros = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    return ops.where(of_zeros, 2.0 * y_true - 1.0, y_true)


@ship()
def hinge(y_true: Any, y_pred: Any) -> Any:
    """`mean(max(1 - y_true * y_pred, 0), axis=-1)`.

    Args:
        y_true: Targets, -1 or 1, shape (batch, ..., n). If all are 0 or 1, 0 is treated as -1.
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.

    >>> import numpy as np
    >>> float(hinge(np.array([[1.0, -1.0]]), np.array([[2.0, 0.5]]))[0])
    0.75
    """
    y_true, y_pred = pair("hinge", y_true, y_pred)
    return ops.mean(ops.maximum(1.0 - _signs(y_true) * y_pred, 0.0), axis=-1)


@ship()
def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """`mean(max(1 - y_true * y_pred, 0)**2, axis=-1)`.

    Args:
        y_true: Targets, -1 or 1, shape (batch, ..., n). If all are 0 or 1, 0 is treated as -1.
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.
    """
    y_true, y_pred = pair("squared_hinge", y_true, y_pred)
    return ops.mean(ops.square(ops.maximum(1.0 - _signs(y_true) * y_pred, 0.0)), axis=-1)


@ship()
def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """`max(1 + other - own, 0)` of the true class's prediction and the largest prediction of the other classes.

    `own = sum(y_true * y_pred, axis=-1)` and `other = max((1 - y_true) * y_pred, axis=-1)`.

    Args:
        y_true: One-hot rows, shape (batch, ..., classes).
        y_pred: Predictions, the same shape.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.
    """
    y_true, y_pred = pair("categorical_hinge", y_true, y_pred)
    own = ops.sum(y_true * y_pred, axis=-1)
    other = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(other - own + 1.0, 0.0)


@ship()
class Hinge(LossFunctionWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)`, for targets of -1 and 1 (or 0 and 1).

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: Any = None,
    ):
        super().__init__(hinge, reduction=reduction, name=name, dtype=dtype)


@ship()
class SquaredHinge(LossFunctionWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)**2`, for targets of -1 and 1 (or 0 and 1).

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ):
        super().__init__(squared_hinge, reduction=reduction, name=name, dtype=dtype)


@ship()
class CategoricalHinge(LossFunctionWrapper):
    """Mean of `max(1 + other - own, 0)`: the margin by which the true class leads all others.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ):
        super().__init__(categorical_hinge, reduction=reduction, name=name, dtype=dtype)
