"""Adafactor: adaptive steps with factored second moments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.optimizers import moments
from ckeras.optimizers.arguments import above_0, number
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class Adafactor(Optimizer):
    """Adafactor, adaptive steps with factored second moments (Shazeer and Stern, 2018).

    In step t, with `b = 1 - t**beta_2_decay` and `s = g**2 + epsilon_1`, a matrix has averages of rows and columns,
    `r = b * r + (1 - b) * mean(s, -1)` and `c = b * c + (1 - b) * mean(s, -2)`, and `v = r / mean(r) * c`
    approximates its second moment; a vector or scalar has `v = b * v + (1 - b) * s`. Then
    `u = g / (sqrt(v) * max(1, rms(g / sqrt(v)) / clip_threshold))` and
    `w -= max(epsilon_2, rms(w)) * min(learning_rate, 1 / sqrt(t)) * u`.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        beta_2_decay: Exponent, below 0.
        epsilon_1: Small constant added to the squared gradients for numerical stability.
        epsilon_2: Minimum of the root mean square of a variable, by which its steps are multiplied.
        clip_threshold: Maximum root mean square of a step; larger steps are scaled down.
        relative_step: Accepted for Keras. The learning rate is bounded by `1 / sqrt(t)` in either case, as in Keras.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `beta_2_decay` is above 0 or `clip_threshold` is not positive.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 0.001,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        if not number(self, "beta_2_decay", beta_2_decay) <= 0:
            raise ValueError(f"{type(self).__name__} expects beta_2_decay to be at most 0, got {beta_2_decay!r}.")
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = above_0(self, "clip_threshold", clip_threshold)
        self.relative_step = relative_step

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the averages of rows and columns, or the second moment, of each variable."""
        if self.built:
            return
        super().build(variables)
        self._rows, self._columns, self._moments = [], [], []
        for variable in self._trainable_variables:
            shape, factored = tuple(variable.shape), len(variable.shape) >= 2
            for means, of in ((self._rows, shape[:-1]), (self._columns, (*shape[:-2], *shape[-1:]))):
                # Vectors have no row averages; scalar variables keep the order of the state as in Keras.
                means.append(self.add_variable(of if factored else (), dtype=variable.dtype, name=variable.name))
            (moment,) = self.add_optimizer_variables([variable], "velocity")
            self._moments.append(moment)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        i = self._get_variable_index(variable)
        dtype = variable.dtype
        kept, bound = self.once_a_step(("factors", dtype), lambda: self._factors(ops.cast(learning_rate, dtype), dtype))
        square = ops.square(gradient) + self.epsilon_1
        if len(variable.shape) >= 2:
            row, column = (
                kept * means[i] + (1 - kept) * ops.mean(square, axis=axis)
                for means, axis in ((self._rows, -1), (self._columns, -2))
            )
            self.assign(self._rows[i], row)
            self.assign(self._columns[i], column)
            row = row / _positive(ops.mean(row, axis=-1, keepdims=True))
            moment = ops.expand_dims(row, -1) * ops.expand_dims(column, -2)
        else:
            moment = kept * self._moments[i] + (1 - kept) * square
        self.assign(self._moments[i], moment)
        step = gradient / ops.sqrt(_positive(moment))
        scale = bound * ops.maximum(_rms(variable), self.epsilon_2)
        scale = scale / ops.maximum(_rms(step) / self.clip_threshold, 1.0)
        self.assign_sub(variable, scale * step)

    def _factors(self, rate: Any, dtype: str) -> tuple[Any, Any]:
        """Compute the decay rate of the averages and the bounded learning rate of this step."""
        step = moments.step_number(self, dtype)
        return 1 - ops.power(step, self.beta_2_decay), ops.minimum(rate, ops.rsqrt(step))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_2_decay": self.beta_2_decay,
            "epsilon_1": self.epsilon_1,
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "relative_step": self.relative_step,
        }


def _positive(x: Any) -> Any:
    """Replace 0 by the smallest normal number: the product of a row and a column without gradients underflows."""
    return ops.maximum(x, float(np.finfo(x.dtype).tiny))


def _rms(x: Any) -> Any:
    return ops.sqrt(ops.mean(ops.square(x)))
