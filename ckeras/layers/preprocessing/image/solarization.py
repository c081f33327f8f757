"""Solarization."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, per_image, within
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range


@registry.layers.ship()
class Solarization(ColorLayer):
    """While training, adds a random number to values, and inverts those that are not below a random threshold.

    In the range from 0 to 255: y = x + addition, clipped, and the result is y below the threshold, else 255 - y.

    Args:
        addition_factor: range of the addition: two numbers (low, high) in [0, 1] for low to 255 high, or a number f for
            0 to 255 f.
        threshold_factor: the same for the threshold.
        value_range: minimum and maximum of the values of images.
        seed: an integer, to repeat the numbers.
        **kwargs: ``data_format``, ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> Solarization()(np.array([[[0.0], [200.0]]]), training=True)[0, :, 0].tolist()
    [255.0, 55.0]
    """

    _arguments = ("value_range", "addition_factor", "threshold_factor", "seed")

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(value_range, **kwargs)
        kind = type(self).__name__
        self.addition_factor = factor_range(addition_factor, kind, "addition_factor", (0, 1), symmetric=False)
        self.threshold_factor = factor_range(threshold_factor, kind, "threshold_factor", (0, 1), symmetric=False)
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        shape = (sizes.batch, 1, 1, 1)
        additions, thresholds = (
            random.uniform(shape, float(low), 255.0 * high, seed=seed)
            for low, high in (self.addition_factor, self.threshold_factor)
        )
        return {"additions": additions, "thresholds": thresholds}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        if transformation is None:
            return images
        addition, threshold = (
            per_image(ops.cast(transformation[k], images.dtype), images) for k in ("additions", "thresholds")
        )
        values = ops.clip(within(images, self.value_range, (0, 255)) + addition, 0.0, 255.0)
        return within(ops.where(values < threshold, values, 255.0 - values), (0, 255), self.value_range)
