"""RMSprop: gradient descent divided by the root mean square of recent gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.optimizers.arguments import at_least_0, share
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class RMSprop(Optimizer):
    """RMSprop, gradients divided by the root of the moving average of their squares (Hinton, 2012, lecture 6e).

    `v = rho * v + (1 - rho) * g**2` and `w -= learning_rate * g / sqrt(v + epsilon)`. With momentum `m`, the
    step is `u = m * u + learning_rate * g / sqrt(v + epsilon)` and `w -= u`. If `centered`, the variance `v - a**2`
    replaces `v` in the root, where `a` is the moving average of the gradients (Graves, 2013).

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        rho: Decay rate of the moving averages.
        momentum: Momentum.
        epsilon: Small constant added under the square root for numerical stability.
        centered: Whether to divide by the standard deviation instead of the root mean square.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `rho` is not a number from 0 to 1, or `momentum` is negative.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.rho = share(self, "rho", rho)
        self.momentum = at_least_0(self, "momentum", momentum)
        self.epsilon = epsilon
        self.centered = centered

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the moving averages of each variable, and its momentum if `momentum` is positive."""
        if self.built:
            return
        super().build(variables)
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        if self.momentum > 0:
            self._momentums = self.add_optimizer_variables(variables, "momentum")
        if self.centered:
            self._averages_of_gradient = self.add_optimizer_variables(variables, "average_gradient")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        i = self._get_variable_index(variable)
        rho = self.rho
        velocity = rho * self._velocities[i] + (1 - rho) * ops.square(gradient)
        self.assign(self._velocities[i], velocity)
        scale = velocity
        if self.centered:
            average = rho * self._averages_of_gradient[i] + (1 - rho) * gradient
            self.assign(self._averages_of_gradient[i], average)
            scale = velocity - ops.square(average)
        step = gradient * self.scalar(learning_rate, variable.dtype) / ops.sqrt(scale + self.epsilon)
        if self.momentum > 0:
            step = self.momentum * self._momentums[i] + step
            self.assign(self._momentums[i], step)
        self.assign_sub(variable, step)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
