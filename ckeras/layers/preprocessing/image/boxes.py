"""Bounding boxes as tensors of one shape."""

from __future__ import annotations

from typing import Any

from ckeras import ops


def dense_boxes(bounding_boxes: Any, name: str) -> dict[str, Any]:
    """Boxes and labels as tensors; lists of different lengths are padded with boxes of zeros, labeled -1.

    Args:
        bounding_boxes: dict of "boxes", (batch, n, 4) or (n, 4), and "labels", (batch, n) or (n,); other entries stay.
        name: of the layer, for errors.

    Raises:
        ValueError: if an entry is missing, or the shapes do not fit.
    """
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= bounding_boxes.keys():
        found = sorted(bounding_boxes) if isinstance(bounding_boxes, dict) else type(bounding_boxes).__name__
        raise ValueError(f"layer {name!r} expects 'bounding_boxes' to be a dict of 'boxes' and 'labels', got {found}")
    boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
    if isinstance(boxes, (list, tuple)):
        boxes, labels = _padded(list(boxes), labels, name)
    boxes, labels = ops.cast(ops.convert_to_tensor(boxes), "float32"), ops.convert_to_tensor(labels)
    axes = len(boxes.shape)
    if axes not in (2, 3) or boxes.shape[-1] != 4 or len(labels.shape) not in (axes - 1, axes):
        raise ValueError(
            f"layer {name!r} expects boxes of the shape (n, 4) or (batch, n, 4), and a label for each, got shapes "
            f"{boxes.shape} and {labels.shape}"
        )
    return {**bounding_boxes, "boxes": boxes, "labels": labels}


def _padded(boxes: list[Any], labels: Any, name: str) -> tuple[Any, Any]:
    if not isinstance(labels, (list, tuple)) or len(labels) != len(boxes):
        raise ValueError(f"layer {name!r} expects labels of boxes in a list of {len(boxes)}, got {labels!r:.80}")
    rows = [ops.shape(b)[0] if hasattr(b, "shape") else len(b) for b in boxes]
    if not boxes or not all(hasattr(b, "__len__") and (not len(b) or hasattr(b[0], "__len__")) for b in boxes):
        return boxes, list(labels)  # the boxes of one image
    most = max(rows)
    pad = [[0.0] * 4]
    full = [[*map(list, b), *pad * (most - n)] for b, n in zip(boxes, rows, strict=True)]
    return full, [[*one, *[-1] * (most - n)] for one, n in zip(labels, rows, strict=True)]
