"""Elements of data sets: tensors, or tuples or dicts of them, as arrays and as batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.tensor.string_tensor import StringTensor, holds_strings
from ckeras.tensor.structure import map_structure


class ElementIterator:
    """An iterator over elements, with the methods of TensorFlow's.

    Args:
        elements: the iterator.
    """

    def __init__(self, elements: Iterator[Any]):
        self._elements = elements

    def __iter__(self) -> ElementIterator:
        return self

    def __next__(self) -> Any:
        return next(self._elements)

    def get_next(self) -> Any:
        """Return the next element; raise StopIteration at the end."""
        return next(self._elements)


def as_arrays(tensors: Any) -> Any:
    """Convert the lists in a structure of tuples and dicts to arrays."""
    if isinstance(tensors, dict):
        return {k: as_arrays(v) for k, v in tensors.items()}
    if isinstance(tensors, tuple):
        return tuple(map(as_arrays, tensors))
    return array_of(tensors)


def array_of(value: Any) -> Any:
    """Convert Python numbers as TensorFlow does, to int32 and float32, and strings to an array of bytes objects."""
    if hasattr(value, "row_splits"):  # a ragged tensor, whose rows are elements
        return value
    if holds_strings(value):
        return np.asarray(StringTensor(value))
    array = np.asarray(value)
    if isinstance(value, (list, tuple, int, float)):
        array = array.astype({"int64": "int32", "float64": "float32"}.get(str(array.dtype), array.dtype))
    return array


def as_tensors(element: Any) -> Any:
    return map_structure(as_tensor, element)


def as_tensor(value: Any) -> Any:
    if hasattr(value, "as_numpy_iterator") or hasattr(value, "dense_shape") or hasattr(value, "row_splits"):
        return value  # a window, or a sparse or ragged tensor
    return StringTensor(value) if holds_strings(value) else _ops.convert_to_tensor(value)


def as_numpy(value: Any) -> Any:
    if hasattr(value, "row_splits"):
        return value.numpy()
    return StringTensor(value).numpy() if holds_strings(value) else np.asarray(value)[()]


def as_value(element: Any) -> Any:
    """An element as a value that can be compared and hashed."""
    array = np.asarray(StringTensor(element) if holds_strings(element) else element)
    return array.shape, tuple(array.ravel().tolist())


def padded(elements: list[Any], shapes: Any, values: Any) -> Any:
    first = elements[0]
    if isinstance(first, dict):
        return {
            k: padded([e[k] for e in elements], shapes and shapes[k], values[k] if isinstance(values, dict) else values)
            for k in first
        }
    if isinstance(first, (tuple, list)):
        return tuple(
            padded(
                [e[i] for e in elements],
                shapes and shapes[i],
                values[i] if isinstance(values, (tuple, list)) else values,
            )
            for i in range(len(first))
        )
    text = holds_strings(first)
    arrays = [np.asarray(StringTensor(e) if text else e) for e in elements]
    largest = tuple(np.max([a.shape for a in arrays], axis=0).astype(int)) if arrays[0].ndim else ()
    wanted = (
        largest if shapes is None else tuple(n if m in (None, -1) else m for n, m in zip(largest, shapes, strict=True))
    )
    if len(wanted) != arrays[0].ndim or any(n > m for a in arrays for n, m in zip(a.shape, wanted, strict=True)):
        raise ValueError(f"padded_batch expects elements of at most shape {tuple(shapes)}, got {largest}")
    filler = (b"" if text else 0) if values is None else np.asarray(values).item()
    found = np.full((len(arrays), *wanted), filler, arrays[0].dtype)
    for i, array in enumerate(arrays):
        found[(i, *(slice(n) for n in array.shape))] = array
    return found


def called(function: Callable[..., Any], element: Any) -> Any:
    element = as_tensors(element)
    return function(*element) if isinstance(element, tuple) else function(element)


def stacked(elements: list[Any]) -> Any:
    first = elements[0]
    if isinstance(first, dict):
        return {k: stacked([e[k] for e in elements]) for k in first}
    if isinstance(first, (tuple, list)):
        return tuple(stacked([e[i] for e in elements]) for i in range(len(first)))
    if holds_strings(first):
        return np.asarray(StringTensor(elements))
    if hasattr(first, "row_splits"):
        return type(first).from_rows(elements)
    return np.stack([np.asarray(e) for e in elements])
