"""Scopes: variables that stay as they are, names, the one device; and graphs of symbolic tensors as functions."""

import numpy as np
import pytest

import ckeras
from ckeras import (
    GradientTape,
    KerasTensor,
    StatelessScope,
    SymbolicScope,
    Variable,
    layers,
    losses,
    metrics,
    ops,
    optimizers as opt,
)
from ckeras.compiler.function import compile_plan
from ckeras.tensor import Spec

X = np.arange(6, dtype="float32").reshape(2, 3) / 4
Y = np.array([[1.0], [0.5]], "float32")

# -- StatelessScope


def test_variables_stay_as_they_are():
    v, w = Variable([1.0, 2.0]), Variable(3.0)
    with StatelessScope([(v, np.array([5, 6]))]) as state:
        assert (v * 2).tolist() == [10, 12] and float(w) == 3
        v.assign_add([1.0, 1.0])
        assert v.numpy().tolist() == [6, 7]
        assert state.get_current_value(w) is None
        w.assign(9)
        state.add_update((v, ops.zeros(2)))
        with StatelessScope([(w, 4.0)]):
            assert float(w) == 4 and v.numpy().tolist() == [0, 0]
            v.assign([8.0, 8.0])
        assert float(w) == 9 and v.numpy().tolist() == [0, 0]
    assert v.numpy().tolist() == [1, 2] and float(w) == 3
    assert state.get_current_value(v).tolist() == [0, 0] and float(state.get_current_value(w)) == 9


def test_within_a_trace():
    v = Variable(2.0)

    def f(x):
        with StatelessScope([(v, x)]) as state:
            v.assign(v * v)
            y = ops.cond(x > 0, lambda: v * 10, lambda: v)
            ops.fori_loop(0, 3, lambda i, s: s + v.assign_add(1.0), 0.0)
        return y, state.get_current_value(v), v * 1

    plan, _ = compile_plan(f, [Spec((), "float32")], tuple)
    assert [float(y) for y in plan.run([np.array(3, "float32")])] == [90, 12, 2]
    assert float(v) == 2 and not plan.assigned


def test_gradients_by_the_values_given():
    v = Variable(2.0)
    x = ops.convert_to_tensor(5.0)
    with GradientTape() as tape:
        tape.watch(x)
        with StatelessScope([(v, x)]):
            y = v * v
    assert float(tape.gradient(y, x)) == 10


def test_what_a_stateless_scope_refuses():
    v = Variable([1.0, 2.0])
    with pytest.raises(ValueError, match="pairs"):
        StatelessScope([(3.0, 4.0)])
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        StatelessScope([(v, 4.0)])
    with StatelessScope(), pytest.raises(ValueError, match="shape"):
        v.assign([1.0, 2.0, 3.0])


def small_model():
    ckeras.utils.set_random_seed(4)
    model = ckeras.Sequential(
        [layers.Input((3,)), layers.Dense(4, "tanh", kernel_regularizer="l2"), layers.Dropout(0.5), layers.Dense(1)]
    )
    return model


def test_a_layer_without_side_effects():
    model = small_model()
    before = [v.numpy() for v in model.variables]
    values = [v.numpy() * 2 for v in model.trainable_variables]
    outputs, state = model.stateless_call(values, model.non_trainable_variables, X, training=True)
    assert [s.shape for s in state] == [v.shape for v in model.non_trainable_variables]
    assert any(np.any(s.numpy() != v.numpy()) for s, v in zip(state, model.non_trainable_variables, strict=True))
    for v, b in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(v.numpy(), b)
    _, state_again, found = model.stateless_call(
        values, model.non_trainable_variables, X, training=True, return_losses=True
    )
    np.testing.assert_allclose(found[0].numpy(), 0.01 * np.sum(values[0] ** 2), 1e-5)
    assert state_again[0].tolist() == state[0].tolist()
    for v, value in zip(model.trainable_variables, values, strict=True):
        v.assign(value)
    np.testing.assert_allclose(model(X, training=True).numpy(), outputs.numpy(), 1e-5, 1e-6)
    with pytest.raises(ValueError, match="4 trainable_variables"):
        model.stateless_call(values[:2], model.non_trainable_variables, X)
    with pytest.raises(ValueError, match="not built"):
        layers.Dense(2).stateless_call([], [], X)


def test_losses_of_layers_are_collected():
    class Penalised(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    layer = Penalised()
    layer(X)
    _, _, found = layer.stateless_call([], [], X * 2, return_losses=True)
    assert [float(y) for y in found] == [7.5]
    assert [float(y) for y in layer.losses] == [3.75]
    with StatelessScope(collect_losses=True) as state:
        layer(X * 4)
        assert [float(y) for y in layer.losses] == [15]
    assert [float(y) for y in state.losses] == [15]


def test_a_step_of_training_without_side_effects_is_one_with():
    def stateful(model, optimizer):
        with GradientTape() as tape:
            loss = losses.MeanSquaredError()(Y, model(X))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    def stateless(trained, state, steps):
        tensors = [ops.convert_to_tensor(t) for t in trained]
        with GradientTape() as tape:
            tape.watch(tensors)
            y, _ = model.stateless_call(tensors, model.non_trainable_variables, X)
            loss = losses.MeanSquaredError()(Y, y)
        return optimizer.stateless_apply(state, tape.gradient(loss, tensors), tensors)

    model, optimizer = small_model(), opt.Adam(0.1)
    with pytest.raises(ValueError, match="built"):
        optimizer.stateless_apply([], [], [])
    optimizer.build(model.trainable_variables)
    before = [v.numpy() for v in (*model.variables, *optimizer.variables)]
    found = []
    for step in (stateless, ckeras.function(stateless)):
        trained = [v.numpy() for v in model.trainable_variables]
        state = [v.numpy() for v in optimizer.variables]
        for number in range(3):
            trained, state = step(trained, state, number)
        found.append([*trained, *state])
    for v, b in zip((*model.variables, *optimizer.variables), before, strict=True):
        np.testing.assert_array_equal(v.numpy(), b)
    for _ in range(3):
        stateful(model, optimizer)
    for one in found:
        for value, v in zip(one, (*model.trainable_variables, *optimizer.variables), strict=True):
            np.testing.assert_allclose(value.numpy(), v.numpy(), 1e-4, 1e-6)
    with pytest.raises(ValueError, match="optimizer_variables"):
        optimizer.stateless_apply([], [1, 2, 3, 4], model.trainable_variables)


def test_a_metric_without_side_effects():
    metric = metrics.MeanSquaredError()
    start = metric.stateless_reset_state()
    once = metric.stateless_update_state(start, Y, Y + 1)
    twice = metric.stateless_update_state(once, Y, Y + 3)
    assert float(metric.stateless_result(once)) == 1 and float(metric.stateless_result(twice)) == 5
    assert all(not v.numpy().any() for v in metric.variables)
    with pytest.raises(ValueError, match="2 variables, got 1"):
        metric.stateless_result(twice[:1])


# -- names, devices


def test_names():
    with ckeras.name_scope("a"):
        assert Variable(1.0, name="v").path == "a/v"
        with ckeras.name_scope("b") as inner, ckeras.name_scope("b"):
            assert inner.name == "b"
            assert Variable(1.0, name="v").path == "a/b/b/v"
        with ckeras.name_scope("c", override_parent="x/y"):
            assert Variable(1.0, name="v").path == "x/y/c/v"
        owner = object()
        with ckeras.name_scope("d", caller=owner), ckeras.name_scope("d", caller=owner):
            assert Variable(1.0, name="v").path == "a/d/v"
        dense = layers.Dense(2, name="dense")
        dense.build((None, 3))
    assert dense.kernel.path == "a/dense/kernel"
    assert Variable(1.0, name="v").path == "v"

    class Named(layers.Layer):
        def build(self, shape):
            with ckeras.name_scope("part"):
                self.w = self.add_weight((2,), name="w")

    layer = Named(name="named")
    layer.build((None, 2))
    assert layer.w.path == "named/part/w"
    for bad in ("a/b", 3):
        with pytest.raises(ValueError, match="name_scope"):
            ckeras.name_scope(bad)


def test_the_device():
    for name in ("cpu", "CPU:0", "cpu:0", "/CPU:0", "/device:CPU:0"):
        with ckeras.device(name):
            assert float(ops.sum(X)) == 3.75
    for name in ("gpu:0", "cpu:1", "tpu", 3):
        with pytest.raises(ValueError, match="the only device"):
            ckeras.device(name)


def test_a_symbolic_scope_is_entered_and_left():
    with SymbolicScope(), SymbolicScope():
        assert ops.sum(KerasTensor((2, 3))).shape == ()


# -- Operation and Function


class Scaled(ckeras.Operation):
    def __init__(self, factor, shift=0, name=None):
        super().__init__(name=name)
        self.factor, self.shift = factor, shift

    def call(self, x, power=1):
        return {"y": x**power * self.factor + self.shift}


def test_an_operation():
    op = Scaled(2.0)
    assert op(ops.convert_to_tensor(X), power=2)["y"].numpy().tolist() == (X**2 * 2).tolist()
    with pytest.raises(AttributeError, match="not been called"):
        op.output  # noqa: B018
    x = KerasTensor((None, 3))
    y = op(x, power=2)["y"]
    assert y.shape == (None, 3) and op.input is x and op.output is y
    f = ckeras.Function(x, y)
    assert f.operations == [op]
    np.testing.assert_allclose(f(X).numpy(), X**2 * 2)
    assert op.get_config() == {"name": op.name, "factor": 2.0, "shift": 0}
    again = Scaled.from_config(op.get_config())
    assert (again.factor, again.name) == (2.0, op.name)
    assert isinstance(op, ckeras.Operation) and isinstance(layers.Dense(2), ckeras.Operation)
    assert not isinstance(3, ckeras.Operation)


def test_what_an_operation_refuses():
    with pytest.raises(ValueError, match="without '/'"):
        Scaled(1.0, name="a/b")
    with pytest.raises(NotImplementedError, match="not plain values"):
        Scaled(np.ones(3)).get_config()
    with pytest.raises(NotImplementedError, match="call"):
        ckeras.Operation()(X)
    with pytest.raises(TypeError, match="config"):
        Scaled.from_config({"size": 3})


def test_a_function_of_a_graph():
    a, b = KerasTensor((None, 3)), KerasTensor((None, 3))
    h = a + b
    outputs = {"s": ops.sigmoid(h), "parts": ops.split(h * 2, 3, axis=1)}
    f = ckeras.Function([a, b], outputs, name="joined")
    found = f([X, X + 1])
    np.testing.assert_allclose(found["s"].numpy(), 1 / (1 + np.exp(-(2 * X + 1))), 1e-5)
    np.testing.assert_allclose(found["parts"][1].numpy(), (4 * X + 2)[:, 1:2], 1e-5)
    assert f.inputs == [a, b] and len(f.outputs) == 4 and f.name == "joined"
    assert f.compute_output_shape([(5, 3), (5, 3)]) == {"s": (5, 3), "parts": [(5, 1)] * 3}
    symbolic = f([KerasTensor((7, 3)), KerasTensor((7, 3))])
    assert symbolic["s"].shape == (7, 3)
    outer = ckeras.Function([a, b], f([a, b])["s"] * 2)
    np.testing.assert_allclose(outer([X, X]).numpy(), 2 / (1 + np.exp(-2 * X)), 1e-5)
    compiled = ckeras.function(lambda x: f([x, x])["s"])
    np.testing.assert_allclose(compiled(X).numpy(), 1 / (1 + np.exp(-2 * X)), 1e-5)
    middle = ckeras.Function(h, outputs["s"])
    np.testing.assert_allclose(middle(X).numpy(), 1 / (1 + np.exp(-X)), 1e-5)


def test_what_a_function_refuses():
    a, b = KerasTensor((None, 3)), KerasTensor((None, 3), name="other")
    with pytest.raises(ValueError, match=r"'other'.*not follow from the inputs"):
        ckeras.Function(a, a + b)
    with pytest.raises(ValueError, match="inputs to be one or more symbolic"):
        ckeras.Function([], a)
    with pytest.raises(ValueError, match="outputs to be one or more symbolic"):
        ckeras.Function(a, [])
    f = ckeras.Function([a, b], a + b)
    with pytest.raises(ValueError, match="structure"):
        f([X])
    with pytest.raises(ValueError, match="input 1 to have the shape"):
        f([X, X[:, :2]])
