"""Layer and root mean square normalization, by the moments of rows: of the last axes, those of ``gamma``.

- ``norm_rows(x, gamma, beta, epsilon, centered)``: (x - mean) / sqrt(variance + epsilon) * gamma + beta, and what its
gradient needs of the moments (``saved``). If not ``centered``: x / sqrt(mean(x * x) + epsilon) * gamma + beta.
- ``norm_rows_grad(g, x, saved, gamma, ...)``: the gradients of x, gamma and beta.
"""

import math
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
_UNIT, _UNITS, _UNIT_ROWS = 1 << 16, 32, 16  # elements of a unit of rows, the most units, the least rows of one


def _rows(x: Spec, gamma: Spec) -> tuple[int, int]:
    """Number and length of the rows."""
    return math.prod(x.shape[: len(x.shape) - len(gamma.shape)]), math.prod(gamma.shape)


def _units(rows: int, n: int) -> int:
    return max(min(rows * n // _UNIT, rows // _UNIT_ROWS, _UNITS), 1)


def _infer(x: Spec, gamma: Spec, beta: Spec, **attrs: Any) -> list[Spec]:
    lead = x.shape[: len(x.shape) - len(gamma.shape)]
    return [Spec(x.shape, x.dtype), Spec((*lead, 2), "float64")]


def _kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call]:
    x, gamma = inputs[:2]
    p = (CODE[x.dtype], *_rows(x, gamma), int(attrs["centered"]))
    return [Call("norm_rows", (0, 1, 2, 3, 4), p, (float(attrs["epsilon"]),))]


def _joint(g: Any, y: Any, inputs: Any, wanted: list[int], attrs: dict[str, Any]) -> list[Tensor]:
    x, gamma, _ = inputs
    parts = _grad(g[0], x, y[1], gamma, **attrs)
    return [parts[i] for i in wanted]


_norm_rows = Op("norm_rows", _infer, kernel=_kernel, joint=_joint)


def _grad_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call]:
    x, gamma = inputs[1], inputs[3]
    rows, n = _rows(x, gamma)
    p = (CODE[x.dtype], rows, n, int(attrs["centered"]), _units(rows, n))
    return [Call("norm_rows_grad", tuple(range(8)), p)]


def _grad_workspace(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[int]:
    rows, n = _rows(inputs[1], inputs[3])
    return [32 * n * _units(rows, n)]


def _grad_formula(g: Tensor, x: Tensor, gamma: Tensor, epsilon: float, centered: bool) -> list[Tensor]:
    """The gradients in terms of ``x``, whose moments are not taken as constants."""
    shape = _rows(x, gamma)
    g, x, gamma = layout.reshape(g, shape), layout.reshape(x, shape), layout.reshape(gamma, shape[1:])

    def mean(v: Tensor) -> Tensor:
        return reduction.mean(v, 1, keepdims=True)

    x = elementwise.subtract(x, mean(x)) if centered else x
    root = elementwise.rsqrt(elementwise.add(mean(elementwise.square(x)), epsilon))
    normal, scaled = elementwise.multiply(x, root), elementwise.multiply(g, gamma)
    along = elementwise.multiply(normal, mean(elementwise.multiply(scaled, normal)))
    part = elementwise.subtract(scaled, mean(scaled)) if centered else scaled
    dx = elementwise.multiply(root, elementwise.subtract(part, along))
    return [dx, reduction.sum(elementwise.multiply(g, normal), 0), reduction.sum(g, 0)]


def _grad_joint(h: Any, y: Any, inputs: Any, wanted: list[int], attrs: dict[str, Any]) -> list[Tensor | None]:
    g, x, _, gamma = inputs
    with GradientTape() as tape:
        tape.watch([g, x, gamma])
        parts = [layout.reshape(v, of.shape) for v, of in zip(_grad_formula(g, x, gamma, **attrs), y, strict=True)]
        chosen = [(part, seed) for part, seed in zip(parts, h, strict=True) if seed is not None]
    targets, seeds = zip(*chosen, strict=True)
    found = tape.gradient(list(targets), [g, x, gamma], output_gradients=list(seeds))
    return [{0: found[0], 1: found[1], 3: found[2]}.get(i) for i in wanted]


_grad = Op(
    "norm_rows_grad",
    lambda g, x, saved, gamma, **attrs: [Spec(v.shape, v.dtype) for v in (x, gamma, gamma)],
    kernel=_grad_kernel,
    workspace=_grad_workspace,
    joint=_grad_joint,
)


def has_rows(x: Tensor, axes: tuple[int, ...], *parameters: Any) -> bool:
    """Whether `normalize_rows` takes these: ``axes`` are the last ones, and parameters have their shape."""
    shape = x.shape[len(x.shape) - len(axes) :]
    last = axes == tuple(range(len(x.shape) - len(axes), len(x.shape)))
    fits = all(v is None or tuple(v.shape) == shape for v in parameters)
    return last and fits and x.dtype in NATIVE and None not in shape


def normalize_rows(x: Tensor, gamma: Any, beta: Any, axes: tuple[int, ...], epsilon: float, centered: bool) -> Tensor:
    """``x`` normalized by the moments over ``axes``, which are its last."""
    shape = x.shape[len(x.shape) - len(axes) :]
    gamma = constant(np.ones(shape), x.dtype) if gamma is None else elementwise.cast(gamma, x.dtype)
    beta = constant(np.zeros(shape), x.dtype) if beta is None else elementwise.cast(beta, x.dtype)
    return _norm_rows(x, gamma, beta, epsilon=epsilon, centered=centered)[0]
