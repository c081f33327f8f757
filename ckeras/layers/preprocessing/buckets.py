"""Hashes of arrays of strings and integers, as TensorFlow's string buckets have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.layers.preprocessing.farmhash import farmhash64
from ckeras.layers.preprocessing.siphash import siphash64


def buckets(values: np.ndarray, count: int, salt: list[int] | None = None) -> np.ndarray:
    """Return the hash of each value, modulo ``count``.

    Args:
        values: array of int64, hashed as decimal strings, or of bytes.
        count: number of buckets.
        salt: key of SipHash; `None` for FarmHash.

    >>> import numpy as np
    >>> buckets(np.array([b"a", b"bc"], object), 10), buckets(np.array([7]), 10, salt=[3, 4])
    (array([9, 9]), array([9]))
    """
    function = farmhash64 if salt is None else lambda text: siphash64(text, (salt[0], salt[1]))
    return mapped(values, lambda value: function(_text(value)) % count)


def mapped(values: np.ndarray, function: Callable[[Any], int]) -> np.ndarray:
    """Return an integer function of each value, called once for equal values."""
    found: dict[Any, int] = {}
    flat = []
    for value in values.ravel().tolist():
        index = found.get(value)
        if index is None:
            index = found[value] = function(value)
        flat.append(index)
    return np.array(flat, "int64").reshape(values.shape)


def _text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
