"""Weights of applications from files, and from a server on this machine in place of Keras's."""

import hashlib
import json
import pathlib

import numpy as np
import pytest
from reference import script
from served import Served

from ckeras import Input, applications
from ckeras.applications import weight_files
from ckeras.applications.weight_files import WeightFile

FILES = json.loads(script("make_applications_values").VALUES.read_text())["files"]
OPTIONS = {"alpha": 0.25, "include_top": False, "pooling": "avg", "input_shape": (128, 128, 3)}


@pytest.fixture
def model():
    return applications.MobileNet(weights=None, **OPTIONS)


@pytest.fixture
def server(model, monkeypatch):
    """A server of the weights of a small MobileNet."""
    monkeypatch.setenv("KERAS_HOME", "cache")
    model.save_weights("weights.h5")
    content = pathlib.Path("weights.h5").read_bytes()
    with Served({"mobilenet_2_5_128_tf_no_top.h5": content, "broken.h5": content[:2000]}) as made:
        file_hash = hashlib.md5(content).hexdigest()
        key = ("MobileNet 0.25 128", False)
        name = weight_files.FILES[key].name
        monkeypatch.setitem(weight_files.FILES, key, WeightFile(made.address + name, name, file_hash))
        yield made


def same(a, b):
    weights = list(zip(a.get_weights(), b.get_weights(), strict=True))
    return all(np.array_equal(x, y) for x, y in weights)


def test_imagenet(model, server, capsys):
    for _ in range(2):
        loaded = applications.MobileNet(weights="imagenet", **OPTIONS)
        assert same(loaded, model)
    assert server.requests == ["mobilenet_2_5_128_tf_no_top.h5"]
    assert pathlib.Path("cache/models/mobilenet_2_5_128_tf_no_top.h5").exists()


def test_imagenet_is_the_default(model, server, capsys):
    assert same(applications.MobileNet(**OPTIONS), model)


def test_imagenet_with_images_that_are_computed(model, server, capsys):
    x = Input((128, 128, 3))
    options = {**OPTIONS, "input_shape": None, "input_tensor": applications.mobilenet.preprocess_input(x)}
    assert same(applications.MobileNet(**options), model)


def test_a_file_with_another_hash(server, monkeypatch, capsys):
    key = ("MobileNet 0.25 128", False)
    file = weight_files.FILES[key]
    monkeypatch.setitem(weight_files.FILES, key, file._replace(hash="0" * 32))
    with pytest.raises(ValueError, match="expects a file of md5 hash 0000"):
        applications.MobileNet(**OPTIONS)
    assert not pathlib.Path(f"cache/models/{file.name}").exists()


def test_a_broken_file(server, monkeypatch, capsys):
    key = ("MobileNet 0.25 128", False)
    monkeypatch.setitem(weight_files.FILES, key, WeightFile(server.address + "broken.h5", "broken.h5", None))
    with pytest.raises(ValueError, match=r"Cannot load 'cache/models/broken\.h5'"):
        applications.MobileNet(**OPTIONS)


@pytest.mark.parametrize("ending", [".h5", ".weights.h5", ".keras"])
def test_paths(model, ending):
    path = pathlib.Path(f"mobilenet{ending}")
    (model.save if ending == ".keras" else model.save_weights)(path)
    assert same(applications.MobileNet(weights=str(path), **OPTIONS), model)
    assert same(applications.MobileNet(weights=path, **OPTIONS), model)


def test_weights_of_another_model(model):
    model.save_weights("mobilenet.h5")
    with pytest.raises(ValueError, match="shape"):
        applications.MobileNet(weights="mobilenet.h5", **{**OPTIONS, "alpha": 0.5})


def test_sizes_without_weights_of_their_own(server, monkeypatch, capsys):
    fallback = weight_files.FILES["MobileNet 0.25 128", False]
    monkeypatch.setitem(weight_files.FILES, ("MobileNet 0.25 224", False), fallback)
    with pytest.warns(UserWarning, match="trained on images of 224 x 224"):
        loaded = applications.MobileNet(**{**OPTIONS, "input_shape": (150, 150, 3)})
    assert loaded.name == "mobilenet_0.25_224"


@pytest.mark.parametrize("name", FILES)
def test_names_addresses_and_hashes(name):
    for top in (True, False):
        assert list(weight_files.FILES[name, top]) == FILES[name][str(top)]


def test_every_application_has_files():
    models = {model.split()[0] for model, _ in weight_files.FILES}
    public = {name for name in dir(applications) if name[0].isupper()}
    assert models - {"MobileNetV3"} == public - {"MobileNetV3Large", "MobileNetV3Small"}
    assert {(model, not top) for model, top in weight_files.FILES} == set(weight_files.FILES)
