"""Dense, Activation, Dropout, Flatten and Input: what they compute, what they refuse."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

RNG = np.random.default_rng(0)
X = RNG.standard_normal((5, 4)).astype("float32")


def tanh(x):
    """A function of the user's own."""
    return ops.tanh(x)


# -- Dense


@pytest.mark.parametrize("shape", [(5, 4), (1, 4), (0, 4), (2, 3, 4), (2, 3, 5, 4)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_dense(shape, dtype, use_bias):
    layer = layers.Dense(3, "tanh", use_bias=use_bias, bias_initializer="ones", dtype=dtype)
    x = RNG.standard_normal(shape)
    got = layer(x)
    kernel, *bias = layer.get_weights()
    expected = np.tanh(x @ kernel.astype("float64") + sum(bias))
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-6)
    assert layer.compute_output_shape(shape) == got.shape == (*shape[:-1], 3)
    assert layer(ckeras.Input(shape[1:])).shape == (None, *shape[1:-1], 3)
    assert layer.count_params() == 12 + 3 * use_bias


def test_dense_activations():
    for given in ("relu", ckeras.activations.relu, lambda x: ops.maximum(x, 0.0)):
        layer = layers.Dense(3, given)
        y = layer(X).numpy()
        assert (y >= 0).all()
    assert layers.Dense(3, tanh).activation is tanh


@pytest.mark.parametrize("units", [0, -1, 1.5, "3", None, True, [3]])
def test_dense_units(units):
    with pytest.raises(ValueError, match="units to be a positive integer"):
        layers.Dense(units)


def test_dense_takes_integers_of_numpy():
    assert layers.Dense(np.int64(3)).units == 3


@pytest.mark.parametrize(
    "x, words",
    [
        (np.ones((2, 5), "float32"), r"expected axis -1 of input shape to have value 4, got shape \(2, 5\)"),
        (np.ones(4, "float32"), "expected at least 2 axes, got 1"),
        (np.float32(1), "expected at least 2 axes, got 0"),
        ("text", "expected a tensor of numbers, got 'text'"),
        (None, "expected a tensor of numbers, got None"),
    ],
)
def test_dense_inputs(x, words):
    layer = layers.Dense(2, name="mine")
    layer.build((None, 4))
    before = layer.get_weights()
    with pytest.raises(ValueError, match=f"layer 'mine': wrong input: {words}"):
        layer(x)
    assert all(map(np.array_equal, before, layer.get_weights()))


@pytest.mark.parametrize("x", [np.array([["a", "b", "c", "d"]]), np.array([[None, 1, 2, 3]])])
def test_dense_of_no_numbers(x):
    layer = layers.Dense(2)
    layer.build((None, 4))
    with pytest.raises((TypeError, ValueError), match=r"number|dtype"):
        layer(x)


def test_dense_needs_to_know_the_last_axis():
    with pytest.raises(ValueError, match="last axis"):
        layers.Dense(2)(ckeras.Input((None,)))


def test_dense_of_lists():
    assert layers.Dense(2)([[1, 2, 3], [4, 5, 6]]).shape == (2, 2)


def test_low_rank_update():
    layer = layers.Dense(3)
    layer.build((None, 4))
    with pytest.raises(ValueError, match="must be built"):
        layers.Dense(3).enable_lora(2)
    frozen = layer.get_weights()[0]
    before = layer(X).numpy()
    layer.enable_lora(2, lora_alpha=4)
    np.testing.assert_allclose(layer(X), before, rtol=1e-6)  # the second factor begins at 0
    assert [v.name for v in layer.trainable_weights] == ["bias", "lora_kernel_a", "lora_kernel_b"]
    model = ckeras.Sequential([ckeras.Input((4,)), layer])
    model.compile(ckeras.optimizers.SGD(0.05), "mse")
    model.fit(X, X[:, :3], epochs=5, verbose=0)
    a, b = layer.lora_kernel_a.numpy(), layer.lora_kernel_b.numpy()
    assert np.any(b)
    np.testing.assert_allclose(layer.kernel.numpy(), frozen + 2 * a @ b, rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="already"):
        layer.enable_lora(2)


# -- Activation


def test_activation():
    for name in ("relu", "sigmoid", "tanh", "softmax", "linear"):
        assert np.array_equal(layers.Activation(name)(X), getattr(ckeras.activations, name)(X))
    assert np.array_equal(layers.Activation(tanh)(X), np.asarray(tanh(X)))
    assert np.array_equal(layers.Activation(None)(X), X)
    assert layers.Activation("relu").compute_output_shape((None, 3)) == (None, 3)


# -- Dropout


def test_dropout_while_training_and_not():
    x = np.ones((40, 50), "float32")
    layer = layers.Dropout(0.25, seed=1)
    assert np.array_equal(layer(x), x)
    assert np.array_equal(layer(x, training=False), x)
    y = layer(x, training=True).numpy()
    assert set(np.unique(y).tolist()) == {0.0, np.float32(1 / 0.75).item()}
    assert abs((y == 0).mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 2000)
    assert not np.array_equal(layer(x, training=True), y)
    assert len(layer.weights) == 0 and len(layer.variables) == 1


def test_dropout_noise_shape():
    y = layers.Dropout(0.5, noise_shape=(None, 1))(np.ones((40, 50), "float32"), training=True).numpy()
    rows = y.max(1)
    assert np.array_equal(y, np.broadcast_to(rows[:, None], y.shape))
    assert set(rows.tolist()) == {0.0, 2.0}


def test_dropout_at_its_ends():
    x = np.ones((4, 5), "float32")
    assert np.array_equal(layers.Dropout(0)(x, training=True), x)
    assert np.array_equal(layers.Dropout(1.0)(x, training=True), 0 * x)
    assert len(layers.Dropout(0).variables) == 0


@pytest.mark.parametrize("rate", [-0.1, 1.1, "a", None, float("nan"), True, [0.5]])
def test_dropout_rate(rate):
    with pytest.raises(ValueError, match=r"rate to be a number in \[0, 1\]"):
        layers.Dropout(rate)


@pytest.mark.parametrize("shape", [3, (0, 1), (-1,), "ab", (1.5,)])
def test_dropout_noise_shape_that_is_none(shape):
    with pytest.raises(ValueError, match="noise_shape"):
        layers.Dropout(0.5, noise_shape=shape)


@pytest.mark.parametrize("seed", ["a", 1.5, -1])
def test_dropout_seed(seed):
    with pytest.raises(ValueError, match="seed"):
        layers.Dropout(0.5, seed=seed)


def test_dropout_gradient_goes_through_the_mask():
    x = ops.convert_to_tensor(np.ones((4, 50), "float32"))
    layer = layers.Dropout(0.5)
    with ckeras.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    assert np.array_equal(tape.gradient(y, x), y)


# -- Flatten


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3), (2,), (0, 3, 2), (2, 0, 3), (1, 2, 3, 4, 5)])
def test_flatten(shape):
    x = RNG.standard_normal(shape).astype("float32")
    got = layers.Flatten()(x)
    assert got.shape == layers.Flatten().compute_output_shape(shape) == (shape[0], int(np.prod(shape[1:])))
    assert np.array_equal(np.asarray(got).ravel(), x.ravel())


def test_flatten_channels_first():
    x = np.arange(24.0, dtype="float32").reshape(2, 3, 2, 2)
    assert np.array_equal(layers.Flatten("channels_first")(x), np.moveaxis(x, 1, -1).reshape(2, -1))


def test_flatten_of_unknown_sizes():
    assert layers.Flatten()(ckeras.Input((3, 4))).shape == (None, 12)
    assert layers.Flatten()(ckeras.Input((3, None))).shape == (None, None)
    assert layers.Flatten().compute_output_shape((None, None, 4)) == (None, None)


def test_flatten_errors():
    with pytest.raises(ValueError, match="data_format"):
        layers.Flatten("x")
    with pytest.raises(ValueError, match="at least 1 axes"):
        layers.Flatten()(np.float32(3))


# -- Input


def test_input():
    x = ckeras.Input((3, None), batch_size=2, dtype="int32", name="mine")
    assert (x.shape, x.dtype, x.name) == ((2, 3, None), "int32", "mine")
    assert ckeras.Input(()).shape == (None,)
    assert ckeras.Input([3]).shape == (None, 3)
    assert ckeras.Input(batch_shape=(2, 3)).shape == (2, 3)
    assert layers.InputLayer(batch_input_shape=(2, 3)).batch_shape == (2, 3)
    assert layers.InputLayer(input_shape=(3,)).batch_shape == (None, 3)


@pytest.mark.parametrize(
    "options", [{}, {"shape": (3,), "batch_shape": (1, 3)}, {"shape": (-1,)}, {"shape": ("a",)}, {"shape": (1.5,)}]
)
def test_input_errors(options):
    with pytest.raises(ValueError, match="InputLayer"):
        ckeras.Input(**options)


@pytest.mark.parametrize("option", ["sparse", "ragged"])
def test_inputs_are_dense(option):
    with pytest.raises(ValueError, match=option):
        ckeras.Input((3,), **{option: True})
