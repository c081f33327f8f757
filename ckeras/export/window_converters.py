"""Convolutions and pooling in ONNX, which has channels first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ckeras.export.builder import Builder, converts
from ckeras.export.sizes import Call, Size, Unsupported, Value
from ckeras.ops.nn.pooling import Span
from ckeras.ops.nn.windows import same_padding


def _channels_first(b: Builder, x: Value, window: Callable[[str], str]) -> str:
    """Add what ``window`` adds, with transpositions around it."""
    rank = len(x.shape)
    y = window(b.transpose(b.of(x), [0, rank - 1, *range(1, rank - 1)]))
    return b.transpose(y, [0, *range(2, rank), 1])


def _weights(b: Builder, kernel: Value) -> str:
    """A kernel (*sizes, channels, filters) as (filters, channels, *sizes)."""
    rank = len(kernel.shape) - 2
    perm = (rank + 1, rank, *range(rank))
    if kernel.constant is None:
        return b.transpose(b.of(kernel), perm)
    return b.constant(np.transpose(kernel.constant, perm), name=kernel.name)


@converts("conv")
def _conv(b: Builder, call: Call) -> str:
    x, kernel = call.inputs
    weights = _weights(b, kernel)
    options = {"strides": list(call["strides"]), "dilations": list(call["dilation"]), "group": call["groups"]}
    padding = _same_pads(call) if call["padding"] == "same" else call["padding"]
    if padding == "valid":
        padding = [(0, 0)] * (len(x.shape) - 2)
    if isinstance(padding, str):
        return _channels_first(b, x, lambda t: b.add("Conv", t, weights, auto_pad=padding, **options))

    def window(t: str) -> str:
        given = [[max(pair[i], 0) for pair in padding] for i in (0, 1)]
        cut = [[max(-pair[i], 0) for pair in padding] for i in (0, 1)]
        return b.add("Conv", _cropped(b, t, *cut), weights, pads=given[0] + given[1], **options)

    return _channels_first(b, x, window)


def _same_pads(call: Call) -> Any:
    """The padding "same" in pairs if it is known, else ONNX's name for it."""
    window = call.inputs[1].shape[:-2]
    columns = []
    for x, y in zip(call.inputs[0].shapes, call.outputs[0].shapes, strict=True):
        axes = zip(x[1:-1], y[1:-1], window, call["dilation"], call["strides"], strict=True)
        columns.append(tuple(same_padding(n, count, (k - 1) * rate + 1, step) for n, count, k, rate, step in axes))
    return columns[0] if len(set(columns)) == 1 else "SAME_UPPER"


def _cropped(b: Builder, t: str, before: Sequence[int], after: Sequence[int]) -> str:
    """Spatial axes, from the third on, without so many elements at their ends."""
    axes = [i for i, pair in enumerate(zip(before, after, strict=True)) if any(pair)]
    if not axes:
        return t
    begins, ends = [before[i] for i in axes], [-after[i] or np.iinfo(np.int64).max for i in axes]
    return b.add("Slice", t, b.integers(begins), b.integers(ends), b.integers([i + 2 for i in axes]))


@converts("conv_input_grad")
def _conv_transpose(b: Builder, call: Call) -> str:
    """The transposed convolution: what windows reach, without the padding, and zeros that no window reaches."""
    g, kernel = call.inputs
    window, strides, rates = kernel.shape[:-2], call["strides"], call["dilation"]
    padding = call["padding"]
    reach = [(k - 1) * rate + 1 for k, rate in zip(window, rates, strict=True)]
    missing = set()
    for x, y, attrs in zip(g.shapes, call.outputs[0].shapes, call.each, strict=True):
        axes = zip(x[1:-1], y[1:-1], attrs["padding"], reach, strides, strict=True)
        missing.add(tuple(n + sum(pair) - ((m - 1) * step + r) for m, n, pair, r, step in axes))
    if len(missing) > 1 or any(isinstance(n, Size) for pair in padding for n in pair):
        raise Unsupported("the padding of a transposed convolution depends on a size that is open")
    ends = missing.pop()  # elements after those that windows reach
    weights = _weights(b, kernel)
    fits = all(n < step for n, step in zip(ends, strides, strict=True)) and min(n for p in padding for n in p) >= 0
    options = {"strides": list(strides), "dilations": list(rates), "group": call["groups"]}

    def window_of(t: str) -> str:
        if fits:
            pads = [p[0] for p in padding] + [p[1] for p in padding]
            grown = [max(n, 0) for n in ends]
            return b.add("ConvTranspose", t, weights, pads=pads, output_padding=grown, **options)
        whole = b.add("ConvTranspose", t, weights, **options)
        grown = [(max(-p[0], 0), max(n - p[1], 0)) for p, n in zip(padding, ends, strict=True)]
        pads = [0, 0, *(p[0] for p in grown), 0, 0, *(p[1] for p in grown)]
        whole = b.add("Pad", whole, b.integers(pads), b.scalar(0, g.dtype)) if any(pads) else whole
        cut = [max(p[0], 0) for p in padding], [max(p[1] - n, 0) for p, n in zip(padding, ends, strict=True)]
        return _cropped(b, whole, *cut)

    return _channels_first(b, g, window_of)


# -- pooling --------------------------------------------------------------------------------------------------------


def _spans(call: Call, axis: int | None = None) -> list[tuple[Span, ...]]:
    """The windows along each spatial axis: for each a `Span` at each trace."""
    if axis is None:
        return list(zip(*(attrs["spans"] for attrs in call.each), strict=True))
    return [tuple(attrs["span"] for attrs in call.each)]


def _after(span: Span) -> int:
    """Padding after the axis, or (negative) the elements that the last window does not reach."""
    return (span.count - 1) * span.step + span.high - (span.size - 1)


def _is_sliding(span: Span) -> bool:
    return span.over == 1


def _options(spans: Sequence[tuple[Span, ...]]) -> dict[str, Any]:
    """Attributes of a pooling operator for sliding windows."""
    sizes = [column[0].high - column[0].low + 1 for column in spans]
    options = {"kernel_shape": sizes, "strides": [column[0].step for column in spans]}
    befores = [{-span.low for span in column} for column in spans]
    afters = [{max(_after(span), 0) for span in column} for column in spans]
    if all(len(found) == 1 for found in (*befores, *afters)):
        return {**options, "pads": [found.pop() for found in (*befores, *afters)]}
    return {**options, "auto_pad": "SAME_UPPER"}


def _pooled(b: Builder, x: Value, spans: Sequence[tuple[Span, ...]], kind: str, reduction: str) -> str:
    """Pooling over sliding windows, or along one axis after the other over windows of different lengths."""
    if all(map(_is_sliding, (span for column in spans for span in column))):
        return _channels_first(b, x, lambda t: b.add(kind, t, **_options(spans)))
    name = b.of(x)
    for axis, column in enumerate(spans, 1):
        if len(set(column)) > 1:
            raise Unsupported("adaptive pooling needs to know the sizes of images")
        name = _along_axis(b, name, axis, column[0], reduction)
    return name


def _along_axis(b: Builder, x: str, axis: int, span: Span, reduction: str) -> str:
    parts = []
    for j in range(span.count):
        low = max(-((-j * span.step - span.low) // span.over), 0)
        high = min((j * span.step + span.high) // span.over, span.size - 1)
        part = b.add("Slice", x, b.integers([low]), b.integers([high + 1]), b.integers([axis]))
        parts.append(b.add(reduction, part, b.integers([axis]), keepdims=1))
    return b.add("Concat", *parts, axis=axis)


@converts("pool_max")
def _pool_max(b: Builder, call: Call) -> str:
    return _pooled(b, call.inputs[0], _spans(call), "MaxPool", "ReduceMax")


@converts("pool_mean")
def _pool_mean(b: Builder, call: Call) -> str:
    return _pooled(b, call.inputs[0], _spans(call), "AveragePool", "ReduceMean")


def _one_axis(b: Builder, call: Call, pool: Callable[..., str]) -> str:
    """Pooling along one axis, as that of images of one spatial axis and one channel."""
    x, axis, rank = call.inputs[0], call["axis"], len(call.inputs[0].shape)
    order = [*(i for i in range(rank) if i != axis), axis]
    turned = b.transpose(b.of(x), order)
    lead = b.add("Shape", turned, end=rank - 1)
    flat = b.add("Reshape", turned, b.integers([-1, 1, x.shape[axis]]))
    back = b.add("Reshape", pool(flat), b.add("Concat", lead, b.integers([-1]), axis=0))
    return b.transpose(back, [order.index(i) for i in range(rank)])


@converts("window_max", "window_sum")
def _window(b: Builder, call: Call) -> str:
    """Maxima or sums over long windows along one axis."""
    spans = _spans(call, call["axis"])
    x, kind = call.inputs[0], call.op.name
    if len(set(spans[0])) > 1:
        raise Unsupported("pooling over large windows needs to know the sizes of images")
    span = spans[0][0]
    if not _is_sliding(span):
        return _along_axis(b, b.of(x), call["axis"], span, "ReduceMax" if kind == "window_max" else "ReduceSum")
    options = _options(spans)
    if kind == "window_max":
        return _one_axis(b, call, lambda t: b.add("MaxPool", t, **options))
    taps = b.scalar(span.high - span.low + 1, x.dtype)
    return _one_axis(b, call, lambda t: b.add("Mul", b.add("AveragePool", t, count_include_pad=1, **options), taps))
