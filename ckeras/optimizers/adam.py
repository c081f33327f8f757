"""Adam: steps from moving averages of gradients and squared gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.optimizers import moments
from ckeras.optimizers.moments import MomentOptimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class Adam(MomentOptimizer):
    """Adam, adaptive moment estimation (Kingma and Ba, 2014).

    In step t, `m += (1 - beta_1) * (g - m)`, `v += (1 - beta_2) * (g**2 - v)` and `w -= a * m / (sqrt(v) + epsilon)`
    with `a = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)`. With AMSGrad (Reddi et al., 2018) the maximum
    of `v` over all steps replaces `v` in the root.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        beta_1: Decay rate of the moving average of the gradients.
        beta_2: Decay rate of the moving average of the squared gradients.
        epsilon: Small constant added to the square root for numerical stability (the paper's "epsilon hat").
        amsgrad: Whether to use AMSGrad.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `beta_1` or `beta_2` is not a number from 0 to 1.

    >>> import numpy as np
    >>> weight = Variable(np.array([1.0], "float32"))
    >>> Adam(learning_rate=0.25).apply([np.array([8.0], "float32")], [weight])
    >>> round(float(weight.numpy()[0]), 4)
    0.75
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
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
        self.amsgrad = amsgrad

    def build(self, variables: Sequence[Variable]) -> None:
        """Create both moving averages of each variable, and with AMSGrad the maximum of the second."""
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        if self.amsgrad:
            self._largest = self.add_optimizer_variables(variables, "velocity_hat")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        i = self._get_variable_index(variable)
        betas, dtype = (self.beta_1, self.beta_2), variable.dtype
        mean, square = moments.update(self, gradient, self._momentums[i], self._velocities[i], *betas)
        if self.amsgrad:
            square = ops.maximum(self._largest[i], square)
            self.assign(self._largest[i], square)
        alpha = self.once_a_step(("alpha", dtype), lambda: moments.adam_rate(self, learning_rate, *betas, dtype))
        self.assign_sub(variable, mean * alpha / (ops.sqrt(square) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "amsgrad": self.amsgrad}
