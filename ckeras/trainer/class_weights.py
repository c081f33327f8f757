"""Weights by class, as weights of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config
from ckeras.trainer.arrays import Stored, array_of, is_nested_numbers
from ckeras.utils.tracebacks import warn


def check_class_weight(weights: Any, where: str) -> None:
    """Raise if this is no dict from integer class labels to weights."""
    numbers = isinstance(weights, dict) and all(_is_number(v) for pair in weights.items() for v in pair)
    if not numbers or any(label != int(label) for label in weights):
        raise ValueError(
            f"{where} expects class_weight to be a dict from integer class label to weight, got {weights!r:.80}"
        )


def class_weights(y: Any, weights: dict[int, float], where: str = "fit") -> np.ndarray:
    """The weight of each sample's class: of integer class labels, one-hot rows, or one column of labels.

    Raises:
        ValueError, TypeError: if ``weights`` is not a dict of numbers by integer class label, or y not one array.
    """
    check_class_weight(weights, where)
    if y is None:
        raise ValueError(f"{where} expects targets y where class_weight is given, got None")
    if isinstance(y, dict) or (isinstance(y, (list, tuple)) and not is_nested_numbers(y)):
        raise ValueError(f"{where} expects y to be one array where class_weight is given, got {type(y).__name__}")
    labels = array_of(y, "y", where)
    if isinstance(labels, Stored):
        labels = labels.read(slice(None))
    if labels.ndim > 1:
        if labels.shape[-1] > 1:
            _warn_of_several_labels(labels, where)
            labels = labels.argmax(-1)
        else:
            labels = labels[..., 0]
    labels = np.rint(labels)
    found = np.ones(labels.shape, config.floatx())
    for label, weight in weights.items():
        found[labels == int(label)] = weight
    return found


def _warn_of_several_labels(y: np.ndarray, where: str) -> None:
    """Warn of targets with more than one class a row, whose weight is that of the first largest entry alone."""
    if (np.count_nonzero(y == y.max(-1, keepdims=True), axis=-1) > 1).any():
        warn(
            f"{where}: class_weight expects one class a sample, but rows of y of shape {y.shape} have several largest "
            "entries (as targets with several labels have); each row gets the weight of the first of them. "
            "Give sample_weight instead"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
