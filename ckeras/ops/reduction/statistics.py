"""Weighted means and correlations."""

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.elementwise.complex_parts import conj, real
from ckeras.ops.indexing.core import basic_slice, flip
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.layout import reshape, transpose
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor, dtypes


def average(x: Any, axis: Any = None, weights: Any = None) -> Tensor:
    """sum(weights * x) / sum(weights) over ``axis`` (one, several, or `None` for all); the mean without weights.

    Args:
        weights: of the shape of ``x``, or of the shape of the axes in ``axis``, in their order.

    >>> float(average([1.0, 2.0, 4.0], weights=[1.0, 1.0, 2.0]))
    2.75
    """
    if weights is None:
        return reduction.mean(x, axis)
    x, weights = elementwise.promote(x, weights, minimum="float")
    axes = reduction.canonical_axes(axis, len(x.shape))
    if not _same_size(x.shape, weights.shape):
        # The axes of the weights are in the order of `axis`.
        named = [] if axis is None else [int(a) % len(x.shape) for a in np.atleast_1d(axis)]
        if not named or not _same_size([x.shape[a] for a in named], weights.shape):
            raise ValueError(
                f"average expects weights of the shape {x.shape} of x, or of the shape of the axes that are named; "
                f"got weights of shape {weights.shape}, axis={axis}"
            )
        weights = transpose(weights, sorted(range(len(named)), key=named.__getitem__))
        kept = [d if i in axes else 1 for i, d in enumerate(x.shape)]
        weights = reshape(weights, [-1 if d is None else d for d in kept])
    return elementwise.divide(reduction.sum(elementwise.multiply(x, weights), axes), reduction.sum(weights, axes))


def _same_size(shape: Sequence[int | None], other: Sequence[int | None]) -> bool:
    return len(shape) == len(other) and all(a == b or None in (a, b) for a, b in zip(shape, other, strict=True))


def corrcoef(x: Any) -> Tensor:
    """Matrix of the Pearson correlation coefficients of the rows of ``x``; of a single row, the number 1.

    Element (i, j) is c[i, j] / sqrt(c[i, i] c[j, j]) for the covariance matrix c. A row without variance gives NaN.

    >>> corrcoef([[1.0, 2.0, 3.0], [4.0, 6.0, 5.0]]).numpy().round(4).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    x = elementwise.as_float(x)
    if len(x.shape) > 2:
        raise ValueError(f"corrcoef expects a tensor of at most two axes, got shape {x.shape}")
    if len(x.shape) < 2:
        x = reshape(x, (1, -1))
    distances = elementwise.subtract(x, reduction.mean(x, 1, keepdims=True))
    lengths = elementwise.sqrt(real(reduction.sum(elementwise.multiply(distances, conj(distances)), 1, keepdims=True)))
    units = elementwise.divide(distances, lengths)
    found = matmul(units, transpose(conj(units)))
    found = reshape(found, ()) if x.shape[0] == 1 else found
    return found if found.dtype in dtypes.PARTS else elementwise.clip(found, -1, 1)


def _full_forward(a: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.correlate(a, v, "full")


def _some(x: Tensor, start: int, length: int) -> Tensor:
    return basic_slice(x, [builtins.slice(start, start + length)])


# y[k] = sum over n of a[n + k - (M - 1)] v[n] for a of N and v of M elements, with zeros around a.
_correlate = Op(
    "correlate",
    lambda a, v: Spec((a.shape[0] + v.shape[0] - 1,), a.dtype),
    _full_forward,
    vjp=[
        lambda g, y, a, v: _some(_correlate(g, flip(v)), v.shape[0] - 1, a.shape[0]),
        lambda g, y, a, v: _some(_correlate(a, g), a.shape[0] - 1, v.shape[0]),
    ],
)


def _correlate_infer(x1: Spec, x2: Spec, mode: str) -> Spec:
    sizes = (x1.shape[0], x2.shape[0])
    if None in sizes:
        return Spec((None,), x1.dtype)
    lengths = {"full": sum(sizes) - 1, "same": max(sizes), "valid": max(sizes) - min(sizes) + 1}
    return Spec((lengths[mode],), x1.dtype)


def _part_of_full(x1: Tensor, x2: Tensor, mode: str) -> Tensor:
    shorter = min(x1.shape[0], x2.shape[0])
    middle = (shorter - 1) // 2 if x1.shape[0] >= x2.shape[0] else shorter // 2
    start = {"full": 0, "same": middle, "valid": shorter - 1}[mode]
    return _some(_correlate(x1, x2), start, _correlate_infer(x1, x2, mode).shape[0])


_correlate_in_mode = Composite("correlate_in_mode", _part_of_full, infer=_correlate_infer)


def correlate(x1: Any, x2: Any, mode: str = "valid") -> Tensor:
    """Cross-correlation of two vectors: the sums over n of x1[n + k] conj(x2[n]) for each shift k.

    Args:
        mode: which shifts: "valid", where the shorter vector lies within the longer one; "full", where they overlap;
            "same", the middle part of "full", of the length of the longer vector.

    >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0]).tolist()
    [2.0, 3.0]
    """
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"correlate expects mode 'valid', 'same' or 'full', got {mode!r}")
    a, v = elementwise.promote(x1, x2, minimum="float")
    if len(a.shape) != 1 or len(v.shape) != 1 or 0 in (*a.shape, *v.shape):
        raise ValueError(f"correlate expects two vectors with elements, got shapes {a.shape} and {v.shape}")
    return _correlate_in_mode(a, v, mode=mode)
