"""Images to another size without a change of their aspect ratio."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.ops import convert_to_tensor
from ckeras.ops.image import resize
from ckeras.preprocessing.image.conversion import checked_data_format


def smart_resize(
    x: Any, size: Any, interpolation: str = "bilinear", data_format: str | None = "channels_last", **kwargs: Any
) -> Any:
    """Resize images without distortion: crop the central part of the aspect ratio of ``size``, and resize it.

    Args:
        x: one image or a batch of images.
        size: (height, width).
        interpolation: as in `ckeras.ops.image.resize`.
        data_format: ``"channels_last"``, ``"channels_first"``, or `None` for the default.
        **kwargs: ``backend_module`` has no effect.

    Returns:
        float images, an array if ``x`` is one, or a tensor.

    Raises:
        ValueError: if ``x`` does not have 3 or 4 axes, or ``size`` is not two positive integers.
        TypeError: for an unknown argument.

    >>> import numpy as np
    >>> smart_resize(np.ones((4, 6, 3)), (2, 2)).shape
    (2, 2, 3)
    """
    kwargs.pop("backend_module", None)
    if kwargs:
        raise TypeError(f"smart_resize got an unknown argument {next(iter(kwargs))!r}")
    if len(size) != 2 or any(int(n) != n or n < 1 for n in size):
        raise ValueError(f"smart_resize expects size to be two positive integers, got {size!r}")
    data_format = checked_data_format(data_format, "smart_resize")
    images = convert_to_tensor(x)
    if len(images.shape) not in (3, 4):
        raise ValueError(f"smart_resize expects x to have 3 or 4 axes, got the shape {images.shape}")
    rows = -3 if data_format == "channels_last" else -2
    cuts: list[Any] = [slice(None)] * len(images.shape)
    cuts[rows], cuts[rows + 1] = _central(images.shape[rows], images.shape[rows + 1], *map(int, size))
    found = resize(images[tuple(cuts)], tuple(map(int, size)), interpolation, data_format=data_format)
    return np.asarray(found) if isinstance(x, np.ndarray) else found


def _central(height: int, width: int, target_height: int, target_width: int) -> tuple[slice, slice]:
    """Slices of the largest central part of the target's aspect ratio."""
    cropped = (
        (height, max(1, min(height, int(width * target_height / target_width)))),
        (width, max(1, min(width, int(height * target_width / target_height)))),
    )
    first, second = (slice((whole - part) // 2, (whole - part) // 2 + part) for whole, part in cropped)
    return first, second
