"""Files below a folder, in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Sequence


def subfolders(directory: str, where: str) -> list[str]:
    """Return the sorted names of the folders in a folder; hidden ones are left out.

    Raises:
        ValueError: if there is no such folder.
    """
    check_folder(directory, where)
    names = sorted(os.listdir(directory))
    return [name for name in names if not name.startswith(".") and os.path.isdir(os.path.join(directory, name))]


def files_in(directory: str, suffixes: Sequence[str], follow_links: bool, where: str) -> list[str]:
    """Return the paths of the files below a folder whose names end with a suffix, sorted folder by folder.

    Args:
        directory: the folder.
        suffixes: lower case, with the dot; case is ignored in names.
        follow_links: whether folders may be symbolic links.
        where: the function, for errors.

    Raises:
        ValueError: if there is no such folder.
    """
    check_folder(directory, where)
    walk = sorted(os.walk(directory, followlinks=follow_links), key=lambda step: step[0])
    return [
        os.path.join(folder, name)
        for folder, _, names in walk
        for name in sorted(names)
        if name.lower().endswith(tuple(suffixes))
    ]


def check_folder(directory: str, where: str) -> None:
    """Raise ValueError if this is not a folder."""
    if not os.path.isdir(directory):
        raise ValueError(f"{where} expects directory to be a folder, and there is none at {directory!r}")
