"""The namespace `keras.ops.linalg`: decompositions, linear systems and norms."""

from ckeras.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        **dict.fromkeys(["cholesky", "cholesky_inverse", "eig", "eigh", "lu_factor", "qr"], "decompositions"),
        **dict.fromkeys(["det", "inv", "logdet", "slogdet", "solve", "solve_triangular"], "linear_systems"),
        **dict.fromkeys(["lstsq", "matrix_rank", "pinv", "svd"], "singular_values"),
        "jvp": "ckeras.ops.control.transformations",
        "norm": "norms",
    },
)
