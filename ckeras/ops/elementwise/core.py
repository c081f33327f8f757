"""Element-wise ops with broadcasting. Consecutive ones compile into one fused kernel."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ckeras import config
from ckeras.tensor import Op, Spec, Tensor, arguments, as_tensor, dtypes, table
from ckeras.tensor.eager import constant
from ckeras.tensor.variable import Variable


def broadcast_shapes(*shapes: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """Broadcast the shapes against each other; `None` is an unknown dimension."""
    if shapes.count(shapes[0]) == len(shapes):
        return tuple(shapes[0])
    rank = max(len(s) for s in shapes)
    result: list[int | None] = []
    for axis in range(-rank, 0):
        size: int | None = 1
        for shape in shapes:
            d = shape[axis] if -axis <= len(shape) else 1
            if d == 1 or d == size:
                continue
            if size in (1, None):
                size = d
            elif d is not None:
                raise ValueError(f"shapes {' and '.join(map(str, shapes))} cannot be broadcast together")
        result.append(size)
    return tuple(result)


def _same(*inputs: Spec, **attrs: Any) -> Spec:
    return Spec(broadcast_shapes(*(x.shape for x in inputs)), inputs[-1].dtype)


def _boolean(*inputs: Spec, **attrs: Any) -> Spec:
    return Spec(broadcast_shapes(*(x.shape for x in inputs)), "bool")


@lru_cache(maxsize=1024)
def _scalar(kind: type, value: Any, dtype: str, sign: float) -> Tensor:
    tensor = constant(value, dtype)
    tensor._array.setflags(write=False)
    return tensor


def scalar(value: Any, dtype: str) -> Tensor:
    """Cached rank-0 tensor of a Python number."""
    return _scalar(type(value), value, dtype, math.copysign(1.0, value))


def promote(*values: Any, minimum: str | None = None) -> list[Tensor]:
    """Convert the values to tensors of their common dtype; Python numbers take the dtype of the tensors."""
    names, prepared = [], []
    for x in values:
        if isinstance(x, (bool, int, float)) and not isinstance(x, np.generic):
            prepared.append(x)
            names.append(type(x).__name__)
        else:
            x = x if isinstance(x, Tensor) else as_tensor(x)
            prepared.append(x)
            names.append(x.dtype)
    if minimum is not None:
        names.append(minimum)
    target = dtypes.result_type(*names)
    return [cast(x, target) if isinstance(x, Tensor) else scalar(x, target) for x in prepared]


def cast(x: Any, dtype: Any) -> Tensor:
    """Convert ``x`` to ``dtype``; floats are rounded towards zero, non-zero values become true.

    >>> cast([1.7, -1.7], "int32").tolist()
    [1, -1]
    """
    dtype = dtypes.standardize(dtype)
    x = x if isinstance(x, Tensor) else as_tensor(x)
    return x if x.dtype == dtype else _cast(x, dtype=dtype)


def as_float(x: Any) -> Tensor:
    """Convert ``x`` to a tensor of floats; integers and booleans become the default float type."""
    x = x if isinstance(x, Tensor) else as_tensor(x)
    return x if x.dtype in dtypes.FLOATS else cast(x, dtypes.result_type(x.dtype, "float"))


_KEEP_IMAGINARY = {*dtypes.PARTS, "bool"}
_cast = Op(
    "cast",
    infer=lambda x, dtype: Spec(x.shape, dtype),
    forward=lambda x, dtype: (x.real if dtype not in _KEEP_IMAGINARY else x).astype(dtypes.NUMPY[dtype]),
    opcode=lambda inputs, output: f"cast.{dtypes.SUFFIX.get(inputs[0].dtype)}.{dtypes.SUFFIX.get(output.dtype)}",
    vjp=[lambda g, y, x, dtype: cast(g, x.dtype)],
    elementwise=True,
)


def _op(name: str, forward: Callable[..., Any], *vjp: Any, infer: Any = _same) -> Op:
    return Op(name, infer=infer, forward=forward, vjp=list(vjp) or None, elementwise=True)


# -- products of gradients -----------------------------------------------------------------------------------------
# A cotangent times a slope that may be infinite or NaN. Where either is 0 the product is 0: what the result does not
# depend on has no gradient, as behind `where`, and the norm of zeros has the subgradient 0. A cotangent of NaN stays.

safe_mul = _op(
    "safe_mul",
    lambda g, s: np.where((g == 0) | ((s == 0) & (g == g)), np.zeros((), g.dtype), g * s),
    lambda h, y, g, s: safe_mul(h, s),
    lambda h, y, g, s: safe_mul(h, g),
)
safe_div = _op(
    "safe_div",
    lambda g, x: np.where(g == 0, np.zeros((), g.dtype), g / x),
    lambda h, y, g, x: safe_div(h, x),
    lambda h, y, g, x: _neg(safe_div(safe_mul(h, y), x)),
)

# -- arithmetic ---------------------------------------------------------------------------------------------------

_add = _op("add", np.add, lambda g, y, a, b: g, lambda g, y, a, b: g)
_sub = _op("sub", np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: _neg(g))
_mul = _op("mul", np.multiply, lambda g, y, a, b: _mul(g, b), lambda g, y, a, b: _mul(g, a))
_div = _op(
    "div",
    np.true_divide,
    lambda g, y, a, b: safe_div(g, b),
    lambda g, y, a, b: _neg(safe_div(safe_mul(g, y), b)),
)
_neg = _op("neg", np.negative, lambda g, y, x: _neg(g))
_abs = _op("abs", np.abs, lambda g, y, x: safe_mul(g, _sign(x)))
_sign = _op("sign", np.sign, lambda g, y, x: None)
_square = _op("square", np.square, lambda g, y, x: safe_mul(g, _mul(x, scalar(2, x.dtype))))
_reciprocal = _op("reciprocal", np.reciprocal, lambda g, y, x: _neg(safe_mul(g, _square(y))))
_floor_divide = _op("floor_divide", np.floor_divide)
_mod = _op("mod", np.mod, lambda g, y, a, b: g, lambda g, y, a, b: _neg(_mul(g, floor_divide(a, b))))


def _pow_exponent(g: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    # The limit at 0 is 0: log(0) times 0 would be NaN.
    zero = equal(a, 0)
    return safe_mul(g, where(zero, 0, _mul(y, _log(where(zero, 1, a)))))


def _pow_base(g: Tensor, y: Tensor, a: Tensor, b: Tensor) -> Tensor:
    # The power 0 is the constant 1, at 0 too, where 0 times 0 to the power of -1 would be NaN.
    return safe_mul(g, _mul(b, _pow(a, where(equal(b, 0), 1, _sub(b, scalar(1, b.dtype))))))


_pow = _op("pow", np.power, _pow_base, _pow_exponent)
_int_power = Op(
    "int_power",
    _same,
    np.power,
    elementwise=True,
    opcode=lambda inputs, output: f"pow.{dtypes.SUFFIX.get(output.dtype)}",
)


def _choice(name: str, forward: Callable[..., Any]) -> Op:
    # Where both are equal each gets half of the gradient, as in JAX and TensorFlow's numpy.
    def take(g: Tensor, y: Tensor, x: Tensor, other: Tensor) -> Tensor:
        half = where(equal(x, other), 0.5, 1.0)
        return safe_mul(g, cast(where(equal(x, y), half, 0.0), g.dtype))

    return _op(name, forward, take, lambda g, y, a, b: take(g, y, b, a))


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


def _number(op: Op, doc: str) -> Callable[[Any], Tensor]:
    def function(x: Any) -> Tensor:
        x = x if isinstance(x, Tensor) else as_tensor(x)
        return op(cast(x, "int32") if x.dtype == "bool" else x)

    return _named(function, op, doc)


def _integers_unchanged(op: Op, doc: str) -> Callable[[Any], Tensor]:
    def function(x: Any) -> Tensor:
        x = x if isinstance(x, Tensor) else as_tensor(x)
        return op(x) if x.dtype in dtypes.FLOATS else x

    return _named(function, op, doc)


def _floating(op: Op, doc: str) -> Callable[[Any], Tensor]:
    def function(x: Any) -> Tensor:
        return op(as_float(x))

    return _named(function, op, doc)


def _named(function: Callable[..., Any], op: Op, doc: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = (
        f"{doc}, element by element.\n\n    Integers and booleans are taken as floats where the result is not one."
    )
    return function


def abs(x: Any) -> Tensor:
    """Element-wise absolute value of x, also of complex numbers."""
    x = x if isinstance(x, Tensor) else as_tensor(x)
    if x.dtype in dtypes.PARTS:
        return table["hypot"](table["real"](x), table["imag"](x))
    return x if x.dtype == "bool" else _abs(x)


absolute = abs
negative = _number(_neg, "-x")
sign = _number(_sign, "-1, 0 or 1 with the sign of x")
square = _number(_square, "x * x")


def squared_size(x: Tensor) -> Tensor:
    """The square of abs(x), element by element: a real number for a complex one too."""
    if x.dtype in dtypes.PARTS:
        return _add(_square(table["real"](x)), _square(table["imag"](x)))
    return _square(x)


reciprocal = _floating(_reciprocal, "1 / x")

# -- functions of one float ---------------------------------------------------------------------------------------

_erf_numpy = np.vectorize(math.erf, otypes=[float])
_TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)


def _float_op(name: str, forward: Callable[..., Any], vjp: Any, doc: str) -> Callable[[Any], Tensor]:
    return _floating(_op(name, forward, vjp), doc)


_sqrt = _op("sqrt", np.sqrt, lambda g, y, x: safe_div(_mul(g, scalar(0.5, g.dtype)), y))
_log = _op("log", np.log, lambda g, y, x: safe_div(g, x))
_tanh = _op("tanh", np.tanh, lambda g, y, x: _tanh_grad(g, y))
_sigmoid = _op("sigmoid", lambda x: 1 / (1 + np.exp(-x)), lambda g, y, x: _sigmoid_grad(g, y))
_relu = _op("relu", lambda x: np.maximum(x, 0), lambda g, y, x: _relu_grad(g, y))
_tanh_grad = _op(
    "tanh_grad",
    lambda g, y: g * (1 - y * y),
    lambda h, z, g, y: _tanh_grad(h, y),
    lambda h, z, g, y: _mul(h, _mul(scalar(-2, g.dtype), _mul(g, y))),
)
_sigmoid_grad = _op(
    "sigmoid_grad",
    lambda g, y: g * y * (1 - y),
    lambda h, z, g, y: _sigmoid_grad(h, y),
    lambda h, z, g, y: _mul(_mul(h, g), _sub(scalar(1, g.dtype), _mul(scalar(2, g.dtype), y))),
)
_relu_grad = _op(
    "relu_grad",
    lambda g, y: np.where(y > 0, g, np.zeros_like(g)),
    lambda h, z, g, y: _relu_grad(h, y),
    lambda h, z, g, y: None,
)

sqrt = _floating(_sqrt, "The square root of x")
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
log = _floating(_log, "The natural logarithm of x")
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
tanh = _floating(_tanh, "The hyperbolic tangent of x")
sigmoid = _floating(_sigmoid, "1 / (1 + exp(-x))")
erf = _float_op(
    "erf",
    _erf_numpy,
    lambda g, y, x: _mul(g, _mul(scalar(_TWO_OVER_SQRT_PI, g.dtype), exp(_neg(_square(x))))),
    "The error function of x",
)
softplus = _float_op("softplus", lambda x: np.logaddexp(x, 0), lambda g, y, x: _mul(g, _sigmoid(x)), "log(1 + exp(x))")


def _rounding(name: str, forward: Callable[..., Any], doc: str) -> Callable[[Any], Tensor]:
    return _floating(_op(name, forward, lambda g, y, x: None), doc)


floor = _rounding("floor", np.floor, "The largest integer that is at most x")
ceil = _rounding("ceil", np.ceil, "The smallest integer that is at least x")
trunc = _integers_unchanged(_op("trunc", np.trunc, lambda g, y, x: None), "x without its fraction")
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


_sigmoid_xent = _op(
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

_op("muladd", lambda x, y, z: x * y + z)
_op("submul", lambda x, y, z: z - x * y)
_op("lerp", lambda x, y, z: x + (y - x) * z)
_op("div_root", lambda x, y, z: x / (np.sqrt(y) + z))

# -- comparison and logic -----------------------------------------------------------------------------------------


# Dtypes without a comparison kernel are compared in a wider dtype.
_COMPARED_AS = {**dict.fromkeys(("bool", "uint8", "int8", "uint16", "int16"), "int32"), "uint32": "int64"}


def _comparing(name: str, forward: Callable[..., Any], doc: str) -> Callable[[Any, Any], Tensor]:
    op = _op(name, forward, infer=_boolean)

    def function(x1: Any, x2: Any) -> Tensor:
        a, b = promote(x1, x2)
        wide = _COMPARED_AS.get(a.dtype)
        if wide is not None and not (a.dtype == "bool" and name in ("equal", "not_equal")):
            a, b = cast(a, wide), cast(b, wide)
        return op(a, b)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{doc}, element by element, as booleans."
    return function


equal = _comparing("equal", np.equal, "Whether x1 equals x2")
not_equal = _comparing("not_equal", np.not_equal, "Whether x1 differs from x2")
less = _comparing("less", np.less, "Whether x1 < x2")
less_equal = _comparing("less_equal", np.less_equal, "Whether x1 <= x2")
greater = _comparing("greater", np.greater, "Whether x1 > x2")
greater_equal = _comparing("greater_equal", np.greater_equal, "Whether x1 >= x2")


def _logical(name: str, forward: Callable[..., Any], doc: str) -> Callable[..., Tensor]:
    op = _op(name, forward, infer=_boolean)

    def function(*values: Any) -> Tensor:
        return op(*(cast(x, "bool") for x in values))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{doc}, element by element; anything but 0 is true."
    return function


_logical_and = _logical("logical_and", np.logical_and, "Whether both are true")
_logical_or = _logical("logical_or", np.logical_or, "Whether either is true")
_logical_xor = _logical("logical_xor", np.logical_xor, "Whether just one is true")
_logical_not = _logical("logical_not", np.logical_not, "Whether x is false")


def logical_and(x1: Any, x2: Any) -> Tensor:
    """Element-wise logical and; non-zero values are true."""
    return _logical_and(x1, x2)


def logical_or(x1: Any, x2: Any) -> Tensor:
    """Element-wise logical or; non-zero values are true."""
    return _logical_or(x1, x2)


def logical_xor(x1: Any, x2: Any) -> Tensor:
    """Element-wise exclusive or; non-zero values are true."""
    return _logical_xor(x1, x2)


def logical_not(x: Any) -> Tensor:
    """Element-wise logical negation."""
    return _logical_not(x)


# -- bits ---------------------------------------------------------------------------------------------------------


def _bitwise(
    name: str, forward: Callable[..., Any], of_bools: Callable[..., Tensor], doc: str
) -> Callable[..., Tensor]:
    op = _op(name, forward)

    def of_integers(*values: Any) -> Tensor:
        tensors = promote(*values)
        dtype = tensors[0].dtype
        if dtype == "bool":
            return of_bools(*tensors)
        if dtype not in dtypes.INTEGERS:
            raise TypeError(f"{name} works on integers and booleans, got dtype {dtype}")
        return op(*tensors)

    if forward is np.invert:

        def function(x: Any) -> Tensor:
            return of_integers(x)
    else:

        def function(x: Any, y: Any) -> Tensor:
            return of_integers(x, y)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{doc}, element by element, of integers or booleans."
    return function


bitwise_and = _bitwise("bitwise_and", np.bitwise_and, logical_and, "The bits that both have")
bitwise_or = _bitwise("bitwise_or", np.bitwise_or, logical_or, "The bits that either has")
bitwise_xor = _bitwise("bitwise_xor", np.bitwise_xor, logical_xor, "The bits that just one has")
bitwise_invert = bitwise_not = _bitwise("bitwise_invert", np.invert, logical_not, "The bits that it does not have")

isnan = _floating(_op("isnan", np.isnan, infer=_boolean), "Whether x is NaN")
isinf = _floating(_op("isinf", np.isinf, infer=_boolean), "Whether x is infinite")
isfinite = _floating(_op("isfinite", np.isfinite, infer=_boolean), "Whether x is neither infinite nor NaN")

_where = _op(
    "where",
    np.where,
    lambda g, y, c, a, b: None,
    lambda g, y, c, a, b: _where(c, g, scalar(0, g.dtype)),
    lambda g, y, c, a, b: _where(c, scalar(0, g.dtype), g),
)


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where ``condition`` is true, x2 elsewhere; without x1 and x2, the indices of the true elements.

    >>> where([True, False], 1.0, 2.0).tolist()
    [1.0, 2.0]
    """
    if x1 is None and x2 is None:
        return tuple(as_tensor(i.astype("int32")) for i in np.nonzero(as_tensor(condition).numpy()))
    if x1 is None or x2 is None:
        raise ValueError("where expects both x1 and x2, or neither")
    return _where(cast(condition, "bool"), *promote(x1, x2))


def _broadcast_infer(x: Spec, shape: tuple[int | None, ...]) -> Spec:
    lead = len(shape) - len(x.shape)
    kept = tuple(x.shape[i - lead] if d is None and i >= lead else d for i, d in enumerate(shape))
    if lead < 0 or any(d is not None and d < 0 for d in kept) or broadcast_shapes(x.shape, kept) != kept:
        raise ValueError(f"broadcast_to cannot stretch shape {x.shape} to {shape}")
    return Spec(kept, x.dtype)


_broadcast_to = Op(
    "broadcast_to",
    infer=_broadcast_infer,
    forward=lambda x, shape: np.broadcast_to(x, _broadcast_infer(x, shape).shape),
    opcode=lambda inputs, output: f"copy.{dtypes.SUFFIX.get(output.dtype)}",
    vjp=[lambda g, y, x, shape: g],  # the tape sums the gradient over the broadcast axes
    elementwise=True,
)


def broadcast_to(x: Any, shape: Any) -> Tensor:
    """Broadcast ``x`` to ``shape``; `None` in ``shape`` keeps the size of an axis."""
    x = x if isinstance(x, Tensor) else as_tensor(x)
    shape = arguments.partial_shape(shape, "broadcast_to")
    return x if x.shape == shape else _broadcast_to(x, shape=shape)


def default_float(dtype: Any) -> str:
    """The name of ``dtype``, or the default float type for `None`."""
    return config.floatx() if dtype is None else dtypes.standardize(dtype)
