"""Images of Pillow to arrays, and arrays to images."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config
from ckeras.preprocessing.image.pillow import pillow

DATA_FORMATS = ("channels_first", "channels_last")


def checked_data_format(data_format: str | None, function: str) -> str:
    """Return ``data_format`` or the default.

    Raises:
        ValueError: if there is no such format.
    """
    data_format = config.image_data_format() if data_format is None else data_format
    if data_format not in DATA_FORMATS:
        raise ValueError(f"{function} expects data_format to be one of {', '.join(DATA_FORMATS)}, got {data_format!r}")
    return data_format


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """Return the pixels of a Pillow image as an array of three axes.

    Args:
        img: a Pillow image, or an array of 2 or 3 axes (height, width, channels).
        data_format: ``"channels_first"``, ``"channels_last"``, or `None` for the default.
        dtype: of the array; `None` for the default float type.

    Returns:
        array of the shape (height, width, channels) or (channels, height, width).

    Raises:
        ValueError: if the image has another number of axes.

    >>> img_to_array([[0, 255]]).tolist()
    [[[0.0], [255.0]]]
    """
    data_format = checked_data_format(data_format, "img_to_array")
    x = np.array(img, config.floatx() if dtype is None else dtype)
    if x.ndim == 2:
        x = x[:, :, None]
    elif x.ndim != 3:
        raise ValueError(f"img_to_array expects an image of 2 or 3 axes, got the shape {x.shape}")
    return x.transpose(2, 0, 1) if data_format == "channels_first" else x


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """Return a Pillow image of an array.

    Args:
        x: array of three axes, with 1, 3 or 4 channels.
        data_format: as in `img_to_array`.
        scale: whether to map the minimum and maximum of ``x`` to 0 and 255.
        dtype: in which this is computed; `None` for the default float type.

    Raises:
        ValueError: if ``x`` does not have three axes or has another number of channels.
        ImportError: if Pillow is not installed.

    >>> import numpy as np
    >>> array_to_img(np.arange(6.0).reshape(1, 2, 3)).getpixel((1, 0))
    (153, 204, 255)
    """
    data_format = checked_data_format(data_format, "array_to_img")
    x = np.asarray(x, config.floatx() if dtype is None else dtype)
    if x.ndim != 3:
        raise ValueError(f"array_to_img expects x to have 3 axes, got the shape {x.shape}")
    if data_format == "channels_first":
        x = x.transpose(1, 2, 0)
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"array_to_img expects 1, 3 or 4 channels, got {x.shape[2]}")
    image = pillow("array_to_img")
    if scale and x.size:
        x = x - x.min()
        maximum = x.max()
        x = (x / maximum if maximum else x) * 255
    if x.shape[2] == 1:
        wide = x.size and x.max() > 255
        return image.fromarray(x[:, :, 0].astype("int32" if wide else "uint8"))
    return image.fromarray(x.astype("uint8"))
