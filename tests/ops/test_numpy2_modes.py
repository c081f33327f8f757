"""Each function runs in three modes: eagerly, compiled, and on symbolic tensors of known and of unknown sizes."""

import itertools
import math

import numpy as np
import pytest
from samples import normal as data

from ckeras import Function, KerasTensor, function as compiled, ops
from ckeras.tensor import NeedsValue, Tensor


def square(*shape):
    x = data(*shape)
    return x @ x.swapaxes(-1, -2) + np.eye(shape[-1])


A, B = data(4, 6), data(4, 6, seed=1)
CUBE = data(2, 4, 6)
GAPS = np.where(A > 0.5, np.nan, A)
IDS = np.array([0, 2, 0, 1])
# name -> function, arrays
CASES = {
    "cdist": (ops.cdist, [CUBE, B[:3]]),
    "linspace": (lambda a, b: ops.linspace(a, b, 4, axis=1), [A, B[0]]),
    "logaddexp": (ops.logaddexp, [A, B]),
    "logaddexp2": (ops.logaddexp2, [A, B]),
    "logspace": (lambda a, b: ops.logspace(a, b, 3, axis=-1), [A, B]),
    "median": (lambda x: ops.median(x, axis=0), [A]),
    "median all": (lambda x: ops.median(x, keepdims=True), [CUBE]),
    "meshgrid": (lambda *v: ops.meshgrid(*v), [A[0], B[:, 0], B[0]]),
    "nan_to_num": (lambda x: ops.nan_to_num(x, 1.0), [GAPS]),
    "nanargmax": (lambda x: ops.nanargmax(x, 1), [GAPS]),
    "nanargmin": (lambda x: ops.nanargmin(x, 0, keepdims=True), [GAPS]),
    "nanmax": (lambda x: ops.nanmax(x, 0), [GAPS]),
    "nanmean": (lambda x: ops.nanmean(x, 1), [GAPS]),
    "nanmedian": (lambda x: ops.nanmedian(x, 0), [GAPS]),
    "nanmin": (lambda x: ops.nanmin(x, (0, 1)), [GAPS]),
    "nanpercentile": (lambda x: ops.nanpercentile(x, [20, 50], 1), [GAPS]),
    "nanprod": (lambda x: ops.nanprod(x, 0), [GAPS]),
    "nanquantile": (lambda x, q: ops.nanquantile(x, q, 1), [GAPS, np.array([0.3, 0.4])]),
    "nanstd": (lambda x: ops.nanstd(x, 0), [GAPS]),
    "nansum": (lambda x: ops.nansum(x, 0), [GAPS]),
    "nanvar": (lambda x: ops.nanvar(x), [GAPS]),
    "nextafter": (ops.nextafter, [A, B]),
    "percentile": (lambda x: ops.percentile(x, 30.0, (0, 2)), [CUBE]),
    "ptp": (lambda x: ops.ptp(x, 0), [A]),
    "quantile": (lambda x: ops.quantile(x, [0.1, 0.7, 0.9], 0, keepdims=True), [A]),
    "rot90": (lambda x: ops.rot90(x, 3, (0, 2)), [CUBE]),
    "searchsorted": (ops.searchsorted, [np.sort(A[0]), B]),
    "select": (lambda a, b: ops.select([a > 1, a > 0], [a, b], 0.5), [A, B]),
    "signbit": (ops.signbit, [A]),
    "slogdet": (ops.slogdet, [square(2, 3, 3)]),
    "sort": (lambda x: ops.sort(x, 0), [A]),
    "sort all": (lambda x: ops.sort(x, None), [A]),
    "trace": (lambda x: ops.trace(x, 1, 0, 2), [CUBE]),
    "trapezoid": (lambda y: ops.trapezoid(y, dx=2.0, axis=0), [A]),
    "trapezoid x": (lambda y, x: ops.trapezoid(y, x), [A, np.sort(B[0])]),
    "tril": (ops.tril, [CUBE]),
    "triu": (lambda x: ops.triu(x, -1), [CUBE]),
    "unique sized": (lambda x: ops.unique(x, return_inverse=True, return_counts=True, size=5), [np.round(A)]),
    "unique rows": (lambda x: ops.unique(x, axis=0, return_index=True, size=2), [np.round(A)]),
    "unravel_index": (lambda i: ops.unravel_index(i, (3, 4)), [np.arange(12).reshape(3, 4)]),
    "vander": (lambda x: ops.vander(x, 3), [A[0]]),
    "vdot": (ops.vdot, [A, B]),
    "view": (lambda x: ops.view(x, "int32"), [A]),
    "moments": (lambda x: ops.moments(x, [0, 1]), [CUBE]),
    "cholesky": (ops.cholesky, [square(2, 3, 3)]),
    "cholesky_inverse": (ops.cholesky_inverse, [square(3, 3)]),
    "det": (ops.det, [square(2, 3, 3)]),
    "eig": (ops.eig, [square(3, 3)]),
    "eigh": (ops.eigh, [square(2, 3, 3)]),
    "inv": (ops.inv, [square(2, 3, 3)]),
    "lstsq": (ops.lstsq, [A.T.copy(), B[:3].T.copy()]),
    "lu_factor": (ops.lu_factor, [CUBE]),
    "matrix_rank": (ops.matrix_rank, [CUBE]),
    "norm": (lambda x: ops.norm(x, "nuc", (0, 2)), [CUBE]),
    "pinv": (ops.pinv, [CUBE]),
    "qr": (lambda x: ops.qr(x), [CUBE.swapaxes(1, 2).copy()]),
    "qr wide": (lambda x: ops.qr(x), [CUBE]),
    "qr complete": (lambda x: ops.qr(x, "complete"), [CUBE.swapaxes(1, 2).copy()]),
    "solve": (ops.solve, [square(2, 3, 3), data(2, 3, 4)]),
    "solve vector": (ops.solve, [square(3, 3), data(3)]),
    "solve_triangular": (lambda a, b: ops.solve_triangular(a, b, lower=True), [square(2, 3, 3), data(3, 1)]),
    "svd": (ops.svd, [CUBE]),
    "svd reduced": (lambda x: ops.svd(x, full_matrices=False), [CUBE]),
    "svd values": (lambda x: ops.svd(x, compute_uv=False), [CUBE]),
    "logdet": (ops.logdet, [square(2, 3, 3)]),
    "erfc": (ops.erfc, [A]),
    "erfinv": (ops.erfinv, [np.tanh(A)]),
    "extract_sequences": (lambda x: ops.extract_sequences(x, 3, 2), [A]),
    "fft": (lambda a, b: ops.fft((a, b)), [A, B]),
    "fft2": (lambda a, b: ops.fft2((a, b)), [CUBE, CUBE]),
    "ifft2": (lambda a, b: ops.ifft2((a, b)), [A, B]),
    "rfft": (ops.rfft, [A]),
    "rfft longer": (lambda x: ops.rfft(x, 9), [A]),
    "irfft": (lambda a, b: ops.irfft((a, b)), [A, B]),
    "irfft shorter": (lambda a, b: ops.irfft((a, b), 7), [A, B]),
    "stft": (lambda x: ops.stft(x, 4, 2, 5), [A]),
    "stft at the ends": (lambda x: ops.stft(x, 4, 1, 4, None, False), [A]),
    "istft": (lambda a, b: ops.istft((a, b), 9, 3, 10), [A, B]),
    "istft of a length": (lambda a, b: ops.istft((a, b), 9, 3, 10, length=8, center=False), [A, B]),
    "in_top_k": (lambda t, x: ops.in_top_k(t, x, 2), [np.array([0, 5, 7, -1]), A]),
    "top_k": (lambda x: ops.top_k(x, 2), [CUBE]),
    "segment_sum": (lambda x, i: ops.segment_sum(x, i, 3), [A, IDS]),
    "segment_max": (lambda x, i: ops.segment_max(x, i, 4), [A, IDS]),
    "segment_min": (lambda x, i: ops.segment_min(x, i, 4), [A, IDS]),
    "segment_prod": (lambda x, i: ops.segment_prod(x, i, 2), [A, IDS]),
    "view_as_complex": (ops.view_as_complex, [A[:, :2].copy()]),
    "view_as_real": (ops.view_as_real, [A + 1j * B]),
    "polar": (ops.polar, [A, B]),
    "rearrange": (lambda x: ops.rearrange(x, "a (b c) -> (c a) b", c=2), [A]),
    "jvp": (lambda x, t: ops.jvp(ops.sort, (x,), (t,)), [A, B]),
    "vectorize": (lambda x: ops.vectorize(lambda a: a * a)(x), [A[0]]),
}
# What needs to know its sizes: the vectors of vander give N, qr and the transforms of whole axes their results' sizes.
KNOWN = {
    "vectorize": "known sizes", "qr": "known size", "qr wide": "known size", "qr complete": "known size",
    "fft": "known number", "fft2": "known number", "ifft2": "known number", "in_top_k": "known number of classes",
    "view_as_complex": "axis of size 2",
}  # fmt: skip


def listed(y):
    return list(y) if isinstance(y, (tuple, list)) else [y]


@pytest.mark.parametrize("name", CASES)
def test_compiled(name):
    function, arrays = CASES[name]
    tensors = [ops.convert_to_tensor(a) for a in arrays]
    expected = listed(function(*tensors))
    found = listed(compiled(lambda *t: listed(function(*t)))(*tensors))
    for y, e in zip(found, expected, strict=True):
        assert (type(y), y.shape, y.dtype) == (Tensor, e.shape, e.dtype)
        np.testing.assert_allclose(y, e, 1e-12, 1e-12)


@pytest.mark.parametrize("name", CASES)
def test_symbolic(name):
    function, arrays = CASES[name]
    expected = listed(function(*arrays))
    found = listed(function(*(KerasTensor(a.shape, a.dtype.name) for a in arrays)))
    assert [(type(y), y.shape, y.dtype) for y in found] == [(KerasTensor, e.shape, e.dtype) for e in expected]


@pytest.mark.parametrize("name", [name for name in CASES if name != "jvp"])
def test_symbolic_of_unknown_sizes(name):
    function, arrays = CASES[name]
    expected = listed(function(*arrays))
    for first in (True, False):
        unknown = [
            KerasTensor((None, *a.shape[1:]) if first else (None,) * a.ndim, a.dtype.name) if a.ndim else a
            for a in arrays
        ]
        try:
            found = listed(function(*unknown))
        except ValueError as error:
            assert not first or len(arrays[0].shape) <= 2
            assert KNOWN[name] in str(error)
            continue
        for y, e in zip(found, expected, strict=True):
            assert (type(y), len(y.shape), y.dtype) == (KerasTensor, len(e.shape), e.dtype)
            assert all(d in (None, known) for d, known in zip(y.shape, e.shape, strict=True))
        # Where the first axis, which all arguments share as the batch, is kept, the others are known.
        if first and all(a.ndim > 1 and a.shape[:1] == e.shape[:1] for a, e in itertools.product(arrays, expected)):
            assert all(None not in y.shape[1:] for y in found)


def test_shapes_that_values_decide():
    x = KerasTensor((None, 3), "float32")
    assert [(y.shape, y.dtype) for y in ops.nonzero(x)] == [((None,), "int32")] * 2
    values, index, inverse = ops.unique(x, return_index=True, return_inverse=True)
    assert [y.shape for y in (values, index, inverse)] == [(None,), (None,), (None, 3)]
    assert ops.unique(x, axis=1).shape == (None, None)
    assert ops.unique(x, size=4).shape == (4,)
    for function in (ops.nonzero, ops.unique, lambda t: ops.segment_sum(t, ops.cast(t, "int32"))):
        with pytest.warns(UserWarning, match="is run op by op"):
            result = compiled(lambda t, f=function: listed(f(t)))(ops.convert_to_tensor([2.0, 0.0, 2.0]))
        assert result[0].shape in ((2,), (3,))


def test_a_composition_needs_no_values():
    """A value that a composition asks for is missed in its symbolic form too."""
    from ckeras.ops.manipulation.composite import Composite

    row = Composite("asks_for_a_value", lambda x: x * float(x))
    try:
        assert float(row(3.0)) == 9
        with pytest.raises(NeedsValue):
            row(KerasTensor(()))
    finally:
        from ckeras.tensor import table

        del table["asks_for_a_value"]


def test_a_composition_of_unknown_sizes_is_one_call():
    x = KerasTensor((None, 8))
    y = ops.median(x, axis=1)
    assert (type(y._keras_history.operation).__name__, y.shape) == ("Median", (None,))
    np.testing.assert_array_equal(Function(x, y)(ops.ones((3, 8))), np.ones(3))


def test_the_namespace_of_linear_algebra():
    names = (
        "cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv", "jvp", "lstsq", "lu_factor", "matrix_rank", "norm",
        "pinv", "qr", "solve", "solve_triangular", "svd",
    )  # fmt: skip
    for name in names:
        assert getattr(ops.linalg, name) is getattr(ops, name)
    assert set(names) <= set(dir(ops.linalg))
    with pytest.raises(AttributeError, match="has no attribute 'choleski'"):
        _ = ops.linalg.choleski


def test_functions_of_numbers():
    assert ops.median(3).dtype == "float32"
    assert float(ops.quantile([1, 2, 3], 0.5)) == 2
    assert float(ops.logaddexp(0, 0)) == pytest.approx(math.log(2))
    assert ops.sort([3, 1]).tolist() == [1, 3]
    assert float(ops.det([[1, 2], [3, 5]])) == pytest.approx(-1)
    assert float(ops.norm([3, 4])) == 5
