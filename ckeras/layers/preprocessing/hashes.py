"""Hashes of integers and strings, as TensorFlow's string buckets and crosses have them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ckeras.layers.preprocessing.farmhash import farmhash64
from ckeras.layers.preprocessing.siphash import siphash64
from ckeras.ops import cast
from ckeras.tensor import Op, Spec, Tensor
from ckeras.tensor.eager import Call

_SEED = 0xDECAFCAFFE  # of a cross
_LOW = (1 << 64) - 1


def _signed(value: int) -> int:
    """The int64 with the bits of an integer."""
    value &= _LOW
    return value - (1 << 64) if value >> 63 else value


def _bucket_calls(inputs: list[Spec], outputs: list[Spec], attrs: dict[str, Any]) -> list[Call]:
    salt = attrs["salt"]
    p = (math.prod(inputs[0].shape), attrs["count"], salt is not None, *(salt or (0, 0)))
    return [Call("hash_buckets", (0, 1), p)]


def _cross_calls(inputs: list[Spec], outputs: list[Spec], attrs: dict[str, Any]) -> list[Call]:
    p = (math.prod(inputs[0].shape), len(inputs), attrs["count"], _SEED)
    return [Call("hash_cross", tuple(range(len(inputs) + 1)), p)]


_buckets = Op("hash_buckets", infer=lambda x, count, salt: Spec(x.shape, "int64"), kernel=_bucket_calls)
_cross = Op("hash_cross", infer=lambda *inputs, count: Spec(inputs[0].shape, "int64"), kernel=_cross_calls)


def hash_buckets(x: Any, count: int, salt: list[int] | None = None) -> Tensor:
    """Return the hash of the decimal digits of each integer, modulo ``count``.

    Args:
        x: integers.
        count: number of buckets.
        salt: key of SipHash, two integers; `None` for FarmHash.

    >>> hash_buckets([7, -120], 10).tolist(), hash_buckets([7], 10, salt=[3, 4]).tolist()
    ([8, 0], [9])
    """
    return _buckets(cast(x, "int64"), count=count, salt=None if salt is None else tuple(map(_signed, salt)))


def hash_cross(features: list[Any], count: int) -> Tensor:
    """Return the combined hash of several hashes, in their order, modulo ``count``.

    Args:
        features: arrays of int64 of one shape.
        count: number of buckets.

    >>> hash_cross([[1, 2], [3, 4]], 10).tolist()
    [1, 7]
    """
    return _cross(*(cast(x, "int64") for x in features), count=count)


def string_buckets(strings: Any, count: int, salt: list[int] | None = None) -> np.ndarray:
    """Return the hash of each string of an array of bytes, modulo ``count``; arguments as in `hash_buckets`.

    >>> string_buckets(np.array([b"a", b"bc"], object), 10)
    array([9, 9])
    """
    function = farmhash64 if salt is None else lambda text: siphash64(text, (salt[0], salt[1]))
    return _mapped(strings, lambda text: function(text) % count)


def string_fingerprints(strings: Any) -> np.ndarray:
    """Return the FarmHash of each string, as the int64 with its bits."""
    return _mapped(strings, lambda text: _signed(farmhash64(text)))


def _mapped(strings: Any, function: Any) -> np.ndarray:
    """An integer function of each string, called once for equal ones."""
    array = np.asarray(strings)
    flat = array.ravel().tolist()
    found = {text: function(text) for text in set(flat)}
    return np.array([found[text] for text in flat], np.int64).reshape(array.shape)
