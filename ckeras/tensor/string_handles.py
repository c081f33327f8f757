"""Strings in compiled plans: batches hold integers that stand for them, which code on the host turns back into strings.

A plan's memory holds numbers alone. The strings of a data set get handles, integers of int64 that are gathered and
passed on as any numbers are. Nothing computes with them but `strings_of`.
"""

from __future__ import annotations

import itertools
import weakref
from typing import Any

import numpy as np

from ckeras.tensor.operators import functions
from ckeras.tensor.string_tensor import StringTensor
from ckeras.tensor.tensor import NeedsValue, Tensor

_BITS = 32  # of a handle, for the index in its array; the rest is the number of the array
_numbers = itertools.count(1)
_arrays: weakref.WeakValueDictionary[int, _Strings] = weakref.WeakValueDictionary()


class _Strings:
    """An array of bytes objects, alive as long as an array of its handles is."""

    def __init__(self, flat: np.ndarray):
        self.flat = flat
        self.number = next(_numbers)
        _arrays[self.number] = self


class Handles(np.ndarray):
    """An array of int64 that stand for strings, which it keeps alive; so do its slices and copies.

    Args:
        strings: the strings.
        described: what messages call the array that they came from.

    >>> handles = Handles(StringTensor(["a", "b", "c"]), "list")
    >>> strings_of(handles[1:]).tolist()
    [b'b', b'c']
    """

    described: str
    _strings: _Strings | None

    def __new__(cls, strings: StringTensor, described: str) -> Handles:
        array = np.asarray(strings)
        owner = _Strings(array.ravel())
        found = (np.arange(array.size, dtype=np.int64) + (owner.number << _BITS)).reshape(array.shape).view(cls)
        found._strings, found.described = owner, described
        return found

    def __array_finalize__(self, source: Any) -> None:
        self._strings = getattr(source, "_strings", None)
        self.described = getattr(source, "described", "array of strings")


def strings_of(handles: np.ndarray) -> StringTensor:
    """Return the strings that handles stand for.

    Raises:
        RuntimeError: if they are there no longer.
    """
    numbers = np.asarray(handles)
    owners, found = numbers >> _BITS, np.empty(numbers.shape, object)
    for owner in np.unique(owners).tolist():
        strings = _arrays.get(owner)
        if strings is None:
            raise RuntimeError("the strings of a batch are used after the data set that held them was deleted")
        chosen = owners == owner
        found[chosen] = strings.flat[numbers[chosen] & ((1 << _BITS) - 1)]
    return StringTensor(found)


class TracedStrings(StringTensor):
    """Strings while a plan is traced: they have a shape, and handles as a traced tensor.

    Whatever asks for the strings themselves raises `NeedsValue`.
    """

    __slots__ = ("handles",)

    def __init__(self, handles: Tensor):
        self.handles = handles

    @property
    def _array(self) -> np.ndarray:
        raise NeedsValue()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.handles.shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return self.handles.size

    def reshape(self, shape: Any) -> TracedStrings:
        """Return the same strings in another shape."""
        return TracedStrings(functions["reshape"](self.handles, shape))

    def __getitem__(self, key: Any) -> TracedStrings:
        return TracedStrings(self.handles[key])

    def __repr__(self) -> str:
        return f"<TracedStrings shape={self.shape}>"
