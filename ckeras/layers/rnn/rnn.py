"""RNN: any cell over sequences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ckeras import ops, registry
from ckeras.layers.layer import Layer
from ckeras.layers.output_spec import output_spec
from ckeras.layers.rnn.cell import RecurrentCell
from ckeras.layers.rnn.cells import check_cell, initial_states, output_size
from ckeras.layers.rnn.recurrence import recurrence
from ckeras.layers.rnn.stacked_rnn_cells import StackedRNNCells
from ckeras.layers.shapes import is_shape
from ckeras.tensor import KerasTensor, Tensor, Variable
from ckeras.tensor.graph import inferring
from ckeras.tensor.structure import flatten, map_structure, pack


@registry.layers.ship()
class RNN(Layer):
    """Run a cell over the steps of sequences: ``y[t], states = cell(x[t], states)``.

    Args:
        cell: a layer, or another object, with ``call(x, states) -> (y, states)`` and ``state_size``, the size of its
            state or a list of sizes; optionally ``output_size`` and ``get_initial_state(batch_size)``. A list of cells
            is stacked.
        return_sequences: whether to return the outputs of all steps instead of the last.
        return_state: whether to return the final states too.
        go_backwards: whether to start with the last step; the outputs are then in that order.
        stateful: whether the states at the end of a batch are the initial states of the next one, row by row. The
            batch size must be known and stay the same.
        unroll: whether the steps are compiled one by one instead of as a loop. Cells with a kernel for whole sequences
            (SimpleRNN, LSTM and GRU with the usual activations) need neither.
        zero_output_for_mask: whether the output of a masked step is 0 instead of that of the step before.

    Shapes: (batch, steps, ...) -> (batch, units), or (batch, steps, units) with ``return_sequences``; then the states
    (batch, size) if they are returned.

    Call arguments: ``initial_state``, a list of tensors (batch, size); ``mask``, booleans (batch, steps): where it is
    false the states stay as they are; ``training``, passed on to the cell.

    Raises ValueError for sequences without steps, masks and states of another shape, and, if it is stateful, for
    another batch size.

    >>> import ckeras
    >>> class Sum:
    ...     state_size = 3
    ...     def call(self, x, states):
    ...         return states[0] + x, [states[0] + x]
    >>> RNN(Sum(), return_sequences=True)(ckeras.ops.ones((1, 2, 3))).tolist()
    [[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]]
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ):
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        check_cell(cell, type(self).__name__)
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        size = cell.state_size
        self.single_state = not isinstance(size, (list, tuple))
        self.state_size = [size] if self.single_state else list(size)
        # Not an attribute set as usual: as in Keras, these variables are no weights, and are not saved.
        self.__dict__["states"] = None

    # -- shapes and masks

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        batch, steps = flatten_shapes(sequences_shape)[0][:2]
        size = output_size(self.cell)
        output = (batch, steps, size) if self.return_sequences else (batch, size)
        if not self.return_state:
            return output
        return (output, *map_structure(lambda x: (batch, *x.shape[1:]), self.get_initial_state(1)))

    def compute_output_spec(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = False
    ) -> Any:
        self._check(sequences, initial_state, mask)
        return specs(self, self.compute_output_shape(map_structure(lambda x: x.shape, sequences)))

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        own = flatten(mask)[0] if self.return_sequences else None
        return [own, *(None for _ in flatten(self.state_size))] if self.return_state else own

    # -- states

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        shapes = flatten_shapes(sequences_shape)
        if isinstance(self.cell, Layer) and not self.cell.built:
            steps = [(s[0], *s[2:]) for s in shapes]
            self.cell._build(steps[0] if len(steps) == 1 else steps)
            self._build_inside(steps)
        if self.stateful:
            if shapes[0][0] is None:
                raise ValueError(
                    f"layer {self.name!r} is stateful and needs to know the batch size, got shape {shapes[0]}: give "
                    "Input a batch_shape or batch_size"
                )
            self.__dict__["states"] = map_structure(
                lambda x: Variable(x, trainable=False, dtype=self.variable_dtype, name="rnn_state"),
                self.get_initial_state(shapes[0][0]),
            )

    def _build_inside(self, shapes: list[Any]) -> None:
        """Build the layers in a cell that its `call` builds, so that their variables exist before the first step."""
        if all(layer.built for layer in self.cell._flatten_layers(include_self=False)):
            return
        with inferring():
            steps = [KerasTensor((1, *shape[1:]), self.compute_dtype) for shape in shapes]
            states = map_structure(lambda x: KerasTensor(x.shape, x.dtype), self.get_initial_state(1))
            self.cell(steps[0] if len(steps) == 1 else steps, states)

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """The states before the first step: those of the cell's `get_initial_state`, or else zeros."""
        found = initial_states(self.cell, batch_size, getattr(self.cell, "compute_dtype", self.compute_dtype))
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def reset_state(self) -> None:
        """Set the states of a stateful layer to 0."""
        for state in flatten(self.states):
            if state is not None:
                state.assign(ops.zeros(state.shape, state.dtype))

    def reset_states(self) -> None:
        """Alias of `reset_state`."""
        self.reset_state()

    def _check(self, sequences: Any, initial_state: Any, mask: Any) -> None:
        """Raise ValueError if the arguments of a call do not fit each other."""
        where, shapes = f"layer {self.name!r}", [x.shape for x in flatten(sequences)]
        if any(len(s) < 2 for s in shapes):
            raise ValueError(f"{where} expects sequences of shape (batch, steps, ...), got shape {shapes[0]}")
        batch, steps = shapes[0][:2]
        if steps == 0:
            raise ValueError(f"{where} expects sequences of at least one step, got shape {shapes[0]}")
        if self.unroll and steps is None:
            raise ValueError(f"{where} needs to know the number of steps to unroll them, got shape {shapes[0]}")
        if self.stateful:
            expected = flatten(self.states)[0].shape[0]
            if not _fits((batch,), (expected,)):
                raise ValueError(f"{where} is stateful with batch size {expected}, got shape {shapes[0]}")
        mask = flatten(mask)[0]
        if mask is not None and (mask.ndim not in (2, 3) or not _fits(mask.shape[:2], (batch, steps))):
            raise ValueError(f"{where} expects mask to have shape {(batch, steps)}, got {mask.shape}")
        if initial_state is not None:
            self._check_states(initial_state, batch)

    def _check_states(self, states: Any, batch: Any) -> None:
        given, sizes = flatten(states), flatten(self.state_size)
        shapes = [tuple(x.shape) if isinstance(x, Tensor) else None for x in given]
        if len(given) != len(sizes) or not all(
            s is not None and len(s) >= 2 and _fits((s[0], s[-1]), (batch, n))
            for s, n in zip(shapes, sizes, strict=True)
        ):
            raise ValueError(
                f"layer {self.name!r} expects initial_state to be tensors of shapes {[(batch, n) for n in sizes]}, got "
                f"{shapes}"
            )

    # -- the computation

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = False) -> Any:
        self._check(sequences, initial_state, mask)
        first = flatten(sequences)[0]
        if initial_state is None:
            initial_state = self.states if self.stateful else self.get_initial_state(first.shape[0])
        layout = self.states if self.stateful else self.get_initial_state(first.shape[0])
        wide = _dtype_of(self.cell, self.compute_dtype)
        states = pack(layout, [_cast(x, wide) for x in flatten(initial_state)])
        mask = flatten(mask)[0]
        if mask is not None:
            mask = ops.cast(mask, "bool")
            mask = ops.any(mask, -1) if mask.ndim == 3 else mask
        with shared_dropout(self.cell, first[:, 0], states, training):
            last, outputs, states = self.inner_loop(
                map_structure(lambda x: _cast(x, wide), sequences), states, mask, training
            )
        if self.stateful:
            for variable, state in zip(flatten(self.states), flatten(states), strict=True):
                variable.assign(state)
        narrow = self.compute_dtype
        output = map_structure(lambda x: _cast(x, narrow), outputs if self.return_sequences else last)
        return (output, *map_structure(lambda x: _cast(x, narrow), states)) if self.return_state else output

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: Any = False) -> tuple[Any, Any, Any]:
        """The last output, all outputs (which may be None unless they are returned), and the final states."""
        return recurrence(
            self.cell,
            sequences,
            initial_state,
            mask,
            training=training,
            go_backwards=self.go_backwards,
            unroll=self.unroll,
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )

    # -- configuration

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
            "go_backwards": self.go_backwards,
            "stateful": self.stateful,
            "unroll": self.unroll,
            "zero_output_for_mask": self.zero_output_for_mask,
            "cell": registry.layers.serialize(self.cell),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Layer:
        cell = registry.layers.deserialize(config["cell"], custom_objects)
        return super().from_config({**config, "cell": cell})


@contextmanager
def shared_dropout(cell: Any, x: Any, states: Any, training: Any) -> Iterator[None]:
    """A cell, or the cells of a stack, use the same dropout masks in all steps, for inputs and states like these."""
    chain = list(_cells([cell], x, [states])) if training else []
    for inner, inputs, state in chain:
        inner.get_dropout_mask(inputs)
        inner.get_recurrent_dropout_mask(state)
    try:
        yield
    finally:
        for inner, _, _ in chain:
            inner.reset_dropout_mask()
            inner.reset_recurrent_dropout_mask()


def _cells(cells: list[Any], x: Any, states: Any) -> Iterator[tuple[RecurrentCell, Any, Any]]:
    """The recurrent cells among these, each with tensors of the shapes of its inputs and of its first state."""
    for inner, own in zip(cells, states, strict=True):
        if hasattr(inner, "cells"):
            yield from _cells(inner.cells, x, own)
        elif isinstance(inner, RecurrentCell):
            yield inner, x, flatten(own)[0]
        if inner is not cells[-1]:
            x = ops.zeros((x.shape[0], output_size(inner)), x.dtype)


def flatten_shapes(shapes: Any) -> list[tuple[Any, ...]]:
    """The shapes in a structure of shapes, or the only one."""
    if isinstance(shapes, dict):
        return [s for key in sorted(shapes) for s in flatten_shapes(shapes[key])]
    if is_shape(shapes):
        return [tuple(shapes)]
    return [s for part in shapes for s in flatten_shapes(part)]


def specs(layer: Layer, shapes: Any) -> Any:
    """Symbolic tensors for a shape, or for a structure of shapes."""
    if not is_shape(shapes):
        return type(shapes)(specs(layer, s) for s in shapes)
    return output_spec(layer, shapes, layer.compute_dtype)


def _fits(shape: tuple[Any, ...], expected: tuple[Any, ...]) -> bool:
    return all(d is None or e is None or d == e for d, e in zip(shape, expected, strict=True))


def _dtype_of(cell: Any, default: str) -> str:
    """The dtype in which the cell computes; of a mixed policy that of its weights."""
    if isinstance(cell, RecurrentCell):
        return cell.variable_dtype
    return getattr(cell, "compute_dtype", default)


def _cast(x: Any, dtype: str) -> Any:
    x = x.value if isinstance(x, Variable) else x
    return x if x.dtype == dtype or "float" not in x.dtype else ops.cast(x, dtype)
