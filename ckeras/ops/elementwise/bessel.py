"""Modified Bessel functions of the first kind."""

import math
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.elementwise.arithmetic import real_float
from ckeras.tensor import Op, Spec, Tensor

_POINTS = 256  # enough for every argument whose function value fits in a float64


def _bessel_i_forward(x: np.ndarray, order: int) -> np.ndarray:
    """Mean of e^(x cos t) cos(n t) over t in [0, 2 pi), which equidistant points give to full precision.

    By symmetry a quarter of the points is enough.
    """
    part = np.sinh if order % 2 else np.cosh
    x = x.astype(np.float64)
    total = np.zeros_like(x)
    for i in range(_POINTS // 4 + 1):
        angle = 2 * math.pi * i / _POINTS
        weight = 2 if i in (0, _POINTS // 4) else 4
        total += weight * math.cos(order * angle) / _POINTS * part(x * math.cos(angle))
    return total


def _bessel_i_vjp(g: Tensor, y: Tensor, x: Tensor, order: int) -> Tensor:
    neighbours = elementwise.add(_bessel_i(x, order=abs(order - 1)), _bessel_i(x, order=order + 1))
    return elementwise.multiply(g, elementwise.multiply(0.5, neighbours))


_bessel_i = Op("bessel_i", lambda x, order: Spec(x.shape, x.dtype), _bessel_i_forward, vjp=[_bessel_i_vjp])


def i0(x: Any) -> Tensor:
    """Element-wise modified Bessel function of the first kind of order 0.

    It is the mean of e^(x cos t) over t in [0, 2 pi) (Abramowitz and Stegun, Handbook of Mathematical Functions, 1964,
    9.6.16). Its derivative is the function of order 1.
    """
    return _bessel_i(real_float(x, "i0"), order=0)
