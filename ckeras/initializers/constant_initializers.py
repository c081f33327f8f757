"""Deterministic initializers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras import config as _config, ops, registry
from ckeras.initializers.initializer import Initializer, checked_shape

ship = registry.initializers.ship


@ship("zero")
class Zeros(Initializer):
    """Initializer of zeros.

    >>> Zeros()((2, 3)).shape
    (2, 3)
    """

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        return ops.zeros(checked_shape(shape, self), dtype=dtype or _config.floatx())


@ship("one")
class Ones(Initializer):
    """All 1."""

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        return ops.ones(checked_shape(shape, self), dtype=dtype or _config.floatx())


@ship()
class Constant(Initializer):
    """Initializer of a constant value.

    Args:
        value: A number, or an array that broadcasts to the requested shape.
    """

    def __init__(self, value: Any = 0.0):
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        dtype = dtype or _config.floatx()
        return ops.broadcast_to(ops.cast(ops.convert_to_tensor(self.value), dtype), checked_shape(shape, self))

    def get_config(self) -> dict[str, Any]:
        value = self.value
        if hasattr(value, "shape"):
            array = ops.convert_to_numpy(value)
            inner = {"value": array.tolist(), "dtype": str(array.dtype)}
            value = {"class_name": "__numpy__", "config": inner}
        return {"value": value}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constant:
        value = config.get("value", 0.0)
        if isinstance(value, dict):
            value = np.array(value["config"]["value"], dtype=value["config"].get("dtype"))
        return cls(value)


@ship("IdentityInitializer")
class Identity(Initializer):
    """Initializer of matrices with `gain` on the diagonal and 0 elsewhere.

    Args:
        gain: Value on the diagonal.

    >>> Identity(2.0)((2, 3)).tolist()
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    """

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        shape = checked_shape(shape, self)
        if len(shape) != 2:
            raise ValueError(f"{type(self).__name__} expects the shape of a matrix, got {shape}.")
        return self.gain * ops.eye(*shape, dtype=dtype or _config.floatx())

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}
