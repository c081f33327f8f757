"""Means of the hinge losses."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.losses.margin import categorical_hinge, hinge, squared_hinge
from ckeras.metrics.mean import MeanMetricWrapper

ship = registry.metrics.ship


@ship()
class Hinge(MeanMetricWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)`, for targets of -1 and 1 (or 0 and 1).

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    _direction = "down"

    def __init__(self, name: str | None = "hinge", dtype: Any = None):
        super().__init__(hinge, name=name, dtype=dtype)


@ship()
class SquaredHinge(MeanMetricWrapper):
    """Mean of `max(1 - y_true * y_pred, 0)**2`, for targets of -1 and 1 (or 0 and 1).

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    _direction = "down"

    def __init__(self, name: str | None = "squared_hinge", dtype: Any = None):
        super().__init__(squared_hinge, name=name, dtype=dtype)


@ship()
class CategoricalHinge(MeanMetricWrapper):
    """Mean of `max(1 + other - own, 0)`: the margin by which the true class leads all others.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    _direction = "down"

    def __init__(self, name: str | None = "categorical_hinge", dtype: Any = None):
        super().__init__(categorical_hinge, name=name, dtype=dtype)
