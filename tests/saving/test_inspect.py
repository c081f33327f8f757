"""`python -m ckeras inspect`: what it finds in files of each format, and that it runs nothing from them."""

import json
import pathlib
import re
import zipfile

import h5py
import numpy as np
import pytest
from reference import DATA

from ckeras import Model, Sequential, layers
from ckeras.saving.file_report import show_file
from ckeras.saving.inspection import inspect


def made():
    x = layers.Input((4,), name="x")
    inner = Sequential([layers.Input((3,)), layers.Dense(2, name="deep", trainable=False)], name="inner")
    model = Model(x, inner(layers.Dense(3, "relu", name="first")(x)), name="m")
    model.compile("adam", "mse")
    model.set_weights([np.full(w.shape, 2.0) for w in model.get_weights()])
    return model


SAVES = {
    "m.keras": lambda model: model.save("m.keras"),
    "m": lambda model: model.save("m", zipped=False),
    "m.h5": lambda model: model.save("m.h5"),
    "m.weights.h5": lambda model: model.save_weights("m.weights.h5"),
    "m.weights.json": lambda model: model.save_weights("m.weights.json", max_shard_size=1e-7),
    "m.safetensors": lambda model: model.export_weights("m.safetensors"),
}


@pytest.mark.parametrize("path", SAVES)
def test_weights_and_architecture(path, monkeypatch):
    SAVES[path](made())
    monkeypatch.setattr(layers.Layer, "__init__", lambda *_, **__: pytest.fail("a layer is made"))
    found = inspect(path)
    weights = [line for line in found.weights if "optimizer" not in line.path]
    assert sorted(line.shape for line in weights) == [(2,), (3,), (3, 2), (4, 3)]
    assert {round(line.norm**2, 3) for line in weights} == {8, 12, 24, 48}
    assert sum(line.size for line in weights) == 23 * 4
    assert found.unsafe == found.foreign == []
    if path in ("m.keras", "m", "m.h5"):
        lines = [(line.depth, line.name, line.kind) for line in found.layers]
        assert lines[0] == (0, "m", "Functional")
        assert (1, "first", "Dense") in lines
        assert (2, "deep", "Dense") in lines
        options = {line.name: line.options for line in found.layers}
        assert (options["first"], options["deep"]) == ("units=3, activation=relu", "units=2, frozen")
        assert "optimizer Adam" in found.compiled
        assert found.versions["keras_version"].startswith("3.")


@pytest.mark.parametrize("name", ["keras_sequential.keras", "keras_legacy.h5", "keras_nested.weights.h5"])
def test_files_of_keras(name, capsys):
    assert show_file(str(DATA / name))
    printed = capsys.readouterr().out
    assert "Nothing unsafe was found." in printed
    assert re.search(r"\d+ weights, ", printed)


def changed(change):
    """A `.keras` file whose config is changed."""
    made().save("m.keras")
    with zipfile.ZipFile("m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config["config"]["layers"])
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile("m.keras", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def layer(module, name, **config):
    return {"module": module, "class_name": name, "config": {"name": "x", **config}, "registered_name": name}


def byte_code(found):
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
    found.append(layer("keras.layers", "Lambda", function=code))


def gadget(found):
    found.append(layer("keras.utils", "get_file", origin="http://localhost:9/x"))


def system(found):
    function = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    found[1]["config"]["activation"] = function


def vocabulary(found):
    found.append(layer("keras.layers", "StringLookup", vocabulary="/etc/passwd"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (byte_code, "byte code of a lambda at config.layers[3].config.function"),
        (gadget, "keras.utils.get_file at config.layers[3]"),
        (system, "os.system at config.layers[1].config.activation"),
        (vocabulary, "a vocabulary to be read from '/etc/passwd' at config.layers[3]"),
    ],
)
def test_what_a_config_holds_that_is_unsafe(change, expected, capsys):
    changed(change)
    assert inspect("m.keras").unsafe == [expected]
    assert not show_file("m.keras")
    assert f"Unsafe:\n  {expected}" in capsys.readouterr().out


def test_classes_of_other_packages_are_named_and_not_imported(monkeypatch):
    pathlib.Path("victim.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(".")
    changed(lambda found: found.append(layer("victim", "Layer")))
    assert inspect("m.keras").foreign == ["victim.Layer at config.layers[3]"]


def test_links_and_data_outside_of_the_file():
    made().save_weights("m.weights.h5")
    with h5py.File("m.weights.h5", "a") as file:
        group = file["layers/dense/vars"]
        del group["0"], group["1"]
        group["0"] = h5py.ExternalLink("other.h5", "/secret")
        group.create_dataset("1", (2,), "f4", external=[("secret.bin", 0, 8)])
        group.create_dataset("2", (1 << 40,), "f4", chunks=(1024,), compression="gzip")
    found = inspect("m.weights.h5").unsafe
    assert found[:2] == [
        "a link, ExternalLink: '/layers/dense/vars/0'",
        "values outside of the file: '/layers/dense/vars/1'",
    ]
    assert "it claims 4398046511104 bytes" in found[-1]


def test_members_that_leave_their_folder_or_come_twice():
    made().save("m.keras")
    with zipfile.ZipFile("m.keras", "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("assets/../../x", b"")
        archive.writestr("metadata.json", archive.read("metadata.json"))
    assert inspect("m.keras").unsafe == [
        "a member named twice: 'metadata.json'",
        "a member that leaves its folder: 'assets/../../x'",
    ]


@pytest.mark.parametrize("name", ["x.keras", "x.h5", "x.weights.h5", "x.safetensors", "x.weights.json", "x.txt"])
def test_what_is_no_such_file(name):
    pathlib.Path(name).write_bytes(b"no such file")
    with pytest.raises((ValueError, OSError), match=name):
        inspect(name)
