"""Arrays of byte strings, as text pipelines pass them: to preprocessing layers and through data sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


class StringTensor:
    """An immutable array of byte strings.

    It is no operand of `ckeras.ops`: the preprocessing layers of text turn it into numbers.

    Args:
        value: str, bytes, nested lists of them or an array of them. Text is encoded.
        encoding: of str.

    Raises:
        TypeError: if an element is neither str nor bytes.

    Attributes:
        shape: tuple of int.
        dtype: ``"string"``.

    >>> names = StringTensor([["zoë", b"bob"]])
    >>> names.shape, names[0, 1].numpy(), names.decoded().tolist()
    ((1, 2), b'bob', [['zoë', 'bob']])
    """

    __slots__ = ("_array",)

    dtype = "string"
    __hash__ = None  # as for other tensors that compare elementwise
    __array_priority__ = 1000

    def __init__(self, value: Any, encoding: str = "utf-8"):
        if isinstance(value, StringTensor):
            self._array = value._array
            return
        array = np.asarray(value, object)
        if isinstance(value, np.ndarray) and value.dtype.kind == "S":
            array = value.astype(object)
        flat = np.empty(array.size, object)
        for i, element in enumerate(array.ravel().tolist()):
            if isinstance(element, (StringTensor, np.ndarray)) and not element.shape:
                element = np.asarray(element).item()
            if isinstance(element, str):
                element = element.encode(encoding)
            elif not isinstance(element, bytes):
                raise TypeError(f"StringTensor expects elements of type str or bytes, got {element!r:.80}")
            flat[i] = element
        self._array = flat.reshape(array.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return self._array.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._array.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._array.size

    def numpy(self) -> Any:
        """Return a new array of bytes objects, or the bytes themselves if there is no axis."""
        return self._array.copy() if self.shape else self._array.item()

    def decoded(self, encoding: str = "utf-8", errors: str = "replace") -> np.ndarray:
        """Return an array of str; undecodable bytes become replacement characters."""
        flat = [element.decode(encoding, errors) for element in self._array.ravel().tolist()]
        found = np.empty(len(flat), object)
        found[:] = flat
        return found.reshape(self.shape)

    def reshape(self, shape: Any) -> StringTensor:
        """Return the same elements in another shape; one length may be -1."""
        return _wrapped(self._array.reshape(shape))

    def tolist(self) -> Any:
        """Return nested lists of bytes."""
        return self._array.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._array.astype(dtype or object)

    def __getitem__(self, key: Any) -> StringTensor:
        return _wrapped(self._array[key])

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a StringTensor without axes")
        return len(self._array)

    def __iter__(self) -> Iterator[StringTensor]:
        return (self[i] for i in range(len(self)))

    def __eq__(self, other: Any) -> np.ndarray:
        return np.equal(self._array, StringTensor(other)._array).astype(bool)

    def __ne__(self, other: Any) -> np.ndarray:
        return ~(self == other)

    def __add__(self, other: Any) -> StringTensor:
        return _wrapped(self._array + StringTensor(other)._array)

    def __radd__(self, other: Any) -> StringTensor:
        return StringTensor(other) + self

    def __bool__(self) -> bool:
        return bool(self._array.item())

    def __repr__(self) -> str:
        return f"<StringTensor shape={self.shape} {self._array.tolist()!r:.200}>"


def _wrapped(value: Any) -> StringTensor:
    """The result of an operation on an array of bytes, which are bytes or an array of them."""
    found = StringTensor.__new__(StringTensor)
    if not isinstance(value, np.ndarray):
        holder = np.empty((), object)
        holder[()] = value
        value = holder
    found._array = value
    return found


def check_kind(x: Any, dtype: str, where: str) -> None:
    """Raise TypeError if a tensor holds strings where another dtype is expected, or numbers where strings are."""
    if (dtype == "string") != (x.dtype == "string"):
        expected = "strings" if dtype == "string" else "numbers"
        raise TypeError(f"{where} expects {expected}, got a tensor of dtype {x.dtype}")


def holds_strings(value: Any) -> bool:
    """Whether this is a string, an array of strings, or a nested list of them (judged by its first element).

    >>> holds_strings("a"), holds_strings([[b"a"]]), holds_strings([1.0])
    (True, True, False)
    """
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    if isinstance(value, (str, bytes, StringTensor)):
        return True
    dtype = getattr(value, "dtype", None)
    if not isinstance(dtype, np.dtype):
        return False
    return dtype.kind in "SUT" or (dtype.kind == "O" and value.size > 0 and isinstance(value.flat[0], (str, bytes)))
