"""IntegerLookup."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.layers.preprocessing.hashes import hash_buckets
from ckeras.layers.preprocessing.index_lookup import IndexLookup
from ckeras.tensor import dtypes
from ckeras.tensor.string_tensor import StringTensor

_INTEGRAL = dtypes.INTEGERS | {"bool"}


@registry.layers.ship()
class IntegerLookup(IndexLookup):
    """Look up integers in a vocabulary: integers to indices, or to vectors, or back.

    Args:
        max_tokens, idf_weights, invert, output_mode, sparse, pad_to_max_tokens, name: as in `StringLookup`.
        num_oov_indices: number of indices of unknown integers; 0 makes them an error.
        mask_token: integer with the index 0; `None` for none.
        oov_token: integer for unknown indices, if ``invert`` is true.
        vocabulary: list or array of integers, or the path of a text file with an integer on each line; `None` for
            `adapt`.
        vocabulary_dtype: must be ``"int64"``.
        oov_method: unknown integers x get the index x mod ``num_oov_indices`` (``"floormod"``), or that of the hash of
            their digits (``"farmhash"``).
        salt: integer, or two, for these hashes: SipHash instead of FarmHash.

    Raises:
        ValueError: if an argument is not one of these, or before there is a vocabulary.
        TypeError: on a call, if the inputs are not integers.

    >>> IntegerLookup(vocabulary=[10, 20, 30])([[10, 5], [30, 20]]).tolist()
    [[1, 0], [3, 2]]
    """

    vocabulary_kind = "integers"

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        if vocabulary_dtype != "int64":
            raise ValueError(f"IntegerLookup expects vocabulary_dtype='int64', got {vocabulary_dtype!r}")
        self.vocabulary_dtype = vocabulary_dtype
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, oov_method, salt, name=name, **kwargs,
        )  # fmt: skip

    def _token(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
            raise TypeError(f"layer {self.name!r} expects a vocabulary of integers, got {value!r:.80}")
        return int(value)

    def _parsed(self, line: str) -> int:
        try:
            return int(line)
        except ValueError:
            raise ValueError(f"layer {self.name!r} expects a file of integers, found the line {line!r:.80}") from None

    def _key(self, token: int) -> int:
        return int(token)

    def _decoded(self, key: int) -> int:
        return key

    def _keys(self, value: Any) -> np.ndarray:
        array = np.asarray(value)
        if array.dtype.kind not in "iubf" or (array.dtype.kind == "f" and not (array == np.floor(array)).all()):
            raise TypeError(f"layer {self.name!r} expects inputs to be integers, got {array.dtype}")
        return array.astype("int64")

    def _indices(self, inputs: Any) -> Any:
        if self.num_oov_indices == 0:  # unknown integers are an error, which only their values show
            return super()._indices(inputs)
        x = inputs if isinstance(inputs, StringTensor) else ops.convert_to_tensor(inputs)
        if x.dtype not in _INTEGRAL:
            self._keys(x.numpy())  # floats with integral values are taken too
        x, (keys, indices) = ops.cast(x, "int64"), self._vocabulary.sorted_table
        rows = ops.minimum(ops.searchsorted(keys, x), len(keys) - 1)
        found = ops.take(indices, rows)
        return ops.where(ops.equal(ops.take(keys, rows), x), found, self._first_unknown(x))

    def _first_unknown(self, x: Any) -> Any:
        """The indices that integers outside of the vocabulary have."""
        first, count = len(self._special()) - self.num_oov_indices, self.num_oov_indices
        if count == 1:
            return first
        return first + (ops.mod(x, count) if self.oov_method == "floormod" else hash_buckets(x, count, self.salt))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "vocabulary_dtype": self.vocabulary_dtype}
