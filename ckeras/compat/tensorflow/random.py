"""``tensorflow.random``."""

import random as _random
from typing import Any

import numpy as _np

from ckeras.compat.tensorflow.table import names_of

ROWS = {
    "normal": "random.normal(shape, mean, stddev, dtype, seed)",
    "categorical": "random.categorical(logits, num_samples, dtype, seed)",
    "truncated_normal": "random.truncated_normal(shape, mean, stddev, dtype, seed)",
}

__getattr__, __dir__ = names_of(__name__, ROWS)


def uniform(
    shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", seed: Any = None, name: str | None = None
) -> Any:
    """Sample uniformly from [minval, maxval): floats, or integers if ``dtype`` is an integer dtype."""
    from ckeras import random

    if "int" in str(dtype):
        if maxval is None:
            raise ValueError(f"random.uniform expects maxval for the integer dtype {dtype}, got None")
        return random.randint(shape, minval, maxval, dtype=dtype, seed=seed)
    return random.uniform(shape, minval, 1 if maxval is None else maxval, dtype=dtype, seed=seed)


def shuffle(value: Any, seed: Any = None, name: str | None = None) -> Any:
    """Return ``value`` shuffled along its first axis."""
    from ckeras import random

    return random.shuffle(value, axis=0, seed=seed)


def stateless_uniform(
    shape: Any, seed: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", name: str | None = None
) -> Any:
    """Sample as `uniform` does; equal seeds, of two integers, give equal numbers."""
    return uniform(shape, minval, maxval, dtype, seed=_one(seed))


def stateless_normal(
    shape: Any, seed: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32", name: str | None = None
) -> Any:
    """Sample a normal distribution; equal seeds, of two integers, give equal numbers."""
    from ckeras import random

    return random.normal(shape, mean, stddev, dtype=dtype, seed=_one(seed))


def stateless_truncated_normal(
    shape: Any, seed: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32", name: str | None = None
) -> Any:
    """Sample a truncated normal distribution; equal seeds, of two integers, give equal numbers."""
    from ckeras import random

    return random.truncated_normal(shape, mean, stddev, dtype=dtype, seed=_one(seed))


def _one(seed: Any) -> int:
    """One seed of two."""
    first, second = (int(n) for n in _np.asarray(seed))
    return int(_np.random.SeedSequence([first & 0xFFFFFFFF, second & 0xFFFFFFFF]).generate_state(1)[0] >> 1)


class Generator:
    """A source of random numbers with a state of its own.

    Args:
        seed: integer.

    >>> a, b = Generator.from_seed(3), Generator.from_seed(3)
    >>> a.normal((2,)).tolist() == b.normal((2,)).tolist()
    True
    """

    def __init__(self, seed: int):
        from ckeras.random import SeedGenerator

        self._seeds = SeedGenerator(seed)

    @classmethod
    def from_seed(cls, seed: int, alg: Any = None) -> "Generator":
        """Return the generator of a seed."""
        return cls(seed)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> "Generator":
        """Return a generator that is seeded by the system."""
        return cls(int(_np.random.SeedSequence().generate_state(1)[0] >> 1))

    def normal(
        self, shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32", name: Any = None
    ) -> Any:
        """Sample a normal distribution."""
        from ckeras import random

        return random.normal(shape, mean, stddev, dtype=dtype, seed=self._seeds)

    def uniform(self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", name: Any = None) -> Any:
        """Sample uniformly from [minval, maxval)."""
        return uniform(shape, minval, maxval, dtype, seed=self._seeds)


def gamma(
    shape: Any, alpha: Any, beta: float = 1.0, dtype: Any = "float32", seed: Any = None, name: str | None = None
) -> Any:
    """Sample a gamma distribution of concentration ``alpha`` and inverse scale ``beta``."""
    from ckeras import random

    return random.gamma(shape, alpha, dtype=dtype, seed=seed) / beta


def set_seed(seed: int) -> None:
    """Seed ckeras's global generator; the generators of Python and NumPy are unchanged, as with TensorFlow."""
    from ckeras.utils import set_random_seed

    python, numpy = _random.getstate(), _np.random.get_state()
    set_random_seed(seed)
    _random.setstate(python)
    _np.random.set_state(numpy)
