"""CenterCrop."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.preprocessing.image.crop import CropLayer, Window


@registry.layers.ship()
class CenterCrop(CropLayer):
    """Crops the central window of images.

    Where images are smaller than the window, it is the largest central window with the aspect ratio of the result,
    resized to its size. Boxes and segmentation masks are cropped too.

    Args:
        height, width: size of the result.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> CenterCrop(1, 2, data_format="channels_last")(np.arange(12.0).reshape(3, 4, 1))[:, :, 0].tolist()
    [[5.0, 6.0]]
    """

    _arguments = ("height", "width")

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any):
        super().__init__(height, width, data_format=data_format, **kwargs)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """Return the shape of the images; nothing is sampled."""
        return {"input_shape": self._sizes(data).shape}

    def _window(self, height: int, width: int) -> Window:
        if height < self.height or width < self.width:
            return self._largest(height, width)
        return (height - self.height) // 2, (width - self.width) // 2, self.height, self.width

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        return self._central(self._floats(images), "bilinear")

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return self._central(ops.convert_to_tensor(segmentation_masks), "nearest")

    def _central(self, images: Any, interpolation: str) -> Any:
        sizes = self._sizes(images)
        return self._cut(images, self._window(sizes.height, sizes.width), interpolation)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        size = self._size_in(transformation)
        return self._cut_boxes(bounding_boxes, self._window(*size), size)
