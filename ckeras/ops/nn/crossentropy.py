"""Cross-entropies of probabilities and of logits."""

from collections.abc import Callable
from typing import Any

from ckeras import config
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.indexing.encoding import one_hot
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.creation import ones_like
from ckeras.ops.nn.softmaxes import NATIVE_FLOATS, log_softmax, row_kernel, rows, softmax_grad
from ckeras.ops.reduction import core as reduction
from ckeras.tensor import Op, Spec, Tensor, as_tensor
from ckeras.tensor.dtypes import CODE
from ckeras.tensor.eager import Call


def _xent_infer(logits: Spec, target: Spec) -> list[Spec]:
    return [Spec(logits.shape[:-1], logits.dtype), Spec(logits.shape, logits.dtype)]


def _label_kernel(name: str, operands: tuple[int, ...], at: int) -> Callable[..., list[Call] | None]:
    def kernel(inputs: Any, outputs: Any, attrs: dict[str, Any]) -> list[Call] | None:
        x, labels = inputs[at], inputs[-1]
        if x.dtype not in NATIVE_FLOATS or labels.dtype not in ("int32", "int64"):
            return None
        f = (attrs["epsilon"],) if "epsilon" in attrs else ()
        return [Call(name, operands, (CODE[x.dtype], *rows(x), CODE[labels.dtype]), f)]

    return kernel


def _classes(at: int) -> tuple[int, Callable[..., int]]:
    return at + 1, lambda inputs, attrs: inputs[at].shape[-1]


def _xent_vjp(gradient: Callable[[], Op]) -> Callable[..., Any]:
    def vjp(g: list[Any], y: list[Tensor], logits: Tensor, target: Tensor) -> Tensor | None:
        parts = []
        if g[0] is not None:
            parts.append(gradient()(g[0], y[1], target))
        if g[1] is not None:
            parts.append(softmax_grad(g[1], y[1]))
        return parts[0] if len(parts) == 1 else elementwise.add(*parts)

    return vjp


# Cross-entropy of softmax(logits) with integer class labels: the losses of the rows, and the probabilities.
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
        lambda h, z, g, prob, labels: reduction.sum(
            elementwise.multiply(h, elementwise.subtract(prob, one_hot(labels, prob.shape[-1], dtype=prob.dtype))), -1
        ),
        lambda h, z, g, prob, labels: elementwise.multiply(h, layout.expand_dims(g, -1)),
        None,
    ],
)
# The same for targets that are distributions over the classes.
_xent = Op(
    "softmax_xent",
    _xent_infer,
    None,
    row_kernel("softmax_xent", (0, 1, 2, 3)),
    vjp=[
        _xent_vjp(lambda: _xent_grad),
        lambda g, y, logits, target: (
            None
            if g[0] is None
            else elementwise.negative(elementwise.multiply(layout.expand_dims(g[0], -1), log_softmax(logits)))
        ),
    ],
)
_xent_grad = Op(
    "softmax_xent_grad",
    lambda g, prob, target: Spec(prob.shape, prob.dtype),
    None,
    row_kernel("softmax_xent_grad", (0, 1, 2, 3)),
    vjp=[
        lambda h, z, g, prob, target: reduction.sum(
            elementwise.multiply(
                h, elementwise.subtract(elementwise.multiply(prob, reduction.sum(target, -1, True)), target)
            ),
            -1,
        ),
        lambda h, z, g, prob, target: elementwise.multiply(
            h, elementwise.multiply(layout.expand_dims(g, -1), reduction.sum(target, -1, True))
        ),
        lambda h, z, g, prob, target: elementwise.multiply(
            layout.expand_dims(g, -1), elementwise.subtract(reduction.sum(elementwise.multiply(h, prob), -1, True), h)
        ),
    ],
)
# Cross-entropy of probabilities (normalized, and clipped to [epsilon, 1 - epsilon]) with integer class labels.
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
    total, p = reduction.sum(prob, -1, True), reduction.sum(elementwise.multiply(prob, hot), -1, True)
    q = elementwise.divide(p, total)
    inside = elementwise.logical_and(elementwise.greater_equal(q, epsilon), elementwise.less_equal(q, 1.0 - epsilon))
    slope = elementwise.subtract(
        elementwise.divide(elementwise.multiply(h, hot), elementwise.square(p)),
        elementwise.divide(reduction.sum(h, -1, True), elementwise.square(total)),
    )
    return elementwise.where(inside, elementwise.multiply(layout.expand_dims(g, -1), slope), 0)


_prob_xent_grad = Op(
    "xent_prob_sparse_grad",
    lambda g, prob, labels, epsilon: Spec(prob.shape, prob.dtype),
    None,
    _label_kernel("xent_prob_sparse_grad", (0, 1, 2, 3), 1),
    vjp=[
        lambda h, z, g, prob, labels, epsilon: reduction.sum(
            elementwise.multiply(h, _prob_xent_grad(ones_like(g), prob, labels, epsilon=epsilon)), -1
        ),
        _prob_xent_grad_prob,
        None,
    ],
)


def _logits(output: Any, axis: int | None) -> Any:
    """The logits of ``output`` if it is known to be the softmax over ``axis`` (or with `None` the sigmoid) of them."""
    logits, axes = getattr(output, "_keras_logits", None), getattr(output, "_keras_logits_axis", ())
    if logits is None or not (axes is None if axis is None else isinstance(axes, int)):
        return None
    if axis is not None and (axes - axis) % len(output.shape):
        return None
    return elementwise.cast(logits, output.dtype)


def _in_float32(loss: Callable[..., Tensor], target: Any, output: Any, from_logits: bool, axis: int) -> Tensor:
    """Compute a cross-entropy of float16, which has no kernel, in float32."""
    logits = None if from_logits else _logits(output, axis)
    if logits is not None:
        output, from_logits = logits, True
    return elementwise.cast(loss(target, elementwise.cast(output, "float32"), from_logits, axis), "float16")


def _last_axis(x: Tensor, axis: int) -> Tensor:
    return x if axis in (-1, len(x.shape) - 1) else layout.moveaxis(x, axis, -1)


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Cross-entropy of two distributions over classes: -sum(target * log(output)) over ``axis``.

    Args:
        target: class probabilities (one-hot for a single class), of the shape of ``output``.
        output: probabilities, which are normalized to sum to 1, or with ``from_logits`` logits.

    If ``output`` is the result of `ckeras.activations.softmax` over ``axis``, the loss is computed from its logits,
    which is accurate for probabilities near 0, too.
    """
    x, t = elementwise.as_float(output), elementwise.as_float(target)
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
    t = elementwise.cast(t, x.dtype)
    logits = None if from_logits else _logits(output, axis)
    if logits is not None:
        x, from_logits = logits, True
    x, t = _last_axis(x, axis), _last_axis(t, axis)
    if from_logits:
        return _xent(x, t)[0]
    p = elementwise.divide(x, reduction.sum(x, -1, True))
    p = elementwise.clip(p, config.epsilon(), 1.0 - config.epsilon())
    return elementwise.negative(reduction.sum(elementwise.multiply(t, elementwise.log(p)), -1))


def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Cross-entropy with integer class labels: -log(output[target]).

    Args:
        target: integer class labels in [0, classes), of the shape of ``output`` without ``axis`` (or with size 1
            there).
        output: probabilities, which are normalized to sum to 1, or with ``from_logits`` logits.

    Raises IndexError for a class label out of range.
    """
    x, t = elementwise.as_float(output), as_tensor(target)
    if x.dtype == "float16":
        return _in_float32(sparse_categorical_crossentropy, target, output, from_logits, axis)
    if len(x.shape) < 1:
        raise ValueError(f"sparse_categorical_crossentropy expects an output with axes, got shape {x.shape}")
    if len(t.shape) == len(x.shape) and t.shape[-1] == 1:
        t = layout.squeeze(t, -1)
    logits = None if from_logits else _logits(output, axis)
    if logits is not None:
        x, from_logits = logits, True
    x = _last_axis(x, axis)
    if len(t.shape) != len(x.shape) - 1 or any(
        a != b and None not in (a, b) for a, b in zip(t.shape, x.shape[:-1], strict=True)
    ):
        raise ValueError(
            "sparse_categorical_crossentropy expects a class label for each row of the output, "
            f"got target of shape {as_tensor(target).shape} and output of shape {as_tensor(output).shape}"
        )
    t = t if t.dtype in ("int32", "int64") else elementwise.cast(t, "int64")
    if from_logits:
        return _sparse_xent(x, t)[0]
    return _prob_xent(x, t, epsilon=float(config.epsilon()))


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """Element-wise binary cross-entropy: -(t log(o) + (1 - t) log(1 - o)).

    ``output`` holds probabilities, which are clipped to [epsilon, 1 - epsilon], or with ``from_logits`` logits.
    If it is the result of `ckeras.activations.sigmoid`, the loss is computed from its logits.
    """
    x, t = elementwise.as_float(output), elementwise.as_float(target)
    if len(x.shape) != len(t.shape) or any(
        a != b and None not in (a, b) for a, b in zip(x.shape, t.shape, strict=True)
    ):
        raise ValueError(f"binary_crossentropy expects target and output of one shape, got {t.shape} and {x.shape}")
    t = elementwise.cast(t, x.dtype)
    logits = None if from_logits else _logits(output, None)
    if logits is not None:
        x, from_logits = logits, True
    if from_logits:
        return elementwise.sigmoid_cross_entropy(x, t)
    p = elementwise.clip(x, config.epsilon(), 1.0 - config.epsilon())
    return elementwise.negative(
        elementwise.add(
            elementwise.multiply(t, elementwise.log(p)),
            elementwise.multiply(elementwise.subtract(1.0, t), elementwise.log(elementwise.subtract(1.0, p))),
        )
    )
