"""RandomGrayscale."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, per_image
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range, is_number


@registry.layers.ship()
class RandomGrayscale(ColorLayer):
    """While training, makes some images gray; they keep their three channels and their dtype.

    Args:
        factor: probability to make an image gray, in [0, 1].
        data_format: "channels_last", "channels_first", or `None` for the default.
        seed: an integer, to repeat the choices.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> image = np.array([[[100.0, 100.0, 200.0]]])
    >>> RandomGrayscale(1.0, data_format="channels_last")(image, training=True).numpy().round().tolist()
    [[[111.0, 111.0, 111.0]]]
    """

    _arguments = ("factor", "seed")

    def __init__(self, factor: float = 0.5, data_format: str | None = None, seed: int | None = None, **kwargs: Any):
        super().__init__(data_format=data_format, **kwargs)
        if not is_number(factor):
            raise ValueError(f"{type(self).__name__} expects factor to be a number in [0, 1], got {factor!r}")
        self.factor = factor_range((factor, factor), type(self).__name__, bounds=(0, 1))[0]
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        return random.uniform((sizes.batch, 1, 1, 1), seed=seed) < self.factor

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        images = ops.convert_to_tensor(images)
        if not training:
            return images
        if transformation is None:
            transformation = self.get_random_transformation(images)
        gray = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return ops.where(per_image(transformation, images), gray, images)
