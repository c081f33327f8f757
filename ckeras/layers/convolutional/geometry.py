"""Windows of convolutional layers: their arguments, and the shapes that follow."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.layers.spatial import each_axis, spatial_axes, standard_data_format
from ckeras.ops.nn.windows import output_size
from ckeras.tensor import arguments


def keep_geometry(
    layer: Any, kernel_size: Any, strides: Any, padding: Any, data_format: Any, dilation_rate: Any,
    paddings: tuple[str, ...] = ("valid", "same"),
) -> None:  # fmt: skip
    """Check what describes the windows of a layer, and set its attributes of these names."""
    kind, rank = type(layer).__name__, layer._rank
    layer.kernel_size = each_axis(kernel_size, rank, kind, "kernel_size")
    layer.strides = each_axis(strides, rank, kind, "strides")
    layer.dilation_rate = each_axis(dilation_rate, rank, kind, "dilation_rate")
    padding = padding.lower() if isinstance(padding, str) else padding
    layer.padding = arguments.choice(padding, kind, "padding", paddings)
    layer.data_format = standard_data_format(data_format, kind)


def check_strides(layer: Any) -> None:
    """Raise ValueError if both strides and dilation rate are above 1."""
    if max(layer.strides) > 1 and max(layer.dilation_rate) > 1:
        raise ValueError(
            f"{type(layer).__name__} expects strides or dilation_rate to be 1, got strides={layer.strides} and "
            f"dilation_rate={layer.dilation_rate}"
        )


def channels_axis(layer: Any) -> int:
    """The axis of the channels, from the end if they are last."""
    return -1 if layer.data_format == "channels_last" else 1


def check_channels(layer: Any, input_shape: Any) -> tuple[int, int]:
    """The axis of the channels and their number; raise ValueError if it is unknown or 0."""
    axis = channels_axis(layer)
    if not input_shape[axis]:
        raise ValueError(
            f"layer {layer.name!r} needs to know the channels of its input, 1 or more, got shape {tuple(input_shape)}"
        )
    return axis, input_shape[axis]


def with_bias_and_activation(layer: Any, y: Any) -> Any:
    """activation(y + bias), each if the layer has it."""
    if layer.bias is not None:
        last = layer.data_format == "channels_last"
        y = y + (layer.bias if last else ops.reshape(layer.bias, (1, -1, *(1,) * layer._rank)))
    return y if layer.activation is None else layer.activation(y)


def output_shape(layer: Any, input_shape: Any, channels: int) -> tuple[int | None, ...]:
    """Shape of the output of a convolution; raise ValueError if no window fits into the input."""
    shape = list(input_shape)
    padding = "same" if layer.padding == "causal" else layer.padding
    for i, axis in enumerate(spatial_axes(layer._rank, layer.data_format)):
        size = output_size(shape[axis], layer.kernel_size[i], layer.strides[i], layer.dilation_rate[i], padding)
        if size is not None and size < 1 and not (padding == "same" and shape[axis] == 0):
            raise ValueError(
                f"layer {layer.name!r}: no window of kernel_size {layer.kernel_size} and dilation_rate "
                f"{layer.dilation_rate} fits into inputs of shape {tuple(input_shape)}"
            )
        shape[axis] = size
    shape[channels_axis(layer)] = channels
    return tuple(shape)
