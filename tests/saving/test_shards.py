"""Weights in several files: where they are, that they are found again, and what is refused."""

import json
import os
import pathlib
import shutil

import h5py
import numpy as np
import pytest
from reference import DATA

from ckeras import Sequential, layers
from ckeras.saving.shards import ShardsReader, ShardsWriter

KEPT = DATA / "keras_shards"  # of make_model_files.py
X = np.linspace(-1, 1, 24, dtype="float32").reshape(6, 4)


def model_of():
    model = Sequential([layers.Input((4,)), layers.Dense(6, name="a"), layers.Dropout(0.5), layers.Dense(3, name="b")])
    model.compile("adam", "mse")
    model.fit(X, X[:, :3], verbose=0)
    return model


def state(model):
    return [v.numpy() for v in (*model.variables, *model.optimizer.variables)]


def same(a, b):
    return all(np.array_equal(p, q) for p, q in zip(a, b, strict=True))


@pytest.mark.parametrize(("kilobytes", "count"), [(0.1, None), (0.5, None), (100, 1)])
def test_weights_are_found_again(kilobytes, count):
    model, other = model_of(), model_of()
    model.save_weights("m.weights.json", max_shard_size=kilobytes / 2**20)
    shards = sorted(name for name in os.listdir() if name.endswith(".h5"))
    assert shards == [f"m_{i:05}.weights.h5" for i in range(len(shards))]
    assert len(shards) == count if count else len(shards) > 1
    assert all(sum(_sizes(name)) <= 1024 * kilobytes for name in shards)
    other.load_weights("m.weights.json")
    assert same(state(other), state(model))
    assert sorted(os.listdir()) == sorted([*shards, "m.weights.json"])


def _sizes(name):
    found = []
    with h5py.File(name) as file:
        file.visititems(lambda _, one: found.append(one.nbytes) if isinstance(one, h5py.Dataset) else None)
    return found


def test_a_save_replaces_all_older_files():
    model = model_of()
    pathlib.Path("m_other.weights.h5").touch()
    for limit, n_files in ((150, 5), (150, 5), (2**20, 1)):
        model.save_weights("m.weights.json", max_shard_size=limit / 2**30)
        names = set(os.listdir()) - {"m.weights.json", "m_other.weights.h5"}
        stored = json.loads(pathlib.Path("m.weights.json").read_text())["weight_map"].values()
        assert names == {name for shards in stored for name in shards}
        assert len(names) >= n_files
        other = model_of()
        other.load_weights("m.weights.json")
        assert same(state(other), state(model))


def test_an_error_while_files_are_renamed_leaves_the_older_ones(monkeypatch):
    model, other = model_of(), model_of()
    model.save_weights("m.weights.json", max_shard_size=150 / 2**30)
    replace = os.replace

    def failing(source, target):
        if str(target).endswith(".json"):
            raise OSError(5, "Input/output error")
        replace(source, target)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="Input/output error"):
        patch.setattr(os, "replace", failing)
        other.save_weights("m.weights.json", max_shard_size=150 / 2**30)
    other.load_weights("m.weights.json")
    assert same(state(other), state(model))


def test_the_file_that_names_the_others():
    model_of().save_weights("m.weights.json", max_shard_size=150 / 2**30)
    config = json.loads(pathlib.Path("m.weights.json").read_text())
    assert config["metadata"]["total_size"] == sum(
        size for name in os.listdir() if ".h5" in name for size in _sizes(name)
    )
    for key, names in config["weight_map"].items():
        for name in names:
            with h5py.File(name) as file:
                assert len(file[key])
    assert len(config["weight_map"]["/optimizer/vars"]) > 1


def test_another_ending_is_replaced():
    model = model_of()
    with pytest.warns(UserWarning, match=r"writes 'm.weights.json' instead of 'm.weights.h5'"):
        model.save_weights("m.weights.h5", max_shard_size=1)
    assert sorted(os.listdir()) == ["m.weights.json", "m_00000.weights.h5"]


def test_files_of_keras():
    kernel = np.arange(24, dtype="float32").reshape(4, 6)
    model = model_of()
    model.load_weights(KEPT / "keras.weights.json")
    weights = model.get_weights()
    assert np.array_equal(weights[0], kernel) and np.array_equal(weights[2], kernel[:3].T)
    assert int(model.optimizer.iterations.numpy()) == 1


def test_an_error_leaves_all_files_as_they_were(monkeypatch):
    model = model_of()
    model.save_weights("m.weights.json", max_shard_size=150 / 2**30)
    before = {path.name: path.read_bytes() for path in pathlib.Path().iterdir()}
    model.set_weights([w + 1 for w in model.get_weights()])
    calls, sync = [], os.fsync

    def full(number):
        calls.append(number)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        sync(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        model.save_weights("m.weights.json", max_shard_size=150 / 2**30)
    assert {path.name: path.read_bytes() for path in pathlib.Path().iterdir()} == before


def test_one_name_for_a_file():
    model = model_of()
    model.save_weights("m.weights.json", max_shard_size=1)
    text = pathlib.Path("m.weights.json").read_text()
    config = json.loads(text)
    config["weight_map"] = {key: name for key, [name] in config["weight_map"].items()}
    pathlib.Path("m.weights.json").write_text(json.dumps(config))
    other = model_of()
    other.load_weights("m.weights.json")
    assert same(state(other), state(model))


@pytest.mark.parametrize("name", ["../m_00000.weights.h5", "/etc/passwd", "", ".", "..", 3, None])
def test_names_of_files_elsewhere_are_refused(name):
    model = model_of()
    os.mkdir("here")
    model.save_weights("here/m.weights.json", max_shard_size=1)
    shutil.copy("here/m_00000.weights.h5", "m_00000.weights.h5")
    path = pathlib.Path("here/m.weights.json")
    config = json.loads(path.read_text())
    config["weight_map"]["/layers/dense/vars"] = name
    path.write_text(json.dumps(config))
    before = state(model)
    with pytest.raises(ValueError, match=r"Cannot load 'here/m.weights.json': .*name of a file in the same folder"):
        model.load_weights(str(path))
    assert same(state(model), before)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": []}', "\0"])
def test_a_file_that_names_nothing(text):
    pathlib.Path("m.weights.json").write_text(text)
    with pytest.raises(ValueError, match=r"Cannot load 'm.weights.json'"):
        model_of().load_weights("m.weights.json")


def test_a_shard_that_is_missing():
    model = model_of()
    model.save_weights("m.weights.json", max_shard_size=150 / 2**30)
    os.remove("m_00001.weights.h5")
    with pytest.raises(FileNotFoundError, match=r"m_00001.weights.h5"):
        model.load_weights("m.weights.json")


def test_a_group_in_several_files_is_one_mapping():
    with ShardsWriter("m.weights.json", 40) as writer:
        group = writer.make("x", "name")
        for i in range(5):
            group[str(i)] = np.full(5, i, "float32")
        assert len(group) == 5 and "3" in group and "5" not in group and group.keys() == list("01234")
        del group["1"]
    with ShardsReader("m.weights.json") as reader:
        found = reader.get("x")
        assert len(found) == 4 and sorted(found) == list("0234") and "1" not in found
        assert found["4"].tolist() == [4.0] * 5
        with pytest.raises(KeyError):
            found["1"]
        assert len(reader.get("y")) == 0
