"""Configs are those of Keras: what either writes, the other reads (values from `tests/data/make_saving_values.py`)."""

import importlib.util
import json
import pathlib

import pytest

import ckeras

_PATH = pathlib.Path(__file__).parents[1] / "data" / "make_saving_values.py"
_SPEC = importlib.util.spec_from_file_location("make_saving_values", _PATH)
made = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made)
VALUES = json.loads(made.VALUES.read_text())
NAMES = list(VALUES["keras"])

# Further keys that Keras writes for a Sequential; the configs of its layers imply them.
_IMPLIED = ("build_config", "build_input_shape", "compile_config", "dtype")


def comparable(config):
    """A config in which a dtype policy is its name, as ckeras writes it."""
    if isinstance(config, list):
        return [comparable(value) for value in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return config["config"]["name"]
    if config.get("class_name") == "Sequential":
        inner = {key: value for key, value in config["config"].items() if key not in _IMPLIED}
        config = {key: value for key, value in config.items() if key not in _IMPLIED} | {"config": inner}
    return {key: comparable(value) for key, value in config.items()}


def near(config):
    """The same with numbers compared to within float32's precision, in which Keras keeps some."""
    if isinstance(config, list):
        return [near(value) for value in config]
    if isinstance(config, dict):
        return {key: near(value) for key, value in config.items()}
    return pytest.approx(config, rel=1e-6) if isinstance(config, float) else config


@pytest.fixture(scope="module")
def written():
    """What ckeras writes of each object."""
    return made.configs(ckeras)


@pytest.mark.parametrize("name", NAMES)
def test_ckeras_writes_what_keras_writes(written, name):
    assert comparable(written[name]) == near(comparable(VALUES["keras"][name]))


@pytest.mark.parametrize("name", NAMES)
def test_ckeras_reads_what_keras_writes(written, name):
    again = comparable(made.read_again(ckeras, name, VALUES["keras"][name]))
    if name == "symbolic":  # which layer it came from is for a model's config to know
        again["x"]["config"]["keras_history"] = written[name]["x"]["config"]["keras_history"]
    assert again == near(comparable(written[name]))


@pytest.mark.parametrize("name", NAMES)
def test_keras_reads_what_ckeras_writes(written, name):
    assert comparable(written[name]) == comparable(VALUES["ckeras"][name])
    again = VALUES["keras reads ckeras"][name]
    if name == "symbolic":
        again["x"]["config"]["keras_history"] = written[name]["x"]["config"]["keras_history"]
    assert comparable(again) == near(comparable(written[name]))
