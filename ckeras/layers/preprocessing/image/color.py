"""The base of layers that change the colors of images."""

from __future__ import annotations

from typing import Any

from ckeras.layers.preprocessing.image.base import BaseImagePreprocessingLayer
from ckeras.layers.preprocessing.image.options import value_range_of


class ColorLayer(BaseImagePreprocessingLayer):
    """Base of layers that change values of images alone: labels, boxes and segmentation masks stay.

    A subclass computes in `_recolored` what images become while training; they are floats.

    Args:
        value_range: minimum and maximum of the values of images.
        **kwargs: those of `BaseImagePreprocessingLayer`.
    """

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any):
        super().__init__(**kwargs)
        self.value_range = value_range_of(value_range, type(self).__name__)

    def _recolored(self, images: Any, transformation: Any) -> Any:
        """The images with other colors."""
        raise NotImplementedError

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        images = self._floats(images)
        return self._recolored(images, transformation) if training else images

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        return bounding_boxes

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return segmentation_masks
