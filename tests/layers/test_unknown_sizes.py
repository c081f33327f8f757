"""Layers whose `call` uses sizes that are unknown while a model is built."""

import numpy as np
import pytest

import ckeras
from ckeras import KerasTensor, layers, ops, random

X = np.arange(6, dtype="float32").reshape(2, 3)


class Sampling(layers.Layer):
    """Samples from a normal distribution, as the middle of a variational autoencoder does."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seeds = random.SeedGenerator(7)

    def call(self, inputs):
        mean, log_variance = inputs
        noise = random.normal(shape=ops.shape(mean), seed=self.seeds)
        return mean + ops.exp(0.5 * log_variance) * noise


def autoencoder():
    x = layers.Input((6,))
    hidden = layers.Dense(8, activation="relu")(x)
    z = Sampling(name="z")([layers.Dense(2)(hidden), layers.Dense(2)(hidden)])
    return ckeras.Model(x, layers.Dense(6)(z))


def test_a_variational_autoencoder_trains_on_batches_of_any_size():
    ckeras.utils.set_random_seed(3)
    model = autoencoder()
    assert model.get_layer("z").output.shape == (None, 2) and model.output_shape == (None, 6)
    x = np.random.default_rng(0).normal(size=(70, 6)).astype("float32")
    model.compile("adam", "mse")
    losses = model.fit(x, x, batch_size=32, epochs=12, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert [model.predict(x[:n], verbose=0).shape for n in (1, 5, 70)] == [(1, 6), (5, 6), (70, 6)]
    assert model(x[:3]).shape == (3, 6)


def test_samples_differ_from_call_to_call_and_follow_the_seed():
    zeros = [np.zeros((4, 2), "float32")] * 2
    first, again = Sampling(), Sampling()
    symbols = [KerasTensor((None, 2))] * 2
    assert again(symbols).shape == (None, 2)  # takes no random numbers
    samples = [layer(zeros).tolist() for layer in (first, first, again, again)]
    assert samples[0] != samples[1] and samples[:2] == samples[2:]


class Computed(layers.Layer):
    """A function of the input and the shape that `ops.shape` gives for it."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, x):
        return self.function(x, ops.shape(x))


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (lambda x, s: random.normal(s), (None, 3)),
        (lambda x, s: random.uniform((s[0], 2)), (None, 2)),
        (lambda x, s: random.randint(s, 0, 5), (None, 3)),
        (lambda x, s: random.truncated_normal(s), (None, 3)),
        (lambda x, s: random.gamma(s, 2.0), (None, 3)),
        (lambda x, s: random.binomial(s, 5, 0.5), (None, 3)),
        (lambda x, s: random.beta(s, 1.0, 2.0), (None, 3)),
        (lambda x, s: random.dropout(x, 0.5, noise_shape=(s[0], 1)), (None, 3)),
        (lambda x, s: random.categorical(x, 4), (None, 4)),
        (lambda x, s: ops.zeros(s), (None, 3)),
        (lambda x, s: ops.ones(s) * x, (None, 3)),
        (lambda x, s: ops.full((s[0], 2), 2.0), (None, 2)),
        (lambda x, s: ops.empty(s), (None, 3)),
        (lambda x, s: ops.reshape(x, (s[0], 1, 3)), (None, 1, 3)),
        (lambda x, s: ops.reshape(x, (s[0], -1)), (None, 3)),
        (lambda x, s: ops.broadcast_to(ops.ones((3,)), s), (None, 3)),
        (lambda x, s: ops.broadcast_to(x, (s[0], 3)), (None, 3)),
        (lambda x, s: ops.arange(s[0]), (None,)),
        (lambda x, s: ops.linspace(0, 1, s[0]), (None,)),
        (lambda x, s: ops.eye(s[0]), (None, None)),
        (lambda x, s: ops.one_hot(ops.cast(x, "int32"), s[0]), (None, 3, None)),
        (lambda x, s: ops.scatter(np.array([[0, 1]]), np.array([1.0]), s), (None, 3)),
        (lambda x, s: ops.slice_update(x, (0, 0), ops.zeros((s[0], 2))), (None, 3)),
        (lambda x, s: ops.concatenate([x, ops.tile(ops.array([[1.0]]), (s[0], 1))], axis=1), (None, 4)),
    ],
)
def test_shapes_are_inferred_as_keras_infers_them(function, shape):
    x = layers.Input((3,))
    y = Computed(function)(x)
    assert y.shape == shape
    known = tuple(2 if d is None else d for d in shape)
    model = ckeras.Model(x, y)
    assert model.predict(X, verbose=0).shape == model(X).shape == known
    assert ckeras.function(lambda v: model(v))(X).shape == known


def test_sizes_computed_from_an_unknown_one():
    x = layers.Input((3,))
    y = Computed(lambda v, s: ops.reshape(v, (s[0] * 3,)))(x)
    assert y.shape == (None,)
    assert ckeras.Model(x, y)(X).tolist() == X.reshape(-1).tolist()


def test_nested_layers_and_sequences_of_any_length():
    class Positions(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Computed(lambda x, s: x + ops.reshape(ops.arange(s[1], dtype="float32"), (1, s[1], 1)))

        def call(self, x):
            return self.inner(x)

    x = layers.Input((None, 2))
    y = Positions()(x)
    assert y.shape == (None, None, 2)
    model = ckeras.Model(x, y)
    for length in (1, 4):
        expected = np.broadcast_to(np.arange(length)[:, None], (3, length, 2))
        assert np.array_equal(model(np.zeros((3, length, 2), "float32")), expected)


def test_layers_inside_are_built_for_the_features_they_get():
    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(4)

        def call(self, x):
            return self.dense(ops.reshape(x, (ops.shape(x)[0], -1)) + random.normal((ops.shape(x)[0], 6)))

    block = Block()
    assert block(KerasTensor((None, 2, 3))).shape == (None, 4)
    assert block.dense.kernel.shape == (6, 4)


def test_an_error_that_no_size_would_avoid_is_reported_once_and_as_it_is():
    class Failing(layers.Layer):
        def call(self, x):
            return ops.reshape(random.normal(ops.shape(x)), (7, 11, 13))

    with pytest.raises(ValueError, match="normal expects a shape of integers"):
        Failing()(KerasTensor((None, 3)))
    with pytest.raises(ValueError, match=r"got \(None, 3\): the call\(\) of a layer knows"):
        random.normal(ops.shape(layers.Input((3,))))
    with pytest.raises(ValueError, match=r"sizes of the axes that shape \(3,\) does not have, got \(None, 3\)"):
        ops.broadcast_to(ops.ones(3), (None, 3))


def test_a_call_that_works_with_unknown_sizes_runs_once():
    shapes = []
    layer = Computed(lambda x, s: shapes.append(s) or x * 2)
    assert layer(KerasTensor((None, 3))).shape == (None, 3)
    assert shapes == [(None, 3)]


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda x, n: ops.arange(0, n, 1), (None,)),
        (lambda x, n: ops.arange(1, n), (None,)),
        (lambda x, n: ops.eye(3, n), (3, None)),
        (lambda x, n: ops.tri(3, n), (3, None)),
        (lambda x, n: x + ops.arange(4)[:, None, None] * ops.eye(1), (4, None, None)),
    ],
)
def test_an_unknown_size_is_no_default(call, shape):
    class Own(layers.Layer):
        def call(self, x):
            return call(x, ops.shape(x)[1])

    assert Own()(ckeras.Input((None,))).shape == shape
    assert ckeras.Sequential([ckeras.Input((5,)), Own()]).output_shape[-1] == Own()(np.ones((2, 5))).shape[-1]
