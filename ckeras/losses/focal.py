"""Focal cross-entropies, and a cross-entropy that is robust to wrong labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config, ops, registry
from ckeras.losses.crossentropy import one_hot_pair, smooth_binary
from ckeras.losses.loss import IntegerLabelsLoss, LossFunctionWrapper, expect, pair, positive, same, share

ship = registry.losses.ship


def _focus(miss: Any, gamma: float) -> Any:
    """Return `miss**gamma` for a probability `miss`, with a finite derivative where the probability rounds to 0."""
    return ops.power(ops.maximum(miss, float(np.finfo(miss.dtype).tiny)), gamma)


@ship()
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Binary cross-entropy with a focusing factor: `mean((1 - p)**gamma * bce, axis)`.

    `p = y_true * y_pred + (1 - y_true) * (1 - y_pred)` is the predicted probability of the true class, so that
    well-classified samples have a smaller weight.

    Args:
        y_true: Targets, 0 or 1, shape (batch, ..., n).
        y_pred: Probabilities, or logits, the same shape; a last axis of length 1 may be missing in either.
        apply_class_balancing: Whether to weight the positive class by `alpha` and the negative class by `1 - alpha`.
        alpha: Weight of the positive class.
        gamma: Exponent of the focusing factor `(1 - p)**gamma`; 0 gives the plain cross-entropy.
        from_logits: Whether `y_pred` holds logits rather than probabilities.
        label_smoothing: Smoothing `s` from 0 to 1, which replaces `y_true` by `y_true * (1 - s) + s / 2`.
        axis: Axis over which the values are averaged.

    Returns:
        Tensor of the shape of `y_pred` without `axis`.

    Raises:
        ValueError: if the shapes differ, or `label_smoothing` is not from 0 to 1.

    Source: Lin et al., Focal loss for dense object detection, 2017.
    """
    y_true, y_pred = pair("binary_focal_crossentropy", y_true, y_pred, broadcast=False)
    y_true = smooth_binary("binary_focal_crossentropy", y_true, label_smoothing)
    p = ops.sigmoid(y_pred) if from_logits else y_pred
    values = ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits)
    miss = y_true * (1 - p) + (1 - y_true) * p
    values = _focus(miss, gamma) * values
    if apply_class_balancing:
        values = (y_true * alpha + (1 - y_true) * (1 - alpha)) * values
    return ops.mean(values, axis=axis)


@ship()
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Cross-entropy with a focusing factor, which gives well-classified samples a smaller weight.

    `sum(alpha * (1 - p)**gamma * -y_true * log(p), axis)` for the predictions `p`, divided by their sum over `axis`
    and clipped to [epsilon, 1 - epsilon], or for their softmax, not clipped, with `from_logits`.

    Args:
        y_true: One-hot or other probability vectors, shape (batch, ..., classes).
        y_pred: Probabilities, or logits, the same shape.
        alpha: Weight of the classes: a scalar, or one value per class.
        gamma: Exponent of the focusing factor `(1 - p)**gamma`.
        from_logits: Whether `y_pred` holds logits rather than probabilities.
        label_smoothing: Smoothing `s` from 0 to 1, which replaces `y_true` by `y_true * (1 - s) + s / classes`.
        axis: Axis of the classes.

    Returns:
        Tensor of the shape of `y_pred` without `axis`.

    Raises:
        ValueError: if the shapes differ, `axis` is out of range, or `label_smoothing` is not from 0 to 1.

    Source: Lin et al., Focal loss for dense object detection, 2017.
    """
    y_true, y_pred = one_hot_pair("categorical_focal_crossentropy", y_true, y_pred, label_smoothing, axis)
    if from_logits:
        p, log_p = ops.softmax(y_pred, axis=axis), ops.log_softmax(y_pred, axis=axis)
    else:
        p = ops.clip(y_pred / ops.sum(y_pred, axis=axis, keepdims=True), config.epsilon(), 1.0 - config.epsilon())
        log_p = ops.log(p)
    weight = _focus(1.0 - p, gamma) * ops.cast(alpha, p.dtype)
    return ops.sum(weight * (-y_true * log_p), axis=axis)


@ship()
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """`(1 - p**q) / q` for the predicted probability p of the true class.

    It lies between cross-entropy (`q` near 0) and absolute error (`q` near 1), which is more robust to wrong labels.

    Args:
        y_true: Integer class labels from 0, shape (batch, ...) or (batch, ..., 1).
        y_pred: Probabilities, shape (batch, ..., classes).
        q: Number between 0 and 1.

    Returns:
        Tensor of the shape of `y_pred` without its last axis.

    Raises:
        ValueError: if the shapes do not match.
        IndexError: if a class label is out of range.

    Source: Zhang and Sabuncu, Generalized cross entropy loss for training deep neural networks with noisy labels, 2018.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(ops.convert_to_tensor(y_true), "int32")
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, axis=-1)
    expect(
        "categorical_generalized_cross_entropy",
        same(y_true.shape, y_pred.shape[:-1]),
        "integer class labels in y_true, of the shape of y_pred without its last axis",
        y_true,
        y_pred,
    )
    classes = y_pred.shape[-1]
    p = ops.sum(y_pred * ops.one_hot(y_true, classes, dtype=y_pred.dtype), axis=-1)
    # `take` raises IndexError for a label that is not a class; negative labels are mapped to `classes` to raise too.
    p = p * ops.take(ops.ones(classes, dtype=y_pred.dtype), ops.where(y_true < 0, classes, y_true))
    return (1 - ops.power(p, q)) / q


@ship()
class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Focal binary cross-entropy, which gives well-classified samples a smaller weight (Lin et al., 2017).

    Args:
        apply_class_balancing: Whether to weight the positive class by `alpha` and the negative class by `1 - alpha`.
        alpha: Weight of the positive class.
        gamma: Exponent of the focusing factor `(1 - p)**gamma`.
        from_logits: Whether predictions are logits rather than probabilities.
        label_smoothing: Smoothing `s` from 0 to 1, which replaces targets `y` by `y * (1 - s) + s / 2`.
        axis: Axis over which the values are averaged.
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `alpha` or `label_smoothing` is not from 0 to 1, or `gamma` is negative.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(
            binary_focal_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=share(type(self).__name__, "label_smoothing", label_smoothing),
            axis=axis,
            apply_class_balancing=apply_class_balancing,
            alpha=share(type(self).__name__, "alpha", alpha),
            gamma=positive(type(self).__name__, "gamma", gamma, zero=True),
        )
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@ship()
class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Focal cross-entropy of one-hot targets; well-classified samples have a smaller weight (Lin et al., 2017).

    Args:
        alpha: Weight of the classes: a scalar, or one value per class.
        gamma: Exponent of the focusing factor `(1 - p)**gamma`.
        from_logits: Whether predictions are logits rather than probabilities.
        label_smoothing: Smoothing `s` from 0 to 1, which replaces targets `y` by `y * (1 - s) + s / classes`.
        axis: Axis of the classes.
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `label_smoothing` is not from 0 to 1, or `gamma` is negative.
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(
            categorical_focal_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=share(type(self).__name__, "label_smoothing", label_smoothing),
            axis=axis,
            alpha=alpha,
            gamma=positive(type(self).__name__, "gamma", gamma, zero=True),
        )
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


@ship()
class CategoricalGeneralizedCrossEntropy(IntegerLabelsLoss):
    """`(1 - p**q) / q` of the probability of the true class; robust to wrong labels (Zhang and Sabuncu, 2018).

    Args:
        q: Number between 0 and 1.
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `q` is not between 0 and 1.
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ):
        if not 0 < q < 1:
            raise ValueError(f"{type(self).__name__} expects q between 0 and 1, got {q!r}.")
        super().__init__(categorical_generalized_cross_entropy, reduction=reduction, name=name, dtype=dtype, q=q)
        self.q = q
