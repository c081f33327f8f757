"""DenseNet: each convolution reads what all those before it in its block computed (Huang et al., 2017).

>>> DenseNet121(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
(None, 2, 2, 1024)
"""

from __future__ import annotations

from ckeras import layers
from ckeras.applications.blocks import concatenated, dense_head
from ckeras.applications.image_model import Application, Arguments, application, finished, image_input
from ckeras.applications.imagenet_utils import decode_predictions, torch_input as preprocess_input
from ckeras.applications.resnet import normalized
from ckeras.models import Model
from ckeras.tensor import KerasTensor

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

# depth -> number of blocks in each stage
_BLOCKS = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}
_GROWTH = 32  # channels that a block adds


def _block(x: KerasTensor, name: str) -> KerasTensor:
    """Convolutions of 1 x 1 and 3 x 3, concatenated to their input."""
    y = normalized(x, f"{name}_0", "relu")
    y = layers.Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = normalized(y, f"{name}_1", "relu")
    y = layers.Conv2D(_GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return concatenated([x, y], f"{name}_concat")


def _transition(x: KerasTensor, name: str) -> KerasTensor:
    """Half of the channels, and half of the size."""
    channels = x.shape[-1]
    x = normalized(x, name, "relu")
    x = layers.Conv2D(channels // 2, 1, use_bias=False, name=f"{name}_conv")(x)
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def _build(given: Arguments, depth: int) -> Model:
    inputs = image_input(given, default_size=224, channels_first=False)
    x = layers.ZeroPadding2D(3)(inputs)
    x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = normalized(x, "conv1", "relu")
    x = layers.ZeroPadding2D(1)(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, count in enumerate(_BLOCKS[depth], 2):
        for i in range(1, count + 1):
            x = _block(x, f"conv{stage}_block{i}")
        if stage < 5:
            x = _transition(x, f"pool{stage}")
    x = layers.BatchNormalization(epsilon=1.001e-5, name="bn")(x)
    x = layers.Activation("relu", name="relu")(x)
    return finished(given, inputs, dense_head(x, given))


def _densenet(depth: int) -> Application:
    return application(
        __name__,
        f"DenseNet{depth}",
        f"densenet{depth}",
        f"Return a DenseNet of {depth} layers (Huang et al., 2017); `preprocess_input` prepares its images.",
        lambda given: _build(given, depth),
    )


DenseNet121, DenseNet169, DenseNet201 = map(_densenet, _BLOCKS)

__dir__ = __all__.copy
