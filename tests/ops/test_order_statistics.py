"""Sorting, the largest few and quantiles: ties, NaN, gradients where elements are equal, bad input."""

import itertools
import math

import numpy as np
import pytest

from ckeras import GradientTape, ops

NAN, INF = math.nan, math.inf


def gradient(function, x):
    x = ops.convert_to_tensor(x)
    with GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x).tolist()


def largest(x, k):
    """The indices of the k largest by Python's own sort: NaN first, equals as they stand."""
    return sorted(range(len(x)), key=lambda i: (not math.isnan(x[i]), -x[i] if not math.isnan(x[i]) else 0))[:k]


@pytest.mark.parametrize("n", [1, 2, 7, 31, 32, 33, 100, 1000])
def test_top_k(n):
    rng = np.random.default_rng(n)
    for high, holes in itertools.product((2, 5, 10**6), (False, True)):
        x = rng.integers(-high, high, (4, n)).astype("float64")
        if holes:
            x[rng.random(x.shape) > 0.9] = NAN
            x[0] = NAN
        for k in {0, 1, min(2, n), n // 5, n // 4, n}:
            values, indices = ops.top_k(x, k)
            assert (values.shape, indices.dtype) == ((4, k), "int32")
            assert indices.tolist() == [largest(row.tolist(), k) for row in x]
            np.testing.assert_array_equal(values, np.take_along_axis(x, indices.numpy(), -1))


def test_top_k_of_any_dtype():
    for dtype in ("bool", "uint8", "int8", "uint32", "int64", "float16"):
        x = (np.arange(200) % 23 % 2 if dtype == "bool" else np.arange(200) % 23).astype(dtype)
        values, indices = ops.top_k(x, 5)
        assert values.dtype == dtype
        assert indices.tolist() == largest(x.astype(float).tolist(), 5)
    assert ops.top_k(np.array([-128, 127, -128], "int8"), 3)[1].tolist() == [1, 0, 2]


def test_top_k_that_cannot_be():
    for x, k in [([1.0, 2.0], 3), ([1.0, 2.0], -1), (1.0, 1), (np.zeros((3, 0)), 1)]:
        with pytest.raises(ValueError, match="top_k expects 0 <= k <= the size of the last axis, got k="):
            ops.top_k(x, k)


def test_in_top_k():
    x = np.array([[0.5, 0.5, 0.5, 0.1]] * 4)
    assert ops.in_top_k([0, 1, 2, 3], x, 1).tolist() == [True, True, True, False]
    assert ops.in_top_k([0, 4, -1, 3], x, 4).tolist() == [True, False, False, True]  # there is no class 4 or -1
    assert ops.in_top_k([0, 1, 2, 3], x, 0).tolist() == [False] * 4
    infinite = [[INF, -INF, NAN], [INF, INF, 0.0]]
    assert ops.in_top_k([1, 2], infinite, 3).tolist() == [True, True]
    assert ops.in_top_k([2, 1], infinite, 3).tolist() == [False, True]
    with pytest.raises(TypeError, match="in_top_k expects integer targets, got dtype float32"):
        ops.in_top_k([1.0], [[1.0]], 1)
    for targets in ([[0]], 0):
        with pytest.raises(ValueError, match="in_top_k expects a target for each row"):
            ops.in_top_k(targets, [[1.0]], 1)


def test_gradients_of_equal_elements():
    assert gradient(lambda x: ops.sort(x) * [1.0, 2.0, 3.0], [5.0, 5.0, 1.0]) == [2, 3, 1]
    assert gradient(lambda x: ops.top_k(x, 2)[0] * [1.0, 2.0], [3.0, 5.0, 5.0]) == [0, 1, 2]
    assert gradient(ops.median, [2.0, 1.0, 2.0, 3.0]) == [0.5, 0, 0.5, 0]
    assert gradient(ops.median, [4.0, 1.0, 3.0]) == [0, 0, 1]
    assert gradient(lambda x: ops.quantile(x, 0.25), [1.0, 2.0, 3.0, 4.0]) == [0.25, 0.75, 0, 0]
    assert gradient(lambda x: ops.nanmedian(x), [4.0, NAN, 3.0]) == [0.5, 0, 0.5]
    assert gradient(lambda x: ops.ptp(x), [4.0, 1.0, 4.0]) == [0.5, -1, 0.5]
    assert gradient(lambda x: ops.nanmax(x), [NAN, 1.0, 1.0]) == [0, 0.5, 0.5]


def test_quantiles_of_infinities():
    x = [1.0, INF, 3.0, -INF]
    assert ops.quantile(x, [0.0, 1 / 3, 1.0]).tolist() == [-INF, 1, INF]
    assert float(ops.median([1.0, 2.0, INF])) == 2
    assert float(ops.nanmedian([NAN, INF, INF])) == INF
    assert math.isnan(ops.median([1.0, NAN]))
    assert math.isnan(ops.nanmedian([NAN, NAN]))


def test_quantiles_of_small_dtypes():
    assert ops.quantile(np.array([1, 2, 3], "float16"), 0.3).dtype == "float16"
    assert ops.median(np.arange(4000, dtype="float16")).tolist() == pytest.approx(2000, abs=1)
    for dtype in ("bool", "int8", "int64", "uint32"):
        assert ops.percentile(np.ones(3, dtype), 50).dtype == "float32"


def test_integer_indices():
    """Of 11 elements, the tenth parts are the elements themselves, whatever the method."""
    x = np.arange(11, dtype="float32")
    for method in ("linear", "lower", "higher", "midpoint", "nearest"):
        assert ops.quantile(x, [i / 10 for i in range(11)], method=method).tolist() == x.tolist()
        assert ops.percentile(x, list(range(0, 101, 10)), method=method).tolist() == x.tolist()
        assert ops.quantile(x, ops.convert_to_tensor([0.1, 0.7]), method=method).tolist() == [1, 7]
        assert ops.quantile(x, np.array([0.1, 0.7], "float32"), method=method).tolist() == [1, 7]
    assert ops.quantile(x, [ops.convert_to_tensor(0.1), 0.7]).tolist() == [1, 7]


def test_quantiles_that_cannot_be():
    for q in (-0.1, [0.5, 1.5]):
        with pytest.raises(ValueError, match=r"quantile expects q in \[0, 1\], got"):
            ops.quantile([1.0, 2.0], q)
    with pytest.raises(ValueError, match=r"nanpercentile expects q in \[0, 100\], got 101"):
        ops.nanpercentile([1.0], 101)
    with pytest.raises(ValueError, match="quantile expects one q or a list of them"):
        ops.quantile([1.0, 2.0], [[0.5]])
    with pytest.raises(ValueError, match="percentile expects a method of linear, lower"):
        ops.percentile([1.0, 2.0], 50, method="hazen")
    with pytest.raises(ValueError, match="quantile of no elements"):
        ops.median(np.zeros((0, 3)), axis=0)
    with pytest.raises(ValueError, match="axis 2 is out of range"):
        ops.median(np.zeros((1, 3)), axis=2)
    with pytest.raises(ValueError, match="sort: axis 1 is out of range"):
        ops.sort([1.0], 1)
    assert ops.quantile([1.0, 2.0], []).shape == (0,)
    assert ops.median(np.zeros((3, 0)), axis=0).shape == (0,)


def test_gradients_of_nothing():
    for function in (lambda x: ops.sort(x), lambda x: ops.top_k(x, 0)[0], lambda x: ops.nansum(x, 1)):
        for shape in ((0, 3), (3, 0)):
            x = ops.zeros(shape)
            with GradientTape() as tape:
                tape.watch(x)
                y = function(x)
            assert tape.gradient(y, x).shape == shape
