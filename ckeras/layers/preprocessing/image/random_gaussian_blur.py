"""RandomGaussianBlur."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes, chosen, per_image
from ckeras.layers.preprocessing.image.color import ColorLayer
from ckeras.layers.preprocessing.image.options import factor_range, positive_integer


@registry.layers.ship()
class RandomGaussianBlur(ColorLayer):
    """While training, blurs some images with a Gaussian kernel, the same for the whole batch.

    Args:
        factor: range of the probability to blur an image, two numbers in [0, 1], or a number p for (0, p).
        kernel_size: width and height of the kernel, one odd integer or two.
        sigma: range of the standard deviation, in elements, two numbers in [0, 1], or a number s for (0, s).
        value_range: minimum and maximum of the values, to which results are clipped.
        data_format: "channels_last", "channels_first", or `None` for the default.
        seed: an integer, to repeat the blurs.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> RandomGaussianBlur(kernel_size=5)(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    _arguments = ("factor", "kernel_size", "sigma", "value_range", "seed")

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(value_range, data_format=data_format, **kwargs)
        kind = type(self).__name__
        self.factor = factor_range(factor, kind, bounds=(0, 1))
        self.sigma = factor_range(sigma, kind, "sigma", (0, 1))
        sizes = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size, kernel_size)
        self.kernel_size = tuple(positive_integer(size, kind, "kernel_size") for size in sizes)
        if len(sizes) != 2 or any(size % 2 == 0 for size in self.kernel_size):
            raise ValueError(f"{kind} expects kernel_size to be an odd integer or two, got {kernel_size!r}")
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        return {
            "should_apply_blur": chosen(sizes.batch, self.factor, seed),
            "blur_factor": random.uniform((2,), *map(float, self.sigma), "float32", seed) + 1e-6,
        }

    def _recolored(self, images: Any, transformation: Any) -> Any:
        if transformation is None:
            return images
        blurred = ops.image.gaussian_blur(
            images, self.kernel_size, transformation["blur_factor"], data_format=self.data_format
        )
        found = ops.where(per_image(transformation["should_apply_blur"], images), blurred, images)
        return ops.clip(found, *self.value_range)
