"""Larger formulas of ops: transforms, patches, interpolation, recurrences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ckeras import ops
from ckeras.export.sizes import Unsupported
from ckeras.ops.image.weighted_rows import RowTable
from ckeras.ops.nn.windows import Windows
from ckeras.tensor import Tensor, table

# -- images


def weighted_rows(x: Tensor, start: Tensor, source: Tensor, weight: Tensor, axis: int, table: RowTable) -> Tensor:
    """The product with the matrix of weights, which is dense here."""
    matrix = np.zeros(table.shape, weight.dtype)
    rows = np.repeat(np.arange(table.shape[0]), np.diff(np.asarray(start)))
    np.add.at(matrix, (rows, np.asarray(source)), np.asarray(weight))
    return ops.moveaxis(ops.matmul(ops.moveaxis(x, axis, -1), ops.convert_to_tensor(matrix.T)), -1, axis)


def interpolate_at(x: Tensor, at: Tensor, order: int, mode: str, value: float) -> Tensor:
    """Images (lead, *sizes, channels) at coordinates (axes, lead, points): sums over the corners around each point."""
    if mode not in ("constant", "nearest"):
        raise Unsupported(f"there is no converter to ONNX for the fill mode {mode!r}")
    sizes, lead = x.shape[1:-1], x.shape[0]
    pixels = ops.reshape(x, (lead * math.prod(sizes), x.shape[-1]))
    first = ops.reshape(ops.arange(lead, dtype="int32") * math.prod(sizes), (lead, 1))
    total: Any = 0.0
    for corner in np.ndindex(*(order + 1,) * len(sizes)):
        weight: Any = 1.0
        inside: Any = True
        flat = ops.zeros(at.shape[1:], "int32")
        for axis, (size, upper) in enumerate(zip(sizes, corner, strict=True)):
            point = at[axis] if mode == "constant" else ops.clip(at[axis], 0, size - 1)
            low = ops.floor(point) if order else ops.sign(point) * ops.floor(ops.abs(point) + 0.5)
            index = low + upper
            weight = weight * (1 - ops.abs(point - index)) if order else weight
            inside = ops.logical_and(inside, ops.logical_and(index >= 0, index <= size - 1))
            flat = flat * size + ops.cast(ops.clip(index, 0, size - 1), "int32")
        taken = ops.take(pixels, flat + first, axis=0)
        if mode == "constant":
            taken = ops.where(ops.expand_dims(inside, -1), taken, ops.cast(value, x.dtype))
        total = total + (taken * ops.expand_dims(weight, -1) if order else taken)
    return total


def patches(x: Tensor, window: Any, strides: Any, padding: Any, dilation: Any) -> Tensor:
    """Patches (batch, *windows, taps, channels): for each tap a slice of the images."""
    w = Windows.over(x.shape[1:-1], window, strides, padding, dilation)
    x = ops.pad(x, ((0, 0), *w.padding, (0, 0)))
    taps = []
    for tap in np.ndindex(*w.window):
        axes = zip(tap, w.outputs, w.strides, w.dilation, strict=True)
        cuts = [slice(i * rate, i * rate + (count - 1) * step + 1, step) for i, count, step, rate in axes]
        taps.append(x[(slice(None), *cuts)])
    return ops.stack(taps, -2)


def fold_patches(p: Tensor, size: Any, window: Any, strides: Any, padding: Any, dilation: Any) -> Tensor:
    """Sums of patches: of each channel a transposed convolution whose kernel has a 1 for each tap."""
    w = Windows.over(size, window, strides, padding, dilation)
    channels = p.shape[-1]
    apart = ops.moveaxis(p, -1, 1)
    flat = ops.reshape(apart, (p.shape[0] * channels, *apart.shape[2:]))
    kernel = ops.reshape(ops.eye(w.taps, dtype=p.dtype), (*w.window, 1, w.taps))
    attrs = {"strides": w.strides, "padding": w.padding, "dilation": w.dilation, "groups": 1}
    y = table["conv_input_grad"](flat, kernel, size=tuple(size), **attrs)
    return ops.moveaxis(ops.reshape(y, (p.shape[0], channels, *size)), 1, -1)


def unslice(g: Tensor, shape: Any, start: Any, step: Any) -> Tensor:
    """Zeros with the elements of ``g`` at the indices of a slice."""
    if all(s == 1 for s in step):
        return ops.pad(g, [(a, n - a - m) for a, n, m in zip(start, shape, g.shape, strict=True)])
    lines = [a + s * np.arange(m) for a, s, m in zip(start, step, g.shape, strict=True)]
    flat = np.ravel_multi_index(np.meshgrid(*lines, indexing="ij"), tuple(shape)).ravel()
    y = table["scatter_add_rows"](ops.reshape(g, (-1,)), ops.convert_to_tensor(flat), rows=math.prod(shape))
    return ops.reshape(y, tuple(shape))


# -- Fourier transforms


def _waves(count: int, bins: int, dtype: str) -> tuple[Tensor, Tensor]:
    """Cosines and sines of 2 pi i j / count, (count, bins)."""
    angle = 2 * np.pi * (np.outer(np.arange(count), np.arange(bins)) % count) / count
    return ops.cast(np.cos(angle), dtype), ops.cast(np.sin(angle), dtype)


def rfft(x: Tensor, n: int) -> list[Tensor]:
    """The transform of real numbers, of which there are ``n`` with zeros at the end or without the last ones."""
    size = min(x.shape[-1], n)
    cosines, sines = (w[:size] for w in _waves(n, n // 2 + 1, x.dtype))
    return [ops.matmul(x[..., :size], cosines), -ops.matmul(x[..., :size], sines)]


def irfft(real: Tensor, imag: Tensor, n: int) -> Tensor:
    """The inverse of `rfft`."""
    bins = min(real.shape[-1], n // 2 + 1)
    cosines, sines = (ops.transpose(w) for w in _waves(n, bins, real.dtype))
    k = np.arange(bins)
    weights = ops.cast(np.where((k == 0) | (2 * k == n), 1.0, 2.0) / n, real.dtype)
    return ops.matmul(real[..., :bins] * weights, cosines) - ops.matmul(imag[..., :bins] * weights, sines)


def dft(real: Tensor, imag: Tensor, axes: int, inverse: bool) -> list[Tensor]:
    """The transform of complex numbers along the last axes."""
    for axis in range(-axes, 0):
        a, b = (ops.moveaxis(x, axis, -1) for x in (real, imag))
        cosines, sines = _waves(a.shape[-1], a.shape[-1], a.dtype)
        sines = sines if inverse else -sines
        a, b = ops.matmul(a, cosines) - ops.matmul(b, sines), ops.matmul(a, sines) + ops.matmul(b, cosines)
        real, imag = (ops.moveaxis(x, -1, axis) for x in (a, b))
    return [real, imag]


# -- recurrences


def recurrence(a: Tensor, b: Tensor, axis: int, reverse: bool) -> Tensor:
    """y[i] = a[i] y[i - 1] + b[i] along an axis, a step at a time."""
    rows = [ops.moveaxis(x, axis, 0) for x in (a, b)]

    def step(y: Tensor, row: list[Tensor]) -> tuple[Tensor, Tensor]:
        y = row[0] * y + row[1]
        return y, y

    _, found = ops.scan(step, ops.zeros_like(rows[1][0]), rows, reverse=reverse)
    return ops.moveaxis(found, 0, axis)


def cumprod(x: Tensor, axis: int, reverse: bool) -> Tensor:
    """Products of the elements up to each."""

    def step(y: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        return y * row, y * row

    rows = ops.moveaxis(x, axis, 0)
    _, found = ops.scan(step, ops.ones_like(rows[0]), rows, reverse=reverse)
    return ops.moveaxis(found, 0, axis)


# -- numbers


def linspace(start: Tensor, stop: Tensor, num: int, endpoint: bool, axis: int) -> Tensor:
    """Numbers from ``start`` to ``stop`` at equal distances along a new axis."""
    steps = _steps(len(start.shape), num, endpoint, axis, start.dtype)
    start, stop = ops.expand_dims(start, axis), ops.expand_dims(stop, axis)
    return start * (1 - steps) + stop * steps


def geomspace(start: Tensor, stop: Tensor, num: int, endpoint: bool, axis: int) -> Tensor:
    """Numbers from ``start`` to ``stop`` with equal quotients along a new axis."""
    steps = _steps(len(start.shape), num, endpoint, axis, start.dtype)
    start, stop = ops.expand_dims(start, axis), ops.expand_dims(stop, axis)
    return ops.where(steps < 1, start * ops.power(stop / start, steps), stop)


def _steps(rank: int, num: int, endpoint: bool, axis: int, dtype: str) -> Tensor:
    shape = [1] * (rank + 1)
    shape[axis] = num
    return ops.cast(np.linspace(0, 1, num, endpoint).reshape(shape), dtype)


def sparsemax(x: Tensor) -> Tensor:
    """The nearest point of the simplex, by the numbers in descending order."""
    ranked = -ops.sort(-x, -1)
    count = ops.cast(np.arange(1, x.shape[-1] + 1), x.dtype)
    above = ops.cumsum(ranked, -1) - 1
    kept = ops.sum(ops.cast(count * ranked > above, "int32"), -1, keepdims=True)
    limit = ops.take_along_axis(above, kept - 1, -1) / ops.cast(kept, x.dtype)
    return ops.maximum(x - limit, 0.0)
