"""Arrays that may be larger than memory: they stay where they are, in a file, and are read in parts."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

LARGE = 64 << 20  # bytes from which an array in a file is read in parts
_TOUCHED = 16 << 20  # bytes of a mapping that may be in memory at once
_AROUND = 512 << 10  # bytes that the system may put in memory where one byte is read


class Stored:
    """Rows of an array in a file, which may be an `np.memmap` or what behaves like an `h5py.Dataset`.

    Reading gives arrays in memory; slicing gives another `Stored`, and reads nothing.
    """

    def __init__(self, source: Any, begin: int = 0, end: int | None = None):
        self._source, self._begin = source, begin
        self._end = source.shape[0] if end is None else end
        self._mapping = _mapping_of(source)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, of which the first is the number of rows."""
        return (self._end - self._begin, *self._source.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        """The dtype in the file."""
        return self._source.dtype

    @property
    def row_bytes(self) -> int:
        """The size of a row."""
        return int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize

    def __getitem__(self, rows: slice) -> Stored:
        begin, end, _ = rows.indices(self.shape[0])
        return Stored(self._source, self._begin + begin, self._begin + end)

    def read(self, rows: Any) -> np.ndarray:
        """The rows of a slice, or of an array of numbers in any order, copied."""
        if isinstance(rows, slice):
            begin, end, _ = rows.indices(self.shape[0])
            found = np.array(self._source[self._begin + begin : self._begin + end])
            self._release()
            return found
        rows = self._begin + np.asarray(rows)
        found = np.empty((len(rows), *self.shape[1:]), self.dtype)
        if not isinstance(self._source, np.ndarray):
            order = np.argsort(rows)  # h5py takes increasing numbers alone
            found[order] = self._source[rows[order]]
            return found
        some = max(1, _TOUCHED // (self.row_bytes + _AROUND))
        for i in range(0, len(rows), some):
            found[i : i + some] = self._source[rows[i : i + some]]
            self._release()
        return found

    def _release(self) -> None:
        """Give back the memory of the pages that were read; they are still in the file, and in the system's cache."""
        if self._mapping is not None:
            self._mapping.madvise(mmap.MADV_DONTNEED)


def stored(value: Any) -> Stored | None:
    """An array in a file that is too large to be read at once, or `None` for all else."""
    in_file = isinstance(value, np.memmap) or (
        not isinstance(value, np.ndarray) and hasattr(value, "chunks") and hasattr(value, "dtype")
    )
    if not in_file or len(value.shape) == 0 or np.prod(value.shape, dtype=np.int64) * value.dtype.itemsize < LARGE:
        return None
    return Stored(value)


def _mapping_of(source: Any) -> Any:
    """The mapping behind an `np.memmap`, if its pages can be given back without losing what was written to them."""
    if not isinstance(source, np.memmap) or source.mode == "c" or not hasattr(mmap, "MADV_DONTNEED"):
        return None
    base = source
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.base if isinstance(base, np.ndarray) else None
    return base
