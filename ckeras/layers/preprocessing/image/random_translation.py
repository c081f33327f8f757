"""RandomTranslation."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes
from ckeras.layers.preprocessing.image.options import factor_range
from ckeras.layers.preprocessing.image.warp import WarpLayer, matrix


@registry.layers.ship()
class RandomTranslation(WarpLayer):
    """While training, shifts each image.

    Boxes and segmentation masks are shifted with it.

    Args:
        height_factor: range of the shift down as a fraction of the height, two numbers in [-1, 1], or a number f for
            (-f, f).
        width_factor: the same for the shift to the right.
        fill_mode: elements from outside of the image: "reflect", "wrap", "constant" or "nearest".
        interpolation: "bilinear" or "nearest".
        seed: an integer, to repeat the shifts.
        fill_value: value for "constant".
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> layer = RandomTranslation(0.0, (0.25, 0.25), fill_mode="constant", data_format="channels_last")
    >>> layer(np.arange(4.0).reshape(1, 4, 1), training=True)[0, :, 0].tolist()
    [0.0, 0.0, 1.0, 2.0]
    """

    _arguments = ("height_factor", "width_factor", "fill_mode", "interpolation", "seed", "fill_value")

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, fill_value, seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        kind = type(self).__name__
        self._down = factor_range(height_factor, kind, "height_factor")
        self._right = factor_range(width_factor, kind, "width_factor")

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        down, right = (
            random.uniform((sizes.batch, 1), *map(float, limits), seed=seed) * float(size)
            for limits, size in ((self._down, sizes.height), (self._right, sizes.width))
        )
        return {"translations": ops.concatenate([right, down], axis=1), "input_shape": sizes.shape}

    def _matrix(self, transformation: Any, height: int, width: int) -> Any:
        shifts = ops.cast(transformation["translations"], "float32")
        return matrix(1.0, 0.0, -shifts[:, 0], 0.0, 1.0, -shifts[:, 1])

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        size = self._size_in(transformation)
        shifts = ops.cast(transformation["translations"], "float32")
        x, y = shifts[:, 0][:, None, None], shifts[:, 1][:, None, None]
        return self._move_boxes(
            bounding_boxes,
            size,
            size,
            lambda left, top, right, bottom: (left + x, top + y, right + x, bottom + y),
        )
