"""Weights in several files of limited size, in the layout of Keras 3.

``name.weights.json`` says in which of the files ``name_00000.weights.h5``, ... the variables of each object are; those
of one object may be in several. Files beside older ones are called ``name_00000-1f3a5b7c.weights.h5``, ..., so that the
renaming of ``name.weights.json`` replaces all of them; then the older ones are removed.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import IO, Any

import numpy as np

from ckeras.saving.atomic import replacing
from ckeras.saving.hdf5 import GroupReader, WeightsReader, WeightsWriter

_ENDING = ".weights.json"


class ShardsWriter:
    """Context manager that writes the variables of objects to several files; as `WeightsWriter`.

    Args:
        path: Path of the file ``name.weights.json``.
        limit: Maximum size of the variables in a file, in bytes.
    """

    def __init__(self, path: str, limit: float):
        self._path, self._limit = path, limit
        self._weight_map: dict[str, list[str]] = {}  # path of a group -> the names of its files
        self._size = self._total = 0  # bytes in the last file, and in total
        self._shards: list[tuple[str, IO[bytes], WeightsWriter]] = []

    def __enter__(self) -> ShardsWriter:
        self._folder, name = os.path.split(self._path)
        self._name = name.removesuffix(_ENDING)
        self._mark = f"-{secrets.token_hex(4)}" if self._files_of() else ""
        self._files = ExitStack()  # what is entered first is replaced last
        self._map = self._files.enter_context(replacing(self._path))
        return self

    def make(self, path: str, name: str | None = None) -> ShardedGroup:
        """Return the mapping to which the object at `path` assigns its variables."""
        return ShardedGroup(self, path, name)

    def shard_for(self, size: int, what: str) -> tuple[str, WeightsWriter]:
        """The name and the writer of the file that takes a variable of this size."""
        if size > self._limit:
            raise ValueError(f"{what} has {size} bytes, more than max_shard_size allows, {int(self._limit)} bytes")
        if not self._shards or self._size + size > self._limit:
            name = f"{self._name}_{len(self._shards):05}{self._mark}.weights.h5"
            file = self._files.enter_context(replacing(os.path.join(self._folder, name)))
            self._shards.append((name, file, self._files.enter_context(WeightsWriter(file))))
            self._size = 0
        self._size, self._total = self._size + size, self._total + size
        name, _, writer = self._shards[-1]
        return name, writer

    def note(self, path: str, shard: str) -> None:
        """Note that a file has variables of the object at `path`."""
        self._weight_map.setdefault(_key(path), []).append(shard)

    def __exit__(self, *exc: Any) -> bool | None:
        if exc[0] is not None:
            return self._files.__exit__(*exc)
        with self._files:  # an error here leaves all older files too
            config = {"metadata": {"total_size": self._total}, "weight_map": self._weight_map}
            self._map.write(json.dumps(config, indent=4).encode())
            for _, file, writer in self._shards:
                writer.close()
                file.flush()
                os.fsync(file.fileno())
        for name in self._files_of() - {name for name, *_ in self._shards}:
            os.remove(os.path.join(self._folder, name))
        return None

    def _files_of(self) -> set[str]:
        """The files with variables that were written for this path."""
        pattern = re.compile(re.escape(self._name) + r"_\d{5}(-[0-9a-f]{8})?\.weights\.h5")
        return set(filter(pattern.fullmatch, os.listdir(self._folder or os.curdir)))


class ShardedGroup:
    """The variables of one object, as a mapping to which arrays are assigned."""

    def __init__(self, owner: ShardsWriter, path: str, name: str | None):
        self._owner, self._path, self._name = owner, path, name
        self._groups: dict[str, Any] = {}

    def __setitem__(self, key: str, value: Any) -> None:
        array = np.asarray(value)
        shard, writer = self._owner.shard_for(array.nbytes, f"variable {key!r} of {self._path or 'the root'!r}")
        if shard not in self._groups:
            self._groups[shard] = writer.make(self._path, self._name)
            self._owner.note(self._path, shard)
        self._groups[shard][key] = array

    def __delitem__(self, key: str) -> None:
        del self._of(key)[key]

    def __contains__(self, key: object) -> bool:
        return any(key in group for group in self._groups.values())

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def keys(self) -> list[str]:
        """The names of the variables so far."""
        return [key for group in self._groups.values() for key in group.keys()]  # noqa: SIM118

    def _of(self, key: str) -> Any:
        return next(group for group in self._groups.values() if key in group)


class ShardsReader:
    """Context manager that reads the variables of objects from several files; as `WeightsReader`.

    Args:
        path: Path of the file ``name.weights.json``.

    Raises:
        ValueError: if it does not say where the variables are.
    """

    def __init__(self, path: str):
        self._folder = os.path.dirname(path)
        self._shards: dict[str, WeightsReader] = {}
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
        weight_map = config.get("weight_map") if isinstance(config, dict) else None
        if not isinstance(weight_map, dict):
            raise ValueError(f"Expected a dict with a dict 'weight_map', got {config!r:.80}.")
        self._weight_map = weight_map

    def __enter__(self) -> ShardsReader:
        self._files = ExitStack()
        return self

    def get(self, path: str) -> Mapping[str, np.ndarray]:
        """Return the variables of the object at `path`, an empty mapping if there are none."""
        names = self._weight_map.get(_key(path), [])
        return _Joined([self._shard(name).get(path) for name in (names if isinstance(names, list) else [names])])

    def objects(self) -> Iterator[tuple[str, str | None, Mapping[str, np.ndarray]]]:
        """Yield (path, name, variables) of all objects; their names are not read."""
        for key in self._weight_map:
            path = key.strip("/").removesuffix("vars").rstrip("/")
            yield path, None, self.get(path)

    def _shard(self, name: Any) -> WeightsReader:
        if not isinstance(name, str) or os.path.basename(name) != name or name in ("", ".", ".."):
            raise ValueError(f"Expected the name of a file in the same folder, got {name!r}.")
        if name not in self._shards:
            file = self._files.enter_context(open(os.path.join(self._folder, name), "rb"))  # noqa: SIM115
            self._shards[name] = self._files.enter_context(WeightsReader(file))
        return self._shards[name]

    def __exit__(self, *exc: Any) -> bool | None:
        return self._files.__exit__(*exc)


class _Joined(Mapping):
    """Several mappings as one."""

    def __init__(self, parts: list[GroupReader]):
        self._parts = parts

    def __getitem__(self, key: str) -> np.ndarray:
        for part in self._parts:
            if key in part:
                return part[key]
        raise KeyError(key)

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of an array, which is not read; KeyError if there is none."""
        for part in self._parts:
            if key in part:
                return part.shape(key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (key for part in self._parts for key in part)

    def __len__(self) -> int:
        return sum(map(len, self._parts))


def _key(path: str) -> str:
    """The path of the group of an object."""
    return f"/{path}/vars" if path else "/vars"
