"""RandomElasticTransform."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, chosen, per_image
from ckeras.layers.preprocessing.image.options import factor_range, value_range_of
from ckeras.layers.preprocessing.image.warp import WarpLayer
from ckeras.ops.image.elastic import displaced


@registry.layers.ship()
class RandomElasticTransform(WarpLayer):
    """While training, deforms some images elastically: moves their elements by smooth random fields.

    The strength s of the deformation gives displacement fields of the scale 0.1 s max(height, width), smoothed with a
    Gaussian of the standard deviation 0.05 s min(height, width) (Simard et al., 2003). Segmentation masks are deformed
    by the same fields; bounding boxes are not supported.

    Args:
        factor: range of the probability to deform an image, two numbers in [0, 1], or a number p for (0, p).
        scale: range of the strength, two numbers in [0, 1], or a number s for (0, s).
        interpolation: "bilinear" or "nearest".
        fill_mode: elements from outside of the image: "reflect", "wrap", "constant", "nearest" or "mirror".
        fill_value: value for "constant".
        value_range: minimum and maximum of the values, to which results are clipped.
        seed: an integer, to repeat the deformations.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: arguments of `Layer`.

    >>> import numpy as np
    >>> RandomElasticTransform(scale=0.5)(np.ones((2, 8, 6, 3)), training=True).shape
    (2, 8, 6, 3)
    """

    _arguments = ("factor", "scale", "interpolation", "fill_mode", "fill_value", "value_range", "seed")
    _fill_modes = (*WarpLayer._fill_modes, "mirror")

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(fill_mode, interpolation, fill_value, seed, data_format=data_format, **kwargs)
        kind = type(self).__name__
        self.factor = factor_range(factor, kind, bounds=(0, 1))
        self.scale = factor_range(scale, kind, "scale", (0, 1))
        self.value_range = value_range_of(value_range, kind)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        if not self.scale[1] or not self.factor[1]:
            return None
        return {
            "apply_transform": chosen(sizes.batch, self.factor, seed),
            "distortion_factor": random.uniform((), *map(float, self.scale), "float32", seed),
            "seed": random.draw_seed(seed),
        }

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        images = self._floats(images)
        if not training or transformation is None:
            return images
        return ops.clip(self._warped(images, transformation, self.interpolation), *self.value_range)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not transform bounding boxes")

    def _warped(self, images: Any, transformation: Any, interpolation: str) -> Any:
        images = ops.convert_to_tensor(images)
        if transformation is None:
            return images
        sizes = self._sizes(images)
        strength = ops.cast(transformation["distortion_factor"], "float32")
        least = 0.05 * min(sizes.height, sizes.width)
        found = displaced(
            images,
            alpha=0.1 * max(sizes.height, sizes.width) * strength,
            sigma=ops.maximum(least * strength, 1e-3),
            kernel_size=int(6 * least * self.scale[1]) | 1,
            seed=transformation["seed"],
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        return ops.where(per_image(transformation["apply_transform"], images), found, images)
