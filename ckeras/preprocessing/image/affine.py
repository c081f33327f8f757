"""Affine transformations of images: rotation, shift, shear and zoom, given or sampled at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

FILL_MODES = ("constant", "nearest", "reflect", "wrap")


def apply_affine_transform(
    x: Any,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> np.ndarray:
    """Rotate, shift, shear and zoom an image around its center.

    The pixel at (column, row) = p is taken from M (p - c) + c, with M the product of the matrices of the four
    transformations in this order, and c the center of the image.

    Args:
        x: image of three axes.
        theta: rotation in degrees, counterclockwise.
        tx, ty: shifts in pixels, to the left and upwards.
        shear: angle in degrees.
        zx, zy: horizontal and vertical zoom; 2 halves the size of what is seen.
        row_axis, col_axis, channel_axis: axes of ``x``.
        fill_mode: outside of the image: ``"constant"``, ``"nearest"``, ``"reflect"`` (edges repeated) or ``"wrap"``.
        cval: outside of the image, for ``"constant"``.
        order: of the spline: 0 (nearest) or 1 (bilinear).

    Returns:
        array of the shape and dtype of ``x``.

    Raises:
        ValueError: if ``x`` does not have three axes, or ``fill_mode`` or ``order`` is unknown.

    >>> import numpy as np
    >>> image = np.arange(4.0).reshape(1, 2, 2)
    >>> apply_affine_transform(image, theta=90).round(6).tolist()
    [[[1.0, 3.0], [0.0, 2.0]]]
    """
    x = np.asarray(x)
    if x.ndim != 3:
        raise ValueError(f"apply_affine_transform expects x to have 3 axes, got the shape {x.shape}")
    if fill_mode not in FILL_MODES:
        raise ValueError(
            f"apply_affine_transform expects fill_mode to be one of {', '.join(FILL_MODES)}, got {fill_mode!r}"
        )
    if order not in (0, 1):
        raise ValueError(f"apply_affine_transform expects order to be 0 or 1, got {order!r}")
    if len({axis % 3 for axis in (row_axis, col_axis, channel_axis)}) != 3:
        raise ValueError(
            f"apply_affine_transform expects three different axes, got {row_axis}, {col_axis} and {channel_axis}"
        )
    matrix = _matrix(theta, tx, ty, shear, zx, zy)
    if matrix is None:
        return x
    planes = np.moveaxis(x, [channel_axis, row_axis, col_axis], [0, 1, 2])
    _, height, width = planes.shape
    if not planes.size:
        return x
    center = np.array([[width], [height]]) / 2 - 0.5
    grid = np.indices((height, width)).reshape(2, -1)[::-1]  # columns, rows
    cols, rows = matrix[:2, :2] @ (grid - center) + matrix[:2, 2:] + center
    found = _sampled(planes, rows, cols, fill_mode, cval, order).reshape(planes.shape)
    if x.dtype.kind in "iub":
        limits = np.iinfo(x.dtype) if x.dtype.kind != "b" else np.iinfo("uint8")
        found = np.clip(np.trunc(found + np.copysign(0.5, found)), limits.min, limits.max)
    return np.moveaxis(found.astype(x.dtype), [0, 1, 2], [channel_axis, row_axis, col_axis])


def _matrix(theta: float, tx: float, ty: float, shear: float, zx: float, zy: float) -> np.ndarray | None:
    """The product of the matrices of the transformations, 3 x 3; `None` if there are none."""
    parts = []
    if theta:
        cos, sin = math.cos(math.radians(theta)), math.sin(math.radians(theta))
        parts.append([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    if tx or ty:
        parts.append([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    if shear:
        parts.append([[1, -math.sin(math.radians(shear)), 0], [0, math.cos(math.radians(shear)), 0], [0, 0, 1]])
    if zx != 1 or zy != 1:
        parts.append([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    if not parts:
        return None
    found = np.array(parts[0], float)
    for part in parts[1:]:
        found = found @ np.array(part, float)
    return found


def _sampled(
    planes: np.ndarray, rows: np.ndarray, cols: np.ndarray, fill_mode: str, cval: float, order: int
) -> np.ndarray:
    """Planes (channels, height, width) at coordinates (n,): (channels, n), in float64."""
    _, height, width = planes.shape
    rows, cols = _folded(rows, height, fill_mode), _folded(cols, width, fill_mode)
    if order == 0:
        found = planes[:, _index(rows + 0.5, height), _index(cols + 0.5, width)].astype(float)
    else:
        row, col = np.floor(rows), np.floor(cols)
        u, v = rows - row, cols - col
        found = np.zeros((len(planes), len(rows)))
        for i, weight in ((row, 1 - u), (row + 1, u)):
            for j, other in ((col, 1 - v), (col + 1, v)):
                found += planes[:, _index(i, height), _index(j, width)] * (weight * other)
    if fill_mode == "constant":
        outside = (rows < 0) | (rows > height - 1) | (cols < 0) | (cols > width - 1)
        found[:, outside] = cval
    return found


def _folded(at: np.ndarray, size: int, fill_mode: str) -> np.ndarray:
    """Coordinates outside of the image, moved into it as a mode says; "constant" leaves them."""
    if fill_mode == "nearest":
        return np.clip(at, 0, size - 1)
    if fill_mode == "wrap":  # as SciPy's mode of this name, with a period of size - 1
        period = max(size - 1, 1)
        inside = (at >= 0) & (at <= size - 1)
        return np.where(inside, at, at % period if size > 1 else 0)
    if fill_mode == "reflect":
        at = np.abs((at + 0.5) % (2 * size) - size)  # distance from the middle of the mirrored image
        return np.clip(size - at - 0.5, 0, size - 1)
    return at


def _index(at: np.ndarray, size: int) -> np.ndarray:
    return np.clip(np.floor(at), 0, size - 1).astype(np.intp)


def random_rotation(
    x: Any,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Rotate an image by an angle sampled from [-``rg``, ``rg``] degrees.

    Args:
        x: image of three axes.
        rg: maximum angle.
        row_axis, col_axis, channel_axis, fill_mode, cval: as in `apply_affine_transform`.
        interpolation_order: ``order`` there.

    >>> import numpy as np
    >>> random_rotation(np.ones((1, 2, 3)), 30).shape
    (1, 2, 3)
    """
    theta = np.random.uniform(-rg, rg)
    return apply_affine_transform(
        x, theta=theta, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis,
        fill_mode=fill_mode, cval=cval, order=interpolation_order,
    )  # fmt: skip


def random_shift(
    x: Any,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Shift an image by up to ``wrg`` of its width and ``hrg`` of its height, sampled; otherwise as `random_rotation`.

    >>> import numpy as np
    >>> random_shift(np.ones((1, 2, 3)), 0.5, 0.5).shape
    (1, 2, 3)
    """
    shape = np.shape(x)
    tx = np.random.uniform(-wrg, wrg) * shape[col_axis]
    ty = np.random.uniform(-hrg, hrg) * shape[row_axis]
    return apply_affine_transform(
        x, tx=tx, ty=ty, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis,
        fill_mode=fill_mode, cval=cval, order=interpolation_order,
    )  # fmt: skip


def random_shear(
    x: Any,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Shear an image by an angle sampled from [-``intensity``, ``intensity``] degrees; otherwise as `random_rotation`.

    >>> import numpy as np
    >>> random_shear(np.ones((1, 2, 3)), 20).shape
    (1, 2, 3)
    """
    shear = np.random.uniform(-intensity, intensity)
    return apply_affine_transform(
        x, shear=shear, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis,
        fill_mode=fill_mode, cval=cval, order=interpolation_order,
    )  # fmt: skip


def random_zoom(
    x: Any,
    zoom_range: Any,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> np.ndarray:
    """Zoom columns and rows by factors sampled from ``zoom_range``, two numbers; otherwise as `random_rotation`.

    >>> import numpy as np
    >>> random_zoom(np.ones((1, 2, 3)), (0.5, 2)).shape
    (1, 2, 3)
    """
    if len(zoom_range) != 2:
        raise ValueError(f"random_zoom expects zoom_range to be two numbers, got {zoom_range!r}")
    zx, zy = (1, 1) if tuple(zoom_range) == (1, 1) else np.random.uniform(zoom_range[0], zoom_range[1], 2)
    return apply_affine_transform(
        x, zx=zx, zy=zy, row_axis=row_axis, col_axis=col_axis, channel_axis=channel_axis,
        fill_mode=fill_mode, cval=cval, order=interpolation_order,
    )  # fmt: skip
