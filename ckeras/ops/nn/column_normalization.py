"""Batch and group normalization of (batch, ..., channels) by the moments of channels.

- ``norm_moments(x, groups, epsilon)``: mean, variance, and what the other ops need of them (``saved``). With 0 groups
the moments are those of each channel over the whole batch, else those of each group of channels of each sample.
- ``norm_apply(x, saved, gamma, beta, groups, epsilon)``: (x - mean) / sqrt(variance + epsilon) * gamma + beta, where
``saved`` is that of ``x``; its gradient with respect to ``x`` is also through the moments.
- ``norm_apply_fused`` adds a residual, or takes the positive part; rewrites of plans make it.
- ``norm_grad(g, x, saved, gamma, beta, ...)``: the gradients of ``norm_apply``. In ``norm_grad_relu`` g is the gradient
of its positive part.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.autograd import GradientTape
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation import layout
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor
from ckeras.tensor.dtypes import CODE
from ckeras.tensor.eager import Call, constant

NATIVE = ("float32", "float64")
_CHUNK, _CHUNKS = 1 << 15, 64  # elements of a chunk of rows, and the maximum number of chunks


def _geometry(x: Spec, groups: int) -> tuple[int, int, int, int, int]:
    """Samples, rows of a sample, channels, channels of a group, and chunks of rows."""
    channels = x.shape[-1]
    samples, rows = (x.shape[0], math.prod(x.shape[1:-1])) if groups else (1, math.prod(x.shape[:-1]))
    chunks = min(max(rows * channels // _CHUNK, 1), _CHUNKS)
    return samples, rows, channels, channels // groups if groups else 1, chunks


def _call(
    kernel: str, buffers: int, x: Spec, groups: int, more: tuple[int, ...] = (), f: tuple[float, ...] = ()
) -> list[Call]:
    return [Call(kernel, tuple(range(buffers)), (CODE[x.dtype], *_geometry(x, groups), *more), f)]


def _workspace(x: Spec, groups: int) -> list[int]:
    samples, _, channels, _, chunks = _geometry(x, groups)
    return [16 * samples * chunks * channels]


# -- moments --------------------------------------------------------------------------------------------------------


def _moments_infer(x: Spec, groups: int, epsilon: float) -> list[Spec]:
    shape = (x.shape[0], groups) if groups else (x.shape[-1],)
    return [Spec(shape, x.dtype), Spec(shape, x.dtype), Spec((2, *shape), "float64")]


_moments = Op(
    "norm_moments",
    _moments_infer,
    kernel=lambda inputs, outputs, attrs: _call(
        "norm_moments", 5, inputs[0], attrs["groups"], f=(float(attrs["epsilon"]),)
    ),
    workspace=lambda inputs, outputs, attrs: _workspace(inputs[0], attrs["groups"]),
)

# -- the normalized channels ----------------------------------------------------------------------------------------


def _apply_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call]:
    residual = len(inputs) > 4
    more = (int(attrs.get("relu", False)), int(residual))
    return _call("norm_apply", 5 + residual, inputs[0], attrs["groups"], more)


def _apply_joint(g: Any, y: Any, inputs: Any, wanted: list[int], attrs: dict[str, Any]) -> list[Tensor | None]:
    dx, dgamma, dbeta = _grad(g, *inputs, **attrs)
    return [(dx, None, dgamma, dbeta)[i] for i in wanted]


def _like_first(x: Spec, *others: Spec, **attrs: Any) -> Spec:
    return Spec(x.shape, x.dtype)


_apply = Op("norm_apply", _like_first, kernel=_apply_kernel, joint=_apply_joint)
Op("norm_apply_fused", _like_first, kernel=_apply_kernel)

# -- gradients ------------------------------------------------------------------------------------------------------


def _grad_op(name: str, relu: bool, **more: Any) -> Op:
    return Op(
        name,
        lambda g, x, saved, gamma, beta, **attrs: [Spec(v.shape, v.dtype) for v in (x, gamma, beta)],
        kernel=lambda inputs, outputs, attrs: _call("norm_grad", 9, inputs[1], attrs["groups"], (int(relu),)),
        workspace=lambda inputs, outputs, attrs: _workspace(inputs[1], attrs["groups"]),
        donates={0: 0},
        **more,
    )


def _grad_formula(g: Tensor, x: Tensor, gamma: Tensor, groups: int, epsilon: float) -> list[Tensor]:
    """The gradients in terms of ``x``, whose moments are not taken as constants."""
    samples, rows, channels, per, _ = _geometry(x, groups)
    apart = (samples, rows, channels // per, per)
    g, x, gamma = (layout.reshape(v, shape) for v, shape in ((g, apart), (x, apart), (gamma, apart[2:])))

    def mean(v: Tensor) -> Tensor:
        return reduction.mean(v, (1, 3), keepdims=True)

    centered = elementwise.subtract(x, mean(x))
    root = elementwise.rsqrt(elementwise.add(mean(elementwise.square(centered)), epsilon))
    normal, scaled = elementwise.multiply(centered, root), elementwise.multiply(g, gamma)
    along = elementwise.multiply(normal, mean(elementwise.multiply(scaled, normal)))
    dx = elementwise.multiply(root, elementwise.subtract(elementwise.subtract(scaled, mean(scaled)), along))
    return [dx, reduction.sum(elementwise.multiply(g, normal), (0, 1)), reduction.sum(g, (0, 1))]


def _grad_joint(h: Any, y: Any, inputs: Any, wanted: list[int], attrs: dict[str, Any]) -> list[Tensor | None]:
    g, x, _, gamma, _ = inputs
    with GradientTape() as tape:
        tape.watch([g, x, gamma])
        parts = [layout.reshape(v, of.shape) for v, of in zip(_grad_formula(g, x, gamma, **attrs), y, strict=True)]
        chosen = [(part, seed) for part, seed in zip(parts, h, strict=True) if seed is not None]
    targets, seeds = zip(*chosen, strict=True)
    found = tape.gradient(list(targets), [g, x, gamma], output_gradients=list(seeds))
    return [{0: found[0], 1: found[1], 3: found[2]}.get(i) for i in wanted]


_grad = _grad_op("norm_grad", relu=False, joint=_grad_joint)
_grad_op("norm_grad_relu", relu=True)

# -- functions ------------------------------------------------------------------------------------------------------


def _normalized(x: Tensor, gamma: Any, beta: Any, epsilon: float, groups: int) -> tuple[Tensor, Tensor, Tensor]:
    channels = x.shape[-1]
    gamma = constant(np.ones(channels), x.dtype) if gamma is None else elementwise.cast(gamma, x.dtype)
    beta = constant(np.zeros(channels), x.dtype) if beta is None else elementwise.cast(beta, x.dtype)
    attrs = {"groups": groups, "epsilon": epsilon}
    mean, variance, saved = _moments(x, **attrs)
    return _apply(x, saved, gamma, beta, **attrs), mean, variance


def _with_last(x: Tensor, axis: int) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """``x`` with ``axis`` moved to the end, and the inverse."""
    order = [*(i for i in range(len(x.shape)) if i != axis), axis]
    return layout.transpose(x, order), lambda y: layout.transpose(y, [order.index(i) for i in range(len(order))])


def normalize_batch(x: Tensor, axis: int, gamma: Any, beta: Any, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """``x`` of a dtype in `NATIVE`, normalized by the moments of channels along ``axis``, and these, as constants."""
    x, back = _with_last(x, axis)
    y, mean, variance = _normalized(x, gamma, beta, epsilon, 0)
    return back(y), mean, variance


def normalize_groups(x: Tensor, axis: int, groups: int, gamma: Any, beta: Any, epsilon: float) -> Tensor:
    """``x`` of a dtype in `NATIVE`, normalized by the moments of each group of channels of each sample."""
    x, back = _with_last(x, axis)
    return back(_normalized(x, gamma, beta, epsilon, groups)[0])
