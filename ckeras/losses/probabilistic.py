"""Losses that compare probability distributions."""

from __future__ import annotations

from typing import Any

from ckeras import config, ops, registry
from ckeras.losses.loss import LossFunctionWrapper, pair

ship = registry.losses.ship


@ship("kld", "KLD", "kullback_leibler_divergence")
def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """`sum(y_true * log(y_true / y_pred), axis=-1)`, with both clipped to [`config.epsilon()`, 1].

    Args:
        y_true: Probability vectors along the last axis, shape (batch, ..., n).
        y_pred: Probability vectors, the same shape.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.

    Source: Kullback and Leibler, On information and sufficiency, 1951.
    """
    y_true, y_pred = (ops.clip(p, config.epsilon(), 1) for p in pair("kl_divergence", y_true, y_pred))
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


@ship()
def poisson(y_true: Any, y_pred: Any) -> Any:
    """`mean(y_pred - y_true * log(y_pred), axis=-1)`: the negative Poisson log-likelihood.

    `config.epsilon()` is added to the argument of the logarithm.

    Args:
        y_true: Counts, shape (batch, ..., n).
        y_pred: Rates, positive, the same shape; a last axis of length 1 may be missing in either.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.
    """
    y_true, y_pred = pair("poisson", y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + config.epsilon()), axis=-1)


@ship()
class KLDivergence(LossFunctionWrapper):
    """Kullback-Leibler divergence (Kullback and Leibler, 1951): `sum(y_true * log(y_true / y_pred))`.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: Any = None,
    ):
        super().__init__(kl_divergence, reduction=reduction, name=name, dtype=dtype)


@ship()
class Poisson(LossFunctionWrapper):
    """Mean of `y_pred - y_true * log(y_pred)`, for target counts and predicted rates.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: Any = None,
    ):
        super().__init__(poisson, reduction=reduction, name=name, dtype=dtype)
