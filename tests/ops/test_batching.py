"""`vectorized_map` gives what `map` gives, from one pass of each op where it can."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, Variable, ops
from ckeras.compiler.function import compile_plan
from ckeras.tensor.structure import flatten

rng = np.random.default_rng(2)
X = rng.standard_normal((6, 4, 3)).astype("float32")
W = rng.standard_normal((3, 5)).astype("float32")
V = Variable(rng.standard_normal((4, 3)).astype("float32"))

ONE_PASS = {
    "arithmetic": lambda r: ops.tanh(r) * 2 + r[0] - V,
    "broadcast": lambda r: r[:, None, :] * r[None, :, :] + ops.sum(r),
    "broadcast_to": lambda r: ops.broadcast_to(r[:, :1], (2, 4, 3)),
    "cast": lambda r: ops.cast(r * 10, "int32"),
    "compare": lambda r: ops.where(r > ops.mean(r, axis=0), r, 0.0),
    "concatenate": lambda r: ops.concatenate([r, V, r * 2], axis=1),
    "constant": lambda r: {"one": ops.ones(2), "r": r},
    "expand": lambda r: ops.squeeze(ops.expand_dims(r, (0, 2)), 0),
    "matmul": lambda r: ops.matmul(r, W),
    "layer norm": lambda r: ops.layer_normalization(r) + ops.rms_normalization(r, W[:, 0]),
    "matmul both": lambda r: ops.matmul(ops.transpose(r), r),
    "matmul left": lambda r: ops.matmul(ops.transpose(ops.convert_to_tensor(W)), ops.transpose(r)),
    "matmul stack": lambda r: ops.matmul(ops.ones((2, 5, 4)), r),
    "matmul vector": lambda r: ops.matmul(r[0], W),
    "reductions": lambda r: [f(r, axis=a) for f in (ops.sum, ops.mean, ops.max, ops.min, ops.prod) for a in (0, -1)],
    "reshape": lambda r: ops.reshape(r, (2, -1)),
    "resize": lambda r: ops.image.resize(r[:, :, None], (2, 5)),
    "scalar": lambda r: ops.sum(r) * r[0, 0],
    "slice": lambda r: r[1:, ::-1],
    "softmax": lambda r: ops.softmax(r) + ops.log_softmax(r, axis=0),
    "stop": lambda r: r * ops.stop_gradient(r),
    "transpose": lambda r: ops.transpose(r, (1, 0)),
    "unused": lambda r: V.value,
    "warp": lambda r: ops.image.affine_transform(r[:, :, None], [0.9, 0.2, 0.3, -0.1, 1.1, 0.2, 0.0, 0.0]),
}
FALL_BACK = {
    "argmax": lambda r: ops.argmax(r, axis=1),
    "branch": lambda r: ops.cond(ops.sum(r) > 0, lambda: r, lambda: -r),
    "layer norm of own parameters": lambda r: ops.layer_normalization(r, r[0], r[1]),
    "loop": lambda r: ops.fori_loop(0, 3, lambda i, a: a * r, r),
    "nothing": lambda r: None,
    "random": lambda r: ckeras.random.uniform((2,), seed=ckeras.random.SeedGenerator(1)) * 0,
    "softmax of a number": lambda r: ops.softmax(r[0, :1]),
}
EVERY = ONE_PASS | FALL_BACK


def results(structure):
    return [y for y in flatten(structure) if y is not None]


def compare(found, expected):
    for y, e in zip(results(found), results(expected), strict=True):
        assert (y.dtype, y.shape) == (e.dtype, e.shape)
        np.testing.assert_allclose(y.numpy(), e.numpy(), 1e-5, 1e-5)


@pytest.mark.parametrize("name", EVERY)
def test_like_map(name):
    f, x = EVERY[name], ops.convert_to_tensor(X)
    expected = ops.map(f, x)
    compare(ops.vectorized_map(f, x), expected)
    compare(ckeras.function(lambda x: ops.vectorized_map(f, x))(x), expected)


@pytest.mark.parametrize("name", ONE_PASS)
def test_one_pass(name):
    plan, _ = compile_plan(lambda x: ops.vectorized_map(ONE_PASS[name], x), [ops.convert_to_tensor(X).spec], tuple)
    assert all(i.name != "loop" for i in plan.instructions)


@pytest.mark.parametrize("name", sorted(EVERY.keys() - {"argmax", "cast", "nothing", "random"}))
def test_gradients_like_those_of_map(name):
    def slopes(mapping, x):
        with GradientTape() as tape:
            tape.watch(x)
            total = sum(ops.sum(ops.square(y)) for y in results(mapping(EVERY[name], x)))
        return tape.gradient(total, [x, V], unconnected_gradients="zero")

    x = ops.convert_to_tensor(X)
    expected = slopes(ops.map, x)
    compare(slopes(ops.vectorized_map, x), expected)
    compare(ckeras.function(lambda x: slopes(ops.vectorized_map, x))(x), expected)


def test_a_known_tensor_that_is_watched():
    w = ops.convert_to_tensor(W)

    def slope(x):
        with GradientTape() as tape:
            tape.watch(w)
            y = ops.sum(ops.vectorized_map(lambda r: ops.matmul(r, w * w), x))
        return tape.gradient(y, w)

    expected = 2 * W * X.sum((0, 1))[:, None]
    np.testing.assert_allclose(slope(ops.convert_to_tensor(X)).numpy(), expected, 1e-4, 1e-5)
    np.testing.assert_allclose(ckeras.function(slope)(X).numpy(), expected, 1e-4, 1e-5)


def test_rows_of_a_table_by_number():
    numbers = np.array([2, 0, 2, 1])
    table = ops.convert_to_tensor(X[:, 0])
    found = ops.vectorized_map(lambda i: ops.take(table, i, axis=0) * 2, numbers)
    np.testing.assert_allclose(found.numpy(), X[numbers, 0] * 2)


def test_code_that_needs_a_value_is_run_row_by_row():
    found = ops.vectorized_map(lambda r: r if float(ops.sum(r)) > 0 else -r, X)
    signs = np.where(X.sum((1, 2)) > 0, 1, -1)[:, None, None]
    np.testing.assert_array_equal(found.numpy(), X * signs)


def test_a_function_that_assigns_is_run_row_by_row():
    total = Variable(0.0)
    found = ops.vectorized_map(lambda r: total.assign_add(ops.sum(r)) * 1, X)
    np.testing.assert_allclose(found.numpy(), np.cumsum(X.sum((1, 2))), 1e-4, 1e-5)
    np.testing.assert_allclose(float(total), X.sum(), 1e-4)
