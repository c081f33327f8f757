"""Integers as vectors of categories, as the preprocessing layers give them."""

from __future__ import annotations

import math
from typing import Any

from ckeras import ops

CATEGORIES = ("one_hot", "multi_hot", "count")


def encode(indices: Any, mode: str, depth: int, dtype: str, weights: Any = None, counted: Any = None) -> Any:
    """Return a vector for each index ("one_hot"), or for each sample ("multi_hot", "count", "tf_idf").

    Indices outside of [0, depth) give zeros. Shapes are those of `encoded_shape`.

    Args:
        indices: integers; not symbolic.
        mode: one of these; "int" returns the indices.
        depth: length of the vectors.
        dtype: of the vectors.
        weights: factors of the counts for "tf_idf", of the shape (depth,).
        counted: what each index counts, of the shape of the indices; 1 if not given.
    """
    if mode == "int":
        return indices
    encoded_shape(indices.shape, mode, depth)
    if not len(indices.shape):
        indices = ops.reshape(indices, (1,))
    if mode == "one_hot":
        if len(indices.shape) > 1 and indices.shape[-1] == 1:
            indices = ops.squeeze(indices, -1)
        return ops.one_hot(indices, depth, dtype=dtype)
    counts = _counts(indices, depth, dtype, counted)
    if mode == "multi_hot":
        return ops.minimum(counts, 1)
    return counts if weights is None else counts * ops.cast(weights, dtype)


def _counts(indices: Any, depth: int, dtype: str, counted: Any) -> Any:
    """How often each integer of [0, depth) occurs along the last axis."""
    samples = indices.shape[:-1]
    rows = math.prod(samples)
    flat = ops.reshape(indices, (rows, indices.shape[-1]))
    inside = ops.logical_and(flat >= 0, flat < depth)
    bins = ops.where(inside, flat + depth * ops.expand_dims(ops.arange(rows), -1), -1)  # of which there is no segment
    added = ops.ones(bins.shape, dtype) if counted is None else ops.broadcast_to(ops.cast(counted, dtype), bins.shape)
    found = ops.segment_sum(ops.reshape(added, (-1,)), ops.reshape(bins, (-1,)), rows * depth)
    return ops.reshape(found, (*samples, depth))


def encoded_shape(shape: Any, mode: str, depth: int) -> tuple[int | None, ...]:
    """Return the shape of what `encode` returns for indices of a shape.

    Raises:
        ValueError: if a sample has more than one axis, in a mode with a vector for each sample.
    """
    shape = tuple(shape)
    if mode == "int":
        return shape
    if not shape:
        return (1, depth) if mode == "one_hot" else (depth,)
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    if len(shape) > 2:
        raise ValueError(f"output_mode={mode!r} expects inputs of at most 2 axes, got the shape {shape}")
    return (*shape[:-1], depth)
