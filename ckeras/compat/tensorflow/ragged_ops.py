"""Functions of ragged tensors: elementwise ones, reductions over an axis, and those that put rows together."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow import sparse
from ckeras.compat.tensorflow.ragged import RaggedTensor, _tensor
from ckeras.compat.tensorflow.sparse import SparseTensor
from ckeras.tensor.string_tensor import StringTensor


def elementwise(function: Callable[..., Any], *args: Any, **kwargs: Any) -> RaggedTensor:
    """Apply a function to the elements of ragged tensors of the same rows, and to what broadcasts to them.

    Raises:
        ValueError: if rows have different lengths.
    """
    rows = next(a for a in (*args, *kwargs.values()) if isinstance(a, RaggedTensor))

    def flat(value: Any) -> Any:
        if isinstance(value, RaggedTensor):
            if not same_rows(value, rows):
                raise ValueError(
                    f"ragged tensors must have rows of the same lengths, got {rows.row_lengths().tolist()} and "
                    f"{value.row_lengths().tolist()}"
                )
            return value.flat_values
        shape = tuple(getattr(value, "shape", ()))
        if rows.ragged_rank == 1 and len(shape) > 1 and shape[0] == len(rows) and shape[1] == 1:
            return _ops.take(_ops.squeeze(value, 1), rows.value_rowids(), axis=0)
        return value

    return rows.with_flat_values(function(*map(flat, args), **{k: flat(v) for k, v in kwargs.items()}))


def same_rows(a: RaggedTensor, b: RaggedTensor) -> bool:
    """Whether the rows of two ragged tensors have the same lengths at all ragged axes."""
    if not np.array_equal(a._splits, b._splits) or a.ragged_rank != b.ragged_rank:
        return False
    return not isinstance(a.values, RaggedTensor) or same_rows(a.values, b.values)


def _mean(values: Any, rows: Any, count: int) -> Any:
    total = _ops.segment_sum(values, rows, count)
    sizes = np.bincount(np.asarray(rows), minlength=count).reshape(-1, *[1] * (len(total.shape) - 1))
    return total / _ops.cast(sizes, total.dtype)


def _of_booleans(segment: Callable[..., Any]) -> Callable[..., Any]:
    return lambda values, rows, count: _ops.segment_sum(_ops.cast(segment(values), "int32"), rows, count) > 0


# Name of the reduction -> the function of values, the row of each and the number of rows.
_SEGMENTS: dict[str, Callable[..., Any]] = {
    "sum": _ops.segment_sum,
    "max": _ops.segment_max,
    "min": _ops.segment_min,
    "prod": _ops.segment_prod,
    "mean": _mean,
    "any": _of_booleans(lambda values: values),
    "all": lambda values, rows, count: _ops.logical_not(_of_booleans(_ops.logical_not)(values, rows, count)),
}


def _reduction(kind: str) -> Callable[..., Any]:
    segment, whole = _SEGMENTS[kind], getattr(_ops, kind)

    def reduced(x: RaggedTensor, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
        if keepdims:
            raise ValueError(f"reduce_{kind} of a RaggedTensor expects keepdims=False")
        if axis is None:
            return whole(x.flat_values)
        axes = len(x.shape)
        axis = int(axis) + axes if int(axis) < 0 else int(axis)
        if axis == 0:
            columns = np.concatenate([np.arange(n) for n in np.diff(x._splits)] or [np.zeros(0)]).astype("int32")
            return segment(x.flat_values, columns, int(np.diff(x._splits).max(initial=0)))
        if axis == 1 and x.ragged_rank == 1:
            return segment(x.values, x.value_rowids(), len(x))
        return x.with_values(_apply(reduced, whole, x.values, axis - 1))

    return reduced


def _apply(reduced: Callable[..., Any], whole: Callable[..., Any], values: Any, axis: int) -> Any:
    return reduced(values, axis) if isinstance(values, RaggedTensor) else whole(values, axis=axis)


def _as_rows(value: Any) -> RaggedTensor:
    return value if isinstance(value, RaggedTensor) else RaggedTensor.from_tensor(_as_matrix(value))


def _as_matrix(value: Any) -> Any:
    try:
        return _tensor(value)
    except ValueError:
        return _tensor([list(row) for row in value])


def _joined(parts: list[Any]) -> Any:
    if any(isinstance(p, StringTensor) for p in parts):
        return StringTensor(np.concatenate([np.asarray(p, object) for p in parts]))
    return _ops.concatenate(parts, axis=0)


def concat(values: Any, axis: int, name: str | None = None) -> RaggedTensor:
    """Put the rows of ragged tensors one below another (axis 0) or next to another (axis 1)."""
    rows = [_as_rows(v) for v in values]
    if axis in (0, -len(rows[0].shape)):
        lengths = np.concatenate([np.diff(r._splits) for r in rows])
        parts = [r.values for r in rows]
        nested = isinstance(parts[0], RaggedTensor)
        return RaggedTensor.from_row_lengths(concat(parts, 0) if nested else _joined(parts), lengths)
    if axis != 1 or len({len(r) for r in rows}) != 1:
        raise ValueError(f"concat of ragged tensors expects axis 0 or 1 and as many rows in each, got axis {axis}")
    # the elements of all tensors one after the other, then those of each row in turn
    starts = np.cumsum([0, *(len(r.values) for r in rows)])
    order = [
        np.arange(a, b) + start
        for i in range(len(rows[0]))
        for start, a, b in zip(starts, (r._splits[i] for r in rows), (r._splits[i + 1] for r in rows), strict=False)
    ]
    together = _joined([r.values for r in rows])
    return RaggedTensor.from_row_lengths(take(together, np.concatenate(order)), sum(np.diff(r._splits) for r in rows))


def take(values: Any, indices: Any) -> Any:
    """Return rows of values, which may be strings or ragged, by their indices."""
    if isinstance(values, RaggedTensor):
        return gather(values, indices)
    return values[np.asarray(indices)] if isinstance(values, StringTensor) else _ops.take(values, indices, axis=0)


def gather(params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, **options: Any) -> Any:
    """Return rows of a ragged tensor by their indices, or rows of a tensor by ragged indices."""
    if isinstance(indices, RaggedTensor):
        return indices.with_flat_values(take(params, indices.flat_values))
    if axis not in (None, 0) or options.get("batch_dims"):
        raise ValueError(f"gather of a RaggedTensor expects axis 0 and no batch_dims, got axis {axis}")
    numbers = np.asarray(indices, "int64")
    if not numbers.ndim:
        return params[int(numbers)]
    starts, lengths = params._splits[:-1][numbers], np.diff(params._splits)[numbers]
    order = [np.arange(a, a + n) for a, n in zip(starts.tolist(), lengths.tolist(), strict=True)]
    return RaggedTensor.from_row_lengths(take(params.values, np.concatenate(order or [np.zeros(0, int)])), lengths)


def expand_dims(input: RaggedTensor, axis: int, name: str | None = None) -> RaggedTensor:
    """Insert an axis of size 1 in front of the rows, or behind the elements."""
    axis = axis + len(input.shape) + 1 if axis < 0 else axis
    if axis == 0:
        return RaggedTensor.from_row_lengths(input, [len(input)])
    if axis == 1:
        return RaggedTensor.from_row_lengths(input, np.ones(len(input), int))
    values = input.values
    inner = expand_dims(values, axis - 1) if isinstance(values, RaggedTensor) else _deeper(values, axis - 1)
    return input.with_values(inner)


def _deeper(values: Any, axis: int) -> Any:
    shape = tuple(values.shape)
    return values.reshape((*shape[:axis], 1, *shape[axis:]))


def tile(input: RaggedTensor, multiples: Any, name: str | None = None) -> RaggedTensor:
    """Repeat the rows, and the elements in each."""
    down, across = (int(n) for n in np.asarray(multiples)[:2])
    wide = concat([input] * across, 1)
    return concat([wide] * down, 0)


def map_fn(fn: Callable[..., Any], elems: RaggedTensor, *options: Any, **more: Any) -> Any:
    """Apply a function to each row: the results are the rows of a ragged tensor, or those of a tensor."""
    found = [fn(row) for row in elems]
    if all(len(f.shape) == 0 for f in found):
        return StringTensor(found) if isinstance(found[0], StringTensor) else _ops.stack(found)
    return RaggedTensor.from_row_lengths(_joined(found), [f.shape[0] for f in found])


def to_sparse(self: RaggedTensor, name: str | None = None) -> SparseTensor:
    """Return the elements of rows that are no tensors themselves, as a sparse matrix."""
    return sparse.from_rows([list(row) for row in self.to_list()], self.dtype)


RaggedTensor.to_sparse = to_sparse  # type: ignore[attr-defined]

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"reduce_{kind}": _reduction(kind) for kind in _SEGMENTS},
    "concat": concat,
    "gather": gather,
    "expand_dims": expand_dims,
    "tile": tile,
    "map_fn": map_fn,
    "identity": lambda input, name=None: input,
    "size": lambda input, out_type="int32", name=None: _ops.size(input.flat_values),
    "rank": lambda input, name=None: _ops.convert_to_tensor(np.int32(len(input.shape))),
    "convert_to_tensor": lambda value, *options, **more: value.to_tensor(),
}

_OPERATORS = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv,
    "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow, "and": operator.and_, "or": operator.or_,
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
}  # fmt: skip


def _binary(function: Callable[..., Any], swapped: bool) -> Callable[..., Any]:
    if swapped:
        return lambda self, other: elementwise(function, other, self)
    return lambda self, other: elementwise(function, self, other)


for _name, _function in _OPERATORS.items():
    setattr(RaggedTensor, f"__{_name}__", _binary(_function, False))
    if _name not in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(RaggedTensor, f"__r{_name}__", _binary(_function, True))
for _name, _function in {"neg": operator.neg, "abs": operator.abs, "invert": operator.invert}.items():
    setattr(RaggedTensor, f"__{_name}__", lambda self, f=_function: elementwise(f, self))
RaggedTensor.__hash__ = None  # type: ignore[assignment]
