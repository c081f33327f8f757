"""RandomSaturation."""

from __future__ import annotations

from typing import Any

from ckeras import config, ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, per_image, within
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range
from ckeras.ops.image.color import scale_saturation


@registry.layers.ship()
class RandomSaturation(ColorLayer):
    """While training, multiplies the saturation of each image by f / (1 - f), and clips it to [0, 1].

    So f = 0 makes images gray, and f = 1/2 leaves them as they are.

    Args:
        factor: range of f, two numbers in [-1, 1], or a number f for (-f, f); below 0 it counts as 0.
        value_range: minimum and maximum of the values of images.
        data_format: "channels_last", "channels_first", or `None` for the default.
        seed: an integer, to repeat the factors.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> gray = RandomSaturation((0.0, 0.0), data_format="channels_last")
    >>> gray(np.array([[[[200.0, 100.0, 50.0]]]]), training=True).numpy().round().tolist()
    [[[[200.0, 200.0, 200.0]]]]
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
        factor = random.uniform((sizes.batch,), *map(float, self.factor), seed=seed)
        return {"factor": factor / (1.0 - factor + config.epsilon())}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        factor = per_image(ops.cast(transformation["factor"], images.dtype), images)
        found = scale_saturation(within(images, self.value_range, (0, 1)), factor, self.data_format)
        return within(found, (0, 1), self.value_range)
