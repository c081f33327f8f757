"""RandomSharpness."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, per_image
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range

_SMOOTH = np.array([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]) / 13.0


@registry.layers.ship()
class RandomSharpness(ColorLayer):
    """While training, blurs or sharpens each image: x + (1 - 2 f) (smooth - x), clipped.

    ``smooth`` is the image under a 3 x 3 filter with the weights 5/13 in the middle and 1/13 around it.

    Args:
        factor: range of f, two numbers in [0, 1], or a number f for (0, f); 0 blurs, 1/2 leaves images as they are, 1
            sharpens.
        value_range: minimum and maximum of the values of images.
        data_format: "channels_last", "channels_first", or `None` for the default.
        seed: an integer, to repeat the factors.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> RandomSharpness(0.5)(np.ones((2, 4, 4, 3)), training=True).shape
    (2, 4, 4, 3)
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
        return {"factor": random.uniform((sizes.batch,), *map(float, self.factor), seed=seed)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        factor = per_image(ops.cast(transformation["factor"], images.dtype), images) * 2.0
        channels = self._sizes(images).channels
        kernel = np.repeat(_SMOOTH[:, :, None, None], channels, 2)
        smooth = ops.depthwise_conv(
            images, ops.cast(kernel, images.dtype), padding="same", data_format=self.data_format
        )
        return ops.clip(images + (1.0 - factor) * (smooth - images), *self.value_range)
