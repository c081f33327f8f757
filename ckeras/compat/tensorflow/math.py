"""``tensorflow.math``."""

from typing import Any, NamedTuple

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.dispatch import dispatching
from ckeras.compat.tensorflow.table import names_of

_UNARY = (
    "abs", "exp", "sqrt", "square", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "sign", "negative",
)  # fmt: skip
_INVERSE = {name: f"arc{name[1:]}" for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")}
_ROUNDING = ("round", "floor", "ceil")
_BINARY = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "logical_and", "logical_or")
_COMPARING = ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
_SEGMENTS = ("sum", "max", "min", "prod")
_SPECIAL = (
    "bessel_i0e", "bessel_i1", "bessel_i1e", "betainc", "cumulative_logsumexp", "digamma", "erfcinv", "igamma",
    "igammac", "lbeta", "lgamma", "ndtri", "polygamma", "reciprocal_no_nan", "zeta",
)  # fmt: skip
_REDUCED = ("sum", "mean", "max", "min", "prod", "any", "all", "logsumexp")

# These are found in tensorflow and in tensorflow.math.
ARITHMETIC = {
    **{name: f"ops.{name}(x)" for name in [*_UNARY, *_ROUNDING]},
    **{name: f"ops.{name}(x=x1, y=x2)" for name in [*_BINARY, *_COMPARING]},
    **{f"reduce_{name}": f"compat.tensorflow.reductions.reduce_{name}" for name in _REDUCED},
    **{name: f"ops.{ours}(x)" for name, ours in _INVERSE.items()},
    "atan2": "ops.arctan2(y=x1, x=x2)",
    "pow": "ops.power(x=x1, y=x2)",
    "truediv": "ops.true_divide(x=x1, y=x2)",
    "floormod": "ops.mod(x=x1, y=x2)",
    "logical_not": "ops.logical_not(x)",
    **{name: f"ops.{name}(input=x)" for name in ("real", "imag", "angle")},
    "conj": "ops.conj(x)",
    **{name: f"compat.tensorflow.math.{name}" for name in ("add_n", "complex", "cumsum")},
    **{name: f"compat.tensorflow.reductions.{name}" for name in ("argmax", "argmin")},
}

ROWS = {
    **ARITHMETIC,
    **{name: f"ops.{name}(x)" for name in ("log", "log1p", "expm1", "erf", "erfc", "erfinv", "rsqrt", "reciprocal")},
    **{name: f"ops.{name}(features=x)" for name in ("softplus", "softsign")},
    **{name: f"ops.{name}(logits=x, axis)" for name in ("softmax", "log_softmax")},
    **{f"segment_{name}": f"ops.segment_{name}(data, segment_ids)" for name in _SEGMENTS},
    **{f"unsorted_segment_{name}": f"ops.segment_{name}(data, segment_ids, num_segments)" for name in _SEGMENTS},
    "log_sigmoid": "ops.log_sigmoid(x)",
    "bessel_i0": "ops.i0(x)",
    "nextafter": "ops.nextafter(x1, x2)",
    "rint": "ops.round(x)",
    "count_nonzero": "ops.count_nonzero(input=x, axis)",
    "floordiv": "ops.floor_divide(x=x1, y=x2)",
    "mod": "ops.mod(x=x1, y=x2)",
    "logical_xor": "ops.logical_xor(x=x1, y=x2)",
    "divide_no_nan": "ops.divide_no_nan(x=x1, y=x2)",
    "scalar_mul": "ops.multiply(scalar=x1, x=x2)",
    "in_top_k": "ops.in_top_k(targets, predictions, k)",
    "reduce_euclidean_norm": "ops.norm(input_tensor=x, axis, keepdims)",
    "is_nan": "ops.isnan(x)",
    "is_inf": "ops.isinf(x)",
    "is_finite": "ops.isfinite(x)",
    "reduce_std": "ops.std(input_tensor=x, axis, keepdims)",
    "reduce_variance": "ops.var(input_tensor=x, axis, keepdims)",
    **{name: f"compat.tensorflow.special.{name}" for name in _SPECIAL},
    "accumulate_n": "compat.tensorflow.math.add_n",
    "unsorted_segment_sqrt_n": "compat.tensorflow.math.unsorted_segment_sqrt_n",
}

__getattr__, __dir__ = names_of(__name__, ROWS, dispatching)


def complex(real: Any, imag: Any, name: str | None = None) -> Any:
    """The complex numbers of these real and imaginary parts, which are of the same float dtype."""
    real, imag = _ops.convert_to_tensor(real), _ops.convert_to_tensor(imag)
    if real.dtype != imag.dtype or real.dtype not in ("float32", "float64"):
        raise TypeError(
            f"complex expects two tensors of float32 or of float64, got dtypes {real.dtype} and {imag.dtype}"
        )
    shape = np.broadcast_shapes(real.shape, imag.shape)
    return _ops.view_as_complex(_ops.stack([_ops.broadcast_to(part, shape) for part in (real, imag)], axis=-1))


def squared_difference(x: Any, y: Any, name: str | None = None) -> Any:
    """``(x - y) ** 2``."""
    return _ops.square(_ops.subtract(x, y))


def add_n(inputs: Any, name: str | None = None) -> Any:
    """Return the sum of a list of tensors."""
    return sum(inputs[1:], _ops.convert_to_tensor(inputs[0]))


def cumsum(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Any:
    """Cumulative sum along ``axis``; without the element itself if ``exclusive``, from the end if ``reverse``."""
    return _running(_ops.cumsum, 0, x, axis, exclusive, reverse)


def cumprod(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Any:
    """Cumulative product along ``axis``, with the options of `cumsum`."""
    return _running(_ops.cumprod, 1, x, axis, exclusive, reverse)


def _running(function: Any, start: int, x: Any, axis: int, exclusive: bool, reverse: bool) -> Any:
    x = _ops.flip(x, axis) if reverse else _ops.convert_to_tensor(x)
    if exclusive:
        size = x.shape[axis]
        first = _ops.full_like(_ops.take(x, _ops.arange(min(size, 1)), axis=axis), start)
        x = _ops.concatenate([first, _ops.take(x, _ops.arange(max(size - 1, 0)), axis=axis)], axis=axis)
    y = function(x, axis=axis)
    return _ops.flip(y, axis) if reverse else y


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None) -> Any:
    """``x / sqrt(max(sum(x ** 2), epsilon))``, with sums over ``axis``."""
    total = _ops.sum(_ops.square(x), axis=axis, keepdims=True)
    return _ops.multiply(x, _ops.rsqrt(_ops.maximum(total, epsilon)))


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """``x * y``, and 0 where y is 0, even if x is not finite."""
    x, y = _ops.convert_to_tensor(x), _ops.convert_to_tensor(y)
    zero = _ops.equal(y, 0)
    return _ops.where(zero, 0, _ops.where(zero, 0, x) * y)


class TopK(NamedTuple):
    """Result of `top_k`."""

    values: Any
    indices: Any


def top_k(input: Any, k: int = 1, sorted: bool = True, index_type: Any = "int32", name: str | None = None) -> TopK:
    """Return the ``k`` largest elements along the last axis, and their indices."""
    values, indices = _ops.top_k(input, k, sorted=sorted)
    return TopK(values, _ops.cast(indices, index_type))


def xlogy(x: Any, y: Any, name: str | None = None) -> Any:
    """``x * log(y)``, and 0 where x is 0."""
    x, y = _ops.convert_to_tensor(x), _ops.convert_to_tensor(y)
    zero = _ops.equal(x, 0)
    return _ops.where(zero, 0, x * _ops.log(_ops.where(zero, 1, y)))


def zero_fraction(value: Any, name: str | None = None) -> Any:
    """Return the fraction of the elements that are zero."""
    return _ops.mean(_ops.cast(_ops.equal(value, 0), "float32"))


def xdivy(x: Any, y: Any, name: str | None = None) -> Any:
    """``x / y``, and 0 where x is 0."""
    x, y = _ops.convert_to_tensor(x), _ops.convert_to_tensor(y)
    zero = _ops.equal(x, 0)
    return _ops.where(zero, 0, x / _ops.where(zero, 1, y))


def xlog1py(x: Any, y: Any, name: str | None = None) -> Any:
    """``x * log1p(y)``, and 0 where x is 0."""
    x, y = _ops.convert_to_tensor(x), _ops.convert_to_tensor(y)
    zero = _ops.equal(x, 0)
    return _ops.where(zero, 0, x * _ops.log1p(_ops.where(zero, 1, y)))


def polyval(coeffs: Any, x: Any, name: str | None = None) -> Any:
    """Return a polynomial of x, whose coefficients begin with that of the highest power (Horner's scheme)."""
    value = _ops.zeros_like(x)
    for coefficient in coeffs:
        value = value * x + coefficient
    return value


def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """Return the mean of the rows of each segment."""
    return unsorted_segment_mean(data, segment_ids, int(_ops.max(segment_ids)) + 1)


def unsorted_segment_mean(data: Any, segment_ids: Any, num_segments: int, name: str | None = None) -> Any:
    """Return the mean of the rows of each segment, 0 for one without rows."""
    data = _ops.convert_to_tensor(data)
    counts = _ops.segment_sum(_ops.ones(_ops.shape(segment_ids), data.dtype), segment_ids, num_segments)
    counts = _ops.reshape(_ops.maximum(counts, 1), (-1, *[1] * (len(data.shape) - 1)))
    return _ops.segment_sum(data, segment_ids, num_segments) / counts


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: int | None = None,
    maxlength: int | None = None,
    dtype: Any = "int32",
    name: str | None = None,
) -> Any:
    """Return how often each integer occurs, or the sums of its ``weights``; without those from ``maxlength`` on."""
    counts = _ops.bincount(_ops.reshape(arr, (-1,)), weights, minlength or 0)
    counts = counts if maxlength is None else counts[:maxlength]
    return counts if weights is not None else _ops.cast(counts, dtype)


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: int | None = None,
    weights: Any = None,
    dtype: Any = "int32",
    name: str | None = None,
) -> Any:
    """Return the matrix of the numbers of samples with a label (its row) and a prediction (its column)."""
    labels, predictions = (_ops.cast(_ops.reshape(x, (-1,)), "int32") for x in (labels, predictions))
    if num_classes is None:
        num_classes = int(max(_ops.max(labels), _ops.max(predictions))) + 1
    values = _ops.ones(labels.shape, dtype) if weights is None else _ops.cast(weights, dtype)
    return _ops.scatter(_ops.stack([labels, predictions], axis=1), values, (num_classes, num_classes))


def invert_permutation(x: Any, name: str | None = None) -> Any:
    """Return the inverse of a permutation."""
    return _ops.argsort(x)


def is_strictly_increasing(x: Any, name: str | None = None) -> Any:
    """Whether each element is larger than the one before it."""
    flat = _ops.reshape(x, (-1,))
    return _ops.all(flat[1:] > flat[:-1])


def is_non_decreasing(x: Any, name: str | None = None) -> Any:
    """Whether no element is smaller than the one before it."""
    flat = _ops.reshape(x, (-1,))
    return _ops.all(flat[1:] >= flat[:-1])


def unsorted_segment_sqrt_n(data: Any, segment_ids: Any, num_segments: int, name: str | None = None) -> Any:
    """Return the sum of each segment divided by the square root of its number of rows."""
    total = _ops.segment_sum(data, segment_ids, num_segments)
    ones = _ops.ones(_ops.convert_to_tensor(segment_ids).shape, total.dtype)
    count = _ops.maximum(_ops.segment_sum(ones, segment_ids, num_segments), 1)
    return total / _ops.reshape(_ops.sqrt(count), (-1, *[1] * (len(total.shape) - 1)))
