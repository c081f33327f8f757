"""Gradient cases of scatters, branches, loops and functions with gradients of their own."""

import numpy as np
from samples import data, positive

from ckeras import ops, remat
from ckeras.tensor import table

INDEX = np.array([2, 0, 2], "int64")


def rows(name, **attrs):
    return lambda x, u: table[name](x, INDEX, u, **attrs)


CASES = {
    "scatter_reduce_rows": [
        (rows("scatter_reduce_rows", reduction=r), [data(4, 3), data(3, 3, seed=1)]) for r in ("max", "min", "mul")
    ],
    "scatter_set_rows": [
        (rows("scatter_set_rows"), [data(4, 3), data(3, 3, seed=1)]),
        (rows("scatter_set_rows"), [data(4), data(3, seed=1)]),
    ],
}


@ops.custom_gradient
def softplus(x):
    e = ops.exp(x)
    return ops.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))


def power(x, n):
    return ops.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * x), (0, x), maximum_iterations=9)[1]


def recurrent(h, x, w):
    last, states = ops.scan(lambda h, r: (ops.tanh(ops.matmul(h, w) + r), h * r), h, x)
    return [last, states]


COMPOSED = {
    "associative_scan": (lambda x: ops.associative_scan(lambda a, b: a * b, x, axis=1), [positive(2, 5)]),
    "cond": (lambda x, y: ops.cond(ops.sum(x) > 100, lambda: x, lambda: x * y * y), [data(3), data(3, seed=1)]),
    "custom_gradient": (lambda x: softplus(x * x) * x, [data(5)]),
    "fori_loop": (lambda x: ops.fori_loop(0, 3, lambda i, a: a * x + ops.cast(i, x.dtype), x), [data(4)]),
    "map": (lambda x: ops.map(lambda r: ops.sum(r) * r, x), [data(3, 2)]),
    "remat": (lambda x: remat(lambda a: ops.tanh(a) * ops.exp(a))(x * x), [data(5)]),
    "scan": (recurrent, [data(1, 2), data(3, 1, 2, seed=1), data(2, 2, seed=2)]),
    "scatter": (lambda v: ops.scatter([[0, 1], [1, 1], [0, 1]], v, (2, 3)), [data(3)]),
    "scatter_update": (lambda x, u: ops.scatter_update(x, [[1], [0]], u), [data(3, 2), data(2, 2, seed=1)]),
    "scatter_update add": (
        lambda x, u: ops.scatter_update(x, [[1, 0], [1, 0]], u, reduction="add"), [data(3, 2), data(2, seed=1)]
    ),
    "switch": (lambda x: ops.switch(1, [lambda a: a, lambda a: a * a], x), [data(4)]),
    "unstack": (lambda x: ops.unstack(x * x, axis=1), [data(2, 3)]),
    "vectorized_map": (lambda x, y: ops.vectorized_map(lambda p: p[0] * p[1], [x, y]), [data(3, 2), data(3, seed=1)]),
    "while_loop": (lambda x: power(x, 2), [data(4)]),
}  # fmt: skip
