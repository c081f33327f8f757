"""Writing of files so that a crash, a kill or a full disk leaves the old file or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from typing import IO, Any


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[IO[bytes]]:
    """Context manager that gives a binary file, which replaces the file at `path` if the block succeeds.

    It is a temporary file in the folder of `path` (of what a symbolic link points to), readable and seekable; it is
    flushed to the disk and renamed at the end of the block, and removed if the block raises.

    Raises:
        OSError: if the folder does not exist or cannot be written, or if `path` is a folder.

    >>> with replacing("numbers.txt") as file:
    ...     _ = file.write(b"1 2 3")
    >>> open("numbers.txt").read(), os.listdir()
    ('1 2 3', ['numbers.txt'])
    """
    path = os.path.realpath(path)
    if os.path.isdir(path):
        raise IsADirectoryError(f"Expected the path of a file to write, got a folder: {path!r}")
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(4)}.tmp")
    with contextlib.ExitStack() as undo:
        with open(temporary, "x+b") as file:
            undo.callback(_remove, temporary)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        undo.pop_all()
    _sync_folder(folder)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write a text file that replaces the one at `path`."""
    with replacing(path) as file:
        file.write(text.encode())


def check_folder(folder: str | os.PathLike, owner: str) -> None:
    """Create a folder if it does not exist, and raise OSError if files cannot be written there.

    Args:
        folder: The folder.
        owner: Who wants to write there, for the message.
    """
    try:
        os.makedirs(folder, exist_ok=True)
        probe = os.path.join(folder, f".{secrets.token_hex(4)}.tmp")
        with open(probe, "xb"):
            os.remove(probe)
    except OSError as error:
        raise type(error)(error.errno, f"{owner} cannot write to the folder ({error.strerror})", str(folder)) from error


def confirm_overwrite(path: Any) -> bool:
    """Ask at the terminal whether a file that exists may be overwritten."""
    answer = ""
    while answer not in ("y", "n"):
        answer = input(f"[WARNING] {path} already exists - overwrite? [y/n] ").strip().lower()
    return answer == "y"


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)


def _sync_folder(folder: str) -> None:
    """Flush the renaming to the disk, where folders can be opened."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        with contextlib.suppress(OSError):
            os.fsync(number)
    finally:
        os.close(number)
