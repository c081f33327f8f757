"""Strided copies against numpy's views, fills and ranges."""

import itertools

import numpy as np
import pytest

ITEMS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64, 16: np.complex128}
DTYPES = [np.float32, np.float64, np.int32, np.int64, np.bool_, np.uint8, np.int8, np.int16, np.uint16, np.uint32,
          np.uint64, np.float16]  # fmt: skip
CANARY = 64


def numbers(shape, item):
    n = int(np.prod(shape))
    return (np.arange(n) * 7919 % 65521).astype(ITEMS[item]).reshape(shape)


def strides(view, item):
    return [s // item for s in view.strides]


def offset(view, base, item):
    return (view.__array_interface__["data"][0] - base.__array_interface__["data"][0]) // item


def copied(level, base, view, out_shape=None, index=None):
    """The kernel's copy of ``view`` (of ``base``) into the elements ``index`` of an output full of canaries."""
    item = base.itemsize
    shape = view.shape if out_shape is None else out_shape
    n = int(np.prod(shape))
    whole = np.full(n + 2 * CANARY, 165, base.dtype)
    expected = whole.copy()
    out = whole[CANARY : CANARY + n].reshape(shape)
    part = out if index is None else out[index]
    want = expected[CANARY : CANARY + n].reshape(shape)
    if index is None:
        want[...] = view
    else:
        want[index] = view
    p = [item, view.ndim, offset(view, base, item), CANARY + offset(part, out, item)]
    if view.size == 0:
        p[2:4] = [0, 0]
    level.call("copy", [whole], [base], p + [*view.shape, *strides(view, item), *strides(part, item)])
    np.testing.assert_array_equal(whole, expected)


@pytest.mark.parametrize("item", list(ITEMS))
def test_every_transposition(threaded, item):
    for shape in [(0, 3), (1, 1), (3, 7), (17, 17), (16, 16), (33, 65), (64, 130), (2, 300), (300, 2),
                  (1, 9), (3, 5, 7), (17, 3, 33), (4, 20, 18), (2, 3, 4, 5), (5, 28, 27, 1), (3, 20, 21, 3),
                  (2, 34, 2, 17)]:  # fmt: skip
        x = numbers(shape, item)
        for axes in itertools.permutations(range(x.ndim)):
            copied(threaded, x, x.transpose(axes))


@pytest.mark.parametrize("item", list(ITEMS))
def test_slices_flips_and_broadcasts(threaded, item):
    x = numbers((9, 17, 20), item)
    for view in [
        x[2:5], x[:, 3:9], x[:, :, 1:4], x[::2], x[:, ::3], x[:, :, ::2], x[::-1], x[:, ::-1], x[:, :, ::-1],
        x[::-1, ::-1, ::-1], x[5:1:-2, ::-3, 4:18:5], x[3], x[:, 4], x[:, :, 5], x[0:0], x[:, :, 0:2], x[:, :, 2:4],
        x[:, 1:2, ::-2].transpose(2, 0, 1), x[:, :, ::-1].T, x[::2, :, ::3].T,
        np.broadcast_to(x, (4, 9, 17, 20)), np.broadcast_to(x[:, :1], (9, 30, 20)),
        np.broadcast_to(x[:, :, :1], (9, 17, 41)), np.broadcast_to(x[:1, :1, :1], (7, 8, 9)),
        np.broadcast_to(x[0, 0], (50, 20)), np.broadcast_to(x[0, :, :1].T, (40, 1, 17)),
    ]:  # fmt: skip
        copied(threaded, x, view)


@pytest.mark.parametrize("item", list(ITEMS))
def test_into_a_part_of_the_output(threaded, item):
    x = numbers((6, 17, 10), item)
    s = slice
    copied(threaded, x, x, (6, 17, 25), np.s_[:, :, 7:17])  # concatenate, last axis
    copied(threaded, x, x, (6, 40, 10), np.s_[:, 20:37])
    copied(threaded, x, x, (9, 20, 14), np.s_[2:8, 1:18, 3:13])  # pad
    copied(threaded, x, x, (6, 17, 10, 3), np.s_[:, :, :, 1])  # stack
    copied(threaded, x, x, (3, 6, 17, 10), np.s_[1])
    copied(threaded, x, x, (12, 34, 30), np.s_[::2, 1::2, ::3])
    copied(threaded, x, x.transpose(2, 0, 1), (10, 8, 17), (s(None), s(1, 7), s(None)))
    copied(threaded, x, x.transpose(0, 2, 1), (6, 10, 34), np.s_[:, :, ::2])


@pytest.mark.parametrize("item", list(ITEMS))
def test_threads_share_large_copies(level, item):
    level.set_threads(2)
    try:
        x = numbers((520, 515) if item < 16 else (260, 131), item)
        y = numbers((70, 9, 31, 17), item)
        z = numbers((1 << 21) // item + 5, item)
        for base, view in [(x, x.T), (x, x[:, ::-1]), (x, x[:, 1:]), (x, x[::-1]), (z, z), (z, z[::-1]), (x, x[:, ::2]),
                           (z, np.broadcast_to(z[:1], (700001,))), (y, y.transpose(0, 3, 1, 2)),
                           (y, y.transpose(3, 0, 2, 1)), (y, y.transpose(0, 2, 1, 3))]:  # fmt: skip
            copied(level, base, view)
    finally:
        level.set_threads(1)


def test_more_than_a_few_axes(level):
    x = numbers((2,) * 10, 4)
    rng = np.random.default_rng(0)
    for _ in range(20):
        copied(level, x, x.transpose(rng.permutation(10)))


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: np.dtype(t).name)
def test_fill_and_iota(threaded, dtype):
    for n in (0, 1, 3, 17, 1000, 1 << 19):
        for value in (0, 2.75):
            whole = np.full(n + 2 * CANARY, 1, dtype)
            inner = whole[CANARY : CANARY + n]
            threaded.call("fill", [inner], [], [DTYPES.index(dtype), n], [value])
            np.testing.assert_array_equal(inner, np.full(n, np.float64(value)).astype(dtype))
            assert (whole[:CANARY] == 1).all() and (whole[CANARY + n :] == 1).all()
    for n in (0, 1, 17, 100):
        inner = np.empty(n, dtype)
        threaded.call("iota", [inner], [], [DTYPES.index(dtype), n], [3, 1])
        np.testing.assert_array_equal(inner, np.arange(3, 3 + n).astype(dtype))
    if np.dtype(dtype).kind in "if":
        inner = np.empty(60, dtype)
        threaded.call("iota", [inner], [], [DTYPES.index(dtype), 60], [50, -2])
        np.testing.assert_array_equal(inner, (50 - 2 * np.arange(60)).astype(dtype))


def test_halves_are_rounded_to_nearest_even(level):
    rng = np.random.default_rng(1)
    values = [0.0, -0.0, 1e-8, 2.98e-8, 2.981e-8, 6e-8, 6.1e-5, 6.103e-5, 65504, 65519, 65520, 1e9, np.inf]
    values += [
        -np.inf,
        1 / 3,
        1 + 2**-11,
        1 + 3 * 2**-11,
        2047.5,
        *(rng.standard_normal(50) * 10.0 ** rng.integers(-8, 5, 50)),
    ]
    out = np.empty(1, np.float16)
    for value in values:
        level.call("fill", [out], [], [11, 1], [value])
        with np.errstate(over="ignore"):
            assert out.view(np.uint16)[0] == np.float16(value).view(np.uint16)
    level.call("fill", [out], [], [11, 1], [np.nan])
    assert np.isnan(out[0])
