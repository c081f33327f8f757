"""Binary search, and hashes of integers."""

import numpy as np
import pytest
from guarded import guarded

from ckeras.layers.preprocessing.farmhash import farmhash64
from ckeras.layers.preprocessing.siphash import siphash64

DTYPES = {np.float32: 0, np.float64: 1, np.int32: 2, np.int64: 3}
EDGES = [0, 9, 10, 99, 12345, -1, -10, 2**31, 10**15, 10**16, 10**17, -(10**16), 2**63 - 1, -(2**63)]
LOW = 2**64 - 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted(threaded, dtype, side):
    rng = np.random.default_rng(0)
    for rows in (0, 1, 2, 7, 100):
        for n in (0, 1, 17, 20_000):
            table = np.sort(rng.integers(-20, 20, rows)).astype(dtype)
            x = rng.integers(-25, 25, n).astype(dtype)
            out, intact = guarded((n,), np.int32)
            threaded.call("searchsorted", [out], [table, x], [DTYPES[dtype], n, rows, side == "right"])
            np.testing.assert_array_equal(out, np.searchsorted(table, x, side))
            assert intact()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted_puts_nan_last(threaded, dtype, side):
    table = np.array([-np.inf, 0, 0, np.inf, np.nan, np.nan], dtype)
    x = np.array([np.nan, np.inf, -np.inf, 0, -0.0, 5], dtype)
    out = np.empty(6, np.int32)
    threaded.call("searchsorted", [out], [table, x], [DTYPES[dtype], 6, 6, side == "right"])
    np.testing.assert_array_equal(out, np.searchsorted(table, x, side))


@pytest.mark.parametrize("salt", [None, (3, 2**63 + 5)])
def test_hash_buckets_are_those_of_the_digits(threaded, salt):
    x = np.array([*EDGES, *np.random.default_rng(0).integers(-(10**6), 10**18, 10_000)])
    for n in (0, 1, len(EDGES), len(x)):
        for count in (1, 7, 2**40):
            out, intact = guarded((n,), np.int64)
            key = (0, 0) if salt is None else np.array(salt, np.uint64).astype(np.int64).tolist()
            threaded.call("hash_buckets", [out], [x[:n]], [n, count, salt is not None, *key])
            texts = [str(v).encode() for v in x[:n].tolist()]
            expected = [(farmhash64(t) if salt is None else siphash64(t, salt)) % count for t in texts]
            assert out.tolist() == expected
            assert intact()


def crossed(values, count):
    """TensorFlow's fingerprint of several hashes."""
    factor, found = 0xC6A4A7935BD1E995, 0xDECAFCAFFE
    for value in values:
        mixed = value * factor & LOW
        found = (found ^ factor ^ ((mixed ^ mixed >> 47) * factor & LOW)) * factor & LOW
        found = (found ^ found >> 47) * factor & LOW
        found ^= found >> 47
    return found % count


@pytest.mark.parametrize("features", [1, 2, 5])
def test_hash_cross(threaded, features):
    rng = np.random.default_rng(0)
    for n in (0, 1, 7, 20_000):
        x = [rng.integers(-(2**63), 2**63 - 1, n) for _ in range(features)]
        out, intact = guarded((n,), np.int64)
        threaded.call("hash_cross", [out], x, [n, features, 1000, 0xDECAFCAFFE])
        rows = zip(*(column.astype(np.uint64).tolist() for column in x), strict=True)
        assert out.tolist() == [crossed(row, 1000) for row in rows]
        assert intact()


@pytest.mark.parametrize("data, crc", [(b"", 0), (b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA)])
def test_crc32c_of_the_standard(threaded, data, crc):
    out = np.empty(1, np.int64)
    threaded.call("crc32c", [out], [np.frombuffer(data, np.uint8)], [len(data)])
    assert out.tolist() == [crc]
