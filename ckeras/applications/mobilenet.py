"""MobileNet: depthwise convolutions, each followed by one of 1 x 1 (Howard et al., 2017).

>>> MobileNet(weights=None, alpha=0.25, include_top=False, input_shape=(64, 64, 3)).output_shape
(None, 2, 2, 256)
"""

from __future__ import annotations

from typing import Any

from ckeras import layers
from ckeras.applications.blocks import batch_norm, pooled
from ckeras.applications.image_model import (
    Activation,
    Arguments,
    Shape,
    Weights,
    finished,
    image_input,
    mobile_size,
)
from ckeras.applications.imagenet_utils import decode_predictions, tf_input as preprocess_input
from ckeras.models import Model
from ckeras.tensor import KerasTensor

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

# filters and stride of each block
_BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
_SIZES = (128, 160, 192, 224)  # of images, and widths, for which there are weights
_ALPHAS = (0.25, 0.5, 0.75, 1.0)


def MobileNet(
    input_shape: Shape | None = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: KerasTensor | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Activation = "softmax",
    name: str | None = None,
) -> Model:
    """Return a MobileNet (Howard et al., 2017); `preprocess_input` prepares its images.

    Args:
        input_shape: Shape of an image. With the top its sizes must be known. There are weights for images of 128, 160,
            192 and 224; for others, those of 224 are taken.
        alpha: Factor of the numbers of filters; 0.25, 0.5, 0.75 or 1 for ``weights="imagenet"``.
        depth_multiplier: Number of channels that a depthwise convolution makes of each; 1 for ``weights="imagenet"``.
        dropout: Rate of the dropout before the classifier.
        include_top: Whether the classifier is part of the model.
        weights: None for random weights, ``"imagenet"``, or the path of a file with weights.
        input_tensor: Symbolic batch of images; a new `Input` if not given.
        pooling: Without the top, ``"avg"`` or ``"max"`` for the average or maximum of each feature map; None for the
            maps themselves.
        classes: Number of classes, with the top; 1000 for ``weights="imagenet"``.
        classifier_activation: Activation of the top; None for logits.
        name: Name of the model; by default it says the width and the size of images.

    Raises:
        ValueError: if an argument has another value, images are too small, or weights do not fit the model.
        OSError: if a file cannot be downloaded or read.
    """
    given = Arguments(
        "MobileNet", include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
    )
    if weights == "imagenet" and depth_multiplier != 1:
        raise ValueError(f"MobileNet with weights='imagenet' expects depth_multiplier=1, got {depth_multiplier!r}")
    size, default_size = mobile_size(given, alpha, _ALPHAS, _SIZES)
    inputs = image_input(given, default_size)
    x = layers.Conv2D(int(32 * alpha), (3, 3), strides=(2, 2), padding="same", use_bias=False, name="conv1")(inputs)
    x = _activated(x, "conv1")
    for i, (filters, stride) in enumerate(_BLOCKS, 1):
        x = _block(x, int(filters * alpha), depth_multiplier, stride, i)
    x = _top(x, given, dropout) if include_top else pooled(x, given, named=False)
    file = f"MobileNet {float(alpha)} {default_size}"
    return finished(given, inputs, x, f"mobilenet_{alpha:0.2f}_{size}", file)


def _activated(x: KerasTensor, name: str) -> KerasTensor:
    return layers.ReLU(6.0, name=f"{name}_relu")(batch_norm(x, f"{name}_bn"))


def _block(x: KerasTensor, filters: int, depth_multiplier: int, stride: int, index: int) -> KerasTensor:
    """A depthwise convolution and one of 1 x 1."""
    options: dict[str, Any] = {"padding": "same"}
    if stride == 2:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{index}")(x)
        options = {"padding": "valid", "strides": (2, 2)}
    x = layers.DepthwiseConv2D(
        (3, 3), depth_multiplier=depth_multiplier, use_bias=False, name=f"conv_dw_{index}", **options
    )(x)
    x = _activated(x, f"conv_dw_{index}")
    x = layers.Conv2D(filters, (1, 1), padding="same", use_bias=False, name=f"conv_pw_{index}")(x)
    return _activated(x, f"conv_pw_{index}")


def _top(x: KerasTensor, given: Arguments, dropout: float) -> KerasTensor:
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv2D(given.classes, (1, 1), padding="same", name="conv_preds")(x)
    x = layers.Reshape((given.classes,), name="reshape_2")(x)
    return layers.Activation(given.classifier_activation, name="predictions")(x)


__dir__ = __all__.copy
