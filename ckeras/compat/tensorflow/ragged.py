"""``tensorflow.ragged``: rows of different lengths, to be read or padded. They are no operands of `ckeras.ops`."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.shapes import TensorShape
from ckeras.compat.tensorflow.table import names_of
from ckeras.tensor.string_tensor import StringTensor, holds_strings


def _tensor(value: Any, dtype: Any = None) -> Any:
    return StringTensor(value) if holds_strings(value) else _ops.convert_to_tensor(value, dtype=dtype)


class RaggedTensor:
    """Rows of different lengths.

    Args:
        values: the elements of all rows, one after the other: a tensor, or a `RaggedTensor` for further ragged axes.
        row_splits: integers (rows + 1,): where each row begins in the values, and where the last ends.

    Raises:
        ValueError: if the splits are none of these values.

    >>> rows = constant([[1, 2], [], [3]])
    >>> rows.to_list(), rows.shape, rows.to_tensor().tolist()
    ([[1, 2], [], [3]], (3, None), [[1, 2], [0, 0], [3, 0]])
    """

    def __init__(self, values: Any, row_splits: Any):
        self.values = values if isinstance(values, RaggedTensor) else _tensor(values)
        splits = np.asarray(row_splits, "int64")
        count = len(self.values)
        if splits.ndim != 1 or not splits.size or splits[0] or splits[-1] != count or (np.diff(splits) < 0).any():
            raise ValueError(
                f"row_splits must rise from 0 to {count}, the number of values, got {splits.tolist()!r:.80}"
            )
        self._splits = splits

    @classmethod
    def from_row_splits(cls, values: Any, row_splits: Any, name: Any = None, validate: bool = True) -> RaggedTensor:
        """Create rows of their values and splits."""
        return cls(values, row_splits)

    @classmethod
    def from_row_lengths(
        cls, values: Any, row_lengths: Any, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Create rows of their values and lengths."""
        return cls(values, np.concatenate([[0], np.cumsum(np.asarray(row_lengths, "int64"))]))

    @classmethod
    def from_value_rowids(
        cls, values: Any, value_rowids: Any, nrows: Any = None, name: str | None = None, validate: bool = True
    ) -> RaggedTensor:
        """Create rows of values and the row of each, in ascending order."""
        rows = np.asarray(value_rowids, "int64")
        if (np.diff(rows) < 0).any():
            raise ValueError(f"value_rowids must be in ascending order, got {rows.tolist()!r:.80}")
        count = int(nrows) if nrows is not None else int(rows[-1]) + 1 if rows.size else 0
        return cls.from_row_lengths(values, np.bincount(rows, minlength=count))

    @classmethod
    def from_tensor(
        cls, tensor: Any, lengths: Any = None, padding: Any = None, ragged_rank: int = 1, name: str | None = None
    ) -> RaggedTensor:
        """Create rows of the rows of a tensor: of their ``lengths``, or without the ``padding`` at their ends."""
        if ragged_rank != 1:
            raise ValueError(f"RaggedTensor.from_tensor expects a ragged_rank of 1, got {ragged_rank}")
        array = np.asarray(_tensor(tensor))
        if lengths is None:
            lengths = np.full(len(array), array.shape[1])
            if padding is not None:
                filler = padding.encode() if isinstance(padding, str) else padding
                kept = np.cumsum((array != filler)[:, ::-1], 1)[:, ::-1] > 0
                lengths = kept.sum(1)
        lengths = np.asarray(lengths)
        parts = [row[:n] for row, n in zip(array, lengths.tolist(), strict=True)]
        return cls.from_row_lengths(np.concatenate(parts) if parts else array[:0, 0], lengths)

    @classmethod
    def from_rows(cls, rows: Sequence[Any]) -> RaggedTensor:
        """Create rows of a list of tensors, or of ragged ones, of different lengths."""
        if isinstance(rows[0], RaggedTensor):
            values: Any = cls.from_rows([row for part in rows for row in part])
        else:
            values = np.concatenate([np.asarray(_tensor(row)) for row in rows])
        return cls.from_row_lengths(values, [len(row) for row in rows])

    @classmethod
    def from_row_limits(cls, values: Any, row_limits: Any, name: Any = None, validate: bool = True) -> RaggedTensor:
        """Create rows of their values and where each ends."""
        return cls(values, np.concatenate([[0], np.asarray(row_limits, "int64")]))

    @classmethod
    def from_row_starts(cls, values: Any, row_starts: Any, name: Any = None, validate: bool = True) -> RaggedTensor:
        """Create rows of their values and where each begins."""
        values = values if isinstance(values, RaggedTensor) else _tensor(values)
        return cls(values, np.concatenate([np.asarray(row_starts, "int64"), [len(values)]]))

    @classmethod
    def from_uniform_row_length(
        cls, values: Any, uniform_row_length: int, nrows: Any = None, validate: bool = True, name: Any = None
    ) -> RaggedTensor:
        """Create rows of one length."""
        values = values if isinstance(values, RaggedTensor) else _tensor(values)
        return cls(values, np.arange(0, len(values) + 1, int(uniform_row_length)))

    @classmethod
    def from_nested_row_splits(
        cls, flat_values: Any, nested_row_splits: Any, name: Any = None, validate: bool = True
    ) -> RaggedTensor:
        """Create rows of elements and the splits of each ragged axis, the outermost first."""
        for splits in reversed(list(nested_row_splits)):
            flat_values = cls(flat_values, splits)
        return flat_values

    @classmethod
    def from_nested_row_lengths(
        cls, flat_values: Any, nested_row_lengths: Any, name: Any = None, validate: bool = True
    ) -> RaggedTensor:
        """Create rows of elements and the lengths along each ragged axis, the outermost first."""
        for lengths in reversed(list(nested_row_lengths)):
            flat_values = cls.from_row_lengths(flat_values, lengths)
        return flat_values

    @classmethod
    def from_sparse(cls, st_input: Any, name: str | None = None, row_splits_dtype: Any = "int64") -> RaggedTensor:
        """Create rows of the elements of a sparse matrix, which are at the left of its rows.

        Raises:
            ValueError: if it has other axes, or elements elsewhere.
        """
        rows, columns = np.asarray(st_input.indices).T
        lengths = np.bincount(rows, minlength=int(st_input.shape[0]))
        if not np.array_equal(columns, np.concatenate([np.arange(n) for n in lengths])):
            raise ValueError("RaggedTensor.from_sparse expects the elements of each row at its left, in order")
        return cls.from_row_lengths(st_input.values, lengths)

    @property
    def nested_row_splits(self) -> tuple[Any, ...]:
        """The splits of each ragged axis, the outermost first."""
        inner = self.values.nested_row_splits if isinstance(self.values, RaggedTensor) else ()
        return (self.row_splits, *inner)

    def nested_row_lengths(self, name: str | None = None) -> tuple[Any, ...]:
        """Return the lengths along each ragged axis, the outermost first."""
        inner = self.values.nested_row_lengths() if isinstance(self.values, RaggedTensor) else ()
        return (self.row_lengths(), *inner)

    def row_limits(self, name: str | None = None) -> Any:
        """Return where each row ends."""
        return _ops.convert_to_tensor(self._splits[1:])

    def get_shape(self) -> TensorShape:
        """Return the shape."""
        return self.shape

    def merge_dims(self, outer_axis: int, inner_axis: int) -> Any:
        """Return the elements without the border between two neighboring axes, of which the second is ragged.

        Raises:
            ValueError: for other axes.
        """
        outer, inner = (axis + len(self.shape) if axis < 0 else axis for axis in (outer_axis, inner_axis))
        if not 0 <= outer <= inner <= self.ragged_rank:
            raise ValueError(f"merge_dims expects ragged axes, got {outer_axis} and {inner_axis} of shape {self.shape}")
        found: Any = self
        for _ in builtins.range(inner - outer):
            found = found._merged(outer)
        return found

    def _merged(self, axis: int) -> Any:
        """The elements without the border between an axis and the next."""
        if axis == 0:
            return self.values
        if axis == 1:
            return RaggedTensor(self.values.values, self.values._splits[self._splits])
        return self.with_values(self.values._merged(axis - 1))

    @property
    def row_splits(self) -> Any:
        """Where each row begins, and where the last ends."""
        return _ops.convert_to_tensor(self._splits)

    @property
    def flat_values(self) -> Any:
        """The elements of all rows of all ragged axes."""
        return self.values.flat_values if isinstance(self.values, RaggedTensor) else self.values

    @property
    def dtype(self) -> str:
        """The dtype of the elements."""
        return self.flat_values.dtype

    @property
    def ragged_rank(self) -> int:
        """Number of ragged axes."""
        return 1 + (self.values.ragged_rank if isinstance(self.values, RaggedTensor) else 0)

    @property
    def shape(self) -> TensorShape:
        """The shape; None for ragged axes."""
        return TensorShape((len(self), None, *tuple(self.values.shape)[1:]))

    def nrows(self, out_type: Any = "int64", name: str | None = None) -> Any:
        """Return the number of rows."""
        return _ops.convert_to_tensor(len(self), dtype=out_type)

    def row_lengths(self, axis: int = 1, name: str | None = None) -> Any:
        """Return the length of each row."""
        if axis != 1:
            raise ValueError(f"row_lengths expects axis 1, got {axis}")
        return _ops.convert_to_tensor(np.diff(self._splits))

    def row_starts(self, name: str | None = None) -> Any:
        """Return where each row begins."""
        return _ops.convert_to_tensor(self._splits[:-1])

    def value_rowids(self, name: str | None = None) -> Any:
        """Return the row of each value."""
        return _ops.convert_to_tensor(np.repeat(np.arange(len(self)), np.diff(self._splits)))

    def bounding_shape(self, axis: Any = None, name: str | None = None, out_type: Any = None) -> Any:
        """Return the shape of the padded tensor, or its length along an axis."""
        shape = _ops.convert_to_tensor(np.array(self._padded_shape(), "int64"))
        return shape if axis is None else shape[axis]

    def _padded_shape(self) -> tuple[int, ...]:
        width = int(np.diff(self._splits).max(initial=0))
        if isinstance(self.values, RaggedTensor):
            return (len(self), width, *self.values._padded_shape()[1:])
        return (len(self), width, *tuple(self.values.shape)[1:])

    def with_values(self, new_values: Any) -> RaggedTensor:
        """Return rows of other values with the same splits."""
        return RaggedTensor(new_values, self._splits)

    def with_flat_values(self, new_values: Any) -> RaggedTensor:
        """Return rows of other elements with the same splits of all ragged axes."""
        inner = isinstance(self.values, RaggedTensor)
        return self.with_values(self.values.with_flat_values(new_values) if inner else new_values)

    def to_tensor(self, default_value: Any = None, name: str | None = None, shape: Any = None) -> Any:
        """Return a tensor with ``default_value`` (0, or "") behind the rows.

        Args:
            default_value: what is filled in.
            name: no effect.
            shape: to pad or cut to; None, or a size of None, is the largest row.
        """
        text = self.dtype == "string"
        filler = (b"" if text else 0) if default_value is None else default_value
        filler = filler.encode() if isinstance(filler, str) else filler
        full = self._padded_shape()
        wanted = full if shape is None else tuple(n if m is None else int(m) for n, m in zip(full, shape, strict=True))
        flat = np.asarray(self.flat_values)
        found = np.full(wanted, filler, object if text else flat.dtype)
        self._fill(found)
        return _tensor(found) if not text else StringTensor(found)

    def _fill(self, target: np.ndarray) -> None:
        for row, (a, b) in zip(target, zip(self._splits[:-1], self._splits[1:], strict=True), strict=False):
            b = min(b, a + len(row))
            if isinstance(self.values, RaggedTensor):
                self.values[a:b]._fill(row[: b - a])
            else:
                part = np.asarray(self.values)[a:b]
                inside = tuple(slice(n) for n in row.shape[1:])
                row[: b - a] = part[(slice(None), *inside)]

    def to_list(self) -> list[Any]:
        """Return nested lists."""
        values = self.values.to_list() if isinstance(self.values, RaggedTensor) else np.asarray(self.values).tolist()
        return [values[a:b] for a, b in zip(self._splits[:-1], self._splits[1:], strict=True)]

    def numpy(self) -> np.ndarray:
        """Return an array of objects: the rows, as arrays."""
        found = np.empty(len(self), object)
        for i, row in enumerate(self):
            found[i] = row.numpy() if isinstance(row, RaggedTensor) else np.asarray(row)
        return found

    def __len__(self) -> int:
        return len(self._splits) - 1

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in builtins.range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            if len(key) == 2 and isinstance(key[0], slice) and isinstance(key[1], slice):
                return self[key[0]]._columns(key[1])
            found = self[key[0]]
            return found[key[1:] if len(key) > 2 else key[1]] if len(key) > 1 else found
        rows = builtins.range(len(self))[key]
        if isinstance(rows, builtins.range):
            if rows.step != 1:
                raise ValueError(f"rows of a RaggedTensor are taken in steps of 1, got {rows.step}")
            a, b = rows.start, max(rows.stop, rows.start)
            splits = self._splits[a : b + 1]
            return RaggedTensor(self.values[int(splits[0]) : int(splits[-1])], splits - splits[0])
        return self.values[int(self._splits[rows]) : int(self._splits[rows + 1])]

    def _columns(self, part: slice) -> RaggedTensor:
        """Return a part of each row."""
        kept = [np.arange(a, b)[part] for a, b in zip(self._splits[:-1], self._splits[1:], strict=True)]
        order = np.concatenate(kept or [np.zeros(0)]).astype("int64")
        if isinstance(self.values, RaggedTensor):
            values: Any = self.from_rows([self.values[i] for i in order.tolist()])
        else:
            text = isinstance(self.values, StringTensor)
            values = self.values[order] if text else _ops.take(self.values, order, axis=0)
        return RaggedTensor.from_row_lengths(values, [len(k) for k in kept])

    def __repr__(self) -> str:
        return f"<tf.RaggedTensor {self.to_list()!r:.1000}>"


def constant(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = "int64",
) -> RaggedTensor:
    """Create rows of nested lists, of which all axes but the first are ragged."""
    depth = _depth(pylist)
    if depth < 2:
        raise ValueError(f"ragged.constant expects lists of lists, got {pylist!r:.80}")
    return _nested(list(pylist), depth, dtype)


def _depth(value: Any) -> int:
    if not isinstance(value, (list, tuple, np.ndarray)):
        return 0
    return 1 + max((_depth(v) for v in value), default=0)


def _nested(rows: list[Any], depth: int, dtype: Any) -> RaggedTensor:
    flat = [element for row in rows for element in row]
    if depth > 2:
        values: Any = _nested(flat, depth - 1, dtype)
    else:
        values = _tensor(flat if flat else np.zeros(0, "float32"), dtype)
    return RaggedTensor.from_row_lengths(values, [len(row) for row in rows])


def stack(values: Sequence[Any], axis: int = 0, name: str | None = None) -> RaggedTensor:
    """Create rows of tensors of different lengths."""
    if axis != 0:
        raise ValueError(f"ragged.stack expects axis 0, got {axis}")
    arrays = [np.asarray(_tensor(v)) for v in values]
    return RaggedTensor.from_row_lengths(np.concatenate(arrays), [len(a) for a in arrays])


def range(starts: Any, limits: Any = None, deltas: Any = 1, dtype: Any = None, name: str | None = None) -> RaggedTensor:
    """Create rows of ranges: from 0, or ``starts``, to ``limits``, exclusive, in steps of ``deltas``."""
    if limits is None:
        starts, limits = 0, starts
    parts = np.broadcast_arrays(*map(np.asarray, (starts, limits, deltas)))
    rows = [np.arange(a, b, d) for a, b, d in zip(*(p.reshape(-1) for p in parts), strict=True)]
    found = np.concatenate(rows)
    kept = found.astype("int32" if dtype is None and found.dtype.kind == "i" else dtype or found.dtype)
    return RaggedTensor.from_row_lengths(kept, [len(r) for r in rows])


def map_flat_values(op: Any, *args: Any, **kwargs: Any) -> RaggedTensor:
    """Apply a function to the elements of rows; other ragged arguments must have the same splits."""
    given = [*args, *kwargs.values()]
    rows = next((a for a in given if isinstance(a, RaggedTensor)), None)
    if rows is None:
        raise TypeError("map_flat_values expects a RaggedTensor among the arguments")
    if any(isinstance(a, RaggedTensor) and not np.array_equal(a._splits, rows._splits) for a in given):
        raise ValueError("map_flat_values expects ragged arguments with the same row_splits")

    def flat(value: Any) -> Any:
        return value.flat_values if isinstance(value, RaggedTensor) else value

    return rows.with_flat_values(op(*map(flat, args), **{k: flat(v) for k, v in kwargs.items()}))


def boolean_mask(data: Any, mask: Any, name: str | None = None) -> RaggedTensor:
    """Create rows of the elements of a matrix where ``mask`` is true."""
    array, chosen = np.asarray(_tensor(data)), np.asarray(mask, bool)
    return RaggedTensor.from_row_lengths(array[chosen], chosen.sum(1))


__getattr__, __dir__ = names_of(__name__, {})
