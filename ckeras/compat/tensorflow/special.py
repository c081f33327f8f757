"""Special functions of ``tensorflow.math``: those of the gamma, beta, zeta and Bessel families.

Computed in float64 by numpy, and differentiable where there is a gradient below. Formulas of Abramowitz and Stegun,
"Handbook of Mathematical Functions" (1964), and of Press et al., "Numerical Recipes" (2007).
"""

from __future__ import annotations

import math as _math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.ops.elementwise.bessel import _bessel_i
from ckeras.tensor import Op, Spec, Tensor, dtypes

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)  # of the indices 2, 4, 6, ...
_SHIFT = 10  # to which arguments are raised before an asymptotic series is used
_TERMS = 400  # of a series or continued fraction, at most


def _of_floats(name: str, *values: Any) -> list[Tensor]:
    """Tensors of their common float dtype, broadcast to one shape."""
    tensors = [_ops.convert_to_tensor(v) for v in values]
    dtype = dtypes.result_type(*(t.dtype for t in tensors))
    if dtype not in dtypes.FLOATS:
        raise TypeError(f"{name} expects floats, got dtype {dtype}")
    shape = np.broadcast_shapes(*(t.shape for t in tensors))
    return [_ops.broadcast_to(_ops.cast(t, dtype), shape) for t in tensors]


def _op(name: str, function: Callable[..., np.ndarray], vjp: Any = None) -> Op:
    return Op(
        name,
        lambda *inputs, **attrs: Spec(inputs[0].shape, inputs[0].dtype),
        lambda *inputs, **attrs: function(*(x.astype(np.float64) for x in inputs), **attrs),
        vjp=vjp,
    )


def _lgamma_values(x: np.ndarray) -> np.ndarray:
    reflected = x < 0.5
    y = np.where(reflected, 1 - x, x)
    small, product = y < _SHIFT, np.ones_like(y)
    for k in range(_SHIFT):
        product = np.where(small, product * (y + k), product)
    z = np.where(small, y + _SHIFT, y)
    found = (z - 0.5) * np.log(z) - z + 0.5 * _math.log(2 * _math.pi) - np.log(product)
    for k, b in enumerate(_BERNOULLI, 1):
        found = found + b / (2 * k * (2 * k - 1)) / z ** (2 * k - 1)
    pole = np.abs(np.sin(_math.pi * (x - np.round(x))))
    found = np.where(reflected, _math.log(_math.pi) - np.log(pole) - found, found)
    return np.where(np.isinf(x), np.inf, found)


def _digamma_values(x: np.ndarray) -> np.ndarray:
    reflected = x < 0.5
    y = np.where(reflected, 1 - x, x)
    small, total = y < _SHIFT, np.zeros_like(y)
    for k in range(_SHIFT):
        total = np.where(small, total - 1 / (y + k), total)
    z = np.where(small, y + _SHIFT, y)
    found = np.log(z) - 0.5 / z + total
    for k, b in enumerate(_BERNOULLI, 1):
        found = found - b / (2 * k) / z ** (2 * k)
    cotangent = _math.pi / np.tan(_math.pi * (x - np.round(x)))
    pole = (x <= 0) & (x == np.floor(x))
    return np.where(pole, np.nan, np.where(reflected, found - cotangent, found))


def _zeta_values(x: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Euler and Maclaurin's sum of 1 / (q + k) ** x."""
    total = np.zeros_like(x)
    for k in range(_SHIFT):
        total = total + (q + k) ** -x
    z = q + _SHIFT
    found = total + z ** (1 - x) / (x - 1) + 0.5 * z**-x
    factor = x * z ** (-x - 1)
    for k, b in enumerate(_BERNOULLI, 1):
        found = found + b * factor / _math.factorial(2 * k)
        factor = factor * (x + 2 * k - 1) * (x + 2 * k) / z**2
    pole = (q <= 0) & (q == np.floor(q))
    found = np.where(pole, np.inf, found)
    return np.where(x == 1, np.inf, np.where(x < 1, np.nan, found))


def _polygamma_values(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    sign = np.where(a % 2 == 0, -1.0, 1.0)
    found = sign * np.exp(_lgamma_values(a + 1)) * _zeta_values(a + 1, x)
    found = np.where(a == 0, _digamma_values(x), found)
    return np.where((a < 0) | (a != np.floor(a)), np.nan, found)


def _igamma_values(a: np.ndarray, x: np.ndarray, upper: bool) -> np.ndarray:
    """Series where x < a + 1, else Lentz's continued fraction."""
    front = np.exp(a * np.log(x) - x - _lgamma_values(a))
    term = total = 1 / a
    for k in range(1, _TERMS):
        term = term * x / (a + k)
        total = total + term
    lower_part = np.where(x == 0, 0.0, front * total)
    tiny = 1e-300
    b = x + 1 - a
    c, d = np.full_like(b, 1 / tiny), 1 / np.where(b == 0, tiny, b)
    h = d
    for k in range(1, _TERMS):
        an = -k * (k - a)
        b = b + 2
        d, c = an * d + b, b + an / c
        d, c = 1 / np.where(d == 0, tiny, d), np.where(c == 0, tiny, c)
        h = h * d * c
    upper_part = np.where(np.isinf(x), 0.0, front * h)
    series = x < a + 1
    found = np.where(series, 1 - lower_part, upper_part) if upper else np.where(series, lower_part, 1 - upper_part)
    return np.where((a > 0) & (x >= 0), found, np.nan)


def _betainc_values(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    swapped = x > (a + 1) / (a + b + 2)
    p, q, y = np.where(swapped, b, a), np.where(swapped, a, b), np.where(swapped, 1 - x, x)
    lbeta_ = _lgamma_values(p) + _lgamma_values(q) - _lgamma_values(p + q)
    front = np.exp(p * np.log(y) + q * np.log1p(-y) - lbeta_) / p
    tiny = 1e-300
    c, d = np.ones_like(y), 1 - (p + q) * y / (p + 1)
    d = 1 / np.where(np.abs(d) < tiny, tiny, d)
    h = d
    for m in range(1, _TERMS):
        for step in (m * (q - m) * y / ((p + 2 * m - 1) * (p + 2 * m)),
                     -(p + m) * (p + q + m) * y / ((p + 2 * m) * (p + 2 * m + 1))):  # fmt: skip
            d, c = 1 + step * d, 1 + step / c
            d, c = 1 / np.where(np.abs(d) < tiny, tiny, d), np.where(np.abs(c) < tiny, tiny, c)
            h = h * d * c
    part = np.where(y <= 0, 0.0, front * h)
    found = np.where(swapped, 1 - part, part)
    return np.where((a > 0) & (b > 0) & (x >= 0) & (x <= 1), found, np.nan)


_polygamma = _op(
    "polygamma", _polygamma_values, vjp=[None, lambda g, y, a, x: _ops.multiply(g, _polygamma(_ops.add(a, 1), x))]
)
_digamma = _op("digamma", _digamma_values, vjp=[lambda g, y, x: _ops.multiply(g, _polygamma(_ops.ones_like(x), x))])
_lgamma = _op("lgamma", _lgamma_values, vjp=[lambda g, y, x: _ops.multiply(g, _digamma(x))])
_zeta = _op("zeta", _zeta_values)
_betainc = _op("betainc", _betainc_values)


def _igamma_density(a: Tensor, x: Tensor) -> Tensor:
    return _ops.exp(_ops.subtract(_ops.subtract(_ops.multiply(_ops.subtract(a, 1), _ops.log(x)), x), _lgamma(a)))


_igamma = _op(
    "igamma", lambda a, x: _igamma_values(a, x, False),
    vjp=[None, lambda g, y, a, x: _ops.multiply(g, _igamma_density(a, x))],
)  # fmt: skip


def lgamma(x: Any, name: str | None = None) -> Tensor:
    """Logarithm of the absolute value of the gamma function.

    >>> [round(value, 4) for value in lgamma([1.0, 5.0]).tolist()]
    [0.0, 3.1781]
    """
    return _lgamma(*_of_floats("lgamma", x))


def digamma(x: Any, name: str | None = None) -> Tensor:
    """Derivative of `lgamma`."""
    return _digamma(*_of_floats("digamma", x))


def polygamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """The ``a``-th derivative of `digamma`, for integral values of ``a``."""
    return _polygamma(*_of_floats("polygamma", a, x))


def zeta(x: Any, q: Any, name: str | None = None) -> Tensor:
    """Hurwitz's zeta function: the sum of ``1 / (q + k) ** x`` over all integers k from 0 on. It has no gradient."""
    return _zeta(*_of_floats("zeta", x, q))


def lbeta(x: Any, name: str | None = None) -> Tensor:
    """Logarithm of the beta function of the elements along the last axis."""
    (x,) = _of_floats("lbeta", x)
    return _ops.sum(_lgamma(x), axis=-1) - _lgamma(_ops.sum(x, axis=-1))


def igamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """Regularized lower incomplete gamma function; its gradient is that of ``x``.

    >>> [round(value, 4) for value in igamma([1.0], [1.0]).tolist()]
    [0.6321]
    """
    return _igamma(*_of_floats("igamma", a, x))


def igammac(a: Any, x: Any, name: str | None = None) -> Tensor:
    """Regularized upper incomplete gamma function, 1 - `igamma`."""
    return 1 - igamma(a, x)


def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Tensor:
    """Regularized incomplete beta function. It has no gradient."""
    return _betainc(*_of_floats("betainc", a, b, x))


def ndtri(x: Any, name: str | None = None) -> Tensor:
    """Quantile function of the normal distribution."""
    (x,) = _of_floats("ndtri", x)
    return _math.sqrt(2) * _ops.erfinv(2 * x - 1)


def erfcinv(x: Any, name: str | None = None) -> Tensor:
    """Inverse of the complementary error function."""
    return -ndtri(0.5 * _of_floats("erfcinv", x)[0]) * _math.sqrt(0.5)


def _bessel(order: int, scaled: bool) -> Callable[..., Tensor]:
    def function(x: Any, name: str | None = None) -> Tensor:
        (x,) = _of_floats("bessel function", x)
        found = _bessel_i(x, order=order)
        return _ops.exp(-_ops.abs(x)) * found if scaled else found

    function.__doc__ = (
        f"Modified Bessel function of the first kind of order {order}"
        + ", times exp(-abs(x))." * scaled
        + "." * (not scaled)
    )
    return function


bessel_i1 = _bessel(1, False)
bessel_i0e = _bessel(0, True)
bessel_i1e = _bessel(1, True)


def cumulative_logsumexp(
    x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Logarithm of the cumulative sum of exponentials along ``axis``; options as in `cumsum`."""
    (x,) = _of_floats("cumulative_logsumexp", x)
    axis = axis % len(x.shape)
    if exclusive:
        size = x.shape[axis]
        edge = _ops.full((*x.shape[:axis], 1, *x.shape[axis + 1 :]), -np.inf, dtype=x.dtype)
        kept = _ops.take(x, _ops.arange(1, size) if reverse else _ops.arange(size - 1), axis=axis)
        x = _ops.concatenate([kept, edge] if reverse else [edge, kept], axis=axis)
    highest = _ops.max(x, axis=axis, keepdims=True)
    highest = _ops.where(_ops.isfinite(highest), highest, 0)
    shifted = _ops.flip(x, axis) if reverse else x
    found = _ops.associative_scan(_ops.logaddexp, shifted - highest, axis=axis) + highest
    return _ops.flip(found, axis) if reverse else found


def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """``1 / x``, and 0 where x is 0."""
    (x,) = _of_floats("reciprocal_no_nan", x)
    return _ops.divide_no_nan(_ops.ones_like(x), x)
