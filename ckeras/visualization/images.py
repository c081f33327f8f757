"""Batches of images as arrays that can be drawn on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config


def checked_images(images: Any, data_format: str | None, where: str) -> np.ndarray:
    """A batch of images as an array (batch, height, width, channels).

    Raises:
        ValueError: if it is no batch of images with one or three channels.
    """
    found = np.asarray(images)
    if found.ndim != 4:
        raise ValueError(f"{where} expects images of shape (batch, height, width, channels), got {found.shape}")
    if data_format not in (None, "channels_last", "channels_first"):
        raise ValueError(f"{where} expects data_format to be 'channels_last' or 'channels_first', got {data_format!r}")
    if (data_format or config.image_data_format()) == "channels_first":
        found = np.moveaxis(found, 1, -1)
    if found.shape[-1] not in (1, 3):
        raise ValueError(f"{where} expects images of 1 or 3 channels, got {found.shape[-1]}")
    return found


def as_bytes(images: np.ndarray, value_range: tuple[float, float] = (0, 255)) -> np.ndarray:
    """Images of three channels in uint8, whose values lay in ``value_range``.

    Raises:
        ValueError: if the range is empty.
    """
    low, high = value_range
    if not low < high:
        raise ValueError(f"value_range must be a minimum and a larger maximum, got {value_range!r}")
    scaled = (np.asarray(images, "float64") - low) * (255.0 / (high - low))
    found = np.clip(np.rint(scaled), 0, 255).astype("uint8")
    return np.repeat(found, 3, axis=-1) if found.shape[-1] == 1 else found
