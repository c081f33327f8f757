"""ResNetV2: residual blocks with normalization and activation before each convolution (He et al., 2016).

The paper is "Identity mappings in deep residual networks".

>>> ResNet50V2(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
(None, 2, 2, 2048)
"""

from __future__ import annotations

from ckeras import layers
from ckeras.applications.blocks import dense_head
from ckeras.applications.image_model import Application, Arguments, application, finished, image_input
from ckeras.applications.imagenet_utils import decode_predictions, tf_input as preprocess_input
from ckeras.applications.resnet import BLOCKS, FILTERS, normalized, stem, stem_pool
from ckeras.models import Model
from ckeras.tensor import KerasTensor

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]


def _block(x: KerasTensor, filters: int, stride: int, projects: bool, name: str) -> KerasTensor:
    """Normalization and convolutions of 1 x 1, 3 x 3 and 1 x 1, added to the input or to a projection of it."""
    active = normalized(x, f"{name}_preact", "relu")
    shortcut = x
    if projects:
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(active)
    elif stride > 1:
        shortcut = layers.MaxPooling2D(1, strides=stride)(x)
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(active)
    x = normalized(x, f"{name}_1", "relu")
    x = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(x)
    x = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(x)
    x = normalized(x, f"{name}_2", "relu")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return layers.Add(name=f"{name}_out")([shortcut, x])


def _build(given: Arguments, depth: int) -> Model:
    inputs = image_input(given, default_size=224)
    x = stem_pool(stem(inputs))
    for stage, (filters, count) in enumerate(zip(FILTERS, BLOCKS[depth], strict=True), 2):
        for i in range(1, count + 1):
            stride = 2 if i == count and stage < 5 else 1
            x = _block(x, filters, stride, i == 1, f"conv{stage}_block{i}")
    return finished(given, inputs, dense_head(normalized(x, "post", "relu"), given))


def _resnet(depth: int) -> Application:
    return application(
        __name__,
        f"ResNet{depth}V2",
        f"resnet{depth}v2",
        f"Return a ResNetV2 of {depth} layers (He et al., 2016); `preprocess_input` prepares its images.",
        lambda given: _build(given, depth),
    )


ResNet50V2, ResNet101V2, ResNet152V2 = map(_resnet, BLOCKS)

__dir__ = __all__.copy
