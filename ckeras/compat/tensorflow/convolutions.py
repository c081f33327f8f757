"""Convolutions and pools of any number of axes in ``tensorflow.nn``, and the functions of CTC."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.tensor import Tensor

_LETTERS = {1: "W", 2: "HW", 3: "DHW"}


def _axes(x: Tensor, name: str) -> int:
    axes = len(x.shape) - 2
    if axes not in _LETTERS:
        raise ValueError(f"{name} expects an input of 3, 4 or 5 axes, got shape {tuple(x.shape)}")
    return axes


def _layout(data_format: str | None, axes: int) -> str:
    letters = _LETTERS[axes]
    found = {None: "channels_last", f"N{letters}C": "channels_last", f"NC{letters}": "channels_first"}
    if data_format not in found:
        raise ValueError(f"expected data_format 'N{letters}C' or 'NC{letters}', got {data_format!r}")
    return found[data_format]


def _sizes(value: Any, axes: int, layout: str) -> tuple[int, ...]:
    """A size for each axis, of one, one for each, or one for each of all axes."""
    found = [value] if isinstance(value, int) else [int(n) for n in value or [1]]
    if len(found) == 1:
        found *= axes
    if len(found) == axes + 2:
        found = found[1:-1] if layout == "channels_last" else found[2:]
    if len(found) != axes:
        raise ValueError(f"expected a size for each of {axes} axes, got {value}")
    return tuple(found)


def _padding(padding: Any) -> str:
    if not isinstance(padding, str) or padding.upper() not in ("SAME", "VALID"):
        raise ValueError(f"expected padding 'SAME' or 'VALID', got {padding!r}; pad the input with tf.pad")
    return padding.lower()


def convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: str = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Convolution along 1, 2 or 3 axes with filters of shape (*sizes, channels in, channels out).

    Args:
        input: batch of sequences, images or volumes.
        filters: of as many axes.
        strides, dilations: one, or one for each axis; 1 by default.
        padding: "SAME" or "VALID".
        data_format: such as "NWC" or "NCHW"; channels are last by default.
        name: no effect.

    Raises:
        ValueError: if an argument is not one of these.
    """
    x = _ops.convert_to_tensor(input)
    axes = _axes(x, "convolution")
    layout = _layout(data_format, axes)
    strides, dilations = _sizes(strides or 1, axes, layout), _sizes(dilations or 1, axes, layout)
    return _ops.conv(x, filters, strides, _padding(padding), layout, dilations)


def atrous_conv2d(value: Any, filters: Any, rate: int, padding: str, name: str | None = None) -> Tensor:
    """Convolution of images with filters whose taps are ``rate`` pixels apart."""
    return convolution(value, filters, padding=padding, dilations=rate)


def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Gradient of a convolution, with filters of shape (*sizes, channels out, channels in).

    Raises:
        ValueError: if ``output_shape`` is not the shape that results.
    """
    x = _ops.convert_to_tensor(input)
    axes = _axes(x, "conv_transpose")
    layout = _layout(data_format, axes)
    strides, dilations = _sizes(strides, axes, layout), _sizes(dilations or 1, axes, layout)
    found = _ops.conv_transpose(x, filters, strides, _padding(padding), None, layout, dilations)
    if tuple(int(n) for n in output_shape) != tuple(found.shape):
        raise ValueError(f"conv_transpose has output_shape {tuple(found.shape)}, got {tuple(output_shape)}")
    return found


conv1d_transpose = conv3d_transpose = conv_transpose


def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: str = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Maximum ("MAX") or mean ("AVG") of windows along 1, 2 or 3 axes.

    Raises:
        ValueError: if an argument is not one of these, or dilations are not 1.
    """
    x = _ops.convert_to_tensor(input)
    axes = _axes(x, "pool")
    layout = _layout(data_format, axes)
    if any(n != 1 for n in _sizes(dilations or 1, axes, layout)):
        raise ValueError(f"pool expects dilations of 1, got {dilations}")
    functions = {"MAX": _ops.max_pool, "AVG": _ops.average_pool}
    if pooling_type not in functions:
        raise ValueError(f"pool expects pooling_type 'MAX' or 'AVG', got {pooling_type!r}")
    window, strides = _sizes(window_shape, axes, layout), _sizes(strides or 1, axes, layout)
    return functions[pooling_type](x, window, strides, _padding(padding), layout)


def max_pool3d(
    input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NDHWC", name: str | None = None
) -> Tensor:
    """Maximum of each window of volumes."""
    return pool(input, ksize, "MAX", strides, padding, data_format)


def avg_pool3d(
    input: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NDHWC", name: str | None = None
) -> Tensor:
    """Mean of each window of volumes."""
    return pool(input, ksize, "AVG", strides, padding, data_format)


def dilation2d(
    input: Any, filters: Any, strides: Any, padding: str, data_format: str, dilations: Any, name: str | None = None
) -> Tensor:
    """Grayscale dilation: the maximum of pixel plus filter over each window of a channel."""
    x, filters = _ops.convert_to_tensor(input), _ops.convert_to_tensor(filters)
    if data_format != "NHWC":
        raise ValueError(f"dilation2d expects data_format 'NHWC', got {data_format!r}")
    sizes = height, width = filters.shape[:2]
    strides, rates = _sizes(strides, 2, "channels_last"), _sizes(dilations, 2, "channels_last")
    if _padding(padding) == "same":
        axes = zip(x.shape[1:3], strides, sizes, rates, strict=True)
        edges = [_same(n, s, (k - 1) * r + 1) for n, s, k, r in axes]
        x = _ops.pad(x, [(0, 0), *edges, (0, 0)], constant_values=-np.inf)
    rows = (x.shape[1] - (height - 1) * rates[0] - 1) // strides[0] + 1
    columns = (x.shape[2] - (width - 1) * rates[1] - 1) // strides[1] + 1
    found = None
    for i in range(height):
        for j in range(width):
            top, left = i * rates[0], j * rates[1]
            bottom, right = top + (rows - 1) * strides[0] + 1, left + (columns - 1) * strides[1] + 1
            part = x[:, top : bottom : strides[0], left : right : strides[1]] + filters[i, j]
            found = part if found is None else _ops.maximum(found, part)
    return found


def erosion2d(
    value: Any, filters: Any, strides: Any, padding: str, data_format: str, dilations: Any, name: str | None = None
) -> Tensor:
    """Grayscale erosion: the minimum of pixel minus mirrored filter over each window of a channel."""
    flipped = _ops.flip(_ops.flip(filters, 0), 1)
    return -dilation2d(_ops.negative(value), flipped, strides, padding, data_format, dilations)


def _same(size: int, stride: int, window: int) -> tuple[int, int]:
    missing = max((-(-size // stride) - 1) * stride + window - size, 0)
    return missing // 2, missing - missing // 2


def ctc_loss(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Connectionist temporal classification loss (Graves et al., 2006) of each sample.

    Args:
        labels: integers (batch, steps of labels), dense.
        logits: (steps, batch, classes), or (batch, steps, classes) unless ``logits_time_major``.
        label_length, logit_length: (batch,).
        logits_time_major: order of the first two axes of ``logits``.
        unique: no effect.
        blank_index: index of the blank label; 0 by default.
        name: no effect.
    """
    logits = _ops.convert_to_tensor(logits)
    if logits_time_major:
        logits = _ops.swapaxes(logits, 0, 1)
    blank = (blank_index or 0) % logits.shape[-1]
    return _ops.ctc_loss(labels, logits, label_length, logit_length, mask_index=blank)


def weighted_moments(
    x: Any, axes: Any, frequency_weights: Any, keepdims: bool = False, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Return the weighted mean and variance over ``axes``."""
    x = _ops.convert_to_tensor(x)
    weights = _ops.broadcast_to(_ops.cast(frequency_weights, x.dtype), x.shape)
    total = _ops.sum(weights, axis=axes, keepdims=True)
    mean = _ops.sum(x * weights, axis=axes, keepdims=True) / total
    variance = _ops.sum(_ops.square(x - mean) * weights, axis=axes, keepdims=True) / total
    return (mean, variance) if keepdims else (_ops.squeeze(mean, axes), _ops.squeeze(variance, axes))


def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Any, Tensor, Tensor, Any]:
    """Return the count, the sum and the sum of squares of values (less ``shift``) over ``axes``, and the shift."""
    x = _ops.convert_to_tensor(x)
    y = x if shift is None else x - shift
    count = _ops.convert_to_tensor(np.prod([x.shape[a] for a in axes]), dtype=x.dtype)
    return (
        count,
        _ops.sum(y, axis=axes, keepdims=keepdims),
        _ops.sum(_ops.square(y), axis=axes, keepdims=keepdims),
        shift,
    )
