"""RandomZoom."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes
from ckeras.layers.preprocessing.image.options import factor_range
from ckeras.layers.preprocessing.image.warp import WarpLayer, matrix


@registry.layers.ship()
class RandomZoom(WarpLayer):
    """While training, zooms each image in or out, around its center.

    Boxes and segmentation masks are zoomed with it.

    Args:
        height_factor: range from which the change of the visible height is sampled, two numbers in (-1, 1], or a
            number f for (-f, f): 0.2 shows 1.2 times the height, so that everything gets smaller.
        width_factor: the same for the width; that of the height, which keeps the aspect ratio, if `None`.
        fill_mode: elements from outside of the image: "reflect", "wrap", "constant" or "nearest".
        interpolation: "bilinear" or "nearest".
        seed: an integer, to repeat the factors.
        fill_value: value for "constant".
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> half = RandomZoom((-0.5, -0.5), interpolation="nearest", data_format="channels_last")
    >>> half(np.arange(5.0).reshape(1, 5, 1), training=True)[0, :, 0].tolist()
    [1.0, 2.0, 2.0, 3.0, 3.0]
    """

    _arguments = ("height_factor", "width_factor", "fill_mode", "interpolation", "seed", "fill_value")

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, fill_value, seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._height_zoom = self._zooms(height_factor, "height_factor")
        self._width_zoom = None if width_factor is None else self._zooms(width_factor, "width_factor")

    def _zooms(self, factor: Any, name: str) -> tuple[float, float]:
        low, high = factor_range(factor, type(self).__name__, name)
        if low == -1:
            raise ValueError(f"{type(self).__name__} expects {name} to be above -1, got {factor!r}")
        return 1.0 + low, 1.0 + high

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        height = random.uniform((sizes.batch, 1), *self._height_zoom, seed=seed)
        width = height
        if self._width_zoom is not None:
            width = random.uniform((sizes.batch, 1), *self._width_zoom, seed=seed)
        return {"height_zoom": height, "width_zoom": width, "input_shape": sizes.shape}

    def _matrix(self, transformation: Any, height: int, width: int) -> Any:
        (x, left), (y, top) = _visible(transformation, height, width)
        return matrix(x, 0.0, left, 0.0, y, top)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        size = height, width = self._size_in(transformation)
        across, down = (
            tuple(ops.reshape(v, (-1, 1, 1)) for v in window) for window in _visible(transformation, height, width)
        )

        def zoomed(*corners: Any) -> Any:
            return [(at - start) / zoom for at, (zoom, start) in zip(corners, (across, down) * 2, strict=True)]

        return self._move_boxes(bounding_boxes, size, size, zoomed)


def _visible(transformation: Any, height: int, width: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """For the width and the height: the zoom, and where the visible part begins, each of shape (batch,)."""
    zooms = (ops.reshape(ops.cast(transformation[k], "float32"), (-1,)) for k in ("width_zoom", "height_zoom"))
    return tuple((zoom, (size - 1) / 2.0 * (1.0 - zoom)) for zoom, size in zip(zooms, (width, height), strict=True))
