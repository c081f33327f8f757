"""Weights of `.h5` files of older versions, by order and by name."""

import shutil

import h5py
import numpy as np
import pytest
from reference import DATA, script

import ckeras
from ckeras import Model, Sequential, layers

files = script("make_model_files")
KEPT = DATA / "keras_legacy.h5"


def numbers(model):
    """The number that each weight is full of."""
    return {v.path: set(np.ravel(v.numpy()).tolist()) for v in model.weights}


EXPECTED = {
    "outer/a/kernel": {1.0}, "outer/a/bias": {2.0}, "inner/x/kernel": {3.0}, "inner/x/bias": {4.0},
    "inner/y/kernel": {5.0}, "inner/y/bias": {6.0},
}  # fmt: skip


@pytest.mark.parametrize("by_name", [False, True])
def test_a_file_of_keras(by_name):
    model = files.legacy(ckeras)
    model.load_weights(KEPT, by_name=by_name)
    found = numbers(model)
    assert sorted(map(min, found.values())) == [1, 2, 3, 4, 5, 6]
    assert {path.removeprefix("outer/"): n for path, n in found.items()} == {
        path.removeprefix("outer/"): n for path, n in EXPECTED.items()
    }


def written(path, saved, root="/", parts=1):
    """A file as Keras 2 wrote it: name of a layer -> its weights, a list of which may be cut into parts."""
    with h5py.File(path, "w") as file:
        group = file.require_group(root)
        names = np.array([name.encode() for name in saved])
        for part, chunk in enumerate(np.array_split(names, parts)):
            group.attrs["layer_names" + (str(part) if parts > 1 else "")] = chunk
        for layer, weights in saved.items():
            inner = group.create_group(layer)
            inner.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in weights]
            for name, value in weights.items():
                inner[f"{layer}/{name}:0"] = np.asarray(value, "float32")
    return path


def model_of():
    return Sequential([layers.Input((2,)), layers.Dense(3, name="a"), layers.Flatten(), layers.Dense(1, name="b")])


def dense(rows, units, value):
    return {"kernel": np.full((rows, units), value), "bias": np.full(units, value + 1)}


SAVED = {"dense_7": dense(2, 3, 10), "flatten": {}, "dense_8": dense(3, 1, 20)}


def firsts(model):
    return [float(np.ravel(w)[0]) for w in model.get_weights()]


@pytest.mark.parametrize("options", [{}, {"root": "/model_weights"}, {"parts": 2}])
def test_weights_in_order(options):
    model = model_of()
    model.load_weights(written("old.h5", SAVED, **options))
    assert firsts(model) == [10, 11, 20, 21]


def test_weights_by_name():
    model = model_of()
    before = firsts(model)
    model.load_weights(written("old.hdf5", {"b": dense(3, 1, 20), "other": dense(5, 5, 0)}), by_name=True)
    assert firsts(model) == [*before[:2], 20, 21]


def test_weights_of_the_model_itself():
    class Scaled(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1, name="a")
            self.scale = self.add_weight((1,), name="scale")

        def call(self, x):
            return self.dense(x) * self.scale

    model = Scaled()
    model.build((None, 2))
    path = written("old.h5", {"a": dense(2, 1, 10)})
    with h5py.File(path, "a") as file:
        top = file.create_group("top_level_model_weights")
        top.attrs["weight_names"] = [b"scale:0"]
        top["scale:0"] = np.array([7.0])
    model.load_weights(path)
    assert float(model.scale.numpy()[0]) == 7 and float(model.dense.bias.numpy()[0]) == 11


@pytest.mark.parametrize(
    ("saved", "options", "message"),
    [
        ({"dense_7": dense(2, 3, 10)}, {}, "the model has 2 layers with weights, and 1 were saved"),
        ({**SAVED, "dense_8": {"kernel": [[1]]}}, {}, "layer 'b' has 2 weights, and 1 were saved"),
        ({**SAVED, "dense_8": dense(4, 1, 1)}, {}, r"of layer 'b' has shape \(3, 1\), and \(4, 1\) was saved"),
        ({"b": {"kernel": [[1]]}}, {"by_name": True}, "layer 'b' has 2 weights, and 1 were saved"),
        ({"b": dense(4, 1, 1)}, {"by_name": True}, r"has shape \(3, 1\), and \(4, 1\) was saved"),
    ],
)
def test_what_does_not_fit_changes_nothing(saved, options, message):
    model = model_of()
    before = firsts(model)
    with pytest.raises(ValueError, match=rf"Cannot load 'old.h5': .*{message}"):
        model.load_weights(written("old.h5", saved), **options)
    assert firsts(model) == before


def test_weights_that_do_not_fit_are_left_out():
    model = model_of()
    before = firsts(model)
    with pytest.warns(UserWarning, match=r"leaves out: weight .*kernel' of layer 'b'"):
        model.load_weights(written("old.h5", {**SAVED, "dense_8": dense(4, 1, 20)}), skip_mismatch=True)
    assert firsts(model) == [10, 11, before[2], 21]
    with pytest.warns(UserWarning, match="layer 'b' has 2 weights, and 1 were saved"):
        model.load_weights(written("old.h5", {"b": {"kernel": [[1]]}}), by_name=True, skip_mismatch=True)


def test_arguments_of_other_files():
    model = model_of()
    with pytest.raises(ValueError, match=r"takes by_name for .h5 files only"):
        model.load_weights("m.weights.h5", by_name=True)
    with pytest.raises(ValueError, match="takes objects_to_skip for other files only"):
        model.load_weights("m.h5", objects_to_skip=[model.layers[0]])


def external(file):
    file["dense_7/dense_7/kernel:0"] = h5py.ExternalLink("other.h5", "/x")


def soft(file):
    file["dense_7/dense_7/kernel:0"] = h5py.SoftLink("/dense_7/dense_7/bias:0")


def missing(file):
    pass


def group(file):
    file.create_group("dense_7/dense_7/kernel:0")


@pytest.mark.parametrize("change", [external, soft, missing, group])
def test_weights_that_are_not_plainly_in_the_file(change):
    written("old.h5", SAVED)
    shutil.copy("old.h5", "other.h5")
    with h5py.File("old.h5", "a") as file:
        del file["dense_7/dense_7/kernel:0"]
        change(file)
    model = model_of()
    before = firsts(model)
    with pytest.raises(ValueError, match=r"Cannot load 'old.h5'"):
        model.load_weights("old.h5")
    assert firsts(model) == before


def test_weights_are_saved_in_the_older_format_for_its_ending():
    model = ckeras.Sequential([ckeras.Input((3,)), ckeras.layers.Dense(2, name="a"), ckeras.layers.Dense(1, name="b")])
    model.save_weights("w.h5")
    with h5py.File("w.h5") as file:
        assert [name.decode() for name in file.attrs["layer_names"]] == ["a", "b"]
        names = [name.decode() for name in file["a"].attrs["weight_names"]]
        np.testing.assert_array_equal(file["a"][names[0]], model.get_weights()[0])
    other = ckeras.Sequential.from_config(model.get_config())
    other.load_weights("w.h5")
    for a, b in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match=r"objects_to_skip for \.weights\.h5 files only"):
        model.save_weights("w.h5", objects_to_skip=[model.layers[0]])
