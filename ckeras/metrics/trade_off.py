"""Best value of one metric at thresholds where another reaches a minimum."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.losses.loss import share
from ckeras.metrics.confusion import Counts, count, even_thresholds, warn_without_both_classes
from ckeras.metrics.metric import Metric, integer

ship = registry.metrics.ship


class _TradeOff(Metric):
    """Base class; `_pair` returns the metric with the required minimum and the metric to maximize."""

    _direction = "up"
    _argument: str

    def __init__(self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any):
        cls = type(self).__name__
        value = share(cls, self._argument, value)
        num_thresholds = integer(cls, "num_thresholds", num_thresholds, 1)
        class_id = integer(cls, "class_id", class_id, optional=True)
        super().__init__(name=name, dtype=dtype)
        self.value = value
        self._warned = False
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        self.thresholds = [0.5] if num_thresholds == 1 else even_thresholds(num_thresholds)
        shape = (len(self.thresholds),)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        self.false_positives = self.add_variable(shape, "zeros", name="false_positives")
        self.true_negatives = self.add_variable(shape, "zeros", name="true_negatives")
        self.false_negatives = self.add_variable(shape, "zeros", name="false_negatives")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate the statistics of a batch.

        Args:
            y_true: Binary targets; any non-zero value is positive.
            y_pred: Probabilities, of the same shape.
            sample_weight: Weights of the shape of `y_pred`, or of its first axes.

        Raises:
            ValueError: if the shapes do not fit, or `class_id` is out of range.
        """
        counts = count(
            self.name,
            y_true,
            y_pred,
            self.thresholds,
            self.dtype,
            sample_weight=sample_weight,
            class_id=self.class_id,
            even=len(self.thresholds) > 1,
        )
        for kind in Counts._fields:
            getattr(self, kind).assign_add(getattr(counts, kind))

    def result(self) -> Any:
        """Return the best value so far; 0 if no threshold reaches the minimum."""
        self.check_result()
        limited, wanted = self._pair()
        return ops.max(ops.where(limited >= self.value, wanted, 0), initial=0)

    def check_result(self) -> None:
        """Warn, once, if the targets so far are of one class."""
        warn_without_both_classes(self)

    def _pair(self) -> tuple[Any, Any]:
        raise NotImplementedError

    def _recall(self) -> Any:
        return ops.divide_no_nan(self.true_positives, self.true_positives + self.false_negatives)

    def _precision(self) -> Any:
        return ops.divide_no_nan(self.true_positives, self.true_positives + self.false_positives)

    def _specificity(self) -> Any:
        return ops.divide_no_nan(self.true_negatives, self.true_negatives + self.false_positives)

    def get_config(self) -> dict[str, Any]:
        own = {"num_thresholds": self.num_thresholds, self._argument: self.value, "class_id": self.class_id}
        return {**super().get_config(), **own}


@ship()
class SensitivityAtSpecificity(_TradeOff):
    """Best sensitivity `tp / (tp + fn)` at thresholds with a required specificity `tn / (tn + fp)`.

    Args:
        specificity: Required minimum of the specificity, from 0 to 1.
        num_thresholds: Number of evenly spaced thresholds from 0 to 1.
        class_id: Index in the last axis of the only class to count; all classes when None.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `specificity` is not from 0 to 1, or `num_thresholds` is not positive.
    """

    _argument = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity

    def _pair(self) -> tuple[Any, Any]:
        return self._specificity(), self._recall()


@ship()
class SpecificityAtSensitivity(_TradeOff):
    """Best specificity `tn / (tn + fp)` at thresholds with a required sensitivity `tp / (tp + fn)`.

    Args:
        sensitivity: Required minimum of the sensitivity, from 0 to 1.
        num_thresholds: Number of evenly spaced thresholds from 0 to 1.
        class_id: Index in the last axis of the only class to count; all classes when None.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `sensitivity` is not from 0 to 1, or `num_thresholds` is not positive.
    """

    _argument = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity

    def _pair(self) -> tuple[Any, Any]:
        return self._recall(), self._specificity()


@ship()
class PrecisionAtRecall(_TradeOff):
    """Best precision `tp / (tp + fp)` at thresholds with a required recall `tp / (tp + fn)`.

    Args:
        recall: Required minimum of the recall, from 0 to 1.
        num_thresholds: Number of evenly spaced thresholds from 0 to 1.
        class_id: Index in the last axis of the only class to count; all classes when None.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `recall` is not from 0 to 1, or `num_thresholds` is not positive.

    >>> import numpy as np
    >>> float(PrecisionAtRecall(0.5)(np.array([0, 0, 0, 1, 1]), np.array([0.0, 0.3, 0.8, 0.3, 0.8])))
    0.5
    """

    _argument = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall

    def _pair(self) -> tuple[Any, Any]:
        return self._recall(), self._precision()


@ship()
class RecallAtPrecision(_TradeOff):
    """Best recall `tp / (tp + fn)` at thresholds with a required precision `tp / (tp + fp)`.

    Args:
        precision: Required minimum of the precision, from 0 to 1.
        num_thresholds: Number of evenly spaced thresholds from 0 to 1.
        class_id: Index in the last axis of the only class to count; all classes when None.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `precision` is not from 0 to 1, or `num_thresholds` is not positive.
    """

    _argument = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision

    def _pair(self) -> tuple[Any, Any]:
        return self._precision(), self._recall()
