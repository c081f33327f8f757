"""RandomContrast."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, per_image
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range


@registry.layers.ship()
class RandomContrast(ColorLayer):
    """While training, scales each channel around its mean over the image: (x - mean) * c + mean, clipped.

    Args:
        factor: (lower, upper) in [0, 1] for c from 1 - lower to 1 + upper, or a number f for c from 1 to 1 + f.
        value_range: minimum and maximum of the values of images.
        seed: an integer, to repeat the factors.
        **kwargs: ``data_format``, ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> layer = RandomContrast(0.5, data_format="channels_last")
    >>> image = np.array([[[[40.0], [60.0]]]])
    >>> layer.transform_images(image, {"contrast_factor": np.array([[[[1.5]]]])})[0, :, :, 0].tolist()
    [[35.0, 65.0]]
    """

    _arguments = ("factor", "value_range", "seed")

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any):
        super().__init__(value_range, **kwargs)
        self.factor = factor_range(factor, type(self).__name__, bounds=(0, 1))
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        low, high = self.factor
        factor = random.uniform((sizes.batch, 1, 1, 1), 1.0 - low, 1.0 + high, seed=seed)
        return {"contrast_factor": factor}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        factor = per_image(ops.cast(transformation["contrast_factor"], images.dtype), images)
        mean = ops.mean(images, axis=self._plane, keepdims=True)
        return ops.clip((images - mean) * factor + mean, *self.value_range)
