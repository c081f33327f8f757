"""Systems of linear equations, inverses and determinants of square matrices."""

from typing import Any

import numpy as np

from ckeras.autograd.tape import sum_to
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.elementwise.complex_parts import imag
from ckeras.ops.linalg.matrices import DIVERGED, SINGULAR, finite_only, lapack, matrices, real_of, transposed
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.linalg.triangles import tril, triu
from ckeras.ops.manipulation import layout
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor, dtypes


def _right_side(a: Tensor, b: Tensor, g: Tensor, x: Tensor) -> Tensor:
    """Gradient of the matrix of a system, from the gradient of its right-hand side."""
    return sum_to(elementwise.negative(matmul(g, transposed(x))), a.shape)


def _solve_infer(a: Spec, b: Spec, **attrs: Any) -> Spec:
    return Spec((*elementwise.broadcast_shapes(a.shape[:-2], b.shape[:-2]), *b.shape[-2:]), b.dtype)


def _solve_vjp_a(g: Tensor, x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return _right_side(a, b, _solve(transposed(a), g), x)


_solve = Op(
    "solve",
    _solve_infer,
    lapack("solve", np.linalg.solve, SINGULAR),
    vjp=[_solve_vjp_a, lambda g, x, a, b: sum_to(_solve(transposed(a), g), b.shape)],
)


def _solve_triangular_forward(a: np.ndarray, b: np.ndarray, lower: bool) -> np.ndarray:
    # LAPACK's elimination of an upper triangle is back substitution; a lower one is flipped to an upper one.
    if lower:
        return _solve_triangular_forward(a[..., ::-1, ::-1], b[..., ::-1, :], False)[..., ::-1, :]
    return np.linalg.solve(np.triu(a), b)


def _solve_triangular_vjp_a(g: Tensor, x: Tensor, a: Tensor, b: Tensor, lower: bool) -> Tensor:
    slope = _right_side(a, b, triangular_system(transposed(a), g, lower=not lower), x)
    return tril(slope) if lower else triu(slope)


triangular_system = Op(
    "solve_triangular",
    _solve_infer,
    lapack("solve_triangular", _solve_triangular_forward, "expects a diagonal without zeros"),
    vjp=[
        _solve_triangular_vjp_a,
        lambda g, x, a, b, lower: sum_to(triangular_system(transposed(a), g, lower=not lower), b.shape),
    ],
)


def _system(op: Op, a: Any, b: Any, **attrs: Any) -> Tensor:
    a = matrices(a, op.name, square=True)
    b = elementwise.as_float(b)
    a, b = elementwise.promote(a, b)
    n = a.shape[-1]
    vectors = len(b.shape) == 1 or (
        len(b.shape) == len(a.shape) - 1 and b.shape[-2] != n == b.shape[-1] and b.shape[:-1] == a.shape[:-2]
    )
    rows = b.shape[-1 if vectors else -2] if b.shape else 0
    if not b.shape or (rows != n and None not in (rows, n)):
        raise ValueError(f"{op.name} expects as many equations as right sides, got shapes {a.shape} and {b.shape}")
    return layout.squeeze(op(a, layout.expand_dims(b, -1), **attrs), -1) if vectors else op(a, b, **attrs)


def solve(a: Any, b: Any) -> Tensor:
    """Solve a x = b for ``x``.

    Args:
        a: square matrices, of shape ``(..., M, M)``.
        b: of shape ``(..., M, N)``, or vectors of shape ``(M,)`` or ``(..., M)``.

    Raises ValueError for a singular matrix.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).tolist()
    [1.0, 0.5]
    """
    return _system(_solve, a, b)


def solve_triangular(a: Any, b: Any, lower: bool = False) -> Tensor:
    """`solve` for a triangular ``a``; the other triangle is not read.

    Raises ValueError for a zero on the diagonal.
    """
    return _system(triangular_system, a, b, lower=bool(lower))


inverse = Op(
    "inv",
    lambda x: Spec(x.shape, x.dtype),
    lapack("inv", np.linalg.inv, SINGULAR),
    vjp=[lambda g, y, x: elementwise.negative(matmul(transposed(y), matmul(g, transposed(y))))],
)


def inv(x: Any) -> Tensor:
    """The inverses of square matrices. Raises ValueError for a singular one.

    >>> inv([[2.0, 0.0], [0.0, 4.0]]).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    return inverse(matrices(x, "inv", square=True))


# -- determinants -----------------------------------------------------------------------------------------------------


def _per_matrix(x: Spec) -> Spec:
    return Spec(x.shape[:-2], x.dtype)


def _scaled(g: Tensor, x: Tensor) -> Tensor:
    """Multiply each matrix of ``x`` by one number."""
    return elementwise.multiply(layout.expand_dims(g, (-1, -2)), x)


def _cofactors_forward(x: np.ndarray) -> np.ndarray:
    # For x = U S V the gradient is det(U) det(V) conj(U) C conj(V), with the products of all singular values but one on
    # the diagonal of C. It is finite for a singular matrix too.
    u, singular, v = finite_only(np.linalg.svd)(x)
    n = singular.shape[-1]
    others = np.where(np.eye(n, dtype=bool), np.ones((), x.dtype), singular[..., None, :]).prod(-1)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(v))
    return sign[..., None, None] * ((u.conj() * others[..., None, :]) @ v.conj())


def _cofactors_vjp(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    inverted = transposed(inverse(x))
    product = reduction.sum(elementwise.multiply(g, inverted), (-1, -2))
    slope = elementwise.subtract(_scaled(product, inverted), matmul(inverted, matmul(transposed(g), inverted)))
    return _scaled(_det(x), slope)


_det = Op(
    "det", _per_matrix, lapack("det", np.linalg.det, ""), vjp=[lambda g, y, x: _scaled(g, _cofactors(x))]
)  # the gradient of a determinant is the matrix of cofactors
_cofactors = Op(
    "cofactors", lambda x: Spec(x.shape, x.dtype), lapack("det", _cofactors_forward, DIVERGED), vjp=[_cofactors_vjp]
)


def _slogdet_vjp(g: list[Tensor | None], y: list[Tensor], x: Tensor) -> Tensor | None:
    of_sign, slope = g
    if of_sign is not None and x.dtype in dtypes.PARTS:
        # The sign is e^(i Im log det): it changes by i times itself for each unit of the imaginary part.
        turn = elementwise.multiply(imag(elementwise.multiply(of_sign, y[0])), np.array(1j, x.dtype))
        slope = turn if slope is None else elementwise.add(turn, slope)
    if slope is None:
        return None
    return _scaled(elementwise.cast(slope, x.dtype), transposed(inverse(x)))


_slogdet = Op(
    "slogdet",
    lambda x: [_per_matrix(x), Spec(x.shape[:-2], real_of(x.dtype))],
    lapack("slogdet", np.linalg.slogdet, ""),
    vjp=[_slogdet_vjp],
)


def det(x: Any) -> Tensor:
    """The determinants of square matrices.

    >>> float(det([[2.0, 0.0], [0.0, 3.0]]))
    6.0
    """
    return _det(matrices(x, "det", square=True))


def slogdet(x: Any) -> tuple[Tensor, Tensor]:
    """The signs of the determinants of square matrices, and the logarithms of their absolute values.

    The result is 0 and -inf for a singular matrix, for which the gradient raises ValueError.
    """
    return tuple(_slogdet(matrices(x, "slogdet", square=True)))


def logdet(x: Any) -> Tensor:
    """The logarithm of the absolute value of the determinant, as `slogdet` gives it."""
    return _slogdet(matrices(x, "logdet", square=True))[1]
