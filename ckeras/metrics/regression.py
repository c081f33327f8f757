"""Means of the errors of regression."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.losses.loss import pair
from ckeras.losses.regression import (
    cosine,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from ckeras.metrics.mean import Mean, MeanMetricWrapper

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


@ship("mape", "MAPE")
class MeanAbsolutePercentageError(MeanMetricWrapper):
    """Mean of `100 * |y_true - y_pred| / |y_true|`.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None):
        super().__init__(mean_absolute_percentage_error, name=name, dtype=dtype)


@ship("msle", "MSLE")
class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """Mean of `(log(y_true + 1) - log(y_pred + 1))**2`.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    _direction = "down"

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None):
        super().__init__(mean_squared_logarithmic_error, name=name, dtype=dtype)


@ship()
class LogCoshError(MeanMetricWrapper):
    """Mean of `log(cosh(y_pred - y_true))`.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    _direction = "down"

    def __init__(self, name: str | None = "logcosh", dtype: Any = None):
        super().__init__(log_cosh, name=name, dtype=dtype)


@ship()
class RootMeanSquaredError(Mean):
    """Square root of the mean of `(y_true - y_pred)**2`.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    >>> import numpy as np
    >>> float(RootMeanSquaredError()(np.array([0.0, 0.0]), np.array([3.0, 3.0])))
    3.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None):
        super().__init__(name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate the values of a batch of targets and predictions."""
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true, y_pred = pair(self.name, y_true, y_pred)
        super().update_state(ops.square(y_pred - y_true), sample_weight)

    def result(self) -> Any:
        """Return the root of the mean so far."""
        return ops.sqrt(super().result())


@ship("cosine_proximity")
class CosineSimilarity(MeanMetricWrapper):
    """Mean cosine similarity of targets and predictions: 1 for the same direction, -1 for the opposite one.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
        axis: Axis of the vectors.
    """

    _direction = "up"

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1):
        super().__init__(cosine, name=name, dtype=dtype, axis=axis)

    def get_config(self) -> dict[str, Any]:
        axis = self._fn_kwargs["axis"]
        return super().get_config() | ({} if axis == -1 else {"axis": axis})  # Keras does not save the axis
