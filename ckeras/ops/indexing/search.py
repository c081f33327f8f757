"""Searching, unique elements, and selection by conditions."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.elementwise.core import cast
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.layout import axis_of, tensor
from ckeras.tensor import Op, Spec, Tensor, arguments, dtypes
from ckeras.tensor.dtypes import CODE
from ckeras.tensor.eager import Call, wrap


def _nonzero_infer(x: Spec) -> list[Spec]:
    return [Spec((None,), "int32") for _ in x.shape]


_nonzero = Composite(
    "nonzero", lambda x: [wrap(i.astype("int32")) for i in np.nonzero(x.numpy())], infer=_nonzero_infer
)


def nonzero(x: Any) -> tuple[Tensor, ...]:
    """Indices of the non-zero elements, as one int32 tensor per axis.

    Their number depends on the values, so it is not available inside a compiled function.

    >>> [i.tolist() for i in nonzero([[1, 0], [0, 2]])]
    [[0, 1], [0, 1]]
    """
    x = tensor(x)
    if not x.shape:
        raise ValueError("nonzero expects a tensor with axes, got shape ()")
    return tuple(_nonzero(x))


def _sought(sequence: np.ndarray, values: np.ndarray, side: str) -> np.ndarray:
    return np.searchsorted(sequence, values, side)


def _search_calls(inputs: list[Spec], outputs: list[Spec], attrs: dict[str, Any]) -> list[Call] | None:
    sequence, values = inputs
    if values.dtype not in _SEARCHED:
        return None
    p = (CODE[values.dtype], math.prod(values.shape), sequence.shape[0], attrs["side"] == "right")
    return [Call("searchsorted", (0, 1, 2), p)]


_SEARCHED = ("float32", "float64", "int32", "int64")  # the others are numpy's
_searchsorted = Op(
    "searchsorted", lambda sequence, values, side: Spec(values.shape, "int32"), _sought, kernel=_search_calls
)


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Tensor:
    """Indices (int32) at which to insert ``values`` so that ``sorted_sequence`` stays sorted.

    Args:
        sorted_sequence: of one axis, ascending.
        side: "left" gives the first such index, "right" the last.

    >>> searchsorted([1, 3, 5], [3, 4]).tolist()
    [1, 2]
    """
    sequence, values = elementwise.promote(tensor(sorted_sequence), tensor(values))
    if len(sequence.shape) != 1:
        raise ValueError(f"searchsorted expects a sorted_sequence of one axis, got shape {sequence.shape}")
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted expects the side 'left' or 'right', got {arguments.shown(side)}")
    return _searchsorted(sequence, values, side=side)


def unravel_index(indices: Any, shape: Any) -> tuple[Tensor, ...]:
    """Convert flat indices into one index per axis of an array of ``shape``.

    Indices out of range are clipped; negative ones count from the end.

    >>> [i.tolist() for i in unravel_index([0, 5], (2, 3))]
    [[0, 1], [0, 2]]
    """
    flat = tensor(indices)
    dims = arguments.shape(shape, "unravel_index")
    if flat.dtype not in dtypes.INTEGERS:
        raise TypeError(f"unravel_index expects integers, got dtype {flat.dtype}")
    total = int(np.prod(dims, dtype=np.int64))
    if total < 1:
        raise ValueError(f"unravel_index expects a shape with elements, got {dims}")
    rest = elementwise.cast(flat, "int64")
    rest = elementwise.clip(
        elementwise.where(elementwise.less(rest, 0), elementwise.add(rest, total), rest), 0, total - 1
    )
    found = []
    for d in reversed(dims):
        found.append(elementwise.cast(elementwise.mod(rest, d), flat.dtype))
        rest = elementwise.floor_divide(rest, d)
    return tuple(reversed(found))


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Tensor:
    """For each element, take the choice of the first condition that is true, else ``default``.

    Args:
        condlist: a list of conditions; non-zero values are true.
        choicelist: one tensor per condition; conditions, choices and ``default`` are broadcast together.

    >>> select([[True, False]], [[1, 2]], 7).tolist()
    [1, 7]
    """
    if not all(isinstance(v, (list, tuple)) and len(v) for v in (condlist, choicelist)):
        raise ValueError("select expects condlist and choicelist to be lists that are not empty")
    if len(condlist) != len(choicelist):
        raise ValueError(f"select expects as many choices as conditions, got {len(choicelist)} and {len(condlist)}")
    *choices, result = elementwise.promote(*choicelist, default)
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        result = elementwise.where(condition, choice, result)
    return result


# -- unique -------------------------------------------------------------------------------------------------------


def _unique_infer(x: Spec, axis: int | None, size: int | None, parts: Sequence[str], fill: Any) -> list[Spec]:
    shape = (size,) if axis is None else tuple(size if i == axis else d for i, d in enumerate(x.shape))
    of_part = {
        "values": Spec(shape, x.dtype),
        "inverse": Spec(x.shape if axis is None else (x.shape[axis],), "int32"),
    }
    return [of_part.get(part, Spec((size,), "int32")) for part in parts]


def _unique_slices(x: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`np.unique` along an axis, which has a Python object for each element of a slice, however many there are."""
    count = x.shape[axis]
    # Slices without elements are equal, as those of one 0 are.
    rows = np.moveaxis(x, axis, 0).reshape(count, -1) if x.size else np.zeros((count, 1), np.int8)
    order = np.lexsort(rows.T[::-1])
    first = np.ones(count, bool)
    first[1:] = (rows[order[1:]] != rows[order[:-1]]).any(1)
    starts = np.flatnonzero(first)
    inverse = np.empty(count, np.int64)
    inverse[order] = np.cumsum(first) - 1
    return np.take(x, order[starts], axis), order[starts], inverse, np.diff(starts, append=count)


def _unique_forward(
    x: np.ndarray, axis: int | None, size: int | None, parts: Sequence[str], fill: Any
) -> list[np.ndarray]:
    if axis is None:
        values, index, inverse, counts = np.unique(x, True, True, True, equal_nan=False)
        inverse = inverse.reshape(x.shape)
    else:
        values, index, inverse, counts = _unique_slices(x, axis)
    if size is not None:
        along = 0 if axis is None else axis
        missing = max(0, size - len(index))
        keep = np.minimum(np.arange(size), max(len(index) - 1, 0))
        if missing and not len(index) and fill is None:
            raise ValueError(f"unique of no elements needs a fill_value to give {size} of them")
        values = np.take(values, keep, along) if len(index) else np.zeros((size, *values.shape[1:]), x.dtype)
        filled = [slice(None)] * values.ndim
        filled[along] = slice(size - missing, None)
        first = [slice(None)] * values.ndim
        first[along] = slice(0, 1)
        values[tuple(filled)] = values[tuple(first)] if fill is None else fill
        index = np.concatenate([index[:size], np.repeat(index[:1] if len(index) else [0], missing)])
        counts = np.concatenate([counts[:size], np.zeros(missing, int)])
    found = {"values": values, "index": index, "inverse": inverse, "counts": counts}
    return [found[part] if part == "values" else found[part].astype("int32") for part in parts]


_sized_unique = Op("sized_unique", _unique_infer, _unique_forward)
_unique = Composite(
    "unique", lambda x, **attrs: [wrap(np.array(y)) for y in _unique_forward(x.numpy(), **attrs)], infer=_unique_infer
)


def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """Sorted unique elements of ``x``, or unique slices along ``axis``.

    Args:
        sorted: accepted for compatibility; the result is always sorted.
        return_index: whether to return the index of the first occurrence of each unique element.
        return_inverse: whether to return the indices into the unique elements that reconstruct ``x``.
        return_counts: whether to return the number of occurrences of each unique element.
        size: length of the result, for compiled functions, in which the number of unique elements is not known: the
            result is truncated, or padded with ``fill_value`` (by default the first element).

    Returns a tensor, or a tuple of it and the requested int32 tensors, in the order above. NaNs are not equal.

    >>> values, counts = unique([3, 1, 3], return_counts=True)
    >>> values.tolist(), counts.tolist()
    ([1, 3], [1, 2])
    """
    x = tensor(x)
    axis = None if axis is None else axis_of(axis, len(x.shape), "unique")
    wanted = {"index": return_index, "inverse": return_inverse, "counts": return_counts}
    parts = ("values", *(name for name, is_wanted in wanted.items() if is_wanted))
    if fill_value is not None:
        fill_value = cast(arguments.scalar(fill_value, "unique", "fill_value"), x.dtype).numpy().tolist()
    if size is not None:
        size = arguments.integer(size, "unique", "size", 0)
    row = _unique if size is None else _sized_unique
    found = row(x, axis=axis, size=size, parts=parts, fill=fill_value)
    return found[0] if len(found) == 1 else tuple(found)
