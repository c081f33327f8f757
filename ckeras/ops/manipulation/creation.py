"""Tensors from numbers, arrays and shapes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.tensor import KerasTensor, Op, Spec, Tensor, Variable, arguments, as_tensor, dtypes, limits
from ckeras.tensor.eager import as_array, constant, wrap


def convert_to_tensor(x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None) -> Tensor:
    """Convert ``x`` (a number, nested list, array, tensor or variable) to a tensor, with a copy, of ``dtype`` if given.

    >>> convert_to_tensor([1, 2], dtype="float32")
    <Tensor shape=(2,) dtype=float32 value=[1., 2.]>
    """
    if sparse or ragged:
        raise ValueError("convert_to_tensor expects sparse and ragged to be False: only dense tensors are supported")
    if isinstance(x, np.ndarray):
        t = wrap(np.array(x, order="C"))
    elif dtype is not None and isinstance(x, (bool, int, float)) and not isinstance(x, np.generic):
        return constant(x, dtypes.standardize(dtype))  # not a cached scalar: it may be watched, or written to
    else:
        t = as_tensor(x)
    return t if dtype is None else elementwise.cast(t, dtype)


def convert_to_numpy(x: Any) -> np.ndarray:
    """The values of ``x`` as a numpy array."""
    return x.numpy() if isinstance(x, (Tensor, Variable)) else as_array(x)


def is_tensor(x: Any) -> bool:
    """Whether ``x`` is a tensor with a value, or a traced one inside a compiled function."""
    return isinstance(x, Tensor) and not isinstance(x, KerasTensor)


def shape(x: Any) -> tuple[int | None, ...]:
    """The dimensions of ``x``."""
    return as_tensor(x).shape


def ndim(x: Any) -> int:
    """The number of axes of ``x``."""
    return len(as_tensor(x).shape)


def size(x: Any) -> int | None:
    """The number of elements of ``x``."""
    dims = as_tensor(x).shape
    return None if None in dims else int(np.prod(dims, dtype=np.int64))


def dtype(x: Any) -> str:
    """The name of the dtype of ``x``."""
    return as_tensor(x).dtype


def _made(where: str, shape: Any, dtype: Any, make: Callable[..., np.ndarray]) -> Tensor:
    """``make(shape, dtype)`` as a tensor; a symbolic one if the shape is not fully known (in symbolic calls)."""
    dims, name = arguments.partial_shape(shape, where), elementwise.default_float(dtype)
    if None in dims:
        return KerasTensor(dims, name)
    limits.claim(where, dims, name)
    return wrap(make(dims, dtypes.NUMPY[name]))


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """Tensor of ``shape`` filled with ``fill_value``, of the default float type if no dtype is given."""
    dims, name = arguments.partial_shape(shape, "full"), elementwise.default_float(dtype)
    if None in dims:
        return KerasTensor(dims, name)
    return elementwise.broadcast_to(elementwise.cast(fill_value, name), dims)


def zeros(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor of zeros, of the default float type if no dtype is given.

    >>> zeros((2, 3)).shape
    (2, 3)
    """
    return _made("zeros", shape, dtype, np.zeros)


def ones(shape: Any, dtype: Any = None) -> Tensor:
    """A tensor of ones, of the default float type if no dtype is given."""
    return _made("ones", shape, dtype, np.ones)


def empty(shape: Any, dtype: Any = None) -> Tensor:
    """Tensor with unspecified elements (currently zeros)."""
    return zeros(shape, dtype)


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """Tensor of the shape and dtype of ``x`` filled with ``fill_value``."""
    x = as_tensor(x)
    value = elementwise.cast(fill_value, x.dtype if dtype is None else dtype)
    if isinstance(x, KerasTensor):  # a `where` that never selects x, so that its NaNs do not propagate
        return elementwise.where(False, elementwise.cast(x, value.dtype), value)
    return elementwise.broadcast_to(value, x.shape)


def zeros_like(x: Any, dtype: Any = None) -> Tensor:
    """Zeros of the shape and dtype of ``x``."""
    return full_like(x, 0, dtype)


def ones_like(x: Any, dtype: Any = None) -> Tensor:
    """Ones of the shape and dtype of ``x``."""
    return full_like(x, 1, dtype)


def empty_like(x: Any, dtype: Any = None) -> Tensor:
    """Tensor of the shape and dtype of ``x`` with unspecified elements (currently zeros)."""
    return zeros_like(x, dtype)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    """Numbers from ``start`` (0 if a single argument is given) to ``stop``, exclusive, in steps of ``step``.

    >>> arange(3).tolist()
    [0, 1, 2]
    """
    arguments.no_unknown_size(stop, "arange", "stop")
    given = [v for v in (start, stop, step) if v is not None]
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    for name, value in (("start", start), ("stop", stop), ("step", step)):
        arguments.number(value, "arange", name)
    if step == 0:
        raise ValueError("arange expects a step other than 0")
    if dtype is None:
        dtype = dtypes.result_type("int", *(dtypes.weak(v) for v in given))
    dtype = dtypes.standardize(dtype)
    length = (float(stop) - float(start)) / float(step)
    if not math.isfinite(length):
        raise ValueError(f"arange expects finite numbers, got {start}, {stop} and {step}")
    limits.claim("arange", (max(0, math.ceil(length)),), dtype)
    return wrap(np.arange(start, stop, step, dtype=dtypes.NUMPY[dtype]))


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Tensor:
    """A matrix with ones on its ``k``-th diagonal and zeros elsewhere."""
    arguments.no_unknown_size(M, "eye", "M")
    rows = arguments.integer(N, "eye", "N", 0)
    columns = rows if M is None else arguments.integer(M, "eye", "M", 0)
    offset = max(-rows, min(arguments.integer(k, "eye", "k"), columns))
    return _made("eye", (rows, columns), dtype, lambda shape, dtype: np.eye(*shape, offset, dtype))


def identity(n: int, dtype: Any = None) -> Tensor:
    """The identity matrix of ``n`` rows."""
    return eye(n, dtype=dtype)


def array(x: Any, dtype: Any = None) -> Tensor:
    """Alias of `convert_to_tensor`."""
    return convert_to_tensor(x, dtype)


_copy = Op(
    "copy",
    infer=lambda x: Spec(x.shape, x.dtype),
    forward=np.copy,
    opcode=lambda inputs, output: f"copy.{dtypes.SUFFIX.get(output.dtype)}",
    vjp=[lambda g, y, x: g],
    elementwise=True,
)


def copy(x: Any) -> Tensor:
    """Copy of ``x`` that shares no memory with it."""
    return _copy(as_tensor(x))
