"""RandomErasing."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, chosen, per_image
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range, is_number
from ckeras.layers.preprocessing.image.windows import inside, sampled_span


@registry.layers.ship()
class RandomErasing(ColorLayer):
    """While training, overwrites a random rectangle of some images (Zhong et al., 2020).

    Args:
        factor: range of the probability to change an image, two numbers in [0, 1], or a number p for (0, p).
        scale: range of the squares of the sides of the rectangle as parts of those of the image, two numbers in [0, 1],
            or a number s for (0, s).
        fill_value: what the rectangle is filled with: a number, three numbers for the channels, or `None` for normal
            noise with the standard deviation of the maximum of values.
        value_range: minimum and maximum of the values of images, to which the filling is clipped.
        seed: an integer, to repeat the rectangles.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> erased = RandomErasing((1.0, 1.0), scale=(1.0, 1.0), fill_value=7.0)
    >>> np.unique(erased(np.ones((2, 4, 4, 3)), training=True)).tolist()
    [7.0]
    """

    _arguments = ("factor", "scale", "fill_value", "value_range", "seed")

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(value_range, data_format=data_format, **kwargs)
        kind = type(self).__name__
        self.factor = factor_range(factor, kind, bounds=(0, 1))
        self.scale = factor_range(scale, kind, "scale", (0, 1))
        numbers = isinstance(fill_value, (tuple, list)) and len(fill_value) == 3 and all(map(is_number, fill_value))
        if fill_value is not None and not is_number(fill_value) and not numbers:
            raise ValueError(f"{kind} expects fill_value to be a number, three numbers or None, got {fill_value!r}")
        self.fill_value = fill_value
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        sides = ops.sqrt(random.uniform((sizes.batch, 2), *map(float, self.scale), "float32", seed))
        across, down = (sampled_span(sides[:, i], n, seed) for i, n in enumerate((sizes.width, sizes.height)))
        return {
            "apply_erasing": chosen(sizes.batch, self.factor, seed),
            "batch_masks": inside(down, across, sizes, self.data_format),
            "fill_value": ops.clip(self._filling(sizes, seed), *self.value_range),
        }

    def _filling(self, sizes: Sizes, seed: Any) -> Any:
        if self.fill_value is None:
            return random.normal(sizes.shape, dtype=self.variable_dtype, seed=seed) * float(self.value_range[1])
        values = ops.convert_to_tensor(self.fill_value, self.variable_dtype)
        return ops.reshape(values, (-1, 1, 1)) if self.data_format == "channels_first" and values.shape else values

    def _recolored(self, images: Any, transformation: Any) -> Any:
        fill = ops.cast(transformation["fill_value"], images.dtype)
        masks = transformation["batch_masks"]
        changed = ops.logical_and(
            masks if len(images.shape) == 4 else masks[0], per_image(transformation["apply_erasing"], images)
        )
        return ops.where(changed, fill, images)
