"""MobileNetV3: MobileNetV2 with squeeze-and-excitation and other activations, found by search (Howard et al., 2019).

>>> MobileNetV3Small(weights=None, minimalistic=True, include_top=False, input_shape=(64, 64, 3)).output_shape
(None, 2, 2, 576)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ckeras import layers
from ckeras.applications.blocks import batch_norm, channel_axis, padded_for_stride, pooled, rounded
from ckeras.applications.image_model import (
    Activation,
    Arguments,
    Shape,
    Weights,
    finished,
    image_input,
    published,
    sizes_and_channels,
)
from ckeras.applications.imagenet_utils import decode_predictions, unchanged_input as preprocess_input
from ckeras.models import Model
from ckeras.tensor import KerasTensor, arguments
from ckeras.utils.tracebacks import warn

__all__ = ["MobileNetV3Large", "MobileNetV3Small", "decode_predictions", "preprocess_input"]

_DOCUMENTATION = """Return a {title} (Howard et al., 2019), which takes images with values from 0 to 255.

    Args:
        input_shape: Shape of an image; there are weights for images of 224, which others take too.
        alpha: Factor of the numbers of filters; 0.75 or 1 for ``weights="imagenet"``, and 1 if minimalistic.
        minimalistic: Whether to leave out squeeze-and-excitation, hard-swish and convolutions of 5 x 5.
        include_top: Whether the classifier is part of the model.
        weights: None for random weights, ``"imagenet"``, or the path of a file with weights.
        input_tensor: Symbolic batch of images; a new `Input` if not given.
        classes: Number of classes, with the top; 1000 for ``weights="imagenet"``.
        pooling: Without the top, ``"avg"`` or ``"max"`` for the average or maximum of each feature map; None for the
            maps themselves.
        dropout_rate: Rate of the dropout before the classifier.
        classifier_activation: Activation of the top; None for logits.
        include_preprocessing: Whether the model scales images to [-1, 1] itself.
        name: Name of the model.

    Raises:
        ValueError: if an argument has another value, images are too small, or weights do not fit the model.
        OSError: if a file cannot be downloaded or read.
"""


class _Block(NamedTuple):
    """A block; ``large`` is its kernel size unless minimalistic, and ``swish`` whether its activation is not ReLU."""

    expansion: float
    filters: int
    large: int
    stride: int
    squeezes: bool
    swish: bool


_BLOCKS = {
    "Small": [
        _Block(1, 16, 3, 2, True, False),
        _Block(72 / 16, 24, 3, 2, False, False),
        _Block(88 / 24, 24, 3, 1, False, False),
        _Block(4, 40, 5, 2, True, True),
        _Block(6, 40, 5, 1, True, True),
        _Block(6, 40, 5, 1, True, True),
        _Block(3, 48, 5, 1, True, True),
        _Block(3, 48, 5, 1, True, True),
        _Block(6, 96, 5, 2, True, True),
        _Block(6, 96, 5, 1, True, True),
        _Block(6, 96, 5, 1, True, True),
    ],
    "Large": [
        _Block(1, 16, 3, 1, False, False),
        _Block(4, 24, 3, 2, False, False),
        _Block(3, 24, 3, 1, False, False),
        _Block(3, 40, 5, 2, True, False),
        _Block(3, 40, 5, 1, True, False),
        _Block(3, 40, 5, 1, True, False),
        _Block(6, 80, 3, 2, False, True),
        _Block(2.5, 80, 3, 1, False, True),
        _Block(2.3, 80, 3, 1, False, True),
        _Block(2.3, 80, 3, 1, False, True),
        _Block(6, 112, 3, 1, True, True),
        _Block(6, 112, 3, 1, True, True),
        _Block(6, 160, 5, 2, True, True),
        _Block(6, 160, 5, 1, True, True),
        _Block(6, 160, 5, 1, True, True),
    ],
}
_LAST = {"Small": 1024, "Large": 1280}  # channels of the top


def _mobilenet(size: str):  # the type is that of the function below
    title = f"MobileNetV3{size}"

    def function(
        input_shape: Shape | None = None,
        alpha: float = 1.0,
        minimalistic: bool = False,
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: KerasTensor | None = None,
        classes: int = 1000,
        pooling: str | None = None,
        dropout_rate: float = 0.2,
        classifier_activation: Activation = "softmax",
        include_preprocessing: bool = True,
        name: str | None = title,
    ) -> Model:
        given = Arguments(
            title, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
        )
        alphas = (1.0,) if minimalistic else (0.75, 1.0)
        if weights == "imagenet" and alpha not in alphas:
            raise ValueError(f"{title} with weights='imagenet' expects alpha to be one of {alphas}, got {alpha!r}")
        inputs = image_input(given, 224, static_top=False)
        if weights == "imagenet" and sizes_and_channels(inputs.shape[1:])[0] != (224, 224):
            warn(f"{title} loads weights that were trained on images of 224 x 224")
        x = layers.Rescaling(1 / 127.5, -1.0)(inputs) if include_preprocessing else inputs
        x = _features(x, size, alpha, minimalistic)
        x = _head(x, given, rounded(_LAST[size] * alpha) if alpha > 1 else _LAST[size], minimalistic, dropout_rate)
        file = f"MobileNetV3 {size.lower()}{'_minimalistic' * bool(minimalistic)}_224_{float(alpha)}_float"
        return finished(given, inputs, x, file=file)

    return published(function, __name__, title, _DOCUMENTATION.format(title=title))


def _features(x: KerasTensor, size: str, alpha: float, minimalistic: bool) -> KerasTensor:
    """The convolutions."""
    x = layers.Conv2D(16, 3, strides=(2, 2), padding="same", use_bias=False, name="conv")(x)
    x = _activated(_normalized(x, "conv_bn"), not minimalistic)
    for i, block in enumerate(_BLOCKS[size]):
        if minimalistic:
            block = block._replace(large=3, squeezes=False, swish=False)
        x = _inverted(x, block, rounded(block.filters * alpha), f"expanded_conv_{i}_" if i else "expanded_conv_")
    channels = rounded(6 * x.shape[channel_axis()])
    x = layers.Conv2D(channels, 1, padding="same", use_bias=False, name="conv_1")(x)
    return _activated(_normalized(x, "conv_1_bn"), not minimalistic)


def _head(x: KerasTensor, given: Arguments, channels: int, minimalistic: bool, dropout_rate: float) -> KerasTensor:
    if not given.include_top:
        return pooled(x, given)
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Conv2D(channels, 1, padding="same", name="conv_2")(x)
    x = _activated(x, not minimalistic)
    if arguments.number(dropout_rate, given.title, "dropout_rate") > 0:
        x = layers.Dropout(dropout_rate)(x)
    x = layers.Conv2D(given.classes, 1, padding="same", name="logits")(x)
    return layers.Activation(given.classifier_activation, name="predictions")(layers.Flatten()(x))


def _activated(x: KerasTensor, swish: bool) -> KerasTensor:
    return (layers.Activation("hard_swish") if swish else layers.ReLU())(x)


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return batch_norm(x, name, epsilon=1e-3, momentum=0.999)


def _inverted(x: KerasTensor, block: _Block, filters: int, prefix: str) -> KerasTensor:
    """More channels by a 1 x 1 convolution, a depthwise one, squeeze-and-excitation, and fewer channels."""
    inputs, channels = x, x.shape[channel_axis()]
    hidden = rounded(channels * block.expansion)
    if prefix != "expanded_conv_":
        x = layers.Conv2D(hidden, 1, padding="same", use_bias=False, name=f"{prefix}expand")(x)
        x = _activated(_normalized(x, f"{prefix}expand_bn"), block.swish)
    if block.stride == 2:
        x = padded_for_stride(x, block.large, f"{prefix}depthwise_pad")
    options: dict[str, Any] = {"strides": block.stride, "padding": "same" if block.stride == 1 else "valid"}
    x = layers.DepthwiseConv2D(block.large, use_bias=False, name=f"{prefix}depthwise", **options)(x)
    x = _activated(_normalized(x, f"{prefix}depthwise_bn"), block.swish)
    if block.squeezes:
        x = _squeezed(x, hidden, f"{prefix}squeeze_excite_")
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{prefix}project")(x)
    x = _normalized(x, f"{prefix}project_bn")
    return layers.Add(name=f"{prefix}add")([inputs, x]) if block.stride == 1 and channels == filters else x


def _squeezed(x: KerasTensor, channels: int, prefix: str) -> KerasTensor:
    """Scale each channel by a function of all channels' averages, which ends in a hard sigmoid."""
    y = layers.GlobalAveragePooling2D(keepdims=True, name=f"{prefix}avg_pool")(x)
    y = layers.Conv2D(rounded(channels * 0.25), 1, padding="same", name=f"{prefix}conv")(y)
    y = layers.ReLU(name=f"{prefix}relu")(y)
    y = layers.Conv2D(channels, 1, padding="same", name=f"{prefix}conv_1")(y)
    y = layers.ReLU(6.0)(y + 3.0) * (1 / 6)
    return layers.Multiply(name=f"{prefix}mul")([x, y])


MobileNetV3Small = _mobilenet("Small")
MobileNetV3Large = _mobilenet("Large")

__dir__ = __all__.copy
