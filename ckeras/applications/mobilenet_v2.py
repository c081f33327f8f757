"""MobileNetV2: residual blocks whose ends have few channels and whose middles have many (Sandler et al., 2018).

>>> MobileNetV2(weights=None, alpha=0.35, include_top=False, input_shape=(64, 64, 3)).output_shape
(None, 2, 2, 1280)
"""

from __future__ import annotations

from ckeras import layers
from ckeras.applications.blocks import batch_norm, channel_axis, dense_head, padded_for_stride, rounded
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

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

# filters, stride of the first block, number of blocks
_STAGES = [(16, 1, 1), (24, 2, 2), (32, 2, 3), (64, 2, 4), (96, 1, 3), (160, 2, 3), (320, 1, 1)]
_SIZES = (96, 128, 160, 192, 224)  # of images, and widths, for which there are weights
_ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)


def MobileNetV2(
    input_shape: Shape | None = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: KerasTensor | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Activation = "softmax",
    name: str | None = None,
) -> Model:
    """Return a MobileNetV2 (Sandler et al., 2018); `preprocess_input` prepares its images.

    Args:
        input_shape: Shape of an image. With the top its sizes must be known. There are weights for images of 96, 128,
            160, 192 and 224; for others, those of 224 are taken.
        alpha: Factor of the numbers of filters; 0.35, 0.5, 0.75, 1, 1.3 or 1.4 for ``weights="imagenet"``.
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
        "MobileNetV2", include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
    )
    size, default_size = mobile_size(given, alpha, _ALPHAS, _SIZES)
    inputs = image_input(given, default_size)
    x = layers.Conv2D(rounded(32 * alpha), 3, strides=(2, 2), padding="same", use_bias=False, name="Conv1")(inputs)
    x = _activated(x, "bn_Conv1", "Conv1_relu")
    index = 0
    for filters, stride, count in _STAGES:
        for i in range(count):
            x = _block(x, rounded(int(filters * alpha)), stride if i == 0 else 1, index)
            index += 1
    x = layers.Conv2D(rounded(1280 * max(alpha, 1.0)), 1, use_bias=False, name="Conv_1")(x)
    x = _activated(x, "Conv_1_bn", "out_relu")
    x = dense_head(x, given, top_name=None, named=False)
    file = f"MobileNetV2 {float(alpha)} {default_size}"
    return finished(given, inputs, x, f"mobilenetv2_{alpha:0.2f}_{size}", file)


def _activated(x: KerasTensor, norm: str, relu: str) -> KerasTensor:
    return layers.ReLU(6.0, name=relu)(_normalized(x, norm))


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return batch_norm(x, name, epsilon=1e-3, momentum=0.999)


def _block(x: KerasTensor, filters: int, stride: int, index: int) -> KerasTensor:
    """Six times the channels by a 1 x 1 convolution, a depthwise one, and fewer channels; added to the input."""
    inputs, channels = x, x.shape[channel_axis()]
    prefix = f"block_{index}_" if index else "expanded_conv_"
    if index:
        x = layers.Conv2D(6 * channels, 1, padding="same", use_bias=False, name=f"{prefix}expand")(x)
        x = _activated(x, f"{prefix}expand_BN", f"{prefix}expand_relu")
    if stride == 2:
        x = padded_for_stride(x, 3, f"{prefix}pad")
    padding = "same" if stride == 1 else "valid"
    x = layers.DepthwiseConv2D(3, strides=stride, padding=padding, use_bias=False, name=f"{prefix}depthwise")(x)
    x = _activated(x, f"{prefix}depthwise_BN", f"{prefix}depthwise_relu")
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{prefix}project")(x)
    x = _normalized(x, f"{prefix}project_BN")
    if stride == 1 and channels == filters:
        x = layers.Add(name=f"{prefix}add")([inputs, x])
    return x


__dir__ = __all__.copy
