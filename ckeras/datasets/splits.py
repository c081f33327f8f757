"""Shuffled data sets, and their split into a training and a test set."""

from __future__ import annotations

import numpy as np

Arrays = tuple[np.ndarray, np.ndarray]


def check_test_split(test_split: float, owner: str) -> None:
    """Raise ValueError if the fraction of the test set is not from 0 to 1."""
    if not 0 <= test_split < 1:
        raise ValueError(f"{owner} expects test_split to be at least 0 and less than 1, got {test_split!r}")


def order_of(count: int, seed: int | np.random.RandomState) -> np.ndarray:
    """The indices of samples in an order that depends on the seed alone, whatever the version of NumPy."""
    state = seed if isinstance(seed, np.random.RandomState) else np.random.RandomState(seed)
    indices = np.arange(count)
    state.shuffle(indices)
    return indices


def shuffled_split(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> tuple[Arrays, Arrays]:
    """Shuffle samples, and split them into (x_train, y_train), (x_test, y_test)."""
    order, train = order_of(len(x), seed), int(len(x) * (1 - test_split))
    x, y = x[order], y[order]
    return (x[:train], y[:train]), (x[train:], y[train:])
