"""Patches of images and their sums: kernels compared with numpy."""

import itertools

import numpy as np
import pytest
from guarded import guarded

from ckeras.ops.nn.windows import Windows, add_patches, cut_patches

DTYPES = [np.float32, np.float64, np.int32, np.int64]
# size, window, strides, padding, dilation
GEOMETRIES = [
    ((9,), (3,), (2,), "valid", (1,)),
    ((5, 7), (3, 2), (1, 1), "same", (1, 1)),
    ((5, 7), (2, 2), (3, 2), ((1, 2), (0, 3)), (2, 1)),
    ((6, 7), (3, 2), (2, 3), ((0, -1), (-2, 0)), (1, 2)),
    ((4, 3, 5), (2, 3, 2), (2, 1, 3), "same", (1, 1, 2)),
    ((3, 3), (40, 1), (1, 1), "same", (1, 1)),
    ((70, 70), (5, 5), (1, 1), "valid", (1, 1)),
]


def parameters(first, w, batch, per, *, back, groups=1, taps=0):
    axes = zip(w.inputs, w.outputs, w.window, w.strides, w.dilation, [p[0] for p in w.padding], strict=True)
    return [first, int(back), groups, batch, per, taps, len(w.inputs), *itertools.chain(*axes)]


def split(p, groups):
    """(..., taps, channels) as (groups, ..., taps, channels of a group)."""
    return np.moveaxis(p.reshape(*p.shape[:-1], groups, -1), -2, 0)


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_patches_by_groups(threaded, geometry):
    w = Windows.over(*geometry)
    for channels, groups, dtype in [(1, 1, np.float32), (3, 1, np.uint8), (6, 3, np.int16), (4, 2, np.float64)]:
        x = np.random.default_rng(0).integers(1, 100, (2, *w.inputs, channels)).astype(dtype)
        expected = split(cut_patches(x, w), groups)
        y, intact = guarded(expected.shape, dtype)
        threaded.call("patches", [y], [x], parameters(x.itemsize, w, 2, channels // groups, back=False, groups=groups))
        np.testing.assert_array_equal(y, expected)
        assert intact()


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_what_windows_and_their_taps_have_for_each_element(threaded, geometry):
    w = Windows.over(*geometry)
    rng = np.random.default_rng(1)
    for has_taps, groups in [(0, 1), (0, 2), (1, 1)]:
        g = rng.integers(1, 100, (2, *w.outputs, w.taps if has_taps else 1, 4)).astype(np.float32)
        expected = np.zeros((2, *w.inputs, w.taps, 4), np.float32)
        for tap, (elements, met) in enumerate(w.cuts()):
            expected[(slice(None), *elements, tap)] = g[(slice(None), *met, tap if has_taps else 0)]
        expected = split(expected, groups)
        y, intact = guarded(expected.shape, np.float32)
        p = parameters(4, w, 2, 4 // groups, back=True, groups=groups, taps=has_taps)
        threaded.call("patches", [y], [g], p)
        np.testing.assert_array_equal(y, expected)
        assert intact()


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_sums_of_patches(threaded, geometry):
    w = Windows.over(*geometry)
    for dtype, channels in itertools.product(DTYPES, (1, 3, 70)):
        p = (np.random.default_rng(2).standard_normal((2, *w.outputs, w.taps, channels)) * 100).astype(dtype)
        y, intact = guarded((2, *w.inputs, channels), dtype)
        threaded.call("fold_patches", [y], [p], parameters(DTYPES.index(dtype), w, 2, channels, back=True, taps=1))
        expected = add_patches(p.astype(np.float64), w)
        np.testing.assert_allclose(y, expected, 1e-6 if dtype == np.float32 else 1e-12, 1e-4)
        assert intact()
