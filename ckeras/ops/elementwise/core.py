"""Element-wise ops with broadcasting. Consecutive ones compile into one fused kernel."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise.logic import (
    bitwise_and as bitwise_and,
    bitwise_invert as bitwise_invert,
    bitwise_not as bitwise_not,
    bitwise_or as bitwise_or,
    bitwise_xor as bitwise_xor,
    broadcast_to as broadcast_to,
    equal as equal,
    greater as greater,
    greater_equal as greater_equal,
    isfinite as isfinite,
    isinf as isinf,
    isnan as isnan,
    less as less,
    less_equal as less_equal,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    logical_xor as logical_xor,
    not_equal as not_equal,
    where as where,
)
from ckeras.ops.elementwise.promotion import (
    as_float as as_float,
    broadcast_shapes as broadcast_shapes,
    cast as cast,
    default_float as default_float,
    elementwise_op,
    floating,
    integers_unchanged,
    number,
    promote as promote,
    same_spec,
    scalar,
)
from ckeras.tensor import Op, Tensor, as_tensor, dtypes, table
from ckeras.tensor.variable import Variable

# -- products of gradients -----------------------------------------------------------------------------------------
# A cotangent times a slope that may be infinite or NaN. Where either is 0 the product is 0: what the result does not
# depend on has no gradient, as behind `where`, and the norm of zeros has the subgradient 0. A cotangent of NaN stays.

safe_mul = elementwise_op(
    "safe_mul",
    lambda g, s: np.where((g == 0) | ((s == 0) & (g == g)), np.zeros((), g.dtype), g * s),
    lambda h, y, g, s: safe_mul(h, s),
    lambda h, y, g, s: safe_mul(h, g),
)
safe_div = elementwise_op(
    "safe_div",
    lambda g, x: np.where(g == 0, np.zeros((), g.dtype), g / x),
    lambda h, y, g, x: safe_div(h, x),
    lambda h, y, g, x: _neg(safe_div(safe_mul(h, y), x)),
)

# -- arithmetic ---------------------------------------------------------------------------------------------------

_add = elementwise_op("add", np.add, lambda g, y, a, b: g, lambda g, y, a, b: g)
_sub = elementwise_op("sub", np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: _neg(g))
_mul = elementwise_op("mul", np.multiply, lambda g, y, a, b: _mul(g, b), lambda g, y, a, b: _mul(g, a))
_div = elementwise_op(
    "div",
    np.true_divide,
    lambda g, y, a, b: safe_div(g, b),
    lambda g, y, a, b: _neg(safe_div(safe_mul(g, y), b)),
)
_neg = elementwise_op("neg", np.negative, lambda g, y, x: _neg(g))
_abs = elementwise_op("abs", np.abs, lambda g, y, x: safe_mul(g, _sign(x)))
_sign = elementwise_op("sign", np.sign, lambda g, y, x: None)
_square = elementwise_op("square", np.square, lambda g, y, x: safe_mul(g, _mul(x, scalar(2, x.dtype))))
_reciprocal = elementwise_op("reciprocal", np.reciprocal, lambda g, y, x: _neg(safe_mul(g, _square(y))))
_floor_divide = elementwise_op("floor_divide", np.floor_divide)
_mod = elementwise_op("mod", np.mod, lambda g, y, a, b: g, lambda g, y, a, b: _neg(_mul(g, floor_divide(a, b))))


def _pow_exponent(g: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    # The limit at 0 is 0: log(0) times 0 would be NaN.
    zero = equal(a, 0)
    return safe_mul(g, where(zero, 0, _mul(y, _log(where(zero, 1, a)))))


def _pow_base(g: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    # The power 0 is the constant 1, at 0 too, where 0 times 0 to the power of -1 would be NaN.
    return safe_mul(g, _mul(b, _pow(a, where(equal(b, 0), 1, _sub(b, scalar(1, b.dtype))))))


_pow = elementwise_op("pow", np.power, _pow_base, _pow_exponent)
_int_power = Op(
    "int_power",
    same_spec,
    np.power,
    elementwise=True,
    opcode=lambda inputs, output: f"pow.{dtypes.SUFFIX.get(output.dtype)}",
)


def _choice(name: str, forward: Callable[..., Any]) -> Op:
    # Where both are equal each gets half of the gradient, as in JAX and TensorFlow's numpy.
    def take(g: Tensor, y: Tensor, x: Tensor, other: Tensor) -> Tensor:
        half = where(equal(x, other), 0.5, 1.0)
        return safe_mul(g, cast(where(equal(x, y), half, 0.0), g.dtype))

    return elementwise_op(name, forward, take, lambda g, y, a, b: take(g, y, b, a))


_maximum = _choice("maximum", np.maximum)
_minimum = _choice("minimum", np.minimum)


def add(x1: Any, x2: Any) -> Tensor:
    """x1 + x2, element by element, with broadcasting.

    >>> add([1, 2], 0.5).tolist()
    [1.5, 2.5]
    """
    a, b = promote(x1, x2)
    return logical_or(a, b) if a.dtype == "bool" else _add(a, b)


def subtract(x1: Any, x2: Any) -> Tensor:
    """x1 - x2, element by element, with broadcasting."""
    a, b = promote(x1, x2)
    if a.dtype == "bool":
        raise TypeError("subtract is not defined for booleans; use logical_xor, or cast first")
    return _sub(a, b)


def multiply(x1: Any, x2: Any) -> Tensor:
    """x1 * x2, element by element, with broadcasting."""
    a, b = promote(x1, x2)
    return logical_and(a, b) if a.dtype == "bool" else _mul(a, b)


def divide(x1: Any, x2: Any) -> Tensor:
    """x1 / x2, element by element, with broadcasting; integers give floats."""
    return _div(*promote(x1, x2, minimum="float"))


true_divide = divide


def divide_no_nan(x1: Any, x2: Any) -> Tensor:
    """x1 / x2, and 0 where x2 is 0."""
    a, b = promote(x1, x2, minimum="float")
    zero = equal(b, 0)
    return where(zero, 0, _div(a, where(zero, 1, b)))


def floor_divide(x1: Any, x2: Any) -> Tensor:
    """The floor of x1 / x2, in their common dtype."""
    a, b = promote(x1, x2, minimum="int32" if _both_bool(x1, x2) else None)
    return _floor_divide(a, b)


def mod(x1: Any, x2: Any) -> Tensor:
    """The remainder of the floored division of x1 by x2, with the sign of x2."""
    a, b = promote(x1, x2, minimum="int32" if _both_bool(x1, x2) else None)
    return _mod(a, b)


def _both_bool(*values: Any) -> bool:
    return all(
        dtypes.weak(x if isinstance(x, (Tensor, Variable, int, float)) else as_tensor(x)) == "bool" for x in values
    )


def power(x1: Any, x2: Any) -> Tensor:
    """x1 raised to the power x2, element-wise. A negative power of an integer is rounded towards zero: 1, -1 or 0."""
    if isinstance(x2, (int, float)) and not isinstance(x2, bool):
        x = x1 if isinstance(x1, Tensor) else as_tensor(x1)
        if x.dtype in dtypes.DIFFERENTIABLE:
            if x2 == 2:
                return _square(x)
            if x2 == 1:
                return x
            if x2 == 0.5:
                return _sqrt(x)
    a, b = promote(x1, x2, minimum="int32" if _both_bool(x1, x2) else None)
    if a.dtype in ("int8", "int16"):  # numpy raises for negative powers; the kernels, in wider integers, give 0
        return cast(_int_power(cast(a, "int32"), cast(b, "int32")), a.dtype)
    return _pow(a, b) if a.dtype in dtypes.DIFFERENTIABLE else _int_power(a, b)


def maximum(x1: Any, x2: Any) -> Tensor:
    """Element-wise maximum of x1 and x2; NaN where either is NaN."""
    a, b = promote(x1, x2)
    return logical_or(a, b) if a.dtype == "bool" else _maximum(a, b)


def minimum(x1: Any, x2: Any) -> Tensor:
    """Element-wise minimum of x1 and x2; NaN where either is NaN."""
    a, b = promote(x1, x2)
    return logical_and(a, b) if a.dtype == "bool" else _minimum(a, b)


def clip(x: Any, x_min: Any, x_max: Any) -> Tensor:
    """Limit ``x`` to [x_min, x_max], in the common dtype; `None` means no limit.

    >>> clip([-2.0, 0.5, 3.0], 0, 1).tolist()
    [0.0, 0.5, 1.0]
    """
    limits = [v for v in (x_min, x_max) if v is not None]
    x, *limits = promote(x, *limits)
    if x.dtype == "bool":
        x, *limits = (cast(v, "int32") for v in (x, *limits))
    if x_min is not None:
        x = _maximum(x, limits[0])
    return x if x_max is None else _minimum(x, limits[-1])


def abs(x: Any) -> Tensor:
    """Element-wise absolute value of x, also of complex numbers."""
    x = x if isinstance(x, Tensor) else as_tensor(x)
    if x.dtype in dtypes.PARTS:
        return table["hypot"](table["real"](x), table["imag"](x))
    return x if x.dtype == "bool" else _abs(x)


absolute = abs
negative = number(_neg, "-x")
sign = number(_sign, "-1, 0 or 1 with the sign of x")
square = number(_square, "x * x")


def squared_size(x: Tensor) -> Tensor:
    """The square of abs(x), element by element: a real number for a complex one too."""
    if x.dtype in dtypes.PARTS:
        return _add(_square(table["real"](x)), _square(table["imag"](x)))
    return _square(x)


reciprocal = floating(_reciprocal, "1 / x")

# -- functions of one float ---------------------------------------------------------------------------------------

_erf_numpy = np.vectorize(math.erf, otypes=[float])
_TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)


def _float_op(name: str, forward: Callable[..., Any], vjp: Any, doc: str) -> Callable[[Any], Tensor]:
    return floating(elementwise_op(name, forward, vjp), doc)


_sqrt = elementwise_op("sqrt", np.sqrt, lambda g, y, x: safe_div(_mul(g, scalar(0.5, g.dtype)), y))
_log = elementwise_op("log", np.log, lambda g, y, x: safe_div(g, x))
_tanh = elementwise_op("tanh", np.tanh, lambda g, y, x: _tanh_grad(g, y))
_sigmoid = elementwise_op("sigmoid", lambda x: 1 / (1 + np.exp(-x)), lambda g, y, x: _sigmoid_grad(g, y))
_relu = elementwise_op("relu", lambda x: np.maximum(x, 0), lambda g, y, x: _relu_grad(g, y))
_tanh_grad = elementwise_op(
    "tanh_grad",
    lambda g, y: g * (1 - y * y),
    lambda h, z, g, y: _tanh_grad(h, y),
    lambda h, z, g, y: _mul(h, _mul(scalar(-2, g.dtype), _mul(g, y))),
)
_sigmoid_grad = elementwise_op(
    "sigmoid_grad",
    lambda g, y: g * y * (1 - y),
    lambda h, z, g, y: _sigmoid_grad(h, y),
    lambda h, z, g, y: _mul(_mul(h, g), _sub(scalar(1, g.dtype), _mul(scalar(2, g.dtype), y))),
)
_relu_grad = elementwise_op(
    "relu_grad",
    lambda g, y: np.where(y > 0, g, np.zeros_like(g)),
    lambda h, z, g, y: _relu_grad(h, y),
    lambda h, z, g, y: None,
)

sqrt = floating(_sqrt, "The square root of x")
rsqrt = _float_op(
    "rsqrt",
    lambda x: 1 / np.sqrt(x),
    lambda g, y, x: safe_mul(_mul(g, scalar(-0.5, g.dtype)), _div(y, x)),
    "1 / sqrt(x)",
)
exp = _float_op("exp", np.exp, lambda g, y, x: safe_mul(g, y), "e to the power of x")
exp2 = _float_op(
    "exp2", np.exp2, lambda g, y, x: _mul(safe_mul(g, y), scalar(math.log(2), g.dtype)), "2 to the power of x"
)
expm1 = _float_op(
    "expm1", np.expm1, lambda g, y, x: safe_mul(g, _add(y, scalar(1, g.dtype))), "exp(x) - 1, exact near 0"
)
log = floating(_log, "The natural logarithm of x")
log1p = _float_op(
    "log1p", np.log1p, lambda g, y, x: safe_div(g, _add(x, scalar(1, g.dtype))), "log(1 + x), exact near 0"
)
log2 = _float_op(
    "log2", np.log2, lambda g, y, x: safe_div(g, _mul(x, scalar(math.log(2), g.dtype))), "The logarithm of x to base 2"
)
log10 = _float_op(
    "log10",
    np.log10,
    lambda g, y, x: safe_div(g, _mul(x, scalar(math.log(10), g.dtype))),
    "The logarithm of x to base 10",
)
sin = _float_op("sin", np.sin, lambda g, y, x: _mul(g, cos(x)), "The sine of x")
cos = _float_op("cos", np.cos, lambda g, y, x: _neg(_mul(g, sin(x))), "The cosine of x")
tan = _float_op("tan", np.tan, lambda g, y, x: _mul(g, _add(_square(y), scalar(1, g.dtype))), "The tangent of x")
tanh = floating(_tanh, "The hyperbolic tangent of x")
sigmoid = floating(_sigmoid, "1 / (1 + exp(-x))")
erf = _float_op(
    "erf",
    _erf_numpy,
    lambda g, y, x: _mul(g, _mul(scalar(_TWO_OVER_SQRT_PI, g.dtype), exp(_neg(_square(x))))),
    "The error function of x",
)
softplus = _float_op("softplus", lambda x: np.logaddexp(x, 0), lambda g, y, x: _mul(g, _sigmoid(x)), "log(1 + exp(x))")


def _rounding(name: str, forward: Callable[..., Any], doc: str) -> Callable[[Any], Tensor]:
    return floating(elementwise_op(name, forward, lambda g, y, x: None), doc)


floor = _rounding("floor", np.floor, "The largest integer that is at most x")
ceil = _rounding("ceil", np.ceil, "The smallest integer that is at least x")
trunc = integers_unchanged(elementwise_op("trunc", np.trunc, lambda g, y, x: None), "x without its fraction")
_round_even = _rounding("round", np.round, "The nearest integer, halves rounded to even")


def round(x: Any, decimals: int = 0) -> Tensor:
    """Round ``x`` to ``decimals`` digits, halves to even."""
    x = x if isinstance(x, Tensor) else as_tensor(x)
    if x.dtype not in dtypes.FLOATS and decimals >= 0:
        return x
    if decimals == 0:
        return _round_even(x)
    scale = 10.0**decimals
    rounded = divide(_round_even(multiply(as_float(x), scale)), scale)
    return cast(rounded, x.dtype)


def relu(x: Any) -> Tensor:
    """max(x, 0); NaN stays NaN."""
    x = x if isinstance(x, Tensor) else as_tensor(x)
    return _relu(x) if x.dtype in dtypes.FLOATS else maximum(x, 0)


_sigmoid_xent = elementwise_op(
    "sigmoid_xent",
    lambda x, z: np.maximum(x, 0) - x * z + np.log1p(np.exp(-np.abs(x))),
    lambda g, y, x, z: _mul(g, _sub(_sigmoid(x), z)),
    lambda g, y, x, z: _neg(_mul(g, x)),
)


def sigmoid_cross_entropy(logits: Any, target: Any) -> Tensor:
    """Cross-entropy of ``target`` with sigmoid(logits): max(x, 0) - x z + log(1 + exp(-abs(x))), stable."""
    return _sigmoid_xent(*promote(logits, target, minimum="float"))


# -- fused ops that the compiler's rewrites create (`compiler/rewrite.py`)
# ----------------------------------------------

elementwise_op("muladd", lambda x, y, z: x * y + z)
elementwise_op("submul", lambda x, y, z: z - x * y)
elementwise_op("lerp", lambda x, y, z: x + (y - x) * z)
elementwise_op("div_root", lambda x, y, z: x / (np.sqrt(y) + z))
elementwise_op("div_root_of_sum", lambda x, y, z: x / np.sqrt(y + z))
elementwise_op("muladd_square", lambda x, y, z: x * np.square(y) + z)
