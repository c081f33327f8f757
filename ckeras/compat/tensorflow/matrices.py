"""Functions of matrices in ``tensorflow.linalg``: exponentials, roots, LU and tridiagonal matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.linalg import matrix_transpose
from ckeras.tensor import Tensor

# Coefficients of the diagonal Padé approximant of order 13, and the norm up to which it is exact in float64
# (Higham, "The Scaling and Squaring Method for the Matrix Exponential Revisited", 2005).
_PADE = (
    64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
    670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
)  # fmt: skip
_NORM = 5.37


def _square(matrix: Any, name: str) -> Tensor:
    x = _ops.convert_to_tensor(matrix)
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"{name} expects square matrices, got shape {tuple(x.shape)}")
    return x


def expm(input: Any, name: str | None = None) -> Tensor:
    """Return the matrix exponentials, by scaling and squaring.

    >>> expm([[0.0, 1.0], [0.0, 0.0]]).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    x = _square(input, "expm")
    norms = np.abs(x.numpy()).sum(-2).max(-1, initial=0)
    squarings = max(int(np.ceil(np.log2(max(float(norms.max(initial=0)), 1e-300) / _NORM))), 0)
    x = x / 2.0**squarings
    unit = _ops.eye(x.shape[-1], dtype=x.dtype)
    scaled = [c / _PADE[0] for c in _PADE]
    square = _ops.matmul(x, x)
    power, odd, even = unit, 0, 0
    for k in range(7):
        even, odd = even + scaled[2 * k] * power, odd + scaled[2 * k + 1] * power
        power = _ops.matmul(power, square)
    odd = _ops.matmul(x, odd)
    found = _ops.solve(even - odd, even + odd)
    for _ in range(squarings):
        found = _ops.matmul(found, found)
    return found


def _by_eigenvalues(matrix: Any, function: Any, name: str) -> Tensor:
    """A function of matrices that can be diagonalized; real where the input and all results are."""
    x = _square(matrix, name)
    values, vectors = np.linalg.eig(x.numpy().astype(np.complex128))
    found = (vectors * function(values)[..., None, :]) @ np.linalg.inv(vectors)
    if not x.dtype.startswith("complex"):
        if not np.allclose(found.imag, 0, atol=1e-6 * max(float(np.abs(found).max(initial=0)), 1e-30)):
            raise ValueError(f"{name} of a real matrix with this spectrum is complex: cast the matrix to complex64")
        found = found.real
    return _ops.convert_to_tensor(found, dtype=x.dtype)


def sqrtm(input: Any, name: str | None = None) -> Tensor:
    """Return the principal square roots of matrices that can be diagonalized. It has no gradient.

    Raises:
        ValueError: if the root of a real matrix is complex.
    """
    return _by_eigenvalues(input, np.sqrt, "sqrtm")


def logm(input: Any, name: str | None = None) -> Tensor:
    """Return the principal logarithms of complex matrices that can be diagonalized. It has no gradient.

    Raises:
        TypeError: if the matrices are not complex, as with TensorFlow.
    """
    x = _ops.convert_to_tensor(input)
    if not x.dtype.startswith("complex"):
        raise TypeError(f"logm expects complex matrices, got dtype {x.dtype}")
    return _by_eigenvalues(x, np.log, "logm")


class Lu(NamedTuple):
    """The triangular factors in one matrix, without the unit diagonal of the lower one, and the permutation."""

    lu: Tensor
    p: Tensor


def lu(input: Any, output_idx_type: Any = "int32", name: str | None = None) -> Lu:
    """Decompose matrices as ``input[..., p, :] = lower @ upper``, with partial pivoting."""
    x = _square(input, "lu")
    factors, pivots = _ops.lu_factor(x)
    rows = np.broadcast_to(np.arange(x.shape[-1]), pivots.shape).copy()
    for order, swaps in zip(rows.reshape(-1, x.shape[-1]), pivots.numpy().reshape(-1, x.shape[-1]), strict=True):
        for i, j in enumerate(swaps.tolist()):
            order[[i, j]] = order[[j, i]]
    return Lu(factors, _ops.convert_to_tensor(rows, dtype=output_idx_type))


def _parts(lower_upper: Any) -> tuple[Tensor, Tensor]:
    x = _square(lower_upper, "lu_solve")
    return _ops.tril(x, -1) + _ops.eye(x.shape[-1], dtype=x.dtype), _ops.triu(x)


def _permuted(x: Any, p: Any) -> Tensor:
    return _ops.take_along_axis(_ops.convert_to_tensor(x), _ops.expand_dims(p, -1), axis=-2)


def lu_solve(lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None) -> Tensor:
    """Solve ``A @ x = rhs`` by what `lu` returned for A."""
    lower, upper = _parts(lower_upper)
    middle = _ops.solve_triangular(lower, _permuted(rhs, perm), lower=True)
    return _ops.solve_triangular(upper, middle, lower=False)


def lu_reconstruct(lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None) -> Tensor:
    """Return the matrices for which `lu` returned this."""
    lower, upper = _parts(lower_upper)
    return _permuted(_ops.matmul(lower, upper), _ops.argsort(perm, axis=-1))


def lu_matrix_inverse(lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None) -> Tensor:
    """Return the inverses of the matrices for which `lu` returned this."""
    x = _square(lower_upper, "lu_matrix_inverse")
    unit = _ops.broadcast_to(_ops.eye(x.shape[-1], dtype=x.dtype), x.shape)
    return lu_solve(x, perm, unit)


def _tridiagonal(diagonals: Any, diagonals_format: str) -> Tensor:
    """The dense matrices of diagonals."""
    if diagonals_format == "matrix":
        return _square(diagonals, "tridiagonal_solve")
    if diagonals_format == "compact":
        x = _ops.convert_to_tensor(diagonals)
        upper, main, lower = x[..., 0, :-1], x[..., 1, :], x[..., 2, 1:]
    elif diagonals_format == "sequence":
        upper, main, lower = (_ops.convert_to_tensor(d) for d in diagonals)
        upper, lower = upper[..., :-1], lower[..., 1:]
    else:
        raise ValueError(f"expected diagonals_format 'compact', 'sequence' or 'matrix', got {diagonals_format!r}")
    size = main.shape[-1]

    def placed(values: Tensor, offset: int) -> Tensor:
        padding = [(0, 0)] * (len(values.shape) - 1) + [(max(offset, 0), max(-offset, 0))]
        return _ops.eye(size, k=offset, dtype=values.dtype) * _ops.expand_dims(_ops.pad(values, padding), -2)

    return placed(main, 0) + placed(upper, 1) + placed(lower, -1)


def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Tensor:
    """Solve ``A @ x = rhs`` for matrices given by their upper, main and lower diagonals."""
    matrix, x = _tridiagonal(diagonals, diagonals_format), _ops.convert_to_tensor(rhs)
    x = _ops.conj(x) if conjugate_rhs else x
    vectors = len(x.shape) == len(matrix.shape) - 1
    x = _ops.expand_dims(x, -1) if vectors else matrix_transpose(x) if transpose_rhs else x
    found = _ops.solve(matrix, x)
    return _ops.squeeze(found, -1) if vectors else found


def tridiagonal_matmul(diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None) -> Tensor:
    """Return the products of matrices, given by their diagonals, and ``rhs``."""
    return _ops.matmul(_tridiagonal(diagonals, diagonals_format), rhs)


def matrix_rank(a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """Return the ranks of matrices: how many singular values are greater than ``tol``.

    By default it is the largest of a matrix, times its larger size, times the resolution of the dtype.
    """
    a = _ops.convert_to_tensor(a)
    values = _ops.svd(a, compute_uv=False)
    if tol is None:
        factor = float(np.finfo(a.dtype).eps) * max(a.shape[-2:])
        tol = _ops.max(values, axis=-1, keepdims=True) * factor
    return _ops.sum(_ops.cast(values > tol, "int32"), axis=-1)


def eigh_tridiagonal(
    alpha: Any, beta: Any, eigvals_only: bool = True, select: str = "a", select_range: Any = None, **options: Any
) -> Any:
    """Return the eigenvalues, and eigenvectors unless ``eigvals_only``, of a symmetric tridiagonal matrix.

    Args:
        alpha, beta: its diagonal (size,) and the one next to it (size - 1,).
        eigvals_only: whether only the values are returned.
        select: "a" for all, "v" for those in the half-open interval ``select_range``, "i" for those of the indices in
            it, the last included.
        select_range: see there.
        options: no effect.
    """
    main, side = _ops.convert_to_tensor(alpha), _ops.convert_to_tensor(beta)
    edge = _ops.zeros((1,), main.dtype)
    upper, lower = _ops.concatenate([side, edge]), _ops.concatenate([edge, _ops.conj(side)])
    values, vectors = _ops.eigh(_tridiagonal([upper, main, lower], "sequence"))
    if select == "i":
        chosen = np.arange(int(select_range[0]), int(select_range[1]) + 1)
    elif select == "v":
        found = np.asarray(values)
        chosen = np.flatnonzero((found > select_range[0]) & (found <= select_range[1]))
    elif select == "a":
        chosen = np.arange(values.shape[0])
    else:
        raise ValueError(f"eigh_tridiagonal expects select 'a', 'v' or 'i', got {select!r}")
    values = _ops.take(values, chosen)
    return values if eigvals_only else (values, _ops.take(vectors, chosen, axis=1))


def banded_triangular_solve(
    bands: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """Solve ``A @ x = rhs`` for triangular matrices given by their bands (..., bands, size).

    The main diagonal is the first of the bands of a lower matrix, the last of an upper one.
    """
    x = _ops.convert_to_tensor(bands)
    count, size = x.shape[-2:]
    matrix = 0
    for i in range(count):
        offset = -i if lower else count - 1 - i
        row = x[..., i, :]
        # values are at the end of the bands of a lower matrix, and at the beginning of those of an upper one
        values = row[..., -offset:] if lower else row[..., : size - offset]
        padding = [(0, 0)] * (len(values.shape) - 1)
        columns = _ops.pad(values, [*padding, (0, -offset) if lower else (offset, 0)])
        matrix = matrix + _ops.eye(size, k=offset, dtype=x.dtype) * _ops.expand_dims(columns, -2)
    if adjoint:
        matrix, lower = _ops.conj(matrix_transpose(matrix)), not lower
    return _ops.solve_triangular(matrix, rhs, lower=lower)
