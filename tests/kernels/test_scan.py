"""Cumulative sums, products and recurrences along an axis, in both directions, over adjacent columns."""

import itertools

import numpy as np
import pytest

DTYPES = [np.float32, np.float64, np.int32, np.int64]
SHAPES = [
    (1, 1, 1), (3, 7, 1), (1, 1000, 1), (2, 5, 3), (1, 9, 63), (1, 9, 64), (2, 9, 65), (3, 4, 200), (0, 3, 2),
    (2, 0, 3), (2, 3, 0),
]  # fmt: skip
SUM, PROD, RECURRENCE = range(3)


def reference(kind, x, b, reverse):
    """Step by step, floats in double."""
    wide = np.float64 if x.dtype.kind == "f" else x.dtype
    y, carried = np.zeros_like(x), np.full((x.shape[0], x.shape[2]), int(kind == PROD), wide)
    for i in range(x.shape[1])[:: -1 if reverse else 1]:
        v = x[:, i].astype(wide)
        carried = (carried + v, carried * v, v * carried + b[:, i])[kind].astype(wide)
        y[:, i] = carried
    return y


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
def test_scan(threaded, dtype):
    rng = np.random.default_rng(0)
    for shape, kind, reverse in itertools.product(SHAPES, range(3), (0, 1)):
        x, b = (rng.uniform(-2, 2, shape) * (1 if np.dtype(dtype).kind == "f" else 4) for _ in range(2))
        x, b = x.astype(dtype), b.astype(dtype)
        if kind != SUM:
            x = np.where(np.abs(x) > 1, np.sign(x), x).astype(dtype)  # a long product stays within its range
        whole = np.full(x.size + 64, 77, dtype)
        out = whole[32 : 32 + x.size].reshape(shape)
        inputs = [x, b] if kind == RECURRENCE else [x]
        threaded.call("scan", [out], inputs, [kind, DTYPES.index(dtype), *shape, reverse])
        np.testing.assert_allclose(out, reference(kind, x, b, reverse), rtol=1e-6 if dtype == np.float32 else 1e-12)
        assert (whole[:32] == 77).all() and (whole[32 + x.size :] == 77).all()


def test_threads_change_nothing(level):
    x = np.random.default_rng(1).standard_normal((40, 100, 130)).astype(np.float32)
    results = []
    for threads in (1, 2):
        level.set_threads(threads)
        results.append(np.empty_like(x))
        level.call("scan", [results[-1]], [x, x], [RECURRENCE, 0, *x.shape, 1])
    level.set_threads(1)
    np.testing.assert_array_equal(*results)


def test_integers_wrap_around(level):
    x = np.array([[[2**31 - 1], [1], [2**31 - 1]]], np.int32)
    out = np.empty_like(x)
    level.call("scan", [out], [x], [SUM, 2, 1, 3, 1, 0])
    assert out.ravel().tolist() == [2**31 - 1, -(2**31), -1]


def test_long_sums_lose_no_digits(level):
    x = np.full((1, 1_000_000, 1), 0.1, np.float32)
    out = np.empty_like(x)
    level.call("scan", [out], [x], [SUM, 0, *x.shape, 0])
    assert out[0, -1, 0] == np.float32(float(np.float32(0.1)) * 1e6)
