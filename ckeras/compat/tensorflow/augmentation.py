"""Changes of the color, position and size of images in ``tensorflow.image``, also random ones.

Images have the shape (..., height, width, channels). Integer images are changed in the range 0 to 1 and converted back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow import image as _image, io as _io
from ckeras.compat.tensorflow.random import one_seed
from ckeras.random import host_seed


def _in_floats(change: Callable[[Any], Any], image: Any) -> Any:
    image = _ops.convert_to_tensor(image)
    if image.dtype in ("float16", "float32", "float64"):
        return change(image)
    return _image.convert_image_dtype(change(_image.convert_image_dtype(image, "float32")), image.dtype, saturate=True)


def adjust_brightness(image: Any, delta: Any) -> Any:
    """Add ``delta`` (-1 to 1) to images."""
    return _in_floats(lambda x: x + delta, image)


def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """Scale the differences from the mean of each channel of an image."""

    def change(x: Any) -> Any:
        mean = _ops.mean(x, axis=(-3, -2), keepdims=True)
        return (x - mean) * contrast_factor + mean

    return _in_floats(change, images)


def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """Return the luma of RGB images, in one channel."""
    return _in_floats(lambda x: _ops.image.rgb_to_grayscale(x, data_format="channels_last"), images)


def adjust_gamma(image: Any, gamma: float = 1, gain: float = 1) -> Any:
    """``gain * image ** gamma``."""
    if gamma < 0:
        raise ValueError(f"adjust_gamma expects gamma to be at least 0, got {gamma}")
    return _in_floats(lambda x: gain * x**gamma, image)


def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Any:
    """Scale the saturation of RGB images."""
    return _in_hsv(image, lambda h, s, v: (h, _ops.clip(s * saturation_factor, 0.0, 1.0), v))


def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Any:
    """Add ``delta`` (-1 to 1) to the hue of RGB images."""
    return _in_hsv(image, lambda h, s, v: (_ops.mod(h + delta, 1.0), s, v))


def _in_hsv(image: Any, change: Callable[..., tuple]) -> Any:
    def changed(x: Any) -> Any:
        hsv = _ops.image.rgb_to_hsv(x, data_format="channels_last")
        parts = change(*(hsv[..., i : i + 1] for i in range(3)))
        return _ops.image.hsv_to_rgb(_ops.concatenate(parts, axis=-1), data_format="channels_last")

    return _in_floats(changed, image)


def _sampled(low: float, high: float, seed: int | None) -> float:
    return float(np.random.default_rng(host_seed() if seed is None else seed).uniform(low, high))


def random_flip_left_right(image: Any, seed: int | None = None) -> Any:
    """Flip images horizontally with probability 1/2."""
    return _image.flip_left_right(image) if _sampled(0, 1, seed) < 0.5 else _ops.convert_to_tensor(image)


def random_flip_up_down(image: Any, seed: int | None = None) -> Any:
    """Flip images vertically with probability 1/2."""
    return _image.flip_up_down(image) if _sampled(0, 1, seed) < 0.5 else _ops.convert_to_tensor(image)


def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Any:
    """Add a number from -``max_delta`` to ``max_delta`` to images."""
    return adjust_brightness(image, _sampled(-max_delta, max_delta, seed))


def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Any:
    """Adjust the contrast by a factor from ``lower`` to ``upper``."""
    return adjust_contrast(image, _sampled(lower, upper, seed))


def random_saturation(image: Any, lower: float, upper: float, seed: int | None = None) -> Any:
    """Adjust the saturation by a factor from ``lower`` to ``upper``."""
    return adjust_saturation(image, _sampled(lower, upper, seed))


def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Any:
    """Add a number from -``max_delta`` to ``max_delta`` to the hue."""
    return adjust_hue(image, _sampled(-max_delta, max_delta, seed))


def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Any:
    """Return a part of a tensor, of ``size`` along each axis, at a random index.

    Raises:
        ValueError: if the tensor is smaller.
    """
    value = _ops.convert_to_tensor(value)
    size = [int(n) for n in np.asarray(size)]
    if len(size) != len(value.shape) or any(n > d for n, d in zip(size, value.shape, strict=True)):
        raise ValueError(f"random_crop expects a size of at most {tuple(value.shape)}, got {tuple(size)}")
    generator = np.random.default_rng(host_seed() if seed is None else seed)
    starts = [int(generator.integers(0, d - n + 1)) for n, d in zip(size, value.shape, strict=True)]
    return value[tuple(slice(a, a + n) for a, n in zip(starts, size, strict=True))]


def adjust_jpeg_quality(image: Any, jpeg_quality: int, name: str | None = None) -> Any:
    """Return an image as it looks after it was written as a JPEG of a quality (0 to 100) and read again."""

    def change(x: Any) -> Any:
        pixels = _image.convert_image_dtype(x, "uint8", saturate=True)
        encoded = _io.encode_jpeg(pixels, quality=int(jpeg_quality))
        return _image.convert_image_dtype(_io.decode_jpeg(encoded), "float32")

    return _in_floats(change, image)


def random_jpeg_quality(image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None) -> Any:
    """Lower the quality of an image to a random one, from the minimum, inclusive, to the maximum, exclusive."""
    return adjust_jpeg_quality(image, int(_sampled(min_jpeg_quality, max_jpeg_quality, seed)))


def _stateless(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a random function that takes a ``seed`` of two integers: equal seeds give equal results."""

    def stateless(*args: Any, seed: Any = None, **kwargs: Any) -> Any:
        if seed is None:
            *args, seed = args
        return function(*args, seed=one_seed(seed), **kwargs)

    stateless.__name__ = stateless.__qualname__ = f"stateless_{function.__name__}"
    stateless.__doc__ = f"`{function.__name__}` with a ``seed`` of two integers; equal seeds give equal results."
    return stateless


stateless_random_brightness = _stateless(random_brightness)
stateless_random_contrast = _stateless(random_contrast)
stateless_random_crop = _stateless(random_crop)
stateless_random_flip_left_right = _stateless(random_flip_left_right)
stateless_random_flip_up_down = _stateless(random_flip_up_down)
stateless_random_hue = _stateless(random_hue)
stateless_random_jpeg_quality = _stateless(random_jpeg_quality)
stateless_random_saturation = _stateless(random_saturation)
