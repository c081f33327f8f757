"""CutMix."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes
from ckeras.layers.preprocessing.image.mixing import MixingLayer
from ckeras.layers.preprocessing.image.options import factor_range
from ckeras.layers.preprocessing.image.windows import inside, sampled_span


@registry.layers.ship()
class CutMix(MixingLayer):
    """While training, replaces a random rectangle of each image by that of another one of the batch (Yun et al., 2019).

    Labels, vectors such as one-hot ones, are mixed by the areas; segmentation masks are cut as the images are. One
    image without a batch stays. Bounding boxes are not supported.

    Args:
        factor: range of alpha, two numbers in [0, 1], or a number a for (0, a): the rectangles cover parts of the image
            from the distribution Beta(alpha, alpha).
        seed: an integer, to repeat the mixtures.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: arguments of `Layer`.

    >>> import numpy as np
    >>> data = {"images": np.ones((2, 4, 4, 3)), "labels": np.eye(2)}
    >>> CutMix()(data, training=True)["labels"].numpy().sum(1).round(3).tolist()
    [1.0, 1.0]
    """

    _arguments = ("factor", "seed")

    def __init__(self, factor: Any = 1.0, seed: int | None = None, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format=data_format, **kwargs)
        self.factor = factor_range(factor, type(self).__name__, bounds=(0, 1))
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        if len(sizes.shape) == 3:
            return None
        alpha = random.uniform((), *map(float, self.factor), "float32", seed) + 1e-6
        weight = random.beta((sizes.batch,), alpha, alpha, "float32", seed)
        side = ops.sqrt(1.0 - weight)
        across, down = (sampled_span(side, n, seed) for n in (sizes.width, sizes.height))
        area = (across[1] - across[0]) * (down[1] - down[0]) / float(sizes.width * sizes.height)
        return {
            "permutation_order": random.shuffle(np.arange(sizes.batch, dtype="int32"), seed=seed),
            "batch_masks": inside(down, across, sizes, self.data_format),
            "mix_weight": ops.reshape(1.0 - area, (-1, 1, 1, 1)),
        }

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        return self._cut(self._floats(images), transformation, training)

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self._cut(ops.convert_to_tensor(segmentation_masks), transformation, training)

    def _cut(self, images: Any, transformation: Any, training: bool) -> Any:
        if not training or transformation is None:
            return images
        return ops.where(transformation["batch_masks"], self._others(images, transformation), images)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not transform bounding boxes")
