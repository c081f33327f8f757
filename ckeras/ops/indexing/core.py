"""Ops that select elements: slices, indexing, gathers."""

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.layout import (
    axis_of,
    copy_call,
    expand_dims,
    fill_call,
    is_native,
    moveaxis,
    ravel,
    reshape,
    row_strides,
    squeeze,
    tensor,
    transpose,
)
from ckeras.tensor import Op, Spec, Tensor, Variable, arguments, as_tensor, dtypes
from ckeras.tensor.dtypes import CODE, ITEMSIZE
from ckeras.tensor.eager import Call, constant


def _signed(index: Tensor) -> Tensor:
    """Indices as int64; those of uint64 beyond it as its maximum, which is out of range as they are."""
    if index.dtype == "uint64":
        index = elementwise.minimum(index, np.uint64(2**63 - 1))
    return elementwise.cast(index, "int64")


# -- slice --------------------------------------------------------------------------------------------------------
# A strided slice is (start, step, size) for each axis; its gradient writes into zeros at the same indices. A negative
# start counts from the end, and the size `None` is that of the axis: so an axis of unknown size can be indexed.


def nonnegative_start(start: Sequence[int], shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(a + d if a < 0 else a for a, d in zip(start, shape, strict=True))


def _slice_infer(x: Spec, start: Any, step: Any, size: Any) -> Spec:
    for axis, (a, n, d) in enumerate(zip(start, size, x.shape, strict=True)):
        if d is not None and n and not -d <= a < d:
            raise IndexError(f"index {a} is out of range for axis {axis} of a tensor of shape {x.shape}")
    return Spec(tuple(d if n is None else n for d, n in zip(x.shape, size, strict=True)), x.dtype)


def _slice_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, y = inputs[0], outputs[0]
    if not is_native(x):
        return None
    strides = row_strides(x.shape)
    offset = builtins.sum(s * a for s, a in zip(strides, nonnegative_start(attrs["start"], x.shape), strict=True))
    walk = [s * a for s, a in zip(strides, attrs["step"], strict=True)]
    return [copy_call((0, 1), x.dtype, y.shape, walk, row_strides(y.shape), in_offset=offset)]


def _slice_forward(x: np.ndarray, start: Any, step: Any, size: Any) -> np.ndarray:
    size = [d if n is None else n for n, d in zip(size, x.shape, strict=True)]
    return x[tuple(_python_slice(*t) for t in zip(nonnegative_start(start, x.shape), step, size, strict=True))]


def _python_slice(start: int, step: int, size: int) -> builtins.slice:
    end = start + step * size
    return builtins.slice(start, None if end < 0 else end, step)


_strided_slice = Op(
    "strided_slice",
    _slice_infer,
    _slice_forward,
    _slice_kernel,
    vjp=[
        lambda g, y, x, start, step, size: unslice(g, shape=x.shape, start=nonnegative_start(start, x.shape), step=step)
    ],
)


def _unslice_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    g, y = inputs[0], outputs[0]
    if not is_native(g):
        return None
    strides = row_strides(y.shape)
    offset = builtins.sum(s * a for s, a in zip(strides, attrs["start"], strict=True))
    walk = [s * a for s, a in zip(strides, attrs["step"], strict=True)]
    return [fill_call(0, y, 0.0), copy_call((0, 1), g.dtype, g.shape, row_strides(g.shape), walk, out_offset=offset)]


def _unslice_forward(g: np.ndarray, shape: Any, start: Any, step: Any) -> np.ndarray:
    y = np.zeros(shape, g.dtype)
    y[tuple(_python_slice(*t) for t in zip(start, step, g.shape, strict=True))] = g
    return y


unslice = Op(
    "unslice",
    lambda g, shape, start, step: Spec(shape, g.dtype),
    _unslice_forward,
    _unslice_kernel,
    vjp=[lambda h, y, g, shape, start, step: _strided_slice(h, start=start, step=step, size=g.shape)],
)


def basic_slice(x: Tensor, parts: Sequence[builtins.slice | int]) -> Tensor:
    """Slice ``x`` along each axis; an integer selects one element and keeps the axis."""
    start, step, size = [], [], []
    for d, part in zip(x.shape, parts, strict=True):
        if isinstance(part, int):
            begin, stride, count = part, 1, 1
        elif d is not None:
            begin, end, stride = part.indices(d)
            count = len(range(begin, end, stride))
            begin = begin if count else 0
        elif part == builtins.slice(None):
            begin, stride, count = 0, 1, None
        elif part == builtins.slice(None, None, -1):
            begin, stride, count = -1, -1, None
        else:
            raise ValueError(f"an axis of unknown size cannot be sliced: shape {x.shape}, slice {part}")
        start.append(begin)
        step.append(stride)
        size.append(count)
    if builtins.all(
        s == 0 and t == 1 and n in (d, None) for s, t, n, d in zip(start, step, size, x.shape, strict=True)
    ):
        return x
    return _strided_slice(x, start=tuple(start), step=tuple(step), size=tuple(size))


def flip(x: Any, axis: Any = None) -> Tensor:
    """Reverse the order of the elements along ``axis``, by default along all axes."""
    x = tensor(x)
    rank = len(x.shape)
    axes = range(rank) if axis is None else arguments.axes(axis, rank, "flip")
    return basic_slice(x, [builtins.slice(None, None, -1 if i in axes else None) for i in range(rank)])


def flipud(x: Any) -> Tensor:
    """Reverse ``x`` along its first axis."""
    return flip(x, 0)


def fliplr(x: Any) -> Tensor:
    """Reverse ``x`` along its second axis."""
    return flip(x, 1)


def getitem(x: Any, key: Any) -> Tensor:
    """``x[key]`` with numpy's rules: integers, slices, `None`, an ellipsis, integer arrays and boolean masks."""
    x = tensor(x)
    keys = _complete([_index(k) for k in (key if isinstance(key, tuple) else (key,))], x)
    gathers = builtins.any(isinstance(k, Tensor) for k in keys)
    parts: list[builtins.slice | int] = []
    layout, arrays = [], []  # what a key does to its axis: "new", "keep", "drop", "gather"; "gap" for an empty ellipsis
    for k in keys:
        axis = len(parts)
        if k is None or k is Ellipsis:
            layout.append("gap" if k is Ellipsis else "new")
        elif isinstance(k, builtins.slice):
            parts.append(builtins.slice(*(None if v is None else int(v) for v in (k.start, k.stop, k.step))))
            layout.append("keep")
        elif gathers:  # next to index arrays an integer acts as an index array
            parts.append(builtins.slice(None))
            arrays.append((axis, as_tensor(k)))
            layout.append("gather")
        else:
            d = x.shape[axis]
            if d is not None and not -d <= k < d:
                raise IndexError(f"index {k} is out of range for axis {axis} of a tensor of shape {x.shape}")
            parts.append(k % d if d else k)
            layout.append("drop")
    y = basic_slice(x, parts)
    if arrays:
        y, layout = _gathered(y, arrays, layout)
    dropped = [i for i, mark in enumerate(m for m in layout if m in ("keep", "drop")) if mark == "drop"]
    added = [i for i, mark in enumerate(m for m in layout if m in ("keep", "new")) if mark == "new"]
    y = squeeze(y, dropped) if dropped else y
    return expand_dims(y, added) if added else y


get_item = getitem


def _index(k: Any) -> Any:
    """Check one part of a key: `None`, an ellipsis, a slice, an integer, or a tensor of integers or booleans."""
    if k is None or k is Ellipsis or isinstance(k, builtins.slice):
        return k
    if isinstance(k, (int, np.integer)) and not isinstance(k, bool):
        return int(k)
    if isinstance(k, (list, np.ndarray, Variable, np.bool_, bool)):
        k = elementwise.cast(k, "int64") if isinstance(k, list) and not k else as_tensor(k)
    if not isinstance(k, Tensor):
        raise TypeError(f"a tensor cannot be indexed by {k!r}")
    if k.dtype not in dtypes.INTEGERS and (k.dtype != "bool" or not k.shape):
        raise IndexError(f"a tensor is indexed by integers or by a mask, got dtype {k.dtype} and shape {k.shape}")
    return int(k) if k.shape == () and type(k) is Tensor else k


def _complete(keys: list[Any], x: Tensor) -> list[Any]:
    """Expand the keys: slices for the axes they omit, masks as the index arrays of their true elements.

    An ellipsis of no axes is kept, since it still separates the index arrays on its two sides.
    """
    masks = [k for k in keys if isinstance(k, Tensor) and k.dtype == "bool"]
    used = builtins.sum(1 for k in keys if k is not None and k is not Ellipsis)
    used += builtins.sum(len(k.shape) - 1 for k in masks)
    dots = [i for i, k in enumerate(keys) if k is Ellipsis]
    if used > len(x.shape) or len(dots) > 1:
        raise IndexError(f"{used} indices and {len(dots)} ellipses do not fit a tensor of shape {x.shape}")
    at = dots[0] if dots else len(keys)
    keys = keys[:at] + ([builtins.slice(None)] * (len(x.shape) - used) or [Ellipsis] * len(dots)) + keys[at + 1 :]
    found: list[Any] = []
    for k in keys:
        if not isinstance(k, Tensor) or k.dtype != "bool":
            found.append(k)
            continue
        axis = builtins.sum(1 for other in found if other is not None and other is not Ellipsis)
        if k.shape != x.shape[axis : axis + len(k.shape)]:
            raise IndexError(f"a mask of shape {k.shape} does not fit axis {axis} of a tensor of shape {x.shape}")
        found += [as_tensor(i) for i in np.nonzero(k.numpy())]
    return found


def _gathered(x: Tensor, arrays: list[tuple[int, Tensor]], layout: list[str]) -> tuple[Tensor, list[str]]:
    """``x`` indexed by integer arrays, broadcast together, and what is left to be done to its axes.

    Their own axes stand where the arrays stood if these were neighbours, and first otherwise.
    """
    axes = [a for a, _ in arrays]
    first = layout.index("gather")
    neighbours = layout[first : first + len(axes)] == ["gather"] * len(axes)
    before = layout[:first] if neighbours else []
    after = [mark for mark in layout[len(before) :] if mark != "gather"]
    position = before.count("keep")
    if len(axes) == 1:
        index = arrays[0][1]
        y, depth = take(x, index, axis=axes[0]), len(index.shape)
    else:
        index = _flat_index(arrays, x)
        rest = [a for a in range(len(x.shape)) if a not in axes]
        rows = reshape(transpose(x, [*axes, *rest]), (math.prod(x.shape[a] for a in axes), *(x.shape[a] for a in rest)))
        y, depth = take(rows, index, axis=0), len(index.shape)
        y = moveaxis(y, list(range(depth)), list(range(position, position + depth)))
    return y, [*before, *["keep"] * depth, *after]


def _flat_index(arrays: list[tuple[int, Tensor]], x: Tensor) -> Tensor:
    """Flat index over the indexed axes for the index arrays."""
    flat, total = elementwise.cast(0, "int64"), math.prod(known_size(x, a) for a, _ in arrays)
    valid = elementwise.cast(True, "bool")
    try:
        elementwise.broadcast_shapes(*(index.shape for _, index in arrays))
    except ValueError as error:
        raise IndexError(f"index arrays of different sizes: {error}") from None
    for axis, index in arrays:
        size = x.shape[axis]
        index = _signed(index)
        if type(index) is Tensor and index.size and not -size <= index._array.min() <= index._array.max() < size:
            raise IndexError(f"an index is out of range for axis {axis} of a tensor of shape {x.shape}")
        valid = elementwise.logical_and(
            valid, elementwise.logical_and(elementwise.less_equal(-size, index), elementwise.less(index, size))
        )
        flat = elementwise.add(
            elementwise.multiply(flat, size),
            elementwise.where(elementwise.less(index, 0), elementwise.add(index, size), index),
        )
    return elementwise.where(valid, flat, total)  # an index out of range, which the gather rejects


def known_size(x: Tensor, axis: int) -> int:
    """Return the size of an axis; raise ValueError if it is unknown."""
    if x.shape[axis] is None:
        raise ValueError(f"index arrays need to know the size of axis {axis} of a tensor of shape {x.shape}")
    return x.shape[axis]


# -- gather -------------------------------------------------------------------------------------------------------


def _take_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    table, index = inputs
    if not is_native(table) or index.dtype not in ("int32", "int64"):
        return None
    row = math.prod(table.shape[1:]) * ITEMSIZE[table.dtype]
    return [Call("gather_rows", (0, 1, 2), (row, math.prod(index.shape), table.shape[0], CODE[index.dtype], 1))]


def _take_forward(table: np.ndarray, index: np.ndarray) -> np.ndarray:
    return table[index]


_take_rows = Op(
    "take_rows",
    lambda table, index: Spec((*index.shape, *table.shape[1:]), table.dtype),
    _take_forward,
    _take_kernel,
    vjp=[lambda g, y, table, index: _scatter_add(g, index, rows=table.shape[0])],
    index_limit=(1, lambda inputs, attrs: inputs[0].shape[0]),
)


def _scatter_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    g, index = inputs
    y = outputs[0]
    if g.dtype not in ("float32", "float64", "int32", "int64") or index.dtype not in ("int32", "int64"):
        return None
    columns = math.prod(y.shape[1:])
    p = (CODE[g.dtype], math.prod(index.shape), columns, y.shape[0], CODE[index.dtype], 1, 0)
    return [Call("scatter_add_rows", (0, 2, 1), p)]


def _scatter_forward(g: np.ndarray, index: np.ndarray, rows: int) -> np.ndarray:
    y = np.zeros((rows, *g.shape[index.ndim :]), g.dtype)
    if g.size:  # as matrices: numpy's `at` ends the process for arrays of more than 32 axes
        np.add.at(y.reshape(rows, -1), index.reshape(-1), g.reshape(index.size, -1))
    return y


_scatter_add = Op(
    "scatter_add_rows",
    lambda g, index, rows: Spec((rows, *g.shape[len(index.shape) :]), g.dtype),
    _scatter_forward,
    _scatter_kernel,
    vjp=[lambda h, y, g, index, rows: _take_rows(h, index)],
)


# ``x`` less the sum of the rows of ``g`` at each index: what the compiler makes of ``x - scatter_add_rows(g, index)``,
# so that the gradient of a gather stays a list of rows (`compiler/rewrite.py`).


def _scatter_sub_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, _, index = inputs
    n = math.prod(index.shape)
    if x.dtype not in ("float32", "float64") or index.dtype not in ("int32", "int64") or n > 1 << 29:
        return None
    size = math.prod(x.shape)
    p = (CODE[x.dtype], n, math.prod(x.shape[1:]), x.shape[0], CODE[index.dtype], 1)
    copy = copy_call((0, 1), x.dtype, (size,), row_strides((size,)), row_strides((size,)))
    return [copy, Call("scatter_sub_rows", (0, 3, 2, 4), p)]


def _scatter_sub_workspace(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[int]:
    """Bytes of `ga_distinct` in gather.c: sums, distinct indices, their numbers, and a table of up to 4 n entries."""
    n, row = math.prod(inputs[2].shape), math.prod(inputs[0].shape[1:]) * ITEMSIZE[inputs[0].dtype]
    return [n * row + 64 + 8 * n + 4 * n + 4 * max(4 * n, 1)]


_scatter_sub = Op(
    "scatter_sub_rows",
    lambda x, g, index: Spec(x.shape, x.dtype),
    lambda x, g, index: x - _scatter_forward(g, index, len(x)),
    _scatter_sub_kernel,
    workspace=_scatter_sub_workspace,
    donates={0: 0},
)


def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Take the slices of ``x`` along ``axis`` at ``indices``; with axis `None`, ``x`` is flattened first.

    Negative indices count from the end; one out of range raises IndexError.

    >>> take([10, 20, 30], [2, -1, 0]).tolist()
    [30, 30, 10]
    """
    x, index = tensor(x), tensor(indices)
    if index.dtype not in dtypes.INTEGERS:
        raise TypeError(f"take expects integer indices, got dtype {index.dtype}")
    if index.dtype not in ("int32", "int64"):
        index = _signed(index)
    if axis is None:
        return _take_rows(reshape(x, (-1,)), index)
    axis = axis_of(axis, len(x.shape), "take")
    if axis == 0:
        return _take_rows(x, index)
    taken = _take_rows(moveaxis(x, axis, 0), index)
    depth = len(index.shape)
    return moveaxis(taken, list(range(depth)), list(range(axis, axis + depth)))


def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Select elements of ``x`` along ``axis`` by ``indices``, which has the shape of the result.

    Negative indices count from the end; one out of range raises IndexError.
    """
    x, index = tensor(x), tensor(indices)
    if index.dtype not in dtypes.INTEGERS:
        raise TypeError(f"take_along_axis expects integer indices, got dtype {index.dtype}")
    index = _signed(index)
    if axis is None:
        return take(x, ravel(index))
    if len(index.shape) != len(x.shape) or None in (*x.shape, *index.shape):
        raise ValueError(
            f"take_along_axis expects tensors of one rank and of known shapes, got {x.shape} and {index.shape}"
        )
    axis = axis_of(axis, len(x.shape), "take_along_axis")
    size = x.shape[axis]
    valid = elementwise.logical_and(elementwise.less_equal(-size, index), elementwise.less(index, size))
    index = elementwise.where(elementwise.less(index, 0), elementwise.add(index, size), index)
    lead = elementwise.broadcast_shapes(x.shape[:axis], index.shape[:axis])
    tail = elementwise.broadcast_shapes(x.shape[axis + 1 :], index.shape[axis + 1 :])
    x = elementwise.broadcast_to(x, (*lead, x.shape[axis], *tail))
    index = elementwise.broadcast_to(index, (*lead, index.shape[axis], *tail))
    valid = elementwise.broadcast_to(valid, index.shape)
    # The flat index of each element: its own indices, with the selected index along the axis.
    strides = row_strides(x.shape)
    grid = np.zeros(index.shape, np.int64)
    for a, d in enumerate(index.shape):
        if a != axis:
            grid += (np.arange(d) * strides[a]).reshape([-1 if i == a else 1 for i in range(len(index.shape))])
    flat = elementwise.add(elementwise.multiply(index, strides[axis]), constant(grid))
    return take(
        x, elementwise.where(valid, flat, math.prod(x.shape))
    )  # an index out of range gives a flat index out of range, which is rejected
