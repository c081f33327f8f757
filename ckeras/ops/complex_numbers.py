"""The parts of complex numbers; real numbers are their own real part."""

from typing import Any

import numpy as np

from ckeras.autograd import Op, Spec, Tensor
from ckeras.ops import elementwise as e
from ckeras.ops.creation import zeros_like
from ckeras.ops.layout import tensor
from ckeras.ops.trigonometry import arctan2

# The dtype of the parts
_PART = {"complex64": "float32", "complex128": "float64"}

_conj = Op("conj", lambda x: x, np.conj)
_real = Op("real", lambda x: Spec(x.shape, _PART[x.dtype]), np.real)
_imag = Op("imag", lambda x: Spec(x.shape, _PART[x.dtype]), np.imag)


def is_complex(x: Tensor) -> bool:
    """Whether the elements are complex numbers."""
    return x.dtype in _PART


def conjugate(x: Any) -> Tensor:
    """``x`` with the sign of its imaginary part turned."""
    x = tensor(x)
    return _conj(x) if is_complex(x) else x


conj = conjugate


def real(x: Any) -> Tensor:
    """The real part of ``x``; a real tensor itself."""
    x = tensor(x)
    return _real(x) if is_complex(x) else x


def imag(x: Any) -> Tensor:
    """The imaginary part of ``x``; zeros for a real tensor."""
    x = tensor(x)
    return _imag(x) if is_complex(x) else zeros_like(x)


def angle(x: Any) -> Tensor:
    """The angle of ``x`` in the complex plane, in (-pi, pi]: 0 for positive numbers, pi for negative ones."""
    x = e.as_float(x)
    return arctan2(imag(x), real(x))


def isreal(x: Any) -> Tensor:
    """Whether the imaginary part of ``x`` is 0, element by element."""
    return e.equal(imag(x), 0)
