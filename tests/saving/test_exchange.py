"""Files of Keras 3 and tf_keras of every family of layers: the models in them predict and train on as they did there.

`tests/shared/exchange.py` compares both directions, with Keras installed.
"""

import json
import tarfile
import warnings

import exchange
import exchange_models
import h5py
import numpy as np
import pytest
from reference import DATA

import ckeras
from ckeras.saving.legacy_configs import legacy


def members(library):
    with tarfile.open(DATA / f"exchange_{library}.tar.xz") as archive:
        return archive.getnames()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("exchange")
    for library in ("keras", "tf_keras"):
        with tarfile.open(DATA / f"exchange_{library}.tar.xz") as archive:
            for member in archive.getmembers():
                (made / library).mkdir(exist_ok=True)
                (made / library / member.name).write_bytes(archive.extractfile(member).read())
    return made


FILES = [
    (library, name)
    for library in ("keras", "tf_keras")
    for name in exchange_models.names(ckeras)
    if f"{name}.npz" in members(library)
]


@pytest.mark.parametrize(("library", "name"), FILES)
def test_a_model_of_keras_predicts_and_trains_on(library, name, folder):
    with np.load(folder / library / f"{name}.npz") as values:
        values = dict(values)
    for ending in exchange.FORMATS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            apart, losses = exchange.compare(ckeras, name, str(folder / library / f"{name}{ending}"), values)
        assert apart <= 1e-5, f"predictions of {name}{ending}"
        assert losses <= 1e-4, f"losses of {name}{ending}"


def test_all_models_are_there_in_all_formats():
    assert len(exchange_models.MODELS) >= 45
    for library, absent in (("keras", set()), ("tf_keras", exchange_models.NOT_IN_KERAS_2)):
        expected = {
            name + end for name in exchange_models.MODELS if name not in absent for end in (*exchange.FORMATS, ".npz")
        }
        assert set(members(library)) == expected


def arguments(config, path=""):
    """(path, names of arguments) of all objects in a config of an `.h5` file."""
    if isinstance(config, list):
        for i, one in enumerate(config):
            yield from arguments(one, f"{path}/{i}")
    elif isinstance(config, dict):
        if isinstance(config.get("config"), dict) and "class_name" in config:
            yield f"{path}/{config['class_name']}", set(config["config"])
        for key, value in config.items():
            yield from arguments(value, f"{path}/{key}")


# What Keras 2 reads, and does not always write.
READ = {"trainable", "dtype", "backward_layer", "build_input_shape", "noise_shape", "zero_output_for_mask"}


@pytest.mark.parametrize("name", [name for library, name in FILES if library == "tf_keras" and name != "attention"])
def test_a_written_h5_file_has_only_arguments_and_calls_of_keras_2(name, folder):
    written = legacy(ckeras.saving.serialize_keras_object(exchange_models.MODELS[name](ckeras)))
    with h5py.File(folder / "tf_keras" / f"{name}.h5") as file:
        of_keras_2 = json.loads(file.attrs["model_config"])
    known = {}
    for path, names in arguments(of_keras_2):
        known.setdefault(path.rpartition("/")[2], set()).update(names)
    for path, names in arguments(written):
        kind = path.rpartition("/")[2]
        assert kind in known, path
        assert names <= known[kind] | READ, path
    calls = [call for layer in written["config"]["layers"] for call in layer.get("inbound_nodes", [])]
    assert all(isinstance(call, list) for call in calls)
