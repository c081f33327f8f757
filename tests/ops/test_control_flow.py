"""Core ops compared with Keras' values, op by op, compiled and on symbolic tensors; and what they refuse."""

import importlib.util
import pathlib

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, KerasTensor, ops
from ckeras.tensor.structure import flatten

_path = pathlib.Path(__file__).parents[1] / "data" / "make_control_values.py"
_spec = importlib.util.spec_from_file_location(_path.stem, _path)
values = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(values)
CASES = values.cases(ops)
X = values.X


@pytest.fixture(scope="module")
def expected():
    with np.load(values.VALUES) as stored:
        return {key: stored[key] for key in stored.files}


def tensors(structure):
    return [x for x in flatten(structure) if x is not None]


def compare(found, name, expected):
    found = tensors(found)
    assert len(found) == sum(key.startswith(f"{name} | ") for key in expected)
    for i, y in enumerate(found):
        e = expected[f"{name} | {i}"]
        assert y.dtype == str(e.dtype) and y.shape == e.shape
        np.testing.assert_allclose(y.numpy(), e, 1e-5, 1e-6)


@pytest.mark.parametrize("name", CASES)
def test_op_by_op(name, expected):
    function, arrays = CASES[name]
    compare(function(*map(ops.convert_to_tensor, arrays)), name, expected)


@pytest.mark.parametrize("name", CASES)
def test_compiled(name, expected, recwarn):
    function, arrays = CASES[name]
    compiled = ckeras.function(function)
    compare(compiled(*arrays), name, expected)
    assert not recwarn.list
    ((plan, *_),) = compiled.plans.values()
    without_kernel = ("max", "min", "mul", "float16")
    assert plan.python_instructions == 0 or name.endswith(without_kernel)


@pytest.mark.parametrize("name", CASES)
def test_symbolic(name, expected):
    function, arrays = CASES[name]
    symbols = [KerasTensor(a.shape, str(a.dtype)) for a in arrays]
    found = function(*symbols)
    for y, real in zip(tensors(found), [expected[f"{name} | {i}"] for i in range(len(tensors(found)))], strict=True):
        assert (type(y), y.shape, y.dtype) == (KerasTensor, real.shape, str(real.dtype))
    compare(ckeras.Function(symbols, found)([*arrays]), name, expected)


def test_an_unknown_first_axis():
    x = KerasTensor((None, 3))
    assert ops.map(lambda r: ops.sum(r), x).shape == (None,)
    assert ops.vectorized_map(lambda r: {"a": r}, x)["a"].shape == (None, 3)
    last, rows = ops.scan(lambda c, r: (c + r, ops.sum(c)), np.zeros(3, "float32"), x)
    assert last.shape == (3,) and rows.shape == (None,)
    assert ops.cond(ops.sum(x) > 0, lambda: x, lambda: x * 2).shape == (None, 3)
    assert ops.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * 2), (0, x))[1].shape == (None, 3)
    assert ops.fori_loop(0, 3, lambda i, y: y * 2, x).shape == (None, 3)
    assert ops.unstack(x, num=2)[0].shape == (3,)
    assert ops.saturate_cast(x, "uint8").dtype == "uint8"
    f = ckeras.Function(x, [ops.map(lambda r: ops.sum(r), x), rows])
    for n in (1, 4):
        sums, found = f(X[:n])
        np.testing.assert_allclose(sums.numpy(), X[:n].sum(1), 1e-5)
        np.testing.assert_allclose(found.numpy(), (np.cumsum(X[:n], 0) - X[:n]).sum(1), 1e-4, 1e-5)


def test_results_are_tensors():
    assert float(ops.cond(2, lambda: 1, lambda: 2)) == 1
    assert ops.cond(True, lambda: None, lambda: None) is None
    assert float(ops.switch(9, [lambda x: x + 1, lambda x: x - 1], 3.0)) == 2
    found = ops.while_loop(lambda i, x: i < 3, lambda i, x: [i + 1, x * 2], [0, np.ones(2, "float32")])
    assert isinstance(found, tuple) and int(found[0]) == 3 and found[1].tolist() == [8, 8]
    assert int(ops.while_loop(lambda i: i < 30, lambda i: i + 1, 0, maximum_iterations=5)) == 5
    assert int(ops.while_loop(lambda i: i < 30, lambda i: (i + 1,), (0,))[0]) == 30


def test_nothing_to_go_along():
    empty = np.zeros((0, 3), "float32")
    assert ops.map(lambda r: {"a": ops.sum(r), "b": None}, empty)["a"].shape == (0,)
    last, rows = ops.scan(lambda c, r: (c + r, (c, None)), ops.ones(3), empty)
    assert last.tolist() == [1, 1, 1] and rows[0].shape == (0, 3) and rows[1] is None
    assert ops.fori_loop(3, 0, lambda i, x: x + 1, 7).tolist() == 7
    assert ops.scatter(np.zeros((0, 1), "int32"), np.zeros(0, "float32"), (3,)).tolist() == [0, 0, 0]
    assert ops.associative_scan(lambda a, b: a + b, empty).shape == (0, 3)
    v = ckeras.Variable(0.0)
    ops.map(lambda r: r + v.assign_add(1.0), empty)
    assert float(v) == 0


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: ops.cond(x > 0, lambda: x, lambda: x), ValueError, "one boolean"),
        (lambda x: ops.cond(True, x, lambda: x), TypeError, "true_fn"),
        (lambda x: ops.switch(0, []), ValueError, "at least one branch"),
        (lambda x: ops.switch(1.5, [lambda: x]), ValueError, "one integer"),
        (lambda x: ops.while_loop(lambda y: y > 0, lambda y: y - 1, x), ValueError, "one boolean"),
        (lambda x: ops.while_loop(lambda y: True, lambda y: y, x, maximum_iterations=-1), ValueError, "0 or more"),
        (lambda x: ops.while_loop(lambda y: ops.sum(y) < 9, lambda y: (y, y), x), ValueError, "what it receives"),
        (lambda x: ops.fori_loop(0, 2.5, lambda i, y: y, x), ValueError, "integers as its bounds"),
        (lambda x: ops.scan(lambda c, r: c, x, x), ValueError, "a pair"),
        (lambda x: ops.scan(lambda c, r: (c, r), x, x, length=2), ValueError, r"equal size, got \[2, 4\]"),
        (lambda x: ops.scan(lambda c, r: (c, r), x), ValueError, "expects xs or length"),
        (lambda x: ops.scan(lambda c, r: (r, c), 0.0, x), ValueError, "shapes and dtypes stay"),
        (lambda x: ops.scan(lambda c, r: (c, r), x, x, unroll=0), ValueError, "unroll"),
        (lambda x: ops.map(lambda r: r, 3.0), ValueError, "at least one axis"),
        (lambda x: ops.map(lambda r: r, [x, x[:2]]), ValueError, "equal size"),
        (lambda x: ops.associative_scan(lambda a, b: a, [x, x[:2]]), ValueError, "one known number"),
        (lambda x: ops.associative_scan(lambda a, b: (a, b), x), ValueError, "return a structure like elems"),
        (lambda x: ops.scatter([[5]], [1.0], (3,)), IndexError, "out of range"),
        (lambda x: ops.scatter([[0.5]], [1.0], (3,)), TypeError, "integer indices"),
        (lambda x: ops.scatter([[0, 0]], [1.0], (3,)), ValueError, "k from 1 to the 1 axes"),
        (lambda x: ops.scatter([[0]], [[1.0, 2.0]], (3,)), ValueError, "values of shape"),
        (lambda x: ops.scatter_update(x, [[0]], x[0], reduction="mean"), ValueError, "reduction"),
        (lambda x: ops.slice(x, (3, 0), (2, 3)), ValueError, "does not fit axis 0"),
        (lambda x: ops.slice(x, (3,), (2,)), ValueError, "for each of 2 axes"),
        (lambda x: ops.slice_update(x, (3, 0), x[:2]), ValueError, "does not fit axis 0"),
        (lambda x: ops.unstack(x, num=3), ValueError, "gives 4 tensors"),
        (lambda x: ops.unstack(3.0), ValueError, "out of range"),
    ],
)
def test_what_is_refused(call, error, message, compiled):
    with pytest.raises(error, match=message):
        (ckeras.function(call) if compiled else call)(ops.convert_to_tensor(X))


def test_an_index_out_of_range_raises_when_the_plan_runs():
    f = ckeras.function(lambda i, v: ops.scatter(i, v, (3,)))
    v = np.ones(1, "float32")
    assert f(np.array([[-1]]), v).tolist() == [0, 0, 1]
    with pytest.raises(IndexError, match="outside"):
        f(np.array([[3]]), v)
    with pytest.raises(IndexError, match="outside"):
        f(np.array([[-4]]), v)


def test_a_product_of_factors_that_are_zero_has_its_gradient():
    u = np.array([2.0, 0.0, 3.0, 0.0, 0.0, 5.0])
    index = np.array([[0], [0], [1], [2], [2], [1]])

    def f(u):
        return ops.sum(ops.scatter_update(np.array([2.0, 3.0, 4.0]), index, u, reduction="mul") * [1.0, 10.0, 100.0])

    x = ops.convert_to_tensor(u)
    with GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert tape.gradient(y, x).tolist() == [0, 4, 150, 0, 0, 90]


def test_the_gradient_of_what_is_overwritten_is_zero():
    x, u = ops.zeros((2,)), ops.convert_to_tensor([1.0, 2.0, 3.0])
    with GradientTape() as tape:
        tape.watch([x, u])
        y = ops.sum(ops.scatter_update(x, [[0], [0], [-1]], u) * [10.0, 1.0])
    gx, gu = tape.gradient(y, [x, u])
    assert gx.tolist() == [0, 0] and gu.tolist() == [0, 10, 1]


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int8", "uint8", "int32", "int64", "uint64", "bool"]
)
def test_dtypes_go_through(dtype):
    x = ops.cast(np.arange(6).reshape(3, 2), dtype)

    def f(x):
        return (
            ops.cond(ops.sum(ops.cast(x, "float32")) > 3, lambda: x, lambda: x),
            ops.map(lambda r: r, x),
            ops.scan(lambda c, r: (r, c), x[0], x),
            ops.scatter_update(x, [[2]], x[:1]),
            ops.slice_update(x, (ops.argmax(x[:, 0]) * 0 + 1, 0), x[:1]),
        )

    for y, e in zip(flatten(ckeras.function(f)(x)), flatten(f(x)), strict=True):
        assert y.dtype == e.dtype == dtype
        np.testing.assert_array_equal(y.numpy(), e.numpy())


def test_saturation_at_the_limits_of_wide_integers():
    x = np.array([1e30, -1e30, 2.0**31, -(2.0**31), 7.5])
    for source in ("float32", "float64"):
        assert ops.saturate_cast(x.astype(source), "int32").tolist() == [2**31 - 1, -(2**31), 2**31 - 1, -(2**31), 7]
        assert ops.saturate_cast(x.astype(source), "uint64").tolist() == [2**64 - 1, 0, 2**31, 0, 7]
        assert ops.saturate_cast(x[:2].astype(source), "int64").tolist() == [2**63 - 1, -(2**63)]
    assert ops.saturate_cast(np.array([2**64 - 1], "uint64"), "int64").tolist() == [2**63 - 1]
    assert ops.saturate_cast(np.array([-5]), "uint64").tolist() == [0]
    assert ops.saturate_cast(np.array([True, False]), "int8").tolist() == [1, 0]


def test_symbolic_functions_that_use_tensors_and_variables_from_outside():
    x, y = KerasTensor((None, 3)), KerasTensor((None, 3))
    h = ckeras.layers.Dense(3)(x)
    f = ckeras.Function([x, y], ops.cond(ops.sum(y) > 0, lambda: h * 2, lambda: ops.map(lambda r: r - ops.sum(y), x)))
    dense = next(op for op in f.operations if isinstance(op, ckeras.Layer))
    a = X[:2]
    np.testing.assert_allclose(f([a, np.ones_like(a)]).numpy(), (dense(a) * 2).numpy(), 1e-6)
    np.testing.assert_allclose(f([a, -np.ones_like(a)]).numpy(), a + 6, 1e-6)
    v = ckeras.Variable(3.0)
    inside = ckeras.Function(x, ops.map(lambda r: r * v, x))
    v.assign(5.0)
    np.testing.assert_allclose(inside(a).numpy(), a * 5, 1e-6)
    with pytest.raises(ValueError, match="layer"):
        ops.cond(ops.sum(y) > 0, lambda: x * v, lambda: x)
