"""Seeded random tensors, as `keras.random` has them, and the generator that is used where no seed is given."""

import operator
import random as python_random
from typing import Any

import numpy as np

from ckeras.ops.elementwise.core import as_float, cast, default_float, log, where
from ckeras.ops.indexing.core import take
from ckeras.ops.manipulation.layout import expand_dims
from ckeras.ops.reduction.core import argmax
from ckeras.ops.sampling import integers_between, permutation, sample, sample_with_numpy
from ckeras.tensor import Tensor, Variable, arguments, as_tensor, dtypes
from ckeras.tensor.eager import wrap
from ckeras.tensor.scopes import name_scope
from ckeras.tensor.stored import assign_stored
from ckeras.utils.naming import uniquify

_MASK = (1 << 63) - 1


class SeedGenerator:
    """A generator of distinct seeds; its state is a variable.

    Args:
        seed: an integer; chosen at random if not given.
        name: ``seed_generator``, ``seed_generator_1``, ... if not given.
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any):
        if kwargs:
            raise TypeError(f"SeedGenerator got unknown arguments {sorted(kwargs)}")
        if seed is None:
            seed = make_default_seed()
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
            raise ValueError(f"SeedGenerator expects an integer seed, got {arguments.shown(seed)}")
        if seed < 0:
            raise ValueError(f"SeedGenerator expects a seed of 0 or more, got {seed}")
        self._initial_seed = int(seed)
        self.name = name or uniquify("seed_generator")
        with name_scope(self.name, caller=self):
            state = np.array([int(seed) & _MASK, 0], np.int64)
            self.state = Variable(state, trainable=False, name="seed_generator_state")

    @property
    def seed(self) -> int:
        """The initial seed."""
        return self._initial_seed

    def next(self, ordered: bool = True) -> Tensor:
        """Return the next seed: the key and the number of seeds generated so far."""
        value = self.state.value
        self.state.assign(value + _ONE_SAMPLE)
        return value

    def save_own_variables(self, store: Any) -> None:
        """Assign the state to a mapping, under the key "0"."""
        store["0"] = self.state.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Assign the state in a mapping that `save_own_variables` filled; one without a state changes nothing.

        Raises:
            ValueError: if it is no pair of numbers.
        """
        if "0" in store:
            assign_stored([self.state], store, self.name)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration from which `from_config` creates an equal generator."""
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SeedGenerator":
        """Create a generator from its configuration."""
        return cls(**config)


_ONE_SAMPLE = wrap(np.array([0, 1], np.int64))
_global: SeedGenerator | None = None


def make_default_seed() -> int:
    """Return an integer seed from Python's random generator."""
    return python_random.randint(1, 2**31 - 1)


def global_generator() -> SeedGenerator:
    """Return the generator that is used where no seed is given."""
    global _global
    if _global is None:
        _global = SeedGenerator(make_default_seed())
    return _global


def host_seed() -> int:
    """Integer from the global generator, for random decisions in Python such as the order of an epoch."""
    state = global_generator().state
    state.detach()
    key, count = state._array.tolist()
    state._array[1] = count + 1
    state._version[0] += 1
    return (key * 0x9E3779B97F4A7C15 + count * 0xD1B54A32D192ED03) & ((1 << 64) - 1)


def set_random_seed(seed: int) -> None:
    """Seed the generators of Python, numpy and ckeras, so that results are reproducible bit for bit."""
    global _global
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"set_random_seed expects an integer of 0 or more, got {arguments.shown(seed)}")
    python_random.seed(int(seed))
    np.random.seed(int(seed) % 2**32)
    if _global is None:
        _global = SeedGenerator(int(seed))
    else:  # compiled functions hold its variable
        _global._initial_seed = int(seed)
        _global.state.assign(np.array([int(seed) & _MASK, 0], np.int64))


def draw_seed(seed: Any = None) -> Tensor:
    """Convert ``seed`` (`None`, an integer, a `SeedGenerator`) to the two integers that sampling ops take."""
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
    raise ValueError(f"expected seed to be None, an integer or a SeedGenerator, got {arguments.shown(seed)}")


def _sample_float(seed: Any, kind: str, shape: Any, dtype: Any, *parameters: Any) -> Tensor:
    """Sample floats from a distribution with two parameters: numbers, or tensors that broadcast to ``shape``."""
    name, shape = _float(dtype, kind), _shape(shape, kind)
    if all(isinstance(v, (int, float, np.number)) for v in parameters):
        return sample(draw_seed(seed), kind, shape, name, *parameters)
    first, second = (cast(v, name) for v in parameters)
    scale = second - first if kind == "uniform" else second
    return sample(draw_seed(seed), kind, shape, name, 0.0, 1.0) * scale + first


def _float(dtype: Any, kind: str) -> str:
    name = default_float(dtype)
    if name not in dtypes.FLOATS:
        raise ValueError(f"{kind} expects a float dtype, got {arguments.shown(name)}; use randint for integers")
    return name


def _shape(shape: Any, kind: str) -> tuple[int, ...]:
    dims = (shape,) if isinstance(shape, (int, np.integer)) else shape
    try:
        known = tuple(operator.index(d) for d in dims)
    except TypeError:
        known = (-1,)
    if any(d < 0 for d in known):
        unknown = isinstance(dims, (tuple, list)) and any(d is None for d in dims)
        hint = ": the call() of a layer knows all sizes when it runs" if unknown else ""
        raise ValueError(f"{kind} expects a shape of integers of 0 or more, got {arguments.shown(shape)}{hint}")
    return known


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Sample from the uniform distribution over [minval, maxval)."""
    if isinstance(minval, (int, float)) and isinstance(maxval, (int, float)) and not minval <= maxval:
        raise ValueError(f"uniform expects minval <= maxval, got {minval} and {maxval}")
    return _sample_float(seed, "uniform", shape, dtype, minval, maxval)


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Sample from the normal distribution."""
    return _sample_float(seed, "normal", shape, dtype, mean, stddev)


def truncated_normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Sample from the normal distribution truncated at two standard deviations from its mean."""
    return _sample_float(seed, "truncated_normal", shape, dtype, mean, stddev)


def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Sample integers uniformly from [minval, maxval); the bounds are integers or tensors that broadcast.

    Every range is sampled exactly, up to the whole range of the dtype. Inside a compiled function bounds that are
    tensors are not checked; the result is minval if the range is empty.

    Raises:
        ValueError: if the dtype or a bound is not of integers, no integer lies between them, or they do not fit the
            dtype.
    """
    name, shape = "int32" if dtype is None else dtypes.standardize(dtype), _shape(shape, "randint")
    if name not in dtypes.INTEGERS:
        raise ValueError(f"randint expects an integer dtype, got {arguments.shown(name)}")
    bounds = minval, maxval
    numbers = all(isinstance(v, (int, np.integer)) for v in bounds)
    if numbers:
        low, high = (int(v) for v in bounds)
    else:
        low, high = _integer_tensor("minval", minval), _integer_tensor("maxval", maxval)
    if numbers or type(low) is type(high) is Tensor:
        lowest, highest = (low, high) if numbers else (low.numpy(), high.numpy())
        if not np.all(lowest < highest):
            raise ValueError(f"randint expects minval < maxval, got {minval} and {maxval}")
        limits = np.iinfo(name)
        if np.any(lowest < limits.min) or np.any(highest > int(limits.max) + 1):
            raise ValueError(f"randint expects minval and maxval to fit {name}, got {minval} and {maxval}")
    if numbers:
        return sample(draw_seed(seed), "integers", shape, name, low, high)
    return integers_between(draw_seed(seed), low, high, shape, name)


def _integer_tensor(name: str, value: Any) -> Tensor:
    if isinstance(value, int) and value >= 2**63:
        if value >= 2**64:
            raise ValueError(f"randint expects {name} next to a tensor to be below 2**64, got {value}")
        value = np.uint64(value)
    tensor = as_tensor(value)
    if tensor.dtype not in dtypes.INTEGERS:
        raise ValueError(
            f"randint expects {name} to be an integer, or a tensor of integers, got {arguments.shown(value)}"
        )
    return tensor if tensor.dtype == "uint64" else cast(tensor, "int64")


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Tensor:
    """Set each element of ``inputs`` to 0 with probability ``rate`` and divide the others by 1 - rate."""
    x = as_float(inputs)
    if not isinstance(rate, (int, float, np.number)) or not 0 <= rate <= 1:
        raise ValueError(f"dropout expects a rate in [0, 1], got {arguments.shown(rate)}")
    shape = _noise_shape(noise_shape, x.shape)
    if None in shape:
        raise ValueError(f"dropout needs to know the shape of inputs, got {shape}")
    if rate == 1:
        return where(False, x, 0)
    return x * sample(draw_seed(seed), "bernoulli", shape, x.dtype, 1.0 - rate, 1.0 / (1.0 - rate))


def _noise_shape(noise_shape: Any, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    if noise_shape is None:
        return shape
    given = arguments.partial_shape(noise_shape, "dropout", "noise_shape")
    if len(given) != len(shape) or any(n not in (None, 1, d) for n, d in zip(given, shape, strict=False)):
        raise ValueError(
            f"dropout expects noise_shape to have 1, None or the size of each axis of {shape}, got {given}"
        )
    return tuple(d if n is None else n for n, d in zip(given, shape, strict=True))


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Sample integer class labels with the probabilities softmax(logits), by the Gumbel-max trick.

    Args:
        logits: tensor of shape (batch, classes).
        num_samples: number of samples for each row.
        dtype: of the result, whose shape is (batch, num_samples).
        seed: `None`, an integer or a `SeedGenerator`.

    Raises ValueError if ``logits`` has another rank or an unknown size, or ``num_samples`` is negative.

    >>> categorical([[0.0, -1e9], [-1e9, 0.0]], 3, seed=0).tolist()
    [[0, 0, 0], [1, 1, 1]]
    """
    logits = as_tensor(logits)
    if len(logits.shape) != 2 or None in logits.shape or logits.shape[1] == 0:
        raise ValueError(f"categorical expects logits of shape (batch, classes), got {logits.shape}")
    if isinstance(num_samples, bool) or not isinstance(num_samples, (int, np.integer)) or num_samples < 0:
        raise ValueError(
            f"categorical expects num_samples to be an integer of 0 or more, got {arguments.shown(num_samples)}"
        )
    batch, classes = logits.shape
    name = "float64" if logits.dtype == "float64" else "float32"
    noise = -log(-log(sample(draw_seed(seed), "uniform", (batch, int(num_samples), classes), name, 0.0, 1.0)))
    return cast(argmax(expand_dims(cast(logits, name), 1) + noise, axis=-1), dtype)


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Sample from the gamma distribution with shape parameter ``alpha`` and scale 1.

    ``alpha`` is a positive number or a tensor that broadcasts to ``shape``. Raises ValueError for known values that are
    not positive.
    """
    return _sample_checked(seed, "gamma", shape, dtype, alpha=(alpha, _above_0))


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Sample from the beta distribution, with density proportional to x^(alpha - 1) (1 - x)^(beta - 1).

    ``alpha`` and ``beta`` are positive numbers or tensors that broadcast to ``shape``. Raises ValueError for known
    values that are not positive.
    """
    return _sample_checked(seed, "beta", shape, dtype, alpha=(alpha, _above_0), beta=(beta, _above_0))


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Sample from the binomial distribution: the number of successes in ``counts`` trials, as floats.

    Both parameters are numbers or tensors that broadcast to ``shape``. Raises ValueError for known counts below 0 and
    known probabilities outside of [0, 1].
    """
    counted = (counts, (lambda x: x >= 0, "0 or more"))
    chance = (probabilities, (lambda x: (x >= 0) & (x <= 1), "from 0 to 1"))
    return _sample_checked(seed, "binomial", shape, dtype, counts=counted, probabilities=chance)


_above_0 = (lambda x: x > 0, "above 0")


def _sample_checked(seed: Any, kind: str, shape: Any, dtype: Any, **parameters: Any) -> Tensor:
    """Sample with checked parameters, each given as (value, (predicate, the predicate in words))."""
    name, shape, tensors = _float(dtype, kind), _shape(shape, kind), []
    for key, (value, (holds, words)) in parameters.items():
        tensor = as_tensor(value, "float64")
        if type(tensor) is Tensor and not np.all(holds(tensor.numpy())):
            raise ValueError(f"{kind} expects {key} to be {words}, got {arguments.shown(value)}")
        if len(tensor.shape) > len(shape) or any(
            d not in (1, n) for d, n in zip(reversed(tensor.shape), reversed(shape), strict=False)
        ):
            raise ValueError(f"{kind} expects {key} to broadcast to shape {shape}, got shape {tensor.shape}")
        tensors.append(tensor)
    return sample_with_numpy(draw_seed(seed), kind, shape, name, *tensors)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Tensor:
    """Shuffle the slices of ``x`` along ``axis``.

    >>> sorted(shuffle([3, 1, 2], seed=0).tolist())
    [1, 2, 3]
    """
    x = as_tensor(x)
    if not isinstance(axis, (int, np.integer)) or not -len(x.shape) <= axis < len(x.shape):
        raise ValueError(f"shuffle expects an axis of a tensor with {len(x.shape)} axes, got {arguments.shown(axis)}")
    return take(x, permutation(draw_seed(seed), x, axis), axis=axis)


__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]
__dir__ = __all__.copy
