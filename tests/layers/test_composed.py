"""Layers that hold layers or functions: Lambda, Wrapper, Pipeline, and the merging functions."""

import json

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

X = np.random.default_rng(0).standard_normal((2, 3, 4)).astype("float32")


def test_lambda_receives_what_it_has_parameters_for():
    def scaled(x, factor, mask=None, training=False):
        return x * factor * (10 if training else 1) * (1 if mask is None else 100)

    layer = layers.Lambda(scaled, arguments={"factor": 2.0}, mask=lambda x, mask: mask)
    np.testing.assert_allclose(layer(X), 2 * X)
    np.testing.assert_allclose(layer(X, training=True), 20 * X)
    masked = layers.Masking()(X)
    assert np.array_equal(layer(masked)._keras_mask, masked._keras_mask)
    np.testing.assert_allclose(layer(masked), 200 * X, 1e-6)


def test_shape_of_a_lambda():
    assert layers.Lambda(lambda x: ops.mean(x, 1))(ckeras.Input((3, 4))).shape == (None, 4)
    assert layers.Lambda(lambda x: ops.mean(x, 1)).compute_output_shape((None, 3, 4)) == (None, 4)
    assert layers.Lambda(lambda x: x, output_shape=(7,))(ckeras.Input((4,))).shape == (None, 7)
    assert layers.Lambda(lambda x: x, output_shape=lambda s: (*s, 2)).compute_output_shape((None, 4)) == (None, 4, 2)
    both = layers.Lambda(lambda x: [x, x], output_shape=[(4,), (4,)])(ckeras.Input((4,)))
    assert [y.shape for y in both] == [(None, 4), (None, 4)]


@pytest.mark.filterwarnings("ignore:A lambda is saved")
def test_a_lambda_is_refused_in_safe_mode():
    factor = 3.0
    layer = layers.Lambda(lambda x, plus=1.0: factor * x + plus, name="mine")
    config = json.loads(json.dumps(layers.serialize(layer)))
    for read in (
        lambda: layers.deserialize(config),
        lambda: layers.Lambda.from_config(config["config"]),
        lambda: ckeras.saving.deserialize_keras_object(config),
    ):
        with pytest.raises(ValueError, match="holds a lambda, byte code"):
            read()
    for twin in (
        ckeras.saving.deserialize_keras_object(config, safe_mode=False),
        layers.Lambda.from_config(config["config"], safe_mode=False),
    ):
        np.testing.assert_allclose(twin(X), 3 * X + 1, 1e-6)


def test_a_named_function_is_found_in_custom_objects():
    def doubled(x):
        return 2 * x

    config = layers.serialize(layers.Lambda(doubled))
    assert config["config"]["function"]["config"] == "doubled"
    twin = layers.deserialize(config, {"doubled": doubled})
    assert twin.function is doubled
    with pytest.raises(TypeError, match="Cannot find the function 'doubled'"):
        layers.deserialize(config)


class Twice(layers.Wrapper):
    def call(self, inputs):
        return self.layer(self.layer(inputs))


def test_wrapper():
    layer = Twice(layers.Dense(4, name="inner"), name="outer")
    y = layer(X)
    assert [v.path for v in layer.weights] == ["outer/inner/kernel", "outer/inner/bias"]
    kernel = layer.layer.kernel.numpy()
    np.testing.assert_allclose(y, X @ kernel @ kernel, 1e-5, 1e-6)
    config = layers.serialize(layer)
    assert config["config"]["layer"]["class_name"] == "Dense"
    twin = layers.deserialize(config, {"Twice": Twice})
    assert twin.built and twin.layer.units == 4
    twin.set_weights(layer.get_weights())
    np.testing.assert_array_equal(twin(X), y)
    with pytest.raises(NotImplementedError, match="Wrapper has no call"):
        layers.Wrapper(layers.Dense(2))(X)


def test_wrapper_of_a_built_layer():
    inner = layers.Dense(4)
    inner.build((None, 4))
    kernel = inner.kernel
    assert Twice(inner)(X).shape == X.shape and inner.kernel is kernel


def test_pipeline():
    layer = layers.Pipeline([layers.Masking(), layers.Dense(5), layers.Dropout(0.5)])
    assert layer(X, training=False)._keras_mask.shape == (2, 3)
    y = layer(X).numpy()  # by default its layers are those of training
    assert ((y == 0).sum() > 0) and layer(ckeras.Input((3, 4))).shape == (None, 3, 5)
    assert len(layer.weights) == 2 and [type(x).__name__ for x in layer.layers] == ["Masking", "Dense", "Dropout"]
    twin = layers.deserialize(json.loads(json.dumps(layers.serialize(layer))))
    twin(X)
    twin.set_weights(layer.get_weights())
    np.testing.assert_allclose(twin(X, training=False), layer(X, training=False))


def test_a_mask_given_to_a_pipeline():
    layer = layers.Pipeline([layers.Softmax()])
    mask = np.array([True, False, True, True]) & np.ones(X.shape, bool)
    np.testing.assert_allclose(layer(X, mask=mask), layers.Softmax()(X, mask=mask))


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "average", "maximum", "minimum"])
def test_merging_functions(name):
    expected = getattr(layers, name.capitalize())()([X, 2 * X])
    np.testing.assert_array_equal(getattr(layers, name)([X, 2 * X]), expected)
    y = getattr(layers, name)([ckeras.Input((3, 4)), ckeras.Input((3, 4))], name="merged")
    assert y.shape == (None, 3, 4) and y._keras_history.operation.name == "merged"


def test_functions_with_axes():
    assert layers.concatenate([X, X], axis=1).shape == (2, 6, 4)
    assert layers.concatenate([X, X]).shape == (2, 3, 8)
    np.testing.assert_allclose(layers.dot([X, X], axes=1), np.einsum("abc,abd->acd", X, X), 1e-5, 1e-6)
    assert layers.dot([X[:, 0], X[:, 0]]).shape == (2, 1)


def test_thresholded_relu():
    x = np.array([-2.0, 0.5, 1.0, 3.0], "float32")
    layer = layers.ThresholdedReLU(theta=1.0)
    assert layer(x).tolist() == [0.0, 0.0, 0.0, 3.0]
    assert layers.deserialize(layers.serialize(layer)).theta == 1.0


def test_older_names_of_options():
    assert layers.LeakyReLU(alpha=0.2).negative_slope == 0.2
    assert layers.ReLU(alpha=0.2).negative_slope == 0.2
