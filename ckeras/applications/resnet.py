"""ResNet: residual blocks of three convolutions (He, Zhang, Ren and Sun, 2016).

>>> ResNet50(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
(None, 2, 2, 2048)
"""

from __future__ import annotations

from typing import Any

from ckeras import layers
from ckeras.applications.blocks import batch_norm, dense_head
from ckeras.applications.image_model import Application, Arguments, application, finished, image_input
from ckeras.applications.imagenet_utils import caffe_input as preprocess_input, decode_predictions
from ckeras.models import Model
from ckeras.tensor import KerasTensor

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

# depth -> number of blocks in each stage
BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
FILTERS = (64, 128, 256, 512)


def normalized(x: KerasTensor, name: str, activation: str | None = None) -> KerasTensor:
    """Batch normalization, and an activation whose name ends with ``_relu``."""
    x = batch_norm(x, f"{name}_bn", epsilon=1.001e-5)
    return x if activation is None else layers.Activation(activation, name=f"{name}_relu")(x)


def stem(inputs: KerasTensor, **options: Any) -> KerasTensor:
    """The first convolution, 7 x 7 with stride 2; ``options`` are those of the layer."""
    x = layers.ZeroPadding2D(3, name="conv1_pad")(inputs)
    return layers.Conv2D(64, 7, strides=2, name="conv1_conv", **options)(x)


def stem_pool(x: KerasTensor) -> KerasTensor:
    """The maximum after the first convolution."""
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)


def _block(x: KerasTensor, filters: int, stride: int, projects: bool, name: str) -> KerasTensor:
    """Convolutions of 1 x 1, 3 x 3 and 1 x 1, added to the input or to a projection of it."""
    shortcut = x
    if projects:
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x)
        shortcut = normalized(shortcut, f"{name}_0")
    x = layers.Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x)
    x = normalized(x, f"{name}_1", "relu")
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
    x = normalized(x, f"{name}_2", "relu")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    x = normalized(x, f"{name}_3")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def _build(given: Arguments, depth: int) -> Model:
    inputs = image_input(given, default_size=224)
    x = stem_pool(normalized(stem(inputs), "conv1", "relu"))
    for stage, (filters, count) in enumerate(zip(FILTERS, BLOCKS[depth], strict=True), 2):
        for i in range(1, count + 1):
            x = _block(x, filters, 2 if i == 1 and stage > 2 else 1, i == 1, f"conv{stage}_block{i}")
    return finished(given, inputs, dense_head(x, given))


def _resnet(depth: int) -> Application:
    return application(
        __name__,
        f"ResNet{depth}",
        f"resnet{depth}",
        f"Return a ResNet of {depth} layers (He et al., 2016); `preprocess_input` prepares its images.",
        lambda given: _build(given, depth),
    )


ResNet50, ResNet101, ResNet152 = map(_resnet, BLOCKS)

__dir__ = __all__.copy
