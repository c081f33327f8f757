"""What a layer says of a weight that can be quantized, and the variables that hold it then."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ckeras import ops


class QuantizedWeight(NamedTuple):
    """A weight that can be quantized.

    Args:
        attribute: Attribute of the layer that holds it: "_kernel".
        name: Its name, with which those of its scale and zero begin: "kernel".
        shape: Its shape before it is quantized.
        summed: Axes over which products sum, and so scales are shared.
        arrange: Brings a scale, in which these axes have size 1, into the shape that broadcasts to the product.
        restore: Inverse of ``arrange``.
        grouped: Axis of the summed indices in the matrix that is packed: 0, or 1 for a table that is looked up in.
        packed: Axis of that matrix along which two integers of 4 bits share a byte.
    """

    attribute: str
    name: str
    shape: tuple[int, ...]
    summed: tuple[int, ...]
    arrange: Callable[[Any], Any]
    restore: Callable[[Any], Any]
    grouped: int = 0
    packed: int = 1

    @classmethod
    def of_matrix(
        cls, attribute: str, name: str, shape: tuple[int, ...], summed: int = 0, packed: int = 1
    ) -> QuantizedWeight:
        """A matrix, with the axis over which products sum and that along which it is packed."""
        return cls(
            attribute, name, shape, (summed,), lambda scale: ops.squeeze(scale, summed),
            lambda scale: ops.expand_dims(scale, summed), summed, packed,
        )  # fmt: skip

    @property
    def summed_size(self) -> int:
        """Number of summed indices."""
        return math.prod(self.shape[i] for i in self.summed)

    @property
    def matrix(self) -> tuple[int, int]:
        """Shape as a matrix, with the summed axes merged into one."""
        rows = self.summed_size
        columns = math.prod(self.shape) // rows
        return (columns, rows) if self.grouped else (rows, columns)

    def per_group(self, groups: int | None) -> tuple[int, ...]:
        """Shape of what each column of the matrix has, once, or for each of its groups."""
        columns = self.matrix[1 - self.grouped]
        if groups is None:
            return (columns,)
        return (columns, groups) if self.grouped else (groups, columns)


class VariableSpec(NamedTuple):
    """A variable to be made: the attribute that holds it, its name, shape and dtype (None for the layer's)."""

    attribute: str
    name: str
    shape: tuple[int, ...]
    dtype: str | None = None
    initializer: Any = "zeros"


def make(layer: Any, specs: list[VariableSpec]) -> None:
    """Make variables that are not trained, and replace those that the attributes hold."""
    for attribute, name, shape, dtype, initializer in specs:
        variable = layer.add_weight(shape, initializer, dtype=dtype, trainable=False, name=name)
        setattr(layer, attribute, variable)


def group_indices(size: int, block: int) -> Callable[..., Any]:
    """Initializer of the group that each of ``size`` indices is in."""
    return lambda shape, dtype: ops.floor(ops.arange(size, dtype=dtype) / block)
