"""``tf.TensorShape``: shapes of tensors, which are tuples with TensorFlow's methods in a process that imports it."""

from __future__ import annotations

import math
from typing import Any

from ckeras.tensor import Tensor, Variable


class TensorShape(tuple):
    """A tuple of dimensions, `None` where one is not known.

    >>> shape = TensorShape([None, 3])
    >>> shape.as_list(), shape.rank, shape.is_fully_defined(), shape == (None, 3)
    ([None, 3], 2, False, True)
    """

    __slots__ = ()

    def as_list(self) -> list[int | None]:
        """Return the dimensions in a list."""
        return list(self)

    @property
    def rank(self) -> int:
        """Number of dimensions."""
        return len(self)

    ndims = rank

    @property
    def dims(self) -> list[int | None]:
        """The dimensions, in a list."""
        return list(self)

    def num_elements(self) -> int | None:
        """Return the product of the dimensions; None if one is not known."""
        return math.prod(self) if self.is_fully_defined() else None

    def is_fully_defined(self) -> bool:
        """Whether all dimensions are known."""
        return None not in self

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor may have both shapes."""
        other = tuple(other)
        return len(self) == len(other) and all(
            a == b or a is None or b is None for a, b in zip(self, other, strict=True)
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless a tensor may have both shapes."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {tuple(self)} and {tuple(other)} are incompatible")

    def concatenate(self, other: Any) -> TensorShape:
        """Return the dimensions of both shapes, one after the other."""
        return TensorShape((*self, *other))

    def with_rank(self, rank: int) -> TensorShape:
        """Return the shape; raise ValueError if it has another rank."""
        if len(self) != rank:
            raise ValueError(f"Shape {tuple(self)} must have rank {rank}")
        return self

    assert_has_rank = with_rank

    def assert_is_fully_defined(self) -> None:
        """Raise ValueError if a dimension is not known."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {tuple(self)} is not fully defined")

    def merge_with(self, other: Any) -> TensorShape:
        """Return the shape with the dimensions that are known in either; raise ValueError if two differ."""
        self.assert_is_compatible_with(TensorShape(other))
        return TensorShape(b if a is None else a for a, b in zip(self, other, strict=True))

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return TensorShape(found) if isinstance(key, slice) else found


def give_shapes_methods() -> None:
    """Let the shapes of all tensors and variables of this process be `TensorShape`s."""
    for kind in (Tensor, Variable):
        own = kind.__dict__["shape"]
        if not isinstance(getattr(own, "fget", None), _Shaped):
            setattr(kind, "shape", property(_Shaped(own.__get__), getattr(own, "__set__", None)))  # noqa: B010


class _Shaped:
    """The getter of a shape, made of one that returns a tuple."""

    def __init__(self, get: Any) -> None:
        self.get = get

    def __call__(self, tensor: Any) -> TensorShape:
        return TensorShape(self.get(tensor))
