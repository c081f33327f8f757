"""Comparison, logic, bits, selection and broadcasting, element by element."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.elementwise.promotion import (
    boolean_spec,
    broadcast_shapes,
    cast,
    elementwise_op,
    floating,
    promote,
    scalar,
)
from ckeras.tensor import KerasTensor, Op, Spec, Tensor, arguments, as_tensor, dtypes

# Dtypes without a comparison kernel are compared in a wider dtype.
_COMPARED_AS = {**dict.fromkeys(("bool", "uint8", "int8", "uint16", "int16"), "int32"), "uint32": "int64"}


def _comparing(name: str, forward: Callable[..., Any], doc: str) -> Callable[[Any, Any], Tensor]:
    op = elementwise_op(name, forward, infer=boolean_spec)

    def function(x1: Any, x2: Any) -> Tensor:
        a, b = promote(x1, x2)
        wide = _COMPARED_AS.get(a.dtype)
        if wide is not None and not (a.dtype == "bool" and name in ("equal", "not_equal")):
            a, b = cast(a, wide), cast(b, wide)
        return op(a, b)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{doc}, element by element, as booleans."
    return function


equal = _comparing("equal", np.equal, "Whether x1 equals x2")
not_equal = _comparing("not_equal", np.not_equal, "Whether x1 differs from x2")
less = _comparing("less", np.less, "Whether x1 < x2")
less_equal = _comparing("less_equal", np.less_equal, "Whether x1 <= x2")
greater = _comparing("greater", np.greater, "Whether x1 > x2")
greater_equal = _comparing("greater_equal", np.greater_equal, "Whether x1 >= x2")


def _logical(name: str, forward: Callable[..., Any], doc: str) -> Callable[..., Tensor]:
    op = elementwise_op(name, forward, infer=boolean_spec)

    def function(*values: Any) -> Tensor:
        return op(*(cast(x, "bool") for x in values))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{doc}, element by element; anything but 0 is true."
    return function


_logical_and = _logical("logical_and", np.logical_and, "Whether both are true")
_logical_or = _logical("logical_or", np.logical_or, "Whether either is true")
_logical_xor = _logical("logical_xor", np.logical_xor, "Whether just one is true")
_logical_not = _logical("logical_not", np.logical_not, "Whether x is false")


def logical_and(x1: Any, x2: Any) -> Tensor:
    """Element-wise logical and; non-zero values are true."""
    return _logical_and(x1, x2)


def logical_or(x1: Any, x2: Any) -> Tensor:
    """Element-wise logical or; non-zero values are true."""
    return _logical_or(x1, x2)


def logical_xor(x1: Any, x2: Any) -> Tensor:
    """Element-wise exclusive or; non-zero values are true."""
    return _logical_xor(x1, x2)


def logical_not(x: Any) -> Tensor:
    """Element-wise logical negation."""
    return _logical_not(x)


# -- bits ---------------------------------------------------------------------------------------------------------


def _bitwise(
    name: str, forward: Callable[..., Any], of_bools: Callable[..., Tensor], doc: str
) -> Callable[..., Tensor]:
    op = elementwise_op(name, forward)

    def of_integers(*values: Any) -> Tensor:
        tensors = promote(*values)
        dtype = tensors[0].dtype
        if dtype == "bool":
            return of_bools(*tensors)
        if dtype not in dtypes.INTEGERS:
            raise TypeError(f"{name} works on integers and booleans, got dtype {dtype}")
        return op(*tensors)

    if forward is np.invert:

        def function(x: Any) -> Tensor:
            return of_integers(x)
    else:

        def function(x: Any, y: Any) -> Tensor:
            return of_integers(x, y)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{doc}, element by element, of integers or booleans."
    return function


bitwise_and = _bitwise("bitwise_and", np.bitwise_and, logical_and, "The bits that both have")
bitwise_or = _bitwise("bitwise_or", np.bitwise_or, logical_or, "The bits that either has")
bitwise_xor = _bitwise("bitwise_xor", np.bitwise_xor, logical_xor, "The bits that just one has")
bitwise_invert = bitwise_not = _bitwise("bitwise_invert", np.invert, logical_not, "The bits that it does not have")

isnan = floating(elementwise_op("isnan", np.isnan, infer=boolean_spec), "Whether x is NaN")
isinf = floating(elementwise_op("isinf", np.isinf, infer=boolean_spec), "Whether x is infinite")
isfinite = floating(elementwise_op("isfinite", np.isfinite, infer=boolean_spec), "Whether x is finite")

_where = elementwise_op(
    "where",
    np.where,
    lambda g, y, c, a, b: None,
    lambda g, y, c, a, b: _where(c, g, scalar(0, g.dtype)),
    lambda g, y, c, a, b: _where(c, scalar(0, g.dtype), g),
)


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where ``condition`` is true, x2 elsewhere; without x1 and x2, the indices of the true elements.

    >>> where([True, False], 1.0, 2.0).tolist()
    [1.0, 2.0]
    """
    if x1 is None and x2 is None:
        if as_tensor(condition).shape == ():
            raise ValueError("where expects a condition with axes if it is given alone, got one of shape ()")
        return tuple(as_tensor(i.astype("int32")) for i in np.nonzero(as_tensor(condition).numpy()))
    if x1 is None or x2 is None:
        raise ValueError("where expects both x1 and x2, or neither")
    return _where(cast(condition, "bool"), *promote(x1, x2))


def _broadcast_infer(x: Spec, shape: tuple[int | None, ...]) -> Spec:
    lead = len(shape) - len(x.shape)
    kept = tuple(x.shape[i - lead] if d is None and i >= lead else d for i, d in enumerate(shape))
    if lead < 0 or any(d is not None and d < 0 for d in kept) or broadcast_shapes(x.shape, kept) != kept:
        raise ValueError(f"broadcast_to cannot stretch shape {x.shape} to {shape}")
    return Spec(kept, x.dtype)


_broadcast_to = Op(
    "broadcast_to",
    infer=_broadcast_infer,
    forward=lambda x, shape: np.broadcast_to(x, _broadcast_infer(x, shape).shape),
    opcode=lambda inputs, output: f"copy.{dtypes.SUFFIX.get(output.dtype)}",
    vjp=[lambda g, y, x, shape: g],  # the tape sums the gradient over the broadcast axes
    elementwise=True,
)


def broadcast_to(x: Any, shape: Any) -> Tensor:
    """Broadcast ``x`` to ``shape``; `None` in ``shape`` keeps the size of an axis."""
    x = x if isinstance(x, Tensor) else as_tensor(x)
    shape = arguments.partial_shape(shape, "broadcast_to")
    if None in shape[: max(0, len(shape) - len(x.shape))] and not isinstance(x, KerasTensor):
        raise ValueError(f"broadcast_to expects the sizes of the axes that shape {x.shape} does not have, got {shape}")
    return x if x.shape == shape else _broadcast_to(x, shape=shape)
