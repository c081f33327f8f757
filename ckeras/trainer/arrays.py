"""Arrays of numbers, from anything that is one: in memory, or in a file that may be larger than memory."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

from ckeras import config
from ckeras.tensor import Tensor, Variable, dtypes
from ckeras.tensor.dtypes import NUMPY
from ckeras.tensor.masks import get_mask
from ckeras.tensor.string_handles import Handles
from ckeras.tensor.string_tensor import StringTensor, holds_strings

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


def is_nested_numbers(value: Any) -> bool:
    """Whether a list is one array written out, and not a list of arrays."""
    while isinstance(value, (list, tuple)):
        if len(value) == 0:
            return True
        value = value[0]
    return isinstance(value, (bool, int, float, str, bytes, np.generic)) or value is None


def one_array(value: Any) -> np.ndarray | None:
    """The numpy array that ``value`` is or stands for, at little cost; `None` where it is more than one plain array."""
    if type(value) is np.ndarray:
        return value
    if type(value) is Tensor:
        return value._array if get_mask(value) is None else None
    try:
        if isinstance(value, (list, tuple)):
            return np.asarray(value) if value and is_nested_numbers(value) else None
        return _of_pandas(value) if hasattr(value, "iloc") and hasattr(value, "to_numpy") else None
    except ValueError:  # rows of several lengths, of which others speak
        return None


def as_input(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """``array`` as a plan takes it: of this dtype, contiguous and aligned."""
    if array.dtype is dtype and array.flags.c_contiguous and array.flags.aligned:
        return array
    with np.errstate(all="ignore"):  # what does not fit becomes infinite, as in a feed
        return array.astype(dtype, order="C")


def array_of(value: Any, name: str, where: str, strings: bool = False) -> np.ndarray | Stored:
    """An array of numbers, from anything that is one; where it is too large to be read at once, as it is stored.

    Args:
        value: the array.
        name, where: the argument and the method, for messages.
        strings: whether it may hold strings, which are represented by handles then.

    Raises:
        TypeError: if it is none.
        ValueError: if it has no axis of samples, or its rows differ in length.
    """
    found = _stored(value)
    if found is not None:
        _check_numbers(value, found, name, where)
        return found
    try:
        array = _numpy(value)
    except ValueError as error:
        raise ValueError(f"{where} expects {name} to be an array, but its rows differ in length: {error}") from None
    if strings and holds_strings(array) and array.shape:
        return _handles(value, array, name, where)
    _check_numbers(value, array, name, where)
    return ready(array)


def _handles(value: Any, array: np.ndarray, name: str, where: str) -> np.ndarray:
    """Handles of an array of strings."""
    try:
        found = StringTensor(array)
    except TypeError:  # there are other objects among them
        _check_numbers(value, array, name, where)
        raise
    return Handles(found, described(value, array))


def _stored(value: Any) -> Stored | None:
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


def _numpy(value: Any) -> np.ndarray:
    """A numpy array of a list, a tensor of ours or of another framework, a pandas frame or series."""
    if isinstance(value, (np.ndarray, list, tuple)):
        return np.asarray(value)
    if isinstance(value, (Tensor, Variable)):
        return value.numpy()
    if hasattr(value, "iloc") and hasattr(value, "to_numpy"):
        return _of_pandas(value)
    if hasattr(value, "detach"):  # torch
        return np.asarray(value.detach().cpu())
    if hasattr(value, "tocsr"):  # scipy
        return value.toarray()
    return np.asarray(value)


def _of_pandas(value: Any) -> np.ndarray:
    """A frame as a matrix, a series as one column; columns of numbers and booleans meet in floats."""
    array = value.to_numpy()
    if array.dtype == object:
        columns = [value.dtype] if array.ndim == 1 else list(value.dtypes)
        if all(getattr(dtype, "kind", "O") in "biuf" for dtype in columns):
            array = value.to_numpy(dtype=config.floatx(), na_value=np.nan)
    return array[:, None] if array.ndim == 1 else array


def _check_numbers(value: Any, array: Any, name: str, where: str) -> None:
    if not dtypes.holds_numbers(array.dtype):
        raise TypeError(f"{where} expects {name} to be an array of numbers, got {described(value, array)}")
    if not array.shape:
        raise ValueError(f"{where} expects {name} to have an axis of samples, got a single number")


def described(value: Any, array: np.ndarray) -> str:
    """What messages call an array that holds no numbers."""
    if callable(value) and hasattr(value, "__name__"):
        return f"{value.__name__} itself (write {value.__name__}())"
    return _of_objects(value) or f"{type(value).__name__} of dtype {array.dtype}"


def _of_objects(frame: Any) -> str | None:
    """The columns of a pandas frame, or the series, that hold no numbers, by name; `None` for all else."""
    if not hasattr(frame, "iloc"):
        return None
    if not hasattr(frame, "columns"):
        return f"the series {frame.name!r} of dtype {frame.dtype}" if hasattr(frame, "name") else None
    found = [(n, d) for n, d in zip(frame.columns, frame.dtypes, strict=True) if getattr(d, "kind", "O") not in "biuf"]
    listed = ", ".join(f"{name!r} of dtype {dtype}" for name, dtype in found)
    return f"a frame with the column{'s' * (len(found) > 1)} {listed}"


def ready(array: np.ndarray) -> np.ndarray:
    """The array in memory that kernels can read: contiguous, aligned, of native byte order."""
    array = dtypes.computable(array)
    dtype = dtypes.of_array(array) if array.dtype.itemsize <= 8 else "float64"
    return np.require(array, NUMPY[dtype], ("C", "A"))
