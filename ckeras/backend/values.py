"""Legacy constants and variables, and their values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ckeras import config, constraints, ops
from ckeras.tensor import KerasTensor, Tensor, Variable, as_tensor


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Variable:
    """Create a trainable variable, by default of the default float type.

    >>> variable([1, 2]).dtype
    'float32'
    """
    made = Variable(np.asarray(value), dtype=dtype or config.floatx(), name=name)
    made.constraint = constraints.get(constraint)
    return made


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Tensor:
    """Create a tensor, by default of the default float type; a scalar is broadcast to ``shape``, other values reshaped.

    The name is ignored.
    """
    tensor = ops.convert_to_tensor(value, dtype=dtype or config.floatx())
    if shape is None:
        return tensor
    return ops.broadcast_to(tensor, shape) if ops.size(tensor) == 1 else ops.reshape(tensor, shape)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Variable:
    """Create a variable of zeros, by default of the default float type."""
    return variable(np.zeros(shape), dtype, name)


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Variable:
    """Create a variable of ones, by default of the default float type."""
    return variable(np.ones(shape), dtype, name)


def eye(size: int, dtype: Any = None, name: str | None = None) -> Variable:
    """Create a variable with the identity matrix."""
    return variable(np.eye(size), dtype, name)


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return zeros of the shape and dtype of ``x``; the name is ignored."""
    return ops.zeros_like(x, dtype)


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return ones of the shape and dtype of ``x``; the name is ignored."""
    return ops.ones_like(x, dtype)


def cast_to_floatx(x: Any) -> Any:
    """Cast ``x`` to the default float type: tensors and variables to a tensor, anything else to an array."""
    return ops.cast(x, config.floatx()) if isinstance(x, (Tensor, Variable)) else np.asarray(x, config.floatx())


def int_shape(x: Any) -> tuple[int | None, ...]:
    """Return the shape of ``x``, with `None` for unknown sizes."""
    return tuple(x.shape)


def count_params(x: Any) -> int:
    """Return the number of elements of ``x``."""
    return math.prod(x.shape)


def is_sparse(tensor: Any) -> bool:
    """Return False: all tensors are dense."""
    return False


def to_dense(tensor: Any) -> Any:
    """Return the tensor itself: all tensors are dense."""
    return tensor


def get_value(x: Any) -> Any:
    """Return the value of a tensor or variable as an array; anything else unchanged."""
    return x.numpy() if isinstance(x, (Tensor, Variable)) and not isinstance(x, KerasTensor) else x


def eval(x: Any) -> Any:
    """Alias of `get_value`."""
    return get_value(x)


def set_value(x: Variable, value: Any) -> None:
    """Assign to a variable."""
    x.assign(value)


def batch_get_value(tensors: Iterable[Any]) -> list[Any]:
    """Return the values of several tensors or variables."""
    return [get_value(x) for x in tensors]


def batch_set_value(tuples: Iterable[tuple[Variable, Any]]) -> None:
    """Assign to several variables: pairs of a variable and its value."""
    for x, value in tuples:
        set_value(x, value)


def update(x: Variable, new_x: Any) -> Variable:
    """Assign to a variable, and return it."""
    return x.assign(new_x)


def update_add(x: Variable, increment: Any) -> Variable:
    """Add to a variable, and return it."""
    return x.assign_add(increment)


def update_sub(x: Variable, decrement: Any) -> Variable:
    """Subtract from a variable, and return it."""
    return x.assign_sub(decrement)


def moving_average_update(x: Variable, value: Any, momentum: Any) -> Variable:
    """Assign momentum * x + (1 - momentum) * value to the variable x, and return it."""
    value, momentum = ops.cast(as_tensor(value), x.dtype), ops.cast(as_tensor(momentum), x.dtype)
    return x.assign_sub((x - value) * (1 - momentum))


def stop_gradient(variables: Any) -> Any:
    """Stop gradients through a tensor, or through each tensor of a list."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(x) for x in variables]
    return ops.stop_gradient(variables)
