"""InceptionResNetV2: inception blocks as residuals, scaled down (Szegedy et al., 2017).

>>> InceptionResNetV2(weights=None, include_top=False, input_shape=(75, 75, 3)).output_shape
(None, 1, 1, 1536)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ckeras import layers
from ckeras.applications.blocks import channel_axis, dense_head
from ckeras.applications.image_model import Arguments, application, finished, image_input
from ckeras.applications.imagenet_utils import decode_predictions, tf_input as preprocess_input
from ckeras.applications.inception import AVERAGE, MAXIMUM, STEM, Conv, Step, convolved, parallel, sequence
from ckeras.models import Model
from ckeras.tensor import KerasTensor

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

Branches = list[list[Step]]


class _Stage(NamedTuple):
    """A block that changes the shape, then ``count`` residual blocks."""

    mixed: str
    entry: Branches
    name: str
    residual: Branches
    scale: float
    count: int


_STAGES = [
    _Stage(
        "mixed_5b",
        [
            [Conv(96)],
            [Conv(48), Conv(64, 5)],
            [Conv(64), Conv(96, 3), Conv(96, 3)],
            [AVERAGE, Conv(64)],
        ],
        "block35",
        [[Conv(32)], [Conv(32), Conv(32, 3)], [Conv(32), Conv(48, 3), Conv(64, 3)]],
        0.17,
        10,
    ),
    _Stage(
        "mixed_6a",
        [
            [Conv(384, 3, 2, "valid")],
            [Conv(256), Conv(256, 3), Conv(384, 3, 2, "valid")],
            [MAXIMUM],
        ],
        "block17",
        [[Conv(192)], [Conv(128), Conv(160, (1, 7)), Conv(192, (7, 1))]],
        0.1,
        20,
    ),
    _Stage(
        "mixed_7a",
        [
            [Conv(256), Conv(384, 3, 2, "valid")],
            [Conv(256), Conv(288, 3, 2, "valid")],
            [Conv(256), Conv(288, 3), Conv(320, 3, 2, "valid")],
            [MAXIMUM],
        ],
        "block8",
        [[Conv(192)], [Conv(192), Conv(224, (1, 3)), Conv(256, (3, 1))]],
        0.2,
        9,
    ),
]


class CustomScaleLayer(layers.Layer):
    """x + scale * y, of a list of two tensors x and y.

    >>> import ckeras
    >>> CustomScaleLayer(0.5)([ckeras.ops.ones(2), ckeras.ops.ones(2)]).tolist()
    [1.5, 1.5]
    """

    keras_module = "keras.src.applications.inception_resnet_v2"

    def __init__(self, scale: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Any) -> Any:
        return inputs[0] + inputs[1] * self.scale

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}


def _residual(x: KerasTensor, branches: Branches, scale: float, name: str, activation: str | None) -> KerasTensor:
    y = parallel(x, branches, f"{name}_mixed")
    y = layers.Conv2D(x.shape[channel_axis()], 1, padding="same", name=f"{name}_conv")(y)
    x = CustomScaleLayer(scale)([x, y])
    return x if activation is None else layers.Activation(activation, name=f"{name}_ac")(x)


def _build(given: Arguments) -> Model:
    inputs = image_input(given, default_size=299, min_size=75)
    x = sequence(inputs, STEM)
    for stage in _STAGES:
        x = parallel(x, stage.entry, stage.mixed)
        for i in range(1, stage.count + 1):
            x = _residual(x, stage.residual, stage.scale, f"{stage.name}_{i}", "relu")
    x = _residual(x, _STAGES[-1].residual, 1.0, "block8_10", None)
    x = convolved(x, Conv(1536), "conv_7b")
    return finished(given, inputs, dense_head(x, given, named=False))


InceptionResNetV2 = application(
    __name__,
    "InceptionResNetV2",
    "inception_resnet_v2",
    "Return an InceptionResNetV2 (Szegedy et al., 2017) for images of 299; `preprocess_input` prepares them.",
    _build,
)

__dir__ = __all__.copy
