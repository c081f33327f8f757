"""AutoContrast."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.preprocessing.image.color import ColorLayer


@registry.layers.ship()
class AutoContrast(ColorLayer):
    """Stretches the values of each channel of each image to the whole range.

    The smallest becomes the minimum, the largest the maximum. A channel of one value stays. Unlike other layers, this
    is done in inference too.

    Args:
        value_range: minimum and maximum of the values of images.
        **kwargs: ``data_format``, ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> AutoContrast(data_format="channels_last")(np.array([[[40.0], [50.0], [60.0]]]))[0, :, 0].tolist()
    [0.0, 127.5, 255.0]
    """

    _arguments = ("value_range",)

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any):
        super().__init__(value_range, **kwargs)

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        images = self._floats(images)
        low, high = (f(images, axis=self._plane, keepdims=True) for f in (ops.min, ops.max))
        flat = low == high
        least, most = self.value_range
        stretched = (images - low) * ((most - least) / ops.where(flat, 1.0, high - low)) + float(least)
        return ops.where(flat, images, ops.clip(stretched, least, most))
