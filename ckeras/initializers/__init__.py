"""Initial values of weights.

An initializer is called with a shape, and a dtype, and returns a tensor. A random initializer samples its seed when it
is created, so repeated calls return the same values; `clone` returns an initializer with a new seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ckeras import config as _config, ops, registry
from ckeras.initializers.constant_initializers import Constant, Identity, Ones, Zeros
from ckeras.initializers.initializer import Initializer
from ckeras.initializers.random_initializers import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomInitializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    compute_fans,
)
from ckeras.initializers.stft import STFT

OrthogonalInitializer = orthogonal = Orthogonal
IdentityInitializer = identity = Identity
STFTInitializer = stft = STFT
zeros = Zeros
ones = Ones
constant = Constant
random_uniform = RandomUniform
random_normal = RandomNormal
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
glorot_uniform = GlorotUniform
glorot_normal = GlorotNormal
he_uniform = HeUniform
he_normal = HeNormal
lecun_uniform = LecunUniform
lecun_normal = LecunNormal


def get(identifier: Any) -> Callable[..., Any] | None:
    """Return the initializer given by `identifier`.

    Args:
        identifier: None, a name, a config, a class, a callable of shape and dtype, or an array, which is
            used as the initial value.

    Raises:
        ValueError: if the name is unknown (the message lists similar names) or `identifier` has another type.

    >>> type(get("he_normal")).__name__
    'HeNormal'
    """
    if hasattr(identifier, "shape") and not callable(identifier):
        return _as_given(identifier)
    return registry.initializers.get(identifier)


def _as_given(values: Any) -> Callable[..., Any]:
    def initial_value(shape: Sequence[int], dtype: str | None = None) -> Any:
        tensor = ops.convert_to_tensor(values)
        if tuple(tensor.shape) != tuple(shape):
            raise ValueError(f"Expected initial values of shape {tuple(shape)}, got {tuple(tensor.shape)}.")
        return ops.cast(tensor, dtype or _config.floatx())

    return initial_value


def serialize(initializer: Any) -> Any:
    """Return the config of an initializer, from which `deserialize` creates an equal one."""
    return registry.initializers.serialize(initializer)


def deserialize(config: Any, custom_objects: dict | None = None) -> Any:
    """Create an initializer from a name or from a config that `serialize` returned."""
    return registry.initializers.deserialize(config, custom_objects)


__all__ = [
    "STFT", "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "IdentityInitializer",
    "Initializer", "LecunNormal", "LecunUniform", "Ones", "Orthogonal", "OrthogonalInitializer", "RandomInitializer",
    "RandomNormal", "RandomUniform", "STFTInitializer", "TruncatedNormal", "VarianceScaling", "Zeros", "compute_fans",
    "constant", "deserialize", "get", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity",
    "lecun_normal", "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform", "serialize", "stft",
    "truncated_normal", "variance_scaling", "zeros",
]  # fmt: skip
__dir__ = __all__.copy
