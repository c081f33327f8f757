"""The base of layers whose result has a given height and width."""

from __future__ import annotations

from typing import Any

from ckeras.layers.preprocessing.image.base import BaseImagePreprocessingLayer
from ckeras.layers.preprocessing.image.options import positive_integer


class SizedLayer(BaseImagePreprocessingLayer):
    """Base of layers that give images and segmentation masks a height and a width.

    Args:
        height, width: size of the result.
        **kwargs: those of `BaseImagePreprocessingLayer`.
    """

    def __init__(self, height: int, width: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.height = positive_integer(height, type(self).__name__, "height")
        self.width = positive_integer(width, type(self).__name__, "width")

    def compute_output_shape(self, input_shape: Any) -> Any:
        if isinstance(input_shape, dict):
            changed = {"images", "segmentation_masks"}
            return {k: self.compute_output_shape(s) if k in changed else s for k, s in input_shape.items()}
        shape = list(input_shape)
        if len(shape) not in (3, 4):
            raise ValueError(f"layer {self.name!r} expects images with 3 or 4 axes, got the shape {tuple(shape)}")
        rows, columns = self._plane
        shape[rows], shape[columns] = self.height, self.width
        return tuple(shape)
