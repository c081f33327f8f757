"""Activations: their values, and how they are found."""

import numpy as np
import pytest

from ckeras import activations, ops

KIND = "activation/"


def test_value_is_that_of_keras(keras_case, agrees):
    assert keras_case.dtype == ("float64" if "float64" in keras_case.name else "float32")
    agrees(rtol64=3e-7 if "/tanh/" in keras_case.name else 1e-10)  # Keras takes tanh in float32


def test_tanh_in_float64():
    x = np.linspace(-20, 20, 101)
    np.testing.assert_allclose(np.asarray(activations.tanh(x)), np.tanh(x), rtol=1e-13)


@pytest.mark.parametrize("name", ["relu", "softmax", "swish", "silu", "hard_swish", "leaky_relu"])
def test_by_name(name):
    assert activations.get(name) is getattr(activations, name)


def test_none_is_linear():
    assert activations.get(None) is activations.linear


def test_unknown_name_and_type():
    with pytest.raises(ValueError, match="Unknown activation 'rellu'; the nearest names are 'relu'"):
        activations.get("rellu")
    with pytest.raises(ValueError, match="Expected an activation"):
        activations.get(3)


def test_round_trip():
    assert activations.serialize(activations.relu) == "relu"
    assert activations.deserialize("relu") is activations.relu
    config = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert activations.deserialize(config) is activations.relu


def test_a_lambda_is_saved_with_a_warning_and_refused_when_read():
    with pytest.warns(UserWarning, match="a function with a name"):
        config = activations.serialize(lambda x: x)
    assert config["class_name"] == "__lambda__"
    with pytest.raises(ValueError, match="safe_mode=False"):
        activations.deserialize(config)


@pytest.mark.parametrize("name", ["softmax", "sigmoid"])
def test_logits_go_with_the_result(name):
    x = ops.convert_to_tensor(np.array([[1.0, -2.0]], "float32"))
    assert activations.get(name)(x)._keras_logits is x


OTHERS = {
    "glu", "hard_shrink", "log_softmax", "soft_shrink", "softmax", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "squareplus", "tanh_shrink", "threshold",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(activations.registry.activations.names()) - OTHERS))
def test_elementwise_ones_take_empty_arrays_and_nan(name):
    function = activations.get(name)
    assert function(np.zeros((0, 3), "float32")).shape == (0, 3)
    if name not in ("hard_sigmoid", "relu6", "hard_tanh"):
        assert np.isnan(np.asarray(function(np.array([np.nan], "float32")))).all()


def test_softmax_does_not_overflow():
    y = np.asarray(activations.softmax(np.array([[1000.0, 0.0, -1000.0]], "float32")))
    np.testing.assert_array_equal(y, [[1.0, 0.0, 0.0]])
