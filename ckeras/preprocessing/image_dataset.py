"""Image files of a folder as a data set."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ckeras.ops.image import resize
from ckeras.preprocessing.image.conversion import checked_data_format, img_to_array
from ckeras.preprocessing.image.files import CHANNELS, load_img
from ckeras.preprocessing.labels import FileDataset, Options
from ckeras.preprocessing.text_dataset import check_format

_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> FileDataset | list[FileDataset]:
    """Return a data set of the image files (BMP, GIF, JPEG, PNG) below a folder, resized to one size.

    Args:
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links,
            format, verbose: as in `text_dataset_from_directory`.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``, for 1, 3 or 4 channels.
        image_size: (height, width).
        interpolation: ``"bilinear"``, ``"nearest"``, ``"bicubic"``, ``"lanczos3"`` or ``"lanczos5"``.
        crop_to_aspect_ratio: whether images are cropped to the aspect ratio of ``image_size`` first.
        pad_to_aspect_ratio: whether they are resized to fit into ``image_size`` and padded with 0 on both sides.
        data_format: ``"channels_last"``, ``"channels_first"``, or `None` for the default.

    Returns:
        data set of float32 images from 0 to 255 (uint8 for ``interpolation="nearest"``), of the shape
        (batch, height, width, channels) or (batch, channels, height, width), or of (images, targets), with the
        attributes ``class_names`` and ``file_paths``.

    Raises:
        ValueError: if an argument is not one of these, or there are no files.
        ImportError: if Pillow is not installed.

    >>> import os, numpy as np
    >>> from ckeras.utils import save_img
    >>> for name in ("cat", "dog"):
    ...     os.makedirs(f"pets/{name}")
    ...     save_img(f"pets/{name}/1.png", np.ones((5, 7, 3)))
    >>> dataset = image_dataset_from_directory("pets", image_size=(4, 4), verbose=False)
    >>> for images, labels in dataset:
    ...     print(images.shape, sorted(labels.tolist()), dataset.class_names)
    (2, 4, 4, 3) [0, 1] ['cat', 'dog']
    """
    where = "image_dataset_from_directory"
    check_format(format, where)
    for name, value, known in (
        ("color_mode", color_mode, tuple(CHANNELS)), ("interpolation", interpolation, _INTERPOLATIONS),
    ):  # fmt: skip
        if value not in known:
            raise ValueError(f"{where} expects {name} to be one of {', '.join(known)}, got {value!r}")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(f"{where} expects at most one of crop_to_aspect_ratio and pad_to_aspect_ratio, got both")
    if len(image_size) != 2 or any(int(n) != n or n < 1 for n in image_size):
        raise ValueError(f"{where} expects image_size to be two positive integers, got {image_size!r}")
    data_format = checked_data_format(data_format, where)
    options = Options(
        where, os.fspath(directory), labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
        subset, follow_links, verbose,
    ).checked()  # fmt: skip
    dtype = "uint8" if interpolation == "nearest" else "float32"

    def load(path: str) -> np.ndarray:
        pixels = img_to_array(load_img(path, color_mode), "channels_last", dtype)
        size = tuple(map(int, image_size))
        if pad_to_aspect_ratio:
            found = _fitted(pixels, size, interpolation)
        else:
            options_of_size = {"crop_to_aspect_ratio": crop_to_aspect_ratio, "data_format": "channels_last"}
            found = np.asarray(resize(pixels, size, interpolation, **options_of_size))
        return found.transpose(2, 0, 1) if data_format == "channels_first" else found

    return options.datasets(_SUFFIXES, load)


def _fitted(pixels: np.ndarray, size: tuple[int, ...], interpolation: str) -> np.ndarray:
    """Resize an image to fit into a size, and pad it with 0 on both sides."""
    ratio = max(pixels.shape[axis] / size[axis] for axis in (0, 1))
    fitted = [pixels.shape[axis] / ratio for axis in (0, 1)]
    inner = tuple(max(1, int(length)) for length in fitted)
    before = [int((size[axis] - fitted[axis]) / 2) for axis in (0, 1)]
    after = [size[axis] - inner[axis] - before[axis] for axis in (0, 1)]
    image = np.asarray(resize(pixels, inner, interpolation, data_format="channels_last"))
    return np.pad(image, (*zip(before, after, strict=True), (0, 0)))
