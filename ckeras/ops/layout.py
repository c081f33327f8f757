"""Ops that move elements without computing: reshape, transpose, slice, join, pad, gather."""

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras.autograd import Op, Spec, Tensor, Variable, as_tensor, dtypes
from ckeras.autograd.dtypes import CODE, ITEMSIZE
from ckeras.autograd.eager import Call, constant
from ckeras.ops import elementwise as e


def _tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else as_tensor(x)


def axis_of(axis: int, rank: int, where: str) -> int:
    """``axis`` as a number from 0, or an error that names the op."""
    if not -rank <= axis < rank:
        raise ValueError(f"{where}: axis {axis} is out of range for {rank} axes")
    return axis % rank


def row_strides(shape: Sequence[int]) -> list[int]:
    """Element strides of a contiguous array."""
    strides, step = [], 1
    for d in reversed(shape):
        strides.append(step)
        step *= d
    return strides[::-1]


def _copy(
    operands: tuple[int, int],
    dtype: str,
    dims: Sequence[int],
    in_strides: Sequence[int],
    out_strides: Sequence[int],
    in_offset: int = 0,
    out_offset: int = 0,
) -> Call:
    if not dims:
        dims, in_strides, out_strides = [1], [0], [0]
    p = (ITEMSIZE[dtype], len(dims), in_offset, out_offset, *dims, *in_strides, *out_strides)
    return Call("copy", operands, p)


def _fill(operand: int, spec: Spec, value: float) -> Call:
    return Call("fill", (operand,), (CODE[spec.dtype], math.prod(spec.shape)), (float(value),))


def _native(*specs: Spec) -> bool:
    return builtins.all(s.dtype in CODE for s in specs)


# -- reshape ------------------------------------------------------------------------------------------------------


def _reshape_infer(x: Spec, shape: tuple[int, ...]) -> Spec:
    known = math.prod(d for d in shape if d != -1)
    if None in x.shape:  # the batch may stay unknown
        return Spec(tuple(None if d == -1 else d for d in shape), x.dtype)
    size = math.prod(x.shape)
    if -1 in shape:
        if shape.count(-1) > 1 or known == 0 or size % known:
            raise ValueError(f"reshape cannot give a tensor of shape {x.shape} the shape {shape}")
        shape = tuple(size // known if d == -1 else d for d in shape)
    elif size != known:
        raise ValueError(f"reshape cannot give a tensor of shape {x.shape} the shape {shape}")
    return Spec(shape, x.dtype)


_reshape = Op(
    "reshape",
    _reshape_infer,
    lambda x, shape: x.reshape(shape),
    vjp=[lambda g, y, x, shape: reshape(g, x.shape)],
    alias=True,
)


def reshape(x: Any, newshape: Any) -> Tensor:
    """The elements of ``x``, in order, in another shape; one dimension may be -1.

    >>> reshape([1, 2, 3, 4], (2, -1)).shape
    (2, 2)
    """
    x = _tensor(x)
    newshape = (newshape,) if isinstance(newshape, (int, np.integer)) else newshape
    shape = tuple(-1 if d is None else int(d) for d in newshape)
    return x if shape == x.shape else _reshape(x, shape=shape)


def ravel(x: Any) -> Tensor:
    """All elements along one axis."""
    return reshape(x, (-1,))


def _infer_expand(x: Spec, axis: tuple[int, ...]) -> Spec:
    dims = iter(x.shape)
    rank = len(x.shape) + len(axis)
    return Spec(tuple(1 if i in axis else next(dims) for i in range(rank)), x.dtype)


_expand_dims = Op(
    "expand_dims",
    _infer_expand,
    lambda x, axis: np.expand_dims(x, axis),
    vjp=[lambda g, y, x, axis: reshape(g, x.shape)],
    alias=True,
)


def expand_dims(x: Any, axis: Any) -> Tensor:
    """``x`` with new axes of size 1 at the places ``axis`` of the result."""
    x = _tensor(x)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    rank = len(x.shape) + len(axes)
    places = sorted({axis_of(a, rank, "expand_dims") for a in axes})
    if len(places) != len(axes):
        raise ValueError(f"expand_dims expects each axis once, got {axis}")
    return _expand_dims(x, axis=tuple(places)) if places else x


def _infer_squeeze(x: Spec, axis: tuple[int, ...]) -> Spec:
    for a in axis:
        if x.shape[a] not in (1, None):
            raise ValueError(f"squeeze cannot drop axis {a} of size {x.shape[a]} of a tensor of shape {x.shape}")
    return Spec(tuple(d for i, d in enumerate(x.shape) if i not in axis), x.dtype)


_squeeze = Op(
    "squeeze",
    _infer_squeeze,
    lambda x, axis: np.squeeze(x, axis),
    vjp=[lambda g, y, x, axis: reshape(g, x.shape)],
    alias=True,
)


def squeeze(x: Any, axis: Any = None) -> Tensor:
    """``x`` without its axes of size 1: those named, or all of them."""
    x = _tensor(x)
    if axis is None:
        axes = [i for i, d in enumerate(x.shape) if d == 1]
    else:
        axes = [axis_of(a, len(x.shape), "squeeze") for a in ((axis,) if isinstance(axis, int) else axis)]
    return _squeeze(x, axis=tuple(sorted(axes))) if axes else x


_stop_gradient = Op("stop_gradient", lambda x: x, lambda x: x, alias=True)


def stop_gradient(variable: Any) -> Tensor:
    """The same value, through which no gradient flows."""
    return _stop_gradient(_tensor(variable))


# -- transpose ----------------------------------------------------------------------------------------------------


def _transpose_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, y = inputs[0], outputs[0]
    if not _native(x):
        return None
    strides = row_strides(x.shape)
    return [_copy((0, 1), x.dtype, y.shape, [strides[a] for a in attrs["axes"]], row_strides(y.shape))]


_transpose = Op(
    "transpose",
    lambda x, axes: Spec(tuple(x.shape[a] for a in axes), x.dtype),
    lambda x, axes: np.transpose(x, axes),
    _transpose_kernel,
    vjp=[lambda g, y, x, axes: transpose(g, tuple(axes.index(i) for i in range(len(axes))))],
)


def transpose(x: Any, axes: Any = None) -> Tensor:
    """``x`` with its axes in the order ``axes``, reversed by default."""
    x = _tensor(x)
    rank = len(x.shape)
    axes = tuple(range(rank))[::-1] if axes is None else tuple(axis_of(a, rank, "transpose") for a in axes)
    if sorted(axes) != list(range(rank)):
        raise ValueError(f"transpose expects each of {rank} axes once, got {axes}")
    kept = [a for a in axes if x.shape[a] != 1]
    if kept == sorted(kept):  # only axes of size 1 move, so the memory is the same
        return (
            reshape(x, tuple(-1 if x.shape[a] is None else x.shape[a] for a in axes))
            if _static(x)
            else _transpose(x, axes=axes)
        )
    return _transpose(x, axes=axes)


def _static(x: Tensor) -> bool:
    return None not in x.shape


def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """``x`` with two axes exchanged."""
    x = _tensor(x)
    axes = list(range(len(x.shape)))
    a, b = axis_of(axis1, len(axes), "swapaxes"), axis_of(axis2, len(axes), "swapaxes")
    axes[a], axes[b] = axes[b], axes[a]
    return transpose(x, axes)


def moveaxis(x: Any, source: Any, destination: Any) -> Tensor:
    """``x`` with the axes ``source`` moved to the places ``destination``; the others keep their order."""
    x = _tensor(x)
    rank = len(x.shape)
    source = [axis_of(a, rank, "moveaxis") for a in ([source] if isinstance(source, int) else source)]
    destination = [
        axis_of(a, rank, "moveaxis") for a in ([destination] if isinstance(destination, int) else destination)
    ]
    axes = [a for a in range(rank) if a not in source]
    for place, a in sorted(zip(destination, source, strict=True)):
        axes.insert(place, a)
    return transpose(x, axes)


# -- slice --------------------------------------------------------------------------------------------------------
# A strided slice is (start, step, size) for each axis; its gradient writes into zeros at the same places. A negative
# start counts from the end, and the size `None` is that of the axis: so an axis of unknown size can be indexed.


def _from_front(start: Sequence[int], shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(a + d if a < 0 else a for a, d in zip(start, shape, strict=True))


def _slice_infer(x: Spec, start: Any, step: Any, size: Any) -> Spec:
    for axis, (a, n, d) in enumerate(zip(start, size, x.shape, strict=True)):
        if d is not None and n and not -d <= a < d:
            raise IndexError(f"index {a} is out of range for axis {axis} of a tensor of shape {x.shape}")
    return Spec(tuple(d if n is None else n for d, n in zip(x.shape, size, strict=True)), x.dtype)


def _slice_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, y = inputs[0], outputs[0]
    if not _native(x):
        return None
    strides = row_strides(x.shape)
    offset = builtins.sum(s * a for s, a in zip(strides, _from_front(attrs["start"], x.shape), strict=True))
    walk = [s * a for s, a in zip(strides, attrs["step"], strict=True)]
    return [_copy((0, 1), x.dtype, y.shape, walk, row_strides(y.shape), in_offset=offset)]


def _slice_forward(x: np.ndarray, start: Any, step: Any, size: Any) -> np.ndarray:
    size = [d if n is None else n for n, d in zip(size, x.shape, strict=True)]
    return x[tuple(_python_slice(*t) for t in zip(_from_front(start, x.shape), step, size, strict=True))]


def _python_slice(start: int, step: int, size: int) -> builtins.slice:
    end = start + step * size
    return builtins.slice(start, None if end < 0 else end, step)


_strided_slice = Op(
    "strided_slice",
    _slice_infer,
    _slice_forward,
    _slice_kernel,
    vjp=[lambda g, y, x, start, step, size: _unslice(g, shape=x.shape, start=_from_front(start, x.shape), step=step)],
)


def _unslice_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    g, y = inputs[0], outputs[0]
    if not _native(g):
        return None
    strides = row_strides(y.shape)
    offset = builtins.sum(s * a for s, a in zip(strides, attrs["start"], strict=True))
    walk = [s * a for s, a in zip(strides, attrs["step"], strict=True)]
    return [_fill(0, y, 0.0), _copy((0, 1), g.dtype, g.shape, row_strides(g.shape), walk, out_offset=offset)]


def _unslice_forward(g: np.ndarray, shape: Any, start: Any, step: Any) -> np.ndarray:
    y = np.zeros(shape, g.dtype)
    y[tuple(_python_slice(*t) for t in zip(start, step, g.shape, strict=True))] = g
    return y


_unslice = Op(
    "unslice",
    lambda g, shape, start, step: Spec(shape, g.dtype),
    _unslice_forward,
    _unslice_kernel,
    vjp=[lambda h, y, g, shape, start, step: _strided_slice(h, start=start, step=step, size=g.shape)],
)


def _basic_slice(x: Tensor, parts: Sequence[builtins.slice | int]) -> Tensor:
    """``x`` sliced along each axis; a number takes that element, and keeps the axis."""
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


def slice(inputs: Any, start_indices: Any, shape: Any) -> Tensor:
    """The block of ``shape`` that begins at ``start_indices``; -1 in ``shape`` takes all that is left."""
    x = _tensor(inputs)
    start, shape = [int(i) for i in start_indices], [int(n) for n in shape]
    if not len(start) == len(shape) == len(x.shape):
        raise ValueError(f"slice expects a start and a size for each of {len(x.shape)} axes, got {start} and {shape}")
    parts = []
    for axis, (begin, size, d) in enumerate(zip(start, shape, x.shape, strict=True)):
        if d is None:
            raise ValueError(f"slice needs to know the size of each axis: the shape is {x.shape}")
        size = d - begin if size == -1 else size
        if begin < 0 or size < 0 or begin + size > d:
            raise ValueError(f"slice of {size} from {begin} does not fit axis {axis} of a tensor of shape {x.shape}")
        parts.append(builtins.slice(begin, begin + size))
    return _basic_slice(x, parts)


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Tensor:
    """``inputs`` with the block that begins at ``start_indices`` replaced by ``updates``."""
    x, u = _tensor(inputs), e.cast(updates, _tensor(inputs).dtype)
    start = tuple(int(i) for i in start_indices)
    if not len(start) == len(u.shape) == len(x.shape) or None in x.shape:
        raise ValueError(
            "slice_update expects inputs and updates of one rank and of known shapes, and a start for each axis; "
            f"got {x.shape}, {u.shape} and {start}"
        )
    for axis, (begin, size, d) in enumerate(zip(start, u.shape, x.shape, strict=True)):
        if begin < 0 or begin + size > d:
            raise ValueError(
                f"slice_update of {size} from {begin} does not fit axis {axis} of a tensor of shape {x.shape}"
            )
    step = (1,) * len(start)
    mask = _unslice(constant(np.ones(u.shape, np.int32)), shape=x.shape, start=start, step=step)
    return e.where(mask, _unslice(u, shape=x.shape, start=start, step=step), x)


def flip(x: Any, axis: Any = None) -> Tensor:
    """``x`` backwards along ``axis``, or along all axes."""
    x = _tensor(x)
    rank = len(x.shape)
    axes = (
        range(rank) if axis is None else [axis_of(a, rank, "flip") for a in ([axis] if isinstance(axis, int) else axis)]
    )
    return _basic_slice(x, [builtins.slice(None, None, -1 if i in axes else None) for i in range(rank)])


def getitem(x: Any, key: Any) -> Tensor:
    """``x[key]`` with numpy's rules: numbers, slices, `None`, an ellipsis, integer arrays and boolean masks."""
    x = _tensor(x)
    keys = _complete([_index(k) for k in (key if isinstance(key, tuple) else (key,))], x)
    gathers = builtins.any(isinstance(k, Tensor) for k in keys)
    parts: list[builtins.slice | int] = []
    layout, arrays = [], []  # for each key what it does to the axes: "new", "keep", "drop", "gather" or, if none, "gap"
    for k in keys:
        axis = len(parts)
        if k is None or k is Ellipsis:
            layout.append("gap" if k is Ellipsis else "new")
        elif isinstance(k, builtins.slice):
            parts.append(builtins.slice(*(None if v is None else int(v) for v in (k.start, k.stop, k.step))))
            layout.append("keep")
        elif gathers:  # beside index arrays a number is one too
            parts.append(builtins.slice(None))
            arrays.append((axis, as_tensor(k)))
            layout.append("gather")
        else:
            d = x.shape[axis]
            if d is not None and not -d <= k < d:
                raise IndexError(f"index {k} is out of range for axis {axis} of a tensor of shape {x.shape}")
            parts.append(k % d if d else k)
            layout.append("drop")
    y = _basic_slice(x, parts)
    if arrays:
        y, layout = _gathered(y, arrays, layout)
    dropped = [i for i, mark in enumerate(m for m in layout if m in ("keep", "drop")) if mark == "drop"]
    added = [i for i, mark in enumerate(m for m in layout if m in ("keep", "new")) if mark == "new"]
    y = squeeze(y, dropped) if dropped else y
    return expand_dims(y, added) if added else y


def _index(k: Any) -> Any:
    """One part of a key: `None`, an ellipsis, a slice, a number, or a tensor of integers or booleans."""
    if k is None or k is Ellipsis or isinstance(k, builtins.slice):
        return k
    if isinstance(k, (int, np.integer)) and not isinstance(k, bool):
        return int(k)
    if isinstance(k, (list, np.ndarray, Variable, np.bool_, bool)):
        k = e.cast(k, "int64") if isinstance(k, list) and not k else as_tensor(k)
    if not isinstance(k, Tensor):
        raise TypeError(f"a tensor cannot be indexed by {k!r}")
    if k.dtype not in dtypes.INTEGERS and (k.dtype != "bool" or not k.shape):
        raise IndexError(f"a tensor is indexed by integers or by a mask, got dtype {k.dtype} and shape {k.shape}")
    return int(k) if k.shape == () and type(k) is Tensor else k


def _complete(keys: list[Any], x: Tensor) -> list[Any]:
    """The keys with slices for the axes they do not name, and masks as the index arrays of their true elements.

    An ellipsis that stands for no axis is kept, since it parts the index arrays on its two sides all the same.
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
    place = before.count("keep")
    if len(axes) == 1:
        index = arrays[0][1]
        y, depth = take(x, index, axis=axes[0]), len(index.shape)
    else:
        index = _flat_index(arrays, x)
        rest = [a for a in range(len(x.shape)) if a not in axes]
        rows = reshape(transpose(x, [*axes, *rest]), (math.prod(x.shape[a] for a in axes), *(x.shape[a] for a in rest)))
        y, depth = take(rows, index, axis=0), len(index.shape)
        y = moveaxis(y, list(range(depth)), list(range(place, place + depth)))
    return y, [*before, *["keep"] * depth, *after]


def _flat_index(arrays: list[tuple[int, Tensor]], x: Tensor) -> Tensor:
    """The place among the elements of the indexed axes in a row that the arrays stand for together."""
    flat, total = e.cast(0, "int64"), math.prod(_known(x, a) for a, _ in arrays)
    valid = e.cast(True, "bool")
    try:
        e.broadcast_shapes(*(index.shape for _, index in arrays))
    except ValueError as error:
        raise IndexError(f"index arrays of different sizes: {error}") from None
    for axis, index in arrays:
        size = x.shape[axis]
        index = e.cast(index, "int64")
        if type(index) is Tensor and index.size and not -size <= index._array.min() <= index._array.max() < size:
            raise IndexError(f"an index is out of range for axis {axis} of a tensor of shape {x.shape}")
        valid = e.logical_and(valid, e.logical_and(e.less_equal(-size, index), e.less(index, size)))
        flat = e.add(e.multiply(flat, size), e.where(e.less(index, 0), e.add(index, size), index))
    return e.where(valid, flat, total)  # no place at all, which the gather refuses


def _known(x: Tensor, axis: int) -> int:
    if x.shape[axis] is None:
        raise ValueError(f"index arrays need to know the size of axis {axis} of a tensor of shape {x.shape}")
    return x.shape[axis]


# -- gather -------------------------------------------------------------------------------------------------------


def _take_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    table, index = inputs
    if not _native(table) or index.dtype not in ("int32", "int64"):
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
    np.add.at(y, index, g)
    return y


_scatter_add = Op(
    "scatter_add_rows",
    lambda g, index, rows: Spec((rows, *g.shape[len(index.shape) :]), g.dtype),
    _scatter_forward,
    _scatter_kernel,
    vjp=[lambda h, y, g, index, rows: _take_rows(h, index)],
)


def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """The slices of ``x`` along ``axis`` at ``indices``; of all elements in a row if the axis is `None`.

    Negative indices count from the end; one out of range raises IndexError.

    >>> take([10, 20, 30], [2, -1, 0]).tolist()
    [30, 30, 10]
    """
    x, index = _tensor(x), _tensor(indices)
    if index.dtype not in dtypes.INTEGERS:
        raise TypeError(f"take expects integer indices, got dtype {index.dtype}")
    if index.dtype not in ("int32", "int64"):
        index = e.cast(index, "int64")
    if axis is None:
        return _take_rows(reshape(x, (-1,)), index)
    axis = axis_of(axis, len(x.shape), "take")
    if axis == 0:
        return _take_rows(x, index)
    taken = _take_rows(moveaxis(x, axis, 0), index)
    depth = len(index.shape)
    return moveaxis(taken, list(range(depth)), list(range(axis, axis + depth)))


def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Elements of ``x`` picked along ``axis`` by ``indices``, which has the shape of the result.

    Negative indices count from the end; one out of range raises IndexError.
    """
    x, index = _tensor(x), _tensor(indices)
    if index.dtype not in dtypes.INTEGERS:
        raise TypeError(f"take_along_axis expects integer indices, got dtype {index.dtype}")
    index = e.cast(index, "int64")
    if axis is None:
        return take(x, ravel(index))
    if len(index.shape) != len(x.shape) or None in (*x.shape, *index.shape):
        raise ValueError(
            f"take_along_axis expects tensors of one rank and of known shapes, got {x.shape} and {index.shape}"
        )
    axis = axis_of(axis, len(x.shape), "take_along_axis")
    size = x.shape[axis]
    valid = e.logical_and(e.less_equal(-size, index), e.less(index, size))
    index = e.where(e.less(index, 0), e.add(index, size), index)
    lead = e.broadcast_shapes(x.shape[:axis], index.shape[:axis])
    tail = e.broadcast_shapes(x.shape[axis + 1 :], index.shape[axis + 1 :])
    x = e.broadcast_to(x, (*lead, x.shape[axis], *tail))
    index = e.broadcast_to(index, (*lead, index.shape[axis], *tail))
    valid = e.broadcast_to(valid, index.shape)
    # The flat place of each element: that of its own row and column, with the picked place along the axis.
    strides = row_strides(x.shape)
    grid = np.zeros(index.shape, np.int64)
    for a, d in enumerate(index.shape):
        if a != axis:
            grid += (np.arange(d) * strides[a]).reshape([-1 if i == a else 1 for i in range(len(index.shape))])
    flat = e.add(e.multiply(index, strides[axis]), constant(grid))
    return take(x, e.where(valid, flat, math.prod(x.shape)))  # an index out of range is no place, which is refused


# -- join and pad -------------------------------------------------------------------------------------------------


def _concatenate_infer(*inputs: Spec, axis: int) -> Spec:
    first = inputs[0]
    total: int | None = 0
    for x in inputs:
        rest = [d for i, d in enumerate(x.shape) if i != axis]
        for d, other in zip(rest, [d for i, d in enumerate(first.shape) if i != axis], strict=False):
            if len(x.shape) != len(first.shape) or (d != other and None not in (d, other)):
                raise ValueError(
                    f"concatenate along axis {axis} expects equal shapes but for that axis, "
                    f"got {[tuple(s.shape) for s in inputs]}"
                )
        if len(x.shape) != len(first.shape):
            raise ValueError(
                f"concatenate expects tensors of equal rank, got shapes {[tuple(s.shape) for s in inputs]}"
            )
        total = None if total is None or x.shape[axis] is None else total + x.shape[axis]
    return Spec((*first.shape[:axis], total, *first.shape[axis + 1 :]), first.dtype)


def _concatenate_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    y, axis = outputs[0], attrs["axis"]
    if not _native(y):
        return None
    calls, offset = [], 0
    strides = row_strides(y.shape)
    for i, x in enumerate(inputs):
        calls.append(
            _copy((0, 1 + i), y.dtype, x.shape, row_strides(x.shape), strides, out_offset=offset * strides[axis])
        )
        offset += x.shape[axis]
    return calls


def _concatenate_vjp(position: int) -> Any:
    def vjp(g: Tensor, y: Tensor, *inputs: Tensor, axis: int) -> Tensor:
        begin = builtins.sum(x.shape[axis] for x in inputs[:position])
        parts = [builtins.slice(None)] * len(g.shape)
        parts[axis] = builtins.slice(begin, begin + inputs[position].shape[axis])
        return _basic_slice(g, parts)

    return vjp


_concatenate = Op(
    "concatenate",
    _concatenate_infer,
    lambda *inputs, axis: np.concatenate(inputs, axis),
    _concatenate_kernel,
    _concatenate_vjp,
)


def concatenate(xs: Any, axis: int = 0) -> Tensor:
    """Tensors joined along ``axis``; they are alike in all others.

    >>> concatenate([[1, 2], [3]], axis=0).tolist()
    [1, 2, 3]
    """
    xs = list(xs)
    if not xs:
        raise ValueError("concatenate expects at least one tensor")
    tensors = e.promote(*xs)
    return _concatenate(*tensors, axis=axis_of(axis, len(tensors[0].shape), "concatenate"))


def stack(x: Any, axis: int = 0) -> Tensor:
    """Tensors of one shape joined along a new axis."""
    x = list(x)
    if not x:
        raise ValueError("stack expects at least one tensor")
    tensors = e.promote(*x)
    axis = axis_of(axis, len(tensors[0].shape) + 1, "stack")
    for t in tensors:
        if len(t.shape) != len(tensors[0].shape) or builtins.any(
            a != b and None not in (a, b) for a, b in zip(t.shape, tensors[0].shape, strict=True)
        ):
            raise ValueError(f"stack expects tensors of one shape, got {[s.shape for s in tensors]}")
    return _concatenate(*(expand_dims(t, axis) for t in tensors), axis=axis)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """``x`` cut along ``axis`` into equal parts, or at the given places."""
    x = _tensor(x)
    axis = axis_of(axis, len(x.shape), "split")
    size = x.shape[axis]
    if size is None:
        raise ValueError(f"split needs to know the size of axis {axis}: the shape is {x.shape}")
    if isinstance(indices_or_sections, (int, np.integer)):
        if indices_or_sections < 1 or size % indices_or_sections:
            raise ValueError(f"split cannot cut axis {axis} of shape {x.shape} into {indices_or_sections} equal parts")
        step = size // indices_or_sections
        cuts = [step * i for i in range(1, indices_or_sections)]
    else:
        cuts = [int(i) for i in indices_or_sections]
    parts = []
    for begin, end in zip([0, *cuts], [*cuts, size], strict=True):
        keys = [builtins.slice(None)] * len(x.shape)
        keys[axis] = builtins.slice(begin, end)
        parts.append(_basic_slice(x, keys))
    return parts


def _pad_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, y = inputs[0], outputs[0]
    if not _native(x):
        return None
    strides = row_strides(y.shape)
    offset = builtins.sum(s * before for s, (before, _) in zip(strides, attrs["pad_width"], strict=True))
    fill = _fill(0, y, attrs["value"])
    return [fill, _copy((0, 1), x.dtype, x.shape, row_strides(x.shape), strides, out_offset=offset)]


def _pad_vjp(g: Tensor, y: Tensor, x: Tensor, pad_width: Any, value: float) -> Tensor:
    return _basic_slice(
        g, [builtins.slice(before, before + d) for (before, _), d in zip(pad_width, x.shape, strict=True)]
    )


_pad = Op(
    "pad",
    lambda x, pad_width, value: Spec(
        tuple(None if d is None else d + a + b for d, (a, b) in zip(x.shape, pad_width, strict=True)), x.dtype
    ),
    lambda x, pad_width, value: np.pad(x, pad_width, constant_values=value),
    _pad_kernel,
    vjp=[_pad_vjp],
)


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Tensor:
    """``x`` with elements added before and after along each axis.

    Args:
        pad_width: (before, after) for each axis, or one pair, or one number, for all.
        mode: "constant", "reflect" (mirrored, the edge not repeated), "symmetric" (mirrored, the edge repeated),
            "edge" (the edge again and again) or "wrap" (from the other end).
        constant_values: what "constant" adds, 0 by default.
    """
    x = _tensor(x)
    rank = len(x.shape)
    try:
        width = np.broadcast_to(np.asarray(pad_width, np.int64), (rank, 2)).tolist()
    except ValueError:
        raise ValueError(f"pad expects a pair for each of {rank} axes, got pad_width={pad_width}") from None
    if builtins.any(w < 0 for pair in width for w in pair):
        raise ValueError(f"pad expects widths of 0 or more, got {pad_width}")
    if mode == "constant":
        value = 0.0 if constant_values is None else float(constant_values)
        return _pad(x, pad_width=tuple((a, b) for a, b in width), value=value)
    if mode not in ("reflect", "symmetric", "edge", "wrap"):
        raise ValueError(f"pad expects mode 'constant', 'reflect', 'symmetric', 'edge' or 'wrap', got {mode!r}")
    if constant_values is not None:
        raise ValueError(f"pad takes constant_values only in mode 'constant', not {mode!r}")
    for axis, (before, after) in enumerate(width):
        if before or after:
            places = np.pad(_places(x, axis, "pad"), (before, after), mode=mode)
            x = take(x, as_tensor(places), axis=axis)
    return x


def _places(x: Tensor, axis: int, where: str) -> np.ndarray:
    """The numbers of the elements along an axis."""
    if x.shape[axis] is None:
        raise ValueError(f"{where} needs to know the size of axis {axis}: the shape is {x.shape}")
    return np.arange(x.shape[axis])


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Each element, or slice along ``axis``, ``repeats`` times (one number, or one for each)."""
    x = _tensor(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = axis_of(axis, len(x.shape), "repeat")
    if isinstance(repeats, (int, np.integer)):
        if repeats < 0:
            raise ValueError(f"repeat expects a number of 0 or more, got {repeats}")
        wide = e.broadcast_to(expand_dims(x, axis + 1), (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]))
        size = x.shape[axis]
        return reshape(wide, (*x.shape[:axis], -1 if size is None else size * repeats, *x.shape[axis + 1 :]))
    return take(x, as_tensor(np.repeat(_places(x, axis, "repeat"), np.asarray(repeats))), axis=axis)


def tile(x: Any, repeats: Any) -> Tensor:
    """``x`` laid side by side ``repeats`` times along each axis."""
    x = _tensor(x)
    repeats = [repeats] if isinstance(repeats, (int, np.integer)) else [int(r) for r in repeats]
    if builtins.any(r < 0 for r in repeats):
        raise ValueError(f"tile expects numbers of 0 or more, got {repeats}")
    rank = builtins.max(len(repeats), len(x.shape))
    repeats = [1] * (rank - len(repeats)) + repeats
    shape = (1,) * (rank - len(x.shape)) + x.shape
    paired = [d for size in shape for d in (1, size)]
    stretched = [d for r, size in zip(repeats, shape, strict=True) for d in (r, size)]
    wide = e.broadcast_to(reshape(x, paired), stretched)
    return reshape(wide, tuple(None if d is None else r * d for r, d in zip(repeats, shape, strict=True)))


def roll(x: Any, shift: Any, axis: Any = None) -> Tensor:
    """``x`` with its elements moved round along ``axis`` by ``shift`` places; several axes or shifts one by one."""
    x = _tensor(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    for n, a in zip(*(v.tolist() for v in np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))), strict=True):
        a = axis_of(a, len(x.shape), "roll")
        x = take(x, as_tensor(np.roll(_places(x, a, "roll"), n)), axis=a)
    return x
