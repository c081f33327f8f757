"""Attention."""

from __future__ import annotations

from typing import Any

from ckeras import ops, random, registry
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec
from ckeras.layers.regularization.rates import fraction
from ckeras.layers.shapes import is_shape
from ckeras.ops.nn.attention import attend
from ckeras.tensor import arguments


@registry.layers.ship()
class Attention(Layer):
    """softmax(score(query, key)) value, without weights but scales (Luong et al., 2015).

    The scores are query key^T, times a trained ``scale`` with ``use_scale``; or, with ``score_mode`` "concat",
    concat_score_weight * sum(tanh(scale * (query + key))) over the features.

    Args:
        use_scale: whether there is a trained scale.
        score_mode: "dot" or "concat".
        dropout: fraction of the weights that are dropped in training.
        seed: of the dropout.

    Call arguments:
        inputs: a list of query, (batch, targets, n), value, (batch, sources, m), and key, (batch, sources, n), which is
            the value if not given.
        mask: a list of the masks of query, (batch, targets), and value, (batch, sources), or None for either. Sources
            whose mask is false have no weight, unless that holds for all; targets whose mask is false give 0.
        return_attention_scores: whether to return the weights, (batch, targets, sources), too.
        use_causal_mask: whether a target attends only to sources up to its own position.

    Shapes: -> (batch, targets, m).

    >>> import ckeras
    >>> query, value = ckeras.ops.ones((2, 5, 4)), ckeras.ops.ones((2, 3, 4))
    >>> y, weights = Attention()([query, value], return_attention_scores=True)
    >>> y.shape, weights.shape
    ((2, 5, 4), (2, 5, 3))
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        where = type(self).__name__
        self.use_scale = arguments.flag(use_scale, where, "use_scale")
        self.score_mode = arguments.choice(score_mode, where, "score_mode", ("dot", "concat"))
        self.dropout = fraction(dropout, where, "dropout")
        self.seed = seed
        self.supports_masking = True
        if self.dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        self._checked(input_shape)
        self.scale = self.add_weight((), "ones", name="scale") if self.use_scale else None
        concat = self.score_mode == "concat"
        self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight") if concat else None

    def scores(self, query: Any, key: Any) -> Any:
        """The scores, (batch, targets, sources)."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -2, -1))
            return scores if self.scale is None else scores * self.scale
        both = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
        both = both if self.scale is None else self.scale * both
        return self.concat_score_weight * ops.sum(ops.tanh(both), -1)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        query, value, key = self._operands(inputs)
        query_mask, value_mask = self._masks(mask, inputs)
        drops = bool(training) and self.dropout > 0
        weights = None
        if self.score_mode == "dot" and not drops and not return_attention_scores and query.ndim == 3:
            y = self._attend(query, key, value, value_mask, use_causal_mask)
        else:
            scores = self.scores(query, key)
            allowed = _allowed(scores.shape, value_mask, use_causal_mask)
            if allowed is not None:
                scores = ops.where(allowed, scores, scores - (65504.0 if scores.dtype == "float16" else 1e9))
            weights = ops.softmax(scores)
            if drops:
                weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
            y = ops.matmul(weights, value)
        if query_mask is not None:
            y = ops.where(ops.expand_dims(query_mask, -1), y, 0)
        return (y, weights) if return_attention_scores else y

    def _attend(self, query: Any, key: Any, value: Any, value_mask: Any, causal: bool) -> Any:
        """The output where nobody asks for the weights, which are not stored."""
        masks = () if value_mask is None else (value_mask[:, None, None, :],)
        query, key, value = (ops.expand_dims(x, 2) for x in (query, key, value))  # one head
        query = query if self.scale is None else query * self.scale
        return ops.squeeze(attend(query, key, value, masks, scale=1.0, causal=causal, empty="unmasked"), 2)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        self._operands(inputs)
        return self._masks(mask, inputs)[0]

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        query, value, _ = self._checked(input_shape)
        return (*query[:-1], value[-1])

    def compute_output_spec(
        self,
        inputs: Any,
        mask: Any = None,
        training: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        query, value, key = self._operands(inputs)
        self._masks(mask, inputs)
        y = output_spec(self, self.compute_output_shape([x.shape for x in (query, value, key)]), self.compute_dtype)
        if not return_attention_scores:
            return y
        return y, output_spec(self, (*query.shape[:-1], key.shape[-2]), self.compute_dtype)

    def _operands(self, inputs: Any) -> tuple[Any, Any, Any]:
        """Query, value and key of a call."""
        if not isinstance(inputs, (list, tuple)):
            self._refuse(inputs.shape)
        self._checked([tuple(x.shape) for x in inputs])
        return inputs[0], inputs[1], inputs[-1] if len(inputs) == 3 else inputs[1]

    def _checked(self, shapes: Any) -> tuple[Any, Any, Any]:
        """The shapes of query, value and key; raise ValueError if they are others than those that fit each other."""
        if not isinstance(shapes, (list, tuple)) or not all(map(is_shape, shapes)) or len(shapes) not in (2, 3):
            self._refuse(shapes)
        query, value, key = tuple(shapes[0]), tuple(shapes[1]), tuple(shapes[-1] if len(shapes) == 3 else shapes[1])
        if not len(query) == len(value) == len(key) >= 3 or any(
            None not in (a, b) and a != b
            for a, b in [(query[-1], key[-1]), (value[-2], key[-2]), *zip(query[:-2], value[:-2], strict=True)]
        ):
            raise ValueError(
                f"layer {self.name!r} expects query (batch, targets, n), value (batch, sources, m) and key (batch, "
                f"sources, n), got shapes {query}, {value} and {key}"
            )
        return query, value, key

    def _refuse(self, shapes: Any) -> None:
        raise ValueError(
            f"layer {self.name!r} ({type(self).__name__}) expects a list of two or three inputs, [query, value] or "
            f"[query, value, key], got shape {shapes}"
        )

    def _masks(self, mask: Any, inputs: Any) -> tuple[Any, Any]:
        """The masks of query and value, as booleans."""
        if mask is None:
            return None, None
        if not isinstance(mask, (list, tuple)) or len(mask) not in (2, 3):
            kind = f"{len(mask)} masks" if isinstance(mask, (list, tuple)) else type(mask).__name__
            raise ValueError(
                f"layer {self.name!r} expects mask to be a list of the masks of query and value, or None for either, "
                f"got {kind}"
            )
        for name, m, x in zip(("query", "value"), mask, inputs, strict=False):
            if (
                m is not None
                and any(None not in (a, b) and a != b for a, b in zip(m.shape, x.shape[:-1], strict=False))
            ) or (m is not None and len(m.shape) != len(x.shape) - 1):
                raise ValueError(
                    f"layer {self.name!r} expects the mask of {name} to have shape {tuple(x.shape[:-1])}, got {m.shape}"
                )
        return tuple(None if m is None else ops.cast(m, "bool") for m in mask[:2])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "use_scale": self.use_scale,
            "score_mode": self.score_mode,
            "dropout": self.dropout,
            "seed": self.seed,
        }


def _allowed(shape: Any, value_mask: Any, causal: bool) -> Any:
    """Where targets may attend to sources, for scores of a shape; None if they may everywhere."""
    allowed = None if value_mask is None else ops.expand_dims(value_mask, -2)
    if causal:
        past = ops.tri(shape[-2], shape[-1], dtype="bool")
        allowed = past if allowed is None else ops.logical_and(allowed, past)
    return allowed
