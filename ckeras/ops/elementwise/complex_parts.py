"""Real and imaginary parts, conjugates and angles of complex numbers."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.elementwise.trigonometry import arctan2
from ckeras.ops.manipulation.creation import zeros_like
from ckeras.ops.manipulation.layout import tensor
from ckeras.tensor import Op, Spec, Tensor, dtypes

# Cotangents in the convention of the op table: a real result changes by Re(g dz); see `GradientTape.pullback`.
_conj = Op("conj", lambda x: x, np.conj, vjp=[lambda g, y, x: _conj(g)])
_real = Op(
    "real",
    lambda x: Spec(x.shape, dtypes.PARTS[x.dtype]),
    np.real,
    vjp=[lambda g, y, x: elementwise.cast(g, x.dtype)],
)
_imag = Op(
    "imag",
    lambda x: Spec(x.shape, dtypes.PARTS[x.dtype]),
    np.imag,
    vjp=[lambda g, y, x: elementwise.multiply(elementwise.cast(g, x.dtype), np.array(-1j, x.dtype))],
)


def conjugate(x: Any) -> Tensor:
    """Element-wise complex conjugate of ``x``."""
    x = tensor(x)
    return _conj(x) if x.dtype in dtypes.PARTS else x


conj = conjugate


def real(x: Any) -> Tensor:
    """The real part of ``x``; a real tensor itself."""
    x = tensor(x)
    return _real(x) if x.dtype in dtypes.PARTS else x


def imag(x: Any) -> Tensor:
    """The imaginary part of ``x``; zeros for a real tensor."""
    x = tensor(x)
    return _imag(x) if x.dtype in dtypes.PARTS else zeros_like(x)


def angle(x: Any) -> Tensor:
    """The angle of ``x`` in the complex plane, in (-pi, pi]: 0 for positive numbers, pi for negative ones."""
    x = elementwise.as_float(x)
    return arctan2(imag(x), real(x))


def isreal(x: Any) -> Tensor:
    """Whether the imaginary part of ``x`` is 0, element by element."""
    return elementwise.equal(imag(x), 0)
