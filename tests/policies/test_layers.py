"""Layers under dtype policies: what they compute in, and what comes out."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import ckeras
from ckeras import Layer, Sequential, config, layers, losses, metrics, ops
from ckeras.layers import dtype_policy as base

X = np.linspace(-1, 1, 24, dtype="float32").reshape(6, 4)
Y = np.stack([X.sum(1), X[:, 0] - X[:, 1]], 1)


@pytest.fixture(autouse=True)
def _policy_of_its_own():
    base._note_mixed.cache_clear()
    yield
    config.reset()


pytestmark = pytest.mark.filterwarnings("ignore:under 'mixed")


def dense_model(**kwargs):
    ckeras.utils.set_random_seed(3)
    model = Sequential([layers.Input((4,)), layers.Dense(8, "tanh"), layers.Dropout(0.0), layers.Dense(2)])
    model.compile(loss="mse", metrics=["mae"], **kwargs)
    return model


def test_a_layer_computes_in_float32_and_gives_float16():
    seen = {}

    class Scaled(Layer):
        def build(self, input_shape):
            self.factor = self.add_weight((input_shape[-1],), "ones")

        def call(self, x):
            seen["x"], seen["product"] = x.dtype, (x * self.factor).dtype
            return x * self.factor, {"count": ops.shape(x)[0], "whole": ops.cast(x, "int32")}

    layer = Scaled(dtype="mixed_float16")
    result, others = layer(ops.cast(X, "float16"))
    assert seen == {"x": "float32", "product": "float32"}
    assert result.dtype == "float16" and others["whole"].dtype == "int32" and others["count"] == 6
    assert layer.factor.dtype == layer.dtype == layer.variable_dtype == "float32"
    assert layer.compute_dtype == layer.input_dtype == "float16"
    symbolic, others = layer(ckeras.Input((4,)))
    assert (symbolic.dtype, others["whole"].dtype) == ("float16", "int32")
    assert layer.dtype_policy == ckeras.DTypePolicy("mixed_float16")


def test_without_autocast_nothing_is_cast():
    layer = layers.Dense(2, dtype="mixed_float16", autocast=False)
    assert layer(X).dtype == "float32"


def test_integers_stay():
    assert layers.Flatten(dtype="mixed_float16")(np.ones((2, 3), "int32")).dtype == "int32"


def test_dropout_gives_the_compute_dtype_when_it_does_nothing():
    assert layers.Dropout(0.5, dtype="mixed_float16")(X).dtype == "float16"


def test_a_note_is_given_once():
    with pytest.warns(UserWarning, match="under 'mixed_float16' layers compute in float32 here"):
        layers.Dense(2, dtype="mixed_float16")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layers.Dense(2, dtype="mixed_float16")
        layers.Dense(2, dtype="float16")


def test_a_model_keeps_a_wider_last_layer():
    class Model(ckeras.Model):
        def __init__(self):
            super().__init__()
            self.inner, self.outer = layers.Dense(3), layers.Dense(2, "softmax", dtype="float32")

        def call(self, x):
            return self.outer(self.inner(x))

    config.set_dtype_policy("mixed_float16")
    model = Model()
    assert model(X).dtype == "float32"
    assert model.inner(X).dtype == "float16"


def test_changing_the_policy():
    layer = layers.Dense(2)
    assert layer(X).dtype == "float32"
    model = Sequential([layers.Input((4,)), layer])
    assert model.predict(X, verbose=0).dtype == np.float32
    layer.dtype_policy = "mixed_float16"
    assert layer(X).dtype == "float16"
    assert model.predict(X, verbose=0).dtype == np.float16
    with pytest.raises(ValueError, match="unknown dtype policy 'float33'"):
        layer.dtype_policy = "float33"
    assert layer.dtype_policy.name == "mixed_float16"


def test_config_of_a_layer():
    layer = layers.Dense(2, dtype="mixed_float16")
    assert layer.get_config()["dtype"] == {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": "mixed_float16"},
        "registered_name": None,
    }
    assert layers.Dense.from_config(layer.get_config()).dtype_policy == layer.dtype_policy
    assert layers.Dense.from_config({**layer.get_config(), "dtype": "float64"}).compute_dtype == "float64"
    model = dense_model()
    assert Sequential.from_config(model.get_config()).get_config() == model.get_config()


def test_copies_keep_the_policy():
    layer = layers.Dense(2, dtype="mixed_float16")
    layer(X)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert twin.dtype_policy == layer.dtype_policy
        assert np.array_equal(twin(X), layer(X))


def test_losses_and_metrics_are_of_the_default_float_type():
    config.set_dtype_policy("mixed_float16")
    half = ops.ones((2, 3), "float16")
    loss, metric = losses.MeanSquaredError(), metrics.MeanSquaredError()
    assert (loss.dtype, loss(half, half).dtype) == ("float32", "float32")
    assert metric(half, half).dtype == "float32"
    layer = layers.Dense(2, kernel_regularizer="l2", activity_regularizer="l2")
    layer(X)
    assert [x.dtype for x in layer.losses] == ["float32", "float32"]


def test_dense_in_float16_agrees_with_float32():
    config.set_dtype_policy("mixed_float16")
    model = dense_model(optimizer="sgd", auto_scale_loss=False)
    config.reset()
    exact = dense_model(optimizer="sgd")
    exact.set_weights(model.get_weights())
    assert model.input.dtype == "float32" and model.output.dtype == "float16"
    predicted = model.predict(X, verbose=0)
    assert predicted.dtype == np.float16 and model(X).dtype == "float16"
    np.testing.assert_allclose(predicted, exact.predict(X, verbose=0), rtol=2e-3, atol=2e-3)
    found = model.fit(X, Y, batch_size=2, epochs=4, verbose=0, shuffle=False).history
    expected = exact.fit(X, Y, batch_size=2, epochs=4, verbose=0, shuffle=False).history
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-2)
    np.testing.assert_allclose(found["mae"], expected["mae"], rtol=1e-2)
    assert {v.dtype for v in model.weights} == {"float32"}
    assert found["loss"][-1] < found["loss"][0]


def test_layers_of_float16_alone():
    layer = layers.Dense(2, dtype="float16")
    assert layer(X).dtype == layer.kernel.dtype == layer.compute_dtype == "float16"
