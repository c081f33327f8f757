"""Convolutions of one to three spatial axes, depthwise and separable ones, and transposed ones."""

from typing import Any

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.nn.conv_ops import conv_input_grad, conv_op
from ckeras.ops.nn.windows import (
    channels_back,
    channels_last,
    each_axis,
    format_of,
    output_sizes,
    padding_of,
    spatial_rank,
)
from ckeras.tensor import Spec, Tensor


def _operands(where: str, inputs: Any, kernel: Any, data_format: str | None) -> tuple[Tensor, Tensor, int, str]:
    """Check the operands; return channels-last images in the kernel's dtype, kernel, spatial rank and data format."""
    x, kernel = layout.tensor(inputs), layout.tensor(kernel)
    rank, data_format = spatial_rank(x, where), format_of(data_format)
    if len(kernel.shape) != rank + 2:
        raise ValueError(
            f"{where} expects a kernel of rank {rank + 2} for inputs of shape {x.shape}, got shape {kernel.shape}"
        )
    return channels_last(elementwise.cast(x, kernel.dtype), data_format), kernel, rank, data_format


def _checked(where: str, x: Tensor, kernel: Tensor, outputs: tuple[int | None, ...]) -> None:
    if any(n is not None and n < 1 for n in outputs):
        raise ValueError(
            f"{where} has no output: no window of a kernel of shape {kernel.shape} fits into images of shape {x.shape} "
            "(batch, spatial axes, channels)"
        )


def _geometry(
    where: str, x: Tensor, kernel: Tensor, rank: int, strides: Any, padding: Any, dilation_rate: Any
) -> dict[str, Any]:
    """Check the attributes of a convolution op for channels-last images."""
    strides = each_axis(strides, rank, f"strides of {where}")
    dilation = each_axis(dilation_rate, rank, f"dilation_rate of {where}")
    padding = padding_of(padding, where)
    if 0 not in x.shape:
        _checked(where, x, kernel, output_sizes(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation))
    return {"strides": strides, "padding": padding, "dilation": dilation}


def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Convolution of images with one to three spatial axes.

    y[b, o, f] = sum over t, c of x[b, o * strides + t * dilation_rate - padding, c] * kernel[t, c, f].

    Args:
        inputs: (batch, *spatial, channels), or (batch, channels, *spatial) where ``data_format`` is "channels_first".
        kernel: (*window, channels of a group, filters). If it has fewer channels than the inputs, the convolution is
            grouped: each group of channels has its own filters.
        strides: distance between windows, an integer or one for each spatial axis.
        padding: "valid", or "same" for ceil(size / stride) windows, with zeros on both sides (one more at the end).
        data_format: `None` is that of `ckeras.config.image_data_format()`.
        dilation_rate: distance between the elements of a window.

    Returns a tensor of the kernel's dtype. Raises ValueError if the channels do not fit the kernel, or no window fits.

    >>> conv([[[1.0], [2.0], [4.0]]], [[[1.0]], [[10.0]]]).tolist()
    [[[21.0], [42.0]]]
    """
    x, kernel, rank, data_format = _operands("conv", inputs, kernel, data_format)
    channels, per, filters = x.shape[-1], kernel.shape[-2], kernel.shape[-1]
    if not channels or per < 1 or channels % per or filters % (channels // per):
        raise ValueError(
            f"conv of {channels} channels with a kernel of shape {kernel.shape}: the channels must be a multiple of "
            f"the kernel's {per}, and its {filters} filters of the number of groups that makes"
        )
    attrs = _geometry("conv", x, kernel, rank, strides, padding, dilation_rate)
    return channels_back(conv_op(x, kernel, **attrs, groups=channels // per), data_format)


def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Depthwise convolution: each channel is convolved with its own kernels.

    Args:
        inputs: as in `conv`.
        kernel: (*window, channels, multiplier). The result has channels * multiplier channels; those of one input
            channel are adjacent.
        strides: as in `conv`, like the other arguments.
    """
    x, kernel, rank, data_format = _operands("depthwise_conv", inputs, kernel, data_format)
    return channels_back(_depthwise("depthwise_conv", x, kernel, rank, strides, padding, dilation_rate), data_format)


def _depthwise(
    where: str, x: Tensor, kernel: Tensor, rank: int, strides: Any, padding: Any, dilation_rate: Any
) -> Tensor:
    if not x.shape[-1] or x.shape[-1] != kernel.shape[-2]:
        raise ValueError(f"{where} of {x.shape[-1]} channels expects a kernel of as many, got shape {kernel.shape}")
    attrs = _geometry(where, x, kernel, rank, strides, padding, dilation_rate)
    *window, channels, multiplier = kernel.shape
    return conv_op(x, layout.reshape(kernel, (*window, 1, channels * multiplier)), **attrs, groups=channels)


def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Separable convolution: `depthwise_conv`, then a pointwise `conv`.

    Args:
        inputs: as in `conv`.
        depthwise_kernel: (*window, channels, multiplier).
        pointwise_kernel: (*ones, channels * multiplier, filters).
        strides: of the first convolution, like the other arguments; see `conv`.
    """
    x, kernel, rank, data_format = _operands("separable_conv", inputs, depthwise_kernel, data_format)
    y = _depthwise("separable_conv", x, kernel, rank, strides, padding, dilation_rate)
    return channels_back(conv(y, pointwise_kernel, data_format="channels_last"), data_format)


# -- the transposed convolution -------------------------------------------------------------------------------------


def _transposed_axis(
    size: int | None, window: int, stride: int, dilation: int, padding: str, extra: int | None
) -> tuple[int | None, int]:
    """Size of the result along one axis, and the padding before it."""
    reach = (window - 1) * dilation + 1
    if padding == "valid":
        before, more = 0, (max(reach, stride) - reach if extra is None else extra) + reach
    else:
        # Total overlap of the windows beyond the strides; the first window may extend to the front by at most that.
        covered = stride + reach - 2 if extra is None else reach + reach % 2 - 2 + extra
        front = min((covered + 1) // 2, reach - 1)
        before, more = reach - 1 - front, covered - reach + 2
    return None if size is None else (size - 1) * stride + more, before


def _transposed(x: Any, kernel: Any, strides: Any, padding: Any, output_padding: Any, dilation: Any) -> list[Any]:
    return [
        _transposed_axis(size, kernel.shape[i], strides[i], dilation[i], padding, output_padding[i])
        for i, size in enumerate(x.shape[1:-1])
    ]


def _transpose_infer(x: Spec, kernel: Spec, **attrs: Any) -> Spec:
    sizes = (size for size, _ in _transposed(x, kernel, **attrs))
    return Spec((x.shape[0], *sizes, kernel.shape[-2]), x.dtype)


def _transpose(x: Tensor, kernel: Tensor, strides: Any, padding: Any, output_padding: Any, dilation: Any) -> Tensor:
    pairs, sizes = [], []
    axes = _transposed(x, kernel, strides, padding, output_padding, dilation)
    for axis, (size, before) in enumerate(axes):
        reach = (kernel.shape[axis] - 1) * dilation[axis] + 1
        sizes.append(size)
        pairs.append((before, (x.shape[1 + axis] - 1) * strides[axis] + reach - size - before))
    attrs = {"strides": strides, "padding": tuple(pairs), "dilation": dilation, "groups": 1}
    return conv_input_grad(x, kernel, size=tuple(sizes), **attrs)


_conv_transpose = Composite("conv_transpose", _transpose, infer=_transpose_infer)


def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Transposed convolution: each input element adds the kernel, scaled by it, to a window of the result.

    Args:
        inputs: (batch, *spatial, channels), or channels first.
        kernel: (*window, filters, channels).
        strides: distance between the windows of neighbouring elements.
        padding: "valid": a result that holds all windows, of size (size - 1) * stride + max(reach, stride) along an
            axis, with reach = (window - 1) * dilation_rate + 1; "same": size * stride.
        output_padding: if given, the size of the result along an axis is (size - 1) * stride + output_padding, plus
            reach for "valid" or reach % 2 for "same"; an integer or one for each spatial axis.
        data_format: as in `conv`.
        dilation_rate: distance between the elements of a window.
    """
    x, kernel, rank, data_format = _operands("conv_transpose", inputs, kernel, data_format)
    if x.shape[-1] is None or x.shape[-1] != kernel.shape[-1]:
        raise ValueError(
            f"conv_transpose of {x.shape[-1]} channels expects a kernel whose last axis is as long, "
            f"got shape {kernel.shape}"
        )
    extra = (None,) * rank if output_padding is None else each_axis(output_padding, rank, "output_padding", 0)
    attrs = {
        "strides": each_axis(strides, rank, "strides of conv_transpose"),
        "padding": padding_of(padding, "conv_transpose"),
        "output_padding": extra,
        "dilation": each_axis(dilation_rate, rank, "dilation_rate of conv_transpose"),
    }
    _checked("conv_transpose", x, kernel, tuple(size for size, _ in _transposed(x, kernel, **attrs)))
    return channels_back(_conv_transpose(x, kernel, **attrs), data_format)
