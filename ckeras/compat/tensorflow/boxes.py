"""Boxes in images: crops, and suppression of those that overlap better ones. A box is (y1, x1, y2, x2)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ckeras import ops as _ops
from ckeras.tensor import Tensor


def crop_and_resize(
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
    name: str | None = None,
) -> Tensor:
    """Return the parts of images in boxes, resized to one size.

    Args:
        image: (batch, height, width, channels).
        boxes: (boxes, 4), in units of height - 1 and width - 1; they may be flipped or reach out of the image.
        box_indices: (boxes,): the image of each box.
        crop_size: (height, width).
        method: "bilinear" or "nearest".
        extrapolation_value: value outside of the image.
        name: no effect.

    Returns:
        Tensor: float32 of shape (boxes, height, width, channels).

    Raises:
        ValueError: if there is no such method, or an index of no image.
    """
    if method not in ("bilinear", "nearest"):
        raise ValueError(f"crop_and_resize expects method 'bilinear' or 'nearest', got {method!r}")
    x, boxes = _ops.cast(image, "float32"), np.asarray(boxes, "float32")
    which = np.asarray(box_indices)
    if which.size and not (which.min() >= 0 and which.max() < x.shape[0]):
        raise ValueError(f"crop_and_resize expects box_indices from 0 to {x.shape[0] - 1}, got {which.tolist()!r:.80}")
    size = [int(n) for n in np.asarray(crop_size)]
    rows = _samples(boxes[:, 0], boxes[:, 2], x.shape[1], size[0])
    columns = _samples(boxes[:, 1], boxes[:, 3], x.shape[2], size[1])
    inside = _inside(rows, x.shape[1])[:, :, None] & _inside(columns, x.shape[2])[:, None, :]

    def at(r: np.ndarray, c: np.ndarray) -> Tensor:
        r, c = np.clip(r, 0, x.shape[1] - 1).astype(int), np.clip(c, 0, x.shape[2] - 1).astype(int)
        flat = (which[:, None, None] * x.shape[1] + r[:, :, None]) * x.shape[2] + c[:, None, :]
        return _ops.take(_ops.reshape(x, (-1, x.shape[3])), flat, axis=0)

    if method == "nearest":
        found = at(np.floor(rows + 0.5), np.floor(columns + 0.5))
    else:
        top, left = np.floor(rows), np.floor(columns)
        down = (rows - top).astype("float32")[:, :, None, None]
        right = (columns - left).astype("float32")[:, None, :, None]
        upper = at(top, left) * (1 - right) + at(top, left + 1) * right
        lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
        found = upper * (1 - down) + lower * down
    return _ops.where(inside[..., None], found, float(extrapolation_value))


def _samples(begin: np.ndarray, end: np.ndarray, size: int, count: int) -> np.ndarray:
    """Positions of the pixels of crops along one axis."""
    if count == 1:
        return np.float32(0.5) * (begin + end)[:, None] * np.float32(size - 1)
    step = (end - begin) * np.float32(size - 1) / np.float32(count - 1)
    return begin[:, None] * np.float32(size - 1) + np.arange(count, dtype="float32") * step[:, None]


def _inside(positions: np.ndarray, size: int) -> np.ndarray:
    return (positions >= 0) & (positions <= size - 1)


class Suppressed(NamedTuple):
    """Indices of the boxes that are kept, and their scores."""

    selected_indices: Tensor
    selected_scores: Tensor


def _overlaps(boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of each pair of boxes."""
    low = np.minimum(boxes[:, :2], boxes[:, 2:])
    high = np.maximum(boxes[:, :2], boxes[:, 2:])
    area = np.prod(high - low, axis=1)
    sides = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    shared = np.prod(np.maximum(sides, 0), axis=2)
    union = area[:, None] + area - shared
    return np.where(union > 0, shared / np.where(union > 0, union, 1), 0.0)


def _kept(
    overlaps: np.ndarray, scores: Any, count: int, most: float, lowest: float, sigma: float = 0.0
) -> tuple[list[int], list[float]]:
    """Indices and scores of the boxes that remain, the best first; soft suppression (Bodla et al., 2017) with sigma."""
    left = {i: float(s) for i, s in enumerate(np.asarray(scores, "float64")) if s > lowest}
    indices: list[int] = []
    found: list[float] = []
    while left and len(indices) < count:
        best = max(left, key=lambda i: (left[i], -i))
        indices.append(best)
        found.append(left.pop(best))
        for i in list(left):
            overlap = overlaps[best, i]
            if sigma > 0:
                left[i] *= np.exp(-0.5 * overlap**2 / sigma)
            elif overlap > most:
                left[i] = -np.inf
            if left[i] <= lowest:
                del left[i]
    return indices, found


def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: float = 0.5,
    score_threshold: float = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """Return the indices of at most ``max_output_size`` boxes, the best first, that do not overlap a better one much.

    Args:
        boxes: (boxes, 4).
        scores: (boxes,).
        max_output_size: maximum number.
        iou_threshold: intersection over union up to which boxes are kept.
        score_threshold: boxes need a greater score.
        name: no effect.

    >>> non_max_suppression([[0, 0, 2, 2], [0, 0, 2, 1.9], [5, 5, 6, 6]], [0.5, 0.9, 0.3], 5).tolist()
    [1, 2]
    """
    overlaps = _overlaps(np.asarray(boxes, "float64"))
    indices, _ = _kept(overlaps, scores, int(max_output_size), iou_threshold, score_threshold)
    return _ops.convert_to_tensor(np.array(indices, "int32"))


def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: float = 0.5,
    score_threshold: float = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """`non_max_suppression` by a matrix of overlaps, (boxes, boxes)."""
    indices, _ = _kept(np.asarray(overlaps), scores, int(max_output_size), overlap_threshold, score_threshold)
    return _ops.convert_to_tensor(np.array(indices, "int32"))


def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: float = 0.5,
    score_threshold: float = float("-inf"),
    soft_nms_sigma: float = 0.0,
    name: str | None = None,
) -> Suppressed:
    """`non_max_suppression` with scores, which overlapping boxes lower by a Gaussian if sigma is not 0."""
    overlaps = _overlaps(np.asarray(boxes, "float64"))
    found = _kept(overlaps, scores, int(max_output_size), iou_threshold, score_threshold, soft_nms_sigma)
    indices, kept = np.array(found[0], "int32"), np.array(found[1], "float32")
    return Suppressed(_ops.convert_to_tensor(indices), _ops.convert_to_tensor(kept))


def draw_bounding_boxes(images: Any, boxes: Any, colors: Any, name: str | None = None) -> Tensor:
    """Return images with the outlines of boxes, one pixel wide.

    Args:
        images: floats of shape (batch, height, width, channels).
        boxes: (batch, boxes, 4), in units of height - 1 and width - 1.
        colors: (colors, channels), taken in turn.
        name: no effect.
    """
    x = _ops.convert_to_tensor(images)
    found, colors = x.numpy().copy(), np.asarray(colors)
    scale = np.array([found.shape[1] - 1, found.shape[2] - 1] * 2)
    for image, own in zip(found, np.asarray(boxes, "float64"), strict=True):
        for number, box in enumerate(own):
            top, left, bottom, right = (box * scale).astype(int).tolist()
            rows = slice(max(top, 0), max(min(bottom, image.shape[0] - 1) + 1, 0))
            columns = slice(max(left, 0), max(min(right, image.shape[1] - 1) + 1, 0))
            color = colors[number % len(colors)][: image.shape[-1]]
            for row in {top, bottom} & set(range(image.shape[0])):
                image[row, columns] = color
            for column in {left, right} & set(range(image.shape[1])):
                image[rows, column] = color
    return _ops.convert_to_tensor(found, dtype=x.dtype)
