"""What op definitions allow the compiler: workspace, donated inputs, effects."""

import numpy as np
import pytest
from plans import plan_of

from ckeras import ops, optimizers
from ckeras.autograd import GradientTape
from ckeras.tensor import Op, Spec, Tensor, Variable, table

ROWS, COLUMNS = 50_000, 8


def kernels(plan):
    return [i.kernel for i in plan.instructions]


# -- workspace


def test_workspace_is_in_the_arena_and_no_output():
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 9, 9, 4)).astype("float32"), rng.normal(size=(3, 3, 2, 6)).astype("float32")
    plan = plan_of(lambda x, k: ops.conv(x, k), x, kernel)
    (y,) = plan.run([x, kernel])
    op = table["conv"]
    attrs = {"strides": (1, 1), "padding": "valid", "dilation": (1, 1), "groups": 2}
    specs = [Spec(x.shape, "float32"), Spec(kernel.shape, "float32")]
    outputs = op.infer(*specs, **attrs)
    assert isinstance(outputs, Spec)
    assert plan.arena_bytes >= sum(op.workspace(specs, [outputs], attrs))
    np.testing.assert_array_equal(y, ops.conv(x, kernel))


# -- donated inputs


def lookup_step(optimizer, lookups=1):
    """A training step on a table that is read by `ops.take`, and the table."""
    rng = np.random.default_rng(0)
    weight = Variable(rng.normal(size=(ROWS, COLUMNS)).astype("float32"))
    optimizer.build([weight])

    def step(index, target):
        with GradientTape() as tape:
            loss = 0.0
            for shift in range(lookups):
                loss = loss + ops.mean((ops.take(weight, index + shift, axis=0) - target) ** 2)
        optimizer.apply(tape.gradient(loss, [weight]), [weight])

    return step, weight


def lookup_data(n=300):
    rng = np.random.default_rng(1)
    index = rng.integers(0, 60, (n, 2)).astype("int32")  # most of them repeated
    return [index, rng.normal(size=(n, 2, COLUMNS)).astype("float32")]


@pytest.mark.parametrize("lookups", [1, 2])
def test_a_step_of_gradient_descent_on_a_lookup_touches_its_rows_alone(lookups):
    data = lookup_data()
    step, weight = lookup_step(optimizers.SGD(0.5), lookups)
    eager_step, expected = lookup_step(optimizers.SGD(0.5), lookups)
    plan = plan_of(step, *data)
    assert "scatter_sub_rows" in kernels(plan) and "scatter_add_rows" not in kernels(plan)
    assert plan.arena_bytes < weight.numpy().nbytes  # no dense gradient
    for _ in range(3):
        plan.run(data)
        eager_step(*(Tensor(x, str(x.dtype)) for x in data))
    np.testing.assert_allclose(weight.numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)
    untouched = slice(60 + lookups, None)
    np.testing.assert_array_equal(weight.numpy()[untouched], lookup_step(optimizers.SGD(0.5))[1].numpy()[untouched])


@pytest.mark.parametrize(
    "optimizer", [lambda: optimizers.SGD(0.5, momentum=0.9), lambda: optimizers.SGD(0.5, clipvalue=1e-3)]
)
def test_optimizers_that_need_the_dense_gradient_get_it(optimizer):
    data = lookup_data()
    step, weight = lookup_step(optimizer())
    eager_step, expected = lookup_step(optimizer())
    plan = plan_of(step, *data)
    for _ in range(3):
        plan.run(data)
        eager_step(*(Tensor(x, str(x.dtype)) for x in data))
    np.testing.assert_allclose(weight.numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)


def test_what_reads_the_old_value_of_a_donated_variable_sees_it():
    weight = Variable(np.ones((ROWS, 2), "float32"))

    def step(index, g):
        before = ops.sum(weight.value)
        old = weight.value + 0.0
        weight.assign(weight - ops.scatter(ops.expand_dims(index, 1), g, weight.shape))
        return before, old, weight.value

    index, g = np.array([1, 1, 7], "int32"), np.ones((3, 2), "float32")
    before, old, new = plan_of(step, index, g).run([index, g])
    assert before == 2 * ROWS
    assert (old == 1).all()
    np.testing.assert_array_equal(new[[0, 1, 7]], [[1, 1], [-1, -1], [0, 0]])
    np.testing.assert_array_equal(new, weight.numpy())


def test_an_input_is_not_overwritten_by_what_it_could_be_donated_to():
    x, index, g = np.ones((ROWS, 2), "float32"), np.array([3, 3], "int32"), np.ones((2, 2), "float32")

    def f(x, index, g):
        return x - ops.scatter(ops.expand_dims(index, 1), g, x.shape)

    plan = plan_of(f, x, index, g)
    assert "scatter_sub_rows" in kernels(plan)
    (y,) = plan.run([x, index, g])
    assert (x == 1).all()
    assert (y[3] == -1).all() and y.sum() == 2 * ROWS - 4


def test_assigned_rows_are_written_into_the_variable():
    weight = Variable(np.zeros((ROWS, 2), "float32"))
    index, rows = np.array([[2], [4]], "int32"), np.ones((2, 2), "float32")

    def step(index, rows):
        weight.assign(ops.scatter_update(weight, index, rows))

    plan = plan_of(step, index, rows)
    assert kernels(plan).count("copy") == 0
    plan.run([index, rows])
    assert weight.numpy().sum() == 4 and (weight.numpy()[[2, 4]] == 1).all()


# -- effects

_log = []


def _note_forward(x, label):
    _log.append((label, float(x)))
    return np.zeros((), "float32")


_note = Op("test_note", lambda x, label: Spec((), "float32"), _note_forward, effect=True)


def noted(function, *arrays, runs=1):
    arrays = [np.asarray(x) for x in arrays]
    _log.clear()
    plan = plan_of(function, *arrays)
    assert not _log  # tracing and rewriting cause no effect
    for _ in range(runs):
        plan.run(arrays)
    return _log


def test_calls_with_an_effect_are_neither_dropped_nor_shared():
    def f(x):
        _note(x, label="a")
        _note(x, label="a")
        return x + 1

    assert noted(f, np.float32(2), runs=2) == [("a", 2.0)] * 4


def test_calls_with_an_effect_stay_in_order_whatever_they_read():
    def f(x, y):
        slow = ops.exp(ops.log(x))
        _note(slow * 1, label="first")
        _note(y, label="second")
        _note(slow, label="third")
        return y

    assert [label for label, _ in noted(f, np.float32(1), np.float32(2))] == ["first", "second", "third"]


def test_a_call_with_an_effect_on_known_values_waits_for_the_run():
    def f(x):
        _note(np.float32(5), label="known")
        return x

    assert noted(f, np.float32(1), runs=2) == [("known", 5.0)] * 2


def test_the_gradient_of_a_branch_does_not_repeat_its_effects():
    def positive(x):
        _note(x, label="once")
        return x * x

    def f(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.cond(x > 0, lambda: positive(x), lambda: x)
        return tape.gradient(y, x)

    assert noted(f, np.float32(3)) == [("once", 3.0)]


def test_effects_of_a_branch_whose_results_are_not_read_happen():
    def f(x):
        ops.cond(x > 0, lambda: _note(x, label="positive"), lambda: _note(x, label="negative"))
        return x

    assert noted(f, np.float32(-1)) == [("negative", -1.0)]
