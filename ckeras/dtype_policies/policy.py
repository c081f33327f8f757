"""A policy: the dtype of a layer's computation, and that of its weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config
from ckeras.tensor import Tensor, Variable, as_tensor, dtypes

MIXED = {"mixed_float16": ("float16", "float32"), "mixed_bfloat16": ("bfloat16", "float32")}


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given no dtype: the one that was set, or that of `floatx`.

    >>> dtype_policy()
    <DTypePolicy "float32">
    """
    return config.dtype_policy_setting() or DTypePolicy(config.floatx())


class DTypePolicy:
    """The dtype that a layer computes in, `compute_dtype`, and that of its weights, `variable_dtype`.

    Under the mixed policies weights are float32, and so is the computation inside of a layer, since a CPU gains nothing
    from less; floats that come out of the layer are of the compute dtype.

    Args:
        name: of a dtype, which is then both, or "mixed_float16" or "mixed_bfloat16"; the global policy's if None.

    Raises:
        TypeError: if `name` is not a string.
        ValueError: if nothing has that name.

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
        """Its name."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The dtype of a layer's results."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of a layer's weights."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """How weights are quantized; None where they are not."""
        return self._quantization_mode

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """``x`` as a tensor, cast to ``dtype`` if it holds floats and ``autocast`` is true; what is no array stays."""
        dtype = dtypes.standardize(dtype)
        if not isinstance(x, (Tensor, Variable, np.ndarray, np.generic)) and not hasattr(x, "__array__"):
            return x
        x = as_tensor(x)
        return x.astype(dtype) if autocast and x.dtype in dtypes.FLOATS and x.dtype != dtype else x

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        """A policy from its arguments."""
        return cls(**config)

    def __repr__(self) -> str:
        kind = DTypePolicy if type(self) is FloatDTypePolicy else type(self)
        return f'<{kind.__name__} "{self.name}">'

    def __eq__(self, other: Any) -> bool:
        """Whether kind and arguments are the same; `DTypePolicy` and `FloatDTypePolicy` are one kind."""
        if not isinstance(other, DTypePolicy):
            return NotImplemented
        plain = (DTypePolicy, FloatDTypePolicy)
        same_kind = type(self) is type(other) or (type(self) in plain and type(other) in plain)
        return same_kind and self.get_config() == other.get_config()

    __hash__ = None  # type: ignore[assignment]  # a map of policies may change


class FloatDTypePolicy(DTypePolicy):
    """Another name of `DTypePolicy`."""


def dtypes_of(name: Any) -> tuple[str, str]:
    """The compute dtype and the variable dtype of the policy of this name."""
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
