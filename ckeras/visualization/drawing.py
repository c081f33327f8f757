"""Bounding boxes and segmentation masks drawn on images."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np

from ckeras.preprocessing.image.pillow import pillow
from ckeras.utils import bounding_boxes as boxes_module
from ckeras.visualization.images import as_bytes, checked_images

Color = tuple[int, int, int]


def draw_bounding_boxes(
    images: Any,
    bounding_boxes: dict[str, Any],
    bounding_box_format: str,
    class_mapping: dict[int, str] | None = None,
    color: Color = (128, 128, 128),
    line_thickness: int = 2,
    text_thickness: int = 1,
    font_scale: float = 1.0,
    data_format: str | None = None,
) -> np.ndarray:
    """Draw boxes on images, with the names of their classes and confidences.

    Args:
        images: Array of shape (batch, height, width, channels) with values in 0 to 255, and 1 or 3 channels.
        bounding_boxes: Dict of "boxes" (batch, n, 4), "labels" (batch, n), and maybe "confidences" (batch, n). Boxes
            with a negative label are not drawn.
        bounding_box_format: Format of the boxes, as for `ckeras.utils.bounding_boxes.convert_format`.
        class_mapping: Label -> name to write above the box; none is written if None.
        color: Red, green and blue, 0 to 255.
        line_thickness: Thickness of the lines in pixels.
        text_thickness: Thickness of the text's strokes in pixels.
        font_scale: Size of the text; 1 is 22 pixels.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Returns:
        uint8 array of shape (batch, height, width, 3).

    Raises:
        ImportError: if Pillow is not installed.
        ValueError: if images or boxes have another shape, or the dict lacks an entry.
    """
    where = "draw_bounding_boxes"
    images = as_bytes(checked_images(images, data_format, where))
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= bounding_boxes.keys():
        given = sorted(bounding_boxes) if isinstance(bounding_boxes, dict) else type(bounding_boxes).__name__
        raise ValueError(f"{where} expects bounding_boxes to be a dict with 'boxes' and 'labels', got {given}")
    count, height, width = images.shape[:3]
    boxes = boxes_module.convert_format(bounding_boxes["boxes"], bounding_box_format, "xyxy", height, width)
    boxes, labels = np.rint(np.asarray(boxes)), np.asarray(bounding_boxes["labels"]).astype(int)
    confidences = bounding_boxes.get("confidences")
    confidences = None if confidences is None else np.asarray(confidences)
    if boxes.ndim != 3 or len(boxes) != count or labels.shape != boxes.shape[:2]:
        raise ValueError(
            f"{where} expects boxes of shape ({count}, n, 4) and labels of shape ({count}, n), got {boxes.shape} and "
            f"{labels.shape}"
        )
    image_module = pillow(where)
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(size=max(22 * font_scale, 1))
    found = []
    for i, image in enumerate(images):
        picture = image_module.fromarray(image)
        draw = ImageDraw.Draw(picture)
        for j in np.flatnonzero(labels[i] >= 0):
            left, top, right, bottom = boxes[i, j].tolist()
            corners = [min(left, right), min(top, bottom), max(left, right), max(top, bottom)]
            draw.rectangle(corners, outline=tuple(color), width=int(line_thickness))
            if class_mapping is not None:
                text = str(class_mapping.get(int(labels[i, j]), labels[i, j]))
                text += "" if confidences is None else f", {float(confidences[i, j]):.2f}"
                position = (corners[0], max(corners[1] - 26 * font_scale, 0))
                draw.text(position, text, fill=tuple(color), font=font, stroke_width=max(int(text_thickness) - 1, 0))
        found.append(np.asarray(picture))
    return np.stack(found) if found else images


def draw_segmentation_masks(
    images: Any,
    segmentation_masks: Any,
    num_classes: int | None = None,
    color_mapping: dict[int, Color] | None = None,
    alpha: float = 0.8,
    blend: bool = True,
    ignore_index: int = -1,
    data_format: str | None = None,
) -> np.ndarray:
    """Color the pixels of images by their classes.

    Args:
        images: Array of shape (batch, height, width, channels) with values in 0 to 255, and 1 or 3 channels.
        segmentation_masks: Integer classes of shape (batch, height, width) or (batch, height, width, 1); 0 is the
            background, which is not colored.
        num_classes: Number of classes; the largest of the masks if None.
        color_mapping: Class -> red, green and blue; colors of equally spaced hues if None.
        alpha: Weight of the color, 0 to 1.
        blend: Whether ``alpha`` applies; else pixels take the color alone.
        ignore_index: Class whose pixels are not colored.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Returns:
        uint8 array of shape (batch, height, width, 3).

    Raises:
        TypeError: if the masks are not integers.
        ValueError: if images or masks have another shape, or alpha is not between 0 and 1.

    >>> images = np.full((1, 1, 2, 3), 100)
    >>> draw_segmentation_masks(images, np.array([[[0, 1]]]), color_mapping={1: (200, 0, 0)}, alpha=0.5)[0, 0].tolist()
    [[100, 100, 100], [150, 50, 50]]
    """
    where = "draw_segmentation_masks"
    images = as_bytes(checked_images(images, data_format, where))
    masks = np.asarray(segmentation_masks)
    if masks.dtype.kind not in "iu":
        raise TypeError(f"{where} expects segmentation_masks of an integer dtype, got {masks.dtype}")
    masks = masks[..., 0] if masks.ndim == 4 and masks.shape[-1] == 1 else masks
    if masks.shape != images.shape[:3]:
        raise ValueError(f"{where} expects segmentation_masks of shape {images.shape[:3]}, got {masks.shape}")
    if not 0 <= alpha <= 1:
        raise ValueError(f"{where} expects alpha between 0 and 1, got {alpha}")
    classes = int(masks.max(initial=0)) if num_classes is None else int(num_classes)
    colors = _hues(classes) if color_mapping is None else color_mapping
    found = images.copy()
    for label in np.unique(masks).tolist():
        if label <= 0 or label == ignore_index:
            continue
        if label not in colors:
            raise ValueError(f"{where} expects a color for each class, and there is none for {label}")
        where_label = masks == label
        weight = alpha if blend else 1.0
        mixed = weight * np.asarray(colors[label], "float64") + (1.0 - weight) * images[where_label]
        found[where_label] = np.rint(mixed).astype("uint8")
    return found


def _hues(count: int) -> dict[int, Color]:
    """A color for each class from 1 to ``count``."""
    colors = (colorsys.hsv_to_rgb(i / max(count, 1), 0.8, 1.0) for i in range(count))
    return {i + 1: tuple(round(255 * x) for x in color) for i, color in enumerate(colors)}
