"""Further functions of ``tensorflow.nn``: pools with indices, embeddings of several rows, CTC decoders."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ckeras import ops as _ops
from ckeras.compat.tensorflow.convolutions import _same
from ckeras.compat.tensorflow.sparse import SparseTensor
from ckeras.tensor import Tensor


class MaxPoolWithArgmax(NamedTuple):
    """Maxima of windows, and the index of each in its flat image."""

    output: Tensor
    argmax: Tensor


def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    output_dtype: Any = "int64",
    include_batch_in_index: bool = False,
    name: str | None = None,
) -> MaxPoolWithArgmax:
    """Return the maximum of each window of images, and its index in the flat image.

    Args:
        input: images (batch, height, width, channels).
        ksize, strides: height and width, one number, or four with ones around them.
        padding: "SAME" or "VALID".
        data_format: "NHWC".
        output_dtype: of the indices.
        include_batch_in_index: whether indices are those in the flat batch.
        name: no effect.
    """
    if data_format != "NHWC" or padding not in ("SAME", "VALID"):
        raise ValueError(f"max_pool_with_argmax expects NHWC and SAME or VALID, got {data_format} and {padding}")
    x = _ops.convert_to_tensor(input)
    (height, width), steps = _two(ksize), _two(strides)
    edges = [(0, 0), (0, 0)]
    if padding == "SAME":
        edges = [_same(n, s, k) for n, s, k in zip(x.shape[1:3], steps, (height, width), strict=True)]
    (top, bottom), (left, right) = edges
    padded = _ops.pad(x, [(0, 0), (top, bottom), (left, right), (0, 0)], constant_values=-np.inf)
    rows, columns = ((n - k) // s + 1 for n, k, s in zip(padded.shape[1:3], (height, width), steps, strict=True))
    down = (np.arange(rows) * steps[0])[:, None] + np.arange(height)
    across = (np.arange(columns) * steps[1])[:, None] + np.arange(width)
    windows = _ops.take(_ops.take(padded, down.reshape(-1), axis=1), across.reshape(-1), axis=2)
    windows = _ops.reshape(windows, (-1, rows, height, columns, width, x.shape[3]))
    windows = _ops.reshape(_ops.transpose(windows, (0, 1, 3, 5, 2, 4)), (-1, rows, columns, x.shape[3], height * width))
    best = _ops.argmax(windows, axis=-1)
    row = np.arange(rows)[:, None, None] * steps[0] - top + _ops.floor_divide(best, width)
    column = np.arange(columns)[:, None] * steps[1] - left + _ops.mod(best, width)
    index = (row * x.shape[2] + column) * x.shape[3] + np.arange(x.shape[3])
    if include_batch_in_index:
        index = index + _ops.reshape(_ops.arange(x.shape[0]), (-1, 1, 1, 1)) * int(np.prod(x.shape[1:]))
    return MaxPoolWithArgmax(_ops.max(windows, axis=-1), _ops.cast(index, output_dtype))


def _two(sizes: Any) -> tuple[int, int]:
    found = [sizes] if isinstance(sizes, int) else [int(n) for n in sizes]
    found = found * 2 if len(found) == 1 else found[1:3] if len(found) == 4 else found
    return found[0], found[1]


def embedding_lookup_sparse(
    params: Any,
    sp_ids: SparseTensor,
    sp_weights: SparseTensor | None = None,
    combiner: str | None = None,
    max_norm: float | None = None,
    name: str | None = None,
) -> Tensor:
    """Return the combined rows of ``params`` at the ids of each row of a sparse matrix.

    Args:
        params: (rows, size).
        sp_ids: indices of rows.
        sp_weights: their weights, at the same indices; ones by default.
        combiner: "mean" (the default), "sum" or "sqrtn": the sum over the square root of the sum of squared weights.
        max_norm: norm to which rows are scaled down.
        name: no effect.
    """
    combiner = combiner or "mean"
    if combiner not in ("mean", "sum", "sqrtn"):
        raise ValueError(f"embedding_lookup_sparse expects combiner 'mean', 'sum' or 'sqrtn', got {combiner!r}")
    from ckeras.compat.tensorflow.nn import embedding_lookup

    rows = embedding_lookup(params, sp_ids.values, max_norm)
    groups, count = sp_ids._indices[:, 0], int(sp_ids._indices[:, 0].max(initial=-1)) + 1
    weights = _ops.ones((len(groups),), rows.dtype) if sp_weights is None else _ops.cast(sp_weights.values, rows.dtype)
    total = _ops.segment_sum(rows * _ops.expand_dims(weights, -1), groups, count)
    if combiner == "sum":
        return total
    sizes = _ops.segment_sum(weights if combiner == "mean" else _ops.square(weights), groups, count)
    sizes = sizes if combiner == "mean" else _ops.sqrt(sizes)
    return _ops.divide_no_nan(total, _ops.expand_dims(sizes, -1))


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: SparseTensor,
    sparse_weights: SparseTensor | None = None,
    combiner: str = "mean",
    default_id: int | None = None,
    max_norm: float | None = None,
    name: str | None = None,
) -> Tensor:
    """`embedding_lookup_sparse` without negative ids, and with zeros, or the row ``default_id``, for empty rows."""
    from ckeras.compat.tensorflow.sparse_ops import fill_empty_rows, retain

    valid = np.asarray(sparse_ids.values) >= 0
    if sparse_weights is not None:
        valid &= np.asarray(sparse_weights.values) > 0
        sparse_weights, _ = fill_empty_rows(retain(sparse_weights, valid), 1.0)
    ids, empty = fill_empty_rows(retain(sparse_ids, valid), default_id or 0)
    found = embedding_lookup_sparse(embedding_weights, ids, sparse_weights, combiner, max_norm)
    return found if default_id is not None else _ops.where(_ops.expand_dims(empty, -1), 0, found)


def _decoded(paths: Tensor, lengths: Any) -> list[SparseTensor]:
    from ckeras.compat.tensorflow.sparse import from_rows

    found = []
    for path in np.asarray(paths):
        rows = [[int(v) for v in row if v >= 0] for row in path]
        found.append(from_rows(rows, "int64"))
    return found


def ctc_greedy_decoder(
    inputs: Any,
    sequence_length: Any,
    merge_repeated: bool = True,
    blank_index: int | None = None,
    name: str | None = None,
) -> tuple[list[SparseTensor], Tensor]:
    """Return the labels of the best path as a list of one sparse matrix, and the negated sums of its logits.

    Args:
        inputs: logits (steps, batch, classes).
        sequence_length: (batch,).
        merge_repeated: whether equal neighbors are one label.
        blank_index: index of the blank; the last class by default.
        name: no effect.
    """
    x = _ops.swapaxes(inputs, 0, 1)
    blank = x.shape[-1] - 1 if blank_index is None else blank_index % x.shape[-1]
    paths, scores = _ops.ctc_decode(x, sequence_length, merge_repeated=merge_repeated, mask_index=blank)
    return _decoded(paths, sequence_length), scores


def ctc_beam_search_decoder(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1, name: str | None = None
) -> tuple[list[SparseTensor], Tensor]:
    """Return the most probable labels as a list of sparse matrices, the best first, and their log-probabilities.

    Args:
        inputs: logits (steps, batch, classes), of which the last class is the blank.
        sequence_length: (batch,).
        beam_width: number of sequences kept at each step.
        top_paths: number of sequences returned.
        name: no effect.
    """
    x = _ops.swapaxes(inputs, 0, 1)
    paths, scores = _ops.ctc_decode(
        x, sequence_length, strategy="beam_search", beam_width=beam_width, top_paths=top_paths, mask_index=None
    )
    return _decoded(paths, sequence_length), scores


def collapse_repeated(labels: Any, seq_length: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Return labels without repetitions of neighbors, padded with 0, and their numbers."""
    rows = []
    for row, size in zip(np.asarray(labels), np.asarray(seq_length).tolist(), strict=True):
        kept = row[:size]
        rows.append(kept[np.concatenate([[True], kept[1:] != kept[:-1]])] if size else kept)
    found = np.zeros((len(rows), max(map(len, rows), default=0)), np.asarray(labels).dtype)
    for target, row in zip(found, rows, strict=True):
        target[: len(row)] = row
    return _ops.convert_to_tensor(found), _ops.convert_to_tensor(np.array([len(r) for r in rows], "int32"))


def atrous_conv2d_transpose(
    value: Any, filters: Any, output_shape: Any, rate: int, padding: str, name: str | None = None
) -> Tensor:
    """Gradient of `atrous_conv2d`."""
    from ckeras.compat.tensorflow.convolutions import conv_transpose

    return conv_transpose(value, filters, output_shape, 1, padding, dilations=rate)


def batch_norm_with_global_normalization(
    input: Any,
    mean: Any,
    variance: Any,
    beta: Any,
    gamma: Any,
    variance_epsilon: float,
    scale_after_normalization: bool,
    name: str | None = None,
) -> Tensor:
    """`batch_normalization`, scaled by ``gamma`` if ``scale_after_normalization``."""
    from ckeras.compat.tensorflow.nn import batch_normalization

    scale = gamma if scale_after_normalization else None
    return batch_normalization(input, mean, variance, beta, scale, variance_epsilon)


def isotonic_regression(inputs: Any, decreasing: bool = True, axis: int = -1) -> tuple[Tensor, Tensor]:
    """Return the closest monotonic sequence of each row, and the number of the block of each element. No gradient."""
    x = np.moveaxis(np.asarray(inputs, "float64"), axis, -1)
    found, blocks = np.empty_like(x), np.empty(x.shape, "int32")
    for index in np.ndindex(*x.shape[:-1]):
        row = x[index] if decreasing else -x[index]
        means, sizes = [], []
        for value in row.tolist():
            means.append(value)
            sizes.append(1)
            while len(means) > 1 and means[-2] < means[-1]:  # pool adjacent violators
                total = sizes[-2] + sizes[-1]
                means[-2:] = [(means[-2] * sizes[-2] + means[-1] * sizes[-1]) / total]
                sizes[-2:] = [total]
        found[index] = np.repeat(means, sizes) * (1 if decreasing else -1)
        blocks[index] = np.repeat(np.arange(len(sizes)), sizes)
    dtype = str(_ops.convert_to_tensor(inputs).dtype)
    return tuple(  # type: ignore[return-value]
        _ops.convert_to_tensor(np.moveaxis(a, -1, axis)) for a in (found.astype(dtype), blocks)
    )
