"""Adagrad: steps scaled by the sum of all squared gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import initializers, ops, registry
from ckeras.optimizers.arguments import at_least_0
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class Adagrad(Optimizer):
    """Adagrad, adaptive subgradients (Duchi, Hazan and Singer, 2011).

    `a += g**2` and `w -= learning_rate * g / sqrt(a + epsilon)`. Large gradients thus reduce later steps.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        initial_accumulator_value: Initial value of `a`, at least 0.
        epsilon: Small constant added under the square root for numerical stability.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `initial_accumulator_value` is negative.

    >>> import numpy as np
    >>> weight = Variable(np.array([1.0], "float32"))
    >>> Adagrad(0.5, initial_accumulator_value=0.0).apply([np.array([3.0], "float32")], [weight])
    >>> round(float(weight.numpy()[0]), 4)
    0.5
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
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
        self.initial_accumulator_value = at_least_0(self, "initial_accumulator_value", initial_accumulator_value)
        self.epsilon = epsilon

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the sum of squared gradients of each variable."""
        if self.built:
            return
        super().build(variables)
        start = initializers.Constant(self.initial_accumulator_value)
        self._squares = self.add_optimizer_variables(variables, "accumulator", initializer=start)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        squares = self._squares[self._get_variable_index(variable)]
        total = squares + ops.square(gradient)
        self.assign(squares, total)
        step = gradient * self.scalar(learning_rate, variable.dtype)
        self.assign_sub(variable, step / ops.sqrt(total + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
