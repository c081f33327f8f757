"""Messages in the wire format of Protocol Buffers, as far as `train.Example` and its parts need it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def varint(value: int) -> bytes:
    """Return an integer in groups of 7 bits; negative ones have the bits of an int64."""
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def field(number: int, data: bytes) -> bytes:
    """Return a field of bytes."""
    return varint(number << 3 | _BYTES) + varint(len(data)) + data


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return an integer without sign, and the index behind it; raise ValueError if it is cut."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a message is cut or damaged")
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value & ((1 << 64) - 1), at


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield number and value of each field: an int, or bytes.

    Raises:
        ValueError: if the data is cut or no message.
    """
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = read_varint(data, at)
        else:
            if kind == _BYTES:
                size, at = read_varint(data, at)
            elif kind in (_FIXED64, _FIXED32):
                size = 8 if kind == _FIXED64 else 4
            else:
                raise ValueError("a message is cut or damaged")
            value, at = data[at : at + size], at + size
            if at > len(data):
                raise ValueError("a message is cut or damaged")
        yield key >> 3, value


def signed(value: int) -> int:
    """Return the int64 with the bits of an integer without sign."""
    return value - (1 << 64) if value >> 63 else value
