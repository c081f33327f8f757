"""EfficientNet: one network scaled in width, depth and size of images together (Tan and Le, 2019).

>>> EfficientNetB0(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
(None, 2, 2, 1280)
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ckeras import layers
from ckeras.applications.blocks import (
    batch_norm,
    channel_axis,
    classified,
    padded_for_stride,
    pooled,
    rounded,
    squeeze_excite,
)
from ckeras.applications.image_model import Application, Arguments, application, finished, image_input
from ckeras.applications.imagenet_utils import decode_predictions, unchanged_input as preprocess_input
from ckeras.initializers import VarianceScaling
from ckeras.models import Model
from ckeras.tensor import KerasTensor

__all__ = [f"EfficientNetB{i}" for i in range(8)] + ["decode_predictions", "preprocess_input"]


class _Stage(NamedTuple):
    """Blocks of one width; the first has the stride."""

    kernel: int
    blocks: int
    inputs: int
    outputs: int
    expansion: int
    stride: int


class _Scale(NamedTuple):
    """Factors of the numbers of filters and blocks, size of images, and rate of the dropout before the classifier."""

    width: float
    depth: float
    size: int
    dropout: float


_STAGES = [
    _Stage(3, 1, 32, 16, 1, 1),
    _Stage(3, 2, 16, 24, 6, 2),
    _Stage(5, 2, 24, 40, 6, 2),
    _Stage(3, 3, 40, 80, 6, 2),
    _Stage(5, 3, 80, 112, 6, 1),
    _Stage(5, 4, 112, 192, 6, 2),
    _Stage(3, 1, 192, 320, 6, 1),
]
_SCALES = [
    _Scale(1.0, 1.0, 224, 0.2),
    _Scale(1.0, 1.1, 240, 0.2),
    _Scale(1.1, 1.2, 260, 0.3),
    _Scale(1.2, 1.4, 300, 0.3),
    _Scale(1.4, 1.8, 380, 0.4),
    _Scale(1.6, 2.2, 456, 0.4),
    _Scale(1.8, 2.6, 528, 0.5),
    _Scale(2.0, 3.1, 600, 0.5),
]
_DROP_CONNECT = 0.2  # rate at which the last residual block is skipped while training
_DEVIATIONS = (0.229, 0.224, 0.225)  # of the channels of ImageNet


def conv_initializer() -> VarianceScaling:
    """The initializer of convolutions."""
    return VarianceScaling(2.0, "fan_out", "truncated_normal")


def dense_initializer() -> VarianceScaling:
    """The initializer of the classifier."""
    return VarianceScaling(1 / 3, "fan_out", "uniform")


def conv(x: KerasTensor, filters: int, kernel: int, name: str, **options: Any) -> KerasTensor:
    """A convolution without bias, with padding "same" unless the options differ."""
    options = {"padding": "same", "use_bias": False, "kernel_initializer": conv_initializer(), **options}
    return layers.Conv2D(filters, kernel, name=name, **options)(x)


def activated(x: KerasTensor, name: str, activation: str, **options: Any) -> KerasTensor:
    """Batch normalization and swish."""
    return layers.Activation("swish", name=activation)(batch_norm(x, name, **options))


def skipping(x: KerasTensor, inputs: KerasTensor, rate: float, name: str) -> KerasTensor:
    """The sum of a block and its input; while training, without the block for some of the images."""
    if rate > 0:
        x = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.Add(name=f"{name}add")([x, inputs])


def head(x: KerasTensor, given: Arguments, dropout: float) -> KerasTensor:
    """The average of each feature map, dropout and a dense layer; without the top what `pooled` gives."""
    if not given.include_top:
        return pooled(x, given)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(dropout, name="top_dropout")(x)
    return classified(x, given, kernel_initializer=dense_initializer())


def _scaled_images(x: KerasTensor, given: Arguments) -> KerasTensor:
    x = layers.Normalization(axis=channel_axis())(layers.Rescaling(1 / 255)(x))
    if given.weights == "imagenet":
        # They were trained on images that were divided by the deviations' square roots once more
        x = layers.Rescaling([1 / math.sqrt(deviation) for deviation in _DEVIATIONS])(x)
    return x


def _block(x: KerasTensor, stage: _Stage, rate: float, name: str) -> KerasTensor:
    """More channels by a 1 x 1 convolution, a depthwise one, squeeze-and-excitation, and fewer channels."""
    inputs = x
    if stage.expansion != 1:
        x = conv(x, stage.inputs * stage.expansion, 1, f"{name}expand_conv")
        x = activated(x, f"{name}expand_bn", f"{name}expand_activation")
    if stage.stride == 2:
        x = padded_for_stride(x, stage.kernel, f"{name}dwconv_pad")
    x = layers.DepthwiseConv2D(
        stage.kernel,
        strides=stage.stride,
        padding="valid" if stage.stride == 2 else "same",
        use_bias=False,
        depthwise_initializer=conv_initializer(),
        name=f"{name}dwconv",
    )(x)
    x = activated(x, f"{name}bn", f"{name}activation")
    x = squeeze_excite(x, stage.inputs // 4, "swish", name, kernel_initializer=conv_initializer())
    x = conv(x, stage.outputs, 1, f"{name}project_conv")
    x = batch_norm(x, f"{name}project_bn")
    return skipping(x, inputs, rate, name) if stage.stride == 1 and stage.inputs == stage.outputs else x


def _build(given: Arguments, scale: _Scale) -> Model:
    inputs = image_input(given, scale.size)
    x = padded_for_stride(_scaled_images(inputs, given), 3, "stem_conv_pad")
    x = conv(x, rounded(32 * scale.width), 3, "stem_conv", strides=2, padding="valid")
    x = activated(x, "stem_bn", "stem_activation")
    counts = [math.ceil(stage.blocks * scale.depth) for stage in _STAGES]
    done = 0
    for i, (stage, count) in enumerate(zip(_STAGES, counts, strict=True), 1):
        outputs = rounded(stage.outputs * scale.width)
        stage = stage._replace(inputs=rounded(stage.inputs * scale.width), outputs=outputs)
        for letter in range(count):
            x = _block(x, stage, _DROP_CONNECT * done / sum(counts), f"block{i}{chr(ord('a') + letter)}_")
            stage = stage._replace(inputs=outputs, stride=1)
            done += 1
    x = conv(x, rounded(1280 * scale.width), 1, "top_conv")
    x = activated(x, "top_bn", "top_activation")
    return finished(given, inputs, head(x, given, scale.dropout))


def _efficientnet(index: int) -> Application:
    scale = _SCALES[index]
    return application(
        __name__,
        f"EfficientNetB{index}",
        f"efficientnetb{index}",
        f"Return an EfficientNet-B{index} (Tan and Le, 2019) for images of {scale.size} with values from 0 to 255.",
        lambda given: _build(given, scale),
    )


(
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
) = map(_efficientnet, range(8))

__dir__ = __all__.copy
