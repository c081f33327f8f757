"""RandomColorJitter."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.layers.preprocessing.image.base import Sizes
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.random_brightness import RandomBrightness
from ckeras.layers.preprocessing.image.random_contrast import RandomContrast
from ckeras.layers.preprocessing.image.random_hue import RandomHue
from ckeras.layers.preprocessing.image.random_saturation import RandomSaturation

_PARTS = {
    "random_brightness": (RandomBrightness, "brightness_factor"),
    "random_contrast": (RandomContrast, "contrast_factor"),
    "random_saturation": (RandomSaturation, "saturation_factor"),
    "random_hue": (RandomHue, "hue_factor"),
}


@registry.layers.ship()
class RandomColorJitter(ColorLayer):
    """While training, changes brightness, contrast, saturation and hue of each image, in this order.

    Args:
        value_range: minimum and maximum of the values of images.
        brightness_factor: factor of `RandomBrightness`; `None` leaves the brightness as it is.
        contrast_factor: factor of `RandomContrast`.
        saturation_factor: factor of `RandomSaturation`.
        hue_factor: factor of `RandomHue`.
        seed: an integer, to repeat the changes.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> RandomColorJitter(brightness_factor=0.2, hue_factor=0.1)(np.ones((2, 4, 4, 3)), training=True).shape
    (2, 4, 4, 3)
    """

    _arguments = ("value_range", "brightness_factor", "contrast_factor", "saturation_factor", "hue_factor", "seed")

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(value_range, data_format=data_format, **kwargs)
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor
        self._seed(seed)
        for name, (kind, factor) in _PARTS.items():
            options = {"value_range": value_range, "seed": seed, "data_format": data_format}
            given = getattr(self, factor)
            setattr(self, name, None if given is None else kind(given, dtype=self.dtype_policy, **options))

    def _parts(self) -> dict[str, ColorLayer]:
        found = {name: getattr(self, name) for name in _PARTS}
        return {name: layer for name, layer in found.items() if layer is not None}

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        return {name: layer._sample(sizes, seed) for name, layer in self._parts().items()}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        for name, layer in self._parts().items():
            images = layer.transform_images(images, transformation[name])
        return images
