"""Base class of initializers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class Initializer:
    """Base class of initializers, functions of a shape and a dtype that return the initial value of a weight.

    A subclass defines `__call__(shape, dtype=None)` and, if it has parameters, `get_config()`.
    """

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        """Return a tensor of this shape and dtype (`floatx()` when None)."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(shape, dtype=None) method.")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal initializer."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """Create an initializer from the arguments in `config`."""
        return cls(**config)

    def clone(self) -> Initializer:
        """Return a copy with the same arguments; it has a new seed if no seed was given."""
        return type(self).from_config(self.get_config())


def checked_shape(shape: Any, owner: Any) -> tuple[int, ...]:
    """Return a shape as a tuple of integers; raise a ValueError that names the initializer for anything else."""
    dims = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if any(d is None or int(d) < 0 for d in dims):
        raise ValueError(f"{type(owner).__name__} expects a shape of non-negative integers, got {shape!r}.")
    return tuple(int(d) for d in dims)
