"""Helpers for ops on matrices: the last two axes are a matrix, the others a batch.

The gradients of those ops are the formulas of Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008), but where another source is named.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.elementwise.complex_parts import conj
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.creation import eye
from ckeras.tensor import Tensor, dtypes


def matrices(x: Any, where: str, square: bool = False) -> Tensor:
    """Convert ``x`` to floats; raise ValueError if its last two axes are not matrices (``square`` ones)."""
    x = elementwise.as_float(x)
    if len(x.shape) < 2:
        raise ValueError(f"{where} expects matrices, with two axes at least, got shape {x.shape}")
    rows, columns = x.shape[-2:]
    if square and rows != columns and None not in (rows, columns):
        raise ValueError(f"{where} expects square matrices, got shape {x.shape}")
    return x


def lapack(name: str, function: Callable[..., Any], failure: str) -> Callable[..., Any]:
    """Call ``function`` of numpy, with float16 computed in float32 and errors raised as ValueError."""

    def forward(*arrays: np.ndarray, **attrs: Any) -> Any:
        try:
            return function(*(a.astype("float32") if a.dtype == "float16" else a for a in arrays), **attrs)
        except np.linalg.LinAlgError as error:
            raise ValueError(f"{name} {failure}: got shape {arrays[0].shape} ({error})") from None

    return forward


def finite_only(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of numpy's where all elements of a matrix are finite, and NaN where they are not.

    LAPACK's iterations need not end for infinities, nor can they be interrupted. The other matrices of a batch keep
    their results.
    """

    def guarded(x: np.ndarray, **attrs: Any) -> Any:
        finite = np.isfinite(x).all((-2, -1))
        if finite.all():
            return function(x, **attrs)
        results = function(np.where(finite[..., None, None], x, np.eye(*x.shape[-2:], dtype=x.dtype)), **attrs)
        for result in results if isinstance(results, tuple) else (results,):
            result[~finite] = np.nan
        return results

    return guarded


SINGULAR = "expects matrices that are not singular"
DIVERGED = "did not converge"


def real_of(dtype: str) -> str:
    """The dtype of the real part of a complex dtype; other dtypes unchanged."""
    return dtypes.PARTS.get(dtype, dtype)


def of_reals(vjp: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Wrap a gradient that is defined for real matrices only."""

    def checked(g: Any, y: Any, x: Tensor, **attrs: Any) -> Tensor:
        if x.dtype not in dtypes.FLOATS:
            raise TypeError(f"the gradient of a matrix decomposition expects real matrices, got dtype {x.dtype}")
        return vjp(g, y, x, **attrs)

    return checked


def transposed(x: Tensor) -> Tensor:
    """The transposed matrices."""
    return layout.swapaxes(x, -1, -2)


def adjoint(x: Tensor) -> Tensor:
    """The transposed matrices, conjugated if they are complex."""
    return transposed(conj(x))


def across(x: Tensor) -> Tensor:
    """Reshape one number per column so that it broadcasts over the rows of a matrix."""
    return layout.expand_dims(x, -2)


def symmetric(x: Tensor) -> Tensor:
    """The symmetric parts of matrices."""
    return elementwise.multiply(elementwise.add(x, transposed(x)), 0.5)


def identity(x: Tensor, n: int) -> Tensor:
    """The identity matrix of ``n`` rows in the dtype of ``x``."""
    return eye(n, dtype=x.dtype)


def inverse_differences(x: Tensor) -> Tensor:
    """1 / (x_j - x_i), and 0 where the two are equal, where the gradient of the eigenvectors is undefined."""
    d = elementwise.subtract(across(x), layout.expand_dims(x, -1))
    here = elementwise.equal(d, 0)
    return elementwise.where(here, 0, elementwise.divide(1.0, elementwise.where(here, 1, d)))


def diagonal(x: Tensor) -> Tensor:
    """Matrices with these diagonals."""
    return elementwise.multiply(layout.expand_dims(x, -1), identity(x, x.shape[-1]))


def smaller(m: int | None, n: int | None) -> int | None:
    """The smaller of two sizes; `None` if one is unknown."""
    return None if None in (m, n) else min(m, n)
