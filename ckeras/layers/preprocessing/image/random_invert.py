"""RandomInvert."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.preprocessing.image.base import Sizes, chosen, per_image
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range


@registry.layers.ship()
class RandomInvert(ColorLayer):
    """While training, inverts the colors of some images: minimum + maximum - x.

    Args:
        factor: range of the probability to invert an image, two numbers in [0, 1], or a number p for (0, p).
        value_range: minimum and maximum of the values of images.
        seed: an integer, to repeat the choices.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> RandomInvert((1.0, 1.0))(np.array([[[0.0], [200.0]]]), training=True)[0, :, 0].tolist()
    [255.0, 55.0]
    """

    _arguments = ("factor", "value_range", "seed")

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(value_range, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, type(self).__name__, bounds=(0, 1))
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        return {"apply_inversion": chosen(sizes.batch, self.factor, seed)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        inverted = float(sum(self.value_range)) - images
        return ops.where(per_image(transformation["apply_inversion"], images), inverted, images)
