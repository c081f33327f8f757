"""Images at other coordinates: kernels compared with dense products and with sums over neighbours in numpy."""

import itertools

import numpy as np
import pytest
from guarded import guarded

from ckeras._kernels import codes
from ckeras.ops.image.weighted_rows import RowTable

FLOATS = pytest.mark.parametrize("dtype", [np.float32, np.float64])
MODES = codes("sample")


def near(dtype):
    return {"rtol": 0, "atol": 3e-5 if dtype == np.float32 else 1e-12}


def table(targets, sources, density, dtype):
    """A sparse matrix and its table; some rows have no entries."""
    rng = np.random.default_rng([targets, sources])
    dense = np.where(rng.random((targets, sources)) < density, rng.standard_normal((targets, sources)), 0)
    dense[1:2] = 0
    dense = dense.astype(dtype)
    rows, columns = np.nonzero(dense)
    return dense, RowTable.of(rows, columns, dense[rows, columns], targets, sources)


@FLOATS
@pytest.mark.parametrize(("targets", "sources"), [(1, 1), (7, 3), (17, 40), (0, 3)])
@pytest.mark.parametrize("inner", [0, 1, 3, 4, 7, 64, 141])
def test_weighted_rows(threaded, dtype, targets, sources, inner):
    for outer in (0, 1, 5, 130):
        dense, found = table(targets, sources, 0.3, dtype)
        x = np.random.default_rng(inner).standard_normal((outer, sources, inner)).astype(dtype)
        y, intact = guarded((outer, targets, inner), dtype)
        p = [codes("dtype")[np.dtype(dtype).name], outer, targets, sources, inner, len(found.source)]
        threaded.call("weighted_rows", [y], [x, found.start, found.source, found.weight], p)
        np.testing.assert_allclose(y, np.einsum("ts,osi->oti", dense.astype("float64"), x), **near(dtype))
        assert intact()


def test_transposed_table():
    dense, found = table(6, 9, 0.4, np.float64)
    back = found.transposed
    rows = np.repeat(np.arange(9), np.diff(back.start))
    again = np.zeros((9, 6))
    again[rows, back.source] = back.weight
    np.testing.assert_array_equal(again, dense.T)


def inside(i, size, mode):
    """numpy's pad says which element an index stands for."""
    if mode == "constant":
        return np.clip(i, 0, size - 1)
    name = {"nearest": "edge", "wrap": "wrap", "mirror": "reflect", "reflect": "symmetric"}[mode]
    return np.pad(np.arange(size), 40, name)[i + 40]


def interpolated(x, at, order, mode, value):
    """Values of images (lead, *sizes, channels) at (ndim, lead, points), and the entries (weight, index) they sum."""
    nd, lead, points = at.shape
    total, entries = np.zeros((lead, points, x.shape[-1])), []
    low = np.floor(at) if order else np.sign(at) * np.floor(np.abs(at) + 0.5)
    for corner in itertools.product((0, 1), repeat=nd if order else 0):
        corner = corner or (0,) * nd
        index = [(low[k] + c).astype(int) for k, c in enumerate(corner)]
        weight = np.ones((lead, points))
        known = np.ones((lead, points), bool)
        for k, c in enumerate(corner):
            share = at[k] - low[k]
            weight = weight * ((share if c else 1 - share) if order else 1)
            known &= (index[k] >= 0) & (index[k] < x.shape[1 + k])
        where = (np.arange(lead)[:, None], *(inside(i, x.shape[1 + k], mode) for k, i in enumerate(index)))
        found = np.where((known | (mode != "constant"))[..., None], x[where], value)
        total += weight[..., None] * found
        entries.append((np.where(known | (mode != "constant"), weight, 0), where))
    return total, entries


def parameters(dtype, order, mode, at, x):
    nd, lead, points = at.shape
    return [codes("dtype")[np.dtype(dtype).name], order, MODES[mode], lead, points, x.shape[-1], nd, *x.shape[1:-1]]


@FLOATS
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sizes", [(5,), (4, 7), (1, 3), (3, 2, 4)], ids=str)
def test_interpolation_and_its_transpose(threaded, dtype, order, mode, sizes):
    rng = np.random.default_rng(len(sizes))
    for lead, points, channels in [(1, 1, 1), (3, 17, 3), (2, 700, 2), (0, 3, 1), (2, 0, 1)]:
        x = rng.standard_normal((lead, *sizes, channels)).astype(dtype)
        at = rng.uniform(-6, 11, (len(sizes), lead, points)).astype(dtype)
        at[:, :, ::3] = np.round(at[:, :, ::3] * 2) / 2  # on elements, and halfway between them
        p = parameters(dtype, order, mode, at, x)
        expected, entries = interpolated(x.astype("float64"), at.astype("float64"), order, mode, 0.5)
        y, intact = guarded((lead, points, channels), dtype)
        threaded.call("sample", [y], [x, at], p, [0.5])
        np.testing.assert_allclose(y, expected, **near(dtype))
        assert intact()
        g = rng.standard_normal(y.shape).astype(dtype)
        back, intact = guarded(x.shape, dtype)
        threaded.call("spread", [back], [g, at], p, [0.0])
        wanted = np.zeros(x.shape)
        for weight, where in entries:
            np.add.at(wanted, where, weight[..., None] * g)
        scale = 1 + points / 20  # many points meet in one element
        np.testing.assert_allclose(back, wanted, 0, near(dtype)["atol"] * scale)
        assert intact()


@FLOATS
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("mode", MODES)
def test_coordinates_that_are_not_finite_or_huge(threaded, dtype, order, mode):
    """NaN where they are not finite and interpolated; never an element outside of the image."""
    x = np.arange(12, dtype=dtype).reshape(1, 3, 4, 1)
    far = [np.nan, np.inf, -np.inf, 1e30, -1e30, 2.0**53, np.finfo(dtype).max]
    at = np.array([far + [1.0] * len(far), [1.0] * len(far) + far], dtype).reshape(2, 1, -1)
    y, intact = guarded((1, at.shape[-1], 1), dtype)
    threaded.call("sample", [y], [x, at], parameters(dtype, order, mode, at, x), [0.5])
    finite = np.isfinite(at).all(0)[0]
    assert np.isfinite(y[0, finite]).all() and ((y[0, finite] >= 0) & (y[0, finite] <= 11)).all()
    assert np.isnan(y[0, ~finite]).all() if order else np.isfinite(y[0]).all()
    back, whole = guarded(x.shape, dtype)
    threaded.call("spread", [back], [y, at], parameters(dtype, order, mode, at, x), [0.0])
    assert intact() and whole()


def test_same_bits_for_one_thread_and_two(level):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 30, 31, 3)).astype("float32")
    at = rng.uniform(-3, 33, (2, 4, 4000)).astype("float32")
    p = parameters(np.float32, 1, "reflect", at, x)
    found = []
    for threads in (1, 2):
        level.set_threads(threads)
        y, back = np.empty((4, 4000, 3), "float32"), np.empty_like(x)
        level.call("sample", [y], [x, at], p, [0.0])
        level.call("spread", [back], [y, at], p, [0.0])
        found.append((y, back))
    level.set_threads(1)
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)
