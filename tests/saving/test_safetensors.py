"""Weights as safetensors: what is in the files, what is read, what is refused."""

import json
import pathlib
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ckeras import Sequential, layers


def made():
    model = Sequential([layers.Input((3,)), layers.Dense(2, name="d"), layers.BatchNormalization()], name="m")
    model.compile("adam", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    return model


def same(a, b):
    return len(a) == len(b) and all(np.array_equal(p, q) for p, q in zip(a, b, strict=True))


def zeroed(model):
    model.set_weights([0 * w for w in model.get_weights()])
    return model


def test_weights_come_back_and_the_optimizer_keeps_its_state():
    model = made()
    before, state = model.get_weights(), [v.numpy() for v in model.optimizer.variables]
    model.export_weights("m.safetensors")
    zeroed(model).load_weights("m.safetensors")
    assert same(model.get_weights(), before)
    assert same([v.numpy() for v in model.optimizer.variables], state)


def test_tensors_have_the_names_of_weights_h5_and_tell_their_paths():
    model = made()
    model.export_weights("m.safetensors")
    found = load_file("m.safetensors")
    assert sorted(found) == [
        f"layers/{name}/vars/{i}" for name, n in (("batch_normalization", 4), ("dense", 2)) for i in range(n)
    ]
    assert np.array_equal(found["layers/dense/vars/0"], model.get_weights()[0])
    data = pathlib.Path("m.safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert header["__metadata__"]["layers/dense/vars/0"] == "m/d/kernel"


def test_other_shapes_are_an_error_and_change_nothing():
    model = made()
    model.export_weights("m.safetensors")
    tensors = load_file("m.safetensors")
    tensors["layers/dense/vars/1"] = np.ones(3, "f4")
    save_file(tensors, "other.safetensors")
    before = zeroed(model).get_weights()
    with pytest.raises(ValueError, match=r"Cannot load 'other.safetensors'.* has shape \(2,\), saved \(3,\)"):
        model.load_weights("other.safetensors")
    assert same(model.get_weights(), before)
    with pytest.warns(UserWarning, match="do not fit"):
        model.load_weights("other.safetensors", skip_mismatch=True)
    assert np.any(model.get_weights()[2])


def header_of(text, rest=b""):
    return len(text).to_bytes(8, "little") + text + rest


def entry(shape, begin, end):
    return b'{"layers/dense/vars/0":{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}}' % (shape, begin, end)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\1", b"\xff" * 8, (1 << 62).to_bytes(8, "little") + b"{}", header_of(b"[]"), header_of(b"{"),
        header_of(b"[" * 10_000), header_of(entry(b"[4611686018427387904]", 0, 8), bytes(8)),
        header_of(entry(b"[3,2]", 0, 24)), header_of(entry(b"[3,2]", 8, 32), bytes(32)),
        header_of(entry(b"[-1]", 0, 4), bytes(4)),
        header_of(entry(b"[3,2]", 24, 0), bytes(24)), header_of(entry(b"[1e3]", 0, 24), bytes(24)),
    ],
)  # fmt: skip
def test_hostile_headers(data):
    model = made()
    pathlib.Path("bad.safetensors").write_bytes(data)
    with pytest.raises(ValueError, match=r"Cannot load 'bad.safetensors'"):
        model.load_weights("bad.safetensors")


def test_an_error_leaves_the_old_file(monkeypatch):
    model = made()
    model.export_weights("m.safetensors")
    before = pathlib.Path("m.safetensors").read_bytes()
    monkeypatch.setattr("safetensors.numpy.save_file", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        model.export_weights("m.safetensors")
    assert [path.name for path in pathlib.Path().iterdir()] == ["m.safetensors"]
    assert pathlib.Path("m.safetensors").read_bytes() == before


def test_what_is_refused():
    model = made()
    with pytest.raises(ValueError, match=r"expects a path that ends with .safetensors, got 'm.h5'"):
        model.export_weights("m.h5")
    with pytest.raises(ValueError, match="expects a model that is built"):
        Sequential([layers.Dense(1)]).export_weights("m.safetensors")


def test_without_the_package(monkeypatch):
    model = made()
    model.export_weights("m.safetensors")
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for use in (model.export_weights, model.load_weights):
        with pytest.raises(ImportError, match=r"ckeras\[safetensors\]"):
            use("m.safetensors")


@pytest.mark.parametrize("path", ["c.ckpt", "model.ckpt-100", "c.index", "folder/c"])
def test_checkpoints_of_tensorflow_are_answered(path):
    model = made()
    pathlib.Path("folder").mkdir()
    pathlib.Path("folder/c.index").touch()
    for use in (model.load_weights, model.save_weights):
        with pytest.raises(ValueError, match="only TensorFlow reads"):
            use(path)
