"""A model in a folder: the files metadata.json, config.json and model.weights.h5, and the folder assets."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from ckeras.saving import archive
from ckeras.saving.atomic import replacing, replacing_folder, write_text
from ckeras.saving.hdf5 import WeightsReader, WeightsWriter
from ckeras.saving.state import save_state

_ASSETS = "assets"


def write(
    path: str, model: Any, config: dict[str, Any], metadata: dict[str, Any], skipped: Collection[Any] = ()
) -> None:
    """Write a model to a folder, which replaces that of an older model as a whole.

    Other files of the folder stay. In a folder without a model, and in one that cannot be renamed since it is the
    current one or a disk is mounted there, each file is replaced for itself, the config last.

    Args:
        path: The folder, which is created.
        model: The model whose state is saved.
        config: Its config.
        metadata: What metadata.json holds.
        skipped: Objects that are left out.
    """
    texts = {archive.METADATA: json.dumps(metadata), archive.CONFIG: json.dumps(config)}
    in_place = os.path.isdir(path) and (not is_model(path) or os.path.ismount(path) or _is_current(path))
    with nullcontext(path) if in_place else replacing_folder(path, (*texts, archive.WEIGHTS, _ASSETS)) as target:
        with replacing(os.path.join(target, archive.WEIGHTS)) as file, WeightsWriter(file) as writer:
            save_state(model, writer, Assets(target), skipped)
        for name, text in texts.items():
            write_text(os.path.join(target, name), text)


def _is_current(path: str) -> bool:
    """Whether a folder is the current one, or that is within it."""
    path = os.path.realpath(path)
    return os.path.commonpath([path, os.getcwd()]) == path


def is_model(path: Any) -> bool:
    """Whether a path is that of a folder with a model."""
    return os.path.isfile(os.path.join(path, archive.CONFIG))


class Folder:
    """A folder with a model, with the interface of `archive.Archive`."""

    def __init__(self, path: str):
        self._path = path

    def config(self) -> dict[str, Any]:
        """The config of the model.

        Raises:
            ValueError: if it is malformed.
        """
        with open(os.path.join(self._path, archive.CONFIG), "rb") as file:
            return archive.dict_of(file.read(), archive.CONFIG)

    @contextmanager
    def weights(self) -> Iterator[WeightsReader]:
        """The weights."""
        with open(os.path.join(self._path, archive.WEIGHTS), "rb") as file, WeightsReader(file) as reader:
            yield reader

    @contextmanager
    def assets(self) -> Iterator[Assets]:
        """The assets."""
        yield Assets(self._path)


class Assets:
    """The folders of the objects that save files."""

    def __init__(self, path: str):
        self._root = os.path.join(path, _ASSETS)

    def make(self, path: str) -> str:
        """Return the folder for the files of the object at `path`, which is created."""
        folder = os.path.join(self._root, *path.split("/"))
        os.makedirs(folder, exist_ok=True)
        return folder

    def get(self, path: str) -> str:
        """Return the folder with the files of the object at `path`."""
        return os.path.join(self._root, *path.split("/"))


@contextmanager
def opened(path: str) -> Iterator[Folder]:
    """Open a folder with a model; errors name it."""
    with archive.errors_of(path):
        yield Folder(path)
