"""``tensorflow.linalg``."""

from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.table import names_of

_MATRICES = (
    "expm", "logm", "lu", "lu_matrix_inverse", "lu_reconstruct", "lu_solve", "matrix_rank", "sqrtm",
    "banded_triangular_solve", "eigh_tridiagonal", "tridiagonal_matmul", "tridiagonal_solve",
)  # fmt: skip

ROWS = {
    "eye": "ops.eye(num_rows=N, num_columns=M)",
    "norm": "ops.norm(tensor=x, ord, axis, keepdims)",
    "tensordot": "ops.tensordot(a=x1, b=x2, axes)",
    "einsum": "ops.einsum",
    "cross": "ops.cross(a=x1, b=x2)",
    "l2_normalize": "compat.tensorflow.math.l2_normalize",
    "global_norm": "compat.tensorflow.arrays.global_norm",
    **{name: f"ops.{name}(input=x)" for name in ("det", "inv", "slogdet", "cholesky")},
    "logdet": "ops.logdet(matrix=x)",
    "pinv": "ops.pinv(a=x, rcond)",
    "eigh": "ops.eigh(tensor=x)",
    "eig": "ops.eig(tensor=x)",
    "solve": "ops.solve(matrix=a, rhs=b)",
    "transpose": "compat.tensorflow.linalg.matrix_transpose",
    "lstsq": "ops.lstsq(matrix=a, rhs=b)",
    **{name: f"compat.tensorflow.matrices.{name}" for name in _MATRICES},
}

__getattr__, __dir__ = names_of(__name__, ROWS)


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, name: str | None = None) -> Any:
    """Matrix product over the last two axes, with optional transposition of the factors."""
    return _ops.matmul(matrix_transpose(a) if transpose_a else a, matrix_transpose(b) if transpose_b else b)


def matrix_transpose(a: Any, name: str | None = None) -> Any:
    """Return ``a`` with its last two axes exchanged."""
    return _ops.swapaxes(a, -1, -2)


def matvec(a: Any, b: Any, transpose_a: bool = False, name: str | None = None) -> Any:
    """Product of matrices, or their transposes, and vectors."""
    return _ops.squeeze(matmul(a, _ops.expand_dims(b, -1), transpose_a=transpose_a), -1)


def triangular_solve(matrix: Any, rhs: Any, lower: bool = True, name: str | None = None) -> Any:
    """Solve ``matrix @ x = rhs`` for a triangular matrix; the other triangle is ignored."""
    return _ops.solve_triangular(matrix, rhs, lower=lower)


def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None) -> Any:
    """Return (s, u, v) with ``tensor = u * s @ v.T``, or only the singular values s."""
    if not compute_uv:
        return _ops.svd(tensor, compute_uv=False)
    u, s, vh = _ops.svd(tensor, full_matrices=full_matrices)
    return s, u, matrix_transpose(vh)


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """Return (q, r), orthogonal and upper triangular, with ``input = q @ r``."""
    return _ops.qr(input, mode="complete" if full_matrices else "reduced")


def diag(diagonal: Any, name: str | None = None) -> Any:
    """Return square matrices with the last axis as their diagonals."""
    diagonal = _ops.convert_to_tensor(diagonal)
    return _ops.expand_dims(diagonal, -1) * _ops.eye(diagonal.shape[-1], dtype=diagonal.dtype)


def diag_part(input: Any, name: str | None = None) -> Any:
    """Return the diagonals of the matrices in the last two axes."""
    return _ops.diagonal(input, axis1=-2, axis2=-1)


def trace(x: Any, name: str | None = None) -> Any:
    """Return the traces of the matrices in the last two axes."""
    return _ops.trace(x, axis1=-2, axis2=-1)


def band_part(input: Any, num_lower: int, num_upper: int, name: str | None = None) -> Any:
    """Set elements below ``num_lower`` subdiagonals and above ``num_upper`` superdiagonals to 0; negative keeps all."""
    lower = input if num_lower < 0 else _ops.triu(input, -num_lower)
    return lower if num_upper < 0 else _ops.tril(lower, num_upper)


def adjoint(matrix: Any, name: str | None = None) -> Any:
    """Return the conjugate transpose of the matrices in the last two axes."""
    return _ops.conj(matrix_transpose(matrix))


def eigvalsh(tensor: Any, name: str | None = None) -> Any:
    """Return the eigenvalues of Hermitian matrices, in ascending order."""
    return _ops.eigh(tensor)[0]


def eigvals(tensor: Any, name: str | None = None) -> Any:
    """Return the eigenvalues of matrices, which are complex."""
    return _ops.eig(tensor)[0]


def normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """Return ``tensor / norm`` and the norm, over ``axis`` or all axes."""
    tensor = _ops.convert_to_tensor(tensor)
    if ord == "euclidean":
        size = _ops.sqrt(_ops.sum(_ops.square(_ops.abs(tensor)), axis=axis, keepdims=True))
    else:
        size = _ops.norm(tensor, ord=ord, axis=axis, keepdims=True)
    return tensor / size, size


def set_diag(input: Any, diagonal: Any, name: str | None = None) -> Any:
    """Return matrices with other main diagonals."""
    input = _ops.convert_to_tensor(input)
    rows, columns = input.shape[-2:]
    size = min(rows, columns)
    wide = _ops.pad(diagonal, [(0, 0)] * (len(input.shape) - 2) + [(0, columns - size)])
    return _ops.where(_ops.eye(rows, columns, dtype="bool"), _ops.expand_dims(wide, -2), input)


def tensor_diag(diagonal: Any, name: str | None = None) -> Any:
    """Return a tensor with ``diagonal`` where its first indices equal its last, and zeros elsewhere."""
    diagonal = _ops.convert_to_tensor(diagonal)
    return _ops.reshape(_ops.diag(_ops.reshape(diagonal, (-1,))), (*diagonal.shape, *diagonal.shape))


def tensor_diag_part(input: Any, name: str | None = None) -> Any:
    """Return the elements whose first indices equal their last."""
    input = _ops.convert_to_tensor(input)
    shape = input.shape[: len(input.shape) // 2]
    size = int(np.prod(shape))
    return _ops.reshape(_ops.diag(_ops.reshape(input, (size, size))), shape)


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Any:
    """Solve ``A @ x = rhs`` by the Cholesky factor of A."""
    lower = _ops.solve_triangular(chol, rhs, lower=True)
    return _ops.solve_triangular(adjoint(chol), lower, lower=False)
