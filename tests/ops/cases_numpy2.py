"""Gradient cases of order statistics, linear algebra, Fourier transforms, segments and special functions."""

import itertools
import math

import numpy as np
from samples import binary, data, positive, unary

from ckeras import ops
from ckeras.tensor import table

INDEX = np.array([[2, 0, 2], [1, 3, 1]])
SEGMENTS = np.array([0, 2, 0, 3, 2, 2])


def spread(*shape, seed=0):
    """Square or other matrices that are far from singular, with singular values far from each other."""
    x = data(*shape, low=-0.4, high=0.4, seed=seed)
    m, n = shape[-2:]
    return x + np.eye(m, n) * (1.5 + np.arange(n))


def symmetric(*shape):
    x = spread(*shape)
    return (x + x.swapaxes(-1, -2)) / 2 + np.eye(shape[-1])


SQUARE = [(1, 1), (3, 3), (2, 3, 3)]
SYSTEMS = [((3, 3), (3, 2)), ((2, 3, 3), (2, 3, 1)), ((3, 3), (2, 3, 2)), ((2, 1, 3, 3), (4, 3, 1))]


def absolute(values):
    """What does not depend on the signs of vectors."""
    return [ops.square(v) for v in values]


def turned(n):
    """What makes some eigenvalues complex."""
    return 3 * (np.eye(n, k=1) - np.eye(n, k=-1))


def lengths(z):
    """What does not depend on the signs of complex numbers."""
    return ops.sum(ops.square(ops.view_as_real(z)), -1)


CASES = {
    "cholesky": [(lambda x: table["cholesky"](x), [symmetric(*s)]) for s in SQUARE],
    "cofactors": [(lambda x: table["cofactors"](x), [spread(*s)]) for s in SQUARE],
    "det": [(lambda x: table["det"](x), [spread(*s)]) for s in SQUARE],
    "dft": [
        (lambda a, b, n=n, i=i: table["dft"](a, b, axes=n, inverse=i), [data(*s), data(*s, seed=1)])
        for (s, n), i in itertools.product([((1,), 1), ((5,), 1), ((2, 4), 1), ((2, 3, 4), 2)], (False, True))
    ]
    + [(lambda a, b: table["dft"](a, b, axes=1, inverse=False)[1], [data(5), data(5, seed=1)])],
    "eig": [
        (lambda x: [lengths(v) for v in table["eig"](x)], [spread(*s) + 0.7 * turned(s[-1])])
        for s in ((1, 1), (3, 3), (2, 4, 4))
    ]
    + [(lambda x: ops.view_as_real(table["eig"](x)[0]), [spread(3, 3) + turned(3)])],
    "eigh": [(lambda x: absolute(table["eigh"](x)), [symmetric(*s)]) for s in SQUARE]
    + [(lambda x: table["eigh"](x)[0], [symmetric(3, 3)])],
    "erfc": unary("erfc"),
    "erfinv": [(lambda x: table["erfinv"](x), [data(*s, low=-0.95, high=0.95)]) for s in ((), (7,), (3, 5))],
    "inv": [(lambda x: table["inv"](x), [spread(*s)]) for s in SQUARE],
    "irfft": [
        (lambda a, b, n=n: table["irfft"](a, b, n=n), [data(2, s), data(2, s, seed=1)])
        for s, n in ((4, 6), (4, 7), (4, 4), (3, 9), (1, 1))
    ],
    "logaddexp": binary("logaddexp"),
    "lu_factor": [
        (lambda x: table["lu_factor"](x)[0], [data(*s, seed=2)]) for s in (*SQUARE, (4, 2), (2, 4), (2, 3, 1))
    ],
    "pick_last": [(lambda x: table["pick_last"](x, INDEX), [data(2, 4)])],
    "pinv": [
        (lambda x: table["pinv"](x, rcond=1e-6), [spread(*s)]) for s in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1))
    ],
    "put_last": [(lambda g: table["put_last"](g, INDEX, size=4), [data(2, 3)])],
    "qr": [
        (lambda x, m=m: table["qr"](x, mode=m), [spread(*s)])
        for s, m in (((3, 3), "reduced"), ((3, 3), "complete"), ((4, 2), "reduced"), ((2, 4, 3), "reduced"))
    ]
    + [(lambda x, i=i: table["qr"](x, mode="reduced")[i], [spread(4, 2)]) for i in (0, 1)],
    "rfft": [(lambda x, n=n: table["rfft"](x, n=n), [data(2, s)]) for s, n in ((6, 6), (5, 5), (5, 8), (7, 4), (1, 1))]
    + [(lambda x: table["rfft"](x, n=5)[1], [data(5)])],
    "segment_max": [(lambda x: table["segment_max"](x, SEGMENTS, size=4)[2], [data(6, 2)])],
    "segment_min": [(lambda x: table["segment_min"](x, SEGMENTS, size=4)[2], [data(6, 2)])],
    "segment_prod": [(lambda x: table["segment_prod"](x, SEGMENTS, size=4), [data(6, 2)])],
    "singular_values": [(lambda x: table["singular_values"](x), [spread(*s)]) for s in ((3, 3), (4, 2), (2, 2, 3))],
    "slogdet": [(lambda x: table["slogdet"](x), [spread(*s)]) for s in SQUARE],
    "solve": [(lambda a, b: table["solve"](a, b), [spread(*s), data(*t)]) for s, t in SYSTEMS],
    "solve_triangular": [
        (lambda a, b, lower=lower: table["solve_triangular"](a, b, lower=lower), [spread(*s), data(*t)])
        for (s, t), lower in itertools.product(SYSTEMS, (False, True))
    ],
    "sort_last": [(lambda x: table["sort_last"](x), [data(*s)]) for s in ((5,), (2, 3, 4), (3, 1))],
    "svd": [
        (lambda x, f=f: absolute(table["svd"](x, full=f)), [spread(*s)])
        for s, f in (((3, 3), True), ((3, 3), False), ((4, 2), False), ((2, 2, 3), False))
    ]
    + [(lambda x, i=i: ops.square(table["svd"](x, full=False)[i]), [spread(4, 2)]) for i in (0, 1, 2)]
    + [(lambda x: table["svd"](x, full=True)[1], [spread(4, 2)])],
    "top_k": [(lambda x, k=k: table["top_k"](x, k=k)[0], [data(*s)]) for s, k in (((7,), 3), ((2, 5), 1), ((2, 3), 3))],
    "view_as_complex": [
        (lambda x: table["view_as_real"](table["mul"](*[table["view_as_complex"](x)] * 2)), [data(3, 2)])
    ],
    "view_as_real": [(lambda x: table["view_as_real"](table["view_as_complex"](x)), [data(2, 3, 2)])],
}


def complex_parts(x):
    return ops.view_as_real(x)


COMPOSED = {
    "cdist": (lambda a, b: ops.cdist(a, b), [data(2, 3, 2), data(4, 2, low=3.0, high=4.0)]),
    "cholesky upper": (lambda x: ops.cholesky(x, upper=True), [symmetric(3, 3)]),
    "cholesky_inverse": (lambda x: ops.cholesky_inverse(x), [spread(2, 3, 3)]),
    "extract_sequences": (lambda x: ops.extract_sequences(x, 3, 2), [data(2, 8)]),
    "fft2": (lambda a, b: list(ops.ifft2(ops.fft2((ops.square(a), b)))), [data(3, 4), data(3, 4, seed=1)]),
    "in_top_k and its input": (lambda x: ops.where(ops.in_top_k([1, 0], x, 1), x[:, 0], x[:, 1]), [data(2, 3)]),
    "istft": (
        lambda a, b: ops.istft((a, b), 4, 2, 5, window="hamming"),
        [data(2, 4, 3), data(2, 4, 3, seed=1)],
    ),
    "logaddexp equal": (lambda x: ops.logaddexp(x, x), [data(3)]),
    "logaddexp2": (lambda a, b: ops.logaddexp2(a, b), [data(3), data(2, 3, seed=1)]),
    "logspace": (lambda a, b: ops.logspace(a, b, 4, base=2, axis=1), [data(2, 1), data(3, seed=1)]),
    "lstsq tall": (lambda a, b: ops.lstsq(a, b), [spread(4, 2), data(4)]),
    "lstsq wide": (lambda a, b: ops.lstsq(a, b), [spread(2, 3), data(2, 2)]),
    "median": (lambda x: ops.median(x, axis=1), [data(3, 4)]),
    "meshgrid": (lambda a, b: ops.meshgrid(a, b), [data(3), data(2)]),
    "nan_to_num": (lambda x: ops.nan_to_num(ops.where(x > 1, math.nan, x)), [data(5)]),
    "nanmax": (lambda x: ops.nanmax(ops.where(x > 1, math.nan, x), axis=1), [data(3, 4)]),
    "nanmean": (lambda x: ops.nanmean(ops.where(x > 1, math.nan, x)), [data(3, 4)]),
    "nanmedian": (lambda x: ops.nanmedian(ops.where(x > 1, math.nan, x), axis=0), [data(5, 3)]),
    "nanprod": (lambda x: ops.nanprod(ops.where(x > 1, math.nan, x), axis=0), [data(3, 4)]),
    "nanstd": (lambda x: ops.nanstd(ops.where(x > 1, math.nan, x)), [data(3, 4)]),
    "norm 2": (lambda x: ops.norm(x, 2, axis=(-2, -1)), [spread(2, 3, 2)]),
    "norm -2": (lambda x: ops.norm(x, -2, axis=(0, 1), keepdims=True), [spread(3, 2)]),
    "norm nuc": (lambda x: ops.norm(x, "nuc", axis=(2, 0)), [data(3, 2, 2)]),
    "percentile": (lambda x: ops.percentile(x, [10, 62], axis=(0, 2)), [data(2, 3, 4)]),
    "polar": (lambda a, b: complex_parts(ops.polar(a, b)), [positive(3), data(3)]),
    "ptp": (lambda x: ops.ptp(x, axis=0), [data(3, 4)]),
    "qr wide": (lambda x: list(ops.qr(x)), [spread(2, 2, 4)]),
    "quantile": (lambda x: ops.quantile(x, [0.0, 0.3, 1.0], axis=1, keepdims=True), [data(3, 4)]),
    "quantile by q": (lambda q: ops.quantile(np.array([1.0, 5.0, 2.0, 9.0]), q), [data(3, low=0.05, high=0.95)]),
    "quantile midpoint": (lambda x: ops.quantile(x, 0.4, method="midpoint"), [data(3, 4)]),
    "rearrange": (lambda x: ops.rearrange(x, "(a b) c -> c b a", a=2), [data(6, 2)]),
    "rot90": (lambda x: ops.rot90(x), [data(2, 3)]),
    "segment_max out of range": (lambda x: ops.segment_max(x, [0, 0, -1, 1], 2), [data(4)]),
    "segment_sum": (lambda x: ops.segment_sum(x, [0, 2, -1, 9], 3), [data(4, 2)]),
    "select": (
        lambda a, b: ops.select([[True, False, False], [True, True, False]], [a, b]),
        [data(3), data(3, seed=1)],
    ),
    "solve vectors": (lambda a, b: ops.solve(a, b), [spread(2, 3, 3), data(2, 3)]),
    "sort axis": (lambda x: ops.sort(x, axis=0), [data(3, 4)]),
    "sort all": (lambda x: ops.sort(x, axis=None), [data(3, 4)]),
    "stft": (lambda x: list(ops.stft(x, 4, 2, 5)), [data(2, 9)]),
    "trace": (lambda x: ops.trace(x, 1, 0, 2), [data(3, 2, 4)]),
    "trapezoid": (lambda y, x: ops.trapezoid(y, x, axis=0), [data(4, 3), data(4, seed=1)]),
    "trapezoid dx": (lambda y, dx: ops.trapezoid(y, dx=dx), [data(4, 3), data(seed=1)]),
    "tril": (lambda x: ops.tril(x, -1), [data(2, 3, 4)]),
    "triu": (lambda x: ops.triu(x, 1), [data(3, 3)]),
    "vander": (lambda x: ops.vander(x, 4), [data(3)]),
    "vdot": (lambda a, b: ops.vdot(a, b), [data(2, 3), data(3, 2, seed=1)]),
    "vectorize": (lambda a, b: ops.vectorize(lambda u, v: u * ops.sin(v))(a, b), [data(3), data(2, 1)]),
}
