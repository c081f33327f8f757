"""Pooling along all spatial axes at once: maxima, means, their gradients, and elements at given numbers."""

import itertools

import numpy as np
import pytest
from guarded import guarded
from windows import DTYPES, samples, windows

from ckeras.ops.nn.pooling import Span

MAX, MEAN, ROUTE, SPREAD, TAKE = range(5)
VALID, SAME, GAPS = (
    Span.sliding(7, 3, 3, 2, "valid"),
    Span.sliding(8, 4, 3, 2, "same"),
    Span.sliding(9, 2, 2, 6, "valid"),
)
NARROW, EVEN, EMPTY = Span.adaptive(5, 7), Span.adaptive(6, 3), Span.sliding(2, 0, 3, 1, "valid")
CASES = [  # spans of the axes, and their order from the slowest to the fastest
    ((VALID,), (1,)),
    ((Span.sliding(300, 2, 256, 40, "valid"),), (1,)),  # the highest number is 255
    ((SAME, VALID), (1, 2)),
    ((NARROW, EVEN), (2, 1)),
    ((GAPS, SAME), (1, 2)),
    ((EMPTY, SAME), (1, 2)),
    ((EVEN, SAME, GAPS), (1, 2, 3)),
    ((EVEN, SAME, NARROW), (3, 2, 1)),
]
CHANNELS = [(1, 1), (3, 2), (2, 3), (1, 21), (2, 64), (1, 93), (0, 8), (2, 0)]


def parameters(dtype, kind, batch, channels, spans, order):
    axes = [(1, 1, 1, 1, 0, 0, 0, 0)] * (3 - len(spans))
    for axis in order:
        inner = spans[axis:]
        apart = channels * np.prod([(s.size, s.count) for s in inner] or [(1, 1)], 0, int)
        axes.append((*spans[axis - 1], *apart))
    return [DTYPES.index(dtype), kind, batch, channels, *map(int, itertools.chain(*axes))]


def taps(spans, order):
    """For each window: its position, and (position of the element, number) for each of its elements, in order."""
    extents = [(s.high - s.low) // s.over + 1 for s in spans]
    lists = [list(windows(s)) for s in spans]
    for place in np.ndindex(*(s.count for s in spans)):
        found = []
        ranges = [range(lists[k][place[k]][1], lists[k][place[k]][2] + 1) for k in (axis - 1 for axis in order)]
        for chosen in itertools.product(*ranges):
            number, element = 0, [0] * len(spans)
            for axis, i in zip(order, chosen, strict=True):
                number = number * extents[axis - 1] + i - lists[axis - 1][place[axis - 1]][0]
                element[axis - 1] = i
            found.append((tuple(element), number))
        yield place, found


def shapes(batch, channels, spans):
    return (batch, *(s.size for s in spans), channels), (batch, *(s.count for s in spans), channels)


def workspace(spans):
    return np.zeros(16 * (sum(max(s.size, s.count) + s.count for s in spans) + 2 * (3 - len(spans))), np.uint8)


def run(level, kind, out, ins, spans, order):
    x = out[0] if kind in (ROUTE, SPREAD) else ins[0]
    dtype = next(t for t in DTYPES if x.dtype == t)
    p = parameters(dtype, kind, x.shape[0], x.shape[-1], spans, order)
    level.call("pool_windows", out, [*ins, workspace(spans)], p)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
def test_maxima(threaded, dtype):
    for (spans, order), (batch, channels) in itertools.product(CASES, CHANNELS):
        of_x, of_y = shapes(batch, channels, spans)
        x = samples(of_x, dtype)
        (y, intact), (at, at_intact) = guarded(of_y, dtype), guarded(of_y, np.uint8)
        run(threaded, MAX, [y, at], [x], spans, order)
        for place, found in taps(spans, order):
            values = np.stack([x[(slice(None), *element)] for element, _ in found])
            numbers = np.array([number for _, number in found])
            first = np.where(np.isnan(values).any(0), np.isnan(values).argmax(0), values.argmax(0))
            np.testing.assert_array_equal(y[(slice(None), *place)], np.take_along_axis(values, first[None], 0)[0])
            np.testing.assert_array_equal(at[(slice(None), *place)], numbers[first])
        assert intact() and at_intact()


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=lambda t: t.__name__)
def test_means_and_their_gradients(threaded, dtype):
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if dtype is np.float32 else {"rtol": 1e-13, "atol": 1e-13}
    rng = np.random.default_rng(2)
    for (spans, order), (batch, channels) in itertools.product(CASES, CHANNELS):
        of_x, of_y = shapes(batch, channels, spans)
        x, g = rng.standard_normal(of_x).astype(dtype), rng.standard_normal(of_y).astype(dtype)
        (y, intact), (dx, dx_intact) = guarded(of_y, dtype), guarded(of_x, dtype)
        run(threaded, MEAN, [y], [x], spans, order)
        run(threaded, SPREAD, [dx], [g], spans, order)
        back = np.zeros(of_x)
        for place, found in taps(spans, order):
            values = [x[(slice(None), *element)].astype(float) for element, _ in found]
            np.testing.assert_allclose(y[(slice(None), *place)], np.mean(values, 0), **tolerance)
            for element, _ in found:
                back[(slice(None), *element)] += g[(slice(None), *place)].astype(float) / len(found)
        np.testing.assert_allclose(dx, back, **tolerance)
        assert intact() and dx_intact()


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=lambda t: t.__name__)
def test_routes_to_numbers_and_takes_from_them(threaded, dtype):
    rng = np.random.default_rng(3)
    for (spans, order), (batch, channels) in itertools.product(CASES, CHANNELS):
        of_x, of_y = shapes(batch, channels, spans)
        x, g = samples(of_x, dtype), rng.integers(-9, 9, of_y).astype(dtype)  # sums are exact
        g[rng.random(of_y) < 0.1] = np.inf
        at = np.zeros(of_y, np.uint8)
        back, taken = np.zeros(of_x), np.zeros(of_y, dtype)
        for place, found in taps(spans, order):
            chosen = rng.integers(0, max(len(found), 1), (batch, channels))
            for b, c in np.ndindex(batch, channels):
                element, at[(b, *place, c)] = found[chosen[b, c]]
                back[(b, *element, c)] += g[(b, *place, c)]
                taken[(b, *place, c)] = x[(b, *element, c)]
        (y, intact), (dx, dx_intact) = guarded(of_y, dtype), guarded(of_x, dtype)
        run(threaded, ROUTE, [dx], [g, at], spans, order)
        run(threaded, TAKE, [y], [x, at], spans, order)
        np.testing.assert_array_equal(dx, back)
        np.testing.assert_array_equal(y, taken)
        assert intact() and dx_intact()


def test_two_threads_share_large_pooling(level):
    spans, order = (Span.sliding(40, 20, 3, 2, "same"),) * 2, (1, 2)
    x = samples((9, 40, 40, 24), np.float32)
    results = []
    for threads in (1, 2):
        level.set_threads(threads)
        y, at = np.empty((9, 20, 20, 24), np.float32), np.empty((9, 20, 20, 24), np.uint8)
        dx, mean = np.empty_like(x), np.empty_like(y)
        run(level, MAX, [y, at], [x], spans, order)
        run(level, ROUTE, [dx], [np.nan_to_num(y, neginf=-1), at], spans, order)
        run(level, MEAN, [mean], [np.nan_to_num(x)], spans, order)
        results.append((y, at, dx, mean))
    level.set_threads(1)
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one.view(np.uint8), two.view(np.uint8))
