"""RandomFlip."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import BaseImagePreprocessingLayer, Sizes, per_image
from ckeras.layers.preprocessing.image.options import one_of

HORIZONTAL, VERTICAL, HORIZONTAL_AND_VERTICAL = "horizontal", "vertical", "horizontal_and_vertical"


@registry.layers.ship()
class RandomFlip(BaseImagePreprocessingLayer):
    """While training, flips each image with probability 1/2.

    Boxes and segmentation masks are flipped with it.

    Args:
        mode: "horizontal" exchanges left and right, "vertical" top and bottom, "horizontal_and_vertical" both at once.
        seed: an integer, to repeat the flips.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> layer = RandomFlip("horizontal", data_format="channels_last")
    >>> image = np.arange(4.0).reshape(1, 2, 2, 1)
    >>> flipped = layer.transform_images(image, {"flips": np.ones((1, 1, 1, 1), bool)})
    >>> flipped[0, :, :, 0].tolist()
    [[1.0, 0.0], [3.0, 2.0]]
    """

    _arguments = ("seed", "mode")

    def __init__(
        self,
        mode: str = HORIZONTAL_AND_VERTICAL,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.mode = one_of(mode, (HORIZONTAL, VERTICAL, HORIZONTAL_AND_VERTICAL), type(self).__name__, "mode")
        self._seed(seed)
        rows, columns = self._plane
        self._axes = [axis for axis, other in ((columns, VERTICAL), (rows, HORIZONTAL)) if mode != other]

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        return {"flips": random.uniform((sizes.batch, 1, 1, 1), seed=seed) <= 0.5, "input_shape": sizes.shape}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        return self._flipped(self._floats(images), transformation, training)

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self._flipped(ops.convert_to_tensor(segmentation_masks), transformation, training)

    def _flipped(self, images: Any, transformation: Any, training: bool) -> Any:
        if not training or transformation is None:
            return images
        return ops.where(per_image(transformation["flips"], images), ops.flip(images, axis=self._axes), images)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        flips = ops.reshape(transformation["flips"], (-1, 1, 1))
        size = height, width = self._size_in(transformation)

        def flipped(left: Any, top: Any, right: Any, bottom: Any) -> Any:
            if self.mode != VERTICAL:
                left, right = ops.where(flips, width - right, left), ops.where(flips, width - left, right)
            if self.mode != HORIZONTAL:
                top, bottom = ops.where(flips, height - bottom, top), ops.where(flips, height - top, bottom)
            return left, top, right, bottom

        return self._move_boxes(bounding_boxes, size, size, flipped)
