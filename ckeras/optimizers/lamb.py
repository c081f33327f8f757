"""Adam with steps of the size of the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.autograd import Variable
from ckeras.optimizers import moments
from ckeras.optimizers.arguments import share
from ckeras.optimizers.optimizer import Optimizer


@registry.optimizers.ship()
class Lamb(Optimizer):
    """Layerwise adaptive moments, for large batches (You et al., 2019).

    Adam's step `u = m' / (sqrt(v') + epsilon)`, with both means divided by `1 - beta**t`, is scaled to the size of the
    variable: `w -= learning_rate * u * norm(w) / norm(u)`, without the ratio where a norm is 0.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function of no arguments.
        beta_1: Share of the mean of the gradients that is kept, from 0 to 1.
        beta_2: Share of the mean of their squares that is kept, from 0 to 1.
        epsilon: What is added to the root, so that it is not 0.

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
        """Make the two moving means for each variable."""
        if self.built:
            return
        super().build(variables)
        self._means, self._squares = self.add_optimizer_variables(variables, ["momentum", "velocity"])

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        i = self._get_variable_index(variable)
        mean, square = moments.update(self, gradient, self._means[i], self._squares[i], self.beta_1, self.beta_2)
        of_mean, of_square = (
            moments.bias_correction(self, beta, variable.dtype) for beta in (self.beta_1, self.beta_2)
        )
        step = (mean / of_mean) / (ops.sqrt(square / of_square) + self.epsilon)
        size, step_size = (ops.sqrt(ops.sum(ops.square(x))) for x in (variable, step))
        scalable = ops.logical_and(size > 0, step_size > 0)
        ratio = ops.where(scalable, size / ops.where(scalable, step_size, 1.0), 1.0)
        self.assign_sub(variable, ratio * self.scalar(learning_rate, variable.dtype) * step)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
