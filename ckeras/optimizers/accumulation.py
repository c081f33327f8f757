"""Gradient accumulation, variables that are overwritten with their gradient, and updates under a condition."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ckeras import ops
from ckeras.tensor import Variable


def is_overwritten(variable: Variable) -> bool:
    """Whether a variable is overwritten with its gradient instead of updated, such as the scales of 8-bit floats."""
    return getattr(variable, "overwrite_with_gradient", False)


@contextlib.contextmanager
def only_if(condition: Any, variables: Iterable[Variable]) -> Iterator[None]:
    """Keep assignments to `variables` inside the `with` block only if `condition`, a scalar tensor, is true."""
    before = [(variable, variable.value) for variable in variables]
    yield
    for variable, value in before:
        if variable.value is not value:
            variable.assign(ops.where(condition, variable, value))


def accumulate(grads: Sequence[Any], accumulators: Sequence[Variable], steps: int, due: Any) -> list[Any]:
    """Add gradients to accumulators, which are reset if an update is `due`; return the means over `steps` steps."""
    means = []
    for gradient, accumulator in zip(grads, accumulators, strict=True):
        total = accumulator + gradient
        accumulator.assign(ops.where(due, ops.zeros_like(total), total))
        means.append(total / steps)
    return means


def overwrite(variable: Variable, gradient: Any, accumulator: Variable, due: Any) -> None:
    """Assign the maximum of the accumulated gradients to a variable if an update is `due`."""
    largest = ops.maximum(gradient, accumulator)
    variable.assign(ops.where(due, largest, variable))
    accumulator.assign(ops.where(due, ops.zeros_like(largest), largest))
