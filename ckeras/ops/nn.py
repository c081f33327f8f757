"""Softmax, cross-entropies and other ops of neural networks."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import config
from ckeras.autograd import Op, Spec, Tensor, as_tensor
from ckeras.autograd.dtypes import CODE
from ckeras.autograd.eager import Call
from ckeras.ops import elementwise as e
from ckeras.ops import layout as s
from ckeras.ops import reduction as r
from ckeras.ops.creation import arange, ones_like

_NATIVE_FLOATS = ("float32", "float64")


def _rows(x: Spec) -> tuple[int, int]:
    return math.prod(x.shape[:-1]), x.shape[-1]


def _row_kernel(name: str, operands: tuple[int, ...]) -> Callable[..., list[Call] | None]:
    """The call of a kernel that works on the rows of its last input's shape."""

    def kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
        x = inputs[-1]
        return [Call(name, operands, (CODE[x.dtype], *_rows(x)))] if x.dtype in _NATIVE_FLOATS else None

    return kernel


# -- softmax ------------------------------------------------------------------------------------------------------


def _np_softmax(x: np.ndarray) -> np.ndarray:
    z = np.exp(x - x.max(-1, keepdims=True))
    return z / z.sum(-1, keepdims=True)


def _np_log_softmax(x: np.ndarray) -> np.ndarray:
    z = x - x.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def _like_last(*inputs: Spec, **attrs: Any) -> Spec:
    return Spec(inputs[-1].shape, inputs[-1].dtype)


_softmax = Op(
    "softmax",
    _like_last,
    _np_softmax,
    _row_kernel("softmax", (0, 1)),
    vjp=[lambda g, y, x: _softmax_grad(g, y)],
)
_softmax_grad = Op(
    "softmax_grad",
    _like_last,
    lambda g, y: y * (g - (g * y).sum(-1, keepdims=True)),
    _row_kernel("softmax_grad", (0, 1, 2)),
    vjp=[
        lambda h, z, g, y: _softmax_grad(h, y),
        lambda h, z, g, y: e.subtract(
            e.multiply(h, e.subtract(g, r.sum(e.multiply(g, y), -1, True))),
            e.multiply(g, r.sum(e.multiply(h, y), -1, True)),
        ),
    ],
)
_log_softmax = Op(
    "log_softmax",
    _like_last,
    _np_log_softmax,
    _row_kernel("log_softmax", (0, 1)),
    vjp=[lambda g, y, x: _log_softmax_grad(g, y)],
)
_log_softmax_grad = Op(
    "log_softmax_grad",
    _like_last,
    lambda g, y: g - np.exp(y) * g.sum(-1, keepdims=True),
    _row_kernel("log_softmax_grad", (0, 1, 2)),
    vjp=[
        lambda h, z, g, y: e.subtract(h, r.sum(e.multiply(h, e.exp(y)), -1, True)),
        lambda h, z, g, y: e.negative(e.multiply(e.multiply(h, e.exp(y)), r.sum(g, -1, True))),
    ],
)


def _over_axis(row: Op, x: Any, axis: Any) -> Tensor:
    x = e.as_float(x)
    rank = len(x.shape)
    if axis is None:
        return s.reshape(row(s.ravel(x)), x.shape)
    if isinstance(axis, (tuple, list)):
        axes = r.canonical_axes(axis, rank)
        kept = [i for i in range(rank) if i not in axes]
        order = [*kept, *axes]
        moved = s.transpose(x, order)
        sizes = moved.shape[len(kept) :]
        joined = s.reshape(moved, (*moved.shape[: len(kept)], -1 if None in sizes else math.prod(sizes)))
        y = s.reshape(row(joined), moved.shape)
        return s.transpose(y, [order.index(i) for i in range(rank)])
    axis = s.axis_of(axis, max(rank, 1), row.name)
    if rank == 0:
        return s.reshape(row(s.ravel(x)), ())
    if axis == rank - 1:
        return row(x)
    return s.swapaxes(row(s.swapaxes(x, axis, -1)), axis, -1)


def softmax(x: Any, axis: Any = -1) -> Tensor:
    """exp(x) / sum(exp(x)) over ``axis`` (one, several, or `None` for all).

    >>> softmax([0.0, 0.0]).tolist()
    [0.5, 0.5]
    """
    return _over_axis(_softmax, x, axis)


def log_softmax(x: Any, axis: Any = -1) -> Tensor:
    """x - log(sum(exp(x))) over ``axis``."""
    return _over_axis(_log_softmax, x, axis)


# -- cross-entropies ----------------------------------------------------------------------------------------------


def _xent_infer(logits: Spec, target: Spec) -> list[Spec]:
    return [Spec(logits.shape[:-1], logits.dtype), Spec(logits.shape, logits.dtype)]


def _label_kernel(name: str, operands: tuple[int, ...], at: int) -> Callable[..., list[Call] | None]:
    def kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
        x, labels = inputs[at], inputs[-1]
        if x.dtype not in _NATIVE_FLOATS or labels.dtype not in ("int32", "int64"):
            return None
        f = (attrs["epsilon"],) if "epsilon" in attrs else ()
        return [Call(name, operands, (CODE[x.dtype], *_rows(x), CODE[labels.dtype]), f)]

    return kernel


def _classes(at: int) -> tuple[int, Callable[..., int]]:
    return at + 1, lambda inputs, attrs: inputs[at].shape[-1]


def _xent_vjp(gradient: Callable[[], Op]) -> Callable[..., Any]:
    def vjp(g: list[Any], y: list[Tensor], logits: Tensor, target: Tensor) -> Tensor | None:
        parts = []
        if g[0] is not None:
            parts.append(gradient()(g[0], y[1], target))
        if g[1] is not None:
            parts.append(_softmax_grad(g[1], y[1]))
        return parts[0] if len(parts) == 1 else e.add(*parts)

    return vjp


# Cross-entropy of softmax(logits) with class numbers: the losses of the rows, and the probabilities.
_sparse_xent = Op(
    "softmax_xent_sparse",
    _xent_infer,
    None,
    _label_kernel("softmax_xent_sparse", (0, 1, 2, 3), 0),
    vjp=[_xent_vjp(lambda: _sparse_xent_grad), None],
    index_limit=_classes(0),
)
_sparse_xent_grad = Op(
    "softmax_xent_sparse_grad",
    lambda g, prob, labels: Spec(prob.shape, prob.dtype),
    None,
    _label_kernel("softmax_xent_sparse_grad", (0, 1, 2, 3), 1),
    vjp=[
        lambda h, z, g, prob, labels: r.sum(
            e.multiply(h, e.subtract(prob, one_hot(labels, prob.shape[-1], dtype=prob.dtype))), -1
        ),
        lambda h, z, g, prob, labels: e.multiply(h, s.expand_dims(g, -1)),
        None,
    ],
)
# The same with a distribution over the classes in each row of the target.
_xent = Op(
    "softmax_xent",
    _xent_infer,
    None,
    _row_kernel("softmax_xent", (0, 1, 2, 3)),
    vjp=[
        _xent_vjp(lambda: _xent_grad),
        lambda g, y, logits, target: (
            None if g[0] is None else e.negative(e.multiply(s.expand_dims(g[0], -1), log_softmax(logits)))
        ),
    ],
)
_xent_grad = Op(
    "softmax_xent_grad",
    lambda g, prob, target: Spec(prob.shape, prob.dtype),
    None,
    _row_kernel("softmax_xent_grad", (0, 1, 2, 3)),
    vjp=[
        lambda h, z, g, prob, target: r.sum(
            e.multiply(h, e.subtract(e.multiply(prob, r.sum(target, -1, True)), target)), -1
        ),
        lambda h, z, g, prob, target: e.multiply(h, e.multiply(s.expand_dims(g, -1), r.sum(target, -1, True))),
        lambda h, z, g, prob, target: e.multiply(
            s.expand_dims(g, -1), e.subtract(r.sum(e.multiply(h, prob), -1, True), h)
        ),
    ],
)
# Cross-entropy of probabilities (scaled to sum to 1, and clipped to [epsilon, 1 - epsilon]) with class numbers.
_prob_xent = Op(
    "xent_prob_sparse",
    lambda prob, labels, epsilon: Spec(prob.shape[:-1], prob.dtype),
    None,
    _label_kernel("xent_prob_sparse", (0, 1, 2), 0),
    vjp=[lambda g, y, prob, labels, epsilon: _prob_xent_grad(g, prob, labels, epsilon=epsilon), None],
    index_limit=_classes(0),
)


def _prob_xent_grad_prob(h: Tensor, z: Tensor, g: Tensor, prob: Tensor, labels: Tensor, epsilon: float) -> Tensor:
    # z is g (1 / total - hot / p), with the total of the row and the probability p of the label, where p / total is not
    # clipped.
    hot = one_hot(labels, prob.shape[-1], dtype=prob.dtype)
    total, p = r.sum(prob, -1, True), r.sum(e.multiply(prob, hot), -1, True)
    q = e.divide(p, total)
    inside = e.logical_and(e.greater_equal(q, epsilon), e.less_equal(q, 1.0 - epsilon))
    slope = e.subtract(e.divide(e.multiply(h, hot), e.square(p)), e.divide(r.sum(h, -1, True), e.square(total)))
    return e.where(inside, e.multiply(s.expand_dims(g, -1), slope), 0)


_prob_xent_grad = Op(
    "xent_prob_sparse_grad",
    lambda g, prob, labels, epsilon: Spec(prob.shape, prob.dtype),
    None,
    _label_kernel("xent_prob_sparse_grad", (0, 1, 2, 3), 1),
    vjp=[
        lambda h, z, g, prob, labels, epsilon: r.sum(
            e.multiply(h, _prob_xent_grad(ones_like(g), prob, labels, epsilon=epsilon)), -1
        ),
        _prob_xent_grad_prob,
        None,
    ],
)


def _logits(output: Any) -> Any:
    """What the softmax or sigmoid that made ``output`` was applied to, if that is known."""
    return getattr(output, "_keras_logits", None)


def _in_float32(loss: Callable[..., Tensor], target: Any, output: Any, from_logits: bool, axis: int) -> Tensor:
    """A cross-entropy of float16, which has no kernel of its own."""
    if not from_logits and _logits(output) is not None:
        output, from_logits = _logits(output), True
    return e.cast(loss(target, e.cast(output, "float32"), from_logits, axis), "float16")


def _last_axis(x: Tensor, axis: int) -> Tensor:
    return x if axis in (-1, len(x.shape) - 1) else s.moveaxis(x, axis, -1)


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """-sum(target * log(output)) over ``axis``: the cross-entropy of two distributions over classes.

    Args:
        target: probabilities of the classes (for one class: one-hot), of the shape of ``output``.
        output: probabilities, which are scaled to sum to 1, or with ``from_logits`` their unscaled logarithms.

    Where ``output`` is the result of `ckeras.activations.softmax`, the loss is computed from what that was
    applied to, which is exact for probabilities near 0 too.
    """
    x, t = e.as_float(output), e.as_float(target)
    if x.dtype == "float16":
        return _in_float32(categorical_crossentropy, target, output, from_logits, axis)
    if len(x.shape) < 1 or len(t.shape) != len(x.shape):
        raise ValueError(
            f"categorical_crossentropy expects target and output of equal rank, got shapes {t.shape} and {x.shape}"
        )
    for a, b in zip(t.shape, x.shape, strict=True):
        if a != b and None not in (a, b):
            raise ValueError(
                f"categorical_crossentropy expects target and output of one shape, got {t.shape} and {x.shape}"
            )
    t = e.cast(t, x.dtype)
    if not from_logits and _logits(output) is not None:
        x, from_logits = _logits(output), True
    x, t = _last_axis(x, axis), _last_axis(t, axis)
    if from_logits:
        return _xent(x, t)[0]
    p = e.divide(x, r.sum(x, -1, True))
    p = e.clip(p, config.epsilon(), 1.0 - config.epsilon())
    return e.negative(r.sum(e.multiply(t, e.log(p)), -1))


def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """-log(output[target]): the cross-entropy with a class number for each row.

    Args:
        target: class numbers in [0, classes), of the shape of ``output`` without ``axis`` (or with it, of size 1).
        output: probabilities, which are scaled to sum to 1, or with ``from_logits`` their unscaled logarithms.

    Raises IndexError for a class number that is out of range.
    """
    x, t = e.as_float(output), as_tensor(target)
    if x.dtype == "float16":
        return _in_float32(sparse_categorical_crossentropy, target, output, from_logits, axis)
    if len(x.shape) < 1:
        raise ValueError(f"sparse_categorical_crossentropy expects an output with axes, got shape {x.shape}")
    if len(t.shape) == len(x.shape) and t.shape[-1] == 1:
        t = s.squeeze(t, -1)
    from_softmax = not from_logits and _logits(output) is not None
    if from_softmax:
        x = _logits(output)
    x = _last_axis(x, axis)
    if len(t.shape) != len(x.shape) - 1 or any(
        a != b and None not in (a, b) for a, b in zip(t.shape, x.shape[:-1], strict=True)
    ):
        raise ValueError(
            "sparse_categorical_crossentropy expects a class number for each row of the output, "
            f"got target of shape {as_tensor(target).shape} and output of shape {as_tensor(output).shape}"
        )
    t = t if t.dtype in ("int32", "int64") else e.cast(t, "int64")
    if from_logits or from_softmax:
        return _sparse_xent(x, t)[0]
    return _prob_xent(x, t, epsilon=float(config.epsilon()))


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """-(t log(o) + (1 - t) log(1 - o)), element by element.

    ``output`` holds probabilities, which are clipped to [epsilon, 1 - epsilon], or with ``from_logits`` logits.
    Where it is the result of `ckeras.activations.sigmoid`, the loss is computed from what that was applied to.
    """
    x, t = e.as_float(output), e.as_float(target)
    if len(x.shape) != len(t.shape) or any(
        a != b and None not in (a, b) for a, b in zip(x.shape, t.shape, strict=True)
    ):
        raise ValueError(f"binary_crossentropy expects target and output of one shape, got {t.shape} and {x.shape}")
    t = e.cast(t, x.dtype)
    if not from_logits and _logits(output) is not None:
        x, from_logits = _logits(output), True
    if from_logits:
        return e.sigmoid_cross_entropy(x, t)
    p = e.clip(x, config.epsilon(), 1.0 - config.epsilon())
    return e.negative(e.add(e.multiply(t, e.log(p)), e.multiply(e.subtract(1.0, t), e.log(e.subtract(1.0, p)))))


# -- encodings ----------------------------------------------------------------------------------------------------


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Tensor:
    """For each class number a row of zeros with a 1 at its place; a number out of range gives zeros alone.

    >>> one_hot([1, 0], 3).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    if sparse:
        raise ValueError("one_hot makes dense tensors: sparse=True is for backends with sparse ones")
    index = e.cast(x, "int64")
    hot = e.cast(e.equal(s.expand_dims(index, -1), e.cast(arange(num_classes), "int64")), e.default_float(dtype))
    return hot if axis == -1 else s.moveaxis(hot, -1, axis)


# -- activations --------------------------------------------------------------------------------------------------


def relu6(x: Any) -> Tensor:
    """min(max(x, 0), 6)."""
    x = e.as_float(x)
    return e.where(e.greater_equal(x, 6), 6, e.relu(x))


def silu(x: Any) -> Tensor:
    """x * sigmoid(x) (Hendrycks and Gimpel, 2016; Ramachandran et al., 2017)."""
    x = e.as_float(x)
    return e.multiply(x, e.sigmoid(x))


swish = silu


def gelu(x: Any, approximate: bool = True) -> Tensor:
    """x times the normal distribution function at x, or its tanh approximation (Hendrycks and Gimpel, 2016)."""
    x = e.as_float(x)
    if approximate:
        inner = e.multiply(math.sqrt(2 / math.pi), e.add(x, e.multiply(0.044715, e.multiply(x, e.square(x)))))
        return e.multiply(e.multiply(0.5, x), e.add(1.0, e.tanh(inner)))
    return e.multiply(e.multiply(0.5, x), e.add(1.0, e.erf(e.multiply(x, 1 / math.sqrt(2)))))


def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where it is positive, alpha * (exp(x) - 1) elsewhere (Clevert et al., 2015)."""
    x = e.as_float(x)
    positive = e.greater(x, 0)
    return e.where(positive, x, e.multiply(alpha, e.expm1(e.where(positive, 0, x))))


def selu(x: Any) -> Tensor:
    """The scaled elu that keeps mean 0 and variance 1 (Klambauer et al., 2017)."""
    return e.multiply(1.0507009873554805, elu(x, 1.6732632423543772))


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Tensor:
    """x where it is positive, negative_slope * x elsewhere."""
    x = e.as_float(x)
    return e.where(e.greater_equal(x, 0), x, e.multiply(negative_slope, x))


def softsign(x: Any) -> Tensor:
    """x / (1 + abs(x))."""
    x = e.as_float(x)
    return e.divide(x, e.add(1.0, e.abs(x)))


def hard_sigmoid(x: Any) -> Tensor:
    """relu6(x + 3) / 6."""
    return e.multiply(relu6(e.add(e.as_float(x), 3.0)), 1.0 / 6.0)


def hard_silu(x: Any) -> Tensor:
    """x * hard_sigmoid(x)."""
    return e.multiply(e.as_float(x), hard_sigmoid(x))


hard_swish = hard_silu


def log_sigmoid(x: Any) -> Tensor:
    """log(sigmoid(x)), stable."""
    return e.negative(e.softplus(e.negative(e.as_float(x))))
