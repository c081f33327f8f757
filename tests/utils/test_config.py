"""Named values that can be frozen, and what is behind symbolic tensors."""

import copy
import json
import pickle

import pytest

import ckeras
from ckeras import layers, ops, utils
from ckeras.utils import Config


def test_values_are_items_and_attributes():
    config = Config(rate=0.1, seed=3)
    config.momentum = 0.9
    config["name"] = "sgd"
    assert (config.rate, config["seed"], config["momentum"], config.name) == (0.1, 3, 0.9, "sgd")
    assert config.as_dict() == {"rate": 0.1, "seed": 3, "momentum": 0.9, "name": "sgd"}
    assert json.loads(config.to_json()) == config.as_dict()
    assert list(config) == ["momentum", "name", "rate", "seed"] and len(config) == 4
    assert list(config.keys()) == ["rate", "seed", "momentum", "name"]
    assert list(config.items()) == [*config.as_dict().items()] and list(config.values())[1] == 3
    assert "rate" in config and "other" not in config
    assert config.get("other") is None and config.get("other", 5) == 5
    assert config.pop("seed") == 3 and config.pop("seed", 7) == 7
    config.update({"rate": 0.2}, depth=2)
    del config["name"]
    assert config.as_dict() == {"rate": 0.2, "momentum": 0.9, "depth": 2}
    assert repr(config) == "<Config {'rate': 0.2, 'momentum': 0.9, 'depth': 2}>"


def test_a_frozen_config_stays():
    config = Config(rate=0.1)
    config.freeze()
    assert config.frozen
    changes = [
        lambda: setattr(config, "rate", 1),
        lambda: config.__setitem__("rate", 1),
        lambda: config.update(rate=1),
        lambda: config.pop("rate"),
        lambda: config.__delitem__("rate"),
    ]
    for change in changes:
        with pytest.raises(ValueError, match="the Config is frozen: 'rate'"):
            change()
    assert config.rate == 0.1
    for twin in (copy.deepcopy(config), pickle.loads(pickle.dumps(config))):
        assert twin.frozen and twin.as_dict() == {"rate": 0.1}
    config.unfreeze()
    config.rate = 1
    assert config.rate == 1


def test_unknown_and_reserved_names():
    config = Config(learning_rate=0.1)
    with pytest.raises(AttributeError, match="no value 'learning_rat'; the nearest is 'learning_rate'"):
        _ = config.learning_rat
    with pytest.raises(AttributeError, match=r"no value 'x'$"):
        _ = config.x
    with pytest.raises(KeyError):
        _ = config["x"]
    with pytest.raises(AttributeError, match="'keys' is a name of Config itself"):
        config.keys = 3


def test_sources_of_a_symbolic_tensor():
    x, y, z = (ckeras.Input((3,), name=n) for n in "xyz")
    shared = layers.Dense(3)
    both = shared(x) + ops.concatenate([shared(y), x], axis=1)[:, :3]
    assert [id(s) for s in utils.get_source_inputs(both)] == [id(x), id(y)]
    assert utils.get_source_inputs(z) == [z]
    array = ops.ones(2)
    assert utils.get_source_inputs(array) is array


def test_names_that_are_shared_with_backend():
    assert utils.is_keras_tensor is ckeras.backend.is_keras_tensor
    assert utils.clear_session is ckeras.backend.clear_session
    assert utils.standardize_dtype("float64") == "float64"
