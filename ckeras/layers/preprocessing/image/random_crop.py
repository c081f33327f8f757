"""RandomCrop."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.crop import CropLayer


@registry.layers.ship()
class RandomCrop(CropLayer):
    """While training, crops one random window of images, the same for the whole batch.

    At other times, and where images are smaller than the window, it is the largest central
    window with the aspect ratio of the result, resized to its size. Boxes and segmentation masks are cropped too.

    Args:
        height, width: size of the result.
        seed: an integer, to repeat the windows.
        data_format: "channels_last", "channels_first", or `None` for the default.
        name: of the layer.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> RandomCrop(4, 4)(np.ones((2, 8, 6, 3)), training=True).shape
    (2, 4, 4, 3)
    """

    _arguments = ("height", "width", "seed")

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(height, width, name=name, data_format=data_format, **kwargs)
        self._seed(random.make_default_seed() if seed is None else seed)

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """Sample the window: its row, column, height and width."""
        sizes = self._sizes(data)
        spare = sizes.height - self.height, sizes.width - self.width
        window = self._largest(sizes.height, sizes.width)
        if training and min(spare) >= 0:
            seed = self.generator if seed is None else seed
            start = [random.randint((), 0, n + 1, seed=seed) for n in spare]
            window = (*start, self.height, self.width)
        return {"window": window, "input_shape": sizes.shape}

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        return self._cut(self._floats(images), transformation["window"])

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self._cut(ops.convert_to_tensor(segmentation_masks), transformation["window"], "nearest")

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        return self._cut_boxes(bounding_boxes, transformation["window"], self._size_in(transformation))
