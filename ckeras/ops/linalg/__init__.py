"""The namespace `keras.ops.linalg`: decompositions, linear systems and norms."""

from ckeras.lazy import attach

_NAMES = (
    "cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv", "jvp", "logdet", "lstsq", "lu_factor", "matrix_rank",
    "norm", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd",
)  # fmt: skip

__getattr__, __dir__, __all__ = attach(__name__, dict.fromkeys(_NAMES, "ckeras.ops"))
