"""Follow the regularized leader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import initializers, ops, registry
from ckeras.optimizers.arguments import at_least_0, number
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable


@registry.optimizers.ship()
class Ftrl(Optimizer):
    """Follow the regularized leader, for sparse linear models (McMahan et al., 2013).

    With `a' = a + g**2` and `p = -learning_rate_power`, `z += g + 2 * s * w - (a'**p - a**p) * w / learning_rate` for
    the shrinkage `s`; then `w = (clip(z, -l1, l1) - z) / (a'**p / learning_rate + 2 * l2 + beta / learning_rate)`.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        learning_rate_power: Exponent of the learning rate schedule, at most 0; 0 keeps the learning rate constant.
        initial_accumulator_value: Initial value of `a`, at least 0.
        l1_regularization_strength: `l1`, at least 0.
        l2_regularization_strength: `l2`, at least 0, which penalizes all weights.
        l2_shrinkage_regularization_strength: `s`, at least 0, which penalizes only weights with gradients.
        beta: The `beta` of the paper.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if one of these arguments is out of range.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
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
        if not number(self, "learning_rate_power", learning_rate_power) <= 0:
            raise ValueError(
                f"{type(self).__name__} expects learning_rate_power to be at most 0, got {learning_rate_power!r}."
            )
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = at_least_0(self, "initial_accumulator_value", initial_accumulator_value)
        self.l1_regularization_strength = at_least_0(self, "l1_regularization_strength", l1_regularization_strength)
        self.l2_regularization_strength = at_least_0(self, "l2_regularization_strength", l2_regularization_strength)
        self.l2_shrinkage_regularization_strength = at_least_0(
            self, "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength
        )
        self.beta = beta

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the sum of squared gradients and the linear term of each variable."""
        if self.built:
            return
        super().build(variables)
        self._squares, self._linears = self.add_optimizer_variables(
            variables,
            ["accumulator", "linear"],
            initializer=[initializers.Constant(self.initial_accumulator_value), "zeros"],
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        i = self._get_variable_index(variable)
        power, l1 = -self.learning_rate_power, self.l1_regularization_strength
        squares, linear = self._squares[i], self._linears[i]
        total = squares + ops.square(gradient)
        rate = self.scalar(learning_rate, variable.dtype)
        now, before = (ops.power(x, power) / rate for x in (total, squares.value))
        shrunk = gradient + 2 * self.l2_shrinkage_regularization_strength * variable
        leader = linear + shrunk - (now - before) * variable
        self.assign(linear, leader)
        self.assign(squares, total)
        curvature = now + (2 * self.l2_regularization_strength + self.beta / rate)
        self.assign(variable, (ops.clip(leader, -l1, l1) - leader) / curvature)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "learning_rate_power": self.learning_rate_power,
            "initial_accumulator_value": self.initial_accumulator_value,
            "l1_regularization_strength": self.l1_regularization_strength,
            "l2_regularization_strength": self.l2_regularization_strength,
            "l2_shrinkage_regularization_strength": self.l2_shrinkage_regularization_strength,
            "beta": self.beta,
        }
