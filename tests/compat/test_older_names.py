"""Spellings of older Keras that scripts still use."""

import numpy as np
import pytest

import ckeras
from ckeras import constraints, layers, utils


@pytest.mark.parametrize(
    "name, cls",
    [("maxnorm", constraints.MaxNorm), ("nonneg", constraints.NonNeg), ("unitnorm", constraints.UnitNorm)],
)
def test_constraints(name, cls):
    assert getattr(constraints, name) is cls
    assert type(layers.Dense(1, kernel_constraint=name).kernel_constraint) is cls
    assert constraints.serialize(cls())["class_name"] == cls.__name__


def test_np_utils():
    from ckeras.utils.np_utils import to_categorical

    assert utils.np_utils.to_categorical is to_categorical is utils.to_categorical
    assert np.array_equal(to_categorical([1], 2), [[0, 1]])


def branches():
    return [layers.Dense(2, name="a"), ckeras.Sequential([layers.Dense(2, name="b")])]


@pytest.mark.parametrize(
    "mode", ["sum", "mul", "ave", "max", "concat", "dot", "cos", lambda parts: parts[0] - parts[1]]
)
def test_merge_is_the_first_layer_of_a_model(mode):
    x = [np.ones((3, 4), "float32"), np.full((3, 5), 0.5, "float32")]
    merging = layers.Merge(branches(), mode=mode)
    model = ckeras.Sequential([merging, layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, np.ones((3, 1)), verbose=0)
    left, right = (branch(part) for branch, part in zip(merging.branches, x, strict=True))
    expected = layers.merge([left, right], mode=mode)
    np.testing.assert_allclose(merging([*x]), expected, rtol=1e-6)
    assert len(model.trainable_weights) == 6


def test_merge_of_merges_and_its_config():
    inner = ckeras.Sequential([layers.Merge(branches(), mode="sum")])
    outer = layers.Merge([inner, layers.Dense(2, name="c")], mode="concat")
    x = [np.ones((2, 3), "float32")] * 3
    assert outer(x).shape == (2, 4) and outer.input_count == 3
    assert layers.Merge.from_config(outer.get_config())(x).shape == (2, 4)
    with pytest.raises(ValueError, match="a list of 3 inputs, got 2"):
        outer(x[:2])


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: layers.Merge([layers.Dense(1)]), "two or more"),
        (lambda: layers.Merge(branches(), mode="no"), "expects mode"),
        (lambda: layers.Merge(branches(), mode=sum).get_config(), "no config"),
        (lambda: layers.BatchNormalization(mode=2), "mode.* of Keras 1, to be one of"),
        (lambda: layers.LSTM(2, consume_less="no"), "consume_less.* of Keras 1"),
    ],
)
def test_errors_of_older_layers(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_shapes_of_layers_of_keras_2():
    layer = layers.Dense(2)
    with pytest.raises(AttributeError):
        layer.output_shape  # noqa: B018
    layer(ckeras.Input((3,)))
    assert (layer.input_shape, layer.output_shape) == ((None, 3), (None, 2))
    layer.output_shape = 5
    assert layer.output_shape == 5
    assert layers.CuDNNLSTM is layers.LSTM and layers.CuDNNGRU is layers.GRU


def test_states_are_reset():
    model = ckeras.Sequential([ckeras.Input((3, 1), batch_size=2), layers.LSTM(2, stateful=True)])
    first = model.predict(np.ones((2, 3, 1)), verbose=0)
    assert (model.predict(np.ones((2, 3, 1)), verbose=0) != first).any()
    model.reset_states()
    np.testing.assert_array_equal(model.predict(np.ones((2, 3, 1)), verbose=0), first)


def test_initializers_of_keras_1_are_functions_of_a_shape():
    layer = layers.Dense(2, init=lambda shape, name=None: np.full(shape, 3.0))
    assert layer(np.ones((1, 4))).tolist() == [[12, 12]]
