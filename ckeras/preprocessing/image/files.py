"""Image files to Pillow images, and arrays to image files."""

from __future__ import annotations

import io
import os
import pathlib
from typing import Any

from ckeras.preprocessing.image.conversion import array_to_img, checked_data_format
from ckeras.preprocessing.image.pillow import pillow
from ckeras.utils.tracebacks import warn

# Color mode -> the mode of Pillow, and modes that are left as they are.
COLOR_MODES: dict[str, tuple[str, tuple[str, ...]]] = {
    "grayscale": ("L", ("L", "I;16", "I")),
    "rgb": ("RGB", ("RGB",)),
    "rgba": ("RGBA", ("RGBA",)),
}
CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
    *,
    grayscale: bool = False,
) -> Any:
    """Load an image file.

    Args:
        path: path, or an open binary file.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``; grayscale images of 16 or 32 bits keep these.
        target_size: (height, width) to resize to; `None` for the size of the file.
        interpolation: ``"nearest"``, ``"bilinear"``, ``"bicubic"``, ``"hamming"``, ``"box"`` or ``"lanczos"``.
        keep_aspect_ratio: whether the image is cropped to the aspect ratio of ``target_size`` first.
        grayscale: older spelling of ``color_mode="grayscale"``.

    Returns:
        image of Pillow.

    Raises:
        ValueError: if ``color_mode`` or ``interpolation`` is unknown, or ``target_size`` not two positive integers.
        OSError: if there is no such file, or it is damaged or no image; names it.
        ImportError: if Pillow is not installed.

    >>> save_img("dark.png", [[[0], [9]]], scale=False)
    >>> load_img("dark.png", target_size=(2, 4)).size
    (4, 2)
    """
    if grayscale:
        warn("load_img: grayscale=True is now color_mode='grayscale'")
        color_mode = "grayscale"
    mode, kept = _one_of(COLOR_MODES, color_mode, "color_mode")
    _one_of(dict.fromkeys(INTERPOLATIONS), interpolation, "interpolation")
    if target_size is not None and (len(target_size) != 2 or any(int(n) != n or n < 1 for n in target_size)):
        raise ValueError(f"load_img expects target_size to be two positive integers or None, got {target_size!r}")
    image = pillow("load_img")
    if not isinstance(path, io.IOBase):
        path = os.fspath(path)
    try:
        with image.open(path) as file:
            img = file.convert(mode) if file.mode not in kept else file.copy()
    except OSError as error:
        if str(path) in str(error):
            raise
        raise OSError(f"load_img cannot read {path!r}: {error}") from error
    if target_size is None:
        return img
    height, width = map(int, target_size)
    if img.size == (width, height):
        return img
    box = _central_box(img.size[0], img.size[1], width, height) if keep_aspect_ratio else None
    return img.resize((width, height), image.Resampling[interpolation.upper()], box)


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Save an array as an image file.

    Args:
        path: path, or an open binary file.
        x: array, as in `array_to_img`.
        data_format, scale: as in `array_to_img`.
        file_format: of the file, such as ``"png"``; `None` for that of the name's suffix.
        **kwargs: arguments of Pillow's ``save``.

    Raises:
        ValueError: as `array_to_img`, or if the format is unknown.
        ImportError: if Pillow is not installed.
    """
    img = array_to_img(x, checked_data_format(data_format, "save_img"), scale)
    suffix = pathlib.PurePath(path).suffix[1:] if isinstance(path, (str, os.PathLike)) else ""
    if img.mode == "RGBA" and (file_format or suffix).lower() in ("jpg", "jpeg"):
        warn("save_img: JPEG files have no alpha channel, which is left out")
        img = img.convert("RGB")
    img.save(path, format="jpeg" if file_format == "jpg" else file_format, **kwargs)


def _one_of(table: dict[str, Any], key: Any, name: str) -> Any:
    if key not in table:
        raise ValueError(f"load_img expects {name} to be one of {', '.join(table)}, got {key!r}")
    return table[key]


def _central_box(width: int, height: int, target_width: int, target_height: int) -> tuple[int, int, int, int]:
    """The largest central part of the target's aspect ratio: left, upper, right, lower."""
    cropped_height = min(height, width * target_height // target_width)
    cropped_width = min(width, height * target_width // target_height)
    left, upper = (width - cropped_width) // 2, (height - cropped_height) // 2
    return left, upper, left + cropped_width, upper + cropped_height
