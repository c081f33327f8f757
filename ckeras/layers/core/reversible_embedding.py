"""ReversibleEmbedding."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers import quantization
from ckeras.layers.core.embedding import Embedding
from ckeras.layers.quantization import QuantizedWeight
from ckeras.layers.weight_options import add_weight
from ckeras.quantizers.quantizer import AbsMaxQuantizer
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
        if not self.tie_weights and self.quantization_mode is None:
            shape = (self.output_dim, self.input_dim)
            self.reverse_embeddings = add_weight(self, "reverse_embeddings", shape, "embeddings")
        super().build(input_shape)

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        if not reverse:
            return super().call(inputs)
        x = ops.cast(inputs, self.reverse_dtype or self.compute_dtype)
        if self.quantization_mode is not None:
            weight = self._quantized_weights()[-1]
            logits = quantization.product(self, weight, x, _by_transposed if self.tie_weights else ops.matmul)
        else:
            table = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings
            logits = ops.matmul(x, ops.cast(table, x.dtype))
        if self.logit_soft_cap is None:
            return logits
        return self.logit_soft_cap * ops.tanh(logits / self.logit_soft_cap)

    def _quantized_weights(self) -> list[QuantizedWeight]:
        if self.tie_weights:
            return super()._quantized_weights()
        name, shape = "reverse_embeddings", (self.output_dim, self.input_dim)
        return [*super()._quantized_weights(), QuantizedWeight.of_matrix(name, name, shape, packed=0)]

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Keep the tables in few bits; see `Embedding.quantize`."""
        quantization.quantize(self, ReversibleEmbedding, mode, type_check, config)

    def quantized_build(self, embeddings_shape: Any, mode: str, config: Any = None) -> None:
        super().quantized_build(embeddings_shape, mode, config)
        if config is None:
            self.inputs_quantizer = AbsMaxQuantizer(axis=-1)

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """The order of the variables in files, by quantization mode."""
        spec, own = super().variable_serialization_spec, "reverse_embeddings"
        if not self.tie_weights:
            for mode, ends in ((None, [""]), ("int8", ["", "_scale"]), ("int4", ["", "_scale", "_zero"])):
                spec[mode] += [own + end for end in ends]
        return spec

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


def _by_transposed(x: Any, table: Any) -> Any:
    return ops.matmul(x, ops.transpose(table))
