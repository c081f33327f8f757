"""Resizing: every element of the result is a weighted sum of elements of the image, axis by axis."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ckeras._kernels import capacity
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.image.layout import image_of, integers, restored, size_axes
from ckeras.ops.image.weighted_rows import RowTable, weighted_rows
from ckeras.ops.indexing.core import basic_slice, getitem, take
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import pad
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Spec, Tensor, arguments, dtypes
from ckeras.tensor.eager import constant

# -- kernels of interpolation: weights as functions of the distance -------------------------------------------------


def _triangle(x: Tensor) -> Tensor:
    return elementwise.maximum(0, elementwise.subtract(1.0, x))


def _cubic(x: Tensor) -> Tensor:
    """The cubic convolution of Keys (1981), with a = -1/2."""
    near = elementwise.add(
        elementwise.multiply(elementwise.multiply(elementwise.subtract(elementwise.multiply(1.5, x), 2.5), x), x), 1.0
    )
    far = elementwise.add(
        elementwise.multiply(
            elementwise.subtract(elementwise.multiply(elementwise.add(elementwise.multiply(-0.5, x), 2.5), x), 4.0), x
        ),
        2.0,
    )
    return elementwise.where(
        elementwise.greater_equal(x, 2), 0, elementwise.where(elementwise.greater_equal(x, 1), far, near)
    )


def _lanczos(radius: float) -> Callable[[Tensor], Tensor]:
    """sinc(x) sinc(x / radius) up to the radius (Lanczos; Duchon, 1979)."""

    def kernel(x: Tensor) -> Tensor:
        away = elementwise.greater(x, 1e-3)
        safe = elementwise.multiply(math.pi, elementwise.where(away, x, 1))
        waves = elementwise.multiply(
            elementwise.multiply(radius, elementwise.sin(safe)), elementwise.sin(elementwise.divide(safe, radius))
        )
        return elementwise.where(
            elementwise.greater(x, radius),
            0,
            elementwise.where(away, elementwise.divide(waves, elementwise.square(safe)), 1),
        )

    return kernel


_KERNELS = {
    **dict.fromkeys(("linear", "bilinear", "trilinear"), _triangle),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), _cubic),
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
}
_RADII = {_triangle: 1, _cubic: 2, _KERNELS["lanczos3"]: 3, _KERNELS["lanczos5"]: 5}
_INTERPOLATIONS = ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic")


def _weights(
    sources: np.ndarray, size: int, count: int, scale: Any, shift: Any, method: str, antialias: bool, dtype: str
) -> Tensor:
    """Interpolation weights of elements of an axis; element i of the result lies at (i + 1/2 - shift) / scale.

    The weights of an element sum to 1, or are 0 if it lies outside. With ``antialias`` the kernel is widened when
    downscaling.

    Args:
        sources: indices of the elements weighted, (count, taps), or (1, size) for all; those outside weigh 0.
        size: of the axis.
        count: number of elements of the result.
        scale, shift: numbers, or tensors.
        method: name of the kernel.
        antialias: whether to widen it.
        dtype: of the weights.
    """
    inverse = elementwise.divide(1.0, elementwise.cast(scale, dtype))
    half = constant((np.arange(count) + 0.5).astype(dtype))
    position = elementwise.subtract(
        elementwise.multiply(elementwise.subtract(half, elementwise.cast(shift, dtype)), inverse), 0.5
    )
    distance = elementwise.abs(elementwise.subtract(layout.expand_dims(position, 1), constant(sources.astype(dtype))))
    if antialias:
        distance = elementwise.divide(distance, elementwise.maximum(inverse, 1.0))
    weights = elementwise.multiply(_KERNELS[method](distance), ((sources >= 0) & (sources < size)).astype(dtype))
    total = reduction.sum(weights, 1, True)
    known = elementwise.greater(elementwise.abs(total), 1000.0 * float(np.finfo(np.float32).eps))
    inside = elementwise.logical_and(
        elementwise.greater_equal(position, -0.5), elementwise.less_equal(position, size - 0.5)
    )
    used = elementwise.logical_and(known, layout.expand_dims(inside, 1))
    return elementwise.where(used, elementwise.divide(weights, elementwise.where(known, total, 1)), 0)


@lru_cache(maxsize=64)
def table_of(size: int, count: int, method: str, antialias: bool, dtype: str) -> RowTable:
    """The weights that resize an axis of ``size`` elements to ``count``."""
    inverse = size / count
    radius = int(np.ceil(_RADII[_KERNELS[method]] * (max(inverse, 1.0) if antialias else 1.0))) + 1
    capacity.require(count * 2 * radius * 64, f"resize, for the weights of {count} elements,")
    position = (np.arange(count) + 0.5) * inverse - 0.5
    sources = np.floor(position).astype(np.int64)[:, None] + np.arange(1 - radius, radius + 1)
    weights = _weights(sources, size, count, count / size, 0.0, method, antialias, dtype).numpy()
    rows, taps = np.nonzero(weights)
    return RowTable.of(rows, sources[rows, taps], weights[rows, taps], count, size)


def _along(x: Tensor, axis: int, weights: Tensor) -> Tensor:
    """Replace the elements of ``x`` along ``axis`` by weighted sums of them."""
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    weights = elementwise.cast(weights, x.dtype)
    if not after or math.prod(after) == 1:
        y = matmul(layout.reshape(x, (math.prod(before), x.shape[axis])), layout.transpose(weights))
    else:
        y = matmul(weights, layout.reshape(x, (math.prod(before), x.shape[axis], math.prod(after))))
    return layout.reshape(y, (*before, weights.shape[0], *after))


# -- resize ---------------------------------------------------------------------------------------------------------


def _to_aspect(x: Tensor, axes: tuple[int, int], size: tuple[int, int], crop: bool, value: float) -> Tensor:
    """Crop the images, or pad them symmetrically, to the aspect ratio of ``size``."""
    height, width = (x.shape[a] for a in axes)
    fitting = int(float(width * size[0]) / size[1]), int(float(height * size[1]) / size[0])
    parts, widths = [slice(None)] * len(x.shape), [(0, 0)] * len(x.shape)
    for axis, own, other in zip(axes, (height, width), fitting, strict=True):
        if crop:
            kept = max(min(own, other), 1)
            begin = int(float(own - kept) / 2)
            parts[axis] = slice(begin, begin + kept)
        elif other > own and not any(map(any, widths)):
            widths[axis] = (int(float(other - own) / 2),) * 2
    return basic_slice(x, parts) if crop else pad(elementwise.as_float(x), widths, constant_values=value)


def _resized(
    x: Tensor, size: tuple[int, int], method: str, antialias: bool, fit: str, value: float, axes: tuple[int, int]
) -> Tensor:
    dtype = x.dtype
    if fit:
        x = _to_aspect(x, axes, size, fit == "crop", value)
    for axis, count in zip(axes, size, strict=True):
        own = x.shape[axis]
        if method == "nearest":
            indices = np.floor((np.arange(count, dtype=np.float32) + np.float32(0.5)) * np.float32(own) / count)
            x = take(x, constant(indices.astype(np.int64)), axis)
        elif own != count:
            wide = dtypes.result_type(elementwise.as_float(x).dtype, "float32")
            x = weighted_rows(elementwise.cast(x, wide), axis, table_of(own, count, method, antialias, wide))
    return restored(x, dtype)


def _resize_infer(x: Spec, size: tuple[int, int], axes: tuple[int, int], **attrs: Any) -> Spec:
    known = dict(zip(axes, size, strict=True))
    return Spec(tuple(known.get(i, d) for i, d in enumerate(x.shape)), x.dtype)


_resize = Composite("resize_images", _resized, infer=_resize_infer)


def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Tensor:
    """Resize images to another height and width, in their dtype (integers are rounded and clipped).

    Args:
        images: one image or a batch; see `ckeras.ops.image`.
        size: (height, width).
        interpolation: "bilinear", "nearest", "bicubic" (Keys, 1981), "lanczos3" or "lanczos5".
        antialias: whether to widen the kernel when downscaling.
        crop_to_aspect_ratio: whether to crop the images to the aspect ratio of ``size`` first.
        pad_to_aspect_ratio: whether to pad both sides with ``fill_value`` to that aspect ratio first.
        fill_mode: "constant".
        fill_value: padding value for ``pad_to_aspect_ratio``.
        data_format: see `ckeras.ops.image`.
    """
    x, data_format = image_of(images, "resize", data_format)
    size = integers(size, "size of resize")
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"resize expects a size of two numbers of 1 or more, height and width, got {size}")
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            f"resize expects an interpolation among {', '.join(_INTERPOLATIONS)}, got {arguments.shown(interpolation)}"
        )
    if fill_mode != "constant":
        raise ValueError(f"resize expects fill_mode 'constant', got {arguments.shown(fill_mode)}")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "resize expects at most one of crop_to_aspect_ratio and pad_to_aspect_ratio to be true, got both"
        )
    axes = size_axes(len(x.shape), data_format)
    if 0 in [x.shape[a] for a in axes]:
        raise ValueError(f"resize expects images with elements, got shape {x.shape}")
    fit = "crop" if crop_to_aspect_ratio else "pad" if pad_to_aspect_ratio else ""
    return _resize(
        x, size=size, method=interpolation, antialias=bool(antialias), fit=fit, value=float(fill_value), axes=axes
    )


# -- scale and translate --------------------------------------------------------------------------------------------


def _scaled(
    x: Tensor, scale: Tensor, shift: Tensor, shape: tuple[int, ...], axes: tuple[int, ...], method: str, antialias: bool
) -> Tensor:
    wide = dtypes.result_type(x.dtype, "float32")
    for i, axis in enumerate(axes):
        factors = (getitem(elementwise.cast(v, wide), i) for v in (scale, shift))
        own, every = x.shape[axis], np.arange(x.shape[axis])[None]
        x = _along(x, axis, _weights(every, own, shape[axis], *factors, method, antialias, wide))
    return x


_scale_and_translate = Composite(
    "scale_and_translate", _scaled, infer=lambda x, scale, shift, shape, **attrs: Spec(shape, x.dtype)
)


def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Tensor:
    """Scale and then translate ``images`` along some axes; elements outside of the images are 0.

    Args:
        images: of any rank; integers give floats.
        output_shape: shape of the result; equal to that of the images except along ``spatial_dims``.
        scale: scale factor for each of ``spatial_dims``; above 1 the images get larger. Differentiable.
        translation: translation along each of them after scaling, in elements of the result. Differentiable.
        spatial_dims: the axes to scale and translate.
        method: "linear" ("bilinear", "trilinear"), "cubic" ("bicubic", "tricubic"), "lanczos3" or "lanczos5".
        antialias: whether to widen the kernel when downscaling.
    """
    x, scale, shift = elementwise.as_float(images), elementwise.as_float(scale), elementwise.as_float(translation)
    rank, shape = len(x.shape), integers(output_shape, "output_shape of scale_and_translate")
    axes = arguments.axes(spatial_dims, rank, "scale_and_translate", "spatial_dims")
    if method not in _KERNELS:
        raise ValueError(
            f"scale_and_translate expects a method among {', '.join(_KERNELS)}, got {arguments.shown(method)}"
        )
    if len(shape) != rank or any(
        d != n and d is not None and i not in axes for i, (d, n) in enumerate(zip(x.shape, shape, strict=True))
    ):
        raise ValueError(
            f"scale_and_translate along axes {axes} cannot give a tensor of shape {x.shape} the shape {shape}"
        )
    if scale.shape != (len(axes),) or shift.shape != (len(axes),):
        raise ValueError(
            f"scale_and_translate expects a scale and a translation for each of {len(axes)} axes, "
            f"got shapes {scale.shape} and {shift.shape}"
        )
    return _scale_and_translate(x, scale, shift, shape=shape, axes=axes, method=method, antialias=bool(antialias))
