"""Ops that concatenate, split, pad and repeat."""

import builtins
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import basic_slice, take
from ckeras.ops.manipulation.layout import (
    axis_of,
    copy_call,
    expand_dims,
    fill_call,
    is_native,
    ravel,
    reshape,
    row_strides,
    tensor,
)
from ckeras.tensor import Op, Spec, Tensor, arguments, as_tensor, limits
from ckeras.tensor.eager import Call

MAX_SECTIONS = 10**5  # of an axis, whose size may be claimed by an empty or a symbolic tensor


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
    if not is_native(y):
        return None
    calls, offset = [], 0
    strides = row_strides(y.shape)
    for i, x in enumerate(inputs):
        calls.append(
            copy_call((0, 1 + i), y.dtype, x.shape, row_strides(x.shape), strides, out_offset=offset * strides[axis])
        )
        offset += x.shape[axis]
    return calls


def _concatenate_vjp(position: int) -> Any:
    def vjp(g: Tensor, y: Tensor, *inputs: Tensor, axis: int) -> Tensor:
        begin = builtins.sum(x.shape[axis] for x in inputs[:position])
        parts = [builtins.slice(None)] * len(g.shape)
        parts[axis] = builtins.slice(begin, begin + inputs[position].shape[axis])
        return basic_slice(g, parts)

    return vjp


_concatenate = Op(
    "concatenate",
    _concatenate_infer,
    lambda *inputs, axis: np.concatenate(inputs, axis),
    _concatenate_kernel,
    _concatenate_vjp,
)


def concatenate(xs: Any, axis: int = 0) -> Tensor:
    """Concatenate tensors along ``axis``; their other dimensions must be equal.

    >>> concatenate([[1, 2], [3]], axis=0).tolist()
    [1, 2, 3]
    """
    xs = arguments.sequence(xs, "concatenate", "xs")
    if not xs:
        raise ValueError("concatenate expects at least one tensor")
    tensors = elementwise.promote(*xs)
    return _concatenate(*tensors, axis=axis_of(axis, len(tensors[0].shape), "concatenate"))


def stack(x: Any, axis: int = 0) -> Tensor:
    """Stack tensors of equal shape along a new axis."""
    x = arguments.sequence(x, "stack", "x")
    if not x:
        raise ValueError("stack expects at least one tensor")
    tensors = elementwise.promote(*x)
    axis = axis_of(axis, len(tensors[0].shape) + 1, "stack")
    for t in tensors:
        if len(t.shape) != len(tensors[0].shape) or builtins.any(
            a != b and None not in (a, b) for a, b in zip(t.shape, tensors[0].shape, strict=True)
        ):
            raise ValueError(f"stack expects tensors of one shape, got {[s.shape for s in tensors]}")
    return _concatenate(*(expand_dims(t, axis) for t in tensors), axis=axis)


def sections(value: Any, where: str) -> int | tuple[int, ...]:
    """Check ``value``: a number of sections within the limit, or the indices at which to split an axis."""
    if not arguments.is_sequence(value):
        return arguments.integer(value, where, "the number of sections", 1, MAX_SECTIONS)
    return arguments.integers(value, where, "indices", count=MAX_SECTIONS)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Split ``x`` along ``axis`` into equal parts, or at the given indices."""
    x = tensor(x)
    axis = axis_of(axis, len(x.shape), "split")
    size = x.shape[axis]
    if size is None:
        raise ValueError(f"split needs to know the size of axis {axis}: the shape is {x.shape}")
    cuts = sections(indices_or_sections, "split")
    if isinstance(cuts, int):
        if size % cuts:
            raise ValueError(f"split cannot cut axis {axis} of shape {x.shape} into {cuts} equal parts")
        cuts = [size // cuts * i for i in range(1, cuts)]
    parts = []
    for begin, end in zip([0, *cuts], [*cuts, size], strict=True):
        keys = [builtins.slice(None)] * len(x.shape)
        keys[axis] = builtins.slice(begin, end)
        parts.append(basic_slice(x, keys))
    return parts


def _pad_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, y = inputs[0], outputs[0]
    if not is_native(x):
        return None
    strides = row_strides(y.shape)
    offset = builtins.sum(s * before for s, (before, _) in zip(strides, attrs["pad_width"], strict=True))
    fill = fill_call(0, y, attrs["value"])
    return [fill, copy_call((0, 1), x.dtype, x.shape, row_strides(x.shape), strides, out_offset=offset)]


def _pad_vjp(g: Tensor, y: Tensor, x: Tensor, pad_width: Any, value: float) -> Tensor:
    return basic_slice(
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
    """Pad ``x`` before and after along each axis.

    Args:
        pad_width: (before, after) for each axis, or one pair, or one number, for all.
        mode: "constant", "reflect" (mirrored, the edge not repeated), "symmetric" (mirrored, the edge repeated), "edge"
            (the edge repeated) or "wrap" (from the other end).
        constant_values: the padding value of the mode "constant", 0 by default.
    """
    x = tensor(x)
    rank = len(x.shape)
    try:
        given = np.asarray(pad_width)
        if given.dtype.kind not in "iu" and given.size:
            raise TypeError(f"pad expects integers as pad_width, got {arguments.shown(pad_width)}")
        width = np.broadcast_to(given.astype(np.int64), (rank, 2)).tolist()
    except ValueError:
        raise ValueError(f"pad expects a pair for each of {rank} axes, got pad_width={pad_width}") from None
    if builtins.any(w < 0 for pair in width for w in pair):
        raise ValueError(f"pad expects widths of 0 or more, got {pad_width}")
    if mode == "constant":
        value = 0.0 if constant_values is None else arguments.number(constant_values, "pad", "constant_values")
        return _pad(x, pad_width=tuple((a, b) for a, b in width), value=value)
    if mode not in ("reflect", "symmetric", "edge", "wrap"):
        raise ValueError(
            f"pad expects mode 'constant', 'reflect', 'symmetric', 'edge' or 'wrap', got {arguments.shown(mode)}"
        )
    if constant_values is not None:
        raise ValueError(f"pad takes constant_values only in mode 'constant', not {mode!r}")
    for axis, (before, after) in enumerate(width):
        if before or after:
            x = take(x, as_tensor(_extended(x, axis, before, after, mode)), axis=axis)
    return x


def _extended(x: Tensor, axis: int, before: int, after: int, mode: str) -> np.ndarray:
    """Indices into an axis that extend it by ``before`` and ``after`` elements in a mode of `pad`."""
    size = x.shape[axis]
    if size is None:
        raise ValueError(f"pad needs to know the size of axis {axis}: the shape is {x.shape}")
    if size == 0:
        raise ValueError(f"pad cannot extend axis {axis} of shape {x.shape} in mode {mode!r}: it has no elements")
    limits.claim("pad", (before + size + after,), "int64")
    index = np.arange(-before, size + after)
    if mode == "edge":
        return np.clip(index, 0, size - 1)
    if mode == "wrap":
        return index % size
    last = 2 * size - 1 if mode == "symmetric" else max(2 * size - 2, 1)  # of which the second half is mirrored
    index %= last + (mode == "symmetric")
    return np.where(index < size, index, last - index)


def _indices(x: Tensor, axis: int, where: str) -> np.ndarray:
    """Indices of the elements along an axis."""
    if x.shape[axis] is None:
        raise ValueError(f"{where} needs to know the size of axis {axis}: the shape is {x.shape}")
    return np.arange(x.shape[axis])


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Repeat each element, or each slice along ``axis``, ``repeats`` times (an integer, or one for each)."""
    x = tensor(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = axis_of(axis, len(x.shape), "repeat")
    if not arguments.is_sequence(repeats):
        repeats = arguments.integer(repeats, "repeat", "repeats", 0)
        wide = elementwise.broadcast_to(expand_dims(x, axis + 1), (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]))
        size = x.shape[axis]
        return reshape(wide, (*x.shape[:axis], -1 if size is None else size * repeats, *x.shape[axis + 1 :]))
    counts, indices = as_tensor(repeats).numpy(), _indices(x, axis, "repeat")
    if counts.dtype.kind not in "iub" or counts.shape not in ((1,), indices.shape) or (counts < 0).any():
        raise ValueError(
            f"repeat expects an integer of 0 or more, or one for each of {len(indices)} elements, as repeats, "
            f"got {arguments.shown(repeats)}"
        )
    limits.claim("repeat", (builtins.sum(counts.tolist()) * (len(indices) if len(counts) == 1 else 1),), "int64")
    return take(x, as_tensor(np.repeat(indices, counts)), axis=axis)


def tile(x: Any, repeats: Any) -> Tensor:
    """Tile ``x``: repeat it as a whole ``repeats`` times along each axis."""
    x = tensor(x)
    repeats = list(arguments.integers(repeats, "tile", "repeats", 0))
    rank = builtins.max(len(repeats), len(x.shape))
    repeats = [1] * (rank - len(repeats)) + repeats
    shape = (1,) * (rank - len(x.shape)) + x.shape
    axes = list(zip(repeats, shape, strict=True))
    paired = [d for r, size in axes for d in ((size,) if r == 1 else (1, size))]
    stretched = [d for r, size in axes for d in ((size,) if r == 1 else (r, size))]
    wide = elementwise.broadcast_to(reshape(x, paired), stretched)
    return reshape(wide, tuple(None if d is None else r * d for r, d in zip(repeats, shape, strict=True)))


def roll(x: Any, shift: Any, axis: Any = None) -> Tensor:
    """Shift elements by ``shift`` along ``axis``, from the end back to the front; several axes one after the other."""
    x = tensor(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    shifts, axes = arguments.integers(shift, "roll", "shift"), arguments.axes(axis, len(x.shape), "roll")
    if 1 not in (len(shifts), len(axes)) and len(shifts) != len(axes):
        raise ValueError(f"roll expects a shift for each axis, got {len(shifts)} for {len(axes)} axes")
    count = builtins.max(len(shifts), len(axes)) if shifts and axes else 0
    for n, a in zip(shifts * (count if len(shifts) == 1 else 1), axes * (count if len(axes) == 1 else 1), strict=False):
        x = take(x, as_tensor(np.roll(_indices(x, a, "roll"), n)), axis=a)
    return x
