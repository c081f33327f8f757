"""Adam with the largest recent gradient in place of the root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.autograd import Variable
from ckeras.optimizers import moments
from ckeras.optimizers.arguments import share
from ckeras.optimizers.optimizer import Optimizer


@registry.optimizers.ship()
class Adamax(Optimizer):
    """The variant of Adam that rests on the infinity norm (Kingma and Ba, 2014, section 7).

    In step t, `m += (1 - beta_1) * (g - m)`, `u = max(beta_2 * u, |g|)` and
    `w -= learning_rate * m / ((1 - beta_1**t) * (u + epsilon))`.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function of no arguments.
        beta_1: Share of the mean of the gradients that is kept, from 0 to 1.
        beta_2: Share of the largest gradient that is kept, from 0 to 1.
        epsilon: What is added to the largest gradient, so that it is not 0.

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

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the moving mean and the decaying maximum for each variable."""
        if self.built:
            return
        super().build(variables)
        self._means, self._norms = self.add_optimizer_variables(variables, ["momentum", "norm"])

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        i = self._get_variable_index(variable)
        mean = self._means[i] + (gradient - self._means[i]) * (1 - self.beta_1)
        norm = ops.maximum(self.beta_2 * self._norms[i], ops.abs(gradient))
        self.assign(self._means[i], mean)
        self.assign(self._norms[i], norm)
        dtype = variable.dtype
        alpha = self.once_a_step(
            ("alpha", dtype), lambda: ops.cast(learning_rate, dtype) / moments.bias_correction(self, self.beta_1, dtype)
        )
        self.assign_sub(variable, mean * alpha / (norm + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
