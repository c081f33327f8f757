"""AdditiveAttention."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.attention.attention import Attention


@registry.layers.ship()
class AdditiveAttention(Attention):
    """softmax(sum(scale * tanh(query + key))) value, the sum over the features (Bahdanau et al., 2015).

    Args:
        use_scale: whether there is a trained scale, one number for each feature; 1 otherwise.
        dropout: fraction of the weights that are dropped in training.
        kwargs: ``seed`` of the dropout, and the arguments of `Layer`.

    It is called as `Attention` is, and gives the same shapes.

    >>> import ckeras
    >>> AdditiveAttention()([ckeras.ops.ones((2, 5, 4)), ckeras.ops.ones((2, 3, 4))]).shape
    (2, 5, 4)
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any):
        super().__init__(use_scale=use_scale, dropout=dropout, score_mode="concat", **kwargs)

    def build(self, input_shape: Any) -> None:
        size = self._checked(input_shape)[0][-1]
        if self.use_scale and size is None:
            raise ValueError(f"layer {self.name!r} needs to know the last size of its query, got shape {input_shape}")
        self.scale = self.add_weight((size,), "glorot_uniform", name="scale") if self.use_scale else None

    def scores(self, query: Any, key: Any) -> Any:
        """The scores, (batch, targets, sources)."""
        terms = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        return ops.sum(terms if self.scale is None else self.scale * terms, -1)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["score_mode"]
        return config
