"""Seeded random tensors, as `keras.random` has them, and the generator that is used where no seed is given."""

import random as python_random
from typing import Any

import numpy as np

from ckeras.autograd import Tensor, Variable, as_tensor, dtypes
from ckeras.autograd.eager import wrap
from ckeras.ops.draw import draw
from ckeras.ops.elementwise import cast, default_float, where

_MASK = (1 << 63) - 1


class SeedGenerator:
    """A source of seeds, each different from the ones before; its state is a variable.

    Args:
        seed: an integer; drawn at random if not given.
        name: of the variable.
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any):
        if kwargs:
            raise TypeError(f"SeedGenerator got unknown arguments {sorted(kwargs)}")
        if seed is None:
            seed = make_default_seed()
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
            raise ValueError(f"SeedGenerator expects an integer seed, got {seed!r}")
        if seed < 0:
            raise ValueError(f"SeedGenerator expects a seed of 0 or more, got {seed}")
        self._initial_seed = int(seed)
        self.name = name or "seed_generator"
        self.state = Variable(np.array([int(seed) & _MASK, 0], np.int64), trainable=False, name="seed_generator_state")

    @property
    def seed(self) -> int:
        """The seed it started from."""
        return self._initial_seed

    def next(self, ordered: bool = True) -> Tensor:
        """The next seed: the key and the number of draws so far."""
        value = self.state.value
        self.state.assign(value + _ONE_DRAW)
        return value

    def get_config(self) -> dict[str, Any]:
        """What `from_config` makes it again from."""
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SeedGenerator":
        """A new generator with this configuration."""
        return cls(**config)


_ONE_DRAW = wrap(np.array([0, 1], np.int64))
_global: SeedGenerator | None = None


def make_default_seed() -> int:
    """An integer seed from Python's random generator."""
    return python_random.randint(1, 2**31 - 1)


def global_generator() -> SeedGenerator:
    """The generator of draws that are given no seed."""
    global _global
    if _global is None:
        _global = SeedGenerator(make_default_seed())
    return _global


def host_seed() -> int:
    """An integer that follows from the global generator, for decisions made in Python such as an epoch's order."""
    state = global_generator().state
    state.detach()
    key, count = state._array.tolist()
    state._array[1] = count + 1
    return (key * 0x9E3779B97F4A7C15 + count * 0xD1B54A32D192ED03) & ((1 << 64) - 1)


def set_random_seed(seed: int) -> None:
    """Seed Python's, numpy's and ckeras's generators, so that what follows can be repeated bit for bit."""
    global _global
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"set_random_seed expects an integer of 0 or more, got {seed!r}")
    python_random.seed(int(seed))
    np.random.seed(int(seed) % 2**32)
    if _global is None:
        _global = SeedGenerator(int(seed))
    else:  # compiled functions hold its variable
        _global._initial_seed = int(seed)
        _global.state.assign(np.array([int(seed) & _MASK, 0], np.int64))


def draw_seed(seed: Any = None) -> Tensor:
    """``seed`` (`None`, an integer, a `SeedGenerator`) as the two integers that a draw takes."""
    if seed is None:
        return global_generator().next()
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        return wrap(np.array([int(seed) & _MASK, 0], np.int64))
    if isinstance(seed, (Tensor, Variable, np.ndarray)):
        seed = cast(as_tensor(seed), "int64")
        if seed.shape == (2,):
            return seed
    raise ValueError(f"a seed is None, an integer or a SeedGenerator, got {seed!r}")


def _drawn(seed: Any, kind: str, shape: Any, dtype: Any, *parameters: Any) -> Tensor:
    """A draw of a float dtype whose two parameters are numbers, or tensors that broadcast to its shape."""
    name, shape = default_float(dtype), _shape(shape)
    if name not in dtypes.FLOATS:
        raise ValueError(f"{kind} expects a float dtype, got {name!r}; use randint for integers")
    if all(isinstance(v, (int, float, np.number)) for v in parameters):
        return draw(draw_seed(seed), kind, shape, name, *parameters)
    first, second = (cast(v, name) for v in parameters)
    scale = second - first if kind == "uniform" else second
    return draw(draw_seed(seed), kind, shape, name, 0.0, 1.0) * scale + first


def _shape(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(d) for d in shape)


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Numbers drawn uniformly from [minval, maxval)."""
    return _drawn(seed, "uniform", shape, dtype, minval, maxval)


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Numbers drawn from the normal distribution."""
    return _drawn(seed, "normal", shape, dtype, mean, stddev)


def truncated_normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Numbers drawn from the normal distribution cut off at two standard deviations from its mean."""
    return _drawn(seed, "truncated_normal", shape, dtype, mean, stddev)


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Integers drawn uniformly from [minval, maxval)."""
    if not minval < maxval:
        raise ValueError(f"randint expects minval < maxval, got {minval} and {maxval}")
    name = dtypes.standardize(dtype)
    if name not in dtypes.INTEGERS:
        raise ValueError(f"randint expects an integer dtype, got {name!r}")
    return draw(draw_seed(seed), "integers", _shape(shape), name, minval, maxval)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Tensor:
    """``inputs`` with each element set to 0 with probability ``rate``, and the others divided by 1 - rate."""
    x = as_tensor(inputs)
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout expects a rate in [0, 1], got {rate}")
    if rate == 1:
        return where(False, x, 0)
    shape = (
        x.shape
        if noise_shape is None
        else tuple(d if n is None else n for n, d in zip(noise_shape, x.shape, strict=True))
    )
    return x * draw(draw_seed(seed), "bernoulli", shape, x.dtype, 1.0 - rate, 1.0 / (1.0 - rate))
