"""Confusion matrix of binary predictions at several thresholds, summed over batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ckeras import config, ops
from ckeras.losses.loss import expect, same, share, squeeze_or_expand_to_same_rank
from ckeras.metrics.warning import warn_where
from ckeras.tensor import Tensor, dtypes, table
from ckeras.utils.tracebacks import warn

BELOW_ALL = -1e10  # below every threshold that can be given


class Counts(NamedTuple):
    """Weighted numbers of true and false positives and true and false negatives at each threshold."""

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any


def parse_thresholds(name: str, thresholds: Any, default: float) -> list[float]:
    """Return the thresholds as a list; the default threshold when None.

    Raises:
        ValueError: if the list is empty, or a threshold is not from 0 to 1.
    """
    if thresholds is None:
        return [default]
    given = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    if not given:
        raise ValueError(f"{name} expects thresholds to be a number or several, got none.")
    return [share(name, "thresholds", t) for t in given]


def evenly_spaced(thresholds: Sequence[float]) -> bool:
    """Whether these are three or more evenly spaced thresholds from 0 to 1."""
    count = len(thresholds)
    return count > 2 and np.allclose(thresholds, np.arange(count) / (count - 1), atol=config.epsilon())


def even_thresholds(count: int) -> list[float]:
    """Return `count` evenly spaced numbers from 0 to 1."""
    return [0.0, *((i + 1) / (count - 1) for i in range(count - 2)), 1.0]


def count(
    name: str,
    y_true: Any,
    y_pred: Any,
    thresholds: Sequence[float],
    dtype: str,
    sample_weight: Any = None,
    top_k: int | None = None,
    class_id: int | None = None,
    by_label: bool = False,
    label_weights: Any = None,
    even: bool = False,
) -> Counts:
    """Return the confusion matrix of a batch at each threshold; predictions above the threshold are positive.

    Args:
        name: Name of the metric in error messages.
        y_true: Binary targets; any non-zero value is positive.
        y_pred: Probabilities, of the same shape.
        thresholds: Numbers, shape (thresholds,).
        dtype: Dtype of the counts.
        sample_weight: Weights of the shape of `y_pred`, or of its first axes.
        top_k: Only the `top_k` largest predictions of each row can be positive; all can when None.
        class_id: Index in the last axis of the only class to count; all classes when None.
        by_label: Whether to count each index of the last axis separately; `y_pred` then has two axes.
        label_weights: Weights along the last axis.
        even: Whether the thresholds are evenly spaced from 0 to 1 (the first and last may exceed this by epsilon). The
            predictions are then counted per interval, at a cost that is independent of the number of thresholds.

    Returns:
        Counts of shape (thresholds,), or (thresholds, labels) with `by_label`.

    Raises:
        ValueError: if the shapes do not fit, or `class_id` or `top_k` is out of range.
    """
    counted_in, dtype = dtype, dtype if dtype in dtypes.FLOATS else "float32"  # of predictions, which are fractions
    y_true, y_pred = (ops.cast(ops.convert_to_tensor(y), dtype) for y in (y_true, y_pred))
    warn_where(
        ops.any(ops.isnan(y_pred)),
        lambda: warn(f"{name} got predictions that are NaN; it counts them as negative."),
    )
    y_pred, y_true = squeeze_or_expand_to_same_rank(y_pred, y_true)
    expect(name, same(y_true.shape, y_pred.shape), "y_true and y_pred of the same shape", y_true, y_pred)
    weight = None if sample_weight is None else _weights(name, sample_weight, y_pred, dtype)
    if top_k is not None:
        y_pred = ops.where(_among_largest(name, y_pred, top_k), y_pred, BELOW_ALL)
    if class_id is not None:
        y_true, y_pred = (_of_class(name, y, class_id) for y in (y_true, y_pred))
        if weight is not None and weight.shape[-1] != 1:
            weight = _of_class(name, weight, class_id)
    if label_weights is not None:
        own = ops.cast(ops.convert_to_tensor(label_weights), dtype)
        if own.shape not in ((), y_pred.shape[-1:]):
            raise ValueError(
                f"{name} expects label_weights to be one value for each of the {y_pred.shape[-1]} labels, "
                f"got shape {tuple(own.shape)}."
            )
        weight = own if weight is None else weight * own
    positive = ops.cast(ops.not_equal(y_true, 0), dtype)
    negative = 1 - positive
    if weight is not None:
        positive, negative = positive * weight, negative * weight
    labels = y_pred.shape[-1] if by_label else 1
    y_pred, positive, negative = (ops.reshape(x, (-1, labels)) for x in (y_pred, positive, negative))
    counted = _by_interval if even else _by_comparison
    counts = [ops.cast(c, counted_in) for c in counted(y_pred, positive, negative, thresholds, labels)]
    return Counts(*counts) if by_label else Counts(*(ops.reshape(c, (-1,)) for c in counts))


def warn_without_both_classes(metric: Any) -> None:
    """Warn, once for a metric that keeps `Counts`, if all targets so far are of one class."""
    counts = [ops.convert_to_tensor(getattr(metric, kind)) for kind in Counts._fields]
    if metric._warned or any(type(c) is not Tensor for c in counts):
        return
    tp, fp, tn, fn = (np.asarray(c)[0] for c in counts)
    if np.any(tp + fn + fp + tn) and not np.all((tp + fn != 0) & (fp + tn != 0)):
        metric._warned = True
        warn(
            f"{metric.name} is not defined by targets of one class: of its positive targets the weights sum to "
            f"{tp + fn}, of its negative ones to {fp + tn}."
        )


def _by_comparison(
    y_pred: Any, positive: Any, negative: Any, thresholds: Sequence[float], labels: int
) -> tuple[Any, ...]:
    limits = ops.reshape(ops.cast(np.asarray(thresholds), y_pred.dtype), (-1, 1, 1))
    above = ops.expand_dims(y_pred, 0) > limits
    of_yes = [ops.sum(ops.where(above, x, 0), axis=1) for x in (positive, negative)]
    of_no = [ops.sum(ops.where(above, 0, x), axis=1) for x in (negative, positive)]
    return (*of_yes, *of_no)


def _by_interval(
    y_pred: Any, positive: Any, negative: Any, thresholds: Sequence[float], labels: int
) -> tuple[Any, ...]:
    count = len(thresholds)
    # Number of thresholds below each prediction; 0 for NaN.
    within = ops.minimum(ops.where(y_pred > 0, y_pred, 0), 1)
    below = ops.ceil(within * (count - 1))
    if thresholds[0] < 0:
        below = ops.maximum(below, 1)
    index = ops.cast(below, "int32") * labels + ops.arange(labels, dtype="int32")
    pairs = ops.reshape(ops.stack([positive, negative], axis=-1), (-1, 2))
    sums = table["scatter_add_rows"](pairs, ops.reshape(index, (-1,)), rows=count * labels)
    sums = ops.reshape(sums, (count, labels * 2))
    # Sum the predictions above and those not above each threshold separately, so that empty sums are exactly 0.
    above, rest = (ops.reshape(_running(sums, later), (count, labels, 2)) for later in (True, False))
    return above[..., 0], above[..., 1], rest[..., 1], rest[..., 0]


def _running(x: Any, later: bool) -> Any:
    """Sum the rows after each row, or up to and including it: blockwise, by products with triangular matrices."""
    count, columns = x.shape
    size = math.isqrt(count - 1) + 1
    blocks = -(-count // size)
    x = ops.reshape(ops.pad(x, ((0, blocks * size - count), (0, 0))), (blocks, size, columns))
    inside = ops.matmul(_triangle(size, later, False, x.dtype), x)
    outside = ops.matmul(_triangle(blocks, later, True, x.dtype), ops.sum(x, axis=1))
    return ops.reshape(inside + ops.expand_dims(outside, 1), (blocks * size, columns))[:count]


@lru_cache(maxsize=64)
def _triangle(size: int, later: bool, strict: bool, dtype: str) -> np.ndarray:
    ones = np.ones((size, size), dtype)
    return np.triu(ones, 1) if later else np.tril(ones, -int(strict))


def _weights(name: str, sample_weight: Any, y_pred: Any, dtype: str) -> Any:
    """Add axes of length 1 to the weights for the axes of the predictions that they lack."""
    weight = ops.cast(ops.convert_to_tensor(sample_weight), dtype)
    shape = weight.shape
    if len(shape) == len(y_pred.shape) + 1 and shape[-1] == 1:
        weight = ops.squeeze(weight, axis=-1)
    missing = len(y_pred.shape) - len(weight.shape)
    if missing > 0:
        weight = ops.reshape(weight, (*weight.shape, *[1] * missing))
    if missing < 0 or any(w not in (1, d) for w, d in zip(weight.shape, y_pred.shape, strict=True)):
        raise ValueError(
            f"{name}: expected sample_weight of a shape that broadcasts to the predictions' {tuple(y_pred.shape)}, "
            f"got {tuple(shape)}."
        )
    return ops.broadcast_to(weight, y_pred.shape) if weight.shape else weight


def _of_class(name: str, x: Any, class_id: int) -> Any:
    classes = x.shape[-1] if len(x.shape) > 1 else 0
    if not -classes <= class_id < classes:
        raise ValueError(
            f"{name} expects predictions of shape (batch, ..., classes) with more than class_id={class_id} classes, "
            f"got shape {tuple(x.shape)}."
        )
    class_id %= classes
    return x[..., class_id : class_id + 1]


def _among_largest(name: str, x: Any, k: int) -> Any:
    """Whether each element is among the k largest of its row; the first of equal elements wins, NaN is the largest."""
    if not x.shape or not 1 <= k <= x.shape[-1]:
        raise ValueError(f"{name} expects predictions with top_k={k} classes or more, got shape {tuple(x.shape)}.")
    indices = ops.arange(x.shape[-1], dtype="int32")
    chosen = ops.zeros_like(x, dtype="bool")
    for _ in range(k):
        largest = ops.argmax(ops.where(chosen, -np.inf, x), axis=-1, keepdims=True)
        chosen = ops.logical_or(chosen, ops.equal(largest, indices))
    return chosen


__all__ = ["Counts", "count", "even_thresholds", "evenly_spaced", "parse_thresholds", "warn_without_both_classes"]
