"""Bounding boxes of images that are cropped, padded, clipped or transformed."""

from __future__ import annotations

import math
from typing import Any

from ckeras import ops
from ckeras.utils.bounding_boxes.formats import as_boxes, convert_format


def clip_to_image_size(
    bounding_boxes: dict[str, Any],
    height: int | None = None,
    width: int | None = None,
    bounding_box_format: str = "xyxy",
) -> dict[str, Any]:
    """Clip boxes to an image; boxes of which nothing is left get the label -1.

    Args:
        bounding_boxes: Dict of "boxes" (..., n, 4) and "labels" (..., n).
        height, width: Size of the image in pixels; not needed for relative formats.
        bounding_box_format: Format of the boxes, as for `convert_format`.

    Returns:
        Dict of clipped "boxes", in the same format, and "labels".

    Raises:
        ValueError: if the size of the image is needed and not given.

    >>> import numpy as np
    >>> found = clip_to_image_size({"boxes": np.array([[-5.0, 0.0, 5.0, 9.0]]), "labels": np.array([2])}, 8, 8)
    >>> found["boxes"].tolist(), found["labels"].tolist()
    ([[0.0, 0.0, 5.0, 8.0]], [2])
    """
    relative = bounding_box_format.lower().startswith("rel_")
    corners = "rel_xyxy" if relative else "xyxy"
    if not relative and (height is None or width is None):
        raise ValueError(
            f"clip_to_image_size expects height and width for boxes in {bounding_box_format!r}, got height={height}, "
            f"width={width}"
        )
    boxes = convert_format(bounding_boxes["boxes"], bounding_box_format, corners, height, width)
    right, bottom = (1.0, 1.0) if relative else (float(width), float(height))
    limits = ops.convert_to_tensor([right, bottom, right, bottom], dtype=boxes.dtype)
    boxes = ops.minimum(ops.maximum(boxes, 0.0), limits)
    areas = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    labels = ops.convert_to_tensor(bounding_boxes["labels"])
    labels = ops.where(areas > 0, labels, ops.cast(-1, labels.dtype))
    return {
        **bounding_boxes,
        "boxes": convert_format(boxes, corners, bounding_box_format, height, width),
        "labels": labels,
    }


def _shifted(boxes: Any, x: Any, y: Any, height: Any, width: Any, box_format: str, where: str) -> Any:
    boxes = convert_format(as_boxes(boxes, where), box_format, "xyxy", height, width)
    boxes = boxes + ops.convert_to_tensor([x, y, x, y], dtype=boxes.dtype)
    return boxes


def crop(boxes: Any, top: int, left: int, height: int, width: int, bounding_box_format: str = "xyxy") -> Any:
    """Coordinates of boxes in a part of the image, clipped to it.

    Args:
        boxes: Array of shape (..., n, 4).
        top, left: Corner of the part, in pixels.
        height, width: Size of the part.
        bounding_box_format: Format of the boxes; a relative one refers to ``height`` and ``width``.

    Returns:
        Tensor of the same shape and format.

    >>> import numpy as np
    >>> crop(np.array([[10.0, 20.0, 50.0, 60.0]]), top=10, left=20, height=40, width=30).tolist()
    [[0.0, 10.0, 30.0, 40.0]]
    """
    boxes = _shifted(boxes, -left, -top, height, width, bounding_box_format, "crop")
    limits = ops.convert_to_tensor([width, height, width, height], dtype=boxes.dtype)
    boxes = ops.minimum(ops.maximum(boxes, 0.0), limits)
    return convert_format(boxes, "xyxy", bounding_box_format, height, width)


def pad(
    boxes: Any,
    top: int,
    left: int,
    height: int | None = None,
    width: int | None = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """Coordinates of boxes in an image that is padded at its top and left.

    Args:
        boxes: Array of shape (..., n, 4).
        top, left: Rows and columns added, in pixels.
        height, width: Size of the image; needed for relative formats.
        bounding_box_format: Format of the boxes.

    Returns:
        Tensor of the same shape and format.

    >>> import numpy as np
    >>> pad(np.array([[10.0, 20.0, 50.0, 60.0]]), top=1, left=2).tolist()
    [[12.0, 21.0, 52.0, 61.0]]
    """
    boxes = _shifted(boxes, left, top, height, width, bounding_box_format, "pad")
    return convert_format(boxes, "xyxy", bounding_box_format, height, width)


def affine_transform(
    boxes: Any,
    angle: Any,
    translate_x: Any,
    translate_y: Any,
    scale: Any,
    shear_x: Any,
    shear_y: Any,
    height: int,
    width: int,
    center_x: Any = None,
    center_y: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """The boxes around the transformed corners of boxes.

    Args:
        boxes: Array of shape (n, 4) or (batch, n, 4).
        angle: Rotation in degrees, one or one for each image.
        translate_x, translate_y: Translation as a fraction of the distance from the first pixel to the last.
        scale: Factor of the size.
        shear_x, shear_y: Shear in degrees.
        height, width: Size of the image.
        center_x, center_y: Center as a fraction of width and height; the middle if None.
        bounding_box_format: Format of the boxes.

    Returns:
        Tensor of the same shape and format.

    >>> import numpy as np
    >>> affine_transform(np.array([[0.0, 0.0, 2.0, 1.0]]), 0, 0.5, 0, 1, 0, 0, 5, 5).tolist()
    [[2.0, 0.0, 4.0, 1.0]]
    """
    original = ops.convert_to_tensor(boxes)
    boxes = convert_format(as_boxes(boxes, "affine_transform"), bounding_box_format, "xyxy", height, width)
    single = len(boxes.shape) == 2
    boxes = boxes[None] if single else boxes

    def per_image(value: Any) -> Any:
        return ops.reshape(ops.cast(ops.convert_to_tensor(value), boxes.dtype), (-1, 1, 1))

    center_x, center_y = (0.5 if c is None else c for c in (center_x, center_y))
    angle, shear_x, shear_y = (per_image(value) * (math.pi / 180.0) for value in (angle, shear_x, shear_y))
    dx, dy = per_image(translate_x) * (width - 1), per_image(translate_y) * (height - 1)
    cx, cy = per_image(center_x) * (width - 1), per_image(center_y) * (height - 1)
    scale = per_image(scale)
    # Corners (left, top), (right, top), (right, bottom), (left, bottom), translated, relative to the center.
    x = ops.concatenate([boxes[..., i : i + 1] for i in (0, 2, 2, 0)], axis=-1) + dx - cx
    y = ops.concatenate([boxes[..., i : i + 1] for i in (1, 1, 3, 3)], axis=-1) + dy - cy
    cos, sin = ops.cos(angle), ops.sin(angle)
    kx, ky = ops.tan(shear_x), ops.tan(shear_y)
    # Rows of the matrix: rotation, then shears, which Keras combines with this sign.
    down = (ky * cos - sin, cos + ky * sin)
    right = (cos - kx * down[0], sin + kx * down[1])
    x, y = (scale * (row[0] * x + row[1] * y) + center for row, center in ((right, cx), (down, cy)))
    corners = [ops.min(x, -1), ops.min(y, -1), ops.max(x, -1), ops.max(y, -1)]
    found = ops.stack(corners, axis=-1)
    found = convert_format(found[0] if single else found, "xyxy", bounding_box_format, height, width)
    return found if original.dtype not in ("float16", "bfloat16", "float64") else ops.cast(found, original.dtype)
