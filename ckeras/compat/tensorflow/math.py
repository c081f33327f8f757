"""``tensorflow.math``."""

from typing import Any

from ckeras import ops as _ops
from ckeras.compat.tensorflow.table import names_of

_UNARY = ("abs", "exp", "sqrt", "square", "sin", "cos", "tan", "tanh", "sigmoid", "sign", "negative")
_ROUNDING = ("round", "floor", "ceil")
_BINARY = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "logical_and", "logical_or")
_COMPARING = ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
_REDUCED = ("sum", "mean", "max", "min", "prod", "any", "all")

# These are found in tensorflow and in tensorflow.math.
ARITHMETIC = {
    **{name: f"ops.{name}(x)" for name in [*_UNARY, *_ROUNDING]},
    **{name: f"ops.{name}(x=x1, y=x2)" for name in [*_BINARY, *_COMPARING]},
    **{f"reduce_{name}": f"ops.{name}(input_tensor=x, axis, keepdims)" for name in _REDUCED},
    "pow": "ops.power(x=x1, y=x2)",
    "logical_not": "ops.logical_not(x)",
}

ROWS = {
    **ARITHMETIC,
    **{name: f"ops.{name}(x)" for name in ("log", "log1p", "expm1", "erf", "rsqrt", "reciprocal")},
    "softplus": "ops.softplus(features=x)",
    "is_nan": "ops.isnan(x)",
    "is_inf": "ops.isinf(x)",
    "is_finite": "ops.isfinite(x)",
    "floormod": "ops.mod(x=x1, y=x2)",
    "reduce_std": "ops.std(input_tensor=x, axis, keepdims)",
    "reduce_variance": "ops.var(input_tensor=x, axis, keepdims)",
    "reduce_logsumexp": "ops.logsumexp(input_tensor=x, axis, keepdims)",
}

__getattr__, __dir__ = names_of(__name__, ROWS)


def argmax(input: Any, axis: int = 0, output_type: Any = "int64", name: str | None = None) -> Any:
    """Where the largest value stands along ``axis``, which is the first one unless given."""
    return _ops.cast(_ops.argmax(input, axis=axis), output_type)


def argmin(input: Any, axis: int = 0, output_type: Any = "int64", name: str | None = None) -> Any:
    """Where the smallest value stands along ``axis``, which is the first one unless given."""
    return _ops.cast(_ops.argmin(input, axis=axis), output_type)


def squared_difference(x: Any, y: Any, name: str | None = None) -> Any:
    """``(x - y) ** 2``."""
    return _ops.square(_ops.subtract(x, y))
