"""Area under the ROC, precision-recall or precision-recall-gain curve."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config, ops, registry
from ckeras.metrics.confusion import (
    Counts,
    count,
    even_thresholds,
    evenly_spaced,
    parse_thresholds,
    warn_without_both_classes,
)
from ckeras.metrics.metric import Metric

ship = registry.metrics.ship

CURVES = {"ROC": "ROC", "roc": "ROC", "PR": "PR", "pr": "PR", "PRGAIN": "PRGAIN", "prgain": "PRGAIN"}
METHODS = {
    spelling: method
    for method in ("interpolation", "minoring", "majoring")
    for spelling in (method, method.capitalize())
}


@ship()
class AUC(Metric):
    """Area under a curve, approximated from the confusion matrix at thresholds between 0 and 1.

    The curves: "ROC", the recall `tp / (tp + fn)` over the false positive rate `fp / (fp + tn)`; "PR", the precision
    `tp / (tp + fp)` over the recall; "PRGAIN", precision and recall as gains over the always-positive classifier
    (Flach and Kull, 2015).

    Args:
        num_thresholds: Number of evenly spaced thresholds; more of them approximate the area better.
        curve: "ROC", "PR" or "PRGAIN".
        summation_method: "interpolation" (trapezoids; for "PR" the curve of Davis and Goadrich, 2006), "minoring" or
            "majoring" (rectangles below or above the curve).
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
        thresholds: Thresholds between 0 and 1, instead of `num_thresholds`; one below 0 and one above 1 are added.
        multi_label: Whether to compute one curve for each index of the last axis and return the mean of the areas.
        num_labels: Number of labels, with `multi_label`; taken from the first batch when None.
        label_weights: Weights of the labels: in the mean of the areas with `multi_label`, else in the counts.
        from_logits: Whether predictions are logits rather than probabilities.

    Raises:
        ValueError: if an argument is not one of the values above.

    >>> import numpy as np
    >>> float(AUC(num_thresholds=3)(np.array([0, 0, 1, 1]), np.array([0.0, 0.5, 0.3, 0.9])))
    0.75
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ):
        for argument, value, known in (("curve", curve, CURVES), ("summation_method", summation_method, METHODS)):
            if not isinstance(value, str) or value not in known:
                names = ", ".join(map(repr, dict.fromkeys(known.values())))
                raise ValueError(f"AUC expects {argument} to be one of {names}, got {value!r}.")
        if num_labels and not multi_label:
            raise ValueError(f"AUC takes num_labels with multi_label=True alone, got num_labels={num_labels!r}.")
        if thresholds is not None:
            if not isinstance(thresholds, (list, tuple, np.ndarray)):
                raise ValueError(f"AUC expects thresholds to be a list of numbers or None, got {thresholds!r}.")
            inner = [] if not len(thresholds) else sorted(parse_thresholds("AUC", thresholds, 0.5))
            spaced = evenly_spaced([0.0, *inner, 1.0])
        elif isinstance(num_thresholds, int) and num_thresholds > 1:
            inner, spaced = even_thresholds(num_thresholds)[1:-1], True
        else:
            raise ValueError(f"AUC expects num_thresholds to be an integer above 1, got {num_thresholds!r}.")
        super().__init__(name=name, dtype=dtype)
        self.num_thresholds = len(inner) + 2
        self.curve = CURVES[curve]
        self.summation_method = METHODS[summation_method]
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else np.asarray(label_weights, self.dtype).tolist()
        self.thresholds = [float(t) for t in (-config.epsilon(), *inner, 1.0 + config.epsilon())]
        self._from_logits = from_logits
        self._given = thresholds is not None
        self._even = spaced
        self._built = self._warned = False
        if not multi_label:
            self._build(())
        elif num_labels:
            self._build((num_labels,))

    def _build(self, labels: tuple[int, ...]) -> None:
        shape = (self.num_thresholds, *labels)
        self.true_positives = self.add_variable(shape, "zeros", name="true_positives")
        self.false_positives = self.add_variable(shape, "zeros", name="false_positives")
        self.true_negatives = self.add_variable(shape, "zeros", name="true_negatives")
        self.false_negatives = self.add_variable(shape, "zeros", name="false_negatives")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate the statistics of a batch.

        Args:
            y_true: Binary targets; any non-zero value is positive.
            y_pred: Probabilities, of the same shape; (batch, labels) with `multi_label`.
            sample_weight: Weights of the shape of `y_pred`, or of its first axes.

        Raises:
            ValueError: if the shapes do not match.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        if self.multi_label:
            self._check_labels(tuple(y_pred.shape))
        counts = count(
            self.name,
            y_true,
            ops.sigmoid(y_pred) if self._from_logits else y_pred,
            self.thresholds,
            self.dtype,
            sample_weight=sample_weight,
            by_label=self.multi_label,
            label_weights=None if self.multi_label else self.label_weights,
            even=self._even,
        )
        if not self._built:
            self._build((y_pred.shape[1],))
        for kind in Counts._fields:
            getattr(self, kind).assign_add(getattr(counts, kind))

    def _check_labels(self, shape: tuple[Any, ...]) -> None:
        expected = self.true_positives.shape[1] if self._built else "labels"
        if len(shape) != 2 or (self._built and shape[1] != expected):
            raise ValueError(f"{self.name} expects y_pred of shape (batch, {expected}), got {shape}.")
        if self.label_weights is not None and np.shape(self.label_weights) != shape[1:]:
            raise ValueError(
                f"{self.name} expects label_weights to be one value for each of the {shape[1]} labels, "
                f"got shape {np.shape(self.label_weights)}."
            )

    def result(self) -> Any:
        """Return the area so far; with `multi_label`, the mean of the labels' areas."""
        if not self._built:
            return ops.zeros((), dtype=self.dtype)
        self.check_result()
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        x, y = self._points()
        sides = {
            "interpolation": lambda a, b: (a + b) / 2.0,
            "minoring": ops.minimum,
            "majoring": ops.maximum,
        }
        return self._total((x[:-1] - x[1:]) * sides[self.summation_method](y[:-1], y[1:]))

    def check_result(self) -> None:
        """Warn, once, if the targets so far are of one class: their curve has no area."""
        if self._built:
            warn_without_both_classes(self)

    def _total(self, parts: Any) -> Any:
        """Sum the areas between thresholds; with `multi_label`, return the mean over the labels."""
        if not self.multi_label:
            return ops.sum(parts)
        areas = ops.sum(parts, axis=0)
        if self.label_weights is None:
            return ops.mean(areas)
        weights = ops.cast(self.label_weights, self.dtype)
        return ops.divide_no_nan(ops.sum(areas * weights), ops.sum(weights))

    def _points(self) -> tuple[Any, Any]:
        """Return the x and y coordinates of the curve, in increasing order of the threshold."""
        tp, fp, tn, fn = (ops.convert_to_tensor(getattr(self, kind)) for kind in Counts._fields)
        recall = ops.divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            return ops.divide_no_nan(fp, fp + tn), recall
        if self.curve == "PR":
            return recall, ops.divide_no_nan(tp, tp + fp)
        odds = ops.divide_no_nan(tp + fn, tn + fp)
        none = ops.equal(tp, 0.0)
        recall_gain = ops.where(none, 0.0, 1.0 - odds * ops.divide_no_nan(fn, tp))
        precision_gain = ops.where(none, 1.0, 1.0 - odds * ops.divide_no_nan(fp, tp))
        return ops.maximum(recall_gain, 0.0), precision_gain

    def interpolate_pr_auc(self) -> Any:
        """Area under precision over recall, interpolated so that true positives grow linearly with all positives
        between two thresholds (Davis and Goadrich, 2006): the integral of `tp / p` over `tp`, with
        `tp = intercept + slope * p`.
        """
        tp, fp, _, fn = (ops.convert_to_tensor(getattr(self, kind)) for kind in Counts._fields)
        p = tp + fp
        grown = tp[:-1] - tp[1:]
        slope = ops.divide_no_nan(grown, ops.maximum(p[:-1] - p[1:], 0))
        intercept = tp[1:] - slope * p[1:]
        both = ops.logical_and(p[:-1] > 0, p[1:] > 0)
        ratio = ops.where(both, ops.divide_no_nan(p[:-1], ops.maximum(p[1:], 0)), 1.0)
        total = ops.maximum(tp[1:] + fn[1:], 0)
        return self._total(ops.divide_no_nan(slope * (grown + intercept * ops.log(ratio)), total))

    def get_config(self) -> dict[str, Any]:
        own = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self._from_logits,
        }
        if self._given:
            own["thresholds"] = self.thresholds[1:-1]
        return {**super().get_config(), **own}
