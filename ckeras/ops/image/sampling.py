"""Interpolation at coordinates between the elements of a tensor."""

import math
from typing import Any

import numpy as np

from ckeras._kernels import codes
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.core import getitem
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import concatenate, stack
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor, arguments, dtypes
from ckeras.tensor.eager import Call, constant

ORDERS = {"nearest": 0, "bilinear": 1}
_CODES = codes("sample")
_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
_MOST_AXES = 30  # each doubles the number of neighbours of a point

# -- interpolation --------------------------------------------------------------------------------------------------
# The ops work on images (lead, *sizes, channels) of float32 or float64, at points whose coordinates along each axis are
# (ndim, lead, points) in the same dtype.


def _call(kernel: str, image: Spec, at: Spec, order: int, mode: str, value: float) -> list[Call]:
    ndim, lead, points = at.shape
    p = (dtypes.CODE[image.dtype], order, _CODES[mode], lead, points, image.shape[-1], ndim, *image.shape[1:-1])
    return [Call(kernel, (0, 1, 2), p, (value,))]


def _slopes(g: Tensor, x: Tensor, at: Tensor, order: int, mode: str, value: float) -> Tensor:
    """The gradient by coordinates: the difference of the image between an element and the next, along each axis."""
    if order == 0:
        return elementwise.multiply(elementwise.cast(0, at.dtype), at)
    found = []
    for k in range(at.shape[0]):
        low = elementwise.floor(getitem(at, slice(k, k + 1)))
        parts = [getitem(at, slice(0, k)), getitem(at, slice(k + 1, None))]
        before, after = (
            _interpolate(x, concatenate([parts[0], moved, parts[1]], 0), order=order, mode=mode, value=value)
            for moved in (low, elementwise.add(low, 1))
        )
        found.append(reduction.sum(elementwise.multiply(g, elementwise.subtract(after, before)), -1))
    return stack(found, 0)


_interpolate = Op(
    "interpolate_at",
    lambda x, at, **attrs: Spec((*at.shape[1:], x.shape[-1]), x.dtype),
    kernel=lambda inputs, outputs, attrs: _call("sample", *inputs, **attrs),
    vjp=[
        lambda g, y, x, at, order, mode, value: _spread(g, at, sizes=x.shape[1:-1], order=order, mode=mode),
        lambda g, y, x, at, **attrs: _slopes(g, x, at, **attrs),
    ],
)
_spread = Op(  # what points give to the elements that they were interpolated from
    "spread_at",
    lambda g, at, sizes, **attrs: Spec((g.shape[0], *sizes, g.shape[-1]), g.dtype),
    kernel=lambda inputs, outputs, attrs: _call("spread", outputs[0], inputs[1], attrs["order"], attrs["mode"], 0.0),
    vjp=[
        lambda h, y, g, at, sizes, order, mode: _interpolate(h, at, order=order, mode=mode, value=0.0),
        lambda h, y, g, at, sizes, order, mode: _slopes(g, h, at, order, mode, 0.0),
    ],
)


def sampled(x: Tensor, at: Tensor, order: int, mode: str, value: float, lead: int = 0) -> Tensor:
    """Interpolate ``x`` (batch axes, sampled axes, channels) at coordinates (sampled axes, batch axes, ...).

    The results have the shape (batch axes, ..., channels). With ``mode`` "constant" elements outside are ``value``.
    """
    dtype, axes, shape = x.dtype, at.shape[0], at.shape[1:]
    wide = dtypes.result_type(dtype, at.dtype, "float32")
    batch, channels = math.prod(x.shape[:lead]), x.shape[-1]
    images = elementwise.cast(layout.reshape(x, (batch, *x.shape[lead:])), wide)
    points = layout.reshape(elementwise.cast(at, wide), (axes, batch, math.prod(shape[lead:])))
    filling = float(elementwise.cast(elementwise.cast(value, dtype), "float64"))
    found = _interpolate(images, points, order=order, mode=mode, value=filling)
    found = layout.reshape(found, (*shape, channels))
    return elementwise.cast(_half_away(found) if dtype in dtypes.INTEGERS else found, dtype)


def _half_away(x: Tensor) -> Tensor:
    """Round to the nearest integer, halves away from 0."""
    return elementwise.multiply(elementwise.sign(x), elementwise.floor(elementwise.add(elementwise.abs(x), 0.5)))


def checked_choices(where: str, fill_mode: str, **choices: tuple[Any, Any]) -> None:
    if fill_mode not in _MODES:
        raise ValueError(f"{where} expects a fill_mode among {', '.join(_MODES)}, got {arguments.shown(fill_mode)}")
    for name, (value, known) in choices.items():
        if value not in known:
            raise ValueError(f"{where} expects {name} among {', '.join(map(str, known))}, got {arguments.shown(value)}")


def _mapped(x: Tensor, coordinates: Tensor, order: int, mode: str, value: float) -> Tensor:
    return layout.squeeze(sampled(layout.expand_dims(x, -1), coordinates, order, mode, value), -1)


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
    if len(x.shape) > _MOST_AXES:
        raise ValueError(f"map_coordinates expects inputs of at most {_MOST_AXES} axes, got shape {x.shape}")
    checked_choices("map_coordinates", fill_mode, order=(order, (0, 1)))
    if 0 in x.shape:
        raise ValueError(f"map_coordinates expects inputs with elements, got shape {x.shape}")
    return _map_coordinates(x, coordinates, order=int(order), mode=fill_mode, value=float(fill_value))


def grid(x: Tensor, dtype: str) -> tuple[Tensor, Tensor]:
    """Row and column coordinates of the elements of a channels-last batch of images."""
    height, width = x.shape[1:3]
    rows, columns = np.arange(height).reshape(1, -1, 1), np.arange(width).reshape(1, 1, -1)
    return constant(rows.astype(dtypes.NUMPY[dtype])), constant(columns.astype(dtypes.NUMPY[dtype]))
