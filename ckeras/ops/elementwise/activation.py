"""Activations that are made of elementwise ops."""

import math
from typing import Any

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.concat import split
from ckeras.ops.manipulation.layout import axis_of, tensor
from ckeras.tensor import Tensor


def relu6(x: Any) -> Tensor:
    """min(max(x, 0), 6)."""
    x = elementwise.as_float(x)
    return elementwise.where(elementwise.greater_equal(x, 6), 6, elementwise.relu(x))


def silu(x: Any) -> Tensor:
    """x * sigmoid(x) (Hendrycks and Gimpel, 2016; Ramachandran et al., 2017)."""
    x = elementwise.as_float(x)
    return elementwise.multiply(x, elementwise.sigmoid(x))


swish = silu


def gelu(x: Any, approximate: bool = True) -> Tensor:
    """x * Phi(x), Phi the normal distribution function, or its tanh approximation (Hendrycks and Gimpel, 2016)."""
    x = elementwise.as_float(x)
    if approximate:
        inner = elementwise.multiply(
            math.sqrt(2 / math.pi),
            elementwise.add(x, elementwise.multiply(0.044715, elementwise.multiply(x, elementwise.square(x)))),
        )
        return elementwise.multiply(elementwise.multiply(0.5, x), elementwise.add(1.0, elementwise.tanh(inner)))
    return elementwise.multiply(
        elementwise.multiply(0.5, x), elementwise.add(1.0, elementwise.erf(elementwise.multiply(x, 1 / math.sqrt(2))))
    )


def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where it is positive, alpha * (exp(x) - 1) elsewhere (Clevert et al., 2015)."""
    x = elementwise.as_float(x)
    positive = elementwise.greater(x, 0)
    return elementwise.where(
        positive, x, elementwise.multiply(alpha, elementwise.expm1(elementwise.where(positive, 0, x)))
    )


def selu(x: Any) -> Tensor:
    """Scaled elu, which preserves mean 0 and variance 1 (Klambauer et al., 2017)."""
    return elementwise.multiply(1.0507009873554805, elu(x, 1.6732632423543772))


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Tensor:
    """x where it is positive, negative_slope * x elsewhere."""
    x = elementwise.as_float(x)
    return elementwise.where(elementwise.greater_equal(x, 0), x, elementwise.multiply(negative_slope, x))


def softsign(x: Any) -> Tensor:
    """x / (1 + abs(x))."""
    x = elementwise.as_float(x)
    return elementwise.divide(x, elementwise.add(1.0, elementwise.abs(x)))


def hard_sigmoid(x: Any) -> Tensor:
    """relu6(x + 3) / 6."""
    return elementwise.multiply(relu6(elementwise.add(elementwise.as_float(x), 3.0)), 1.0 / 6.0)


def hard_silu(x: Any) -> Tensor:
    """x * hard_sigmoid(x)."""
    return elementwise.multiply(elementwise.as_float(x), hard_sigmoid(x))


hard_swish = hard_silu


def log_sigmoid(x: Any) -> Tensor:
    """log(sigmoid(x)), stable."""
    return elementwise.negative(elementwise.softplus(elementwise.negative(elementwise.as_float(x))))


def celu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where it is positive, alpha * (exp(x / alpha) - 1) elsewhere (Barron, 2017)."""
    x = elementwise.as_float(x)
    positive = elementwise.greater(x, 0)
    return elementwise.where(
        positive,
        x,
        elementwise.multiply(alpha, elementwise.expm1(elementwise.divide(elementwise.where(positive, 0, x), alpha))),
    )


def glu(x: Any, axis: int = -1) -> Tensor:
    """The first half of ``x`` along ``axis`` times the sigmoid of the second (Dauphin et al., 2016).

    >>> glu([2.0, 0.0]).tolist()
    [1.0]
    """
    x = elementwise.as_float(x)
    axis = axis_of(axis, len(x.shape), "glu")
    size = x.shape[axis]
    if size is None or size % 2:
        raise ValueError(f"glu expects an axis of even size: axis {axis} of a tensor of shape {x.shape} is not")
    value, gate = split(x, 2, axis)
    return elementwise.multiply(value, elementwise.sigmoid(gate))


def hard_tanh(x: Any) -> Tensor:
    """``x`` limited to [-1, 1]; integers stay integers."""
    x = tensor(x)
    x = elementwise.cast(x, "int32") if x.dtype == "bool" else x
    y = elementwise.where(elementwise.greater(x, 1), 1, x)
    return y if x.dtype.startswith("uint") else elementwise.where(elementwise.less(x, -1), -1, y)


def hard_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """x where abs(x) is above ``threshold``, 0 elsewhere."""
    x = elementwise.as_float(x)
    return elementwise.where(elementwise.greater(elementwise.abs(x), threshold), x, 0)


def soft_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """sign(x) * max(abs(x) - threshold, 0)."""
    x = elementwise.as_float(x)
    near = elementwise.where(elementwise.less(x, -threshold), elementwise.add(x, threshold), 0)
    return elementwise.where(elementwise.greater(x, threshold), elementwise.subtract(x, threshold), near)


def tanh_shrink(x: Any) -> Tensor:
    """x - tanh(x)."""
    x = elementwise.as_float(x)
    return elementwise.subtract(x, elementwise.tanh(x))


def threshold(x: Any, threshold: float, default_value: float) -> Tensor:
    """x where it is above ``threshold``, ``default_value`` elsewhere."""
    x = tensor(x)
    return elementwise.where(elementwise.greater(x, threshold), x, default_value)


def squareplus(x: Any, b: float = 4) -> Tensor:
    """(x + sqrt(x * x + b)) / 2 (Barron, 2021)."""
    x = elementwise.as_float(x)
    return elementwise.multiply(0.5, elementwise.add(x, elementwise.sqrt(elementwise.add(elementwise.square(x), b))))


def sparse_plus(x: Any) -> Tensor:
    """0 up to -1, x from 1 on, and (x + 1)^2 / 4 between them."""
    x = elementwise.as_float(x)
    between = elementwise.multiply(0.25, elementwise.square(elementwise.add(x, 1.0)))
    return elementwise.where(
        elementwise.less_equal(x, -1), 0, elementwise.where(elementwise.greater_equal(x, 1), x, between)
    )


def sparse_sigmoid(x: Any) -> Tensor:
    """0 up to -1, 1 from 1 on, and (x + 1) / 2 between them: the derivative of `sparse_plus`."""
    return elementwise.multiply(0.5, elementwise.clip(elementwise.add(elementwise.as_float(x), 1.0), 0.0, 2.0))
