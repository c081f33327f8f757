"""First and second gradients of every op compared with central differences in float64.

The cases are in the files `cases_*.py` of this folder. Each has `CASES`: name of an op -> a list of (function, arrays
to differentiate by), and `COMPOSED`: a name -> one such pair, for functions made of several ops.
"""

import importlib.util
import math
import pathlib
import re

import numpy as np
import pytest
from samples import data

from ckeras import GradientTape, function as compiled, ops
from ckeras.tensor import table

H = 1e-5
CASES = {}
COMPOSED = {}
for _path in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
    _spec = importlib.util.spec_from_file_location(_path.stem, _path)
    _module = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_module)
    for _all, _own in ((CASES, _module.CASES), (COMPOSED, _module.COMPOSED)):
        assert not _all.keys() & _own.keys(), f"{_path.name} repeats {_all.keys() & _own.keys()}"
        _all.update(_own)

DIFFERENTIABLE = sorted(
    name for name, op in table.items() if op.vjp is not None and op.infer.__module__.startswith("ckeras.")
)


# Functions without a gradient: their results or all of their arguments are integers, booleans, indices or constants.
WITHOUT = {
    "all", "allclose", "any", "arange", "argmin", "argpartition", "argsort", "array", "bartlett", "bitwise_and",
    "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "blackman", "conjugate", "convert_to_numpy", "dtype", "count_nonzero", "digitize", "empty", "empty_like", "equal",
    "eye", "floor_divide", "gcd", "greater", "greater_equal", "hamming", "hanning", "histogram", "identity",
    "is_tensor", "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf", "isreal", "kaiser",
    "lcm", "left_shift", "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor",
    "matrix_rank", "multi_hot", "nanargmax", "nanargmin", "ndim", "nextafter", "nonzero", "not_equal",
    "one_hot", "ones_like", "right_shift", "searchsorted", "shape", "signbit", "size", "stop_gradient", "tri",
    "unique", "unravel_index", "view", "zeros_like",
}  # fmt: skip
TESTED_ELSEWHERE = {"jvp"}  # a derivative itself: tests/ops/test_transformations.py


def test_every_row_with_a_gradient_has_a_case():
    assert sorted(CASES) == DIFFERENTIABLE


def test_every_function_with_a_gradient_has_a_case():
    here = pathlib.Path(__file__).parent
    text = "".join(path.read_text() for path in [*here.glob("cases_*.py"), here / "test_control_flow.py"])
    named = set(re.findall(r"ops\.(\w+)", text)) | set(CASES) | set(COMPOSED)
    assert sorted(set(ops.__all__) - named - WITHOUT - TESTED_ELSEWHERE) == []
    assert sorted(WITHOUT - set(ops.__all__)) == []


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
        for index in np.ndindex(a.shape):
            values = []
            for step in (H, -H):
                moved = [b.copy() for b in arrays]
                moved[i][index] += step
                values.append(float(function(moved)))
            slopes[index] = (values[0] - values[1]) / (2 * H)
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


# -- functions made of several ops --------------------------------------------------------------------------------


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
    "norm": (ops.norm, [0.0, 0.0], [0, 0]),
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
