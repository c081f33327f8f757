"""Layers that normalize: state over several steps, training of models, adapting to data."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

RNG = np.random.default_rng(0)
X = (3 + 2 * RNG.standard_normal((64, 5))).astype("float32")


def test_batch_normalization_in_a_model():
    model = ckeras.Sequential([ckeras.Input((5,)), layers.BatchNormalization(momentum=0.5), layers.Dense(1)])
    model.compile(ckeras.optimizers.SGD(0.01), "mse")
    model.fit(X, X[:, :1], batch_size=16, epochs=5, shuffle=False, verbose=0)
    mean, variance = np.zeros(5), np.ones(5)
    for _ in range(5):
        for batch in X.reshape(4, 16, 5).astype("float64"):
            mean, variance = 0.5 * mean + 0.5 * batch.mean(0), 0.5 * variance + 0.5 * batch.var(0)
    layer = model.layers[0]
    np.testing.assert_allclose(layer.moving_mean, mean, 1e-5)
    np.testing.assert_allclose(layer.moving_variance, variance, 1e-5)
    gamma, beta, *_ = layer.get_weights()
    dense = model.layers[1]
    expected = ((X - mean) / np.sqrt(variance + 1e-3) * gamma + beta) @ dense.kernel.numpy() + dense.bias.numpy()
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, 1e-3, 1e-4)


def test_a_frozen_batch_normalization_does_not_move():
    layer = layers.BatchNormalization()
    model = ckeras.Sequential([ckeras.Input((5,)), layer, layers.Dense(1)])
    layer.trainable = False
    model.compile("sgd", "mse")
    before = layer.get_weights()
    model.fit(X, X[:, :1], verbose=0)
    assert all(map(np.array_equal, before, layer.get_weights()))
    layer.trainable = True
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)
    assert not np.array_equal(before[2], layer.get_weights()[2])


def test_an_empty_batch_does_not_move_the_averages():
    layer = layers.BatchNormalization()
    assert layer(X[:0], training=True).shape == (0, 5)
    assert np.array_equal(layer.moving_mean, np.zeros(5)) and np.array_equal(layer.moving_variance, np.ones(5))


def test_masks_of_padded_sequences_reach_batch_normalization():
    x = RNG.standard_normal((4, 6, 3)).astype("float32")
    x[:, 4:] = 0
    layer = layers.BatchNormalization(momentum=0.0)
    y = layer(layers.Masking()(x), training=True)
    np.testing.assert_allclose(layer.moving_mean, x[:, :4].mean((0, 1)), 1e-4, 1e-5)
    assert np.array_equal(y._keras_mask[0], [True] * 4 + [False] * 2)


@pytest.mark.parametrize("shape", [(4, 3), (6, 2, 5), (3, 3, 2, 4)])
def test_spectral_norm(shape):
    inner = layers.Dense(shape[-1]) if len(shape) == 2 else layers.EinsumDense(
        "ab,bcd->acd" if len(shape) == 3 else "ab,bcde->acde", shape[1:]
    )  # fmt: skip
    layer = layers.SpectralNormalization(inner, power_iterations=50)
    x = np.ones((2, shape[0]), "float32")
    layer(x)
    kernel, u = layer.kernel.numpy(), layer.vector_u.numpy()
    layer(x, training=False)
    assert np.array_equal(layer.kernel, kernel) and np.array_equal(layer.vector_u, u)
    layer(x, training=True)
    norm = np.linalg.svd(kernel.reshape(-1, shape[-1]), compute_uv=False)[0]
    np.testing.assert_allclose(layer.kernel, kernel / norm, 1e-3, 1e-4)
    layer.kernel.assign(0 * kernel)
    layer(x, training=True)
    assert not layer.kernel.numpy().any() and np.isfinite(layer.vector_u.numpy()).all()


def test_a_model_with_a_spectral_norm_trains():
    layer = layers.SpectralNormalization(layers.Dense(1))
    model = ckeras.Sequential([ckeras.Input((5,)), layer])
    model.compile(ckeras.optimizers.SGD(0.01), "mse")
    model.fit(X, X[:, :1], epochs=10, verbose=0)
    assert 0.5 < np.linalg.norm(layer.kernel) < 1.5  # normalized, then one step of the optimizer


@pytest.mark.parametrize("axis, kept", [(-1, (3,)), (1, (1,)), ((1, -1), (1, 3)), (None, ())])
def test_adapt(axis, kept):
    x = RNG.standard_normal((5, 4, 3, 2)).astype("float32") * 3 + 1
    layer = layers.Normalization(axis=axis)
    layer.adapt(x)
    others = tuple(i for i in range(4) if i not in kept)
    mean, variance = x.mean(others, keepdims=True), x.var(others, keepdims=True)
    np.testing.assert_allclose(layer.mean, mean, 1e-5)
    np.testing.assert_allclose(layer.variance, variance, 1e-5)
    np.testing.assert_allclose(layer(x), (x - mean) / np.sqrt(variance), 1e-4, 1e-5)
    inverse = layers.Normalization(axis=axis, mean=layer.adapt_mean, variance=layer.adapt_variance, invert=True)
    np.testing.assert_allclose(inverse(layer(x)), x, 1e-4, 1e-4)


def test_adapt_to_batches():
    whole, batches = layers.Normalization(), layers.Normalization()
    whole.adapt(X)
    batches.adapt(batch for batch in (X[:7], X[7:8], X[8:8], X[8:]))
    for a, b in zip(whole.get_weights(), batches.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, 1e-6)
    batches.adapt(X[:9])  # anew
    np.testing.assert_allclose(batches.adapt_mean, X[:9].mean(0), 1e-6)

    class Batches(ckeras.utils.PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return X[16 * index : 16 * index + 16]

    batches.adapt(Batches())
    np.testing.assert_allclose(batches.adapt_mean, X.mean(0), 1e-6)


def test_a_large_mean_does_not_spoil_the_variance():
    layer = layers.Normalization(axis=None, dtype="float64")
    layer.adapt(np.split(1e8 + np.arange(10.0), 5))
    layer = layers.Normalization(axis=None, dtype="float64")
    layer.adapt(iter(np.split(1e8 + np.arange(10.0), 5)))
    np.testing.assert_allclose(layer.adapt_variance, 8.25, 1e-9)


def test_adapt_changes_a_compiled_model():
    layer = layers.Normalization()
    layer.build((None, 5))
    model = ckeras.Sequential([ckeras.Input((5,)), layer])
    np.testing.assert_allclose(model.predict(X, verbose=0), X)
    layer.adapt(X)
    np.testing.assert_allclose(model.predict(X, verbose=0).mean(0), np.zeros(5), atol=1e-5)


@pytest.mark.parametrize(
    "layer, data, words",
    [
        (layers.Normalization(), X[:0], "adapt expects data with elements"),
        (layers.Normalization(mean=0.0, variance=1.0), X, "nothing to adapt"),
        (layers.Normalization(), 3, "an array or an iterable of batches as data, got 3"),
    ],
)
def test_adapt_errors(layer, data, words):
    with pytest.raises((TypeError, ValueError), match=words):
        layer.adapt(data)


def test_category_encoding_of_single_samples():
    assert layers.CategoryEncoding(4)([1, 1, 3]).tolist() == [0, 1, 0, 1]
    assert layers.CategoryEncoding(4, "count")([1, 1, 3]).tolist() == [0, 2, 0, 1]
    assert layers.CategoryEncoding(4, "one_hot")(np.array(2)).tolist() == [[0, 0, 1, 0]]
    assert layers.CategoryEncoding(4)(np.array(2)).tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(
    "layer", [layers.LayerNormalization(), layers.RMSNormalization(), layers.BatchNormalization(),
              layers.GroupNormalization(1), layers.UnitNormalization()],
)  # fmt: skip
def test_integers_become_floats(layer):
    x = np.array([[1, 2, 4]])
    y = layer(x)
    assert y.dtype == "float32"
    np.testing.assert_allclose(y, layer(x.astype("float32")), 1e-6)
