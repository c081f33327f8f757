"""Pooling along an axis, in windows of all kinds, and the routing of its gradients."""

import itertools

import numpy as np
import pytest
from guarded import guarded
from windows import DTYPES, samples, windows

from ckeras.ops.nn.pooling import Span

SUM, MAX = range(2)
SPANS = [
    Span.sliding(7, 3, 3, 2, "valid"),
    Span.sliding(7, 4, 2, 2, "same"),
    Span.sliding(50, 50, 1, 1, "valid"),
    Span.sliding(50, 41, 10, 1, "valid"),  # windows that overlap much: by blocks
    Span.sliding(50, 50, 23, 1, "same"),
    Span.sliding(50, 50, 500, 1, "same"),  # longer than the axis on both sides
    Span.sliding(600, 301, 300, 1, "valid"),  # offsets that a byte does not hold
    Span.sliding(40, 4, 3, 11, "valid"),  # gaps
    Span.adaptive(50, 7),
    Span.adaptive(5, 13),
    Span.adaptive(97, 96),
    Span.sliding(50, 41, 10, 1, "valid").transposed,
    Span.sliding(40, 4, 3, 11, "valid").transposed,  # empty windows
    Span.adaptive(50, 7).transposed,
    Span.adaptive(5, 130).transposed,
]
COLUMNS = [(1, 1), (3, 2), (2, 65), (1, 200)]


def parameters(dtype, outer, inner, span, last):
    sizes = (outer, span.size, span.count, inner, span.step, span.over, span.low, span.high)
    return [DTYPES.index(dtype), *sizes, int(span.offset_dtype == "uint8"), last]


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=lambda t: t.__name__)
def test_sums(threaded, dtype):
    for span, (outer, inner) in itertools.product(SPANS, COLUMNS):
        x = np.random.default_rng(1).standard_normal((outer, span.size, inner)).astype(dtype)
        y, intact = guarded((outer, span.count, inner), dtype)
        threaded.call("pool", [y], [x], parameters(dtype, outer, inner, span, SUM))
        expected = [x[:, lo : hi + 1].sum(1, dtype=np.float64) for _, lo, hi in windows(span)]
        tolerance = 1e-6 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(y, np.stack(expected, 1), tolerance, tolerance, err_msg=str(span))
        assert intact()


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=lambda t: t.__name__)
def test_an_infinity_or_nan_reaches_only_the_windows_that_it_lies_in(threaded, dtype):
    span = Span.sliding(64, 49, 16, 1, "valid")
    x = np.ones((1, 64, 3), dtype)
    x[0, 20, 0], x[0, 20, 1] = np.inf, np.nan
    y = np.empty((1, 49, 3), dtype)
    threaded.call("pool", [y], [x], parameters(dtype, 1, 3, span, SUM))
    met = np.array([lo <= 20 <= hi for _, lo, hi in windows(span)])
    np.testing.assert_array_equal(y[0, :, 0], np.where(met, np.inf, 16))
    np.testing.assert_array_equal(y[0, :, 1], np.where(met, np.nan, 16))


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
def test_maxima_and_the_first_index_of_each(threaded, dtype):
    for span, (outer, inner) in itertools.product(SPANS[:11], COLUMNS):
        x = samples((outer, span.size, inner), dtype)
        y, intact = guarded((outer, span.count, inner), dtype)
        at, more_intact = guarded(y.shape, span.offset_dtype)
        threaded.call("pool", [y, at], [x], parameters(dtype, outer, inner, span, MAX))
        for j, (begin, lo, hi) in enumerate(windows(span)):
            np.testing.assert_array_equal(y[:, j], x[:, lo : hi + 1].max(1))
            np.testing.assert_array_equal(at[:, j], x[:, lo : hi + 1].argmax(1) + lo - begin)
        assert intact() and more_intact()


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=lambda t: t.__name__)
def test_routes_to_the_maxima_and_from_them(threaded, dtype):
    for span, (outer, inner) in itertools.product(SPANS[:11], COLUMNS):
        rng = np.random.default_rng(2)
        g = rng.integers(-9, 9, (outer, span.count, inner)).astype(dtype)
        at = np.empty(g.shape, span.offset_dtype)
        for j, (begin, lo, hi) in enumerate(windows(span)):
            at[:, j] = rng.integers(lo - begin, hi + 1 - begin, (outer, inner))
        index = at.astype(int) + np.array([begin for begin, _, _ in windows(span)])[:, None]
        dx, intact = guarded((outer, span.size, inner), dtype)
        threaded.call("pool_route", [dx], [g, at], parameters(dtype, outer, inner, span, 0))
        expected = np.zeros(dx.shape)
        np.add.at(expected, (np.arange(outer)[:, None, None], index, np.arange(inner)), g)
        np.testing.assert_array_equal(dx, expected)
        y, more_intact = guarded(g.shape, dtype)
        threaded.call("pool_route", [y], [dx, at], parameters(dtype, outer, inner, span, 1))
        np.testing.assert_array_equal(y, np.take_along_axis(expected, index, 1))
        assert intact() and more_intact()


def test_offsets_outside_of_the_axis_are_left_out(threaded):
    span = Span.sliding(6, 3, 2, 2, "valid")
    at = np.array([[[0], [200], [1]]], "uint8")
    dx, y = np.empty((1, 6, 1), np.float32), np.empty((1, 3, 1), np.float32)
    p = parameters(np.float32, 1, 1, span, 0)
    threaded.call("pool_route", [dx], [np.ones((1, 3, 1), np.float32), at], p)
    threaded.call("pool_route", [y], [np.arange(6, dtype=np.float32), at], [*p[:-1], 1])
    assert dx.ravel().tolist() == [1, 0, 0, 0, 0, 1] and y.ravel().tolist() == [0, 0, 5]
