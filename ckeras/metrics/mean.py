"""Sums and means of values over batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import ops, registry
from ckeras.losses.loss import apply_mask, fits, squeeze_or_expand_to_same_rank
from ckeras.metrics.metric import Metric
from ckeras.tensor.masks import get_mask

ship = registry.metrics.ship


def reduce_to_samplewise_values(
    values: Any, sample_weight: Any, reduce_fn: Callable[..., Any], dtype: str, where: str = "metric"
) -> tuple[Any, Any]:
    """Reduce values and weights to one weighted value and one weight per sample.

    Args:
        values: Values of any shape.
        sample_weight: Weights of a shape that broadcasts to the first axes of the values, or None.
        reduce_fn: `ops.sum` or `ops.mean`, applied to all axes but the first.
        dtype: Dtype of the results.
        where: Name of the metric in error messages.

    Raises:
        ValueError: if the shape of the weights does not match.
    """
    mask = get_mask(values)
    values = ops.cast(ops.convert_to_tensor(values), dtype)
    if sample_weight is not None:
        weight = ops.cast(ops.convert_to_tensor(sample_weight), dtype)
        weight = apply_mask(weight, mask, dtype, "sum")
        values, weight = squeeze_or_expand_to_same_rank(values, weight)
        rank = len(weight.shape)
        if not fits(values.shape[:rank], weight.shape) or rank > len(values.shape):
            raise ValueError(
                f"{where}: expected sample_weight of a shape that broadcasts to the values' {tuple(values.shape)}, "
                f"got {tuple(weight.shape)}."
            )
        values = _reduce_from(values, rank, reduce_fn)
        weight = ops.broadcast_to(weight, values.shape)
        values = _reduce_from(values * weight, 1, reduce_fn)
        return values, _reduce_from(weight, 1, reduce_fn)
    return _reduce_from(values, 1, reduce_fn), None


def _reduce_from(x: Any, axis: int, reduce_fn: Callable[..., Any]) -> Any:
    rank = len(x.shape)
    return reduce_fn(x, axis=tuple(range(axis, rank))) if rank > axis else x


@ship()
class Sum(Metric):
    """Sum of the values: `sum(values * sample_weight)`.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add values of any shape, with weights of the shape of their first axes."""
        values, _ = reduce_to_samplewise_values(values, sample_weight, ops.sum, self.dtype, self.name)
        self.total.assign_add(ops.sum(values))

    def result(self) -> Any:
        """Return the sum so far."""
        return ops.convert_to_tensor(self.total)


@ship()
class Mean(Metric):
    """Mean of the values: `sum(values * sample_weight) / sum(sample_weight)`; 0 before the first batch.

    Several values of one sample are averaged first.

    Args:
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    >>> import numpy as np
    >>> mean = Mean()
    >>> mean.update_state(np.array([1.0, 3.0]))
    >>> mean.update_state(np.array([8.0]), sample_weight=np.array([2.0]))
    >>> float(mean.result())
    5.0
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")
        self.count = self.add_variable((), "zeros", dtype=self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Accumulate values of any shape, with weights of the shape of their first axes."""
        values, weight = reduce_to_samplewise_values(values, sample_weight, ops.mean, self.dtype, self.name)
        samples = float(values.shape[0]) if values.shape else 1.0
        self.total.assign_add(ops.sum(values))
        self.count.assign_add(samples if weight is None else ops.sum(weight))

    def result(self) -> Any:
        """Return the mean so far."""
        return ops.divide_no_nan(self.total, self.count)


@ship()
class MeanMetricWrapper(Mean):
    """Mean of the values of a function of targets and predictions.

    Args:
        fn: Function of `(y_true, y_pred, **kwargs)` that returns one value per sample.
        name: Name of the metric, made from the class's when None.
        dtype: Dtype of the computation; `floatx()` when None.
        kwargs: Passed to `fn` at each call.

    Raises:
        TypeError: if `fn` is not callable.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any):
        if not callable(fn):
            raise TypeError(f"{type(self).__name__} expects fn to be a function of y_true and y_pred, got {fn!r}.")
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs
        if fn in registry.losses._shipped.values() or type(fn) in registry.losses._shipped.values():
            self._direction = "down"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate the values of a batch of targets and predictions."""
        mask = get_mask(y_pred)
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        super().update_state(values, apply_mask(sample_weight, mask, self.dtype, "sum"))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal metric."""
        if type(self).__init__ is not MeanMetricWrapper.__init__:  # the class determines the function
            return super().get_config()
        return {**super().get_config(), "fn": registry.metrics.serialize(self._fn), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """Create a metric from the arguments in `config`."""
        fn = config.get("fn")
        if isinstance(fn, dict) and fn.get("class_name") == "function":
            # The name of a loss function; the registry of metrics maps the same name to a metric.
            name = fn["config"]
            found = registry.losses.find(name)
            config = {**config, "fn": registry.metrics.deserialize(fn) if found is None else found}
        elif isinstance(fn, dict):
            config = {**config, "fn": registry.losses.deserialize(fn)}
        return cls(**config)
