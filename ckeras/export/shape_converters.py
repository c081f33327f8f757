"""Ops that reshape, select, join and reduce, in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.export.builder import INT64_MAX, Builder, converts
from ckeras.export.sizes import Call, Size, Unsupported, Value, merged
from ckeras.ops.indexing.core import nonnegative_start
from ckeras.tensor.dtypes import FLOATS

_INT64_MIN = int(np.iinfo(np.int64).min)


@converts("reshape")
def _reshape(b: Builder, call: Call) -> str:
    x, shape = call.inputs[0], call.outputs[0].shape
    if x.shape == shape:
        return b.of(x)
    # 0 is the size of the same axis of the input, -1 what is left: so most open sizes need no computation.
    target = [0 if isinstance(n, Size) and x.shape[i : i + 1] == (n,) else n for i, n in enumerate(shape)]
    unresolved = [i for i, n in enumerate(target) if isinstance(n, Size)]
    if len(unresolved) == 1 and 0 not in shape:
        target[unresolved[0]] = -1
    elif unresolved:
        return b.add("Reshape", b.of(x), b.sizes(shape))
    elif 0 in shape:
        return b.add("Reshape", b.of(x), b.sizes(shape), allowzero=1)
    return b.add("Reshape", b.of(x), b.sizes(target))


@converts("expand_dims", "squeeze")
def _axes(b: Builder, call: Call) -> str:
    kind = "Unsqueeze" if call.op.name == "expand_dims" else "Squeeze"
    return b.add(kind, b.of(call.inputs[0]), b.integers(call["axis"]))


@converts("transpose")
def _transpose(b: Builder, call: Call) -> str:
    return b.transpose(b.of(call.inputs[0]), call["axes"])


@converts("concatenate")
def _concatenate(b: Builder, call: Call) -> str:
    return b.add("Concat", *map(b.of, call.inputs), axis=call["axis"])


@converts("broadcast_to")
def _broadcast_to(b: Builder, call: Call) -> str:
    x, shape = call.inputs[0], call.outputs[0].shape
    before = (1,) * (len(shape) - len(x.shape)) + x.shape
    return b.add("Expand", b.of(x), b.sizes([1 if n == m else n for n, m in zip(shape, before, strict=True)]))


@converts("cast")
def _cast(b: Builder, call: Call) -> str:
    return b.cast(b.of(call.inputs[0]), call["dtype"])


@converts("pad")
def _pad(b: Builder, call: Call) -> str:
    x, widths, value = call.inputs[0], call["pad_width"], call["value"]
    pads = b.sizes([pair[0] for pair in widths] + [pair[1] for pair in widths])
    return b.add("Pad", b.of(x), pads, b.scalar(value, x.dtype))


# -- slices ---------------------------------------------------------------------------------------------------------


def _bounds(size: Any, start: Any, step: int, count: Any, traces: int) -> tuple[Any, Any, int] | None:
    """(begin, end, step) of a slice of one axis; `None` if it is the whole axis."""
    sizes, starts, counts = (n.values if isinstance(n, Size) else (n,) * traces for n in (size, start, count))
    if count == size and step == 1:
        return None
    from_end = {a - d for a, d in zip(starts, sizes, strict=True)}
    if isinstance(start, Size) and len(from_end) == 1:
        start = from_end.pop()
    last = [a + step * (n - 1) for a, n in zip(starts, counts, strict=True)]
    if step > 0 and all(e < d <= e + step for e, d in zip(last, sizes, strict=True)):
        return start, INT64_MAX, step
    if step < 0 and all(0 <= e < -step for e in last):
        return start, _INT64_MIN, step
    ends = [a + step * n for a, n in zip(starts, counts, strict=True)]
    if len(set(ends)) == 1:
        return start, ends[0] if ends[0] >= 0 else _INT64_MIN, step
    short = {e - d for e, d in zip(ends, sizes, strict=True)}
    return start, short.pop() if len(short) == 1 else Size(tuple(ends)), step


@converts("strided_slice")
def _strided_slice(b: Builder, call: Call) -> str:
    x, traces = call.inputs[0], len(call.each)
    starts = merged([nonnegative_start(attrs["start"], n) for attrs, n in zip(call.each, x.shapes, strict=True)])
    parts = zip(x.shape, starts, call["step"], call.outputs[0].shape, strict=True)
    bounds = {axis: _bounds(*part, traces) for axis, part in enumerate(parts)}
    cut = {axis: found for axis, found in bounds.items() if found is not None}
    if not cut:
        return b.of(x)
    columns = [b.sizes(column) for column in zip(*cut.values(), strict=True)]
    begins, ends, steps = columns
    return b.add("Slice", b.of(x), begins, ends, b.integers(list(cut)), steps)


# -- gathers and scatters -------------------------------------------------------------------------------------------


@converts("take_rows")
def _take_rows(b: Builder, call: Call) -> str:
    return b.add("Gather", *map(b.of, call.inputs), axis=0)


@converts("from_groups")
def _from_groups(b: Builder, call: Call) -> str:
    """(values - zero) * scale of quantized weights, looked up for each index so that the file stays small."""
    values, scale, zero, group = call.inputs
    index = b.cast(b.of(group), "int64")
    zeros, scales = (b.cast(b.add("Gather", b.of(x), index, axis=call["axis"]), values.dtype) for x in (zero, scale))
    return b.add("Mul", b.add("Sub", b.of(values), zeros), scales)


@converts("pick_last")
def _pick_last(b: Builder, call: Call) -> str:
    return b.add("GatherElements", *map(b.of, call.inputs), axis=-1)


@converts("put_last")
def _put_last(b: Builder, call: Call) -> str:
    g, index = call.inputs
    zeros = b.add("Expand", b.scalar(0, g.dtype), b.sizes(call.outputs[0].shape))
    return b.add("ScatterElements", zeros, b.of(index), b.of(g), axis=-1, reduction="add")


_SEGMENTS = {"segment_max": ("max", "-inf"), "segment_min": ("min", "inf"), "segment_prod": ("mul", "1")}


@converts(*_SEGMENTS)
def _segments(b: Builder, call: Call) -> str:
    x, index = call.inputs
    reduction, first = _SEGMENTS[call.op.name]
    start = float(first)
    if x.dtype not in FLOATS and reduction != "mul":
        limits = np.iinfo(x.dtype)
        start = limits.min if reduction == "max" else limits.max
    whole = b.add("Expand", b.scalar(start, x.dtype), b.sizes(call.outputs[0].shape))
    return b.add("ScatterND", whole, _rows_of(b, index), b.of(x), reduction=reduction)


def _rows_of(b: Builder, index: Value) -> str:
    """Indices with a last axis of one element, as ScatterND has them."""
    return b.add("Unsqueeze", b.cast(b.of(index), "int64"), b.integers([-1]))


@converts("scatter_add_rows")
def _scatter_add(b: Builder, call: Call) -> str:
    g, index = call.inputs
    zeros = b.add("Expand", b.scalar(0, g.dtype), b.sizes(call.outputs[0].shape))
    return b.add("ScatterND", zeros, _rows_of(b, index), b.of(g), reduction="add")


@converts("scatter_sub_rows")
def _scatter_sub(b: Builder, call: Call) -> str:
    x, g, index = call.inputs
    return b.add("ScatterND", b.of(x), _rows_of(b, index), b.add("Neg", b.of(g)), reduction="add")


@converts("scatter_set_rows", "scatter_reduce_rows")
def _scatter_rows(b: Builder, call: Call) -> str:
    x, index, u = call.inputs
    reduction = call["reduction"] if call.op.name == "scatter_reduce_rows" else "none"
    return b.add("ScatterND", b.of(x), _rows_of(b, index), b.of(u), reduction=reduction)


# -- reductions -----------------------------------------------------------------------------------------------------

_REDUCTIONS = {"sum": "ReduceSum", "mean": "ReduceMean", "prod": "ReduceProd", "max": "ReduceMax", "min": "ReduceMin"}
_NARROW = frozenset(("bool", "int8", "uint8", "int16", "uint16"))


@converts(*_REDUCTIONS)
def _reduce(b: Builder, call: Call) -> str:
    x = call.inputs[0]
    if not call["axis"]:
        return b.of(x)
    given = b.cast(b.of(x), "int32") if x.dtype in _NARROW else b.of(x)
    found = b.add(_REDUCTIONS[call.op.name], given, b.integers(call["axis"]), keepdims=int(call["keepdims"]))
    return b.cast(found, call.dtype) if x.dtype in _NARROW else found


@converts("any", "all")
def _any(b: Builder, call: Call) -> str:
    kind = {"any": "ReduceMax", "all": "ReduceMin"}[call.op.name]
    x = b.cast(b.of(call.inputs[0]), "int32")
    found = b.add(kind, x, b.integers(call["axis"]), keepdims=int(call["keepdims"])) if call["axis"] else x
    return b.cast(found, "bool")


@converts("argmax", "argmin")
def _argmax(b: Builder, call: Call) -> str:
    x, axes, keepdims = call.inputs[0], call["axis"], int(call["keepdims"])
    kind = {"argmax": "ArgMax", "argmin": "ArgMin"}[call.op.name]
    if len(axes) == 1:
        return b.cast(b.add(kind, b.of(x), axis=axes[0], keepdims=keepdims), call.dtype)
    if len(axes) != len(x.shape):
        raise Unsupported(f"there is no converter to ONNX for {call.op.name} over several axes of more")
    found = b.add(kind, b.add("Reshape", b.of(x), b.integers([-1])), axis=0, keepdims=0)
    return b.cast(b.add("Reshape", found, b.integers([1] * len(axes) if keepdims else [])), call.dtype)


@converts("cumsum")
def _cumsum(b: Builder, call: Call) -> str:
    return b.add("CumSum", b.of(call.inputs[0]), b.scalar(call["axis"], "int64"), reverse=int(call["reverse"]))


# -- order ----------------------------------------------------------------------------------------------------------


def _sorted(b: Builder, x: Value, axis: int, count: Any, largest: bool) -> list[str]:
    """The elements of an axis in order, and their indices."""
    wide = b.of(x) if x.dtype in FLOATS or x.dtype in ("int32", "int64") else b.cast(b.of(x), "int32")
    found = b.add("TopK", wide, b.size(count), axis=axis, largest=int(largest), sorted=1, outputs=2)
    return [found[0] if x.dtype in FLOATS or x.dtype in ("int32", "int64") else b.cast(found[0], x.dtype), found[1]]


@converts("top_k")
def _top_k(b: Builder, call: Call) -> list[str]:
    values, indices = _sorted(b, call.inputs[0], -1, call["k"], True)
    return [values, b.cast(indices, call.outputs[1].dtype)]


@converts("sort_last")
def _sort_last(b: Builder, call: Call) -> str:
    x = call.inputs[0]
    return _sorted(b, x, -1, x.shape[-1], False)[0]


@converts("order_last")
def _order_last(b: Builder, call: Call) -> str:
    x = call.inputs[0]
    return _sorted(b, x, -1, x.shape[-1], False)[1]


@converts("argsort")
def _argsort(b: Builder, call: Call) -> str:
    x, axis = call.inputs[0], call["axis"]
    return b.cast(_sorted(b, x, axis, x.shape[axis], False)[1], call.dtype)


# -- products -------------------------------------------------------------------------------------------------------


@converts("matmul")
def _matmul(b: Builder, call: Call) -> str:
    flips = [call.each[0].get(name, False) for name in ("transpose_a", "transpose_b")]
    operands = [_flipped(b, x) if flip else b.of(x) for x, flip in zip(call.inputs, flips, strict=True)]
    return b.add("MatMul", *operands)


def _flipped(b: Builder, x: Value) -> str:
    rank = len(x.shape)
    if x.constant is not None:
        return b.constant(x.constant.swapaxes(-1, -2))
    return b.transpose(b.of(x), [*range(rank - 2), rank - 1, rank - 2])
