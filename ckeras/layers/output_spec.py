"""Symbolic outputs of layers that know the shape of their output."""

from typing import Any

from ckeras.layers.layer import Layer
from ckeras.tensor import KerasTensor


def output_spec(layer: Layer, shape: Any, dtype: str) -> KerasTensor:
    """The symbolic tensor of this shape that stands for what `call` computes in ``dtype``, in the dtype in which the
    layer returns it."""
    narrowed = layer._computes_wider() and dtype == layer.variable_dtype
    return KerasTensor(shape, layer.compute_dtype if narrowed else dtype)
