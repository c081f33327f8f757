"""Weighted sums of the elements along an axis, with weights known beforehand, of which most are 0."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np

from ckeras.tensor import Op, Spec, Tensor, dtypes
from ckeras.tensor.eager import Call, constant


class RowTable:
    """A sparse matrix of weights (targets, sources), by rows. Its arrays do not change.

    Attributes:
        start: index of the first entry of each target; those of target t end where those of t + 1 begin.
        source: the source of each entry.
        weight: the weight of each entry, float32 or float64.
        shape: (targets, sources).
    """

    def __init__(self, start: np.ndarray, source: np.ndarray, weight: np.ndarray, shape: tuple[int, int]):
        self.start, self.source, self.weight, self.shape = start, source, weight, shape

    @classmethod
    def of(cls, rows: np.ndarray, sources: np.ndarray, weights: np.ndarray, count: int, size: int) -> RowTable:
        """Make the table from the target, the source and the weight of each entry, in any order."""
        order = np.lexsort((sources, rows))
        start = np.searchsorted(rows[order], np.arange(count + 1)).astype(np.int64)
        return cls(start, sources[order].astype(np.int64), np.ascontiguousarray(weights[order]), (count, size))

    @cached_property
    def transposed(self) -> RowTable:
        """The table of the transposed matrix."""
        count, size = self.shape
        rows = np.repeat(np.arange(count), np.diff(self.start))
        return RowTable.of(self.source, rows, self.weight, size, count)


def _kernel(inputs: list[Spec], outputs: list[Spec], attrs: dict[str, Any]) -> list[Call]:
    shape, axis, table = inputs[0].shape, attrs["axis"], attrs["table"]
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    p = (dtypes.CODE[inputs[0].dtype], outer, *table.shape, inner, len(table.source))
    return [Call("weighted_rows", (0, 1, 2, 3, 4), p)]


def _infer(x: Spec, start: Spec, source: Spec, weight: Spec, axis: int, table: RowTable) -> Spec:
    if x.dtype != weight.dtype:
        raise ValueError(f"weighted_rows expects x of the dtype of the weights, {weight.dtype}, got {x.dtype}")
    return Spec((*x.shape[:axis], table.shape[0], *x.shape[axis + 1 :]), x.dtype)


_weighted_rows = Op(
    "weighted_rows",
    _infer,
    kernel=_kernel,
    vjp=[lambda g, y, x, *arrays, axis, table: weighted_rows(g, axis, table.transposed), None, None, None],
)


def weighted_rows(x: Tensor, axis: int, table: RowTable) -> Tensor:
    """Multiply the axis of ``x``, of the dtype of the weights, by a sparse matrix."""
    arrays = (constant(a) for a in (table.start, table.source, table.weight))
    return _weighted_rows(x, *arrays, axis=axis, table=table)
