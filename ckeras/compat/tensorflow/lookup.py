"""``tensorflow.lookup``: tables from keys, strings or integers, to values."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.ragged import RaggedTensor, _tensor
from ckeras.compat.tensorflow.records import plain_bytes
from ckeras.compat.tensorflow.sparse import SparseTensor
from ckeras.compat.tensorflow.table import names_of
from ckeras.layers.preprocessing.hashes import string_buckets
from ckeras.tensor.string_tensor import StringTensor


class KeyValueTensorInitializer:
    """Keys and their values.

    Args:
        keys: strings or integers.
        values: strings or numbers, as many.
        key_dtype, value_dtype: dtypes, if those of the tensors are not meant.
        name: no effect.
    """

    def __init__(self, keys: Any, values: Any, key_dtype: Any = None, value_dtype: Any = None, name: str | None = None):
        self.keys, self.values = (_of_dtype(x, dtype) for x, dtype in ((keys, key_dtype), (values, value_dtype)))
        if self.keys.shape != self.values.shape:
            raise ValueError(f"expected as many values as keys, got {self.values.shape} and {self.keys.shape}")
        self.key_dtype, self.value_dtype = self.keys.dtype, self.values.dtype


def _of_dtype(x: Any, dtype: Any) -> Any:
    tensor = _tensor(x)
    return tensor if dtype is None or tensor.dtype == "string" else _ops.cast(tensor, str(dtype))


class TextFileIndex:
    """What `TextFileInitializer` takes from a line: the whole, or its number."""

    WHOLE_LINE = -2
    LINE_NUMBER = -1


class TextFileInitializer(KeyValueTensorInitializer):
    """Keys and values of the lines of a text file.

    Args:
        filename: path of the file.
        key_dtype, value_dtype: dtypes.
        key_index, value_index: `TextFileIndex`, or the number of a column.
        vocab_size: number of lines; all by default.
        delimiter: between columns.
        name: no effect.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
    ):
        path = filename if hasattr(filename, "__fspath__") else plain_bytes(filename).decode()
        with open(path, "rb") as file:
            lines = file.read().splitlines()[:vocab_size]

        def column(index: int, dtype: Any) -> Any:
            if index == TextFileIndex.LINE_NUMBER:
                return np.arange(len(lines)).astype(str(dtype))
            texts = lines if index == TextFileIndex.WHOLE_LINE else [x.split(delimiter.encode())[index] for x in lines]
            return StringTensor(texts) if dtype == "string" else np.array(texts).astype(str(dtype))

        super().__init__(column(key_index, key_dtype), column(value_index, value_dtype))


def _listed(tensor: Any) -> list[Any]:
    return np.asarray(tensor).ravel().tolist()


class _Table:
    """A table that is looked up elementwise."""

    key_dtype: str
    value_dtype: str
    _known: dict[Any, Any]

    def _values(self, keys: list[Any]) -> list[Any]:
        raise NotImplementedError(f"{type(self).__name__} has no _values(keys)")

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """Return the value of each key; of the elements of ragged and sparse tensors likewise."""
        if isinstance(keys, RaggedTensor):
            return keys.with_flat_values(self.lookup(keys.flat_values))
        if isinstance(keys, SparseTensor):
            return keys.with_values(self.lookup(keys.values))
        tensor = _tensor(keys)
        if (tensor.dtype == "string") != (self.key_dtype == "string"):
            raise TypeError(f"a table of keys of dtype {self.key_dtype!s} was given keys of dtype {tensor.dtype!s}")
        found = self._values(_listed(tensor))
        if self.value_dtype == "string":
            return StringTensor(_objects(found)).reshape(tuple(tensor.shape))
        return _ops.convert_to_tensor(np.array(found, str(self.value_dtype)).reshape(tuple(tensor.shape)))

    def __getitem__(self, keys: Any) -> Any:
        return self.lookup(keys)

    def size(self, name: str | None = None) -> Any:
        """Return the number of keys, and of buckets for others."""
        return _ops.convert_to_tensor(np.int64(len(self._known)))


def _objects(values: list[Any]) -> np.ndarray:
    found = np.empty(len(values), object)
    found[:] = values
    return found


class StaticHashTable(_Table):
    """A table that does not change.

    Args:
        initializer: its keys and values.
        default_value: value of other keys.
        name, experimental_is_anonymous: no effect.

    >>> table = StaticHashTable(KeyValueTensorInitializer(["a", "b"], [1, 2]), -1)
    >>> table.lookup(["b", "c"]).tolist()
    [2, -1]
    """

    def __init__(
        self,
        initializer: KeyValueTensorInitializer,
        default_value: Any,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ):
        self.key_dtype, self.value_dtype = initializer.key_dtype, initializer.value_dtype
        self.default_value = _listed(_tensor(default_value))[0]
        self._known = dict(zip(_listed(initializer.keys), _listed(initializer.values), strict=True))

    def _values(self, keys: list[Any]) -> list[Any]:
        return [self._known.get(key, self.default_value) for key in keys]

    def export(self, name: str | None = None) -> tuple[Any, Any]:
        """Return all keys and values."""
        return _tensor(_objects(list(self._known)) if self.key_dtype == "string" else list(self._known)), _tensor(
            list(self._known.values())
        )


class StaticVocabularyTable(_Table):
    """A table from keys to indices, with buckets for other keys, chosen by FarmHash64.

    Args:
        initializer: keys, strings or integers, and their indices of int64, from 0 on; None for buckets alone.
        num_oov_buckets: number of buckets.
        lookup_key_dtype: dtype of the keys, without an initializer.
        name, experimental_is_anonymous: no effect.
    """

    def __init__(
        self,
        initializer: KeyValueTensorInitializer | None,
        num_oov_buckets: int,
        lookup_key_dtype: Any = None,
        name: str | None = None,
        experimental_is_anonymous: bool = False,
    ):
        if num_oov_buckets < 1:
            raise ValueError(f"StaticVocabularyTable expects num_oov_buckets of at least 1, got {num_oov_buckets}")
        self._known = {}
        if initializer is not None:
            if initializer.value_dtype != "int64":
                raise TypeError(f"StaticVocabularyTable expects values of dtype int64, got {initializer.value_dtype!s}")
            self._known = dict(zip(_listed(initializer.keys), _listed(initializer.values), strict=True))
        self._buckets = int(num_oov_buckets)
        self.key_dtype = "string" if initializer is None else initializer.key_dtype
        self.key_dtype = self.key_dtype if lookup_key_dtype is None else lookup_key_dtype
        self.value_dtype = "int64"

    def _values(self, keys: list[Any]) -> list[Any]:
        texts = [key if isinstance(key, bytes) else str(key).encode() for key in keys]
        buckets = _listed(string_buckets(StringTensor(_objects(texts)), self._buckets))
        others = [len(self._known) + bucket for bucket in buckets]
        return [self._known.get(key, other) for key, other in zip(keys, others, strict=True)]

    def size(self, name: str | None = None) -> Any:
        """Return the number of keys and buckets."""
        return _ops.convert_to_tensor(np.int64(len(self._known) + self._buckets))


class MutableHashTable(StaticHashTable):
    """A table that `insert` and `remove` change.

    Args:
        key_dtype, value_dtype: dtypes.
        default_value: value of other keys.
        name, checkpoint, experimental_is_anonymous: no effect.
    """

    def __init__(
        self,
        key_dtype: Any,
        value_dtype: Any,
        default_value: Any,
        name: str = "MutableHashTable",
        checkpoint: bool = True,
        experimental_is_anonymous: bool = False,
    ):
        self.key_dtype, self.value_dtype = key_dtype, value_dtype
        self.default_value = _listed(_tensor(default_value))[0]
        self._known = {}

    def insert(self, keys: Any, values: Any, name: str | None = None) -> None:
        """Set the values of keys."""
        self._known.update(zip(_listed(_tensor(keys)), _listed(_tensor(values)), strict=True))

    def remove(self, keys: Any, name: str | None = None) -> None:
        """Remove keys."""
        for key in _listed(_tensor(keys)):
            self._known.pop(key, None)


experimental = types.SimpleNamespace(MutableHashTable=MutableHashTable)

__getattr__, __dir__ = names_of(__name__, {})
