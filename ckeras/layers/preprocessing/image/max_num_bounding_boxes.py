"""MaxNumBoundingBoxes."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.preprocessing.image.base import BaseImagePreprocessingLayer
from ckeras.layers.preprocessing.image.options import is_number, positive_integer


@registry.layers.ship()
class MaxNumBoundingBoxes(BaseImagePreprocessingLayer):
    """Gives each image the same number of bounding boxes: cuts off further ones, and pads missing ones.

    Args:
        max_number: number of boxes.
        fill_value: coordinates and labels of the boxes added.
        **kwargs: ``bounding_box_format``, ``data_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> boxes = {"boxes": np.ones((2, 1, 4)), "labels": np.zeros((2, 1))}
    >>> layer = MaxNumBoundingBoxes(3, bounding_box_format="xyxy")
    >>> layer({"images": np.ones((2, 4, 4, 3)), "bounding_boxes": boxes})["bounding_boxes"]["labels"].tolist()
    [[0.0, -1.0, -1.0], [0.0, -1.0, -1.0]]
    """

    _arguments = ("max_number", "fill_value")

    def __init__(self, max_number: int, fill_value: int = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.max_number = positive_integer(max_number, type(self).__name__, "max_number")
        if not is_number(fill_value):
            raise ValueError(f"{type(self).__name__} expects fill_value to be a number, got {fill_value!r}")
        self.fill_value = int(fill_value)

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        return images

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return segmentation_masks

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        found = dict(bounding_boxes)
        for name in ("boxes", "labels"):
            kept = ops.convert_to_tensor(bounding_boxes[name])[:, : self.max_number]
            widths = [(0, 0)] * len(kept.shape)
            widths[1] = (0, self.max_number - kept.shape[1])
            found[name] = ops.pad(kept, widths, constant_values=self.fill_value)
        return found

    def compute_output_shape(self, input_shape: Any) -> Any:
        if not isinstance(input_shape, dict) or "bounding_boxes" not in input_shape:
            return input_shape
        boxes = input_shape["bounding_boxes"]
        unknown = sorted(set(boxes) - {"boxes", "labels"})
        if unknown:
            raise KeyError(f"layer {self.name!r} expects bounding_boxes of 'boxes' and 'labels', got {unknown} too")
        found = {k: (s[0], self.max_number, *s[2:]) for k, s in boxes.items()}
        return {**input_shape, "bounding_boxes": found}
