"""Moving means of gradients and of their squares, which Adam and its relatives keep."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.autograd import Variable


def update(
    optimizer: Any, gradient: Any, mean: Variable, square: Variable, beta_1: float, beta_2: float
) -> tuple[Any, Any]:
    """Move both means towards a gradient and its square: `m += (1 - beta_1) * (g - m)`; gives their new values."""
    m = mean + (gradient - mean) * (1 - beta_1)
    v = square + (ops.square(gradient) - square) * (1 - beta_2)
    optimizer.assign(mean, m)
    optimizer.assign(square, v)
    return m, v


def step_number(optimizer: Any, dtype: str) -> Any:
    """The number of this step, 1 at the first, in a variable's dtype."""
    return optimizer.once_a_step(("step", dtype), lambda: ops.cast(optimizer.iterations + 1, dtype))


def bias_correction(optimizer: Any, beta: float, dtype: str) -> Any:
    """`1 - beta**t` in step t: what a mean that began at 0 is divided by."""
    return optimizer.once_a_step(("bias", beta, dtype), lambda: 1 - ops.power(beta, step_number(optimizer, dtype)))


def adam_rate(optimizer: Any, rate: Any, beta_1: float, beta_2: float, dtype: str) -> Any:
    """The learning rate with both corrections: `rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)`."""
    corrected = ops.sqrt(bias_correction(optimizer, beta_2, dtype)) / bias_correction(optimizer, beta_1, dtype)
    return ops.cast(rate, dtype) * corrected
