"""Adadelta: steps scaled by the root mean square of recent updates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.optimizers.arguments import share
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class Adadelta(Optimizer):
    """Adadelta, an adaptive learning rate method (Zeiler, 2012).

    `a = rho * a + (1 - rho) * g**2`, the step is `d = g * sqrt(b + epsilon) / sqrt(a + epsilon)`, then
    `b = rho * b + (1 - rho) * d**2` and `w -= learning_rate * d`. The paper uses a learning rate of 1.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        rho: Decay rate of the moving averages, from 0 to 1.
        epsilon: Small constant added under the square roots for numerical stability.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `rho` is not a number from 0 to 1.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
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
        self.rho = share(self, "rho", rho)
        self.epsilon = epsilon

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the moving averages of squared gradients and squared updates of each variable."""
        if self.built:
            return
        super().build(variables)
        self._squares, self._steps = self.add_optimizer_variables(
            variables, ["accumulated_grad", "accumulated_delta_var"]
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        i = self._get_variable_index(variable)
        rho, epsilon = self.rho, self.epsilon
        square = rho * self._squares[i] + (1 - rho) * ops.square(gradient)
        self.assign(self._squares[i], square)
        step = ops.sqrt(self._steps[i] + epsilon) * gradient / ops.sqrt(square + epsilon)
        self.assign(self._steps[i], rho * self._steps[i] + (1 - rho) * ops.square(step))
        self.assign_sub(variable, self.scalar(learning_rate, variable.dtype) * step)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
