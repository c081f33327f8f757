"""Fashion-MNIST: images of Zalando's articles, by H. Xiao, K. Rasul and R. Vollgraf (2017), licensed under MIT."""

from __future__ import annotations

import gzip
import os
import zlib

import numpy as np

from ckeras.datasets.sources import fetched
from ckeras.datasets.splits import Arrays

__all__ = ["load_data"]


def load_data() -> tuple[Arrays, Arrays]:
    """Return 70,000 images of articles of clothing, downloaded on first use (31 MB).

    The labels are 0 T-shirt/top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag and
    9 ankle boot.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images, uint8 of shape ``(60000, 28, 28)`` and ``(10000, 28, 28)``,
        and labels, uint8 of shape ``(60000,)`` and ``(10000,)``.

    Raises:
        OSError: if a file cannot be downloaded.
        ValueError: if one is not what it should be.
    """
    return _part("train"), _part("t10k")


def _part(name: str) -> Arrays:
    x, y = _read(f"{name}-images-idx3-ubyte.gz", 3), _read(f"{name}-labels-idx1-ubyte.gz", 1)
    if len(x) != len(y):
        raise ValueError(f"fashion_mnist expects a label for each of {len(x)} images in {name!r}, got {len(y)}")
    return x, y


def _read(name: str, rank: int) -> np.ndarray:
    """An array of bytes in the format IDX: a magic number, the sizes of the axes, the elements."""
    path = fetched(name, cache_subdir=os.path.join("datasets", "fashion-mnist"))
    try:
        with gzip.open(path) as file:
            data = file.read()
        header = np.frombuffer(data, ">u4", 1 + rank)
        if header[0] != 0x800 + rank:
            raise ValueError(f"its magic number is {header[0]}")
        return np.frombuffer(data, np.uint8, offset=header.nbytes).reshape(header[1:].astype(int))
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise ValueError(f"fashion_mnist expects a file of bytes with {rank} axes in {path!r}: {error}") from error


__dir__ = __all__.copy
