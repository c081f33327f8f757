"""Legacy convolutions, pooling, padding and resizing. If ``data_format`` is None, the default one is used."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.backend.arithmetic import layout
from ckeras.backend.layout import repeat_elements
from ckeras.tensor import Tensor, as_tensor


def conv1d(
    x: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Tensor:
    """Convolution of x, (batch, steps, channels), with a kernel, (size, channels, filters).

    ``padding`` may be "causal": no result depends on later steps.
    """
    x, kernel, data_format = as_tensor(x), as_tensor(kernel), layout(data_format)
    if padding == "causal":
        before, padding = dilation_rate * (kernel.shape[0] - 1), "valid"
        x = _padded(x, ((before, 0),), data_format)
    return _conv(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """Convolution of images, (batch, height, width, channels), with a kernel, (height, width, channels, filters)."""
    return _conv(x, kernel, strides, padding, layout(data_format), dilation_rate)


def conv3d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1, 1),
) -> Tensor:
    """Convolution of volumes, (batch, three sizes, channels), with a kernel, (three sizes, channels, filters)."""
    return _conv(x, kernel, strides, padding, layout(data_format), dilation_rate)


def _conv(x: Any, kernel: Any, strides: Any, padding: str, data_format: str, dilation_rate: Any) -> Tensor:
    return ops.conv(x, kernel, strides=strides, padding=padding, data_format=data_format, dilation_rate=dilation_rate)


def conv2d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """Transposed convolution to images of ``output_shape`` (with batch); kernel (height, width, filters, channels).

    Raises:
        ValueError: if ``output_shape`` is not possible with these strides and this padding.
    """
    x, kernel, data_format = as_tensor(x), as_tensor(kernel), layout(data_format)
    first = 2 if data_format == "channels_first" else 1
    extra: list[int] | None = []
    sizes, wanted = x.shape[first : first + 2], tuple(output_shape[first : first + 2])
    reach = [d * (k - 1) + 1 for d, k in zip(dilation_rate, kernel.shape[:2], strict=True)]
    same = padding == "same"
    if wanted == tuple(n * s + (0 if same else max(r - s, 0)) for n, s, r in zip(sizes, strides, reach, strict=True)):
        extra = None  # the default output shape
    else:
        for w, n, s, r in zip(wanted, sizes, strides, reach, strict=True):
            smallest = (n - 1) * s + r - (2 * (r // 2) if same else 0)
            if not 0 <= w - smallest < s:
                raise ValueError(
                    f"conv2d_transpose cannot give the shape {tuple(output_shape)}: with padding {padding!r}, strides "
                    f"{tuple(strides)} and a kernel of {kernel.shape[:2]}, {n} becomes {smallest} to {smallest + s - 1}"
                )
            extra.append(w - smallest)
    return ops.conv_transpose(
        x,
        kernel,
        strides=strides,
        padding=padding,
        output_padding=extra if extra is None else tuple(extra),
        data_format=data_format,
        dilation_rate=dilation_rate,
    )


def depthwise_conv2d(
    x: Any,
    depthwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """Depthwise convolution with a kernel (height, width, channels, depth multiplier)."""
    return ops.depthwise_conv(
        x,
        depthwise_kernel,
        strides=strides,
        padding=padding,
        data_format=layout(data_format),
        dilation_rate=dilation_rate,
    )


def separable_conv2d(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """`depthwise_conv2d` followed by a pointwise convolution with a kernel (1, 1, channels, filters)."""
    return ops.separable_conv(
        x,
        depthwise_kernel,
        pointwise_kernel,
        strides=strides,
        padding=padding,
        data_format=layout(data_format),
        dilation_rate=dilation_rate,
    )


def pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    pool_mode: str = "max",
) -> Tensor:
    """Maximum ("max") or mean ("avg") of each window of images."""
    return _pool(x, pool_size, strides, padding, layout(data_format), pool_mode, 2)


def pool3d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: Any = None,
    pool_mode: str = "max",
) -> Tensor:
    """Maximum ("max") or mean ("avg") of each window of volumes."""
    return _pool(x, pool_size, strides, padding, layout(data_format), pool_mode, 3)


def _pool(x: Any, pool_size: Any, strides: Any, padding: str, data_format: str, pool_mode: str, axes: int) -> Tensor:
    for name, value in (("pool_size", pool_size), ("strides", strides)):
        if len(value) != axes:
            raise ValueError(f"pool{axes}d expects {name} to be {axes} integers, got {value!r}")
    if pool_mode not in ("max", "avg"):
        raise ValueError(f"pool{axes}d expects pool_mode to be 'max' or 'avg', got {pool_mode!r}")
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool(x, pool_size, strides=strides, padding=padding, data_format=data_format)


def resize_images(
    x: Any, height_factor: int, width_factor: int, data_format: str, interpolation: str = "nearest"
) -> Tensor:
    """Resize images by integer factors of height and width.

    ``interpolation`` is "nearest" or another method of `ckeras.ops.image.resize`.
    """
    x, data_format = as_tensor(x), layout(data_format)
    first = 2 if data_format == "channels_first" else 1
    if interpolation == "nearest":
        return repeat_elements(repeat_elements(x, height_factor, first), width_factor, first + 1)
    size = (x.shape[first] * height_factor, x.shape[first + 1] * width_factor)
    return ops.image.resize(x, size, interpolation=interpolation, data_format=data_format)


def resize_volumes(x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str) -> Tensor:
    """Resize volumes by integer factors by repeating elements."""
    first = 2 if layout(data_format) == "channels_first" else 1
    for i, factor in enumerate((depth_factor, height_factor, width_factor)):
        x = repeat_elements(x, factor, first + i)
    return x


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Tensor:
    """Pad the steps of x, (batch, steps, channels), with zeros on both sides."""
    return _padded(x, (padding,), "channels_last")


def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: Any = None) -> Tensor:
    """Pad images with zeros."""
    return _padded(x, padding, layout(data_format), 2)


def spatial_3d_padding(x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: Any = None) -> Tensor:
    """Pad volumes with zeros."""
    return _padded(x, padding, layout(data_format), 3)


def _padded(x: Any, padding: Any, data_format: str, axes: int = 1) -> Tensor:
    if len(padding) != axes or any(len(pair) != 2 for pair in padding):
        raise ValueError(f"expected padding to be {axes} pairs of integers, got {padding!r}")
    pairs = [tuple(pair) for pair in padding]
    around = [(0, 0), (0, 0), *pairs] if data_format == "channels_first" else [(0, 0), *pairs, (0, 0)]
    return ops.pad(x, around)
