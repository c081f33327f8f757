"""Losses of real-valued predictions. Each function returns one value per sample: the mean over the last axis."""

from __future__ import annotations

import math
from typing import Any

from ckeras import config, ops, registry
from ckeras.losses.loss import LossFunctionWrapper, pair, positive

ship = registry.losses.ship


@ship("mse", "MSE")
def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the squared errors: `mean((y_true - y_pred)**2, axis=-1)`.

    Args:
        y_true: Targets, shape (batch, ..., n).
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.

    >>> import numpy as np
    >>> float(mean_squared_error(np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]]))[0])
    2.0
    """
    y_true, y_pred = pair("mean_squared_error", y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@ship("mae", "MAE")
def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the absolute errors: `mean(|y_true - y_pred|, axis=-1)`.

    Args:
        y_true: Targets, shape (batch, ..., n).
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.
    """
    y_true, y_pred = pair("mean_absolute_error", y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


@ship("mape", "MAPE")
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the absolute errors in percent of the targets: `100 * mean(|y_true - y_pred| / |y_true|, axis=-1)`.

    The divisor is at least `config.epsilon()`.

    Args:
        y_true: Targets, shape (batch, ..., n).
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.

    >>> import numpy as np
    >>> float(mean_absolute_percentage_error(np.array([[2.0, 4.0]]), np.array([[3.0, 4.0]]))[0])
    25.0
    """
    y_true, y_pred = pair("mean_absolute_percentage_error", y_true, y_pred)
    errors = ops.abs((y_true - y_pred) / ops.maximum(ops.abs(y_true), config.epsilon()))
    return 100.0 * ops.mean(errors, axis=-1)


@ship("msle", "MSLE")
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Mean of the squared errors of the logarithms: `mean((log(y_true + 1) - log(y_pred + 1))**2, axis=-1)`.

    Values below `config.epsilon()` are replaced by it.

    Args:
        y_true: Targets, shape (batch, ..., n), not negative.
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.
    """
    y_true, y_pred = pair("mean_squared_logarithmic_error", y_true, y_pred)
    predicted, wanted = (ops.log(ops.maximum(x, config.epsilon()) + 1.0) for x in (y_pred, y_true))
    return ops.mean(ops.square(predicted - wanted), axis=-1)


@ship("cosine_proximity")
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Negative cosine similarity of targets and predictions, so that smaller is better.

    `-sum(y_true * y_pred, axis)` of both divided by their Euclidean norm; 0 where either vector is zero.

    Args:
        y_true: Targets, shape (batch, ..., n).
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.
        axis: Axis of the vectors.

    Returns:
        Tensor of the shape of `y_pred` without `axis`, from -1 (same direction) to 1 (opposite).

    Raises:
        ValueError: if the shapes do not match.

    >>> import numpy as np
    >>> cosine_similarity(np.array([[0.0, 2.0], [1.0, 0.0]]), np.array([[0.0, 3.0], [-1.0, 0.0]])).tolist()
    [-1.0, 1.0]
    """
    return -cosine(y_true, y_pred, axis)


def cosine(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Cosine similarity of targets and predictions; 0 where either vector is zero."""
    y_true, y_pred = pair("cosine_similarity", y_true, y_pred)
    return ops.sum(_unit(y_true, axis) * _unit(y_pred, axis), axis=axis)


def _unit(x: Any, axis: int) -> Any:
    """Divide vectors by their Euclidean norm, or by `config.epsilon()` if that is larger."""
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, config.epsilon() ** 2))


@ship()
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Mean over the last axis of the Huber loss, which is quadratic near 0 and linear beyond `delta`.

    `e**2 / 2` where `|e| <= delta`, else `delta * |e| - delta**2 / 2`, for `e = y_pred - y_true` (Huber, 1964).

    Args:
        y_true: Targets, shape (batch, ..., n).
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.
        delta: Absolute error above which the loss is linear, above 0.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not fit, or `delta` is not a finite number above 0.

    >>> import numpy as np
    >>> float(huber(np.array([[0.0, 0.0]]), np.array([[1.0, 3.0]]))[0])
    1.5
    """
    positive("huber", "delta", delta)
    y_true, y_pred = pair("huber", y_true, y_pred)
    error = y_pred - y_true
    size = ops.abs(error)
    return ops.mean(ops.where(size <= delta, 0.5 * ops.square(error), delta * size - 0.5 * delta**2), axis=-1)


@ship("logcosh")
def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """Mean of the logarithm of the hyperbolic cosine of the errors: `mean(log(cosh(y_pred - y_true)), axis=-1)`.

    Approximately `e**2 / 2` for small errors `e` and `|e| - log(2)` for large errors.

    Args:
        y_true: Targets, shape (batch, ..., n).
        y_pred: Predictions, the same shape; a last axis of length 1 may be missing in either.

    Returns:
        Tensor of shape (batch, ...).

    Raises:
        ValueError: if the shapes do not match.
    """
    y_true, y_pred = pair("log_cosh", y_true, y_pred)
    error = y_pred - y_true
    return ops.mean(error + ops.softplus(-2.0 * error) - math.log(2.0), axis=-1)


@ship()
class MeanSquaredError(LossFunctionWrapper):
    """Mean of `(y_true - y_pred)**2`.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.

    >>> import numpy as np
    >>> float(MeanSquaredError()(np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]])))
    2.0
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "mean_squared_error", dtype: Any = None
    ):
        super().__init__(mean_squared_error, reduction=reduction, name=name, dtype=dtype)


@ship()
class MeanAbsoluteError(LossFunctionWrapper):
    """Mean of `|y_true - y_pred|`.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "mean_absolute_error", dtype: Any = None
    ):
        super().__init__(mean_absolute_error, reduction=reduction, name=name, dtype=dtype)


@ship()
class MeanAbsolutePercentageError(LossFunctionWrapper):
    """Mean of `100 * |y_true - y_pred| / |y_true|`.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ):
        super().__init__(mean_absolute_percentage_error, reduction=reduction, name=name, dtype=dtype)


@ship()
class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """Mean of `(log(y_true + 1) - log(y_pred + 1))**2`.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ):
        super().__init__(mean_squared_logarithmic_error, reduction=reduction, name=name, dtype=dtype)


@ship()
class CosineSimilarity(LossFunctionWrapper):
    """Negative cosine similarity of targets and predictions.

    Args:
        axis: Axis of the vectors.
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ):
        super().__init__(cosine_similarity, reduction=reduction, name=name, dtype=dtype, axis=axis)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if config["axis"] == -1:  # Keras does not save the axis
            del config["axis"]
        return config


@ship()
class Huber(LossFunctionWrapper):
    """Huber loss, which is quadratic near 0 and linear beyond `delta` (Huber, 1964).

    Args:
        delta: Absolute error above which the loss is linear, above 0.
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `delta` is not a finite number above 0.
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ):
        super().__init__(huber, reduction=reduction, name=name, dtype=dtype, delta=positive("Huber", "delta", delta))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if config["delta"] == 1.0:  # Keras does not save delta
            del config["delta"]
        return config


@ship()
class LogCosh(LossFunctionWrapper):
    """Mean of `log(cosh(y_pred - y_true))`.

    Args:
        reduction: As in `Loss`.
        name: Name of the loss.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: Any = None,
    ):
        super().__init__(log_cosh, reduction=reduction, name=name, dtype=dtype)
