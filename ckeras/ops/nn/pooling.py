"""Pooling: the maximum, or the mean, of each window.

A `Span` describes the windows along an axis. Windows of few elements are pooled along all axes at once, by ops that
read or write each array once:

- ``pool_max(x, spans, order)``: the maxima, and the number of each within its window; ``order`` has the axes from the
slowest to the fastest, and of equal elements the first is chosen.
- ``pool_max_route(g, numbers, spans, order)``: the gradient of the maxima, routed to the elements with these numbers.
- ``pool_max_take(x, numbers, spans, order)``: the elements with these numbers.
- ``pool_mean(y, spans)`` and ``pool_mean_spread(g, spans)``: the means, and their gradient.

Windows of many elements are pooled along one axis after the other, by ops whose cost is proportional to the number of
elements, regardless of the window size:

- ``window_sum(x, axis, span)``: the sums.
- ``window_max(x, axis, span)``: the maxima, and the offset of each from the start of its window (the first of equal
ones).
- ``window_route(g, offsets, axis, span)``: the gradient of the maxima, routed to the elements at the offsets.
- ``window_take(x, offsets, axis, span)``: the elements at the offsets.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ckeras._kernels import codes
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.nn.windows import (
    INT32_MAX,
    channels_back,
    channels_last,
    each_axis,
    format_of,
    output_sizes,
    padding_of,
    same_padding,
    spatial_rank,
)
from ckeras.tensor import Op, Spec, Tensor, dtypes
from ckeras.tensor.eager import Call, constant

_POOL, _WINDOWS = codes("pool"), codes("pool_windows")
_MAX_TAPS = 256  # of a window that is pooled along all axes at once: its numbers are bytes
_MAX_MEAN_TAPS = 64  # whose mean is summed in the precision of the elements
_MAX_OVERLAP = 36  # windows that an element may lie in; beyond it, one axis after the other is faster
_WIDE = {
    **dict.fromkeys(("float16", "bfloat16"), "float32"),
    **dict.fromkeys(("bool", "uint8", "int8", "int16", "uint16"), "int32"),
    "uint32": "int64",
}


class Span(NamedTuple):
    """The windows along an axis of ``size`` elements.

    Window j of ``count`` reaches from ceil((j * step + low) / over) to floor((j * step + high) / over), inclusive;
    elements outside of the axis are left out.
    """

    size: int
    count: int
    step: int
    over: int
    low: int
    high: int

    @classmethod
    def sliding(cls, size: int, count: int, window: int, stride: int, padding: str) -> "Span":
        """Windows of a fixed size that are ``stride`` apart."""
        before = same_padding(size, count, window, stride)[0] if padding == "same" else 0
        return cls(size, count, stride, 1, -before, window - 1 - before)

    @classmethod
    def adaptive(cls, size: int, count: int) -> "Span":
        """Windows spread evenly: window j reaches from floor(j * size / count) to ceil((j + 1) * size / count) - 1."""
        return cls(size, count, size, count, 1 - count, size - 1)

    @property
    def transposed(self) -> "Span":
        """Span over the windows: for each element the windows that contain it."""
        return Span(self.count, self.size, self.over, self.step, -self.high, -self.low)

    @property
    def offset_dtype(self) -> str:
        """The dtype of an offset from the start of a window."""
        return "uint8" if self.longest <= 256 else "int32"

    @property
    def longest(self) -> int:
        """Number of elements of the longest window, with the padding."""
        return (self.high - self.low) // self.over + 1

    def lengths(self) -> np.ndarray:
        """Number of elements in each window."""
        j = np.arange(self.count)
        low = -((-j * self.step - self.low) // self.over)
        return np.minimum((j * self.step + self.high) // self.over, self.size - 1) - np.maximum(low, 0) + 1


def _call(kernel: str, operands: tuple[int, ...], x: Spec, axis: int, span: Span, last: int) -> list[Call]:
    outer, inner = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    sizes = (outer, span.size, span.count, inner, span.step, span.over, span.low, span.high)
    return [Call(kernel, operands, (dtypes.CODE[x.dtype], *sizes, int(span.offset_dtype == "uint8"), last))]


def _resized(x: Any, axis: int, size: int, dtype: str) -> Spec:
    return Spec((*x.shape[:axis], size, *x.shape[axis + 1 :]), dtype)


# -- windows along all axes at once -----------------------------------------------------------------------------------


def _at_once(spans: Sequence[Span], most: int) -> bool:
    """Whether windows of these spans are pooled along all axes at once."""
    taps = math.prod(span.longest for span in spans)
    overlap = taps * math.prod(span.count for span in spans) / max(math.prod(span.size for span in spans), 1)
    return taps <= most and overlap <= _MAX_OVERLAP


def _sizes(x: Spec, spans: Sequence[Span], windows: bool) -> tuple[Any, ...]:
    """The shape of ``x`` with the numbers of windows, or of elements, as spatial axes."""
    return (x.shape[0], *(span.count if windows else span.size for span in spans), x.shape[-1])


def _windows_op(kind: str, buffers: int, of_elements: bool = False, **more: Any) -> Op:
    """The op ``pool_<kind>`` over the windows of ``spans``, with a kernel of so many buffers."""

    def kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call]:
        spans, x = attrs["spans"], outputs[0]
        axes = [(1, 1, 1, 1, 0, 0, 0, 0)] * (3 - len(spans))
        for axis in attrs.get("order", range(1, len(spans) + 1)):
            elements = x.shape[-1] * math.prod(span.size for span in spans[axis:])
            windows = x.shape[-1] * math.prod(span.count for span in spans[axis:])
            axes.append((*spans[axis - 1], elements, windows))
        p = (dtypes.CODE[x.dtype], _WINDOWS[kind.split("_")[-1]], x.shape[0], x.shape[-1])
        return [Call("pool_windows", tuple(range(buffers + 1)), (*p, *(n for axis in axes for n in axis)))]

    def workspace(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[int]:
        spans = attrs["spans"]
        results = sum(span.size if of_elements else span.count for span in spans)
        return [16 * (results + sum(span.count for span in spans) + 2 * (3 - len(spans)))]

    def infer(x: Spec, *at: Spec, spans: Any, **attrs: Any) -> Any:
        y = Spec(_sizes(x, spans, not of_elements), x.dtype)
        return [y, Spec(y.shape, "uint8")] if kind == "max" else y

    return Op(f"pool_{kind}", infer, kernel=kernel, workspace=workspace, **more)


_pool_max = _windows_op("max", 3, vjp=[lambda g, y, x, **attrs: _pool_route(g[0], y[1], **attrs)])
_pool_route = _windows_op("max_route", 3, True, vjp=[lambda h, y, g, at, **attrs: _pool_take(h, at, **attrs), None])
_pool_take = _windows_op("max_take", 3, vjp=[lambda g, y, x, at, **attrs: _pool_route(g, at, **attrs), None])
_pool_mean = _windows_op("mean", 2, vjp=[lambda g, y, x, spans: _pool_spread(g, spans=spans)])
_pool_spread = _windows_op("mean_spread", 2, True, vjp=[lambda h, y, g, spans: _pool_mean(h, spans=spans)])

# -- sums -----------------------------------------------------------------------------------------------------------

_window_sum = Op(
    "window_sum",
    lambda x, axis, span: _resized(x, axis, span.count, x.dtype),
    kernel=lambda inputs, outputs, attrs: _call("pool", (0, 1), inputs[0], **attrs, last=_POOL["sum"]),
    vjp=[lambda g, y, x, axis, span: _window_sum(g, axis=axis, span=span.transposed)],
)


def _mean(x: Tensor, spans: list[Span]) -> Tensor:
    """Means over windows of the spatial axes, without the padding."""
    x = elementwise.as_float(x)
    dtype = x.dtype
    sums = elementwise.cast(x, _WIDE.get(dtype, dtype))
    if _at_once(spans, _MAX_MEAN_TAPS):
        return elementwise.cast(_pool_mean(sums, spans=tuple(spans)), dtype)
    counts = np.ones((1,) * len(x.shape))
    for axis, span in enumerate(spans, 1):
        sums = _window_sum(sums, axis=axis, span=span)
        counts = counts * span.lengths().reshape(-1, *(1,) * (len(x.shape) - axis - 1))
    if counts.size and (counts == counts.flat[0]).all():
        counts = counts.ravel()[0]
    return elementwise.cast(elementwise.divide(sums, constant(counts, sums.dtype)), dtype)


# -- maxima ---------------------------------------------------------------------------------------------------------


def _max_infer(x: Spec, axis: int, span: Span) -> list[Spec]:
    return [_resized(x, axis, span.count, dtype) for dtype in (x.dtype, span.offset_dtype)]


_window_max = Op(
    "window_max",
    _max_infer,
    kernel=lambda inputs, outputs, attrs: _call("pool", (0, 1, 2), inputs[0], **attrs, last=_POOL["max"]),
    vjp=[lambda g, y, x, axis, span: _window_route(g[0], y[1], axis=axis, span=span)],
)
_window_route = Op(
    "window_route",
    lambda g, offsets, axis, span: _resized(g, axis, span.size, g.dtype),
    kernel=lambda inputs, outputs, attrs: _call("pool_route", (0, 1, 2), inputs[0], **attrs, last=0),
    vjp=[lambda h, y, g, offsets, axis, span: _window_take(h, offsets, axis=axis, span=span), None],
)
_window_take = Op(
    "window_take",
    lambda x, offsets, axis, span: _resized(x, axis, span.count, x.dtype),
    kernel=lambda inputs, outputs, attrs: _call("pool_route", (0, 1, 2), inputs[0], **attrs, last=1),
    vjp=[lambda g, y, x, offsets, axis, span: _window_route(g, offsets, axis=axis, span=span), None],
)


def _maxima(x: Tensor, spans: list[Span], axes: Sequence[int]) -> Tensor:
    """Maxima over windows of the spatial axes. Of equal elements the first along the last of ``axes`` is chosen."""
    dtype = x.dtype
    if dtype == "uint64":  # in the order of int64 with the highest bit flipped
        x = _flipped(x, dtype="int64")
    x = elementwise.cast(x, _WIDE.get(dtype, x.dtype))
    if _at_once(spans, _MAX_TAPS):
        x, axes = _pool_max(x, spans=tuple(spans), order=tuple(axes)[::-1])[0], ()
    for axis in axes:
        x = _window_max(x, axis=axis, span=spans[axis - 1])[0]
    return _flipped(x, dtype=dtype) if dtype == "uint64" else elementwise.cast(x, dtype)


_flipped = Op(
    "flip_highest_bit",
    lambda x, dtype: Spec(x.shape, dtype),
    lambda x, dtype: (x.view(np.uint64) ^ np.uint64(2**63)).view(dtype),
)


# -- public functions -----------------------------------------------------------------------------------------------


def _outputs(x: Any, window: Any, strides: Any, padding: str) -> tuple[int | None, ...]:
    return output_sizes(x.shape[1:-1], window, strides, padding, (1,) * len(window))


def _sliding(x: Tensor, window: Any, strides: Any, padding: str) -> list[Span]:
    sizes = zip(x.shape[1:-1], _outputs(x, window, strides, padding), window, strides, strict=True)
    return [Span.sliding(*axis, padding) for axis in sizes]


def _adaptive(x: Tensor, sizes: Any) -> list[Span]:
    return [Span.adaptive(size, count) for size, count in zip(x.shape[1:-1], sizes, strict=True)]


def _float(dtype: str) -> str:
    return dtypes.result_type(dtype, "float")


_max_pool = Composite(
    "max_pool",
    lambda x, **attrs: _maxima(x, _sliding(x, **attrs), range(len(x.shape) - 2, 0, -1)),
    lambda x, **attrs: Spec((x.shape[0], *_outputs(x, **attrs), x.shape[-1]), x.dtype),
)
_average_pool = Composite(
    "average_pool",
    lambda x, **attrs: _mean(x, _sliding(x, **attrs)),
    lambda x, **attrs: Spec((x.shape[0], *_outputs(x, **attrs), x.shape[-1]), _float(x.dtype)),
)
_adaptive_max_pool = Composite(
    "adaptive_max_pool",
    lambda x, sizes: _maxima(x, _adaptive(x, sizes), range(1, len(x.shape) - 1)),
    lambda x, sizes: Spec((x.shape[0], *sizes, x.shape[-1]), x.dtype),
)
_adaptive_average_pool = Composite(
    "adaptive_average_pool",
    lambda x, sizes: _mean(x, _adaptive(x, sizes)),
    lambda x, sizes: Spec((x.shape[0], *sizes, x.shape[-1]), _float(x.dtype)),
)


def _images(where: str, inputs: Any, data_format: str | None) -> tuple[Tensor, tuple[int | None, ...], str]:
    """The images with channels last, their original shape, and the data format."""
    x = layout.tensor(inputs)
    spatial_rank(x, where)
    data_format = format_of(data_format)
    shape = x.shape
    if x.dtype in dtypes.PARTS:
        raise TypeError(f"{where} expects real numbers, got {x.dtype}")
    if any(d is not None and d > INT32_MAX for d in shape[1:-1]):
        raise ValueError(f"{where} expects spatial axes of at most {INT32_MAX} elements, got shape {shape}")
    return channels_last(x, data_format), shape, data_format


def _pool(
    where: str, op: Composite, inputs: Any, pool_size: Any, strides: Any, padding: Any, data_format: str | None
) -> Tensor:
    x, shape, data_format = _images(where, inputs, data_format)
    window = each_axis(pool_size, len(shape) - 2, f"pool_size of {where}")
    attrs = {
        "window": window,
        "strides": window if strides is None else each_axis(strides, len(shape) - 2, f"strides of {where}"),
        "padding": padding_of(padding, where),
    }
    if 0 in _outputs(x, **attrs) and 0 not in x.shape:
        raise ValueError(f"{where}: no window of size {window} fits into inputs of shape {shape}")
    return channels_back(op(x, **attrs), data_format)


def max_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Tensor:
    """Maximum of each window.

    The gradient of a window flows to its first maximum.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) where ``data_format`` is "channels_first".
        pool_size: the window's size, an integer or one for each spatial axis.
        strides: distance between windows, ``pool_size`` by default.
        padding: "valid", or "same" for ceil(size / stride) windows along an axis; the padding is ignored.
        data_format: `None` is that of `ckeras.config.image_data_format()`.

    >>> max_pool([[[1.0], [3.0], [2.0], [0.0]]], 2).tolist()
    [[[3.0], [2.0]]]
    """
    return _pool("max_pool", _max_pool, inputs, pool_size, strides, padding, data_format)


def average_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Tensor:
    """Mean of each window; see `max_pool` for the arguments. Integers give floats.

    >>> average_pool([[[1.0], [3.0], [2.0], [0.0]]], 2).tolist()
    [[[2.0], [1.0]]]
    """
    return _pool("average_pool", _average_pool, inputs, pool_size, strides, padding, data_format)


def _adaptive_pool(where: str, op: Composite, inputs: Any, output_size: Any, data_format: str | None) -> Tensor:
    x, shape, data_format = _images(where, inputs, data_format)
    sizes = each_axis(output_size, len(shape) - 2, f"output_size of {where}")
    if 0 in x.shape[1:-1]:
        raise ValueError(f"{where} expects inputs with elements, got shape {shape}")
    return channels_back(op(x, sizes=sizes), data_format)


def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """Average pooling with a given output size; the windows are spread evenly.

    Args:
        inputs: (batch, *spatial, channels), or channels first.
        output_size: the number of windows, an integer or one for each spatial axis; window i of n along an axis reaches
            from floor(i * size / n) to ceil((i + 1) * size / n).
        data_format: `None` is that of `ckeras.config.image_data_format()`.
    """
    return _adaptive_pool("adaptive_average_pool", _adaptive_average_pool, inputs, output_size, data_format)


def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """Max pooling with a given output size; see `adaptive_average_pool`."""
    return _adaptive_pool("adaptive_max_pool", _adaptive_max_pool, inputs, output_size, data_format)
