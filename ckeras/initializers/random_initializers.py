"""Random initializers."""

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
        ValueError: if `seed` has another type.
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
    """Uniform distribution on [minval, maxval).

    Args:
        minval: Lower bound, inclusive.
        maxval: Upper bound, exclusive.
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
    """Normal distribution.

    Args:
        mean: Mean of the distribution.
        stddev: Standard deviation of the distribution.
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
        mean: Mean of the distribution.
        stddev: Standard deviation before truncation; truncation multiplies it by 0.8796.
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
    """Distribution with mean 0 and variance `scale / n`, where `n` depends on the shape.

    For a dense kernel of shape (inputs, outputs), fan_in is inputs and fan_out outputs; for a convolution's
    (*window, inputs, outputs), both are multiplied by the size of the window.

    Args:
        scale: Positive factor of the variance.
        mode: Definition of n: "fan_in", "fan_out" or "fan_avg", the mean of both.
        distribution: "truncated_normal" (alias "normal"), "untruncated_normal" or "uniform" on
            [-`sqrt(3 * scale / n)`, `sqrt(3 * scale / n)`).
        seed: An integer, a `SeedGenerator`, or None for a seed sampled now.
        input_axes: Axes whose sizes define fan_in, instead of the second to last; given together with `output_axes`.
        output_axes: Axes whose sizes define fan_out, instead of the last.

    Raises:
        ValueError: if `scale` is not positive, or `mode` or `distribution` is not one of these names.

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
    """Base class of the named variance scalings, which fix scale, mode and distribution."""

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
    """Uniform distribution on [-r, r) with `r = sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio, 2010).

    See `VarianceScaling` for the arguments.
    """

    _fixed = (1.0, "fan_avg", "uniform")


@ship()
class GlorotNormal(_Scaled):
    """Truncated normal distribution with variance `2 / (fan_in + fan_out)` (Glorot and Bengio, 2010).

    See `VarianceScaling` for the arguments.
    """

    _fixed = (1.0, "fan_avg", "truncated_normal")


@ship()
class HeUniform(_Scaled):
    """Uniform distribution on [-r, r) with `r = sqrt(6 / fan_in)` (He et al., 2015).

    See `VarianceScaling` for the arguments.
    """

    _fixed = (2.0, "fan_in", "uniform")


@ship()
class HeNormal(_Scaled):
    """Truncated normal distribution with variance `2 / fan_in` (He et al., 2015).

    See `VarianceScaling` for the arguments.
    """

    _fixed = (2.0, "fan_in", "truncated_normal")


@ship()
class LecunUniform(_Scaled):
    """Uniform distribution on [-r, r) with `r = sqrt(3 / fan_in)` (LeCun et al., 1998).

    See `VarianceScaling` for the arguments.
    """

    _fixed = (1.0, "fan_in", "uniform")


@ship()
class LecunNormal(_Scaled):
    """Truncated normal distribution with variance `1 / fan_in` (LeCun et al., 1998).

    See `VarianceScaling` for the arguments.
    """

    _fixed = (1.0, "fan_in", "truncated_normal")


def compute_fans(
    shape: tuple[int, ...],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Return fan_in and fan_out of a kernel of this shape.

    With `input_axes` and `output_axes` they are the products of the sizes of these axes; otherwise the last two axes
    are inputs and outputs, and the axes before them a window whose size multiplies both.

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
    """Random matrix with orthonormal columns, or rows if it has fewer rows (Saxe et al., 2013).

    It is the factor Q of the QR decomposition of a matrix of normal samples, with signs that make its distribution
    uniform. A shape of more than two axes is treated as a matrix by flattening all axes but the last.

    Args:
        gain: Factor of the matrix.
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
