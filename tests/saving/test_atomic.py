"""Files are replaced as a whole or not at all."""

import os
import pathlib

import pytest

from ckeras import Sequential, layers, models
from ckeras.saving import atomic
from ckeras.saving.atomic import check_folder, replacing, replacing_folder


class Failing(layers.Layer):
    def call(self, x):
        return x

    def save_own_variables(self, store):
        raise RuntimeError("no")


@pytest.mark.parametrize(("name", "method"), [("m.keras", "save"), ("m.weights.h5", "save_weights")])
@pytest.mark.parametrize("fault", ["layer", "disk"])
def test_an_error_leaves_the_old_file(name, method, fault, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    pathlib.Path(name).write_text("old")
    model = Sequential([layers.Input((2,)), layers.Dense(1), *([Failing()] if fault == "layer" else [])])
    if fault == "disk":
        monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RuntimeError if fault == "layer" else OSError, match=r"^no$|No space left"):
        getattr(model, method)(name)
    assert pathlib.Path(name).read_text() == "old" and os.listdir() == [name]


def test_a_symbolic_link_stays_one():
    pathlib.Path("folder").mkdir()
    pathlib.Path("folder/target").write_text("old")
    os.symlink("folder/target", "link")
    with replacing("link") as file:
        file.write(b"new")
    assert os.path.islink("link") and pathlib.Path("folder/target").read_text() == "new"


def test_an_error_in_the_block_removes_the_temporary_file():
    with pytest.raises(KeyError), replacing("file") as file:
        file.write(b"part")
        raise KeyError
    assert os.listdir() == []


def test_a_folder_is_not_replaced():
    os.mkdir("here")
    with pytest.raises(IsADirectoryError, match="got a folder"), replacing("here"):
        pass


def test_a_folder_is_created_and_checked():
    check_folder("a/b", "Somebody")
    assert os.listdir("a/b") == []
    pathlib.Path("file").touch()
    with pytest.raises(OSError, match=r"Somebody cannot write to the folder .*file"):
        check_folder("file/below", "Somebody")


def model_of(value):
    made = Sequential([layers.Input((2,)), layers.Dense(1, kernel_initializer=str(value), name="d")])
    made.build()
    return made


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*"))


MODEL = ["config.json", "metadata.json", "model.weights.h5"]


@pytest.mark.parametrize("system", ["with exchange", "without"])
def test_a_folder_is_replaced_and_other_files_in_it_stay(system, monkeypatch):
    if system == "without":
        monkeypatch.setattr(atomic.ctypes, "CDLL", lambda *args, **kwargs: object())
        monkeypatch.setattr(atomic.sys, "platform", "other")
    model_of("zeros").save("m", zipped=False)
    pathlib.Path("m/notes/deep").mkdir(parents=True)
    pathlib.Path("m/notes/deep/one.txt").write_text("1")
    pathlib.Path("m/two.txt").write_text("2")
    os.symlink("two.txt", "m/link")
    os.chmod("m", 0o750)
    model_of("ones").save("m", zipped=False)
    assert models.load_model("m").get_weights()[0].min() == 1
    assert tree("m") == sorted([*MODEL, "link", "notes", "notes/deep", "notes/deep/one.txt", "two.txt"])
    assert pathlib.Path("m/notes/deep/one.txt").read_text() == "1" and os.readlink("m/link") == "two.txt"
    assert os.stat("m").st_mode & 0o777 == 0o750 and os.listdir() == ["m"]


@pytest.mark.parametrize("fault", ["layer", "disk"])
def test_an_error_leaves_the_old_folder(fault, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    model_of("ones").save("m", zipped=False)
    if fault == "disk":
        monkeypatch.setattr(os, "fsync", full)
    model = model_of("zeros") if fault == "disk" else Sequential([layers.Input((2,)), layers.Dense(1), Failing()])
    with pytest.raises(RuntimeError if fault == "layer" else OSError, match=r"^no$|No space left"):
        model.save("m", zipped=False)
    assert models.load_model("m").get_weights()[0].min() == 1 and os.listdir() == ["m"] and tree("m") == MODEL


def test_a_folder_that_cannot_be_renamed_is_left():
    os.mkdir("m")
    with pytest.raises(OSError, match="m"), replacing_folder("m", ()) as folder:
        os.rename("m", "elsewhere")
        pathlib.Path("m").touch()
        pathlib.Path(folder, "a").touch()
    assert os.path.isdir("elsewhere") and os.path.isfile("m") and len(os.listdir()) == 2


def test_the_current_folder_is_written_to_in_place():
    for value in ("zeros", "ones"):
        model_of(value).save(".", zipped=False)
    assert models.load_model(".").get_weights()[0].min() == 1 and tree(".") == MODEL
