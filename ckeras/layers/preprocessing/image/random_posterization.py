"""RandomPosterization."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, per_image, within
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range


@registry.layers.ship()
class RandomPosterization(ColorLayer):
    """While training, keeps only some of the leading bits of values, which are taken as bytes.

    Args:
        factor: number of bits: two integers (low, high) in [1, 8] for low to high - 1, or a number n for 1 to n - 1;
            two equal ones are the number itself.
        value_range: minimum and maximum of the values of images.
        data_format: "channels_last", "channels_first", or `None` for the default.
        seed: an integer, to repeat the numbers.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> RandomPosterization((2, 2))(np.array([[[60.0], [130.0], [200.0]]]), training=True)[0, :, 0].tolist()
    [0.0, 128.0, 192.0]
    """

    _arguments = ("factor", "value_range", "seed")

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(value_range, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, type(self).__name__, bounds=(1, 8))
        if any(int(bits) != bits for bits in self.factor):
            raise ValueError(f"{type(self).__name__} expects factor to be integers, got {factor!r}")
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        low, high = map(int, self.factor)
        return {"shift_factor": 8 - random.randint((sizes.batch,), low, max(high, low + 1), "uint8", seed)}

    def _recolored(self, images: Any, transformation: Any) -> Any:
        shift = per_image(ops.cast(transformation["shift_factor"], "uint8"), images)
        values = ops.cast(ops.clip(within(images, self.value_range, (0, 255)), 0.0, 255.0), "uint8")
        kept = ops.left_shift(ops.right_shift(values, shift), shift)
        return within(ops.cast(kept, images.dtype), (0, 255), self.value_range)
