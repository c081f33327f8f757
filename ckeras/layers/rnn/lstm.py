"""LSTM and its cell (Hochreiter and Schmidhuber, 1997)."""

from __future__ import annotations

from typing import Any

from ckeras import initializers, ops, registry
from ckeras.layers.rnn.cell import RecurrentCell
from ckeras.layers.rnn.cell_layer import CellRNN, cell_options, check_cudnn, of_cell
from ckeras.ops.nn import recurrent_steps


@registry.layers.ship()
class LSTMCell(RecurrentCell):
    """One step of a long short-term memory (Hochreiter and Schmidhuber, 1997; the forget gate of Gers et al., 2000).

    The four blocks of ``x @ kernel + h @ recurrent_kernel + bias`` are z_i, z_f, z_c and z_o, and with s, the recurrent
    activation, and a, the activation::

        c' = s(z_f) * c + s(z_i) * a(z_c)
        h' = s(z_o) * a(c')

    Args:
        units: size of h and c.
        activation, recurrent_activation: names or functions.
        use_bias: whether there is a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: initializers of the weights.
        unit_forget_bias: whether the bias of the forget gate starts at 1 (Jozefowicz et al., 2015).
        kernel_regularizer, recurrent_regularizer, bias_regularizer: regularizers of the weights.
        kernel_constraint, recurrent_constraint, bias_constraint: constraints applied to the weights after each update.
        dropout, recurrent_dropout: fractions, below 1, of the inputs and of h that are dropped in training.
        seed: of the dropout.

    Shapes: x (batch, n), states [h, c] of (batch, units) -> h', [h', c'].

    >>> import ckeras
    >>> h, states = LSTMCell(3)(ckeras.ops.ones((2, 5)), [ckeras.ops.zeros((2, 3))] * 2)
    >>> h.shape, len(states)
    ((2, 3), 2)
    """

    gates = 4
    op = "lstm"

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
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
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [self.units, self.units]

    def bias_initial(self) -> Any:
        if not self.unit_forget_bias:
            return self.bias_initializer
        n = self.units

        def forget_ones(shape: Any, dtype: Any = None) -> Any:
            first, last = (self.bias_initializer((size,), dtype=dtype) for size in (n, 2 * n))
            return ops.concatenate([first, initializers.Ones()((n,), dtype=dtype), last])

        return forget_ones

    def step(self, x: Any, states: list[Any], recurrent_mask: Any = None) -> tuple[Any, list[Any]]:
        def recur(state: Any, first: int, last: int | None) -> Any:
            return self.recur(state, recurrent_mask, first, last)

        states = recurrent_steps.lstm(x, states, recur, self.activation, self.recurrent_activation)
        return states[0], states

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "unit_forget_bias": self.unit_forget_bias}


@registry.layers.ship("CuDNNLSTM")
class LSTM(CellRNN):
    """A long short-term memory (Hochreiter and Schmidhuber, 1997) over sequences; `LSTMCell` has its equations.

    Args:
        units, activation, ..., seed: as for `LSTMCell`. What is dropped is the same in all steps of a sequence.
        activity_regularizer: regularizer of the output.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: as for `RNN`.
        use_cudnn: "auto" or False.

    Shapes: (batch, steps, n) -> (batch, units), or (batch, steps, units) with ``return_sequences``; then h and c,
    (batch, units), with ``return_state``.

    >>> import ckeras
    >>> LSTM(3)(ckeras.ops.ones((2, 7, 5))).shape
    (2, 3)
    >>> [y.shape for y in LSTM(3, return_sequences=True, return_state=True)(ckeras.ops.ones((2, 7, 5)))]
    [(2, 7, 3), (2, 3), (2, 3)]
    """

    recurrent_activation = of_cell("recurrent_activation")
    unit_forget_bias = of_cell("unit_forget_bias")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
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
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ):
        check_cudnn(use_cudnn, "LSTM")
        cell = LSTMCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            name="lstm_cell",
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


CuDNNLSTM = LSTM  # of Keras 2, where it needed a GPU
