"""Closeness, infinities and membership."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.elementwise.arithmetic import real_float
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor, dtypes


def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Element-wise abs(x1 - x2) <= atol + rtol * abs(x2); infinities of the same sign are close.

    Args:
        rtol: relative tolerance.
        atol: absolute tolerance.
        equal_nan: whether NaN is close to NaN.
    """
    a, b = elementwise.promote(x1, x2)
    if a.dtype in dtypes.INTEGERS or a.dtype == "bool":
        a, b = elementwise.cast(a, "float64"), elementwise.cast(b, "float64")
    near = elementwise.less_equal(
        elementwise.abs(elementwise.subtract(a, b)),
        elementwise.add(atol, elementwise.multiply(rtol, elementwise.abs(b))),
    )
    close = elementwise.logical_or(elementwise.logical_and(near, elementwise.isfinite(b)), elementwise.equal(a, b))
    return (
        elementwise.logical_or(close, elementwise.logical_and(elementwise.isnan(a), elementwise.isnan(b)))
        if equal_nan
        else close
    )


def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether all elements are close in the sense of `isclose`.

    >>> bool(allclose([1.0, 2.0], [1.0, 2.0 + 1e-6]))
    True
    """
    return reduction.all(isclose(x1, x2, rtol, atol, equal_nan))


def isposinf(x: Any) -> Tensor:
    """Whether x is infinite and positive, element by element."""
    return _is_infinity(x, np.inf, "isposinf")


def isneginf(x: Any) -> Tensor:
    """Whether x is infinite and negative, element by element."""
    return _is_infinity(x, -np.inf, "isneginf")


def _is_infinity(x: Any, value: float, where: str) -> Tensor:
    return elementwise.equal(real_float(x, where), value)


_isin = Op(
    "isin",
    lambda x, values, invert: Spec(x.shape, "bool"),
    lambda x, values, invert: np.isin(x, values, invert=invert),
)


def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Element-wise test whether an element of x1 occurs in x2.

    Args:
        assume_unique: whether the elements of each tensor are unique; accepted for compatibility, it changes nothing.
        invert: whether to return the negation: true for elements that are not in x2.

    >>> isin([[1, 2], [3, 4]], [2, 3]).tolist()
    [[False, True], [True, False]]
    """
    return _isin(*elementwise.promote(x1, x2), invert=bool(invert))
