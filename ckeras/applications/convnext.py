"""ConvNeXt: a convolutional network with the choices of vision transformers (Liu et al., 2022).

>>> ConvNeXtTiny(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
(None, 2, 2, 768)
"""

from __future__ import annotations

from typing import Any

from ckeras import layers, ops
from ckeras.applications.blocks import pooled
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
from ckeras.initializers import Constant
from ckeras.models import Model, Sequential
from ckeras.tensor import KerasTensor

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "decode_predictions",
    "preprocess_input",
]

# numbers of blocks and of channels of the four stages
_STAGES = {
    "Tiny": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "Small": ((3, 3, 27, 3), (96, 192, 384, 768)),
    "Base": ((3, 3, 27, 3), (128, 256, 512, 1024)),
    "Large": ((3, 3, 27, 3), (192, 384, 768, 1536)),
    "XLarge": ((3, 3, 27, 3), (256, 512, 1024, 2048)),
}
_SCALE = 1e-6  # initial scale of residuals
_MEANS, _DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the channels of ImageNet


class LayerScale(layers.Layer):
    """x * gamma, with a trained factor for each channel (Touvron et al., 2021).

    Args:
        init_values: Initial value of the factors.
        projection_dim: Number of channels.

    >>> import ckeras
    >>> LayerScale(0.5, 2)(ckeras.ops.ones((1, 2))).tolist()
    [[0.5, 0.5]]
    """

    keras_module = "keras.src.applications.convnext"

    def __init__(self, init_values: float, projection_dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def build(self, input_shape: Any) -> None:
        self.gamma = self.add_weight((self.projection_dim,), Constant(self.init_values))

    def call(self, x: Any) -> Any:
        return x * self.gamma

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "init_values": self.init_values, "projection_dim": self.projection_dim}


def _layer_norm(name: str | None = None) -> layers.LayerNormalization:
    return layers.LayerNormalization(epsilon=1e-6, name=name)


def _scaled_images(x: KerasTensor, name: str) -> KerasTensor:
    means = [255 * mean for mean in _MEANS]
    variances = [(255 * deviation) ** 2 for deviation in _DEVIATIONS]
    return layers.Normalization(mean=means, variance=variances, name=f"{name}_prestem_normalization")(x)


def _downsampling(index: int, channels: int, name: str) -> Sequential:
    """What comes before a stage: patches of 4 x 4 before the first, of 2 x 2 before the others."""
    if index == 0:
        conv = layers.Conv2D(channels, 4, strides=4, name=f"{name}_stem_conv")
        return Sequential([conv, _layer_norm(f"{name}_stem_layernorm")], name=f"{name}_stem")
    norm = _layer_norm(f"{name}_downsampling_layernorm_{index - 1}")
    conv = layers.Conv2D(channels, 2, strides=2, name=f"{name}_downsampling_conv_{index - 1}")
    return Sequential([norm, conv], name=f"{name}_downsampling_block_{index - 1}")


def _block(x: KerasTensor, channels: int, name: str) -> KerasTensor:
    """A depthwise convolution of 7 x 7 and two dense layers on each pixel, scaled and added to the input."""
    y = layers.Conv2D(channels, 7, padding="same", groups=channels, name=f"{name}_depthwise_conv")(x)
    y = _layer_norm(f"{name}_layernorm")(y)
    y = layers.Dense(4 * channels, name=f"{name}_pointwise_conv_1")(y)
    y = layers.Activation("gelu", name=f"{name}_gelu")(y)
    y = layers.Dense(channels, name=f"{name}_pointwise_conv_2")(y)
    y = LayerScale(_SCALE, channels, name=f"{name}_layer_scale")(y)
    y = layers.Activation("linear", name=f"{name}_identity")(y)
    return ops.add(x, y)


def _head(x: KerasTensor, given: Arguments, name: str) -> KerasTensor:
    if not given.include_top:
        return _layer_norm()(pooled(x, given, named=False))
    x = layers.GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
    x = _layer_norm(f"{name}_head_layernorm")(x)
    return layers.Dense(given.classes, activation=given.classifier_activation, name=f"{name}_head_dense")(x)


def _convnext(variant: str):  # the type is that of the function below
    title, default_name = f"ConvNeXt{variant}", f"convnext_{variant.lower()}"

    def function(
        include_top: bool = True,
        include_preprocessing: bool = True,
        weights: Weights = "imagenet",
        input_tensor: KerasTensor | None = None,
        input_shape: Shape | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Activation = "softmax",
        name: str | None = default_name,
    ) -> Model:
        given = Arguments(
            title, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
        )
        inputs = x = image_input(given, default_size=224, channels_first=False)
        prefix = default_name if name is None else name  # of the names of layers
        if include_preprocessing and x.shape[-1] == 3:
            x = _scaled_images(x, prefix)
        for i, (blocks, channels) in enumerate(zip(*_STAGES[variant], strict=True)):
            x = _downsampling(i, channels, prefix)(x)
            for j in range(blocks):
                x = _block(x, channels, f"{prefix}_stage_{i}_block_{j}")
        return finished(given, inputs, _head(x, given, prefix), default_name)

    about = f"""Return a ConvNeXt-{variant} (Liu et al., 2022); the names of its layers begin with that of the model."""
    more = "include_preprocessing: Whether the model scales images with values from 0 to 255 itself."
    return published(function, __name__, title, documentation(about, more))


ConvNeXtTiny = _convnext("Tiny")
ConvNeXtSmall = _convnext("Small")
ConvNeXtBase = _convnext("Base")
ConvNeXtLarge = _convnext("Large")
ConvNeXtXLarge = _convnext("XLarge")

__dir__ = __all__.copy
