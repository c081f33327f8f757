"""SimpleRNN and its cell (Elman, 1990)."""

from __future__ import annotations

from typing import Any

from ckeras import registry
from ckeras.layers.rnn.cell import RecurrentCell
from ckeras.layers.rnn.cell_layer import CellRNN, cell_options
from ckeras.ops.nn import recurrent_steps


@registry.layers.ship()
class SimpleRNNCell(RecurrentCell):
    """One step of a fully connected recurrent network (Elman, 1990).

    ``h' = activation(x @ kernel + bias + h @ recurrent_kernel)``

    Args:
        units: size of h.
        activation: name or function.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: regularizers of the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: constraints applied to the weights after each update.
        dropout, recurrent_dropout: fractions, below 1, of the inputs and of h that are dropped in training.
        seed: of the dropout.

    Shapes: x (batch, n), states [h] of (batch, units) -> h', [h'].

    >>> import ckeras
    >>> h, states = SimpleRNNCell(3)(ckeras.ops.ones((2, 5)), [ckeras.ops.zeros((2, 3))])
    >>> h.shape, len(states)
    ((2, 3), 1)
    """

    op = "simple_rnn"

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
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
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._set_options(
            units,
            {"activation": activation},
            use_bias,
            dropout,
            recurrent_dropout,
            seed,
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
        self.state_size = self.units

    def step(self, x: Any, states: list[Any], recurrent_mask: Any = None) -> tuple[Any, list[Any]]:
        def recur(state: Any, first: int, last: int | None) -> Any:
            return self.recur(state, recurrent_mask, first, last)

        states = recurrent_steps.simple_rnn(x, states, recur, self.activation)
        return states[0], states


@registry.layers.ship()
class SimpleRNN(CellRNN):
    """A fully connected recurrent network (Elman, 1990) over sequences; `SimpleRNNCell` has its equation.

    Args:
        units, activation, ..., seed: as for `SimpleRNNCell`. What is dropped is the same in all steps of a sequence.
        activity_regularizer: regularizer of the output.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: as for `RNN`.

    Shapes: (batch, steps, n) -> (batch, units), or (batch, steps, units) with ``return_sequences``; then h,
    (batch, units), with ``return_state``.

    >>> import ckeras
    >>> SimpleRNN(3)(ckeras.ops.ones((2, 7, 5))).shape
    (2, 3)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
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
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        cell = SimpleRNNCell(
            units,
            activation=activation,
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
            seed=seed,
            name="simple_rnn_cell",
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

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["seed"]  # Keras's config has none
        return config
