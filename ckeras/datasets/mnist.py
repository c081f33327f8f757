"""MNIST: handwritten digits, by Y. LeCun, C. Cortes and C. Burges (1998).

Made from parts of NIST's special databases; licensed under Creative Commons Attribution-Share Alike 3.0.
"""

from __future__ import annotations

import numpy as np

from ckeras.datasets.sources import fetched
from ckeras.datasets.splits import Arrays

__all__ = ["load_data"]


def load_data(path: str = "mnist.npz") -> tuple[Arrays, Arrays]:
    """Return 70,000 images of handwritten digits, downloaded on first use (11 MB).

    Args:
        path: Name of the file in the cache of `ckeras.utils.get_file`.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images, uint8 of shape ``(60000, 28, 28)`` and ``(10000, 28, 28)``
        with values 0 (paper) to 255 (ink), and the digits they show, uint8 of shape ``(60000,)`` and ``(10000,)``.

    Raises:
        OSError: if the file cannot be downloaded.
        ValueError: if it is not what it should be.
    """
    with np.load(fetched("mnist.npz", path), allow_pickle=False) as data:
        return (data["x_train"], data["y_train"]), (data["x_test"], data["y_test"])


__dir__ = __all__.copy
