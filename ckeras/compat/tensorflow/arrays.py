"""TensorFlow's array functions whose parameters do not map to those of one function of ckeras."""

import builtins
import sys
import time
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.shapes import TensorShape
from ckeras.tensor import KerasTensor, Op, Spec, Tensor, Variable
from ckeras.tensor.string_tensor import StringTensor, holds_strings


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None) -> Any:
    """Sort the elements along ``axis``, the largest first if ``direction`` is "DESCENDING"."""
    ordered = _ops.sort(values, axis=axis)
    return _ops.flip(ordered, axis) if _descends(direction) else ordered


def argsort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None
) -> Any:
    """Return the indices that stably sort the elements along ``axis``."""
    if not _descends(direction):
        return _ops.argsort(values, axis=axis)
    indices = _ops.argsort(_ops.flip(values, axis), axis=axis)
    return _ops.flip(_ops.shape(values)[axis] - 1 - indices, axis)


def _descends(direction: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"expected direction to be 'ASCENDING' or 'DESCENDING', got {direction!r}")
    return direction == "DESCENDING"


def split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None, name: str | None = None) -> list[Any]:
    """Split along ``axis`` into a number of equal parts, or into parts of given sizes, one of which may be -1."""
    if isinstance(num_or_size_splits, (int, np.integer)):
        return _ops.split(value, int(num_or_size_splits), axis=axis)
    sizes = [int(n) for n in num_or_size_splits]
    whole = _ops.shape(value)[axis]
    sizes = [whole - sum(sizes) - 1 if n == -1 else n for n in sizes]
    if sum(sizes) != whole:
        raise ValueError(f"split expects sizes that sum to {whole} along axis {axis}, got {num_or_size_splits}")
    return _ops.split(value, np.cumsum(sizes)[:-1].tolist(), axis=axis)


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None) -> Any:
    """Return a tensor, of numbers or of strings."""
    if holds_strings(value):
        return StringTensor(value)
    return _ops.convert_to_tensor(value, dtype=dtype)


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Convert a tensor to a dtype; strings can only be cast to strings."""
    if dtype == "string" and holds_strings(x):
        return StringTensor(x)
    return _ops.cast(x, dtype)


def rank(input: Any, name: str | None = None) -> Any:
    """Return the number of axes, as a tensor."""
    return _ops.convert_to_tensor(np.int32(_ops.ndim(input)))


def boolean_mask(tensor: Any, mask: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Return the elements where ``mask``, which covers the axes from ``axis`` on, is True."""
    begin = 0 if axis is None else axis
    return _ops.convert_to_tensor(np.asarray(tensor)[(builtins.slice(None),) * begin + (np.asarray(mask, "bool"),)])


def gather_nd(params: Any, indices: Any, batch_dims: int = 0, name: str | None = None) -> Any:
    """Return the slices of ``params`` at the coordinates in the last axis of ``indices``."""
    if batch_dims:
        raise ValueError(f"gather_nd expects batch_dims=0, got {batch_dims}")
    return _ops.convert_to_tensor(params)[tuple(_ops.unstack(_ops.convert_to_tensor(indices), axis=-1))]


def tensor_scatter_nd_add(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """Return ``tensor`` with ``updates`` added at ``indices``."""
    return _ops.scatter_update(tensor, indices, updates, reduction="add")


def tensor_scatter_nd_sub(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """Return ``tensor`` with ``updates`` subtracted at ``indices``."""
    return _ops.scatter_update(tensor, indices, _ops.negative(updates), reduction="add")


def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool", name: str | None = None) -> Any:
    """Return booleans, True at the first ``lengths`` indices of a new last axis of size ``maxlen``."""
    size = int(_ops.max(lengths)) if maxlen is None else maxlen
    return _ops.cast(_ops.less(_ops.arange(size), _ops.expand_dims(lengths, -1)), dtype)


def global_norm(t_list: Any, name: str | None = None) -> Any:
    """Return the norm of all elements of a list of tensors; None entries are ignored."""
    return _ops.sqrt(sum(_ops.sum(_ops.square(t)) for t in t_list if t is not None))


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """Scale ``t`` down to the norm ``clip_norm`` over ``axes`` where its norm is larger."""
    norms = _ops.sqrt(_ops.sum(_ops.square(t), axis=axes, keepdims=True))
    return _ops.divide(_ops.multiply(t, clip_norm), _ops.maximum(norms, clip_norm))


def clip_by_global_norm(t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None) -> Any:
    """Scale tensors by one factor to `global_norm` ``clip_norm`` if theirs is larger; return them and their norm."""
    norm = global_norm(t_list) if use_norm is None else use_norm
    scale = _ops.divide(clip_norm, _ops.maximum(norm, clip_norm))
    return [None if t is None else _ops.multiply(t, scale) for t in t_list], norm


def switch_case(branch_index: Any, branch_fns: Any, default: Any = None, name: str | None = None) -> Any:
    """Return the result of the function with this index, or of the last one (or ``default``) if out of range."""
    functions = [f[1] if isinstance(f, tuple) else f for f in branch_fns]
    functions += [functions[-1] if default is None else default]
    index = _ops.convert_to_tensor(branch_index)
    return _ops.switch(_ops.where((index < 0) | (index >= len(functions)), len(functions) - 1, index), functions)


def print(*inputs: Any, output_stream: Any = None, sep: str = " ", end: str = "\n", **options: Any) -> None:
    """Print the values of tensors whenever the enclosing function runs.

    Args:
        inputs: tensors, and other objects.
        output_stream: file to print to; `sys.stderr` by default.
        sep, end: as in Python's `print`.
        options: no effect.
    """
    texts = tuple(None if isinstance(x, Tensor) else _as_text(x) for x in inputs)
    tensors = [x for x in inputs if isinstance(x, Tensor)]
    _print(*tensors, texts=texts, sep=sep, end=end, stream=output_stream)


def _as_text(x: Any) -> str:
    if isinstance(x, StringTensor):
        return str(x.decoded()) if x.shape else x.numpy().decode(errors="replace")
    return str(x.numpy() if isinstance(x, Variable) else x)


def _print_forward(*arrays: Any, texts: tuple[str | None, ...], stream: Any, **options: Any) -> Any:
    values = iter(arrays)
    file = sys.stderr if stream is None else stream
    builtins.print(*(next(values) if text is None else text for text in texts), file=file, **options)
    return np.zeros(0, bool)


_print = Op("print", lambda *inputs, **options: Spec((0,), "bool"), _print_forward, effect=True)


def fill(dims: Any, value: Any, name: str | None = None) -> Any:
    """Return a tensor of a shape, all elements of which are ``value``, of its dtype."""
    value = _ops.convert_to_tensor(value)
    return _ops.full(dims, value, dtype=value.dtype)


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """Return ``x`` where a condition holds and ``y`` elsewhere; without them, the indices where it holds, as rows."""
    if x is None and y is None:
        return _ops.cast(_ops.stack(_ops.nonzero(condition), axis=-1), "int64")
    if x is None or y is None:
        raise ValueError("where expects both x and y, or neither")
    return _ops.where(condition, x, y)


def unique(x: Any, out_idx: Any = "int32", name: str | None = None) -> Any:
    """Return the distinct elements in the order of their first occurrence, and the index of each element among them."""
    return _uniques(x, out_idx)[:2]


def unique_with_counts(x: Any, out_idx: Any = "int32", name: str | None = None) -> Any:
    """Return what `unique` does, and how often each distinct element occurs."""
    return _uniques(x, out_idx)


def _uniques(x: Any, dtype: Any) -> tuple[Any, Any, Any]:
    values, first, inverse, counts = np.unique(
        np.asarray(_ops.convert_to_tensor(x)), return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    ranks = np.argsort(order)
    found = values[order], ranks[inverse.reshape(-1)].astype(dtype), counts[order].astype(dtype)
    return tuple(_ops.convert_to_tensor(a) for a in found)  # type: ignore[return-value]


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    """Return a tensor; raise ValueError unless it has a shape, in which None stands for any size."""
    x = _ops.convert_to_tensor(x)
    if len(shape) != len(x.shape) or any(n not in (None, d) for n, d in zip(shape, x.shape, strict=True)):
        raise ValueError(f"ensure_shape expects shape {tuple(shape)}, got {tuple(x.shape)}")
    return x


def strided_slice(input_: Any, begin: Any, end: Any, strides: Any = None, name: str | None = None) -> Any:
    """Return ``input_[begin:end:strides]`` along the first axes."""
    steps = [1] * len(begin) if strides is None else strides
    return _ops.convert_to_tensor(input_)[
        tuple(builtins.slice(int(a), int(b), int(c)) for a, b, c in zip(begin, end, steps, strict=True))
    ]


def dynamic_partition(data: Any, partitions: Any, num_partitions: int, name: str | None = None) -> list[Any]:
    """Return a list of the parts of ``data`` whose number in ``partitions`` is 0, 1, ..."""
    numbers = np.asarray(partitions)
    return [boolean_mask(data, numbers == i) for i in builtins.range(num_partitions)]


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Any:
    """Return the rows of several tensors at given indices; of rows with one index, the last."""
    places = np.concatenate([np.asarray(i).reshape(-1) for i in indices])
    inner = np.asarray(data[0]).shape[np.ndim(indices[0]) :]
    rows = np.concatenate([np.asarray(d).reshape(-1, *inner) for d in data])
    found = np.zeros((places.max(initial=-1) + 1, *inner), rows.dtype)
    found[places] = rows
    return _ops.convert_to_tensor(found)


def reverse_sequence(input: Any, seq_lengths: Any, seq_axis: int, batch_axis: int = 0, name: str | None = None) -> Any:
    """Reverse the first ``seq_lengths`` elements of each sample along ``seq_axis``."""
    x = _ops.moveaxis(_ops.convert_to_tensor(input), (batch_axis, seq_axis), (0, 1))
    steps, lengths = _ops.arange(x.shape[1]), _ops.expand_dims(_ops.cast(seq_lengths, "int32"), 1)
    indices = _ops.where(steps < lengths, lengths - 1 - steps, steps)
    indices = _ops.broadcast_to(_ops.reshape(indices, (*indices.shape, *[1] * (len(x.shape) - 2))), x.shape)
    return _ops.moveaxis(_ops.take_along_axis(x, indices, axis=1), (0, 1), (batch_axis, seq_axis))


def case(
    pred_fn_pairs: Any, default: Any = None, exclusive: bool = False, strict: bool = False, name: Any = None
) -> Any:
    """Return the result of the function of the first condition that holds, or of ``default``."""
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    result = pairs[-1][1] if default is None else default
    for condition, function in reversed(pairs):
        result = _chosen(condition, function, result)
    return result()


def _chosen(condition: Any, function: Any, other: Any) -> Any:
    return lambda: _ops.cond(condition, function, other)


def scan(fn: Any, elems: Any, initializer: Any = None, reverse: bool = False, name: str | None = None) -> Any:
    """Return the values of ``value = fn(value, element)`` over the elements; the first one begins if there is none."""
    elems = _ops.flip(elems, 0) if reverse else _ops.convert_to_tensor(elems)
    first = elems[0] if initializer is None else initializer

    def step(value: Any, element: Any) -> tuple[Any, Any]:
        value = fn(value, element)
        return value, value

    _, values = _ops.scan(step, first, elems[1:] if initializer is None else elems)
    if initializer is None:
        values = _ops.concatenate([_ops.expand_dims(first, 0), values], axis=0)
    return _ops.flip(values, 0) if reverse else values


def histogram_fixed_width(
    values: Any, value_range: Any, nbins: int = 100, dtype: Any = "int32", name: str | None = None
) -> Any:
    """Return the numbers of values in bins of equal width; values beyond the range count in the bins at its ends."""
    low, high = (float(v) for v in value_range)
    bins = np.clip(np.floor((np.asarray(values, "float64") - low) / (high - low) * nbins), 0, nbins - 1)
    return _ops.convert_to_tensor(np.bincount(bins.astype("int64").reshape(-1), minlength=nbins).astype(dtype))


def tensor_scatter_nd_max(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """Return ``tensor`` with the maximum of its elements and ``updates`` at ``indices``."""
    return _ops.scatter_update(tensor, indices, updates, reduction="max")


def tensor_scatter_nd_min(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
    """Return ``tensor`` with the minimum of its elements and ``updates`` at ``indices``."""
    return _ops.scatter_update(tensor, indices, updates, reduction="min")


def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Any:
    """Return the indices along each axis, in rows, of indices into the flat array."""
    return _ops.stack(_ops.unravel_index(indices, tuple(int(n) for n in np.asarray(dims))))


def truncatediv(x: Any, y: Any, name: str | None = None) -> Any:
    """Return quotients of integers, rounded towards 0."""
    x, y = _ops.convert_to_tensor(x), _ops.convert_to_tensor(y)
    sign = _ops.cast(_ops.sign(x) * _ops.sign(y), x.dtype)
    return sign * _ops.floor_divide(_ops.abs(x), _ops.abs(y))


def truncatemod(x: Any, y: Any, name: str | None = None) -> Any:
    """Return the remainders of `truncatediv`, which have the sign of ``x``."""
    x, y = _ops.convert_to_tensor(x), _ops.convert_to_tensor(y)
    return x - truncatediv(x, y) * y


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """Return the shape to which two shapes broadcast."""
    return TensorShape(np.broadcast_shapes(tuple(shape_x), tuple(shape_y)))


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Any:
    """Return the shape to which two shapes broadcast, as a tensor."""
    shapes = (tuple(np.asarray(s).tolist()) for s in (shape_x, shape_y))
    return _ops.convert_to_tensor(np.array(np.broadcast_shapes(*shapes), "int32"))


def histogram_fixed_width_bins(
    values: Any, value_range: Any, nbins: int = 100, dtype: Any = "int32", name: str | None = None
) -> Any:
    """Return the bin of each value among ``nbins`` of equal width; values outside belong to the first or last."""
    values, (low, high) = _ops.convert_to_tensor(values), np.asarray(value_range).tolist()
    return _ops.cast(_ops.clip(_ops.floor((values - low) / (high - low) * nbins), 0, nbins - 1), dtype)


def identity_n(input: Any, name: str | None = None) -> list[Any]:
    """Return tensors."""
    return [_ops.convert_to_tensor(x) for x in input]


def shape_n(input: Any, out_type: Any = "int32", name: str | None = None) -> list[Any]:
    """Return the shape of each tensor."""
    return [_ops.convert_to_tensor(np.array(_ops.convert_to_tensor(x).shape, str(out_type))) for x in input]


def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """Return the value of a tensor; None for a symbolic one."""
    return None if isinstance(tensor, KerasTensor) else np.asarray(tensor)


def guarantee_const(input: Any, name: str | None = None) -> Any:
    """Return a tensor."""
    return _ops.convert_to_tensor(input)


def timestamp(name: str | None = None) -> Any:
    """Return the seconds since 1970, in float64."""
    return _ops.convert_to_tensor(time.time(), dtype="float64")


def space_to_batch(input: Any, block_shape: Any, paddings: Any, name: str | None = None) -> Any:
    """Divide axes into blocks, whose elements become part of the batch, after padding with zeros."""
    x, blocks = _ops.convert_to_tensor(input), [int(n) for n in np.asarray(block_shape)]
    edges = [tuple(pair) for pair in np.asarray(paddings).tolist()]
    x = _ops.pad(x, [(0, 0), *edges, *[(0, 0)] * (len(x.shape) - 1 - len(blocks))])
    batch, rest = x.shape[0], tuple(x.shape[1 + len(blocks) :])
    split = [size for n, b in zip(x.shape[1:], blocks, strict=False) for size in (n // b, b)]
    x = _ops.reshape(x, (batch, *split, *rest))
    inner = [2 * i + 2 for i in range(len(blocks))]
    outer = [2 * i + 1 for i in range(len(blocks))]
    others = range(1 + 2 * len(blocks), len(x.shape))
    x = _ops.transpose(x, (*inner, 0, *outer, *others))
    return _ops.reshape(x, (batch * int(np.prod(blocks)), *split[::2], *rest))


def batch_to_space(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Any:
    """Inverse of `space_to_batch`, with ``crops`` instead of paddings."""
    x, blocks = _ops.convert_to_tensor(input), [int(n) for n in np.asarray(block_shape)]
    batch, sizes = x.shape[0] // int(np.prod(blocks)), x.shape[1 : 1 + len(blocks)]
    rest = tuple(x.shape[1 + len(blocks) :])
    x = _ops.reshape(x, (*blocks, batch, *sizes, *rest))
    count = len(blocks)
    order = [axis for i in range(count) for axis in (count + 1 + i, i)]
    x = _ops.transpose(x, (count, *order, *range(2 * count + 1, len(x.shape))))
    x = _ops.reshape(x, (batch, *(n * b for n, b in zip(sizes, blocks, strict=True)), *rest))
    cut = [slice(a, n - b) for n, (a, b) in zip(x.shape[1:], np.asarray(crops).tolist(), strict=False)]
    return x[(slice(None), *cut)]


def edit_distance(hypothesis: Any, truth: Any, normalize: bool = True, name: str | None = None) -> Any:
    """Return the Levenshtein distance of each pair of rows of two sparse tensors, divided by the length of the truth.

    Args:
        hypothesis, truth: `tf.SparseTensor` of the same shape but for the last axis; rows begin at its left.
        normalize: whether distances are divided.
        name: no effect.
    """
    rows: list[dict[Any, list[Any]]] = []
    for sparse in (hypothesis, truth):
        found: dict[Any, list[Any]] = {}
        for index, value in zip(sparse.indices.numpy().tolist(), np.asarray(sparse.values).tolist(), strict=True):
            found.setdefault(tuple(index[:-1]), []).append(value)
        rows.append(found)
    shape = tuple(int(n) for n in np.maximum(hypothesis.dense_shape.numpy(), truth.dense_shape.numpy())[:-1])
    result = np.zeros(shape, "float32")
    for index in np.ndindex(*shape):
        a, b = rows[0].get(index, []), rows[1].get(index, [])
        result[index] = _distance(a, b)
        if normalize:
            result[index] = result[index] / len(b) if b else np.inf if a else 0.0
    return _ops.convert_to_tensor(result)


def _distance(a: list[Any], b: list[Any]) -> int:
    before = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
        before = row
    return before[-1]
