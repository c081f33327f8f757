"""``tensorflow.image``."""

from typing import Any

from ckeras import ops as _ops
from ckeras.compat.tensorflow.table import names_of

ROWS = {
    "resize": "ops.image.resize(images, size, method=interpolation)",
    "rgb_to_grayscale": "ops.image.rgb_to_grayscale(images)",
    "rgb_to_hsv": "ops.image.rgb_to_hsv(images)",
    "hsv_to_rgb": "ops.image.hsv_to_rgb(images)",
}

__getattr__, __dir__ = names_of(__name__, ROWS)


def flip_left_right(image: Any) -> Any:
    """Flip images (..., height, width, channels) horizontally."""
    return _ops.flip(image, -2)


def flip_up_down(image: Any) -> Any:
    """Flip images (..., height, width, channels) vertically."""
    return _ops.flip(image, -3)
