"""``tensorflow.signal``: Fourier transforms with complex results, frames of signals, windows and mel scales."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.math import complex as _complex
from ckeras.compat.tensorflow.table import names_of
from ckeras.tensor import Tensor


def _pair(x: Any) -> tuple[Tensor, Tensor]:
    x = _ops.convert_to_tensor(x)
    if not x.dtype.startswith("complex"):
        raise TypeError(f"expected a complex tensor, got dtype {x.dtype!s}; use tf.cast(x, tf.complex64)")
    return _ops.real(x), _ops.imag(x)


def fft(input: Any, name: str | None = None) -> Tensor:
    """Discrete Fourier transform along the last axis of a complex tensor."""
    return _complex(*_ops.fft(_pair(input)))


def ifft(input: Any, name: str | None = None) -> Tensor:
    """Inverse of `fft`."""
    real, imag = _pair(input)
    size = real.shape[-1]
    real, imag = _ops.fft((real, -imag))
    return _complex(real / size, -imag / size)


def fft2d(input: Any, name: str | None = None) -> Tensor:
    """Discrete Fourier transform along the last two axes of a complex tensor."""
    return _complex(*_ops.fft2(_pair(input)))


def ifft2d(input: Any, name: str | None = None) -> Tensor:
    """Inverse of `fft2d`."""
    return _complex(*_ops.ifft2(_pair(input)))


def _length(fft_length: Any) -> int | None:
    found = None if fft_length is None else np.asarray(fft_length).reshape(-1).tolist()
    return None if found is None else int(found[-1])


def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The first half of the Fourier transform along the last axis of a real tensor, cut or padded to a length."""
    return _complex(*_ops.rfft(input_tensor, _length(fft_length)))


def irfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Inverse of `rfft`."""
    return _ops.irfft(_pair(input_tensor), _length(fft_length))


def rfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """The first half of the Fourier transform along the last two axes of a real tensor.

    Raises:
        ValueError: if a length is given.
    """
    if fft_length is not None:
        raise ValueError("rfft2d expects fft_length=None: pad the input with tf.pad")
    x = _ops.convert_to_tensor(input_tensor)
    real, imag = _ops.fft2((x, _ops.zeros_like(x)))
    half = x.shape[-1] // 2 + 1
    return _complex(real[..., :half], imag[..., :half])


def _shifted(x: Any, axes: Any, sign: int) -> Tensor:
    x = _ops.convert_to_tensor(x)
    chosen = range(len(x.shape)) if axes is None else [axes] if isinstance(axes, int) else [int(a) for a in axes]
    for axis in chosen:
        size = x.shape[axis]
        x = _ops.roll(x, size // 2 if sign > 0 else -(size // 2), axis=axis)
    return x


def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Move the frequency 0 to the center, along axes or all."""
    return _shifted(x, axes, 1)


def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Inverse of `fftshift`."""
    return _shifted(x, axes, -1)


# -- windows


def _periodic(window_length: Any, periodic: Any) -> np.ndarray:
    size = int(window_length)
    whole = periodic and size % 2 == 0  # a window of odd length is symmetric, as in TensorFlow
    return np.arange(size) / max(size if whole else size - 1, 1)


def hann_window(window_length: Any, periodic: Any = True, dtype: Any = "float32", name: str | None = None) -> Tensor:
    """``0.5 - 0.5 * cos(2 pi t)``, with t from 0 to 1, exclusive if ``periodic`` and the length is even."""
    return _raised_cosine(window_length, periodic, dtype, 0.5)


def hamming_window(window_length: Any, periodic: Any = True, dtype: Any = "float32", name: str | None = None) -> Tensor:
    """``0.54 - 0.46 * cos(2 pi t)``, with t as in `hann_window`."""
    return _raised_cosine(window_length, periodic, dtype, 0.54)


def _raised_cosine(length: Any, periodic: Any, dtype: Any, a: float) -> Tensor:
    if int(length) == 1:
        return _ops.ones((1,), dtype)
    values = a - (1 - a) * np.cos(2 * np.pi * _periodic(length, periodic))
    return _ops.convert_to_tensor(values.astype(str(dtype)))


def kaiser_window(window_length: Any, beta: Any = 12.0, dtype: Any = "float32", name: str | None = None) -> Tensor:
    """Kaiser's window, from the modified Bessel function of order 0."""
    return _ops.convert_to_tensor(np.kaiser(int(window_length), float(beta)).astype(str(dtype)))


def vorbis_window(window_length: Any, dtype: Any = "float32", name: str | None = None) -> Tensor:
    """The window of the Vorbis codec, which satisfies Princen and Bradley's condition."""
    t = (np.arange(int(window_length)) + 0.5) / int(window_length)
    return _ops.convert_to_tensor(np.sin(np.pi / 2 * np.sin(np.pi * t) ** 2).astype(str(dtype)))


# -- frames


def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: int = -1,
    name: str | None = None,
) -> Tensor:
    """Slice an axis into frames, which overlap if ``frame_step`` is smaller than their length.

    Args:
        signal: tensor.
        frame_length, frame_step: number of elements of a frame, and between the starts of two.
        pad_end: whether frames that begin within the signal are completed with ``pad_value``; else they are dropped.
        pad_value: see there.
        axis: the axis.
        name: no effect.

    Returns:
        Tensor: with two axes, frames and elements, instead of one.
    """
    x = _ops.moveaxis(_ops.convert_to_tensor(signal), axis, -1)
    length, step, size = int(frame_length), int(frame_step), x.shape[-1]
    if pad_end:
        missing = max((-(-size // step) - 1) * step + length - size, 0)
        x = _ops.pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, missing)], constant_values=pad_value)
    frames = _ops.extract_sequences(x, length, step)
    at = axis % len(x.shape)
    return _ops.moveaxis(frames, (-2, -1), (at, at + 1))


def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Tensor:
    """Return the sum of frames (..., frames, elements), each ``frame_step`` elements after the one before."""
    x = _ops.convert_to_tensor(signal)
    (count, length), step = x.shape[-2:], int(frame_step)
    size = length + step * (count - 1)
    indices = (np.arange(count)[:, None] * step + np.arange(length)).reshape(-1)
    flat = _ops.reshape(x, (-1, count * length))
    total = _ops.transpose(_ops.segment_sum(_ops.transpose(flat), indices, size))
    return _ops.reshape(total, (*x.shape[:-2], size))


def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Callable[..., Any] | None = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Tensor:
    """Short-time Fourier transform of real signals along the last axis.

    Args:
        signals: floats (..., samples).
        frame_length, frame_step: see `frame`.
        fft_length: length of a transform; by default the power of 2 from ``frame_length`` on.
        window_fn: function of a length and a dtype that returns a window; None for none.
        pad_end: see `frame`.
        name: no effect.

    Returns:
        Tensor: complex, of shape (..., frames, fft_length // 2 + 1).
    """
    x = _ops.convert_to_tensor(signals)
    length = int(frame_length)
    frames = frame(x, length, frame_step, pad_end)
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=x.dtype)
    return rfft(frames, _enclosing(length) if fft_length is None else fft_length)


def _enclosing(length: int) -> int:
    """The smallest power of 2 that is not below a length."""
    return 1 << max(length - 1, 0).bit_length()


def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Callable[..., Any] = hann_window, name: str | None = None
) -> Callable[..., Any]:
    """Return the function of the window with which `inverse_stft` inverts an `stft` of another window exactly."""

    def window(frame_length: Any, dtype: Any = "float32") -> Tensor:
        length, step = int(frame_length), int(frame_step)
        forward = np.asarray(forward_window_fn(length, dtype=dtype), "float64")
        overlaps = -(-length // step)
        squares = np.pad(forward**2, (0, overlaps * step - length)).reshape(overlaps, step).sum(0)
        return _ops.convert_to_tensor((forward / np.tile(squares, overlaps)[:length]).astype(str(dtype)))

    return window


def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Callable[..., Any] | None = hann_window,
    name: str | None = None,
) -> Tensor:
    """Return real signals of their short-time Fourier transforms: frames times the window, overlapped and added."""
    length = int(frame_length)
    frames = irfft(stfts, _enclosing(length) if fft_length is None else fft_length)
    missing = length - frames.shape[-1]
    if missing > 0:
        frames = _ops.pad(frames, [(0, 0)] * (len(frames.shape) - 1) + [(0, missing)])
    frames = frames[..., :length]
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype)
    return overlap_and_add(frames, frame_step)


# -- cosine transforms and mel scales


def _cosines(size: int, kind: int) -> np.ndarray:
    """The matrix of a cosine transform: its columns are the results."""
    n, k = np.arange(size)[:, None], np.arange(size)
    if kind == 1:
        weights = np.where((n == 0) | (n == size - 1), 1.0, 2.0)
        return weights * np.cos(np.pi * n * k / (size - 1))
    if kind == 2:
        return 2 * np.cos(np.pi * (n + 0.5) * k / size)
    if kind == 3:
        return np.where(n == 0, 1.0, 2.0) * np.cos(np.pi * n * (k + 0.5) / size)
    return 2 * np.cos(np.pi * (n + 0.5) * (k + 0.5) / size)


def dct(
    input: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None, name: Any = None
) -> Tensor:
    """Discrete cosine transform of type 1 to 4 along the last axis, cut or padded to ``n`` elements.

    Args:
        input: floats.
        type: 1 to 4.
        n: length.
        axis: must be -1.
        norm: "ortho" for an orthonormal transform of type 2, 3 or 4.
        name: no effect.
    """
    x = _ops.convert_to_tensor(input)
    if type not in (1, 2, 3, 4) or axis != -1 or norm not in (None, "ortho") or (type == 1 and norm):
        raise ValueError(f"dct expects type 1 to 4, axis -1, norm None or 'ortho', got {type}, {axis} and {norm!r}")
    if n is not None:
        x = _ops.pad(x[..., :n], [(0, 0)] * (len(x.shape) - 1) + [(0, max(n - x.shape[-1], 0))])
    size = x.shape[-1]
    matrix = _cosines(size, type)
    if norm == "ortho":
        matrix = matrix * math.sqrt(0.5 / size)
        if type == 2:
            matrix[:, 0] *= math.sqrt(0.5)
        if type == 3:
            matrix[0] *= math.sqrt(2)
    return _ops.matmul(x, matrix.astype(x.dtype))


def idct(
    input: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None, name: Any = None
) -> Tensor:
    """Inverse of `dct`, without its factor unless ``norm`` is "ortho", as in TensorFlow."""
    return dct(input, {1: 1, 2: 3, 3: 2, 4: 4}.get(type, type), n, axis, norm)


def _mel(frequency: Any) -> Any:
    return 1127.0 * np.log1p(np.asarray(frequency, "float64") / 700.0)


def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0,
    upper_edge_hertz: Any = 3800.0,
    dtype: Any = "float32",
    name: str | None = None,
) -> Tensor:
    """Return the matrix (spectrogram bins, mel bins) of triangles on the mel scale.

    Args:
        num_mel_bins, num_spectrogram_bins: its shape.
        sample_rate: samples per second of the signal.
        lower_edge_hertz, upper_edge_hertz: limits of the mel bins.
        dtype: of the result.
        name: no effect.
    """
    bins = int(num_spectrogram_bins)
    frequencies = _mel(np.linspace(0, float(sample_rate) / 2, bins))[1:, None]
    edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2)
    low, center, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((frequencies - low) / (center - low), (high - frequencies) / (high - center))
    return _ops.convert_to_tensor(np.pad(np.maximum(triangles, 0), ((1, 0), (0, 0))).astype(str(dtype)))


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Tensor:
    """Return the mel-frequency cepstral coefficients: the cosine transform of the last axis, of type 2."""
    x = _ops.convert_to_tensor(log_mel_spectrograms)
    return dct(x) * math.sqrt(0.5 / x.shape[-1])


__getattr__, __dir__ = names_of(__name__, {})
