"""Data sets that are downloaded, from a server on this machine that has small files of the same form."""

import gzip
import io
import json
import pickle
import tarfile

import numpy as np
import pytest
from reference import script
from served import Served

import ckeras
from ckeras import datasets
from ckeras.datasets import sources

module = script("make_datasets_values")
VALUES = json.loads(module.VALUES.read_text())
RNG = np.random.default_rng(0)


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def idx(array):
    """An array of bytes in the format IDX, compressed."""
    header = np.array([0x800 + array.ndim, *array.shape], ">u4").tobytes()
    return gzip.compress(header + array.tobytes())


def images(*shape):
    return RNG.integers(0, 256, shape, np.uint8)


MNIST = {"x_train": images(6, 28, 28), "y_train": images(6), "x_test": images(2, 28, 28), "y_test": images(2)}
BATCHES = [(images(3, 3072), RNG.integers(0, 10, 3).tolist()) for _ in range(6)]
PARTS = {name: (images(4, 3072), images(4).tolist(), images(4).tolist()) for name in ("train", "test")}


def tar(members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def batch(data, **labels):
    """A batch as Python 2 pickled it, with keys in bytes."""
    return pickle.dumps({b"data": data, **{key.encode(): value for key, value in labels.items()}}, protocol=2)


def cifar10():
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    return {f"cifar-10-batches-py/{n}": batch(x, labels=y) for n, (x, y) in zip(names, BATCHES, strict=True)}


def cifar100():
    return {
        f"cifar-100-python/{name}": batch(x, fine_labels=fine, coarse_labels=coarse)
        for name, (x, fine, coarse) in PARTS.items()
    }


@pytest.fixture
def server(monkeypatch):
    """A server in place of those of the data sets, whose files have other hashes."""
    monkeypatch.setenv("KERAS_HOME", "cache")
    files = {name: npz(**arrays) for name, arrays in module.files().items()}
    files |= {
        "mnist.npz": npz(**MNIST),
        "train-images-idx3-ubyte.gz": idx(MNIST["x_train"]),
        "train-labels-idx1-ubyte.gz": idx(MNIST["y_train"]),
        "t10k-images-idx3-ubyte.gz": idx(MNIST["x_test"]),
        "t10k-labels-idx1-ubyte.gz": idx(MNIST["y_test"]),
        "cifar-10-python.tar.gz": tar(cifar10()),
        "cifar-100-python.tar.gz": tar(cifar100()),
        "imdb_word_index.json": b'{"the": 1, "na\\u00efve": 2}',
        "reuters_word_index.json": b'{"mdbl": 10996}',
    }
    with Served(files) as made:
        monkeypatch.setattr(sources, "FILES", dict.fromkeys(sources.FILES, (made.address, None)))
        yield made


def equal(found, expected):
    return all(
        a.dtype == b.dtype and np.array_equal(a, b)
        for part, other in zip(found, expected, strict=True)
        for a, b in zip(part, other, strict=True)
    )


@pytest.mark.parametrize("name", module.CASES)
def test_options_are_those_of_keras(name, server):
    assert module.run(datasets, name) == VALUES[name]


@pytest.mark.parametrize("dataset", [datasets.mnist, datasets.fashion_mnist])
def test_images_of_digits_and_clothes(dataset, server, capsys):
    expected = (MNIST["x_train"], MNIST["y_train"]), (MNIST["x_test"], MNIST["y_test"])
    assert equal(dataset.load_data(), expected)
    requests = len(server.requests)
    assert equal(dataset.load_data(), expected) and len(server.requests) == requests


def channels_last(data):
    return data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)


def column(labels):
    return np.array(labels, np.uint8).reshape(-1, 1)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_small_images(data_format, server):
    train = np.concatenate([x for x, _ in BATCHES[:5]]), [label for _, y in BATCHES[:5] for label in y]
    expected = [(channels_last(x), column(y)) for x, y in (train, BATCHES[5])]
    before = ckeras.config.image_data_format()
    ckeras.config.set_image_data_format(data_format)
    try:
        found = datasets.cifar10.load_data()
    finally:
        ckeras.config.set_image_data_format(before)
    if data_format == "channels_first":
        expected = [(x.transpose(0, 3, 1, 2), y) for x, y in expected]
    assert equal(found, expected)


@pytest.mark.parametrize(("label_mode", "index"), [("fine", 1), ("coarse", 2)])
def test_labels_of_classes_and_groups(label_mode, index, server):
    expected = [(channels_last(part[0]), column(part[index])) for part in (PARTS["train"], PARTS["test"])]
    assert equal(datasets.cifar100.load_data(label_mode), expected)


def test_words(server):
    assert datasets.imdb.get_word_index() == {"the": 1, "naïve": 2}
    assert datasets.reuters.get_word_index() == {"mdbl": 10996}
    assert len(set(datasets.reuters.get_label_names())) == 46


def test_the_older_name_of_the_number_of_words(server):
    assert equal(datasets.imdb.load_data(nb_words=9), datasets.imdb.load_data(num_words=9))


def test_sequences_of_one_length_are_lists_in_an_array(server):
    (x_train, _), _ = datasets.reuters.load_data(maxlen=3)
    assert x_train.ndim == 1 and all(type(sequence) is list for sequence in x_train)


def test_a_file_of_another_hash_is_refused(server, monkeypatch):
    monkeypatch.setitem(sources.FILES, "mnist.npz", (server.address, "0" * 64))
    with pytest.raises(ValueError, match="expects a file of sha256 hash 000"):
        datasets.mnist.load_data()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: datasets.boston_housing.load_data(test_split=1.0), "test_split to be at least 0"),
        (lambda: datasets.california_housing.load_data(test_split=-0.1), "test_split to be at least 0"),
        (lambda: datasets.reuters.load_data(test_split=2), "test_split to be at least 0"),
        (lambda: datasets.california_housing.load_data("medium"), "'large' or 'small', got 'medium'"),
        (lambda: datasets.cifar100.load_data("middle"), "'fine' or 'coarse', got 'middle'"),
        (lambda: datasets.imdb.load_data(maxlen=1), "maxlen to be more than the shortest"),
    ],
)
def test_other_arguments(call, message, server):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_unknown_keyword(server):
    with pytest.raises(TypeError, match="unknown arguments: 'words'"):
        datasets.imdb.load_data(words=3)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train-images-idx3-ubyte.gz", b"x"),
        ("train-images-idx3-ubyte.gz", gzip.compress(b"x")),
        ("train-images-idx3-ubyte.gz", idx(images(3, 3))),
        ("train-images-idx3-ubyte.gz", idx(images(7, 28, 28))),
        ("train-labels-idx1-ubyte.gz", idx(images(6))[:-9]),
    ],
)
def test_images_that_are_none(name, content, server):
    server.files[name] = content
    with pytest.raises(ValueError, match="fashion_mnist expects"):
        datasets.fashion_mnist.load_data()


@pytest.mark.parametrize("content", [b"x", npz(x_train=np.array([print], object)), npz(x_train=np.array(["a"]))])
def test_sequences_that_are_none(content, server):
    server.files["imdb.npz"] = content
    with pytest.raises((ValueError, KeyError), match=r"is no .npz file|refused builtins.print|x_test|y_train"):
        datasets.imdb.load_data()
