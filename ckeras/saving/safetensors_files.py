"""Weights in safetensors files, through the package safetensors.

The variables of an object are the tensors "<path of the object>/vars/0", ".../1", ..., as the datasets in `.weights.h5`
files are called. The metadata give the path of each variable, such as "sequential/dense/kernel", under its name.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ckeras.saving.atomic import replacing

_FORMAT = {"format": "keras"}


def package() -> Any:
    """The package safetensors, imported on first use; ImportError says how to install it."""
    try:
        import safetensors
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "A .safetensors file needs the package safetensors: pip install 'ckeras[safetensors]'"
        ) from error
    return safetensors


class SafetensorsWriter:
    """Context manager that collects the variables of objects and writes them at its end; as `WeightsWriter`.

    Args:
        path: Path of the file, which replaces one of that name once it is complete.
    """

    def __init__(self, path: str | os.PathLike):
        self._path, self._package = path, package()
        self._tensors: dict[str, np.ndarray] = {}
        self._metadata = dict(_FORMAT)

    def make(self, path: str, name: str | None = None) -> _Group:
        """Return the mapping to which the object at `path` assigns its variables."""
        return _Group(self._tensors, _prefix(path))

    def describe(self, path: str, variables: list[Any]) -> None:
        """Note the paths of the variables of the object at `path`, if it stored them under "0", "1", ..."""
        for i, variable in enumerate(variables):
            if f"{_prefix(path)}{i}" in self._tensors:
                self._metadata[f"{_prefix(path)}{i}"] = variable.path

    def __enter__(self) -> SafetensorsWriter:
        return self

    def __exit__(self, kind: Any, *exc: Any) -> None:
        if kind is None:
            with replacing(self._path) as file:
                try:
                    self._package.numpy.save_file(self._tensors, file.name, self._metadata)
                except self._package.SafetensorError as error:
                    dtypes = sorted({array.dtype.name for array in self._tensors.values()})
                    raise ValueError(f"Cannot write values of {dtypes} to {str(self._path)!r}: {error}") from error


class _Group(Mapping):
    """The variables of one object, as a mapping to which arrays are assigned."""

    def __init__(self, tensors: dict[str, np.ndarray], prefix: str):
        self._tensors, self._prefix = tensors, prefix

    def __setitem__(self, key: str, value: Any) -> None:
        self._tensors[self._prefix + key] = np.ascontiguousarray(value).reshape(np.shape(value))

    def __delitem__(self, key: str) -> None:
        del self._tensors[self._prefix + key]

    def __getitem__(self, key: str) -> np.ndarray:
        return self._tensors[self._prefix + key]

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(self._prefix) for name in self._tensors if name.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class SafetensorsReader:
    """Context manager that reads the variables of objects from a safetensors file; as `WeightsReader`.

    Args:
        path: Path of the file.

    Raises:
        ValueError: if it is no such file, or is damaged.
        OSError: if it cannot be read.
    """

    def __init__(self, path: str | os.PathLike):
        self._package = package()
        if os.path.getsize(path) == 0:
            raise ValueError("Expected a safetensors file, got an empty one.")
        with self.errors():
            self._file = self._package.safe_open(os.fspath(path), framework="numpy")
            self._keys: dict[str, list[str]] = {}  # path of an object -> the names of its variables
            for name in self._file.keys():  # noqa: SIM118
                path, _, key = name.rpartition("/")
                if path == "vars" or path.endswith("/vars"):
                    self._keys.setdefault(path[:-5], []).append(key)
                else:
                    self._keys.setdefault(path, []).append(key)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Context manager: what the package finds wrong is a ValueError."""
        try:
            yield
        except (self._package.SafetensorError, AttributeError) as error:  # of numpy, for dtypes that it has not
            raise ValueError(f"Expected a safetensors file of values that numpy knows: {error}") from error

    @property
    def metadata(self) -> dict[str, str]:
        """The texts of the header: `export_weights` gives the path of each variable."""
        return dict(self._file.metadata() or {})

    def get(self, path: str) -> StoredTensors:
        """Return the variables of the object at `path`, an empty mapping if there are none."""
        return StoredTensors(self, _prefix(path), self._keys.get(path, []))

    def objects(self) -> Iterator[tuple[str, str | None, StoredTensors]]:
        """Yield (path, name, variables) of all objects; their names are not in such files."""
        for path in self._keys:
            yield path, None, self.get(path)

    def size(self) -> int:
        """Bytes of all values."""
        with self.errors():
            return sum(8 * math.prod(self._file.get_slice(name).get_shape()) for name in self._file.keys())  # noqa: SIM118

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, which is not read."""
        with self.errors():
            return tuple(self._file.get_slice(name).get_shape())

    def array(self, name: str) -> np.ndarray:
        """A tensor."""
        with self.errors():
            return np.asarray(self._file.get_tensor(name))

    def __enter__(self) -> SafetensorsReader:
        self._file.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._file.__exit__(*exc)


class StoredTensors(Mapping):
    """The variables of one object, a mapping of their names to arrays."""

    def __init__(self, reader: SafetensorsReader, prefix: str, keys: list[str]):
        self._reader, self._prefix, self._keys = reader, prefix, keys

    def __getitem__(self, key: str) -> np.ndarray:
        return self._reader.array(self._named(key))

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of a tensor, which is not read; KeyError if there is none."""
        return self._reader.shape(self._named(key))

    def _named(self, key: str) -> str:
        if key not in self._keys:
            raise KeyError(key)
        return self._prefix + key

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _prefix(path: str) -> str:
    return f"{path}/vars/" if path else "vars/"
