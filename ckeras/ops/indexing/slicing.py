"""Slices read and written at start indices that may be tensors."""

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import basic_slice, nonnegative_start, take, unslice
from ckeras.ops.manipulation.concat import split
from ckeras.ops.manipulation.layout import reshape, squeeze, tensor
from ckeras.tensor import Tensor
from ckeras.tensor.eager import constant


def slice(inputs: Any, start_indices: Any, shape: Any) -> Tensor:
    """Slice of ``shape`` that begins at ``start_indices``; -1 in ``shape`` takes the rest of an axis.

    `None` in ``shape`` takes the whole of an axis of unknown size. Negative starts count from the end. A slice
    that does not fit raises an error if its start is known; otherwise, as in a compiled function, the start is clipped.
    """
    x = tensor(inputs)
    shape = [None if n is None else int(n) for n in shape]
    unknown = _starts("slice", start_indices, x.shape)
    if unknown is not None and len(unknown) == len(shape) == len(x.shape):
        return _slice_at(x, unknown, shape)
    start = [int(i) for i in (start_indices if unknown is None else unknown)]
    if not len(start) == len(shape) == len(x.shape):
        raise ValueError(f"slice expects a start and a size for each of {len(x.shape)} axes, got {start} and {shape}")
    parts = []
    for axis, (begin, size, d) in enumerate(zip(start, shape, x.shape, strict=True)):
        if d is None and size in (None, -1) and begin == 0:
            parts.append(builtins.slice(None))
            continue
        if d is None or size is None:
            raise ValueError(f"slice needs to know the size of each axis: the shape is {x.shape}")
        begin = begin + d if begin < 0 else begin
        size = d - begin if size == -1 else size
        if begin < 0 or size < 0 or begin + size > d:
            raise ValueError(f"slice of {size} from {begin} does not fit axis {axis} of a tensor of shape {x.shape}")
        parts.append(builtins.slice(begin, begin + size))
    return basic_slice(x, parts)


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Tensor:
    """Copy of ``inputs`` with the slice that begins at ``start_indices`` replaced by ``updates``.

    ``start_indices`` are as in `slice`.
    """
    x, u = tensor(inputs), elementwise.cast(updates, tensor(inputs).dtype)
    unknown = _starts("slice_update", start_indices, x.shape)
    if unknown is not None and len(unknown) == len(x.shape):
        return _slice_update_at(x, unknown, u)
    start = tuple(int(i) for i in start_indices)
    if len(start) == len(x.shape) and None not in x.shape:
        start = nonnegative_start(start, x.shape)
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
    mask = unslice(constant(np.ones(u.shape, np.int32)), shape=x.shape, start=start, step=step)
    return elementwise.where(mask, unslice(u, shape=x.shape, start=start, step=step), x)


def _starts(name: str, start_indices: Any, shape: tuple) -> list[Any] | None:
    """The start along each axis, as an integer where it is known; `None` if all are known."""
    if isinstance(start_indices, Tensor):
        if start_indices.shape != (len(shape),):
            raise ValueError(
                f"{name} expects a start for each of {len(shape)} axes, got a tensor of shape {start_indices.shape}"
            )
        if type(start_indices) is Tensor:
            return None
        return [squeeze(part, 0) for part in split(start_indices, len(shape))]
    if not any(isinstance(i, Tensor) and type(i) is not Tensor for i in start_indices):
        return None
    return [i if isinstance(i, Tensor) and type(i) is not Tensor else int(i) for i in start_indices]


def _begin(start: Any, size: int, d: int) -> Tensor:
    """Clipped start of a slice of ``size`` along an axis of size ``d``; negative starts count from the end."""
    start = elementwise.cast(start, "int32")
    return elementwise.clip(
        elementwise.where(elementwise.less(start, 0), elementwise.add(start, d), start), 0, d - size
    )


def _slice_at(x: Tensor, start: Sequence[Any], shape: Sequence[int]) -> Tensor:
    """Slice of ``shape`` that begins at ``start``, clipped so that it fits."""
    for axis, (begin, size) in enumerate(zip(start, shape, strict=True)):
        d = x.shape[axis]
        if size is None or (d is None and size == -1 and isinstance(begin, int) and begin == 0):
            continue  # all of an axis of unknown size
        if d is None:
            raise ValueError(f"slice needs to know the size of each axis: the shape is {x.shape}")
        if size == -1:
            raise ValueError("slice expects sizes that are known, not -1, where its start is a tensor without a value")
        if not 0 <= size <= d:
            raise ValueError(f"slice of {size} does not fit axis {axis} of a tensor of shape {x.shape}")
        if size < d:
            x = take(x, elementwise.add(_begin(begin, size, d), constant(np.arange(size, dtype=np.int32))), axis=axis)
    return x


def _slice_update_at(x: Tensor, start: Sequence[Any], updates: Tensor) -> Tensor:
    """Copy of ``x`` with the slice that begins at ``start``, clipped so that it fits, replaced by ``updates``."""
    known = all(a == b or None not in (a, b) for a, b in zip(updates.shape, x.shape, strict=False))
    if len(updates.shape) != len(x.shape) or not known:
        raise ValueError(
            "slice_update expects inputs and updates of one rank and of known shapes, "
            f"got {x.shape} and {updates.shape}"
        )
    inside: Tensor | None = None
    for axis, begin in enumerate(start):
        size, d = updates.shape[axis], x.shape[axis]
        if size == d:
            continue
        if size > d:
            raise ValueError(f"slice_update of {size} does not fit axis {axis} of a tensor of shape {x.shape}")
        offset = elementwise.subtract(constant(np.arange(d, dtype=np.int32)), _begin(begin, size, d))
        here = elementwise.logical_and(elementwise.greater_equal(offset, 0), elementwise.less(offset, size))
        here = reshape(here, [d if a == axis else 1 for a in range(len(x.shape))])
        inside = here if inside is None else elementwise.logical_and(inside, here)
        if size == 0:
            return x
        updates = take(updates, elementwise.clip(offset, 0, size - 1), axis=axis)
    return updates if inside is None else elementwise.where(inside, updates, x)
