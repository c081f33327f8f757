"""MultiHeadAttention."""

from __future__ import annotations

from typing import Any

from ckeras import registry, regularizers
from ckeras.layers.attention.projected import Heads, ProjectedAttention
from ckeras.layers.weight_options import options_config
from ckeras.tensor import arguments


@registry.layers.ship()
class MultiHeadAttention(ProjectedAttention):
    """Attention of several heads between projections (Vaswani et al., 2017).

    With q, k and v the projections of query, key and value of one head, its output is softmax(q k^T / sqrt(key_dim)) v;
    the outputs of all heads together are projected again. Unless the scores are returned or dropped, they are not
    stored: memory grows with the number of targets and sources, not with their product.

    Args:
        num_heads: number of heads.
        key_dim, value_dim: sizes of a head's queries and keys, and of its values; that of the keys by default.
        dropout: fraction of the weights that are dropped in training.
        use_bias: whether the projections have biases.
        output_shape: sizes of the features of the output; those of the query by default.
        attention_axes: axes over which is attended; all but the batch and the features by default.
        sliding_window: if given, a target attends only to sources less than this far from its own position.
        flash_attention: whether to insist that scores are not stored, so that they can be neither returned nor dropped;
            by default as `config.enable_flash_attention` says.
        kernel_initializer, bias_initializer: initializers of the projections' weights.
        kernel_regularizer, bias_regularizer: regularizers of the projections' weights.
        activity_regularizer: regularizer of the projections' outputs.
        kernel_constraint, bias_constraint: constraints of the projections' weights.
        use_gate: whether the heads' outputs are multiplied by sigmoid of another projection of the query (Qiu et al.,
            2025).
        seed: of the dropout.

    Call arguments:
        query, value, key: (batch, targets, n), (batch, sources, m) and (batch, sources, k); by default the key is the
            value. There may be more axes between batch and features.
        query_mask, value_mask, key_mask: (batch, targets) and (batch, sources), true for what counts; by default the
            masks that these tensors carry. A target without any source gives the mean of all values, or, where scores
            are stored or there is dropout, 0.
        attention_mask: (batch, targets, sources), with one more axis for the heads before these, or without the batch.
        return_attention_scores: whether to return the weights, (batch, num_heads, targets, sources), too.
        use_causal_mask: whether a target attends only to sources up to its own position.

    Shapes: -> (batch, targets, n), or (batch, targets, *output_shape).

    >>> import ckeras
    >>> layer = MultiHeadAttention(num_heads=2, key_dim=3)
    >>> query, value = ckeras.ops.ones((2, 5, 4)), ckeras.ops.ones((2, 7, 6))
    >>> y, scores = layer(query, value, return_attention_scores=True)
    >>> y.shape, scores.shape
    ((2, 5, 4), (2, 2, 5, 7))
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
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
        super().__init__(**kwargs)
        where = "MultiHeadAttention"
        self.num_heads = arguments.integer(num_heads, where, "num_heads", minimum=1)
        self.key_dim = arguments.integer(key_dim, where, "key_dim", minimum=1)
        self.value_dim = self.key_dim if value_dim is None else arguments.integer(value_dim, where, "value_dim", 1)
        if output_shape is not None and output_shape != ():
            self._output_sizes = arguments.integers(output_shape, where, "output_shape", minimum=1)
        if attention_axes is not None:
            self._axes = arguments.integers(attention_axes, where, "attention_axes")
        self.heads = Heads(self.num_heads, self.num_heads, self.key_dim, self.value_dim)
        self._projections_regularizer = regularizers.get(activity_regularizer)
        self._keep(
            dropout,
            use_bias,
            sliding_window,
            flash_attention,
            use_gate,
            seed,
            self._projections_regularizer,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        if self._axes is not None:  # counted among the axes of the query
            axes = arguments.axes(self._axes, len(query_shape), f"layer {self.name!r}", "attention_axes")
            if len(set(axes)) < len(axes) or not all(0 < a < len(query_shape) - 1 for a in axes):
                raise ValueError(
                    f"layer {self.name!r} expects attention_axes to be different axes between the batch and the "
                    f"features of a query of shape {tuple(query_shape)}, got {self._axes}"
                )
            self._axes = axes
        super().build(query_shape, value_shape, key_shape)

    @property
    def attention_axes(self) -> tuple[int, ...] | None:
        """The axes over which is attended; None before `build` if they were not given."""
        return self._axes

    @property
    def query_dense(self) -> Any:
        """The projection of the query."""
        return self._query_dense

    @property
    def key_dense(self) -> Any:
        """The projection of the key."""
        return self._key_dense

    @property
    def value_dense(self) -> Any:
        """The projection of the value."""
        return self._value_dense

    @property
    def output_dense(self) -> Any:
        """The projection of the heads' outputs."""
        return self._output_dense

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "use_gate": self.use_gate,
            "output_shape": self._output_sizes,
            "attention_axes": self._axes,
            "sliding_window": self.sliding_window,
            **options_config(self, "kernel", "bias"),
            "activity_regularizer": regularizers.serialize(self._projections_regularizer),
            "seed": self.seed,
        }
