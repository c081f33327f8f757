"""TextVectorization."""

from __future__ import annotations

import string
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np

from ckeras import ops, registry
from ckeras.layers.preprocessing.host_layer import HostLayer, batches_of, on_host
from ckeras.layers.preprocessing.index_lookup import MODES
from ckeras.layers.preprocessing.string_lookup import StringLookup
from ckeras.saving import deserialize_keras_object, serialize_keras_object
from ckeras.tensor import arguments
from ckeras.tensor.string_tensor import StringTensor

_PUNCTUATION = string.punctuation.encode()

# Name -> a function of a text. Case and punctuation are those of ASCII.
_STANDARDIZE: dict[Any, Callable[[bytes], bytes]] = {
    "lower_and_strip_punctuation": lambda text: text.lower().translate(None, _PUNCTUATION),
    "lower": bytes.lower,
    "strip_punctuation": lambda text: text.translate(None, _PUNCTUATION),
    None: lambda text: text,
}
# Name -> a function from a text to its tokens.
_SPLIT: dict[Any, Callable[[bytes], list[bytes]]] = {
    "whitespace": bytes.split,
    "character": lambda text: [character.encode() for character in text.decode(errors="replace")],
    None: lambda text: [text],
}


@registry.layers.ship()
class TextVectorization(HostLayer):
    """Turn texts into sequences of integers, or into vectors: standardize, split, join n-grams, look up.

    Args:
        max_tokens: maximum size of the vocabulary with its special tokens, ``""`` (padding, for ``"int"`` alone) and
            ``"[UNK]"``; `None` for any.
        standardize: ``"lower_and_strip_punctuation"``, ``"lower"``, ``"strip_punctuation"`` (of ASCII), `None`, or a
            function from a `StringTensor` to one.
        split: ``"whitespace"``, ``"character"``, `None`, or a function from a `StringTensor` to lists of tokens.
        ngrams: n for all n-grams up to n words, a tuple of these n, or `None` for words alone.
        output_mode: ``"int"`` for a sequence of indices, padded with 0; or ``"multi_hot"``, ``"count"``, ``"tf_idf"``
            for a vector, as in `StringLookup`.
        output_sequence_length: length to which sequences are cut or padded; `None` for that of the longest.
        pad_to_max_tokens: whether vectors have the length ``max_tokens``.
        vocabulary, idf_weights, sparse, encoding, name: as in `StringLookup`.
        ragged: must be false; tensors are dense.

    Call arguments:
        inputs: texts, of the shape (), (batch,) or (batch, 1).

    Raises:
        ValueError: if an argument is not one of these, or before there is a vocabulary.
        TypeError: on a call, if the inputs are not strings.

    >>> layer = TextVectorization(output_sequence_length=4)
    >>> layer.adapt(["The cat sat.", "the dog, the cat!"])
    >>> layer.get_vocabulary()
    ['', '[UNK]', 'the', 'cat', 'sat', 'dog']
    >>> layer(["the dog sat on it", "Cat"]).tolist()
    [[2, 5, 4, 1], [3, 0, 0, 0]]
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ):
        kwargs.pop("vocabulary_size", None)
        super().__init__(name=name, **kwargs)
        for argument, value, known in (("standardize", standardize, _STANDARDIZE), ("split", split, _SPLIT)):
            if not callable(value) and value not in known:
                listed = ", ".join(map(repr, known))
                raise ValueError(f"TextVectorization expects {argument} to be {listed} or a function, got {value!r}")
        if ragged:
            raise ValueError(f"TextVectorization returns dense tensors: expected ragged=False, got {ragged!r}")
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)  # names of Keras 2
        self.output_mode = arguments.choice(output_mode, "TextVectorization", "output_mode", MODES)
        if output_sequence_length is not None:
            arguments.integer(output_sequence_length, "TextVectorization", "output_sequence_length", minimum=1)
            if output_mode != "int":
                raise ValueError(
                    f"TextVectorization expects output_sequence_length only for output_mode='int', got {output_mode!r}"
                )
        self.standardize, self.split, self.ngrams = standardize, split, _ngrams(ngrams)
        self.output_sequence_length, self.ragged = output_sequence_length, False
        self.max_tokens, self.pad_to_max_tokens, self.encoding = max_tokens, pad_to_max_tokens, encoding
        self._lookup_layer = StringLookup(
            max_tokens, mask_token="", vocabulary=vocabulary, idf_weights=idf_weights, output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens, sparse=sparse, encoding=encoding, dtype=self.dtype_policy,
        )  # fmt: skip

    input_dtype = "string"

    # -- the vocabulary, which the lookup owns

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Make the vocabulary of the tokens of texts, the most frequent first.

        Args:
            data: texts, or iterable of batches of texts.
            batch_size: has no effect; texts of an array are taken at once.
            steps: maximum number of batches; `None` for all.

        Raises:
            ValueError: if the layer was given a vocabulary, or there are no data.
        """
        self._lookup_layer.begin_adapting()
        for batch in batches_of(data, steps, self):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Count the tokens of texts for `finalize_state`."""
        self._lookup_layer.count_documents(self.tokens(self._converted(data)))

    def finalize_state(self) -> None:
        """Make the vocabulary of the tokens that `update_state` counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forget what `update_state` counted."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """Return the tokens in the order of their indices."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """Return the number of tokens, special ones included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the vocabulary, as `StringLookup.set_vocabulary` does."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    # -- texts to tokens

    def tokens(self, texts: Any) -> list[list[bytes]]:
        """Return the tokens of each text of an array."""
        texts = self._rows(texts)
        if callable(self.standardize):
            texts = StringTensor(self.standardize(texts))
        standardize = _STANDARDIZE.get(self.standardize, bytes) if not callable(self.standardize) else bytes
        lines = [standardize(text) for text in np.asarray(texts).tolist()]
        if callable(self.split):
            found: Any = self.split(StringTensor(np.array(lines, object)))
            rows = [np.asarray(StringTensor(row)).ravel().tolist() if len(row) else [] for row in found]
        else:
            rows = [_SPLIT[self.split](line) for line in lines]
        return rows if self.ngrams is None else [self._joined(row) for row in rows]

    def _rows(self, texts: Any) -> StringTensor:
        """Texts of the shape (batch,)."""
        if not isinstance(texts, StringTensor):
            if np.asarray(texts).size:
                raise TypeError(f"layer {self.name!r} expects inputs to be strings, got dtype {texts.dtype}")
            texts = StringTensor(np.zeros(np.shape(texts), object))
        if texts.ndim > 2 or (texts.ndim == 2 and texts.shape[1] != 1):
            raise ValueError(
                f"layer {self.name!r} expects texts of the shape (), (batch,) or (batch, 1), got {texts.shape}"
            )
        return StringTensor(np.asarray(texts).reshape(-1))

    def _joined(self, words: list[bytes]) -> list[bytes]:
        """The n-grams of words."""
        return [b" ".join(words[i : i + n]) for n in self.ngrams or () for i in range(len(words) - n + 1)]

    def call(self, inputs: Any) -> Any:
        self._lookup_layer._check_ready()
        return on_host(self._vectors, inputs, self.compute_output_shape(inputs.shape), self.output_dtype)

    def _vectors(self, texts: Any) -> np.ndarray:
        """The output for texts."""
        lookup, rows = self._lookup_layer, self.tokens(texts)
        width = self.output_sequence_length
        if width is None:
            width = 1 if self._keeps_texts() else max(map(len, rows), default=0)
        lengths = np.array([min(len(row), width) for row in rows], "int64")
        tokens = [b"", *chain.from_iterable(row[:width] for row in rows)]
        padding, *_ = indices = lookup.indices_of(tokens)  # that of the mask token, which is in no vector
        padded = np.full((len(rows), width), padding)
        padded[np.arange(width) < lengths[:, None]] = indices[1:]
        found = lookup.encoded(ops.convert_to_tensor(padded))
        if self.output_mode == "int" and self._keeps_texts():
            found = ops.squeeze(found, -1)
        return (found if texts.ndim else found[0]).numpy()

    def _keeps_texts(self) -> bool:
        """Whether each text is one token, and sequences have no axis."""
        return self.split is None and self.ngrams is None and self.output_sequence_length is None

    @property
    def output_dtype(self) -> str:
        """int64 for sequences, else the dtype of the layer."""
        return "int64" if self.output_mode == "int" else self.compute_dtype

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch = tuple(input_shape)[:1]
        if self.output_mode != "int":
            return (*batch, self._lookup_layer._depth())
        if self._keeps_texts():
            return batch
        return (*batch, self.output_sequence_length)

    # -- saving

    def get_config(self) -> dict[str, Any]:
        lookup = self._lookup_layer.get_config()
        names = ("max_tokens", "output_mode", "output_sequence_length", "pad_to_max_tokens", "ragged", "encoding")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            **{name: lookup[name] for name in ("sparse", "vocabulary", "idf_weights", "vocabulary_size")},
            "standardize": _config_of(self.standardize),
            "split": _config_of(self.split),
            "ngrams": self.ngrams,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Create a layer from its configuration.

        Raises:
            ValueError: if its vocabulary is the path of a file, which is not read then.
        """
        if isinstance(config.get("vocabulary"), (str, bytes)):
            raise ValueError(f"TextVectorization: a config reads no files, its vocabulary is {config['vocabulary']!r}")
        functions = {name: config[name] for name in ("standardize", "split") if isinstance(config.get(name), dict)}
        return super().from_config({**config, **{k: deserialize_keras_object(v) for k, v in functions.items()}})

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary to a folder."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary of a folder."""
        self._lookup_layer.load_assets(dir_path)


def _ngrams(given: Any) -> tuple[int, ...] | None:
    """The numbers of words of n-grams."""
    if given is None:
        return None
    numbers = tuple(range(1, given + 1)) if isinstance(given, int) and not isinstance(given, bool) else given
    if not isinstance(numbers, (tuple, list)) or not numbers or any(type(n) is not int or n < 1 for n in numbers):
        raise ValueError(f"TextVectorization expects ngrams to be a positive integer, several or None, got {given!r}")
    return tuple(numbers)


def _config_of(value: Any) -> Any:
    return serialize_keras_object(value) if callable(value) else value
