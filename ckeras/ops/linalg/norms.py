"""Norms of vectors and of matrices, and distances between vectors."""

import math
from typing import Any

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.linalg.singular_values import singular_values
from ckeras.ops.manipulation import layout
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Tensor


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The norm of vectors (one axis) or of matrices (two), of order ``ord``.

    Args:
        ord: for vectors any number, inf, -inf or 0 (number of non-zero elements), 2 by default; for matrices "fro"
            (Frobenius, the default), 1 and -1 (maximum and minimum column sum), inf and -inf (maximum and minimum row
            sum), 2 and -2 (largest and smallest singular value), "nuc" (sum of the singular values).
        axis: one axis or two; `None` means all of ``x``, flattened if ``ord`` is `None`.

    >>> float(norm([3.0, 4.0]))
    5.0
    """
    x = elementwise.as_float(x)
    axes = reduction.canonical_axes(axis, len(x.shape))
    if ord is None or (ord == 2 and len(axes) == 1) or (ord == "fro" and len(axes) == 2):
        return elementwise.sqrt(reduction.sum(elementwise.squared_size(x), axes, keepdims))
    if len(axes) == 2 and ord in (2, -2, "nuc"):
        kept = [i for i in range(len(x.shape)) if i not in axes]
        values = singular_values(layout.transpose(x, [*kept, *axes]))
        y = reduction.sum(values, -1) if ord == "nuc" else (reduction.max if ord == 2 else reduction.min)(values, -1)
        return layout.expand_dims(y, axes) if keepdims else y
    if len(axes) == 2 and ord in (1, -1, math.inf, -math.inf):
        # The axes in the given order: rows, columns.
        rows, columns = axes if axis is None else (int(a) % len(x.shape) for a in axis)
        summed, compared = (rows, columns) if ord in (1, -1) else (columns, rows)
        result = (reduction.max if ord > 0 else reduction.min)(
            reduction.sum(elementwise.abs(x), summed, True), compared, True
        )
        return result if keepdims else layout.squeeze(result, axes)
    if len(axes) != 1 or isinstance(ord, str):
        raise ValueError(f"norm does not support order {ord!r} for {len(axes)} axes")
    size = elementwise.abs(x)
    if ord == math.inf:
        return reduction.max(size, axes, keepdims)
    if ord == -math.inf:
        return reduction.min(size, axes, keepdims)
    if ord == 0:
        return reduction.sum(elementwise.cast(elementwise.not_equal(x, 0), size.dtype), axes, keepdims)
    if ord == 1:
        return reduction.sum(size, axes, keepdims)
    return elementwise.power(reduction.sum(elementwise.power(size, float(ord)), axes, keepdims), 1.0 / ord)


def cdist(x: Any, y: Any) -> Tensor:
    """Pairwise Euclidean distances of the vectors of ``x`` and ``y``: sqrt(sum((x[i] - y[j])^2)).

    Args:
        x: of shape (..., m, d).
        y: of shape (..., n, d); the leading axes of the two are broadcast together.

    Returns:
        Floats of shape (..., m, n). The gradient is 0, a subgradient, where two vectors are equal.

    Raises:
        ValueError: if a tensor has fewer than two axes, or the vectors are of different lengths.

    >>> cdist([[0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]]).tolist()
    [[5.0, 1.0]]
    """
    a, b = elementwise.promote(x, y, minimum="float")
    sizes = {v.shape[-1] for v in (a, b) if v.shape} - {None}
    if len(a.shape) < 2 or len(b.shape) < 2 or len(sizes) > 1:
        raise ValueError(f"cdist expects shapes (..., m, d) and (..., n, d), got {a.shape} and {b.shape}")
    return norm(elementwise.subtract(layout.expand_dims(a, -2), layout.expand_dims(b, -3)), axis=-1)
