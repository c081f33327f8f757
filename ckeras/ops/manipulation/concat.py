"""Ops that join, cut, pad and repeat."""

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
from ckeras.tensor import Op, Spec, Tensor, as_tensor
from ckeras.tensor.eager import Call


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
    """Tensors joined along ``axis``; they are alike in all others.

    >>> concatenate([[1, 2], [3]], axis=0).tolist()
    [1, 2, 3]
    """
    xs = list(xs)
    if not xs:
        raise ValueError("concatenate expects at least one tensor")
    tensors = elementwise.promote(*xs)
    return _concatenate(*tensors, axis=axis_of(axis, len(tensors[0].shape), "concatenate"))


def stack(x: Any, axis: int = 0) -> Tensor:
    """Tensors of one shape joined along a new axis."""
    x = list(x)
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


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """``x`` cut along ``axis`` into equal parts, or at the given places."""
    x = tensor(x)
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
    """``x`` with elements added before and after along each axis.

    Args:
        pad_width: (before, after) for each axis, or one pair, or one number, for all.
        mode: "constant", "reflect" (mirrored, the edge not repeated), "symmetric" (mirrored, the edge repeated),
            "edge" (the edge again and again) or "wrap" (from the other end).
        constant_values: what "constant" adds, 0 by default.
    """
    x = tensor(x)
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
    x = tensor(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = axis_of(axis, len(x.shape), "repeat")
    if isinstance(repeats, (int, np.integer)):
        if repeats < 0:
            raise ValueError(f"repeat expects a number of 0 or more, got {repeats}")
        wide = elementwise.broadcast_to(expand_dims(x, axis + 1), (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]))
        size = x.shape[axis]
        return reshape(wide, (*x.shape[:axis], -1 if size is None else size * repeats, *x.shape[axis + 1 :]))
    return take(x, as_tensor(np.repeat(_places(x, axis, "repeat"), np.asarray(repeats))), axis=axis)


def tile(x: Any, repeats: Any) -> Tensor:
    """``x`` laid side by side ``repeats`` times along each axis."""
    x = tensor(x)
    repeats = [repeats] if isinstance(repeats, (int, np.integer)) else [int(r) for r in repeats]
    if builtins.any(r < 0 for r in repeats):
        raise ValueError(f"tile expects numbers of 0 or more, got {repeats}")
    rank = builtins.max(len(repeats), len(x.shape))
    repeats = [1] * (rank - len(repeats)) + repeats
    shape = (1,) * (rank - len(x.shape)) + x.shape
    paired = [d for size in shape for d in (1, size)]
    stretched = [d for r, size in zip(repeats, shape, strict=True) for d in (r, size)]
    wide = elementwise.broadcast_to(reshape(x, paired), stretched)
    return reshape(wide, tuple(None if d is None else r * d for r, d in zip(repeats, shape, strict=True)))


def roll(x: Any, shift: Any, axis: Any = None) -> Tensor:
    """``x`` with its elements moved round along ``axis`` by ``shift`` places; several axes or shifts one by one."""
    x = tensor(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    for n, a in zip(*(v.tolist() for v in np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))), strict=True):
        a = axis_of(a, len(x.shape), "roll")
        x = take(x, as_tensor(np.roll(_places(x, a, "roll"), n)), axis=a)
    return x
