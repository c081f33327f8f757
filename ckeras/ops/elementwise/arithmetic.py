"""Element-wise functions of one or two numbers: roots, remainders, steps, extremes, integers."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.layout import stop_gradient
from ckeras.tensor import Op, Spec, Tensor, as_tensor, dtypes


def _broadcast(*inputs: Spec) -> Spec:
    return Spec(elementwise.broadcast_shapes(*(x.shape for x in inputs)), inputs[0].dtype)


# -- roots, remainders, steps -------------------------------------------------------------------------------------

_cbrt = Op(
    "cbrt",
    _broadcast,
    np.cbrt,
    vjp=[lambda g, y, x: elementwise.safe_div(g, elementwise.multiply(3, elementwise.square(y)))],
    elementwise=True,
)
_fmod = Op(
    "fmod",
    _broadcast,
    np.fmod,
    vjp=[
        lambda g, y, a, b: g,
        lambda g, y, a, b: elementwise.negative(elementwise.multiply(g, elementwise.trunc(elementwise.divide(a, b)))),
    ],
    elementwise=True,
)


def cbrt(x: Any) -> Tensor:
    """The cube root of x, element by element.

    >>> cbrt([27.0, -8.0]).tolist()
    [3.0, -2.0]
    """
    return _cbrt(real_float(x, "cbrt"))


def fabs(x: Any) -> Tensor:
    """The absolute value of x as a float, element by element."""
    return elementwise.abs(real_float(x, "fabs"))


def real_float(x: Any, where: str) -> Tensor:
    """Convert ``x`` to a tensor of floats; raise TypeError for complex numbers."""
    x = elementwise.as_float(x)
    if x.dtype not in dtypes.FLOATS:
        raise TypeError(f"{where} works on real numbers, got dtype {x.dtype}")
    return x


def fmod(x1: Any, x2: Any) -> Tensor:
    """Element-wise remainder of x1 / x2 rounded towards zero, with the sign of x1 (`mod` takes the sign of x2).

    >>> fmod([-5.0, 5.0], 3.0).tolist()
    [-2.0, 2.0]
    """
    return _fmod(*_numbers(x1, x2))


def _numbers(x1: Any, x2: Any) -> list[Tensor]:
    """Both operands in their common dtype, booleans as integers."""
    a, b = elementwise.promote(x1, x2)
    return [elementwise.cast(a, "int32"), elementwise.cast(b, "int32")] if a.dtype == "bool" else [a, b]


def heaviside(x1: Any, x2: Any) -> Tensor:
    """Element-wise step function: 0 where x1 < 0, 1 where x1 > 0, x2 where x1 is 0; NaN where x1 is NaN."""
    a, b = elementwise.promote(x1, x2, minimum="float")
    sides = stop_gradient(elementwise.divide(elementwise.add(elementwise.sign(a), 1), 2))
    return elementwise.where(elementwise.equal(a, 0), b, sides)


def fmax(x1: Any, x2: Any) -> Tensor:
    """Element-wise maximum of x1 and x2, ignoring NaN: where one of the two is NaN, the result is the other."""
    a, b = elementwise.promote(x1, x2)
    if a.dtype not in dtypes.FLOATS:
        return elementwise.maximum(a, b)
    return elementwise.where(elementwise.logical_or(elementwise.greater(a, b), elementwise.isnan(b)), a, b)


def fmin(x1: Any, x2: Any) -> Tensor:
    """Element-wise minimum of x1 and x2, ignoring NaN: where one of the two is NaN, the result is the other."""
    a, b = elementwise.promote(x1, x2)
    if a.dtype not in dtypes.FLOATS:
        return elementwise.minimum(a, b)
    return elementwise.where(elementwise.logical_or(elementwise.less(a, b), elementwise.isnan(b)), a, b)


# -- integers -----------------------------------------------------------------------------------------------------

_gcd = Op("gcd", _broadcast, np.gcd, elementwise=True)
_lcm = Op("lcm", _broadcast, np.lcm, elementwise=True)
_left_shift = Op("left_shift", _broadcast, np.left_shift, elementwise=True)
_right_shift = Op("right_shift", _broadcast, np.right_shift, elementwise=True)
_ldexp = Op(
    "ldexp",
    _broadcast,
    np.ldexp,
    vjp=[lambda g, y, x, n: _ldexp(g, n), None],
    elementwise=True,
)


def _integers(x1: Any, x2: Any, where: str) -> list[Tensor]:
    a, b = _numbers(x1, x2)
    if a.dtype not in dtypes.INTEGERS:
        raise TypeError(
            f"{where} works on integers and booleans, got dtypes {as_tensor(x1).dtype} and {as_tensor(x2).dtype}"
        )
    return [a, b]


def gcd(x1: Any, x2: Any) -> Tensor:
    """Element-wise greatest common divisor of two integers.

    >>> gcd([12, 0], 18).tolist()
    [6, 18]
    """
    return _gcd(*_integers(x1, x2, "gcd"))


def lcm(x1: Any, x2: Any) -> Tensor:
    """Element-wise least common multiple of two integers.

    >>> lcm([4, 0], 6).tolist()
    [12, 0]
    """
    return _lcm(*_integers(x1, x2, "lcm"))


def left_shift(x: Any, y: Any) -> Tensor:
    """Shift the bits of the integer x to the left by ``y``: x * 2^y, modulo the range of the dtype."""
    return _left_shift(*_integers(x, y, "left_shift"))


def right_shift(x: Any, y: Any) -> Tensor:
    """Shift the bits of the integer x to the right by ``y``: floor(x / 2^y)."""
    return _right_shift(*_integers(x, y, "right_shift"))


bitwise_left_shift = left_shift
bitwise_right_shift = right_shift


def ldexp(x1: Any, x2: Any) -> Tensor:
    """x1 * 2^x2, element by element, for integers x2."""
    exponent = as_tensor(x2)
    if exponent.dtype not in dtypes.INTEGERS:
        raise TypeError(f"ldexp expects integers as exponents, got x2 of dtype {exponent.dtype}")
    return _ldexp(
        real_float(x1, "ldexp"), elementwise.cast(exponent, "int64") if exponent.dtype == "uint64" else exponent
    )
