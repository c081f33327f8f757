"""Ops that change the order or the number of axes, and helpers that indexing and concatenation share."""

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras.tensor import Op, Spec, Tensor, arguments, as_tensor
from ckeras.tensor.dtypes import CODE, ITEMSIZE
from ckeras.tensor.eager import Call


def tensor(x: Any) -> Tensor:
    """Convert ``x`` to a tensor, if it is not one."""
    return x if isinstance(x, Tensor) else as_tensor(x)


def axis_of(axis: int, rank: int, where: str) -> int:
    """``axis`` as a non-negative integer; raise an error that names the op if it is out of range."""
    return arguments.axis(axis, rank, where)


def row_strides(shape: Sequence[int]) -> list[int]:
    """Element strides of a contiguous array."""
    strides, step = [], 1
    for d in reversed(shape):
        strides.append(step)
        step *= d
    return strides[::-1]


def copy_call(
    operands: tuple[int, int],
    dtype: str,
    dims: Sequence[int],
    in_strides: Sequence[int],
    out_strides: Sequence[int],
    in_offset: int = 0,
    out_offset: int = 0,
) -> Call:
    """Kernel call for a strided copy of ``dims`` elements between two buffers; offsets and strides are in elements."""
    if not dims:
        dims, in_strides, out_strides = [1], [0], [0]
    p = (ITEMSIZE[dtype], len(dims), in_offset, out_offset, *dims, *in_strides, *out_strides)
    return Call("copy", operands, p)


def fill_call(operand: int, spec: Spec, value: float) -> Call:
    """Kernel call that fills a buffer with one value."""
    return Call("fill", (operand,), (CODE[spec.dtype], math.prod(spec.shape)), (float(value),))


def is_native(*specs: Spec) -> bool:
    """Whether the copy kernels support these dtypes."""
    return builtins.all(s.dtype in CODE for s in specs)


# -- reshape ------------------------------------------------------------------------------------------------------


def _reshape_infer(x: Spec, shape: tuple[int, ...]) -> Spec:
    known = math.prod(d for d in shape if d != -1)
    if None in x.shape:  # the batch size may be unknown
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
    """Reshape ``x`` without changing the order of its elements; one dimension may be -1.

    >>> reshape([1, 2, 3, 4], (2, -1)).shape
    (2, 2)
    """
    x = tensor(x)
    shape = tuple(-1 if d is None else d for d in arguments.partial_shape(newshape, "reshape", "newshape", -1))
    return x if shape == x.shape else _reshape(x, shape=shape)


def alias(x: Tensor) -> Tensor:
    """New tensor object with the same elements, which may carry another mask."""
    return _reshape(x, shape=x.shape)


def ravel(x: Any) -> Tensor:
    """Flatten ``x`` to a vector."""
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
    """Insert axes of size 1 at the positions ``axis`` of the result."""
    x = tensor(x)
    axes = arguments.integers(axis, "expand_dims", "axis")
    positions = sorted(set(arguments.axes(axes, len(x.shape) + len(axes), "expand_dims")))
    if len(positions) != len(axes):
        raise ValueError(f"expand_dims expects each axis once, got {axis}")
    return _expand_dims(x, axis=tuple(positions)) if positions else x


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
    """Remove axes of size 1: those in ``axis``, or all of them."""
    x = tensor(x)
    if axis is None:
        axes = [i for i, d in enumerate(x.shape) if d == 1]
    else:
        axes = arguments.axes(axis, len(x.shape), "squeeze")
    return _squeeze(x, axis=tuple(sorted(axes))) if axes else x


_stop_gradient = Op("stop_gradient", lambda x: x, lambda x: x, alias=True)


def stop_gradient(variable: Any) -> Tensor:
    """Return ``x`` unchanged; no gradient flows through it."""
    return _stop_gradient(tensor(variable))


# -- transpose ----------------------------------------------------------------------------------------------------


def _transpose_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, y = inputs[0], outputs[0]
    if not is_native(x):
        return None
    strides = row_strides(x.shape)
    return [copy_call((0, 1), x.dtype, y.shape, [strides[a] for a in attrs["axes"]], row_strides(y.shape))]


_transpose = Op(
    "transpose",
    lambda x, axes: Spec(tuple(x.shape[a] for a in axes), x.dtype),
    lambda x, axes: np.transpose(x, axes),
    _transpose_kernel,
    vjp=[lambda g, y, x, axes: transpose(g, tuple(axes.index(i) for i in range(len(axes))))],
)


def transpose(x: Any, axes: Any = None) -> Tensor:
    """Permute the axes of ``x`` to the order ``axes``, reversed by default."""
    x = tensor(x)
    rank = len(x.shape)
    axes = tuple(range(rank))[::-1] if axes is None else arguments.axes(axes, rank, "transpose", "axes")
    if sorted(axes) != list(range(rank)):
        raise ValueError(f"transpose expects each of {rank} axes once, got {axes}")
    kept = [a for a in axes if x.shape[a] != 1]
    if kept == sorted(kept):  # only axes of size 1 move, so the memory layout is the same
        return (
            reshape(x, tuple(-1 if x.shape[a] is None else x.shape[a] for a in axes))
            if _static(x)
            else _transpose(x, axes=axes)
        )
    return _transpose(x, axes=axes)


def _static(x: Tensor) -> bool:
    return None not in x.shape


def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """Swap two axes of ``x``."""
    x = tensor(x)
    axes = list(range(len(x.shape)))
    a, b = axis_of(axis1, len(axes), "swapaxes"), axis_of(axis2, len(axes), "swapaxes")
    axes[a], axes[b] = axes[b], axes[a]
    return transpose(x, axes)


def moveaxis(x: Any, source: Any, destination: Any) -> Tensor:
    """Move the axes ``source`` to the positions ``destination``; the other axes keep their order."""
    x = tensor(x)
    rank = len(x.shape)
    source = arguments.axes(source, rank, "moveaxis", "source")
    destination = arguments.axes(destination, rank, "moveaxis", "destination")
    if len(source) != len(destination) or len(set(source)) < len(source) or len(set(destination)) < len(source):
        raise ValueError(f"moveaxis expects as many different axes as destinations, got {source} and {destination}")
    axes = [a for a in range(rank) if a not in source]
    for position, a in sorted(zip(destination, source, strict=True)):
        axes.insert(position, a)
    return transpose(x, axes)
