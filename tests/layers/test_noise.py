"""Layers with random noise: its distribution, its shape, its seed; and that it is there only while training."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

ONES = np.ones((60, 40, 6), "float32")
NOISY = [
    lambda seed: layers.Dropout(0.25, seed=seed),
    lambda seed: layers.GaussianNoise(0.5, seed=seed),
    lambda seed: layers.GaussianDropout(0.25, seed=seed),
    lambda seed: layers.AlphaDropout(0.25, seed=seed),
    lambda seed: layers.SpatialDropout1D(0.25, seed=seed),
]
EACH = pytest.mark.parametrize("make", NOISY)


@EACH
def test_only_while_training_and_repeated_by_a_seed(make):
    layer = make(3)
    assert np.array_equal(layer(ONES), ONES)
    first = layer(ONES, training=True).numpy()
    assert not np.array_equal(first, ONES)
    assert not np.array_equal(layer(ONES, training=True), first)
    assert np.array_equal(make(3)(ONES, training=True), first)
    assert not layer.weights and len(layer.non_trainable_variables) == 1


@EACH
def test_symbolic_while_training(make):
    assert make(0)(ckeras.Input((40, 6)), training=True).shape == (None, 40, 6)
    model = ckeras.Sequential([ckeras.Input((40, 6)), make(0), layers.Dense(6)])
    model.compile("sgd", "mse")
    assert np.isfinite(model.train_on_batch(ONES, ONES))
    np.testing.assert_allclose(model.predict(ONES, verbose=0), model.layers[-1](ONES), 1e-5)


@EACH
def test_masks_pass(make):
    x = layers.Masking()(ONES)
    assert make(0)(x, training=True)._keras_mask is x._keras_mask


def test_distributions():
    noise = layers.GaussianNoise(0.5, seed=1)(ONES, training=True).numpy() - 1
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 0.5) < 0.02
    noise = layers.GaussianDropout(0.2, seed=1)(3 * ONES, training=True).numpy()
    assert abs(noise.mean() - 3) < 0.05 and abs(noise.std() - 1.5) < 0.05
    x = np.random.default_rng(0).standard_normal(ONES.shape).astype("float32")
    y = layers.AlphaDropout(0.2, seed=1)(x, training=True).numpy()
    assert abs(y.mean()) < 0.03 and abs(y.std() - 1) < 0.03
    saturation = -1.7580993408473766
    scale = (0.8 * (1 + 0.2 * saturation**2)) ** -0.5
    dropped = np.isclose(y, scale * saturation * 0.8, 1e-5, 0)
    assert abs(dropped.mean() - 0.2) < 0.02
    np.testing.assert_allclose(y[~dropped], scale * x[~dropped] - scale * saturation * 0.2, 1e-4, 1e-5)


def test_noise_shape_of_alpha_dropout():
    y = layers.AlphaDropout(0.5, noise_shape=(None, 1, None), seed=1)(ONES, training=True).numpy()
    assert np.array_equal(y, np.broadcast_to(y[:, :1], y.shape)) and len(np.unique(y)) == 2


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_spatial_dropout_drops_channels(rank, data_format):
    options = {} if rank == 1 else {"data_format": data_format}
    layer = getattr(layers, f"SpatialDropout{rank}D")(0.5, seed=1, **options)
    last = data_format == "channels_last" or rank == 1
    x = np.ones((8, *(3,) * rank, 16) if last else (8, 16, *(3,) * rank), "float32")
    y = np.moveaxis(layer(x, training=True).numpy(), -1 if last else 1, 1).reshape(8, 16, -1)
    assert np.array_equal(y, np.broadcast_to(y[:, :, :1], y.shape)) and set(np.unique(y)) == {0.0, 2.0}


def test_without_noise_nothing_is_sampled():
    for layer in (layers.GaussianNoise(0.0), layers.GaussianDropout(0.0), layers.AlphaDropout(0.0)):
        assert np.array_equal(layer(ONES, training=True), ONES) and not layer.variables


def test_gradient_goes_through_the_noise():
    x = ops.convert_to_tensor(ONES[:2])
    layer = layers.AlphaDropout(0.5, seed=1)
    with ckeras.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    gradient = tape.gradient(y, x).numpy()
    kept = y.numpy() > 0
    assert (gradient[kept] > 0).all() and not gradient[~kept].any()


@EACH
def test_integers_become_floats_with_noise(make):
    x = np.ones((3, 4, 5), "int32")
    assert make(1)(x).dtype == "int32"
    y, symbolic = make(1)(x, training=True), make(1)(ckeras.Input((4, 5), dtype="int32"), training=True)
    assert y.dtype == symbolic.dtype == "float32"
