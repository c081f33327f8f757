"""Penalties on the size of weights, added to the loss."""

from __future__ import annotations

import math
from typing import Any

from ckeras import config as _config, ops, registry

ship = registry.regularizers.ship


class Regularizer:
    """Base class of regularizers, functions of a weight whose value is added to the loss.

    A subclass defines `__call__(x)`, which returns a scalar, and `get_config()` if it has parameters.
    """

    def __call__(self, x: Any) -> Any:
        """Return the penalty of the weight `x`; 0 unless a subclass overrides this method."""
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal regularizer."""
        raise NotImplementedError(f"{type(self).__name__} has no get_config() method, so it cannot be saved.")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        """Create a regularizer from the arguments in `config`."""
        return cls(**config)


def _factor(name: str, value: Any, default: float) -> float:
    if value is None:
        return default
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise ValueError(f"Expected {name} to be a finite number of at least 0, got {value!r}.")
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"Expected {name} to be a finite number of at least 0, got {value!r}.")
    return number


@ship("l1_l2", "l1l2")
class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x**2)` (elastic net; Zou and Hastie, 2005).

    Args:
        l1: Factor of the sum of absolute values, at least 0; None is 0.
        l2: Factor of the sum of squares, at least 0; None is 0.

    Raises:
        ValueError: if a factor is negative or not finite.

    >>> import numpy as np
    >>> round(float(L1L2(l1=0.5, l2=1.0)(np.array([[1.0, -2.0]]))), 6)
    6.5
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0):
        self.l1 = _factor("l1", l1, 0.0)
        self.l2 = _factor("l2", l2, 0.0)

    def __call__(self, x: Any) -> Any:
        x = ops.convert_to_tensor(x)
        terms = []
        if self.l1:
            terms.append(self.l1 * ops.sum(ops.abs(x)))
        if self.l2:
            terms.append(self.l2 * ops.sum(ops.square(x)))
        return sum(terms[1:], terms[0]) if terms else ops.zeros((), dtype=x.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


@ship()
class L1(Regularizer):
    """`l1 * sum(|x|)` (lasso; Tibshirani, 1996).

    Args:
        l1: Factor, at least 0; None is 0.01.

    Raises:
        ValueError: if the factor is negative or not finite.
    """

    def __init__(self, l1: float | None = 0.01):
        self.l1 = _factor("l1", l1, 0.01)

    def __call__(self, x: Any) -> Any:
        return self.l1 * ops.sum(ops.abs(x))

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


@ship()
class L2(Regularizer):
    """`l2 * sum(x**2)` (ridge; Hoerl and Kennard, 1970).

    Args:
        l2: Factor, at least 0; None is 0.01.

    Raises:
        ValueError: if the factor is negative or not finite.
    """

    def __init__(self, l2: float | None = 0.01):
        self.l2 = _factor("l2", l2, 0.01)

    def __call__(self, x: Any) -> Any:
        return self.l2 * ops.sum(ops.square(x))

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


@ship()
class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean absolute cosine similarity of all pairs of rows, or of columns, of a matrix.

    Args:
        factor: Factor, at least 0.
        mode: "rows" or "columns". The penalty of a single row or column is 0.

    Raises:
        ValueError: if the factor is negative or not finite, `mode` is unknown, or a weight is not a matrix.

    >>> import numpy as np
    >>> round(float(OrthogonalRegularizer(factor=0.5)(np.array([[3.0, 4.0], [1.0, 0.0]]))), 6)
    0.3
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        if mode not in ("rows", "columns"):
            raise ValueError(f"Expected mode to be 'rows' or 'columns', got {mode!r}.")
        self.factor = _factor("factor", factor, 0.01)
        self.mode = mode

    def __call__(self, inputs: Any) -> Any:
        x = ops.convert_to_tensor(inputs)
        if len(x.shape) != 2:
            raise ValueError(f"OrthogonalRegularizer expects a weight that is a matrix, got shape {tuple(x.shape)}.")
        if self.mode == "columns":
            x = ops.transpose(x)
        squares = ops.sum(ops.square(x), axis=1, keepdims=True)
        x = x * ops.rsqrt(ops.maximum(squares, _config.epsilon() ** 2))
        size = x.shape[0]
        cosines = ops.abs(ops.matmul(x, ops.transpose(x))) * (1.0 - ops.eye(size, dtype=x.dtype))
        return self.factor * ops.sum(cosines) / max(size * (size - 1.0), 1.0)

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer


def get(identifier: Any) -> Any:
    """Return the regularizer given by `identifier`: None, a name, a config, a class, or a callable.

    Raises:
        ValueError: if the name is unknown (the message lists similar names) or `identifier` has another type.
    """
    return registry.regularizers.get(identifier)


def serialize(regularizer: Any) -> Any:
    """Return the config of a regularizer, from which `deserialize` creates an equal one."""
    return registry.regularizers.serialize(regularizer)


def deserialize(config: Any, custom_objects: dict | None = None) -> Any:
    """Create a regularizer from a name or from a config that `serialize` returned."""
    return registry.regularizers.deserialize(config, custom_objects)


__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]
__dir__ = __all__.copy
