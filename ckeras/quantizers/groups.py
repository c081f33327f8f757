"""Asymmetric quantization: integers q that stand for ``(q - zero) * scale``, with a scale and a zero for each group.

A group is a run of columns in one row of a matrix of weights. All of this runs in numpy, once for each matrix.

The range of a group includes 0, or else its zero may not be an integer that is kept. Keras's does not where all weights
of a group have one sign, and such weights are clipped there.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ckeras import ops
from ckeras.tensor import Op, arguments


def affine_parameters(
    x: np.ndarray,
    bits: int,
    symmetric: bool = False,
    per_channel: bool = True,
    group_size: int = -1,
    epsilon: float = 0.0,
    signed: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return scales and zeros of the groups of a matrix.

    Args:
        x: Weights, of shape (rows, columns).
        bits: Bits of an integer.
        symmetric: Whether the range of a group is symmetric around 0.
        per_channel: Whether each row has its own; else all rows have those of the whole matrix.
        group_size: Columns of a group; -1 for all.
        epsilon: Added to the range of a group.
        signed: Whether integers start at ``-2**(bits - 1)`` rather than 0.

    Returns:
        Scales (rows, groups) of the dtype of ``x``, and zeros of the same shape, int8 or uint8.
    """
    rows, columns = x.shape
    groups = math.ceil(columns / group_size) if per_channel and group_size > 0 else 1
    if groups > 1:
        x = np.pad(x, ((0, 0), (0, groups * group_size - columns))).reshape(rows, groups, group_size)
    else:
        x = x.reshape(rows if per_channel else 1, 1, -1)
    low, high = x.min(axis=2), x.max(axis=2)
    if symmetric:
        largest = np.maximum(np.abs(low), high)
        low, high = -largest, largest
    constant = low == high
    low, high = np.where(constant, low - 1, low), np.where(constant, high + 1, high)
    low = np.minimum(low, 0)
    beyond = -low * (2**bits - 1) > 255 * (high - low)  # a zero that a byte does not hold
    high = np.where(beyond | (signed & (high < 0)), x.dtype.type(0), high)
    one = x.dtype.type
    scale = (high - low + one(epsilon)) / one(2**bits - 1)
    scale = np.where(scale <= 0, one(1e-8), scale)
    first = -(2 ** (bits - 1)) if signed else 0
    zero = np.full_like(scale, 2 ** (bits - 1) + first) if symmetric else np.round(-low / scale) + first
    zero = np.clip(zero, first, first + 2**bits - 1 if signed else 255)
    shape = (rows, groups)
    return np.broadcast_to(scale, shape), np.broadcast_to(zero, shape).astype("int8" if signed else "uint8")


def to_groups(x: np.ndarray, scale: np.ndarray, zero: np.ndarray, bits: int) -> np.ndarray:
    """Integers from 0 for floats, with parameters that broadcast, as floats."""
    return np.clip(np.round(x / scale + zero.astype(x.dtype)), 0, 2**bits - 1)


def abs_max_quantize_grouped_with_zero_point(
    inputs: Any,
    block_size: int,
    value_range: tuple[int, int] = (-8, 7),
    dtype: str = "int8",
    epsilon: float = 1e-07,
    to_numpy: bool = False,
) -> tuple[Any, Any, Any]:
    """Quantize a matrix in groups of rows, each of which has a scale and a zero for each column.

    An integer q stands for ``(q - zero) * scale``. A group of equal numbers keeps them; Keras gives 0 for such a group
    where it computes in numpy.

    Args:
        inputs: Matrix of shape (rows, columns).
        block_size: Rows of a group; the last one may have fewer.
        value_range: Smallest and largest integer, all of some number of bits.
        dtype: Dtype of the integers.
        epsilon: Added to the range of a group.
        to_numpy: No effect: in Keras it computes in the memory of the host, which is the only one here.

    Returns:
        Integers (rows, columns), scales (groups, columns), and zeros of that shape, int8.

    Raises:
        ValueError: if ``inputs`` is no matrix, or ``value_range`` no range of some number of bits.

    >>> values, scale, zero = abs_max_quantize_grouped_with_zero_point(np.array([[0.0], [3.75], [-7.5]], "f"), 2)
    >>> values.tolist(), scale.tolist(), zero.tolist()
    ([[-8], [7], [-8]], [[0.25], [0.5]], [[-8], [7]])
    """
    x = np.asarray(inputs)
    where = "abs_max_quantize_grouped_with_zero_point"
    size = arguments.integer(block_size, where, "block_size", minimum=1)
    first, last = value_range
    bits = (last - first + 1).bit_length() - 1
    if x.ndim != 2 or last - first + 1 != 2**bits or first != -(2 ** (bits - 1)):
        raise ValueError(f"{where} expects a matrix and a range of bits, got shape {x.shape} and {value_range!r}")
    scale, zero = affine_parameters(x.T, bits, group_size=size, epsilon=epsilon, signed=True)
    scale, zero = np.ascontiguousarray(scale.T), np.ascontiguousarray(zero.T)
    group = np.arange(len(x)) // size
    values = np.clip(np.round(x / scale[group]) + zero[group], first, last).astype(dtype)
    return ops.convert_to_tensor(values), ops.convert_to_tensor(scale), ops.convert_to_tensor(zero)


def _from_groups_forward(
    values: np.ndarray, scale: np.ndarray, zero: np.ndarray, group: np.ndarray, axis: int
) -> np.ndarray:
    index = group.astype(np.int64)
    return (values - zero.take(index, axis).astype(values.dtype)) * scale.take(index, axis).astype(values.dtype)


# One op rather than lookups of scale and zero, each of which is much larger than what it is computed from: so a plan
# computes it ahead for weights that rest.
_from_groups = Op("from_groups", lambda values, scale, zero, group, axis: values, _from_groups_forward)


def from_groups(values: Any, scale: Any, zero: Any, group: Any, axis: int) -> Any:
    """Return ``(values - zero) * scale``: the floats that the integers of a weight stand for.

    Args:
        values: Integral floats.
        scale, zero: Parameters of the groups along ``axis``.
        group: The group of each index along ``axis``, as floats, of which the integral part counts.
        axis: Axis of ``values`` that is grouped.
    """
    return _from_groups(*map(ops.convert_to_tensor, (values, scale, zero, group)), axis=axis)


def from_groups_by_lookups(values: Any, scale: Any, zero: Any, group: Any, axis: int) -> Any:
    """As `from_groups`, in smaller ops: for rows that a call looks up."""
    index = ops.cast(group, "int32")
    zero = ops.cast(ops.take(zero, index, axis=axis), values.dtype)
    return (values - zero) * ops.take(scale, index, axis=axis)
