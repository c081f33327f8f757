"""Gradients of the special functions of `ckeras.compat.tensorflow.math`."""

import numpy as np

from ckeras.compat.tensorflow import special

X = np.array([0.3, 1.7, 4.2, 12.5, -1.3])
A = np.array([0.5, 2.5, 3.0])
B = np.array([0.7, 1.3, 6.0])

CASES = {
    "lgamma": [(special.lgamma, [X])],
    "digamma": [(special.digamma, [X])],
    "polygamma": [(lambda x: special.polygamma(np.array([1.0, 2.0, 3.0]), x), [B])],
    "igamma": [(lambda x: special.igamma(A, x), [B])],
}
COMPOSED = {
    "lbeta": (special.lbeta, [B]),
    "cumulative_logsumexp": (special.cumulative_logsumexp, [X]),
    "bessel_i1e": (special.bessel_i1e, [X]),
    "ndtri": (special.ndtri, [np.array([0.2, 0.6])]),
}
