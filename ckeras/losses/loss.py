"""Base class of losses, and the reduction of a batch's values to a scalar."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.dtype_policies.policy import MIXED
from ckeras.tensor import dtypes
from ckeras.tensor.masks import get_mask
from ckeras.utils.naming import auto_name

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Reduction:
    """Names of the reductions as attributes, such as `Reduction.SUM`, as in older versions of Keras."""

    AUTO = "sum_over_batch_size"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


class Loss:
    """Base class of losses, which measure how far predictions are from targets.

    A subclass defines `call(y_true, y_pred)`, which returns one value per sample (or per timestep, pixel, ...).
    Calling the loss multiplies these values by the sample weights and reduces them.

    Args:
        name: Name; generated from the class name when None.
        reduction: "sum_over_batch_size" or "mean" divides the sum by the number of values; "sum" does not;
            "mean_with_sample_weight" divides it by the sum of the weights; "none" or None returns all values.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if `reduction` is not one of these.

    >>> import numpy as np
    >>> class MaxError(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return ops.max(ops.abs(y_true - y_pred), axis=-1)
    >>> float(MaxError()(np.zeros((2, 2)), np.array([[1.0, 2.0], [0.0, 4.0]])))
    3.0
    """

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None):
        if reduction not in REDUCTIONS:
            raise ValueError(f"{type(self).__name__} expects reduction to be one of {REDUCTIONS}, got {reduction!r}.")
        self.name = name or auto_name(type(self).__name__)
        self.reduction = reduction
        self._dtype = dtype_name(dtype)

    @property
    def dtype(self) -> str:
        """Dtype of the computation."""
        return self._dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the reduced loss of a batch.

        Args:
            y_true: Targets.
            y_pred: Predictions, of the same shape unless the loss says otherwise.
            sample_weight: Weights of the values of `call`, of the shape of their first axes (for example, one
                weight per sample) or of a shape that broadcasts to theirs; an axis of length 1 may be added or missing.

        Returns:
            A scalar; with reduction "none", the weighted values of `call`.

        Raises:
            ValueError: if the shapes do not match.
        """
        mask = get_mask(y_pred)
        y_pred = _map(self._convert, y_pred)
        y_true = _map(self._convert_target, y_true)
        values = self.call(y_true, y_pred)
        own_mask = get_mask(values)
        if mask is None or own_mask is None:
            mask = own_mask if mask is None else mask
        else:
            mask = ops.logical_and(mask, own_mask)
        return reduce_weighted_values(values, sample_weight, mask, self.reduction, self.dtype, where=self.name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each sample; defined by a subclass."""
        raise NotImplementedError(f"{type(self).__name__} has no call(y_true, y_pred) method.")

    def _convert(self, x: Any) -> Any:
        return ops.convert_to_tensor(x, dtype=self.dtype)

    def _convert_target(self, x: Any) -> Any:
        return self._convert(x)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal loss."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """Create a loss from the arguments in `config`."""
        return cls(**config)


@registry.losses.ship()
class LossFunctionWrapper(Loss):
    """A loss that computes its values with a function.

    Args:
        fn: Function of `(y_true, y_pred, **kwargs)` that returns one value per sample.
        reduction: As in `Loss`.
        name: Name; generated from the class name when None.
        dtype: Dtype of the computation; `floatx()` when None.
        kwargs: Passed to `fn` at each call.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.fn(*_of_same_rank(y_true, y_pred), **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal loss."""
        if type(self) is LossFunctionWrapper:
            return {**super().get_config(), "fn": registry.losses.serialize(self.fn), **self._fn_kwargs}
        return {**super().get_config(), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """Create a loss from the arguments in `config`."""
        if "fn" in config:
            config = {**config, "fn": registry.losses.deserialize(config["fn"])}
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name} reduction={self.reduction}>"


class IntegerLabelsLoss(LossFunctionWrapper):
    """A loss whose targets are integer class labels; they keep their integer dtype and full precision."""

    def _convert_target(self, x: Any) -> Any:
        return ops.convert_to_tensor(x)


def dtype_name(dtype: Any) -> str:
    """Return the name of the compute dtype given by None, a dtype, a dtype policy, or the name of one of them."""
    return MIXED[dtype][0] if isinstance(dtype, str) and dtype in MIXED else dtypes.standardize(dtype)


def _map(fn: Callable[[Any], Any], x: Any) -> Any:
    """Apply `fn` to an array, or to each array of a dict or list."""
    if isinstance(x, dict):
        return {key: _map(fn, value) for key, value in x.items()}
    if isinstance(x, (list, tuple)) and any(isinstance(value, dict) or hasattr(value, "shape") for value in x):
        return [_map(fn, value) for value in x]
    return fn(x)


def _of_same_rank(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Apply `squeeze_or_expand_to_same_rank` to targets and predictions, or to each pair in dicts or lists."""
    if isinstance(y_true, dict) and isinstance(y_pred, dict) and y_true.keys() == y_pred.keys():
        pairs = {key: _of_same_rank(y_true[key], y_pred[key]) for key in y_true}
        return {key: pair[0] for key, pair in pairs.items()}, {key: pair[1] for key, pair in pairs.items()}
    if isinstance(y_true, list) and isinstance(y_pred, list) and len(y_true) == len(y_pred):
        pairs = [_of_same_rank(*pair) for pair in zip(y_true, y_pred, strict=True)]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if hasattr(y_true, "shape") and hasattr(y_pred, "shape"):
        return squeeze_or_expand_to_same_rank(y_true, y_pred)
    return y_true, y_pred


def fits(a: tuple, b: tuple) -> bool:
    """Whether two shapes broadcast; an unknown dimension (None) matches any size."""
    pairs = zip(reversed(a), reversed(b), strict=False)
    return all(m == n or 1 in (m, n) or None in (m, n) for m, n in pairs)


def same(a: tuple, b: tuple) -> bool:
    """Whether two shapes are equal; an unknown dimension (None) matches any size."""
    return len(a) == len(b) and all(m == n or None in (m, n) for m, n in zip(a, b, strict=True))


def squeeze_or_expand_to_same_rank(x1: Any, x2: Any, expand_rank_1: bool = True) -> tuple[Any, Any]:
    """Make the ranks equal when one array has an additional last axis of length 1.

    If the other array has rank 1, the axis is added to it (unless `expand_rank_1` is false); otherwise it is removed.
    """
    excess = len(x1.shape) - len(x2.shape)
    if excess == 1 and x1.shape[-1] == 1:
        if len(x2.shape) == 1 and expand_rank_1:
            return x1, ops.expand_dims(x2, axis=-1)
        return ops.squeeze(x1, axis=-1), x2
    if excess == -1 and x2.shape[-1] == 1:
        if len(x1.shape) == 1 and expand_rank_1:
            return ops.expand_dims(x1, axis=-1), x2
        return x1, ops.squeeze(x2, axis=-1)
    return x1, x2


def pair(name: str, y_true: Any, y_pred: Any, broadcast: bool = True) -> tuple[Any, Any]:
    """Convert targets and predictions to tensors of the predictions' dtype, with equal ranks and matching shapes.

    Args:
        name: Name of the function in error messages.
        y_true: Targets.
        y_pred: Predictions.
        broadcast: Whether shapes may also broadcast instead of being equal.

    Raises:
        ValueError: if the shapes do not match.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    fit = fits(y_true.shape, y_pred.shape) if broadcast else same(y_true.shape, y_pred.shape)
    expect(name, fit, "y_true and y_pred of the same shape", y_true, y_pred)
    return y_true, y_pred


def expect(name: str, condition: bool, expected: str, y_true: Any, y_pred: Any) -> None:
    """Raise a ValueError that names both shapes unless the condition holds."""
    if not condition:
        raise ValueError(
            f"{name}: expected {expected}, "
            f"got y_true of shape {tuple(y_true.shape)} and y_pred of shape {tuple(y_pred.shape)}."
        )


def share(name: str, argument: str, value: Any) -> Any:
    """Return ``value`` if it is a number from 0 to 1, else raise a ValueError that names the argument."""
    if isinstance(value, (int, float, np.number)) and 0 <= value <= 1:
        return value
    raise ValueError(f"{name} expects {argument} to be a number from 0 to 1, got {value!r}.")


def positive(name: str, argument: str, value: Any, zero: bool = False) -> Any:
    """Return ``value`` if it is a finite number above 0 (or 0, with ``zero``), else raise a ValueError."""
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if number and math.isfinite(value) and (value > 0 or (zero and value == 0)):
        return value
    bound = "of at least 0" if zero else "above 0"
    raise ValueError(f"{name} expects {argument} to be a finite number {bound}, got {value!r}.")


def reduce_weighted_values(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: str | None = "sum_over_batch_size",
    dtype: Any = None,
    where: str = "loss",
) -> Any:
    """Multiply the values of a batch by weights, exclude masked values, and reduce the rest.

    Args:
        values: Tensor of any shape.
        sample_weight: Weights, or None.
        mask: Booleans, true for the values to include, or None. A mean is over the included values.
        reduction: As in `Loss`.
        dtype: Dtype of the result; that of `values` when None.
        where: Name of the loss in error messages.

    Raises:
        ValueError: if the shape of the weights does not match that of the values.
    """
    values = ops.convert_to_tensor(values, dtype=dtype)
    weight = None if sample_weight is None else ops.convert_to_tensor(sample_weight, dtype=values.dtype)
    weight = apply_mask(weight, mask, values.dtype, reduction)
    if weight is not None:
        values, weight = squeeze_or_expand_to_same_rank(values, per_sample(weight, values))
        if not fits(values.shape, weight.shape):
            raise ValueError(
                f"{where}: expected sample_weight of a shape that broadcasts to the losses' {tuple(values.shape)}, "
                f"got {tuple(weight.shape)}."
            )
        values = values * weight
    if reduction in (None, "none") or not values.shape:
        return values
    if reduction == "sum":
        return ops.sum(values)
    if reduction == "mean_with_sample_weight" and weight is not None:
        return ops.divide_no_nan(ops.sum(values), ops.sum(weight))
    return ops.sum(values) / max(1, math.prod(values.shape))


def per_sample(weight: Any, values: Any) -> Any:
    """Append axes of length 1 to weights whose shape is that of the first axes of ``values``.

    A weight per sample or time step then applies to all values of that sample or step.
    """
    excess = len(values.shape) - len(weight.shape)
    if excess < 1 or not weight.shape or not same(weight.shape, values.shape[: len(weight.shape)]):
        return weight
    return ops.reshape(weight, (*weight.shape, *[1] * excess))


def apply_mask(sample_weight: Any, mask: Any, dtype: str, reduction: str | None) -> Any:
    """Return the weights with 0 where `mask` is false, or None if there are neither weights nor a mask.

    For a mean, the other weights are scaled so that the mean is over the included values.
    """
    if mask is None:
        return sample_weight
    mask = ops.cast(ops.convert_to_tensor(mask), dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        mask = mask * ops.divide_no_nan(float(math.prod(mask.shape)), ops.sum(mask))
    if sample_weight is None:
        return mask
    weight = ops.convert_to_tensor(sample_weight, dtype=dtype)
    mask, weight = squeeze_or_expand_to_same_rank(mask, per_sample(weight, mask))
    return weight * mask
