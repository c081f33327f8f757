"""Formats of bounding boxes, and conversion between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import ops
from ckeras.tensor import dtypes

# Format -> (to left, top, right, bottom; and back), of four tensors.
_Corners = tuple[Any, Any, Any, Any]
_FORMATS: dict[str, tuple[Callable[..., _Corners], Callable[..., _Corners]]] = {
    "xyxy": (lambda a, b, c, d: (a, b, c, d), lambda l, t, r, b: (l, t, r, b)),  # noqa: E741
    "yxyx": (lambda a, b, c, d: (b, a, d, c), lambda l, t, r, b: (t, l, b, r)),  # noqa: E741
    "xywh": (lambda x, y, w, h: (x, y, x + w, y + h), lambda l, t, r, b: (l, t, r - l, b - t)),  # noqa: E741
    "center_xywh": (
        lambda x, y, w, h: (x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0),
        lambda l, t, r, b: ((l + r) / 2.0, (t + b) / 2.0, r - l, b - t),  # noqa: E741
    ),
    "center_yxhw": (
        lambda y, x, h, w: (x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0),
        lambda l, t, r, b: ((t + b) / 2.0, (l + r) / 2.0, b - t, r - l),  # noqa: E741
    ),
}
RELATIVE = ("rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")
FORMATS = (*_FORMATS, *RELATIVE)


def checked_format(name: Any, where: str, argument: str) -> str:
    """A format in lower case.

    Raises:
        ValueError: if there is none of that name.
    """
    found = name.lower() if isinstance(name, str) else None
    if found not in FORMATS:
        raise ValueError(f"{where} expects {argument} to be one of {', '.join(FORMATS)}, got {name!r}")
    return found


def convert_format(
    boxes: Any, source: str, target: str, height: int | None = None, width: int | None = None, dtype: str = "float32"
) -> Any:
    """Convert bounding boxes from one format to another.

    The formats, in any case, are "xyxy" (left, top, right, bottom), "yxyx", "xywh" (left, top, width, height),
    "center_xywh", "center_yxhw", and "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh", whose coordinates are
    fractions of the image's width and height.

    Args:
        boxes: Array of shape (..., n, 4), or a dict with such as "boxes".
        source: Format of the boxes.
        target: Format to convert to.
        height, width: Size of the image in pixels; needed to convert to or from a relative format.
        dtype: Float dtype of the result.

    Returns:
        Tensor of the shape of ``boxes``; for a dict, the dict with converted "boxes".

    Raises:
        ValueError: for an unknown format, boxes of another shape, or a size that is needed and not given.

    >>> import numpy as np
    >>> convert_format(np.array([[10.0, 20.0, 30.0, 40.0]]), "xyxy", "center_xywh").tolist()
    [[20.0, 30.0, 20.0, 20.0]]
    >>> convert_format(np.array([[10.0, 20.0, 30.0, 40.0]]), "xyxy", "rel_yxyx", height=128, width=64).tolist()
    [[0.15625, 0.15625, 0.3125, 0.46875]]
    """
    if isinstance(boxes, dict):
        return {**boxes, "boxes": convert_format(boxes["boxes"], source, target, height, width, dtype)}
    source = checked_format(source, "convert_format", "source")
    target = checked_format(target, "convert_format", "target")
    boxes = as_boxes(boxes, "convert_format", dtype)
    if source == target:
        return boxes
    before, after = source.removeprefix("rel_"), target.removeprefix("rel_")
    scaled = source.startswith("rel_") != target.startswith("rel_")
    if scaled and (height is None or width is None):
        raise ValueError(
            f"convert_format expects height and width to convert from {source!r} to {target!r}, got height={height}, "
            f"width={width}"
        )
    corners = _FORMATS[before][0](*(boxes[..., i : i + 1] for i in range(4)))
    if scaled:
        sizes = [ops.cast(size, dtype) for size in (width, height, width, height)]
        corners = tuple(x * s if source.startswith("rel_") else x / s for x, s in zip(corners, sizes, strict=True))
    return ops.concatenate(_FORMATS[after][1](*corners), axis=-1)


def as_boxes(boxes: Any, where: str, dtype: str = "float32") -> Any:
    """Boxes as a float tensor.

    Raises:
        ValueError: if the dtype is none of floats, or the shape is not (..., 4).
    """
    dtype = dtypes.standardize(dtype)
    if dtype not in dtypes.FLOATS:
        raise ValueError(f"{where} expects a float dtype, got {dtype!r}")
    boxes = ops.cast(ops.convert_to_tensor(boxes), dtype)
    if len(boxes.shape) < 2 or boxes.shape[-1] != 4:
        raise ValueError(f"{where} expects boxes of shape (..., n, 4), got {boxes.shape}")
    return boxes
