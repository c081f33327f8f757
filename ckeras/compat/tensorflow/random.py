"""``tensorflow.random``."""

import random as _random
from typing import Any

import numpy as _np

from ckeras.compat.tensorflow.table import names_of

ROWS = {
    "normal": "random.normal(shape, mean, stddev, dtype, seed)",
    "log_uniform_candidate_sampler": "compat.tensorflow.candidates.log_uniform_candidate_sampler",
    "uniform_candidate_sampler": "compat.tensorflow.candidates.uniform_candidate_sampler",
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


def categorical(logits: Any, num_samples: int, dtype: Any = "int64", seed: Any = None, name: str | None = None) -> Any:
    """Sample classes by their logits (batch, classes)."""
    from ckeras import random

    return random.categorical(logits, int(num_samples), dtype=dtype, seed=seed)


def shuffle(value: Any, seed: Any = None, name: str | None = None) -> Any:
    """Return ``value`` shuffled along its first axis."""
    from ckeras import random

    return random.shuffle(value, axis=0, seed=seed)


def stateless_uniform(
    shape: Any, seed: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", name: str | None = None
) -> Any:
    """Sample as `uniform` does; equal seeds, of two integers, give equal numbers."""
    return uniform(shape, minval, maxval, dtype, seed=one_seed(seed))


def stateless_normal(
    shape: Any, seed: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32", name: str | None = None
) -> Any:
    """Sample a normal distribution; equal seeds, of two integers, give equal numbers."""
    from ckeras import random

    return random.normal(shape, mean, stddev, dtype=dtype, seed=one_seed(seed))


def stateless_truncated_normal(
    shape: Any, seed: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32", name: str | None = None
) -> Any:
    """Sample a truncated normal distribution; equal seeds, of two integers, give equal numbers."""
    from ckeras import random

    return random.truncated_normal(shape, mean, stddev, dtype=dtype, seed=one_seed(seed))


def one_seed(seed: Any) -> int:
    """One seed of two integers."""
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

    def truncated_normal(
        self, shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32", name: Any = None
    ) -> Any:
        """Sample a truncated normal distribution."""
        from ckeras import random

        return random.truncated_normal(shape, mean, stddev, dtype=dtype, seed=self._seeds)

    def make_seeds(self, count: int = 1) -> Any:
        """Return seeds for stateless functions, an array (2, count)."""
        return uniform((2, count), 0, 2**31 - 1, "int32", seed=self._seeds)

    def split(self, count: int = 1) -> "list[Generator]":
        """Return generators that are independent of this one."""
        return [Generator(int(seed)) for seed in _np.asarray(self.make_seeds(count))[0]]

    def reset_from_seed(self, seed: int, alg: Any = None) -> None:
        """Begin anew, from a seed."""
        self.__init__(seed)  # type: ignore[misc]


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


def poisson(shape: Any, lam: Any, dtype: Any = "float32", seed: Any = None, name: str | None = None) -> Any:
    """Sample Poisson distributions of the means ``lam``; the result has the shape ``(*shape, *lam.shape)``."""
    return _sampled("poisson", shape, (lam,), dtype, seed)


def _sampled(distribution: str, shape: Any, parameters: tuple[Any, ...], dtype: Any, seed: Any) -> Any:
    """Sample a distribution of numpy, once for each element of ``shape`` and of the parameters."""
    from ckeras import ops
    from ckeras.random import host_seed

    values = _np.broadcast_arrays(*(_np.asarray(p, "float64") for p in parameters))
    generator = _np.random.Generator(_np.random.Philox(host_seed() if seed is None else seed))
    size = (*(int(n) for n in _np.asarray(shape).reshape(-1)), *values[0].shape)
    return ops.convert_to_tensor(getattr(generator, distribution)(*values, size=size), dtype=dtype)


def stateless_poisson(shape: Any, seed: Any, lam: Any, dtype: Any = "int32", name: str | None = None) -> Any:
    """Sample Poisson distributions of the means ``lam``, which broadcast to ``shape``."""
    return _broadcast("poisson", shape, (lam,), dtype, seed)


def stateless_gamma(
    shape: Any, seed: Any, alpha: Any, beta: Any = None, dtype: Any = "float32", name: str | None = None
) -> Any:
    """Sample gamma distributions of concentration ``alpha`` and inverse scale ``beta``, broadcast to ``shape``."""
    scale = 1.0 if beta is None else 1 / _np.asarray(beta, "float64")
    return _broadcast("gamma", shape, (alpha, scale), dtype, seed)


def stateless_binomial(
    shape: Any, seed: Any, counts: Any, probs: Any, output_dtype: Any = "int32", name: str | None = None
) -> Any:
    """Sample binomial distributions, of which the parameters broadcast to ``shape``."""
    from ckeras import ops

    values = _np.broadcast_arrays(_np.asarray(counts, "int64"), _np.asarray(probs, "float64"))
    found = _np.random.Generator(_np.random.Philox(one_seed(seed))).binomial(*values, size=tuple(_np.asarray(shape)))
    return ops.convert_to_tensor(found, dtype=output_dtype)


def _broadcast(distribution: str, shape: Any, parameters: tuple[Any, ...], dtype: Any, seed: Any) -> Any:
    shape = tuple(int(n) for n in _np.asarray(shape).reshape(-1))
    return _sampled(distribution, (), tuple(_np.broadcast_to(p, shape) for p in parameters), dtype, one_seed(seed))


def stateless_categorical(
    logits: Any, num_samples: int, seed: Any, dtype: Any = "int64", name: str | None = None
) -> Any:
    """Sample classes by their logits (batch, classes); equal seeds, of two integers, give equal classes."""
    from ckeras import random

    return random.categorical(logits, num_samples, dtype=dtype, seed=one_seed(seed))


def split(seed: Any, num: int = 2, alg: Any = None) -> Any:
    """Return ``num`` seeds of two integers that follow from one, as an array (num, 2)."""
    from ckeras import ops

    found = _np.random.SeedSequence(one_seed(seed)).generate_state(2 * num, "uint32") >> 1
    return ops.convert_to_tensor(found.reshape(num, 2).astype("int32"))


def fold_in(seed: Any, data: int, alg: Any = None) -> Any:
    """Return the seed, of two integers, that follows from a seed and an integer."""
    from ckeras import ops

    found = _np.random.SeedSequence([one_seed(seed), int(data) & 0xFFFFFFFF]).generate_state(2, "uint32") >> 1
    return ops.convert_to_tensor(found.astype("int32"))


class Algorithm:
    """Names of algorithms; the numbers here come from Philox, whatever is asked for."""

    PHILOX, THREEFRY, AUTO_SELECT = 1, 2, 3


_generator: list[Generator] = []


def get_global_generator() -> Generator:
    """Return the generator of the process."""
    if not _generator:
        _generator.append(Generator.from_non_deterministic_state())
    return _generator[0]


def set_global_generator(generator: Generator) -> None:
    """Let another generator be that of the process."""
    _generator[:] = [generator]
