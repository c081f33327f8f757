"""Pooling: the greatest element, or the mean, of each window.

Two rows for images with the layout (batch, *spatial, channels), with a number for each spatial axis in ``window`` and
``strides``, and ``padding`` "valid" or "same":

- ``max_pool(x, window, strides, padding)``: the greatest elements, and for each the tap of its window that it is
  at (int64; the first of equals), from which the gradient is a row of `patches`.
- ``sum_pool(x, window, strides, padding)``: the sums.

What follows these results in float32 and float64 is room for the packed windows: nothing reads it afterwards.
"""

import math
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import take
from ckeras.ops.linalg.matrix_products import tensordot
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.nn.windows import (
    Windows,
    channels_back,
    channels_last,
    cut_patches,
    each_axis,
    fold_patches,
    fold_taps_call,
    format_of,
    output_sizes,
    pack_calls,
    padding_of,
    spatial_rank,
)
from ckeras.tensor import Op, Spec, Tensor, dtypes
from ckeras.tensor.eager import Call, constant

_NATIVE = ("float32", "float64")
_SUM, _MAX, _ARGMAX = 0, 2, 6  # codes of the kernel "reduce"


def _windows(x: Any, window: Any, strides: Any, padding: Any) -> Windows:
    return Windows.over(x.shape[1:-1], window, strides, padding, (1,) * len(window))


def _pooled(x: Any, window: Any, strides: Any, padding: Any) -> tuple[int | None, ...]:
    return (x.shape[0], *output_sizes(x.shape[1:-1], window, strides, padding, (1,) * len(window)), x.shape[-1])


def _room(x: Spec, shape: Any, window: Any) -> list[Spec]:
    return [Spec((1, *shape[:-1], math.prod(window), shape[-1]), x.dtype)] if x.dtype in _NATIVE else []


def _lowest(dtype: str) -> Any:
    if dtype in dtypes.FLOATS:
        return -math.inf
    return False if dtype == "bool" else np.iinfo(dtypes.NUMPY[dtype]).min


def _max_infer(x: Spec, **attrs: Any) -> list[Spec]:
    shape = _pooled(x, **attrs)
    return [Spec(shape, x.dtype), Spec(shape, "int64"), *_room(x, shape, attrs["window"])]


def _max_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x = inputs[0]
    if x.dtype not in _NATIVE:
        return None
    packed = outputs[2]
    return [
        *pack_calls((2, 3), _windows(x, **attrs), False, x, packed, -math.inf),
        fold_taps_call((0, 2), packed, _MAX),
        fold_taps_call((1, 2), packed, _ARGMAX),
    ]


def _max_forward(x: np.ndarray, **attrs: Any) -> list[np.ndarray]:
    p = cut_patches(x, _windows(x, **attrs), _lowest(dtypes.of_array(x)))
    return [p.max(-2), p.argmax(-2)]


def _max_vjp(g: list[Tensor], y: list[Tensor], x: Tensor, **attrs: Any) -> Tensor:
    w = _windows(x, **attrs)
    taps = constant(np.arange(w.taps).reshape(-1, 1))
    hits = elementwise.equal(layout.expand_dims(y[1], -2), taps)
    return fold_patches(elementwise.where(hits, layout.expand_dims(g[0], -2), 0), w)


_max_pool = Op("max_pool", _max_infer, _max_forward, _max_kernel, vjp=[_max_vjp])


def _sum_infer(x: Spec, **attrs: Any) -> list[Spec]:
    shape = _pooled(x, **attrs)
    return [Spec(shape, x.dtype), *_room(x, shape, attrs["window"])]


def _sum_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x = inputs[0]
    if x.dtype not in _NATIVE:
        return None
    packed = outputs[1]
    return [*pack_calls((1, 2), _windows(x, **attrs), False, x, packed), fold_taps_call((0, 1), packed, _SUM)]


def _sum_vjp(g: list[Tensor], y: list[Tensor], x: Tensor, **attrs: Any) -> Tensor:
    w = _windows(x, **attrs)
    return fold_patches(
        elementwise.broadcast_to(layout.expand_dims(g[0], -2), (x.shape[0], *w.outputs, w.taps, x.shape[-1])), w
    )


_sum_pool = Op(
    "sum_pool",
    _sum_infer,
    lambda x, **attrs: cut_patches(x, _windows(x, **attrs)).sum(-2, dtype=x.dtype),
    _sum_kernel,
    vjp=[_sum_vjp],
)


def _mean_pool(x: Tensor, window: Any, strides: Any, padding: Any) -> Tensor:
    sums = _sum_pool(elementwise.as_float(x), window=window, strides=strides, padding=padding)[0]
    w = _windows(x, window, strides, padding)
    if not any(map(any, w.padding)):
        return elementwise.divide(sums, float(w.taps))
    ones = np.ones((1, *w.inputs, 1))
    return elementwise.divide(
        sums, elementwise.cast(cut_patches(ones, w).sum(-2), sums.dtype)
    )  # the padding does not count


_average_pool = Composite(
    "average_pool", _mean_pool, infer=lambda x, **attrs: Spec(_pooled(x, **attrs), dtypes.result_type(x.dtype, "float"))
)


def _arguments(
    where: str, inputs: Any, pool_size: Any, strides: Any, padding: Any, data_format: str | None
) -> tuple[Tensor, str, dict[str, Any]]:
    x = layout.tensor(inputs)
    rank, data_format = spatial_rank(x, where), format_of(data_format)
    window = each_axis(pool_size, rank, f"pool_size of {where}")
    attrs = {
        "window": window,
        "strides": window if strides is None else each_axis(strides, rank, f"strides of {where}"),
        "padding": padding_of(padding, where),
    }
    shape, x = x.shape, channels_last(x, data_format)
    outputs = _pooled(x, **attrs)
    if 0 in outputs and 0 not in x.shape:
        raise ValueError(f"{where}: no window of size {window} fits into inputs of shape {shape}")
    return x, data_format, attrs


def max_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Tensor:
    """The greatest element of each window; its gradient goes to the first of equals.

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) where ``data_format`` is "channels_first".
        pool_size: the window's size, a number or one for each spatial axis.
        strides: how far windows are apart, ``pool_size`` by default.
        padding: "valid", or "same" for ceil(size / stride) windows along an axis; what lies outside does not count.
        data_format: `None` is that of `ckeras.config.image_data_format()`.

    >>> max_pool([[[1.0], [3.0], [2.0], [0.0]]], 2).tolist()
    [[[3.0], [2.0]]]
    """
    x, data_format, attrs = _arguments("max_pool", inputs, pool_size, strides, padding, data_format)
    return channels_back(_max_pool(x, **attrs)[0], data_format)


def average_pool(
    inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: str | None = None
) -> Tensor:
    """The mean of each window; see `max_pool` for the arguments. Integers give floats.

    >>> average_pool([[[1.0], [3.0], [2.0], [0.0]]], 2).tolist()
    [[[2.0], [1.0]]]
    """
    x, data_format, attrs = _arguments("average_pool", inputs, pool_size, strides, padding, data_format)
    return channels_back(_average_pool(x, **attrs), data_format)


# -- adaptive pooling -----------------------------------------------------------------------------------------------
# Window i of n along an axis of some size reaches from floor(i * size / n) to ceil((i + 1) * size / n).


def _adaptive_limits(size: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    i = np.arange(count)
    return i * size // count, -(-(i + 1) * size // count)


def _adaptive_mean(x: Tensor, sizes: tuple[int, ...]) -> Tensor:
    x = elementwise.as_float(x)
    for axis, count in enumerate(sizes, 1):
        begin, end = _adaptive_limits(x.shape[axis], count)
        place = np.arange(x.shape[axis])[:, None]
        weights = ((begin <= place) & (place < end)) / (end - begin)
        x = layout.moveaxis(tensordot(x, constant(weights.astype(x.dtype)), ([axis], [0])), -1, axis)
    return x


def _adaptive_max(x: Tensor, sizes: tuple[int, ...]) -> Tensor:
    for axis, count in enumerate(sizes, 1):
        begin, end = _adaptive_limits(x.shape[axis], count)
        longest = int((end - begin).max())
        places = np.minimum(begin[:, None] + np.arange(longest), end[:, None] - 1)  # the last again in shorter ones
        window = tuple(longest if a == axis else 1 for a in range(1, len(sizes) + 1))
        x = _max_pool(take(x, constant(places.ravel()), axis), window=window, strides=window, padding="valid")[0]
    return x


_adaptive_average_pool = Composite(
    "adaptive_average_pool",
    _adaptive_mean,
    infer=lambda x, sizes: Spec((x.shape[0], *sizes, x.shape[-1]), dtypes.result_type(x.dtype, "float")),
)
_adaptive_max_pool = Composite(
    "adaptive_max_pool", _adaptive_max, infer=lambda x, sizes: Spec((x.shape[0], *sizes, x.shape[-1]), x.dtype)
)


def _adaptive(where: str, row: Composite, inputs: Any, output_size: Any, data_format: str | None) -> Tensor:
    x = layout.tensor(inputs)
    rank, data_format = spatial_rank(x, where), format_of(data_format)
    sizes = each_axis(output_size, rank, f"output_size of {where}")
    shape, x = x.shape, channels_last(x, data_format)
    if 0 in x.shape[1:-1]:
        raise ValueError(f"{where} expects inputs with elements, got shape {shape}")
    return channels_back(row(x, sizes=sizes), data_format)


def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """The means of as many windows as asked for, which are spread evenly over the inputs.

    Args:
        inputs: (batch, *spatial, channels), or channels first.
        output_size: the number of windows, or one for each spatial axis; window i of n along an axis reaches from
            floor(i * size / n) to ceil((i + 1) * size / n).
        data_format: `None` is that of `ckeras.config.image_data_format()`.
    """
    return _adaptive("adaptive_average_pool", _adaptive_average_pool, inputs, output_size, data_format)


def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Tensor:
    """The greatest elements of as many windows as asked for; see `adaptive_average_pool`."""
    return _adaptive("adaptive_max_pool", _adaptive_max_pool, inputs, output_size, data_format)
