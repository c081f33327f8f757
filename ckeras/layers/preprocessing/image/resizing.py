"""Resizing."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.preprocessing.image.options import is_number, one_of
from ckeras.layers.preprocessing.image.sized import SizedLayer

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


@registry.layers.ship()
class Resizing(SizedLayer):
    """Resizes images, in their dtype; integers are rounded.

    Boxes and segmentation masks are resized too, masks without interpolation.

    Args:
        height, width: size of the result.
        interpolation: "bilinear", "nearest", "bicubic" (Keys, 1981), "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: whether to crop images to the aspect ratio of the result first, instead of distorting.
        pad_to_aspect_ratio: whether to pad them to it instead.
        fill_mode: "constant".
        fill_value: of the padding.
        antialias: whether to widen the kernel of the interpolation when downscaling.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> Resizing(1, 3, data_format="channels_last")(np.array([[[0.0], [6.0]]]))[:, :, 0].tolist()
    [[0.0, 3.0, 6.0]]
    """

    _arguments = (
        "height", "width", "interpolation", "crop_to_aspect_ratio", "pad_to_aspect_ratio", "fill_mode", "fill_value",
        "antialias",
    )  # fmt: skip

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(height, width, data_format=data_format, **kwargs)
        kind = type(self).__name__
        self.interpolation = one_of(interpolation, INTERPOLATIONS, kind, "interpolation")
        self.fill_mode = one_of(fill_mode, ("constant",), kind, "fill_mode")
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError(
                f"{kind} expects at most one of crop_to_aspect_ratio and pad_to_aspect_ratio to be true, got both"
            )
        if not is_number(fill_value):
            raise ValueError(f"{kind} expects fill_value to be a number, got {fill_value!r}")
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = crop_to_aspect_ratio, pad_to_aspect_ratio
        self.fill_value, self.antialias = fill_value, bool(antialias)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """Return the height and the width of the images; nothing is sampled."""
        return self._sizes(data)[1:3]

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        return self._resized(images, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self._resized(segmentation_masks, "nearest")

    def _resized(self, images: Any, interpolation: str) -> Any:
        return ops.image.resize(
            images,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        """Resize boxes; those of zeros or of -1, which stand for none, become zeros."""
        given = bounding_boxes["boxes"]
        none = ops.logical_or(ops.all(given == -1, axis=-1, keepdims=True), ops.all(given == 0, axis=-1, keepdims=True))
        (down, top), (across, left) = self._placement(*transformation)
        found = self._move_boxes(
            bounding_boxes,
            transformation,
            (self.height, self.width),
            lambda x0, y0, x1, y1: (x0 * across + left, y0 * down + top, x1 * across + left, y1 * down + top),
        )
        return {**found, "boxes": ops.where(none, 0.0, found["boxes"])}

    def _placement(self, height: int, width: int) -> tuple[tuple[float, float], tuple[float, float]]:
        """Factor and offset of the coordinates of boxes, down and across."""
        ratios = self.height / height, self.width / width
        if not (self.crop_to_aspect_ratio or self.pad_to_aspect_ratio):
            return (ratios[0], 0.0), (ratios[1], 0.0)
        scale = min(ratios) if self.pad_to_aspect_ratio else max(ratios)
        margins = (self.height - height * scale) / 2, (self.width - width * scale) / 2
        if self.pad_to_aspect_ratio:  # in pixels, as the images are padded
            margins = tuple(float(int(m)) for m in margins)
        else:
            margins = tuple(-float(int(-m)) for m in margins)
        return (scale, margins[0]), (scale, margins[1])
