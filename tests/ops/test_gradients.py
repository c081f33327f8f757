"""The gradient of every row of the op table against central differences in float64, and its gradient in turn."""

import itertools
import math

import numpy as np
import pytest

from ckeras import GradientTape, ops, random  # noqa: F401  `random` has a row of its own
from ckeras import function as compiled
from ckeras.autograd import table

H = 1e-5


def data(*shape, low=-2.0, high=2.0, seed=0):
    """Numbers no two of which are near each other, nor near a whole number."""
    count = int(np.prod(shape))
    places = np.random.default_rng([seed, *shape]).permutation(count)
    x = low + (high - low) * (places + 0.4 + 0.13 * seed) / max(count, 1)
    return (x + 0.013 * (np.abs(x - np.round(x)) < 0.01)).reshape(shape)


def positive(*shape, seed=0):
    return data(*shape, low=0.3, high=3.0, seed=seed)


def probabilities(*shape, seed=0):
    p = positive(*shape, seed=seed)
    return p / p.sum(-1, keepdims=True)


def unary(name, make=data):
    return [(lambda x: table[name](x), [make(*s)]) for s in ((), (7,), (3, 5))]


def binary(name, left=data, right=data):
    shapes = [((), ()), ((3, 5), (3, 5)), ((3, 1), (5,)), ((2, 3, 4), (3, 1)), ((7,), ())]
    return [(lambda a, b: table[name](a, b), [left(*s), right(*t, seed=1)]) for s, t in shapes]


def reduction(name, make=data):
    cases = [((7,), (0,)), ((3, 5), (1,)), ((3, 5), (0, 1)), ((2, 3, 4), (0, 2)), ((2, 3, 4), ())]
    return [
        (lambda x, a=axis, k=keepdims: table[name](x, axis=a, keepdims=k), [make(*shape)])
        for (shape, axis), keepdims in itertools.product(cases, (False, True))
    ]


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
DIFFERENTIABLE = sorted(
    name for name, op in table.items() if op.vjp is not None and op.infer.__module__.startswith("ckeras.")
)


def test_every_row_with_a_gradient_has_a_case():
    assert sorted(CASES) == DIFFERENTIABLE


def outputs(function, arrays):
    result = function(*arrays)
    return result if isinstance(result, list) else [result]


def weighted(function, arrays):
    """A number that depends on every element of every result of ``function``, as a tensor."""
    total = 0.0
    for i, y in enumerate(outputs(function, arrays)):
        total = total + ops.sum(y * data(*y.shape, seed=50 + i).astype(y.dtype))
    return total


def gradients(function, arrays):
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    with GradientTape() as tape:
        tape.watch(tensors)
        total = weighted(function, tensors)
    return tape.gradient(total, tensors, unconnected_gradients="zero")


def differences(function, arrays):
    """Central differences of ``function``, which gives a number, with respect to each element of each array."""
    found = []
    for i, a in enumerate(arrays):
        slopes = np.zeros(a.shape)
        for place in np.ndindex(a.shape):
            values = []
            for step in (H, -H):
                moved = [b.copy() for b in arrays]
                moved[i][place] += step
                values.append(float(function(moved)))
            slopes[place] = (values[0] - values[1]) / (2 * H)
        found.append(slopes)
    return found


def agree(found, expected, tolerance):
    for f, e in zip(found, expected, strict=True):
        assert f.shape == e.shape
        np.testing.assert_allclose(f, e, tolerance, tolerance)


@pytest.mark.parametrize("name", sorted(CASES))
def test_gradient(name):
    for function, arrays in CASES[name]:
        expected = differences(lambda a, f=function: weighted(f, a), arrays)
        agree(gradients(function, arrays), expected, 2e-6)


@pytest.mark.parametrize("name", sorted(CASES))
def test_second_derivative(name):
    for function, arrays in CASES[name]:

        def slope(a, f=function):
            return weighted(lambda *t: gradients_of(f, list(t)), a)

        expected = differences(slope, arrays)
        tensors = [ops.convert_to_tensor(a) for a in arrays]
        with GradientTape() as outer:
            outer.watch(tensors)
            total = slope(tensors)
        agree(outer.gradient(total, tensors, unconnected_gradients="zero"), expected, 2e-5)


def gradients_of(function, tensors):
    """The gradients at these tensors, as tensors that an outer tape follows."""
    tensors = [t if not isinstance(t, np.ndarray) else ops.convert_to_tensor(t) for t in tensors]
    with GradientTape() as tape:
        tape.watch(tensors)
        total = weighted(function, tensors)
    return tape.gradient(total, tensors, unconnected_gradients="zero")


@pytest.mark.parametrize("name", sorted(CASES))
def test_gradient_in_float32(name):
    for function, arrays in CASES[name]:
        if name == "cast":
            continue
        exact = gradients(function, arrays)
        found = gradients(function, [a.astype("float32") for a in arrays])
        assert {g.dtype for g in found} == {"float32"}
        agree(found, [g.numpy() for g in exact], 2e-4)


@pytest.mark.parametrize("name", sorted(CASES))
def test_compiled_gradient(name):
    """What a compiled function gives is what the ops give one by one."""
    for function, arrays in CASES[name]:
        for dtype in ("float32", "float64"):
            tensors = [ops.convert_to_tensor(a.astype(dtype)) for a in arrays]
            found = compiled(lambda *t, f=function: gradients_of(f, t))(*tensors)
            tolerance = 1e-4 if dtype == "float32" else 1e-9
            agree(found, [g.numpy() for g in gradients_of(function, tensors)], tolerance)


# -- functions made of several rows -------------------------------------------------------------------------------

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


@pytest.mark.parametrize("name", sorted(COMPOSED))
def test_composed(name):
    function, arrays = COMPOSED[name]
    agree(gradients(function, arrays), differences(lambda a: weighted(function, a), arrays), 2e-6)

    def slope(a):
        return weighted(lambda *t: gradients_of(function, t), a)

    tensors = [ops.convert_to_tensor(a) for a in arrays]
    with GradientTape() as outer:
        outer.watch(tensors)
        total = slope(tensors)
    agree(outer.gradient(total, tensors, unconnected_gradients="zero"), differences(slope, arrays), 5e-5)


# -- where a derivative does not exist, or a formula for it would fail ------------------------------------------------

NAN, INF = math.nan, math.inf
# function, point, gradient; the values are those that Keras gives on JAX, but for two: there the absolute value has the
# slope 1 at 0, and x to the power of 0 the slope NaN
POINTS = {
    "relu": (ops.relu, [-1.0, 0.0, 2.0], [0, 0, 1]),
    "relu6": (ops.relu6, [-1.0, 0.0, 2.0, 6.0, 7.0], [0, 0, 1, 0, 0]),
    "leaky_relu": (ops.leaky_relu, [-1.0, 0.0], [0.2, 1]),
    "elu": (ops.elu, [0.0, 1.0], [1, 1]),
    "selu": (ops.selu, [0.0], [1.7580993408473766]),
    "abs": (ops.abs, [-2.0, 0.0, 2.0], [-1, 0, 1]),
    "sign": (ops.sign, [-2.0, 0.0, 2.0], None),
    "sqrt": (ops.sqrt, [0.0, 4.0], [INF, 0.25]),
    "clip": (lambda x: ops.clip(x, 0, 1), [-1.0, 0.0, 0.5, 1.0, 2.0], [0, 0.5, 1, 0.5, 0]),
    "maximum": (lambda x: ops.maximum(x, 1.0), [0.0, 1.0, 2.0], [0, 0.5, 1]),
    "minimum": (lambda x: ops.minimum(x, [1.0, 1.0, 1.0]), [0.0, 1.0, 2.0], [1, 0.5, 0]),
    "max": (ops.max, [1.0, 3.0, 3.0, 2.0], [0, 0.5, 0.5, 0]),
    "min": (ops.min, [1.0, 1.0, 1.0, 2.0], [1 / 3, 1 / 3, 1 / 3, 0]),
    "prod": (ops.prod, [2.0, 3.0, 4.0], [12, 8, 6]),
    "prod with a zero": (ops.prod, [2.0, 0.0, 4.0], [0, 8, 0]),
    "prod with zeros": (ops.prod, [2.0, 0.0, 0.0], [0, 0, 0]),
    "power 0": (lambda x: ops.power(x, 0.0), [0.0, 2.0], [0, 0]),
    "power 1": (lambda x: ops.power(x, 1.0), [0.0, 2.0], [1, 1]),
    "power 2": (lambda x: x**2, [0.0, -2.0], [0, -4]),
    "power 3": (lambda x: x**3, [0.0, -2.0], [0, 12]),
    "power by itself": (lambda x: x**x, [1.0, 2.0], [1, 4 + 4 * math.log(2)]),
    "exponent of 0": (lambda x: ops.power(0.0, x), [2.0], [0]),
    "divide_no_nan": (lambda x: ops.divide_no_nan(1.0, x), [0.0, 2.0], [0, -0.25]),
    "where": (lambda x: ops.where(x > 0, ops.sqrt(ops.where(x > 0, x, 1.0)), 0.0), [0.0, 4.0], [0, 0.25]),
    "norm": (ops.norm, [0.0, 0.0], [NAN, NAN]),
    "softplus": (ops.softplus, [-1000.0, 0.0, 1000.0], [0, 0.5, 1]),
    "sigmoid": (ops.sigmoid, [-1000.0, 1000.0], [0, 0]),
    "tanh": (ops.tanh, [-1000.0, 0.0, 1000.0], [0, 1, 0]),
    "logsumexp": (ops.logsumexp, [1000.0, 1000.0, -1000.0], [0.5, 0.5, 0]),
    "log_softmax": (lambda x: ops.log_softmax(x)[0], [1000.0, 0.0], [0, 0]),
    "NaN flows": (lambda x: ops.exp(x) * 2, [NAN, 0.0], [NAN, 2]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", POINTS)
def test_points(name, dtype):
    function, point, expected = POINTS[name]
    x = ops.convert_to_tensor(point, dtype)
    with GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    found = tape.gradient(y, x)
    if expected is None:
        assert found is None or not np.any(found)
    else:
        np.testing.assert_allclose(found, expected, 1e-6)


def test_no_elements():
    for function in (ops.exp, ops.sum, ops.softmax, lambda x: x[:, 0], lambda x: x @ np.ones((3, 2), "float32")):
        x = ops.zeros((0, 3))
        with GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        assert tape.gradient(y, x).shape == (0, 3)
    x = ops.ones((2, 3))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.mean(x[:0])
    assert tape.gradient(y, x).tolist() == np.zeros((2, 3)).tolist()


def test_third_derivative():
    x = ops.convert_to_tensor(np.array([0.3, -0.8]))
    with GradientTape() as third:
        third.watch(x)
        with GradientTape() as second:
            second.watch(x)
            with GradientTape() as first:
                first.watch(x)
                y = ops.sin(x) * ops.exp(x)
            dy = first.gradient(y, x)
        ddy = second.gradient(dy, x)
    # (sin + cos) e^x, 2 cos e^x, 2 (cos - sin) e^x
    np.testing.assert_allclose(ddy, 2 * np.cos(x) * np.exp(x), 1e-12)
    np.testing.assert_allclose(third.gradient(ddy, x), 2 * (np.cos(x) - np.sin(x)) * np.exp(x), 1e-12)


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_second_derivatives_of_a_product_with_zeros(zeros):
    """The derivative by two factors is the product of the others."""
    x = np.array([2.0, 3.0, -1.5, 5.0])
    x[:zeros] = 0
    t = ops.convert_to_tensor(x)
    expected = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            if i != j:
                expected[i, j] = np.prod(np.delete(x, [i, j]))
    for i in range(4):
        with GradientTape() as outer:
            outer.watch(t)
            with GradientTape() as inner:
                inner.watch(t)
                y = ops.prod(t)
            first = inner.gradient(y, t)[i]
        np.testing.assert_allclose(outer.gradient(first, t).numpy(), expected[i], atol=1e-12)
