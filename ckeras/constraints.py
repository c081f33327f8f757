"""Constraints, which project weights after each update."""

from __future__ import annotations

from typing import Any

from ckeras import config as _config, ops, registry

ship = registry.constraints.ship


class Constraint:
    """Base class of constraints, functions that map a weight to one that satisfies a condition.

    A subclass defines `__call__(w)`, which returns a tensor of the shape of `w`, and `get_config()` if it has
    parameters. The base class returns weights unchanged.
    """

    def __call__(self, w: Any) -> Any:
        """Return the constrained weight; `w` itself unless a subclass overrides this method."""
        return w

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which `from_config` creates an equal constraint."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constraint:
        """Create a constraint from the arguments in `config`."""
        return cls(**config)


def _norm(w: Any, axis: Any) -> Any:
    axis = tuple(axis) if isinstance(axis, list) else axis
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


def _at_least(minimum: float, name: str, value: Any) -> Any:
    if isinstance(value, bool) or not hasattr(value, "__float__") or not float(value) >= minimum:
        raise ValueError(f"Expected {name} to be a number of at least {minimum}, got {value!r}.")
    return value


@ship("maxnorm")
class MaxNorm(Constraint):
    """Scale down each vector along `axis` whose norm is above `max_value` (Srivastava et al., 2014).

    Args:
        max_value: Maximum Euclidean norm.
        axis: Axis, or list of axes, of the vectors: 0 for the inputs of a dense kernel, [0, 1, 2] for those of a
            2D convolution's.

    Raises:
        ValueError: if `max_value` is not a number of at least 0.
    """

    def __init__(self, max_value: float = 2, axis: Any = 0):
        self.max_value = _at_least(0, "max_value", max_value)
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        norm = _norm(w, self.axis)
        return w * (ops.clip(norm, 0, self.max_value) / (_config.epsilon() + norm))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


@ship("nonneg")
class NonNeg(Constraint):
    """Set negative weights to zero; NaN stays NaN."""

    def __call__(self, w: Any) -> Any:
        return ops.maximum(w, 0)


@ship("unitnorm")
class UnitNorm(Constraint):
    """Scale each vector along `axis` to Euclidean norm 1.

    Args:
        axis: Axis, or list of axes, of the vectors.
    """

    def __init__(self, axis: Any = 0):
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        return w / (_config.epsilon() + _norm(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


@ship()
class MinMaxNorm(Constraint):
    """Move the norm of each vector along `axis` into [`min_value`, `max_value`].

    Args:
        min_value: Minimum Euclidean norm.
        max_value: Maximum Euclidean norm.
        rate: Rate of the projection: the new norm is `rate * clip(norm, min_value, max_value) + (1 - rate) * norm`.
        axis: Axis, or list of axes, of the vectors.

    Raises:
        ValueError: if `min_value` is negative, `max_value` below it, or `rate` not a number from 0 to 1.
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0):
        self.min_value = _at_least(0, "min_value", min_value)
        self.max_value = _at_least(min_value, "max_value", max_value)
        if not _at_least(0, "rate", rate) <= 1:
            raise ValueError(f"Expected rate to be a number from 0 to 1, got {rate!r}.")
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        norm = _norm(w, self.axis)
        wanted = self.rate * ops.clip(norm, self.min_value, self.max_value) + (1 - self.rate) * norm
        return w * (wanted / (_config.epsilon() + norm))

    def get_config(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


max_norm = maxnorm = MaxNorm  # the second names are aliases of older Keras
non_neg = nonneg = NonNeg
unit_norm = unitnorm = UnitNorm
min_max_norm = MinMaxNorm


def get(identifier: Any) -> Any:
    """Return the constraint given by `identifier`: None, a name, a config, a class, or a callable.

    Raises:
        ValueError: if the name is unknown (the message lists similar names) or `identifier` has another type.
    """
    return registry.constraints.get(identifier)


def serialize(constraint: Any) -> Any:
    """Return the config of a constraint, from which `deserialize` creates an equal one."""
    return registry.constraints.serialize(constraint)


def deserialize(config: Any, custom_objects: dict | None = None) -> Any:
    """Create a constraint from a name or from a config that `serialize` returned."""
    return registry.constraints.deserialize(config, custom_objects)


__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "maxnorm",
    "min_max_norm",
    "non_neg",
    "nonneg",
    "serialize",
    "unit_norm",
    "unitnorm",
]
__dir__ = __all__.copy
