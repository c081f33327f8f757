"""Interpolation at coordinates, and the geometric transforms based on it."""

import itertools
import math
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.image.filters import gaussian_blur
from ckeras.ops.image.layout import batched, image_of, unbatched
from ckeras.ops.indexing.core import getitem, take
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import concatenate, stack
from ckeras.ops.nn.windows import channels_back, channels_last
from ckeras.tensor import Spec, Tensor, dtypes
from ckeras.tensor.eager import constant

_ORDERS = {"nearest": 0, "bilinear": 1}
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


def _sampled(x: Tensor, coordinates: list[Tensor], order: int, mode: str, value: float, lead: int = 0) -> Tensor:
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


def _checked(where: str, fill_mode: str, **choices: tuple[Any, Any]) -> None:
    if fill_mode not in _MODES:
        raise ValueError(f"{where} expects a fill_mode among {', '.join(_MODES)}, got {fill_mode!r}")
    for name, (value, known) in choices.items():
        if value not in known:
            raise ValueError(f"{where} expects {name} among {', '.join(map(str, known))}, got {value!r}")


def _mapped(x: Tensor, coordinates: Tensor, order: int, mode: str, value: float) -> Tensor:
    points = [getitem(coordinates, i) for i in range(len(x.shape))]
    return layout.squeeze(_sampled(layout.expand_dims(x, -1), points, order, mode, value), -1)


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
    _checked("map_coordinates", fill_mode, order=(order, (0, 1)))
    if 0 in x.shape:
        raise ValueError(f"map_coordinates expects inputs with elements, got shape {x.shape}")
    return _map_coordinates(x, coordinates, order=int(order), mode=fill_mode, value=float(fill_value))


# -- transforms of images -------------------------------------------------------------------------------------------


def _grid(x: Tensor, dtype: str) -> tuple[Tensor, Tensor]:
    """Row and column coordinates of the elements of a channels-last batch of images."""
    height, width = x.shape[1:3]
    rows, columns = np.arange(height).reshape(1, -1, 1), np.arange(width).reshape(1, 1, -1)
    return constant(rows.astype(dtypes.NUMPY[dtype])), constant(columns.astype(dtypes.NUMPY[dtype]))


def _projected(x: Tensor, t: list[Tensor], order: int, mode: str, value: float) -> Tensor:
    """Sample images at the coordinates to which the projection t[0] ... t[7] maps each (row, column)."""
    rows, columns = _grid(x, t[0].dtype)

    def linear(a: Tensor, b: Tensor, c: Any) -> Tensor:
        return elementwise.add(elementwise.add(elementwise.multiply(a, columns), elementwise.multiply(b, rows)), c)

    scale = linear(t[6], t[7], 1.0)
    across, down = elementwise.divide(linear(*t[:3]), scale), elementwise.divide(linear(*t[3:6]), scale)
    shape = (x.shape[0], *x.shape[1:3])
    return _sampled(x, [elementwise.broadcast_to(v, shape) for v in (down, across)], order, mode, value, lead=1)


def _numbers(t: Tensor, count: int) -> list[Tensor]:
    """Columns of a (batch, count) tensor, shaped to broadcast to images."""
    return [layout.reshape(getitem(t, (slice(None), i)), (-1, 1, 1)) for i in range(count)]


def _affine(x: Tensor, transform: Tensor, data_format: str, **attrs: Any) -> Tensor:
    y = channels_last(batched(x), data_format)
    moved = _projected(y, _numbers(batched(transform, 2), 8), **attrs)
    return unbatched(channels_back(moved, data_format), x)


_affine_transform = Composite("affine_transform", _affine, infer=lambda x, transform, **attrs: Spec(x.shape, x.dtype))


def _one_or_all(where: str, name: str, given: Tensor, single: int, images: Tensor) -> None:
    """Raise ValueError if the batch size of a parameter is neither 1 nor that of the images."""
    count = given.shape[0] if len(given.shape) > single else 1
    images_count = images.shape[0] if len(images.shape) == 4 else 1
    if count not in (1, images_count) and None not in (count, images_count):
        raise ValueError(f"{where} expects one {name}, or one for each of {images_count} images, got {count}")


def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Apply an affine or projective transform to images.

    The element at column x and row y comes from column (a0 x + a1 y + a2) / k and row (b0 x + b1 y + b2) / k, where
    k = c0 x + c1 y + 1.

    Args:
        images: one image or a batch; see `ckeras.ops.image`.
        transform: (a0, a1, a2, b0, b1, b2, c0, c1), or one such row for each image.
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies outside the images; see `map_coordinates`.
        fill_value: value for "constant".
    """
    x, data_format = image_of(images, "affine_transform", data_format)
    transform = elementwise.as_float(transform)
    _checked("affine_transform", fill_mode, interpolation=(interpolation, tuple(_ORDERS)))
    if len(transform.shape) not in (1, 2) or transform.shape[-1] != 8:
        raise ValueError(
            "affine_transform expects a transform of 8 numbers, or a row of 8 for each image, "
            f"got shape {transform.shape}"
        )
    _one_or_all("affine_transform", "transform", transform, 1, x)
    attrs = {"order": _ORDERS[interpolation], "mode": fill_mode, "value": float(fill_value)}
    return _affine_transform(x, transform, data_format=data_format, **attrs)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    """Cross product of vectors along the last axis."""
    x, y = ([getitem(v, (..., slice(i, i + 1))) for i in range(3)] for v in (a, b))
    parts = [
        elementwise.subtract(elementwise.multiply(x[i], y[j]), elementwise.multiply(x[j], y[i]))
        for i, j in ((1, 2), (2, 0), (0, 1))
    ]
    return concatenate(parts, -1)


def _adjugate(points: Tensor) -> Tensor:
    """Adjugates of matrices (batch, 3, 3) whose columns are the rows of ``points``."""
    p = [getitem(points, (slice(None), i)) for i in range(3)]
    return stack([_cross(p[1], p[2]), _cross(p[2], p[0]), _cross(p[0], p[1])], 1)


def _basis(points: Tensor) -> Tensor:
    """Scaled homogeneous points (batch, 3, 3), as rows, of four points (batch, 4, 2).

    The matrix with these columns maps the unit vectors and their sum to the four points.
    """
    ones = elementwise.broadcast_to(elementwise.cast(1, points.dtype), (*points.shape[:2], 1))
    p = concatenate([points, ones], 2)
    first = getitem(p, (slice(None), slice(0, 3)))
    last = layout.expand_dims(getitem(p, (slice(None), 3)), 2)
    return elementwise.multiply(first, matmul(_adjugate(first), last))


def _homography(start: Tensor, end: Tensor) -> list[Tensor]:
    """Coefficients of the projection that maps the four points ``end`` to ``start``."""
    # Both are bases of the plane: the projection is one basis times the inverse, up to a factor, of the other.
    h = matmul(layout.transpose(_basis(start), (0, 2, 1)), _adjugate(_basis(end)))
    h = layout.reshape(h, (-1, 9))
    return _numbers(elementwise.divide(h, getitem(h, (slice(None), slice(8, 9)))), 8)


def _perspective(x: Tensor, start: Tensor, end: Tensor, data_format: str, **attrs: Any) -> Tensor:
    y = channels_last(batched(x), data_format)
    moved = _projected(y, _homography(batched(start, 3), batched(end, 3)), mode="constant", **attrs)
    return unbatched(channels_back(moved, data_format), x)


_perspective_transform = Composite(
    "perspective_transform", _perspective, infer=lambda x, start, end, **attrs: Spec(x.shape, x.dtype)
)


def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Tensor:
    """Apply the perspective transform that moves four start points to their end points.

    Args:
        images: one image or a batch; see `ckeras.ops.image`.
        start_points: (4, 2), columns and rows of the points, or (batch, 4, 2). No three of the four lie on one line.
        end_points: of the same shape.
        interpolation: "nearest" or "bilinear".
        fill_value: what lies outside the images.
    """
    x, data_format = image_of(images, "perspective_transform", data_format)
    start, end = elementwise.as_float(start_points), elementwise.as_float(end_points)
    _checked("perspective_transform", "constant", interpolation=(interpolation, tuple(_ORDERS)))
    if start.shape[-2:] != (4, 2) or len(start.shape) not in (2, 3) or start.shape != end.shape:
        raise ValueError(
            "perspective_transform expects start_points and end_points of one shape, (4, 2) or (batch, 4, 2), "
            f"got {start.shape} and {end.shape}"
        )
    _one_or_all("perspective_transform", "set of points", start, 2, x)
    attrs = {"order": _ORDERS[interpolation], "value": float(fill_value)}
    return _perspective_transform(x, start, end, data_format=data_format, **attrs)


def _elastic(x: Tensor, alpha: Any, sigma: float, seed: Any, data_format: str, **attrs: Any) -> Tensor:
    from ckeras.random import normal  # which is a composition of ops itself

    y = channels_last(batched(x), data_format)
    dtype = y.dtype if y.dtype in dtypes.FLOATS else "float32"
    wide, width = dtypes.result_type(dtype, "float32"), int(6 * sigma) | 1
    noise = normal((*y.shape[:3], 2), stddev=sigma, dtype=dtype, seed=seed)
    shifts = elementwise.cast(gaussian_blur(noise, (width, width), (sigma, sigma), "channels_last"), wide)
    grid = _grid(y, wide)
    points = [elementwise.add(at, elementwise.multiply(alpha, getitem(shifts, (..., i)))) for i, at in enumerate(grid)]
    return unbatched(channels_back(_sampled(y, points, lead=1, **attrs), data_format), x)


_elastic_transform = Composite("elastic_transform", _elastic, infer=lambda x, **attrs: Spec(x.shape, x.dtype))


def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Elastic deformation: displace the elements of images by smooth random fields (Simard et al., 2003).

    Args:
        images: one image or a batch; see `ckeras.ops.image`.
        alpha: scale of the displacement fields.
        sigma: standard deviation of the normal noise and of the Gaussian that smooths it.
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies outside the images; see `map_coordinates`.
        fill_value: value for "constant".
        seed: an integer, a `SeedGenerator`, or `None` for the global generator.
    """
    x, data_format = image_of(images, "elastic_transform", data_format)
    _checked("elastic_transform", fill_mode, interpolation=(interpolation, tuple(_ORDERS)))
    sigma = float(sigma)
    if not sigma > 0:
        raise ValueError(f"elastic_transform expects a sigma above 0, got {sigma!r}")
    attrs = {"order": _ORDERS[interpolation], "mode": fill_mode, "value": float(fill_value)}
    return _elastic_transform(x, alpha=alpha, sigma=sigma, seed=seed, data_format=data_format, **attrs)
