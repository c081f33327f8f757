"""Nadam: Adam with Nesterov momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.optimizers import moments
from ckeras.optimizers.moments import MomentOptimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class Nadam(MomentOptimizer):
    """Nadam, Nesterov-accelerated adaptive moment estimation (Dozat, 2016).

    The momentum grows with t: `u(t) = beta_1 * (1 - 0.96**t / 2)`, and `U(t) = u(1) * ... * u(t)`. In step t,
    `m += (1 - beta_1) * (g - m)`, `v += (1 - beta_2) * (g**2 - v)`,
    `n = u(t + 1) * m / (1 - U(t + 1)) + (1 - u(t)) * g / (1 - U(t))` and
    `w -= learning_rate * n / (sqrt(v / (1 - beta_2**t)) + epsilon)`.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        beta_1: Decay rate of the moving average of the gradients, from 0 to 1.
        beta_2: Decay rate of the moving average of the squared gradients, from 0 to 1.
        epsilon: Small constant added to the square root for numerical stability.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `beta_1` or `beta_2` is not a number from 0 to 1.
    """

    def build(self, variables: Sequence[Variable]) -> None:
        """Create both moving averages of each variable, and the product of the momenta."""
        if self.built:
            return
        super().build(variables)
        self._means, self._squares = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        dtype = self._trainable_variables[0].dtype if self._trainable_variables else None
        self._product = self.add_variable((), "ones", dtype=dtype, name="momentum_product")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        i = self._get_variable_index(variable)
        mean, square = moments.update(self, gradient, self._means[i], self._squares[i], self.beta_1, self.beta_2)
        dtype = variable.dtype
        of_mean, of_gradient, correction = self.once_a_step(
            ("factors", dtype), lambda: self._factors(ops.cast(learning_rate, dtype), dtype)
        )
        root = ops.sqrt(square * correction) + self.epsilon
        self.assign_sub(variable, (mean * of_mean + gradient * of_gradient) / root)

    def _update(self, grads: list[Any], variables: list[Variable]) -> None:
        self.assign(self._product, self._product * self._kept(moments.step_number(self, self._product.dtype)))
        super()._update(grads, variables)

    def _kept(self, step: Any) -> Any:
        return self.beta_1 * (1.0 - 0.5 * ops.power(0.96, step))

    def _factors(self, rate: Any, dtype: str) -> tuple[Any, Any, Any]:
        """Compute the factors of the average, the gradient and the average square in this step."""
        step, product = moments.step_number(self, dtype), ops.cast(self._product, dtype)
        coming = self._kept(step + 1)
        of_mean = rate * coming / (1.0 - product * coming)
        of_gradient = rate * (1.0 - self._kept(step)) / (1.0 - product)
        return of_mean, of_gradient, 1.0 / moments.bias_correction(self, self.beta_2, dtype)
