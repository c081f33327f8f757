"""Dense, merging, reshaping, normalization and other layers in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config
from ckeras.export.activation_converters import activation
from ckeras.export.builder import Builder, converts


@converts("Dense")
def _dense(b: Builder, layer: Any, x: str) -> str:
    y = b.add("MatMul", x, b.constant(layer.kernel))
    return activation(b, layer.activation, y if layer.bias is None else b.add("Add", y, b.constant(layer.bias)))


@converts("EinsumDense")
def _einsum_dense(b: Builder, layer: Any, x: str) -> str:
    if "..." in layer.equation:
        raise ValueError("there is no converter to ONNX for an equation with '...'")
    y = b.add("Einsum", x, b.constant(layer.kernel), equation=layer.equation)
    return activation(b, layer.activation, y if layer.bias is None else b.add("Add", y, b.constant(layer.bias)))


@converts("Embedding")
def _embedding(b: Builder, layer: Any, x: str) -> str:
    return b.add("Gather", b.constant(layer.embeddings), b.add("Cast", x, to=b.onnx.TensorProto.INT64), axis=0)


@converts(
    "Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D",
    "SpatialDropout3D", "ActivityRegularization", "Identity",
)  # fmt: skip
def _identity(b: Builder, layer: Any, x: str) -> str:
    return x


@converts("Rescaling")
def _rescaling(b: Builder, layer: Any, x: str) -> str:
    return b.add("Add", b.add("Mul", x, b.constant(layer.scale, "float32")), b.constant(layer.offset, "float32"))


# -- merging

_MERGES = {"Add": "Sum", "Average": "Mean", "Maximum": "Max", "Minimum": "Min", "Subtract": "Sub", "Multiply": "Mul"}


@converts(*_MERGES)
def _merge(b: Builder, layer: Any, xs: list[str]) -> str:
    if type(layer).__name__ != "Multiply":
        return b.add(_MERGES[type(layer).__name__], *xs)
    y = xs[0]
    for x in xs[1:]:
        y = b.add("Mul", y, x)
    return y


@converts("Concatenate")
def _concatenate(b: Builder, layer: Any, xs: list[str]) -> str:
    return b.add("Concat", *xs, axis=layer.axis)


# -- shapes


@converts("Flatten")
def _flatten(b: Builder, layer: Any, x: str) -> str:
    if layer.data_format == "channels_first" and b.ranks[x] > 2:
        x = b.add("Transpose", x, perm=[0, *range(2, b.ranks[x]), 1])
    return b.add("Flatten", x, axis=1)


@converts("Reshape")
def _reshape(b: Builder, layer: Any, x: str) -> str:
    return b.add("Reshape", x, b.integers([0, *layer.target_shape]))


@converts("Permute")
def _permute(b: Builder, layer: Any, x: str) -> str:
    return b.add("Transpose", x, perm=[0, *layer.dims])


@converts("RepeatVector")
def _repeat_vector(b: Builder, layer: Any, x: str) -> str:
    return b.add("Tile", b.add("Unsqueeze", x, b.integers([1])), b.integers([1, layer.n, 1]))


def _spatial(layer: Any, rank: int, values: Any) -> list[Any]:
    """Values of the spatial axes, spread over all axes; None for the others."""
    spread = [None, *values, None] if layer.data_format != "channels_first" else [None, None, *values]
    return spread[:rank] if len(spread) >= rank else spread


@converts("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def _zero_padding(b: Builder, layer: Any, x: str) -> str:
    pairs = [layer.padding] if isinstance(layer.padding[0], int) else layer.padding
    pads = [(0, 0) if pair is None else pair for pair in _spatial(layer, b.ranks[x], pairs)]
    return b.add("Pad", x, b.integers([pad[0] for pad in pads] + [pad[1] for pad in pads]))


@converts("Cropping1D", "Cropping2D", "Cropping3D")
def _cropping(b: Builder, layer: Any, x: str) -> str:
    pairs = [layer.cropping] if isinstance(layer.cropping[0], int) else layer.cropping
    cuts = {axis: pair for axis, pair in enumerate(_spatial(layer, b.ranks[x], pairs)) if pair is not None}
    begins, ends = [cut[0] for cut in cuts.values()], [-cut[1] or np.iinfo(np.int64).max for cut in cuts.values()]
    return b.add("Slice", x, b.integers(begins), b.integers(ends), b.integers(list(cuts)))


@converts("UpSampling1D", "UpSampling2D", "UpSampling3D")
def _up_sampling(b: Builder, layer: Any, x: str) -> str:
    if getattr(layer, "interpolation", "nearest") != "nearest":
        raise ValueError(f"there is no converter to ONNX for the interpolation {layer.interpolation!r}")
    sizes = [layer.size] if isinstance(layer.size, int) else layer.size
    for axis, size in enumerate(_spatial(layer, b.ranks[x], sizes)):
        if size is not None:  # each element is repeated: a new axis after it, tiled and merged
            rank = b.ranks[x] if x in b.ranks else len(_spatial(layer, 99, sizes))
            tiled = b.add("Unsqueeze", x, b.integers([axis + 1]))
            tiled = b.add("Tile", tiled, b.integers([size if i == axis + 1 else 1 for i in range(rank + 1)]))
            shape = b.add("Shape", x)
            scaled = b.add("Mul", shape, b.integers([size if i == axis else 1 for i in range(rank)]))
            x = b.add("Reshape", tiled, scaled)
            b.ranks[x] = rank
    return x


# -- normalization


def _along(b: Builder, values: Any, axis: int, rank: int) -> str:
    """Values along one axis, with the shape to be broadcast."""
    array = np.asarray(values, "float32")
    return b.constant(array.reshape([-1 if i == axis % rank else 1 for i in range(rank)]))


@converts("BatchNormalization")
def _batch_normalization(b: Builder, layer: Any, x: str) -> str:
    scale = 1 / np.sqrt(layer.moving_variance.numpy().astype("float64") + layer.epsilon)
    scale = scale if layer.gamma is None else scale * layer.gamma.numpy()
    offset = -layer.moving_mean.numpy() * scale + (0 if layer.beta is None else layer.beta.numpy())
    rank = b.ranks[x]
    return b.add("Add", b.add("Mul", x, _along(b, scale, layer.axis, rank)), _along(b, offset, layer.axis, rank))


@converts("LayerNormalization")
def _layer_normalization(b: Builder, layer: Any, x: str) -> str:
    axes = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    centred = b.add("Sub", x, b.add("ReduceMean", x, axes=axes))
    variance = b.add("ReduceMean", b.add("Mul", centred, centred), axes=axes)
    y = b.add("Div", centred, b.add("Sqrt", b.add("Add", variance, b.number(layer.epsilon))))
    return _scaled(b, layer, y, axes, b.ranks[x])


def _scaled(b: Builder, layer: Any, y: str, axes: list[int], rank: int) -> str:
    """The product with ``gamma`` and the sum with ``beta``, where a layer has them."""
    at = {axis % rank for axis in axes}
    for variable, kind in ((layer.gamma, "Mul"), (layer.beta, "Add")):
        if variable is not None:
            sizes = iter(variable.shape)
            y = b.add(
                kind, y, b.constant(variable.numpy().reshape([next(sizes) if i in at else 1 for i in range(rank)]))
            )
    return y


@converts("UnitNormalization")
def _unit_normalization(b: Builder, layer: Any, x: str) -> str:
    axes = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    squares = b.add("ReduceSum", b.add("Mul", x, x), b.integers(axes))
    return b.add("Div", x, b.add("Sqrt", b.add("Max", squares, b.number(1e-12))))


@converts("RMSNormalization")
def _rms_normalization(b: Builder, layer: Any, x: str) -> str:
    axes = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    squares = b.add("ReduceMean", b.add("Mul", x, x), axes=axes)
    y = b.add("Div", x, b.add("Sqrt", b.add("Add", squares, b.number(layer.epsilon))))
    at, sizes = {axis % b.ranks[x] for axis in axes}, iter(layer.scale.shape)
    shape = [next(sizes) if i in at else 1 for i in range(b.ranks[x])]
    return b.add("Mul", y, b.constant(layer.scale.numpy().reshape(shape)))


@converts("Normalization")
def _normalization(b: Builder, layer: Any, x: str) -> str:
    if layer.invert:
        raise ValueError("there is no converter to ONNX for invert=True")
    deviation = np.maximum(np.sqrt(np.asarray(layer.variance)), config.epsilon())
    return b.add(
        "Div", b.add("Sub", x, b.constant(np.asarray(layer.mean), "float32")), b.constant(deviation, "float32")
    )


@converts("Dot")
def _dot(b: Builder, layer: Any, xs: list[str]) -> str:
    if layer.normalize or any(b.ranks[x] != 2 for x in xs):
        raise ValueError("there is a converter to ONNX for products of vectors only")
    return b.add("ReduceSum", b.add("Mul", *xs), b.integers([1]))


@converts("GroupNormalization")
def _group_normalization(b: Builder, layer: Any, x: str) -> str:
    rank = b.ranks[x]
    if layer.axis % rank != rank - 1:
        raise ValueError("there is a converter to ONNX for the last axis only")
    channels = next(v.shape[0] for v in (layer.gamma, layer.beta) if v is not None) if layer.weights else None
    if channels is None:
        raise ValueError("there is no converter to ONNX for center=False and scale=False")
    grouped = b.add("Reshape", x, b.integers([0, -1, layer.groups, channels // layer.groups]))
    centred = b.add("Sub", grouped, b.add("ReduceMean", grouped, axes=[1, 3]))
    variance = b.add("ReduceMean", b.add("Mul", centred, centred), axes=[1, 3])
    y = b.add("Div", centred, b.add("Sqrt", b.add("Add", variance, b.number(layer.epsilon))))
    return _scaled(b, layer, b.add("Reshape", y, b.add("Shape", x)), [rank - 1], rank)
