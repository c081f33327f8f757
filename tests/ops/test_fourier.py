"""Fourier transforms: definitions, round trips, bad input."""

import numpy as np
import pytest
from samples import normal as data

from ckeras import ops


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_definition(dtype):
    re, im = (data(2, 5, seed=s).astype(dtype) for s in (0, 1))
    k = np.arange(5)
    matrix = np.exp(-2j * np.pi * np.outer(k, k) / 5)
    expected = (re + 1j * im.astype("float64")) @ matrix
    real, imag = ops.fft((re, im))
    assert (real.dtype, imag.dtype) == (dtype, dtype)
    tolerance = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(real.numpy() + 1j * imag.numpy().astype("float64"), expected, tolerance, tolerance)
    half = ops.rfft(re)[1]
    assert half.dtype == dtype
    back = ops.irfft(ops.rfft(re), 5)
    np.testing.assert_allclose(back, re, tolerance, tolerance)


def test_parts_of_two_dtypes_meet():
    real, imag = ops.fft((np.ones(3, "float32"), np.ones(3, "float64")))
    assert (real.dtype, imag.dtype) == ("float64", "float64")
    assert [v.dtype for v in ops.rfft([1, 2, 3])] == ["float32"] * 2


@pytest.mark.parametrize("window", ["hann", "hamming", None, np.linspace(0.5, 1, 8)])
def test_signals_come_back(window):
    x = data(3, 41)
    for fft_length, stride in ((8, 2), (11, 3)):
        sizes = 8, stride, fft_length
        back = ops.istft(ops.stft(x, *sizes, window=window), *sizes, window=window, length=37)
        np.testing.assert_allclose(back, x[:, :37], 1e-9, 1e-12)


def test_one_window_in_one_sequence():
    x = np.ones(4)
    for window, expected in (("hann", [0, 0.5, 1, 0.5]), ("hamming", [0.08, 0.54, 1, 0.54])):
        y = ops.irfft(ops.stft(x, 4, 4, 4, window=window, center=False))
        np.testing.assert_allclose(y, [expected], atol=1e-12)
    np.testing.assert_allclose(ops.stft(x, 1, 2, 1, center=False)[0], [[1.0], [1.0]])


def test_sequences():
    x = np.arange(7)
    assert ops.extract_sequences(x, 3, 3).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert ops.extract_sequences(x, 7, 1).shape == (1, 7)
    assert ops.extract_sequences(x, 8, 1).shape == (0, 8)
    assert ops.extract_sequences(np.zeros((0, 7)), 3, 2).shape == (0, 3, 3)
    for sizes in ((0, 1), (1, 0), (1.5, 1), (2, -1)):
        with pytest.raises(ValueError, match="to be an integer of 1 or more"):
            ops.extract_sequences(x, *sizes)
    with pytest.raises(ValueError, match="extract_sequences expects a tensor with axes"):
        ops.extract_sequences(1.0, 1, 1)


def test_pairs_that_are_none():
    x = np.ones(4)
    for function in (ops.fft, ops.fft2, ops.ifft2, ops.irfft, lambda p: ops.istft(p, 2, 1, 2)):
        for pair in (x, (x,), (x, x, x), "re"):
            with pytest.raises(ValueError, match=r"expects a tuple of two tensors \(real, imaginary\)"):
                function(pair)
        with pytest.raises(ValueError, match="expects two tensors of one shape"):
            function((np.ones((2, 4)), np.ones((2, 3))))
        with pytest.raises(ValueError, match="expects tensors of floats"):
            function((np.ones((2, 4), int), np.ones((2, 4), int)))
    with pytest.raises(ValueError, match="with 2 axes at least"):
        ops.fft2((x, x))
    for function in (lambda: ops.rfft(x, 0), lambda: ops.irfft((x, x), -1), lambda: ops.irfft((x[:1], x[:1]))):
        with pytest.raises(ValueError, match="expects a transform of 1 element or more"):
            function()
    with pytest.raises(ValueError, match="fft expects a known number of elements"):
        ops.fft((x[:0], x[:0]))
    with pytest.raises(ValueError, match="rfft expects a tensor with axes"):
        ops.rfft(1.0)


def test_short_time_transforms_that_cannot_be():
    x = np.ones(16)
    with pytest.raises(TypeError, match="stft expects float32 or float64, got dtype int64"):
        ops.stft(np.arange(9), 4, 2, 4)
    with pytest.raises(ValueError, match="stft expects a tensor with axes"):
        ops.stft(np.float32(1), 4, 2, 4)
    with pytest.raises(ValueError, match="stft expects fft_length to be sequence_length or more, got 3 and 4"):
        ops.stft(x, 4, 2, 3)
    for stride in (0, 1.5, -1):
        with pytest.raises(ValueError, match="sequence_stride to be an integer of 1 or more"):
            ops.stft(x, 4, stride, 4)
    with pytest.raises(ValueError, match="expects the window 'hann' or 'hamming'"):
        ops.stft(x, 4, 2, 4, window="kaiser")
    with pytest.raises(ValueError, match="expects a window of 4 elements, got shape"):
        ops.stft(x, 4, 2, 4, window=np.ones(5))
    with pytest.raises(ValueError, match="stft expects a signal of at least 20 elements"):
        ops.stft(x, 4, 2, 20, center=False)
    spectrum = ops.stft(x, 4, 2, 4)
    with pytest.raises(ValueError, match="istft expects the window"):
        ops.istft(spectrum, 4, 2, 4, window="box")
    with pytest.raises(ValueError, match="with 2 axes at least"):
        ops.istft((x, x), 4, 2, 4)
    with pytest.raises(ValueError, match="istft expects 4 frequencies for an fft_length of 6, got tensors of shape"):
        ops.istft(spectrum, 4, 2, 6)
