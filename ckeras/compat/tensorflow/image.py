"""``tensorflow.image``: on images of shape (..., height, width, channels)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.table import names_of

ROWS = {
    "rgb_to_grayscale": "compat.tensorflow.augmentation.rgb_to_grayscale",
    "rgb_to_hsv": "ops.image.rgb_to_hsv(images)",
    "hsv_to_rgb": "ops.image.hsv_to_rgb(images)",
    **{
        name: f"compat.tensorflow.io.{name}"
        for name in (
            "decode_bmp", "decode_gif", "decode_image", "decode_jpeg", "decode_png", "encode_jpeg", "encode_png",
            "is_jpeg",
        )
    },
    **{
        name: f"compat.tensorflow.augmentation.{name}"
        for name in (
            "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation",
            "random_brightness", "random_contrast", "random_crop", "random_flip_left_right", "random_flip_up_down",
            "random_hue", "random_saturation", "adjust_jpeg_quality", "random_jpeg_quality",
            "stateless_random_brightness", "stateless_random_contrast", "stateless_random_crop",
            "stateless_random_flip_left_right", "stateless_random_flip_up_down", "stateless_random_hue",
            "stateless_random_jpeg_quality", "stateless_random_saturation",
        )
    },
    **{
        name: f"compat.tensorflow.boxes.{name}"
        for name in (
            "crop_and_resize", "draw_bounding_boxes", "non_max_suppression", "non_max_suppression_overlaps",
            "non_max_suppression_with_scores",
        )
    },
    **{
        name: f"compat.tensorflow.crops.{name}"
        for name in (
            "combined_non_max_suppression", "decode_and_crop_jpeg", "extract_glimpse", "non_max_suppression_padded",
            "sample_distorted_bounding_box", "ssim_multiscale", "stateless_sample_distorted_bounding_box",
        )
    },
    "extract_jpeg_shape": "compat.tensorflow.parsing.extract_jpeg_shape",
    "decode_webp": "compat.tensorflow.io.decode_webp",
}  # fmt: skip

__getattr__, __dir__ = names_of(__name__, ROWS)


class ResizeMethod:
    """Names of interpolations."""

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"


def resize(
    images: Any,
    size: Any,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Any:
    """Resize images to ``size``, (height, width), or to fit in it if the aspect ratio is preserved.

    The result is of float32, or of the dtype of ``images`` for the method "nearest".
    """
    images = _ops.convert_to_tensor(images)
    size = [int(n) for n in np.asarray(size)]
    if preserve_aspect_ratio:
        height, width = images.shape[-3:-1]
        scale = min(size[0] / height, size[1] / width)
        size = [max(round(scale * n), 1) for n in (height, width)]
    if method != "nearest":
        images = _ops.cast(images, "float32")
    return _ops.image.resize(images, size, interpolation=method, antialias=antialias, data_format="channels_last")


def flip_left_right(image: Any) -> Any:
    """Flip images horizontally."""
    return _ops.flip(image, -2)


def flip_up_down(image: Any) -> Any:
    """Flip images vertically."""
    return _ops.flip(image, -3)


def transpose(image: Any, name: str | None = None) -> Any:
    """Exchange height and width."""
    return _ops.swapaxes(image, -3, -2)


def rot90(image: Any, k: int = 1, name: str | None = None) -> Any:
    """Rotate images counter-clockwise ``k`` times by 90 degrees."""
    for _ in range(k % 4):
        image = flip_up_down(transpose(image))
    return _ops.convert_to_tensor(image)


def crop_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """Return the part of images of a size that begins at an offset.

    Raises:
        ValueError: if it is not inside of the images.
    """
    image = _ops.convert_to_tensor(image)
    height, width = image.shape[-3:-1]
    ends = offset_height + target_height, offset_width + target_width
    if min(offset_height, offset_width) < 0 or ends[0] > height or ends[1] > width:
        raise ValueError(
            f"crop_to_bounding_box expects a part of images of {height} x {width}, got offset "
            f"({offset_height}, {offset_width}) and size ({target_height}, {target_width})"
        )
    return image[..., offset_height : ends[0], offset_width : ends[1], :]


def pad_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """Return images of a size with the given images at an offset, and zeros around them.

    Raises:
        ValueError: if the images do not fit in.
    """
    image = _ops.convert_to_tensor(image)
    height, width = image.shape[-3:-1]
    below, right = target_height - offset_height - height, target_width - offset_width - width
    if min(offset_height, offset_width, below, right) < 0:
        raise ValueError(
            f"pad_to_bounding_box expects images of {height} x {width} to fit into ({target_height}, {target_width}) "
            f"at offset ({offset_height}, {offset_width})"
        )
    axes = [(0, 0)] * (len(image.shape) - 3)
    return _ops.pad(image, (*axes, (offset_height, below), (offset_width, right), (0, 0)))


def central_crop(image: Any, central_fraction: float) -> Any:
    """Return the central part of images, a fraction (0 to 1) of their height and width."""
    if not 0 < central_fraction <= 1:
        raise ValueError(f"central_crop expects central_fraction to be above 0 and at most 1, got {central_fraction}")
    image = _ops.convert_to_tensor(image)
    offsets = [int((n - n * central_fraction) / 2) for n in image.shape[-3:-1]]
    sizes = [n - 2 * offset for n, offset in zip(image.shape[-3:-1], offsets, strict=True)]
    return crop_to_bounding_box(image, *offsets, *sizes)


def resize_with_crop_or_pad(image: Any, target_height: int, target_width: int) -> Any:
    """Crop images centrally, or pad them with zeros, to a size."""
    image = _ops.convert_to_tensor(image)
    height, width = image.shape[-3:-1]
    kept = min(height, target_height), min(width, target_width)
    image = crop_to_bounding_box(image, (height - kept[0]) // 2, (width - kept[1]) // 2, *kept)
    return pad_to_bounding_box(
        image, (target_height - kept[0]) // 2, (target_width - kept[1]) // 2, target_height, target_width
    )


def resize_with_pad(
    image: Any, target_height: int, target_width: int, method: str = "bilinear", antialias: bool = False
) -> Any:
    """Resize images to fit into a size, and pad them with zeros to it; the aspect ratio is kept."""
    height, width = (float(n) for n in _ops.shape(image)[-3:-1])
    ratio = max(height / target_height, width / target_width)
    fitted = resize(image, (int(height / ratio), int(width / ratio)), method, antialias=antialias)
    offsets = int((target_height - height / ratio) / 2), int((target_width - width / ratio) / 2)
    return pad_to_bounding_box(fitted, *offsets, target_height, target_width)


def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False, name: str | None = None) -> Any:
    """Convert images to a dtype and to its range: 0 to 1 for floats, 0 to the maximum for integers."""
    image = _ops.convert_to_tensor(image)
    before, after = (str(d).startswith(("int", "uint")) for d in (image.dtype, dtype))
    if image.dtype == str(dtype) or before == after == 0:
        return _ops.cast(image, dtype)
    if before and after:
        raise ValueError(f"convert_image_dtype expects a float dtype on one side, got {image.dtype} and {dtype}")
    if before:
        return _ops.cast(image, dtype) * (1.0 / np.iinfo(image.dtype).max)
    limit = np.iinfo(str(dtype)).max
    scaled = image * (limit + 0.5)
    return _ops.saturate_cast(scaled, dtype) if saturate else _ops.cast(scaled, dtype)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """Repeat the one channel of images three times."""
    return _ops.repeat(images, 3, axis=-1)


def per_image_standardization(image: Any) -> Any:
    """Scale each image to mean 0 and variance 1: ``(x - mean) / max(stddev, 1 / sqrt(size))``."""
    image = _ops.cast(image, "float32")
    size = float(np.prod(image.shape[-3:]))
    mean = _ops.mean(image, axis=(-3, -2, -1), keepdims=True)
    deviation = _ops.std(image, axis=(-3, -2, -1), keepdims=True)
    return (image - mean) / _ops.maximum(deviation, size**-0.5)


def total_variation(images: Any, name: str | None = None) -> Any:
    """Return the sum of the absolute differences of neighboring pixels of each image."""
    images = _ops.convert_to_tensor(images)
    rows, columns = images[..., 1:, :, :] - images[..., :-1, :, :], images[..., 1:, :] - images[..., :-1, :]
    return sum(_ops.sum(_ops.abs(d), axis=(-3, -2, -1)) for d in (rows, columns))


def image_gradients(image: Any) -> tuple[Any, Any]:
    """Return the differences to the next row and to the next column; 0 in the last ones."""
    image = _ops.convert_to_tensor(image)
    rows, columns = image[:, 1:] - image[:, :-1], image[:, :, 1:] - image[:, :, :-1]
    none = (0, 0)
    return _ops.pad(rows, (none, (0, 1), none, none)), _ops.pad(columns, (none, none, (0, 1), none))


def psnr(a: Any, b: Any, max_val: float, name: str | None = None) -> Any:
    """Return the peak signal-to-noise ratio of each pair of images, in decibels."""
    error = _ops.mean(_ops.square(_ops.cast(a, "float32") - _ops.cast(b, "float32")), axis=(-3, -2, -1))
    return 10.0 * _ops.log10(max_val**2 / error)


def sobel_edges(image: Any) -> Any:
    """Return the Sobel gradients along height and width, in a further axis, of images with a batch axis."""
    none = (0, 0)
    padded = _ops.pad(image, (none, (1, 1), (1, 1), none), mode="reflect")
    return _ops.image.sobel_edges(padded, data_format="channels_last")[:, 1:-1, 1:-1]


def ssim(
    img1: Any,
    img2: Any,
    max_val: float,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Any:
    """Return the structural similarity (Wang et al., 2004) of each pair of images."""
    return _ops.image.ssim(img1, img2, max_val, filter_size, filter_sigma, k1, k2, data_format="channels_last")


def extract_patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: str, name: str | None = None) -> Any:
    """Return the pixels of patches of images (batch, height, width, channels) in the last axis."""
    return _ops.image.extract_patches(
        images, tuple(sizes[1:3]), tuple(strides[1:3]), rates[1], padding.lower(), data_format="channels_last"
    )


# Rows: what the first, second and third channel are of the sums.
_COLORS = {
    "yiq to rgb": [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]],
    "yuv to rgb": [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]],
    "yiq": [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]],
    "yuv": [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]],
}


def _in_colors(images: Any, matrix: Any) -> Any:
    images = _ops.convert_to_tensor(images)
    return _ops.matmul(images, np.asarray(matrix, images.dtype))


def rgb_to_yiq(images: Any) -> Any:
    """Convert the last axis from red, green and blue to luma and two differences of colors (NTSC)."""
    return _in_colors(images, _COLORS["yiq"])


def yiq_to_rgb(images: Any) -> Any:
    """Inverse of `rgb_to_yiq`."""
    return _in_colors(images, _COLORS["yiq to rgb"])


def rgb_to_yuv(images: Any) -> Any:
    """Convert the last axis from red, green and blue to luma and two differences of colors (PAL)."""
    return _in_colors(images, _COLORS["yuv"])


def yuv_to_rgb(images: Any) -> Any:
    """Inverse of `rgb_to_yuv`."""
    return _in_colors(images, _COLORS["yuv to rgb"])
