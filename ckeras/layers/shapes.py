"""Shapes of inputs, one or a structure of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.tensor import Tensor, Variable, as_tensor
from ckeras.tensor.string_tensor import StringTensor
from ckeras.tensor.structure import map_structure


def shape_of(x: Any) -> Any:
    return x.shape if isinstance(x, (Tensor, Variable, StringTensor)) else None


def is_numbers(value: Any) -> bool:
    """Whether a (nested) list holds only numbers, and so represents one array."""
    while isinstance(value, (list, tuple)):
        if not value:
            return True
        value = value[0]
    return isinstance(value, (bool, int, float, np.number))


def as_leaf(value: Any) -> Any:
    """A (nested) list of numbers or strings, which is one array, as a tensor; anything else as it is."""
    if not isinstance(value, (list, tuple)):
        return value
    if is_numbers(value):
        return as_tensor(value)
    first = value
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    return StringTensor(value) if isinstance(first, (str, bytes)) else value


class ShapeOf:
    """The shape of a layer's ``input`` or ``output``, as layers had it before Keras 3; an attribute may take its place.

    Raises:
        AttributeError: if the layer was not called on a symbolic tensor.
    """

    def __init__(self, attribute: str):
        self._attribute = attribute

    def __get__(self, layer: Any, owner: Any = None) -> Any:
        if layer is None:
            return self
        found = map_structure(shape_of, getattr(layer, self._attribute))
        return list(found.values()) if isinstance(found, dict) else found


def is_shape(value: Any) -> bool:
    """Whether ``value`` is one shape, and not a structure of them."""
    return isinstance(value, (list, tuple)) and all(d is None or isinstance(d, (int, np.integer)) for d in value)


def map_shapes(function: Callable[[tuple], Any], structure: Any) -> Any:
    """Apply ``function`` to each shape of a structure of shapes."""
    if is_shape(structure):
        return function(tuple(structure))
    if isinstance(structure, dict):
        return {k: map_shapes(function, v) for k, v in structure.items()}
    return [map_shapes(function, v) for v in structure]


def as_shape(value: Any) -> Any:
    return map_shapes(tuple, value)


def older_input_shape(kwargs: dict[str, Any]) -> tuple[int | None, ...] | None:
    """The input's shape, batch included, from the arguments that named it before Keras 3."""
    batch = kwargs.pop("batch_size", None)
    full = kwargs.pop("batch_input_shape", kwargs.pop("batch_shape", None))
    shape = kwargs.pop("input_shape", None)
    size = kwargs.pop("input_dim", None)
    if full is not None:
        return tuple(full)
    if shape is None and size is not None:
        shape = (size,)
    if shape is None:
        return None
    return (batch, *((shape,) if isinstance(shape, int) else shape))
