"""GroupQueryAttention."""

from __future__ import annotations

from typing import Any

from ckeras import registry, regularizers
from ckeras.layers.attention.projected import Heads, ProjectedAttention
from ckeras.layers.weight_options import options_config
from ckeras.tensor import arguments


@registry.layers.ship("GroupQueryAttention", "group_query_attention")
class GroupedQueryAttention(ProjectedAttention):
    """Attention whose heads share keys and values in groups (Ainslie et al., 2023).

    Each of the ``num_key_value_heads`` heads of keys and values serves num_query_heads / num_key_value_heads heads of
    queries; for the rest it is `MultiHeadAttention`, and is called as that is.

    Args:
        head_dim: size of a head.
        num_query_heads: number of heads of queries.
        num_key_value_heads: number of heads of keys and values, which divides that of queries.
        dropout: fraction of the weights that are dropped in training.
        use_bias: whether the projections have biases.
        sliding_window, flash_attention, kernel_initializer, ..., seed: as for `MultiHeadAttention`.
        activity_regularizer: regularizer of the projections' outputs, and of the layer's.

    Shapes: query (batch, targets, n), value and key (batch, sources, n) -> (batch, targets, n).

    >>> import ckeras
    >>> layer = ckeras.layers.GroupQueryAttention(head_dim=3, num_query_heads=4, num_key_value_heads=2)
    >>> y, scores = layer(ckeras.ops.ones((2, 5, 8)), ckeras.ops.ones((2, 7, 8)), return_attention_scores=True)
    >>> y.shape, scores.shape
    ((2, 5, 8), (2, 4, 5, 7))
    """

    keras_class = "GroupQueryAttention"  # in configs; names of layers and paths in files follow the name of the class

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        where = "GroupQueryAttention"
        self.head_dim = arguments.integer(head_dim, where, "head_dim", minimum=1)
        self.num_query_heads = arguments.integer(num_query_heads, where, "num_query_heads", minimum=1)
        self.num_key_value_heads = arguments.integer(num_key_value_heads, where, "num_key_value_heads", minimum=1)
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError(
                f"{where} expects num_key_value_heads to divide num_query_heads, got {num_key_value_heads} and "
                f"{num_query_heads}"
            )
        self.num_repeats = self.num_query_heads // self.num_key_value_heads
        self.heads = Heads(self.num_query_heads, self.num_key_value_heads, self.head_dim, self.head_dim)
        self._keep(
            dropout,
            use_bias,
            sliding_window,
            flash_attention,
            use_gate,
            seed,
            self.activity_regularizer,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )

    def _check_shapes(self, query: Any, value: Any, key: Any) -> None:
        super()._check_shapes(query, value, key)
        if len(query) != 3 or (None not in (query[-1], value[-1]) and query[-1] != value[-1]):
            raise ValueError(
                f"layer {self.name!r} expects query and value of rank 3 with one number of features, got shapes "
                f"{tuple(query)} and {tuple(value)}"
            )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "head_dim": self.head_dim,
            "num_query_heads": self.num_query_heads,
            "num_key_value_heads": self.num_key_value_heads,
            "use_bias": self.use_bias,
            "use_gate": self.use_gate,
            "sliding_window": self.sliding_window,
            "dropout": self.dropout,
            **options_config(self, "kernel", "bias"),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "seed": self.seed,
        }


GroupQueryAttention = GroupedQueryAttention
