"""Rows by index: gathered, scattered, cast; and what a bad index does."""

import numpy as np
import pytest
from guarded import guarded

DTYPES = [np.float32, np.float64, np.int32, np.int64, np.bool_, np.uint8, np.int8, np.int16, np.uint16, np.uint32,
          np.uint64, np.float16]  # fmt: skip
CODE = {t: k for k, t in enumerate(DTYPES)}
INDEX = [np.int32, np.int64]
COLUMNS = [1, 2, 3, 7, 16, 17, 32, 65, 100]


@pytest.mark.parametrize("index_type", INDEX)
def test_gather_rows(threaded, index_type):
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64, np.uint8, np.int16):
        for cols in COLUMNS:
            for n in (0, 1, 7, 300):
                table = rng.integers(0, 100, (50, cols)).astype(dtype)
                index = rng.integers(-50, 50, n).astype(index_type)
                out, intact = guarded((n, cols), dtype)
                p = [cols * table.itemsize, n, 50, CODE[index_type], 1]
                threaded.call("gather_rows", [out], [table, index], p)
                np.testing.assert_array_equal(out, table[index])
                assert intact()


def scatter_sub_workspace(n, cols, dtype):
    return np.full(n * cols * np.dtype(dtype).itemsize + 64 + 12 * n + 16 * max(n, 1), 77, np.uint8)


@pytest.mark.parametrize("index_type", INDEX)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scatter_sub_subtracts_the_sum_of_each_index(threaded, index_type, dtype):
    rng = np.random.default_rng(0)
    for cols in COLUMNS:
        for n in (0, 1, 7, 300):
            table, g = rng.standard_normal((50, cols)).astype(dtype), rng.standard_normal((n, cols)).astype(dtype)
            index = rng.integers(-50, 50, n).astype(index_type)
            out, intact = guarded((50, cols), dtype)
            out[...] = table
            sums = np.zeros((50, cols), dtype)
            np.add.at(sums, index, g)
            p = [CODE[dtype], n, cols, 50, CODE[index_type], 1]
            threaded.call("scatter_sub_rows", [out], [index, g, scatter_sub_workspace(n, cols, dtype)], p)
            np.testing.assert_array_equal(out, table - sums)  # sums are made in the order of the indices
            assert intact()


def test_scatter_sub_gives_the_same_bits_on_threads(level):
    rng = np.random.default_rng(0)
    table, g = rng.standard_normal((70_000, 33)).astype(np.float32), rng.standard_normal((9000, 33)).astype(np.float32)
    index = np.concatenate([rng.integers(0, 70_000, 6000), rng.integers(0, 9, 3000)]).astype(np.int32)
    results = []
    for threads in (1, 2, 3):
        level.set_threads(threads)
        out = table.copy()
        p = [0, len(index), 33, len(table), CODE[np.int32], 0]
        level.call("scatter_sub_rows", [out], [index, g, scatter_sub_workspace(len(index), 33, np.float32)], p)
        results.append(out)
    level.set_threads(1)
    sums = np.zeros_like(table)
    np.add.at(sums, index, g)
    for out in results:
        np.testing.assert_array_equal(out, table - sums)


@pytest.mark.parametrize("index_type", INDEX)
def test_large_gathers_on_threads(threaded, index_type):
    rng = np.random.default_rng(1)
    table = rng.standard_normal((1000, 130)).astype(np.float32)
    index = rng.integers(0, 1000, 5001).astype(index_type)
    out, intact = guarded((5001, 130), np.float32)
    threaded.call("gather_rows", [out], [table, index], [520, 5001, 1000, CODE[index_type], 0])
    np.testing.assert_array_equal(out, table[index])
    assert intact()


@pytest.mark.parametrize("index_type", INDEX)
@pytest.mark.parametrize("negatives", [0, 1])
def test_a_bad_index_is_reported_and_nothing_is_written(threaded, index_type, negatives):
    table = np.ones((10, 3), np.float32)
    for n, where in [(1, 0), (5, 4), (1000, 517)]:
        for bad in [10, 11, 2**31 - 1, -11, -(2**31)] + ([] if negatives else [-1]):
            index = np.zeros(n, index_type)
            index[where] = bad
            if where + 1 < n:
                index[-1] = 99  # the first one is reported
            message = rf"index {bad} at position {where} .*10\)"
            out = np.full((n, 3), 77, np.float32)
            with pytest.raises(IndexError, match=message):
                threaded.call("gather_rows", [out], [table, index], [12, n, 10, CODE[index_type], negatives])
            assert (out == 77).all()
            for name in ("scatter_add_rows", "scatter_set_rows"):
                for accumulate in (0, 1):
                    grown = np.full((10, 3), 77, np.float32)
                    p = [0, n, 3, 10, CODE[index_type], negatives, accumulate]
                    with pytest.raises(IndexError, match=message):
                        threaded.call(name, [grown], [index, np.ones((n, 3), np.float32)], p)
                    assert (grown == 77).all()
            kept = np.full((10, 3), 77, np.float32)
            with pytest.raises(IndexError, match=message):
                workspace = scatter_sub_workspace(n, 3, np.float32)
                p = [0, n, 3, 10, CODE[index_type], negatives]
                threaded.call("scatter_sub_rows", [kept], [index, np.ones((n, 3), np.float32), workspace], p)
            assert (kept == 77).all()
            if index_type is np.int64 and not negatives:
                with pytest.raises(IndexError, match=message):
                    threaded.call("gather_cast", [out], [table, index], [0, 0, 3, n, 10])
                assert (out == 77).all()


def test_gather_from_nothing(level):
    out = np.full((1, 2), 77, np.float32)
    for index_type in INDEX:
        with pytest.raises(IndexError):
            p = [8, 1, 0, CODE[index_type], 1]
            level.call("gather_rows", [out], [np.zeros((0, 2), np.float32), np.zeros(1, index_type)], p)
    assert (out == 77).all()


@pytest.mark.parametrize("index_type", INDEX)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
def test_scatter_add_rows(threaded, dtype, index_type):
    rng = np.random.default_rng(2)
    for cols in COLUMNS:
        for n, rows in [(0, 4), (1, 1), (150, 11), (400, 900)]:
            index = rng.integers(-rows, rows, n).astype(index_type)
            g = (rng.standard_normal((n, cols)) * 100).astype(dtype)
            for accumulate in (0, 1):
                out, intact = guarded((rows, cols), dtype)
                out[...] = 5
                want = np.full((rows, cols), 5 * accumulate, dtype)
                np.add.at(want, index, g)  # in the order of the indices, like the kernel: the same bits
                p = [CODE[dtype], n, cols, rows, CODE[index_type], 1, accumulate]
                threaded.call("scatter_add_rows", [out], [index, g], p)
                np.testing.assert_array_equal(out, want)
                assert intact()


@pytest.mark.parametrize("cols", [3, 16, 31, 64, 129])
def test_large_scatters_on_threads(threaded, cols):
    """Few columns are shared out by rows, many by columns; half of the gradient goes to one row."""
    rng = np.random.default_rng(5)
    n, rows = 400_000 // cols // 4, 501
    index = np.where(rng.random(n) < 0.5, 0, rng.integers(0, rows, n))
    g = rng.standard_normal((n, cols)).astype(np.float32)
    out, intact = guarded((rows, cols), np.float32)
    want = np.zeros((rows, cols), np.float32)
    np.add.at(want, index, g)
    threaded.call("scatter_add_rows", [out], [index, g], [0, n, cols, rows, 3, 0, 0])
    np.testing.assert_array_equal(out, want)
    threaded.call("scatter_set_rows", [out], [index, g], [0, n, cols, rows, 3, 0, 0])
    last = np.zeros((rows, cols), np.float32)
    last[index] = g
    np.testing.assert_array_equal(out, last)
    assert intact()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.bool_, np.int16])
def test_scatter_set_rows_keeps_the_last(threaded, dtype):
    rng = np.random.default_rng(3)
    for cols in [*COLUMNS, 200]:
        for n, rows in [(0, 4), (300, 11), (700, 2000)]:
            index = rng.integers(0, rows, n)
            g = (rng.standard_normal((n, cols)) * 100).astype(dtype)
            for accumulate in (0, 1):
                out, intact = guarded((rows, cols), dtype)
                out[...] = 1
                want = np.full((rows, cols), accumulate, dtype)
                want[index] = g  # numpy assigns in order as well
                threaded.call("scatter_set_rows", [out], [index, g], [CODE[dtype], n, cols, rows, 3, 0, accumulate])
                np.testing.assert_array_equal(out, want)
                assert intact()


@pytest.mark.parametrize("source", DTYPES, ids=lambda t: np.dtype(t).name)
def test_gather_cast(threaded, source):
    rng = np.random.default_rng(4)
    for target in DTYPES[:6]:
        for cols in (1, 3, 16, 33, 300):
            for n in (0, 1, 2, 128):
                # integers that every type holds, so that the cast is exact; fractions where both are floats
                table = rng.integers(0, 100, (60, cols)).astype(source)
                if np.dtype(source).kind == "f":
                    table = (table + rng.integers(0, 4, table.shape) / 4).astype(source)
                for index in (rng.integers(0, 60, n), np.arange(n) % 60):
                    out, intact = guarded((n, cols), target)
                    threaded.call("gather_cast", [out], [table, index], [CODE[source], CODE[target], cols, n, 60])
                    np.testing.assert_array_equal(out, table[index].astype(target))
                    assert intact()


def test_casts_of_extreme_values(level):
    def cast(values, source, target):
        table = np.array(values, source).reshape(1, -1)
        out = np.empty(table.shape, target)
        level.call("gather_cast", [out], [table, np.zeros(1, np.int64)], [CODE[source], CODE[target], table.size, 1, 1])
        return out[0]

    halves = np.arange(65536, dtype=np.uint16).view(np.float16)
    np.testing.assert_array_equal(cast(halves, np.float16, np.float32), halves.astype(np.float32))
    np.testing.assert_array_equal(cast(halves, np.float16, np.float64), halves.astype(np.float64))
    signed = [-128, -1, 0, 127]
    np.testing.assert_array_equal(cast(signed, np.int8, np.float32), signed)
    np.testing.assert_array_equal(cast([2**63 + 2**40, 5], np.uint64, np.float64), [2.0**63 + 2**40, 5])
    np.testing.assert_array_equal(cast([2**32 - 1], np.uint32, np.int64), [2**32 - 1])
    np.testing.assert_array_equal(cast([0.0, -0.0, 1e-40, np.nan, 0.5], np.float32, np.bool_), [0, 0, 1, 1, 1])
    np.testing.assert_array_equal(cast([-2.75, 2.75, 2.0**40], np.float64, np.int64), [-2, 2, 2**40])
    np.testing.assert_array_equal(cast([np.inf, -np.inf, 1e300], np.float64, np.float32), [np.inf, -np.inf, np.inf])
