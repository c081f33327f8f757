"""InceptionV3: convolutions of several sizes in parallel, the large ones factorized (Szegedy et al., 2016).

>>> InceptionV3(weights=None, include_top=False, input_shape=(75, 75, 3)).output_shape
(None, 1, 1, 2048)
"""

from __future__ import annotations

from ckeras.applications.blocks import dense_head
from ckeras.applications.image_model import Arguments, application, finished, image_input
from ckeras.applications.imagenet_utils import decode_predictions, tf_input as preprocess_input
from ckeras.applications.inception import AVERAGE, MAXIMUM, STEM, Conv, Fork, Step, parallel, sequence
from ckeras.models import Model

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

Branches = list[list[Step]]


def _of_5x5(pool: int) -> Branches:
    return [
        [Conv(64)],
        [Conv(48), Conv(64, 5)],
        [Conv(64), Conv(96, 3), Conv(96, 3)],
        [AVERAGE, Conv(pool)],
    ]


def _of_7x7(inner: int) -> Branches:
    wide, high = (1, 7), (7, 1)
    return [
        [Conv(192)],
        [Conv(inner), Conv(inner, wide), Conv(192, high)],
        [Conv(inner), Conv(inner, high), Conv(inner, wide), Conv(inner, high), Conv(192, wide)],
        [AVERAGE, Conv(192)],
    ]


def _of_3x3(name: str) -> Branches:
    ends = (Conv(384, (1, 3)), Conv(384, (3, 1)))
    return [
        [Conv(320)],
        [Conv(384), Fork(ends, name)],
        [Conv(448), Conv(384, 3), Fork(ends)],
        [AVERAGE, Conv(192)],
    ]


_HALVING_1: Branches = [
    [Conv(384, 3, 2, "valid")],
    [Conv(64), Conv(96, 3), Conv(96, 3, 2, "valid")],
    [MAXIMUM],
]
_HALVING_2: Branches = [
    [Conv(192), Conv(320, 3, 2, "valid")],
    [Conv(192), Conv(192, (1, 7)), Conv(192, (7, 1)), Conv(192, 3, 2, "valid")],
    [MAXIMUM],
]
_BLOCKS = [
    *map(_of_5x5, (32, 64, 64)),
    _HALVING_1,
    *map(_of_7x7, (128, 160, 160, 192)),
    _HALVING_2,
    *map(_of_3x3, ("mixed9_0", "mixed9_1")),
]


def _build(given: Arguments) -> Model:
    inputs = image_input(given, default_size=299, min_size=75)
    x = sequence(inputs, STEM)
    for i, branches in enumerate(_BLOCKS):
        x = parallel(x, branches, f"mixed{i}")
    return finished(given, inputs, dense_head(x, given, named=False))


InceptionV3 = application(
    __name__,
    "InceptionV3",
    "inception_v3",
    "Return an InceptionV3 (Szegedy et al., 2016) for images of 299; `preprocess_input` prepares them.",
    _build,
)

__dir__ = __all__.copy
