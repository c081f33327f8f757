"""Galleries of images, with Matplotlib."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ckeras.visualization.drawing import Color, draw_bounding_boxes, draw_segmentation_masks
from ckeras.visualization.images import as_bytes, checked_images
from ckeras.visualization.plotting import matplotlib


def plot_image_gallery(
    images: Any,
    y_true: Any = None,
    y_pred: Any = None,
    label_map: dict[int, str] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    value_range: tuple[float, float] = (0, 255),
    scale: float = 2,
    path: str | None = None,
    show: bool | None = None,
    transparent: bool = True,
    dpi: int = 60,
    legend_handles: list[Any] | None = None,
    data_format: str | None = None,
) -> Any:
    """Plot images in a grid, with their true and predicted labels.

    Args:
        images: Array of shape (batch, height, width, channels), with 1 or 3 channels.
        y_true, y_pred: Integer labels of shape (batch,), or None.
        label_map: Label -> name; needed with ``y_true`` or ``y_pred``.
        rows, cols: Size of the grid; what is None follows from the number of images.
        value_range: Smallest and largest value of the images.
        scale: Width and height of an image in inches.
        path: File to save the figure to, or None.
        show: Whether to show the figure; only if it is not saved, when None.
        transparent: Whether the saved figure has a transparent background.
        dpi: Dots per inch of the saved figure.
        legend_handles: Matplotlib's handles for a legend, or None.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Returns:
        The Matplotlib figure.

    Raises:
        ImportError: if Matplotlib is not installed.
        ValueError: if images have another shape, labels come without ``label_map`` or in another number, the grid is
            too small, or both ``path`` and ``show`` are given.
    """
    where = "plot_image_gallery"
    images = as_bytes(checked_images(images, data_format, where), value_range)
    if path is not None and show:
        raise ValueError(f"{where} expects either path or show=True, got both")
    titles = _titles(len(images), y_true, y_pred, label_map, where)
    rows, cols = _grid(len(images), rows, cols, where)
    plt, _ = matplotlib(where)
    figure, axes = plt.subplots(rows, cols, figsize=(scale * cols, scale * rows), squeeze=False, layout="tight")
    for i, axis in enumerate(axes.flat):
        axis.axis("off")
        if i < len(images):
            axis.imshow(images[i])
            if titles is not None:
                axis.set_title(titles[i])
    if legend_handles is not None:
        figure.legend(handles=legend_handles, loc="lower center")
    if path is not None:
        figure.savefig(path, transparent=transparent, dpi=dpi, bbox_inches="tight", pad_inches=0)
        plt.close(figure)
    elif show is None or show:
        plt.show()
    return figure


def _titles(count: int, y_true: Any, y_pred: Any, names: dict[int, str] | None, where: str) -> list[str] | None:
    lines = []
    for title, labels in (("Truth", y_true), ("Pred", y_pred)):
        if labels is None:
            continue
        if names is None:
            raise ValueError(f"{where} expects label_map with y_true or y_pred")
        labels = np.asarray(labels).ravel()
        if len(labels) != count:
            raise ValueError(f"{where} expects {count} labels, one for each image, got {len(labels)}")
        lines.append([f"{title}: {names.get(int(label), label)}" for label in labels])
    return ["\n".join(parts) for parts in zip(*lines, strict=True)] if lines else None


def _grid(count: int, rows: int | None, cols: int | None, where: str) -> tuple[int, int]:
    if rows is None and cols is None:
        cols = math.ceil(math.sqrt(count)) or 1
    rows = math.ceil(count / cols) or 1 if rows is None else rows
    cols = math.ceil(count / rows) or 1 if cols is None else cols
    if rows < 1 or cols < 1 or rows * cols < count:
        raise ValueError(f"{where} expects rows * cols of {count} or more, got {rows} * {cols}")
    return rows, cols


def plot_bounding_box_gallery(
    images: Any,
    bounding_box_format: str,
    y_true: dict[str, Any] | None = None,
    y_pred: dict[str, Any] | None = None,
    value_range: tuple[float, float] = (0, 255),
    true_color: Color = (0, 188, 212),
    pred_color: Color = (255, 235, 59),
    line_thickness: int = 2,
    font_scale: float = 1.0,
    text_thickness: int | None = None,
    class_mapping: dict[int, str] | None = None,
    ground_truth_mapping: dict[int, str] | None = None,
    prediction_mapping: dict[int, str] | None = None,
    legend: bool = False,
    legend_handles: list[Any] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    data_format: str | None = None,
    **kwargs: Any,
) -> Any:
    """Plot images with their true and predicted boxes in a grid.

    Args:
        images: Array of shape (batch, height, width, channels), with 1 or 3 channels.
        bounding_box_format: Format of the boxes, as for `ckeras.utils.bounding_boxes.convert_format`.
        y_true, y_pred: Boxes as for `draw_bounding_boxes`, or None.
        value_range: Smallest and largest value of the images.
        true_color, pred_color: Colors of the two kinds of boxes.
        line_thickness, font_scale: As for `draw_bounding_boxes`.
        text_thickness: Likewise; ``line_thickness`` if None.
        class_mapping: Label -> name for both kinds.
        ground_truth_mapping, prediction_mapping: Label -> name for one kind, before ``class_mapping``.
        legend: Whether to add a legend of the two colors.
        legend_handles: Matplotlib's handles for a legend of one's own.
        rows, cols, kwargs: As for `plot_image_gallery`.
        data_format: "channels_last" or "channels_first"; the global setting if None.

    Returns:
        The Matplotlib figure.

    Raises:
        ValueError: if both ``legend`` and ``legend_handles`` are given, or as `draw_bounding_boxes` does.
    """
    where = "plot_bounding_box_gallery"
    if legend and legend_handles is not None:
        raise ValueError(f"{where} expects either legend=True or legend_handles, got both")
    pictures = as_bytes(checked_images(images, data_format, where), value_range)
    kinds = (
        ("Ground Truth", y_true, true_color, ground_truth_mapping or class_mapping),
        ("Predictions", y_pred, pred_color, prediction_mapping or class_mapping),
    )
    options = {"line_thickness": line_thickness, "font_scale": font_scale, "data_format": "channels_last"}
    options["text_thickness"] = line_thickness if text_thickness is None else text_thickness
    for _, boxes, color, names in kinds:
        if boxes is not None:
            pictures = draw_bounding_boxes(pictures, boxes, bounding_box_format, names, color, **options)
    if legend:
        _, patches = matplotlib(where)
        legend_handles = [
            patches.Patch(color=np.array(color) / 255.0, label=title)
            for title, boxes, color, _ in kinds
            if boxes is not None
        ]
    return plot_image_gallery(
        pictures, rows=rows, cols=cols, legend_handles=legend_handles, data_format="channels_last", **kwargs
    )


def plot_segmentation_mask_gallery(
    images: Any,
    num_classes: int,
    value_range: tuple[float, float] = (0, 255),
    y_true: Any = None,
    y_pred: Any = None,
    color_mapping: dict[int, Color] | None = None,
    blend: bool = True,
    alpha: float = 0.8,
    ignore_index: int = -1,
    data_format: str | None = None,
    **kwargs: Any,
) -> Any:
    """Plot images next to the same images with their true and predicted masks.

    Args:
        images: Array of shape (batch, height, width, channels), with 1 or 3 channels.
        num_classes, color_mapping, blend, alpha, ignore_index: As for `draw_segmentation_masks`.
        value_range: Smallest and largest value of the images.
        y_true, y_pred: Masks as for `draw_segmentation_masks`, or None.
        data_format: "channels_last" or "channels_first"; the global setting if None.
        kwargs: As for `plot_image_gallery`.

    Returns:
        The Matplotlib figure: a row for each image, with the image, and its masks.
    """
    pictures = as_bytes(checked_images(images, data_format, "plot_segmentation_mask_gallery"), value_range)
    options = (num_classes, color_mapping, alpha, blend, ignore_index, "channels_last")
    shown = [pictures, *(draw_segmentation_masks(pictures, y, *options) for y in (y_true, y_pred) if y is not None)]
    grid = {"rows": len(pictures), "cols": len(shown), **kwargs}
    found = np.stack(shown, axis=1).reshape(-1, *pictures.shape[1:])
    return plot_image_gallery(found, data_format="channels_last", **grid)
