"""Recurrent layers: dropout, states from batch to batch, cells of users, models, compiled loops, errors."""

import numpy as np
import pytest
from plans import plan_of, python_labels

import ckeras
from ckeras import layers, ops
from ckeras.models import Model, Sequential

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 6, 3)).astype("float32")
KINDS = pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU"])
pytestmark = pytest.mark.filterwarnings("error")


def states_of(layer):
    return [state.numpy() for state in layer.states]


# -- dropout


@KINDS
@pytest.mark.parametrize("options", [{}, {"implementation": 1}, {"reset_after": False}, {"recurrent_dropout": 0.5}])
def test_dropout_is_the_same_in_all_steps(kind, options):
    """The masks that a cell samples, multiplied in by hand, give what the layer gives."""
    if ("reset_after" in options and kind != "GRU") or ("implementation" in options and kind == "SimpleRNN"):
        options = {}
    layer = getattr(layers, kind)(5, dropout=0.5, seed=1, return_sequences=True, **options)
    layer.build(X.shape)
    twin = getattr(layers, f"{kind}Cell")(5, dropout=0.5, seed=1, **options)
    twin.build((4, 3))
    twin.set_weights(layer.get_weights())
    found = layer(X, training=True)
    twin.get_dropout_mask(X[:, 0])
    twin.get_recurrent_dropout_mask(ops.zeros((4, 5)))
    states = twin.get_initial_state(4)
    for t in range(X.shape[1]):
        y, states = twin(X[:, t], states, training=True)
        np.testing.assert_allclose(found[:, t], y, 1e-5, 1e-6)
    again = layer(X, training=True)
    assert not np.allclose(found, again)
    np.testing.assert_array_equal(layer(X), layer(X, training=False))
    assert not np.allclose(found, layer(X))


def test_kept_masks_end_with_their_reset():
    cell = layers.GRUCell(5, dropout=0.5, recurrent_dropout=0.5, seed=2)
    x, h = ops.ones((2, 40)), [ops.ones((2, 5))]
    first = cell.get_dropout_mask(x)
    assert len(first) == 3 and cell.get_dropout_mask(x) is first
    assert set(np.unique(np.asarray(first[0]))) == {0.0, 2.0}
    y = cell(x, h, training=True)[0]
    cell.get_recurrent_dropout_mask(h[0])
    same = cell(x, h, training=True)[0]
    np.testing.assert_array_equal(cell(x, h, training=True)[0], same)
    cell.reset_dropout_mask()
    cell.reset_recurrent_dropout_mask()
    assert not np.allclose(cell(x, h, training=True)[0], same) and y.shape == same.shape


def test_dropout_of_cells_in_a_stack():
    """With inputs and states of ones in all steps and no other change, the same masks give the same projections."""
    cells = [
        layers.SimpleRNNCell(6, dropout=0.5, activation=None, recurrent_initializer="zeros", seed=i) for i in (1, 2)
    ]
    layer = layers.RNN(cells, return_sequences=True)
    y = np.asarray(layer(np.ones((2, 5, 8), "float32"), training=True))
    np.testing.assert_allclose(y, np.repeat(y[:, :1], 5, 1), 1e-6)
    assert not np.allclose(y, np.asarray(layer(np.ones((2, 5, 8), "float32"), training=True)))


class OwnCall(layers.LSTMCell):
    """A cell that a layer must call, rather than its parts."""

    def call(self, inputs, states, training=False):
        output, states = super().call(inputs, states, training=training)
        return output, [2 * state for state in states]


def test_a_subclass_of_a_cell():
    options = {"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 4, "return_sequences": True}
    layer = layers.LSTM(3, **options)
    layer.build(X.shape)
    layer.cell = OwnCall(3, **{k: v for k, v in options.items() if k != "return_sequences"})
    layer.cell.build((4, 3))
    found = layer(X, training=True)
    cell = OwnCall(3, dropout=0.5, recurrent_dropout=0.5, seed=4)
    cell.build((4, 3))
    cell.set_weights(layer.cell.get_weights())
    states = cell.get_initial_state(4)
    cell.get_dropout_mask(X[:, 0])
    cell.get_recurrent_dropout_mask(states[0])
    for t in range(X.shape[1]):
        y, states = cell(X[:, t], states, training=True)
        np.testing.assert_allclose(found[:, t], y, 1e-5, 1e-6)


# -- states


@KINDS
def test_stateful_halves_are_the_whole(kind):
    whole = getattr(layers, kind)(5, return_sequences=True)
    expected = whole(X)
    parts = getattr(layers, kind)(5, return_sequences=True, stateful=True)
    parts.build((4, 3, 3))
    parts.set_weights(whole.get_weights())
    for _ in range(2):
        found = np.concatenate([parts(X[:, :3]), parts(X[:, 3:])], 1)
        np.testing.assert_allclose(found, expected, 1e-5, 1e-6)
        parts.reset_state()
        assert all(not state.any() for state in states_of(parts))
    assert not any(v.name == "rnn_state" for v in parts.weights)


def test_stateful_in_a_model():
    """`predict` carries states on, in one compiled plan for all batches; symbolic calls leave them alone."""
    model = Sequential([layers.Input(batch_shape=(4, None, 3)), layers.LSTM(5, stateful=True), layers.Dense(1)])
    layer = model.layers[0]
    assert all(not state.any() for state in states_of(layer))
    first = model.predict(X, batch_size=4, verbose=0)
    second = model.predict(X, batch_size=4, verbose=0)
    assert not np.allclose(first, second)
    layer.reset_states()
    np.testing.assert_allclose(model.predict(np.concatenate([X, X]), batch_size=4, verbose=0), [*first, *second], 1e-6)
    model.compile("sgd", "mse")
    before = states_of(layer)
    model.fit(X, np.zeros((4, 1)), batch_size=4, verbose=0)
    assert not np.allclose(states_of(layer)[0], before[0])


def test_stateful_bidirectional():
    layer = layers.Bidirectional(layers.GRU(2, stateful=True))
    layer(X)
    assert len(layer.states) == 2 and all(np.abs(s).sum() > 0 for s in states_of(layer))
    layer.reset_states()
    assert all(not s.any() for s in states_of(layer))
    plain = layers.Bidirectional(layers.GRU(2))
    assert plain.states is None
    with pytest.raises(AttributeError, match="is not stateful"):
        plain.reset_state()


def test_final_states_are_the_initial_ones_of_the_rest():
    for layer in (
        layers.LSTM(5, return_state=True),
        layers.RNN([layers.LSTMCell(5), layers.GRUCell(2)], return_state=True),
    ):
        y, *states = layer(X[:, :4])
        rest, *_ = layer(X[:, 4:], initial_state=states)
        np.testing.assert_allclose(rest, layer(X)[0], 1e-5, 1e-6)
        assert y.shape == rest.shape


# -- masks


@KINDS
def test_masked_steps_do_not_count(kind):
    layer = getattr(layers, kind)(5)
    mask = np.ones((4, 6), bool)
    mask[:, 2] = mask[1, 4:] = False
    found = layer(X, mask=mask)
    np.testing.assert_allclose(found[0], layer(X[:1, [0, 1, 3, 4, 5]])[0], 1e-5, 1e-6)
    np.testing.assert_allclose(found[1], layer(X[1:2, [0, 1, 3]])[0], 1e-5, 1e-6)
    np.testing.assert_array_equal(layer(X, mask=np.zeros((4, 6), bool)), np.zeros((4, 5)))


def test_masks_come_from_embedding_and_masking():
    tokens = np.array([[3, 1, 0, 0], [2, 2, 5, 1]])
    model = Sequential([layers.Embedding(6, 3, mask_zero=True), layers.LSTM(2, return_sequences=True), layers.GRU(2)])
    short = model(tokens[:1, :2])
    np.testing.assert_allclose(model(tokens)[0], short[0], 1e-5, 1e-6)
    np.testing.assert_allclose(model.predict(tokens, verbose=0)[0], short[0], 1e-5, 1e-6)


def test_output_of_a_users_cell_before_the_first_step_is_zero():
    mask = np.array([[False, True, False]])
    x = np.ones((1, 3, 2), "float32")
    for unroll in (False, True):
        layer = layers.RNN(Doubled(), return_sequences=True, unroll=unroll)
        found = layer(x, initial_state=[ops.ones((1, 2))], mask=mask)
        np.testing.assert_array_equal(found[0], [[0, 0, 0, 0], [2, 2, 2, 2], [2, 2, 2, 2]])


# -- cells of users


class Doubled:
    """Its output, of twice the size, is not its state."""

    state_size, output_size = 2, 4

    def call(self, x, states):
        total = states[0] + x
        return ops.concatenate([total, total], -1), [total]


@ckeras.saving.register_keras_serializable("tests")
class Decay(layers.Layer):
    """A cell that is a layer, with a weight, an argument ``training`` and states of two sizes."""

    state_size, output_size = (3, 1), 3
    calls = 0

    def build(self, shape):
        self.rate = self.add_weight((), "ones", name="rate")

    def get_initial_state(self, batch_size):
        return [ops.ones((batch_size, 3)), ops.zeros((batch_size, 1))]

    def call(self, x, states, training=False):
        type(self).calls += 1
        h, n = states
        h = h * self.rate / 2 + (x if training else 0 * x)
        return h, (h, n + 1)


def test_cells_of_users():
    np.testing.assert_allclose(layers.RNN(Doubled())(X[..., :2]), np.tile(X[..., :2].sum(1), 2), 1e-5, 1e-6)
    layer = layers.RNN(Decay(), return_state=True)
    y, h, n = layer(X)
    np.testing.assert_allclose(y, np.full((4, 3), 2.0**-6))
    np.testing.assert_array_equal(n, np.full((4, 1), 6))
    assert not np.allclose(layer(X, training=True)[0], y) and h.shape == (4, 3)
    twin = layers.deserialize(layers.serialize(layer))
    twin(X)
    assert [w.path.split("/")[-1] for w in twin.weights] == ["rate"]
    assert layer(ckeras.Input((None, 3)))[1].shape == (None, 3)


def test_a_stack_of_cells_of_users():
    layer = layers.RNN([Decay(), Doubled2(), layers.GRUCell(2)], return_state=True)
    y, *states = layer(X)
    assert y.shape == (4, 2) and [len(ckeras.tree.flatten(s)) for s in states] == [2, 1, 1]
    symbolic = layer(ckeras.Input((6, 3)))
    assert ckeras.tree.map_structure(lambda t: t.shape[1:], symbolic) == ckeras.tree.map_structure(
        lambda t: tuple(t.shape[1:]), (y, *states)
    )


class Doubled2(Doubled):
    state_size, output_size = 3, 6


# -- compiled


@KINDS
@pytest.mark.parametrize("options", [{}, {"dropout": 0.5, "recurrent_dropout": 0.5}, {"go_backwards": True}])
def test_plans_hold_no_python(kind, options):
    """Nor do they grow with the number of steps; forward and backward, with a mask."""
    layer = getattr(layers, kind)(5, **options)
    layer(X)

    def gradients(x, mask):
        with ckeras.GradientTape() as tape:
            loss = ops.sum(layer(x, mask=mask, training=True))
        return tape.gradient(loss, layer.trainable_variables)

    sizes = []
    for steps in (6, 60):
        plan = plan_of(gradients, np.zeros((4, steps, 3), "float32"), np.ones((4, steps), bool))
        assert python_labels(plan) == set()
        sizes.append(len(plan.instructions))
    assert sizes[0] == sizes[1]


@KINDS
def test_training_compiles_to_loops(kind):
    """Without falling back to eager execution, which would warn."""
    model = Sequential(
        [layers.Input((None, 3)), getattr(layers, kind)(5, return_sequences=True), layers.LSTM(4), layers.Dense(1)]
    )
    model.compile("adam", "mse")
    losses = [model.train_on_batch(X, np.ones((4, 1))) for _ in range(40)]
    assert losses[-1] < losses[0]
    x = np.zeros((4, 9, 3), "float32")
    np.testing.assert_allclose(ckeras.function(lambda x: model(x))(x), model(x), 1e-5, 1e-6)


def test_the_body_is_traced_once():
    layer = layers.RNN(Decay())
    layer(X)
    calls = []
    for steps in (3, 30):
        Decay.calls = 0
        ckeras.function(lambda x: layer(x, training=True))(np.zeros((4, steps, 3), "float32"))
        calls.append(Decay.calls)
    assert calls[0] == calls[1] <= 2


def test_encoder_and_decoder():
    """States pass from layer to layer in a functional model, with sequences of unknown lengths."""
    source, target = layers.Input((None, 3)), layers.Input((None, 2))
    _, h, c = layers.LSTM(4, return_state=True)(source)
    y = layers.LSTM(4, return_sequences=True)(target, initial_state=[h, c])
    model = Model([source, target], layers.TimeDistributed(layers.Dense(2))(y))
    model.compile("adam", "mse")
    for n, m in ((5, 3), (2, 7)):
        x = [np.ones((4, n, 3), "float32"), np.ones((4, m, 2), "float32")]
        assert np.isfinite(model.train_on_batch(x, np.zeros((4, m, 2))))
        assert model.predict(x, verbose=0).shape == (4, m, 2)
    twin = Model.from_config(model.get_config())
    twin.set_weights(model.get_weights())
    np.testing.assert_allclose(twin(x), model(x), 1e-6)


def test_time_distributed_trains_a_state_in_each_step():
    layer = layers.TimeDistributed(layers.BatchNormalization(momentum=0.5))
    layer(X)
    expected = np.zeros(3)
    for t in range(6):
        expected = 0.5 * expected + 0.5 * X[:, t].mean(0)
    layer(X, training=True)
    np.testing.assert_allclose(layer.layer.moving_mean, expected, 1e-5, 1e-6)


@pytest.mark.parametrize("unroll", [False, True])
def test_losses_of_inner_layers_are_summed_over_the_steps(unroll):
    dense = layers.Dense(2, activity_regularizer="l2")
    cell = layers.SimpleRNNCell(2, activity_regularizer="l2")
    one, stack = (layers.RNN(c, return_sequences=True, unroll=unroll) for c in (cell, [cell]))
    for layer in (layers.TimeDistributed(dense), one, stack):
        y = np.asarray(layer(X))
        expected = 0.01 * np.square(y).sum() / len(X)
        if layer in (one, stack):
            expected *= 2  # the cell's states are outputs of its call as well
        np.testing.assert_allclose(sum(map(float, layer.losses)), expected, 1e-5)
        model = Sequential([layers.Input(X.shape[1:]), layer])
        model.compile("sgd", "mse")
        np.testing.assert_allclose(model.evaluate(X, y, verbose=0), expected, 1e-5)
        assert model.train_on_batch(X, y) == pytest.approx(expected, rel=1e-5)


def test_initial_weights_of_bidirectional():
    values = [RNG.standard_normal(s) for s in [(3, 2), (2, 2), (2,)] * 2]
    layer = layers.Bidirectional(layers.SimpleRNN(2), weights=values)
    layer(X)
    for a, b in zip(layer.get_weights(), values, strict=True):
        np.testing.assert_allclose(a, b, 1e-6)


# -- what is refused


@KINDS
@pytest.mark.parametrize(
    ("options", "args", "call", "message"),
    [
        ({}, np.zeros((4, 0, 3)), {}, "at least one step"),
        ({}, np.zeros((4, 3)), {}, "expected 3 axes"),
        ({}, X, {"mask": np.ones((4, 5), bool)}, r"expects mask to have shape \(4, 6\), got \(4, 5\)"),
        ({}, X, {"mask": np.ones(6, bool)}, r"expects mask to have shape \(4, 6\)"),
        ({}, X, {"initial_state": [np.ones((4, 3))] * 2}, "expects initial_state"),
        ({}, X, {"initial_state": [np.ones((3, 2))]}, "expects initial_state"),
        ({}, X, {"initial_state": [None, None]}, "expects initial_state"),
        ({"units": 0}, X, {}, "units"),
        ({"dropout": 1.5}, X, {}, "dropout"),
        ({"stateful": True}, ckeras.Input((6, 3)), {}, "needs to know the batch size"),
        ({"unroll": True}, ckeras.Input((None, 3)), {}, "needs to know the number of steps"),
    ],
)  # fmt: skip
def test_refused(kind, options, args, call, message):
    with pytest.raises(ValueError, match=message):
        getattr(layers, kind)(**{"units": 2, **options})(args, **call)


@KINDS
def test_refused_after_the_build(kind):
    layer = getattr(layers, kind)(2, stateful=True)
    layer(X)
    before = states_of(layer)
    for x in (X[:3], X[..., :2]):
        with pytest.raises(ValueError, match=r"is stateful with batch size 4|expected axis -1"):
            layer(x)
    for a, b in zip(states_of(layer), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_refused_cells_and_wrappers():
    class NoCall:
        state_size = 2

    for cell, message in ((NoCall(), "method call"), (layers.Dense(2), "state_size"), ([], "at least one cell")):
        with pytest.raises(ValueError, match=message):
            layers.RNN(cell)
    for options, message in (
        ({"layer": layers.Dense(2)}, "recurrent layer"),
        ({"layer": layers.GRU(2), "merge_mode": "max"}, "merge_mode"),
        ({"layer": layers.GRU(2), "backward_layer": layers.GRU(2)}, "go_backwards"),
        ({"layer": layers.GRU(2), "backward_layer": layers.GRU(2, go_backwards=True, stateful=True)}, "same stateful"),
    ):
        with pytest.raises(ValueError, match=message):
            layers.Bidirectional(**options)
    with pytest.raises(ValueError, match="3 axes or more"):
        layers.TimeDistributed(layers.Dense(2))(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"expects mask to have shape \(4, 6\)"):
        layers.TimeDistributed(layers.Dense(2))(X, mask=np.ones((4, 5), bool))
    with pytest.raises(ValueError, match="use_cudnn"):
        layers.LSTM(2, use_cudnn=True)


class Wrong:
    state_size = 3

    def call(self, x, states):
        return x, [x, x]


def test_a_cell_that_returns_other_states():
    with pytest.raises(ValueError, match="to return 1 states, got 2"):
        layers.RNN(Wrong())(X)


def test_layers_that_a_cell_builds_in_its_call_exist_before_the_first_step():
    class Normalized(layers.Layer):
        state_size = output_size = 3

        def __init__(self):
            super().__init__()
            self.inner, self.norm = layers.SimpleRNNCell(3, activation=None), layers.LayerNormalization()

        def call(self, x, states):
            y, _ = self.inner(x, states)
            y = ops.tanh(self.norm(y))
            return y, [y]

    model = Sequential([ckeras.Input((5, 2)), layers.RNN(Normalized()), layers.Dense(1)])
    assert len(model.trainable_variables) == 7
    model.compile("adam", "mse")
    before = [v.numpy() for v in model.trainable_variables]
    model.fit(np.random.default_rng(0).random((4, 5, 2)), np.ones((4, 1)), verbose=0)
    assert all(not np.array_equal(a, v.numpy()) for a, v in zip(before, model.trainable_variables, strict=True))
