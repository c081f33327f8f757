"""Convolutions of one to three spatial axes, and their transposes.

Three ops, each the gradient of the others, so that gradients of any order exist. In each of them images have the layout
(batch, *spatial, channels) and kernels (*window, channels / groups, filters); ``strides`` and ``dilation`` have a
number for each spatial axis, and group i maps the i-th group of channels to the i-th group of filters.

- ``conv(x, kernel, strides, padding, dilation, groups)``: images (batch, *windows, filters). ``padding`` is "valid",
  "same" or a pair (before, after) for each spatial axis; a pair may be negative, which skips elements.
- ``conv_input_grad(g, kernel, size, strides, padding, dilation, groups)``: the gradient of x, with spatial axes
``size``, from that of the result; ``padding`` is given in pairs. It is the transposed convolution, too.
- ``conv_kernel_grad(x, g, window, strides, padding, dilation, groups)``: the gradient of the kernel.

In float32 and float64 the kernels pack patches, and kernels or results by groups, into workspace, for one matrix
product.
"""

import math
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.layout import copy_call, row_strides
from ckeras.ops.nn.windows import (
    Windows,
    add_patches,
    channels_back,
    channels_last,
    cut_patches,
    each_axis,
    format_of,
    output_sizes,
    pack_calls,
    packed_shape,
    padding_of,
    patches_of,
    spatial_rank,
)
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor
from ckeras.tensor.dtypes import CODE, ITEMSIZE
from ckeras.tensor.eager import Call

_NATIVE = ("float32", "float64")


def _product(out: int, a: int, b: int, dtype: str, groups: int, m: int, n: int, k: int, turned: bool = False) -> Call:
    """Product (groups, m, k) @ (groups, k, n); with ``turned`` the first operand is (groups, k, m)."""
    return Call("gemm", (out, a, b), (CODE[dtype], groups, m, n, k, int(turned), 0, m * k, k * n, m * n, 0, 0))


def _grouped(operands: tuple[int, int], dtype: str, rows: int, groups: int, per: int, back: bool = False) -> Call:
    """Copy a matrix (rows, groups * per) to (groups, rows, per), or ``back``."""
    together, apart = (per, groups * per, 1), (rows * per, per, 1)
    return copy_call(operands, dtype, (groups, rows, per), *((apart, together) if back else (together, apart)))


def _bytes(dtype: str, *shapes: tuple[int, ...]) -> list[int]:
    """Bytes of workspace for arrays of these shapes, which the native kernels alone need."""
    return [math.prod(shape) * ITEMSIZE[dtype] for shape in shapes] if dtype in _NATIVE else []


def _wide(x: np.ndarray) -> np.ndarray:
    """``x`` in the dtype of the numpy computation: float16 becomes float32."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


# -- the convolution ------------------------------------------------------------------------------------------------


def _conv_windows(x: Any, kernel: Any, strides: Any, padding: Any, dilation: Any, **attrs: Any) -> Windows:
    return Windows.over(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation)


def _conv_infer(x: Spec, kernel: Spec, strides: Any, padding: Any, dilation: Any, groups: int) -> Spec:
    outputs = output_sizes(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation)
    return Spec((x.shape[0], *outputs, kernel.shape[-1]), x.dtype)


def _conv_workspace(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[int]:
    x, kernel = inputs
    groups, rows, taps = attrs["groups"], outputs[0].shape[:-1], math.prod(kernel.shape[:-2])
    filters = kernel.shape[-1] // groups
    shapes = [(groups, *rows, taps, kernel.shape[-2])]
    if groups > 1:
        shapes += [(groups, taps * kernel.shape[-2], filters), (groups, *rows, filters)]
    return _bytes(x.dtype, *shapes)


def _conv_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, kernel = inputs
    if x.dtype not in _NATIVE:
        return None
    w, groups = _conv_windows(x, kernel, **attrs), attrs["groups"]
    m, k, n = x.shape[0] * math.prod(w.outputs), w.taps * kernel.shape[-2], kernel.shape[-1] // groups
    if groups == 1:
        return [*pack_calls((3, 1), w, False, x), _product(0, 3, 2, x.dtype, 1, m, n, k)]
    return [
        *pack_calls((3, 1), w, False, x, groups=groups),
        _grouped((4, 2), x.dtype, k, groups, n),
        _product(5, 3, 4, x.dtype, groups, m, n, k),
        _grouped((0, 5), x.dtype, m, groups, n, back=True),
    ]


def _conv_forward(x: np.ndarray, kernel: np.ndarray, groups: int, **attrs: Any) -> np.ndarray:
    p = _wide(cut_patches(x, _conv_windows(x, kernel, **attrs)))
    p = p.reshape(*p.shape[:-1], groups, -1)
    split = _wide(kernel).reshape(p.shape[-3], p.shape[-1], groups, -1)
    return np.einsum("...tgc,tcgf->...gf", p, split, optimize=True)


def _conv_attrs(w: Windows, groups: int) -> dict[str, Any]:
    return {"strides": w.strides, "padding": w.padding, "dilation": w.dilation, "groups": groups}


def _conv_vjp_x(g: Tensor, y: Tensor, x: Tensor, kernel: Tensor, **attrs: Any) -> Tensor:
    w = _conv_windows(x, kernel, **attrs)
    return _conv_input_grad(g, kernel, size=w.inputs, **_conv_attrs(w, attrs["groups"]))


def _conv_vjp_kernel(g: Tensor, y: Tensor, x: Tensor, kernel: Tensor, **attrs: Any) -> Tensor:
    w = _conv_windows(x, kernel, **attrs)
    return _conv_kernel_grad(x, g, window=w.window, **_conv_attrs(w, attrs["groups"]))


_conv = Op(
    "conv", _conv_infer, _conv_forward, _conv_kernel, vjp=[_conv_vjp_x, _conv_vjp_kernel], workspace=_conv_workspace
)

# -- gradient of the images -----------------------------------------------------------------------------------------


def _input_windows(kernel: Any, size: Any, strides: Any, padding: Any, dilation: Any, **attrs: Any) -> Windows:
    return Windows.over(size, kernel.shape[:-2], strides, padding, dilation)


def _input_grad_infer(g: Spec, kernel: Spec, size: Any, groups: int, **attrs: Any) -> Spec:
    w = _input_windows(kernel, size, **attrs)
    if any(a != b and a is not None for a, b in zip(g.shape[1:-1], w.outputs, strict=True)):
        raise ValueError(f"conv_input_grad expects a gradient with spatial axes {w.outputs}, got shape {g.shape}")
    return Spec((g.shape[0], *size, kernel.shape[-2] * groups), g.dtype)


def _input_grad_workspace(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[int]:
    g, kernel = inputs
    w, groups = _input_windows(kernel, **attrs), attrs["groups"]
    per, filters = kernel.shape[-2], kernel.shape[-1] // groups
    shapes = [packed_shape(w, True, g.shape[0], kernel.shape[-1], groups), (groups, w.taps, filters, per)]
    if groups > 1:
        shapes.append((groups, *outputs[0].shape[:-1], per))
    return _bytes(g.dtype, *shapes)


def _input_grad_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    g, kernel = inputs
    if g.dtype not in _NATIVE:
        return None
    w, groups = _input_windows(kernel, **attrs), attrs["groups"]
    per, filters = kernel.shape[-2], kernel.shape[-1] // groups
    m, k = g.shape[0] * math.prod(w.inputs), w.taps * filters
    turned = (groups, w.taps, filters, per)
    strides = (filters, per * groups * filters, 1, groups * filters)
    calls = [
        *pack_calls((3, 1), w, True, g, groups=groups),
        copy_call((4, 2), g.dtype, turned, strides, row_strides(turned)),
        _product(0 if groups == 1 else 5, 3, 4, g.dtype, groups, m, per, k),
    ]
    return calls if groups == 1 else [*calls, _grouped((0, 5), g.dtype, m, groups, per, back=True)]


def _input_grad_forward(g: np.ndarray, kernel: np.ndarray, groups: int, **attrs: Any) -> np.ndarray:
    w = _input_windows(kernel, **attrs)
    split = _wide(kernel).reshape(w.taps, kernel.shape[-2], groups, -1)
    p = np.einsum("...gf,tcgf->...tgc", _wide(g).reshape(*g.shape[:-1], groups, -1), split, optimize=True)
    return add_patches(p.reshape(*p.shape[:-2], -1), w)


def _input_grad_vjp_g(h: Tensor, y: Tensor, g: Tensor, kernel: Tensor, size: Any, **attrs: Any) -> Tensor:
    return _conv(h, kernel, **attrs)


def _input_grad_vjp_kernel(h: Tensor, y: Tensor, g: Tensor, kernel: Tensor, size: Any, **attrs: Any) -> Tensor:
    return _conv_kernel_grad(h, g, window=kernel.shape[:-2], **attrs)


_conv_input_grad = Op(
    "conv_input_grad",
    _input_grad_infer,
    _input_grad_forward,
    _input_grad_kernel,
    vjp=[_input_grad_vjp_g, _input_grad_vjp_kernel],
    workspace=_input_grad_workspace,
)

# -- gradient of the kernel -----------------------------------------------------------------------------------------


def _kernel_windows(x: Any, window: Any, strides: Any, padding: Any, dilation: Any, **attrs: Any) -> Windows:
    return Windows.over(x.shape[1:-1], window, strides, padding, dilation)


def _kernel_grad_infer(x: Spec, g: Spec, window: Any, groups: int, **attrs: Any) -> Spec:
    return Spec((*window, x.shape[-1] // groups, g.shape[-1]), x.dtype)


def _kernel_grad_workspace(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[int]:
    x, g = inputs
    w, groups = _kernel_windows(x, **attrs), attrs["groups"]
    channels, filters = x.shape[-1], g.shape[-1]
    shapes = [packed_shape(w, False, x.shape[0], channels, groups)]
    if groups > 1:
        shapes += [
            (groups, *g.shape[:-1], filters // groups),
            (groups, w.taps * (channels // groups), filters // groups),
        ]
    return _bytes(x.dtype, *shapes)


def _kernel_grad_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, g = inputs
    if x.dtype not in _NATIVE:
        return None
    w, groups = _kernel_windows(x, **attrs), attrs["groups"]
    m, n, k = w.taps * (x.shape[-1] // groups), g.shape[-1] // groups, math.prod(g.shape[:-1])
    if groups == 1:
        return [*pack_calls((3, 1), w, False, x), _product(0, 3, 2, x.dtype, 1, m, n, k, turned=True)]
    return [
        *pack_calls((3, 1), w, False, x, groups=groups),
        _grouped((4, 2), x.dtype, k, groups, n),
        _product(5, 3, 4, x.dtype, groups, m, n, k, turned=True),
        _grouped((0, 5), x.dtype, m, groups, n, back=True),
    ]


def _kernel_grad_forward(x: np.ndarray, g: np.ndarray, groups: int, **attrs: Any) -> np.ndarray:
    p = _wide(cut_patches(x, _kernel_windows(x, **attrs)))
    p = p.reshape(-1, p.shape[-2], groups, p.shape[-1] // groups)
    return np.einsum("mtgc,mgf->tcgf", p, _wide(g).reshape(len(p), groups, -1), optimize=True)


def _kernel_grad_vjp_x(h: Tensor, y: Tensor, x: Tensor, g: Tensor, window: Any, **attrs: Any) -> Tensor:
    w = _kernel_windows(x, window, **attrs)
    return _conv_input_grad(g, h, size=w.inputs, **_conv_attrs(w, attrs["groups"]))


def _kernel_grad_vjp_g(h: Tensor, y: Tensor, x: Tensor, g: Tensor, window: Any, **attrs: Any) -> Tensor:
    return _conv(x, h, **attrs)


_conv_kernel_grad = Op(
    "conv_kernel_grad",
    _kernel_grad_infer,
    _kernel_grad_forward,
    _kernel_grad_kernel,
    vjp=[_kernel_grad_vjp_x, _kernel_grad_vjp_g],
    workspace=_kernel_grad_workspace,
)

# -- public functions -----------------------------------------------------------------------------------------------


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
    return channels_back(_conv(x, kernel, **attrs, groups=channels // per), data_format)


def _depthwise_infer(x: Spec, kernel: Spec, **attrs: Any) -> Spec:
    outputs = output_sizes(x.shape[1:-1], kernel.shape[:-2], **attrs)
    return Spec((x.shape[0], *outputs, kernel.shape[-2] * kernel.shape[-1]), x.dtype)


def _depthwise_sum(x: Tensor, kernel: Tensor, **attrs: Any) -> Tensor:
    # Channels are independent, so this is no matrix product: each tap has one weight per channel.
    dtype = x.dtype
    wide = "float32" if dtype == "float16" else dtype
    patches = patches_of(elementwise.cast(x, wide), kernel.shape[:-2], **attrs)
    channels, multiplier = kernel.shape[-2:]
    weights = layout.reshape(elementwise.cast(kernel, wide), (-1, channels, multiplier))
    if multiplier == 1:
        y = reduction.sum(elementwise.multiply(patches, layout.squeeze(weights, 2)), -2)
    else:
        y = reduction.sum(elementwise.multiply(layout.expand_dims(patches, -1), weights), -3)
    return elementwise.cast(layout.reshape(y, (*y.shape[: len(x.shape) - 1], channels * multiplier)), dtype)


_depthwise_conv = Composite("depthwise_conv", _depthwise_sum, infer=_depthwise_infer)


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
    if x.shape[-1] is None or x.shape[-1] != kernel.shape[-2]:
        raise ValueError(f"{where} of {x.shape[-1]} channels expects a kernel of as many, got shape {kernel.shape}")
    return _depthwise_conv(x, kernel, **_geometry(where, x, kernel, rank, strides, padding, dilation_rate))


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
    return _conv_input_grad(x, kernel, size=tuple(sizes), **attrs)


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
