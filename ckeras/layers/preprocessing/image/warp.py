"""The base of layers that move the elements of images by an affine map."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.layers.preprocessing.image.base import BaseImagePreprocessingLayer
from ckeras.layers.preprocessing.image.options import FILL_MODES, INTERPOLATIONS, is_number, one_of


class WarpLayer(BaseImagePreprocessingLayer):
    """Base of layers whose transformation is an affine map of coordinates.

    A subclass gives in `_matrix` the eight numbers of `ckeras.ops.image.affine_transform` for each image of a batch.
    Segmentation masks are moved with them, without interpolation.

    Args:
        fill_mode: elements from outside of the image: "reflect" (mirrored), "wrap" (from the other side), "constant"
            (``fill_value``) or "nearest" (the outermost).
        interpolation: "bilinear" or "nearest".
        fill_value: value for "constant".
        seed: an integer, to repeat the transformations.
    """

    _fill_modes = FILL_MODES

    def __init__(self, fill_mode: str, interpolation: str, fill_value: float, seed: int | None, **kwargs: Any):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.fill_mode = one_of(fill_mode, self._fill_modes, kind, "fill_mode")
        self.interpolation = one_of(interpolation, INTERPOLATIONS, kind, "interpolation")
        if not is_number(fill_value):
            raise ValueError(f"{kind} expects fill_value to be a number, got {fill_value!r}")
        self.fill_value = fill_value
        self._seed(seed)

    def _matrix(self, transformation: Any, height: int, width: int) -> Any:
        """Eight numbers for each image: the map from coordinates of the result to those of the image."""
        raise NotImplementedError(f"{type(self).__name__} has no matrix")

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        images = self._floats(images)
        return self._warped(images, transformation, self.interpolation) if training else images

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self._warped(segmentation_masks, transformation, "nearest") if training else segmentation_masks

    def _warped(self, images: Any, transformation: Any, interpolation: str) -> Any:
        if transformation is None:
            return images
        sizes = self._sizes(images)
        return ops.image.affine_transform(
            images,
            self._matrix(transformation, sizes.height, sizes.width),
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )


def matrix(*rows: Any) -> Any:
    """Stack the six numbers of an affine map, tensors (batch,) or numbers, to (batch, 8)."""
    like = next(r for r in rows if hasattr(r, "shape"))
    columns = [*rows, 0.0, 0.0]
    return ops.stack([r if hasattr(r, "shape") else ops.full_like(like, r) for r in columns], axis=1)
