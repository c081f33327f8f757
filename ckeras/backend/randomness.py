"""Legacy random tensors. Without a seed they use the generator of `ckeras.utils.set_random_seed`."""

from __future__ import annotations

from typing import Any

from ckeras import config, ops, random
from ckeras.backend.values import variable
from ckeras.tensor import Tensor, Variable, dtypes


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Tensor:
    """Sample from a normal distribution."""
    return random.normal(shape, mean, stddev, dtype=dtype, seed=seed)


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float | None = None, dtype: Any = None, seed: int | None = None
) -> Tensor:
    """Samples of a uniform distribution over [minval, maxval).

    ``maxval`` is 1 by default; for an integer ``dtype`` it has to be given, and the samples are integers.
    """
    if dtype is None or dtypes.standardize(dtype) not in dtypes.INTEGERS:
        return random.uniform(shape, minval, 1.0 if maxval is None else maxval, dtype=dtype, seed=seed)
    if maxval is None:
        raise ValueError(f"random_uniform expects maxval for the integer dtype {dtypes.standardize(dtype)!r}")
    low, high = (int(v) if isinstance(v, float) and v.is_integer() else v for v in (minval, maxval))
    return random.randint(shape, low, high, dtype=dtype, seed=seed)


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> Tensor:
    """Sample from a normal distribution truncated at two standard deviations from the mean."""
    return random.truncated_normal(shape, mean, stddev, dtype=dtype, seed=seed)


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: int | None = None) -> Tensor:
    """Sample 1 with probability p, else 0."""
    dtype = dtype or config.floatx()
    return ops.cast(random.uniform(shape, seed=seed) < p, dtype)


def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: Any = None, name: str | None = None, seed: int | None = None
) -> Variable:
    """Create a variable of normal samples with standard deviation ``scale``."""
    return variable(random_normal(shape, mean, scale, dtype, seed), dtype, name)


def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: Any = None, name: str | None = None, seed: int | None = None
) -> Variable:
    """Create a variable of uniform samples from [low, high)."""
    return variable(random_uniform(shape, low, high, dtype, seed), dtype, name)


def dropout(x: Any, level: float, noise_shape: Any = None, seed: int | None = None) -> Tensor:
    """Set each element to 0 with probability ``level``, and divide the others by 1 - level."""
    return random.dropout(x, level, noise_shape, seed)
