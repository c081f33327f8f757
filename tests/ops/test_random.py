"""Random numbers: their distributions, and what they depend on."""

import itertools
import math

import numpy as np
import pytest

from ckeras import Variable, config, function, ops, random, utils

FLOATS = ["float16", "float32", "float64"]
N = 200_000


@pytest.mark.parametrize("dtype", FLOATS)
def test_uniform(dtype):
    x = random.uniform((N,), -1.0, 3.0, dtype, seed=1)
    assert (x.shape, x.dtype) == ((N,), dtype)
    x = x.numpy().astype("float64")
    assert -1 <= x.min() < -0.999 and 2.999 < x.max() <= 3
    assert (x.max() < 3) or dtype == "float16"
    assert abs(x.mean() - 1) < 0.02
    counts = np.histogram(x, 20, (-1, 3))[0]
    assert np.square(counts - N / 20).sum() / (N / 20) < 60  # chi squared, 19 degrees of freedom


@pytest.mark.parametrize("dtype", FLOATS)
def test_normal(dtype):
    x = random.normal((N,), 2.0, 0.5, dtype, seed=2).numpy().astype("float64")
    z = (x - 2) / 0.5
    assert abs(z.mean()) < 0.01 and abs(z.std() - 1) < 0.01
    assert abs((z**3).mean()) < 0.03 and abs((z**4).mean() - 3) < 0.1
    assert abs((np.abs(z) < 1).mean() - 0.6827) < 0.01 and abs((np.abs(z) < 2).mean() - 0.9545) < 0.01
    assert abs(np.corrcoef(z[:-1], z[1:])[0, 1]) < 0.01


@pytest.mark.parametrize("dtype", FLOATS)
def test_truncated_normal(dtype):
    x = random.truncated_normal((N,), -1.0, 2.0, dtype, seed=3).numpy().astype("float64")
    z = (x + 1) / 2
    assert np.abs(z).max() <= 2.001 and np.abs(z).max() > 1.99
    assert abs(z.mean()) < 0.01 and abs(z.std() - 0.8796) < 0.01


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64"])
def test_randint(dtype):
    x = random.randint((N,), 3, 10, dtype, seed=4)
    assert x.dtype == dtype
    counts = np.bincount(x.numpy(), minlength=10)
    assert (counts[:3] == 0).all() and len(counts) == 10
    assert np.square(counts[3:] - N / 7).sum() / (N / 7) < 35
    assert random.randint((4,), -5, -4, seed=1).tolist() == [-5] * 4


INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("form", ["numbers", "tensors", "compiled"])
def test_integers_fill_the_whole_range_of_a_dtype(dtype, form):
    """Chi-square over 64 equal parts of the range and over the lowest 6 bits: 63 degrees, beyond 130 once in 10^6."""
    low, most = (int(v) for v in (np.iinfo(dtype).min, np.iinfo(dtype).max))
    if form == "numbers":
        x = random.randint((N,), low, most + 1, dtype, seed=5)
    else:
        high = min(most + 1, 2**64 - 1)  # a tensor cannot hold 2**64
        bounds = [np.array(v, "uint64" if v > 0 else "int64") for v in (low, high)]
        sample = lambda a, b: random.randint((N,), a, b, dtype, seed=5)  # noqa: E731
        x = (function(sample) if form == "compiled" else sample)(*map(ops.convert_to_tensor, bounds))
    assert x.dtype == dtype
    shifted = x.numpy().astype(object) - low
    for parts in ((shifted * 64) // (most - low + 1), shifted % 64):
        counts = np.bincount(parts.astype(int), minlength=64)
        assert len(counts) == 64
        assert np.square(counts - N / 64).sum() / (N / 64) < 130


@pytest.mark.parametrize(
    "low, high, dtype",
    [
        (2**53 + 1, 2**53 + 3, "int64"),
        (-(2**63), -(2**63) + 2, "int64"),
        (2**63 - 2, 2**63, "int64"),
        (2**64 - 3, 2**64 - 1, "uint64"),
    ],
)
def test_integers_beyond_the_precision_of_floats(low, high, dtype):
    tensors = (np.array(v, "uint64" if v > 0 else "int64") for v in (low, high))
    for bounds in ((low, high), tensors):
        assert set(random.randint((100,), *bounds, dtype, seed=1).tolist()) == {low, low + 1}


def test_wide_ranges_are_uniform_between_tensors_too():
    """The same bits as between numbers, and ranges of several sizes in one call."""
    wide = 3 * 2**61
    x = random.randint((N,), -wide, wide, "int64", seed=4).numpy()
    np.testing.assert_array_equal(x, random.randint((N,), np.array(-wide), np.array([wide]), "int64", seed=4))
    counts = np.bincount(x % 3)
    assert np.square(counts - N / 3).sum() / (N / 3) < 28
    rows = random.randint((2, N), np.array([[0], [-wide]]), np.array([[3], [wide]]), "int64", seed=4).numpy()
    assert np.square(np.bincount(rows[0]) - N / 3).sum() / (N / 3) < 28
    assert abs((rows[1] > 0).mean() - 0.5) < 3 / math.sqrt(N)


def test_narrow_ranges_keep_their_bits():
    assert random.randint((6,), 0, 1000, seed=3).tolist() == [116, 765, 551, 607, 785, 360]
    assert random.randint((6,), 0, 2**31, "int64", seed=3).tolist() == [
        250880999,
        1643320316,
        1184408478,
        1305071503,
        1686525599,
        775027976,
    ]
    assert random.randint((6,), np.array(0), 1000, seed=3).tolist() == [116, 765, 551, 607, 785, 360]


def test_dropout():
    x = ops.ones((100, 1000))
    y = random.dropout(x, 0.3, seed=5).numpy()
    np.testing.assert_allclose(np.unique(y), [0, 1 / 0.7], rtol=1e-6)
    assert abs((y == 0).mean() - 0.3) < 0.01
    rows = random.dropout(x, 0.5, noise_shape=(None, 1), seed=5).numpy()
    assert (rows == rows[:, :1]).all() and 20 < (rows[:, 0] == 0).sum() < 80
    np.testing.assert_array_equal(random.dropout(x, 0.0, seed=5), x)
    np.testing.assert_array_equal(random.dropout(x / 0, 1, seed=5), 0 * y)
    for rate in (-0.1, 1.5):
        with pytest.raises(ValueError, match="rate in"):
            random.dropout(x, rate)


SAMPLERS = {
    "uniform": lambda shape, seed=None, **o: random.uniform(shape, seed=seed, **o),
    "normal": lambda shape, seed=None, **o: random.normal(shape, seed=seed, **o),
    "truncated_normal": lambda shape, seed=None, **o: random.truncated_normal(shape, seed=seed, **o),
    "randint": lambda shape, seed=None, **o: random.randint(shape, 0, 1000, seed=seed, **o),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_shapes(name):
    for shape in [(), (0,), (1,), (7,), (2, 0, 3), (3, 5), [2, 3], 4, (17, 61)]:
        assert SAMPLERS[name](shape, seed=1).shape == (tuple(shape) if not isinstance(shape, int) else (shape,))


@pytest.mark.parametrize("name", SAMPLERS)
def test_seeds(name):
    sample = SAMPLERS[name]
    a, b, c = (sample((100,), seed=s).numpy() for s in (1, 1, 2))
    assert (a == b).all() and (a != c).mean() > 0.9
    np.testing.assert_array_equal(sample((40,), seed=1), a[:40])  # a number depends on the seed and its index alone
    generator = random.SeedGenerator(7)
    first, second = sample((50,), seed=generator).numpy(), sample((50,), seed=generator).numpy()
    assert (first != second).mean() > 0.9
    again = random.SeedGenerator.from_config(generator.get_config())
    np.testing.assert_array_equal(sample((50,), seed=again), first)
    utils.set_random_seed(3)
    x, y = sample((50,)).numpy(), sample((50,)).numpy()
    utils.set_random_seed(3)
    np.testing.assert_array_equal(sample((50,)), x)
    assert (x != y).mean() > 0.9


@pytest.mark.parametrize("name", SAMPLERS)
def test_same_bits_with_any_number_of_threads(name):
    threads = config.get_threads()
    try:
        samples = []
        for count in (1, 2):
            config.set_threads(count)
            samples.append(SAMPLERS[name]((50_001,), seed=1).numpy())
    finally:
        config.set_threads(threads)
    np.testing.assert_array_equal(*samples)


def test_parameters_may_be_tensors():
    low, scale = np.array([[0.0], [10.0]], "float32"), np.array([1.0, 100.0, 0.0], "float32")
    x = random.uniform((2, 3), minval=low, maxval=low + scale, seed=1).numpy()
    assert ((x >= low) & (x <= low + scale)).all()
    z = random.normal((2, 3), mean=low, stddev=Variable(scale), seed=1).numpy()
    np.testing.assert_array_equal(z[:, 2], low[:, 0])


def test_bad_arguments():
    for name, dtype in itertools.product(("uniform", "normal", "truncated_normal"), ("int32", "bool")):
        with pytest.raises(ValueError, match=f"{name} expects a float dtype"):
            SAMPLERS[name]((2,), dtype=dtype)
    with pytest.raises(ValueError, match="randint expects an integer dtype"):
        random.randint((2,), 0, 5, dtype="float32")
    with pytest.raises(ValueError, match="minval < maxval"):
        random.randint((2,), 5, 5)
    for seed in ("a", 1.5, True, [1]):
        with pytest.raises(ValueError, match="expected seed to be"):
            random.uniform((2,), seed=seed)
    for seed in ("a", 1.5, -1, True):
        with pytest.raises(ValueError, match="SeedGenerator expects"):
            random.SeedGenerator(seed)
