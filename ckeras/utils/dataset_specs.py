"""Shapes and dtypes of the elements of data sets, in which None is a size that varies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ckeras.tensor import Spec, dtypes
from ckeras.tensor.string_tensor import StringTensor, holds_strings
from ckeras.tensor.structure import flatten, map_structure, pack
from ckeras.utils.dataset_elements import as_tensor, called

Elements = Callable[[], Iterator[Any]]


def of_array(value: Any) -> Any:
    """Return the spec of a tensor; a data set, such as a window, is its own."""
    if hasattr(value, "as_numpy_iterator") or isinstance(value, Spec):
        return value
    if hasattr(value, "row_splits"):
        return Spec((None, None, *tuple(value.shape)[2:]), value.dtype)
    tensor = as_tensor(value)
    return Spec(tuple(tensor.shape), tensor.dtype)


def of_first(elements: Elements) -> Any:
    """Return the specs of the first element; None if there is none."""
    first = next(elements(), None)
    return None if first is None else map_structure(of_array, first)


def of_made(elements: Elements, function: Callable[..., Any]) -> Any:
    """Return the specs of the data set that a function makes of the first element; None if there is none."""
    first = next(elements(), None)
    return None if first is None else called(function, first)._spec()


def each(function: Callable[..., Any], spec: Any, *others: Any) -> Any:
    """Apply a function to the specs of a structure, which are tuples themselves."""
    if isinstance(spec, dict):
        return {k: each(function, v, *(o[k] for o in others)) for k, v in spec.items()}
    if isinstance(spec, (tuple, list)) and not isinstance(spec, Spec):
        return tuple(each(function, *parts) for parts in zip(spec, *others, strict=True))
    return function(spec, *others)


def batched(spec: Any, size: int | None) -> Any:
    """Return the specs of batches of ``size`` elements."""
    return each(lambda s: Spec((size, *s.shape), s.dtype) if isinstance(s, Spec) else s, spec)


def padded(spec: Any, shapes: Any, size: int | None) -> Any:
    """Return the specs of padded batches: sizes are those of ``shapes``, None where these have none."""

    def one(s: Any, shape: Any = None) -> Any:
        shape = (None,) * len(s.shape) if shape is None else shape
        return Spec((size, *(None if n in (None, -1) else int(n) for n in shape)), s.dtype)

    return each(one, spec) if shapes is None else each(one, spec, shapes)


def mapped(elements: Elements, sources: Elements, spec: Callable[[], Any]) -> Any:
    """Return the specs of elements that a function made of others.

    Those of the first element, but for leading sizes: that of the source's first element varies if the source's does.
    """
    found, before = of_first(elements), spec()
    leading: list[Any] = []
    each(lambda s: leading.append(s.shape[:1] if isinstance(s, Spec) else ()), before)
    if not leading or any(n != (None,) for n in leading):
        return found
    sizes = {len(leaf) for leaf in flatten(next(sources(), ())) if np.ndim(leaf)}

    def one(s: Any) -> Any:
        varies = isinstance(s, Spec) and s.shape and s.shape[0] in sizes
        return Spec((None, *s.shape[1:]), s.dtype) if varies else s

    return each(one, found)


def of_signature(types: Any, shapes: Any, signature: Any) -> Any:
    """Return specs of a structure of objects with a shape and a dtype, or of dtypes and shapes."""
    if signature is None:
        kinds = [_dtype(t) for t in flatten(types)]
        open_shapes = iter([None] * len(kinds) if shapes is None else _shapes(shapes))
        return pack(types, [Spec(next(open_shapes), kind) for kind in kinds])
    if isinstance(signature, dict):
        return {k: of_signature(None, None, v) for k, v in signature.items()}
    if hasattr(signature, "dtype"):
        return Spec(tuple(signature.shape), _dtype(signature.dtype))
    return tuple(of_signature(None, None, part) for part in signature)


def _dtype(value: Any) -> str:
    return "string" if value in (str, bytes) or value == "string" else str(dtypes.standardize(value))


def _shapes(shapes: Any) -> list[Any]:
    """The shapes in a structure: tuples and lists of sizes."""
    if isinstance(shapes, dict):
        return [shape for key in sorted(shapes) for shape in _shapes(shapes[key])]
    if all(n is None or isinstance(n, (int, np.integer)) for n in shapes):
        return [tuple(shapes)]
    return [shape for part in shapes for shape in _shapes(part)]


def cast(element: Any, spec: Any) -> Any:
    """Return an element of a generator as arrays of the dtypes of its specs.

    Raises:
        TypeError: if the structures differ, or a string is not expected or missing.
        ValueError: if a shape is not as expected.
    """
    if isinstance(spec, dict):
        if not isinstance(element, dict) or set(element) != set(spec):
            raise TypeError(f"from_generator expects dicts with the keys {sorted(spec)}, got {element!r:.80}")
        return {k: cast(element[k], spec[k]) for k in spec}
    if not isinstance(spec, Spec):
        if not isinstance(element, (tuple, list)) or len(element) != len(spec):
            raise TypeError(f"from_generator expects tuples of {len(spec)} elements, got {element!r:.80}")
        return tuple(cast(e, s) for e, s in zip(element, spec, strict=True))
    if hasattr(element, "row_splits"):
        return element
    if holds_strings(element) != (spec.dtype == "string"):
        raise TypeError(f"from_generator expects elements of dtype {spec.dtype}, got {element!r:.80}")
    array = np.asarray(StringTensor(element) if spec.dtype == "string" else element)
    if spec.shape is not None and (
        len(spec.shape) != array.ndim or any(n not in (None, m) for n, m in zip(spec.shape, array.shape, strict=True))
    ):
        raise ValueError(f"from_generator expects elements of shape {spec.shape}, got {array.shape}")
    return array if spec.dtype == "string" else array.astype(dtypes.NUMPY[spec.dtype])
