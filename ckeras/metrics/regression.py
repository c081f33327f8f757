"""Means of the errors of real-valued predictions."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.losses.regression import mean_absolute_error, mean_squared_error
from ckeras.metrics.mean import MeanMetricWrapper

ship = registry.metrics.ship


@ship("mse", "MSE")
class MeanSquaredError(MeanMetricWrapper):
    """Mean of `(y_true - y_pred)**2`.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None):
        super().__init__(mean_squared_error, name=name, dtype=dtype)


@ship("mae", "MAE")
class MeanAbsoluteError(MeanMetricWrapper):
    """Mean of `|y_true - y_pred|`.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None):
        super().__init__(mean_absolute_error, name=name, dtype=dtype)
