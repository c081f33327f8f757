"""Files are replaced as a whole or not at all."""

import os
import pathlib

import pytest

from ckeras import Sequential, layers
from ckeras.saving.atomic import check_folder, replacing


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
