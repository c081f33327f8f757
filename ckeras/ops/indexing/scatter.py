"""Ops that write at given indices."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras.ops.control.operation import FunctionCall
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing import core as indexing
from ckeras.ops.indexing.core import take
from ckeras.ops.manipulation.concat import MAX_SECTIONS, split
from ckeras.ops.manipulation.creation import ones_like, zeros, zeros_like
from ckeras.ops.manipulation.layout import axis_of, copy_call, is_native, reshape, row_strides, squeeze, tensor
from ckeras.tensor import Op, Spec, Tensor, arguments, dtypes
from ckeras.tensor.dtypes import CODE
from ckeras.tensor.eager import Call, constant
from ckeras.tensor.graph import record_call

# -- rows of a matrix ---------------------------------------------------------------------------------------------
# ``x`` (rows, ...) with the rows ``index`` (n,) replaced by those of ``u`` (n, ...), one after the other.


def _set_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, index, _ = inputs
    if not is_native(x) or index.dtype not in ("int32", "int64"):
        return None
    size = math.prod(x.shape)
    copy = copy_call((0, 1), x.dtype, (size,), row_strides((size,)), row_strides((size,)))
    p = (CODE[x.dtype], index.shape[0], math.prod(x.shape[1:]), x.shape[0], CODE[index.dtype], 1, 1)
    return [copy, Call("scatter_set_rows", (0, 2, 3), p)]


def _set_forward(x: np.ndarray, index: np.ndarray, u: np.ndarray) -> np.ndarray:
    y = x.copy()
    y[index] = u
    return y


def _last(x: Tensor, index: Tensor, u: Tensor) -> Tensor:
    """Mask of shape (n, 1, ...): whether a row of ``u`` is the last one written to its index."""
    number = constant(np.arange(index.shape[0], dtype=np.int32))
    winner = _set_rows(zeros((x.shape[0],), "int32"), index, number)
    return reshape(elementwise.equal(take(winner, index, axis=0), number), (index.shape[0], *[1] * (len(u.shape) - 1)))


_set_rows = Op(
    "scatter_set_rows",
    lambda x, index, u: Spec(x.shape, x.dtype),
    _set_forward,
    _set_kernel,
    vjp=[
        lambda g, y, x, index, u: _set_rows(g, index, zeros_like(u)),
        None,
        lambda g, y, x, index, u: elementwise.where(_last(x, index, u), take(g, index, axis=0), 0),
    ],
    donates={0: 0},
)


# ``x`` with its rows ``index`` combined with the rows of ``u`` by a binary function.
_REDUCE = {"max": np.maximum, "min": np.minimum, "mul": np.multiply}


def _reduce_forward(x: np.ndarray, index: np.ndarray, u: np.ndarray, reduction: str) -> np.ndarray:
    y = x.copy()
    if u.size:  # as matrices: numpy's `at` ends the process for arrays of more than 32 axes
        _REDUCE[reduction].at(y.reshape(len(y), -1), index, u.reshape(len(u), -1))
    return y


def _reduce_by_x(g: Tensor, y: Tensor, x: Tensor, index: Tensor, u: Tensor, reduction: str) -> Tensor:
    if reduction == "mul":
        return elementwise.multiply(g, _reduce_rows(ones_like(x), index, u, reduction="mul"))
    return elementwise.where(elementwise.equal(x, y), _shared(g, y, x, index, u), 0)


def _reduce_by_u(g: Tensor, y: Tensor, x: Tensor, index: Tensor, u: Tensor, reduction: str) -> Tensor:
    if reduction == "mul":
        # The product of all other factors, of which some may be 0, so that y / u would not do. (The derivative of this
        # formula, the second one, is that of the product only where no factor is 0.)
        zero = elementwise.equal(u, 0)
        nonzero = elementwise.where(zero, 1, u)
        others = _reduce_rows(x, index, nonzero, reduction="mul")
        zeros_there = take(_add_rows(elementwise.cast(zero, u.dtype), index, x.shape[0]), index, axis=0)
        factor = elementwise.where(
            zero,
            elementwise.cast(elementwise.equal(zeros_there, 1), u.dtype),
            elementwise.where(elementwise.equal(zeros_there, 0), 1 / nonzero, 0),
        )
        return elementwise.multiply(take(elementwise.multiply(g, others), index, axis=0), factor)
    chosen = elementwise.equal(u, take(y, index, axis=0))
    return elementwise.where(chosen, take(_shared(g, y, x, index, u), index, axis=0), 0)


def _shared(g: Tensor, y: Tensor, x: Tensor, index: Tensor, u: Tensor) -> Tensor:
    """Gradient of a maximum or minimum, divided by the number of elements equal to it."""
    ties = _add_rows(elementwise.cast(elementwise.equal(u, take(y, index, axis=0)), g.dtype), index, x.shape[0])
    return elementwise.divide(
        g, elementwise.maximum(elementwise.add(elementwise.cast(elementwise.equal(x, y), g.dtype), ties), 1)
    )


_reduce_rows = Op(
    "scatter_reduce_rows",
    lambda x, index, u, reduction: Spec(x.shape, x.dtype),
    _reduce_forward,
    vjp=[_reduce_by_x, None, _reduce_by_u],
)


def _add_rows(u: Tensor, index: Tensor, rows: int) -> Tensor:
    """Zeros with the rows of ``u`` added at ``index``."""
    return indexing._scatter_add(u, index, rows=rows)


# -- scatter --------------------------------------------------------------------------------------------------------


def _flat_indices(name: str, shape: Sequence[int | None], indices: Any) -> tuple[Tensor, int]:
    """Flat indices over the first axes of ``shape``, as a vector, and the number of these axes."""
    indices = tensor(indices)
    if indices.dtype not in dtypes.INTEGERS:
        raise TypeError(f"{name} expects integer indices, got dtype {indices.dtype}")
    depth = indices.shape[-1] if indices.shape else None
    if depth is None or not 1 <= depth <= len(shape):
        raise ValueError(
            f"{name} expects indices of shape (n, k) with k from 1 to the {len(shape)} axes of the result, "
            f"got {indices.shape}"
        )
    columns = [reshape(c, (-1,)) for c in split(indices, depth, axis=-1)]
    sizes = zeros(tuple(shape[:depth]), "bool")
    return indexing._flat_index(list(enumerate(columns)), sizes), depth


def _check_updates(name: str, shape: tuple, indices: Any, depth: int, updates: Tensor) -> Tensor:
    """Reshape the updates to one row for each index; raise ValueError if their shape does not fit."""
    lead = tensor(indices).shape[:-1]
    expected = (*lead, *shape[depth:])
    try:
        updates = elementwise.broadcast_to(updates, expected) if None not in expected else updates
    except ValueError:
        raise ValueError(f"{name} expects values of shape {expected}, got {updates.shape}") from None
    return reshape(updates, (-1 if None in lead else math.prod(lead), *shape[depth:]))


def scatter(indices: Any, values: Any, shape: Any) -> Tensor:
    """Zeros of ``shape`` with ``values`` added at ``indices``.

    Args:
        indices: integers of shape (n, k), each row an index into the first k axes; negative ones count from the end.
        values: of shape (n, ...), the shape without its first k axes. Where an index repeats, values add up.
        shape: of the result.

    Raises:
        IndexError: if an index is out of range.

    >>> scatter([[0, 1], [1, 1]], [1.0, 2.0], shape=(2, 2)).tolist()
    [[0.0, 1.0], [0.0, 2.0]]
    """
    values, shape = tensor(values), arguments.shape(shape, "scatter")
    index, depth = _flat_indices("scatter", shape, indices)
    values = _check_updates("scatter", shape, indices, depth, values)
    return reshape(_add_rows(values, index, math.prod(shape[:depth])), shape)


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Tensor:
    """Copy of ``inputs`` with ``updates`` written at ``indices``.

    Args:
        inputs: a tensor.
        indices: integers of shape (n, k), each row an index into the first k axes; negative ones count from the end.
        updates: of shape (n, ...), that of the inputs without their first k axes; taken in the inputs' dtype.
        reduction: `None` to replace elements (of a repeated index, the last update wins); "add", "max", "min" or "mul"
            to combine each update with them.

    Raises:
        IndexError: if an index is out of range.

    >>> scatter_update([1.0, 2.0, 3.0], [[0], [2]], [10.0, 20.0], reduction="add").tolist()
    [11.0, 2.0, 23.0]
    """
    if reduction not in (None, "add", "max", "min", "mul"):
        raise ValueError(
            f"scatter_update expects reduction to be None, 'add', 'max', 'min' or 'mul', "
            f"got {arguments.shown(reduction)}"
        )
    x = tensor(inputs)
    if None in x.shape:  # nothing more can be checked for symbolic tensors
        call = FunctionCall(lambda *values: scatter_update(*values, reduction), "scatter_update")
        return record_call(call, (x, indices, updates), {}, x)
    index, depth = _flat_indices("scatter_update", x.shape, indices)
    u = _check_updates("scatter_update", x.shape, indices, depth, elementwise.cast(updates, x.dtype))
    rows = reshape(x, (math.prod(x.shape[:depth]), *x.shape[depth:]))
    if reduction is None:
        result = _set_rows(rows, index, u)
    elif reduction == "add":
        result = elementwise.add(rows, _add_rows(u, index, rows.shape[0]))
    else:
        result = _reduce_rows(rows, index, u, reduction=reduction)
    return reshape(result, x.shape)


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Tensor]:
    """List of the slices of ``x`` along ``axis``, without that axis.

    Args:
        x: a tensor.
        num: how many there are, where the size of the axis is not known.
        axis: which.

    >>> [t.tolist() for t in unstack([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
    """
    x = tensor(x)
    axis = axis_of(axis, len(x.shape), "unstack")
    size = x.shape[axis]
    num = arguments.optional(arguments.integer, num, "unstack", "num")
    if size is None and num is None:
        raise ValueError(f"unstack needs num where the size of axis {axis} is not known: the shape is {x.shape}")
    if size is not None and num is not None and num != size:
        raise ValueError(f"unstack along axis {axis} of shape {x.shape} gives {size} tensors, and num is {num}")
    arguments.integer(num if size is None else size, "unstack", "the number of tensors", 0, MAX_SECTIONS)
    if size is None:
        key = [slice(None)] * axis
        return [indexing.getitem(x, (*key, i)) for i in range(num)]
    return [squeeze(part, axis) for part in split(x, size, axis=axis)] if size else []


def saturate_cast(x: Any, dtype: Any) -> Tensor:
    """Convert ``x`` to ``dtype``, clipping values to its range first.

    >>> saturate_cast([-1.0, 256.0], "uint8").tolist()
    [0, 255]
    """
    x, dtype = tensor(x), dtypes.standardize(dtype)
    if x.dtype == "bool":
        return elementwise.cast(x, dtype)
    if x.dtype in dtypes.EXTRA:  # whose limits may round away from 0
        x = elementwise.cast(x, "float32")
    (in_low, in_high), (out_low, out_high) = dtypes.limits(x.dtype), dtypes.limits(dtype)
    kind = dtypes.NUMPY[x.dtype].type
    low, high = kind(max(in_low, out_low)), kind(min(in_high, out_high))
    y = elementwise.cast(elementwise.clip(x, _limit(low), _limit(high)), dtype)
    if dtype in dtypes.INTEGERS and x.dtype in dtypes.FLOATS:
        # A limit that the input's dtype rounds away from 0 is out of range: elements that reach it are set to the
        # limit.
        if int(high) > out_high:
            y = elementwise.where(elementwise.greater_equal(x, _limit(high)), constant(out_high, dtype), y)
        if int(low) < out_low:
            y = elementwise.where(elementwise.less_equal(x, _limit(low)), constant(out_low, dtype), y)
    return y


def _limit(value: np.generic) -> Tensor:
    return constant(np.asarray(value))
