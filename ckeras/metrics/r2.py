"""Coefficient of determination."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.losses.loss import fits, pair
from ckeras.metrics.metric import Metric
from ckeras.tensor import TracedTensor
from ckeras.utils.tracebacks import warn

ship = registry.metrics.ship


@ship()
class R2Score(Metric):
    """`1 - sum((y_true - y_pred)**2) / sum((y_true - mean(y_true))**2)` of each output.

    With `num_regressors` p > 0 the result is the adjusted score `1 - (1 - R2) * (n - 1) / (n - p - 1)` for n samples,
    or the plain score, with a warning, if n is too small.

    Args:
        class_aggregation: "uniform_average" returns the mean over the outputs; "variance_weighted_average" their mean
            weighted by the variances of the targets; None one value per output.
        num_regressors: Number of independent variables of the adjusted score; 0 for no adjustment.
        name: Name of the metric.
        dtype: Dtype of the computation; `floatx()` when None.

    Raises:
        ValueError: if an argument is not one of the values above.

    >>> import numpy as np
    >>> round(float(R2Score()(np.array([[1.0], [4.0], [3.0]]), np.array([[2.0], [4.0], [4.0]]))), 4)
    0.5714
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ):
        known = ("uniform_average", "variance_weighted_average", None)
        if class_aggregation not in known:
            raise ValueError(f"R2Score expects class_aggregation to be one of {known}, got {class_aggregation!r}.")
        if not num_regressors >= 0:
            raise ValueError(f"R2Score expects num_regressors to be 0 or more, got {num_regressors!r}.")
        super().__init__(name=name, dtype=dtype)
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, outputs: int) -> None:
        self.squared_sum = self.add_variable((outputs,), "zeros", name="squared_sum")
        self.sum = self.add_variable((outputs,), "zeros", name="sum")
        self.total_mse = self.add_variable((outputs,), "zeros", name="residual")
        self.count = self.add_variable((outputs,), "zeros", name="count")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate the statistics of a batch.

        Args:
            y_true: Targets, shape (batch, outputs).
            y_pred: Predictions, the same shape; an axis of length 1 may be missing in either.
            sample_weight: Weights, shape (batch,) or one that broadcasts to (batch, outputs).

        Raises:
            ValueError: if the shapes differ from these.
        """
        y_true, y_pred = pair(self.name, y_true, ops.convert_to_tensor(y_pred, dtype=self.dtype), broadcast=False)
        shape = tuple(y_pred.shape)
        if len(shape) != 2 or shape[1] is None:
            raise ValueError(f"{self.name} expects y_true and y_pred of shape (batch, outputs), got {shape}.")
        if self._built and self.sum.shape != shape[1:]:
            raise ValueError(
                f"{self.name} expects {self.sum.shape[0]} outputs as in the first batch, got {shape[1]} in y_pred."
            )
        weight = ops.convert_to_tensor(1 if sample_weight is None else sample_weight, dtype=self.dtype)
        if len(weight.shape) == 1:
            weight = ops.expand_dims(weight, axis=1)
        if len(weight.shape) > 2 or not fits(weight.shape, shape):
            raise ValueError(
                f"{self.name}: expected sample_weight of a shape that broadcasts to the predictions' {shape}, "
                f"got {tuple(weight.shape)}."
            )
        weight = ops.broadcast_to(weight, shape)
        if not self._built:
            self._build(shape[1])
        weighted = y_true * weight
        self.sum.assign_add(ops.sum(weighted, axis=0))
        self.squared_sum.assign_add(ops.sum(y_true * weighted, axis=0))
        self.total_mse.assign_add(ops.sum(ops.square(y_true - y_pred) * weight, axis=0))
        self.count.assign_add(ops.sum(weight, axis=0))
        self.num_samples.assign_add(float(shape[0] * shape[1]))

    def result(self) -> Any:
        """Return the score so far: a scalar, or with `class_aggregation=None` one value per output."""
        if not self._built:
            return ops.zeros((), dtype=self.dtype)
        total = self.squared_sum - self.sum * (self.sum / self.count)
        scores = 1 - self.total_mse / total
        scores = ops.where(ops.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(total * scores) / ops.sum(total)
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, scores: Any) -> Any:
        samples = ops.convert_to_tensor(self.num_samples)
        left = samples - 1 - self.num_regressors
        if not isinstance(left, TracedTensor) and left <= 0:
            warn(
                f"{self.name} is not adjusted: expected more than num_regressors + 1 = {self.num_regressors + 1} "
                f"samples, got {int(samples)}."
            )
        return ops.where(left > 0, 1 - (1 - scores) * (samples - 1) / ops.where(left > 0, left, 1), scores)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal metric."""
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}
