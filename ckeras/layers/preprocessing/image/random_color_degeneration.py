"""RandomColorDegeneration."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, per_image
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range


@registry.layers.ship()
class RandomColorDegeneration(ColorLayer):
    """While training, mixes each image with its grayscale version: x + f (gray - x), clipped.

    Args:
        factor: range of f, two numbers in [-1, 1], or a number f for (-f, f); 0 leaves images as they are, 1 makes them
            gray, numbers below 0 more colorful.
        value_range: minimum and maximum of the values of images.
        data_format: "channels_last", "channels_first", or `None` for the default.
        seed: an integer, to repeat the factors.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> gray = RandomColorDegeneration((1.0, 1.0), data_format="channels_last")
    >>> gray(np.array([[[100.0, 100.0, 200.0]]]), training=True).numpy().round().tolist()
    [[[111.0, 111.0, 111.0]]]
    """

    _arguments = ("factor", "value_range", "seed")

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(value_range, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, type(self).__name__)
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        return {"factor": random.uniform((sizes.batch, 1, 1, 1), *map(float, self.factor), seed=seed)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        factor = per_image(ops.cast(transformation["factor"], images.dtype), images)
        gray = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return ops.clip(images + factor * (gray - images), *self.value_range)
