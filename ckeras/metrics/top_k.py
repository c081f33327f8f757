"""Top-k accuracies: fractions of samples whose target class is among the k largest predictions."""

from __future__ import annotations

import math
from typing import Any

from ckeras import config, ops, registry
from ckeras.losses.loss import expect, same
from ckeras.metrics.mean import MeanMetricWrapper
from ckeras.metrics.metric import integer

ship = registry.metrics.ship


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """Return 1 where the class of the one-hot row `y_true` is among the `k` largest of `y_pred`, 0 elsewhere.

    Args:
        y_true: One-hot rows, shape (batch, ..., classes).
        y_pred: Probabilities or logits, the same shape.
        k: Number of largest predictions to consider. A class is among them if fewer than `k` predictions are larger,
            so that ties all count.

    Returns:
        Tensor of floats of shape (batch, ...).

    Raises:
        ValueError: if the shapes differ, or `k` is not a positive integer.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    name = "top_k_categorical_accuracy"
    expect(
        name,
        same(y_true.shape, y_pred.shape),
        "one-hot rows in y_true, of the same shape as y_pred (class labels are for sparse_top_k_categorical_accuracy)",
        y_true,
        y_pred,
    )
    return _in_top_k(ops.argmax(y_true, axis=-1), y_pred, integer(name, "k", k, 1))


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Any:
    """Return 1 where class `y_true` is among the `k` largest of `y_pred`, 0 elsewhere.

    Args:
        y_true: Integer class labels, shape (batch, ...) or (batch, ..., 1); other labels give 0.
        y_pred: Probabilities or logits, shape (batch, ..., classes).
        k: Number of largest predictions to consider. A class is among them if fewer than `k` predictions are larger,
            so that ties all count.
        from_sorted_ids: Whether `y_pred` holds class labels instead, sorted from most to least likely.

    Returns:
        Tensor of floats of the shape of `y_true`.

    Raises:
        ValueError: if the shapes do not fit, or `k` is not a positive integer.

    >>> import numpy as np
    >>> sparse_top_k_categorical_accuracy(np.array([2, 0]), np.array([[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]]), k=2).tolist()
    [1.0, 0.0]
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype if from_sorted_ids else "int32")
    name = "sparse_top_k_categorical_accuracy"
    column = len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1
    labels = ops.squeeze(y_true, axis=-1) if column else y_true
    expect(
        name,
        same(labels.shape, y_pred.shape[:-1]),
        "integer class labels in y_true, of the shape of y_pred without its last axis "
        "(one-hot rows are for top_k_categorical_accuracy)",
        y_true,
        y_pred,
    )
    integer(name, "k", k, 1)
    if from_sorted_ids:
        hits = ops.any(ops.equal(ops.expand_dims(labels, -1), y_pred[..., :k]), axis=-1)
        hits = ops.cast(hits, config.floatx())
    else:
        hits = _in_top_k(labels, y_pred, k)
    return ops.expand_dims(hits, -1) if column else hits


def _in_top_k(labels: Any, y_pred: Any, k: int) -> Any:
    """Return 1 where fewer than k predictions are larger than the label's; NaN compares smaller than any number."""
    own = ops.equal(ops.expand_dims(labels, -1), ops.arange(y_pred.shape[-1], dtype="int32"))
    score = ops.max(ops.where(own, y_pred, -math.inf), axis=-1, keepdims=True)
    score = ops.where(ops.isnan(score), -math.inf, score)
    larger = ops.sum(ops.cast(y_pred > score, "int32"), axis=-1)
    return ops.cast(ops.logical_and(larger < k, ops.any(own, axis=-1)), config.floatx())


@ship()
class TopKCategoricalAccuracy(MeanMetricWrapper):
    """Fraction of samples whose one-hot target class is among the `k` largest predictions.

    Args:
        k: Number of largest predictions to consider.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `k` is not a positive integer.
    """

    _direction = "up"

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None):
        super().__init__(top_k_categorical_accuracy, name=name, dtype=dtype, k=integer(type(self).__name__, "k", k, 1))
        self.k = k

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k}


@ship()
class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """Fraction of samples whose integer class label is among the `k` largest predictions.

    Args:
        k: Number of largest predictions to consider.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
        from_sorted_ids: Whether predictions are class labels instead, sorted from most to least likely.

    Raises:
        ValueError: if `k` is not a positive integer.
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ):
        integer(type(self).__name__, "k", k, 1)
        super().__init__(
            sparse_top_k_categorical_accuracy, name=name, dtype=dtype, k=k, from_sorted_ids=from_sorted_ids
        )
        self.k = k
        self.from_sorted_ids = from_sorted_ids

    def get_config(self) -> dict[str, Any]:
        own = {"k": self.k, "from_sorted_ids": True} if self.from_sorted_ids else {"k": self.k}
        return {**super().get_config(), **own}
