"""California housing: prices of houses in districts of California in 1990, by R. Pace and R. Barry, "Sparse spatial
autoregressions" (1997)."""

from __future__ import annotations

import numpy as np

from ckeras.datasets.sources import fetched
from ckeras.datasets.splits import Arrays, check_test_split, shuffled_split

__all__ = ["load_data"]

_ROWS: dict[str, int | None] = {"large": None, "small": 600}


def load_data(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Arrays, Arrays]:
    """Return 8 features and the median price in dollars of 20,640 districts, downloaded on first use (740 kB).

    The features are longitude, latitude, median age of the houses, number of rooms, of bedrooms, of inhabitants and of
    households, and median income.

    Args:
        version: ``"large"``, or ``"small"`` for the first 600 districts, which lie around San Francisco.
        path: Name of the file in the cache of `ckeras.utils.get_file`.
        test_split: Fraction of the test set.
        seed: Seed of the order of the samples.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: float32 arrays, for ``"large"`` of shape ``(16512, 8)``,
        ``(16512,)``, ``(4128, 8)`` and ``(4128,)``.

    Raises:
        OSError: if the file cannot be downloaded.
        ValueError: if it is not what it should be, for another ``version``, or if ``test_split`` is no fraction.
    """
    check_test_split(test_split, "california_housing.load_data")
    if version not in _ROWS:
        raise ValueError(f"california_housing expects version to be 'large' or 'small', got {version!r}")
    with np.load(fetched("california_housing.npz", path), allow_pickle=False) as data:
        x, y = data["x"][: _ROWS[version]], data["y"][: _ROWS[version]]
    return shuffled_split(x, y, test_split, seed)


__dir__ = __all__.copy
