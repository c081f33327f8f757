"""The namespace `keras.ops.linalg`: decompositions, linear systems and norms."""

from ckeras.lazy import TYPE_CHECKING, attach

if TYPE_CHECKING:
    from ckeras.ops.control.transformations import jvp as jvp
    from ckeras.ops.linalg.decompositions import (
        cholesky as cholesky,
        cholesky_inverse as cholesky_inverse,
        eig as eig,
        eigh as eigh,
        lu_factor as lu_factor,
        qr as qr,
    )
    from ckeras.ops.linalg.linear_systems import (
        det as det,
        inv as inv,
        logdet as logdet,
        slogdet as slogdet,
        solve as solve,
        solve_triangular as solve_triangular,
    )
    from ckeras.ops.linalg.norms import norm as norm
    from ckeras.ops.linalg.singular_values import lstsq as lstsq, matrix_rank as matrix_rank, pinv as pinv, svd as svd

attach(
    __name__,
    {
        **dict.fromkeys(["cholesky", "cholesky_inverse", "eig", "eigh", "lu_factor", "qr"], "decompositions"),
        **dict.fromkeys(["det", "inv", "logdet", "slogdet", "solve", "solve_triangular"], "linear_systems"),
        **dict.fromkeys(["lstsq", "matrix_rank", "pinv", "svd"], "singular_values"),
        "jvp": "ckeras.ops.control.transformations",
        "norm": "norms",
    },
)
