"""RandomPerspective."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import BaseImagePreprocessingLayer, Sizes, chosen, per_image
from ckeras.layers.preprocessing.image.options import INTERPOLATIONS, factor_range, is_number, one_of
from ckeras.ops.image.projections import homography


@registry.layers.ship()
class RandomPerspective(BaseImagePreprocessingLayer):
    """While training, distorts the perspective of some images: moves their corners by random distances.

    Segmentation masks are distorted too; boxes become boxes around the distorted ones.

    Args:
        factor: range of the probability to distort an image, two numbers in [0, 1], or a number p for (0, p).
        scale: how far corners move, in [0, 1]: at most that part of half of their coordinates.
        interpolation: "bilinear" or "nearest".
        fill_value: value of elements from outside of the image.
        seed: an integer, to repeat the distortions.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> RandomPerspective(scale=0.5)(np.ones((2, 8, 6, 3)), training=True).shape
    (2, 8, 6, 3)
    """

    _arguments = ("factor", "scale", "interpolation", "fill_value", "seed")

    def __init__(
        self,
        factor: Any = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(data_format=data_format, **kwargs)
        kind = type(self).__name__
        self.factor = factor_range(factor, kind, bounds=(0, 1))
        if not is_number(scale) or not 0 <= scale <= 1:
            raise ValueError(f"{kind} expects scale to be a number in [0, 1], got {scale!r}")
        if not is_number(fill_value):
            raise ValueError(f"{kind} expects fill_value to be a number, got {fill_value!r}")
        self.scale, self.fill_value = scale, fill_value
        self.interpolation = one_of(interpolation, INTERPOLATIONS, kind, "interpolation")
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        changed = chosen(sizes.batch, self.factor, seed)
        right, bottom = sizes.width - 1, sizes.height - 1
        corners = np.array([[0, 0], [right, 0], [0, bottom], [right, bottom]], "float32")
        start = ops.broadcast_to(corners, (sizes.batch, 4, 2))
        moved = random.uniform((sizes.batch, 4, 2), -0.5 * self.scale, 0.5 * self.scale, "float32", seed)
        return {
            "apply_perspective": changed,
            "start_points": start,
            "end_points": start + start * moved,
            "input_shape": sizes.shape,
        }

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        return self._distorted(self._floats(images), transformation, self.interpolation, training)

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self._distorted(ops.convert_to_tensor(segmentation_masks), transformation, "nearest", training)

    def _distorted(self, images: Any, transformation: Any, interpolation: str, training: bool) -> Any:
        if not training or transformation is None:
            return images
        found = ops.image.perspective_transform(
            images,
            transformation["start_points"],
            transformation["end_points"],
            interpolation=interpolation,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        return ops.where(per_image(transformation["apply_perspective"], images), found, images)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        size = self._size_in(transformation)
        changed = ops.reshape(transformation["apply_perspective"], (-1, 1, 1))
        # From elements of the image to those of the result: the inverse of the map of the images.
        maps = homography(*(ops.cast(transformation[k], "float32") for k in ("end_points", "start_points")))

        def moved(*corners: Any) -> Any:
            left, top, right, bottom = corners
            points = [_projected(maps, x, y) for x in (left, right) for y in (top, bottom)]
            xs, ys = (ops.concatenate(each, axis=-1) for each in zip(*points, strict=True))
            around = [f(v, axis=-1, keepdims=True) for f in (ops.min, ops.max) for v in (xs, ys)]
            return [ops.where(changed, new, old) for new, old in zip(around, corners, strict=True)]

        return self._move_boxes(bounding_boxes, size, size, moved)


def _projected(maps: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Points (batch, n, 1) under projections, matrices (batch, 3, 3)."""
    across, down, scale = (
        maps[:, i, 0][:, None, None] * x + maps[:, i, 1][:, None, None] * y + maps[:, i, 2][:, None, None]
        for i in range(3)
    )
    return across / scale, down / scale
