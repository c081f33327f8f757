"""Plans compute what the op-by-op run computes, whatever is fused, shared, or written in place."""

import numpy as np
import pytest

from ckeras import activations, ops
from ckeras.autograd import GradientTape
from ckeras.compiler.function import compile_plan, function
from ckeras.tensor import Spec, Variable


def plan_of(function, *arrays):
    """The plan of ``function`` for these arrays, and its results."""
    specs = [Spec(a.shape, str(a.dtype)) for a in arrays]
    plan, _ = compile_plan(function, specs, tuple)
    return plan, plan.run(list(arrays))


def arrays(*shapes, seed=0, dtype="float32"):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=s).astype(dtype) for s in shapes]


def names(plan):
    return [i.kernel for i in plan.instructions]


# -- joining and fusing


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "relu6"])
def test_product_bias_and_activation_are_one_instruction(activation):
    x, w, b = arrays((5, 7), (7, 3), (3,))

    def f(x, w, b):
        return getattr(activations, activation)(ops.matmul(x, w) + b)

    plan, (y,) = plan_of(f, x, w, b)
    assert names(plan) == ["gemm"]
    np.testing.assert_allclose(y, np.asarray(f(x, w, b)), rtol=1e-5, atol=1e-6)


def test_a_product_that_is_read_twice_is_not_swallowed():
    x, w, b = arrays((5, 7), (7, 3), (3,))

    def f(x, w, b):
        z = ops.matmul(x, w)
        return ops.relu(z + b), z

    _, (y, z) = plan_of(f, x, w, b)
    np.testing.assert_allclose(z, x @ w, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(y, np.maximum(x @ w + b, 0), rtol=1e-5, atol=1e-6)


def test_an_elementwise_run_is_one_instruction():
    x, y = arrays((40, 30), (40, 30))
    plan, (z,) = plan_of(lambda x, y: ops.exp(-ops.square(x - y)) * 0.5 + ops.tanh(x), x, y)
    assert names(plan) == ["map"]
    np.testing.assert_allclose(z, np.exp(-((x - y) ** 2)) * 0.5 + np.tanh(x), rtol=1e-5, atol=1e-6)


def test_broadcasts_within_a_run():
    x, row, column, scalar = arrays((6, 5, 4), (4,), (5, 1), ())
    plan, (z,) = plan_of(lambda x, r, c, s: (x + r) * c - s * r, x, row, column, scalar)
    assert z.shape == (6, 5, 4)
    np.testing.assert_allclose(z, (x + row) * column - scalar * row, rtol=1e-5, atol=1e-5)
    assert plan.python_instructions == 0


def test_reshaped_values_join_a_run_of_as_many_elements():
    x, y = arrays((8, 1), (8,))
    plan, (z,) = plan_of(lambda x, y: ops.square(ops.squeeze(x, -1) - y), x, y)
    assert names(plan) == ["map"]
    np.testing.assert_allclose(z, (x[:, 0] - y) ** 2, rtol=1e-6)


def test_the_same_value_read_along_two_axes():
    (x,) = arrays((4,))
    _, (z,) = plan_of(lambda x: ops.reshape(x, (4, 1)) * ops.reshape(x, (1, 4)), x)
    np.testing.assert_array_equal(z, x[:, None] * x[None])


def test_a_run_is_not_joined_across_what_lies_between():
    (x,) = arrays((6, 6))

    def f(x):
        y = ops.exp(x)
        return y - ops.sum(y, axis=1, keepdims=True)  # the sum needs y, the difference needs the sum

    plan, (z,) = plan_of(f, x)
    assert names(plan).count("map") == 2 and names(plan).index("reduce") == 1
    np.testing.assert_allclose(z, np.exp(x) - np.exp(x).sum(1, keepdims=True), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_and_sums_join_into_single_instructions(dtype):
    x, y, z = (abs(v) for v in arrays((50,), (50,), (50,), dtype=dtype))
    for f, label in [
        (lambda x, y, z: x * y + z, "muladd"),
        (lambda x, y, z: z + y * x, "muladd"),
        (lambda x, y, z: z - x * y, "submul"),
        (lambda x, y, z: x + (y - x) * z, "lerp"),
        (lambda x, y, z: x + z * (y - x), "lerp"),
        (lambda x, y, z: x / (ops.sqrt(y) + z), "div_root"),
        (lambda x, y, z: x / (1e-3 + ops.sqrt(z)), "div_root"),
        (lambda x, y, z: x / ops.sqrt(y + z), "div_root_of_sum"),
        (lambda x, y, z: z + x * ops.square(y), "muladd_square"),
    ]:
        plan, (out,) = plan_of(f, x, y, z)
        assert [i.label for i in plan.instructions] == [label]
        np.testing.assert_allclose(out, f(x, y, z), rtol=1e-5, atol=1e-6)


def test_an_update_follows_the_product_that_is_its_gradient():
    x, g = arrays((100, 120), (100, 90))
    weight, momentum = Variable(np.ones((120, 90), "float32")), Variable(np.zeros((120, 90), "float32"))

    def f(x, g):
        gradient = ops.matmul(ops.transpose(x), g)
        momentum.assign(0.9 * momentum + gradient)
        weight.assign(weight - 0.1 * momentum)
        return ops.sum(x)

    expected = x.T @ g
    plan, _ = plan_of(f, x, g)
    assert "gemm_map" in names(plan) and "gemm" not in names(plan) and "map" not in names(plan)
    np.testing.assert_allclose(momentum.numpy(), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(weight.numpy(), 1 - 0.1 * expected, rtol=1e-4, atol=1e-4)


def test_a_product_of_the_weight_that_its_steps_overwrite_reads_the_old_one():
    (g,) = arrays((120, 120))
    weight = Variable(np.linspace(-1, 1, 120 * 120, dtype="float32").reshape(120, 120))
    old = weight.numpy().copy()

    def f(g):
        weight.assign(weight - 0.1 * ops.matmul(g, weight))
        return ops.sum(g)

    plan_of(f, g)
    np.testing.assert_allclose(weight.numpy(), old - 0.1 * (g @ old), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rows, columns, inner", [(64, 512, 100), (128, 512, 385), (128, 4, 8), (100, 2100, 8)])
def test_a_product_that_does_not_fit_stands_alone(rows, columns, inner):
    a, b = arrays((rows, inner), (inner, columns))
    plan, (y,) = plan_of(lambda a, b: ops.exp(-ops.square(ops.matmul(a, b))), a, b)
    assert names(plan) == ["gemm", "map"]
    np.testing.assert_allclose(y, np.exp(-((a @ b) ** 2)), rtol=1e-3, atol=1e-4)


def test_a_product_that_others_read_is_kept():
    a, b = arrays((100, 20), (20, 100))

    def f(a, b):
        c = ops.matmul(a, b)
        return ops.tanh(c), ops.sum(c, axis=0)

    plan, (y, s) = plan_of(f, a, b)
    assert sorted(names(plan)) == ["gemm_map", "reduce"]
    np.testing.assert_allclose(y, np.tanh(a @ b), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(s, (a @ b).sum(0), rtol=1e-4, atol=1e-4)


def test_equal_calls_share_one_result():
    (x,) = arrays((9, 9))
    plan, _ = plan_of(lambda x: ops.matmul(x, x) + ops.tanh(ops.matmul(x, x)), x)
    assert names(plan).count("gemm") == 1


def test_unused_calls_are_dropped():
    (x,) = arrays((9, 9))

    def f(x):
        ops.matmul(x, x)
        return x + 1

    plan, _ = plan_of(f, x)
    assert names(plan) == ["map"]


def test_a_cross_entropy_yields_the_softmax_too():
    (z,) = arrays((6, 4))
    t = np.arange(6) % 4

    def f(z, t):
        p = ops.softmax(z)
        return ops.sparse_categorical_crossentropy(t, z, from_logits=True), p

    plan, (loss, p) = plan_of(f, z, t)
    assert "softmax" not in names(plan)
    expected = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    np.testing.assert_allclose(p, expected, rtol=1e-5)
    np.testing.assert_allclose(loss, -np.log(expected[np.arange(6), t]), rtol=1e-5)


def test_multiplying_by_one_and_adding_zero_cost_nothing():
    (x,) = arrays((3, 3))
    plan, (y,) = plan_of(lambda x: ops.exp(x * 1.0 + 0.0), x)
    assert [i.label for i in plan.instructions] == ["exp"]
    np.testing.assert_allclose(y, np.exp(x), rtol=1e-6)


def test_an_op_without_a_kernel_runs_in_python_within_the_plan():
    x = np.arange(6, dtype="uint8").reshape(2, 3)
    plan, (y,) = plan_of(lambda x: ops.cast(x * x, "float32") / 2, x)
    assert plan.python_instructions == 1
    np.testing.assert_array_equal(y, (x * x) / np.float32(2))
    again = plan.run([x + 1])[0]
    np.testing.assert_array_equal(again, ((x + 1) * (x + 1)) / np.float32(2))


# -- variables


def assigns(step, *variables):
    """Run ``step`` as a plan and op by op from the same start: the values of the variables after each."""
    start = [v.numpy() for v in variables]
    plan, _ = compile_plan(step, [], tuple)
    plan.run([])
    compiled = [v.numpy() for v in variables]
    for v, value in zip(variables, start, strict=True):
        v.assign(value)
    step()
    return plan, compiled, [v.numpy() for v in variables]


def test_an_update_is_written_in_place():
    v = Variable(np.arange(5.0, dtype="float32"))

    def step():
        v.assign_sub(v * 0.5)

    plan, compiled, eager = assigns(step, v)
    assert names(plan) == ["map"] and plan.arena_bytes == 0
    np.testing.assert_array_equal(compiled[0], eager[0])


def test_variables_that_exchange_their_values():
    a, b = Variable(np.zeros(4, "float32")), Variable(np.ones(4, "float32"))

    def step():
        x, y = a.value, b.value
        a.assign(y)
        b.assign(x)

    _, compiled, _ = assigns(step, a, b)
    np.testing.assert_array_equal(compiled, [np.ones(4), np.zeros(4)])


def test_an_old_value_that_is_read_after_the_update():
    a, total = Variable(np.full(4, 3, "float32")), Variable(np.zeros((), "float32"))

    def step():
        old = a.value
        a.assign(old * 2)
        total.assign(ops.sum(old))  # a reduction: it runs by itself, and must see the old value

    _, (new, summed), _ = assigns(step, a, total)
    np.testing.assert_array_equal(new, np.full(4, 6))
    assert summed == 12


def test_an_old_value_that_is_returned():
    a = Variable(np.full(4, 3, "float32"))

    def step():
        old = a.value
        a.assign(old + 1)
        return old, a.value

    plan, _ = compile_plan(step, [], tuple)
    old, new = plan.run([])
    np.testing.assert_array_equal(old, np.full(4, 3))
    np.testing.assert_array_equal(new, np.full(4, 4))


def test_an_old_value_read_late_within_the_same_run():
    m, w = Variable(np.full(200, 2, "float32")), Variable(np.full(200, 10, "float32"))

    def step():
        old = m.value
        m.assign(ops.tanh(old) + 1)
        w.assign(w * ops.tanh(old) - ops.exp(-m.value) + old)

    _, compiled, eager = assigns(step, m, w)
    np.testing.assert_allclose(compiled[0], eager[0], rtol=1e-6)
    np.testing.assert_allclose(compiled[1], eager[1], rtol=1e-6)


def test_a_transposed_read_of_what_is_assigned():
    a = Variable(np.arange(9, dtype="float32").reshape(3, 3))

    def step():
        a.assign(a + ops.transpose(a))

    _, compiled, eager = assigns(step, a)
    np.testing.assert_array_equal(compiled[0], eager[0])


def test_a_row_of_a_variable_broadcast_into_itself():
    a = Variable(np.arange(9, dtype="float32").reshape(3, 3))

    def step():
        a.assign(a * a[0])

    _, compiled, eager = assigns(step, a)
    np.testing.assert_array_equal(compiled[0], eager[0])


def test_one_value_assigned_to_two_variables():
    a, b = Variable(np.ones(3, "float32")), Variable(np.zeros(3, "float32"))

    def step():
        y = a * 3
        a.assign(y)
        b.assign(y)

    _, compiled, _ = assigns(step, a, b)
    np.testing.assert_array_equal(compiled, [[3, 3, 3], [3, 3, 3]])


def test_an_input_assigned_to_a_variable():
    a = Variable(np.zeros((2, 2), "float32"))
    x = np.arange(4, dtype="float32").reshape(2, 2)

    def step(x):
        a.assign(x)
        return x + 1

    plan, _ = compile_plan(step, [Spec((2, 2), "float32")], tuple)
    plan.run([x])
    np.testing.assert_array_equal(a.numpy(), x)


def test_a_tensor_read_before_a_run_keeps_its_value():
    a = Variable(np.zeros(3, "float32"))
    before = a.value
    plan, _ = compile_plan(lambda: a.assign_add(np.ones(3, "float32")), [], tuple)
    plan.run([])
    np.testing.assert_array_equal(before.numpy(), np.zeros(3))
    np.testing.assert_array_equal(a.numpy(), np.ones(3))


# -- random graphs


def random_graph(rng, inputs, depth):
    """A function of ``inputs`` made of random ops; the same random numbers make the same function."""
    unary = [ops.tanh, ops.sigmoid, ops.square, ops.negative, ops.relu, lambda x: ops.exp(-ops.square(x))]
    binary = [ops.add, ops.subtract, ops.multiply, ops.maximum]
    plan = rng.integers(0, 1_000_000, (depth, 3))

    def f(*xs):
        values = list(xs)
        for kind, i, j in plan:
            a, b = values[i % len(values)], values[j % len(values)]
            choice = kind % 10
            if choice < 3:
                values.append(unary[kind % len(unary)](a))
            elif choice < 7:
                values.append(binary[kind % len(binary)](a, b))
            elif choice == 7:
                values.append(ops.mean(a, axis=int(kind) % 2, keepdims=True) + ops.zeros((7, 7)))
            elif choice == 8:
                values.append(ops.tanh(ops.matmul(a, b)))
            else:
                values.append(ops.transpose(a))
        return values[len(inputs) :][-4:]

    return f


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs(seed):
    inputs = arrays((7, 7), (7, 7), (7, 7), seed=seed, dtype="float64")
    f = random_graph(np.random.default_rng(seed), inputs, 25)
    plan, compiled = plan_of(f, *inputs)
    assert plan.python_instructions == 0
    for y, expected in zip(compiled, f(*inputs), strict=True):
        np.testing.assert_allclose(y, expected.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_gradients_of_random_graphs(seed):
    inputs = arrays((7, 7), (7, 7), seed=seed, dtype="float64")
    f = random_graph(np.random.default_rng(seed), inputs, 12)

    def gradients(*xs):
        xs = [ops.convert_to_tensor(x) for x in xs]
        with GradientTape() as tape:
            tape.watch(xs)
            y = ops.sum(f(*xs)[-1])
        return tape.gradient(y, xs, unconnected_gradients="zero")

    _, compiled = plan_of(gradients, *inputs)
    for g, expected in zip(compiled, gradients(*inputs), strict=True):
        np.testing.assert_allclose(g, expected.numpy(), rtol=1e-8, atol=1e-10)


# -- showing


def test_a_plan_prints_itself_and_its_profile():
    x, w = arrays((32, 16), (16, 8))
    v = Variable(np.zeros(8, "float32"))

    def step(x, w):
        y = ops.matmul(x, w)
        v.assign_add(ops.sum(y, axis=0))
        return y

    plan, _ = plan_of(step, x, w)
    text = str(plan)
    assert "gemm" in text and "32x8" in text and "0 in Python" in text
    before = v.numpy()
    profile = plan.profile([x, w])
    np.testing.assert_array_equal(v.numpy(), before)
    lines = str(profile).splitlines()
    assert len(lines) == len(plan.instructions) + 2
    assert "GF/s" in lines[0] and "bytes" in lines[0]
    assert profile.instructions[0].flops == 2 * 32 * 16 * 8


@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (129, 129), (257, 255)])
def test_steps_after_a_product_over_nothing(shape):
    """They run on a product of zeros, in which there is no inner step to fetch their other inputs at."""
    m, n = shape
    c = np.random.default_rng(0).standard_normal(shape).astype("float32")
    run = function(lambda a, b, c: ops.matmul(a, b) * ops.tanh(c) + c)
    np.testing.assert_array_equal(run(np.ones((m, 0), "float32"), np.ones((0, n), "float32"), c), c)
