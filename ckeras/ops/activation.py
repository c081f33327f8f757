"""Activations that are made of elementwise ops."""

import math
from typing import Any

from ckeras.autograd import Tensor
from ckeras.ops import elementwise as e


def relu6(x: Any) -> Tensor:
    """min(max(x, 0), 6)."""
    x = e.as_float(x)
    return e.where(e.greater_equal(x, 6), 6, e.relu(x))


def silu(x: Any) -> Tensor:
    """x * sigmoid(x) (Hendrycks and Gimpel, 2016; Ramachandran et al., 2017)."""
    x = e.as_float(x)
    return e.multiply(x, e.sigmoid(x))


swish = silu


def gelu(x: Any, approximate: bool = True) -> Tensor:
    """x times the normal distribution function at x, or its tanh approximation (Hendrycks and Gimpel, 2016)."""
    x = e.as_float(x)
    if approximate:
        inner = e.multiply(math.sqrt(2 / math.pi), e.add(x, e.multiply(0.044715, e.multiply(x, e.square(x)))))
        return e.multiply(e.multiply(0.5, x), e.add(1.0, e.tanh(inner)))
    return e.multiply(e.multiply(0.5, x), e.add(1.0, e.erf(e.multiply(x, 1 / math.sqrt(2)))))


def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where it is positive, alpha * (exp(x) - 1) elsewhere (Clevert et al., 2015)."""
    x = e.as_float(x)
    positive = e.greater(x, 0)
    return e.where(positive, x, e.multiply(alpha, e.expm1(e.where(positive, 0, x))))


def selu(x: Any) -> Tensor:
    """The scaled elu that keeps mean 0 and variance 1 (Klambauer et al., 2017)."""
    return e.multiply(1.0507009873554805, elu(x, 1.6732632423543772))


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Tensor:
    """x where it is positive, negative_slope * x elsewhere."""
    x = e.as_float(x)
    return e.where(e.greater_equal(x, 0), x, e.multiply(negative_slope, x))


def softsign(x: Any) -> Tensor:
    """x / (1 + abs(x))."""
    x = e.as_float(x)
    return e.divide(x, e.add(1.0, e.abs(x)))


def hard_sigmoid(x: Any) -> Tensor:
    """relu6(x + 3) / 6."""
    return e.multiply(relu6(e.add(e.as_float(x), 3.0)), 1.0 / 6.0)


def hard_silu(x: Any) -> Tensor:
    """x * hard_sigmoid(x)."""
    return e.multiply(e.as_float(x), hard_sigmoid(x))


hard_swish = hard_silu


def log_sigmoid(x: Any) -> Tensor:
    """log(sigmoid(x)), stable."""
    return e.negative(e.softplus(e.negative(e.as_float(x))))
