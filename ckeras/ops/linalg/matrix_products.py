"""Matrix products. All of them use one kernel, which transposes while packing and applies bias and activation."""

import math
from typing import Any

import numpy as np

from ckeras._kernels import codes
from ckeras.autograd.tape import sum_to
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation import layout
from ckeras.tensor import Op, Spec, Tensor, arguments, as_tensor
from ckeras.tensor.dtypes import CODE
from ckeras.tensor.eager import Call

ACTIVATIONS = codes("activation")
NUMPY_ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
}


def _matrix(shape: tuple[Any, ...], flipped: bool) -> tuple[Any, Any]:
    return (shape[-1], shape[-2]) if flipped else (shape[-2], shape[-1])


def _matmul_infer(a: Spec, b: Spec, transpose_a: bool = False, transpose_b: bool = False, **attrs: Any) -> Spec:
    (m, k), (k2, n) = _matrix(a.shape, transpose_a), _matrix(b.shape, transpose_b)
    if k != k2 and None not in (k, k2):
        raise ValueError(
            f"matmul expects the inner dimensions to agree, got shapes {tuple(a.shape)} and {tuple(b.shape)}"
        )
    return Spec((*elementwise.broadcast_shapes(a.shape[:-2], b.shape[:-2]), m, n), a.dtype)


def _matmul_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
    a, b = inputs[0], inputs[1]
    if a.dtype not in ("float32", "float64"):
        return None
    ta, tb = attrs.get("transpose_a", False), attrs.get("transpose_b", False)
    (m, k), (_, n) = _matrix(a.shape, ta), _matrix(b.shape, tb)
    batch = math.prod(outputs[0].shape[:-2])
    count_a, count_b = math.prod(a.shape[:-2]), math.prod(b.shape[:-2])
    if count_b == 1 and count_a == batch and not ta:
        m, batch = m * batch, 1  # one matrix for the whole batch: the batch axes become rows
        count_a = 1
    elif not (count_a in (1, batch) and count_b in (1, batch)):
        return None
    strides = (m * k if count_a > 1 else 0, k * n if count_b > 1 else 0, m * n)
    activation = ACTIVATIONS[attrs.get("activation", "linear")]
    has_bias = len(inputs) > 2
    p = (CODE[a.dtype], batch, m, n, k, int(ta), int(tb), *strides, activation, int(has_bias))
    return [Call("gemm", (0, 1, 2, 3) if has_bias else (0, 1, 2), p)]


def _matmul_forward(a: np.ndarray, b: np.ndarray, transpose_a: bool = False, transpose_b: bool = False) -> np.ndarray:
    return np.matmul(a.swapaxes(-1, -2) if transpose_a else a, b.swapaxes(-1, -2) if transpose_b else b)


def _grad_a(g: Tensor, y: Tensor, a: Tensor, b: Tensor, transpose_a: bool, transpose_b: bool) -> Tensor:
    if transpose_a:
        return _reduce_batch(_product(b, g, transpose_b, True), a)
    return _reduce_batch(_product(g, b, False, not transpose_b), a)


def _grad_b(g: Tensor, y: Tensor, a: Tensor, b: Tensor, transpose_a: bool, transpose_b: bool) -> Tensor:
    if len(b.shape) == 2 and len(a.shape) > 2 and not transpose_a:
        # One matrix for the whole batch: its gradient is one product over all rows.
        a, g = layout.reshape(a, (-1, a.shape[-1])), layout.reshape(g, (-1, g.shape[-1]))
    if transpose_b:
        return _reduce_batch(_product(g, a, True, transpose_a), b)
    return _reduce_batch(_product(a, g, not transpose_a, False), b)


def _reduce_batch(g: Tensor, x: Tensor) -> Tensor:
    return g if g.shape == x.shape else sum_to(g, x.shape)


def _product(a: Tensor, b: Tensor, transpose_a: bool, transpose_b: bool) -> Tensor:
    return _matmul(a, b, transpose_a=bool(transpose_a), transpose_b=bool(transpose_b))


_matmul = Op("matmul", _matmul_infer, _matmul_forward, _matmul_kernel, [_grad_a, _grad_b])


def _dense_forward(a: np.ndarray, b: np.ndarray, *bias: np.ndarray, activation: str) -> np.ndarray:
    y = np.matmul(a, b)
    return NUMPY_ACTIVATIONS[activation](y + bias[0] if bias else y)


# Matrix product, bias and activation in one kernel; created by the compiler's rewrites (`compiler/rewrite.py`).
_dense = Op("dense", lambda a, b, *bias, activation: _matmul_infer(a, b), _dense_forward, _matmul_kernel)


PANEL = 32  # maximum columns of a panel of weights, whatever the instruction level and dtype


def _packed_dense_kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call]:
    a, (n, k) = inputs[0], (attrs["units"], inputs[0].shape[-1])
    m, has_bias = math.prod(a.shape[:-1]), len(inputs) > 2
    p = (CODE[a.dtype], 1, m, n, k, 0, 2, 0, 0, 0, ACTIVATIONS[attrs["activation"]], int(has_bias))
    return [Call("gemm", (0, 1, 2, 3) if has_bias else (0, 1, 2), p)]


# Weights in the form in which the matrix product reads them, and the product of such weights: what the compiler makes
# of weights that are known before a plan runs (`compiler/prologue.py`).
_pack_weights = Op(
    "pack_weights",
    lambda b: Spec((b.shape[0] * (-(-b.shape[1] // PANEL) * PANEL),), b.dtype),
    kernel=lambda inputs, outputs, attrs: [Call("gemm_pack", (0, 1), (CODE[inputs[0].dtype], *inputs[0].shape[::-1]))],
)
_packed_dense = Op(
    "packed_dense",
    lambda a, packed, *bias, units, activation: Spec((*a.shape[:-1], units), a.dtype),
    kernel=_packed_dense_kernel,
)


def matmul(x1: Any, x2: Any) -> Tensor:
    """Matrix product over the last two axes, with broadcasting of the others; vectors as in numpy.

    The result has the common dtype; two int8 tensors give int32.

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]]).tolist()
    [[11.0]]
    """
    a, b = elementwise.promote(x1, x2)
    if not a.shape or not b.shape:
        raise ValueError(f"matmul expects tensors with axes, got shapes {a.shape} and {b.shape}")
    dtype = a.dtype
    if dtype in ("bool", "uint8", "int8"):
        both_int8 = _dtype(x1) == _dtype(x2) == "int8"
        return elementwise.cast(
            matmul(elementwise.cast(a, "int32"), elementwise.cast(b, "int32")), "int32" if both_int8 else dtype
        )
    left, right = len(a.shape) == 1, len(b.shape) == 1
    if left:
        a = layout.expand_dims(a, 0)
    if right:
        b = layout.expand_dims(b, 1)
    y = _matmul(a, b, transpose_a=False, transpose_b=False)
    if left:
        y = layout.squeeze(y, -2)
    return layout.squeeze(y, -1) if right else y


def _dtype(x: Any) -> str:
    return as_tensor(x).dtype


def dot(x1: Any, x2: Any) -> Tensor:
    """Dot product as in numpy: products with scalars, else sums over the last axis of x1 and the second last of x2."""
    a, b = elementwise.promote(x1, x2)
    if not a.shape or not b.shape:
        return elementwise.multiply(a, b)
    return tensordot(a, b, axes=([len(a.shape) - 1], [max(len(b.shape) - 2, 0)]))


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Tensor:
    """Sum of products over several axes: the last ``axes`` of x1 and the first ``axes`` of x2, or two lists of axes."""
    a, b = elementwise.promote(x1, x2)
    if not arguments.is_sequence(axes):
        axes = arguments.integer(axes, "tensordot", "axes", 0, min(len(a.shape), len(b.shape)))
        pair = (list(range(len(a.shape) - axes, len(a.shape))), list(range(axes)))
    else:
        if len(axes) != 2:
            raise ValueError(f"tensordot expects an integer or two lists of axes as axes, got {arguments.shown(axes)}")
        pair = tuple(arguments.integers(part, "tensordot", "axes") for part in axes)
    in_a = [layout.axis_of(i, len(a.shape), "tensordot") for i in pair[0]]
    in_b = [layout.axis_of(i, len(b.shape), "tensordot") for i in pair[1]]
    summed = list(zip([a.shape[i] for i in in_a], [b.shape[i] for i in in_b], strict=False))
    if len(in_a) != len(in_b) or any(p != q and None not in (p, q) for p, q in summed):
        raise ValueError(f"tensordot cannot sum axes {in_a} of shape {a.shape} with axes {in_b} of shape {b.shape}")
    free_a = [i for i in range(len(a.shape)) if i not in in_a]
    free_b = [i for i in range(len(b.shape)) if i not in in_b]
    rows, columns = [a.shape[i] for i in free_a], [b.shape[i] for i in free_b]
    inner = [p if q is None else q for p, q in summed]
    if [*rows, *columns].count(None) > 1 or None in inner:
        raise ValueError(f"tensordot of symbolic tensors of shapes {a.shape} and {b.shape} has too many unknown sizes")
    left = layout.reshape(layout.transpose(a, free_a + in_a), (_size(rows), _size(inner)))
    right = layout.reshape(layout.transpose(b, in_b + free_b), (_size(inner), _size(columns)))
    return elementwise.cast(layout.reshape(matmul(left, right), (*rows, *columns)), a.dtype)


def _size(dims: list[Any]) -> int:
    """The number of elements of these dimensions; -1 if one of them is unknown."""
    return -1 if None in dims else math.prod(dims)


def outer(x1: Any, x2: Any) -> Tensor:
    """The products of every element of x1 with every element of x2."""
    a, b = elementwise.promote(x1, x2)
    return elementwise.multiply(layout.expand_dims(layout.ravel(a), 1), layout.expand_dims(layout.ravel(b), 0))
