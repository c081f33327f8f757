"""Every case of `make_image_layers_values.py` in `tests/data`: results, dtypes and configs as Keras has them."""

import json

import numpy as np
import pytest
import reference

import ckeras
from ckeras import layers

script = reference.script("make_image_layers_values")
EXPECTED = script.reference()
CASES = pytest.mark.parametrize("name", script.CASES)
LOST = {  # arguments that Keras leaves out of the config
    "RandomGrayscale": {"seed"},
    "MaxNumBoundingBoxes": {"fill_value"},
}


@CASES
def test_values(name):
    case = script.CASES[name]
    found, (expected, _) = script.compute(ckeras, case, script.make_layer(ckeras, case)), EXPECTED[name]
    assert found.keys() == expected.keys()
    near = 2e-5
    if case.options.get("mode") == "angle":  # pi and -pi are one; that of a small number is less exact
        near = 1e-3
        found, expected = ({k: np.exp(1j * v) for k, v in values.items()} for values in (found, expected))
    for key, value in expected.items():
        assert found[key].shape == value.shape, key
        scale = np.abs(value).max(initial=1)
        np.testing.assert_allclose(found[key], value, 1e-5, near * scale, err_msg=key)


@CASES
def test_config(name):
    case = script.CASES[name]
    layer, expected = script.make_layer(ckeras, case), dict(EXPECTED[name][1])
    config = json.loads(json.dumps(layer.get_config()))
    assert {k: v for k, v in config.items() if k not in LOST.get(case.layer, ())} == expected
    twin = type(layer).from_config(config)
    assert json.loads(json.dumps(twin.get_config())) == config
    assert type(layers.deserialize(layers.serialize(layer))) is type(layer)
