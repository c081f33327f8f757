"""Singular values, and functions based on them: pseudo-inverses, least squares, ranks."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.linalg.matrices import (
    DIVERGED,
    across,
    diagonal,
    finite_only,
    inverse_differences,
    lapack,
    matrices,
    of_reals,
    real_of,
    smaller,
    transposed,
)
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import composite
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor

_numpy_svd = finite_only(np.linalg.svd)


def _svd_infer(x: Spec, full: bool) -> list[Spec]:
    *batch, m, n = x.shape
    k = smaller(m, n)
    return [
        Spec((*batch, m, m if full else k), x.dtype),
        Spec((*batch, k), real_of(x.dtype)),
        Spec((*batch, n if full else k, n), x.dtype),
    ]


def _svd_vjp(g: list[Any], y: list[Tensor], x: Tensor, full: bool) -> Tensor:
    u, values, v = y[0], y[1], transposed(y[2])
    if full and u.shape[-1] != v.shape[-1]:
        if g[0] is not None or g[2] is not None:
            raise ValueError(
                f"svd with full_matrices=True has no gradient by its vectors for matrices of shape {x.shape}"
            )
        return _singular_values_vjp(g[1], values, x)
    inner = diagonal(elementwise.multiply(values, 0.0) if g[1] is None else g[1])
    differences = inverse_differences(elementwise.square(values))
    result = None
    if g[0] is not None:
        part = matmul(transposed(u), g[0])
        inner = elementwise.add(
            inner,
            elementwise.multiply(
                elementwise.multiply(differences, elementwise.subtract(part, transposed(part))), across(values)
            ),
        )
        outside = elementwise.subtract(g[0], matmul(u, part))
        result = matmul(elementwise.divide(outside, across(values)), transposed(v))
    if g[2] is not None:
        slope = transposed(g[2])
        part = matmul(transposed(v), slope)
        moved = elementwise.multiply(differences, elementwise.subtract(part, transposed(part)))
        inner = elementwise.add(inner, elementwise.multiply(layout.expand_dims(values, -1), moved))
        outside = elementwise.subtract(slope, matmul(v, part))
        add = matmul(elementwise.divide(u, across(values)), transposed(outside))
        result = add if result is None else elementwise.add(result, add)
    core = matmul(u, matmul(inner, transposed(v)))
    return core if result is None else elementwise.add(core, result)


_svd = Op(
    "svd",
    _svd_infer,
    lapack("svd", lambda x, full: _numpy_svd(x, full_matrices=full), DIVERGED),
    vjp=[of_reals(_svd_vjp)],
)


def _singular_values_vjp(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    u, _, v = _svd(x, full=False)
    return matmul(elementwise.multiply(u, across(g)), v)


singular_values = Op(
    "singular_values",
    lambda x: Spec((*x.shape[:-2], smaller(*x.shape[-2:])), real_of(x.dtype)),
    lapack("svd", lambda x: _numpy_svd(x, compute_uv=False), DIVERGED),
    vjp=[of_reals(_singular_values_vjp)],
)


def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Singular value decomposition x = U diag(s) V.

    Args:
        x: of shape ``(..., M, N)``.
        full_matrices: whether U and V are square, or have K = min(M, N) columns and rows. The vectors beyond K have no
            gradient.
        compute_uv: whether to return (U, s, V), or only s.

    The singular values are in descending order. The gradient treats the vectors of equal singular values as constant
    relative to each other. A matrix with NaN or infinity gives NaN, without an effect on the others of a batch.

    >>> svd([[0.0, 3.0], [1.0, 0.0]], compute_uv=False).tolist()
    [3.0, 1.0]
    """
    x = matrices(x, "svd")
    return tuple(_svd(x, full=bool(full_matrices))) if compute_uv else singular_values(x)


def _cutoff(x: Tensor, factor: float) -> float:
    """Fraction of the largest singular value below which others are rounding errors."""
    return factor * max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)


@composite
def _matrix_rank(x: Tensor, tol: float | None) -> Tensor:
    if 0 in x.shape[-2:]:
        return elementwise.broadcast_to(elementwise.cast(0, "int32"), x.shape[:-2])
    values = singular_values(x)
    limit = elementwise.multiply(values[..., :1], _cutoff(x, 1.0)) if tol is None else tol
    return reduction.sum(elementwise.cast(elementwise.greater(values, limit), "int32"), -1)


def matrix_rank(x: Any, tol: Any = None) -> Tensor:
    """Rank of each matrix: the number (int32) of singular values greater than ``tol``.

    ``tol`` is by default the largest singular value times max(M, N) times the precision of the dtype. A matrix with NaN
    or infinity has the rank 0.
    """
    return _matrix_rank(matrices(x, "matrix_rank"), tol=None if tol is None else float(tol))


def _pinv_forward(x: np.ndarray, rcond: float) -> np.ndarray:
    u, values, v = _numpy_svd(x, full_matrices=False)
    kept = values > rcond * values.max(-1, keepdims=True, initial=0)
    inverse = np.divide(1, values, where=kept, out=np.zeros_like(values))
    return (v.conj().swapaxes(-1, -2) * inverse[..., None, :]) @ u.conj().swapaxes(-1, -2)


def _pinv_vjp(g: Tensor, y: Tensor, x: Tensor, rcond: float) -> Tensor:
    # Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems" (1973), where the
    # rank does not change.
    left = elementwise.subtract(transposed(g), matmul(x, matmul(y, transposed(g))))
    right = elementwise.subtract(transposed(g), matmul(matmul(transposed(g), y), x))
    slope = elementwise.negative(matmul(transposed(y), matmul(g, transposed(y))))
    slope = elementwise.add(slope, matmul(left, matmul(y, transposed(y))))
    return elementwise.add(slope, matmul(matmul(transposed(y), y), right))


_pinv = Op(
    "pinv",
    lambda x, rcond: Spec((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype),
    lapack("pinv", _pinv_forward, DIVERGED),
    vjp=[of_reals(_pinv_vjp)],
)


@composite
def _cut_pinv(x: Tensor, rcond: float | None, factor: float) -> Tensor:
    return _pinv(x, rcond=_cutoff(x, factor) if rcond is None else rcond)


def pinv(x: Any, rcond: Any = None) -> Tensor:
    """Pseudo-inverses of matrices (Moore, 1920; Penrose, 1955).

    Singular values of at most ``rcond`` times the largest are taken as 0; by default 10 max(M, N) times the precision
    of the dtype. The gradient assumes that the rank does not change. A matrix with NaN or infinity gives NaN.
    """
    return _cut_pinv(matrices(x, "pinv"), rcond=None if rcond is None else float(rcond), factor=10.0)


def lstsq(a: Any, b: Any, rcond: Any = None) -> Tensor:
    """Least-squares solution ``x`` of a x = b; of several solutions the one of minimum norm.

    Args:
        a: one matrix, of shape ``(M, N)``.
        b: of shape ``(M,)`` or ``(M, K)``.
        rcond: singular values of at most this fraction of the largest are taken as 0; by default max(M, N) times the
            precision of the dtype.

    An ``a`` with NaN or infinity gives NaN.

    >>> lstsq([[2.0], [0.0]], [4.0, 3.0]).tolist()
    [2.0]
    """
    a, b = elementwise.promote(elementwise.as_float(a), elementwise.as_float(b))
    if (
        len(a.shape) != 2
        or len(b.shape) not in (1, 2)
        or (a.shape[0] != b.shape[0] and None not in (a.shape[0], b.shape[0]))
    ):
        raise ValueError(
            f"lstsq expects a matrix and as many right sides as it has rows, got shapes {a.shape} and {b.shape}"
        )
    return matmul(_cut_pinv(a, rcond=None if rcond is None else float(rcond), factor=1.0), b)
