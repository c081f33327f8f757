"""Pairs of words for word2vec, and the probabilities with which words are kept."""

from __future__ import annotations

import random
from typing import Any

import numpy as np


def skipgrams(
    sequence: Any,
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pair each word with its neighbours, labelled 1, and with random words, labelled 0 (Mikolov et al., 2013).

    Random decisions are of Python's `random`, so ``random.seed`` repeats them.

    Args:
        sequence: word indices; 0 is no word and is skipped.
        vocabulary_size: random words are sampled from 1 to ``vocabulary_size - 1``.
        window_size: neighbours are up to this many indices away.
        negative_samples: number of random pairs, as a multiple of the number of neighbours.
        shuffle: whether the pairs are in random order.
        categorical: whether labels are ``[0, 1]`` and ``[1, 0]`` instead of 1 and 0.
        sampling_table: probability by index with which a word is used, as of `make_sampling_table`.
        seed: of the random order.

    Returns:
        (pairs, labels), two lists.

    Raises:
        ValueError: if ``vocabulary_size`` is too small to sample from.

    >>> skipgrams([1, 2, 3], vocabulary_size=4, window_size=1, negative_samples=0, shuffle=False)
    ([[1, 2], [2, 1], [2, 3], [3, 2]], [1, 1, 1, 1])
    """
    if negative_samples > 0 and vocabulary_size < 2:
        raise ValueError(f"skipgrams expects a vocabulary_size of at least 2, got {vocabulary_size!r}")
    positive, negative = ([0, 1], [1, 0]) if categorical else (1, 0)
    pairs: list[list[int]] = []
    for i, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        around = range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        pairs += [[word, sequence[j]] for j in around if j != i and sequence[j]]
    labels: list[Any] = [positive] * len(pairs)
    if negative_samples > 0:
        count, words = int(len(pairs) * negative_samples), [first for first, _ in pairs]
        random.shuffle(words)
        pairs += [[words[i % len(words)], random.randint(1, vocabulary_size - 1)] for i in range(count)]
        labels += [negative] * count
    if shuffle:
        seed = random.randint(0, 10_000_000) if seed is None else seed
        random.Random(seed).shuffle(pairs)
        random.Random(seed).shuffle(labels)
    return pairs, labels


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """Return the probability with which the word of each rank is kept, for words of Zipf's distribution.

    The word of rank i has the frequency f(i) = 1 / (i (log i + 0.577) + 1/2 - 1 / (12 i)), and it is kept with the
    probability min(1, sqrt(``sampling_factor`` / f(i))) (Mikolov et al., 2013); rank 0 counts as 1.

    Args:
        size: number of words.
        sampling_factor: the smaller, the fewer frequent words are kept.

    Returns:
        float64 array of the shape (size,).

    >>> make_sampling_table(4).round(4).tolist()
    [0.0032, 0.0032, 0.0055, 0.0074]
    """
    rank = np.maximum(np.arange(size), 1)
    inverse = rank * (np.log(rank) + 0.577) + 0.5 - 1.0 / (12.0 * rank)
    factor = sampling_factor * inverse
    return np.minimum(1.0, factor / np.sqrt(factor))
