"""Checks of the arguments of normalization layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras.layers.layer import Layer
from ckeras.tensor import arguments


def check_axis(layer: Layer, axis: int, shape: Any) -> int:
    """``axis`` counted from 0; raise ValueError if a shape does not have it, or not with a known size."""
    axis = arguments.axis(axis, len(shape), f"layer {layer.name!r}")
    if shape[axis] is None:
        raise ValueError(f"layer {layer.name!r} needs to know axis {axis} of its input, got shape {tuple(shape)}")
    return axis


def check_axes(layer: Layer, axes: Sequence[int], shape: Any) -> tuple[int, ...]:
    """``axes`` counted from 0, sorted; raise ValueError as `check_axis` does, or if one is given twice."""
    found = sorted(check_axis(layer, axis, shape) for axis in axes)
    if len(set(found)) < len(found):
        raise ValueError(f"layer {layer.name!r} expects each axis once, got axis {list(axes)}")
    return tuple(found)


def check_epsilon(layer: Layer, epsilon: Any) -> float:
    """Check that ``epsilon`` is a number of 0 or more."""
    if not arguments.number(epsilon, type(layer).__name__, "epsilon") >= 0:
        raise ValueError(f"{type(layer).__name__} expects epsilon to be 0 or more, got {epsilon!r}")
    return epsilon
