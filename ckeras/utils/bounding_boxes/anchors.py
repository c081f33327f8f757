"""Bounding boxes as differences from anchors, which detectors predict."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.utils.bounding_boxes.formats import convert_format

ENCODINGS = ("center_xywh", "center_yxhw")


def _checked(encoding: str, variance: Any, where: str) -> str:
    if encoding.lower() not in ENCODINGS:
        raise ValueError(f"{where} expects the encoding to be one of {', '.join(ENCODINGS)}, got {encoding!r}")
    if variance is not None and len(variance) != 4:
        raise ValueError(f"{where} expects variance to have 4 elements, got {len(variance)}")
    return encoding.lower()


def _size(image_shape: Any) -> tuple[Any, Any]:
    return (None, None) if image_shape is None else tuple(image_shape[:2])


def encode_box_to_deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: tuple[int, ...] | None = None,
) -> Any:
    """Encode boxes as differences from anchors: of centers over the anchor's size, and logarithms of the sizes' ratios.

    Args:
        anchors: Array of shape (n, 4).
        boxes: Array of shape (n, 4) or (batch, n, 4).
        anchor_format, box_format: Formats of both, as for `convert_format`.
        encoding_format: "center_xywh" or "center_yxhw": the order of the differences.
        variance: Four numbers by which the differences are divided, or None.
        image_shape: (height, width, channels) of the image, for relative formats.

    Returns:
        Tensor of the shape of ``boxes``.

    Raises:
        ValueError: for another encoding, or a variance of another length.

    >>> import numpy as np
    >>> encode_box_to_deltas(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2]]), "xyxy", "xyxy").tolist()
    [[0.0, 0.5, 0.0, 0.0]]
    """
    encoding = _checked(encoding_format, variance, "encode_box_to_deltas")
    anchors = convert_format(anchors, anchor_format, encoding, *_size(image_shape))
    boxes = convert_format(boxes, box_format, encoding, *_size(image_shape))
    anchor_sizes = ops.maximum(anchors[..., 2:], 1e-7)
    sizes = ops.maximum(boxes[..., 2:], 1e-7)
    deltas = ops.concatenate(
        [(boxes[..., :2] - anchors[..., :2]) / anchor_sizes, ops.log(sizes / anchor_sizes)], axis=-1
    )
    return deltas if variance is None else deltas / ops.convert_to_tensor(variance, dtype=deltas.dtype)


def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: tuple[int, ...] | None = None,
) -> Any:
    """Inverse of `encode_box_to_deltas`.

    Args:
        anchors: Array of shape (n, 4), or a dict of such by level.
        boxes_delta: Array of shape (n, 4) or (batch, n, 4), or a dict of such by level.
        anchor_format: Format of the anchors.
        box_format: Format of the result.
        encoded_format: "center_xywh" or "center_yxhw": the order of the differences.
        variance: Four numbers by which the differences are multiplied, or None.
        image_shape: (height, width, channels) of the image, for relative formats.

    Returns:
        Tensor of the shape of ``boxes_delta``, or a dict of such.

    Raises:
        ValueError: for another encoding, or a variance of another length.

    >>> import numpy as np
    >>> decode_deltas_to_boxes(np.array([[0.0, 0, 2, 2]]), np.array([[0.0, 0.5, 0, 0]]), "xyxy", "xyxy").tolist()
    [[1.0, 0.0, 3.0, 2.0]]
    """
    encoding = _checked(encoded_format, variance, "decode_deltas_to_boxes")
    if isinstance(anchors, dict):
        options = (anchor_format, box_format, encoded_format, variance, image_shape)
        return {level: decode_deltas_to_boxes(one, boxes_delta[level], *options) for level, one in anchors.items()}
    anchors = convert_format(anchors, anchor_format, encoding, *_size(image_shape))
    deltas = ops.cast(ops.convert_to_tensor(boxes_delta), anchors.dtype)
    if variance is not None:
        deltas = deltas * ops.convert_to_tensor(variance, dtype=deltas.dtype)
    centers = deltas[..., :2] * anchors[..., 2:] + anchors[..., :2]
    boxes = ops.concatenate([centers, ops.exp(deltas[..., 2:]) * anchors[..., 2:]], axis=-1)
    return convert_format(boxes, encoding, box_format, *_size(image_shape))
