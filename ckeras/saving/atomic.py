"""Writing of files and folders so that a crash, a kill or a full disk leaves the old or the new one, never a part."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import sys
from collections.abc import Collection, Iterator
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


@contextlib.contextmanager
def replacing_folder(path: str | os.PathLike, owned: Collection[str]) -> Iterator[str]:
    """Context manager that gives an empty folder, which replaces the folder at `path` if the block succeeds.

    It is a temporary folder beside `path`; its files are flushed to the disk, and it is exchanged with the older one in
    one step, where the system has that (Linux, macOS; elsewhere there is no folder at `path` for a moment). It is
    removed if the block raises.

    Args:
        path: The folder.
        owned: Names of what is replaced. Everything else in an older folder is part of the new one too.

    Raises:
        OSError: if folders cannot be created beside `path`.

    >>> with replacing_folder("numbers", ["one.txt"]) as folder:
    ...     write_text(os.path.join(folder, "one.txt"), "1")
    >>> os.listdir("numbers")
    ['one.txt']
    """
    path = os.path.realpath(path)
    parent, name = os.path.split(path)
    temporary = os.path.join(parent, f".{name}.{secrets.token_hex(4)}.tmp")
    os.mkdir(temporary)
    try:
        yield temporary
        for folder, _, files in os.walk(temporary, topdown=False):
            for file in files:
                _sync(os.path.join(folder, file))
            _sync_folder(folder)
        if os.path.isdir(path):
            _copy_others(path, temporary, owned)
            exchange(temporary, path)
        else:
            os.rename(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)  # the older folder, or what was not completed
    _sync_folder(parent)


def _copy_others(source: str, target: str, owned: Collection[str]) -> None:
    """Link or copy what is in a folder to another one, but for some names, and give that the same permissions."""
    for entry in os.scandir(source):
        if entry.name not in owned:
            copy = os.path.join(target, entry.name)
            if entry.is_dir(follow_symlinks=False):
                shutil.copytree(entry.path, copy, symlinks=True, copy_function=_link)
            else:
                _link(entry.path, copy)
    shutil.copymode(source, target)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(source, target, follow_symlinks=False)


_AT_FDCWD, _EXCHANGE = -100, 2  # arguments of renameat2 of Linux; those of renamex_np of macOS have 2 for a swap too


def exchange(one: str, other: str) -> None:
    """Exchange two folders by renaming them, in one step where the system can.

    Raises:
        OSError: if they cannot be renamed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    if hasattr(libc, "renameat2"):
        status = libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _EXCHANGE)
    else:
        status = libc.renamex_np(*names, _EXCHANGE) if sys.platform == "darwin" else -1
    if status:
        moved = f"{one}.old"
        os.rename(other, moved)
        try:
            os.rename(one, other)
        except BaseException:
            os.rename(moved, other)
            raise
        os.rename(moved, one)


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


def _sync(path: str) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())


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
