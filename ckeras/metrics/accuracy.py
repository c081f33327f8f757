"""Accuracies: fractions of predictions that are correct."""

from __future__ import annotations

from typing import Any

from ckeras import config as _config, ops, registry
from ckeras.losses.loss import expect, pair, same
from ckeras.metrics.mean import MeanMetricWrapper
from ckeras.tensor import arguments

ship = registry.metrics.ship


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1.0 where `y_true == y_pred`, 0.0 elsewhere, elementwise."""
    y_true, y_pred = pair("accuracy", y_true, y_pred)
    return ops.cast(ops.equal(y_true, y_pred), _config.floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """Return 1 where `(y_pred > threshold) == y_true`, 0 elsewhere.

    Args:
        y_true: Targets, 0 or 1.
        y_pred: Probabilities, of the same shape.
        threshold: Probabilities above it are positive predictions.

    Returns:
        Tensor of floats of the shape of `y_pred`.

    Raises:
        ValueError: if the shapes do not match.
    """
    y_true, y_pred = pair("binary_accuracy", y_true, y_pred)
    return ops.cast(ops.equal(y_true, ops.cast(y_pred > threshold, y_true.dtype)), _config.floatx())


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 where `argmax(y_pred, -1)` equals `argmax(y_true, -1)`, 0 elsewhere.

    Args:
        y_true: One-hot rows, shape (batch, ..., classes).
        y_pred: Probabilities or logits, of the same shape.

    Returns:
        Tensor of floats of shape (batch, ...).

    Raises:
        ValueError: if the shapes differ.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    expect(
        "categorical_accuracy",
        same(y_true.shape, y_pred.shape),
        "one-hot rows in y_true, of the same shape as y_pred (class labels are for sparse_categorical_accuracy)",
        y_true,
        y_pred,
    )
    return ops.cast(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), _config.floatx())


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 where `argmax(y_pred, -1)` equals `y_true`, 0 elsewhere.

    Args:
        y_true: Integer class labels, shape (batch, ...) or (batch, ..., 1).
        y_pred: Probabilities or logits, shape (batch, ..., classes).

    Returns:
        Tensor of floats of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, axis=-1)
    expect(
        "sparse_categorical_accuracy",
        same(y_true.shape, y_pred.shape[:-1]),
        "integer class labels in y_true, of the shape of y_pred without its last axis "
        "(one-hot rows are for categorical_accuracy)",
        y_true,
        y_pred,
    )
    predicted = ops.cast(ops.argmax(y_pred, axis=-1), y_true.dtype)
    return ops.cast(ops.equal(y_true, predicted), _config.floatx())


@ship("acc")
class Accuracy(MeanMetricWrapper):
    """Fraction of predictions equal to their targets.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    >>> import numpy as np
    >>> float(Accuracy()(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 0])))
    0.75
    """

    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: Any = None):
        super().__init__(accuracy, name=name, dtype=dtype)


@ship()
class BinaryAccuracy(MeanMetricWrapper):
    """Fraction of probabilities on the same side of a threshold as their binary target.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
        threshold: Probabilities above it are positive predictions.
    """

    _direction = "up"

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5):
        threshold = arguments.number(threshold, type(self).__name__, "threshold")
        super().__init__(binary_accuracy, name=name, dtype=dtype, threshold=threshold)
        self.threshold = threshold

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "threshold": self.threshold}


@ship()
class CategoricalAccuracy(MeanMetricWrapper):
    """Fraction of samples whose largest prediction is at the class of the one-hot target.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None):
        super().__init__(categorical_accuracy, name=name, dtype=dtype)


@ship()
class SparseCategoricalAccuracy(MeanMetricWrapper):
    """Fraction of samples whose largest prediction is at the integer class label.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    _direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None):
        super().__init__(sparse_categorical_accuracy, name=name, dtype=dtype)
