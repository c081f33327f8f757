"""Means of losses that compare probability distributions."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from ckeras.losses.loss import share
from ckeras.losses.probabilistic import kl_divergence, poisson
from ckeras.metrics.mean import MeanMetricWrapper
from ckeras.metrics.metric import integer

ship = registry.metrics.ship


@ship("kld", "KLD", "kullback_leibler_divergence")
class KLDivergence(MeanMetricWrapper):
    """Mean Kullback-Leibler divergence (Kullback and Leibler, 1951): `sum(y_true * log(y_true / y_pred))`.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(self, name: str | None = "kl_divergence", dtype: Any = None):
        super().__init__(kl_divergence, name=name, dtype=dtype)


@ship()
class Poisson(MeanMetricWrapper):
    """Mean of `y_pred - y_true * log(y_pred)`, for target counts and predicted rates.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(self, name: str | None = "poisson", dtype: Any = None):
        super().__init__(poisson, name=name, dtype=dtype)


@ship("bce", "BCE")
class BinaryCrossentropy(MeanMetricWrapper):
    """Mean binary cross-entropy.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
        from_logits: Whether predictions are logits rather than probabilities.
        label_smoothing: Smoothing `s` from 0 to 1, which replaces targets `y` by `y * (1 - s) + s / 2`.

    Raises:
        ValueError: if `label_smoothing` is not from 0 to 1.
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ):
        share(type(self).__name__, "label_smoothing", label_smoothing)
        super().__init__(
            binary_crossentropy, name=name, dtype=dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._fn_kwargs}


@ship()
class CategoricalCrossentropy(MeanMetricWrapper):
    """Mean cross-entropy of one-hot targets.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
        from_logits: Whether predictions are logits rather than probabilities.
        label_smoothing: Smoothing `s` from 0 to 1, which replaces targets `y` by `y * (1 - s) + s / classes`.
        axis: Axis of the classes.

    Raises:
        ValueError: if `label_smoothing` is not from 0 to 1.
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ):
        share(type(self).__name__, "label_smoothing", label_smoothing)
        super().__init__(
            categorical_crossentropy,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._fn_kwargs}


@ship()
class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """Mean cross-entropy of integer class labels.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
        from_logits: Whether predictions are logits rather than probabilities.
        ignore_class: Class label whose samples are excluded, or None.
        axis: Axis of the classes.
    """

    _direction = "down"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ):
        ignore_class = integer(type(self).__name__, "ignore_class", ignore_class, optional=True)
        super().__init__(
            sparse_categorical_crossentropy,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._fn_kwargs}
