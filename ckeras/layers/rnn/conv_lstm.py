"""ConvLSTM1D, ConvLSTM2D, ConvLSTM3D and their cell (Shi et al., 2015)."""

from __future__ import annotations

from typing import Any

from ckeras import ops, registry
from ckeras.layers.convolutional.geometry import check_channels, check_strides, keep_geometry, output_shape
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.rnn.cell_layer import CellRNN, cell_options, of_cell
from ckeras.layers.rnn.lstm import LSTMCell
from ckeras.layers.rnn.rnn import RNN
from ckeras.layers.weight_options import add_weight
from ckeras.tensor import Tensor
from ckeras.tensor.structure import flatten

_GEOMETRY = ("kernel_size", "strides", "padding", "data_format", "dilation_rate")


class ConvLSTMCell(LSTMCell):
    """One step of an LSTM whose products with the kernels are convolutions (Shi et al., 2015, without peepholes).

    Inputs are convolved with the options given, states with strides of 1 and padding "same".

    Args:
        rank: number of spatial axes.
        filters: channels of the states.
        kernel_size, strides, padding, data_format, dilation_rate: as for `Conv2D`.
        options: as for `LSTMCell`.

    Shapes: x (batch, *image, channels), states [h, c] of (batch, *new image, filters) -> h', [h', c']; with
    "channels_first", the channels follow the batch.
    """

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        **options: Any,
    ):
        super().__init__(filters, implementation=1, **options)
        self._rank = rank
        self.filters = self.units
        keep_geometry(self, kernel_size, strides, padding, data_format, dilation_rate)
        check_strides(self)
        self.input_spec = InputSpec(ndim=rank + 2)

    def build(self, input_shape: Any) -> None:
        axis, channels = check_channels(self, input_shape)
        if None in input_shape[1:]:
            raise ValueError(
                f"layer {self.name!r} needs to know the size of its images, got shape {tuple(input_shape)}"
            )
        self._image = tuple(input_shape[1:])
        output_shape(self, input_shape, self.filters)
        columns = self.gates * self.filters
        self.kernel = add_weight(self, "kernel", (*self.kernel_size, channels, columns))
        self.recurrent_kernel = add_weight(
            self, "recurrent_kernel", (*self.kernel_size, self.filters, columns), "recurrent"
        )
        if self.use_bias:
            self.bias = self.add_weight(
                self.bias_shape(), self.bias_initial(), regularizer=self.bias_regularizer,
                constraint=self.bias_constraint, name="bias",
            )  # fmt: skip
        self.input_spec = InputSpec(ndim=self._rank + 2, axes={axis: channels})

    def project(self, inputs: Any, mask: Any = None) -> Any:
        """The convolution of inputs, of one step or of all, with the kernel, and the bias; channels are then last."""
        steps = inputs.ndim == self._rank + 3
        if mask is not None and steps:
            mask = [ops.expand_dims(m, 1) for m in mask]
        parts = [inputs] if mask is None else [inputs * m for m in mask]
        kernels = ops.split(self.kernel, len(parts), axis=-1)
        found = []
        for x, kernel in zip(parts, kernels, strict=True):
            x = self._channels_last(x)
            y = ops.conv(
                ops.reshape(x, (-1, *x.shape[2:])) if steps else x,
                kernel, self.strides, self.padding, "channels_last", self.dilation_rate,
            )  # fmt: skip
            found.append(ops.reshape(y, (*x.shape[:2], *y.shape[1:])) if steps else y)
        y = found[0] if len(found) == 1 else ops.concatenate(found, axis=-1)
        return y if self.bias is None else y + self.bias

    def recur(self, state: Any, mask: Any, first: int = 0, last: int | None = None) -> Any:
        """The convolution of a state, whose channels are the last axis, with the recurrent kernel."""
        parts = [state] if mask is None else [state * self._channels_last(m) for m in mask]
        kernels = ops.split(self.recurrent_kernel, len(parts), axis=-1)
        found = [
            ops.conv(x, k, padding="same", data_format="channels_last") for x, k in zip(parts, kernels, strict=True)
        ]
        return found[0] if len(found) == 1 else ops.concatenate(found, axis=-1)

    def step(self, x: Any, states: list[Any], recurrent_mask: Any = None) -> tuple[Any, list[Any]]:
        _, new = super().step(x, [self._channels_last(s) for s in states], recurrent_mask)
        if self.data_format == "channels_first":
            new = [ops.moveaxis(s, -1, 1) for s in new]
        return new[0], new

    def _channels_last(self, x: Any) -> Any:
        return x if self.data_format == "channels_last" else ops.moveaxis(x, -self._rank - 1, -1)

    def compute_output_shape(self, input_shape: Any, states_shape: Any = None) -> Any:
        shape = output_shape(self, input_shape, self.filters)
        return shape, [shape, shape]

    def get_initial_state(self, batch_size: int) -> list[Any]:
        """States of zeros."""
        shape = self.compute_output_shape((batch_size, *self._image))[0]
        return [ops.zeros(shape, self.compute_dtype) for _ in range(2)]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["units"]
        return {**config, "filters": self.filters, **{name: getattr(self, name) for name in _GEOMETRY}}


class ConvLSTM(CellRNN):
    """A `ConvLSTMCell` with ``_rank`` spatial axes, over sequences."""

    _rank: int
    filters = of_cell("filters")
    kernel_size = of_cell("kernel_size")
    strides = of_cell("strides")
    padding = of_cell("padding")
    data_format = of_cell("data_format")
    dilation_rate = of_cell("dilation_rate")
    recurrent_activation = of_cell("recurrent_activation")
    unit_forget_bias = of_cell("unit_forget_bias")

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
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
        **kwargs: Any,
    ):
        cell = ConvLSTMCell(
            self._rank,
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
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
            name="conv_lstm_cell",
            **cell_options(kwargs),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.input_spec = InputSpec(ndim=self._rank + 3)

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        RNN.build(self, sequences_shape, initial_state_shape)
        image = dict(enumerate(sequences_shape[2:], 2))  # by axis
        self.input_spec = InputSpec(ndim=self._rank + 3, axes=image)

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        batch, steps, *image = sequences_shape
        state = self.cell.compute_output_shape((batch, *image))[0]
        output = (batch, steps, *state[1:]) if self.return_sequences else state
        return (output, state, state) if self.return_state else output

    def _check_states(self, states: Any, batch: Any) -> None:
        expected = self.cell.compute_output_shape((batch, *self.cell._image))[0]
        shapes = [tuple(x.shape) if isinstance(x, Tensor) else None for x in flatten(states)]
        if len(shapes) != 2 or not all(
            s is not None
            and len(s) == len(expected)
            and all(None in (a, b) or a == b for a, b in zip(s, expected, strict=True))
            for s in shapes
        ):
            raise ValueError(
                f"layer {self.name!r} expects initial_state to be two tensors of shape {expected}, got {shapes}"
            )


@registry.layers.ship()
class ConvLSTM1D(ConvLSTM):
    """An LSTM over sequences of signals, whose products with the kernels are convolutions (Shi et al., 2015).

    Args:
        filters, kernel_size, strides, padding, data_format, dilation_rate: as for `Conv1D`; padding is "valid" or
            "same". States are convolved with strides of 1 and padding "same".
        activation, ..., seed: as for `LSTM`.
        return_sequences, return_state, go_backwards, stateful: as for `RNN`.

    Shapes: (batch, steps, n, channels) -> (batch, new n, filters), or (batch, steps, new n, filters) with
    ``return_sequences``; then the two states with ``return_state``.

    >>> import ckeras
    >>> ConvLSTM1D(2, 3)(ckeras.ops.ones((1, 4, 7, 5))).shape
    (1, 5, 2)
    """

    _rank = 1


@registry.layers.ship()
class ConvLSTM2D(ConvLSTM):
    """An LSTM over sequences of images, whose products with the kernels are convolutions (Shi et al., 2015).

    Args:
        filters, kernel_size, strides, padding, data_format, dilation_rate: as for `Conv2D`. States are convolved with
            strides of 1 and padding "same".
        activation, ..., seed: as for `LSTM`.
        return_sequences, return_state, go_backwards, stateful: as for `RNN`.

    Shapes: (batch, steps, rows, columns, channels) -> (batch, new rows, new columns, filters), or those of all steps
    with ``return_sequences``; then the two states with ``return_state``.

    >>> import ckeras
    >>> ConvLSTM2D(2, 3, return_sequences=True)(ckeras.ops.ones((1, 4, 7, 6, 5))).shape
    (1, 4, 5, 4, 2)
    """

    _rank = 2


@registry.layers.ship()
class ConvLSTM3D(ConvLSTM):
    """An LSTM over sequences of volumes, whose products with the kernels are convolutions (Shi et al., 2015).

    Args:
        filters, kernel_size, strides, padding, data_format, dilation_rate: as for `Conv3D`. States are convolved with
            strides of 1 and padding "same".
        activation, ..., seed: as for `LSTM`.
        return_sequences, return_state, go_backwards, stateful: as for `RNN`.

    Shapes: (batch, steps, *volume, channels) -> (batch, *new volume, filters), or those of all steps with
    ``return_sequences``; then the two states with ``return_state``.

    >>> import ckeras
    >>> ConvLSTM3D(2, 3, padding="same")(ckeras.ops.ones((1, 2, 4, 4, 4, 3))).shape
    (1, 4, 4, 4, 2)
    """

    _rank = 3
