"""Adamax: Adam with a decaying maximum of the gradients instead of their root mean square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.optimizers import moments
from ckeras.optimizers.moments import MomentOptimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class Adamax(MomentOptimizer):
    """Adamax, a variant of Adam with the infinity norm (Kingma and Ba, 2014, section 7).

    In step t, `m += (1 - beta_1) * (g - m)`, `u = max(beta_2 * u, |g|)` and
    `w -= learning_rate * m / ((1 - beta_1**t) * (u + epsilon))`.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        beta_1: Decay rate of the moving average of the gradients, from 0 to 1.
        beta_2: Decay rate of the maximum gradient, from 0 to 1.
        epsilon: Small constant added to the decaying maximum for numerical stability.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `beta_1` or `beta_2` is not a number from 0 to 1.
    """

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the moving average and the decaying maximum of each variable."""
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
