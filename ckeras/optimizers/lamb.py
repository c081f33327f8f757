"""LAMB: Adam with steps scaled to the norm of the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.optimizers import moments
from ckeras.optimizers.moments import MomentOptimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class Lamb(MomentOptimizer):
    """LAMB, layer-wise adaptive moments for large batches (You et al., 2019).

    Adam's step `u = m' / (sqrt(v') + epsilon)`, with both averages divided by `1 - beta**t`, is scaled to the norm of
    the variable: `w -= learning_rate * u * norm(w) / norm(u)`. The ratio is 1 if either norm is 0.

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
        """Create both moving averages of each variable."""
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
