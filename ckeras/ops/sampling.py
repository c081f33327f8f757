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

_KINDS = {"uniform": 0, "normal": 1, "truncated_normal": 2, "bernoulli": 3, "integers": 4, "raw": 5, "wide_integers": 6}
_NARROW = 2**32  # ranges up to this one take 64 random bits an element, wider ones 128


def _call(kind: str, shape: tuple[int, ...], dtype: str, parameters: tuple[Any, ...]) -> tuple[tuple, tuple]:
    """The kernel's integers and floats."""
    size = math.prod(shape)
    if kind != "integers":
        return (_KINDS[kind], CODE[dtype], size), parameters
    low, high = parameters
    span = max(high - low - 1, 0)
    kind = "integers" if span < _NARROW else "wide_integers"
    return (_KINDS[kind], CODE[dtype], size, _bits(low), _bits(span)), ()


def _bits(value: int) -> int:
    """The int64 of the same 64 bits as an integer of [-2^63, 2^64)."""
    return value - 2**64 if value >= 2**63 else value


def _run(seed: np.ndarray, array: np.ndarray, p: tuple[int, ...], f: tuple[float, ...] = ()) -> np.ndarray:
    Kernel(level, "random", (0, 1), p, f).run([array, seed], "random")
    return array


def _forward(seed: np.ndarray, kind: str, shape: tuple[int, ...], dtype: str, parameters: tuple[Any, ...]) -> Any:
    """Sample in float32 (or int64) and convert, for dtypes that the kernel does not support."""
    made = "int64" if kind == "integers" else "float32"
    array = _run(seed, np.empty(shape, NUMPY[made]), *_call(kind, shape, made, parameters))
    return array.astype(NUMPY[dtype]) if kind == "integers" else array  # modulo 2^64, for uint64


def _kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    kind, dtype = attrs["kind"], attrs["dtype"]
    native = ("int32", "int64") if kind == "integers" else ("float32", "float64")
    if dtype not in native and not (kind == "bernoulli" and dtype == "bool"):
        return None
    return [Call("random", (0, 1), *_call(kind, attrs["shape"], dtype, attrs["parameters"]))]


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
    exact = int if kind == "integers" else float
    return _random(seed, kind=kind, shape=tuple(shape), dtype=dtype, parameters=tuple(exact(v) for v in parameters))


def _high_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The upper 64 bits of products of uint64."""
    lower, bits = np.uint64(2**32 - 1), np.uint64(32)
    a0, a1, b0, b1 = a & lower, a >> bits, b & lower, b >> bits
    first = a1 * b0 + (a0 * b0 >> bits)
    second = a0 * b1 + (first & lower)
    return a1 * b1 + (first >> bits) + (second >> bits)


def _between(seed: np.ndarray, low: np.ndarray, high: np.ndarray, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """low + floor(u (high - low)), with u of 53 bits if no range exceeds 2^32, else of 128 bits."""
    count = np.where(high > low, high.astype(np.uint64) - low.astype(np.uint64), np.uint64(1))  # 0 stands for 2^64
    size = math.prod(shape)
    if (count - 1).max(initial=0) < _NARROW:
        share = _run(seed, np.empty(shape), (_KINDS["uniform"], CODE["float64"], size), (0.0, 1.0))
        offset = np.floor(share * count).astype(np.uint64)
    else:
        words = _run(seed, np.empty((4 * size,), np.uint32), (_KINDS["raw"], CODE["uint32"], 4 * size, 0))
        lower, upper = (w.reshape(shape) for w in words.view(np.uint64).reshape(size, 2).T)
        rest = upper * count
        offset = _high_product(upper, count) + (rest + _high_product(lower, count) < rest)
        offset = np.where(count == 0, upper, offset)
    return (low.astype(np.uint64) + offset).astype(NUMPY[dtype])


_random_between = Op("random_between", lambda seed, low, high, shape, dtype: Spec(shape, dtype), _between)


def integers_between(seed: Tensor, low: Tensor, high: Tensor, shape: tuple[int, ...], dtype: str) -> Tensor:
    """Random integers in [low, high), tensors of int64 or uint64 that broadcast; low if the range is empty."""
    return _random_between(seed, low, high, shape=tuple(shape), dtype=dtype)


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
