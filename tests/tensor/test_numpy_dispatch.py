"""Functions of numpy, of its linear algebra and of its Fourier transforms called on tensors."""

import numpy as np
import pytest

from ckeras import GradientTape, ops
from ckeras.tensor import Tensor

A = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 5.0]])


def parts(x):
    return x if isinstance(x, (tuple, list)) else (x,)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sort(x, axis=0),
        lambda x: np.sort(x, None),
        lambda x: np.median(x, 1, keepdims=True),
        lambda x: np.quantile(x, [0.2, 0.9], axis=0, method="lower"),
        lambda x: np.percentile(x, 30),
        lambda x: np.ptp(x, 1),
        lambda x: np.tril(x, k=-1),
        lambda x: np.triu(x, 1),
        lambda x: np.trace(x, 1),
        lambda x: np.rot90(x, 3),
        lambda x: np.vdot(x, A),
        lambda x: np.logaddexp(x, 1.0),
        lambda x: np.logaddexp2(1.0, x),
        lambda x: np.nan_to_num(x, nan=1.0),
        lambda x: np.nansum(x, 0),
        lambda x: np.nanstd(x, 1),
        lambda x: np.select([A > 2, A > 0], [x, x * x], 1.0),
        lambda x: np.vander(x[0], 3),
        lambda x: np.linalg.norm(x, 2),
        lambda x: np.linalg.norm(x, "nuc"),
        lambda x: np.linalg.inv(x),
        lambda x: np.linalg.det(x),
        lambda x: np.linalg.slogdet(x),
        lambda x: np.linalg.cholesky(x),
        lambda x: np.linalg.solve(x, A[0]),
        lambda x: np.linalg.svd(x, compute_uv=False),
        lambda x: np.linalg.eigh(x)[0],
        lambda x: np.linalg.qr(x)[1],
        lambda x: np.linalg.pinv(x),
    ],
)
def test_differentiable(function):
    t = ops.convert_to_tensor(A)
    with GradientTape() as tape:
        tape.watch(t)
        found = parts(function(t))
        total = sum(ops.sum(y * y) for y in found)
    for y, expected in zip(found, parts(function(A)), strict=True):
        assert type(y) is Tensor
        assert y.shape == np.shape(expected)
        np.testing.assert_allclose(y, expected, 1e-10, 1e-12)
    assert tape.gradient(total, t).shape == A.shape


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.searchsorted(x[0], [1.0, 2.0], side="right"),
        lambda x: np.signbit(x),
        lambda x: np.nextafter(x, 0),
        lambda x: np.linalg.matrix_rank(x),
        lambda x: np.nanargmax(np.where(x > 3, np.nan, x), 1),
    ],
)
def test_without_a_gradient(function):
    for array in (A, -A):
        found = function(ops.convert_to_tensor(array))
        assert type(found) is Tensor
        np.testing.assert_array_equal(found, function(array))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.unique(x),
        lambda x: np.nonzero(x),
        lambda x: np.meshgrid(x[0]),
        lambda x: np.meshgrid(x[0], x[1], indexing="ij"),
        lambda x: np.fft.fft(x),
        lambda x: np.fft.rfft(x, 2),
        lambda x: np.fft.irfft(x),
        lambda x: np.linalg.trace(np.stack([A, x])),
        lambda x: np.linalg.lstsq(x, A)[0],
        lambda x: np.linalg.matrix_power(x, 2),
        lambda x: np.linalg.eigh(x, "U")[0],
        lambda x: np.sort(x, kind="stable"),
        lambda x: np.nanstd(x, ddof=1),
        lambda x: np.linalg.cond(x),
    ],
)
def test_what_numpy_alone_does(function):
    """Namesakes in ops that take or mean something else are left alone, and so are arguments that ops do not have."""
    for y, expected in zip(parts(function(ops.convert_to_tensor(A))), parts(function(A)), strict=True):
        assert not isinstance(y, Tensor)
        np.testing.assert_allclose(y, expected, 1e-12)
