"""The matrix product against numpy in float64: shapes around every tile and block, epilogues, threads, bounds."""

import itertools
import mmap

import numpy as np
import pytest

from ckeras import _kernels

DTYPES = [np.float32, np.float64]
TRANSPOSES = list(itertools.product((0, 1), (0, 1)))
NONE, RELU, SIGMOID, TANH, RELU6 = range(5)
# One K block is 384 items; 2 x 16 float32 columns are the widest panel and 12 rows the highest tile. Matrix units take
# 2 x 2 tiles of 16 rows, 16 columns and 32 items of k, from m n / (m + n) = 28 and k = 32 on.
EDGES = [1, 2, 3, 7, 11, 12, 13, 17, 31, 32, 33, 64, 65]
UNITS = [30, 32, 47, 57, 64, 65, 81, 300]

# Matrix units pack both operands of each product themselves.
PACKING_LEVELS = [name for name in _kernels.usable_levels() if "gemm_pack" in _kernels.load_level(name).kernels]


def activate(x, act):
    with np.errstate(over="ignore"):
        return [x, np.where(x < 0, 0, x), 1 / (1 + np.exp(-x)), np.tanh(x), np.clip(x, 0, 6)][act]


def operands(rng, m, n, k, ta, tb, dtype, batch=None):
    lead = () if batch is None else (batch,)
    a = rng.uniform(-1, 1, lead + ((k, m) if ta else (m, k))).astype(dtype)
    b = rng.uniform(-1, 1, lead + ((n, k) if tb else (k, n))).astype(dtype)
    return a, b


def wide(a, b, ta, tb):
    """op(a) op(b) in float64."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a.swapaxes(-1, -2) if ta else a) @ (b.swapaxes(-1, -2) if tb else b)


def product(level, a, b, ta=0, tb=0, bias=None, act=NONE, out=None):
    """The kernel on two matrices, or on two stacks of the same length; `out` is filled, or a new array of NaN."""
    m, k = (a.shape[-1], a.shape[-2]) if ta else a.shape[-2:]
    n = b.shape[-2] if tb else b.shape[-1]
    batch = a.shape[0] if a.ndim == 3 else 1
    c = np.full(a.shape[:-2] + (m, n), np.nan, a.dtype) if out is None else out
    dtype = DTYPES.index(a.dtype.type)
    p = [dtype, batch, m, n, k, ta, tb, m * k, k * n, m * n, act, bias is not None]
    level.call("gemm", [c], [a, b] + ([] if bias is None else [bias]), p)
    return c


def assert_close(c, expected, k):
    """Each term of a sum of k products of values in [-1, 1] may cost a rounding, the activations a few more."""
    tolerance = np.finfo(c.dtype).eps * (k + 8) / 2
    np.testing.assert_allclose(c, expected, rtol=8 * np.finfo(c.dtype).eps, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ta, tb", TRANSPOSES)
def test_sizes_around_tiles_and_panels(level, rng, dtype, ta, tb):
    for m, n in itertools.product(EDGES, EDGES):
        k = EDGES[(m * 5 + n) % len(EDGES)]
        a, b = operands(rng, m, n, k, ta, tb, dtype)
        assert_close(product(level, a, b, ta, tb), wide(a, b, ta, tb), k)


@pytest.mark.parametrize("act", [NONE, RELU, SIGMOID, TANH])
@pytest.mark.parametrize("ta, tb", TRANSPOSES)
def test_sizes_around_the_tiles_of_matrix_units(threaded, rng, ta, tb, act):
    lengths = itertools.cycle([31, 32, 33, 48, 63, 64, 65, 97, 161])
    for m, n in itertools.product(UNITS, UNITS):
        k = next(lengths)
        a, b = operands(rng, m, n, k, ta, tb, np.float32)
        bias = rng.uniform(-1, 1, n).astype(np.float32)
        assert_close(product(threaded, a, b, ta, tb, bias, act), activate(wide(a, b, ta, tb) + bias, act), k)


@pytest.mark.parametrize("ta, tb", TRANSPOSES)
def test_error_is_that_of_float32(level, rng, ta, tb):
    """A few roundings of the sum of absolute products, also far from 1, where parts would be denormal."""
    for scale_a, scale_b in [(1, 1), (2.0**-62, 2.0**-60), (2.0**-120, 2.0**20), (2.0**62, 2.0**60), (2.0**127, 1e-20)]:
        for m, n, k in [(70, 90, 200), (64, 128, 1500)]:
            a, b = operands(rng, m, n, k, ta, tb, np.float32)
            a, b = a * np.float32(scale_a), b * np.float32(scale_b)
            bound = wide(np.abs(a), np.abs(b), ta, tb)
            error = np.abs(product(level, a, b, ta, tb) - wide(a, b, ta, tb))
            assert (error <= 8 * np.finfo(np.float32).eps * bound).all()


def test_large_numbers_are_those_of_float32(level, rng):
    """Infinite is what float32 makes so, whatever the units can hold, and other elements do not notice."""
    a, b = operands(rng, 80, 96, 64, 0, 0, np.float32)
    a[3], a[5] = 2.0**120, np.finfo(np.float32).max
    b[:, 7] = 1
    c = product(level, a, b)
    expected = wide(a, b, 0, 0)
    assert c[5, 7] == np.inf
    np.testing.assert_allclose(c[3], expected[3], atol=2.0**120 * 1e-5)
    assert_close(np.delete(c, [3, 5], 0), np.delete(expected, [3, 5], 0), 64)
    assert np.isfinite(np.delete(c, 5, 0)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ta, tb", TRANSPOSES)
def test_lengths_around_blocks_of_k(level, rng, dtype, ta, tb):
    lengths = [1, 2, 15, 16, 17, 31, 33, 383, 384, 385, 769, 1153]
    shapes = [(1, 1), (1, 5), (1, 150), (2, 37), (5, 1), (9, 9), (37, 2), (40, 35)]
    for k, (m, n) in itertools.product(lengths, shapes):
        a, b = operands(rng, m, n, k, ta, tb, dtype)
        bias = rng.uniform(-1, 1, n).astype(dtype)
        assert_close(product(level, a, b, ta, tb, bias, RELU), activate(wide(a, b, ta, tb) + bias, RELU), k)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ta, tb", TRANSPOSES)
def test_more_rows_and_columns_than_one_pass_keeps(level, rng, dtype, ta, tb):
    for m, n, k in [(3, 1100, 50), (301, 3, 50), (160, 530, 400), (530, 290, 300), (40, 600, 1030)]:
        a, b = operands(rng, m, n, k, ta, tb, dtype)
        bias = rng.uniform(-1, 1, n).astype(dtype)
        assert_close(product(level, a, b, ta, tb, bias, TANH), np.tanh(wide(a, b, ta, tb) + bias), k)


@pytest.mark.parametrize("dtype", DTYPES)
def test_few_rows_or_columns_of_long_dots(level, rng, dtype):
    """A transposed b of few rows is not copied, if k is neither short nor very long."""
    for few, k in itertools.product([8, 9, 31, 32, 33], [31, 63, 64, 65, 255, 256, 257, 2048, 2049]):
        for m, n in [(few, 70), (70, few)]:
            a, b = operands(rng, m, n, k, 0, 1, dtype)
            bias = rng.uniform(-1, 1, n).astype(dtype)
            assert_close(product(level, a, b, 0, 1, bias, RELU), activate(wide(a, b, 0, 1) + bias, RELU), k)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("act", [NONE, RELU, SIGMOID, TANH, RELU6])
@pytest.mark.parametrize("with_bias", [False, True])
def test_bias_and_activation(level, rng, dtype, act, with_bias):
    for (m, n, k), (ta, tb) in itertools.product([(13, 37, 5), (1, 40, 9), (9, 1, 40), (3, 70, 90)], TRANSPOSES):
        a, b = operands(rng, m, n, k, ta, tb, dtype)
        bias = rng.uniform(-1, 1, n).astype(dtype) if with_bias else None
        expected = activate(wide(a, b, ta, tb) + (bias if with_bias else 0), act)
        assert_close(product(level, a, b, ta, tb, bias, act), expected, k)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("act", [NONE, RELU])
@pytest.mark.parametrize("name", PACKING_LEVELS)
def test_packed_weights_give_the_same_bits(name, rng, dtype, act):
    level = _kernels.load_level(name)
    for m in (1, 2, 7, 13, 33, 130):
        for n in (2, 7, 16, 17, 31, 33, 65, 300):
            for k in (1, 5, 384, 385, 900):
                a, b = operands(rng, m, n, k, 0, 0, dtype)
                bias = rng.standard_normal(n).astype(dtype)
                packed, found = np.full(k * -(-n // 32) * 32, np.nan, dtype), []
                code = DTYPES.index(dtype)
                level.call("gemm_pack", [packed], [b], [code, n, k])
                for threads in (1, 2):
                    level.set_threads(threads)
                    for weights, form in ((b, 0), (packed, 2)):
                        c = np.full((m, n), np.nan, dtype)
                        p = [code, 1, m, n, k, 0, form, 0, 0, 0, act, 1]
                        level.call("gemm", [c], [a, weights, bias], p)
                        found.append(c)
                level.set_threads(1)
                expected = activate(wide(a, b, 0, 0) + bias, act)
                assert_close(found[0], expected, k)
                for c in found[1:]:
                    np.testing.assert_array_equal(c, found[0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (0, 0, 0), (5, 3, 0), (1, 40, 0), (40, 1, 0), (1, 1, 0)])
def test_empty(level, dtype, shape):
    m, n, k = shape
    for ta, tb in TRANSPOSES:
        a, b = np.empty((k, m) if ta else (m, k), dtype), np.empty((n, k) if tb else (k, n), dtype)
        bias = np.arange(n, dtype=dtype) - 1
        np.testing.assert_array_equal(product(level, a, b, ta, tb), np.zeros((m, n)))
        np.testing.assert_array_equal(product(level, a, b, ta, tb, bias, RELU), np.maximum(bias, 0) * np.ones((m, 1)))


def test_empty_batch(level):
    c = np.full((2, 2), 7, np.float32)
    level.call("gemm", [c], [c, c], [0, 0, 2, 2, 2, 0, 0, 4, 4, 4, 0, 0])
    assert (c == 7).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ta, tb", TRANSPOSES)
@pytest.mark.parametrize("shape", [(13, 35, 20), (1, 9, 40), (9, 1, 20), (90, 70, 65)])
def test_batch(threaded, rng, dtype, ta, tb, shape):
    m, n, k = shape
    a, b = operands(rng, m, n, k, ta, tb, dtype, batch=5)
    expected = wide(a, b, ta, tb)
    assert_close(product(threaded, a, b, ta, tb), expected, k)
    p = [DTYPES.index(dtype), 5, m, n, k, ta, tb, m * k, k * n, m * n, 0, 0]
    for shared, step in (("a", 7), ("b", 8)):
        c, q = np.empty((5, m, n), dtype), list(p)
        q[step] = 0
        threaded.call("gemm", [c], [a, b], q)
        assert_close(c, wide(a[:1], b, ta, tb) if shared == "a" else wide(a, b[:1], ta, tb), k)
    # Results and operands that lie further apart than one matrix
    c, far = np.zeros((5, m * n + 3), dtype), np.zeros((5, m * k + 2), dtype)
    far[:, : m * k] = a.reshape(5, -1)
    threaded.call("gemm", [c], [far, b], [*p[:7], m * k + 2, k * n, m * n + 3, 0, 0])
    assert_close(c[:, : m * n].reshape(5, m, n), expected, k)
    assert (c[:, m * n :] == 0).all()


SPLITS = [
    (128, 512, 784, 0, 0), (784, 512, 128, 1, 0), (128, 512, 512, 0, 1), (32, 512, 128, 0, 0), (128, 10, 512, 0, 0),
    (8, 700, 500, 0, 1), (1, 2000, 1100, 0, 0), (1, 2000, 1100, 0, 1), (3000, 1, 900, 0, 0), (3000, 1, 900, 1, 0),
    (65, 33, 20, 0, 0), (32, 200, 700, 0, 1), (300, 600, 1030, 0, 0), (300, 1100, 50, 1, 0),
    (130, 129, 400, 1, 1), (2000, 7, 100, 0, 0), (7, 2000, 100, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("split", SPLITS)
def test_threads_change_no_bit(level, rng, dtype, split):
    m, n, k, ta, tb = split
    a, b = operands(rng, m, n, k, ta, tb, dtype)
    bias = rng.uniform(-1, 1, n).astype(dtype)
    one = product(level, a, b, ta, tb, bias, SIGMOID)
    assert_close(one, activate(wide(a, b, ta, tb) + bias, SIGMOID), k)
    try:
        for threads in (2, 3):
            level.set_threads(threads)
            for _ in range(2):
                assert product(level, a, b, ta, tb, bias, SIGMOID).tobytes() == one.tobytes()
    finally:
        level.set_threads(1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ta, tb", TRANSPOSES)
def test_nan_and_infinity_reach_their_row_and_column_only(level, rng, dtype, ta, tb):
    for m, n, k in [(14, 37, 30), (1, 35, 40), (20, 1, 33), (3, 40, 64), (70, 75, 40)]:
        for act in (NONE, RELU, SIGMOID, TANH, RELU6):
            a, b = operands(rng, m, n, k, ta, tb, dtype)
            clean = product(level, a, b, ta, tb, act=act)
            (a.T if ta else a)[m // 2, k - 1] = np.nan
            dirty = product(level, a, b, ta, tb, act=act)
            hit = np.zeros((m, n), bool)
            hit[m // 2] = True
            assert np.isnan(dirty[hit]).all()
            np.testing.assert_array_equal(dirty[~hit], clean[~hit])

            a, b = operands(rng, m, n, k, ta, tb, dtype)
            clean = product(level, a, b, ta, tb, act=act)
            (b.T if tb else b)[k // 2, n - 1] = np.inf
            (a.T if ta else a)[:, k // 2] = np.where(np.arange(m) % 2, 0.5, -0.5)
            again = product(level, a, b, ta, tb, act=act)
            expected = activate(np.where(np.arange(m) % 2, np.inf, -np.inf), act)
            np.testing.assert_array_equal(again[:, -1], expected)
            assert np.isfinite(again[:, :-1]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_activations_at_every_magnitude(level, dtype):
    """The product is exact (one factor is 1), so what is seen is the activation alone."""
    top = 110.0 if dtype == np.float32 else 760.0
    small = np.geomspace(1e-30, top, 4000)
    x = np.concatenate([-small, small, np.linspace(-20, 20, 8001), np.arange(-40, 41) * np.log(2) / 4]).astype(dtype)
    exact = x.astype(np.longdouble)
    one = np.ones((1, 1), dtype)
    with np.errstate(over="ignore", under="ignore"):
        sigmoid = 1 / (1 + np.exp(-exact))
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).smallest_subnormal
    for act, expected in ((SIGMOID, sigmoid), (TANH, np.tanh(exact))):
        y = product(level, one, x[None], act=act)[0]
        error = np.abs(y - expected)
        assert (error <= 4 * eps * np.abs(expected) + tiny).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_activations_at_the_ends(level, dtype):
    x = np.array([[np.inf, -np.inf, np.nan, 0.0, -0.0, 2.0**90, -(2.0**90)]], dtype)
    one = np.ones((1, 1), dtype)
    np.testing.assert_array_equal(product(level, one, x, act=RELU)[0], [np.inf, 0, np.nan, 0, 0, 2.0**90, 0])
    np.testing.assert_array_equal(product(level, one, x, act=SIGMOID)[0], [1, 0, np.nan, 0.5, 0.5, 1, 0])
    tanh = product(level, one, x, act=TANH)[0]
    np.testing.assert_array_equal(tanh, [1, -1, np.nan, 0, 0, 1, -1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ta, tb", TRANSPOSES)
def test_nothing_is_written_around_the_result(threaded, rng, dtype, ta, tb):
    for m, n, k in [(1, 1, 1), (13, 37, 5), (1, 45, 20), (29, 1, 20), (7, 3, 50), (150, 67, 130)]:
        a, b = operands(rng, m, n, k, ta, tb, dtype)
        guard = 64
        guarded = np.full(m * n + 2 * guard, 123, dtype)
        product(threaded, a, b, ta, tb, np.zeros(n, dtype), TANH, out=guarded[guard:-guard].reshape(m, n))
        assert (guarded[:guard] == 123).all() and (guarded[-guard:] == 123).all()


def at_the_end_of_memory(x):
    """A copy of x whose last byte is the last byte of a page that nothing follows (a file's pages end there)."""
    page = mmap.PAGESIZE
    size = -(-max(x.nbytes, 1) // page) * page
    block = mmap.mmap(-1, size + page)
    whole = np.frombuffer(block, np.uint8)
    protect(whole.ctypes.data + size, page)
    copy = whole[size - x.nbytes : size].view(x.dtype).reshape(x.shape)
    copy[...] = x
    return copy


def protect(address, size):
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), 0):
        pytest.skip("memory cannot be protected here")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ta, tb", TRANSPOSES)
def test_nothing_is_read_beyond_the_operands(level, rng, dtype, ta, tb):
    """Every array ends where readable memory ends: a step too far would end the process."""
    for m, n, k in [
        (1, 1, 1),
        (1, 3, 5),
        (2, 7, 3),
        (13, 37, 5),
        (1, 45, 20),
        (29, 1, 20),
        (40, 35, 33),
        (40, 3, 9),
        (66, 75, 40),
    ]:
        a, b = map(at_the_end_of_memory, operands(rng, m, n, k, ta, tb, dtype))
        bias = at_the_end_of_memory(rng.uniform(-1, 1, n).astype(dtype))
        c = at_the_end_of_memory(np.zeros((m, n), dtype))
        assert_close(product(level, a, b, ta, tb, bias, RELU, out=c), activate(wide(a, b, ta, tb) + bias, RELU), k)


@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_need_no_alignment_beyond_their_items(level, rng, dtype):
    m, n, k = 14, 35, 40
    a, b = operands(rng, m, n, k, 0, 0, dtype)
    for shift in (1, 2, 3):

        def shifted(x, shift=shift):
            return np.concatenate([np.zeros(shift, dtype), x.ravel()])[shift:].reshape(x.shape)

        c = product(level, shifted(a), shifted(b), out=shifted(np.zeros((m, n), dtype)))
        assert c.tobytes() == product(level, a, b).tobytes()


@pytest.fixture
def rng():
    return np.random.default_rng(7)
