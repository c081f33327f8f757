"""Inverse trigonometric and hyperbolic functions, angles and their units."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.tensor import Op, Spec, Tensor, dtypes


def _op(name: str, forward: Callable[..., Any], *vjp: Any, step: str | None = None) -> Op:
    """Define an elementwise op; ``step`` is the name of its kernel if that differs from the op's name."""
    return Op(
        name,
        infer=lambda *inputs: Spec(elementwise.broadcast_shapes(*(x.shape for x in inputs)), inputs[-1].dtype),
        forward=forward,
        vjp=list(vjp),
        elementwise=True,
        opcode=lambda inputs, output: f"{step or name}.{dtypes.SUFFIX.get(output.dtype)}",
    )


def _one_minus_square(x: Tensor) -> Tensor:
    """1 - x^2, without cancellation near 1."""
    return elementwise.multiply(elementwise.subtract(1, x), elementwise.add(1, x))


def _arccos_vjp(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    return elementwise.negative(elementwise.safe_mul(g, elementwise.rsqrt(_one_minus_square(x))))


def _arccosh_vjp(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    return elementwise.safe_mul(
        g, elementwise.multiply(elementwise.rsqrt(elementwise.subtract(x, 1)), elementwise.rsqrt(elementwise.add(x, 1)))
    )


def _arcsinh_vjp(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    complex_valued = x.dtype in dtypes.PARTS
    root = elementwise.sqrt(elementwise.add(1, elementwise.square(x))) if complex_valued else hypot(x, 1)
    return elementwise.safe_div(g, root)


_arcsin = _op(
    "arcsin", np.arcsin, lambda g, y, x: elementwise.safe_mul(g, elementwise.rsqrt(_one_minus_square(x))), step="asin"
)
_arccos = _op("arccos", np.arccos, _arccos_vjp, step="acos")
_arctan = _op(
    "arctan", np.arctan, lambda g, y, x: elementwise.safe_div(g, elementwise.add(1, elementwise.square(x))), step="atan"
)
_sinh = _op("sinh", np.sinh, lambda g, y, x: elementwise.safe_mul(g, _cosh(x)))
_cosh = _op("cosh", np.cosh, lambda g, y, x: elementwise.safe_mul(g, _sinh(x)))
_arcsinh = _op("arcsinh", np.arcsinh, _arcsinh_vjp, step="asinh")
_arccosh = _op("arccosh", np.arccosh, _arccosh_vjp, step="acosh")
_arctanh = _op("arctanh", np.arctanh, lambda g, y, x: elementwise.safe_div(g, _one_minus_square(x)), step="atanh")


def _along(g: Tensor, part: Tensor, length: Tensor) -> Tensor:
    """g part / length^2, computed without squaring the length, which could overflow."""
    return elementwise.safe_div(elementwise.safe_mul(g, elementwise.safe_div(part, length)), length)


_arctan2 = _op(
    "arctan2",
    np.arctan2,
    lambda g, z, y, x: _along(g, x, _hypot(y, x)),
    lambda g, z, y, x: elementwise.negative(_along(g, y, _hypot(y, x))),
    step="atan2",
)
_hypot = _op(
    "hypot",
    np.hypot,
    lambda g, y, a, b: elementwise.safe_mul(g, elementwise.safe_div(a, y)),
    lambda g, y, a, b: elementwise.safe_mul(g, elementwise.safe_div(b, y)),
)


def arcsin(x: Any) -> Tensor:
    """Element-wise inverse sine of x, in [-pi/2, pi/2]; NaN outside of [-1, 1]."""
    return _arcsin(elementwise.as_float(x))


def arccos(x: Any) -> Tensor:
    """Element-wise inverse cosine of x, in [0, pi]; NaN outside of [-1, 1]."""
    return _arccos(elementwise.as_float(x))


def arctan(x: Any) -> Tensor:
    """Element-wise inverse tangent of x, in [-pi/2, pi/2]."""
    return _arctan(elementwise.as_float(x))


def sinh(x: Any) -> Tensor:
    """The hyperbolic sine (e^x - e^-x) / 2, element by element."""
    return _sinh(elementwise.as_float(x))


def cosh(x: Any) -> Tensor:
    """The hyperbolic cosine (e^x + e^-x) / 2, element by element."""
    return _cosh(elementwise.as_float(x))


def arcsinh(x: Any) -> Tensor:
    """Element-wise inverse hyperbolic sine of x."""
    return _arcsinh(elementwise.as_float(x))


def arccosh(x: Any) -> Tensor:
    """Element-wise inverse hyperbolic cosine of x; NaN where x < 1."""
    return _arccosh(elementwise.as_float(x))


def arctanh(x: Any) -> Tensor:
    """Element-wise inverse hyperbolic tangent of x; NaN outside of [-1, 1]."""
    return _arctanh(elementwise.as_float(x))


def arctan2(x1: Any, x2: Any) -> Tensor:
    """Element-wise angle of the point (x2, x1) from the positive x axis: arctan(x1 / x2) in the right quadrant.

    >>> arctan2([1.0, 0.0], [0.0, -1.0]).tolist()
    [1.5707963705062866, 3.1415927410125732]
    """
    return _arctan2(*elementwise.promote(x1, x2, minimum="float"))


def hypot(x1: Any, x2: Any) -> Tensor:
    """sqrt(x1^2 + x2^2), without intermediate overflow."""
    return _hypot(*elementwise.promote(x1, x2, minimum="float"))


def sinc(x: Any) -> Tensor:
    """sin(pi x) / (pi x), element by element, and 1 at 0."""
    angle = elementwise.multiply(elementwise.as_float(x), math.pi)
    zero = elementwise.equal(angle, 0)
    inner = elementwise.where(zero, 1, angle)
    # Near 0 the Taylor series, so that derivatives are right there too.
    square = elementwise.square(angle)
    series = elementwise.add(
        1, elementwise.multiply(square, elementwise.subtract(elementwise.multiply(square, 1 / 120), 1 / 6))
    )
    return elementwise.where(zero, series, elementwise.divide(elementwise.sin(inner), inner))


def deg2rad(x: Any) -> Tensor:
    """Convert degrees to radians: x * pi / 180."""
    return elementwise.multiply(elementwise.as_float(x), math.pi / 180)


def rad2deg(x: Any) -> Tensor:
    """Convert radians to degrees: x * 180 / pi."""
    return elementwise.multiply(elementwise.as_float(x), 180 / math.pi)
