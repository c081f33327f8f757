"""Embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import initializers, ops, registry, regularizers
from ckeras.layers import quantization
from ckeras.layers.layer import Layer
from ckeras.layers.lora import checked_rank, enable_lora, lora_config, update_of
from ckeras.layers.quantization import QuantizedWeight
from ckeras.layers.weight_options import add_weight, keep_options, options_config
from ckeras.tensor import arguments
from ckeras.tensor.dtypes import INTEGERS


@registry.layers.ship()
class Embedding(Layer):
    """Rows of a trained table: y[b, t] = embeddings[x[b, t]].

    The gradient of the table is a list of rows, so a step of an optimizer that leaves other rows as they are, as plain
    `SGD` does, costs as much as the rows that the batch refers to, however large the table is.

    Args:
        input_dim: number of rows: 1 more than the largest integer.
        output_dim: size of a row.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of the table.
        mask_zero: whether 0 stands for padding, which the mask of the output hides.
        weights: list with the initial table, or the table.
        lora_rank, lora_alpha: rank of a trained low-rank update of the frozen table (Hu et al., 2021), and its scale,
            by default the rank: embeddings + lora_alpha / lora_rank * a @ b.
        quantization_config: configuration of `ckeras.quantizers`, with which the layer was quantized.

    Shapes: integers of any shape -> (*shape, output_dim). Negative integers count from the end; one outside of
    [-input_dim, input_dim) raises IndexError.

    >>> import ckeras
    >>> Embedding(1000, 8)(ckeras.ops.array([[4, 20], [7, 0], [1, 1]])).shape
    (3, 2, 8)
    """

    quantization_modes: tuple[str, ...] = ("int8", "int4")

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        length = kwargs.pop("input_length", None)  # an argument of Keras 2
        if length is not None:
            kwargs.setdefault("input_shape", (length,))
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.quantization_config = quantization.check_config(self, quantization_config)
        self.input_dim = arguments.integer(input_dim, kind, "input_dim", minimum=1)
        self.output_dim = arguments.integer(output_dim, kind, "output_dim", minimum=1)
        if weights is not None:
            embeddings_initializer = _table(weights, (self.input_dim, self.output_dim), kind)
        keep_options(
            self,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
        )
        self.mask_zero = arguments.flag(mask_zero, kind, "mask_zero")
        self.supports_masking = self.mask_zero
        self.autocast = False
        self.lora_rank = checked_rank(self, lora_rank)
        self.lora_alpha = self.lora_rank if lora_alpha is None else lora_alpha
        self.lora_enabled = False
        self._embeddings = None

    def build(self, input_shape: Any = None) -> None:
        shape = (self.input_dim, self.output_dim)
        if self.quantization_mode is None:
            self._embeddings = add_weight(self, "embeddings", shape)
        else:
            self.quantized_build(shape, self.quantization_mode, self.quantization_config)
        self.built = True
        if self.lora_rank:
            self.enable_lora(self.lora_rank, self.lora_alpha)

    @property
    def embeddings(self) -> Any:
        """The table, of shape (input_dim, output_dim); the integers that stand for it if it is quantized."""
        if not self.built:
            raise AttributeError(f"layer {self.name!r} has no embeddings before it is built")
        table = quantization.stored(self, self._quantized_weights()[0])
        if self.lora_enabled:
            return table + update_of(self, self.lora_embeddings_a, self.lora_embeddings_b)
        return table

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the table, and train a low-rank update of it instead."""
        shape = (self.input_dim, self.output_dim)
        enable_lora(self, "embeddings", lambda: shape, rank, lora_alpha, a_initializer, b_initializer)

    def call(self, inputs: Any) -> Any:
        index = inputs if inputs.dtype in INTEGERS else ops.cast(inputs, "int32")
        if self.quantization_mode is None:
            y = ops.take(self._embeddings, index, axis=0)
        else:
            y = quantization.rows(self, self._quantized_weights()[0], index, self.variable_dtype)
        if self.lora_enabled:
            y = y + update_of(self, ops.take(self.lora_embeddings_a, index, axis=0), self.lora_embeddings_b)
        return ops.cast(y, self.compute_dtype)

    def _quantized_weights(self) -> list[QuantizedWeight]:
        shape = (self.input_dim, self.output_dim)
        return [QuantizedWeight.of_matrix("_embeddings", "embeddings", shape, summed=1)]

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Keep the table in few bits.

        Args:
            mode: "int8" or "int4", integers of that many bits; the layer has
                no others.
            type_check: whether a subclass is refused, which may use its weights otherwise.
            config: a configuration of `ckeras.quantizers`, which may stand for the mode.

        Raises:
            ValueError: if the layer is not built, or quantized already, there is no such mode, or it and the
                configuration contradict each other.
            NotImplementedError: for a mode that the layer has not, a subclass, or a layer with a low-rank update.
        """
        quantization.quantize(self, Embedding, mode, type_check, config)

    def quantized_build(self, embeddings_shape: Any, mode: str, config: Any = None) -> None:
        """Make the variables of a quantization mode."""
        quantization.build(self, mode, config)

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """The order of the variables in files, by quantization mode."""
        return {mode: list(names) for mode, names in quantization.EMBEDDINGS.items()}

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            **options_config(self, "embeddings"),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "mask_zero": self.mask_zero,
            **quantization.config_of(self),
            **lora_config(self),
        }


def _table(weights: Any, shape: tuple[int, int], kind: str) -> Any:
    """The initializer that gives this table."""
    table = weights[0] if isinstance(weights, (list, tuple)) and len(weights) == 1 else weights
    table = np.asarray(table)
    if table.shape != shape:
        raise ValueError(f"{kind} expects weights of shape {shape}, got shape {table.shape}")
    return initializers.Constant(table)
