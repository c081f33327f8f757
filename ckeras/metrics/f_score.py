"""F-scores: the harmonic mean of precision and recall, of each class."""

from __future__ import annotations

from typing import Any

from ckeras import config, ops, registry
from ckeras.losses.loss import same
from ckeras.metrics.metric import Metric

ship = registry.metrics.ship


@ship()
class FBetaScore(Metric):
    """`(1 + beta**2) * precision * recall / (beta**2 * precision + recall)` of each class, averaged.

    Args:
        average: None returns one score per class; "macro" their mean; "weighted" their mean weighted by the
            number of targets; "micro" the score of the counts of all classes together.
        beta: Weight of recall relative to precision.
        threshold: Predictions above it are positive; when None, the largest of each row is.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if an argument is not one of the values above.

    Source: van Rijsbergen, Information retrieval, 1979.
    """

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ):
        cls = type(self).__name__
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(f"{cls} expects average to be None, 'micro', 'macro' or 'weighted', got {average!r}.")
        if not isinstance(beta, float) or not beta > 0:
            raise ValueError(f"{cls} expects beta to be a float above 0, got {beta!r}.")
        if threshold is not None and not (isinstance(threshold, float) and 0 < threshold <= 1):
            raise ValueError(f"{cls} expects threshold to be None or a float above 0, at most 1, got {threshold!r}.")
        super().__init__(name=name, dtype=dtype)
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.axis = None if average == "micro" else 0
        self._built = False

    def _build(self, classes: int) -> None:
        shape = () if self.average == "micro" else (classes,)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        self.false_positives = self.add_variable(shape, "zeros", name="false_positives")
        self.false_negatives = self.add_variable(shape, "zeros", name="false_negatives")
        self.intermediate_weights = self.add_variable(shape, "zeros", name="intermediate_weights")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate the statistics of a batch.

        Args:
            y_true: Targets, 0 or 1, shape (batch, classes).
            y_pred: Predictions, the same shape.
            sample_weight: Weights of the samples, shape (batch,).

        Raises:
            ValueError: if the shapes differ from these.
        """
        y_true, y_pred = (ops.convert_to_tensor(y, dtype=self.dtype) for y in (y_true, y_pred))
        classes = y_pred.shape[-1:]
        if len(y_pred.shape) != 2 or not same(y_true.shape, y_pred.shape) or classes[0] is None:
            raise ValueError(
                f"{self.name} expects y_true and y_pred of shape (batch, classes), "
                f"got {tuple(y_true.shape)} and {tuple(y_pred.shape)}."
            )
        if self._built and self.axis == 0 and self.true_positives.shape != classes:
            raise ValueError(
                f"{self.name} expects {self.true_positives.shape[0]} classes as in the first batch, "
                f"got {classes[0]} in y_pred."
            )
        weight = None
        if sample_weight is not None:
            weight = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
            if weight.shape not in (y_pred.shape[:1], (*y_pred.shape[:1], 1), (1,), ()):
                raise ValueError(
                    f"{self.name} expects sample_weight of shape {tuple(y_pred.shape[:1])}, got {tuple(weight.shape)}."
                )
            weight = ops.reshape(weight, (-1, 1))
        if self.threshold is None:
            largest = y_pred >= ops.max(y_pred, axis=-1, keepdims=True)
            chosen = ops.logical_and(largest, ops.abs(y_pred) > 1e-9)
        else:
            chosen = y_pred > self.threshold
        chosen = ops.cast(chosen, self.dtype)
        if not self._built:
            self._build(classes[0])
        for variable, values in (
            (self.true_positives, chosen * y_true),
            (self.false_positives, chosen * (1 - y_true)),
            (self.false_negatives, (1 - chosen) * y_true),
            (self.intermediate_weights, y_true),
        ):
            variable.assign_add(ops.sum(values if weight is None else values * weight, axis=self.axis))

    def result(self) -> Any:
        """Return the score so far: a scalar, or with `average=None` one value per class."""
        if not self._built:
            return ops.zeros((), dtype=self.dtype)
        epsilon, square = config.epsilon(), self.beta**2
        precision = self.true_positives / (self.true_positives + self.false_positives + epsilon)
        recall = self.true_positives / (self.true_positives + self.false_negatives + epsilon)
        scores = precision * recall / (square * precision + recall + epsilon) * (1 + square)
        if self.average == "weighted":
            return ops.sum(scores * (self.intermediate_weights / (ops.sum(self.intermediate_weights) + epsilon)))
        return scores if self.average is None else ops.mean(scores)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal metric."""
        return {**super().get_config(), "average": self.average, "beta": self.beta, "threshold": self.threshold}


@ship()
class F1Score(FBetaScore):
    """`2 * precision * recall / (precision + recall)` of each class, averaged.

    Args:
        average: None returns one score per class; "macro" their mean; "weighted" their mean weighted by the
            number of targets; "micro" the score of the counts of all classes together.
        threshold: Predictions above it are positive; when None, the largest of each row is.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if an argument is not one of the values above.

    >>> import numpy as np
    >>> f1 = F1Score(threshold=0.5)
    >>> y_true = np.array([[1, 1, 1], [1, 0, 0], [1, 1, 0]])
    >>> [round(x, 3) for x in f1(y_true, np.array([[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]])).tolist()]
    [0.5, 0.8, 0.667]
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ):
        super().__init__(average=average, threshold=threshold, name=name, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config
