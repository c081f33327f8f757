"""Correlation metrics of predictions and targets."""

from __future__ import annotations

from typing import Any

from ckeras import config, ops, registry
from ckeras.losses.loss import pair
from ckeras.metrics.mean import MeanMetricWrapper

ship = registry.metrics.ship


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Pearson correlation along `axis`: covariance over the product of the standard deviations (Pearson, 1896).

    Args:
        y_true: Targets, shape (batch, ..., n).
        y_pred: Predictions, the same shape.
        axis: Axis along which the correlation is computed.

    Returns:
        Tensor of the shape of `y_pred` without `axis`, from -1 to 1; NaN where either is constant.

    Raises:
        ValueError: if the shapes do not match.

    >>> import numpy as np
    >>> round(float(pearson_correlation(np.array([[1.0, 2.0, 3.0]]), np.array([[2.0, 4.0, 6.0]]))[0]), 6)
    1.0
    """
    y_true, y_pred = pair("pearson_correlation", y_true, y_pred)
    y_true, y_pred = (x - ops.mean(x, axis=axis, keepdims=True) for x in (y_true, y_pred))
    y_true, y_pred = (x / ops.std(x, axis=axis, keepdims=True) for x in (y_true, y_pred))
    return ops.mean(y_true * y_pred, axis=axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """`2 * covariance / (variance_true + variance_pred + (mean_true - mean_pred)**2 + epsilon)`, over `axis`.

    Args:
        y_true: Targets, shape (batch, ..., n).
        y_pred: Predictions, the same shape.
        axis: Axis along which the correlation is computed.

    Returns:
        Tensor of the shape of `y_pred` without `axis`; 1 where both are equal.

    Raises:
        ValueError: if the shapes do not match.

    Source: Lin, A concordance correlation coefficient to evaluate reproducibility, 1989.
    """
    y_true, y_pred = pair("concordance_correlation", y_true, y_pred)
    mean_true, mean_pred = (ops.mean(x, axis=axis, keepdims=True) for x in (y_true, y_pred))
    off_true, off_pred = y_true - mean_true, y_pred - mean_pred
    spread = sum(ops.mean(ops.square(x), axis=axis, keepdims=True) for x in (off_true, off_pred))
    norm = spread + ops.square(mean_true - mean_pred) + config.epsilon()
    return ops.mean(2 * off_true * off_pred / norm, axis=axis)


@ship()
class PearsonCorrelation(MeanMetricWrapper):
    """Mean Pearson correlation (Pearson, 1896) of the targets and predictions of each sample.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
        axis: Axis along which the correlation is computed.
    """

    _direction = "up"

    def __init__(self, name: str | None = "pearson_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(pearson_correlation, name=name, dtype=dtype, axis=axis)
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


@ship()
class ConcordanceCorrelation(MeanMetricWrapper):
    """Mean concordance correlation (Lin, 1989) of the targets and predictions of each sample.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
        axis: Axis along which the correlation is computed.
    """

    _direction = "up"

    def __init__(self, name: str | None = "concordance_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(concordance_correlation, name=name, dtype=dtype, axis=axis)
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
