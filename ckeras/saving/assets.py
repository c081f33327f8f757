"""The files that objects save besides their variables, such as vocabularies, within an archive.

An object writes to a folder, and reads from one; both are temporary. In the archive its files are members below
"assets/<path of the object>/".
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable
from typing import Any

_ROOT = "assets"


class AssetsWriter:
    """Context manager that collects the files of objects and adds them to an archive at its end."""

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive

    def __enter__(self) -> AssetsWriter:
        self._folder = tempfile.TemporaryDirectory()
        return self

    def make(self, path: str) -> str:
        """Return the folder for the files of the object at `path`."""
        folder = os.path.join(self._folder.name, *path.split("/"))
        os.makedirs(folder, exist_ok=True)
        return folder

    def __exit__(self, kind: Any, *exc: Any) -> None:
        with self._folder as root:
            if kind is not None:
                return
            for folder, _, names in os.walk(root):
                for name in sorted(names):
                    file = os.path.join(folder, name)
                    self._archive.write(file, "/".join([_ROOT, *os.path.relpath(file, root).split(os.sep)]))


class AssetsReader:
    """Context manager that gives the files of objects in an archive.

    Args:
        archive: The archive.
        checked: Function that returns a member's information by its name, or raises for one that is not to be read.
    """

    def __init__(self, archive: zipfile.ZipFile, checked: Callable[[str], zipfile.ZipInfo]):
        self._archive, self._checked = archive, checked

    def __enter__(self) -> AssetsReader:
        self._folder = tempfile.TemporaryDirectory()
        self._count = 0
        return self

    def get(self, path: str) -> str:
        """Return a folder with the files of the object at `path`.

        Raises:
            ValueError: if a member's name leads out of that folder.
        """
        folder = os.path.join(self._folder.name, str(self._count))
        self._count += 1
        os.mkdir(folder)
        prefix = f"{_ROOT}/{path}/" if path else f"{_ROOT}/"
        for name in self._archive.namelist():
            if name.startswith(prefix) and not name.endswith("/"):
                self._extract(name, folder, name[len(prefix) :].split("/"))
        return folder

    def _extract(self, name: str, folder: str, parts: list[str]) -> None:
        if any(part in ("", ".", "..") or "\\" in part or ":" in part or "\0" in part for part in parts):
            raise ValueError(f"Refused to extract {name!r}, which does not lie in the folder of its object.")
        target = os.path.join(folder, *parts)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        self._checked(name)
        with self._archive.open(name) as member, open(target, "wb") as file:
            while block := member.read(1 << 20):
                file.write(block)

    def __exit__(self, *exc: Any) -> None:
        self._folder.cleanup()
