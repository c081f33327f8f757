"""OrbaxCheckpoint: when it saves and what, with a stand-in for Orbax; `tests/shared/orbax_exchange.py` uses Orbax."""

import json
import os
import sys
import types

import numpy as np
import pytest

import ckeras
from ckeras import callbacks, layers
from ckeras.saving import orbax_files

X = np.random.default_rng(0).standard_normal((12, 3)).astype("float32")


class Steps(dict):
    """Contents by step."""


@pytest.fixture
def saved(monkeypatch):
    """What is saved, by step, with a module that keeps it in memory."""
    found, closed = Steps(), []
    found.closed = closed

    class Checkpointer:
        def __init__(self, directory, preservation_policy, save_decision_policy):
            assert os.path.isabs(directory)
            self.keep = preservation_policy

        def save_checkpointables(self, step, contents):
            found[step] = contents
            for old in sorted(found)[: -self.keep] if self.keep else ():
                del found[old]

        def save_checkpointables_async(self, step, contents):
            return types.SimpleNamespace(result=lambda: self.save_checkpointables(step, contents))

        def close(self):
            closed.append(self)

    def load(path, wanted):
        return {name: found[int(os.path.basename(path))].get(name) for name in wanted}

    def metadata(path):
        return types.SimpleNamespace(metadata=found[int(os.path.basename(path))])

    training = types.SimpleNamespace(
        Checkpointer=Checkpointer,
        preservation_policies=types.SimpleNamespace(LatestN=lambda n: n),
        save_decision_policies=types.SimpleNamespace(FixedIntervalPolicy=lambda n: n),
    )
    v1 = types.SimpleNamespace(training=training, load_checkpointables=load, checkpointables_metadata=metadata)
    monkeypatch.setitem(sys.modules, "orbax", types.ModuleType("orbax"))
    monkeypatch.setitem(sys.modules, "orbax.checkpoint", types.SimpleNamespace(v1=v1))
    return found


def model():
    ckeras.utils.clear_session()
    made = ckeras.Sequential([layers.Input((3,)), layers.Dense(4), layers.Dropout(0.1), layers.Dense(2)])
    made.compile(ckeras.optimizers.Adam(0.01), "mse")
    return made


def trained(epochs, **options):
    made = model()
    made.fit(X, X[:, :2], batch_size=4, epochs=epochs, verbose=0, callbacks=[callbacks.OrbaxCheckpoint("c", **options)])
    return made


@pytest.mark.parametrize(
    "options, steps",
    [
        ({"max_to_keep": 2}, [1, 2]),
        ({"save_freq": 2, "max_to_keep": None}, [2, 4, 6, 8]),
        ({"save_freq": 4, "save_on_background": False}, [8]),
        ({"monitor": "loss", "save_best_only": True, "initial_value_threshold": -1.0}, []),
        ({"monitor": "loss", "save_best_only": True, "epochs": 1}, [0]),
    ],
)
def test_when_it_saves(saved, options, steps):
    trained(**{"epochs": 3, **options})
    assert len(saved.closed) == bool(steps) and sorted(saved) == steps


def test_what_it_saves(saved, capsys):
    made = trained(2, verbose=1)
    contents = saved[1]
    assert sorted(contents) == ["model_config", "pytree"]
    assert json.loads(contents["model_config"]["config"])["class_name"] == "Sequential"
    state = contents["pytree"]
    np.testing.assert_array_equal(state["trainable_variables"]["sequential"]["dense"]["kernel"], made.layers[0].kernel)
    assert state["optimizer_variables"]["adam"]["iteration"] == 6
    assert "Step 1: saving a checkpoint to c" in capsys.readouterr().out
    saved.clear()
    trained(1, save_weights_only=True)
    assert sorted(saved[0]) == ["pytree"] and sorted(saved[0]["pytree"]) == [*orbax_files._WEIGHTS][::-1]


def loaded_from(folder, step):
    (folder / str(step)).mkdir(parents=True)
    (folder / str(step) / "_CHECKPOINT_METADATA").write_text("{}")
    return str(folder)


def test_models_and_weights_are_loaded(saved, tmp_path):
    made = trained(2)
    path = loaded_from(tmp_path / "c", 1)
    copy = ckeras.saving.load_model(path)
    np.testing.assert_array_equal(copy.predict(X, verbose=0), made.predict(X, verbose=0))
    for one, other in zip(copy.optimizer.variables, made.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    assert ckeras.saving.load_model(os.path.join(path, "1"), compile=False).optimizer is None
    other = model()
    other.load_weights(path)
    np.testing.assert_array_equal(other.predict(X, verbose=0), made.predict(X, verbose=0))
    ckeras.utils.clear_session()
    different = ckeras.Sequential([layers.Input((3,)), layers.Dense(5), layers.Dense(2)])
    before = different.get_weights()
    with pytest.raises(ValueError, match="has shape"):
        different.load_weights(path)
    for one, two in zip(different.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, two)


def test_files_of_layers_are_part_of_it(saved, tmp_path):
    lookup = layers.StringLookup()
    lookup.adapt(["b", "a", "a"])
    made = ckeras.Sequential([layers.Input((1,), dtype="string"), lookup])
    contents = orbax_files.contents(made, False)
    assert contents["assets"]
    saved[0] = contents
    copy = ckeras.saving.load_model(loaded_from(tmp_path / "c", 0))
    assert copy.layers[0].get_vocabulary() == ["[UNK]", "a", "b"]
    contents["assets"] = {"..": {"x": np.zeros(1, np.uint8)}}
    with pytest.raises(ValueError, match="which is no name"):
        ckeras.saving.load_model(tmp_path / "c")


def test_errors(saved, tmp_path):
    with pytest.raises(ValueError, match="save_freq"):
        callbacks.OrbaxCheckpoint("c", save_freq=0)
    trained(1, save_weights_only=True)
    with pytest.raises(ValueError, match="weights alone"):
        ckeras.saving.load_model(loaded_from(tmp_path / "c", 0))
    callback = callbacks.OrbaxCheckpoint("c")
    assert callback.is_primary_host() and not callback.is_multihost_enabled()
    callback.wait_until_finished()
    with pytest.warns(UserWarning, match="the logs do not have 'val_loss'"):
        trained(1, save_best_only=True)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "orbax", None)
    with pytest.raises(ImportError, match=r"pip install 'ckeras\[orbax\]'"):
        callbacks.OrbaxCheckpoint("c")
