"""Fourier transforms along the last axes, with complex numbers as pairs of tensors (real, imaginary)."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import take
from ckeras.ops.manipulation.composite import Composite, composite
from ckeras.ops.manipulation.concat import pad
from ckeras.ops.manipulation.layout import moveaxis, tensor
from ckeras.tensor import Op, Spec, Tensor, dtypes, table

# -- transforms ---------------------------------------------------------------------------------------------------


def _dft_forward(real: np.ndarray, imag: np.ndarray, axes: int, inverse: bool) -> list[np.ndarray]:
    over = tuple(range(-axes, 0))
    z = real + 1j * imag
    y = np.fft.ifftn(z, axes=over, norm="forward") if inverse else np.fft.fftn(z, axes=over)
    return [y.real, y.imag]


def _dft_vjp(part: int) -> Callable[..., Tensor]:
    # The transform is a symmetric matrix, so the gradient is the transform by its conjugate.
    def vjp(g: list[Any], y: list[Tensor], real: Tensor, imag: Tensor, axes: int, inverse: bool) -> Tensor:
        return _dft(*_filled(g), axes=axes, inverse=not inverse)[part]

    return vjp


def _filled(g: list[Any]) -> list[Tensor]:
    """Cotangents of a pair; a missing one becomes zeros."""
    known = next(v for v in g if v is not None)
    return [elementwise.multiply(known, 0.0) if v is None else v for v in g]


# The sums of z_t exp(-2 pi i k t / n), or with `inverse` of z_t exp(2 pi i k t / n), over the last one or two axes.
_dft = Op(
    "dft",
    lambda real, imag, **attrs: [Spec(real.shape, real.dtype), Spec(imag.shape, imag.dtype)],
    _dft_forward,
    vjp=[_dft_vjp(0), _dft_vjp(1)],
)


def _bins(n: int) -> int:
    return n // 2 + 1


def _twice(n: int, dtype: str) -> np.ndarray:
    """How often each of the ``n // 2 + 1`` frequencies occurs in the full transform of ``n`` real numbers."""
    count = np.full(_bins(n), 2, dtype)
    count[0] = 1
    if n % 2 == 0:
        count[-1] = 1
    return count


def _fitted(x: Tensor, size: int) -> Tensor:
    """``x`` with its last axis truncated or zero-padded to ``size``."""
    known = x.shape[-1]
    if size <= known:
        return x if size == known else x[..., :size]
    return pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, size - known)])


def _rfft_forward(x: np.ndarray, n: int) -> list[np.ndarray]:
    y = np.fft.rfft(x, n)
    return [y.real, y.imag]


def _rfft_vjp(g: list[Any], y: list[Tensor], x: Tensor, n: int) -> Tensor:
    weights = n / _twice(n, x.dtype)
    return _fitted(_irfft(*(elementwise.multiply(v, weights) for v in _filled(g)), n=n), x.shape[-1])


def _irfft_vjp(part: int) -> Callable[..., Tensor]:
    def vjp(g: Tensor, y: Tensor, real: Tensor, imag: Tensor, n: int) -> Tensor:
        return _fitted(elementwise.multiply(_rfft(g, n=n)[part], _twice(n, g.dtype) / n), real.shape[-1])

    return vjp


_rfft = Op(
    "rfft",
    lambda x, n: [Spec((*x.shape[:-1], _bins(n)), x.dtype)] * 2,
    _rfft_forward,
    vjp=[_rfft_vjp],
)
_irfft = Op(
    "irfft",
    lambda real, imag, n: Spec((*real.shape[:-1], n), real.dtype),
    lambda real, imag, n: np.fft.irfft(real + 1j * imag, n),
    vjp=[_irfft_vjp(0), _irfft_vjp(1)],
)


def _pair(x: Any, where: str, axes: int = 1) -> list[Tensor]:
    """Check an argument; return its real and imaginary parts in their common dtype."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(f"{where} expects a tuple of two tensors (real, imaginary), got {x!r:.80}")
    parts = [tensor(v) for v in x]
    shapes = [v.shape for v in parts]
    if shapes[0] != shapes[1] or len(shapes[0]) < axes:
        raise ValueError(f"{where} expects two tensors of one shape with {axes} axes at least, got {shapes}")
    if any(v.dtype not in dtypes.FLOATS for v in parts):
        raise ValueError(f"{where} expects tensors of floats, got dtypes {[v.dtype for v in parts]}")
    return elementwise.promote(*parts)


def _transform(x: Any, where: str, axes: int) -> tuple[Tensor, Tensor]:
    real, imag = _pair(x, where, axes)
    if None in real.shape[-axes:] or 0 in real.shape[-axes:]:
        raise ValueError(f"{where} expects a known number of elements along its axes, got shape {real.shape}")
    y = _dft(real, imag, axes=axes, inverse=where == "ifft2")
    if where != "ifft2":
        return tuple(y)
    return tuple(elementwise.divide(v, float(math.prod(real.shape[-axes:]))) for v in y)


def fft(x: Any) -> tuple[Tensor, Tensor]:
    """Discrete Fourier transform along the last axis: the sum over t of z_t exp(-2 pi i k t / n) for each k.

    ``x`` is a pair of tensors of floats (real, imaginary), and so is the result.

    >>> real, imag = fft(([1.0, 2.0], [0.0, 0.0]))
    >>> real.tolist(), imag.tolist()
    ([3.0, -1.0], [0.0, 0.0])
    """
    return _transform(x, "fft", 1)


def fft2(x: Any) -> tuple[Tensor, Tensor]:
    """Two-dimensional discrete Fourier transform along the last two axes of a pair of tensors (real, imaginary)."""
    return _transform(x, "fft2", 2)


def ifft2(x: Any) -> tuple[Tensor, Tensor]:
    """Inverse of `fft2`."""
    return _transform(x, "ifft2", 2)


def _length(fft_length: Any, default: int, where: str) -> int:
    n = default if fft_length is None else int(fft_length)
    if n < 1:
        raise ValueError(f"{where} expects a transform of 1 element or more, got {n}")
    return n


@composite
def _real_transform(x: Tensor, fft_length: int | None) -> list[Tensor]:
    return _rfft(x, n=_length(fft_length, x.shape[-1], "rfft"))


@composite
def _real_inverse(real: Tensor, imag: Tensor, fft_length: int | None) -> Tensor:
    return _irfft(real, imag, n=_length(fft_length, 2 * (real.shape[-1] - 1), "irfft"))


def rfft(x: Any, fft_length: int | None = None) -> tuple[Tensor, Tensor]:
    """Discrete Fourier transform of real numbers along the last axis: the first n // 2 + 1 frequencies.

    The axis is truncated or zero-padded to ``fft_length`` elements if that is given. The result is a pair of tensors
    (real, imaginary).
    """
    x = elementwise.as_float(x)
    if not x.shape:
        raise ValueError("rfft expects a tensor with axes, got shape ()")
    return tuple(_real_transform(x, fft_length=fft_length))


def irfft(x: Any, fft_length: int | None = None) -> Tensor:
    """Inverse of `rfft`: real numbers from a pair of tensors (real, imaginary).

    The result has ``fft_length`` elements, by default 2 (frequencies - 1); the frequencies are truncated or zero-padded
    to fft_length // 2 + 1.

    >>> irfft(rfft([1.0, 2.0, 4.0, 1.0])).tolist()
    [1.0, 2.0, 4.0, 1.0]
    """
    return _real_inverse(*_pair(x, "irfft"), fft_length=fft_length)


# -- sequences of a signal ----------------------------------------------------------------------------------------


def _indices(count: int, length: int, stride: int) -> np.ndarray:
    """Indices in the signal of the elements of each of ``count`` sequences."""
    return np.arange(count)[:, None] * stride + np.arange(length)


def _count(n: int | None, length: int, stride: int) -> int | None:
    """Number of sequences in a signal of ``n`` elements."""
    return None if n is None else max(0, 1 + (n - length) // stride)


def _sequences(x: Tensor, length: int, stride: int) -> Tensor:
    return take(x, tensor(_indices(_count(x.shape[-1], length, stride), length, stride)), -1)


_extract_sequences = Composite(
    "extract_sequences",
    _sequences,
    infer=lambda x, length, stride: Spec((*x.shape[:-1], _count(x.shape[-1], length, stride), length), x.dtype),
)


def _positive(where: str, **numbers: Any) -> list[int]:
    for name, number in numbers.items():
        if not isinstance(number, (int, np.integer)) or number < 1:
            raise ValueError(f"{where} expects {name} to be an integer of 1 or more, got {number!r}")
    return [int(n) for n in numbers.values()]


def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Tensor:
    """Slice the last axis into sequences of ``sequence_length`` elements, ``sequence_stride`` apart.

    Returns a tensor of shape ``(..., sequences, sequence_length)``; an incomplete last sequence is dropped.

    >>> extract_sequences([1, 2, 3, 4, 5], 3, 2).tolist()
    [[1, 2, 3], [3, 4, 5]]
    """
    x = tensor(x)
    if not x.shape:
        raise ValueError("extract_sequences expects a tensor with axes, got shape ()")
    length, stride = _positive("extract_sequences", sequence_length=sequence_length, sequence_stride=sequence_stride)
    return _extract_sequences(x, length=length, stride=stride)


def _overlap_add(x: Tensor, stride: int) -> Tensor:
    """Overlap-add: the sum of the sequences, each at its offset in the signal."""
    count, length = x.shape[-2:]
    rows = length + stride * (count - 1)
    y = table["scatter_add_rows"](moveaxis(x, (-2, -1), (0, 1)), _indices(count, length, stride), rows=rows)
    return moveaxis(y, 0, -1)


# -- short-time transforms ----------------------------------------------------------------------------------------
# Allen and Rabiner, "A unified approach to short-time Fourier analysis and synthesis" (1977).

_WINDOWS = {"hann": 0.5, "hamming": 0.54}


def _window(window: Any, length: int, fft_length: int, dtype: str, where: str) -> Tensor:
    """The window (ones for `None`), zero-padded on both sides to ``fft_length``."""
    if window is None:
        return tensor(np.ones(fft_length, dtype))
    if isinstance(window, str):
        if window not in _WINDOWS:
            raise ValueError(f"{where} expects the window 'hann' or 'hamming', a tensor or None, got {window!r}")
        a = _WINDOWS[window]
        # Periodic window: the element after the last would equal the first.
        values = tensor((a - (1 - a) * np.cos(2 * np.pi * np.arange(length) / length)).astype(dtype))
        values = values if length > 1 else tensor(np.ones(1, dtype))
    else:
        values = elementwise.cast(window, dtype)
    if values.shape != (length,):
        raise ValueError(f"{where} expects a window of {length} elements, got shape {values.shape}")
    before = (fft_length - length) // 2
    return pad(values, [(before, fft_length - length - before)])


def _short_time(where: str, sequence_length: Any, sequence_stride: Any, fft_length: Any) -> tuple[int, int, int]:
    length, stride, size = _positive(
        where, sequence_length=sequence_length, sequence_stride=sequence_stride, fft_length=fft_length
    )
    if size < length:
        raise ValueError(f"{where} expects fft_length to be sequence_length or more, got {size} and {length}")
    return length, stride, size


def _transformed(x: Tensor, window: Tensor, stride: int, center: bool) -> list[Tensor]:
    size = window.shape[-1]
    if center:
        x = pad(x, [(0, 0)] * (len(x.shape) - 1) + [(size // 2, size // 2)], "reflect")
    if x.shape[-1] < size:
        raise ValueError(f"stft expects a signal of at least {size} elements, got shape {x.shape}")
    return _rfft(elementwise.multiply(_sequences(x, size, stride), window), n=size)


def _stft_infer(x: Spec, window: Spec, stride: int, center: bool) -> list[Spec]:
    (size,), n = window.shape, x.shape[-1]
    around = 2 * (size // 2) if center else 0
    count = _count(None if n is None else n + around, size, stride)
    return [Spec((*x.shape[:-1], count, _bins(size)), x.dtype)] * 2


_stft = Composite("stft", _transformed, infer=_stft_infer)


def stft(
    x: Any, sequence_length: int, sequence_stride: int, fft_length: int, window: Any = "hann", center: bool = True
) -> tuple[Tensor, Tensor]:
    """Short-time Fourier transform of the signals along the last axis.

    Args:
        x: signals of float32 or float64, of shape ``(..., n)``.
        sequence_length: number of elements of a sequence and of the window.
        sequence_stride: number of elements between the starts of consecutive sequences.
        fft_length: number of elements of a transform, at least ``sequence_length``; the window is centered in it.
        window: "hann", "hamming", a tensor of ``sequence_length`` weights, or `None` for ones.
        center: whether to pad the signal by reflection at both ends, so that sequence t is centered at element t *
            ``sequence_stride``.

    Returns a pair of tensors (real, imaginary) of shape ``(..., sequences, fft_length // 2 + 1)``.
    """
    x = tensor(x)
    if x.dtype not in ("float32", "float64"):
        raise TypeError(f"stft expects float32 or float64, got dtype {x.dtype}")
    length, stride, size = _short_time("stft", sequence_length, sequence_stride, fft_length)
    if not x.shape:
        raise ValueError("stft expects a tensor with axes, got shape ()")
    return tuple(_stft(x, _window(window, length, size, x.dtype, "stft"), stride=stride, center=bool(center)))


def _signal(real: Tensor, imag: Tensor, window: Tensor, stride: int, center: bool, length: int | None) -> Tensor:
    size, count = window.shape[-1], real.shape[-2]
    y = _overlap_add(elementwise.multiply(_irfft(real, imag, n=size), window), stride)
    weight = _overlap_add(elementwise.broadcast_to(elementwise.square(window), (count, size)), stride)
    y = elementwise.divide(y, elementwise.where(elementwise.greater(weight, 1e-10), weight, 1))
    start = size // 2 if center else 0
    return y[..., start : y.shape[-1] - start if length is None else start + length]


def _istft_infer(real: Spec, imag: Spec, window: Spec, stride: int, center: bool, length: int | None) -> Spec:
    (size,), count = window.shape, real.shape[-2]
    n = length
    if count is not None:
        reached = size + stride * (count - 1)
        start = size // 2 if center else 0
        n = reached - 2 * start if length is None else min(length, reached - start)
    return Spec((*real.shape[:-2], n), real.dtype)


_istft = Composite("istft", _signal, infer=_istft_infer)


def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Tensor:
    """Inverse of `stft`: the least-squares estimate of the signals (Griffin and Lim, 1984).

    Args:
        x: a pair of tensors (real, imaginary) of shape ``(..., sequences, fft_length // 2 + 1)``.
        length: length of the returned signal; by default all elements that the sequences cover, with ``center`` without
            the padding at both ends.
    """
    real, imag = _pair(x, "istft", 2)
    size, stride, whole = _short_time("istft", sequence_length, sequence_stride, fft_length)
    if real.shape[-1] not in (_bins(whole), None):
        raise ValueError(
            f"istft expects {_bins(whole)} frequencies for an fft_length of {whole}, got tensors of shape {real.shape}"
        )
    return _istft(
        real,
        imag,
        _window(window, size, whole, real.dtype, "istft"),
        stride=stride,
        center=bool(center),
        length=None if length is None else int(length),
    )
