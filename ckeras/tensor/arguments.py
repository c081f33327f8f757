"""Checks of arguments that are not tensors: integers, shapes, axes, choices.

Each returns the argument in a canonical form, or raises a TypeError or ValueError that names function and argument.
"""

import functools
import inspect
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ckeras import config
from ckeras._kernels import MAX_NDIM, capacity
from ckeras.tensor.tensor import KerasTensor, Tensor, TracedTensor

scope = config.scope

INT64_MAX = 2**63 - 1
MAX_TENSORS = 2**16  # in an array whose rows are tensors; a list may have more


def integer(value: Any, where: str, name: str, minimum: int | None = None, maximum: int = INT64_MAX) -> int:
    """``value`` as an integer from ``minimum`` (any that int64 holds if not given) to ``maximum``."""
    found = _index(value)
    if found is None:
        raise TypeError(f"{where} expects an integer as {name}, got {shown(value)}")
    low = -INT64_MAX - 1 if minimum is None else minimum
    if not low <= found <= maximum:
        limits = f"from {low} to {maximum}" if maximum != INT64_MAX or minimum is None else f"of {minimum} or more"
        raise ValueError(f"{where} expects an integer {limits} as {name}, got {found}")
    return found


def integers(
    value: Any, where: str, name: str, minimum: int | None = None, maximum: int = INT64_MAX, count: int = MAX_NDIM
) -> tuple[int, ...]:
    """``value``, one integer or up to ``count`` of them, as a tuple of integers."""
    if type(value) is tuple and len(value) <= count:  # what most calls pass, at little cost
        low = -INT64_MAX - 1 if minimum is None else minimum
        for v in value:
            if type(v) is not int or not low <= v <= maximum:
                break
        else:
            return value
    if _index(value) is not None:
        return (integer(value, where, name, minimum, maximum),)
    if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__len__") or symbolic(value):
        raise TypeError(f"{where} expects an integer, or a sequence of integers, as {name}, got {shown(value)}")
    if len(value) > count:
        raise ValueError(f"{where} expects at most {count} integers as {name}, got {len(value)}")
    return tuple(integer(v, where, name, minimum, maximum) for v in value)


def shape(value: Any, where: str, name: str = "shape") -> tuple[int, ...]:
    """``value``, one size or one for each axis, as a shape."""
    return integers(value, where, name, minimum=0)


def partial_shape(value: Any, where: str, name: str = "shape", minimum: int = 0) -> tuple[int | None, ...]:
    """``value`` as a shape, in which sizes may be `None`."""
    if isinstance(value, (list, tuple)) and any(d is None for d in value):
        known = iter(integers([d for d in value if d is not None], where, name, minimum))
        return tuple(None if d is None else next(known) for d in value)
    return integers(value, where, name, minimum)


def sequence(value: Any, where: str, name: str) -> list[Any]:
    """``value``, a sequence of tensors, as a list."""
    if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__iter__"):
        raise TypeError(f"{where} expects a sequence of tensors as {name}, got {shown(value)}")
    rows = np.shape(value)[0] if isinstance(value, (np.ndarray, Tensor)) and np.ndim(value) else 0
    if rows > MAX_TENSORS:
        raise ValueError(f"{where} expects at most {MAX_TENSORS} tensors as {name}, got {shown(value)}")
    if isinstance(value, np.ndarray):  # which may claim more than it has, and each row becomes a tensor
        capacity.require(value.nbytes, f"{where}, to copy {shown(value)},")
    return list(value)


def is_sequence(value: Any) -> bool:
    """Whether ``value`` is a list or a tuple, or has axes as an array or a tensor with a value does."""
    return isinstance(value, (list, tuple, range)) or (
        isinstance(value, (np.ndarray, Tensor)) and not symbolic(value) and len(value.shape) > 0
    )


def string(value: Any, where: str, name: str) -> str:
    """Check that ``value`` is a string."""
    if not isinstance(value, str):
        raise TypeError(f"{where} expects a string as {name}, got {shown(value)}")
    return value


def flag(value: Any, where: str, name: str) -> bool:
    """``value``, a boolean or one number, as a boolean."""
    if value is not None and not isinstance(value, (bool, np.bool_)) and _index(value) is None:
        raise TypeError(f"{where} expects a boolean as {name}, got {shown(value)}")
    return bool(value)


def axis(value: Any, rank: int, where: str, name: str = "axis") -> int:
    """``value`` as the index of one of ``rank`` axes, counted from 0."""
    found = value if type(value) is int else integer(value, where, name)
    if not -rank <= found < rank:
        raise ValueError(f"{where}: {name} {found} is out of range for {rank} axes")
    return found % rank


def axes(value: Any, rank: int, where: str, name: str = "axis") -> tuple[int, ...]:
    """``value``, one axis or several, as indices of ``rank`` axes, counted from 0."""
    return tuple(axis(a, rank, where, name) for a in integers(value, where, name))


def choice(value: Any, where: str, name: str, among: Sequence[str]) -> str:
    """Check that ``value`` is one of the strings ``among``."""
    if not isinstance(value, str) or value not in among:
        raise ValueError(f"{where} expects one of {', '.join(map(repr, among))} as {name}, got {shown(value)}")
    return value


def no_unknown_size(value: Any, where: str, name: str) -> None:
    """Raise TypeError for `None` where it may be a size that is not known yet, and not a default.

    That is so while the outputs of a layer are inferred for inputs with unknown sizes.
    """
    if value is None and getattr(scope, "sizes_may_be_none", False):
        raise TypeError(f"{where} expects {name} to be known, got None, which may stand for an unknown size")


def number(value: Any, where: str, name: str) -> float:
    """``value`` as a float."""
    if isinstance(value, (str, bytes)) or symbolic(value):
        raise TypeError(f"{where} expects a number as {name}, got {shown(value)}")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{where} expects a number as {name}, got {shown(value)}") from None


# What a parameter's annotation says of its argument, for the message of a call that failed.
_CHECKS = {
    "bool": flag,
    "int": integer,
    "float": number,
    "str": string,
    "int | Sequence[int]": integers,
    "Sequence[int]": integers,
}


def explain(error: Exception, function: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> None:
    """Raise a TypeError or ValueError from ``error`` that names the argument at fault, if the error does not.

    That is the first argument which is not of the type its parameter is annotated with. Callables that are an `Entry`
    call this when they have failed, so that calls which succeed pay nothing for it.
    """
    if not isinstance(error, (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)):
        return
    try:
        bound = signature(function).bind(*args, **kwargs)
    except TypeError:
        return  # the error says so
    for name, value in bound.arguments.items():
        parameter = bound.signature.parameters[name]
        annotation = inspect.formatannotation(parameter.annotation).strip("'\"")
        check = _CHECKS.get(annotation.removesuffix(" | None"))
        optional = value is None and annotation.endswith(" | None")
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if check and not variadic and not optional and not re.search(rf"\b{name}\b", str(error)):
            try:
                check(value, function.__name__, name)
            except (TypeError, ValueError) as better:
                raise better from error


@functools.cache
def signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function, kept."""
    return inspect.signature(function)


def optional(check: Callable[..., Any], value: Any, where: str, name: str) -> Any:
    """`None` if ``value`` is that, else ``value`` as ``check`` returns it."""
    return None if value is None else check(value, where, name)


def scalar(value: Any, where: str, name: str) -> Any:
    """``value``, a number of any dtype: of Python's or numpy's, or a tensor without axes."""
    found = value.numpy() if isinstance(value, Tensor) and not symbolic(value) else value
    if is_sequence(found) or np.asarray(found).dtype.kind not in "biufcV":
        raise TypeError(f"{where} expects a number as {name}, got {shown(value)}")
    return value


def symbolic(value: Any) -> bool:
    """Whether ``value`` is a tensor without a value."""
    return isinstance(value, (KerasTensor, TracedTensor))


def shown(value: Any) -> str:
    """Abbreviated repr of a value for an error message."""
    if isinstance(value, (np.ndarray, Tensor)):
        return f"a tensor of shape {value.shape} and dtype {value.dtype}" if np.ndim(value) else repr(value)
    if type(value) in (list, tuple):  # whose arrays may take forever to print
        parts = [shown(v) for v in value[:8]] + ["..."] * (len(value) > 8)
        text = ", ".join(parts) + "," * (type(value) is tuple and len(value) == 1)
        return f"[{text}]" if type(value) is list else f"({text})"
    return f"{value!r:.80}"


def _index(value: Any) -> int | None:
    """``value`` as an int, or `None` if it is not an integer."""
    if isinstance(value, Tensor):
        value = None if symbolic(value) or value.shape != () else value.numpy()
    if isinstance(value, np.ndarray):
        value = value[()] if value.shape == () else None
    try:
        return operator.index(value)
    except TypeError:
        return None
