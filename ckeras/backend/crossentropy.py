"""Legacy cross-entropies, with the target first; probabilities are clipped to [epsilon, 1 - epsilon]."""

from __future__ import annotations

from typing import Any

from ckeras import config, ops
from ckeras.tensor import Tensor, as_tensor


def _clipped(output: Any) -> Tensor:
    return ops.clip(output, config.epsilon(), 1.0 - config.epsilon())


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """Elementwise -target * log(p + epsilon) - (1 - target) * log(1 - p + epsilon).

    Args:
        target: values from 0 to 1.
        output: p, or its logits.
        from_logits: whether ``output`` holds logits.
    """
    output = as_tensor(output)
    target = ops.cast(target, output.dtype)
    if from_logits:
        return ops.binary_crossentropy(target, output, from_logits=True)
    p, epsilon = _clipped(output), config.epsilon()
    return -(target * ops.log(p + epsilon) + (1 - target) * ops.log(1 - p + epsilon))


def binary_focal_crossentropy(
    target: Any,
    output: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Tensor:
    """`binary_crossentropy` times (1 - p_t) ** gamma, with the probability p_t of the target (Lin et al., 2017).

    ``apply_class_balancing`` multiplies by alpha for targets 1, and by 1 - alpha for targets 0.
    """
    output = as_tensor(output)
    target = ops.cast(target, output.dtype)
    p = ops.sigmoid(output) if from_logits else output
    p_t = target * p + (1 - target) * (1 - p)
    loss = ops.power(1 - p_t, gamma) * binary_crossentropy(target, output, from_logits)
    return (target * alpha + (1 - target) * (1 - alpha)) * loss if apply_class_balancing else loss


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """-sum(target * log(p)) along ``axis``, where p is the normalized output, or the softmax of logits."""
    return ops.categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)


def categorical_focal_crossentropy(
    target: Any, output: Any, alpha: Any = 0.25, gamma: float = 2.0, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """-sum(alpha * (1 - p) ** gamma * target * log(p)) along ``axis`` (Lin et al., 2017)."""
    p = ops.softmax(output, axis=axis) if from_logits else as_tensor(output)
    p = _clipped(p / ops.sum(p, axis=axis, keepdims=True))
    return ops.sum(ops.power(1 - p, gamma) * alpha * -ops.cast(target, p.dtype) * ops.log(p), axis=axis)


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Tensor:
    """-log(p) of the target class, where p is the output or the softmax of logits.

    Args:
        target: integer class labels, of the output's shape without ``axis``, or of the same size.
        output: probabilities, or logits.
        from_logits: whether ``output`` holds logits.
        axis: axis of the classes.
        ignore_class: class label whose samples have the loss 0.
    """
    output = as_tensor(output)
    axis = axis % output.ndim
    rest = output.shape[:axis] + output.shape[axis + 1 :]
    target = ops.cast(target, "int64")
    if target.ndim != len(rest):
        target = ops.reshape(target, tuple(-1 if d is None else d for d in rest))
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)
    counted = ops.not_equal(target, ignore_class)
    loss = ops.sparse_categorical_crossentropy(ops.where(counted, target, 0), output, from_logits, axis)
    return ops.where(counted, loss, 0)
