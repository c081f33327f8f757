"""Models built by one script with Keras and with ckeras have the same configuration, summary, weights and results."""

import gzip
import importlib.util
import json
import pathlib

import numpy as np
import pytest

import ckeras

DATA = pathlib.Path(__file__).parents[1] / "data"
spec = importlib.util.spec_from_file_location("make_models_values", DATA / "make_models_values.py")
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
CASES = script.cases(ckeras)
EXPECTED = json.loads(gzip.decompress((DATA / "models_values.json.gz").read_bytes()))


def test_the_script_and_the_values_have_the_same_cases():
    assert CASES.keys() == EXPECTED.keys() and len(CASES) >= 60


def close(got, expected, **tolerance):
    """Compare nested numbers."""
    if isinstance(expected, dict):
        assert got.keys() == expected.keys()
        for key, value in expected.items():
            close(got[key], value, **tolerance)
    elif isinstance(expected, list) and any(isinstance(x, (list, dict)) for x in expected):
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            close(a, b, **tolerance)
    else:
        np.testing.assert_allclose(got, expected, **tolerance)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_model_is_what_keras_makes_of_the_same_script(name):
    got, expected = script.described(ckeras, CASES[name]), EXPECTED[name]
    assert got["layers"] == expected["layers"]
    assert got["weights"] == expected["weights"]
    assert got["summary"] == expected["summary"]
    assert json.loads(json.dumps(got.get("config"))) == expected.get("config")
    for key in ("outputs", "predictions"):
        close(got.get(key, []), expected.get(key, []), rtol=2e-5, atol=2e-6)
    close(got.get("logs", []), expected.get("logs", []), rtol=1e-4, atol=1e-5)
    close(got.get("trained", []), expected.get("trained", []), rtol=1e-4, atol=1e-5)
