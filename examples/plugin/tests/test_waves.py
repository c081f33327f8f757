"""The parts compute what they say, and ckeras finds them by name."""

import numpy as np
import pytest

import ckeras as keras
from ckeras import ops


@pytest.mark.parametrize("frequency", [0.5, 1.0, 3.0])
def test_snake(frequency):
    x = np.linspace(-3, 3, 7)
    snake = keras.registry.activations.resolve("snake")
    expected = x + np.sin(frequency * x) ** 2 / frequency
    np.testing.assert_allclose(snake(x, frequency), expected, rtol=1e-12)


def test_charbonnier():
    loss = keras.losses.deserialize({"class_name": "charbonnier", "config": {"width": 0.5}})
    y = np.array([[0.0, 1.0], [3.0, -1.0]])
    expected = np.mean(np.sqrt(y**2 + 0.25) - 0.5)
    np.testing.assert_allclose(float(loss(y, np.zeros_like(y))), expected, rtol=1e-6)


def test_qhm():
    optimizer = keras.optimizers.get(
        {"class_name": "qhm", "config": {"learning_rate": 0.1, "momentum": 0.9, "nu": 0.5}}
    )
    w, m = 1.0, 0.0
    variable = keras.Variable(np.array([w]))
    for gradient in (2.0, -1.0, 0.5):
        optimizer.apply([np.array([gradient])], [variable])
        m = 0.9 * m + 0.1 * gradient
        w -= 0.1 * (0.5 * gradient + 0.5 * m)
    np.testing.assert_allclose(variable.numpy(), [w], rtol=1e-6)


def test_siren_uniform():
    values = ops.convert_to_numpy(keras.initializers.get("siren_uniform")((24, 1000)))
    assert 0.49 < np.abs(values).max() <= 0.5
    assert abs(values.mean()) < 0.01


def test_fourier_features():
    layer = keras.layers.deserialize({"class_name": "fourier_features", "config": {"units": 4, "seed": 0}})
    x = np.random.default_rng(0).random((3, 2), "float32")
    result = ops.convert_to_numpy(layer(x))
    angles = 2 * np.pi * x @ layer.directions.numpy()
    np.testing.assert_allclose(result, np.concatenate([np.cos(angles), np.sin(angles)], -1), atol=1e-5)
    assert layer.trainable_weights == []
    assert layer.compute_output_shape((None, 2)) == (None, 8)


@pytest.mark.parametrize(
    ("table", "name", "config"),
    [
        ("layers", "fourier_features", {"units": 0}),
        ("losses", "charbonnier", {"width": 0.0}),
        ("optimizers", "qhm", {"nu": 1.5}),
        ("initializers", "siren_uniform", {"frequency": -1.0}),
    ],
)
def test_what_is_out_of_range_is_refused(table, name, config):
    with pytest.raises(ValueError, match=next(iter(config))):
        getattr(keras.registry, table).resolve(name)(**config)


def test_a_model_learns_a_wave_and_comes_back_from_its_config():
    keras.utils.set_random_seed(1)
    features = keras.registry.layers.resolve("fourier_features")
    x = np.linspace(-1, 1, 256, dtype="float32")[:, None]
    y = np.sin(9 * x)
    model = keras.Sequential([
        keras.Input((1,)),
        features(16, seed=1),
        keras.layers.Dense(32, activation="snake", kernel_initializer="siren_uniform"),
        keras.layers.Dense(1),
    ])  # fmt: skip
    model.compile(optimizer="qhm", loss="charbonnier", metrics=["mean_absolute_error"])
    history = model.fit(x, y, epochs=60, batch_size=32, verbose=0).history
    assert history["loss"][-1] < 0.1 * history["loss"][0]
    twin = keras.Sequential.from_config(model.get_config())
    twin.set_weights(model.get_weights())
    np.testing.assert_array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))
