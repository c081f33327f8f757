"""The kernels of SimpleRNN, LSTM and GRU against the same cells run step by step, and which cells use them."""

import itertools

import numpy as np
import pytest
from plans import plan_of

import ckeras
from ckeras import layers, ops
from ckeras.layers.rnn import recurrence
from ckeras.ops.nn import recurrent

KINDS = {
    "simple_rnn": (layers.SimpleRNN, {}),
    "lstm": (layers.LSTM, {}),
    "gru": (layers.GRU, {}),
    "gru_before": (layers.GRU, {"reset_after": False}),
}
ALL = pytest.mark.parametrize("kind", KINDS)
X = np.random.default_rng(0).standard_normal((3, 6, 4)).astype("float32")
MASK = np.array([[1, 1, 0, 1, 0, 1], [0] * 6, [1] * 6], bool)


def make(kind, units=5, **options):
    layer, more = KINDS[kind]
    found = layer(units, return_state=True, bias_initializer="random_normal", seed=1, **more, **options)
    found.build(X.shape)
    return found


@pytest.fixture
def stepwise(monkeypatch):
    """Runs a function with every cell run step by step."""

    def run(function):
        with monkeypatch.context() as patch:
            patch.setattr(recurrence, "has_kernel", lambda cell, sequences: False)
            return function()

    return run


def differentiated(layer, x, mask, training=True):
    """Results and gradients of a layer called with states, the same random numbers at each call."""
    layer.cell.seed_generator.state.assign([1, 2])
    dtype = layer.compute_dtype
    x = ops.cast(x, dtype)
    states = [ops.cast(np.full((len(x), layer.units), 0.3 + i), dtype) for i in range(len(layer.state_size))]
    with ckeras.GradientTape() as tape:
        tape.watch([x, states])
        results = layer(x, initial_state=states, mask=mask, training=training)
        total = sum(ops.sum(y * ops.cos(ops.cast(i + 3 * y, dtype))) for i, y in enumerate(results))
    return [np.asarray(y) for y in (*results, *tape.gradient(total, [x, *states, *layer.trainable_variables]))]


@ALL
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_like_steps(stepwise, kind, dtype):
    names = ("return_sequences", "go_backwards", "recurrent_dropout", "zero_output_for_mask")
    tolerance = {"float32": 2e-5, "float64": 1e-12}[dtype]
    for values in itertools.product([False, True], repeat=4):
        options = dict(zip(names, values, strict=True))
        options["recurrent_dropout"] *= 0.4
        layer = make(kind, dtype=dtype, **options)
        for mask in (None, MASK):
            found = differentiated(layer, X, mask)
            expected = stepwise(lambda layer=layer, mask=mask: differentiated(layer, X, mask))
            for a, b in zip(found, expected, strict=True):
                np.testing.assert_allclose(a, b, tolerance, tolerance, err_msg=str(options))


@ALL
@pytest.mark.parametrize("activation", ["relu", "linear", "hard_sigmoid", "sigmoid"])
def test_like_steps_with_other_activations(stepwise, kind, activation):
    options = {} if kind == "simple_rnn" else {"recurrent_activation": "hard_sigmoid"}
    layer = make(kind, activation=activation, dtype="float64", **options)
    found, expected = differentiated(layer, X, MASK), stepwise(lambda: differentiated(layer, X, MASK))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, 1e-12, 1e-12)


@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"zero_output_for_mask": True}], ids=str)
def test_stacks_like_steps(stepwise, options):
    cells = [layers.LSTMCell(5), layers.GRUCell(3, dropout=0.4, seed=1), layers.SimpleRNNCell(4)]
    layer = layers.RNN(cells, return_sequences=True, return_state=True, **options)
    layer.build(X.shape)

    def run():
        cells[1].seed_generator.state.assign([1, 2])
        with ckeras.GradientTape() as tape:
            results = layer(X, mask=MASK, training=True)
            total = sum(ops.sum(ops.cos(i + 3 * y)) for i, y in enumerate(ckeras.tree.flatten(results)))
        gradients = tape.gradient(total, layer.trainable_variables)
        return [np.asarray(v) for v in (*ckeras.tree.flatten(results), *gradients)]

    for a, b in zip(run(), stepwise(run), strict=True):
        np.testing.assert_allclose(a, b, 2e-5, 2e-5)
    assert {"lstm", "gru", "simple_rnn"} <= kernels_of(layer) and "loop" not in kernels_of(layer)


@ALL
def test_central_differences(kind):
    layer = make(kind, dtype="float64", recurrent_dropout=0.3, return_sequences=True)
    weights = layer.trainable_variables
    directions = [np.random.default_rng(i).standard_normal(w.shape) for i, w in enumerate(weights)]

    def total():
        layer.cell.seed_generator.state.assign([1, 2])
        return sum(ops.sum(y * y * y) for y in layer(X, mask=MASK, training=True))

    with ckeras.GradientTape() as tape:
        y = total()
    gradients = tape.gradient(y, weights)
    for weight, direction, gradient in zip(weights, directions, gradients, strict=True):
        value, sides = weight.numpy(), []
        for step in (1e-5, -1e-5):
            weight.assign(value + step * direction)
            sides.append(float(total()))
        weight.assign(value)
        expected = (sides[0] - sides[1]) / 2e-5
        np.testing.assert_allclose(float(ops.sum(gradient * direction)), expected, 1e-7)


@ALL
@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"recurrent_dropout": 0.4}], ids=str)
def test_second_gradients(stepwise, kind, options):
    layer = make(kind, units=3, dtype="float64", return_sequences=True, **options)
    weights = layer.trainable_variables
    x = ops.convert_to_tensor(X.astype("float64"))

    def second():
        layer.cell.seed_generator.state.assign([1, 2])
        with ckeras.GradientTape() as outer:
            outer.watch(x)
            with ckeras.GradientTape() as inner:
                inner.watch(x)
                results = layer(x, mask=MASK, training=True)
                total = sum(ops.sum(ops.sin((i + 1) * y)) for i, y in enumerate(results))
            first = inner.gradient(total, [x, *weights])
            penalty = sum(ops.sum(g * g) for g in first)
        return [np.asarray(g) for g in outer.gradient(penalty, [x, *weights])]

    for a, b in zip(second(), stepwise(second), strict=True):
        np.testing.assert_allclose(a, b, 1e-10, 1e-10)


def kernels_of(layer):
    """The ops in the plan of a compiled call."""
    return {i.label for i in plan_of(layer, X).instructions}


@ALL
def test_a_compiled_call_is_one_op(kind):
    layer = KINDS[kind][0](5, **KINDS[kind][1])
    layer.build(X.shape)
    assert kind in kernels_of(layer) and "loop" not in kernels_of(layer)


@ALL
def test_weights_are_packed_in_the_prologue(kind):
    layer = KINDS[kind][0](16, **KINDS[kind][1])
    layer.build(X.shape)
    plan = plan_of(layer, X)
    assert "recurrent_pack" in {i.label for i in plan.prologue.instructions}
    assert "recurrent_pack" not in {i.label for i in plan.instructions}


@ALL
def test_only_what_is_asked_for_is_made(kind):
    """The outputs of all steps, and what the gradients need, by the first flags of the kernel's parameters."""

    def flags(function):
        (found,) = (i.p[8:12] for i in plan_of(function, X).instructions if i.label == kind)
        return tuple(found)

    def trained(layer):
        def run(x):
            with ckeras.GradientTape() as tape:
                y = ops.sum(layer(x)[0])
            return tape.gradient(y, layer.trainable_variables)

        return run

    assert flags(make(kind)) == (0, 0, 0, 0)
    assert flags(make(kind, return_sequences=True)) == (1, 0, 0, 0)
    assert flags(trained(make(kind))) == (0, 1, int(kind != "simple_rnn"), int(kind in ("lstm", "gru")))


@ALL
def test_profiles_count_the_products(kind):
    layer = make(kind)
    (found,) = (i.flops for i in plan_of(layer, X).instructions if i.label == kind)
    assert found == 2 * 3 * 6 * layer.cell.recurrent_kernel.shape[0] * layer.cell.recurrent_kernel.shape[1]


def test_shapes_that_do_not_fit():
    x, kernel, h = (ops.zeros(shape) for shape in ((3, 6, 20), (5, 20), (3, 5)))

    def run(x=x, kernel=kernel, h=h, **more):
        return recurrent.recurrent("lstm", x, kernel, [h, h], activation="tanh", **more)

    assert run()[1].shape == (3, 6, 5)
    for wrong in (
        {"x": x[:, :, :15]},
        {"kernel": kernel[:4]},
        {"kernel": ops.cast(kernel, "float64")},
        {"h": h[:2]},
        {"h": ops.expand_dims(h, 1)},
        {"mask": ops.ones((3, 5), "bool")},
        {"mask": ops.ones((3, 6))},
        {"dropped": ops.ones((3, 5))},
    ):
        with pytest.raises(ValueError, match=f"lstm expects {next(iter(wrong))}|lstm expects [xh]0? to have shape"):
            run(**wrong)
    with pytest.raises(TypeError, match="float32 or float64, got float16"):
        run(ops.cast(x, "float16"))


def test_states_with_too_many_axes_are_refused():
    with pytest.raises(ValueError, match="h0 to have shape"):
        layers.GRU(5)(X, initial_state=ops.zeros((3, 2, 5)))


def test_other_cells_run_step_by_step():
    class Doubled(layers.LSTMCell):
        def step(self, x, states, recurrent_mask=None):
            h, states = super().step(x, states, recurrent_mask)
            return 2 * h, states

    class Renamed(layers.LSTMCell):
        pass

    for cell, expected in (
        (Doubled(5), "loop"),
        (layers.LSTMCell(5, activation="gelu"), "loop"),
        (layers.GRUCell(5, recurrent_activation=lambda x: 1 / (1 + ops.exp(-x))), "loop"),
        (layers.SimpleRNNCell(5, activity_regularizer="l2"), "loop"),
        (Renamed(5), "lstm"),
    ):
        layer = layers.RNN(cell)
        layer.build(X.shape)
        assert expected in kernels_of(layer)
