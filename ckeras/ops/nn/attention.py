"""Dot-product attention."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.linalg.matrix_products import matmul
from ckeras.ops.manipulation import layout
from ckeras.ops.manipulation.composite import Composite
from ckeras.ops.nn.softmaxes import softmax
from ckeras.tensor import Spec, Tensor, dtypes
from ckeras.tensor.eager import constant


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


def _attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *others: Tensor,
    given: tuple[str, ...],
    scale: Any,
    causal: bool,
    window: int | None,
    cap: float | None,
    empty: str,
) -> Tensor:
    batch, targets, heads, depth = query.shape
    sources, shared = key.shape[1], key.shape[2]
    dtype = query.dtype
    wide, sizes = dtypes.result_type(dtype, "float32"), (batch, heads, targets, sources)
    # Each key head serves a group of query heads, which become additional rows.
    rows = heads // shared * targets
    q = layout.reshape(layout.transpose(elementwise.cast(query, wide), (0, 2, 1, 3)), (batch, shared, rows, depth))
    logits = matmul(q, layout.transpose(elementwise.cast(key, wide), (0, 2, 3, 1)))
    logits = layout.reshape(logits, (batch, heads, targets, sources))
    extra = dict(zip(given, others, strict=False))
    logits = elementwise.multiply(
        logits, extra["scale"] if "scale" in extra else 1.0 / math.sqrt(depth) if scale is None else scale
    )
    logits = elementwise.cast(logits, wide)
    if cap is not None:
        logits = elementwise.multiply(cap, elementwise.tanh(elementwise.divide(logits, cap)))
    if "bias" in extra:
        logits = elementwise.add(logits, elementwise.cast(_of_heads(extra["bias"], sizes, "bias"), wide))
    masks = [elementwise.cast(_of_heads(x, sizes, "mask"), "bool") for x in others[len(given) :]]
    if causal or window is not None:
        masks.append(constant(_band(targets, sources, causal, window)))
    allowed = functools.reduce(elementwise.logical_and, masks) if masks else None
    weights = _weights(logits, allowed, empty)
    y = matmul(
        layout.reshape(weights, (batch, shared, rows, sources)),
        layout.transpose(elementwise.cast(value, wide), (0, 2, 1, 3)),
    )
    y = layout.reshape(y, (batch, heads, targets, value.shape[-1]))
    return elementwise.cast(layout.transpose(y, (0, 2, 1, 3)), dtype)


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
    return attend(
        query, key, value, () if mask is None else (mask,),
        bias=bias, scale=scale, causal=bool(is_causal),
        cap=None if attn_logits_soft_cap is None else float(attn_logits_soft_cap),
    )  # fmt: skip
