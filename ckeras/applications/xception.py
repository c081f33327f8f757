"""Xception: residual blocks of separable convolutions (Chollet, 2017).

>>> Xception(weights=None, include_top=False, input_shape=(71, 71, 3)).output_shape
(None, 3, 3, 2048)
"""

from __future__ import annotations

from ckeras import layers
from ckeras.applications.blocks import batch_norm, dense_head
from ckeras.applications.image_model import Arguments, application, finished, image_input
from ckeras.applications.imagenet_utils import decode_predictions, tf_input as preprocess_input
from ckeras.models import Model
from ckeras.tensor import KerasTensor

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

# filters of the separable convolutions of each residual block, from the second block on
_BLOCKS = [(128, 128), (256, 256), (728, 728), *[(728, 728, 728)] * 8, (728, 1024)]


def _relu(x: KerasTensor, name: str) -> KerasTensor:
    return layers.Activation("relu", name=f"{name}_act")(x)


def _convolved(x: KerasTensor, filters: int, name: str, stride: int = 1) -> KerasTensor:
    x = layers.Conv2D(filters, (3, 3), strides=(stride, stride), use_bias=False, name=name)(x)
    return _relu(batch_norm(x, f"{name}_bn"), name)


def _separable(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    x = layers.SeparableConv2D(filters, (3, 3), padding="same", use_bias=False, name=name)(x)
    return batch_norm(x, f"{name}_bn")


def _block(x: KerasTensor, filters: tuple[int, ...], index: int) -> KerasTensor:
    """Separable convolutions, added to the input; blocks of two halve the size and project the input."""
    shortcut, halves = x, len(filters) == 2
    if halves:
        shortcut = layers.Conv2D(filters[-1], (1, 1), strides=(2, 2), padding="same", use_bias=False)(x)
        shortcut = batch_norm(shortcut)
    for i, count in enumerate(filters, 1):
        name = f"block{index}_sepconv{i}"
        if index > 2 or i > 1:  # the second block begins after an activation
            x = _relu(x, name)
        x = _separable(x, count, name)
    if halves:
        x = layers.MaxPooling2D((3, 3), strides=(2, 2), padding="same", name=f"block{index}_pool")(x)
    return layers.Add()([x, shortcut])


def _build(given: Arguments) -> Model:
    inputs = image_input(given, default_size=299, min_size=71)
    x = _convolved(inputs, 32, "block1_conv1", stride=2)
    x = _convolved(x, 64, "block1_conv2")
    for index, filters in enumerate(_BLOCKS, 2):
        x = _block(x, filters, index)
    for i, count in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{i}"
        x = _relu(_separable(x, count, name), name)
    return finished(given, inputs, dense_head(x, given, named=False))


Xception = application(
    __name__,
    "Xception",
    "xception",
    "Return an Xception (Chollet, 2017) for images of 299; `preprocess_input` prepares them.",
    _build,
)

__dir__ = __all__.copy
