"""Models whose input is strings: built, called, saved, and refused numbers."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

TEXTS = np.array([["a b"], ["b q"]])


def functional():
    inputs = ckeras.Input((1,), dtype="string")
    vectors = layers.TextVectorization(vocabulary=["a", "b"], output_mode="count")(inputs)
    return ckeras.Model(inputs, layers.Dense(2)(vectors))


def sequential():
    vectorize = layers.TextVectorization(vocabulary=["a", "b"], output_mode="count")
    return ckeras.Sequential([ckeras.Input((1,), dtype="string"), vectorize, layers.Dense(2)])


def deferred():
    return ckeras.Sequential([layers.StringLookup(vocabulary=["a b"], output_mode="count"), layers.Dense(2)])


@pytest.mark.parametrize("make", [functional, sequential, deferred])
def test_models_of_strings_are_called_and_saved(make):
    model = make()
    outputs = model(TEXTS)
    assert outputs.shape == (2, 2)
    assert np.array_equal(model(TEXTS[:, 0]), outputs) or make is deferred
    model.save("model.keras")
    again = ckeras.models.load_model("model.keras")
    assert np.array_equal(again(TEXTS), outputs)


@pytest.mark.parametrize("make", [functional, sequential])
def test_numbers_and_other_shapes_are_refused(make):
    with pytest.raises(TypeError, match="expects strings, got a tensor of dtype float"):
        make()(np.zeros((2, 1)))
    with pytest.raises(ValueError, match=r"got \(1, 2\)"):
        make()(np.array([["a", "b"]]))


def test_models_of_numbers_refuse_strings():
    inputs = ckeras.Input((1,))
    for model in (ckeras.Model(inputs, layers.Dense(1)(inputs)), ckeras.Sequential([inputs, layers.Dense(1)])):
        with pytest.raises(TypeError, match="expects numbers, got a tensor of dtype string"):
            model(TEXTS)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x + 1,
        lambda x: ckeras.ops.exp(x),
        lambda x: ckeras.ops.cast(x, "float32"),
        lambda x: ckeras.ops.concatenate([x, x]),
        layers.Dense(3),
    ],
)
def test_ops_of_symbolic_strings_are_errors(call):
    with pytest.raises(TypeError, match="numbers, got a symbolic tensor of strings"):
        call(ckeras.Input((1,), dtype="string"))
