"""Optimizers."""

from collections.abc import Sequence
from typing import Any

from ckeras import ops
from ckeras.optimizers import Optimizer


class QHM(Optimizer):
    """Quasi-hyperbolic momentum: a mean of a step of SGD and one with momentum (Ma and Yarats, 2019).

    `m = momentum * m + (1 - momentum) * g; w -= learning_rate * ((1 - nu) * g + nu * m)`

    Args:
        learning_rate: A number, a schedule, or a function of no arguments.
        momentum: Between 0 and 1: what is kept of `m` in a step.
        nu: Between 0 (SGD) and 1 (momentum alone).
        name, kwargs: As in `keras.optimizers.Optimizer`.
    """

    def __init__(
        self, learning_rate: Any = 0.05, momentum: float = 0.99, nu: float = 0.7, name: str = "qhm", **kwargs: Any
    ):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        for key, value in {"momentum": momentum, "nu": nu}.items():
            if not 0 <= value <= 1:
                raise ValueError(f"QHM expects {key} to be between 0 and 1, got {value!r}.")
        self.momentum = momentum
        self.nu = nu

    def build(self, variables: Sequence[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        self._means = self.add_optimizer_variables(variables, "mean")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        rate = ops.cast(learning_rate, variable.dtype)
        mean = self._means[self._get_variable_index(variable)]
        moved = self.momentum * mean + (1.0 - self.momentum) * gradient
        self.assign(mean, moved)
        self.assign_sub(variable, rate * ((1.0 - self.nu) * gradient + self.nu * moved))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nu": self.nu}
