"""Add, Subtract, Multiply, Average, Maximum, Minimum: the merging layers that work elementwise, and their functions."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from ckeras import ops, registry
from ckeras.layers.merging.merge import Merge


@registry.layers.ship()
class Add(Merge):
    """Elementwise sum of a list of inputs.

    >>> import ckeras
    >>> Add()([ckeras.ops.ones((2, 3)), ckeras.ops.ones((2, 3))]).shape
    (2, 3)
    """

    def merge(self, inputs: Sequence[Any]) -> Any:
        return reduce(ops.add, inputs)


@registry.layers.ship()
class Subtract(Merge):
    """Elementwise difference of two inputs, the first minus the second.

    >>> import ckeras
    >>> Subtract()([ckeras.ops.array([[3.0]]), ckeras.ops.array([[1.0]])]).tolist()
    [[2.0]]
    """

    _inputs = (2, 2)

    def merge(self, inputs: Sequence[Any]) -> Any:
        return ops.subtract(*inputs)


@registry.layers.ship()
class Multiply(Merge):
    """Elementwise product of a list of inputs.

    >>> import ckeras
    >>> Multiply()([ckeras.ops.array([[3.0]]), ckeras.ops.array([[2.0]])]).tolist()
    [[6.0]]
    """

    def merge(self, inputs: Sequence[Any]) -> Any:
        return reduce(ops.multiply, inputs)


@registry.layers.ship()
class Average(Merge):
    """Elementwise mean of a list of inputs.

    >>> import ckeras
    >>> Average()([ckeras.ops.array([[3.0]]), ckeras.ops.array([[1.0]])]).tolist()
    [[2.0]]
    """

    def merge(self, inputs: Sequence[Any]) -> Any:
        return reduce(ops.add, inputs) / len(inputs)


@registry.layers.ship()
class Maximum(Merge):
    """Elementwise maximum of a list of inputs.

    >>> import ckeras
    >>> Maximum()([ckeras.ops.array([[3.0]]), ckeras.ops.array([[1.0]])]).tolist()
    [[3.0]]
    """

    def merge(self, inputs: Sequence[Any]) -> Any:
        return reduce(ops.maximum, inputs)


@registry.layers.ship()
class Minimum(Merge):
    """Elementwise minimum of a list of inputs.

    >>> import ckeras
    >>> Minimum()([ckeras.ops.array([[3.0]]), ckeras.ops.array([[1.0]])]).tolist()
    [[1.0]]
    """

    def merge(self, inputs: Sequence[Any]) -> Any:
        return reduce(ops.minimum, inputs)


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Add` called on a list of inputs; ``kwargs`` are those of the layer."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Subtract` called on two inputs; ``kwargs`` are those of the layer."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Multiply` called on a list of inputs; ``kwargs`` are those of the layer."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Average` called on a list of inputs; ``kwargs`` are those of the layer."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Maximum` called on a list of inputs; ``kwargs`` are those of the layer."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Minimum` called on a list of inputs; ``kwargs`` are those of the layer."""
    return Minimum(**kwargs)(inputs)
