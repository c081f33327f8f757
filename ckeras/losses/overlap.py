"""Losses of the overlap of regions, for image segmentation."""

from __future__ import annotations

from typing import Any

from ckeras import config, ops, registry
from ckeras.losses.loss import LossFunctionWrapper, pair, positive

ship = registry.losses.ship


@ship()
def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """`1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred) + epsilon)`, the sums over `axis`.

    Args:
        y_true: Targets, 0 or 1, of any shape.
        y_pred: Probabilities, the same shape.
        axis: Axes of the sums, such as (1, 2, 3) for one value per image; all axes, with the batch, when None.

    Returns:
        Tensor of the remaining axes; a scalar when `axis` is None.

    Raises:
        ValueError: if the shapes do not match.

    Source: Dice, Measures of the amount of ecologic association between species, 1945.
    """
    y_true, y_pred = pair("dice", y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    either = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return 1 - 2.0 * both / (either + config.epsilon())


@ship()
def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Any:
    """`1 - both / (both + alpha * missed + beta * wrong + epsilon)`, from sums over `axis`.

    `both` sums `y_true * y_pred`, `missed` sums `y_true * (1 - y_pred)`, `wrong` sums `(1 - y_true) * y_pred`. With
    `alpha = beta = 0.5` it is the Dice loss.

    Args:
        y_true: Targets, 0 or 1, of any shape.
        y_pred: Probabilities, the same shape.
        alpha: Weight of the false negatives.
        beta: Weight of the false positives.
        axis: Axes of the sums; all axes, with the batch, when None.

    Returns:
        Tensor of the remaining axes; a scalar when `axis` is None.

    Raises:
        ValueError: if the shapes do not match.

    Source: Salehi et al., Tversky loss function for image segmentation, 2017.
    """
    y_true, y_pred = pair("tversky", y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum((1 - y_pred) * y_true, axis=axis)
    wrong = ops.sum(y_pred * (1 - y_true), axis=axis)
    return 1 - both / (both + missed * alpha + wrong * beta + config.epsilon())


@ship()
class Dice(LossFunctionWrapper):
    """One minus the Dice coefficient, twice the overlap over the sum of both regions (Dice, 1945).

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        axis: Axes of the sums; all axes, with the batch, when None.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: Any = None,
    ):
        super().__init__(dice, reduction=reduction, name=name, dtype=dtype, axis=axis)
        self.axis = axis


@ship()
class Tversky(LossFunctionWrapper):
    """One minus the Tversky index: a Dice coefficient with weights for false negatives and false positives.

    Args:
        alpha: Weight of the false negatives.
        beta: Weight of the false positives.
        reduction: As in `Loss`.
        name: Name of the loss.
        axis: Axes of the sums; all axes, with the batch, when None.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `alpha` or `beta` is negative.
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ):
        for argument, value in (("alpha", alpha), ("beta", beta)):
            positive("Tversky", argument, value, zero=True)
        super().__init__(tversky, reduction=reduction, name=name, dtype=dtype, alpha=alpha, beta=beta, axis=axis)
        self.alpha = alpha
        self.beta = beta
        self.axis = axis
