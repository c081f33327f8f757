"""Lion: steps from the sign of the momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.optimizers.arguments import share
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class Lion(Optimizer):
    """Lion, evolved sign momentum (Chen et al., 2023).

    `w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g)`, then `m = beta_2 * m + (1 - beta_2) * g`. Steps are
    larger than Adam's, so use a learning rate that is 3 to 10 times smaller.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        beta_1: Interpolation weight of the momentum in the sign, above 0 and at most 1.
        beta_2: Decay rate of the momentum, from 0 to 1.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `beta_1` or `beta_2` is out of range.

    >>> import numpy as np
    >>> weight = Variable(np.array([1.0, 1.0], "float32"))
    >>> Lion(0.25).apply([np.array([9.0, -0.1], "float32")], [weight])
    >>> weight.numpy().tolist()
    [0.75, 1.25]
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        self.beta_1 = share(self, "beta_1", beta_1, above_0=True)
        self.beta_2 = share(self, "beta_2", beta_2)

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the momentum of each variable."""
        if self.built:
            return
        super().build(variables)
        self._momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        momentum = self._momentums[self._get_variable_index(variable)]
        direction = ops.sign(momentum * self.beta_1 + gradient * (1 - self.beta_1))
        self.assign_sub(variable, self.scalar(learning_rate, variable.dtype) * direction)
        self.assign(momentum, momentum * self.beta_2 + gradient * (1 - self.beta_2))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2}
