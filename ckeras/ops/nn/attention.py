"""Dot-product attention, in blocks that never store the scores of all targets and sources together.

- ``attention(query, key, value, bias, masks)``: the outputs, and of each target the maximum of its scores and 1 / the
sum of their exponentials.
- ``attention_grad``: the gradients of query, key and value.

What needs the matrix of scores is composed of other ops: capped logits, the gradient of a bias, and second derivatives.
"""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras._kernels import codes
from ckeras.autograd import GradientTape
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.nn.softmaxes import softmax
from ckeras.tensor import Op, Spec, Tensor, dtypes
from ckeras.tensor.dtypes import CODE
from ckeras.tensor.eager import Call, constant

_EMPTY = codes("attention")


def _of_heads(x: Tensor, sizes: tuple[Any, ...], name: str) -> Tensor:
    """A bias or mask with four axes; one of rank 3 omits the heads, or the batch.

    Args:
        x: the bias or mask.
        sizes: batch, heads, targets and sources.
        name: what it is.
    """
    if len(x.shape) == 3 and x.shape[0] not in (1, sizes[1]):
        x = layout.expand_dims(x, 1)
    elif len(x.shape) < 4:
        x = layout.expand_dims(x, tuple(range(4 - len(x.shape))))
    if len(x.shape) != 4 or any(a not in (1, b) for a, b in zip(x.shape, sizes, strict=True)):
        raise ValueError(
            f"dot_product_attention expects a {name} that broadcasts to (batch, heads, targets, sources), "
            f"{tuple(sizes)}, got shape {x.shape}"
        )
    return x


def _by_scores(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *others: Tensor,
    biased: bool,
    scale: Any,
    causal: bool,
    window: int | None,
    empty: str,
    cap: float | None = None,
) -> Tensor:
    """The outputs of attention, from the matrix of scores; bias and masks (`others`) have four axes."""
    batch, targets, heads, depth = query.shape
    sources, shared = key.shape[1], key.shape[2]
    # Each key head serves a group of query heads, which become additional rows.
    rows = heads // shared * targets
    q = layout.reshape(layout.transpose(query, (0, 2, 1, 3)), (batch, shared, rows, depth))
    logits = layout.reshape(matmul(q, layout.transpose(key, (0, 2, 3, 1))), (batch, heads, targets, sources))
    logits = elementwise.multiply(logits, scale)
    if cap is not None:
        logits = elementwise.multiply(cap, elementwise.tanh(elementwise.divide(logits, cap)))
    if biased:
        logits = elementwise.add(logits, others[0])
    masks = list(others[biased:])
    if causal or window is not None:
        masks.append(constant(_band(targets, sources, causal, window)))
    weights = _weights(logits, functools.reduce(elementwise.logical_and, masks) if masks else None, empty)
    weights = layout.reshape(weights, (batch, shared, rows, sources))
    y = layout.reshape(matmul(weights, layout.transpose(value, (0, 2, 1, 3))), (batch, heads, targets, value.shape[3]))
    return layout.transpose(y, (0, 2, 1, 3))


def _band(targets: int, sources: int, causal: bool, window: int | None) -> np.ndarray:
    """(targets, sources), true where the source is not in the future and less than ``window`` away."""
    distance = np.arange(targets)[:, None] - np.arange(sources)
    allowed = distance >= 0 if causal else np.ones(distance.shape, bool)
    return allowed if window is None else allowed & (abs(distance) < window)


def _weights(logits: Tensor, allowed: Tensor | None, empty: str) -> Tensor:
    """softmax over the sources that are allowed; ``empty`` says what a target without any has, see `attend`."""
    if allowed is None:
        return softmax(logits)
    if empty == "unmasked":
        return softmax(elementwise.where(allowed, logits, elementwise.subtract(logits, 1e9)))
    weights = softmax(elementwise.where(allowed, logits, -0.7 * float(np.finfo(dtypes.NUMPY[logits.dtype]).max)))
    return weights if empty == "uniform" else elementwise.where(allowed, weights, 0)


# -- in blocks, without the matrix of scores


def _strides(shape: tuple[int, ...]) -> list[int]:
    """Element strides of a contiguous array; 0 along axes of size 1, which are broadcast."""
    return [0 if n == 1 else math.prod(shape[i + 1 :]) for i, n in enumerate(shape)]


def _calls(name: str, outputs: int) -> Any:
    def kernel(inputs: Any, results: Any, attrs: dict[str, Any]) -> list[Call]:
        query, key, value, *others = inputs if outputs == 2 else inputs[:-3]  # y, norm and g are the last ones
        batch, targets, heads, depth = query.shape
        p = [CODE[query.dtype], batch, heads, key.shape[2], targets, key.shape[1], depth, value.shape[3]]
        p += [attrs["causal"], attrs["window"] or 0, _EMPTY[attrs["empty"]]]
        p += [attrs["biased"], len(others) - attrs["biased"]]
        p += [step for x in others for step in _strides(x.shape)]
        return [Call(name, tuple(range(outputs + len(inputs))), tuple(map(int, p)), (attrs["scale"],))]

    return kernel


def _infer(query: Spec, key: Spec, value: Spec, *others: Spec, **attrs: Any) -> list[Spec]:
    batch, targets, heads, _ = query.shape
    shape = (batch, targets, heads, value.shape[3])
    return [Spec(shape, query.dtype), Spec((batch, heads, targets, 2), query.dtype)]


def _joint(g: list[Any], y: list[Tensor], inputs: list[Tensor], wanted: list[int], attrs: dict[str, Any]) -> list[Any]:
    if max(wanted) > 2:  # the gradient of a bias has the size of the scores
        return _gradients(inputs, g[0], wanted, attrs)
    found = _attention_grad(*inputs, *y, g[0], **attrs)
    return [found[i] for i in wanted]


def _gradients(inputs: list[Tensor], g: Tensor, wanted: list[int], attrs: dict[str, Any]) -> list[Any]:
    """Gradients of the inputs at the positions ``wanted``, from the matrix of scores."""
    inputs = [layout.alias(x) for x in inputs]  # one that is given twice is two tensors
    sources = [inputs[i] for i in wanted]
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        y = _by_scores(*inputs, **attrs)
    return tape.gradient(y, sources, output_gradients=g, unconnected_gradients="zero")


def _grad_joint(h: list[Any], y: Any, inputs: list[Tensor], wanted: list[int], attrs: dict[str, Any]) -> list[Any]:
    count = len(inputs) - 3
    inputs = [layout.alias(x) for x in inputs]
    given = [i for i in range(3) if h[i] is not None]
    with GradientTape(watch_accessed_variables=False) as tape:
        sources = [i for i in wanted if not count <= i < count + 2]  # y and norm are functions of the others
        tape.watch([inputs[i] for i in sources])
        parts = _gradients(inputs[:count], inputs[-1], given, attrs)
    found = tape.gradient(
        parts, [inputs[i] for i in sources], output_gradients=[h[i] for i in given], unconnected_gradients="zero"
    )
    return [found[sources.index(i)] if i in sources else None for i in wanted]


_attention = Op("attention", _infer, kernel=_calls("attention", 2), joint=_joint)
_attention_grad = Op(
    "attention_grad",
    lambda query, key, value, *others, **attrs: [Spec(x.shape, x.dtype) for x in (query, key, value)],
    kernel=_calls("attention_grad", 3),
    joint=_grad_joint,
)

# -- the public function


def _attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *others: Tensor,
    given: tuple[str, ...],
    scale: Any,
    cap: Any,
    **attrs: Any,
) -> Tensor:
    batch, targets, heads, depth = query.shape
    dtype, sizes = query.dtype, (batch, heads, targets, key.shape[1])
    wide = dtypes.result_type(dtype, "float32")
    query, key, value = (elementwise.cast(x, wide) for x in (query, key, value))
    extra = dict(zip(given, others, strict=False))
    arrays = [elementwise.cast(_of_heads(extra["bias"], sizes, "bias"), wide)] if "bias" in extra else []
    arrays += [elementwise.cast(_of_heads(x, sizes, "mask"), "bool") for x in others[len(given) :]]
    attrs["biased"] = "bias" in extra
    if "scale" in extra:
        scale = elementwise.cast(extra["scale"], wide)
        if math.prod(scale.shape) == 1:
            query, scale = elementwise.multiply(query, layout.reshape(scale, ())), 1.0
    elif scale is None:
        scale = 1.0 / math.sqrt(depth)
    if cap is not None or isinstance(scale, Tensor):
        y = _by_scores(query, key, value, *arrays, scale=scale, cap=cap, **attrs)
    else:
        y = _attention(query, key, value, *arrays, scale=float(scale), **attrs)[0]
    return elementwise.cast(y, dtype)


_dot_product_attention = Composite(
    "dot_product_attention",
    _attend,
    infer=lambda query, key, value, *others, **attrs: Spec((*query.shape[:-1], value.shape[-1]), query.dtype),
)


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    masks: Sequence[Tensor] = (),
    *,
    bias: Any = None,
    scale: Any = None,
    causal: bool = False,
    window: int | None = None,
    cap: float | None = None,
    empty: str = "uniform",
) -> Tensor:
    """`dot_product_attention` for arguments that are checked.

    Args:
        query, key, value: as there, of one dtype.
        masks: a target attends to a source where all of these are true; each broadcasts like ``bias``.
        bias, scale: as there.
        causal: whether a target attends only to sources up to its own position.
        window: if given, a target attends only to sources less than this far from its own position.
        cap: if given, logits become cap * tanh(logits / cap) before bias and masks.
        empty: the weights of a target that may attend to no source: "uniform", "zero", or "unmasked", those that it
            has without masks.
    """
    extra = {} if bias is None else {"bias": bias}
    if scale is not None and not isinstance(scale, (int, float)):
        extra["scale"], scale = scale, None
    return _dot_product_attention(
        query, key, value, *extra.values(), *masks,
        given=tuple(extra), scale=scale, causal=causal, window=window, cap=cap, empty=empty,
    )  # fmt: skip


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """softmax(query key^T * scale + bias) value, for each head (Vaswani et al., 2017).

    Args:
        query: (batch, targets, heads, depth).
        key: (batch, sources, key heads, depth). The number of heads is a multiple of the key heads, each of which
            serves a group of them (Ainslie et al., 2023).
        value: (batch, sources, key heads, value depth).
        bias: added to the logits; it broadcasts to (batch, heads, targets, sources).
        mask: true where a target may attend to a source; broadcasts like ``bias``. A target that may attend to no
            source attends to all equally.
        scale: 1 / sqrt(depth) if `None`.
        is_causal: whether a target attends only to sources up to its own position.
        flash_attention: whether to insist that the matrix of scores is not stored. It never is, except for
            ``attn_logits_soft_cap``, for which `True` raises RuntimeError.
        attn_logits_soft_cap: if given, logits become cap * tanh(logits / cap) before bias and mask.

    Computed in float32 or float64; the result (batch, targets, heads, value depth) has the common dtype.
    """
    if flash_attention and attn_logits_soft_cap is not None:
        raise RuntimeError("dot_product_attention with attn_logits_soft_cap has no flash attention, got True")
    query, key, value = elementwise.promote(query, key, value)
    shapes = f"got shapes {query.shape}, {key.shape} and {value.shape}"
    if not len(query.shape) == len(key.shape) == len(value.shape) == 4:
        raise ValueError(
            f"dot_product_attention expects query, key and value of shape (batch, length, heads, depth), {shapes}"
        )
    heads, shared = query.shape[2], key.shape[2]
    if (
        any(a != b and None not in (a, b) for a, b in zip(key.shape[:3], value.shape[:3], strict=True))
        or (query.shape[3] != key.shape[3] and None not in (query.shape[3], key.shape[3]))
        or (None not in (heads, shared) and (shared == 0 or heads % shared))
    ):
        raise ValueError(
            "dot_product_attention expects keys and values of one length and number of heads, which divides the "
            f"number of the queries' heads, and keys of the depth of the queries: {shapes}"
        )
    return attend(
        query, key, value, () if mask is None else (mask,),
        bias=bias, scale=scale, causal=bool(is_causal),
        cap=None if attn_logits_soft_cap is None else float(attn_logits_soft_cap),
    )  # fmt: skip
