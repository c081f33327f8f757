"""Helpers for image ops: batches, positions of axes, and the dtype of results."""

from typing import Any

import numpy as np

from ckeras._kernels import MAX_NDIM
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.layout import expand_dims, squeeze, tensor
from ckeras.ops.nn.windows import format_of
from ckeras.tensor import Tensor, arguments, dtypes


def image_of(images: Any, where: str, data_format: str | None, ranks: tuple[int, ...] = (3, 4)) -> tuple[Tensor, str]:
    """Return the images as a tensor, and their data format; raise ValueError if their rank is unexpected."""
    x = tensor(images)
    if len(x.shape) not in ranks:
        names = " or ".join(map(str, ranks))
        raise ValueError(f"{where} expects images of rank {names} (an image, or a batch), got shape {x.shape}")
    return x, format_of(data_format)


def batched(x: Tensor, rank: int = 4) -> Tensor:
    """``x`` as a batch: one image becomes a batch of one."""
    return x if len(x.shape) == rank else expand_dims(x, 0)


def unbatched(x: Tensor, like: Tensor, rank: int = 4) -> Tensor:
    """``x`` without the batch axis that `batched` added."""
    return x if len(like.shape) == rank else squeeze(x, 0)


def size_axes(rank: int, data_format: str) -> tuple[int, int]:
    """The axes of height and width."""
    return (rank - 3, rank - 2) if data_format == "channels_last" else (rank - 2, rank - 1)


def channel_axis(rank: int, data_format: str) -> int:
    """The axis of the channels."""
    return rank - 1 if data_format == "channels_last" else rank - 3


def integers(values: Any, name: str) -> tuple[int, ...]:
    """Convert values to a tuple of int; raise ValueError if one is not an integer."""
    found = values if arguments.is_sequence(values) and len(values) <= MAX_NDIM else (None,)
    if any(isinstance(v, bool) or not isinstance(v, (int, np.integer)) for v in found):
        raise ValueError(f"{name} expects integers, got {arguments.shown(values)}")
    return tuple(int(v) for v in values)


def restored(x: Tensor, dtype: str) -> Tensor:
    """Convert floats back to the dtype of the images: integers are rounded and clipped; values above 0 are true."""
    if dtype == "bool" and x.dtype != dtype:
        return elementwise.greater(x, 0)
    if x.dtype == dtype or dtype not in dtypes.INTEGERS:
        return elementwise.cast(x, dtype)
    limits = np.iinfo(dtypes.NUMPY[dtype])
    wide = elementwise.cast(elementwise.round(x), "float64")
    if dtype in ("int64", "uint64"):  # the largest float64 below the limit
        return elementwise.cast(
            elementwise.clip(wide, float(limits.min), float(np.nextafter(float(limits.max), 0))), dtype
        )
    return elementwise.cast(elementwise.clip(wide, float(limits.min), float(limits.max)), dtype)
