"""The archive of a `.keras` file: a zip of metadata.json, config.json, model.weights.h5 and the folder assets.

Members are read by their exact names, and none is ever extracted to a path that the archive gives.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import IO, Any

from ckeras.saving.assets import AssetsReader, AssetsWriter
from ckeras.saving.hdf5 import WeightsReader, WeightsWriter, check_heaps
from ckeras.saving.state import save_state

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_TEXT = 256 << 20  # bytes that config.json may have
_SMALL_TEXT = 4 << 20  # bytes that it may have whatever its size in the archive
_TEXT_EXPANSION = 64  # beyond that, the maximum ratio of its size to that in the archive
_BLOCK = 1 << 20
_EXPANSION = 1100  # maximum ratio of a member's size to its size in the archive; that of deflate is 1032


def write(
    file: IO[bytes],
    model: Any,
    config: dict[str, Any],
    metadata: dict[str, Any],
    folder: str | None,
    skipped: Collection[Any] = (),
) -> None:
    """Write the archive of a model.

    Args:
        file: A binary file to write to.
        model: The model whose state is saved.
        config: Its config.
        metadata: What metadata.json holds.
        folder: Where the weights are collected before they go into the archive; None is the folder of temporary files.
        skipped: Objects that are left out.
    """
    texts = {METADATA: json.dumps(metadata), CONFIG: json.dumps(config)}
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in texts.items():
            with archive.open(name, "w") as member:
                member.write(text.encode())
        with tempfile.TemporaryFile(dir=folder) as collected, AssetsWriter(archive) as assets:
            with WeightsWriter(collected) as writer:
                save_state(model, writer, assets, skipped)
            collected.seek(0)
            with archive.open(WEIGHTS, "w", force_zip64=True) as member:
                shutil.copyfileobj(collected, member, _BLOCK)


def dict_of(text: bytes, name: str) -> dict[str, Any]:
    """The dict in a JSON file; ValueError if it holds none."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"Expected {name} to hold a dict, got {type(found).__name__}.")
    return found


def check_model(made: Any) -> None:
    """Raise ValueError if what was made from a config is no model, nor anything else that is saved as one."""
    if not all(hasattr(made, name) for name in ("save", "weights")):
        raise ValueError(f"Expected a model, got an object of type {type(made).__name__}.")


class Archive:
    """An open `.keras` file."""

    def __init__(self, file: IO[bytes]):
        self.file = self._file = file
        self._zip = zipfile.ZipFile(file)

    def config(self) -> dict[str, Any]:
        """The config of the model.

        Raises:
            ValueError: if it is missing, too large or malformed.
        """
        return self._dict(CONFIG)

    def metadata(self) -> dict[str, Any]:
        """When and by which version the file was written.

        Raises:
            ValueError: if it is missing, too large or malformed.
        """
        found = self._dict(METADATA)
        return {key: str(found.get(key)) for key in ("keras_version", "date_saved")} | found

    def _dict(self, name: str) -> dict[str, Any]:
        """The dict in a JSON file."""
        info = self._info(name)
        if info.file_size > min(_TEXT, max(_SMALL_TEXT, _TEXT_EXPANSION * info.compress_size)):
            raise ValueError(f"Refused to read {name}, which claims {info.file_size} bytes.")
        with self._zip.open(name) as member:  # not more than it claims, which `ZipFile.read` would unpack
            return dict_of(member.read(info.file_size), name)

    @contextmanager
    def weights(self) -> Iterator[WeightsReader]:
        """The weights, after a check of their checksum."""
        info = self._info(WEIGHTS)
        with self._zip.open(WEIGHTS) as member, tempfile.TemporaryFile() as unpacked:
            if info.compress_type == zipfile.ZIP_STORED:
                while member.read(_BLOCK):  # which checks
                    pass
                file: Any = _Window(self._file, self._offset(info), info.file_size)
            else:
                shutil.copyfileobj(member, unpacked, _BLOCK)
                unpacked.flush()
                check_heaps(unpacked)
                file = unpacked
            with WeightsReader(file) as reader:
                yield reader

    @contextmanager
    def assets(self) -> Iterator[AssetsReader]:
        """The assets."""
        with AssetsReader(self._zip, self._info) as reader:
            yield reader

    def _info(self, name: str) -> zipfile.ZipInfo:
        """A member, unless it claims to be far larger than what the archive stores."""
        if name not in self._zip.NameToInfo:
            raise ValueError(f"Expected the archive to have a member {name!r}, it has {self._zip.namelist()[:10]}.")
        info = self._zip.getinfo(name)
        if info.file_size > _EXPANSION * max(info.compress_size, 1):
            raise ValueError(
                f"Refused to read {name!r}: it claims {info.file_size} bytes, and {info.compress_size} are stored."
            )
        return info

    def _offset(self, info: zipfile.ZipInfo) -> int:
        """Where in the file the bytes of a stored member begin."""
        self._file.seek(info.header_offset + 26)
        lengths = self._file.read(4)
        return info.header_offset + 30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")


class _Window(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, file: IO[bytes], begin: int, size: int):
        self._file, self._begin, self._size, self._at = file, begin, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._begin + self._at)
        view = memoryview(buffer).cast("B")
        data = self._file.read(max(0, min(len(view), self._size - self._at)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


@contextmanager
def opened(filepath: Any) -> Iterator[Archive]:
    """Open a `.keras` file, given by its path or as a binary file; errors name the file."""
    with errors_of(filepath):
        if hasattr(filepath, "read"):
            yield Archive(filepath)
        else:
            with open(filepath, "rb") as file:
                yield Archive(file)


@contextmanager
def errors_of(filepath: Any) -> Iterator[None]:
    """Context manager: whatever is wrong with a file is a ValueError that names it. OSErrors stay what they are."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(f"Cannot read {_named(filepath)}: {error}") from error
    except (
        ArithmeticError, AttributeError, EOFError, ImportError, LookupError, NotImplementedError, RecursionError,
        RuntimeError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        if isinstance(error, ValueError) and str(error).startswith(f"Cannot load {_named(filepath)}"):
            raise  # of an inner context
        raise ValueError(f"Cannot load {_named(filepath)}: {error}") from error


def _named(filepath: Any) -> str:
    return repr(getattr(filepath, "name", filepath) if hasattr(filepath, "read") else str(filepath))
