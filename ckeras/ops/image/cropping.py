"""Cropping, padding, and patches of images."""

import math
from typing import Any

from ckeras.ops.image.layout import batched, image_of, integers, size_axes, unbatched
from ckeras.ops.indexing.core import basic_slice
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.concat import pad
from ckeras.ops.nn.windows import channels_back, channels_last, each_axis, output_sizes, padding_of, patches_of
from ckeras.tensor import Spec, Tensor

# -- margins --------------------------------------------------------------------------------------------------------
# Along height and width two of three values are given: the margin before, the margin after, and the resulting size.
# ``sign`` is 1 for padding and -1 for cropping.


def _limits(size: int, before: int | None, after: int | None, target: int | None, sign: int) -> tuple[int, int, int]:
    """Complete the margin before, the margin after and the target size from two of them."""
    if target is None:
        target = size + sign * (before + after)
    elif before is None:
        before = sign * (target - size) - after
    else:
        after = sign * (target - size) - before
    return before, after, target


def _named(axes: tuple[int, int], margins: tuple[Any, ...]) -> dict[int, tuple[Any, ...]]:
    return dict(zip(axes, margins, strict=True))


def _margins(x: Tensor, axes: tuple[int, int], margins: tuple[Any, ...], sign: int) -> list[tuple[int, int]]:
    found, given = [], _named(axes, margins)
    for axis, size in enumerate(x.shape):
        before, after, _ = _limits(size, *given[axis], sign) if axis in given else (0, 0, size)
        found.append((before, after))
    return found


def _margins_infer(x: Spec, axes: tuple[int, int], margins: tuple[Any, ...], sign: int) -> Spec:
    shape = list(x.shape)
    for axis, (before, after, target) in _named(axes, margins).items():
        known = target if shape[axis] is None else _limits(shape[axis], before, after, target, sign)[2]
        shape[axis] = known
    return Spec(tuple(shape), x.dtype)


def _cropped(x: Tensor, axes: tuple[int, int], margins: tuple[Any, ...], sign: int) -> Tensor:
    around = _margins(x, axes, margins, sign)
    return basic_slice(x, [slice(before, d - after) for d, (before, after) in zip(x.shape, around, strict=True)])


_pad_images = Composite(
    "pad_images", lambda x, axes, margins, sign: pad(x, _margins(x, axes, margins, sign)), infer=_margins_infer
)
_crop_images = Composite("crop_images", _cropped, infer=_margins_infer)


def _with_margins(
    op: Composite, kind: str, sign: int, images: Any, rows: tuple[Any, ...], columns: tuple[Any, ...], data_format: Any
) -> Tensor:
    x, data_format = image_of(images, op.name, data_format)
    axes = size_axes(len(x.shape), data_format)
    margins = []
    sides = (("top", "bottom", "height"), ("left", "right", "width"))
    for axis, side, given in zip(axes, sides, (rows, columns), strict=True):
        names = (f"{side[0]}_{kind}", f"{side[1]}_{kind}", f"target_{side[2]}")
        shown = ", ".join(f"{n}={v}" for n, v in zip(names, given, strict=True))
        if given.count(None) != 1:
            raise ValueError(f"{op.name} expects exactly two of {', '.join(names)}, got {shown}")
        integers([v for v in given if v is not None], op.name)
        size = x.shape[axis]
        found = given if size is None else _limits(size, *given, sign)
        if any(v is not None and v < 0 for v in (*given, *found)):
            raise ValueError(f"{op.name} of images of shape {x.shape} expects numbers of 0 or more, got {shown}")
        margins.append(given)
    return op(x, axes=axes, margins=tuple(margins), sign=sign)


def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Pad images with rows and columns of zeros.

    Two of ``top_padding``, ``bottom_padding`` and ``target_height`` are given, and of left, right and width too.
    """
    rows, columns = (top_padding, bottom_padding, target_height), (left_padding, right_padding, target_width)
    return _with_margins(_pad_images, "padding", 1, images, rows, columns, data_format)


def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Tensor:
    """Crop rows and columns from the sides of images.

    Two of ``top_cropping``, ``bottom_cropping`` and ``target_height`` are given, and of left, right and width too.
    """
    rows, columns = (top_cropping, bottom_cropping, target_height), (left_cropping, right_cropping, target_width)
    return _with_margins(_crop_images, "cropping", -1, images, rows, columns, data_format)


# -- patches --------------------------------------------------------------------------------------------------------


def _patches_shape(x: Any, **attrs: Any) -> tuple[int | None, ...]:
    outputs = output_sizes(x.shape[1:-1], **attrs)
    return (x.shape[0], *outputs, None if x.shape[-1] is None else math.prod(attrs["window"]) * x.shape[-1])


_extract_patches = Composite(
    "extract_patches",
    lambda x, **attrs: layout.reshape(patches_of(x, **attrs), _patches_shape(x, **attrs)),
    infer=lambda x, **attrs: Spec(_patches_shape(x, **attrs), x.dtype),
)


def _extract(
    where: str, rank: int, images: Any, size: Any, strides: Any, dilation_rate: Any, padding: str, data_format: Any
) -> Tensor:
    x, data_format = image_of(images, where, data_format, (rank + 1, rank + 2))
    window = each_axis(size, rank, f"size of {where}")
    attrs = {
        "window": window,
        "strides": each_axis(strides, rank, f"strides of {where}") if strides else window,
        "padding": padding_of(padding, where),
        "dilation": each_axis(dilation_rate, rank, f"dilation_rate of {where}"),
    }
    y = channels_last(batched(x, rank + 2), data_format)
    if 0 in output_sizes(y.shape[1:-1], **attrs):
        raise ValueError(f"{where}: no patch of size {window} fits into images of shape {x.shape}")
    return unbatched(channels_back(_extract_patches(y, **attrs), data_format), x, rank + 2)


def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Extract patches of images; each patch becomes the channels of one element.

    Args:
        images: one image or a batch; see `ckeras.ops.image`.
        size: size of a patch, (height, width) or one integer; with three integers as in `extract_patches_3d`.
        strides: distance between patches, ``size`` if `None`.
        dilation_rate: distance between the elements of a patch.
        padding: "valid" or "same", as in `ckeras.ops.conv`.

    Returns (batch, rows of patches, columns of patches, height * width * channels), or with the channels first. The
    channels of one element stay adjacent.
    """
    if not isinstance(size, int) and (not isinstance(size, (tuple, list)) or len(size) not in (2, 3)):
        kind = ValueError if isinstance(size, (tuple, list)) else TypeError
        raise kind(f"extract_patches expects a size of one number or of 2 or 3, got {size!r}")
    rank = 3 if not isinstance(size, int) and len(size) == 3 else 2
    return _extract("extract_patches", rank, images, size, strides, dilation_rate, padding, data_format)


def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Extract patches of volumes (depth, height, width, channels), or of a batch of them; see `extract_patches`."""
    if not isinstance(size, int) and (not isinstance(size, (tuple, list)) or len(size) != 3):
        raise TypeError(f"extract_patches_3d expects a size of one number or of 3, got {size!r}")
    return _extract("extract_patches_3d", 3, volumes, size, strides, dilation_rate, padding, data_format)
