"""AugMix."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.preprocessing.image.augmentations import AugmentingLayer
from ckeras.layers.preprocessing.image.base import Sizes
from ckeras.layers.preprocessing.image.options import is_number, positive_integer

_MOVES = (
    "random_shear", "random_translation", "random_rotation", "random_posterization", "solarization", "auto_contrast",
    "equalization",
)  # fmt: skip
_ALL = (*_MOVES, "random_brightness", "random_color_degeneration", "random_contrast", "random_sharpness")


@registry.layers.ship()
class AugMix(AugmentingLayer):
    """While training, mixes images with a mixture of what chains of random layers make of them.

    The layers are those of `RandAugment`, chosen for the batch; a chain may leave out steps (Hendrycks et al., 2020).
    The weights of the chains
    are from the distribution Dirichlet(alpha), that of the images from Beta(alpha, alpha). Segmentation masks are mixed
    in the same way, in floats; boxes stay.

    Args:
        value_range: minimum and maximum of the values of images.
        num_chains: number of chains.
        chain_depth: number of layers in a chain.
        factor: their strength, two numbers in [0, 1], or a number f for (0, f).
        alpha: parameter of the distributions, above 0.
        all_ops: whether to use the layers that the paper leaves out too: brightness, color, contrast, sharpness.
        interpolation: "bilinear" or "nearest".
        seed: an integer, to repeat the changes.
        data_format: "channels_last", "channels_first", or `None` for the default.
        **kwargs: ``bounding_box_format`` and the arguments of `Layer`.

    >>> import numpy as np
    >>> AugMix()(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    _arguments = (
        "value_range", "num_chains", "chain_depth", "factor", "alpha", "all_ops", "interpolation", "seed",
    )  # fmt: skip

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        names = _ALL if all_ops else _MOVES
        super().__init__(names, value_range, factor, interpolation, seed, data_format, **kwargs)
        kind = type(self).__name__
        self.num_chains = positive_integer(num_chains, kind, "num_chains")
        self.chain_depth = positive_integer(chain_depth, kind, "chain_depth")
        if not is_number(alpha) or not alpha > 0:
            raise ValueError(f"{kind} expects alpha to be a number above 0, got {alpha!r}")
        self.alpha, self.all_ops = alpha, all_ops

    def _sample(self, sizes: Sizes, seed: Any) -> Any:
        shares = random.gamma((self.num_chains,), self.alpha, seed=seed)
        chosen = random.randint((self.num_chains, self.chain_depth), 0, len(self._names) + 1, seed=seed)
        chains = [
            [
                {"layer_index": chosen[i, j], "transformations": self._sampled(sizes, seed)}
                for j in range(self.chain_depth)
            ]
            for i in range(self.num_chains)
        ]
        return {
            "chain_mixing_weights": shares / ops.sum(shares),
            "weight_sample": random.beta((), self.alpha, self.alpha, seed=seed),
            "chain_transforms": chains,
        }

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        images = self._floats(images)
        if not training or transformation is None:
            return images
        return ops.clip(self._mixture("transform_images", images, transformation), *self.value_range)

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        masks = self._floats(segmentation_masks)
        if not training or transformation is None:
            return masks
        return self._mixture("transform_segmentation_masks", masks, transformation)

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        return bounding_boxes

    def _mixture(self, method: str, x: Any, transformation: Any) -> Any:
        weights, own = (ops.cast(transformation[k], x.dtype) for k in ("chain_mixing_weights", "weight_sample"))
        total = own * x
        for i, chain in enumerate(transformation["chain_transforms"]):
            y = x
            for step in chain:
                y = self._one_of(method, y, step["layer_index"], step["transformations"])
            total = total + (1.0 - own) * weights[i] * y
        return total
