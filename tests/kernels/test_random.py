"""Random numbers: the published vectors of Philox, independence from threads and length, and distributions."""

import math

import numpy as np
import pytest

KINDS = {"uniform": 0, "normal": 1, "truncated": 2, "mask": 3, "integers": 4, "raw": 5, "wide": 6}
CODES = {"f32": 0, "f64": 1, "i32": 2, "i64": 3, "bool": 4, "u32": 9}
DTYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "bool": np.bool_, "u32": np.uint32}
CASES = [
    ("uniform", "f32", (-1, 3)), ("uniform", "f64", (-1, 3)), ("normal", "f32", (1, 2)), ("normal", "f64", (1, 2)),
    ("truncated", "f32", (1, 2)), ("truncated", "f64", (1, 2)), ("mask", "f32", (0.7, 2)), ("mask", "f64", (0.7, 2)),
    ("mask", "bool", (0.7, 1)), ("integers", "i32", (-5, 12)), ("integers", "i64", (-5, 12)), ("raw", "u32", ()),
    ("wide", "i64", (-(2**62), 2**62)),
]  # fmt: skip
N = 1_000_000


def sample(level, kind, dtype, n, f=(0, 1), seed=(42, 7), first=0):
    item = np.dtype(DTYPES[dtype]).itemsize
    guarded = np.full((n + 64) * item, 77, np.uint8)
    out = guarded[32 * item : (32 + n) * item].view(DTYPES[dtype])
    p = [KINDS[kind], CODES[dtype], n, first]
    if kind in ("integers", "wide"):
        low, span = f[0], max(f[1] - f[0] - 1, 0)
        p, f = [*p[:3], *(signed(v & 0xFFFFFFFF, v >> 32) for v in (low % 2**64, span))], ()
    level.call("random", [out], [np.array(seed, np.int64)], p, f)
    assert (guarded[: 32 * item] == 77).all() and (guarded[(32 + n) * item :] == 77).all()
    return out


def signed(*words):
    """32-bit words, lowest first, as the 64-bit integer that holds them."""
    return int(np.array(words, "<u4").view("<i8")[0])


def test_known_answers(level):
    # Random123 1.09, kat_vectors: philox 4x32, 10 rounds; counter, key and result
    ones = 0xFFFFFFFF
    vectors = [
        ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([ones] * 4, [ones] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ]
    for counter, key, want in vectors:
        seed = signed(*key), signed(*counter[2:])
        got = sample(level, "raw", "u32", 4, seed=seed, first=signed(*counter[:2]))
        np.testing.assert_array_equal(got, np.array(want, np.uint32))


def philox(block, counter, key):
    """Salmon et al. 2011, table 2 and section 3.3, in Python's integers."""
    x = [block & 0xFFFFFFFF, block >> 32, counter & 0xFFFFFFFF, counter >> 32]
    k = [key & 0xFFFFFFFF, key >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [b >> 32 ^ x[1] ^ k[0], b & 0xFFFFFFFF, a >> 32 ^ x[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return x


def test_blocks_are_numbered(level):
    # many blocks, across the carry into the counter's second word
    first = 2**32 - 130
    got = sample(level, "raw", "u32", 4 * 300, seed=(123456789123, 987654321987), first=first)
    want = [w for i in range(300) for w in philox(first + i, 987654321987, 123456789123)]
    np.testing.assert_array_equal(got, np.array(want, np.uint32))


@pytest.mark.parametrize("kind, dtype, f", CASES, ids=str)
def test_threads_and_length_change_nothing(level, kind, dtype, f):
    whole = sample(level, kind, dtype, 100_003, f)
    bits = whole.view(f"u{whole.itemsize}")
    for threads in (2, 3):
        level.set_threads(threads)
        np.testing.assert_array_equal(sample(level, kind, dtype, 100_003, f).view(bits.dtype), bits)
    for n in (0, 1, 3, 7, 17, 255, 256, 257, 4095, 4097, 16_383, 16_384, 16_385, 50_000):
        np.testing.assert_array_equal(sample(level, kind, dtype, n, f).view(bits.dtype), bits[:n])
    level.set_threads(1)
    for seed in ((43, 7), (42, 8)):
        assert (sample(level, kind, dtype, 1000, f, seed) != whole[:1000]).any()


def kolmogorov_smirnov(x, cdf):
    """The largest distance between the sample's distribution and the true one."""
    p = cdf(np.sort(x.astype(np.float64)))
    steps = np.arange(x.size + 1) / x.size
    return max(np.max(steps[1:] - p), np.max(p - steps[:-1]))


def normal_cdf(x):
    # on a grid and interpolated, as numpy has no erf: error below 1e-8
    grid = np.linspace(-9, 9, 40_001)
    return np.interp(x, grid, [0.5 * math.erfc(-g / math.sqrt(2)) for g in grid])


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("kind", ["uniform", "normal", "truncated"])
def test_distribution(level, kind, dtype):
    x = sample(level, kind, dtype, N, (0, 1)).astype(np.float64)
    edge = math.erf(math.sqrt(2)) / 2
    mean, std, cdf = {
        "uniform": (0.5, math.sqrt(1 / 12), lambda v: v),
        "normal": (0, 1, normal_cdf),
        "truncated": (0, 0.8796256610342398, lambda v: (normal_cdf(v) - 0.5 + edge) / (2 * edge)),
    }[kind]
    # 4 standard errors; the KS distance exceeds 1.95/sqrt(n) once in 1000 samples
    assert abs(x.mean() - mean) < 4 * std / math.sqrt(N)
    assert abs(x.std() - std) < 4 * std / math.sqrt(N)
    assert kolmogorov_smirnov(x, cdf) < 1.95 / math.sqrt(N)
    for lag in (1, 2, 3, 4):  # the elements of a block, and of neighbours, are not correlated
        y = x - mean
        assert abs((y[lag:] * y[:-lag]).mean()) < 4 * std**2 / math.sqrt(N)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_ranges(level, dtype):
    t = DTYPES[dtype]
    x = sample(level, "uniform", dtype, N)
    assert x.min() >= 0 and x.max() < 1
    np.testing.assert_array_equal(x * t(2 ** (24 if dtype == "f32" else 53)) % 1, 0)  # the whole grid, and no finer
    x = sample(level, "uniform", dtype, N, (1, 1 + 4 * np.finfo(t).eps))  # four values; never the upper bound
    np.testing.assert_array_equal(np.unique(x), 1 + np.arange(4) * np.finfo(t).eps)
    assert (sample(level, "uniform", dtype, 100, (2, 2)) == 2).all()
    x = sample(level, "truncated", dtype, N, (10, 3))
    assert x.min() >= 4 and x.max() <= 16 and x.min() < 4.01 and x.max() > 15.99
    z = sample(level, "normal", dtype, N)
    scaled = sample(level, "normal", dtype, N, (3, 5))
    np.testing.assert_allclose(scaled, 3 + 5 * z.astype(np.float64), rtol=1e-4, atol=1e-5)
    assert 4.5 < np.abs(z).max() < 6.7 and np.isfinite(z).all()


@pytest.mark.parametrize("dtype", ["f32", "f64", "bool"])
@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 1.0])
def test_mask(level, dtype, keep):
    value = 1 if dtype == "bool" else 1.25
    x = sample(level, "mask", dtype, N, (keep, value))
    assert set(np.unique(x)) <= {0, value}
    assert abs((x != 0).mean() - keep) <= 4 * math.sqrt(keep * (1 - keep) / N)
    np.testing.assert_array_equal(x != 0, sample(level, "mask", "bool", N, (keep, 1)))  # one mask for every dtype


@pytest.mark.parametrize("dtype", ["i32", "i64"])
def test_integers(level, dtype):
    x = sample(level, "integers", dtype, N, (-5, 12))
    counts = np.bincount(x + 5, minlength=17)
    assert counts.size == 17
    expected = N / 17
    assert ((counts - expected) ** 2 / expected).sum() < 45  # chi-square with 16 degrees: beyond once in 7000 samples
    assert (sample(level, "integers", dtype, 100, (3, 4)) == 3).all()
    assert (sample(level, "integers", dtype, 100, (3, 3)) == 3).all()
    info = np.iinfo(np.int32)
    x = sample(level, "integers", dtype, N, (int(info.min), int(info.max) + 1))
    assert x.min() < info.min * 0.9999 and x.max() > info.max * 0.9999 and abs(x.mean()) < 4 * 2**32 / math.sqrt(12 * N)


@pytest.mark.parametrize(
    "low, high", [(-(2**62), 2**62), (-(2**63), 2**63), (-3 * 2**61, 3 * 2**61), (5, 5 + 2**32 + 1)]
)
def test_wide_integers_are_the_words_times_the_range(level, low, high):
    """And so exact: 128 random bits leave each value its probability to 2^-64, whatever divides the range."""
    n = 5000
    words = sample(level, "raw", "u32", 4 * n).reshape(n, 4).astype(object)
    u = [sum(int(w) << 32 * i for i, w in enumerate(row)) for row in words]
    expected = [low + (v * (high - low) >> 128) for v in u]
    assert sample(level, "wide", "i64", n, (low, high)).tolist() == expected


def test_wide_integers_of_each_residue_are_as_many(level):
    counts = np.bincount(sample(level, "wide", "i64", N, (-3 * 2**61, 3 * 2**61)) % 3)
    assert ((counts - N / 3) ** 2 / (N / 3)).sum() < 20  # chi-square with 2 degrees: beyond once in 22000 samples
