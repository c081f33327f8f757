"""Dot-product attention."""

import math
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.nn.softmaxes import softmax
from ckeras.tensor import Spec, Tensor, dtypes
from ckeras.tensor.eager import constant


def _of_heads(x: Tensor, heads: int, name: str) -> Tensor:
    """A bias or mask with axes (batch, heads, targets, sources); one of rank 3 omits the heads."""
    if len(x.shape) == 3 and x.shape[0] not in (1, heads):
        x = layout.expand_dims(x, 1)
    elif len(x.shape) < 4:
        x = layout.expand_dims(x, tuple(range(4 - len(x.shape))))
    if len(x.shape) != 4 or x.shape[1] not in (1, heads):
        raise ValueError(
            f"dot_product_attention expects a {name} that broadcasts to (batch, {heads} heads, targets, sources), "
            f"got shape {x.shape}"
        )
    return x


def _attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *others: Tensor,
    given: tuple[str, ...],
    scale: Any,
    causal: bool,
    cap: Any,
) -> Tensor:
    batch, targets, heads, depth = query.shape
    sources, shared = key.shape[1], key.shape[2]
    dtype = query.dtype
    wide = dtypes.result_type(dtype, "float32")
    # Each key head serves a group of query heads, which become additional rows.
    rows = heads // shared * targets
    q = layout.reshape(layout.transpose(elementwise.cast(query, wide), (0, 2, 1, 3)), (batch, shared, rows, depth))
    logits = matmul(q, layout.transpose(elementwise.cast(key, wide), (0, 2, 3, 1)))
    logits = layout.reshape(logits, (batch, heads, targets, sources))
    extra = dict(zip(given, others, strict=True))
    logits = elementwise.multiply(
        logits, extra["scale"] if "scale" in extra else 1.0 / math.sqrt(depth) if scale is None else scale
    )
    logits = elementwise.cast(logits, wide)
    if cap is not None:
        logits = elementwise.multiply(cap, elementwise.tanh(elementwise.divide(logits, cap)))
    if "bias" in extra:
        logits = elementwise.add(logits, elementwise.cast(_of_heads(extra["bias"], heads, "bias"), wide))
    allowed = None
    if "mask" in extra:
        allowed = elementwise.cast(_of_heads(extra["mask"], heads, "mask"), "bool")
    if causal:
        past = constant(np.tri(targets, sources, dtype=bool))
        allowed = past if allowed is None else elementwise.logical_and(allowed, past)
    if allowed is not None:
        logits = elementwise.where(allowed, logits, -0.7 * float(np.finfo(dtypes.NUMPY[wide]).max))
    weights = layout.reshape(softmax(logits), (batch, shared, rows, sources))
    y = matmul(weights, layout.transpose(elementwise.cast(value, wide), (0, 2, 1, 3)))
    y = layout.reshape(y, (batch, heads, targets, value.shape[-1]))
    return elementwise.cast(layout.transpose(y, (0, 2, 1, 3)), dtype)


_dot_product_attention = Composite(
    "dot_product_attention",
    _attend,
    infer=lambda query, key, value, *others, **attrs: Spec((*query.shape[:-1], value.shape[-1]), query.dtype),
)


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
        flash_attention: whether to require a GPU kernel; there is none, so `True` raises RuntimeError.
        attn_logits_soft_cap: if given, logits become cap * tanh(logits / cap) before bias and mask.

    Computed in float32 or float64; the result (batch, targets, heads, value depth) has the common dtype.
    """
    if flash_attention:
        raise RuntimeError(
            "dot_product_attention expects flash_attention to be None or False (it needs a GPU), got True"
        )
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
    extra = {name: x for name, x in (("bias", bias), ("mask", mask)) if x is not None}
    if scale is not None and not isinstance(scale, (int, float)):
        extra["scale"], scale = scale, None
    cap = None if attn_logits_soft_cap is None else float(attn_logits_soft_cap)
    return _dot_product_attention(
        query, key, value, *extra.values(), given=tuple(extra), scale=scale, causal=bool(is_causal), cap=cap
    )
