"""Changes of the brightness and of the channels of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.preprocessing.image.conversion import array_to_img, img_to_array


def apply_channel_shift(x: Any, intensity: float, channel_axis: int = 0) -> np.ndarray:
    """Add a number to all pixels, within the minimum and maximum of the image.

    As these are those of all channels, the result is the same for any ``channel_axis``.

    >>> apply_channel_shift([[0.0, 5.0, 9.0]], 3).tolist()
    [[3.0, 8.0, 9.0]]
    """
    x = np.asarray(x)
    return np.clip(x + intensity, x.min(), x.max()).astype(x.dtype)


def random_channel_shift(x: Any, intensity_range: float, channel_axis: int = 0) -> np.ndarray:
    """Add a number sampled from [-``intensity_range``, ``intensity_range``], as `apply_channel_shift` does.

    >>> random_channel_shift([[1.0, 1.0]], 5).tolist()
    [[1.0, 1.0]]
    """
    return apply_channel_shift(x, np.random.uniform(-intensity_range, intensity_range), channel_axis)


def apply_brightness_shift(x: Any, brightness: float, scale: bool = True) -> np.ndarray:
    """Multiply the brightness of an image, whose values become integers from 0 to 255.

    Args:
        x: image of three axes, in the default data format.
        brightness: factor; 0 is black.
        scale: whether the minimum and maximum of the image are mapped to 0 and 255 first. If not, an image with
            other values than 0 to 255 is mapped there and back.

    Raises:
        ImportError: if Pillow is not installed.

    >>> import numpy as np
    >>> apply_brightness_shift(np.full((1, 1, 3), 80.0), 2.0, scale=False).tolist()
    [[[160.0, 160.0, 160.0]]]
    """
    x = np.asarray(x)
    low, high = x.min(), x.max()
    beyond = bool(low < 0 or high > 255)
    img = array_to_img(x, scale=beyond or scale)
    from PIL import ImageEnhance

    found = img_to_array(ImageEnhance.Brightness(img).enhance(brightness))
    return found / 255 * (high - low) + low if beyond and not scale else found


def random_brightness(x: Any, brightness_range: Any, scale: bool = True) -> np.ndarray:
    """Multiply the brightness by a factor sampled from ``brightness_range``, as `apply_brightness_shift` does.

    Raises:
        ValueError: if ``brightness_range`` is not two numbers.

    >>> import numpy as np
    >>> random_brightness(np.full((1, 1, 3), 80.0), (1, 1), scale=False).tolist()
    [[[80.0, 80.0, 80.0]]]
    """
    if len(brightness_range) != 2:
        raise ValueError(f"random_brightness expects brightness_range to be two numbers, got {brightness_range!r}")
    return apply_brightness_shift(x, np.random.uniform(brightness_range[0], brightness_range[1]), scale)
