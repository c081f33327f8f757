"""The base of the layers that look up strings or integers in a vocabulary."""

from __future__ import annotations

import copy
import os
from collections import Counter
from typing import Any

import numpy as np

from ckeras import ops
from ckeras.layers.preprocessing.encoding import CATEGORIES, encode, encoded_shape
from ckeras.layers.preprocessing.hashes import string_buckets
from ckeras.layers.preprocessing.host_layer import HostLayer, batches_of, checked_salt, no_sparse, on_host
from ckeras.tensor import arguments, dtypes
from ckeras.tensor.string_tensor import StringTensor

MODES = ("int", *CATEGORIES, "tf_idf")
_FILE = "vocabulary.txt"


class Vocabulary:
    """The state of a lookup. It is no dict or list of the layer, which each call would search for layers.

    The layer has another one after each change of its tokens, so that plans that read them are dropped.

    Attributes:
        tokens: in order, without special tokens; `None` for none.
        given: those of the constructor, which the config holds; `None` for none.
        table: key -> index; sorted_table: keys and their indices as arrays, in the order of the keys, where they are
            integers.
        counts: key -> number of occurrences; documents: key -> number of documents.
        document_count: number of documents.
    """

    def __init__(self) -> None:
        self.tokens: list[Any] | None = None
        self.given: list[Any] | None = None
        self.table: dict[Any, int] = {}
        self.sorted_table: tuple[np.ndarray, np.ndarray] | None = None
        self.counts: Counter[Any] = Counter()
        self.documents: Counter[Any] = Counter()
        self.document_count = 0


class Lookup:
    """The indices of tokens as a function on the host; what it looks them up in can be exported.

    Args:
        layer: the layer that has the vocabulary.
    """

    def __init__(self, layer: IndexLookup):
        self._layer = layer

    def __call__(self, tokens: Any) -> np.ndarray:
        return self._layer.indices(self._layer._keys(tokens))

    @property
    def table(self) -> dict[Any, int]:
        """Key -> index."""
        return self._layer._vocabulary.table

    @property
    def unknown(self) -> int | None:
        """The index of all tokens that are not in the table, if they have one."""
        layer = self._layer
        return len(layer._special()) - 1 if layer.num_oov_indices == 1 else None


class IndexLookup(HostLayer):
    """Base class of lookups: `StringLookup` and `IntegerLookup` document the arguments.

    A subclass defines `_keys` (an input as an array of tokens), `_token` (one of a vocabulary) and `_parsed` (one of a
    file). The indices are: that of the mask token, those of unknown tokens, and those of the vocabulary.

    It owns its vocabulary, which `adapt`, `set_vocabulary` and `load_assets` change.
    """

    vocabulary_kind = "terms"

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        **kwargs: Any,
    ):
        kwargs.pop("vocabulary_size", None)  # of a config, where it describes the vocabulary in an archive
        super().__init__(**kwargs)
        name = type(self).__name__
        no_sparse(sparse, name)
        self.max_tokens = None if max_tokens is None else arguments.integer(max_tokens, name, "max_tokens", minimum=2)
        self.num_oov_indices = arguments.integer(num_oov_indices, name, "num_oov_indices", minimum=0)
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)  # names of Keras 2
        self.output_mode = arguments.choice(output_mode, name, "output_mode", MODES)
        self.oov_method = arguments.choice(oov_method, name, "oov_method", ("floormod", "farmhash"))
        self.invert, self.pad_to_max_tokens, self.sparse = bool(invert), bool(pad_to_max_tokens), False
        if invert and output_mode != "int":
            raise ValueError(f"{name} expects output_mode='int' where invert is true, got {output_mode!r}")
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError(f"{name} expects max_tokens where pad_to_max_tokens is true, got None")
        if idf_weights is not None and output_mode != "tf_idf":
            raise ValueError(f"{name} expects idf_weights only for output_mode='tf_idf', got {output_mode!r}")
        self.mask_token, self.oov_token, self.salt = mask_token, oov_token, checked_salt(salt, name)
        self._vocabulary = Vocabulary()
        self._given_weights: list[float] | None = None
        self._idf_weights: np.ndarray | None = None
        self._set_tokens(None)
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
            self._vocabulary.given = list(self._vocabulary.tokens or [])
            self._given_weights = None if idf_weights is None else [float(w) for w in idf_weights]
        elif idf_weights is not None:
            raise ValueError(f"{name} expects a vocabulary where idf_weights are given, got None")

    # -- the vocabulary

    @property
    def given_vocabulary(self) -> list[Any] | None:
        """The vocabulary of the constructor, or `None`."""
        return self._vocabulary.given

    def _token(self, value: Any) -> Any:
        """A token of a vocabulary as Python's str or int; raises TypeError for others."""
        raise NotImplementedError(f"{type(self).__name__} has no _token(value)")

    def _parsed(self, line: str) -> Any:
        """A token of a file."""
        raise NotImplementedError(f"{type(self).__name__} has no _parsed(line)")

    def _keys(self, value: Any) -> np.ndarray:
        """An input as an array of keys of the table."""
        raise NotImplementedError(f"{type(self).__name__} has no _keys(value)")

    def _key(self, token: Any) -> Any:
        """A token as a key of the table."""
        raise NotImplementedError(f"{type(self).__name__} has no _key(token)")

    def _special(self) -> list[Any]:
        """The tokens before those of the vocabulary."""
        masks = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        return [*masks, *[self.oov_token] * self.num_oov_indices]

    def _set_tokens(self, tokens: list[Any] | None) -> None:
        """Set the vocabulary without special tokens; `None` for none."""
        found, first = copy.copy(self._vocabulary), len(self._special())
        found.tokens = tokens
        found.table = {self._key(token): first + i for i, token in enumerate(tokens or [])}
        if self.mask_token is not None:  # in other modes than "int", it has no vector: its index is beyond them
            found.table[self._key(self.mask_token)] = 0 if self.output_mode == "int" else -1
        if self.vocabulary_kind == "integers":
            keys = sorted(found.table)
            found.sorted_table = np.array(keys, "int64"), np.array([found.table[k] for k in keys], "int64")
        self._vocabulary = found

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the vocabulary.

        Args:
            vocabulary: list or array of tokens, with the special ones at its begin or without; or the path of a text
                file with a token on each line.
            idf_weights: weight of each token, for ``output_mode="tf_idf"``.

        Raises:
            ValueError: if a token occurs twice, the mask token is not at the begin, there are more than
                ``max_tokens``, or the weights are missing, or of another number.
            TypeError: if a token is of another type.
        """
        if isinstance(vocabulary, (str, os.PathLike)):
            vocabulary = self._read(vocabulary)
        values = vocabulary.tolist() if hasattr(vocabulary, "tolist") else list(vocabulary)
        tokens = [self._token(value) for value in values]
        special = self._special()
        if special and tokens[: len(special)] == special:
            tokens = tokens[len(special) :]
        self._check(tokens)
        weights = self._checked_weights(idf_weights, len(tokens))
        self._set_tokens(tokens)
        self._idf_weights = weights

    def _read(self, path: Any) -> list[Any]:
        if not os.path.isfile(path):
            raise ValueError(f"layer {self.name!r} expects vocabulary to be a file or a list, and there is no {path!r}")
        with open(path, encoding="utf-8", newline="\n") as file:
            return [self._parsed(line) for line in file.read().split("\n") if line]

    def _check(self, tokens: list[Any]) -> None:
        if not tokens:
            raise ValueError(f"layer {self.name!r} expects a vocabulary with {self.vocabulary_kind}, got none")
        repeated = [token for token, count in Counter(tokens).items() if count > 1]
        if repeated:
            raise ValueError(f"layer {self.name!r} expects a vocabulary without repetition, got {repeated[:5]} twice")
        reserved = [self.mask_token] if self.mask_token is not None else []
        reserved += [self.oov_token] if self.invert else []
        misplaced = [token for token in reserved if token in tokens]
        if misplaced:
            raise ValueError(
                f"layer {self.name!r} expects the special tokens {self._special()} at the begin of the vocabulary, in "
                f"this order, or none of them; found {misplaced} elsewhere"
            )
        count = len(self._special()) + len(tokens)
        if self.max_tokens is not None and count > self.max_tokens:
            raise ValueError(
                f"layer {self.name!r} expects a vocabulary of at most {self.max_tokens} (max_tokens) with the special "
                f"tokens, got {count}"
            )

    def _checked_weights(self, weights: Any, count: int) -> np.ndarray | None:
        """The weights of the special tokens and those of the vocabulary."""
        if self.output_mode != "tf_idf":
            if weights is not None:
                raise ValueError(f"layer {self.name!r} takes idf_weights only for output_mode='tf_idf'")
            return None
        if weights is None:
            raise ValueError(f"layer {self.name!r} expects idf_weights with the vocabulary for output_mode='tf_idf'")
        found = np.asarray(weights, "float32").ravel()
        if len(found) != count:
            raise ValueError(f"layer {self.name!r} expects {count} idf_weights, one for each token, got {len(found)}")
        return np.concatenate([np.full(self.num_oov_indices, found.mean(), "float32"), found])

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """Return the tokens in the order of their indices."""
        return (self._special() if include_special_tokens else []) + list(self._vocabulary.tokens or [])

    def vocabulary_size(self) -> int:
        """Return the number of tokens, special ones included."""
        return len(self._special()) + len(self._vocabulary.tokens or [])

    # -- adapting

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Make the vocabulary of the tokens of data, the most frequent first.

        Args:
            data: array of tokens, or iterable of batches.
            steps: maximum number of batches; `None` for all.

        Raises:
            ValueError: if the layer was given a vocabulary, or there are no data.
        """
        self.begin_adapting()
        for batch in batches_of(data, steps, self):
            self.update_state(batch)
        self.finalize_state()

    def begin_adapting(self) -> None:
        """Forget what was counted; raises ValueError if the layer was given a vocabulary."""
        if self._vocabulary.given is not None:
            raise ValueError(f"layer {self.name!r} was given a vocabulary: it has nothing to adapt")
        self.reset_state()

    def update_state(self, data: Any) -> None:
        """Count the tokens of data for `finalize_state`; each row is a document."""
        keys = self._keys(data)
        rows = keys.reshape(len(keys), -1).tolist() if keys.ndim else [[keys.item()]]
        self.count_documents(rows)

    def count_documents(self, rows: list[list[Any]]) -> None:
        """Count the keys of documents."""
        for row in rows:
            self._vocabulary.counts.update(row)
            self._vocabulary.documents.update(set(row))
        self._vocabulary.document_count += len(rows)

    def finalize_state(self) -> None:
        """Make the vocabulary of the tokens that `update_state` counted; ties are in descending order."""
        if not self._vocabulary.counts:
            return
        special = {self._key(token) for token in (self.mask_token, self.oov_token) if token is not None}
        keys = sorted(
            (k for k in self._vocabulary.counts if k not in special),
            key=lambda k: (self._vocabulary.counts[k], k),
            reverse=True,
        )
        if self.max_tokens is not None:
            keys = keys[: self.max_tokens - len(self._special())]
        weights = [np.log(1 + self._vocabulary.document_count / (1 + self._vocabulary.documents[key])) for key in keys]
        self._set_tokens([self._decoded(key) for key in keys])
        if self.output_mode == "tf_idf":
            mean = [np.mean(weights) if weights else 0.0] * self.num_oov_indices
            self._idf_weights = np.array([*mean, *weights], "float32")

    def _decoded(self, key: Any) -> Any:
        """The token of a key."""
        raise NotImplementedError(f"{type(self).__name__} has no _decoded(key)")

    def reset_state(self) -> None:
        """Forget what `update_state` counted."""
        self._vocabulary.counts, self._vocabulary.documents = Counter(), Counter()
        self._vocabulary.document_count = 0

    # -- the lookup

    def _depth(self) -> int:
        """Length of the vectors."""
        return self.max_tokens if self.pad_to_max_tokens and self.max_tokens else self.vocabulary_size()

    def call(self, inputs: Any) -> Any:
        self._check_ready()
        return self._inverted(inputs) if self.invert else self.encoded(self._indices(inputs))

    def _indices(self, inputs: Any) -> Any:
        """The index of each token, as a tensor."""
        return on_host(Lookup(self), inputs, tuple(inputs.shape), "int64")

    def _check_ready(self) -> None:
        if self._vocabulary.tokens is None:
            raise ValueError(f"layer {self.name!r} has no vocabulary: give one, or call adapt() first")

    def indices(self, keys: np.ndarray) -> np.ndarray:
        """Return the index of each key."""
        return self.indices_of(keys.ravel().tolist()).reshape(keys.shape)

    def indices_of(self, keys: list[Any]) -> np.ndarray:
        """Return the index of each key of a list."""
        get = self._vocabulary.table.get
        found = np.array([get(key, -2) for key in keys], "int64")
        unknown = np.flatnonzero(found == -2)
        if unknown.size:
            first = len(self._special()) - self.num_oov_indices
            given = [keys[i] for i in unknown.tolist()]
            found[unknown] = first + self._unknown(np.array(given, object))
        return found

    def _unknown(self, keys: np.ndarray) -> Any:
        """The indices of unknown keys, from 0 on."""
        if self.num_oov_indices == 0:
            listed = [self._decoded(key) for key in keys.tolist()[:5]]
            raise ValueError(
                f"layer {self.name!r} has num_oov_indices=0, and inputs outside of its vocabulary: {listed}"
            )
        if self.num_oov_indices == 1:
            return 0
        return string_buckets(keys, self.num_oov_indices, self.salt)

    def encoded(self, indices: Any) -> Any:
        """Return indices as ``output_mode`` says."""
        depth, weights = self._depth(), self._idf_weights
        if weights is not None:
            weights = np.pad(weights, (0, depth - len(weights)))
        return encode(indices, self.output_mode, depth, self.output_dtype, weights)

    def _inverted(self, inputs: Any) -> Any:
        """The tokens of indices; those of no token are unknown."""
        indices = ops.convert_to_tensor(inputs)
        if indices.dtype not in dtypes.INTEGERS:
            raise TypeError(f"layer {self.name!r} expects indices to be integers, got dtype {indices.dtype}")
        every = [*self.get_vocabulary(), self.oov_token]
        last = len(every) - 1
        inside = ops.logical_and(indices >= 0, indices < last)
        found = ops.where(inside, indices, last)
        if isinstance(self.oov_token, str):
            return StringTensor(np.array(every, object)[found.numpy()])
        return ops.take(np.array(every, "int64"), found)

    @property
    def output_dtype(self) -> str:
        """int64 for indices, else the dtype of the layer."""
        return "int64" if self.output_mode == "int" else self.compute_dtype

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return encoded_shape(input_shape, self.output_mode, self._depth())

    # -- saving

    def get_config(self) -> dict[str, Any]:
        names = (
            "invert", "max_tokens", "num_oov_indices", "oov_token", "mask_token", "output_mode", "sparse",
            "pad_to_max_tokens", "oov_method", "salt",
        )  # fmt: skip
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            "idf_weights": self._given_weights,
            "vocabulary": self._vocabulary.given,
            "vocabulary_size": self.vocabulary_size(),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Create a layer from its configuration.

        Raises:
            ValueError: if its vocabulary is the path of a file, which is not read then.
        """
        if isinstance(config.get("vocabulary"), (str, bytes)):
            raise ValueError(
                f"{cls.__name__}: a config does not read files, and its vocabulary is {config['vocabulary']!r}; give "
                "the tokens, or call set_vocabulary(path) on a layer"
            )
        return super().from_config(config)

    def save_own_variables(self, store: Any) -> None:
        """Write the weights of "tf_idf"."""
        if self._idf_weights is not None:
            store["idf_weights"] = self._idf_weights

    def load_own_variables(self, store: Any) -> None:
        """Read what `save_own_variables` wrote."""
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            self._idf_weights = np.asarray(store["idf_weights"], "float32")

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary to a folder, a token on each line; one that was given is in the config instead."""
        if self._vocabulary.given is not None or self._vocabulary.tokens is None:
            return
        lines = [str(token) for token in self.get_vocabulary()]
        broken = [line for line in lines if "\n" in line]
        if broken:
            raise ValueError(
                f"layer {self.name!r}: a vocabulary file has no token with a line break, as {broken[0]!r:.80}"
            )
        with open(os.path.join(dir_path, _FILE), "w", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(lines))

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary that `save_assets` wrote to a folder."""
        path = os.path.join(dir_path, _FILE)
        if self._vocabulary.given is not None or not os.path.isfile(path):
            return
        with open(path, encoding="utf-8", newline="\n") as file:
            tokens = [self._parsed(line) for line in file.read().split("\n")]
        special = self._special()
        self._set_tokens(tokens[len(special) :] if tokens[: len(special)] == special else tokens)
