"""Convolutions in parallel, as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ckeras import layers
from ckeras.applications.blocks import batch_norm, concatenated
from ckeras.tensor import KerasTensor


class Conv(NamedTuple):
    """A convolution with batch normalization and ReLU."""

    filters: int
    kernel: int | tuple[int, int] = 1
    stride: int = 1
    padding: str = "same"


class Pool(NamedTuple):
    """Averages of 3 x 3 of the same size, or maxima of 3 x 3 with stride 2."""

    averages: bool


class Fork(NamedTuple):
    """Convolutions of the same input, concatenated."""

    branches: tuple[Conv, ...]
    name: str | None = None


AVERAGE, MAXIMUM = Pool(True), Pool(False)
Step = Conv | Pool | Fork

STEM: list[Step] = [
    Conv(32, 3, 2, "valid"),
    Conv(32, 3, 1, "valid"),
    Conv(64, 3),
    MAXIMUM,
    Conv(80, 1, 1, "valid"),
    Conv(192, 3, 1, "valid"),
    MAXIMUM,
]


def convolved(x: KerasTensor, conv: Conv, name: str | None = None) -> KerasTensor:
    """A convolution with batch normalization without scale, and ReLU."""
    options: dict[str, Any] = {"strides": conv.stride, "padding": conv.padding, "use_bias": False}
    x = layers.Conv2D(conv.filters, conv.kernel, name=name, **options)(x)
    x = batch_norm(x, name and f"{name}_bn", scale=False)
    return layers.Activation("relu", name=name and f"{name}_ac")(x)


def sequence(x: KerasTensor, steps: Iterable[Step]) -> KerasTensor:
    """One step after another."""
    for step in steps:
        if isinstance(step, Conv):
            x = convolved(x, step)
        elif isinstance(step, Fork):
            x = concatenated([convolved(x, branch) for branch in step.branches], step.name)
        elif step.averages:
            x = layers.AveragePooling2D((3, 3), strides=(1, 1), padding="same")(x)
        else:
            x = layers.MaxPooling2D((3, 3), strides=(2, 2))(x)
    return x


def parallel(x: KerasTensor, branches: Iterable[Iterable[Step]], name: str) -> KerasTensor:
    """Sequences of the same input, concatenated."""
    return concatenated([sequence(x, steps) for steps in branches], name)
