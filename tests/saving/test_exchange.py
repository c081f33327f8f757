"""Files of Keras 3 and tf_keras of every family of layers: the models in them predict and train on as they did there.

`tests/shared/exchange.py` compares both directions, with Keras installed.
"""

import tarfile
import warnings

import exchange
import exchange_models
import numpy as np
import pytest
from reference import DATA

import ckeras


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
