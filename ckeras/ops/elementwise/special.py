"""Error functions, logarithms of sums and the representation of floats, element by element."""

import math
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.layout import tensor
from ckeras.tensor import Op, Spec, Tensor, dtypes

_TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
_erfc_numpy = np.vectorize(math.erfc, otypes=[float])


def _float(x: Spec) -> Spec:
    return Spec(x.shape, x.dtype)


_erfc = Op(
    "erfc",
    _float,
    _erfc_numpy,
    vjp=[
        lambda g, y, x: elementwise.multiply(
            g, elementwise.multiply(-_TWO_OVER_SQRT_PI, elementwise.exp(elementwise.negative(elementwise.square(x))))
        )
    ],
    elementwise=True,
)


def erfc(x: Any) -> Tensor:
    """1 - erf(x), accurate also where it is near 0; integers give floats.

    >>> float(erfc(0.0))
    1.0
    """
    return _erfc(elementwise.as_float(x))


# Numerators and denominators of three rational functions, constant term first: near 0.5, in the tails, in the far
# tails. Wichura, "Algorithm AS 241: the percentage points of the normal distribution" (1988), PPND16.
_MIDDLE = (
    (
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ),
    (
        1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
    ),
)  # fmt: skip
_TAIL = (
    (
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ),
    (
        1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
    ),
)  # fmt: skip
_FAR = (
    (
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ),
    (
        1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
    ),
)  # fmt: skip


def _rational(parts: Any, r: np.ndarray) -> np.ndarray:
    above, below = (np.polynomial.polynomial.polyval(r, c) for c in parts)
    return above / below


def _erfinv_forward(x: np.ndarray) -> np.ndarray:
    # The normal quantile of (1 + x) / 2 is sqrt(2) times the inverse error function; in terms of x it is exact near 0.
    v = x.astype("float64")
    q = v / 2
    r = np.sqrt(-np.log((1 - np.abs(v)) / 2))
    tail = np.where(r <= 5, _rational(_TAIL, r - 1.6), _rational(_FAR, r - 5))
    tail = np.where(np.isinf(r), np.inf, tail)
    middle = q * _rational(_MIDDLE, 0.180625 - q * q)
    return np.where(np.abs(q) <= 0.425, middle, np.copysign(tail, v)) / math.sqrt(2)


_erfinv = Op(
    "erfinv",
    _float,
    _erfinv_forward,
    vjp=[
        lambda g, y, x: elementwise.safe_mul(
            g, elementwise.multiply(1 / _TWO_OVER_SQRT_PI, elementwise.exp(elementwise.square(y)))
        )
    ],
    elementwise=True,
)


def erfinv(x: Any) -> Tensor:
    """Inverse error function: infinite at -1 and 1, NaN outside of [-1, 1]. Integers give floats.

    >>> float(erfinv(0.0))
    0.0
    """
    return _erfinv(elementwise.as_float(x))


# -- logarithms of sums -------------------------------------------------------------------------------------------


def _weight(a: Tensor, b: Tensor) -> Tensor:
    """exp(a) / (exp(a) + exp(b)); 0.5 where a and b are equal, also where they are infinite."""
    return elementwise.sigmoid(elementwise.where(elementwise.equal(a, b), 0, elementwise.subtract(a, b)))


_logaddexp = Op(
    "logaddexp",
    lambda a, b: Spec(elementwise.broadcast_shapes(a.shape, b.shape), a.dtype),
    np.logaddexp,
    vjp=[
        lambda g, y, a, b: elementwise.multiply(g, _weight(a, b)),
        lambda g, y, a, b: elementwise.multiply(g, _weight(b, a)),
    ],
    elementwise=True,
)


def logaddexp(x1: Any, x2: Any) -> Tensor:
    """log(exp(x1) + exp(x2)), element by element, without overflow."""
    return _logaddexp(*elementwise.promote(x1, x2, minimum="float"))


def logaddexp2(x1: Any, x2: Any) -> Tensor:
    """log2(2**x1 + 2**x2), element by element, without overflow.

    >>> float(logaddexp2(3.0, 3.0))
    4.0
    """
    a, b = elementwise.promote(x1, x2, minimum="float")
    return elementwise.divide(
        _logaddexp(elementwise.multiply(a, math.log(2)), elementwise.multiply(b, math.log(2))), math.log(2)
    )


# -- floats -------------------------------------------------------------------------------------------------------

_signbit = Op("signbit", lambda x: Spec(x.shape, "bool"), np.signbit, elementwise=True)
_nextafter = Op(
    "nextafter",
    lambda a, b: Spec(elementwise.broadcast_shapes(a.shape, b.shape), a.dtype),
    np.nextafter,
    elementwise=True,
)


def signbit(x: Any) -> Tensor:
    """Element-wise sign bit: true where ``x`` is negative, including -0.0.

    >>> signbit([-0.0, 0.0, -1.0]).tolist()
    [True, False, True]
    """
    x = tensor(x)
    return _signbit(x) if x.dtype in dtypes.FLOATS else elementwise.less(x, 0)


def nextafter(x1: Any, x2: Any) -> Tensor:
    """Next representable float after x1 in the direction of x2, element-wise; without a gradient."""
    return _nextafter(*elementwise.promote(x1, x2, minimum="float"))
