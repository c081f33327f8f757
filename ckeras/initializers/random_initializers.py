"""Random initial values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras import config as _config, ops, random, registry
from ckeras.initializers.initializer import Initializer, checked_shape

ship = registry.initializers.ship


class RandomInitializer(Initializer):
    """Base class of the initializers that sample random numbers.

    Args:
        seed: An integer, a `SeedGenerator`, or None for an integer sampled now from the global generator.

    Raises:
        ValueError: if `seed` is none of these.
    """

    def __init__(self, seed: Any = None):
        self._given_seed = seed
        if seed is None:
            seed = random.make_default_seed()
        elif isinstance(seed, dict):
            seed = self._given_seed = random.SeedGenerator.from_config(seed["config"])
        elif isinstance(seed, bool) or not isinstance(seed, (int, np.integer, random.SeedGenerator)):
            raise ValueError(f"{type(self).__name__} expects seed to be an integer or a SeedGenerator, got {seed!r}.")
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        seed = self._given_seed
        if isinstance(seed, random.SeedGenerator):
            seed = {
                "module": "keras.random",
                "class_name": "SeedGenerator",
                "config": seed.get_config(),
                "registered_name": None,
            }
        return {"seed": seed}


@ship("uniform")
class RandomUniform(RandomInitializer):
    """Uniform between two values.

    Args:
        minval: Lower bound, which may occur.
        maxval: Upper bound, which does not.
        seed: An integer, a `SeedGenerator`, or None for a seed sampled now.
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None):
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        return random.uniform(
            checked_shape(shape, self), self.minval, self.maxval, dtype=dtype or _config.floatx(), seed=self.seed
        )

    def get_config(self) -> dict[str, Any]:
        return {"minval": self.minval, "maxval": self.maxval, **super().get_config()}


@ship("normal")
class RandomNormal(RandomInitializer):
    """Normally distributed.

    Args:
        mean: Mean.
        stddev: Standard deviation.
        seed: An integer, a `SeedGenerator`, or None for a seed sampled now.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        return random.normal(
            checked_shape(shape, self), self.mean, self.stddev, dtype=dtype or _config.floatx(), seed=self.seed
        )

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "stddev": self.stddev, **super().get_config()}


@ship()
class TruncatedNormal(RandomInitializer):
    """Truncated normal distribution: values further than two standard deviations from the mean are sampled again.

    Args:
        mean: Mean.
        stddev: Standard deviation before truncation; after it, it is 0.8796 times that.
        seed: An integer, a `SeedGenerator`, or None for a seed sampled now.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        return random.truncated_normal(
            checked_shape(shape, self), self.mean, self.stddev, dtype=dtype or _config.floatx(), seed=self.seed
        )

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "stddev": self.stddev, **super().get_config()}


# Standard deviation of a standard normal truncated at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978

_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


@ship()
class VarianceScaling(RandomInitializer):
    """Random, of mean 0 and variance `scale / n`, where `n` follows from the shape.

    For a dense kernel of shape (inputs, outputs), fan_in is inputs and fan_out outputs; for a convolution's
    (*window, inputs, outputs), both are multiplied by the size of the window.

    Args:
        scale: Positive factor of the variance.
        mode: What n is: "fan_in", "fan_out" or "fan_avg", their mean.
        distribution: "truncated_normal" ("normal" is another name for it), "untruncated_normal" or "uniform", which
            is within `sqrt(3 * scale / n)` of 0.
        seed: An integer, a `SeedGenerator`, or None for a seed sampled now.
        input_axes: The axes whose sizes make fan_in, where they are not the last but one; given with `output_axes`.
        output_axes: The axes whose sizes make fan_out, where they are not the last.

    Raises:
        ValueError: if `scale` is not positive, or `mode` or `distribution` is none of those named.

    >>> kernel = VarianceScaling(scale=2.0, mode="fan_in", distribution="uniform", seed=0)((6, 3))
    >>> float(ops.max(ops.abs(kernel))) <= 1.0
    True
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        name = type(self).__name__
        if not scale > 0:
            raise ValueError(f"{name} expects scale to be a positive number, got {scale!r}.")
        if mode not in _MODES:
            raise ValueError(f"{name} expects mode to be one of {_MODES}, got {mode!r}.")
        if distribution == "normal":
            distribution = "truncated_normal"
        if distribution not in _DISTRIBUTIONS:
            raise ValueError(f"{name} expects distribution to be one of {_DISTRIBUTIONS}, got {distribution!r}.")
        super().__init__(seed)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        shape = checked_shape(shape, self)
        dtype = dtype or _config.floatx()
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, n))
        if self.distribution == "uniform":
            limit = math.sqrt(3.0) * stddev
            return random.uniform(shape, -limit, limit, dtype=dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, stddev, dtype=dtype, seed=self.seed)
        return random.truncated_normal(shape, 0.0, stddev / _TRUNCATED_STDDEV, dtype=dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class _Scaled(VarianceScaling):
    """A variance scaling that goes by a name of its own, with scale, mode and distribution fixed."""

    _fixed: tuple[float, str, str]

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(*self._fixed, seed=seed, input_axes=input_axes, output_axes=output_axes)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {key: config[key] for key in ("seed", "input_axes", "output_axes")}


@ship()
class GlorotUniform(_Scaled):
    """Uniform within `sqrt(6 / (fan_in + fan_out))` of 0 (Glorot and Bengio, 2010).

    The arguments are those of `VarianceScaling` of the same names.
    """

    _fixed = (1.0, "fan_avg", "uniform")


@ship()
class GlorotNormal(_Scaled):
    """Truncated normal of variance `2 / (fan_in + fan_out)` (Glorot and Bengio, 2010).

    The arguments are those of `VarianceScaling` of the same names.
    """

    _fixed = (1.0, "fan_avg", "truncated_normal")


@ship()
class HeUniform(_Scaled):
    """Uniform within `sqrt(6 / fan_in)` of 0 (He et al., 2015).

    The arguments are those of `VarianceScaling` of the same names.
    """

    _fixed = (2.0, "fan_in", "uniform")


@ship()
class HeNormal(_Scaled):
    """Truncated normal of variance `2 / fan_in` (He et al., 2015).

    The arguments are those of `VarianceScaling` of the same names.
    """

    _fixed = (2.0, "fan_in", "truncated_normal")


@ship()
class LecunUniform(_Scaled):
    """Uniform within `sqrt(3 / fan_in)` of 0 (LeCun et al., 1998).

    The arguments are those of `VarianceScaling` of the same names.
    """

    _fixed = (1.0, "fan_in", "uniform")


@ship()
class LecunNormal(_Scaled):
    """Truncated normal of variance `1 / fan_in` (LeCun et al., 1998).

    The arguments are those of `VarianceScaling` of the same names.
    """

    _fixed = (1.0, "fan_in", "truncated_normal")


def compute_fans(
    shape: tuple[int, ...],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """How many inputs reach one output of a kernel of this shape, and how many outputs one input.

    With both `input_axes` and `output_axes` they are the products of those axes; else the last two axes are inputs and
    outputs, and those before them a window that multiplies both.

    >>> compute_fans((3, 3, 16, 32))
    (144, 288)
    >>> compute_fans((16, 8, 4), input_axes=(0,), output_axes=(1, 2))
    (16, 32)
    """
    rank = len(shape)
    inputs, outputs = (
        None if axes is None else math.prod(shape[a] for a in _axes(name, axes, rank))
        for name, axes in (("input_axes", input_axes), ("output_axes", output_axes))
    )
    if inputs is not None and outputs is not None:
        return inputs, outputs
    if rank < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _axes(name: str, axes: Any, rank: int) -> tuple[int, ...]:
    axes = (axes,) if isinstance(axes, int) else tuple(axes)
    if any(not isinstance(a, int) or not -rank <= a < rank for a in axes):
        raise ValueError(f"Expected {name} to be axes of a shape of rank {rank}, got {axes!r}.")
    return tuple(a % rank for a in axes)


@ship("OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """A random matrix with orthonormal columns, or rows where it has fewer of those (Saxe et al., 2013).

    It is the Q of the QR decomposition of a matrix of normal numbers, with signs that make it uniformly distributed. A
    shape of more than two axes is that of a matrix with all axes but the last in one.

    Args:
        gain: What the matrix is multiplied by.
        seed: An integer, a `SeedGenerator`, or None for a seed sampled now.

    >>> q = Orthogonal(seed=0)((4, 3), dtype="float64")
    >>> bool(np.allclose(q.numpy().T @ q.numpy(), np.eye(3)))
    True
    """

    def __init__(self, gain: float = 1.0, seed: Any = None):
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        shape = checked_shape(shape, self)
        if len(shape) < 2:
            raise ValueError(f"{type(self).__name__} expects a shape of at least two axes, got {shape}.")
        dtype = dtype or _config.floatx()
        rows, columns = math.prod(shape[:-1]), shape[-1]
        normal = random.normal((max(rows, columns), min(rows, columns)), dtype=dtype, seed=self.seed)
        q, r = np.linalg.qr(normal.numpy().astype("float64" if dtype == "float64" else "float32"))
        q *= np.where(np.diag(r) < 0, -1, 1)
        return ops.cast(self.gain * (q if rows >= columns else q.T).reshape(shape), dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}
