"""Broadcasting, dtype promotion and casts; definition of elementwise ops and of functions of one tensor."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ckeras import config
from ckeras.tensor import Op, Spec, Tensor, as_tensor, dtypes
from ckeras.tensor.eager import constant


def broadcast_shapes(*shapes: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """Broadcast the shapes against each other; `None` is an unknown dimension."""
    if shapes.count(shapes[0]) == len(shapes):
        return tuple(shapes[0])
    rank = max(len(s) for s in shapes)
    result: list[int | None] = []
    for axis in range(-rank, 0):
        size: int | None = 1
        for shape in shapes:
            d = shape[axis] if -axis <= len(shape) else 1
            if d == 1 or d == size:
                continue
            if size in (1, None):
                size = d
            elif d is not None:
                raise ValueError(f"shapes {' and '.join(map(str, shapes))} cannot be broadcast together")
        result.append(size)
    return tuple(result)


def same_spec(*inputs: Spec, **attrs: Any) -> Spec:
    """Spec of a result with the dtype of the last input."""
    return Spec(broadcast_shapes(*(x.shape for x in inputs)), inputs[-1].dtype)


def boolean_spec(*inputs: Spec, **attrs: Any) -> Spec:
    """Spec of a boolean result."""
    return Spec(broadcast_shapes(*(x.shape for x in inputs)), "bool")


@lru_cache(maxsize=1024)
def _scalar(kind: type, value: Any, dtype: str, sign: float) -> Tensor:
    tensor = constant(value, dtype)
    tensor._array.setflags(write=False)
    return tensor


def scalar(value: Any, dtype: str) -> Tensor:
    """Cached rank-0 tensor of a Python number."""
    return _scalar(type(value), value, dtype, math.copysign(1.0, value))


def promote(*values: Any, minimum: str | None = None) -> list[Tensor]:
    """Convert the values to tensors of their common dtype; Python numbers take the dtype of the tensors."""
    names, prepared = [], []
    for x in values:
        if isinstance(x, Tensor):
            names.append(x.dtype)
        elif isinstance(x, (bool, int, float)) and not isinstance(x, np.generic):
            names.append(type(x).__name__)
        else:
            x = as_tensor(x)
            names.append(x.dtype)
        prepared.append(x)
    if minimum is not None:
        names.append(minimum)
    target = dtypes.result_type(*names)
    return [
        scalar(x, target) if not isinstance(x, Tensor) else x if x.dtype == target else cast(x, target)
        for x in prepared
    ]


def cast(x: Any, dtype: Any) -> Tensor:
    """Convert ``x`` to ``dtype``; floats are rounded towards zero, non-zero values become true.

    >>> cast([1.7, -1.7], "int32").tolist()
    [1, -1]
    """
    dtype = dtypes.standardize(dtype)
    x = x if isinstance(x, Tensor) else as_tensor(x)
    return x if x.dtype == dtype else _cast(x, dtype=dtype)


def as_float(x: Any) -> Tensor:
    """Convert ``x`` to a tensor of floats; integers and booleans become the default float type."""
    x = x if isinstance(x, Tensor) else as_tensor(x)
    return x if x.dtype in dtypes.FLOATS else cast(x, dtypes.result_type(x.dtype, "float"))


_KEEP_IMAGINARY = {*dtypes.PARTS, "bool"}
_cast = Op(
    "cast",
    infer=lambda x, dtype: Spec(x.shape, dtype),
    forward=lambda x, dtype: (x.real if dtype not in _KEEP_IMAGINARY else x).astype(dtypes.NUMPY[dtype]),
    opcode=lambda inputs, output: f"cast.{dtypes.SUFFIX.get(inputs[0].dtype)}.{dtypes.SUFFIX.get(output.dtype)}",
    vjp=[lambda g, y, x, dtype: cast(g, x.dtype)],
    elementwise=True,
)


def elementwise_op(name: str, forward: Callable[..., Any], *vjp: Any, infer: Any = same_spec) -> Op:
    """Define an elementwise op from its numpy function and the gradient of each argument."""
    return Op(name, infer=infer, forward=forward, vjp=list(vjp) or None, elementwise=True)


def number(op: Op, doc: str) -> Callable[[Any], Tensor]:
    """Function of a tensor that applies ``op``, to booleans as int32."""

    def function(x: Any) -> Tensor:
        x = x if isinstance(x, Tensor) else as_tensor(x)
        return op(cast(x, "int32") if x.dtype == "bool" else x)

    return _named(function, op, doc)


def integers_unchanged(op: Op, doc: str) -> Callable[[Any], Tensor]:
    """Function of a tensor that applies ``op`` to floats and returns integers as they are."""

    def function(x: Any) -> Tensor:
        x = x if isinstance(x, Tensor) else as_tensor(x)
        return op(x) if x.dtype in dtypes.FLOATS else x

    return _named(function, op, doc)


def floating(op: Op, doc: str) -> Callable[[Any], Tensor]:
    """Function of a tensor that applies ``op`` to floats, and to integers as floats."""

    def function(x: Any) -> Tensor:
        return op(as_float(x))

    return _named(function, op, doc)


def _named(function: Callable[..., Any], op: Op, doc: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = (
        f"{doc}, element by element.\n\n    Integers and booleans are taken as floats where the result is not one."
    )
    return function


def default_float(dtype: Any) -> str:
    """The name of ``dtype``, or the default float type for `None`."""
    return config.floatx() if dtype is None else dtypes.standardize(dtype)
