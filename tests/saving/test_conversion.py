"""`python -m ckeras convert`: models and weights go from one format to another and stay the same."""

import os

import numpy as np
import pytest

from ckeras import Sequential, layers, models
from ckeras.saving.conversion import convert_file


def made():
    model = Sequential([layers.Input((3,)), layers.Dense(4, "relu"), layers.BatchNormalization(), layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    return model


def saved(model, path):
    if path.endswith(".safetensors"):
        model.export_weights(path)
    elif path.endswith(".weights.h5"):
        model.save_weights(path)
    elif path.endswith(".weights.json"):
        model.save_weights(path, max_shard_size=1)
    else:
        model.save(path, zipped=None if "." in path else False)


@pytest.mark.parametrize("target", ["b.keras", "b.h5", "b"])
@pytest.mark.parametrize("source", ["a.keras", "a.h5", "a"])
def test_models(source, target):
    model = made()
    saved(model, source)
    convert_file(source, target)
    loaded = models.load_model(target)
    for a, b in ((model.weights, loaded.weights), (model.optimizer.variables, loaded.optimizer.variables)):
        assert all(np.array_equal(p, q) for p, q in zip(a, b, strict=True))


@pytest.mark.parametrize("target", ["b.weights.h5", "b.safetensors"])
@pytest.mark.parametrize("source", ["a.keras", "a", "a.h5", "a.weights.h5", "a.weights.json", "a.safetensors"])
def test_weights(source, target, monkeypatch):
    model = made()
    saved(model, source)
    if source != "a.h5":
        monkeypatch.setattr("ckeras.saving.conversion.load_model", lambda path: pytest.fail("a model is made"))
    convert_file(source, target)
    before = model.get_weights()
    model.set_weights([0 * w for w in before])
    model.load_weights(target)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("a.weights.h5", "b.keras", "makes a model only of a .keras or .h5 file"),
        ("a.keras", "b.onnx", r"writes .keras, .h5, .weights.h5, .safetensors or a folder, got 'b.onnx'"),
        ("a.txt", "b.weights.h5", "reads .keras, .h5, .weights.h5"),
    ],
)
def test_what_is_refused(source, target, message):
    if source != "a.txt":
        saved(made(), source)
    with pytest.raises(ValueError, match=message):
        convert_file(source, target)
    assert not os.path.exists(target)
