"""TFRecord files: records of bytes, each with its length and checksums; also compressed with gzip or zlib.

A record is its length (uint64), the masked CRC-32C of that, the data, and the masked CRC-32C of the data.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ckeras._kernels import level
from ckeras.compat.tensorflow import errors
from ckeras.tensor.eager import Kernel
from ckeras.tensor.string_tensor import StringTensor

_KINDS = ("", "GZIP", "ZLIB")


def _masked(data: bytes) -> int:
    """The CRC-32C of bytes, rotated and shifted as in the files."""
    found = np.empty(1, np.int64)
    Kernel(level, "crc32c", (0, 1), (len(data),), ()).run([found, np.frombuffer(data, np.uint8)], "crc32c")
    crc = int(found[0])
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def plain_bytes(value: Any) -> bytes:
    """Bytes of bytes, str, or a string tensor without axes."""
    if isinstance(value, StringTensor):
        value = value.numpy()
    if isinstance(value, np.ndarray) and value.shape == ():
        value = value.item()
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"expected bytes, got {type(value).__name__}")
    return bytes(value)


def _kind(value: Any) -> str:
    found = getattr(value, "compression_type", value) or ""
    found = found.numpy().decode() if isinstance(found, StringTensor) else found
    if found not in _KINDS:
        raise ValueError(f"expected compression_type to be one of {_KINDS}, got {found!r}")
    return found


class TFRecordOptions(NamedTuple):
    """Options of a `TFRecordWriter`."""

    compression_type: str | None = None
    compression_level: int | None = None


class TFRecordWriter:
    """A writer of a TFRecord file, which is replaced if it exists.

    Args:
        path: of the file.
        options: compression, "GZIP", "ZLIB" or none, or `TFRecordOptions`.

    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "a.tfrecord")
    >>> with TFRecordWriter(path) as writer:
    ...     writer.write(b"one")
    >>> list(read_records(path))
    [b'one']
    """

    def __init__(self, path: Any, options: Any = None):
        kind, effort = _kind(options), getattr(options, "compression_level", None)
        effort = -1 if effort is None else effort
        self._file: Any = open(plain_bytes(path).decode() if not hasattr(path, "__fspath__") else path, "wb")  # noqa: SIM115
        self._zlib: Any = None
        self._outer: Any = None
        if kind == "GZIP":
            self._outer, self._file = (
                self._file,
                gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=9 if effort < 0 else effort),
            )
        elif kind == "ZLIB":
            self._zlib = zlib.compressobj(effort)

    def write(self, record: Any) -> None:
        """Append a record of bytes."""
        data = plain_bytes(record)
        length = struct.pack("<Q", len(data))
        whole = length + struct.pack("<I", _masked(length)) + data + struct.pack("<I", _masked(data))
        self._file.write(whole if self._zlib is None else self._zlib.compress(whole))

    def flush(self) -> None:
        """Write what is in memory to the file."""
        self._file.flush()

    def close(self) -> None:
        """Complete the file."""
        if self._zlib is not None:
            self._file.write(self._zlib.flush())
            self._zlib = None
        self._file.close()
        if self._outer is not None:
            self._outer.close()

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()


def read_records(path: Any, compression_type: Any = None) -> Iterator[bytes]:
    """Yield the records of a file.

    Raises:
        DataLossError: if the file is cut or a checksum does not fit.
    """
    kind = _kind(compression_type)
    name = path if hasattr(path, "__fspath__") else plain_bytes(path).decode()
    with open(name, "rb") as raw:
        file: Any = raw
        if kind == "GZIP":
            file = gzip.GzipFile(fileobj=raw)
        elif kind == "ZLIB":
            file = io.BytesIO(zlib.decompress(raw.read()))
        while head := file.read(12):
            length = struct.unpack("<Q", head[:8])[0] if len(head) == 12 else 0
            if len(head) < 12 or struct.unpack("<I", head[8:])[0] != _masked(head[:8]):
                raise errors.DataLossError(f"{name}: the length of a record is cut or damaged")
            data, tail = file.read(length), file.read(4)
            if len(data) < length or len(tail) < 4 or struct.unpack("<I", tail)[0] != _masked(data):
                raise errors.DataLossError(f"{name}: a record of {length} bytes is cut or damaged")
            yield data
