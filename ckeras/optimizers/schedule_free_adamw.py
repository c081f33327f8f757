"""Schedule-free AdamW: Adam with averaged weights instead of a learning rate schedule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras import ops, registry
from ckeras.optimizers import moments
from ckeras.optimizers.arguments import at_least_0, share
from ckeras.optimizers.optimizer import Optimizer
from ckeras.tensor import Variable
from ckeras.tensor.variable import outside_trace


@registry.optimizers.ship()
class ScheduleFreeAdamW(Optimizer):
    """Schedule-free AdamW, which averages weights instead of following a schedule (Defazio et al., 2024).

    Two sequences, `z` and its mean `x`, define the weights `y = (1 - beta_1) * z + beta_1 * x` at which the
    gradient is computed. In step t, `v += (1 - beta_2) * (g**2 - v)`,
    `z -= a * g / (sqrt(v / (1 - beta_2**t)) + epsilon)` and `x += (z - x) / t`, where `a` is the learning rate times
    `min(t / warmup_steps, 1)`.

    Args:
        learning_rate: A number, a `LearningRateSchedule`, or a function without arguments.
        beta_1: Interpolation weight of `x` in the weights, above 0 and at most 1.
        beta_2: Decay rate of the moving average of the squared gradients, from 0 to 1.
        epsilon: Small constant added to the square root for numerical stability.
        warmup_steps: Number of steps of linear learning rate warmup; 0 for none.

    The other arguments are those of `Optimizer`.

    Raises:
        ValueError: if `beta_1`, `beta_2` or `warmup_steps` is out of range.
    """

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
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
        self.epsilon = epsilon
        self.warmup_steps = at_least_0(self, "warmup_steps", warmup_steps)

    def build(self, variables: Sequence[Variable]) -> None:
        """Create `z`, initially the variable's value, and the moving average of squares of each variable."""
        if self.built:
            return
        super().build(variables)
        self._bases, self._squares = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        with outside_trace():
            for base, variable in zip(self._bases, self._trainable_variables, strict=True):
                if base is not None:
                    base.assign(variable)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable from its gradient."""
        i = self._get_variable_index(variable)
        dtype, beta = variable.dtype, self.beta_1
        rate, correction, weight = self.once_a_step(
            ("factors", dtype), lambda: self._factors(ops.cast(learning_rate, dtype), dtype)
        )
        square = self._squares[i] + (ops.square(gradient) - self._squares[i]) * (1 - self.beta_2)
        self.assign(self._squares[i], square)
        base = self._bases[i].value
        moved = base - gradient * rate / (ops.sqrt(square * correction) + self.epsilon)
        self.assign(self._bases[i], moved)
        mean = (variable - (1 - beta) * base) / beta
        mean = mean + (moved - mean) * weight
        self.assign(variable, (1 - beta) * moved + beta * mean)

    def _factors(self, rate: Any, dtype: str) -> tuple[Any, Any, Any]:
        """Compute the learning rate, the bias correction of the squares and the weight of `z` in `x` in this step."""
        step = moments.step_number(self, dtype)
        if self.warmup_steps:
            rate = rate * ops.minimum(step / self.warmup_steps, 1.0)
        return rate, 1.0 / moments.bias_correction(self, self.beta_2, dtype), 1.0 / step

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "warmup_steps": self.warmup_steps,
        }
