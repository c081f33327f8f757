"""Functions of sparse tensors: shapes, parts, reductions, softmax and segments, on their indices and values.

Values stay tensors where a function only moves or scales them, so such functions are differentiable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.ragged import RaggedTensor, _tensor
from ckeras.compat.tensorflow.sparse import SparseTensor, reorder, to_dense
from ckeras.tensor.string_tensor import StringTensor


def _chosen(x: SparseTensor, positions: np.ndarray, indices: np.ndarray | None = None, shape: Any = None) -> Any:
    """The values at some positions, with their indices or others."""
    text = isinstance(x.values, StringTensor)
    values = x.values[positions] if text else _ops.take(x.values, positions, axis=0)
    return SparseTensor(
        x._indices[positions] if indices is None else indices, values, x._shape if shape is None else shape
    )


def _flat(x: SparseTensor, axes: Any) -> np.ndarray:
    """Index of the elements in an array of some axes alone."""
    if not len(axes) or not len(x._indices):
        return np.zeros(len(x._indices), "int64")
    return np.ravel_multi_index(tuple(x._indices[:, a] for a in axes), tuple(x._shape[list(axes)]))


def concat(axis: int, sp_inputs: Any, expand_nonconcat_dims: bool = False, name: str | None = None) -> SparseTensor:
    """Put sparse tensors one after the other along an axis.

    Raises:
        ValueError: if their other sizes differ, unless ``expand_nonconcat_dims``.
    """
    axis = axis % len(sp_inputs[0]._shape)
    shapes = np.stack([x._shape for x in sp_inputs])
    others = np.delete(shapes, axis, 1)
    if not expand_nonconcat_dims and (others != others[0]).any():
        raise ValueError(f"sparse.concat expects equal sizes but along axis {axis}, got {shapes.tolist()}")
    starts = np.concatenate([[0], np.cumsum(shapes[:, axis])])
    indices = np.concatenate([x._indices for x in sp_inputs])
    indices[:, axis] += np.repeat(starts[:-1], [len(x._indices) for x in sp_inputs])
    shape = shapes.max(0)
    shape[axis] = starts[-1]
    if any(isinstance(x.values, StringTensor) for x in sp_inputs):
        values: Any = StringTensor(np.concatenate([np.asarray(x.values) for x in sp_inputs]))
    else:
        values = _ops.concatenate([x.values for x in sp_inputs])
    return reorder(SparseTensor(indices, values, shape))


def reshape(sp_input: SparseTensor, shape: Any, name: str | None = None) -> SparseTensor:
    """Return the elements in another shape, of which one size may be -1."""
    wanted = np.asarray(shape, "int64").copy()
    total = int(np.prod(sp_input._shape))
    if (wanted == -1).any():
        known = int(np.prod(wanted[wanted != -1]))
        wanted[wanted == -1] = total // known if known else 0
    if np.prod(wanted) != total:
        raise ValueError(f"sparse.reshape expects a shape of {total} elements, got {wanted.tolist()}")
    flat = _flat(sp_input, range(len(sp_input._shape)))
    indices = np.stack(np.unravel_index(flat, tuple(wanted)), -1) if len(flat) else np.zeros((0, len(wanted)))
    return SparseTensor(indices, sp_input.values, wanted)


def expand_dims(sp_input: SparseTensor, axis: int | None = None, name: str | None = None) -> SparseTensor:
    """Insert an axis of size 1; at the end by default."""
    axis = len(sp_input._shape) if axis is None else axis % (len(sp_input._shape) + 1)
    return SparseTensor(
        np.insert(sp_input._indices, axis, 0, axis=1), sp_input.values, np.insert(sp_input._shape, axis, 1)
    )


def slice(sp_input: SparseTensor, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """Return the part that begins at an index and has at most a size."""
    begin = np.asarray(start, "int64")
    shape = np.minimum(np.asarray(size, "int64"), sp_input._shape - begin)
    inside = ((sp_input._indices >= begin) & (sp_input._indices < begin + shape)).all(1)
    positions = np.flatnonzero(inside)
    return _chosen(sp_input, positions, sp_input._indices[positions] - begin, shape)


def split(sp_input: SparseTensor, num_split: int, axis: int, name: str | None = None) -> list[SparseTensor]:
    """Split along an axis into parts, of which the first are larger by 1 if the size is no multiple."""
    axis = axis % len(sp_input._shape)
    sizes = [len(part) for part in np.array_split(np.arange(sp_input._shape[axis]), num_split)]
    parts, begin = [], 0
    for size in sizes:
        start, shape = np.zeros_like(sp_input._shape), sp_input._shape.copy()
        start[axis], shape[axis] = begin, size
        parts.append(slice(sp_input, start, shape))
        begin += size
    return parts


def retain(sp_input: SparseTensor, to_retain: Any) -> SparseTensor:
    """Return the elements where a list of booleans is true."""
    return _chosen(sp_input, np.flatnonzero(np.asarray(to_retain)))


def mask(a: Any, mask_indices: Any, name: str | None = None) -> Any:
    """Return `tf.IndexedSlices` without the rows at some indices."""
    kept = np.flatnonzero(~np.isin(np.asarray(a.indices), np.asarray(mask_indices)))
    return type(a)(_ops.take(a.values, kept, axis=0), _ops.take(a.indices, kept, axis=0), a.dense_shape)


def map_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> SparseTensor:
    """Apply a function to the elements of sparse tensors with the same indices."""
    given = [x for x in (*args, *kwargs.values()) if isinstance(x, SparseTensor)]
    if not given or any(not np.array_equal(x._indices, given[0]._indices) for x in given):
        raise ValueError("map_values expects sparse tensors with the same indices among the arguments")

    def values(x: Any) -> Any:
        return x.values if isinstance(x, SparseTensor) else x

    return given[0].with_values(op(*map(values, args), **{k: values(v) for k, v in kwargs.items()}))


def eye(num_rows: int, num_columns: int | None = None, dtype: Any = "float32", name: Any = None) -> SparseTensor:
    """Return a sparse matrix with ones on the diagonal."""
    columns = num_rows if num_columns is None else num_columns
    diagonal = np.arange(min(num_rows, columns))
    return SparseTensor(np.stack([diagonal, diagonal], 1), _ops.ones((len(diagonal),), dtype), (num_rows, columns))


def reset_shape(sp_input: SparseTensor, new_shape: Any = None) -> SparseTensor:
    """Return the elements in a larger shape, or in the smallest that holds them."""
    smallest = sp_input._indices.max(0, initial=-1) + 1
    shape = smallest if new_shape is None else np.asarray(new_shape, "int64")
    return SparseTensor(sp_input._indices, sp_input.values, shape)


def _row_groups(x: SparseTensor) -> np.ndarray:
    """The row of each element, in all axes but the last."""
    return _flat(x, range(len(x._shape) - 1))


def softmax(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """Softmax along the last axis, over the elements that are there."""
    groups = _row_groups(sp_input)
    _, rows = np.unique(groups, return_inverse=True)
    count = int(rows.max(initial=-1)) + 1
    highest = _ops.take(_ops.segment_max(sp_input.values, rows, count), rows, axis=0)
    powers = _ops.exp(sp_input.values - _ops.stop_gradient(highest))
    return sp_input.with_values(powers / _ops.take(_ops.segment_sum(powers, rows, count), rows, axis=0))


def fill_empty_rows(sp_input: SparseTensor, default_value: Any, name: str | None = None) -> tuple[SparseTensor, Any]:
    """Return a sparse matrix with a value at the beginning of rows that have none, and which rows these are."""
    count = int(sp_input._shape[0])
    empty = np.bincount(sp_input._indices[:, 0], minlength=count) == 0
    added = np.zeros((int(empty.sum()), len(sp_input._shape)), "int64")
    added[:, 0] = np.flatnonzero(empty)
    values = np.asarray(sp_input.values)
    filler = np.asarray(_tensor([default_value]))
    filled = np.concatenate([values, np.repeat(filler, len(added)).astype(values.dtype)])
    found = SparseTensor(np.concatenate([sp_input._indices, added]), _kept(filled), sp_input._shape)
    return reorder(found), _ops.convert_to_tensor(empty)


def _kept(values: np.ndarray) -> Any:
    return StringTensor(values) if values.dtype == object else _ops.convert_to_tensor(values)


def to_indicator(sp_input: SparseTensor, vocab_size: int, name: str | None = None) -> Any:
    """Return booleans (..., vocab_size), true at the values of each row."""
    shape = (*sp_input._shape[:-1].tolist(), int(vocab_size))
    found = np.zeros(shape, bool)
    found[(*sp_input._indices[:, :-1].T, np.asarray(sp_input.values))] = True
    return _ops.convert_to_tensor(found)


def reduce_max(sp_input: SparseTensor, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
    """Return maxima of the elements that are there, as a dense tensor; 0 where there are none."""
    kept = np.asarray(to_dense(reorder(sp_input)), "float64")
    there = np.zeros(kept.shape, bool)
    there[tuple(sp_input._indices.T)] = True
    found = np.where(there, kept, -np.inf).max(axis=axis, keepdims=keepdims)
    return _ops.convert_to_tensor(np.where(np.isneginf(found), 0, found).astype(str(sp_input.dtype)))


def _extreme(function: Callable[..., Any]) -> Callable[..., SparseTensor]:
    def extreme(sp_a: SparseTensor, sp_b: SparseTensor, name: str | None = None) -> SparseTensor:
        both = np.unique(np.concatenate([sp_a._indices, sp_b._indices]), axis=0)
        at = tuple(both.T)
        a, b = (np.asarray(to_dense(reorder(x)))[at] for x in (sp_a, sp_b))
        return SparseTensor(both, function(a, b), sp_a._shape)

    extreme.__doc__ = f"Return the {function.__name__} of two sparse tensors, at the indices of either."
    return extreme


maximum, minimum = _extreme(np.maximum), _extreme(np.minimum)


def _segments(reduce: str) -> Callable[..., Any]:
    def segment(data: Any, indices: Any, segment_ids: Any, num_segments: Any = None, name: str | None = None) -> Any:
        ids = np.asarray(segment_ids)
        count = int(ids.max(initial=-1)) + 1 if num_segments is None else int(num_segments)
        total = _ops.segment_sum(_ops.take(data, indices, axis=0), ids, count)
        if reduce == "sum":
            return total
        rows = np.maximum(np.bincount(ids, minlength=count), 1).astype(str(total.dtype))
        rows = rows if reduce == "mean" else np.sqrt(rows)
        return total / rows.reshape(-1, *[1] * (len(total.shape) - 1))

    segment.__name__ = segment.__qualname__ = f"segment_{reduce}"
    segment.__doc__ = f"Return the {reduce} of rows, chosen by their indices, of each segment."
    return segment


segment_sum, segment_mean, segment_sqrt_n = map(_segments, ("sum", "mean", "sqrt_n"))


def bincount(
    values: Any,
    weights: Any = None,
    axis: Any = 0,
    minlength: Any = None,
    maxlength: Any = None,
    binary_output: bool = False,
    name: str | None = None,
) -> SparseTensor:
    """Return how often each integer occurs in a tensor, or in each of its rows for ``axis`` -1.

    Args:
        values: integers: a tensor of one or two axes, a sparse matrix or a ragged one.
        weights: numbers to add instead of 1, in a tensor like ``values``.
        axis: 0 for the whole, -1 for rows.
        minlength, maxlength: size of the result at least, and the integer from which on values are left out.
        binary_output: whether the result is 1 for each integer that occurs.
        name: no effect.
    """
    flat, rows, count = _with_rows(values)
    given = None if weights is None else _with_rows(weights)[0]
    if axis in (0, None):
        rows, count = np.zeros_like(rows), 1
    kept = np.ones(len(flat), bool) if maxlength is None else flat < int(maxlength)
    width = int(flat.max(initial=-1)) + 1
    width = max(width if maxlength is None else min(width, int(maxlength)), int(minlength or 0))
    shape = (count, width)
    places, where = np.unique(np.ravel_multi_index((rows[kept], flat[kept]), shape), return_inverse=True)
    amounts = np.bincount(where, None if given is None else given[kept], len(places))
    amounts = np.ones(len(places)) if binary_output else amounts
    amounts = amounts.astype("int64" if given is None else str(given.dtype))
    indices = np.stack(np.unravel_index(places, shape), -1)
    if axis in (0, None):
        return SparseTensor(indices[:, 1:], amounts, (width,))
    return SparseTensor(indices, amounts, shape)


def _with_rows(values: Any) -> tuple[np.ndarray, np.ndarray, int]:
    """The elements, the row of each, and the number of rows."""
    if isinstance(values, SparseTensor):
        return np.asarray(values.values), values._indices[:, 0], int(values._shape[0])
    if isinstance(values, RaggedTensor):
        return np.asarray(values.values), np.asarray(values.value_rowids()), len(values)
    array = np.asarray(_tensor(values))
    matrix = array.reshape(1, -1) if array.ndim == 1 else array
    return matrix.reshape(-1), np.repeat(np.arange(len(matrix)), matrix.shape[1]), len(matrix)
