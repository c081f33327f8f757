"""Random numbers from a counter-based generator (Philox; Salmon et al., 2011).

A sample is a function of its seed, two integers: a key and the number of earlier samples. So it does not depend on the
number of threads, and each run of a compiled step samples anew, since the seed is a variable.
"""

import math
from typing import Any

import numpy as np

from ckeras._kernels import level
from ckeras._kernels.levels import Kernel
from ckeras.tensor import Op, Spec, Tensor
from ckeras.tensor.dtypes import CODE, NUMPY
from ckeras.tensor.eager import Call

_KINDS = {"uniform": 0, "normal": 1, "truncated_normal": 2, "bernoulli": 3, "integers": 4}


def _p(kind: str, shape: tuple[int, ...], dtype: str) -> tuple[int, ...]:
    return (_KINDS[kind], CODE[dtype], math.prod(shape))


def _forward(seed: np.ndarray, kind: str, shape: tuple[int, ...], dtype: str, parameters: tuple[float, ...]) -> Any:
    """Sample in float32 (or int64) and convert, for dtypes that the kernel does not support."""
    made = "int64" if kind == "integers" else "float32"
    array = np.empty(shape, NUMPY[made])
    Kernel(level, "random", (0, 1), _p(kind, shape, made), parameters).run([array, seed], "random")
    return array


def _kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    kind, dtype = attrs["kind"], attrs["dtype"]
    native = ("int32", "int64") if kind == "integers" else ("float32", "float64")
    if dtype not in native and not (kind == "bernoulli" and dtype == "bool"):
        return None
    return [Call("random", (0, 1), _p(kind, attrs["shape"], dtype), attrs["parameters"])]


_random = Op(
    "random",
    lambda seed, kind, shape, dtype, parameters: Spec(shape, dtype),
    _forward,
    _kernel,
)


def sample(seed: Tensor, kind: str, shape: tuple[int, ...], dtype: str, *parameters: float) -> Tensor:
    """Random numbers of ``kind`` ("uniform", "normal", "truncated_normal", "bernoulli", "integers").

    ``parameters`` are: the limits; mean and standard deviation; the probability of a value and that value (else 0).
    """
    return _random(seed, kind=kind, shape=tuple(shape), dtype=dtype, parameters=tuple(float(v) for v in parameters))


# -- distributions sampled by numpy --------------------------------------------------------------------------------

# kind -> (sampler, mask of valid parameters; the parameter 1 is always valid)
_SAMPLERS = {
    "gamma": (lambda rng, alpha: rng.standard_gamma(alpha), lambda alpha: alpha > 0),
    "beta": (lambda rng, alpha, beta: rng.beta(alpha, beta), lambda alpha, beta: (alpha > 0) & (beta > 0)),
    "binomial": (
        lambda rng, counts, probabilities: rng.binomial(counts.astype(np.int64), probabilities),
        lambda counts, probabilities: (counts >= 0) & (probabilities >= 0) & (probabilities <= 1),
    ),
}


def _generator(seed: np.ndarray) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed.view(np.uint64)))


def _sample(seed: np.ndarray, *parameters: np.ndarray, kind: str, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    sampler, valid = _SAMPLERS[kind]
    full = [np.broadcast_to(p.astype(np.float64), shape) for p in parameters]
    known = valid(*full)
    sampled = sampler(_generator(seed), *(np.where(known, p, 1.0) for p in full))
    return np.where(known, sampled, np.nan).astype(NUMPY[dtype])


_random_sample = Op("random_sample", lambda seed, *parameters, kind, shape, dtype: Spec(shape, dtype), _sample)


def sample_with_numpy(seed: Tensor, kind: str, shape: tuple[int, ...], dtype: str, *parameters: Tensor) -> Tensor:
    """Random numbers of ``kind`` ("gamma", "beta", "binomial"), whose parameters broadcast to ``shape``.

    The result is NaN where the parameters are invalid.
    """
    return _random_sample(seed, *parameters, kind=kind, shape=tuple(shape), dtype=dtype)


_permutation = Op(
    "random_permutation",
    lambda seed, x, axis: Spec((x.shape[axis],), "int64"),
    lambda seed, x, axis: _generator(seed).permutation(x.shape[axis]),
)


def permutation(seed: Tensor, x: Tensor, axis: int) -> Tensor:
    """Random permutation of the indices along ``axis`` of ``x``."""
    return _permutation(seed, x, axis=axis)
