"""RandomHue."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, per_image, within
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range
from ckeras.ops.image.color import turn_hue


@registry.layers.ship()
class RandomHue(ColorLayer):
    """While training, turns the hue of each image by a random angle.

    Args:
        factor: range of the angle as a fraction of 180 degrees, in either direction: two numbers in [0, 1], or a number
            f for (0, f).
        value_range: minimum and maximum of the values of images.
        data_format: "channels_last", "channels_first", or `None` for the default.
        seed: an integer, to repeat the angles.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> layer = RandomHue(0.5, value_range=(0, 1), data_format="channels_last")
    >>> layer.transform_images(np.array([[[[1.0, 0.0, 0.0]]]]), {"factor": np.array([0.5])}).tolist()
    [[[[0.0, 1.0, 1.0]]]]
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
        self.factor = factor_range(factor, type(self).__name__, bounds=(0, 1))
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        sign = ops.where(random.uniform((sizes.batch,), seed=seed) > 0.5, -1.0, 1.0)
        return {"factor": sign * random.uniform((sizes.batch,), *map(float, self.factor), seed=seed) * 0.5}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        turn = per_image(ops.cast(transformation["factor"], images.dtype), images[..., 0])  # of a plane
        found = turn_hue(within(images, self.value_range, (0, 1)), turn, self.data_format)
        return within(ops.clip(found, 0.0, 1.0), (0, 1), self.value_range)
