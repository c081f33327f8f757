"""Integers of 4 bits, two in a byte: the first in the lower half, the second in the upper half."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops

_DTYPES = ("int8", "uint8")


def pack_int4(arr: Any, axis: int = 0, dtype: str = "int8") -> tuple[Any, tuple[int, ...], int]:
    """Pack pairs of neighbors along an axis into bytes; an odd length is padded with a zero.

    Args:
        arr: Integers of that dtype, from -8 to 7 ("int8") or 0 to 15 ("uint8").
        axis: Axis along which to pack.
        dtype: "int8" or "uint8".

    Returns:
        The bytes, their shape, and the length of the axis before packing.

    Raises:
        ValueError: for another dtype.
        TypeError: if ``arr`` has another dtype than it says.

    >>> packed, shape, length = pack_int4(np.array([[-3, 7], [2, -8], [1, 0]], "int8"))
    >>> packed.tolist(), shape, length
    ([[45, -121], [1, 0]], (2, 2), 3)
    """
    _check_dtype("pack_int4", dtype)
    values = np.asarray(arr)
    if values.dtype != dtype:
        raise TypeError(f"pack_int4 expects integers of dtype {dtype}, got {values.dtype}")
    values = np.moveaxis(values, axis, 0).view("uint8") & 15
    length = len(values)
    if length % 2:
        values = np.concatenate([values, np.zeros_like(values[:1])])
    packed = np.moveaxis(values[::2] | values[1::2] << 4, 0, axis).view(dtype)
    return ops.convert_to_tensor(packed), packed.shape, length


def unpack_int4(packed: Any, orig_len: int, axis: int = 0, dtype: str = "int8") -> Any:
    """Inverse of `pack_int4`.

    Args:
        packed: Bytes of dtype int8 or uint8.
        orig_len: Length of the axis before packing.
        axis: Axis along which they are packed.
        dtype: "int8" for integers from -8 to 7, "uint8" for 0 to 15.

    Raises:
        ValueError: for another dtype.
        TypeError: if ``packed`` has another dtype.

    >>> unpack_int4(np.array([[45, -121], [1, 0]], "int8"), 3).tolist()
    [[-3, 7], [2, -8], [1, 0]]
    """
    _check_dtype("unpack_int4", dtype)
    packed = ops.convert_to_tensor(packed)
    if packed.dtype not in _DTYPES:
        raise TypeError(f"unpack_int4 expects bytes of dtype int8 or uint8, got {packed.dtype}")
    return ops.cast(nibbles(packed, orig_len, axis, dtype == "int8"), dtype)


def nibbles(packed: Any, length: int, axis: int, signed: bool, dtype: str = "float32") -> Any:
    """The integers in bytes, as floats: floats are exact here, and their operations are fused."""
    axis %= len(packed.shape)
    x = ops.cast(packed, dtype)
    high = ops.floor(x / 16)
    low = x - 16 * high  # 0 to 15
    if signed:
        low = low - 16 * ops.floor(low / 8)
    if signed != (packed.dtype == "int8"):  # else it is -8 to 7 or 0 to 15 already
        high = high - 16 * ops.floor(high / (8 if signed else 16))
    both = ops.stack([low, high], axis=axis + 1)
    shape = list(packed.shape)
    shape[axis] = 2 * shape[axis]
    index = (slice(None),) * axis + (slice(length),)
    return ops.reshape(both, shape)[index]


def _check_dtype(function: str, dtype: Any) -> None:
    if dtype not in _DTYPES:
        raise ValueError(f"{function} expects dtype to be 'int8' or 'uint8', got {dtype!r}")
