"""Moving averages of gradients and squared gradients, shared by Adam and its variants."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.optimizers.arguments import share
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable


def update(
    optimizer: Any, gradient: Any, mean: Variable, square: Variable, beta_1: float, beta_2: float
) -> tuple[Any, Any]:
    """Update and return both averages: `m += (1 - beta_1) * (g - m)` and `v += (1 - beta_2) * (g**2 - v)`."""
    m = mean + (gradient - mean) * (1 - beta_1)
    v = square + (ops.square(gradient) - square) * (1 - beta_2)
    optimizer.assign(mean, m)
    optimizer.assign(square, v)
    return m, v


def step_number(optimizer: Any, dtype: str) -> Any:
    """Return the number of this step, starting at 1, in a variable's dtype."""
    return optimizer.once_a_step(("step", dtype), lambda: ops.cast(optimizer.iterations + 1, dtype))


def bias_correction(optimizer: Any, beta: float, dtype: str) -> Any:
    """Return the bias correction `1 - beta**t` of step t."""
    return optimizer.once_a_step(("bias", beta, dtype), lambda: 1 - ops.power(beta, step_number(optimizer, dtype)))


def adam_rate(optimizer: Any, rate: Any, beta_1: float, beta_2: float, dtype: str) -> Any:
    """Return the learning rate with both bias corrections: `rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)`."""
    corrected = ops.sqrt(bias_correction(optimizer, beta_2, dtype)) / bias_correction(optimizer, beta_1, dtype)
    return ops.cast(rate, dtype) * corrected


class MomentOptimizer(Optimizer):
    """Base class of Adam and its variants, with their common parameters.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        beta_1: Decay rate of the moving average of the gradients, from 0 to 1.
        beta_2: Decay rate of the moving average of the squared gradients, from 0 to 1.
        epsilon: Small constant added to the divisor for numerical stability.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `beta_1` or `beta_2` is not a number from 0 to 1.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
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
        self.beta_1 = share(self, "beta_1", beta_1)
        self.beta_2 = share(self, "beta_2", beta_2)
        self.epsilon = epsilon

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
