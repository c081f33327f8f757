"""Cross-entropy losses: `-sum(target * log(probability))`.

If `y_pred` is the output of a softmax or sigmoid of ckeras, the loss is computed from the logits, which is more exact.
"""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.losses.loss import IntegerLabelsLoss, LossFunctionWrapper, expect, pair, same, share
from ckeras.tensor.masks import set_mask
from ckeras.utils.tracebacks import warn

ship = registry.losses.ship


@ship("bce", "BCE")
def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Mean of `-(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred))` over `axis`.

    Args:
        y_true: Targets from 0 to 1, shape (batch, ..., n).
        y_pred: Probabilities, or logits, the same shape; a last axis of length 1 may be missing in either.
        from_logits: Whether `y_pred` holds logits rather than probabilities.
        label_smoothing: Smoothing `s` from 0 to 1, which replaces `y_true` by `y_true * (1 - s) + s / 2`.
        axis: Axis over which the values are averaged.

    Returns:
        Tensor of the shape of `y_pred` without `axis`.

    Raises:
        ValueError: if the shapes differ.
    """
    y_true, y_pred = pair("binary_crossentropy", y_true, y_pred, broadcast=False)
    y_true = smooth_binary("binary_crossentropy", y_true, label_smoothing)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


@ship("cce", "CCE")
def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """`-sum(y_true * log(y_pred), axis)` for targets that are one-hot or other probability vectors.

    Args:
        y_true: Probability vectors along the last axis, shape (batch, ..., classes).
        y_pred: Probabilities, or logits, the same shape; probabilities are first divided by their sum.
        from_logits: Whether `y_pred` holds logits rather than probabilities.
        label_smoothing: Smoothing `s` from 0 to 1, which replaces `y_true` by `y_true * (1 - s) + s / classes`.
        axis: Axis of the classes.

    Returns:
        Tensor of the shape of `y_pred` without `axis`.

    Raises:
        ValueError: if the shapes differ, or `axis` is out of range.
    """
    y_true, y_pred = one_hot_pair("categorical_crossentropy", y_true, y_pred, label_smoothing, axis)
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


@ship()
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """`-log(y_pred[y_true])` for integer class labels.

    Args:
        y_true: Integer class labels from 0, shape (batch, ...) or (batch, ..., 1).
        y_pred: Probabilities, or logits, shape (batch, ..., classes).
        from_logits: Whether `y_pred` holds logits rather than probabilities.
        ignore_class: Class label whose samples give 0 and are excluded from the mean, or None.
        axis: Axis of the classes.

    Returns:
        Tensor of the shape of `y_pred` without `axis`.

    Raises:
        ValueError: if the shapes do not match.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    name = "sparse_categorical_crossentropy"
    _check_axis(name, axis, y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, axis=-1)
    axis = axis % len(y_pred.shape)
    expect(
        name,
        same(y_true.shape, (*y_pred.shape[:axis], *y_pred.shape[axis + 1 :])),
        "integer class labels in y_true, of the shape of y_pred without its axis of classes "
        "(one-hot rows are for categorical_crossentropy)",
        y_true,
        y_pred,
    )
    axis = -1 if axis == len(y_pred.shape) - 1 else axis
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    valid = ops.not_equal(y_true, ops.cast(ignore_class, y_true.dtype))
    counted = ops.where(valid, y_true, ops.zeros_like(y_true))
    values = ops.sparse_categorical_crossentropy(counted, y_pred, from_logits=from_logits, axis=axis)
    values = ops.where(valid, values, ops.zeros_like(values))
    set_mask(values, valid)
    return values


def smooth_binary(name: str, y_true: Any, label_smoothing: float) -> Any:
    """Smooth binary targets towards 1/2."""
    if not share(name, "label_smoothing", label_smoothing):
        return y_true
    return y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing


def one_hot_pair(name: str, y_true: Any, y_pred: Any, label_smoothing: float, axis: int) -> tuple[Any, Any]:
    """Convert targets and predictions to tensors of the predictions' dtype, check their shapes, smooth the targets."""
    share(name, "label_smoothing", label_smoothing)
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype)
    expect(
        name,
        same(y_true.shape, y_pred.shape),
        "one-hot rows in y_true, of the same shape as y_pred (class labels are for sparse_categorical_crossentropy)",
        y_true,
        y_pred,
    )
    _check_axis(name, axis, y_pred)
    classes = y_pred.shape[axis]
    if classes == 1:
        warn(
            f"{name}: expected y_pred with more than one class on axis {axis}, got shape {tuple(y_pred.shape)}; "
            "for binary targets use binary_crossentropy.",
            SyntaxWarning,
        )
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / classes
    return y_true, y_pred


def _check_axis(name: str, axis: int, y_pred: Any) -> None:
    rank = len(y_pred.shape)
    if not isinstance(axis, int) or isinstance(axis, bool) or not -rank <= axis < rank:
        raise ValueError(f"{name}: expected axis to be an axis of y_pred of shape {tuple(y_pred.shape)}, got {axis!r}.")


@ship()
class BinaryCrossentropy(LossFunctionWrapper):
    """Binary cross-entropy.

    Args:
        from_logits: Whether predictions are logits rather than probabilities.
        label_smoothing: Smoothing `s` from 0 to 1, which replaces targets `y` by `y * (1 - s) + s / 2`.
        axis: Axis over which the values are averaged.
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.

    >>> import numpy as np
    >>> round(float(BinaryCrossentropy(from_logits=True)(np.array([[1.0]]), np.array([[0.0]]))), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ):
        share(type(self).__name__, "label_smoothing", label_smoothing)
        super().__init__(
            binary_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@ship()
class CategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of one-hot targets.

    Args:
        from_logits: Whether predictions are logits rather than probabilities.
        label_smoothing: Smoothing `s` from 0 to 1, which replaces targets `y` by `y * (1 - s) + s / classes`.
        axis: Axis of the classes.
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ):
        share(type(self).__name__, "label_smoothing", label_smoothing)
        super().__init__(
            categorical_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@ship()
class SparseCategoricalCrossentropy(IntegerLabelsLoss):
    """Cross-entropy of integer class labels.

    Args:
        from_logits: Whether predictions are logits rather than probabilities.
        ignore_class: Class label whose samples are excluded, or None.
        reduction: As in `Loss`.
        axis: Axis of the classes.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(
            sparse_categorical_crossentropy,
            reduction=reduction,
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
        config = super().get_config()
        if self.axis == -1:  # Keras does not save the axis
            del config["axis"]
        return config
