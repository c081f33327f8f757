"""Gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import registry
from ckeras.optimizers.arguments import share
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class SGD(Optimizer):
    """Gradient descent with optional momentum (Polyak, 1964).

    Without momentum `w -= learning_rate * g`. With momentum `m`, `v = m * v - learning_rate * g` and `w += v`; with
    Nesterov momentum (1983, as in Sutskever et al., 2013), `w += m * v - learning_rate * g`.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        momentum: Momentum, from 0 to 1.
        nesterov: Whether to use Nesterov momentum.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `momentum` is not a number from 0 to 1.

    >>> import numpy as np
    >>> weight = Variable(np.array([1.0], "float32"))
    >>> SGD(learning_rate=0.5).apply([np.array([1.0], "float32")], [weight])
    >>> float(weight.numpy()[0])
    0.5
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        self.momentum = share(self, "momentum", momentum)
        self.nesterov = nesterov

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the momentum of each variable if `momentum` is positive."""
        if self.built:
            return
        super().build(variables)
        if self.momentum:
            self._momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        step = gradient * self.scalar(learning_rate, variable.dtype)
        if not self.momentum:
            self.assign_sub(variable, step)
            return
        momentum = self._momentums[self._get_variable_index(variable)]
        change = self.momentum * momentum - step
        self.assign(momentum, change)
        self.assign_add(variable, self.momentum * change - step if self.nesterov else change)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
