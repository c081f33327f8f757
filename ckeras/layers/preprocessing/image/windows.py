"""Random rectangles in images."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import ops, random
from ckeras.layers.preprocessing.image.base import Sizes

_EACH = (-1, 1, 1, 1)


def sampled_span(part: Any, size: int, seed: Any) -> tuple[Any, Any]:
    """Sample where a part of an axis of ``size`` elements begins, for each image; return its begin and end."""
    length = part * float(size)
    begin = random.uniform(tuple(part.shape), dtype=part.dtype, seed=seed) * (float(size) - length)
    return begin, begin + length


def inside(down: tuple[Any, Any], across: tuple[Any, Any], sizes: Sizes, data_format: str) -> Any:
    """Whether elements are in the rectangle of their image: booleans (batch, height, width, 1), or channels first."""
    last = data_format == "channels_last"
    rows = np.arange(sizes.height, dtype="float32").reshape((-1, 1, 1) if last else (1, -1, 1))
    columns = np.arange(sizes.width, dtype="float32").reshape((1, -1, 1) if last else (1, 1, -1))
    found = [
        ops.logical_and(at >= ops.reshape(begin, _EACH), at < ops.reshape(end, _EACH))
        for at, (begin, end) in ((rows, down), (columns, across))
    ]
    return ops.logical_and(*found)
