"""Boston housing: prices of houses in suburbs of Boston in the late 1970s, by D. Harrison and D. Rubinfeld, "Hedonic
prices and the demand for clean air" (1978).

One of its features was made from the share of Black inhabitants of a suburb, on an assumption about how racial
segregation and prices belong together. It is kept for scripts that use it; `california_housing` serves as well.
"""

from __future__ import annotations

import numpy as np

from ckeras.datasets.sources import fetched
from ckeras.datasets.splits import Arrays, check_test_split, shuffled_split

__all__ = ["load_data"]


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> tuple[Arrays, Arrays]:
    """Return 13 features and the median price in 1,000 dollars of 506 suburbs, downloaded on first use (57 kB).

    Args:
        path: Name of the file in the cache of `ckeras.utils.get_file`.
        test_split: Fraction of the test set.
        seed: Seed of the order of the samples.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: float64 arrays of shape ``(404, 13)``, ``(404,)``, ``(102, 13)`` and
        ``(102,)``.

    Raises:
        OSError: if the file cannot be downloaded.
        ValueError: if it is not what it should be, or ``test_split`` is no fraction.
    """
    check_test_split(test_split, "boston_housing.load_data")
    with np.load(fetched("boston_housing.npz", path), allow_pickle=False) as data:
        return shuffled_split(data["x"], data["y"], test_split, seed)


__dir__ = __all__.copy
