"""The gradients that an optimizer is given, checked against its variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ckeras import ops
from ckeras.tensor import Variable
from ckeras.utils.tracebacks import warn

if TYPE_CHECKING:
    from ckeras.optimizers.optimizer import Optimizer


def checked_pairs(
    optimizer: Optimizer, grads: Sequence[Any], variables: Sequence[Variable] | None
) -> list[tuple[Any, Variable]]:
    """Return (gradient, variable) pairs without those whose gradient is None, of which a warning is given.

    Raises:
        ValueError: if all gradients are None, the numbers of gradients and variables differ, a shape does not match, or
            the optimizer was not built for a variable.
    """
    if variables is None:
        if not optimizer.built:
            raise ValueError(f"{optimizer.name}.apply expects trainable_variables before the optimizer is built.")
        variables = optimizer._trainable_variables
    if len(grads) != len(variables):
        raise ValueError(
            f"{optimizer.name}.apply expects a gradient for each of {len(variables)} variables, got {len(grads)}."
        )
    pairs, missing = [], []
    for gradient, variable in zip(grads, variables, strict=True):
        if optimizer.built:
            optimizer._get_variable_index(variable)
        if gradient is None:
            missing.append(variable.path)
            continue
        shape = tuple(gradient.shape) if hasattr(gradient, "shape") else np.shape(gradient)
        if shape != tuple(variable.shape):
            raise ValueError(
                f"{optimizer.name}.apply expects a gradient of shape {tuple(variable.shape)} for variable "
                f"{variable.path!r}, got {shape}."
            )
        pairs.append((gradient, variable))
    if not pairs:
        raise ValueError(f"{optimizer.name}.apply got no gradient for any of its {len(variables)} variables.")
    if missing:
        warn(f"{optimizer.name}: no gradients for variables {missing}: the loss does not depend on them.")
    return pairs


def converted(gradient: Any, dtype: str) -> Any:
    """Return a gradient as a tensor of a dtype."""
    gradient = ops.convert_to_tensor(gradient)
    return gradient if gradient.dtype == dtype else ops.cast(gradient, dtype)
