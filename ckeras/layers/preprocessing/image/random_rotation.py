"""RandomRotation."""

from __future__ import annotations

import math
from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes
from ckeras.layers.preprocessing.image.options import factor_range
from ckeras.layers.preprocessing.image.warp import WarpLayer, matrix
from ckeras.utils.bounding_boxes import affine_transform, clip_to_image_size


@registry.layers.ship()
class RandomRotation(WarpLayer):
    """While training, rotates each image around its center by an angle from a range.

    Segmentation masks are rotated with it; boxes become the smallest ones around the rotated boxes.

    Args:
        factor: range of the angle as a fraction of 360 degrees, two numbers in [-1, 1], or a number f for (-f, f).
            Positive angles rotate counterclockwise.
        fill_mode: elements from outside of the image: "reflect", "wrap", "constant" or "nearest".
        interpolation: "bilinear" or "nearest".
        seed: an integer, to repeat the angles.
        fill_value: value for "constant".
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> quarter = RandomRotation((0.25, 0.25), data_format="channels_last")
    >>> quarter(np.arange(4.0).reshape(2, 2, 1), training=True)[:, :, 0].numpy().round(3).tolist()
    [[1.0, 3.0], [0.0, 2.0]]
    """

    _arguments = ("factor", "fill_mode", "fill_value", "interpolation", "seed")

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, fill_value, seed, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, type(self).__name__)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        low, high = (360.0 * f for f in self.factor)
        angle = random.uniform((sizes.batch,), low, high, seed=seed)
        return {
            "angle": angle,
            "rotation_matrix": _rotation(angle, sizes.height, sizes.width),
            "image_height": sizes.height,
            "image_width": sizes.width,
            "batch_size": sizes.batch,
        }

    def _matrix(self, transformation: Any, height: int, width: int) -> Any:
        return transformation["rotation_matrix"]

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        size = {"height": transformation["image_height"], "width": transformation["image_width"]}
        given = self.bounding_box_format
        boxes = affine_transform(
            bounding_boxes["boxes"], transformation["angle"], 0.0, 0.0, 1.0, 0.0, 0.0, **size, bounding_box_format=given
        )
        return clip_to_image_size({**bounding_boxes, "boxes": boxes}, **size, bounding_box_format=given)


def _rotation(degrees: Any, height: int, width: int) -> Any:
    """The map of a rotation around the center of images."""
    angle = degrees * (math.pi / 180.0)
    cos, sin = ops.cos(angle), ops.sin(angle)
    x, y = (width - 1) / 2.0, (height - 1) / 2.0
    return matrix(cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos)
