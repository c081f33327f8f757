"""RandomShear."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes
from ckeras.layers.preprocessing.image.options import factor_range
from ckeras.layers.preprocessing.image.warp import WarpLayer, matrix


@registry.layers.ship()
class RandomShear(WarpLayer):
    """While training, shears each image, in one direction or the other.

    The element at column x and row y comes from column x + a y and row y + b x, where a and b are sampled from the two
    ranges and get one sign at random. Segmentation masks are sheared too; boxes become boxes around the sheared ones.

    Args:
        x_factor: range of a, two numbers, or a number f in [0, 1] for (-f, f).
        y_factor: range of b.
        interpolation: "bilinear" or "nearest".
        fill_mode: elements from outside of the image: "reflect", "wrap", "constant" or "nearest".
        fill_value: value for "constant".
        data_format: "channels_last", "channels_first", or `None` for the default.
        seed: an integer, to repeat the factors.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> layer = RandomShear(0.5, fill_mode="constant", data_format="channels_last")
    >>> image = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> layer.transform_images(image, {"shear_factor": np.array([[1.0, 0.0]])})[0, :, :, 0].tolist()
    [[0.0, 1.0, 2.0], [4.0, 5.0, 0.0], [8.0, 0.0, 0.0]]
    """

    _arguments = ("x_factor", "y_factor", "fill_mode", "interpolation", "seed", "fill_value")

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, fill_value, seed, data_format=data_format, **kwargs)
        kind = type(self).__name__
        self.x_factor, self.y_factor = (
            factor_range(x_factor, kind, "x_factor"),
            factor_range(y_factor, kind, "y_factor"),
        )

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        shape = (sizes.batch, 1)
        sign = ops.where(random.uniform(shape, seed=seed) > 0.5, -1.0, 1.0)
        y, x = (random.uniform(shape, *map(float, limits), seed=seed) for limits in (self.y_factor, self.x_factor))
        return {"shear_factor": ops.concatenate([x, y], axis=1) * sign, "input_shape": sizes.shape}

    def _matrix(self, transformation: Any, height: int, width: int) -> Any:
        shear = ops.cast(transformation["shear_factor"], "float32")
        return matrix(1.0, shear[:, 0], 0.0, shear[:, 1], 1.0, 0.0)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        size = self._size_in(transformation)
        shear = ops.cast(transformation["shear_factor"], "float32")
        a, b = shear[:, 0][:, None, None], shear[:, 1][:, None, None]

        def sheared(left: Any, top: Any, right: Any, bottom: Any) -> Any:
            left = left - ops.maximum(a * top, a * bottom)
            right = right - ops.minimum(a * top, a * bottom)
            return left, top - ops.maximum(b * left, b * right), right, bottom - ops.minimum(b * left, b * right)

        return self._move_boxes(bounding_boxes, size, size, sheared)
