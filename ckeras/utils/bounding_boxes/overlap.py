"""Measures of how much bounding boxes overlap."""

from __future__ import annotations

import math
from typing import Any

from ckeras import ops
from ckeras.utils.bounding_boxes.formats import convert_format


def _corners(boxes: Any, box_format: str, image_shape: Any) -> list[Any]:
    height, width = (None, None) if image_shape is None else image_shape[:2]
    target = "rel_xyxy" if box_format.lower().startswith("rel_") and image_shape is None else "xyxy"
    boxes = convert_format(boxes, box_format, target, height, width)
    return [boxes[..., i] for i in range(4)]


def _area(left: Any, top: Any, right: Any, bottom: Any) -> Any:
    return (right - left) * (bottom - top)


def _intersection(a: list[Any], b: list[Any]) -> Any:
    width = ops.minimum(a[2], b[2]) - ops.maximum(a[0], b[0])
    height = ops.minimum(a[3], b[3]) - ops.maximum(a[1], b[1])
    return ops.maximum(width, 0.0) * ops.maximum(height, 0.0)


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: tuple[int, ...] | None = None,
) -> Any:
    """Intersection over union of each box of one set with each of another.

    Args:
        boxes1: Array of shape (m, 4) or (batch, m, 4).
        boxes2: Array of shape (n, 4) or (batch, n, 4).
        bounding_box_format: Format of both.
        use_masking: Whether pairs with a box of which all four numbers are negative get ``mask_val``.
        mask_val: The value of such pairs.
        image_shape: (height, width, channels) of the image, for relative formats in pixels.

    Returns:
        Tensor of shape (m, n), or (batch, m, n) if either set has a batch.

    >>> import numpy as np
    >>> compute_iou(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2], [5, 5, 6, 6]]), "xyxy").tolist()
    [[0.3333333432674408, 0.0]]
    """
    first = [x[..., :, None] for x in _corners(boxes1, bounding_box_format, image_shape)]
    second = [x[..., None, :] for x in _corners(boxes2, bounding_box_format, image_shape)]
    shared = _intersection(first, second)
    union = _area(*first) + _area(*second) - shared
    found = ops.divide_no_nan(shared, union)
    if not use_masking:
        return found
    masked = [ops.all(ops.convert_to_tensor(boxes) < 0, axis=-1) for boxes in (boxes1, boxes2)]
    pairs = ops.logical_or(masked[0][..., :, None], masked[1][..., None, :])
    return ops.where(pairs, ops.cast(mask_val, found.dtype), found)


def compute_ciou(boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: tuple[int, ...] | None = None) -> Any:
    """Complete intersection over union of pairs of boxes (Zheng et al., 2020).

    It is the IoU, less the squared distance of the centers over the squared diagonal of the smallest box around both,
    less a term for the difference of the aspect ratios.

    Args:
        boxes1, boxes2: Arrays of shape (..., 4), of pairs.
        bounding_box_format: Format of both.
        image_shape: (height, width, channels) of the image, for relative formats.

    Returns:
        Tensor of shape (...).

    >>> import numpy as np
    >>> box = np.array([[0.0, 0.0, 2.0, 2.0]])
    >>> round(float(compute_ciou(box, box, "xyxy")[0]), 5)
    1.0
    """
    a = _corners(boxes1, bounding_box_format, image_shape)
    b = _corners(boxes2, bounding_box_format, image_shape)
    epsilon = 1e-7
    size_a, size_b = ((x[2] - x[0], x[3] - x[1] + epsilon) for x in (a, b))
    shared = _intersection(a, b)
    iou = shared / (size_a[0] * size_a[1] + size_b[0] * size_b[1] - shared + epsilon)
    width = ops.maximum(a[2], b[2]) - ops.minimum(a[0], b[0])
    height = ops.maximum(a[3], b[3]) - ops.minimum(a[1], b[1])
    diagonal = width * width + height * height + epsilon
    distance = (ops.square(b[0] + b[2] - a[0] - a[2]) + ops.square(b[1] + b[3] - a[1] - a[3])) / 4.0
    angles = ops.arctan(size_b[0] / size_b[1]) - ops.arctan(size_a[0] / size_a[1])
    ratio = ops.square(angles) * (4.0 / math.pi**2)
    weight = ratio / (ratio - iou + (1.0 + epsilon))
    return iou - (distance / diagonal + ratio * weight)
