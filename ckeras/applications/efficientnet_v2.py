"""EfficientNetV2: EfficientNet whose first blocks are plain convolutions, which train faster (Tan and Le, 2021).

>>> EfficientNetV2B0(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
(None, 2, 2, 1280)
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ckeras import layers
from ckeras.applications.blocks import batch_norm, channel_axis, rounded, squeeze_excite
from ckeras.applications.efficientnet import activated, conv, conv_initializer, head, skipping
from ckeras.applications.image_model import (
    Activation,
    Arguments,
    Shape,
    Weights,
    documentation,
    finished,
    image_input,
    published,
)
from ckeras.applications.imagenet_utils import decode_predictions, unchanged_input as preprocess_input
from ckeras.models import Model
from ckeras.tensor import KerasTensor

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]


class _Stage(NamedTuple):
    """Blocks of one width, of 3 x 3; the first has the stride.

    Those without squeeze-and-excitation are fused: one convolution instead of a 1 x 1 and a depthwise one.
    """

    blocks: int
    inputs: int
    outputs: int
    expansion: int
    stride: int
    fused: bool


class _Scale(NamedTuple):
    """Factors of the numbers of filters and blocks, and size of images."""

    width: float
    depth: float
    size: int


_SMALL = [
    _Stage(2, 24, 24, 1, 1, True),
    _Stage(4, 24, 48, 4, 2, True),
    _Stage(4, 48, 64, 4, 2, True),
    _Stage(6, 64, 128, 4, 2, False),
    _Stage(9, 128, 160, 6, 1, False),
    _Stage(15, 160, 256, 6, 2, False),
]
_MEDIUM = [
    _Stage(3, 24, 24, 1, 1, True),
    _Stage(5, 24, 48, 4, 2, True),
    _Stage(5, 48, 80, 4, 2, True),
    _Stage(7, 80, 160, 4, 2, False),
    _Stage(14, 160, 176, 6, 1, False),
    _Stage(18, 176, 304, 6, 2, False),
    _Stage(5, 304, 512, 6, 1, False),
]
_LARGE = [
    _Stage(4, 32, 32, 1, 1, True),
    _Stage(7, 32, 64, 4, 2, True),
    _Stage(7, 64, 96, 4, 2, True),
    _Stage(10, 96, 192, 4, 2, False),
    _Stage(19, 192, 224, 6, 1, False),
    _Stage(25, 224, 384, 6, 2, False),
    _Stage(7, 384, 640, 6, 1, False),
]
_BASE = [
    _Stage(1, 32, 16, 1, 1, True),
    _Stage(2, 16, 32, 4, 2, True),
    _Stage(2, 32, 48, 4, 2, True),
    _Stage(3, 48, 96, 4, 2, False),
    _Stage(5, 96, 112, 6, 1, False),
    _Stage(8, 112, 192, 6, 2, False),
]
_VARIANTS = {
    "B0": (_BASE, _Scale(1.0, 1.0, 224)),
    "B1": (_BASE, _Scale(1.0, 1.1, 240)),
    "B2": (_BASE, _Scale(1.1, 1.2, 260)),
    "B3": (_BASE, _Scale(1.2, 1.4, 300)),
    "S": (_SMALL, _Scale(1.0, 1.0, 384)),
    "M": (_MEDIUM, _Scale(1.0, 1.0, 480)),
    "L": (_LARGE, _Scale(1.0, 1.0, 480)),
}
_DROP_CONNECT = 0.2  # rate at which the last residual block is skipped while training
_DROPOUT = 0.2
_MEANS, _DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the channels of ImageNet


def _efficientnet(variant: str):  # the type is that of the function below
    title, (stages, scale) = f"EfficientNetV2{variant}", _VARIANTS[variant]

    def function(
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: KerasTensor | None = None,
        input_shape: Shape | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Activation = "softmax",
        include_preprocessing: bool = True,
        name: str | None = f"efficientnetv2-{variant.lower()}",
    ) -> Model:
        given = Arguments(
            title, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
        )
        inputs = x = image_input(given, scale.size)
        if include_preprocessing:
            x = _scaled_images(x, stages is _BASE)
        return finished(given, inputs, head(_features(x, stages, scale), given, _DROPOUT))

    about = f"Return an EfficientNetV2-{variant} (Tan and Le, 2021) for images of {scale.size}."
    more = "include_preprocessing: Whether the model scales images with values from 0 to 255 itself."
    return published(function, __name__, title, documentation(about, more))


def _scaled_images(x: KerasTensor, by_channel: bool) -> KerasTensor:
    if by_channel and x.shape[channel_axis()] == 3:
        x = layers.Rescaling(1 / 255)(x)
        variances = [deviation**2 for deviation in _DEVIATIONS]
        return layers.Normalization(mean=list(_MEANS), variance=variances, axis=channel_axis())(x)
    return layers.Rescaling(1 / 128, offset=-1)(x)


def _features(x: KerasTensor, stages: list[_Stage], scale: _Scale) -> KerasTensor:
    """The convolutions."""
    x = conv(x, _rounded(stages[0].inputs, scale), 3, "stem_conv", strides=2)
    x = _activated(x, "stem_bn", "stem_activation")
    done, total = 0, sum(stage.blocks for stage in stages)
    for i, stage in enumerate(stages, 1):
        outputs = _rounded(stage.outputs, scale)
        count = math.ceil(stage.blocks * scale.depth)
        stage = stage._replace(inputs=_rounded(stage.inputs, scale), outputs=outputs)
        for letter in range(count):
            block = _fused_block if stage.fused else _block
            x = block(x, stage, _DROP_CONNECT * done / total, f"block{i}{chr(ord('a') + letter)}_")
            stage = stage._replace(inputs=outputs, stride=1)
            done += 1
    x = conv(x, _rounded(1280, scale), 1, "top_conv")
    return _activated(x, "top_bn", "top_activation")


def _rounded(channels: int, scale: _Scale) -> int:
    return rounded(channels * scale.width, limit=0.0)


def _activated(x: KerasTensor, name: str, activation: str) -> KerasTensor:
    return activated(x, name, activation, momentum=0.9)


def _block(x: KerasTensor, stage: _Stage, rate: float, name: str) -> KerasTensor:
    """More channels by a 1 x 1 convolution, a depthwise one, squeeze-and-excitation, and fewer channels."""
    inputs = x
    x = conv(x, stage.inputs * stage.expansion, 1, f"{name}expand_conv")
    x = _activated(x, f"{name}expand_bn", f"{name}expand_activation")
    x = layers.DepthwiseConv2D(
        3,
        strides=stage.stride,
        padding="same",
        use_bias=False,
        depthwise_initializer=conv_initializer(),
        name=f"{name}dwconv2",
    )(x)
    x = _activated(x, f"{name}bn", f"{name}activation")
    x = squeeze_excite(x, stage.inputs // 4, "swish", name, kernel_initializer=conv_initializer())
    x = conv(x, stage.outputs, 1, f"{name}project_conv")
    return _ended(batch_norm(x, f"{name}project_bn", momentum=0.9), inputs, stage, rate, name)


def _fused_block(x: KerasTensor, stage: _Stage, rate: float, name: str) -> KerasTensor:
    """More channels by a 3 x 3 convolution, and fewer by one of 1 x 1; or one of 3 x 3 alone."""
    inputs = x
    if stage.expansion == 1:
        x = conv(x, stage.outputs, 3, f"{name}project_conv", strides=stage.stride)
        x = _activated(x, f"{name}project_bn", f"{name}project_activation")
    else:
        x = conv(x, stage.inputs * stage.expansion, 3, f"{name}expand_conv", strides=stage.stride)
        x = _activated(x, f"{name}expand_bn", f"{name}expand_activation")
        x = conv(x, stage.outputs, 1, f"{name}project_conv")
        x = batch_norm(x, f"{name}project_bn", momentum=0.9)
    return _ended(x, inputs, stage, rate, name)


def _ended(x: KerasTensor, inputs: KerasTensor, stage: _Stage, rate: float, name: str) -> KerasTensor:
    return skipping(x, inputs, rate, name) if stage.stride == 1 and stage.inputs == stage.outputs else x


EfficientNetV2B0 = _efficientnet("B0")
EfficientNetV2B1 = _efficientnet("B1")
EfficientNetV2B2 = _efficientnet("B2")
EfficientNetV2B3 = _efficientnet("B3")
EfficientNetV2S = _efficientnet("S")
EfficientNetV2M = _efficientnet("M")
EfficientNetV2L = _efficientnet("L")

__dir__ = __all__.copy
