"""Interpolation at coordinates between the elements of a tensor."""

import itertools
import math
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import getitem, take
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.tensor import Spec, Tensor, arguments, dtypes
from ckeras.tensor.eager import constant

ORDERS = {"nearest": 0, "bilinear": 1}
_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")

# -- interpolation --------------------------------------------------------------------------------------------------


def _inside(index: Tensor, size: int, mode: str) -> Tensor:
    """Map an index that may be out of range to an element of an axis of ``size``, by ``mode``."""
    if mode == "wrap":
        index = elementwise.mod(index, size)
    elif mode == "mirror":  # about the middle of the outermost elements
        period = max(2 * (size - 1), 1)
        index = elementwise.abs(
            elementwise.subtract(elementwise.mod(elementwise.add(index, size - 1), period), size - 1)
        )
    elif mode == "reflect":  # about their outer edges
        period = 2 * size
        index = elementwise.mod(index, period)
        index = elementwise.minimum(index, elementwise.subtract(period - 1, index))
    return elementwise.clip(index, 0, size - 1)


def _half_away(x: Tensor) -> Tensor:
    """Round to the nearest integer, halves away from 0."""
    return elementwise.multiply(elementwise.sign(x), elementwise.floor(elementwise.add(elementwise.abs(x), 0.5)))


def _neighbours(position: Tensor, order: int) -> list[tuple[Tensor, Tensor | None]]:
    """Indices next to ``position`` and their interpolation weights."""
    if order == 0:
        return [(elementwise.cast(_half_away(position), "int64"), None)]
    low = elementwise.floor(position)
    share = elementwise.subtract(position, low)
    index = elementwise.cast(low, "int64")
    return [(index, elementwise.subtract(1.0, share)), (elementwise.add(index, 1), share)]


def sampled(x: Tensor, coordinates: list[Tensor], order: int, mode: str, value: float, lead: int = 0) -> Tensor:
    """Interpolate ``x`` (batch axes, sampled axes, channels) at ``coordinates``, one tensor per sampled axis.

    The coordinates have the shape (batch axes, ...), the results (batch axes, ..., channels). With ``mode`` "constant"
    elements outside are ``value``; otherwise `_inside` selects them.
    """
    dtype, sizes = x.dtype, x.shape[lead:-1]
    wide = dtypes.result_type(dtype, coordinates[0].dtype, "float32")
    rows = layout.reshape(x, (-1, x.shape[-1]))
    count, shape = math.prod(sizes), elementwise.broadcast_shapes(*(p.shape for p in coordinates))
    batch = np.arange(math.prod(x.shape[:lead])).reshape((*x.shape[:lead], *(1,) * (len(shape) - lead)))
    total: Any = None
    for corner in itertools.product(*(_neighbours(p, order) for p in coordinates)):
        flat: Any = constant(batch * count)
        known: Any = True
        weight: Any = None
        for axis, (index, share) in enumerate(corner):
            step = math.prod(sizes[axis + 1 :])
            flat = elementwise.add(flat, elementwise.multiply(_inside(index, sizes[axis], mode), step))
            if mode == "constant":
                there = elementwise.logical_and(
                    elementwise.greater_equal(index, 0), elementwise.less(index, sizes[axis])
                )
                known = elementwise.logical_and(known, there)
            if share is not None:
                weight = share if weight is None else elementwise.multiply(weight, share)
        found = elementwise.cast(take(rows, flat, 0), wide)
        if mode == "constant":
            found = elementwise.where(
                layout.expand_dims(known, -1), found, elementwise.cast(elementwise.cast(value, dtype), wide)
            )
        if weight is not None:
            found = elementwise.multiply(elementwise.cast(layout.expand_dims(weight, -1), wide), found)
        total = found if total is None else elementwise.add(total, found)
    return elementwise.cast(_half_away(total) if dtype in dtypes.INTEGERS else total, dtype)


def checked_choices(where: str, fill_mode: str, **choices: tuple[Any, Any]) -> None:
    if fill_mode not in _MODES:
        raise ValueError(f"{where} expects a fill_mode among {', '.join(_MODES)}, got {arguments.shown(fill_mode)}")
    for name, (value, known) in choices.items():
        if value not in known:
            raise ValueError(f"{where} expects {name} among {', '.join(map(str, known))}, got {arguments.shown(value)}")


def _mapped(x: Tensor, coordinates: Tensor, order: int, mode: str, value: float) -> Tensor:
    points = [getitem(coordinates, i) for i in range(len(x.shape))]
    return layout.squeeze(sampled(layout.expand_dims(x, -1), points, order, mode, value), -1)


_map_coordinates = Composite(
    "map_coordinates", _mapped, infer=lambda x, coordinates, **attrs: Spec(coordinates.shape[1:], x.dtype)
)


def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Tensor:
    """Interpolate ``inputs`` at coordinates between its elements.

    Args:
        inputs: of any rank.
        coordinates: (rank of inputs, ...): the coordinates along each axis. Differentiable if ``order`` is 1.
        order: 0 takes the nearest element (halves rounded away from 0), 1 interpolates linearly.
        fill_mode: values outside: "constant" (``fill_value``), "nearest" (the outermost element), "wrap" (from the
            other end), "mirror" (mirrored, the outermost element not repeated), "reflect" (mirrored, repeated).
        fill_value: value for "constant".

    Returns a tensor of the shape ``coordinates.shape[1:]`` in the dtype of ``inputs``; integers are rounded.
    """
    x, coordinates = layout.tensor(inputs), elementwise.as_float(coordinates)
    if len(coordinates.shape) < 2 or coordinates.shape[0] != len(x.shape):
        raise ValueError(
            f"map_coordinates expects coordinates of shape ({len(x.shape)}, ...), a row for each axis of inputs of "
            f"shape {x.shape}, got shape {coordinates.shape}"
        )
    checked_choices("map_coordinates", fill_mode, order=(order, (0, 1)))
    if 0 in x.shape:
        raise ValueError(f"map_coordinates expects inputs with elements, got shape {x.shape}")
    return _map_coordinates(x, coordinates, order=int(order), mode=fill_mode, value=float(fill_value))


def grid(x: Tensor, dtype: str) -> tuple[Tensor, Tensor]:
    """Row and column coordinates of the elements of a channels-last batch of images."""
    height, width = x.shape[1:3]
    rows, columns = np.arange(height).reshape(1, -1, 1), np.arange(width).reshape(1, 1, -1)
    return constant(rows.astype(dtypes.NUMPY[dtype])), constant(columns.astype(dtypes.NUMPY[dtype]))
