"""NASNet-A: cells of separable convolutions and pooling, found by search (Zoph et al., 2018).

>>> NASNetMobile(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
(None, 2, 2, 1056)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ckeras import layers
from ckeras.applications.blocks import batch_norm, channel_axis, concatenated, dense_head, padded_for_stride
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
from ckeras.applications.imagenet_utils import decode_predictions, tf_input as preprocess_input
from ckeras.models import Model
from ckeras.tensor import KerasTensor
from ckeras.tensor.scopes import name_scope

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]


class _Variant(NamedTuple):
    """Size of images, channels of the last cell and of the stem, cells in each stage.

    ``skips`` is whether a cell after a reduction reads what was two cells before the reduction.
    """

    size: int
    channels: int
    stem: int
    cells: int
    skips: bool


_VARIANTS = {"Mobile": _Variant(224, 1056, 32, 4, False), "Large": _Variant(331, 4032, 96, 6, True)}
_Pair = tuple[KerasTensor, KerasTensor]


def _normalized(x: KerasTensor, name: str) -> KerasTensor:
    return batch_norm(x, name, momentum=0.9997, epsilon=1e-3)


def _conv(x: KerasTensor, filters: int, name: str) -> KerasTensor:
    """A convolution of 1 x 1."""
    initializer = "he_normal"
    return layers.Conv2D(filters, (1, 1), padding="same", use_bias=False, kernel_initializer=initializer, name=name)(x)


def _relu(x: KerasTensor, name: str | None = None) -> KerasTensor:
    return layers.Activation("relu", name=name)(x)


def _separable(x: KerasTensor, filters: int, kernel: int, name: str, stride: int = 1) -> KerasTensor:
    """Two separable convolutions; the first has the stride."""
    with name_scope(f"separable_conv_block_{name}"):
        x = _relu(x)
        if stride == 2:
            x = padded_for_stride(x, kernel, f"separable_conv_1_pad_{name}")
        for i, step in ((1, stride), (2, 1)):
            x = layers.SeparableConv2D(
                filters,
                (kernel, kernel),
                strides=(step, step),
                padding="same" if step == 1 else "valid",
                use_bias=False,
                name=f"separable_conv_{i}_{name}",
            )(x)
            x = _normalized(x, f"separable_conv_{i}_bn_{name}")
            x = _relu(x) if i == 1 else x
    return x


def _average(x: KerasTensor, name: str) -> KerasTensor:
    return layers.AveragePooling2D((3, 3), strides=(1, 1), padding="same", name=name)(x)


def _adjusted(p: KerasTensor | None, x: KerasTensor, filters: int, name: str) -> KerasTensor:
    """What the cell before the last computed, with the size of ``x`` and a number of channels."""
    if p is None:
        return x
    if p.shape[1:3] != x.shape[1:3]:
        return _halved(p, filters, name)
    if p.shape[channel_axis()] == filters:
        return p
    with name_scope("adjust_block"), name_scope(f"adjust_projection_block_{name}"):
        return _normalized(_conv(_relu(p), filters, f"adjust_conv_projection_{name}"), f"adjust_bn_{name}")


def _halved(p: KerasTensor, filters: int, name: str) -> KerasTensor:
    """Every second pixel, and those between: half of the channels of each."""
    with name_scope("adjust_block"), name_scope(f"adjust_reduction_block_{name}"):
        p = _relu(p, f"adjust_relu_1_{name}")
        shifted = layers.Cropping2D(((1, 0), (1, 0)))(layers.ZeroPadding2D(((0, 1), (0, 1)))(p))
        halves = []
        for i, x in ((1, p), (2, shifted)):
            x = layers.AveragePooling2D((1, 1), strides=(2, 2), name=f"adjust_avg_pool_{i}_{name}")(x)
            halves.append(_conv(x, filters // 2, f"adjust_conv_{i}_{name}"))
        return _normalized(concatenated(halves), f"adjust_bn_{name}")


def _normal(x: KerasTensor, p: KerasTensor | None, filters: int, name: str) -> _Pair:
    """A cell that keeps the size."""
    with name_scope(f"normal_A_block_{name}"):
        p = _adjusted(p, x, filters, name)
        h = _normalized(_conv(_relu(x), filters, f"normal_conv_1_{name}"), f"normal_bn_1_{name}")
        pairs: list[Callable[[], list[KerasTensor]]] = [
            lambda: [
                _separable(h, filters, 5, f"normal_left1_{name}"),
                _separable(p, filters, 3, f"normal_right1_{name}"),
            ],
            lambda: [
                _separable(p, filters, 5, f"normal_left2_{name}"),
                _separable(p, filters, 3, f"normal_right2_{name}"),
            ],
            lambda: [_average(h, f"normal_left3_{name}"), p],
            lambda: [_average(p, f"normal_left4_{name}"), _average(p, f"normal_right4_{name}")],
            lambda: [_separable(h, filters, 3, f"normal_left5_{name}"), h],
        ]
        sums = []
        for i, pair in enumerate(pairs, 1):
            with name_scope(f"block_{i}"):
                sums.append(layers.Add(name=f"normal_add_{i}_{name}")(pair()))
        return concatenated([p, *sums], f"normal_concat_{name}"), x


def _reduction(x: KerasTensor, p: KerasTensor | None, filters: int, name: str) -> _Pair:
    """A cell that halves the size."""

    def summed(
        i: int, end: str | None, left: Callable[[], KerasTensor], right: Callable[[], KerasTensor]
    ) -> KerasTensor:
        with name_scope(f"block_{i}"):
            return layers.Add(name=end and f"reduction_{end}_{name}")([left(), right()])

    def separable(y: KerasTensor, kernel: int, end: str, stride: int = 2) -> Callable[[], KerasTensor]:
        return lambda: _separable(y, filters, kernel, f"reduction_{end}_{name}", stride)

    def pool(kind: type, end: str) -> Callable[[], KerasTensor]:
        return lambda: kind((3, 3), strides=(2, 2), name=f"reduction_{end}_{name}")(padded)

    with name_scope(f"reduction_A_block_{name}"):
        p = _adjusted(p, x, filters, name)
        h = _normalized(_conv(_relu(x), filters, f"reduction_conv_1_{name}"), f"reduction_bn_1_{name}")
        padded = padded_for_stride(h, 3, f"reduction_pad_1_{name}")
        maximum, average = layers.MaxPooling2D, layers.AveragePooling2D
        x1 = summed(1, "add_1", separable(h, 5, "left1"), separable(p, 7, "right1"))
        x2 = summed(2, "add_2", pool(maximum, "left2"), separable(p, 7, "right2"))
        x3 = summed(3, "add3", pool(average, "left3"), separable(p, 5, "right3"))
        x4 = summed(4, None, lambda: x2, lambda: _average(x1, f"reduction_left4_{name}"))
        x5 = summed(5, "add4", separable(x1, 3, "left4", stride=1), pool(maximum, "right5"))
        return concatenated([x2, x3, x4, x5], f"reduction_concat_{name}"), x


def _features(x: KerasTensor, variant: _Variant) -> KerasTensor:
    filters, cells = variant.channels // 24, variant.cells
    x = layers.Conv2D(
        variant.stem, (3, 3), strides=(2, 2), use_bias=False, kernel_initializer="he_normal", name="stem_conv1"
    )(x)
    x = _normalized(x, "stem_bn1")
    x, p = _reduction(x, None, filters // 4, "stem_1")
    x, p = _reduction(x, p, filters // 2, "stem_2")
    for stage in range(3):
        if stage > 0:
            filters *= 2
            x, before = _reduction(x, p, filters, f"reduce_{stage * cells}")
            p = p if variant.skips else before
        for i in range(cells):
            x, p = _normal(x, p, filters, f"{stage * cells + (stage > 0) + i}")
    return _relu(x)


def _nasnet(size: str):  # the type is that of the function below
    title, variant = f"NASNet{size}", _VARIANTS[size]

    def function(
        input_shape: Shape | None = None,
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: KerasTensor | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Activation = "softmax",
        name: str | None = f"nasnet_{size.lower()}",
    ) -> Model:
        if input_shape is None and input_tensor is None:
            input_shape = (variant.size, variant.size, 3)
        given = Arguments(
            title, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
        )
        inputs = image_input(given, variant.size, channels_first=False)
        if None in inputs.shape[1:3]:  # what is added has sizes that are rounded up and down
            raise ValueError(f"{title} expects images of known sizes, got shape {inputs.shape[1:]}")
        x = _features(inputs, variant)
        return finished(given, inputs, dense_head(x, given, top_name=None, named=False))

    about = f"Return a NASNet-A ({size.lower()}) for images of {variant.size}; `preprocess_input` prepares them."
    return published(function, __name__, title, documentation(about))


NASNetMobile = _nasnet("Mobile")
NASNetLarge = _nasnet("Large")

__dir__ = __all__.copy
