"""Decompositions of matrices: Cholesky, eigenvalues, QR, LU."""

import math
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.elementwise.complex_numbers import WHOLE
from ckeras.ops.elementwise.complex_parts import conj, real
from ckeras.ops.linalg.linear_systems import inverse, triangular_system
from ckeras.ops.linalg.matrices import (
    DIVERGED,
    across,
    adjoint,
    diagonal,
    finite_only,
    identity,
    inverse_differences,
    lapack,
    matrices,
    of_reals,
    real_of,
    smaller,
    symmetric,
    transposed,
)
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.linalg.triangles import tril, triu
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import concatenate
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor, dtypes

# -- Cholesky ---------------------------------------------------------------------------------------------------------


def _hermitian(x: np.ndarray) -> np.ndarray:
    return (x + x.swapaxes(-1, -2).conj()) / 2


def _cholesky_vjp(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    # Murray, "Differentiation of the Cholesky decomposition" (2016), equation 10.
    inner = tril(matmul(transposed(y), g))
    inner = elementwise.subtract(
        inner, elementwise.multiply(elementwise.multiply(inner, identity(inner, inner.shape[-1])), 0.5)
    )
    left = triangular_system(transposed(y), inner, lower=False)
    return symmetric(transposed(triangular_system(transposed(y), transposed(left), lower=False)))


_cholesky = Op(
    "cholesky",
    lambda x: Spec(x.shape, x.dtype),
    lapack(
        "cholesky",
        lambda x: np.linalg.cholesky(_hermitian(x)),
        "expects positive definite matrices",
    ),
    vjp=[of_reals(_cholesky_vjp)],
)


def cholesky(x: Any, upper: bool = False) -> Tensor:
    """Cholesky factor: the lower triangular L with x = L L^T, or with ``upper`` its transpose.

    ``x`` has the shape ``(..., M, M)``; a matrix that is not symmetric is taken as (x + x^T) / 2. Raises ValueError if
    it is not positive definite.

    >>> cholesky([[4.0, 2.0], [2.0, 5.0]]).tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    factor = _cholesky(matrices(x, "cholesky", square=True))
    return adjoint(factor) if upper else factor


def _inverse_of_factor(x: Tensor, upper: bool) -> Tensor:
    inverted = triangular_system(x, elementwise.broadcast_to(identity(x, x.shape[-1]), x.shape), lower=not upper)
    return matmul(inverted, adjoint(inverted)) if upper else matmul(adjoint(inverted), inverted)


_cholesky_inverse = Composite("cholesky_inverse", _inverse_of_factor, infer=lambda x, upper: Spec(x.shape, x.dtype))


def cholesky_inverse(x: Any, upper: bool = False) -> Tensor:
    """Inverse of the matrix with the Cholesky factor ``x``: of x x^T, or with ``upper`` of x^T x.

    Raises ValueError for a zero on the diagonal.
    """
    return _cholesky_inverse(matrices(x, "cholesky_inverse", square=True), upper=bool(upper))


# -- eigenvalues -----------------------------------------------------------------------------------------------------


def _eigh_vjp(g: list[Any], y: list[Tensor], x: Tensor) -> Tensor:
    values, vectors = y
    inner = elementwise.multiply(identity(vectors, vectors.shape[-1]), 0.0) if g[0] is None else diagonal(g[0])
    if g[1] is not None:
        inner = elementwise.add(
            inner, elementwise.multiply(inverse_differences(values), matmul(transposed(vectors), g[1]))
        )
    return symmetric(matmul(vectors, matmul(inner, transposed(vectors))))


_eigh = Op(
    "eigh",
    lambda x: [Spec(x.shape[:-1], real_of(x.dtype)), Spec(x.shape, x.dtype)],
    lapack("eigh", lambda x: finite_only(np.linalg.eigh)(_hermitian(x)), DIVERGED),
    vjp=[of_reals(_eigh_vjp)],
)


def _eig_infer(x: Spec) -> list[Spec]:
    dtype = WHOLE.get(x.dtype, x.dtype)
    return [Spec(x.shape[:-1], dtype), Spec(x.shape, dtype)]


def _eig_vjp(g: list[Any], y: list[Tensor], x: Tensor) -> Tensor:
    # The eigenvectors have length 1; their phase, which is arbitrary, is taken as constant.
    values, vectors = y
    inner = diagonal(elementwise.multiply(values, 0.0) if g[0] is None else g[0])
    if g[1] is not None:
        part = matmul(transposed(vectors), g[1])
        lengths = elementwise.cast(
            real(reduction.sum(elementwise.multiply(part, identity(part, part.shape[-1])), -2)), part.dtype
        )
        lengths = elementwise.multiply(matmul(transposed(vectors), conj(vectors)), across(lengths))
        inner = elementwise.add(
            inner, elementwise.multiply(inverse_differences(values), elementwise.subtract(part, lengths))
        )
    slope = matmul(inverse(transposed(vectors)), matmul(inner, transposed(vectors)))
    return slope if x.dtype in dtypes.PARTS else real(slope)


_eig = Op("eig", _eig_infer, lapack("eig", finite_only(np.linalg.eig), DIVERGED), vjp=[_eig_vjp])


def eigh(x: Any) -> tuple[Tensor, Tensor]:
    """Eigenvalues of symmetric matrices in ascending order, and the eigenvectors as columns.

    A matrix that is not symmetric is taken as (x + x^T) / 2. The gradient treats the eigenvectors of equal eigenvalues
    as constant relative to each other. A matrix with NaN or infinity gives NaN, without an effect on the others of a
    batch.

    >>> values, vectors = eigh([[2.0, 0.0], [0.0, 1.0]])
    >>> values.tolist()
    [1.0, 2.0]
    """
    return tuple(_eigh(matrices(x, "eigh", square=True)))


def eig(x: Any) -> tuple[Tensor, Tensor]:
    """Eigenvalues of square matrices, and the eigenvectors of length 1 as columns; both complex.

    The gradient through eigenvectors is valid for functions that do not depend on their phase. It treats the
    eigenvectors of equal eigenvalues as constant relative to each other. A matrix with NaN or infinity gives NaN.
    """
    x = matrices(x, "eig", square=True)
    return tuple(_eig(elementwise.cast(x, "float32") if x.dtype == "float16" else x))


# -- QR ---------------------------------------------------------------------------------------------------------------


def _qr_infer(x: Spec, mode: str) -> list[Spec]:
    *batch, m, n = x.shape
    k = m if mode == "complete" else min(m, n)
    return [Spec((*batch, m, k), x.dtype), Spec((*batch, k, n), x.dtype)]


def _qr_vjp(g: list[Any], y: list[Tensor], x: Tensor, mode: str) -> Tensor:
    # Walter and Lehmann, "Algorithmic differentiation of linear algebra functions" (2010), for independent columns.
    q, u = y
    if q.shape[-1] != u.shape[-1]:
        raise ValueError(
            f"qr in the mode 'complete' has no gradient for matrices of shape {x.shape}, which are not square"
        )
    inner = None
    if g[1] is not None:
        inner = matmul(u, transposed(g[1]))
    if g[0] is not None:
        part = matmul(transposed(g[0]), q)
        inner = elementwise.negative(part) if inner is None else elementwise.subtract(inner, part)
    slope = matmul(q, elementwise.add(tril(inner), transposed(tril(inner, -1))))
    slope = slope if g[0] is None else elementwise.add(slope, g[0])
    return transposed(triangular_system(u, transposed(slope), lower=False))


_qr = Op(
    "qr",
    _qr_infer,
    lapack("qr", lambda x, mode: np.linalg.qr(x, mode), DIVERGED),
    vjp=[of_reals(_qr_vjp)],
)


def qr(x: Any, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """QR decomposition: the orthogonal Q and the upper triangular R with x = Q R.

    Args:
        x: of shape ``(..., M, N)``.
        mode: "reduced": Q has min(M, N) columns and R as many rows; "complete": Q is square. The complete form has no
            gradient for tall matrices.
    """
    x = matrices(x, "qr")
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr expects the mode 'reduced' or 'complete', got {mode!r}")
    m, n = x.shape[-2:]
    if None in (m, n):
        raise ValueError(f"qr expects matrices of known size, got shape {x.shape}")
    if m >= n:
        return tuple(_qr(x, mode=mode))
    # For wide matrices the first M columns determine Q, so there is a gradient.
    q, u = _qr(x[..., :m], mode="reduced")
    return q, concatenate([u, matmul(adjoint(q), x[..., m:])], -1)


# -- LU ---------------------------------------------------------------------------------------------------------------


def _lu_forward(x: np.ndarray) -> list[np.ndarray]:
    *batch, m, n = x.shape
    lu = np.array(x, "float32" if x.dtype == "float16" else x.dtype).reshape(math.prod(batch), m, n)
    k = min(m, n)
    pivots = np.zeros((len(lu), k), np.int32)
    each = np.arange(len(lu))
    for j in range(k):
        p = j + np.argmax(np.abs(lu[:, j:, j]), -1)
        pivots[:, j] = p
        lu[each, p], lu[:, j] = lu[:, j].copy(), lu[each, p]
        pivot = lu[:, j, j, None]
        lu[:, j + 1 :, j] = np.divide(lu[:, j + 1 :, j], pivot, where=pivot != 0, out=lu[:, j + 1 :, j].copy())
        lu[:, j + 1 :, j + 1 :] -= lu[:, j + 1 :, j, None] * lu[:, j, None, j + 1 :]
    return [lu.reshape(x.shape), pivots.reshape(*batch, k)]


def _lu_infer(x: Spec) -> list[Spec]:
    return [Spec(x.shape, x.dtype), Spec((*x.shape[:-2], smaller(*x.shape[-2:])), "int32")]


def _lu_vjp(g: list[Any], y: list[Tensor], x: Tensor) -> Tensor:
    lu, pivots = y
    m, n = lu.shape[-2:]
    k = min(m, n)
    square, g_square = lu[..., :k, :k], g[0][..., :k, :k]
    lower, upper = elementwise.add(tril(square, -1), identity(lu, k)), triu(square)
    g_lower, g_upper = tril(g_square, -1), triu(g_square)
    if m > n:  # the remaining rows are those of the matrix times the inverse of U
        rest = transposed(triangular_system(upper, transposed(g[0][..., k:, :]), lower=False))
        g_upper = elementwise.subtract(g_upper, triu(matmul(transposed(lu[..., k:, :]), rest)))
    elif n > m:  # the remaining columns are the inverse of L times those of the matrix
        rest = triangular_system(transposed(lower), g[0][..., k:], lower=False)
        g_lower = elementwise.subtract(g_lower, tril(matmul(rest, transposed(lu[..., k:])), -1))
    inner = elementwise.add(tril(matmul(transposed(lower), g_lower), -1), triu(matmul(g_upper, transposed(upper))))
    slope = triangular_system(transposed(lower), inner, lower=False)
    slope = transposed(triangular_system(upper, transposed(slope), lower=False))
    if m != n:
        slope = concatenate([slope, rest], -2 if m > n else -1)
    return matmul(transposed(_exchanges(pivots, rows=m, dtype=x.dtype)), slope)


def _exchanges_forward(pivots: np.ndarray, rows: int, dtype: str) -> np.ndarray:
    *batch, k = pivots.shape
    flat = pivots.reshape(math.prod(batch), k)
    order = np.tile(np.arange(rows), (len(flat), 1))
    each = np.arange(len(flat))
    for j in range(k):
        order[each, flat[:, j]], order[:, j] = order[:, j].copy(), order[each, flat[:, j]]
    return np.eye(rows, dtype=dtype)[order].reshape(*batch, rows, rows)


_exchanges = Op(
    "exchanges", lambda pivots, rows, dtype: Spec((*pivots.shape[:-1], rows, rows), dtype), _exchanges_forward
)  # the permutation matrix of the row exchanges that the pivots define
_lu = Op("lu_factor", _lu_infer, _lu_forward, vjp=[_lu_vjp])


def lu_factor(x: Any) -> tuple[Tensor, Tensor]:
    """LU decomposition P x = L U with partial pivoting.

    Returns a matrix with U in its upper triangle and L, without its unit diagonal, below; and the pivots as int32: row
    i was exchanged with row ``pivots[i]``, for i in ascending order.

    >>> factors, pivots = lu_factor([[1.0, 2.0], [2.0, 2.0]])
    >>> factors.tolist(), pivots.tolist()
    ([[2.0, 2.0], [0.5, 1.0]], [1, 1])
    """
    return tuple(_lu(matrices(x, "lu_factor")))
