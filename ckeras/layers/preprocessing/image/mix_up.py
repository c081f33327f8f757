"""MixUp."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.base import Sizes
from ckeras.layers.preprocessing.image.mixing import MixingLayer
from ckeras.layers.preprocessing.image.options import is_number


@registry.layers.ship()
class MixUp(MixingLayer):
    """While training, replaces each image by w x + (1 - w) y, where y is another image of the batch.

    Labels, vectors such as one-hot ones, and segmentation masks are mixed with the same weights; an image gets the
    boxes of the other one too (Zhang et al., 2018).

    Args:
        alpha: parameter of the distribution Beta(alpha, alpha) of the weights w, above 0.
        data_format: "channels_last", "channels_first", or `None` for the default.
        seed: an integer, to repeat the mixtures.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> data = {"images": np.ones((2, 4, 4, 3)), "labels": np.eye(2)}
    >>> MixUp()(data, training=True)["labels"].numpy().sum(1).round(3).tolist()
    [1.0, 1.0]
    """

    _arguments = ("alpha", "seed")

    def __init__(self, alpha: float = 0.2, data_format: str | None = None, seed: int | None = None, **kwargs: Any):
        super().__init__(data_format=data_format, **kwargs)
        if not is_number(alpha) or not alpha > 0:
            raise ValueError(f"{type(self).__name__} expects alpha to be a number above 0, got {alpha!r}")
        self.alpha = alpha
        self._seed(seed)

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        order = random.shuffle(np.arange(sizes.batch, dtype="int64"), seed=seed)
        return {
            "mix_weight": random.beta((sizes.batch,), self.alpha, self.alpha, seed=seed),
            "permutation_order": order,
        }

    def transform_images(self, images: Any, transformation: Any = None, training: bool = True) -> Any:
        images = self._floats(images)
        return images if not training or transformation is None else self._mixed(images, transformation)

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        return self.transform_images(segmentation_masks, transformation, training)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        """Append the boxes of the other image, and their labels."""
        if not training or transformation is None:
            return bounding_boxes
        both = {k: ops.convert_to_tensor(bounding_boxes[k]) for k in ("boxes", "labels")}
        found = {k: ops.concatenate([v, self._others(v, transformation)], axis=1) for k, v in both.items()}
        return {**bounding_boxes, **found}
