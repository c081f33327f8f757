"""Conversions between complex and real tensors."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.elementwise.complex_parts import conj
from ckeras.ops.linalg.matrix_products import dot
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import stack
from ckeras.ops.manipulation.layout import ravel, tensor
from ckeras.tensor import Op, Spec, Tensor, dtypes

WHOLE = {part: whole for whole, part in dtypes.PARTS.items()}  # dtype of the parts -> complex dtype


def _conjugated(x: Tensor) -> Tensor:
    """Complex conjugates of numbers given as (real, imaginary) pairs."""
    return elementwise.multiply(x, np.array([1, -1], x.dtype))


# Cotangents in the convention of the op table: a real result changes by Re(g dz); see `GradientTape.pullback`.
_view_as_complex = Op(
    "view_as_complex",
    lambda x: Spec(x.shape[:-1], WHOLE[x.dtype]),
    lambda x: x[..., 0] + 1j * x[..., 1],
    vjp=[lambda g, y, x: _conjugated(_view_as_real(g))],
)
_view_as_real = Op(
    "view_as_real",
    lambda x: Spec((*x.shape, 2), dtypes.PARTS[x.dtype]),
    lambda x: np.stack([x.real, x.imag], -1),
    vjp=[lambda g, y, x: _view_as_complex(_conjugated(g))],
)


def view_as_complex(x: Any) -> Tensor:
    """Complex tensor whose real and imaginary parts are x[..., 0] and x[..., 1].

    >>> view_as_complex([[1.0, 2.0]]).tolist()
    [(1+2j)]
    """
    x = elementwise.as_float(x)
    if not x.shape or x.shape[-1] != 2:
        raise ValueError(f"view_as_complex expects a last axis of size 2, got shape {x.shape}")
    return _view_as_complex(x if x.dtype in WHOLE else elementwise.cast(x, "float32"))


def view_as_real(x: Any) -> Tensor:
    """The real and imaginary parts of ``x`` along a new last axis."""
    x = tensor(x)
    if x.dtype not in dtypes.PARTS:
        x = elementwise.as_float(x)
        return stack([x, elementwise.multiply(x, 0)], -1)
    return _view_as_real(x)


def polar(abs_: Any, angle: Any) -> Tensor:
    """Complex numbers from absolute values and angles in radians: abs_ * (cos(angle) + i sin(angle)).

    >>> polar(2.0, 0.0).tolist()
    (2+0j)
    """
    size, angle = elementwise.promote(abs_, angle, minimum="float")
    return view_as_complex(
        stack(
            [elementwise.multiply(size, elementwise.cos(angle)), elementwise.multiply(size, elementwise.sin(angle))], -1
        )
    )


_vdot = Composite("vdot", lambda a, b: dot(ravel(conj(a)), ravel(b)), infer=lambda a, b: Spec((), a.dtype))


def vdot(x1: Any, x2: Any) -> Tensor:
    """Dot product of x1 and x2 flattened to vectors, with x1 conjugated if it is complex.

    >>> float(vdot([[1.0, 2.0]], [3.0, 4.0]))
    11.0
    """
    return _vdot(*elementwise.promote(tensor(x1), tensor(x2)))
