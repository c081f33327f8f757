"""Texts to sequences of integers, and to matrices, by a vocabulary that is ordered by frequency."""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ckeras.preprocessing.text.words import FILTERS, text_to_word_sequence
from ckeras.utils.tracebacks import warn

_COUNTS = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")


class Tokenizer:
    """Map words to integers: 1 is the most frequent word, 0 is none.

    Args:
        num_words: only the ``num_words - 1`` most frequent words are used in results; `None` for all.
        filters: characters that separate words, besides ``split``.
        lower: whether texts are converted to lower case.
        split: separator of words.
        char_level: whether every character is a word.
        oov_token: stands for unknown words and gets the index 1; if `None`, unknown words are left out.
        analyzer: function that splits a text into words, instead of ``filters``, ``lower`` and ``split``.

    Raises:
        TypeError: for an unknown argument.

    Attributes:
        word_index: dict word -> index, of all words; index_word: its inverse.
        word_counts: dict word -> number of occurrences, in order of appearance.
        word_docs: dict word -> number of texts that contain it; index_docs: the same by index.
        document_count: number of texts.

    A text may also be a list of words.

    >>> tokenizer = Tokenizer(oov_token="?")
    >>> tokenizer.fit_on_texts(["one fish two fish", "red fish"])
    >>> tokenizer.texts_to_sequences(["red fish green fish"])
    [[5, 2, 1, 2]]
    >>> tokenizer.sequences_to_texts([[5, 2, 1]])
    ['red fish ?']
    >>> tokenizer.texts_to_matrix(["fish fish"], mode="count").tolist()
    [[0.0, 0.0, 2.0, 0.0, 0.0, 0.0]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], list[str]] | None = None,
        **kwargs: Any,
    ):
        if "nb_words" in kwargs:
            warn("Tokenizer: the argument nb_words is now num_words")
            num_words = kwargs.pop("nb_words")
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Tokenizer got an unknown argument {next(iter(kwargs))!r}")
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: dict[str, int] = defaultdict(int)
        self.index_docs: dict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Count the words of texts and index them by frequency; further calls add to the counts."""
        for words in map(self._words, texts):
            self.document_count += 1
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in dict.fromkeys(words):
                self.word_docs[word] += 1
        frequent = sorted(self.word_counts, key=self.word_counts.__getitem__, reverse=True)  # stable
        listed = frequent if self.oov_token is None else [self.oov_token, *frequent]
        self.word_index = {word: index for index, word in enumerate(listed, 1)}
        self.index_word = {index: word for word, index in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Iterable[Iterable[int]]) -> None:
        """Count in how many sequences each index is, which `sequences_to_matrix` needs for ``"tfidf"``."""
        for sequence in sequences:
            self.document_count += 1
            for index in set(sequence):
                self.index_docs[index] += 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """Return the indices of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """Yield what `texts_to_sequences` returns, text by text."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        for words in map(self._words, texts):
            found = (self.word_index.get(word) for word in words)
            kept = (unknown if index is None or not self._used(index) else index for index in found)
            yield [index for index in kept if index is not None]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """Return the words of each sequence of indices, joined by spaces."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Iterable[int]]) -> Iterator[str]:
        """Yield what `sequences_to_texts` returns, sequence by sequence."""
        unknown = self.oov_token if self.oov_token in self.word_index else None
        for sequence in sequences:
            found = ((index, self.index_word.get(index)) for index in sequence)
            words = (unknown if word is None or not self._used(index) else word for index, word in found)
            yield " ".join(word for word in words if word is not None)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> np.ndarray:
        """Return a row for each text, as `sequences_to_matrix` does."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> np.ndarray:
        r"""Return a matrix with a row for each sequence and a column for each index.

        Args:
            sequences: sequences of indices.
            mode: ``"binary"``: whether the index occurs; ``"count"``: the number c of its occurrences; ``"freq"``:
                c / (length of the sequence); ``"tfidf"``: (1 + log c) log(1 + n / (1 + d)), with n the number of
                texts, of which d contain the word.

        Returns:
            float64 array of the shape (sequences, ``num_words`` or number of words + 1).

        Raises:
            ValueError: if ``mode`` is unknown, or what it needs has not been counted.
        """
        weight = _WEIGHTS.get(mode)
        if weight is None:
            raise ValueError(f"sequences_to_matrix expects mode to be one of {', '.join(_WEIGHTS)}, got {mode!r}")
        if not self.num_words and not self.word_index:
            raise ValueError("sequences_to_matrix needs num_words, or fit_on_texts called before")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("sequences_to_matrix needs fit_on_texts or fit_on_sequences called before mode='tfidf'")
        columns = self.num_words or len(self.word_index) + 1
        matrix = np.zeros((len(sequences), columns))
        for row, sequence in zip(matrix, sequences, strict=True):
            counts: dict[int, int] = defaultdict(int)
            for index in sequence:
                counts[index] += 1
            for index, count in counts.items():
                if index < columns:
                    row[index] = weight(self, index, count, len(sequence))
        return matrix

    def get_config(self) -> dict[str, Any]:
        """Return the arguments and counts; the counts are JSON themselves."""
        config = {
            name: getattr(self, name)
            for name in ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        }
        return config | {name: json.dumps(getattr(self, name)) for name in _COUNTS}

    def to_json(self, **kwargs: Any) -> str:
        """Return JSON for `tokenizer_from_json`; ``kwargs`` are arguments of `json.dumps`. An analyzer is left out."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)

    def _words(self, text: Any) -> Any:
        """The words of a text, or characters; a list of words stays one."""
        if self.char_level or isinstance(text, (list, tuple)):
            if not self.lower:
                return text
            return text.lower() if isinstance(text, str) else [word.lower() for word in text]
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def _used(self, index: int) -> bool:
        return not self.num_words or index < self.num_words


_WEIGHTS: dict[str, Callable[[Tokenizer, int, int, int], float]] = {
    "binary": lambda tokenizer, index, count, length: 1.0,
    "count": lambda tokenizer, index, count, length: count,
    "freq": lambda tokenizer, index, count, length: count / length,
    "tfidf": lambda tokenizer, index, count, length: (
        (1 + np.log(count)) * np.log(1 + tokenizer.document_count / (1 + tokenizer.index_docs.get(index, 0)))
    ),
}


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """Return the tokenizer that `Tokenizer.to_json` described, of ckeras or Keras.

    Raises:
        ValueError: if this is not the JSON of a tokenizer.

    >>> tokenizer = Tokenizer()
    >>> tokenizer.fit_on_texts(["one fish"])
    >>> tokenizer_from_json(tokenizer.to_json()).word_index
    {'one': 1, 'fish': 2}
    """
    try:
        config = dict(json.loads(json_string)["config"])
        counts = {name: json.loads(config.pop(name)) for name in _COUNTS}
        for name in ("index_docs", "index_word"):
            counts[name] = {int(index): value for index, value in counts[name].items()}
        tokenizer = Tokenizer(**config)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"tokenizer_from_json expects the JSON of a Tokenizer, got {json_string!r:.80}") from error
    tokenizer.word_counts = OrderedDict(counts["word_counts"])
    for name in ("word_docs", "index_docs"):
        getattr(tokenizer, name).update(counts[name])
    tokenizer.word_index, tokenizer.index_word = counts["word_index"], counts["index_word"]
    return tokenizer
