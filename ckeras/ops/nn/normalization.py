"""Moments and normalizations."""

from typing import Any

import numpy as np

from ckeras import config
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.linalg.norms import norm
from ckeras.ops.manipulation import layout
from ckeras.ops.nn.row_normalization import has_rows, normalize_rows
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Tensor, arguments, dtypes
from ckeras.utils.tracebacks import warn


def _in_float32(x: Any) -> tuple[Tensor, str]:
    """``x`` in float32 or float64, and its original dtype."""
    x = layout.tensor(x)
    return elementwise.cast(x, dtypes.result_type(x.dtype, "float32")), x.dtype


def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> tuple[Tensor, Tensor]:
    """Mean and variance over ``axes``.

    Moments of float16 are computed in float32 and clipped to the range of float16. ``synchronized`` changes nothing,
    since there is a single device.

    >>> [v.tolist() for v in moments([1.0, 3.0], 0)]
    [2.0, 1.0]
    """
    x = elementwise.as_float(x)
    half = x.dtype == "float16"
    x = elementwise.cast(x, "float32") if half else x
    axes = reduction.canonical_axes(axes, len(x.shape))
    mean = reduction.mean(x, axes, keepdims=True)
    variance = reduction.mean(elementwise.square(elementwise.subtract(x, mean)), axes, keepdims)
    mean = mean if keepdims else layout.squeeze(mean, axes)
    if half:
        most = float(np.finfo(np.float16).max)
        return tuple(elementwise.cast(elementwise.clip(v, -most, most), "float16") for v in (mean, variance))
    return mean, variance


def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, along ``axis`` (Ioffe and Szegedy, 2015).

    Args:
        mean: one number for each index along ``axis``, like variance, offset and scale.
        offset: omitted if `None`.
        scale: omitted if `None`.
    """
    x = elementwise.as_float(x)
    axis = layout.axis_of(axis, len(x.shape), "batch_normalization")

    def spread(name: str, v: Any) -> Tensor:
        v = layout.tensor(v)
        if len(v.shape) != 1 or (v.shape[0] != x.shape[axis] and None not in (v.shape[0], x.shape[axis])):
            raise ValueError(
                f"batch_normalization expects {name} of shape ({x.shape[axis]},) for axis {axis} of a tensor of shape "
                f"{x.shape}, got shape {v.shape}"
            )
        return layout.reshape(v, tuple(v.shape[0] if i == axis else 1 for i in range(len(x.shape))))

    inverse = elementwise.rsqrt(elementwise.add(spread("variance", variance), epsilon))
    if scale is not None:
        inverse = elementwise.multiply(inverse, spread("scale", scale))
    shift = elementwise.negative(elementwise.multiply(spread("mean", mean), inverse))
    if offset is not None:
        shift = elementwise.add(shift, spread("offset", offset))
    return elementwise.add(elementwise.multiply(x, inverse), shift)


def _of_axes(v: Any, x: Tensor, axes: tuple[int, ...], where: str) -> Tensor:
    """Reshape a parameter with a number for each index along ``axes``, or of the rank of ``x``, to broadcast to x."""
    v = elementwise.cast(v, x.dtype)
    rank = len(x.shape)
    if len(v.shape) == len(axes) < rank:
        dims = iter(v.shape)
        return layout.reshape(v, tuple(next(dims) if i in axes else 1 for i in range(rank)))
    if len(v.shape) != rank and v.shape:
        raise ValueError(f"{where} over axes {axes} of a tensor of shape {x.shape} got a parameter of shape {v.shape}")
    return v


def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None, **kwargs: Any
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, with the moments over ``axis`` (Ba et al., 2016).

    Args:
        gamma: a number for each index along ``axis``; omitted if `None`.
        beta: the same.
        axis: one axis or several.
        epsilon: `None` means `ckeras.config.epsilon()`.
        rms_scaling: deprecated: x / sqrt(variance + epsilon) * gamma. See `rms_normalization`.

    Computed in float32 or float64; the result has the dtype of ``x``.
    """
    rms_scaling = kwargs.pop("rms_scaling", False)
    if kwargs:
        raise TypeError(f"layer_normalization got unknown arguments {sorted(kwargs)}")
    epsilon = config.epsilon() if epsilon is None else epsilon
    x, dtype = _in_float32(x)
    axes = reduction.canonical_axes(axis, len(x.shape))
    if not rms_scaling and has_rows(x, axes, gamma, beta):
        return elementwise.cast(normalize_rows(x, gamma, beta, axes, epsilon, centered=True), dtype)
    mean, variance = moments(x, axes, keepdims=True)
    inverse = elementwise.rsqrt(elementwise.add(variance, epsilon))
    if gamma is not None:
        inverse = elementwise.multiply(inverse, _of_axes(gamma, x, axes, "layer_normalization"))
    if rms_scaling:
        warn("rms_scaling divides by the deviation and not by the root of the mean square; use rms_normalization")
        return elementwise.cast(elementwise.multiply(x, inverse), dtype)
    y = elementwise.multiply(elementwise.subtract(x, mean), inverse)
    return elementwise.cast(
        y if beta is None else elementwise.add(y, _of_axes(beta, x, axes, "layer_normalization")), dtype
    )


def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Tensor:
    """x / sqrt(mean(x * x) + epsilon) * scale, with the mean over ``axis`` (Zhang and Sennrich, 2019).

    Args:
        scale: a tensor that broadcasts to ``x``, or a number for each index along ``axis``; omitted if `None`.
        axis: one axis or several.
        epsilon: `None` means `ckeras.config.epsilon()`.

    Computed in float32 or float64; the result has the dtype of ``x``, and rank 1 if ``x`` is a scalar.
    """
    epsilon = config.epsilon() if epsilon is None else epsilon
    x, dtype = _in_float32(x)
    x = x if x.shape else layout.expand_dims(x, 0)
    axes = reduction.canonical_axes(axis, len(x.shape))
    if has_rows(x, axes, scale):
        return elementwise.cast(normalize_rows(x, scale, None, axes, epsilon, centered=False), dtype)
    y = elementwise.multiply(
        x, elementwise.rsqrt(elementwise.add(reduction.mean(elementwise.square(x), axes, True), epsilon))
    )
    if scale is not None:
        scale = elementwise.cast(scale, x.dtype)
        y = elementwise.multiply(
            y, _of_axes(scale, x, axes, "rms_normalization") if len(scale.shape) == len(axes) else scale
        )
    return elementwise.cast(y, dtype)


def normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    """x / max(norm(x), epsilon), with the norm of ``order`` over ``axis``.

    Args:
        axis: one axis or several; over several the norm of order 2 is that of all elements, another that of a matrix.
        order: an integer of 1 or more.
        epsilon: `None` means `ckeras.config.epsilon()`.

    >>> normalize([3.0, 4.0]).tolist()
    [0.6000000238418579, 0.800000011920929]
    """
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
        raise ValueError(f"normalize expects an integer order of 1 or more, got {arguments.shown(order)}")
    x = elementwise.as_float(x)
    x = x if x.shape else layout.expand_dims(x, 0)
    epsilon = config.epsilon() if epsilon is None else epsilon
    if order == 2:
        wide, dtype = _in_float32(x)
        squares = reduction.sum(elementwise.square(wide), axis, keepdims=True)
        return elementwise.cast(
            elementwise.multiply(wide, elementwise.rsqrt(elementwise.maximum(squares, epsilon * epsilon))), dtype
        )
    return elementwise.divide(x, elementwise.maximum(norm(x, order, axis, True), epsilon))
