"""StringLookup."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import registry
from ckeras.layers.preprocessing.index_lookup import IndexLookup
from ckeras.tensor.string_tensor import StringTensor, holds_strings


@registry.layers.ship()
class StringLookup(IndexLookup):
    """Look up strings in a vocabulary: strings to indices, or to vectors, or back.

    Args:
        max_tokens: maximum size of the vocabulary with its special tokens; `None` for any.
        num_oov_indices: number of indices of unknown strings, to which they are hashed; 0 makes them an error.
        mask_token: string with the index 0; `None` for none.
        oov_token: string for unknown indices, if ``invert`` is true.
        vocabulary: list or array of strings, or the path of a text file with a string on each line; `None` for `adapt`.
        idf_weights: weight of each string, for ``"tf_idf"``.
        invert: whether indices are mapped to strings.
        output_mode: ``"int"`` for indices; ``"one_hot"``, ``"multi_hot"`` or ``"count"`` as in `CategoryEncoding`;
            or ``"tf_idf"``: counts times the weights log(1 + n / (1 + d)), for a string in d of n documents.
        pad_to_max_tokens: whether vectors have the length ``max_tokens``.
        sparse: must be false; tensors are dense.
        encoding: of the strings.
        name: of the layer.
        salt: integer, or two, for the hashes of unknown strings: SipHash instead of FarmHash.

    Raises:
        ValueError: if an argument is not one of these, or before there is a vocabulary.
        TypeError: on a call, if the inputs are not strings.

    >>> layer = StringLookup(vocabulary=["a", "b", "c"])
    >>> layer([["a", "z"], ["c", "b"]]).tolist()
    [[1, 0], [3, 2]]
    >>> StringLookup(vocabulary=["a", "b", "c"], invert=True)([1, 0]).tolist()
    [b'a', b'[UNK]']
    >>> layer = StringLookup(output_mode="count")
    >>> layer.adapt(["b", "a", "b"])
    >>> layer.get_vocabulary(), layer([["b", "b", "x"]]).tolist()
    (['[UNK]', 'b', 'a'], [[1.0, 2.0, 0.0]])
    """

    vocabulary_kind = "strings"

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ):
        self.encoding = encoding
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, salt=salt, name=name, **kwargs,
        )  # fmt: skip

    @property
    def input_dtype(self) -> str:
        """Strings, or indices if the layer inverts the lookup."""
        return "int64" if self.invert else "string"

    def _token(self, value: Any) -> str:
        if isinstance(value, bytes):
            value = value.decode(self.encoding)
        if not isinstance(value, str):
            raise TypeError(f"layer {self.name!r} expects a vocabulary of strings, got {value!r:.80}")
        return str(value)

    def _parsed(self, line: str) -> str:
        return line

    def _key(self, token: str) -> bytes:
        return token.encode(self.encoding)

    def _decoded(self, key: bytes) -> str:
        return key.decode(self.encoding, "replace")

    def _keys(self, value: Any) -> np.ndarray:
        if not holds_strings(value) and np.asarray(value).size:
            raise TypeError(
                f"layer {self.name!r} expects inputs to be strings, got dtype {getattr(value, 'dtype', type(value))}"
            )
        return np.asarray(StringTensor(value, self.encoding))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "encoding": self.encoding}
