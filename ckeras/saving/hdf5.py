"""HDF5 files of weights, in the layout of Keras 3.

The variables of an object are the datasets "0", "1", ... of the group "<path of the object>/vars", whose attribute
"name" is the object's name. Values of bfloat16 are opaque two-byte elements with the attribute "dtype". What HDF5 can
do beyond that is refused on reading: links to other files or paths, data that lies elsewhere, and datasets that claim
to be far larger than what the file stores.
"""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

_UNCOMPRESSED = 16 << 20  # bytes that a dataset may have whatever its size in the file is
_EXPANSION = 1024  # beyond that, the maximum ratio of its size to its size in the file
# HDF5 filter that is read -> the minimum size of a chunk with it: gzip, shuffle, the checksum fletcher32 and LZF.
_FILTERS = {1: 1, 2: 1, 3: 5, 32000: 1}
_NUMBERS_OR_TEXT = "biufcSUO"


def h5py() -> Any:
    """The package h5py, imported on first use."""
    import h5py

    return h5py


def check_heaps(file: BinaryIO) -> None:
    """Raise ValueError for a damaged global heap, in which HDF5 may look for text forever.

    A heap begins with "GCOL", a version and its size; each object in it with its index, 0 for what is free, and its
    size. To be called before attributes with text are read.

    Args:
        file: A file on the disk.
    """
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:

        def number(at: int, count: int) -> int:
            return int.from_bytes(data[at : at + count], "little")

        at = data.find(b"GCOL")
        while at >= 0:
            if data[at + 4 : at + 8] == b"\1\0\0\0":
                end, inner = at + number(at + 8, 8), at + 16
                if not inner <= end <= size:
                    raise ValueError(f"Refused to read a heap at {at} that ends at {end}, in a file of {size} bytes.")
                while inner + 16 <= end:
                    index, length = number(inner, 2), number(inner + 8, 8)
                    length = 16 + (length + 7) // 8 * 8 if index else length
                    if length < 16 or inner + length > end:
                        raise ValueError(f"Refused to read a heap at {at}, whose objects do not lie in it.")
                    inner += length
            at = data.find(b"GCOL", at + 1)


def text_of(owner: Any, name: str, rank: int = 0) -> Any:
    """The text in an attribute of a group, or with rank 1 a list of texts; ValueError if it holds anything else.

    HDF5 itself may crash on reading text of a damaged type.
    """
    attribute = owner.attrs.get_id(name)
    if rank == 1 and attribute.shape == (0,):
        return []
    if not isinstance(attribute.get_type(), h5py().h5t.TypeStringID) or len(attribute.shape or ()) != rank:
        raise ValueError(f"Expected text in the attribute {name!r} of {owner.name!r}, got dtype {attribute.dtype}.")
    return owner.attrs[name]


class WeightsWriter:
    """Context manager that writes the variables of objects to an HDF5 file.

    Args:
        file: A path, or a binary file that can be read and written anywhere.
    """

    def __init__(self, file: Any):
        self._file = h5py().File(file, "w")

    def make(self, path: str, name: str | None = None) -> GroupWriter:
        """Return the mapping to which the object at `path` assigns its variables."""
        return GroupWriter(self._file, f"{path}/vars" if path else "vars", name)

    def close(self) -> None:
        """Complete the file."""
        self._file.close()

    def __enter__(self) -> WeightsWriter:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()


class GroupWriter:
    """The group of one object, as a mapping to which arrays are assigned."""

    def __init__(self, file: Any, path: str, name: str | None):
        self._file, self._path, self._group = file, path, None
        if name is not None:
            self._made().attrs["name"] = name

    def _made(self) -> Any:
        """The group, which an object without name and variables does not get."""
        if self._group is None:
            self._group = self._file.create_group(self._path)
        return self._group

    def __setitem__(self, key: str, value: Any) -> None:
        array = np.asarray(value)
        if array.dtype.name == "bfloat16":
            self._made().create_dataset(key, data=array.view("V2")).attrs["dtype"] = "bfloat16"
        else:
            self._made()[key] = array

    def __delitem__(self, key: str) -> None:
        del self._made()[key]

    def __contains__(self, key: object) -> bool:
        return self._group is not None and key in self._group

    def __len__(self) -> int:
        return 0 if self._group is None else len(self._group)

    def keys(self) -> list[str]:
        """The names of the variables so far."""
        return [] if self._group is None else list(self._group)


class WeightsReader:
    """Context manager that reads the variables of objects from an HDF5 file.

    Args:
        file: A path, or a binary file that can be read anywhere.

    Raises:
        OSError: if it is no HDF5 file.
    """

    def __init__(self, file: Any):
        self._file = h5py().File(file, "r")

    def get(self, path: str) -> GroupReader:
        """Return the variables of the object at `path`, an empty mapping if the file has none.

        Raises:
            ValueError: if the path leads through a link.
        """
        group = self._file
        for part in [*filter(None, path.split("/")), "vars"]:
            found = part if part in group else f"_{part}"  # a private attribute in Keras 2
            if found not in group:
                return GroupReader(path, None)
            group = _member(group, found, h5py().Group)
        return GroupReader(path, group)

    @property
    def root(self) -> Any:
        """The root group."""
        return self._file

    def size(self) -> int:
        """Bytes of all values in the file, at most as many as a file of its size can hold."""
        return stored_size(self._file)

    def objects(self) -> Iterator[tuple[str, str | None, GroupReader]]:
        """Yield (path, name, variables) of all objects.

        Raises:
            ValueError: if a group is a link, or lies in itself.
        """
        yield from self._objects(self._file, "", set())

    def _objects(self, group: Any, path: str, seen: set[int]) -> Iterator[tuple[str, str | None, GroupReader]]:
        address = h5py().h5o.get_info(group.id).addr
        if address in seen:
            raise ValueError(f"Refused to read {group.name!r}, which lies in the file twice.")
        seen.add(address)
        for key in group:
            if key == "vars":
                variables = _member(group, key, h5py().Group)
                name = text_of(variables, "name") if "name" in variables.attrs else None
                yield path, name if isinstance(name, str) else None, GroupReader(path, variables)
            else:
                inner = _member(group, key, h5py().Group)
                yield from self._objects(inner, f"{path}/{key}" if path else key, seen)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> WeightsReader:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()


class GroupReader(Mapping):
    """The variables of one object, a mapping of their names to arrays."""

    def __init__(self, path: str, group: Any):
        self._path, self._group = path, {} if group is None else group

    def __getitem__(self, key: str) -> np.ndarray:
        if key not in self._group:
            raise KeyError(key)
        return array_at(self._group, key)

    def shape(self, key: str) -> tuple[int, ...]:
        """The shape of an array, which is not read; KeyError if there is none."""
        if key not in self._group:
            raise KeyError(key)
        return shape_at(self._group, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._group)

    def __len__(self) -> int:
        return len(self._group)

    def __contains__(self, key: object) -> bool:
        return key in self._group


def group_at(group: Any, path: str) -> Any:
    """The group at a path below a group; ValueError if there is none, or the path leads through a link."""
    for part in filter(None, path.split("/")):
        if part not in group:
            raise ValueError(f"Expected a group {path!r} in {group.name!r}, which has {list(group)[:10]}.")
        group = _member(group, part, h5py().Group)
    return group


def stored_size(root: Any) -> int:
    """Bytes of all values below a group, at most as many as a file of its size can hold."""
    total = 0

    def add(name: str, member: Any) -> None:
        nonlocal total
        if isinstance(member, h5py().Dataset) and member.shape is not None:
            total += math.prod(member.shape) * member.dtype.itemsize

    root.visititems(add)
    return min(total, max(_UNCOMPRESSED, _EXPANSION * root.file.id.get_filesize()))


def outside(group: Any) -> list[str]:
    """What in a group leads out of the file, or elsewhere in it, a sentence each."""
    found, seen, waiting = [], set(), [group]
    while waiting:
        one = waiting.pop()
        address = h5py().h5o.get_info(one.id).addr
        if address in seen:
            found.append(f"a group that lies in the file twice: {one.name!r}")
            continue
        seen.add(address)
        for name in one:
            kind, path = one.get(name, getclass=True, getlink=True), f"{one.name.rstrip('/')}/{name}"
            if kind is not h5py().HardLink:
                found.append(f"a link, {kind.__name__}: {path!r}")
                continue
            member = one[name]
            if isinstance(member, h5py().Group):
                waiting.append(member)
            elif isinstance(member, h5py().Dataset) and (member.external or member.is_virtual):
                found.append(f"values outside of the file: {path!r}")
    return found


def shape_at(group: Any, path: str) -> tuple[int, ...]:
    """The shape of the array at a path below a group, which is not read; ValueError as for `array_at`."""
    return _dataset_at(group, path).shape


def array_at(group: Any, path: str) -> np.ndarray:
    """The array at a path below a group; ValueError if it is not plainly in the file."""
    dataset = _dataset_at(group, path)
    if dataset.dtype == np.dtype("V2") and "dtype" in dataset.attrs:
        from ckeras.tensor.dtypes import NUMPY

        return dataset[()].view(NUMPY["bfloat16"])
    if dataset.dtype.kind not in _NUMBERS_OR_TEXT:
        raise ValueError(f"Expected numbers or text at {dataset.name!r}, got dtype {dataset.dtype}.")
    return np.asarray(dataset[()])


def _dataset_at(group: Any, path: str) -> Any:
    above, _, name = path.rpartition("/")
    group = group_at(group, above)
    if name not in group:
        raise ValueError(f"Expected an array {name!r} in {group.name!r}, which has {list(group)[:10]}.")
    dataset = _member(group, name, h5py().Dataset)
    _check_stored(dataset)
    return dataset


def _member(group: Any, name: str, kind: type) -> Any:
    """A member of a group that is in the file itself, and of a kind."""
    link = group.get(name, getclass=True, getlink=True)
    if link is not h5py().HardLink:
        raise ValueError(f"Refused to follow {name!r} in {group.name!r}, which is an HDF5 {link.__name__}.")
    member = group[name]
    if not isinstance(member, kind):
        raise ValueError(f"Expected {member.name!r} to be an HDF5 {kind.__name__}, got {type(member).__name__}.")
    return member


def _check_stored(dataset: Any) -> None:
    """Raise ValueError for a dataset whose values are not in the file, or which is far larger than what is there."""
    if dataset.shape is None:
        raise ValueError(f"Expected values at {dataset.name!r}, which is empty.")
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"Refused to read {dataset.name!r}, whose values are not in the file itself.")
    size, stored = math.prod(dataset.shape) * dataset.dtype.itemsize, dataset.id.get_storage_size()
    if size > max(_UNCOMPRESSED, _EXPANSION * stored):
        raise ValueError(f"Refused to read {dataset.name!r}: it claims {size} bytes, and {stored} are in the file.")
    if dataset.chunks is not None:
        _check_chunks(dataset)


def _check_chunks(dataset: Any) -> None:
    """Raise ValueError for chunks of wrong sizes, or outside of the dataset or the file, at which HDF5 crashes."""
    end, properties = dataset.file.id.get_filesize(), dataset.id.get_create_plist()
    filters = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    if not filters <= _FILTERS.keys():
        raise ValueError(f"Refused to read {dataset.name!r}, which has the HDF5 filters {sorted(filters)}.")
    whole = math.prod(dataset.chunks) * dataset.dtype.itemsize
    least = max((_FILTERS[one] for one in filters), default=whole)

    def check(chunk: Any) -> None:
        inside = all(0 <= at < n for at, n in zip(chunk.chunk_offset, dataset.shape, strict=True))
        if not inside or chunk.size < least or chunk.byte_offset is None or chunk.byte_offset + chunk.size > end:
            raise ValueError(f"Refused to read {dataset.name!r}, a chunk of which is damaged: {chunk}.")

    dataset.id.chunk_iter(check)
