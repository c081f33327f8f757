"""Gradient cases of the functions that are called as numpy's, `arccos` to `vstack`."""

import itertools

import numpy as np
from samples import binary, data, positive, unary

from ckeras import ops
from ckeras.tensor import table


def inside(*shape, seed=0):
    """Within the range of a sine."""
    return data(*shape, low=-0.9, high=0.9, seed=seed)


def above_one(*shape, seed=0):
    return np.asarray(1 + positive(*shape, seed=seed))


def running(name, *makers):
    arrays = [make(3, 4, 2, seed=i) for i, make in enumerate(makers)]
    return [
        (lambda *x, n=n, r=reverse: table[name](*x, axis=n, reverse=r), arrays)
        for n, reverse in itertools.product(range(3), (False, True))
    ]


def complex_number(x, y):
    return ops.add(ops.cast(x, "complex128"), ops.multiply(ops.cast(y, "complex128"), np.array(1j)))


def complex_row(name):
    """The real part of the product of what a row gives for z = x + iy and of z^2, at pairs x, y."""

    def function(x, y):
        z = complex_number(x, y)
        return table["real"](ops.multiply(table[name](z), ops.multiply(z, z)))

    return [(function, [data(5), data(5, seed=1)]), (function, [data(2, 1), data(3, seed=1)])]


EXPONENTS = np.array([-2, 0, 3, 1, 2], "int32")
CASES = {
    "arccos": unary("arccos", inside),
    "arccosh": unary("arccosh", above_one),
    "arcsin": unary("arcsin", inside),
    "arcsinh": unary("arcsinh"),
    "arctan": unary("arctan"),
    "arctan2": binary("arctan2"),
    "arctanh": unary("arctanh", inside),
    "bessel_i": [(lambda x, n=n: table["bessel_i"](x, order=n), [data(7)]) for n in (0, 1, 2)],
    "cbrt": unary("cbrt", positive),
    "conj": complex_row("conj"),
    "copy": unary("copy"),
    "correlate": [
        (lambda a, v: table["correlate"](a, v), [data(n), data(m, seed=1)]) for n, m in ((5, 3), (2, 4), (1, 1))
    ],
    "cosh": unary("cosh"),
    "cumprod": running("cumprod", data),
    "cumsum": running("cumsum", data),
    "fmod": [(lambda a, b: table["fmod"](a, b), [data(*s), positive(*t) + 1]) for s, t in (((3, 5), (5,)), ((), (4,)))],
    "geomspace": [
        (
            lambda a, b, e=e, n=n: table["geomspace"](a, b, num=4, endpoint=e, axis=n),
            [positive(2, 3), positive(2, 3, seed=1)],
        )
        for e, n in ((True, 0), (False, 1), (True, 2))
    ],
    "linspace": [
        (
            lambda a, b, e=e, n=n: table["linspace"](a, b, num=4, endpoint=e, axis=n),
            [data(2, 3), data(2, 3, seed=1)],
        )
        for e, n in ((True, 0), (False, 1), (True, 2))
    ],
    "hypot": binary("hypot"),
    "imag": complex_row("imag"),
    "ldexp": [(lambda x: table["ldexp"](x, EXPONENTS), [data(*s)]) for s in ((3, 5), (2, 1), ())],
    "real": complex_row("real"),
    "recurrence": running("recurrence", data, data),
    "sinh": unary("sinh"),
}


def contraction(subscripts, *shapes):
    return (lambda *x: ops.einsum(subscripts, *x), [data(*s, seed=i) for i, s in enumerate(shapes)])


COMPOSED = {
    "abs complex": (lambda x, y: ops.abs(complex_number(x, y)), [data(5), data(5, seed=1)]),
    "angle complex": (lambda x, y: ops.angle(complex_number(x, y)), [data(5), data(5, seed=1)]),
    "append": (lambda a, b: ops.append(a, b), [data(2, 3), data(2, seed=1)]),
    "array_split": (lambda x: ops.array_split(x, 3, 1), [data(2, 5)]),
    "average": (lambda x, w: ops.average(x, 1, w), [data(3, 4), positive(4)]),
    "bincount": (lambda w: ops.bincount([[0, 2, 2], [1, 1, 3]], w), [data(2, 3)]),
    "corrcoef": (lambda x: ops.corrcoef(x), [data(3, 5)]),
    "correlate same": (lambda a, v: ops.correlate(a, v, "same"), [data(3), data(4, seed=1)]),
    "correlate valid": (lambda a, v: ops.correlate(a, v), [data(5), data(2, seed=1)]),
    "cross": (lambda a, b: ops.cross(a, b, axis=0), [data(3, 2), data(3, 2, seed=1)]),
    "cross in the plane": (lambda a, b: ops.cross(a, b), [data(4, 2), data(1, 3, seed=1)]),
    "deg2rad": (lambda x: ops.deg2rad(x), [data(5)]),
    "diag": (lambda x: ops.diag(x, 1), [data(3)]),
    "diag of a matrix": (lambda x: ops.diag(x, -1), [data(3, 4)]),
    "diagonal": (lambda x: ops.diagonal(x, 1, 0, 2), [data(3, 2, 4)]),
    "diff": (lambda x: ops.diff(x, 2, 0), [data(5, 2)]),
    "dstack": (lambda a, b: ops.dstack([a, b]), [data(2, 3), data(2, 3, seed=1)]),
    "einsum ellipsis": contraction("...ij,jk->...ik", (2, 2, 3), (3, 4)),
    "einsum batch": contraction("bij,bkj->bki", (2, 2, 3), (2, 4, 3)),
    "einsum diagonal": contraction("iij,jk->ik", (3, 3, 2), (2, 4)),
    "einsum elements": contraction("ij,ij->i", (2, 3), (2, 3)),
    "einsum complex": (
        lambda x, y: ops.imag(ops.einsum("ij,jk", complex_number(x, y), complex_number(y.T, x.T))),
        [data(2, 3), data(2, 3, seed=1)],
    ),
    "einsum of one": contraction("iji->j", (3, 2, 3)),
    "einsum of three": contraction("ij,jk,kl->il", (2, 3), (3, 2), (2, 4)),
    "einsum stretched": contraction("ij,jk->ik", (2, 1), (3, 4)),
    "fmax": (lambda a, b: ops.fmax(a, b), [data(5), data(5, seed=1)]),
    "fmin": (lambda a, b: ops.fmin(a, b), [data(5), data(5, seed=1)]),
    "get_item": (lambda x: ops.get_item(x, (slice(1, 3), -1)), [data(3, 4)]),
    "heaviside": (lambda a, b: ops.heaviside(a * 0, b), [data(4), data(4, seed=1)]),
    "hstack": (lambda a, b: ops.hstack([a, b]), [data(2, 3), data(2, 1, seed=1)]),
    "inner": (lambda a, b: ops.inner(a, b), [data(2, 3), data(4, 3, seed=1)]),
    "kron": (lambda a, b: ops.kron(a, b), [data(2, 3), data(2, seed=1)]),
    "real": (lambda x: ops.real(ops.conj(x)), [data(4)]),
    "sinc": (lambda x: ops.sinc(x), [np.append(data(5), [0.0, 1e-3])]),
    "vstack": (lambda a, b: ops.vstack([a, b]), [data(3), data(2, 3, seed=1)]),
}
