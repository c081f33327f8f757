"""IMDB: reviews of films and what they say of them, by A. Maas et al., "Learning word vectors for sentiment analysis"
(2011)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.datasets.restricted_pickle import read_npz
from ckeras.datasets.sequences import as_array, limited, shifted, shorter, word_index
from ckeras.datasets.sources import fetched
from ckeras.datasets.splits import Arrays, order_of

__all__ = ["get_word_index", "load_data"]


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> tuple[Arrays, Arrays]:
    """Return 50,000 reviews as sequences of word indices, downloaded on first use (17 MB).

    Words are numbered by how often they occur: 1 is the most frequent.

    Args:
        path: Name of the file in the cache of `ckeras.utils.get_file`.
        num_words: Indices from this one on, after the shift, are replaced by ``oov_char``; `None` for the largest.
        skip_top: Indices below this one, after the shift, are replaced too.
        maxlen: Sequences of this length or longer, with ``start_char``, are left out; `None` for none.
        seed: Seed of the order of the reviews.
        start_char: First index of each sequence, or `None`.
        oov_char: Index that replaces words, or `None` to drop these words.
        index_from: Number that is added to the indices of words.
        kwargs: ``nb_words``, the older name of ``num_words``.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: object arrays of lists of integers, and labels, 0 for a negative and 1
        for a positive review, 25,000 each.

    Raises:
        OSError: if the file cannot be downloaded.
        ValueError: if it is not what it should be, or no sequence is shorter than ``maxlen``.
        TypeError: for an unknown keyword.
    """
    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise TypeError(f"imdb.load_data got unknown arguments: {', '.join(map(repr, kwargs))}")
    data = read_npz(fetched("imdb.npz", path))
    state = np.random.RandomState(seed)
    parts = []
    for part in ("train", "test"):
        order = order_of(len(data[f"x_{part}"]), state)
        x, y = data[f"x_{part}"][order], data[f"y_{part}"][order]
        parts.append(shorter(shifted(x, start_char, index_from), y, maxlen))
        if not parts[-1][0]:
            raise ValueError(f"imdb.load_data expects maxlen to be more than the shortest sequences, got {maxlen}")
    (x_train, y_train), (x_test, y_test) = parts
    x = as_array(limited(x_train + x_test, num_words, skip_top, oov_char))
    return (x[: len(x_train)], y_train), (x[len(x_train) :], y_test)


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """Return the index of each word, without the shift of `load_data`; downloaded on first use (1.6 MB).

    Args:
        path: Name of the file in the cache of `ckeras.utils.get_file`.
    """
    return word_index("imdb_word_index.json", path)


__dir__ = __all__.copy
