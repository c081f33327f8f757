"""Gradient cases of ops: arithmetic, reductions, layout, products, softmax and cross-entropies."""

import itertools
import math

import numpy as np
from samples import binary, data, positive, probabilities, reduction, unary

from ckeras import ops, random  # noqa: F401  `random` has a row of its own
from ckeras.tensor import table


def products():
    batches = [((), ()), ((4,), (4,)), ((4,), ()), ((), (4,)), ((4, 1), (3,)), ((1,), (4,)), ((2, 1), (2, 3))]
    for (left, right), ta, tb in itertools.product(batches, (False, True), (False, True)):
        a, b = data(*left, *((3, 2) if ta else (2, 3))), data(*right, *((5, 3) if tb else (3, 5)), seed=1)
        yield lambda a, b, ta=ta, tb=tb: table["matmul"](a, b, transpose_a=ta, transpose_b=tb), [a, b]


LABELS = np.array([0, 2, 1, 2], "int32")
INDEX = np.array([[2, 0, 2], [1, 2, -1]], "int32")
SLICE = {"start": (1, 3, 0), "step": (2, -1, 1), "size": (2, 3, 4)}
# row -> what is differentiated with respect to each of its arguments. Numbers of classes and conditions are fixed.
CASES = {
    "abs": unary("abs"),
    "add": binary("add"),
    "broadcast_to": [
        (lambda x: table["broadcast_to"](x, shape=(2, 3, 4)), [data(3, 1)]),
        (lambda x: table["broadcast_to"](x, shape=(5,)), [data()]),
    ],
    "cast": [(lambda x: table["cast"](table["cast"](x, dtype="float64"), dtype="float64"), [data(3, 5)])],
    "ceil": unary("ceil"),
    "concatenate": [
        (
            lambda a, b, c, n=n: table["concatenate"](a, b, c, axis=n),
            [data(2, 3), data(2, 3, seed=1), data(2, 3, seed=2)],
        )
        for n in (0, 1)
    ],
    "cos": unary("cos"),
    "div": binary("div", right=positive),
    "erf": unary("erf"),
    "exp": unary("exp"),
    "exp2": unary("exp2"),
    "expand_dims": [(lambda x: table["expand_dims"](x, axis=(0, 2)), [data(3, 5)])],
    "expm1": unary("expm1"),
    "floor": unary("floor"),
    "log": unary("log", positive),
    "log10": unary("log10", positive),
    "log1p": unary("log1p", positive),
    "log2": unary("log2", positive),
    "log_softmax": [(lambda x: table["log_softmax"](x), [data(*s)]) for s in ((5,), (3, 7), (2, 3, 4), (4, 1))],
    "log_softmax_grad": [(lambda g, y: table["log_softmax_grad"](g, y), [data(3, 5), np.log(probabilities(3, 5))])],
    "matmul": list(products()),
    "max": reduction("max"),
    "maximum": binary("maximum"),
    "mean": reduction("mean"),
    "min": reduction("min"),
    "minimum": binary("minimum"),
    "mod": [(lambda a, b: table["mod"](a, b), [data(*s), positive(*t) + 1]) for s, t in (((3, 5), (5,)), ((), (4,)))],
    "mul": binary("mul"),
    "neg": unary("neg"),
    "pad": [(lambda x: table["pad"](x, pad_width=((1, 0), (2, 3)), value=1.0), [data(3, 5)])],
    "pow": binary("pow", left=positive),
    "prod": reduction("prod"),
    "reciprocal": unary("reciprocal", positive),
    "relu": unary("relu"),
    "relu_grad": binary("relu_grad"),
    "reshape": [(lambda x: table["reshape"](x, shape=(5, 3)), [data(3, 5)])],
    "round": unary("round"),
    "rsqrt": unary("rsqrt", positive),
    "safe_div": binary("safe_div", right=positive),
    "safe_mul": binary("safe_mul"),
    "scatter_add_rows": [(lambda g: table["scatter_add_rows"](g, INDEX, rows=4), [data(2, 3, 5)])],
    "sigmoid": unary("sigmoid"),
    "sigmoid_grad": binary("sigmoid_grad"),
    "sigmoid_xent": binary("sigmoid_xent"),
    "sign": unary("sign"),
    "sin": unary("sin"),
    "softmax": [(lambda x: table["softmax"](x), [data(*s)]) for s in ((5,), (3, 7), (2, 3, 4), (4, 1))],
    "softmax_grad": [(lambda g, y: table["softmax_grad"](g, y), [data(3, 5), probabilities(3, 5)])],
    "softmax_xent": [
        (lambda x, t: table["softmax_xent"](x, t), [data(*s), probabilities(*s)]) for s in ((4, 3), (2, 3, 5), (6,))
    ],
    "softmax_xent_grad": [
        (
            lambda g, p, t: table["softmax_xent_grad"](g, p, t),
            [data(4), probabilities(4, 3), probabilities(4, 3, seed=1)],
        )
    ],
    "softmax_xent_sparse": [
        (lambda x: table["softmax_xent_sparse"](x, LABELS), [data(4, 3)]),
        (lambda x: table["softmax_xent_sparse"](x, LABELS.reshape(2, 2)), [data(2, 2, 3)]),
    ],
    "softmax_xent_sparse_grad": [
        (lambda g, p: table["softmax_xent_sparse_grad"](g, p, LABELS), [data(4), probabilities(4, 3)])
    ],
    "softplus": unary("softplus"),
    "sqrt": unary("sqrt", positive),
    "square": unary("square"),
    "squeeze": [(lambda x: table["squeeze"](x, axis=(0, 2)), [data(1, 3, 1, 5)])],
    "strided_slice": [
        (lambda x: table["strided_slice"](x, **SLICE), [data(4, 4, 4)]),
        (lambda x: table["strided_slice"](x, start=(-1, -2), step=(-1, 1), size=(None, 1)), [data(3, 5)]),
    ],
    "sub": binary("sub"),
    "sum": reduction("sum"),
    "take_rows": [(lambda x: table["take_rows"](x, INDEX), [data(3, 5)])],
    "tan": unary("tan", lambda *s: data(*s, low=-1.2, high=1.2)),
    "tanh": unary("tanh"),
    "tanh_grad": binary("tanh_grad"),
    "transpose": [(lambda x, a=a: table["transpose"](x, axes=a), [data(2, 3, 4)]) for a in ((2, 0, 1), (0, 2, 1))],
    "trunc": unary("trunc"),
    "unslice": [
        (lambda g: table["unslice"](g, shape=(4, 4, 4), start=SLICE["start"], step=SLICE["step"]), [data(2, 3, 4)])
    ],
    "where": [
        (lambda a, b: table["where"](np.array([[True], [False], [True]]), a, b), [data(*s), data(*t, seed=1)])
        for s, t in (((3, 5), (3, 5)), ((5,), (3, 1)), ((), (3, 5)))
    ],
    "xent_prob_sparse": [
        (lambda p: table["xent_prob_sparse"](p, LABELS, epsilon=1e-7), [positive(4, 3)]),
        (lambda p: table["xent_prob_sparse"](p, LABELS, epsilon=0.25), [positive(4, 3, seed=2)]),  # some are clipped
    ],
    "xent_prob_sparse_grad": [
        (lambda g, p: table["xent_prob_sparse_grad"](g, p, LABELS, epsilon=1e-7), [data(4), positive(4, 3)])
    ],
}

# Functions made of several ops
COMPOSED = {
    "clip": (lambda x: ops.clip(x, -0.7, 0.9), [data(7)]),
    "divide_no_nan": (lambda a, b: ops.divide_no_nan(a, b), [data(5), positive(5)]),
    "dot": (lambda a, b: ops.dot(a, b), [data(2, 3, 4), data(5, 4, 2, seed=1)]),
    "elu": (lambda x: ops.elu(x, 0.7), [data(7)]),
    "flip": (lambda x: ops.flip(x, (0, 1)), [data(2, 3, 4)]),
    "gelu": (lambda x: ops.gelu(x), [data(7)]),
    "gelu exact": (lambda x: ops.gelu(x, approximate=False), [data(7)]),
    "getitem": (lambda x: x[1, ..., None, [0, 2]], [data(2, 3, 4)]),
    "getitem mask": (lambda x: x[np.array([[True, False, True], [False, True, True]])], [data(2, 3, 4)]),
    "getitem pairs": (lambda x: x[[0, 1, 1], :, [3, 3, 0]], [data(2, 3, 4)]),
    "hard_silu": (lambda x: ops.hard_silu(x), [data(7)]),
    "leaky_relu": (lambda x: ops.leaky_relu(x), [data(7)]),
    "log_sigmoid": (lambda x: ops.log_sigmoid(x), [data(7)]),
    "logsumexp": (lambda x: ops.logsumexp(x, axis=1), [data(3, 5)]),
    "norm": (lambda x: ops.norm(x, axis=1), [data(3, 5)]),
    "norm 3": (lambda x: ops.norm(x, ord=3, axis=1), [data(3, 5)]),
    "norm inf": (lambda x: ops.norm(x, ord=math.inf, axis=(0, 1)), [data(3, 5)]),
    "outer": (lambda a, b: ops.outer(a, b), [data(3), data(4, seed=1)]),
    "pad reflect": (lambda x: ops.pad(x, ((1, 2), (0, 1)), "reflect"), [data(3, 4)]),
    "repeat": (lambda x: ops.repeat(x, 2, 1), [data(2, 3)]),
    "repeat each": (lambda x: ops.repeat(x, [2, 0, 1], 1), [data(2, 3)]),
    "roll": (lambda x: ops.roll(x, 1, 1), [data(2, 3)]),
    "selu": (lambda x: ops.selu(x), [data(7)]),
    "silu": (lambda x: ops.silu(x), [data(7)]),
    "slice_update": (lambda x, u: ops.slice_update(x, (1, 0), u), [data(3, 4), data(2, 2, seed=1)]),
    "softmax axes": (lambda x: ops.softmax(x, (0, 2)), [data(2, 3, 4)]),
    "softmax axis": (lambda x: ops.softmax(x, 0), [data(2, 3)]),
    "softsign": (lambda x: ops.softsign(x), [data(7)]),
    "split": (lambda x: ops.split(x, [1, 3], 1), [data(2, 4)]),
    "stack": (lambda a, b: ops.stack([a, b, a], 1), [data(2, 3), data(2, 3, seed=1)]),
    "std": (lambda x: ops.std(x, axis=0), [data(5, 3)]),
    "take_along_axis": (lambda x: ops.take_along_axis(x, [[0, 0, -1], [2, 1, 1]], 1), [data(2, 3)]),
    "tensordot": (lambda a, b: ops.tensordot(a, b, ([0, 2], [1, 0])), [data(2, 3, 4), data(4, 2, 5, seed=1)]),
    "tile": (lambda x: ops.tile(x, (2, 1, 3)), [data(2, 3)]),
    "var": (lambda x: ops.var(x, axis=(0, 1)), [data(5, 3)]),
    "binary_crossentropy": (lambda p: ops.binary_crossentropy([0.0, 1.0, 0.3], p), [data(3, low=0.1, high=0.9)]),
    "binary_crossentropy logits": (lambda t, x: ops.binary_crossentropy(t, x, True), [positive(5) / 4, data(5)]),
    "categorical_crossentropy": (
        lambda t, p: ops.categorical_crossentropy(t, p),
        [probabilities(3, 4), positive(3, 4)],
    ),
    "categorical_crossentropy axis": (
        lambda t, x: ops.categorical_crossentropy(t, x, True, axis=0),
        [probabilities(3, 4), data(3, 4)],
    ),
    "sparse_categorical_crossentropy axis": (
        lambda x: ops.sparse_categorical_crossentropy([[0, 2, 1, 1]], x, True, axis=1),
        [data(1, 3, 4)],
    ),
}
