"""``tensorflow.sparse``: the elements of a tensor that are not 0, with their indices. No operands of `ckeras.ops`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.ragged import _tensor
from ckeras.compat.tensorflow.shapes import TensorShape
from ckeras.compat.tensorflow.table import names_of


class SparseTensor:
    """Elements with their indices; all others are 0, or "".

    Args:
        indices: integers (elements, axes).
        values: (elements,).
        dense_shape: (axes,).

    Raises:
        ValueError: if the shapes do not fit, or an index is outside of the shape.

    >>> x = SparseTensor([[0, 1], [1, 0]], [5, 6], [2, 2])
    >>> to_dense(x).tolist(), x.shape
    ([[0, 5], [6, 0]], (2, 2))
    """

    def __init__(self, indices: Any, values: Any, dense_shape: Any):
        positions, shape = np.asarray(indices, "int64"), np.asarray(dense_shape, "int64")
        self.values = _tensor(values)
        if positions.shape != (len(self.values), len(shape)):
            raise ValueError(
                f"SparseTensor expects indices of shape {(len(self.values), len(shape))}, got {positions.shape}"
            )
        if positions.size and ((positions < 0) | (positions >= shape)).any():
            raise ValueError(f"SparseTensor expects indices inside of the shape {tuple(shape.tolist())}")
        self._indices, self._shape = positions, shape

    @property
    def indices(self) -> Any:
        """The indices of the elements."""
        return _ops.convert_to_tensor(self._indices)

    @property
    def dense_shape(self) -> Any:
        """The shape, as a tensor."""
        return _ops.convert_to_tensor(self._shape)

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return TensorShape(self._shape.tolist())

    @property
    def dtype(self) -> str:
        """The dtype of the elements."""
        return self.values.dtype

    def get_shape(self) -> TensorShape:
        """Return the shape."""
        return self.shape

    def with_values(self, new_values: Any) -> SparseTensor:
        """Return other elements at the same indices."""
        return SparseTensor(self._indices, new_values, self._shape)

    def __mul__(self, other: Any) -> SparseTensor:
        return self._scaled(_ops.multiply, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> SparseTensor:
        return self._scaled(_ops.true_divide, other)

    def __neg__(self) -> SparseTensor:
        return self.with_values(_ops.negative(self.values))

    def _scaled(self, function: Any, other: Any) -> SparseTensor:
        """Return the elements times or by a number, or the elements of a tensor that broadcasts to the shape."""
        if isinstance(other, SparseTensor):
            raise TypeError("a SparseTensor is multiplied by a number or a dense tensor, got a SparseTensor")
        factor = _ops.convert_to_tensor(other)
        if factor.ndim:
            factor = _ops.broadcast_to(factor, tuple(self.shape))[tuple(self._indices.T)]
        return self.with_values(function(self.values, factor))

    def __repr__(self) -> str:
        return f"SparseTensor(indices={self.indices!s}, values={self.values!s}, dense_shape={self.dense_shape!s})"


def to_dense(
    sp_input: SparseTensor, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Any:
    """Return a tensor with the elements, and ``default_value`` elsewhere.

    Raises:
        ValueError: if indices are repeated or out of order, and are validated.
    """
    if validate_indices:
        flat = np.ravel_multi_index(sp_input._indices.T, sp_input._shape) if sp_input._indices.size else np.zeros(0)
        if (np.diff(flat) <= 0).any():
            raise ValueError("to_dense expects indices in order and without repetition; use sparse.reorder first")
    values = np.asarray(sp_input.values)
    empty = b"" if values.dtype == object else 0
    found = np.full(sp_input._shape, empty if default_value is None else default_value, values.dtype)
    found[tuple(sp_input._indices.T)] = values
    return _tensor(found)


def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """Return the elements of a tensor that are not 0, or not ""."""
    array = np.asarray(_tensor(tensor))
    kept = array != (b"" if array.dtype == object else 0)
    return SparseTensor(np.argwhere(kept), array[kept], array.shape)


def reorder(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """Return the elements in the order of their indices."""
    order = np.lexsort(sp_input._indices.T[::-1])
    return SparseTensor(sp_input._indices[order], np.asarray(sp_input.values)[order], sp_input._shape)


def sparse_dense_matmul(
    sp_a: SparseTensor, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Any:
    """Return the product of a sparse matrix and a dense one."""
    b = _ops.convert_to_tensor(b)
    if adjoint_b:
        b = _ops.conj(_ops.swapaxes(b, -1, -2))
    rows, columns = sp_a._indices.T[::-1] if adjoint_a else sp_a._indices.T
    parts = _ops.expand_dims(sp_a.values, -1) * _ops.take(b, columns, axis=0)
    return _ops.segment_sum(parts, rows, int(sp_a._shape[1 if adjoint_a else 0]))


def reduce_sum(sp_input: SparseTensor, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    """Return sums over axes, as a dense tensor."""
    return _ops.sum(to_dense(sp_input, validate_indices=False), axis=axis, keepdims=keepdims)


def add(a: Any, b: Any, threshold: Any = 0) -> Any:
    """Return the sum of two tensors, sparse if both are."""
    dense = [to_dense(x) if isinstance(x, SparseTensor) else _ops.convert_to_tensor(x) for x in (a, b)]
    total = _ops.add(*dense)
    return from_dense(total) if isinstance(a, SparseTensor) and isinstance(b, SparseTensor) else total


def from_rows(rows: list[Any], dtype: str) -> SparseTensor:
    """Return the matrix with these rows of values from the left: what a feature of variable length is."""
    positions = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
    values: list[Any] = [v for row in rows for v in row]
    filled = _tensor(values) if values and dtype == "string" else _tensor(np.array(values, _of(dtype)))
    shape = (len(rows), max(map(len, rows), default=0))
    return SparseTensor(np.array(positions, "int64").reshape(-1, 2), filled, shape)


def _of(dtype: str) -> Any:
    return "S1" if dtype == "string" else dtype


def transpose(sp_input: SparseTensor, perm: Any = None, name: str | None = None) -> SparseTensor:
    """Exchange the axes."""
    order = list(range(len(sp_input._shape)))[::-1] if perm is None else list(perm)
    return reorder(SparseTensor(sp_input._indices[:, order], sp_input.values, sp_input._shape[order]))


ROWS = {
    name: f"compat.tensorflow.sparse_ops.{name}"
    for name in (
        "bincount", "concat", "expand_dims", "eye", "fill_empty_rows", "map_values", "mask", "maximum", "minimum",
        "reduce_max", "reset_shape", "reshape", "retain", "segment_mean", "segment_sqrt_n", "segment_sum", "slice",
        "softmax", "split", "to_indicator",
    )
}  # fmt: skip

__getattr__, __dir__ = names_of(__name__, ROWS)
