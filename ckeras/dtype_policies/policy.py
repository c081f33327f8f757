"""Dtype policies: the dtype of a layer's computation, and that of its weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config
from ckeras.tensor import Tensor, Variable, as_tensor, dtypes

MIXED = {"mixed_float16": ("float16", "float32"), "mixed_bfloat16": ("bfloat16", "float32")}


def dtype_policy() -> DTypePolicy:
    """Return the policy of layers without an explicit dtype: the global policy, or that of `floatx` if none is set.

    >>> dtype_policy()
    <DTypePolicy "float32">
    """
    return config.dtype_policy_setting() or DTypePolicy(config.floatx())


class DTypePolicy:
    """The compute dtype of a layer, `compute_dtype`, and the dtype of its weights, `variable_dtype`.

    Under the mixed policies the weights are float32. A layer also computes in float32 internally, since lower precision
    is not faster on a CPU, and casts its float outputs to the compute dtype.

    Args:
        name: name of a dtype, used for both, or "mixed_float16" or "mixed_bfloat16"; the global policy's name if None.

    Raises:
        TypeError: if `name` is not a string.
        ValueError: if the name is unknown.

    >>> policy = DTypePolicy("mixed_float16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('float16', 'float32')
    """

    def __init__(self, name: str | None = None):
        if name is None:
            name = dtype_policy().name
        self._name = name
        self._compute_dtype, self._variable_dtype = dtypes_of(name)
        self._quantization_mode: str | None = None

    @property
    def name(self) -> str:
        """Name of the policy."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """Dtype of the outputs of a layer."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """Dtype of the weights of a layer."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """Quantization mode of the weights; None if they are not quantized."""
        return self._quantization_mode

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """Convert ``x`` to a tensor, and cast floats to ``dtype`` if ``autocast``; return non-arrays unchanged."""
        dtype = dtypes.standardize(dtype)
        if not isinstance(x, (Tensor, Variable, np.ndarray, np.generic)) and not hasattr(x, "__array__"):
            return x
        x = as_tensor(x)
        return x.astype(dtype) if autocast and x.dtype in dtypes.FLOATS and x.dtype != dtype else x

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        """Create a policy from the arguments in ``config``."""
        return cls(**config)

    def __repr__(self) -> str:
        kind = DTypePolicy if type(self) is FloatDTypePolicy else type(self)
        return f'<{kind.__name__} "{self.name}">'

    def __eq__(self, other: Any) -> bool:
        """Whether class and arguments are equal; `DTypePolicy` and `FloatDTypePolicy` are the same class."""
        if not isinstance(other, DTypePolicy):
            return NotImplemented
        plain = (DTypePolicy, FloatDTypePolicy)
        same_kind = type(self) is type(other) or (type(self) in plain and type(other) in plain)
        return same_kind and self.get_config() == other.get_config()

    __hash__ = None  # type: ignore[assignment]  # a map of policies may change


class FloatDTypePolicy(DTypePolicy):
    """Alias of `DTypePolicy`."""


def dtypes_of(name: Any) -> tuple[str, str]:
    """Return the compute dtype and the variable dtype of the policy of this name."""
    if not isinstance(name, str):
        raise TypeError(f"DTypePolicy expects a name, such as 'mixed_float16', got {name!r} of {type(name).__name__}")
    if name in MIXED:
        return MIXED[name]
    try:
        dtype = dtypes.standardize(name)
    except ValueError:
        raise ValueError(
            f"unknown dtype policy {name!r}: expected 'mixed_float16', 'mixed_bfloat16' or the name of a dtype, such "
            "as 'float32'"
        ) from None
    return dtype, dtype
