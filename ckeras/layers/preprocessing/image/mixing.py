"""The base of layers that mix images of a batch with others of it."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.layers.preprocessing.image.base import BaseImagePreprocessingLayer


class MixingLayer(BaseImagePreprocessingLayer):
    """Base of layers that mix each image of a batch with another one, and the labels with the same weights.

    A transformation has "permutation_order", the index of the other image, and "mix_weight", the weight of the image
    itself, for each image.
    """

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        """Mix labels, such as one-hot vectors, of the shape (batch, classes)."""
        if not training or transformation is None:
            return labels
        labels = ops.convert_to_tensor(labels)
        if len(labels.shape) != 2:
            raise ValueError(
                f"layer {self.name!r} expects labels of the shape (batch, classes), such as one-hot vectors, to mix "
                f"them, got the shape {labels.shape}"
            )
        return self._mixed(self._floats(labels), transformation)

    def _mixed(self, x: Any, transformation: Any) -> Any:
        """weight * x + (1 - weight) * (x in the other order)."""
        weight = ops.reshape(ops.cast(transformation["mix_weight"], x.dtype), (-1, *(1,) * (len(x.shape) - 1)))
        return weight * x + (1.0 - weight) * self._others(x, transformation)

    @staticmethod
    def _others(x: Any, transformation: Any) -> Any:
        return ops.take(x, transformation["permutation_order"], axis=0)
