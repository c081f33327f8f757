"""TensorFlow's functions of strings and of ragged and sparse tensors, made of the same functions of numbers.

A function that only moves elements moves integers that stand for strings as well. One that computes elementwise is
applied to the elements of rows, or of a sparse tensor.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow import ragged_ops
from ckeras.compat.tensorflow.dtypes import DType
from ckeras.compat.tensorflow.ragged import RaggedTensor
from ckeras.compat.tensorflow.sparse import SparseTensor
from ckeras.tensor import Tensor
from ckeras.tensor.string_handles import TracedStrings
from ckeras.tensor.string_tensor import StringTensor, holds_strings

# Functions that move elements -> the indices of those results that are strings if the arguments are; None: all.
_MOVING: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys((
        "boolean_mask", "broadcast_to", "concat", "dynamic_partition", "dynamic_stitch", "expand_dims", "fill",
        "gather", "gather_nd", "identity", "repeat", "reshape", "reverse", "reverse_sequence", "roll", "scatter_nd",
        "slice", "split", "squeeze", "stack", "strided_slice", "tensor_scatter_nd_update", "tile", "transpose",
        "unstack", "where",
    )),
    **dict.fromkeys(("unique", "unique_with_counts"), (0,)),
    **dict.fromkeys(("equal", "not_equal", "rank", "shape", "size"), ()),
}  # fmt: skip

ELEMENTWISE = frozenset((
    "abs", "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "cast", "ceil", "clip_by_value", "cos",
    "cosh", "divide", "equal", "erf", "exp", "expm1", "floor", "floordiv", "floormod", "greater", "greater_equal",
    "less", "less_equal", "log", "log1p", "logical_and", "logical_not", "logical_or", "logical_xor", "maximum",
    "minimum", "mod", "multiply", "negative", "not_equal", "one_hot", "ones_like", "pow", "reciprocal", "round",
    "rsqrt", "saturate_cast", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "squared_difference",
    "stop_gradient", "subtract", "tan", "tanh", "truediv", "zeros_like", "as_string", "lower", "upper", "strip",
    "substr", "length", "regex_replace", "regex_full_match", "to_number", "to_hash_bucket_fast", "to_hash_bucket",
    "to_hash_bucket_strong", "join",
))  # fmt: skip


def dispatching(name: str, function: Any) -> Any:
    """Return a function that takes strings, ragged and sparse tensors too, if one of this name can; else the same."""
    moves, elementwise = name in _MOVING, name in ELEMENTWISE
    rows = ragged_ops.FUNCTIONS.get(name)
    if not (moves or elementwise or rows):
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = {*map(type, args), *map(type, kwargs.values())}
        for value in args[:1]:
            if isinstance(value, (list, tuple)):
                given |= set(map(type, value))
        if RaggedTensor in given and (rows or elementwise):
            return rows(*args, **kwargs) if rows else ragged_ops.elementwise(function, *args, **kwargs)
        if SparseTensor in given and elementwise:
            first, *others = args
            return first.with_values(function(first.values, *others, **kwargs))
        if moves and (StringTensor in given or TracedStrings in given or _texts(name, args, kwargs)):
            return _moved(function, _MOVING[name], args, kwargs)
        return function(*args, **kwargs)

    return call


def wrap_functions(names: dict[str, Any], among: Any = (*_MOVING, *ELEMENTWISE, *ragged_ops.FUNCTIONS)) -> None:
    """Let the functions in a module take strings, ragged and sparse tensors."""
    for name in set(among) & names.keys():
        names[name] = dispatching(name, names[name])


def _texts(name: str, args: Any, kwargs: Any) -> bool:
    """Whether str, bytes or lists of them are among the arguments that are tensors."""
    tensors = [*(args if name in _SEVERAL else args[:1]), *(v for k, v in kwargs.items() if k not in _OPTIONS)]
    return any(holds_strings(x) and not isinstance(x, DType) for x in tensors)


_SEVERAL = ("equal", "not_equal", "where", "fill", "scatter_nd", "tensor_scatter_nd_update")
_OPTIONS = ("name", "direction", "mode", "out_type", "out_idx", "dtype")


class _Pool(dict):
    """Integers that stand for strings, the same for equal ones."""

    def __missing__(self, text: bytes) -> int:
        self[text] = found = len(self)
        return found

    def numbers(self, value: Any) -> Any:
        """Return a tensor of the integers for strings; other values as they are."""
        if isinstance(value, (list, tuple)) and any(isinstance(v, StringTensor) for v in value):
            return [self.numbers(v) for v in value]
        if not holds_strings(value) or isinstance(value, DType):
            return value
        array = np.asarray(StringTensor(value))
        flat = [self[text] for text in array.ravel().tolist()]
        return _ops.convert_to_tensor(np.array(flat, np.int64).reshape(array.shape))

    def strings(self, numbers: Any) -> Any:
        """Return the strings for a tensor of integers."""
        texts = np.empty(len(self), object)
        texts[:] = list(self)
        return StringTensor(texts[np.asarray(numbers)])


def _handles(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_handles(v) for v in value]
    return value.handles if isinstance(value, TracedStrings) else value


def _moved(function: Callable[..., Any], strings: Any, args: Any, kwargs: Any) -> Any:
    values = [*args, *kwargs.values()]
    traced = any(isinstance(v, TracedStrings) for x in values for v in (x if isinstance(x, (list, tuple)) else (x,)))
    pool = _Pool()
    convert, back = (_handles, TracedStrings) if traced else (pool.numbers, pool.strings)
    found = function(*map(convert, args), **{k: v if k in _OPTIONS else convert(v) for k, v in kwargs.items()})
    if strings is None:
        many = isinstance(found, (list, tuple))
        return [back(x) for x in found] if many else back(found) if isinstance(found, Tensor) else found
    if not strings:
        return found
    return tuple(back(x) if i in strings else x for i, x in enumerate(found))
