"""Convolutions of one to three spatial axes as ops, and the kernels that compute them.

Three ops, each the gradient of the others, so that gradients of any order exist. In each of them images have the layout
(batch, *spatial, channels) and kernels (*window, channels / groups, filters); ``strides`` and ``dilation`` have a
number for each spatial axis, and group i maps the i-th group of channels to the i-th group of filters.

- ``conv(x, kernel, strides, padding, dilation, groups)``: images (batch, *windows, filters). ``padding`` is "valid",
  "same" or a pair (before, after) for each spatial axis; a pair may be negative, which skips elements.
- ``conv_input_grad(g, kernel, size, strides, padding, dilation, groups)``: the gradient of x, with spatial axes
  ``size``, from that of the result; ``padding`` is given in pairs. It is the transposed convolution, too.
- ``conv_kernel_grad(x, g, window, strides, padding, dilation, groups)``: the gradient of the kernel.

In float32 and float64 they are matrix products that read patches straight from the images (`conv.c`); with windows of
one element and stride 1, the patches are the images. Depthwise convolutions, which have a group for each channel, have
kernels of their own, and so have results of few channels (`conv_narrow.h`), and float32 convolutions with windows of
3 x 3 and many channels (`conv_winograd.h`, `conv_winograd_grad.h`).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.ops.linalg.matrix_products import ACTIVATIONS, NUMPY_ACTIVATIONS, PANEL
from ckeras.ops.nn.windows import Windows, add_patches, cut_patches, geometry, output_sizes
from ckeras.tensor import Op, Spec, Tensor
from ckeras.tensor.dtypes import CODE, ITEMSIZE
from ckeras.tensor.eager import Call

_NATIVE = ("float32", "float64")
_WINOGRAD = (32, 1024)  # channels from which Winograd's convolution pays, and of the source that its kernel takes
_WEIGHT_READ = 4  # multiply-adds that take as long as to read a weight
_WEIGHT_TRANSFORM = 600  # the same for Winograd's transform of the 9 weights of a channel and a filter
_GRAD_TILES = 16  # tiles from which the gradient of a kernel is computed like that
_GRAD_COST = 8  # and how many windows one by one take as long as a tile
_NARROW = 4  # channels of a result that the kernel for few of them takes
# Kernels that pack weights, as many matrices as taps or so many
_PANEL_ROWS = {"conv": None, "conv_narrow": None, "conv_winograd": 36}
_PARTS = 8  # maximum number of parts of the sum that is the gradient of a kernel
_PART_ROWS = 1024  # minimum windows of a part
_PARTS_SIZE = 2**18  # maximum elements of all parts


def _parameters(dtype: str, back: bool, batch: int, kernel: Any, w: Windows, groups: int, *own: int) -> tuple[int, ...]:
    """Parameters of the kernels of conv.c; `own` are the three that differ between them."""
    channels, filters = kernel[-2] * groups, kernel[-1]
    return (CODE[dtype], int(back), batch, channels, filters, groups, len(w.inputs), *own, *geometry(w))


def _is_product(w: Windows, groups: int) -> bool:
    """Whether the patches are the images."""
    return groups == 1 and w.taps == 1 and w.inputs == w.outputs and not any(map(any, w.padding))


def _kind(
    dtype: str, batch: int, channels: int, filters: int, w: Windows, groups: int, back: bool, packed: bool = False
) -> str:
    """Which kernels compute a convolution or the gradient of its input, if its weights are ``packed`` already or not;
    "product" is that of matrices."""
    if _is_product(w, groups):
        return "product"
    if channels == groups > 1:
        return "conv_depthwise"
    sources, targets = (filters, channels) if back else (channels, filters)
    if groups == 1 and targets <= _NARROW:
        return "conv_narrow"
    fits = dtype == "float32" and w.window == (3, 3) and {*w.strides, *w.dilation, groups} == {1}
    if not (fits and targets >= _WINOGRAD[0] <= sources <= _WINOGRAD[1]):
        return "conv"
    sizes = w.inputs if back else w.outputs
    tiles = batch * math.prod(-(-n // 4) for n in sizes)  # of 4 x 4 targets
    direct = 9 * (batch * math.prod(sizes) + _WEIGHT_READ)
    winograd = 36 * (tiles + _WEIGHT_READ) + (0 if packed else _WEIGHT_TRANSFORM)
    return "conv_winograd" if winograd < direct else "conv"


def _product(
    dtype: str, m: int, n: int, k: int, transposed: tuple[int, int], activation: int = 0, biases: int = 0
) -> list[Call]:
    """Product (m, k) @ (k, n) of the inputs, of which the transpose may be given, with bias and activation."""
    p = (CODE[dtype], 1, m, n, k, *transposed, 0, 0, 0, activation, biases)
    return [Call("gemm", tuple(range(3 + biases)), p)]


def _panels_size(taps: int, sources: int, columns: int) -> int:
    """Elements of the panels of a kernel, which have so many columns for each group."""
    return taps * sources * (-(-columns // PANEL) * PANEL)


def _panels(dtype: str, batch: int, channels: int, filters: int, w: Windows, groups: int, back: bool) -> list[int]:
    """Bytes of workspace for the panels of a kernel, the columns of which are the channels of the result by groups."""
    kind = _kind(dtype, batch, channels, filters, w, groups, back)
    if dtype not in _NATIVE or kind not in _PANEL_ROWS:
        return []
    sources, targets = (filters, channels) if back else (channels, filters)
    return [_panels_size(_PANEL_ROWS[kind] or w.taps, sources, targets // groups) * ITEMSIZE[dtype]]


def _wide(x: np.ndarray) -> np.ndarray:
    """``x`` in the dtype of the numpy computation: float16 becomes float32."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


# -- the convolution ------------------------------------------------------------------------------------------------


def _conv_windows(x: Any, kernel: Any, strides: Any, padding: Any, dilation: Any, **attrs: Any) -> Windows:
    return Windows.over(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation)


def _conv_infer(x: Spec, kernel: Spec, strides: Any, padding: Any, dilation: Any, groups: int) -> Spec:
    outputs = output_sizes(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation)
    return Spec((x.shape[0], *outputs, kernel.shape[-1]), x.dtype)


def _conv_workspace(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[int]:
    x, kernel = inputs[:2]
    w = _conv_windows(x, kernel, **attrs)
    return _panels(x.dtype, x.shape[0], x.shape[-1], kernel.shape[-1], w, attrs["groups"], back=False)


def _conv_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, kernel, *bias = inputs
    if x.dtype not in _NATIVE:
        return None
    w, groups, filters = _conv_windows(x, kernel, **attrs), attrs["groups"], kernel.shape[-1]
    packed = attrs.get("packed", False)  # as the compiler asks before it packs the weights
    kind = _kind(x.dtype, x.shape[0], x.shape[-1], filters, w, groups, False, packed)
    activation = ACTIVATIONS[attrs.get("activation", "linear")]
    if kind == "product":
        return _product(x.dtype, math.prod(x.shape[:-1]), filters, x.shape[-1], (0, 0), activation, len(bias))
    p = _parameters(x.dtype, False, x.shape[0], kernel.shape, w, groups, activation, len(bias), 0)
    return [Call(kind, tuple(range(3 + len(bias) + (kind in _PANEL_ROWS))), p)]


def _conv_forward(x: np.ndarray, kernel: np.ndarray, groups: int, **attrs: Any) -> np.ndarray:
    p = _wide(cut_patches(x, _conv_windows(x, kernel, **attrs)))
    p = p.reshape(*p.shape[:-1], groups, -1)
    split = _wide(kernel).reshape(p.shape[-3], p.shape[-1], groups, -1)
    return np.einsum("...tgc,tcgf->...gf", p, split, optimize=True)


def _conv_attrs(w: Windows, groups: int) -> dict[str, Any]:
    return {"strides": w.strides, "padding": w.padding, "dilation": w.dilation, "groups": groups}


def _conv_vjp_x(g: Tensor, y: Tensor, x: Tensor, kernel: Tensor, **attrs: Any) -> Tensor:
    w = _conv_windows(x, kernel, **attrs)
    return conv_input_grad(g, kernel, size=w.inputs, **_conv_attrs(w, attrs["groups"]))


def _conv_vjp_kernel(g: Tensor, y: Tensor, x: Tensor, kernel: Tensor, **attrs: Any) -> Tensor:
    w = _conv_windows(x, kernel, **attrs)
    return conv_kernel_grad(x, g, window=w.window, **_conv_attrs(w, attrs["groups"]))


conv_op = Op(
    "conv", _conv_infer, _conv_forward, _conv_kernel, vjp=[_conv_vjp_x, _conv_vjp_kernel], workspace=_conv_workspace
)

# -- what the compiler makes of convolutions ------------------------------------------------------------------------


def _fused(forward: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """activation(``forward`` + bias)"""

    def fused(x: np.ndarray, kernel: np.ndarray, *bias: np.ndarray, activation: str, **attrs: Any) -> np.ndarray:
        y = forward(x, kernel, **attrs)
        return NUMPY_ACTIVATIONS[activation](y + bias[0] if bias else y)

    return fused


# activation(conv(x, kernel) + bias) in one kernel, and the same with the panels of a kernel that is known before a plan
# runs (`compiler/rewrite.py`, `compiler/prologue.py`)
_fused_conv = Op(
    "fused_conv",
    lambda x, kernel, *bias, activation, **attrs: _conv_infer(x, kernel, **attrs),
    _fused(_conv_forward),
    _conv_kernel,
    workspace=_conv_workspace,
)


def _panels_windows(kernel: Spec) -> Windows:
    """Windows of a single element: panels do not depend on the sizes of images."""
    ones = (1,) * (len(kernel.shape) - 2)
    return Windows.over(kernel.shape[:-2], kernel.shape[:-2], ones, "valid", ones)


def _pack_op(name: str, kind: str) -> Op:
    """The op that makes the panels of a kernel for a convolution of a kind."""

    def infer(kernel: Spec, groups: int) -> Spec:
        taps, channels = _PANEL_ROWS[kind] or math.prod(kernel.shape[:-2]), kernel.shape[-2] * groups
        return Spec((_panels_size(taps, channels, kernel.shape[-1] // groups),), kernel.dtype)

    def calls(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call]:
        kernel = inputs[0]
        p = _parameters(kernel.dtype, False, 1, kernel.shape, _panels_windows(kernel), attrs["groups"], 0, 0, 1)
        return [Call(f"{kind}_pack", (0, 1), p)]

    return Op(name, infer, kernel=calls)


def _packed_infer(x: Spec, panels: Spec, *rest: Spec, kernel: Any, activation: str, **attrs: Any) -> Spec:
    return _conv_infer(x, Spec(kernel, x.dtype), **attrs)


def _packed_parameters(x: Spec, biases: int, attrs: dict[str, Any]) -> tuple[int, ...]:
    kernel, groups = attrs["kernel"], attrs["groups"]
    w = Windows.over(x.shape[1:-1], kernel[:-2], attrs["strides"], attrs["padding"], attrs["dilation"])
    return _parameters(x.dtype, False, x.shape[0], kernel, w, groups, ACTIVATIONS[attrs["activation"]], biases, 1)


def _packed_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call]:
    x, _, *bias = inputs
    return [Call("conv", tuple(range(3 + len(bias))), _packed_parameters(x, len(bias), attrs))]


def _packed_winograd_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call]:
    x, _, _, *bias = inputs
    operands = (0, 1, 3, *range(4, 4 + len(bias)), 2)
    return [Call("conv_winograd", operands, _packed_parameters(x, len(bias), attrs))]


_pack_conv_weights = _pack_op("pack_conv_weights", "conv")
_packed_conv = Op("packed_conv", _packed_infer, kernel=_packed_kernel)
# Its inputs: the images, the panels, and the kernel, from which it computes again what is not finite
_pack_winograd_weights = _pack_op("pack_winograd_weights", "conv_winograd")
_packed_winograd = Op("packed_winograd", _packed_infer, kernel=_packed_winograd_kernel)

# -- gradient of the images -----------------------------------------------------------------------------------------


def _input_windows(kernel: Any, size: Any, strides: Any, padding: Any, dilation: Any, **attrs: Any) -> Windows:
    return Windows.over(size, kernel.shape[:-2], strides, padding, dilation)


def _input_grad_infer(g: Spec, kernel: Spec, size: Any, groups: int, **attrs: Any) -> Spec:
    w = _input_windows(kernel, size, **attrs)
    if any(a != b and a is not None for a, b in zip(g.shape[1:-1], w.outputs, strict=True)):
        raise ValueError(f"conv_input_grad expects a gradient with spatial axes {w.outputs}, got shape {g.shape}")
    return Spec((g.shape[0], *size, kernel.shape[-2] * groups), g.dtype)


def _input_grad_workspace(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[int]:
    g, kernel = inputs[:2]
    w, channels = _input_windows(kernel, **attrs), outputs[0].shape[-1]
    return _panels(g.dtype, g.shape[0], channels, g.shape[-1], w, attrs["groups"], back=True)


def _input_grad_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    g, kernel, *bias = inputs
    if g.dtype not in _NATIVE:
        return None
    w, groups = _input_windows(kernel, **attrs), attrs["groups"]
    kind = _kind(g.dtype, g.shape[0], outputs[0].shape[-1], g.shape[-1], w, groups, back=True)
    activation = ACTIVATIONS[attrs.get("activation", "linear")]
    if kind == "product":
        m, n, k = math.prod(g.shape[:-1]), kernel.shape[-2], g.shape[-1]
        return _product(g.dtype, m, n, k, (0, 1), activation, len(bias))
    p = _parameters(g.dtype, True, g.shape[0], kernel.shape, w, groups, activation, len(bias), 0)
    return [Call(kind, tuple(range(3 + len(bias) + (kind in _PANEL_ROWS))), p)]


def _input_grad_forward(g: np.ndarray, kernel: np.ndarray, groups: int, **attrs: Any) -> np.ndarray:
    w = _input_windows(kernel, **attrs)
    split = _wide(kernel).reshape(w.taps, kernel.shape[-2], groups, -1)
    p = np.einsum("...gf,tcgf->...tgc", _wide(g).reshape(*g.shape[:-1], groups, -1), split, optimize=True)
    return add_patches(p.reshape(*p.shape[:-2], -1), w)


def _input_grad_vjp_g(h: Tensor, y: Tensor, g: Tensor, kernel: Tensor, size: Any, **attrs: Any) -> Tensor:
    return conv_op(h, kernel, **attrs)


def _input_grad_vjp_kernel(h: Tensor, y: Tensor, g: Tensor, kernel: Tensor, size: Any, **attrs: Any) -> Tensor:
    return conv_kernel_grad(h, g, window=kernel.shape[:-2], **attrs)


conv_input_grad = Op(
    "conv_input_grad",
    _input_grad_infer,
    _input_grad_forward,
    _input_grad_kernel,
    vjp=[_input_grad_vjp_g, _input_grad_vjp_kernel],
    workspace=_input_grad_workspace,
)

# activation(conv_input_grad(g, kernel) + bias) in one kernel: a transposed convolution with both
_fused_input_grad = Op(
    "fused_conv_input_grad",
    lambda g, kernel, *bias, activation, **attrs: _input_grad_infer(g, kernel, **attrs),
    _fused(_input_grad_forward),
    _input_grad_kernel,
    workspace=_input_grad_workspace,
)

# -- gradient of the kernel -----------------------------------------------------------------------------------------


def _kernel_windows(x: Any, window: Any, strides: Any, padding: Any, dilation: Any, **attrs: Any) -> Windows:
    return Windows.over(x.shape[1:-1], window, strides, padding, dilation)


def _kernel_grad_infer(x: Spec, g: Spec, window: Any, groups: int, **attrs: Any) -> Spec:
    return Spec((*window, x.shape[-1] // groups, g.shape[-1]), x.dtype)


def _parts(size: int, windows: int) -> int:
    """In how many parts the gradient of a kernel of ``size`` elements is summed; 1 if threads share its elements."""
    return max(1, min(_PARTS, windows // _PART_ROWS, _PARTS_SIZE // max(size, 1)))


def _kernel_grad_kind(x: Spec, g: Spec, w: Windows, groups: int) -> str:
    """Which kernel computes the gradient of a kernel; "product" is that of matrices."""
    channels, filters = x.shape[-1], g.shape[-1]
    if _is_product(w, groups):
        return "product"
    if channels == groups > 1:
        return "conv_depthwise_kernel_grad"
    tiles = x.shape[0] * math.prod(-(-n // 4) for n in w.outputs)  # of 4 x 4 windows
    fits = x.dtype == "float32" and w.window == (3, 3) and {*w.strides, *w.dilation, groups} == {1}
    pays = min(channels, filters) >= _WINOGRAD[0] and tiles >= _GRAD_TILES
    pays = pays and _GRAD_COST * tiles < x.shape[0] * math.prod(w.outputs)
    return "conv_winograd_kernel_grad" if fits and pays and channels <= _WINOGRAD[1] else "conv_kernel_grad"


def _kernel_grad_parts(kind: str, outputs: Any, g: Spec) -> int:
    """In how many parts the gradient is summed."""
    if "winograd" in kind:
        return 1
    return _parts(math.prod(outputs[0].shape), math.prod(g.shape[:-1]))


def _kernel_grad_workspace(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[int]:
    x, g = inputs
    kind = _kernel_grad_kind(x, g, _kernel_windows(x, **attrs), attrs["groups"])
    parts = _kernel_grad_parts(kind, outputs, g)
    if x.dtype not in _NATIVE or kind == "product" or parts == 1:
        return []
    return [parts * math.prod(outputs[0].shape) * ITEMSIZE[x.dtype]]


def _kernel_grad_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    x, g = inputs
    if x.dtype not in _NATIVE:
        return None
    w, groups = _kernel_windows(x, **attrs), attrs["groups"]
    kind = _kernel_grad_kind(x, g, w, groups)
    if kind == "product":
        return _product(x.dtype, x.shape[-1], g.shape[-1], math.prod(g.shape[:-1]), (1, 0))
    parts = _kernel_grad_parts(kind, outputs, g)
    p = _parameters(x.dtype, False, x.shape[0], outputs[0].shape, w, groups, parts, 0, 0)
    return [Call(kind, (0, 1, 2, 3) if parts > 1 else (0, 1, 2), p)]


def _kernel_grad_forward(x: np.ndarray, g: np.ndarray, groups: int, **attrs: Any) -> np.ndarray:
    p = _wide(cut_patches(x, _kernel_windows(x, **attrs)))
    p = p.reshape(-1, p.shape[-2], groups, p.shape[-1] // groups)
    return np.einsum("mtgc,mgf->tcgf", p, _wide(g).reshape(len(p), groups, -1), optimize=True)


def _kernel_grad_vjp_x(h: Tensor, y: Tensor, x: Tensor, g: Tensor, window: Any, **attrs: Any) -> Tensor:
    w = _kernel_windows(x, window, **attrs)
    return conv_input_grad(g, h, size=w.inputs, **_conv_attrs(w, attrs["groups"]))


def _kernel_grad_vjp_g(h: Tensor, y: Tensor, x: Tensor, g: Tensor, window: Any, **attrs: Any) -> Tensor:
    return conv_op(x, h, **attrs)


conv_kernel_grad = Op(
    "conv_kernel_grad",
    _kernel_grad_infer,
    _kernel_grad_forward,
    _kernel_grad_kernel,
    vjp=[_kernel_grad_vjp_x, _kernel_grad_vjp_g],
    workspace=_kernel_grad_workspace,
)
