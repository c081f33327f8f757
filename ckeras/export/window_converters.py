"""Convolution and pooling layers in ONNX, which has channels first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.export.activation_converters import activation
from ckeras.export.builder import Builder, converts


def _channels_first(b: Builder, layer: Any, x: str, window: Callable[[str], str]) -> str:
    """Add what ``window`` adds, with transpositions around it for a layer with channels last."""
    rank = b.ranks[x]
    if layer.data_format == "channels_first":
        return window(x)
    y = window(b.add("Transpose", x, perm=[0, rank - 1, *range(1, rank - 1)]))
    return b.add("Transpose", y, perm=[0, *range(2, rank), 1])


def _padding(layer: Any) -> dict[str, Any]:
    """The attributes for the padding of a layer."""
    if layer.padding == "causal":
        return {"pads": [(layer.kernel_size[0] - 1) * layer.dilation_rate[0], 0]}
    return {"auto_pad": "SAME_UPPER" if layer.padding == "same" else "VALID"}


def _convolved(b: Builder, layer: Any, x: str, kernel: np.ndarray, groups: int, **options: Any) -> str:
    """A convolution with a kernel of shape (*sizes, input channels / groups, filters)."""
    rank = kernel.ndim - 2
    turned = b.constant(np.transpose(kernel, (rank + 1, rank, *range(rank))))
    strides, rates = options.get("strides", layer.strides), options.get("dilations", layer.dilation_rate)
    padding = options.get("padding", _padding(layer))
    return b.add("Conv", x, turned, group=groups, strides=list(strides), dilations=list(rates), **padding)


def _finished(b: Builder, layer: Any, y: str, rank: int) -> str:
    """The sum with the bias and the activation, with channels first."""
    if layer.bias is not None:
        y = b.add("Add", y, b.constant(layer.bias.numpy().reshape(-1, *[1] * rank)))
    name = getattr(layer.activation, "__name__", "linear")
    if name in ("softmax", "log_softmax"):
        raise ValueError(f"there is no converter to ONNX for a convolution with the activation {name!r}")
    return activation(b, layer.activation, y)


@converts("Conv1D", "Conv2D", "Conv3D")
def _conv(b: Builder, layer: Any, x: str) -> str:
    kernel = np.asarray(layer.kernel)
    rank = kernel.ndim - 2
    return _channels_first(
        b, layer, x, lambda t: _finished(b, layer, _convolved(b, layer, t, kernel, layer.groups), rank)
    )


def _by_channel(kernel: np.ndarray) -> np.ndarray:
    """A depthwise kernel (*sizes, channels, multiplier) as one of a group for each channel."""
    return kernel.reshape(*kernel.shape[:-2], 1, -1)


@converts("DepthwiseConv1D", "DepthwiseConv2D")
def _depthwise_conv(b: Builder, layer: Any, x: str) -> str:
    kernel = np.asarray(layer.kernel)
    rank, channels = kernel.ndim - 2, kernel.shape[-2]
    return _channels_first(
        b, layer, x, lambda t: _finished(b, layer, _convolved(b, layer, t, _by_channel(kernel), channels), rank)
    )


@converts("SeparableConv1D", "SeparableConv2D")
def _separable_conv(b: Builder, layer: Any, x: str) -> str:
    depthwise, pointwise = np.asarray(layer.depthwise_kernel), np.asarray(layer.pointwise_kernel)
    rank = depthwise.ndim - 2

    def window(t: str) -> str:
        y = _convolved(b, layer, t, _by_channel(depthwise), depthwise.shape[-2])
        ones = {"strides": [1] * rank, "dilations": [1] * rank, "padding": {}}
        return _finished(b, layer, _convolved(b, layer, y, pointwise, 1, **ones), rank)

    return _channels_first(b, layer, x, window)


@converts(*(f"{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3)))
def _pool(b: Builder, layer: Any, x: str) -> str:
    kind = "MaxPool" if type(layer).__name__.startswith("Max") else "AveragePool"
    sizes = {"kernel_shape": list(layer.pool_size), "strides": list(layer.strides)}
    return _channels_first(b, layer, x, lambda t: b.add(kind, t, **sizes, **_padding(layer)))


@converts(*(f"Global{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3)))
def _global_pool(b: Builder, layer: Any, x: str) -> str:
    kind = "ReduceMax" if "Max" in type(layer).__name__ else "ReduceMean"
    first = 2 if layer.data_format == "channels_first" else 1
    axes = list(range(first, first + b.ranks[x] - 2))
    return b.add(kind, x, axes=axes, keepdims=int(layer.keepdims))


@converts("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def _conv_transpose(b: Builder, layer: Any, x: str) -> str:
    if layer.output_padding is not None:
        raise ValueError("there is no converter to ONNX for output_padding")
    kernel = np.asarray(layer.kernel)  # (*sizes, filters, input channels)
    rank = kernel.ndim - 2
    turned = np.transpose(kernel, (rank + 1, rank, *range(rank)))
    reach = [(size - 1) * rate + 1 for size, rate in zip(layer.kernel_size, layer.dilation_rate, strict=True)]
    excess = [size - stride for size, stride in zip(reach, layer.strides, strict=True)]
    cut = [max(n, 0) if layer.padding == "same" else 0 for n in excess]
    options = {
        "strides": list(layer.strides),
        "dilations": list(layer.dilation_rate),
        "pads": [n // 2 for n in cut] + [n - n // 2 for n in cut],
        "output_padding": [max(-n, 0) for n in excess],
    }
    return _channels_first(
        b, layer, x, lambda t: _finished(b, layer, b.add("ConvTranspose", t, b.constant(turned), **options), rank)
    )
