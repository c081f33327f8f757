"""ReversibleEmbedding."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.core.embedding import Embedding
from ckeras.layers.weight_options import add_weight
from ckeras.tensor import arguments
from ckeras.tensor.dtypes import standardize


@registry.layers.ship()
class ReversibleEmbedding(Embedding):
    """An embedding, and, called with ``reverse=True``, the product with its transpose: logits of the integers.

    The two share one table, as in many language models (Press and Wolf, 2017).

    Args:
        input_dim, output_dim, embeddings_initializer, embeddings_regularizer, embeddings_constraint, mask_zero: as in
            `Embedding`.
        tie_weights: whether the reverse uses the same table, rather than a second one of shape
            (output_dim, input_dim).
        reverse_dtype: dtype of the reverse product; that of the layer by default.
        logit_soft_cap: a positive number c, to give c * tanh(logits / c).

    >>> import ckeras
    >>> layer = ReversibleEmbedding(10, 4)
    >>> layer(layer(ckeras.ops.array([1, 2, 3])), reverse=True).shape
    (3, 10)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            input_dim, output_dim, embeddings_initializer, embeddings_regularizer, embeddings_constraint, mask_zero,
            **kwargs,
        )  # fmt: skip
        self.tie_weights = arguments.flag(tie_weights, "ReversibleEmbedding", "tie_weights")
        self.reverse_dtype = None if reverse_dtype is None else standardize(reverse_dtype)
        if (
            logit_soft_cap is not None
            and not arguments.number(logit_soft_cap, "ReversibleEmbedding", "logit_soft_cap") > 0
        ):
            raise ValueError(f"ReversibleEmbedding expects a positive logit_soft_cap, got {logit_soft_cap!r}")
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape: Any = None) -> None:
        if not self.tie_weights:
            shape = (self.output_dim, self.input_dim)
            self.reverse_embeddings = add_weight(self, "reverse_embeddings", shape, "embeddings")
        super().build(input_shape)

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        if not reverse:
            return super().call(inputs)
        dtype = self.reverse_dtype or self.compute_dtype
        table = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings
        logits = ops.matmul(ops.cast(inputs, dtype), ops.cast(table, dtype))
        if self.logit_soft_cap is None:
            return logits
        return self.logit_soft_cap * ops.tanh(logits / self.logit_soft_cap)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return super().compute_mask(inputs, mask) if inputs.dtype.startswith(("int", "uint")) else None

    def compute_output_shape(self, input_shape: Any, reverse: bool = False) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.input_dim) if reverse else super().compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "tie_weights": self.tie_weights,
            "reverse_dtype": self.reverse_dtype,
            "logit_soft_cap": self.logit_soft_cap,
        }
