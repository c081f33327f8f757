"""Bins, histograms and counts of occurrences."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.creation import arange
from ckeras.ops.manipulation.layout import expand_dims, ravel, reshape, tensor
from ckeras.tensor import Op, Spec, Tensor, arguments, as_tensor, dtypes, limits, table

_digitize = Op(
    "digitize",
    lambda x, bins: Spec(x.shape, "int32"),
    lambda x, bins: np.digitize(x, bins),
)


def digitize(x: Any, bins: Any) -> Tensor:
    """Index (int32) of the bin of each element: i where bins[i - 1] <= x < bins[i].

    Args:
        bins: vector of edges, ascending; or descending, which gives i where bins[i - 1] > x >= bins[i].

    Raises ValueError if the edges are not sorted.

    >>> digitize([0.5, 1.0, 2.5], [1.0, 2.0]).tolist()
    [0, 1, 2]
    """
    x, bins = tensor(x), tensor(bins)
    if len(bins.shape) != 1:
        raise ValueError(f"digitize expects bins along one axis, got shape {bins.shape}")
    return _digitize(x, bins)


_histogram = Op(
    "histogram",
    lambda x, bins, range: [Spec((bins,), x.dtype), Spec((bins + 1,), x.dtype)],
    lambda x, bins, range: np.histogram(x, bins, range),
)


def histogram(x: Any, bins: int = 10, range: Any = None) -> tuple[Tensor, Tensor]:
    """Number of elements in each of ``bins`` intervals of equal width, and the edges of the intervals.

    Args:
        x: a tensor with one axis.
        bins: number of intervals.
        range: (lowest, highest) edge, by default the minimum and maximum of ``x``. Elements outside are ignored.

    Returns the counts, of shape (bins,), and the edges, (bins + 1,), both as floats.

    Raises ValueError if elements are not finite and no range is given.

    >>> counts, edges = histogram([1.0, 2.0, 2.5, 3.0], bins=2)
    >>> counts.tolist(), edges.tolist()
    ([1.0, 3.0], [1.0, 2.0, 3.0])
    """
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)):
        raise TypeError(f"histogram expects an integer number of bins, got {bins!r}")
    if bins < 1:
        raise ValueError(f"histogram expects at least one bin, got bins={bins}")
    if range is not None:
        if not isinstance(range, (tuple, list)) or len(range) != 2 or not range[0] <= range[1]:
            raise ValueError(f"histogram expects a range of two numbers in ascending order, got {range!r}")
        range = tuple(float(v) for v in range)
    x = elementwise.as_float(x)
    if len(x.shape) != 1:
        raise ValueError(f"histogram expects a tensor with one axis, got shape {x.shape}")
    return tuple(_histogram(x, bins=int(bins), range=range))


def _bincount_infer(x: Spec, weights: Spec, minlength: int) -> Spec:
    return Spec((*x.shape[:-1], None), weights.dtype)


def _bincount_of(x: Tensor, weights: Tensor, minlength: int) -> Tensor:
    values = x.numpy()
    if values.size and values.min() < 0:
        raise ValueError(f"bincount expects integers of 0 or more, got {values.min()}")
    length = max(minlength, int(values.max()) + 1 if values.size else 0)
    rows = x.shape[0] if len(x.shape) == 2 else 1
    limits.claim("bincount", (rows, length), weights.dtype)
    index = elementwise.cast(x, "int64")
    if len(x.shape) == 2:
        index = elementwise.add(index, elementwise.multiply(expand_dims(arange(rows, dtype="int64"), 1), length))
    counts = table["scatter_add_rows"](expand_dims(ravel(weights), 1), ravel(index), rows=rows * length)
    return reshape(counts, (*x.shape[:-1], length))


_bincount = Composite("bincount", _bincount_of, infer=_bincount_infer)


def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """Number of occurrences of each integer from 0 to max(x) in ``x``, or in each row of a matrix.

    Its shape depends on the values, so a function that is being compiled runs eagerly where it calls this.

    Args:
        x: integers of 0 or more, along one axis or two.
        weights: weight of each element, of the shape of ``x``; 1 by default. Differentiable.
        minlength: the minimum length of the result.
        sparse: must be `False`: sparse tensors are not supported.

    Returns int32 without weights, otherwise the common dtype of ``x`` and the weights.

    >>> bincount([1, 2, 2], minlength=4).tolist()
    [0, 1, 2, 0]
    """
    if sparse:
        raise ValueError("bincount expects sparse=False: sparse tensors are not supported")
    minlength = arguments.integer(minlength, "bincount", "minlength", 0)
    x = tensor(x)
    if x.dtype not in dtypes.INTEGERS and x.dtype != "bool":
        raise TypeError(f"bincount expects integers, got dtype {x.dtype}")
    if len(x.shape) not in (1, 2):
        raise ValueError(f"bincount expects a tensor with one axis or two, got shape {x.shape}")
    if weights is None:
        weights = elementwise.cast(elementwise.equal(x, x), "int32")
    else:
        weights = as_tensor(weights)
        if len(weights.shape) != len(x.shape) or any(
            a != b and None not in (a, b) for a, b in zip(weights.shape, x.shape, strict=True)
        ):
            raise ValueError(f"bincount expects weights of the shape of x, {x.shape}, got {weights.shape}")
        weights = elementwise.cast(weights, dtypes.result_type(x.dtype, weights.dtype))
    return _bincount(x, weights, minlength=minlength)
