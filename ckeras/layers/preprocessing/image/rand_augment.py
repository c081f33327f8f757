"""RandAugment."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.augmentations import AugmentingLayer
from ckeras.layers.preprocessing.image.base import Sizes
from ckeras.layers.preprocessing.image.options import positive_integer

_ORDER = (
    "random_shear", "random_translation", "random_rotation", "random_brightness", "random_color_degeneration",
    "random_contrast", "random_sharpness", "random_posterization", "solarization", "auto_contrast", "equalization",
)  # fmt: skip


@registry.layers.ship()
class RandAugment(AugmentingLayer):
    """While training, applies some layers, chosen at random for the batch, one after another (Cubuk et al., 2020).

    They are `RandomShear`, `RandomTranslation`, `RandomRotation`, `RandomBrightness`, `RandomColorDegeneration`,
    `RandomContrast`, `RandomSharpness`, `RandomPosterization`, `Solarization`, `AutoContrast` and `Equalization`.

    Args:
        value_range: minimum and maximum of the values of images.
        num_ops: number of layers applied.
        factor: their strength, two numbers in [0, 1], or a number f for (0, f).
        interpolation: "bilinear" or "nearest".
        seed: an integer, to repeat the changes.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> RandAugment()(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    _arguments = ("value_range", "num_ops", "factor", "interpolation", "seed")

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(_ORDER, value_range, factor, interpolation, seed, data_format, **kwargs)
        self.num_ops = positive_integer(num_ops, type(self).__name__, "num_ops")

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        indices = random.randint((self.num_ops,), 0, len(_ORDER), seed=seed)
        return {"transforms": self._sampled(sizes, seed), "layer_idxes": indices}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        return self._applied("transform_images", self._floats(images), transformation, training)

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        masks = ops.convert_to_tensor(segmentation_masks)
        return self._applied("transform_segmentation_masks", masks, transformation, training)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        return self._applied("transform_bounding_boxes", bounding_boxes, transformation, training)

    def _applied(self, method: str, x: Any, transformation: Any, training: bool) -> Any:
        if training and transformation is not None:
            for i in range(self.num_ops):
                x = self._one_of(method, x, transformation["layer_idxes"][i], transformation["transforms"])
        return x
