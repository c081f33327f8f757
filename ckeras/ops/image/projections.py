"""Affine and perspective transforms of images."""

from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.image.layout import batched, image_of, unbatched
from ckeras.ops.image.sampling import ORDERS, checked_choices, grid, sampled
from ckeras.ops.indexing.core import getitem, take
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import concatenate
from ckeras.ops.nn.windows import channels_back, channels_last
from ckeras.tensor import Spec, Tensor


def _projected(x: Tensor, maps: Tensor, order: int, mode: str, value: float) -> Tensor:
    """Sample images at the coordinates to which projections, matrices (batch, 3, 3), map each (column, row, 1).

    The rows of a matrix give the row, the column, and the number by which both are divided.
    """
    rows, columns = grid(x, maps.dtype)
    maps = layout.reshape(layout.transpose(maps, (1, 2, 0)), (3, 3, -1, 1, 1))
    by_column, by_row, shift = (getitem(maps, (slice(None), i)) for i in range(3))
    sums = elementwise.add(
        elementwise.add(elementwise.multiply(by_column, columns), elementwise.multiply(by_row, rows)), shift
    )
    at = elementwise.divide(getitem(sums, slice(0, 2)), getitem(sums, slice(2, 3)))
    return sampled(x, elementwise.broadcast_to(at, (2, *x.shape[:3])), order, mode, value, lead=1)


def _affine(x: Tensor, transform: Tensor, data_format: str, **attrs: Any) -> Tensor:
    y, t = channels_last(batched(x), data_format), batched(transform, 2)
    across, down, scale = (getitem(t, (slice(None), slice(i, i + 3))) for i in (0, 3, 6))
    ones = elementwise.broadcast_to(elementwise.cast(1, t.dtype), (t.shape[0], 1))
    maps = layout.reshape(concatenate([down, across, scale, ones], 1), (-1, 3, 3))
    return unbatched(channels_back(_projected(y, maps, **attrs), data_format), x)


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
    checked_choices("affine_transform", fill_mode, interpolation=(interpolation, tuple(ORDERS)))
    if len(transform.shape) not in (1, 2) or transform.shape[-1] != 8:
        raise ValueError(
            "affine_transform expects a transform of 8 numbers, or a row of 8 for each image, "
            f"got shape {transform.shape}"
        )
    _one_or_all("affine_transform", "transform", transform, 1, x)
    attrs = {"order": ORDERS[interpolation], "mode": fill_mode, "value": float(fill_value)}
    return _affine_transform(x, transform, data_format=data_format, **attrs)


def _adjugate(points: Tensor) -> Tensor:
    """Adjugates of matrices (batch, 3, 3) whose columns are the rows of ``points``: cofactors of the rows."""
    twice = concatenate([points, points], 1)
    twice = concatenate([twice, twice], 2)  # so that the next rows and columns of the last are the first

    def moved(rows: int, columns: int) -> Tensor:
        return getitem(twice, (slice(None), slice(rows, rows + 3), slice(columns, columns + 3)))

    return elementwise.subtract(
        elementwise.multiply(moved(1, 1), moved(2, 2)), elementwise.multiply(moved(1, 2), moved(2, 1))
    )


def _basis(points: Tensor) -> Tensor:
    """Scaled homogeneous points (batch, 3, 3), as rows, of four points (batch, 4, 2).

    The matrix with these columns maps the unit vectors and their sum to the four points.
    """
    ones = elementwise.broadcast_to(elementwise.cast(1, points.dtype), (*points.shape[:2], 1))
    p = concatenate([points, ones], 2)
    first = getitem(p, (slice(None), slice(0, 3)))
    last = layout.expand_dims(getitem(p, (slice(None), 3)), 2)
    return elementwise.multiply(first, matmul(_adjugate(first), last))


def homography(start: Tensor, end: Tensor) -> Tensor:
    """Matrices (batch, 3, 3) of the projections that map the four points ``end`` to ``start``."""
    # Both are bases of the plane: the projection is one basis times the inverse, up to a factor, of the other.
    h = matmul(layout.transpose(_basis(start), (0, 2, 1)), _adjugate(_basis(end)))
    return elementwise.divide(h, getitem(h, (slice(None), slice(2, 3), slice(2, 3))))


def _perspective(x: Tensor, start: Tensor, end: Tensor, data_format: str, **attrs: Any) -> Tensor:
    y = channels_last(batched(x), data_format)
    maps = take(homography(batched(start, 3), batched(end, 3)), np.array([1, 0, 2]), 1)
    return unbatched(channels_back(_projected(y, maps, mode="constant", **attrs), data_format), x)


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
    checked_choices("perspective_transform", "constant", interpolation=(interpolation, tuple(ORDERS)))
    if start.shape[-2:] != (4, 2) or len(start.shape) not in (2, 3) or start.shape != end.shape:
        raise ValueError(
            "perspective_transform expects start_points and end_points of one shape, (4, 2) or (batch, 4, 2), "
            f"got {start.shape} and {end.shape}"
        )
    _one_or_all("perspective_transform", "set of points", start, 2, x)
    attrs = {"order": ORDERS[interpolation], "value": float(fill_value)}
    return _perspective_transform(x, start, end, data_format=data_format, **attrs)
