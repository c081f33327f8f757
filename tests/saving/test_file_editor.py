"""`KerasFileEditor` shows, compares and changes the weights in files."""

import pathlib

import h5py
import numpy as np
import pytest
from reference import DATA

from ckeras import Sequential, layers
from ckeras.saving import KerasFileEditor

X = np.linspace(-1, 1, 24, dtype="float32").reshape(6, 4)


def model_of(units=3):
    model = Sequential(
        [layers.Input((4,)), layers.Dense(units, name="a"), layers.Dropout(0.5), layers.Dense(2, name="b")]
    )
    model.compile("sgd", "mse")
    return model


@pytest.fixture
def model():
    """A model with its files "m.keras" and "m.weights.h5"."""
    model = model_of()
    model.save("m.keras")
    model.save_weights("m.weights.h5")
    return model


@pytest.fixture
def editor(model, capsys):
    """An editor of "m.weights.h5"."""
    made = KerasFileEditor("m.weights.h5")
    capsys.readouterr()
    return made


def equal(a, b):
    return all(np.array_equal(p, q) for p, q in zip(a, b, strict=True))


def test_what_is_in_a_model_file(model, capsys):
    editor = KerasFileEditor(pathlib.Path("m.keras"))
    assert capsys.readouterr().out.startswith("Keras model file 'm.keras'\nSaved with Keras 3.15")
    assert editor.config["class_name"] == "Sequential" and editor.metadata["date_saved"]
    assert list(editor.weights_dict["layers"]) == ["dense", "dense_1", "dropout"]
    assert equal(editor.weights_dict["layers"]["dense"].values(), model.layers[0].get_weights())


def test_the_summary_of_a_file_of_keras(capsys):
    editor = KerasFileEditor(DATA / "keras_nested.weights.h5")
    capsys.readouterr()
    editor.summary()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Weights structure" and any(line.endswith("─ container_1") for line in lines)
    assert any(line.endswith("─ 2: shape=(), dtype=float32") for line in lines)


def test_weights_are_saved_again(editor, model):
    editor.resave_weights("n.weights.h5")
    other = model_of()
    other.load_weights("n.weights.h5")
    assert equal([v.numpy() for v in other.variables], [v.numpy() for v in model.variables])
    with h5py.File("n.weights.h5") as file:
        assert file["layers/dense/vars"].attrs["name"] == "a"


def test_a_file_that_fits(editor, capsys):
    assert editor.compare(model_of()) == {"status": "success", "error_count": 0, "match_count": 6}
    assert capsys.readouterr().out == "Comparison successful: the file fits the model in 6 weights\n"


def test_a_file_of_keras_fits_without_its_seeds(capsys):
    editor = KerasFileEditor(DATA / "keras_sequential.keras")
    model = Sequential(
        [layers.Input((4,)), layers.Dense(3), layers.Dropout(0.5), layers.Dense(2), layers.Dense(2, use_bias=False)]
    )
    editor.delete_object("optimizer")
    assert editor.compare(model)["status"] == "success"


def test_differences(editor, capsys):
    editor.delete_weight("dense_1", "1")
    editor.add_object("layers/more", {"0": [1.0]})
    editor.delete_object("optimizer")
    assert editor.compare(model_of(5)) == {"status": "error", "error_count": 6, "match_count": 0}
    assert capsys.readouterr().out.splitlines() == [
        "...weight /layers/dense/0 has shape (4, 5) in the model and (4, 3) in the file",
        "...weight /layers/dense/1 has shape (5,) in the model and (3,) in the file",
        "...weight /layers/dense_1/0 has shape (5, 2) in the model and (3, 2) in the file",
        "...weight /layers/dense_1/1 is missing from the file",
        "...object /layers/more is missing from the model",
        "...object /optimizer is missing from the file",
        "Found 6 errors: the file does not fit the model",
    ]


def test_changes(editor):
    editor.rename_object("layers/dense", "first")
    editor.add_weights("first", {"0": np.ones((4, 3), "float32"), "7": [1, 2]})
    editor.delete_object("layers/dense_1")
    editor.add_object("other", {"0": np.zeros(2)})
    editor.save("n.weights.h5")
    with h5py.File("n.weights.h5") as file:
        assert sorted(file) == ["layers", "optimizer", "other"] and sorted(file["layers"]) == ["dropout", "first"]
        assert file["layers/first/vars/0"][()].tolist() == np.ones((4, 3)).tolist()
        assert file["layers/first/vars/7"][()].tolist() == [1, 2] and file["layers/first/vars"].attrs["name"] == "a"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: e.rename_object("dense", "a/b"), "name without slash, got 'a/b'"),
        (lambda e: e.rename_object("dense", "dense_1"), "there is a 'dense_1' next to 'dense' already"),
        (lambda e: e.delete_object("nothing"), "no object 'nothing'"),
        (lambda e: e.delete_object("layers/nothing/x"), "no object 'layers/nothing/x'"),
        (lambda e: e.delete_object("layers/dense/0"), "no object 'layers/dense/0'"),
        (lambda e: e.delete_weight("dense", "9"), r"'dense' has no weight '9'; it has \['0', '1'\]"),
        (lambda e: e.add_object("nothing/x", {}), "no object 'nothing'"),
        (lambda e: e.add_object("x", [1]), "dict of names to arrays, got list"),
        (lambda e: e.add_weights("dense", None), "dict of names to arrays, got NoneType"),
        (lambda e: e.save("n.h5"), r"ends with .weights.h5, got 'n.h5'"),
    ],
)
def test_what_is_refused(call, message, editor):
    before = list(editor.weights_dict["layers"])
    with pytest.raises(ValueError, match=message):
        call(editor)
    assert list(editor.weights_dict["layers"]) == before


def test_a_name_that_several_objects_have(editor):
    editor.add_object("dense", {})
    with pytest.raises(ValueError, match="'dense' is the name of 2 objects"):
        editor.delete_object("dense")


def test_other_files(model):
    with pytest.raises(ValueError, match=r"ends with .keras or .weights.h5, got 'm.txt'"):
        KerasFileEditor("m.txt")
    pathlib.Path("m.weights.h5").write_bytes(b"x")
    with pytest.raises(OSError, match=r"m.weights.h5"):
        KerasFileEditor("m.weights.h5")


@pytest.mark.parametrize("target", ["/", "/layers", "soft"])
def test_groups_that_lie_in_the_file_twice_or_are_links(target, model):
    with h5py.File("m.weights.h5", "a") as file:
        file["layers/again"] = h5py.SoftLink("/layers") if target == "soft" else file[target]
    with pytest.raises(ValueError, match=r"Cannot load 'm.weights.h5': Refused to"):
        KerasFileEditor("m.weights.h5")


@pytest.mark.parametrize("name", [np.arange(3), [["a"]], ["a", "b"], 1.5])
def test_names_that_are_no_text(name, model):
    with h5py.File("m.weights.h5", "a") as file:
        del file["layers/dense/vars"].attrs["name"]
        file["layers/dense/vars"].attrs["name"] = name
    with pytest.raises(ValueError, match=r"Cannot load 'm.weights.h5': Expected text in the attribute 'name'"):
        KerasFileEditor("m.weights.h5")
