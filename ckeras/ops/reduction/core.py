"""Reductions over any axes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.layout import reshape, stop_gradient
from ckeras.tensor import Op, Spec, Tensor, arguments, as_tensor, dtypes
from ckeras.tensor.eager import Call

_KERNEL_CODES = {"sum": 0, "prod": 1, "max": 2, "min": 3, "any": 4, "all": 5, "argmax": 6, "argmin": 7}
_NATIVE = {
    "sum": ("float32", "float64", "int32", "int64"),
    "mean": ("float32", "float64"),
    "prod": ("float32", "float64", "int32", "int64"),
    "max": ("float32", "float64", "int32", "int64"),
    "min": ("float32", "float64", "int32", "int64"),
    "any": ("bool",),
    "all": ("bool",),
    "argmax": ("float32", "float64", "int32", "int64"),
    "argmin": ("float32", "float64", "int32", "int64"),
}


def canonical_axes(axis: Any, rank: int) -> tuple[int, ...]:
    """``axis`` (`None` for all, an integer or several) as a sorted tuple of non-negative integers."""
    if axis is None:
        return tuple(range(rank))
    axes = (axis,) if type(axis) is int else arguments.integers(axis, "a reduction", "axis")
    found = set()
    for a in axes:
        if not -rank <= a < rank:
            raise ValueError(f"axis {a} is out of range for a tensor with {rank} axes")
        if a % rank in found:
            raise ValueError(f"axis {a} is repeated in {axes}")
        found.add(a % rank)
    return tuple(sorted(found))


def _reduced(shape: tuple[int | None, ...], axis: tuple[int, ...], keepdims: bool) -> tuple[int | None, ...]:
    if keepdims:
        return tuple(1 if i in axis else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in axis)


def _kernel(name: str) -> Callable[..., list[Call] | None]:
    def kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
        x = inputs[0]
        if x.dtype not in _NATIVE[name]:
            return None
        axis = attrs["axis"]
        count = math.prod(x.shape[a] for a in axis)
        scale = (1.0 / count if count else math.nan) if name == "mean" else 1.0
        code = _KERNEL_CODES["sum" if name == "mean" else name]
        mask = [int(i in axis) for i in range(len(x.shape))]
        return [Call("reduce", (0, 1), (code, dtypes.CODE[x.dtype], len(x.shape), *x.shape, *mask), (scale,))]

    return kernel


def _op(name: str, forward: Callable[..., Any], vjp: Any = None, dtype: str | None = None) -> Op:
    def infer(x: Spec, axis: tuple[int, ...], keepdims: bool) -> Spec:
        return Spec(_reduced(x.shape, axis, keepdims), dtype or x.dtype)

    return Op(name, infer, forward, _kernel(name), [vjp] if vjp else None)


def _spread(g: Tensor, x: Tensor, axis: tuple[int, ...]) -> Tensor:
    """``g``, or a result of the reduction, with the reduced axes restored as axes of size 1."""
    return reshape(g, _reduced(x.shape, axis, True))


def _count(x: Tensor, axis: tuple[int, ...]) -> int:
    return math.prod(x.shape[a] for a in axis)


def _extreme_vjp(g: Tensor, y: Tensor, x: Tensor, axis: tuple[int, ...], keepdims: bool) -> Tensor:
    # Equal extremes share the gradient.
    hit = elementwise.cast(elementwise.equal(x, _spread(y, x, axis)), g.dtype)
    share = elementwise.divide(_spread(g, x, axis), _sum(hit, axis=axis, keepdims=True))
    return elementwise.safe_mul(share, hit)


def product_of_others(x: Tensor, product: Callable[..., Tensor], total: Callable[..., Tensor]) -> Tensor:
    """For each factor the product of all other factors: the gradient of the product.

    ``product`` and ``total`` reduce the factors and broadcast the product and the sum back to each factor.
    """
    # Division by a factor is avoided where factors are 0, so that the second derivative is right there too: with one
    # zero, its own entry is the product of the rest and every other entry a product with that zero; with two zeros, the
    # entry of each is the rest times the other zero.
    zero = elementwise.equal(x, 0)
    zeros = total(elementwise.cast(zero, x.dtype))
    factors = elementwise.where(zero, 1, x)
    rest = product(factors)
    total = total(elementwise.where(zero, x, 0))
    of_zeros = elementwise.where(
        elementwise.equal(zeros, 1),
        rest,
        elementwise.where(elementwise.equal(zeros, 2), elementwise.multiply(rest, elementwise.subtract(total, x)), 0),
    )
    without = elementwise.divide(rest, factors)
    of_rest = elementwise.where(
        elementwise.equal(zeros, 0),
        without,
        elementwise.where(elementwise.equal(zeros, 1), elementwise.multiply(without, total), 0),
    )
    return elementwise.where(zero, of_zeros, of_rest)


def _prod_vjp(g: Tensor, y: Tensor, x: Tensor, axis: tuple[int, ...], keepdims: bool) -> Tensor:
    others = product_of_others(
        x, lambda v: _prod(v, axis=axis, keepdims=True), lambda v: _sum(v, axis=axis, keepdims=True)
    )
    return elementwise.multiply(_spread(g, x, axis), others)


_sum = _op(
    "sum",
    lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims),
    lambda g, y, x, axis, keepdims: elementwise.broadcast_to(_spread(g, x, axis), x.shape),
)
_mean = _op(
    "mean",
    lambda x, axis, keepdims: np.mean(x, axis=axis, keepdims=keepdims),
    lambda g, y, x, axis, keepdims: elementwise.broadcast_to(
        _spread(elementwise.multiply(g, 1.0 / (_count(x, axis) or 1)), x, axis), x.shape
    ),
)
_prod = _op("prod", lambda x, axis, keepdims: np.prod(x, axis=axis, keepdims=keepdims), _prod_vjp)
_max = _op("max", lambda x, axis, keepdims: np.max(x, axis=axis, keepdims=keepdims), _extreme_vjp)
_min = _op("min", lambda x, axis, keepdims: np.min(x, axis=axis, keepdims=keepdims), _extreme_vjp)
_any = _op("any", lambda x, axis, keepdims: np.any(x, axis=axis, keepdims=keepdims), dtype="bool")
_all = _op("all", lambda x, axis, keepdims: np.all(x, axis=axis, keepdims=keepdims), dtype="bool")


def _arg(function: Any) -> Any:
    def forward(x: np.ndarray, axis: tuple[int, ...], keepdims: bool) -> np.ndarray:
        if len(axis) == x.ndim and x.ndim != 1:
            return function(x).reshape((1,) * x.ndim if keepdims else ())
        return function(x, axis=axis[0], keepdims=keepdims)

    return forward


_argmax = _op("argmax", _arg(np.argmax), dtype="int64")
_argmin = _op("argmin", _arg(np.argmin), dtype="int64")


def _apply(op: Op, x: Any, axis: Any, keepdims: bool) -> Tensor:
    x = x if isinstance(x, Tensor) else as_tensor(x)
    return op(x, axis=canonical_axes(axis, len(x.shape)), keepdims=bool(keepdims))


# Sums and products of small integers are computed in int32, and those of unsigned ones are uint32.
_SUM_OF = dict.fromkeys(("bool", "uint8", "int8", "int16", "uint16"), "int32")


def _total(op: Op, x: Any, axis: Any, keepdims: bool) -> Tensor:
    x = x if isinstance(x, Tensor) else as_tensor(x)
    y = _apply(op, elementwise.cast(x, _SUM_OF.get(x.dtype, x.dtype)), axis, keepdims)
    return elementwise.cast(y, "uint32") if x.dtype in ("uint8", "uint16") else y


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The sum over ``axis`` (one, several, or `None` for all).

    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=0).tolist()
    [4.0, 6.0]
    """
    return _total(_sum, x, axis, keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean over ``axis`` (one, several, or `None` for all); integers give floats."""
    return _apply(_mean, elementwise.as_float(x), axis, keepdims)


def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The product over ``axis``, computed in ``dtype`` if one is given."""
    return (
        _total(_prod, x, axis, keepdims) if dtype is None else _apply(_prod, elementwise.cast(x, dtype), axis, keepdims)
    )


def _extreme(op: Op, fold: Callable[..., Tensor], x: Any, axis: Any, keepdims: bool, initial: Any) -> Tensor:
    x = x if isinstance(x, Tensor) else as_tensor(x)
    axes = canonical_axes(axis, len(x.shape))
    if any_zero(x.shape, axes):
        if initial is None:
            raise ValueError(f"{op.name} over no elements needs `initial`: the shape is {x.shape}, the axes are {axes}")
        return elementwise.broadcast_to(elementwise.cast(initial, x.dtype), _reduced(x.shape, axes, keepdims))
    result = op(elementwise.cast(x, "int32") if x.dtype == "bool" else x, axis=axes, keepdims=bool(keepdims))
    result = elementwise.cast(result, x.dtype)
    return result if initial is None else fold(result, elementwise.cast(initial, x.dtype))


def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Maximum over ``axis``, at least ``initial`` if given; NaN if an element is NaN."""
    return _extreme(_max, elementwise.maximum, x, axis, keepdims, initial)


def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Minimum over ``axis``, at most ``initial`` if given; NaN if an element is NaN."""
    return _extreme(_min, elementwise.minimum, x, axis, keepdims, initial)


def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Alias of `max`."""
    return max(x, axis, keepdims)


def amin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Alias of `min`."""
    return min(x, axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether any element over ``axis`` is true."""
    return _apply(_any, elementwise.cast(x, "bool"), axis, keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether all elements over ``axis`` are true."""
    return _apply(_all, elementwise.cast(x, "bool"), axis, keepdims)


def _argument(op: Op, x: Any, axis: int | None, keepdims: bool) -> Tensor:
    x = x if isinstance(x, Tensor) else as_tensor(x)
    axes = canonical_axes(axis, len(x.shape))
    if any_zero(x.shape, axes):
        raise ValueError(f"{op.name} of no elements: the shape is {x.shape}, the axes are {axes}")
    return elementwise.cast(
        op(elementwise.cast(x, "int32") if x.dtype == "bool" else x, axis=axes, keepdims=bool(keepdims)), "int32"
    )


def any_zero(shape: tuple[int | None, ...], axes: tuple[int, ...]) -> bool:
    """Whether one of these axes has no elements."""
    return 0 in [shape[a] for a in axes]


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index (int32) of the first maximum along ``axis``; without an axis, its flat index."""
    return _argument(_argmax, x, axis, keepdims)


def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index (int32) of the first minimum along ``axis``; without an axis, its flat index."""
    return _argument(_argmin, x, axis, keepdims)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The mean squared distance from the mean over ``axis``; of complex numbers, a real number too."""
    x = elementwise.as_float(x)
    return mean(elementwise.squared_size(elementwise.subtract(x, mean(x, axis, True))), axis, keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The square root of `var`."""
    return elementwise.sqrt(var(x, axis, keepdims))


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """log(sum(exp(x))) over ``axis``, without overflow."""
    x = elementwise.as_float(x)
    axes = canonical_axes(axis, len(x.shape))
    top = max(x, axes, True, initial=-math.inf if any_zero(x.shape, axes) else None)
    top = stop_gradient(elementwise.where(elementwise.isfinite(top), top, 0))
    result = elementwise.add(elementwise.log(sum(elementwise.exp(elementwise.subtract(x, top)), axes, True)), top)
    return (
        result if keepdims else reshape(result, tuple(-1 if d is None else d for d in _reduced(x.shape, axes, False)))
    )


def count_nonzero(x: Any, axis: Any = None) -> Tensor:
    """Number (int32) of non-zero elements over ``axis``."""
    return sum(elementwise.cast(elementwise.not_equal(x, 0), "int32"), axis)
