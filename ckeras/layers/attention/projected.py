"""ProjectedAttention: what MultiHeadAttention and GroupQueryAttention have in common."""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Sequence
from typing import Any, NamedTuple

from ckeras import config, initializers, ops
from ckeras.layers.activations.softmax import Softmax
from ckeras.layers.core.einsum_dense import EinsumDense
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec
from ckeras.layers.regularization.dropout import Dropout
from ckeras.layers.regularization.rates import fraction
from ckeras.layers.weight_options import keep_options
from ckeras.ops.manipulation import layout
from ckeras.ops.nn.attention import attend
from ckeras.tensor import arguments
from ckeras.tensor.masks import get_mask


class Heads(NamedTuple):
    """Numbers of heads, of queries and of keys and values, and sizes of one head, of queries and keys and of values."""

    query: int
    shared: int
    key_size: int
    value_size: int


class ProjectedAttention(Layer):
    """Dot-product attention of several heads, between projections of query, key and value and one of the result.

    Subclasses set `heads`, and call `_keep` in their constructor.
    """

    heads: Heads
    _axes: tuple[int, ...] | None = None  # over which is attended, counted from 0; all but batch and features if None
    _output_sizes: tuple[int, ...] | None = None  # of the features; those of the query if None

    def _keep(
        self,
        dropout: float,
        use_bias: bool,
        sliding_window: int | None,
        flash_attention: bool | None,
        use_gate: bool,
        seed: int | None,
        activity_regularizer: Any,
        **options: Any,
    ) -> None:
        where = type(self).__name__
        self.supports_masking = True
        self.dropout = fraction(dropout, where, "dropout")
        self.use_bias = arguments.flag(use_bias, where, "use_bias")
        self.use_gate = arguments.flag(use_gate, where, "use_gate")
        self.sliding_window = arguments.optional(_window, sliding_window, where, "sliding_window")
        self.seed = seed
        self._flash_attention = flash_attention or config.is_flash_attention_enabled()
        if self._flash_attention and self.dropout > 0:
            raise ValueError(f"{where} expects dropout to be 0 with flash_attention, got {dropout!r}")
        keep_options(self, **options)
        self._sub_options = {**options, "activity_regularizer": activity_regularizer}

    # -- weights

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        self._check_shapes(query_shape, value_shape, key_shape)
        h = self.heads
        self._query_dense = self._projection("query", query_shape, (h.query, h.key_size))
        self._key_dense = self._projection("key", key_shape, (h.shared, h.key_size))
        if self.use_gate:
            self._gate_dense = self._projection("gate", query_shape, (h.query, h.value_size), activation="sigmoid")
        self._value_dense = self._projection("value", value_shape, (h.shared, h.value_size))
        rank = len(value_shape)
        self._axes = tuple(range(1, rank - 1)) if self._axes is None else self._axes
        self._equations = _equations(rank + 1, self._axes)
        scores = len(self._equations[0].rpartition("->")[2])
        self._softmax = Softmax([*range(scores - len(self._axes), scores)], dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        sizes = self._output_sizes or (query_shape[-1],)
        inner = (*query_shape[:-1], h.query, h.value_size)
        self._output_dense = self._projection("attention_output", inner, sizes, bound=2)

    def _projection(self, name: str, shape: Any, sizes: Sequence[int], bound: int = 1, **more: Any) -> EinsumDense:
        """A built dense layer from the last ``bound`` axes of an input of this shape to new ones of these sizes."""
        letters = iter(string.ascii_letters)
        free, old, new = ("".join(next(letters) for _ in range(n)) for n in (len(shape) - bound, bound, len(sizes)))
        options = dict(self._sub_options)
        for key in ("kernel_initializer", "bias_initializer"):  # each has its own, or seeds would make them equal
            options[key] = initializers.get(options[key]).clone()
        layer = EinsumDense(
            f"{free}{old},{old}{new}->{free}{new}",
            output_shape=(*(None,) * (len(free) - 1), *sizes),
            bias_axes=new if self.use_bias else None,
            name=name,
            dtype=self.dtype_policy,
            **options,
            **more,
        )
        layer._build(tuple(shape))
        return layer

    # -- the computation

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        key = value if key is None else key
        self._check_shapes(query.shape, value.shape, key.shape)
        self._check_call(return_attention_scores, use_causal_mask)
        masks = self._masks(query_mask, value_mask, key_mask, attention_mask)
        query, key, value = (x if get_mask(x) is None else layout.alias(x) for x in (query, key, value))
        gate = self._gate_dense(query) if self.use_gate else None
        query, key, value = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        drops = bool(training) and self.dropout > 0
        if return_attention_scores or drops or query.ndim != 4 or self._axes != (1,):
            y, scores = self._with_scores(query, key, value, masks, training, use_causal_mask)
        else:
            y, scores = self._in_blocks(query, key, value, masks, use_causal_mask), None
        y = self._output_dense(y if gate is None else y * gate)
        return (y, scores) if return_attention_scores else y

    def _in_blocks(self, query: Any, key: Any, value: Any, masks: list[Any], causal: bool) -> Any:
        """The heads' outputs, without storing scores."""
        return attend(
            query, key, value, [_of_rank(m, 4, 1) for m in masks],
            scale=1 / math.sqrt(self.heads.key_size), causal=causal, window=self.sliding_window,
            empty="zero" if self.dropout else "uniform",
        )  # fmt: skip

    def _with_scores(
        self, query: Any, key: Any, value: Any, masks: list[Any], training: Any, causal: bool
    ) -> tuple[Any, Any]:
        """The heads' outputs, and the weights with which they combine the values."""
        if self.heads.shared != self.heads.query:
            key, value = (ops.repeat(x, self.heads.query // self.heads.shared, axis=2) for x in (key, value))
        products, combine = self._equations
        scores = ops.einsum(products, query * (1 / math.sqrt(self.heads.key_size)), key)
        masks = [_of_rank(m, scores.ndim, len(self._axes)) for m in masks]
        if causal or self.sliding_window is not None:
            masks.append(_band(scores.shape, causal, self.sliding_window))
        allowed = functools.reduce(ops.logical_and, masks) if masks else None
        # Not called as a layer, which would attach the mask to the weights.
        weights = self._softmax.call(scores, None if allowed is None else ops.broadcast_to(allowed, scores.shape))
        dropped = self._dropout_layer(weights, training=training) if self.dropout else weights
        return ops.einsum(combine, dropped, value), weights

    def _masks(self, query: Any, value: Any, key: Any, attention: Any) -> list[Any]:
        """The given masks as booleans that broadcast to (..., targets, sources)."""
        found = [] if query is None else [ops.expand_dims(query, -1)]
        found += [ops.expand_dims(m, -2) for m in (value, key) if m is not None]
        found += [] if attention is None else [attention]
        return [ops.cast(m, "bool") for m in found]

    # -- checks and shapes

    def _check_call(self, return_attention_scores: bool, causal: bool) -> None:
        where = f"layer {self.name!r}"
        if return_attention_scores and self._flash_attention:
            raise ValueError(f"{where} cannot return attention scores with flash_attention, which does not store them")
        if (causal or self.sliding_window is not None) and self._axes is not None and len(self._axes) != 1:
            raise ValueError(f"{where} attends over several axes, which have no order for a causal or sliding mask")

    def _check_shapes(self, query: Any, value: Any, key: Any) -> None:
        """Raise ValueError if shapes of query, value and key do not fit each other."""
        pairs = [*zip(value[:-1], key[:-1], strict=False), *zip(query[:1], value[:1], strict=False)]
        if not len(query) == len(value) == len(key) >= 3 or any(None not in p and p[0] != p[1] for p in pairs):
            raise ValueError(
                f"layer {self.name!r} expects query (batch, targets, features), and value and key (batch, sources, "
                "features) that differ in the last axis alone, got shapes "
                f"{tuple(query)}, {tuple(value)} and {tuple(key)}"
            )

    def compute_output_shape(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> Any:
        self._check_shapes(query_shape, value_shape, value_shape if key_shape is None else key_shape)
        return (*query_shape[:-1], *(self._output_sizes or query_shape[-1:]))

    def compute_output_spec(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        shapes = [query.shape, value.shape, (value if key is None else key).shape]
        self._check_call(return_attention_scores, use_causal_mask)
        y = output_spec(self, self.compute_output_shape(*shapes), self.compute_dtype)
        if not return_attention_scores:
            return y
        axes = self._axes
        others = [n for i, n in enumerate(query.shape[:-1]) if i not in axes]
        scores = (*others, self.heads.query, *(query.shape[i] for i in axes), *(shapes[2][i] for i in axes))
        return y, output_spec(self, scores, self.compute_dtype)


def _window(value: Any, where: str, name: str) -> int:
    return arguments.integer(value, where, name, minimum=1)


def _of_rank(mask: Any, rank: int, axes: int) -> Any:
    """A mask with axes (..., targets, sources), ``axes`` of each, and new ones before them up to a rank."""
    missing = rank - mask.ndim
    if missing <= 0:
        return mask
    lead = max(mask.ndim - 2 * axes, 0)  # axes of the batch
    return ops.expand_dims(mask, tuple(range(lead, lead + missing)))


def _band(shape: Any, causal: bool, window: int | None) -> Any:
    """(targets, sources), true where the source is not in the future and less than ``window`` away."""
    distance = ops.expand_dims(ops.arange(shape[-2]), 1) - ops.arange(shape[-1])
    tests = ([distance >= 0] if causal else []) + ([] if window is None else [ops.abs(distance) < window])
    return functools.reduce(ops.logical_and, tests)


def _equations(rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """Equations of the scores from query and key, and of the outputs from weights and value.

    The operands have ``rank`` axes: batch, ..., heads, features; the scores have those but ``axes`` and the features,
    then ``axes`` of the query and of the key.
    """
    target = string.ascii_lowercase[:rank]
    source = "".join(c.upper() if i in axes else c for i, c in enumerate(target))
    others = "".join(c for i, c in enumerate(target[:-1]) if i not in axes)
    scores = others + "".join(target[i] for i in axes) + "".join(source[i] for i in axes)
    return f"{target},{source}->{scores}", f"{scores},{source}->{target[:-1]}{target[-1]}"
