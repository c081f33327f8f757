"""Data sets of files in ``tensorflow.data``."""

from __future__ import annotations

import glob as _glob
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ckeras.compat.tensorflow.parsing import decode_compressed
from ckeras.compat.tensorflow.records import plain_bytes, read_records
from ckeras.tensor.string_tensor import StringTensor
from ckeras.utils.dataset import Dataset


def _paths(filenames: Any) -> list[str]:
    """Paths of one, several, or a data set of them."""
    given = list(filenames) if isinstance(filenames, Dataset) else filenames
    array = np.asarray(StringTensor([str(f) if hasattr(f, "__fspath__") else f for f in given]
                                    if isinstance(given, (list, tuple)) else
                                    str(given) if hasattr(given, "__fspath__") else given))  # fmt: skip
    return [path.decode() for path in array.ravel().tolist()]


def _of_files(filenames: Any, read: Callable[[str], Iterator[bytes]]) -> Callable[[], Iterator[Any]]:
    paths = _paths(filenames)
    return lambda: (StringTensor(record) for path in paths for record in read(path))


class TFRecordDataset(Dataset):
    """The records of TFRecord files, as strings.

    Args:
        filenames: path, list of paths, or data set of them.
        compression_type: "GZIP", "ZLIB" or none.
        buffer_size, num_parallel_reads, name: no effect.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: int | None = None,
        num_parallel_reads: int | None = None,
        name: str | None = None,
    ):
        super().__init__(_of_files(filenames, lambda path: read_records(path, compression_type)), None)


class TextLineDataset(Dataset):
    """The lines of text files, as strings without the ends of lines.

    Args:
        filenames: path, list of paths, or data set of them.
        compression_type: "GZIP", "ZLIB" or none.
        buffer_size, num_parallel_reads, name: no effect.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: int | None = None,
        num_parallel_reads: int | None = None,
        name: str | None = None,
    ):
        kind = compression_type or ""

        def lines(path: str) -> Iterator[bytes]:
            with open(path, "rb") as file:
                if not kind:
                    yield from (line.rstrip(b"\n").removesuffix(b"\r") for line in file)
                    return
                text = plain_bytes(decode_compressed(file.read(), kind))
            yield from (line.removesuffix(b"\r") for line in text.removesuffix(b"\n").split(b"\n") if text)

        super().__init__(_of_files(filenames, lines), None)


class FixedLengthRecordDataset(Dataset):
    """Records of a number of bytes in binary files.

    Args:
        filenames: path, list of paths, or data set of them.
        record_bytes: number of bytes of a record.
        header_bytes, footer_bytes: number of bytes before and after the records.
        buffer_size, compression_type, num_parallel_reads, name: no effect; files must not be compressed.

    Raises:
        ValueError: if the records do not fill a file.
    """

    def __init__(
        self,
        filenames: Any,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        buffer_size: int | None = None,
        compression_type: Any = None,
        num_parallel_reads: int | None = None,
        name: str | None = None,
    ):
        if compression_type:
            raise ValueError("FixedLengthRecordDataset expects files that are not compressed")

        def records(path: str) -> Iterator[bytes]:
            with open(path, "rb") as file:
                data = file.read()
            data = data[header_bytes or 0 : len(data) - (footer_bytes or 0)]
            if len(data) % record_bytes:
                raise ValueError(f"{path} holds {len(data)} bytes of records, which is no multiple of {record_bytes}")
            yield from (data[at : at + record_bytes] for at in range(0, len(data), record_bytes))

        super().__init__(_of_files(filenames, records), None)


def list_files(file_pattern: Any, shuffle: bool | None = None, seed: int | None = None, name: Any = None) -> Dataset:
    """Create a data set of the paths that match a pattern, or one of several; shuffled unless ``shuffle`` is False.

    Raises:
        ValueError: if there are none.
    """
    patterns = _paths(file_pattern)
    found = sorted({path for pattern in patterns for path in _glob.glob(pattern)})
    if not found:
        raise ValueError(f"list_files: no files match {patterns}")
    dataset = Dataset.from_tensor_slices(found)
    return dataset if shuffle is False else dataset.shuffle(len(found), seed=seed)
