"""Loss of embeddings, which are to be similar within a class and different between classes."""

from __future__ import annotations

import math
from typing import Any

from ckeras import ops, registry
from ckeras.losses.loss import IntegerLabelsLoss, positive
from ckeras.tensor.masks import set_mask

ship = registry.losses.ship


@ship()
def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """`log(1 + sum(exp(gamma * wn * (1 - margin - d))) * sum(exp(-gamma * wp * (margin - d))))` for each sample.

    `d = max(1 - y_pred @ y_pred.T, 0)` are the cosine distances to the other samples. The first sum is over samples of
    other classes, with `wn = max(1 + margin - d, 0)`, the second over samples of the same class, with
    `wp = margin + d`. The loss of a sample for which either sum is empty is 0 and excluded from a mean.

    Args:
        y_true: Integer class labels, shape (batch,) or (batch, 1).
        y_pred: Embeddings of Euclidean norm 1, shape (batch, n).
        ref_labels: Integer class labels of the samples to compare with, shape (references,); `y_true` when None.
        ref_embeddings: Their embeddings, shape (references, n); `y_pred` when None.
        remove_diagonal: Whether sample i and reference i are the same sample, which is not compared with itself.
        gamma: Scale of the similarities.
        margin: Relaxation of the similarities that samples of the same and of different classes must reach.

    Returns:
        Tensor of shape (batch,).

    Raises:
        ValueError: if the shapes do not match.

    Source: Sun et al., Circle loss: a unified perspective of pair similarity optimization, 2020.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    labels = ops.cast(ops.convert_to_tensor(y_true), "int32")
    _check("y_true", labels, "y_pred", y_pred)
    others = y_pred if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings, dtype=y_pred.dtype)
    other_labels = labels if ref_labels is None else ops.cast(ops.convert_to_tensor(ref_labels), "int32")
    _check("ref_labels", other_labels, "ref_embeddings", others)
    distance = ops.maximum(1 - ops.matmul(y_pred, ops.transpose(others)), 0.0)
    alike = ops.equal(ops.reshape(labels, (-1, 1)), ops.reshape(other_labels, (1, -1)))
    unlike = ops.logical_not(alike)
    if remove_diagonal:
        alike = ops.logical_and(alike, ops.logical_not(ops.eye(*distance.shape, dtype="bool")))
    near = -gamma * (margin + distance) * (margin - distance)
    far = gamma * ops.maximum(1 + margin - distance, 0.0) * (1 - margin - distance)
    values = ops.softplus(_logsumexp(near, alike) + _logsumexp(far, unlike))
    set_mask(values, values > 0)
    return values


def _check(labels_name: str, labels: Any, embeddings_name: str, embeddings: Any) -> None:
    shape, size = tuple(labels.shape), embeddings.shape[:1]
    if len(embeddings.shape) != 2 or shape not in (size, (*size, 1)):
        raise ValueError(
            f"circle: expected {labels_name} of shape (batch,) and {embeddings_name} of shape (batch, n), "
            f"got {shape} and {tuple(embeddings.shape)}."
        )


def _logsumexp(x: Any, among: Any) -> Any:
    """Compute log(sum(exp(x))) over the elements of each row where `among` is true; -inf where there are none."""
    found = ops.any(among, axis=1, keepdims=True)
    # The gradient of a row of -inf would be NaN.
    chosen = ops.where(among, x, ops.cast(ops.where(found, -math.inf, 0.0), x.dtype))
    return ops.where(ops.squeeze(found, axis=1), ops.logsumexp(chosen, axis=1), -math.inf)


@ship()
class Circle(IntegerLabelsLoss):
    """Brings embeddings of one class together and keeps those of others apart (Sun et al., 2020).

    Args:
        gamma: Scale of the similarities.
        margin: Relaxation of the similarities that samples of the same and of different classes must reach.
        remove_diagonal: Whether a sample is not compared with itself.
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `gamma` is not a finite number above 0.
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ):
        super().__init__(
            circle,
            reduction=reduction,
            name=name,
            dtype=dtype,
            gamma=positive("Circle", "gamma", gamma),
            margin=margin,
            remove_diagonal=remove_diagonal,
        )
        self.gamma = gamma
        self.margin = margin
        self.remove_diagonal = remove_diagonal
