"""GRU and its cell (Cho et al., 2014)."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.layers.rnn.cell import RecurrentCell
from ckeras.layers.rnn.cell_layer import CellRNN, cell_options, check_cudnn, of_cell
from ckeras.ops.nn import recurrent_steps


@registry.layers.ship()
class GRUCell(RecurrentCell):
    """One step of a gated recurrent unit (Cho et al., 2014).

    The three blocks of ``x @ kernel`` are x_z, x_r and x_h, those of ``h @ recurrent_kernel`` are h_z, h_r and h_h;
    each has its bias. With s, the recurrent activation, and a, the activation::

        z, r = s(x_z + h_z), s(x_r + h_r)
        h' = z * h + (1 - z) * a(x_h + r * h_h)

    Without ``reset_after``, h_h is the product of ``r * h`` instead of r times that of h, and has no bias.

    Args:
        units: size of h.
        activation, recurrent_activation: names or functions.
        use_bias: whether there are biases.
        kernel_initializer, recurrent_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: regularizers of the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: constraints applied to the weights after each update.
        dropout, recurrent_dropout: fractions, below 1, of the inputs and of h that are dropped in training.
        reset_after: whether the reset gate r is applied after the product with the recurrent kernel. The bias has shape
            (2, 3 * units) then, for inputs and h, and else (3 * units,).
        seed: of the dropout.

    Shapes: x (batch, n), states [h] of (batch, units) -> h', [h'].

    >>> import ckeras
    >>> h, states = GRUCell(3)(ckeras.ops.ones((2, 5)), [ckeras.ops.zeros((2, 3))])
    >>> h.shape, len(states)
    ((2, 3), 1)
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ):
        implementation = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        self._set_options(
            units,
            {"activation": activation, "recurrent_activation": recurrent_activation},
            use_bias,
            dropout,
            recurrent_dropout,
            seed,
            implementation,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
        )
        self.reset_after = reset_after
        self.state_size = self.units

    def bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def input_bias(self) -> Any:
        return self.bias[0] if self.use_bias and self.reset_after else self.bias

    def recurrent_bias(self) -> Any:
        return self.bias[1] if self.use_bias and self.reset_after else None

    @property
    def op(self) -> str:
        """The name of the op that runs the cell over sequences."""
        return "gru" if self.reset_after else "gru_before"

    def step(self, x: Any, states: list[Any], recurrent_mask: Any = None) -> tuple[Any, list[Any]]:
        def recur(state: Any, first: int, last: int | None) -> Any:
            return self.recur(state, recurrent_mask, first, last)

        act, gate = self.activation, self.recurrent_activation
        states = recurrent_steps.gru(x, states, recur, act, gate, self.recurrent_bias(), self.reset_after)
        return states[0], states

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "reset_after": self.reset_after}


@registry.layers.ship("CuDNNGRU")
class GRU(CellRNN):
    """A gated recurrent unit (Cho et al., 2014) over sequences; `GRUCell` has its equations.

    Args:
        units, activation, ..., seed: as for `GRUCell`. What is dropped is the same in all steps of a sequence.
        activity_regularizer: regularizer of the output.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: as for `RNN`.
        use_cudnn: "auto" or False.

    Shapes: (batch, steps, n) -> (batch, units), or (batch, steps, units) with ``return_sequences``; then h,
    (batch, units), with ``return_state``.

    >>> import ckeras
    >>> GRU(3)(ckeras.ops.ones((2, 7, 5))).shape
    (2, 3)
    """

    recurrent_activation = of_cell("recurrent_activation")
    reset_after = of_cell("reset_after")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ):
        check_cudnn(use_cudnn, "GRU")
        cell = GRUCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            reset_after=reset_after,
            seed=seed,
            name="gru_cell",
            **cell_options(kwargs),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.use_cudnn = use_cudnn


CuDNNGRU = GRU  # of Keras 2, where it needed a GPU
