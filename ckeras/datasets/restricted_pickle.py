"""Numbers from pickled files, which may come from anywhere.

A pickle can call any function. Here it calls none: the names that arrays are pickled with stand for placeholders, from
which arrays are made afterwards, and any other name is an error.
"""

from __future__ import annotations

import io
import math
import pickle
import re
import zipfile
from collections.abc import Callable
from typing import IO, Any

import numpy as np

_OBJECT = re.compile(r"[|<>=]?O8?")
_NUMBER = re.compile(r"[|<>=]?[biuf][1248]")


class _Dtype:
    """Stands for `numpy.dtype`, of numbers or of objects."""

    def __init__(self, name: Any, *flags: Any):
        name = name.decode("ascii") if isinstance(name, bytes) else name
        if not isinstance(name, str) or not (_NUMBER.fullmatch(name) or _OBJECT.fullmatch(name)):
            raise pickle.UnpicklingError(f"expected an array of numbers or lists, got one of dtype {name!r}")
        self.name, self.order = name, ""

    def __setstate__(self, state: Any) -> None:
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        if order not in ("<", ">", "|", "="):
            raise pickle.UnpicklingError(f"expected a byte order, got {order!r}")
        self.order = order

    def made(self) -> np.dtype:
        """The dtype."""
        dtype = np.dtype(self.name)
        return dtype if self.order in ("", "|") else dtype.newbyteorder(self.order)


class _Array:
    """Stands for an array."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def made(self) -> np.ndarray:
        """The array."""
        try:
            _, shape, dtype, in_fortran_order, data = self.state
            if not isinstance(dtype, _Dtype) or not all(type(d) is int and d >= 0 for d in shape):
                raise ValueError("its dtype or shape is none")
            if _OBJECT.fullmatch(dtype.name):
                if not isinstance(data, list) or len(data) != math.prod(shape):
                    raise ValueError("its elements are no list of the size of its shape")
                array = np.empty(len(data), object)
                for i, value in enumerate(data):
                    array[i] = _arrays(value)
            else:
                data = data.encode("latin1") if isinstance(data, str) else data
                array = np.frombuffer(data, dtype.made()).copy()
            return array.reshape(shape, order="F" if in_fortran_order else "C")
        except (TypeError, ValueError) as error:
            raise pickle.UnpicklingError(f"expected the state of an array: {error}") from error


class _Call:
    """Stands for a function or class: it can be called, and nothing else."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]):
        self._function = function

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("a function has no state")


def _new_array(kind: Any, shape: Any, dtype: Any) -> _Array:
    return _Array()


def _encoded(text: Any, encoding: Any) -> bytes:
    """How Python 3 pickles bytes for Python 2."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"expected text in latin1, got {encoding!r}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """How Python 3 pickles empty bytes for Python 2."""
    return b""


_PLACEHOLDERS: dict[tuple[str, str], Any] = {
    ("__builtin__", "bytes"): _Call(_no_bytes),
    ("_codecs", "encode"): _Call(_encoded),
    ("numpy", "dtype"): _Call(_Dtype),
    ("numpy", "ndarray"): object(),
    ("numpy._core.multiarray", "_reconstruct"): _Call(_new_array),
    ("numpy.core.multiarray", "_reconstruct"): _Call(_new_array),
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _PLACEHOLDERS:
            raise pickle.UnpicklingError(f"refused {module}.{name}: only arrays, numbers, text and containers are read")
        return _PLACEHOLDERS[module, name]


def loads(data: bytes, encoding: str = "ASCII") -> Any:
    """Unpickle arrays of numbers or lists, numbers, text, lists, tuples and dicts.

    Args:
        data: The pickle.
        encoding: How text of Python 2 is decoded; ``"bytes"`` leaves it as bytes.

    Raises:
        ValueError: if it holds anything else, or is damaged.

    >>> import pickle
    >>> loads(pickle.dumps({"x": [1, 2]}))
    {'x': [1, 2]}
    >>> loads(pickle.dumps(print))
    Traceback (most recent call last):
        ...
    ValueError: cannot unpickle: refused builtins.print: only arrays, numbers, text and containers are read
    """
    try:
        return _arrays(_Unpickler(io.BytesIO(data), encoding=encoding).load())
    except (
        pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, ImportError, LookupError, MemoryError,
        RecursionError, TypeError, ValueError,
    ) as error:  # fmt: skip
        raise ValueError(f"cannot unpickle: {error}") from error


def _arrays(value: Any) -> Any:
    """A value with arrays where placeholders stand."""
    if isinstance(value, _Array):
        return value.made()
    if isinstance(value, dict):
        return {key: _arrays(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_arrays, value))
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    raise pickle.UnpicklingError(f"expected arrays, numbers, text and containers, got {type(value).__name__}")


def read_npz(path: str) -> dict[str, np.ndarray]:
    """Read the arrays of an `.npz` file, of numbers or of lists of numbers.

    Raises:
        ValueError: if it holds anything else, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name.removesuffix(".npy"): archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, RuntimeError, EOFError) as error:
        raise ValueError(f"{path!r} is no .npz file: {error}") from error
    return {name: _read_npy(io.BytesIO(data)) for name, data in members.items()}


def _read_npy(file: IO[bytes]) -> np.ndarray:
    try:
        return np.lib.format.read_array(file, allow_pickle=False)
    except ValueError:
        file.seek(0)
        version = np.lib.format.read_magic(file)
        header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in header:
            raise
        shape, _, dtype = header[version](file)
        if dtype != np.dtype(object):
            raise
        found = loads(file.read())
        if not isinstance(found, np.ndarray) or found.shape != shape:
            raise ValueError(f"expected an array of shape {shape}") from None
        return found
