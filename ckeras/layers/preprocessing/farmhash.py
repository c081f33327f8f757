"""FarmHash64 of strings, the hash of TensorFlow's string buckets.

Pike and Alakuijala, "FarmHash" (2014), function ``farmhashna::Hash64``.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def farmhash64(s: bytes) -> int:
    """Return the unsigned 64-bit hash of a string.

    >>> hex(farmhash64(b"ckeras"))
    '0xe747af5118eb6c2'
    """
    n = len(s)
    if n <= 16:
        return _to_16(s, n)
    if n <= 32:
        return _to_32(s, n)
    return _to_64(s, n) if n <= 64 else _long(s, n)


def _u64(s: bytes, at: int) -> int:
    return int.from_bytes(s[at : at + 8], "little")


def _u32(s: bytes, at: int) -> int:
    return int.from_bytes(s[at : at + 4], "little")


def _rotate(value: int, by: int) -> int:
    value &= _MASK
    return (value >> by | value << (64 - by)) & _MASK


def _mix(value: int) -> int:
    return value ^ value >> 47


def _hash_16(u: int, v: int, mul: int) -> int:
    u, v = u & _MASK, v & _MASK
    a = _mix((u ^ v) * mul & _MASK)
    b = _mix((v ^ a) * mul & _MASK)
    return b * mul & _MASK


def _to_16(s: bytes, n: int) -> int:
    mul = _K2 + n * 2
    if n >= 8:
        a, b = _u64(s, 0) + _K2, _u64(s, n - 8)
        c = _rotate(b, 37) * mul + a
        d = (_rotate(a, 25) + b) * mul
        return _hash_16(c, d, mul)
    if n >= 4:
        return _hash_16(n + (_u32(s, 0) << 3), _u32(s, n - 4), mul)
    if n:
        y, z = s[0] + (s[n >> 1] << 8), n + (s[n - 1] << 2)
        return _mix((y * _K2 ^ z * _K0) & _MASK) * _K2 & _MASK
    return _K2


def _to_32(s: bytes, n: int) -> int:
    mul = _K2 + n * 2
    a, b, c, d = _u64(s, 0) * _K1, _u64(s, 8), _u64(s, n - 8) * mul, _u64(s, n - 16) * _K2
    return _hash_16(_rotate(a + b, 43) + _rotate(c, 30) + d, a + _rotate(b + _K2, 18) + c, mul)


def _to_64(s: bytes, n: int) -> int:
    mul = _K2 + n * 2
    a, b, c, d = _u64(s, 0) * _K2, _u64(s, 8), _u64(s, n - 8) * mul, _u64(s, n - 16) * _K2
    y = _rotate(a + b, 43) + _rotate(c, 30) + d
    z = _hash_16(y, a + _rotate(b + _K2, 18) + c, mul)
    e, f = _u64(s, 16) * mul, _u64(s, 24)
    g, h = (y + _u64(s, n - 32)) * mul, (z + _u64(s, n - 24)) * mul
    return _hash_16(_rotate(e + f, 43) + _rotate(g, 30) + h, e + _rotate(f + a, 18) + g, mul)


def _weak_32(s: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """The weak hash of 32 bytes from an index on, with seeds."""
    w, x, y, z = (_u64(s, at + i) for i in (0, 8, 16, 24))
    a = (a + w) & _MASK
    b = _rotate(b + a + z, 21)
    c = a
    a = (a + x + y) & _MASK
    b += _rotate(a, 44)
    return (a + z) & _MASK, (b + c) & _MASK


def _long(s: bytes, n: int) -> int:
    """More than 64 bytes: 56 bytes of state, over blocks of 64; the last block overlaps."""
    seed = 81
    y = (seed * _K1 + 113) & _MASK
    z = _mix((y * _K2 + 113) & _MASK) * _K2 & _MASK
    v, w = (0, 0), (0, 0)
    x = (seed * _K2 + _u64(s, 0)) & _MASK
    end = (n - 1) // 64 * 64
    for at in range(0, end, 64):
        x, y, z, v, w = _block(s, at, x, y, z, v, w, _K1, 1)
    mul = _K1 + ((z & 0xFF) << 1)
    w = (w[0] + ((n - 1) & 63)) & _MASK, w[1]
    v = (v[0] + w[0]) & _MASK, v[1]
    w = (w[0] + v[0]) & _MASK, w[1]
    x, y, z, v, w = _block(s, n - 64, x, y, z, v, w, mul, 9)
    return _hash_16(
        _hash_16(v[0], w[0], mul) + _mix(y) * _K0 + z,
        _hash_16(v[1], w[1], mul) + x,
        mul,
    )


def _block(
    s: bytes, at: int, x: int, y: int, z: int, v: tuple[int, int], w: tuple[int, int], mul: int, weight: int
) -> tuple[int, int, int, tuple[int, int], tuple[int, int]]:
    x = _rotate(x + y + v[0] + _u64(s, at + 8), 37) * mul & _MASK
    y = _rotate(y + v[1] + _u64(s, at + 48), 42) * mul & _MASK
    x ^= w[1] * weight & _MASK
    y = (y + v[0] * weight + _u64(s, at + 40)) & _MASK
    z = _rotate(z + w[0], 33) * mul & _MASK
    v = _weak_32(s, at, v[1] * mul, x + w[0])
    w = _weak_32(s, at + 32, z + w[1], y + _u64(s, at + 16))
    return z, y, x, v, w
