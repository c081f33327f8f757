"""SipHash-2-4 of strings: the keyed hash of TensorFlow's string buckets.

Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012).
"""

from __future__ import annotations

_MASK = (1 << 64) - 1


def siphash64(s: bytes, key: tuple[int, int]) -> int:
    """Return the unsigned 64-bit hash of a string with a key of two 64-bit integers.

    >>> hex(siphash64(bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)))  # the example of the paper
    '0xa129ca6149be45e5'
    """
    first, second = (part & _MASK for part in key)
    state = [
        first ^ 0x736F6D6570736575,
        second ^ 0x646F72616E646F6D,
        first ^ 0x6C7967656E657261,
        second ^ 0x7465646279746573,
    ]
    whole = len(s) // 8 * 8
    words = [int.from_bytes(s[at : at + 8], "little") for at in range(0, whole, 8)]
    for word in [*words, (len(s) & 0xFF) << 56 | int.from_bytes(s[whole:], "little")]:
        state[3] ^= word
        _round(state)
        _round(state)
        state[0] ^= word
    state[2] ^= 0xFF
    for _ in range(4):
        _round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _rotate(value: int, by: int) -> int:
    return (value << by | value >> (64 - by)) & _MASK


def _round(v: list[int]) -> None:
    a, b, c, d = v
    a = (a + b) & _MASK
    b = _rotate(b, 13) ^ a
    a = _rotate(a, 32)
    c = (c + d) & _MASK
    d = _rotate(d, 16) ^ c
    a = (a + d) & _MASK
    d = _rotate(d, 21) ^ a
    c = (c + b) & _MASK
    b = _rotate(b, 17) ^ c
    c = _rotate(c, 32)
    v[:] = a, b, c, d
