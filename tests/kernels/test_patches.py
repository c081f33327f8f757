"""Patches of images and their sums: kernels compared with numpy."""

import itertools

import numpy as np
import pytest
from guarded import guarded

from ckeras.ops.nn.windows import Windows, add_patches, cut_patches, geometry

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


def parameters(first, w, batch, channels):
    return [first, batch, channels, len(w.inputs), *geometry(w)]


@pytest.mark.parametrize("shape", GEOMETRIES, ids=str)
def test_patches(threaded, shape):
    w = Windows.over(*shape)
    for channels, dtype in [(1, np.float32), (3, np.uint8), (6, np.int16), (4, np.float64)]:
        x = np.random.default_rng(0).integers(1, 100, (2, *w.inputs, channels)).astype(dtype)
        expected = cut_patches(x, w)
        y, intact = guarded(expected.shape, dtype)
        threaded.call("patches", [y], [x], parameters(x.itemsize, w, 2, channels))
        np.testing.assert_array_equal(y, expected)
        assert intact()


@pytest.mark.parametrize("shape", GEOMETRIES, ids=str)
def test_sums_of_patches(threaded, shape):
    w = Windows.over(*shape)
    for dtype, channels in itertools.product(DTYPES, (1, 3, 70)):
        p = (np.random.default_rng(2).standard_normal((2, *w.outputs, w.taps, channels)) * 100).astype(dtype)
        y, intact = guarded((2, *w.inputs, channels), dtype)
        threaded.call("fold_patches", [y], [p], parameters(DTYPES.index(dtype), w, 2, channels))
        expected = add_patches(p.astype(np.float64), w)
        np.testing.assert_allclose(y, expected, 1e-6 if dtype == np.float32 else 1e-12, 1e-4)
        assert intact()
