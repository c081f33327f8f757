"""``tensorflow.sets``: operations on the rows of two matrices as sets, with sparse results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.ragged import _tensor
from ckeras.compat.tensorflow.sparse import SparseTensor
from ckeras.compat.tensorflow.table import names_of


def _rows(x: Any) -> tuple[tuple[int, ...], dict[tuple[int, ...], set[Any]], str]:
    """The shape of all axes but the last, the elements along the last by their index, and their dtype."""
    if isinstance(x, SparseTensor):
        found: dict[tuple[int, ...], set[Any]] = {}
        for index, value in zip(np.asarray(x.indices).tolist(), np.asarray(x.values).tolist(), strict=True):
            found.setdefault(tuple(index[:-1]), set()).add(value)
        return tuple(x.shape[:-1]), found, x.dtype
    tensor = _tensor(x)
    array = np.asarray(tensor)
    return array.shape[:-1], {i: set(array[i].tolist()) for i in np.ndindex(*array.shape[:-1])}, tensor.dtype


def _operation(combine: Callable[[set, set], set], meaning: str) -> Callable[..., SparseTensor]:
    def function(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
        (shape, first, dtype), (other_shape, second, _) = _rows(a), _rows(b)
        if shape != other_shape:
            raise ValueError(f"expected sets of the same number of rows, got {shape} and {other_shape}")
        if not aminusb:
            first, second = second, first
        rows = {i: sorted(combine(first.get(i, set()), second.get(i, set()))) for i in np.ndindex(*shape)}
        indices = [(*i, k) for i, row in rows.items() for k in range(len(row))]
        values = [value for row in rows.values() for value in row]
        filled = _tensor(values) if dtype == "string" and values else np.array(values, _numpy(dtype))
        width = max(map(len, rows.values()), default=0)
        return SparseTensor(np.array(indices, "int64").reshape(-1, len(shape) + 1), filled, (*shape, width))

    function.__doc__ = f"Return {meaning} of each pair of rows, in ascending order."
    return function


def _numpy(dtype: str) -> str:
    return "S1" if dtype == "string" else str(dtype)


union = _operation(lambda a, b: a | b, "the union")
intersection = _operation(lambda a, b: a & b, "the intersection")
difference = _operation(lambda a, b: a - b, "the difference")


def size(a: SparseTensor, validate_indices: bool = True) -> Any:
    """Return the number of distinct elements of each row."""
    shape, rows, _ = _rows(a)
    return _ops.convert_to_tensor(np.array([len(rows.get(i, ())) for i in np.ndindex(*shape)], "int32").reshape(shape))


__getattr__, __dir__ = names_of(__name__, {})
