"""Activation functions: elementwise, except for softmax, log_softmax, sparsemax and glu.

Each takes a tensor of floats of any shape and returns a tensor of the same shape (for glu, of half the size) and
dtype. Where the code names `x`, an
array, a Tensor or a Variable will do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ckeras import ops, registry
from ckeras.tensor import arguments

ship = registry.activations.ship


def _with_logits(output: Any, logits: Any, axis: Any) -> Any:
    """Record the logits of `output`, so that a cross-entropy can use them, which is exact where `output` saturates.

    `axis` is the axis of the softmax, or None for the sigmoid.
    """
    if hasattr(output, "__dict__"):
        output._keras_logits, output._keras_logits_axis = logits, axis
    return output


@ship()
def linear(x: Any) -> Any:
    """Identity: return `x`."""
    return x


@ship()
def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """Rectified linear unit: `max(x, 0)` (Nair and Hinton, 2010), and its generalisation.

    Args:
        x: Tensor.
        negative_slope: Slope `a` below the threshold: `a * (x - threshold)`.
        max_value: Upper bound of the result, or None.
        threshold: Value up to which the result is 0 if `negative_slope` is 0.

    >>> import numpy as np
    >>> float(relu(np.array([-3.0]), negative_slope=0.5)[0])
    -1.5
    """
    x = ops.convert_to_tensor(x)
    threshold = arguments.number(threshold, "relu", "threshold")
    negative_slope = arguments.number(negative_slope, "relu", "negative_slope")
    if not negative_slope and not threshold:
        return ops.relu(x) if max_value is None else ops.clip(x, 0.0, max_value)
    if max_value is None and not threshold:
        return leaky_relu(x, negative_slope)
    passed = ops.where(x > threshold, x, ops.zeros_like(x)) if threshold else ops.relu(x)
    if max_value is not None:
        passed = ops.clip(passed, 0.0, max_value)
    if negative_slope:
        passed = passed - negative_slope * ops.relu(threshold - x)
    return passed


@ship()
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """Leaky rectified linear unit: `x` where positive, `negative_slope * x` elsewhere (Maas et al., 2013)."""
    x = ops.convert_to_tensor(x)
    return ops.where(x > 0, x, arguments.number(negative_slope, "leaky_relu", "negative_slope") * x)


@ship()
def relu6(x: Any) -> Any:
    """`min(max(x, 0), 6)` (Krizhevsky, 2010)."""
    return ops.clip(ops.convert_to_tensor(x), 0.0, 6.0)


@ship()
def softmax(x: Any, axis: int | tuple[int, ...] = -1) -> Any:
    """Exponentials that sum to one: `exp(x) / sum(exp(x), axis)`, computed without overflow.

    Args:
        x: Tensor of rank one or more, the logits.
        axis: Axis or axes along which the result sums to one.

    >>> import numpy as np
    >>> softmax(np.array([[1.0, 1.0]])).shape
    (1, 2)
    """
    x = ops.convert_to_tensor(x)
    return _with_logits(ops.softmax(x, axis=axis), x, axis)


@ship()
def log_softmax(x: Any, axis: int = -1) -> Any:
    """Logarithm of the softmax: `x - log(sum(exp(x), axis))`, computed without overflow."""
    return ops.log_softmax(ops.convert_to_tensor(x), axis=axis)


@ship()
def sigmoid(x: Any) -> Any:
    """Logistic function: `1 / (1 + exp(-x))`."""
    x = ops.convert_to_tensor(x)
    return _with_logits(ops.sigmoid(x), x, None)


@ship()
def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return ops.tanh(ops.convert_to_tensor(x))


@ship()
def exponential(x: Any) -> Any:
    """`exp(x)`."""
    return ops.exp(ops.convert_to_tensor(x))


@ship()
def softplus(x: Any) -> Any:
    """`log(1 + exp(x))`, a smooth relu (Dugas et al., 2001)."""
    return ops.softplus(ops.convert_to_tensor(x))


@ship()
def softsign(x: Any) -> Any:
    """`x / (1 + |x|)` (Bergstra et al., 2009)."""
    x = ops.convert_to_tensor(x)
    return x / (1.0 + ops.abs(x))


@ship()
def elu(x: Any, alpha: float = 1.0) -> Any:
    """Exponential linear unit: `x` where positive, `alpha * (exp(x) - 1)` elsewhere (Clevert et al., 2015)."""
    x = ops.convert_to_tensor(x)
    return ops.where(x > 0, x, arguments.number(alpha, "elu", "alpha") * ops.expm1(ops.minimum(x, 0.0)))


@ship()
def selu(x: Any) -> Any:
    """Scaled exponential linear unit: `1.0507 * elu(x, 1.6733)` (Klambauer et al., 2017)."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


@ship()
def celu(x: Any, alpha: float = 1.0) -> Any:
    """`max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))` (Barron, 2017)."""
    x, alpha = ops.convert_to_tensor(x), arguments.number(alpha, "celu", "alpha")
    return ops.where(x > 0, x, alpha * ops.expm1(ops.minimum(x, 0.0) / alpha))


@ship("swish")
def silu(x: Any) -> Any:
    """Swish: `x * sigmoid(x)` (Elfwing et al., 2017; Ramachandran et al., 2017)."""
    x = ops.convert_to_tensor(x)
    return x * ops.sigmoid(x)


swish = silu


@ship()
def gelu(x: Any, approximate: bool = False) -> Any:
    """Gaussian error linear unit: `x * P(X <= x)` for a standard normal X (Hendrycks and Gimpel, 2016).

    Args:
        x: Tensor.
        approximate: Whether to compute `0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))` instead.
    """
    x = ops.convert_to_tensor(x)
    if arguments.flag(approximate, "gelu", "approximate"):
        return 0.5 * x * (1.0 + ops.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * (1.0 + ops.erf(x * math.sqrt(0.5)))


@ship()
def mish(x: Any) -> Any:
    """`x * tanh(softplus(x))` (Misra, 2019)."""
    x = ops.convert_to_tensor(x)
    return x * ops.tanh(ops.softplus(x))


@ship()
def hard_sigmoid(x: Any) -> Any:
    """`x / 6 + 0.5` clipped to [0, 1]."""
    return ops.clip(ops.convert_to_tensor(x) / 6.0 + 0.5, 0.0, 1.0)


@ship()
def hard_sigmoid_of_keras_2(x: Any) -> Any:
    """`0.2 * x + 0.5` clipped to [0, 1], which Keras 1 and 2 call hard_sigmoid (Courbariaux et al., 2015).

    Models of their files have it; Keras 3 has no name for it.
    """
    return ops.clip(0.2 * ops.convert_to_tensor(x) + 0.5, 0.0, 1.0)


@ship("hard_swish")
def hard_silu(x: Any) -> Any:
    """`x * hard_sigmoid(x)` (Howard et al., 2019)."""
    x = ops.convert_to_tensor(x)
    return x * hard_sigmoid(x)


hard_swish = hard_silu


@ship()
def hard_tanh(x: Any) -> Any:
    """`x` clipped to [-1, 1]."""
    return ops.clip(ops.convert_to_tensor(x), -1.0, 1.0)


@ship()
def log_sigmoid(x: Any) -> Any:
    """`log(1 / (1 + exp(-x)))`, computed as `-softplus(-x)`."""
    return -ops.softplus(-ops.convert_to_tensor(x))


@ship()
def glu(x: Any, axis: int = -1) -> Any:
    """Gated linear unit: `a * sigmoid(b)` for the halves a and b of `x` along `axis` (Dauphin et al., 2016)."""
    return ops.glu(x, axis=axis)


@ship()
def tanh_shrink(x: Any) -> Any:
    """`x - tanh(x)`."""
    return ops.tanh_shrink(x)


@ship()
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """`sign(x) * max(|x| - threshold, 0)`."""
    return ops.soft_shrink(x, threshold=threshold)


@ship()
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """`x` where `|x| > threshold`, else 0."""
    return ops.hard_shrink(x, threshold=threshold)


@ship()
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """`x` where `x > threshold`, else `default_value`."""
    return ops.threshold(x, threshold, default_value)


@ship()
def squareplus(x: Any, b: float = 4) -> Any:
    """`(x + sqrt(x**2 + b)) / 2`, a smooth relu (Barron, 2021)."""
    return ops.squareplus(x, b=b)


@ship()
def sparse_plus(x: Any) -> Any:
    """0 for x <= -1, `(x + 1)**2 / 4` for -1 < x < 1, and `x` for x >= 1 (Martins and Astudillo, 2016)."""
    return ops.sparse_plus(x)


@ship()
def sparse_sigmoid(x: Any) -> Any:
    """0 for x <= -1, `(x + 1) / 2` for -1 < x < 1, and 1 for x >= 1: the derivative of `sparse_plus`."""
    return ops.sparse_sigmoid(x)


@ship()
def sparsemax(x: Any, axis: int = -1) -> Any:
    """Euclidean projection of `x` onto the probability simplex along `axis`, often sparse (Martins et al., 2016)."""
    return ops.sparsemax(x, axis=axis)


def get(identifier: Any) -> Callable[..., Any]:
    """Return the activation given by `identifier`: None (linear), a name, a config, or a callable.

    Raises:
        ValueError: if the name is unknown (the message lists similar names) or `identifier` has another type.

    >>> get("relu") is relu
    True
    """
    return linear if identifier is None else registry.activations.get(identifier)


def serialize(activation: Callable[..., Any]) -> Any:
    """Return the name of an activation of ckeras, or the config of any other, as accepted by `deserialize`."""
    if activation in registry.activations._shipped.values():
        return activation.__name__
    return registry.activations.serialize(activation)


def deserialize(config: Any, custom_objects: dict | None = None) -> Callable[..., Any]:
    """Return the activation of a name or of a config that `serialize` returned."""
    return registry.activations.deserialize(config, custom_objects)


__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_sigmoid_of_keras_2",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]
__dir__ = __all__.copy
