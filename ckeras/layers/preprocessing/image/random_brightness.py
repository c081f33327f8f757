"""RandomBrightness."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, per_image
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range


@registry.layers.ship()
class RandomBrightness(ColorLayer):
    """While training, adds one random number to all values of each image, and clips them to their range.

    Args:
        factor: range of the number as a fraction of the range of values, two numbers in [-1, 1], or a number f for
            (-f, f).
        value_range: minimum and maximum of the values of images.
        seed: an integer, to repeat the numbers.
        **kwargs: ``data_format``, ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> RandomBrightness((0.2, 0.2))(np.array([[[0.0], [250.0]]]), training=True)[:, :, 0].tolist()
    [[51.0, 255.0]]
    """

    _arguments = ("factor", "value_range", "seed")

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: int | None = None, **kwargs: Any):
        super().__init__(value_range, **kwargs)
        self.factor = factor_range(factor, type(self).__name__)
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        low, high = self.value_range
        delta = random.uniform((sizes.batch, 1, 1, 1), *map(float, self.factor), seed=seed)
        return {"rgb_delta": delta * float(high - low)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        delta = per_image(ops.cast(transformation["rgb_delta"], images.dtype), images)
        return ops.clip(images + delta, *self.value_range)
