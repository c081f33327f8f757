"""Sequences of word indices, as the data sets of texts have them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras.datasets.sources import fetched


def shifted(sequences: Any, start_char: int | None, index_from: int) -> list[list[int]]:
    """Add ``index_from`` to each index, and begin each sequence with ``start_char`` unless that is `None`."""
    begin = [] if start_char is None else [start_char]
    return [begin + [int(word) + (index_from or 0) for word in sequence] for sequence in sequences]


def shorter(sequences: list[list[int]], labels: Any, maxlen: int | None) -> tuple[list[list[int]], np.ndarray]:
    """The sequences shorter than ``maxlen``, if that is given, and their labels."""
    kept = [i for i, sequence in enumerate(sequences) if not maxlen or len(sequence) < maxlen]
    return [sequences[i] for i in kept], np.asarray(labels)[kept]


def limited(sequences: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None) -> list[list[int]]:
    """Replace indices below ``skip_top`` and from ``num_words`` by ``oov_char``, or drop them if that is `None`."""
    limit = num_words or max((max(sequence, default=0) for sequence in sequences), default=0)
    if oov_char is None:
        return [[word for word in sequence if skip_top <= word < limit] for sequence in sequences]
    return [[word if skip_top <= word < limit else oov_char for word in sequence] for sequence in sequences]


def as_array(sequences: Sequence[list[int]]) -> np.ndarray:
    """An array whose elements are the sequences."""
    array = np.empty(len(sequences), object)
    array[:] = sequences
    return array


def word_index(name: str, path: str) -> dict[str, int]:
    """The index of each word, from a JSON file."""
    with open(fetched(name, path), encoding="utf-8") as file:
        return json.load(file)
