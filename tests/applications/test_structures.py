"""Layers, options, names and shapes of weights, and their order, of all applications: those of Keras."""

import inspect
import json

import numpy as np
import pytest
from reference import script

import ckeras
from ckeras import applications, config, layers
from ckeras.initializers import VarianceScaling
from ckeras.tensor import variable

module = script("make_applications_values")
EXPECTED = json.loads(module.VALUES.read_text())["structures"]


@pytest.fixture
def hollow(monkeypatch):
    """Weights are zeros that take no memory, so that large models cost little."""

    def zeros(shape, dtype="float32"):
        return np.lib.stride_tricks.as_strided(np.zeros((), dtype), shape, (0,) * len(shape))

    monkeypatch.setattr(VarianceScaling, "__call__", lambda self, shape, dtype=None: zeros(shape, dtype))
    monkeypatch.setattr(variable, "lasting_empty", zeros)


@pytest.mark.parametrize("name", module.CASES)
def test_structure(name, hollow):
    application, options = module.CASES[name]
    before = config.image_data_format()
    config.set_image_data_format("channels_first" if name.endswith("channels first") else "channels_last")
    try:
        lines = module.structure(module.built(ckeras, application, options))
    finally:
        config.set_image_data_format(before)
    assert module.digest(lines) == EXPECTED[name]


def test_a_difference_is_seen():
    """The comparison itself: another option of a layer, name or shape changes the hash."""
    x = layers.Input((8, 8, 3), name="x")

    def digest(*args, **options):
        return module.digest(module.structure(ckeras.Model(x, layers.Conv2D(*args, **options)(x), name="m")))

    same = digest(2, 3, name="a"), digest(2, 3, name="a")
    others = (
        digest(2, 3, name="b"),
        digest(2, 1, name="a"),
        digest(2, 3, padding="same", name="a"),
        digest(3, 3, name="a"),
    )
    assert same[0] == same[1]
    assert len({hash for _, hash in (same[0], *others)}) == 5


@pytest.mark.parametrize("name", module.NAMES)
def test_functions_have_names_and_documentation(name):
    function = getattr(applications, name)
    home = inspect.getmodule(function)
    assert getattr(home, name) is function and home.__name__.startswith("ckeras.applications.")
    assert function.__name__ == function.__qualname__ == name
    arguments = inspect.getdoc(function).partition("Args:")[2].partition("Raises:")[0]
    assert all(f"    {parameter}: " in arguments for parameter in inspect.signature(function).parameters)


def test_layers_of_their_own_are_read_from_configs():
    from ckeras.applications.convnext import LayerScale
    from ckeras.applications.inception_resnet_v2 import CustomScaleLayer

    for layer in (LayerScale(0.5, 3, name="a"), CustomScaleLayer(0.25, name="b")):
        config = ckeras.saving.serialize_keras_object(layer)
        assert config["module"].startswith("keras.src.applications.")
        assert ckeras.saving.deserialize_keras_object(config).get_config() == layer.get_config()
