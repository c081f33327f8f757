"""Losses of real-valued predictions. Each function gives one value a sample: its mean over the last axis."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.losses.loss import LossFunctionWrapper, fits, squeeze_or_expand_to_same_rank

ship = registry.losses.ship


def _pair(y_true: Any, y_pred: Any, name: str) -> tuple[Any, Any]:
    """Targets and predictions as tensors of the predictions' dtype whose shapes fit."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    if not fits(y_true.shape, y_pred.shape):
        raise ValueError(
            f"{name}: expected y_true and y_pred of the same shape, "
            f"got y_true of shape {tuple(y_true.shape)} and y_pred of shape {tuple(y_pred.shape)}."
        )
    return y_true, y_pred


@ship("mse", "MSE")
def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the squared errors: `mean((y_true - y_pred)**2, axis=-1)`.

    Args:
        y_true: Targets, shape (batch, ..., n).
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not fit.

    >>> import numpy as np
    >>> float(mean_squared_error(np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]]))[0])
    2.0
    """
    y_true, y_pred = _pair(y_true, y_pred, "mean_squared_error")
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@ship("mae", "MAE")
def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the magnitudes of the errors: `mean(|y_true - y_pred|, axis=-1)`.

    Args:
        y_true: Targets, shape (batch, ..., n).
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not fit.
    """
    y_true, y_pred = _pair(y_true, y_pred, "mean_absolute_error")
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


class _Regression(LossFunctionWrapper):
    """A loss object without options of its own."""

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}


@ship()
class MeanSquaredError(_Regression):
    """Mean of `(y_true - y_pred)**2`.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.

    >>> import numpy as np
    >>> float(MeanSquaredError()(np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]])))
    2.0
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "mean_squared_error", dtype: Any = None
    ):
        super().__init__(mean_squared_error, reduction=reduction, name=name, dtype=dtype)


@ship()
class MeanAbsoluteError(_Regression):
    """Mean of `|y_true - y_pred|`.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "mean_absolute_error", dtype: Any = None
    ):
        super().__init__(mean_absolute_error, reduction=reduction, name=name, dtype=dtype)
