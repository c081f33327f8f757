"""Conversions between image blocks and channels, and between images and columns of patches."""

import math
from typing import Any

from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.nn.windows import Windows, each_axis, fold_patches, format_of, output_size, patches_of
from ckeras.tensor import Spec, Tensor


def _times(d: int | None, factor: int) -> int | None:
    return None if d is None else d * factor


def _over(d: int | None, factor: int) -> int | None:
    return None if d is None else d // factor


def _blocks(where: str, x: Any, block_size: int, data_format: str) -> tuple[Tensor, str]:
    x, data_format = layout.tensor(x), format_of(data_format)
    if block_size < 2:
        raise ValueError(f"{where} expects a block_size of 2 or more, got {block_size}")
    if len(x.shape) != 4:
        raise ValueError(f"{where} expects a batch of images, of rank 4, got shape {x.shape}")
    return x, data_format


def _to_space(x: Tensor, block: int, data_format: str) -> Tensor:
    if data_format == "channels_last":
        n, h, w, c = x.shape
        x = layout.reshape(x, (n, h, w, block, block, c // block**2))
        return layout.reshape(layout.transpose(x, (0, 1, 3, 2, 4, 5)), (n, h * block, w * block, c // block**2))
    n, c, h, w = x.shape
    x = layout.reshape(x, (n, c // block**2, block, block, h, w))
    return layout.reshape(layout.transpose(x, (0, 1, 4, 2, 5, 3)), (n, c // block**2, h * block, w * block))


def _to_space_infer(x: Spec, block: int, data_format: str) -> Spec:
    if data_format == "channels_last":
        n, h, w, c = x.shape
        return Spec((n, _times(h, block), _times(w, block), _over(c, block**2)), x.dtype)
    n, c, h, w = x.shape
    return Spec((n, _over(c, block**2), _times(h, block), _times(w, block)), x.dtype)


_depth_to_space = Composite("depth_to_space", _to_space, infer=_to_space_infer)


def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Rearrange channels into spatial blocks: height and width grow by ``block_size``.

    Args:
        x: (batch, height, width, channels), or (batch, channels, height, width); the channels are a multiple of
            ``block_size`` squared.
        block_size: 2 or more.

    >>> depth_to_space([[[[1, 2, 3, 4]]]], 2).tolist()
    [[[[1], [2]], [[3], [4]]]]
    """
    x, data_format = _blocks("depth_to_space", x, block_size, data_format)
    channels = x.shape[-1 if data_format == "channels_last" else 1]
    if channels is not None and channels % block_size**2:
        raise ValueError(f"depth_to_space expects a multiple of {block_size**2} channels, got shape {x.shape}")
    return _depth_to_space(x, block=int(block_size), data_format=data_format)


def _to_depth(x: Tensor, block: int, data_format: str) -> Tensor:
    if data_format == "channels_last":
        n, h, w, c = x.shape
        x = layout.reshape(x, (n, h // block, block, w // block, block, c))
        return layout.reshape(layout.transpose(x, (0, 1, 3, 2, 4, 5)), (n, h // block, w // block, c * block**2))
    n, c, h, w = x.shape
    x = layout.reshape(x, (n, c, h // block, block, w // block, block))
    return layout.reshape(layout.transpose(x, (0, 1, 3, 5, 2, 4)), (n, c * block**2, h // block, w // block))


def _to_depth_infer(x: Spec, block: int, data_format: str) -> Spec:
    if data_format == "channels_last":
        n, h, w, c = x.shape
        return Spec((n, _over(h, block), _over(w, block), _times(c, block**2)), x.dtype)
    n, c, h, w = x.shape
    return Spec((n, _times(c, block**2), _over(h, block), _over(w, block)), x.dtype)


_space_to_depth = Composite("space_to_depth", _to_depth, infer=_to_depth_infer)


def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Rearrange spatial blocks into channels; the inverse of `depth_to_space`.

    Height and width must be multiples of ``block_size``, which is 2 or more.
    """
    x, data_format = _blocks("space_to_depth", x, block_size, data_format)
    sizes = x.shape[1:3] if data_format == "channels_last" else x.shape[2:]
    if any(d is not None and d % block_size for d in sizes):
        raise ValueError(f"space_to_depth expects height and width in multiples of {block_size}, got shape {x.shape}")
    return _space_to_depth(x, block=int(block_size), data_format=data_format)


# -- unfold and fold ------------------------------------------------------------------------------------------------


def _geometry(where: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Any]:
    return {
        "window": each_axis(kernel_size, 2, f"kernel_size of {where}"),
        "strides": each_axis(stride, 2, f"stride of {where}"),
        "padding": tuple((p, p) for p in each_axis(padding, 2, f"padding of {where}", 0)),
        "dilation": each_axis(dilation, 2, f"dilation of {where}"),
    }


def _counts(sizes: Any, window: Any, strides: Any, padding: Any, dilation: Any) -> list[int | None]:
    return [output_size(d, *g) for d, *g in zip(sizes, window, strides, dilation, padding, strict=True)]


def _unfold_infer(x: Spec, **attrs: Any) -> Spec:
    counts = _counts(x.shape[2:], **attrs)
    patches = None if None in counts else math.prod(counts)
    return Spec((x.shape[0], _times(x.shape[1], math.prod(attrs["window"])), patches), x.dtype)


def _unfolded(x: Tensor, **attrs: Any) -> Tensor:
    patches = patches_of(layout.transpose(x, (0, 2, 3, 1)), **attrs)  # batch, rows, columns, taps, channels
    return layout.reshape(layout.transpose(patches, (0, 4, 3, 1, 2)), _unfold_infer(x, **attrs).shape)


_unfold = Composite("unfold", _unfolded, infer=_unfold_infer)


def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Extract the patches of images as columns.

    Args:
        x: (batch, channels, height, width).
        kernel_size: size of the patches, an integer or (rows, columns), like the other arguments.
        dilation: distance between the elements of a patch.
        padding: number of zeros on each side.
        stride: distance between patches.

    Returns a tensor (batch, channels * elements of a patch, patches); the elements of a channel are contiguous.
    """
    x = layout.tensor(x)
    if len(x.shape) != 4:
        raise ValueError(f"unfold expects (batch, channels, height, width), got shape {x.shape}")
    attrs = _geometry("unfold", kernel_size, dilation, padding, stride)
    if 0 in _counts(x.shape[2:], **attrs):
        raise ValueError(f"unfold: no patch of size {attrs['window']} fits into images of shape {x.shape}")
    return _unfold(x, **attrs)


def _folded(x: Tensor, size: tuple[int, int], **attrs: Any) -> Tensor:
    w = Windows.over(size, **attrs)
    patches = layout.reshape(x, (x.shape[0], x.shape[1] // w.taps, w.taps, *w.outputs))
    return layout.transpose(fold_patches(layout.transpose(patches, (0, 3, 4, 2, 1)), w), (0, 3, 1, 2))


_fold = Composite(
    "fold",
    _folded,
    infer=lambda x, size, **attrs: Spec((x.shape[0], _over(x.shape[1], math.prod(attrs["window"])), *size), x.dtype),
)


def fold(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """Sum patches, as `unfold` returns them, into images (batch, channels, *output_size).

    Args:
        x: (batch, channels * elements of a patch, patches).
        output_size: height and width of the images, one integer if they are equal.
        kernel_size: see `unfold`, also for the other arguments.
    """
    x = layout.tensor(x)
    size = each_axis(output_size, 2, "output_size of fold")
    attrs = _geometry("fold", kernel_size, dilation, padding, stride)
    if len(x.shape) != 3:
        raise ValueError(f"fold expects (batch, channels * elements of a patch, patches), got shape {x.shape}")
    taps, patches = math.prod(attrs["window"]), math.prod(_counts(size, **attrs))
    if (x.shape[1] is not None and x.shape[1] % taps) or x.shape[2] not in (None, patches):
        raise ValueError(
            f"fold into images of size {size} expects a multiple of {taps} rows and {patches} patches, "
            f"got shape {x.shape}"
        )
    return _fold(x, size=size, **attrs)
