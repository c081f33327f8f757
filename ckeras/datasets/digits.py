"""Handwritten digits, 8 x 8 pixels: real data that is part of the package and needs no download.

The test set of "Optical Recognition of Handwritten Digits", by E. Alpaydin and C. Kaynak (1998), from the UCI Machine
Learning Repository, https://doi.org/10.24432/C50P49, licensed under Creative Commons Attribution 4.0 International
(https://creativecommons.org/licenses/by/4.0/). The values are unchanged; they are kept as compressed bytes.

Thirteen people wrote the digits. Each was scanned to 32 x 32 black or white points, and a pixel counts the black points
in one block of 4 x 4, hence 0 to 16. The paper: E. Alpaydin and C. Kaynak, "Cascading classifiers", Kybernetika 34(4),
1998, pages 369-374.
"""

from pathlib import Path

import numpy as np

__all__ = ["load_data"]

Arrays = tuple[np.ndarray, np.ndarray]


def load_data(test_split: float = 0.2, seed: int = 113) -> tuple[Arrays, Arrays]:
    """Return the 1,797 digits, shuffled and split into a training and a test set.

    Args:
        test_split: fraction of the test set, from 0 to 1; the default gives 1,437 training and 360 test
            digits.
        seed: seed of the shuffle. The same seed always gives the same split.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: the images, uint8 of shape ``(n, 8, 8)`` with values 0 (paper) to
        16 (ink), and the digits they show, uint8 of shape ``(n,)`` with values 0 to 9.

    Raises:
        ValueError: if ``test_split`` is not between 0 and 1.

    Example:
        >>> from ckeras.datasets import digits
        >>> (x_train, y_train), (x_test, y_test) = digits.load_data()
        >>> x_train.shape, y_train.shape, x_test.shape, y_test.shape
        ((1437, 8, 8), (1437,), (360, 8, 8), (360,))
        >>> x_train.dtype, int(x_train.max())
        (dtype('uint8'), 16)
    """
    if not 0 <= test_split <= 1:
        raise ValueError(f"`test_split` of digits.load_data must be a fraction from 0 to 1, got {test_split!r}")
    with np.load(Path(__file__).with_name("digits.npz")) as data:
        x, y = data["x"], data["y"]
    # RandomState's stream never changes, so the split is the same with every version of NumPy.
    order = np.random.RandomState(seed).permutation(len(x))
    train = int(len(x) * (1 - test_split))
    x, y = x[order], y[order]
    return (x[:train], y[:train]), (x[train:], y[train:])


__dir__ = __all__.copy
