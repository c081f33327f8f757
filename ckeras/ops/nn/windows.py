"""Sliding windows over the spatial axes of images: their geometry and patches.

Images have the layout (batch, *spatial, channels). A window has ``window`` elements (taps) along each spatial axis,
``dilation`` apart, and moves by ``strides``; the first begins ``before`` elements before the image, in the padding.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras.ops.elementwise.core import broadcast_to, cast
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.manipulation.layout import reshape, transpose
from ckeras.tensor import Op, Spec, Tensor, arguments, dtypes
from ckeras.tensor.eager import Call

Padding = str | tuple[tuple[int, int], ...]  # "valid", "same" or (before, after) for each spatial axis
NATIVE = ("float32", "float64", "int32", "int64")  # dtypes with patch kernels
_SUMMED_AS = {  # other dtypes -> the dtype of their sums; integers wrap to the same values
    **dict.fromkeys(("float16", "bfloat16"), "float32"),
    **dict.fromkeys(("bool", "uint8", "int8", "int16", "uint16"), "int32"),
    **dict.fromkeys(("uint32", "uint64"), "int64"),
}
INT32_MAX = 2**31 - 1  # limit of a size, so that products of two fit in int64


def each_axis(value: Any, rank: int, name: str, minimum: int = 1) -> tuple[int, ...]:
    """``value`` (an integer, or one for each of ``rank`` spatial axes) as integers from ``minimum`` to `INT32_MAX`."""
    found = tuple(value) if arguments.is_sequence(value) and len(value) <= rank else (value,)
    found = found * rank if len(found) == 1 else found
    if len(found) != rank or any(not isinstance(v, (int, np.integer)) or not minimum <= v <= INT32_MAX for v in found):
        raise ValueError(
            f"{name} expects an integer from {minimum} to {INT32_MAX}, or one for each of {rank} spatial axes, "
            f"got {arguments.shown(value)}"
        )
    return tuple(int(v) for v in found)


def padding_of(padding: Any, where: str) -> str:
    """Check the name of a padding; return it in lower case."""
    name = padding.lower() if isinstance(padding, str) else padding
    if not isinstance(name, str) or name not in ("valid", "same"):
        raise ValueError(f"{where} expects padding 'valid' or 'same', got {arguments.shown(padding)}")
    return name


def format_of(data_format: str | None) -> str:
    """``data_format``, or the one of `ckeras.config` if it is `None`."""
    name = config.image_data_format() if data_format is None else str(data_format).lower()
    if name not in ("channels_last", "channels_first"):
        raise ValueError(f"data_format expects 'channels_last' or 'channels_first', got {arguments.shown(data_format)}")
    return name


def spatial_rank(x: Any, where: str, ranks: Sequence[int] = (1, 2, 3)) -> int:
    """Number of spatial axes of a batch of images; raise ValueError if it is not 1, 2 or 3."""
    rank = len(x.shape) - 2
    if rank not in ranks:
        names = " or ".join(f"{r + 2}" for r in ranks)
        raise ValueError(f"{where} expects inputs of rank {names} (batch, spatial axes, channels), got shape {x.shape}")
    return rank


def channels_last(x: Tensor, data_format: str) -> Tensor:
    """Move the channels of ``x`` to the last axis."""
    return x if data_format == "channels_last" else transpose(x, (0, *range(2, len(x.shape)), 1))


def channels_back(x: Tensor, data_format: str) -> Tensor:
    """Inverse of `channels_last`."""
    return x if data_format == "channels_last" else transpose(x, (0, len(x.shape) - 1, *range(1, len(x.shape) - 1)))


def output_size(size: int | None, window: int, stride: int, dilation: int, padding: Any) -> int | None:
    """Number of windows along an axis of ``size`` elements; ``padding`` is a name or a pair."""
    if size is None:
        return None
    if padding == "same":
        return -(-size // stride)
    extra = 0 if padding == "valid" else sum(padding)
    return max((size + extra - (window - 1) * dilation - 1) // stride + 1, 0)


def same_padding(size: int, count: int, extent: int, stride: int) -> tuple[int, int]:
    """Padding before and after an axis of ``size`` elements for ``count`` windows of ``extent`` elements."""
    total = max((count - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


class Windows(NamedTuple):
    """All windows over images of known size: ``inputs`` and ``outputs`` are the sizes before and after."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    window: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]

    @classmethod
    def over(cls, inputs: Any, window: Any, strides: Any, padding: Padding, dilation: Any) -> "Windows":
        """Windows over spatial axes of the sizes ``inputs``."""
        outputs = output_sizes(inputs, window, strides, padding, dilation)
        pairs = []
        for axis, (size, count) in enumerate(zip(inputs, outputs, strict=True)):
            if padding == "same":
                pairs.append(same_padding(size, count, (window[axis] - 1) * dilation[axis] + 1, strides[axis]))
            else:
                pairs.append((0, 0) if padding == "valid" else padding[axis])
        return cls(tuple(inputs), outputs, tuple(window), tuple(strides), tuple(dilation), tuple(pairs))

    @property
    def taps(self) -> int:
        """Number of elements of a window."""
        return math.prod(self.window)

    def tap_ranges(self) -> Iterator[list[tuple[int, int, int]]]:
        """Per tap and axis: first input index, first window, number of windows.

        In each following window the input index grows by one stride.
        """
        axes = []
        for axis, (size, count) in enumerate(zip(self.inputs, self.outputs, strict=True)):
            stride, before = self.strides[axis], self.padding[axis][0]
            found = []
            for tap in range(self.window[axis]):
                offset = tap * self.dilation[axis] - before
                first = max(0, -(offset // stride))
                met = max(0, min(count, (size - 1 - offset) // stride + 1) - first)
                found.append((first * stride + offset, first, met))
            axes.append(found)
        return (list(tap) for tap in itertools.product(*axes))

    def cuts(self) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
        """Per tap: slices of the image's spatial axes, and slices of the windows that read them."""
        for tap in self.tap_ranges():
            elements = [
                slice(at, at + (met - 1) * s + 1, s) if met else slice(0, 0)
                for (at, _, met), s in zip(tap, self.strides, strict=True)
            ]
            windows = [slice(first, first + met) for _, first, met in tap]
            yield tuple(elements), tuple(windows)


def output_sizes(inputs: Any, window: Any, strides: Any, padding: Padding, dilation: Any) -> tuple[int | None, ...]:
    """Number of windows along each axis; `None` where the size is unknown."""
    return tuple(
        output_size(size, window[i], strides[i], dilation[i], padding if isinstance(padding, str) else padding[i])
        for i, size in enumerate(inputs)
    )


def geometry(w: Windows) -> tuple[int, ...]:
    """Parameters of the kernels of convolutions and patches: the geometry of each axis."""
    before = [pair[0] for pair in w.padding]
    axes = zip(w.inputs, w.outputs, w.window, w.strides, w.dilation, before, strict=True)
    return tuple(number for axis in axes for number in axis)


def cut_patches(x: np.ndarray, w: Windows, fill: Any = 0) -> np.ndarray:
    """Patches of images, (batch, *windows, taps, channels), computed by numpy."""
    y = np.full((x.shape[0], *w.outputs, w.taps, x.shape[-1]), fill, x.dtype)
    for tap, (elements, windows) in enumerate(w.cuts()):
        y[(slice(None), *windows, tap)] = x[(slice(None), *elements)]
    return y


def add_patches(p: np.ndarray, w: Windows) -> np.ndarray:
    """Sum patches into images at their indices, computed by numpy."""
    y = np.zeros((p.shape[0], *w.inputs, p.shape[-1]), p.dtype)
    for tap, (elements, windows) in enumerate(w.cuts()):
        y[(slice(None), *elements)] += p[(slice(None), *windows, tap)]
    return y


# -- patches ------------------------------------------------------------------------------------------------------ Two
# ops, each the gradient of the other: patches (batch, *windows, taps, channels) of images, and the sum of patches into
# images.


def _patches_infer(x: Spec, window: Any, strides: Any, padding: Any, dilation: Any) -> Spec:
    outputs = output_sizes(x.shape[1:-1], window, strides, padding, dilation)
    return Spec((x.shape[0], *outputs, math.prod(window), x.shape[-1]), x.dtype)


def _patches_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call]:
    batch, *sizes, channels = inputs[0].shape
    w, item = Windows.over(sizes, **attrs), dtypes.ITEMSIZE[inputs[0].dtype]
    if item > 8:
        item, channels = 8, channels * (item // 8)  # complex128 as two floats
    return [Call("patches", (0, 1), (item, batch, channels, len(w.inputs), *geometry(w)))]


_patches = Op(
    "patches",
    _patches_infer,
    kernel=_patches_kernel,
    vjp=[lambda g, y, x, **attrs: fold_patches(g, Windows.over(x.shape[1:-1], **attrs))],
)


def _fold_infer(p: Spec, size: Any, **attrs: Any) -> Spec:
    w = Windows.over(size, **attrs)
    if p.shape[1:-1] != (*w.outputs, w.taps):
        raise ValueError(f"patches of shape {p.shape} do not fit images of size {size}: {w.outputs} of {w.taps}")
    return Spec((p.shape[0], *size, p.shape[-1]), p.dtype)


def _fold_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    p, (size, *windows) = inputs[0], (attrs[k] for k in ("size", "window", "strides", "padding", "dilation"))
    if p.dtype not in NATIVE:
        return None
    w = Windows.over(size, *windows)
    return [Call("fold_patches", (0, 1), (dtypes.CODE[p.dtype], p.shape[0], p.shape[-1], len(w.inputs), *geometry(w)))]


_fold_patches = Op(
    "fold_patches",
    _fold_infer,
    lambda p, size, **attrs: add_patches(p, Windows.over(size, **attrs)),
    _fold_kernel,
    vjp=[lambda g, y, p, size, **attrs: _patches(g, **attrs)],
)


def patches_of(x: Tensor, window: Any, strides: Any, padding: Padding, dilation: Any) -> Tensor:
    """Patches (batch, *windows, taps, channels) of images; 0 where a window covers padding."""
    return _patches(x, window=window, strides=strides, padding=padding, dilation=dilation)


def fold_patches(patches: Tensor, w: Windows) -> Tensor:
    """Sum patches into images (batch, *spatial, channels)."""
    attrs = {"window": w.window, "strides": w.strides, "padding": w.padding, "dilation": w.dilation}
    wide = _SUMMED_AS.get(patches.dtype, patches.dtype)
    return cast(_fold_patches(cast(patches, wide), size=w.inputs, **attrs), patches.dtype)


# -- nearest neighbours ---------------------------------------------------------------------------------------------


def _repeat_each(x: Tensor, repeats: Sequence[int]) -> Tensor:
    axes = list(zip(x.shape, repeats, strict=True))
    apart = [n for size, count in axes for n in ((size,) if count == 1 else (size, 1))]
    wide = [n for size, count in axes for n in ((size,) if count == 1 else (size, count))]
    return reshape(broadcast_to(reshape(x, apart), wide), [size * count for size, count in axes])


def _repeat_infer(x: Spec, repeats: Sequence[int]) -> Spec:
    sizes = (None if size is None else size * count for size, count in zip(x.shape, repeats, strict=True))
    return Spec(tuple(sizes), x.dtype)


_repeat_op = Composite("repeat_each", _repeat_each, infer=_repeat_infer)


def repeat_each(x: Any, repeats: tuple[int, ...]) -> Tensor:
    """Repeat each element of ``x`` along every axis as often as ``repeats`` says, in one copy."""
    return _repeat_op(x, repeats=repeats)
