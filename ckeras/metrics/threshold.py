"""Metrics of binary predictions at given thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.metrics.confusion import BELOW_ALL, count, evenly_spaced, parse_thresholds
from ckeras.metrics.metric import Metric, integer

ship = registry.metrics.ship


class _ThresholdMetric(Metric):
    """Base class of metrics that accumulate one or two cells of the confusion matrix at each threshold."""

    _kinds: tuple[str, ...]

    def __init__(
        self,
        thresholds: Any,
        name: str | None,
        dtype: Any,
        top_k: int | None = None,
        class_id: int | None = None,
    ):
        parsed = parse_thresholds(type(self).__name__, thresholds, 0.5 if top_k is None else BELOW_ALL)
        integer(type(self).__name__, "top_k", top_k, 1, optional=True)
        integer(type(self).__name__, "class_id", class_id, optional=True)
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds.tolist() if isinstance(thresholds, np.ndarray) else thresholds
        self.thresholds = parsed
        self._even = evenly_spaced(parsed)
        shape = (len(parsed),)
        self._counts = [self.add_variable(shape, "zeros", name=self._name_of(kind)) for kind in self._kinds]
        for variable in self._counts:
            setattr(self, variable.name, variable)

    def _name_of(self, kind: str) -> str:
        return kind

    def _count(
        self, y_true: Any, y_pred: Any, sample_weight: Any, top_k: int | None = None, class_id: int | None = None
    ) -> None:
        counts = count(
            self.name,
            y_true,
            y_pred,
            self.thresholds,
            self.dtype,
            sample_weight=sample_weight,
            top_k=top_k,
            class_id=class_id,
            even=self._even,
        )
        for kind, variable in zip(self._kinds, self._counts, strict=True):
            variable.assign_add(getattr(counts, kind))

    def _one_or_all(self, values: Any) -> Any:
        values = ops.convert_to_tensor(values)
        return values[0] if len(self.thresholds) == 1 else values


class _Count(_ThresholdMetric):
    """Base class of metrics that count one cell of the confusion matrix."""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None):
        super().__init__(thresholds, name, dtype)

    def _name_of(self, kind: str) -> str:
        return "accumulator"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate the statistics of a batch.

        Args:
            y_true: Binary targets; any non-zero value is positive.
            y_pred: Probabilities, of the same shape.
            sample_weight: Weights of the shape of `y_pred`, or of its first axes.

        Raises:
            ValueError: if the shapes do not match.
        """
        self._count(y_true, y_pred, sample_weight)

    def result(self) -> Any:
        """Return the count so far; an array if there are several thresholds."""
        return self._one_or_all(self._counts[0])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


@ship()
class TruePositives(_Count):
    """Number of true positives, or the sum of their weights.

    Args:
        thresholds: Threshold or list of thresholds; probabilities above it are positive. 0.5 when None.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if a threshold is not from 0 to 1.

    >>> import numpy as np
    >>> float(TruePositives()(np.array([0, 1, 1, 1]), np.array([0.1, 0.9, 0.8, 0.2])))
    2.0
    """

    _kinds = ("true_positives",)


@ship()
class FalsePositives(_Count):
    """Number of false positives, or the sum of their weights.

    Args:
        thresholds: Threshold or list of thresholds; probabilities above it are positive. 0.5 when None.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if a threshold is not from 0 to 1.
    """

    _kinds = ("false_positives",)


@ship()
class TrueNegatives(_Count):
    """Number of true negatives, or the sum of their weights.

    Args:
        thresholds: Threshold or list of thresholds; probabilities above it are positive. 0.5 when None.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if a threshold is not from 0 to 1.
    """

    _kinds = ("true_negatives",)


@ship()
class FalseNegatives(_Count):
    """Number of false negatives, or the sum of their weights.

    Args:
        thresholds: Threshold or list of thresholds; probabilities above it are positive. 0.5 when None.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if a threshold is not from 0 to 1.
    """

    _kinds = ("false_negatives",)


class _Share(_ThresholdMetric):
    """Base class of precision and recall: true positives over the sum of true positives and one kind of errors."""

    _direction = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(thresholds, name, dtype, top_k, class_id)
        self.top_k = top_k
        self.class_id = class_id

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate the statistics of a batch.

        Args:
            y_true: Binary targets; any non-zero value is positive.
            y_pred: Probabilities, of the same shape.
            sample_weight: Weights of the shape of `y_pred`, or of its first axes.

        Raises:
            ValueError: if the shapes do not fit, or there are fewer than `class_id + 1` or `top_k` classes.
        """
        self._count(y_true, y_pred, sample_weight, self.top_k, self.class_id)

    def result(self) -> Any:
        """Return the ratio so far, 0 for no data; an array if there are several thresholds."""
        right, wrong = self._counts
        return self._one_or_all(ops.divide_no_nan(right, right + wrong))

    def get_config(self) -> dict[str, Any]:
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


@ship()
class Precision(_Share):
    """Precision: fraction of the positive predictions that are correct, `tp / (tp + fp)`.

    Args:
        thresholds: Threshold or list of thresholds; probabilities above it are positive. 0.5 when None.
        top_k: Only the `top_k` largest predictions of a sample are positive; without a threshold unless one is given.
        class_id: Index in the last axis of the only class to count; all classes when None.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if a threshold is not from 0 to 1, or `top_k` or `class_id` is not a valid integer.

    >>> import numpy as np
    >>> float(Precision()(np.array([0, 1, 1, 1]), np.array([0.6, 0.9, 0.4, 0.2])))
    0.5
    """

    _kinds = ("true_positives", "false_positives")


@ship()
class Recall(_Share):
    """Recall: fraction of the positive targets that are predicted, `tp / (tp + fn)`.

    Args:
        thresholds: Threshold or list of thresholds; probabilities above it are positive. 0.5 when None.
        top_k: Only the `top_k` largest predictions of a sample are positive; without a threshold unless one is given.
        class_id: Index in the last axis of the only class to count; all classes when None.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if a threshold is not from 0 to 1, or `top_k` or `class_id` is not a valid integer.
    """

    _kinds = ("true_positives", "false_negatives")
