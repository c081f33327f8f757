"""Ops that are one operator of ONNX, and ops that are formulas of other ops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ckeras import ops
from ckeras.export import formulas
from ckeras.export.builder import CONVERTERS, Builder, by_formula, converts
from ckeras.export.sizes import Call
from ckeras.ops.nn.attention import _by_scores
from ckeras.tensor import Tensor
from ckeras.tensor.dtypes import FLOATS

# Op -> the ONNX operator of the same arguments.
OPERATORS = {
    "abs": "Abs", "add": "Add", "arccos": "Acos", "arccosh": "Acosh", "arcsin": "Asin", "arcsinh": "Asinh",
    "arctan": "Atan", "arctanh": "Atanh", "bitwise_and": "BitwiseAnd", "bitwise_invert": "BitwiseNot",
    "bitwise_or": "BitwiseOr", "bitwise_xor": "BitwiseXor", "ceil": "Ceil", "cos": "Cos", "cosh": "Cosh", "det": "Det",
    "div": "Div", "equal": "Equal", "erf": "Erf", "exp": "Exp", "floor": "Floor", "greater": "Greater",
    "greater_equal": "GreaterOrEqual", "int_power": "Pow", "isinf": "IsInf", "isnan": "IsNaN", "less": "Less",
    "less_equal": "LessOrEqual", "log": "Log", "logical_and": "And", "logical_not": "Not", "logical_or": "Or",
    "logical_xor": "Xor", "maximum": "Max", "minimum": "Min", "mul": "Mul", "neg": "Neg", "pow": "Pow",
    "reciprocal": "Reciprocal", "relu": "Relu", "round": "Round", "sigmoid": "Sigmoid", "sign": "Sign", "sin": "Sin",
    "sinh": "Sinh", "softplus": "Softplus", "sqrt": "Sqrt", "sub": "Sub", "tan": "Tan", "tanh": "Tanh",
    "where": "Where",
}  # fmt: skip


def _operator(kind: str) -> Any:
    return lambda b, call: b.add(kind, *map(b.of, call.inputs))


CONVERTERS.update((name, _operator(kind)) for name, kind in OPERATORS.items())


@converts("copy", "stop_gradient")
def _identity(b: Builder, call: Call) -> str:
    return b.of(call.inputs[0])


@converts("custom")
def _custom(b: Builder, call: Call) -> list[str]:
    return [b.of(x) for x in call.inputs[call["count"] :]]


@converts("softmax", "log_softmax")
def _softmax(b: Builder, call: Call) -> str:
    return b.add({"softmax": "Softmax", "log_softmax": "LogSoftmax"}[call.op.name], b.of(call.inputs[0]), axis=-1)


@converts("add")
def _add(b: Builder, call: Call) -> str:
    """A sum, as the bias of a convolution where it is one."""
    for x, bias in (call.inputs, call.inputs[::-1]):
        conv = b.producer(_before_transpose(b, b.of(x)))
        is_conv = x.call is not None and x.call.op.name in ("conv", "conv_input_grad") and x.readers == 1
        if is_conv and bias.constant is not None and conv is not None and len(conv.input) == 2:
            filters, shape = x.shape[-1], bias.shape
            if shape[-1:] == (filters,) and math.prod(shape) == filters and conv.op_type in ("Conv", "ConvTranspose"):
                conv.input.append(b.constant(bias.constant.ravel(), name=bias.name))
                return b.of(x)
    return b.add("Add", *map(b.of, call.inputs))


def _before_transpose(b: Builder, name: str) -> str:
    node = b.producer(name)
    return node.input[0] if node is not None and node.op_type == "Transpose" else name


# -- formulas


def _mod(x: Tensor, y: Tensor) -> Tensor:
    return x - ops.floor(x / y) * y


@converts("mod")
def _modulo(b: Builder, call: Call) -> Any:
    if call.dtype in FLOATS:
        return b.formula(_mod, call.inputs, call.each)
    return b.add("Mod", *map(b.of, call.inputs))


def _floor_divide(x: Tensor, y: Tensor) -> Tensor:
    if x.dtype in FLOATS:
        return ops.floor(x / y)
    return ops.cast((ops.cast(x, "float64") - ops.cast(ops.mod(x, y), "float64")) / ops.cast(y, "float64"), x.dtype)


def _arctan2(y: Tensor, x: Tensor) -> Tensor:
    quotient = ops.arctan(y / ops.where(x == 0, 1.0, x))
    side = ops.where(y < 0, -math.pi, math.pi)
    upright = ops.where(y == 0, 0.0, side / 2)
    return ops.where(x > 0, quotient, ops.where(x < 0, quotient + side, upright))


def _trunc(x: Tensor) -> Tensor:
    return ops.sign(x) * ops.floor(ops.abs(x))


def _searchsorted(sequence: Tensor, values: Tensor, side: str) -> Tensor:
    compare = ops.greater_equal if side == "right" else ops.greater
    return ops.sum(ops.cast(compare(ops.expand_dims(values, -1), sequence), "int32"), -1)


def _isin(x: Tensor, values: Tensor, invert: bool) -> Tensor:
    found = ops.any(ops.equal(ops.expand_dims(x, -1), ops.reshape(values, (-1,))), -1)
    return ops.logical_not(found) if invert else found


def _norm_rows(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float, centered: bool) -> Tensor:
    axes = tuple(range(len(x.shape) - len(gamma.shape), len(x.shape)))
    if centered:
        x = x - ops.mean(x, axes, keepdims=True)
    root = ops.sqrt(ops.mean(x * x, axes, keepdims=True) + epsilon)
    return x / root * gamma + beta


def _norm_moments(x: Tensor, groups: int, epsilon: float) -> list[Tensor]:
    """The mean and the variance of each group of channels of each sample; without groups, of each channel."""
    if groups:
        x = ops.reshape(x, (x.shape[0], math.prod(x.shape[1:-1]), groups, x.shape[-1] // groups))
        axes: tuple[int, ...] = (1, 3)
    else:
        axes = tuple(range(len(x.shape) - 1))
    mean = ops.mean(x, axes, keepdims=True)
    variance = ops.mean(ops.square(x - mean), axes)
    saved = ops.stack([ops.reshape(mean, variance.shape), variance])
    return [saved[0], variance, ops.cast(saved, "float64")]


def _norm_apply(x: Tensor, saved: Tensor, gamma: Tensor, beta: Tensor, groups: int, epsilon: float) -> Tensor:
    """The normalized channels; ``saved`` has means and variances, as `_norm_moments` gives them."""
    saved = ops.cast(saved, x.dtype)
    if groups:
        shape = (x.shape[0], *(1,) * (len(x.shape) - 2), groups, 1)
        apart = ops.reshape(x, (*x.shape[:-1], groups, x.shape[-1] // groups))
        mean, variance = (ops.reshape(saved[i], shape) for i in (0, 1))
        y = ops.reshape((apart - mean) / ops.sqrt(variance + epsilon), x.shape)
    else:
        y = (x - saved[0]) / ops.sqrt(saved[1] + epsilon)
    return y * gamma + beta


FORMULAS: dict[str, Callable[..., Any]] = {
    "arctan2": _arctan2,
    "attention": _by_scores,
    "cbrt": lambda x: ops.sign(x) * ops.power(ops.abs(x), 1 / 3),
    "cumprod": formulas.cumprod,
    "dense": lambda a, b, *bias, activation: getattr(ops, activation, lambda x: x)(
        ops.matmul(a, b) + bias[0] if bias else ops.matmul(a, b)
    ),
    "dft": formulas.dft,
    "digitize": lambda x, bins: _searchsorted(bins, x, "right"),
    "erfc": lambda x: 1 - ops.erf(x),
    "exp2": lambda x: ops.exp(x * math.log(2)),
    "expm1": lambda x: ops.exp(x) - 1,
    "floor_divide": _floor_divide,
    "fmod": lambda x, y: x - _trunc(x / y) * y,
    "fold_patches": formulas.fold_patches,
    "geomspace": formulas.geomspace,
    "hypot": lambda x, y: ops.sqrt(x * x + y * y),
    "interpolate_at": formulas.interpolate_at,
    "irfft": formulas.irfft,
    "isfinite": lambda x: ops.logical_not(ops.logical_or(ops.isinf(x), ops.isnan(x))),
    "isin": _isin,
    "lerp": lambda x, y, z: x + (y - x) * z,
    "linspace": formulas.linspace,
    "log10": lambda x: ops.log(x) / math.log(10),
    "log1p": lambda x: ops.log(1 + x),
    "log2": lambda x: ops.log(x) / math.log(2),
    "logaddexp": lambda x, y: ops.maximum(x, y) + ops.log(1 + ops.exp(-ops.abs(x - y))),
    "norm_apply": _norm_apply,
    "norm_moments": _norm_moments,
    "norm_rows": _norm_rows,
    "not_equal": lambda x, y: ops.logical_not(ops.equal(x, y)),
    "patches": formulas.patches,
    "recurrence": formulas.recurrence,
    "rfft": formulas.rfft,
    "rsqrt": lambda x: ops.reciprocal(ops.sqrt(x)),
    "searchsorted": _searchsorted,
    "sparsemax": formulas.sparsemax,
    "square": lambda x: x * x,
    "trunc": _trunc,
    "unslice": formulas.unslice,
    "weighted_rows": formulas.weighted_rows,
}

for _name, _function in FORMULAS.items():
    by_formula(_name, _function)
