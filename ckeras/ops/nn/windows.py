"""Windows that slide over the axes of an image: where they lie, and the patches that they cut out of it.

Images have the layout (batch, *spatial, channels). A window has ``window`` elements (taps) along each spatial axis,
``dilation`` apart, and moves by ``strides``; it may begin ``before`` an image, where there is only padding.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras.ops.manipulation.layout import copy_call, fill_call, row_strides, transpose
from ckeras.tensor import Op, Spec, Tensor, dtypes
from ckeras.tensor.eager import Call

Padding = str | tuple[tuple[int, int], ...]  # "valid", "same" or (before, after) for each spatial axis
NATIVE = ("float32", "float64", "int32", "int64")  # what can be copied, and summed or compared, by kernels


def each_axis(value: Any, rank: int, name: str, least: int = 1) -> tuple[int, ...]:
    """``value`` (a number, or one for each of ``rank`` spatial axes) as whole numbers of ``least`` or more."""
    found = tuple(value) if isinstance(value, (tuple, list, np.ndarray)) else (value,)
    found = found * rank if len(found) == 1 else found
    if len(found) != rank or any(not isinstance(v, (int, np.integer)) or v < least for v in found):
        raise ValueError(
            f"{name} expects a whole number of {least} or more, or one for each of {rank} spatial axes, got {value!r}"
        )
    return tuple(int(v) for v in found)


def padding_of(padding: Any, where: str) -> str:
    """The name of a padding, in small letters."""
    name = padding.lower() if isinstance(padding, str) else padding
    if name not in ("valid", "same"):
        raise ValueError(f"{where} expects padding 'valid' or 'same', got {padding!r}")
    return name


def format_of(data_format: str | None) -> str:
    """``data_format``, or the one of `ckeras.config` if it is `None`."""
    name = config.image_data_format() if data_format is None else str(data_format).lower()
    if name not in ("channels_last", "channels_first"):
        raise ValueError(f"data_format expects 'channels_last' or 'channels_first', got {data_format!r}")
    return name


def spatial_rank(x: Any, where: str, ranks: Sequence[int] = (1, 2, 3)) -> int:
    """The number of spatial axes of a batch of images, or an error that names the op."""
    rank = len(x.shape) - 2
    if rank not in ranks:
        names = " or ".join(f"{r + 2}" for r in ranks)
        raise ValueError(f"{where} expects inputs of rank {names} (batch, spatial axes, channels), got shape {x.shape}")
    return rank


def channels_last(x: Tensor, data_format: str) -> Tensor:
    """``x`` with its channels as the last axis."""
    return x if data_format == "channels_last" else transpose(x, (0, *range(2, len(x.shape)), 1))


def channels_back(x: Tensor, data_format: str) -> Tensor:
    """What `channels_last` did, undone."""
    return x if data_format == "channels_last" else transpose(x, (0, len(x.shape) - 1, *range(1, len(x.shape) - 1)))


def output_size(size: int | None, window: int, stride: int, dilation: int, padding: Any) -> int | None:
    """How many windows lie along an axis of ``size`` elements; ``padding`` is a name or a pair."""
    if size is None:
        return None
    if padding == "same":
        return -(-size // stride)
    extra = 0 if padding == "valid" else sum(padding)
    return max((size + extra - (window - 1) * dilation - 1) // stride + 1, 0)


class Windows(NamedTuple):
    """All windows over images of known size: ``inputs`` and ``outputs`` are the sizes of the two sides."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    window: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]

    @classmethod
    def over(cls, inputs: Any, window: Any, strides: Any, padding: Padding, dilation: Any) -> "Windows":
        """The windows over spatial axes of the sizes ``inputs``."""
        outputs = output_sizes(inputs, window, strides, padding, dilation)
        pairs = []
        for axis, (size, count) in enumerate(zip(inputs, outputs, strict=True)):
            if padding == "same":
                total = max((count - 1) * strides[axis] + (window[axis] - 1) * dilation[axis] + 1 - size, 0)
                pairs.append((total // 2, total - total // 2))
            else:
                pairs.append((0, 0) if padding == "valid" else padding[axis])
        return cls(tuple(inputs), outputs, tuple(window), tuple(strides), tuple(dilation), tuple(pairs))

    @property
    def taps(self) -> int:
        """How many elements a window has."""
        return math.prod(self.window)

    @property
    def disjoint(self) -> bool:
        """Whether no element of an image is in two windows."""
        axes = zip(self.window, self.strides, self.dilation, strict=True)
        return all(w == 1 or (d == 1 and s >= w) for w, s, d in axes)

    def places(self) -> Iterator[list[tuple[int, int, int]]]:
        """For each tap and axis: the first element it meets, the window in which it does, how many windows do so.

        The next element is one stride on, in the next window.
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
        """For each tap the slices of the image's spatial axes, and those of the windows that meet them."""
        for tap in self.places():
            elements = [
                slice(at, at + (met - 1) * s + 1, s) if met else slice(0, 0)
                for (at, _, met), s in zip(tap, self.strides, strict=True)
            ]
            windows = [slice(first, first + met) for _, first, met in tap]
            yield tuple(elements), tuple(windows)


def output_sizes(inputs: Any, window: Any, strides: Any, padding: Padding, dilation: Any) -> tuple[int | None, ...]:
    """How many windows lie along each axis; `None` where the size is not known."""
    return tuple(
        output_size(size, window[i], strides[i], dilation[i], padding if isinstance(padding, str) else padding[i])
        for i, size in enumerate(inputs)
    )


# -- packing ------------------------------------------------------------------------------------------------------
# A packed matrix has the layout (groups, batch, *far, taps, channels of a group). Packed forwards, far are the windows
# and each row holds the elements of one; packed backwards, far are the elements of the images, and each row holds what
# is said of its element (by a window, or in a patch) for each tap with which some window meets it.


def packed_shape(w: Windows, back: bool, batch: Any, channels: Any, groups: int = 1) -> tuple[Any, ...]:
    """The shape of a packed matrix."""
    return (groups, batch, *(w.inputs if back else w.outputs), w.taps, channels // groups)


def pack_calls(
    operands: tuple[int, int],
    w: Windows,
    back: bool,
    source: Spec,
    target: Spec,
    fill: float = 0.0,
    groups: int = 1,
    patches: bool = False,
) -> list[Call]:
    """What fills ``operands`` (packed matrix, images) with the images' elements, one copy for each tap.

    Packed backwards, the source has a value for each window, or with ``patches`` one for each of its taps too.
    """
    batch, channels = source.shape[0], source.shape[-1]
    far = target.shape[2:-2]
    per = channels // groups
    read, write = row_strides(source.shape), row_strides(target.shape)
    calls, covered = [], True
    for tap, axes in enumerate(w.places()):
        counts = [met for _, _, met in axes]
        covered = covered and tuple(counts) == far and not (back and any(s > 1 for s in w.strides))
        elements = [(at, s) for (at, _, _), s in zip(axes, w.strides, strict=True)]
        windows = [(first, 1) for _, first, _ in axes]
        begin, end = (windows, elements) if back else (elements, windows)
        calls.append(
            copy_call(
                operands,
                source.dtype,
                (groups, batch, *counts, per),
                (per, read[0], *(read[1 + i] * step for i, (_, step) in enumerate(begin)), 1),
                (write[0], write[1], *(write[2 + i] * step for i, (_, step) in enumerate(end)), 1),
                in_offset=sum(read[1 + i] * at for i, (at, _) in enumerate(begin)) + (tap * read[-2] if patches else 0),
                out_offset=sum(write[2 + i] * at for i, (at, _) in enumerate(end)) + tap * write[-2],
            )
        )
    return calls if covered else [fill_call(operands[0], target, fill), *calls]


def unpack_calls(operands: tuple[int, int], w: Windows, source: Spec, target: Spec) -> list[Call]:
    """What puts disjoint patches, ``operands`` being (images, patches), back to their places, and 0 elsewhere."""
    read, write = row_strides(source.shape), row_strides(target.shape)
    calls = [fill_call(operands[0], target, 0.0)]
    for tap, axes in enumerate(w.places()):
        calls.append(
            copy_call(
                operands,
                source.dtype,
                (source.shape[0], *(met for _, _, met in axes), source.shape[-1]),
                (*read[:-2], 1),
                (write[0], *(write[1 + i] * s for i, s in enumerate(w.strides)), 1),
                in_offset=sum(read[1 + i] * first for i, (_, first, _) in enumerate(axes)) + tap * read[-2],
                out_offset=sum(write[1 + i] * at for i, (at, _, _) in enumerate(axes)),
            )
        )
    return calls


def fold_taps_call(operands: tuple[int, int], packed: Spec, code: int = 0) -> Call:
    """A reduction (the sum, or that of another ``code``) over the taps, for ``operands`` (result, packed matrix)."""
    shape = (math.prod(packed.shape[:-2]), *packed.shape[-2:])
    return Call("reduce", operands, (code, dtypes.CODE[packed.dtype], 3, *shape, 0, 1, 0), (1.0,))


def cut_patches(x: np.ndarray, w: Windows, fill: Any = 0) -> np.ndarray:
    """The patches of images, (batch, *windows, taps, channels), by numpy."""
    y = np.full((x.shape[0], *w.outputs, w.taps, x.shape[-1]), fill, x.dtype)
    for tap, (elements, windows) in enumerate(w.cuts()):
        y[(slice(None), *windows, tap)] = x[(slice(None), *elements)]
    return y


def add_patches(p: np.ndarray, w: Windows) -> np.ndarray:
    """Images whose elements are the sums of what patches have at their places, by numpy."""
    y = np.zeros((p.shape[0], *w.inputs, p.shape[-1]), p.dtype)
    for tap, (elements, windows) in enumerate(w.cuts()):
        y[(slice(None), *elements)] += p[(slice(None), *windows, tap)]
    return y


# -- patches ------------------------------------------------------------------------------------------------------
# Two rows, each the other's gradient: patches (batch, *windows, taps, channels) of images, and images to which patches
# are added up. Where windows overlap the second has room for a packed matrix as a second result.


def _patches_infer(x: Spec, window: Any, strides: Any, padding: Any, dilation: Any) -> Spec:
    outputs = output_sizes(x.shape[1:-1], window, strides, padding, dilation)
    return Spec((x.shape[0], *outputs, math.prod(window), x.shape[-1]), x.dtype)


def _patches_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, y = inputs[0], outputs[0]
    if x.dtype not in dtypes.CODE:
        return None
    return pack_calls((0, 1), Windows.over(x.shape[1:-1], **attrs), False, x, Spec((1, *y.shape), y.dtype))


def _patches_vjp(g: Tensor, y: Tensor, x: Tensor, **attrs: Any) -> Tensor:
    w = Windows.over(x.shape[1:-1], **attrs)
    return fold_patches(g, w)


_patches = Op(
    "patches",
    _patches_infer,
    lambda x, **attrs: cut_patches(x, Windows.over(x.shape[1:-1], **attrs)),
    _patches_kernel,
    vjp=[_patches_vjp],
)


def _fold_infer(p: Spec, size: Any, window: Any, strides: Any, padding: Any, dilation: Any) -> list[Spec]:
    w = Windows.over(size, window, strides, padding, dilation)
    if p.shape[1:-1] != (*w.outputs, w.taps):
        raise ValueError(f"patches of shape {p.shape} are not those of images of size {size}: {w.outputs} of {w.taps}")
    images = Spec((p.shape[0], *size, p.shape[-1]), p.dtype)
    if w.disjoint or p.dtype not in NATIVE:
        return [images]
    return [images, Spec(packed_shape(w, True, p.shape[0], p.shape[-1]), p.dtype)]


def _fold_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    w = Windows.over(attrs["size"], *(attrs[k] for k in ("window", "strides", "padding", "dilation")))
    p = inputs[0]
    if p.dtype not in NATIVE:
        return None
    if w.disjoint:
        return unpack_calls((0, 1), w, p, outputs[0])
    packed = outputs[1]
    return [*pack_calls((1, 2), w, True, p, packed, patches=True), fold_taps_call((0, 1), packed)]


_fold_patches = Op(
    "fold_patches",
    _fold_infer,
    lambda p, size, **attrs: add_patches(p, Windows.over(size, **attrs)),
    _fold_kernel,
    vjp=[lambda g, y, p, size, **attrs: _patches(g[0], **attrs)],
)


def patches_of(x: Tensor, window: Any, strides: Any, padding: Padding, dilation: Any) -> Tensor:
    """The patches (batch, *windows, taps, channels) of images; 0 where a window meets padding."""
    return _patches(x, window=window, strides=strides, padding=padding, dilation=dilation)


def fold_patches(patches: Tensor, w: Windows) -> Tensor:
    """Images (batch, *spatial, channels) whose elements are the sums of what patches have at their places."""
    attrs = {"window": w.window, "strides": w.strides, "padding": w.padding, "dilation": w.dilation}
    return _fold_patches(patches, size=w.inputs, **attrs)[0]
