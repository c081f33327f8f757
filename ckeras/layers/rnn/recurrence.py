"""A cell over a whole sequence: the one function that recurrent layers compute with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import ops
from ckeras.layers.layer import Layer
from ckeras.layers.rnn.cell import RecurrentCell
from ckeras.layers.rnn.cells import output_size
from ckeras.layers.rnn.losses import added_losses, keep_losses
from ckeras.layers.rnn.stacked_rnn_cells import StackedRNNCells
from ckeras.layers.signatures import takes
from ckeras.ops.nn import recurrent
from ckeras.tensor import Tensor
from ckeras.tensor.structure import flatten, map_structure, pack


def recurrence(
    cell: Any,
    sequences: Any,
    states: Any,
    mask: Any = None,
    *,
    training: Any = False,
    go_backwards: bool = False,
    unroll: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:
    """Run a cell over the steps of sequences; return the last output, all outputs, and the final states.

    SimpleRNN, LSTM and GRU with the usual activations are one op with a kernel, and stacks of them one op each. Any
    other cell is the body of a loop, traced once, whatever the number of steps. Outputs are in the order in which the
    steps are taken.

    Args:
        cell: called as ``cell(x, states)``; a `RecurrentCell` projects all steps before the loop.
        sequences: a tensor, or a structure of them, of shape (batch, steps, ...).
        states: a list, whose elements may be lists.
        mask: booleans of shape (batch, steps). Where it is false the states stay, and the output is that of the step
            before (at first, the state that the output is), or 0 with ``zero_output_for_mask``.
        go_backwards: whether to start with the last step.
        unroll: whether the steps of a cell without a kernel are unrolled instead of a loop.
        return_all_outputs: whether all outputs are wanted; if not, they may be None.
    """
    options = (training, go_backwards, zero_output_for_mask, return_all_outputs)
    if has_kernel(cell, sequences):
        return _by_kernel(cell, sequences, flatten(states), mask, *options)
    if _is_plain_stack(cell) and all(has_kernel(inner, sequences) for inner in cell.cells):
        return _by_kernels(cell.cells, sequences, states, mask, *options)
    step, inputs = _step_of(cell, sequences, states, training)
    rows = map_structure(_steps_first, inputs)
    if mask is None:

        def advance(carry: Any, row: Any) -> tuple[Any, Any]:
            return step(row, carry)[::-1]

        first = states
    else:

        def advance(carry: Any, row: Any) -> tuple[Any, Any]:
            return _masked(step, carry, row)

        first = {"states": states, "output": None if zero_output_for_mask else initial_output(cell, states)}
        rows = {"x": rows, "mask": ops.expand_dims(ops.swapaxes(mask, 0, 1), -1)}

    def body(carry: Any, row: Any) -> tuple[Any, Any]:
        (carry, output), loss = added_losses(cell, lambda: advance(carry, row))
        return carry, (output, loss)

    carry, (outputs, losses) = ops.scan(body, first, rows, reverse=go_backwards, unroll=unroll or 1)
    keep_losses(cell, losses)
    states = carry if mask is None else carry["states"]
    if go_backwards:
        outputs = map_structure(lambda y: ops.flip(y, 0), outputs)
    return map_structure(lambda y: y[-1], outputs), map_structure(_steps_first, outputs), states


def has_kernel(cell: Any, sequences: Any) -> bool:
    return (
        isinstance(cell, RecurrentCell)
        and isinstance(sequences, Tensor)
        and sequences.dtype in recurrent.NATIVE
        and cell.activity_regularizer is None
        and cell.kernel_activations() is not None
    )


def _by_kernel(
    cell: RecurrentCell,
    sequences: Any,
    states: list[Any],
    mask: Any,
    training: Any,
    go_backwards: bool,
    zero_output_for_mask: bool,
    return_all_outputs: bool,
) -> tuple[Any, Any, Any]:
    input_mask, state_mask = cell.dropout_masks(sequences[:, 0], states[0], training)
    bias = cell.recurrent_bias()
    if state_mask is not None:
        each = state_mask if isinstance(state_mask, list) else [state_mask] * cell.gates
        state_mask = ops.stack(each, axis=1)
    states, outputs = recurrent.recurrent(
        cell.op,
        cell.project(sequences, input_mask),
        _value(cell.recurrent_kernel),
        states,
        **cell.kernel_activations(),
        bias=None if bias is None else _value(bias),
        mask=mask,
        dropped=state_mask,
        reverse=go_backwards,
        sequences=return_all_outputs,
    )
    last = states[0]
    if mask is not None and zero_output_for_mask:
        last = ops.where(mask[:, :1] if go_backwards else mask[:, -1:], last, ops.zeros_like(last))
        if return_all_outputs:
            outputs = ops.where(ops.expand_dims(mask, -1), outputs, ops.zeros_like(outputs))
    if go_backwards and return_all_outputs:
        outputs = ops.flip(outputs, 1)
    return last, outputs, states


def _is_plain_stack(cell: Any) -> bool:
    is_stack = isinstance(cell, StackedRNNCells) and type(cell).call is StackedRNNCells.call
    return is_stack and cell.activity_regularizer is None


def _by_kernels(
    cells: list[RecurrentCell],
    sequences: Any,
    states: list[Any],
    mask: Any,
    training: Any,
    go_backwards: bool,
    zero_output_for_mask: bool,
    return_all_outputs: bool,
) -> tuple[Any, Any, Any]:
    """The cells of a stack, each over the whole sequence of the outputs of the one before it."""
    found: list[Any] = []
    for inner, own in zip(cells, states, strict=True):
        is_last = len(found) == len(cells) - 1
        last, sequences, new = _by_kernel(
            inner, sequences, flatten(own), mask, training, go_backwards,
            zero_output_for_mask and is_last, return_all_outputs or not is_last,
        )  # fmt: skip
        if go_backwards:  # the outputs are in the order of the steps
            go_backwards, mask = False, None if mask is None else ops.flip(mask, 1)
        found.append(pack(own, new))
    return last, sequences, found


def _value(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else x.value


def _step_of(cell: Any, sequences: Any, states: Any, training: Any) -> tuple[Callable[..., Any], Any]:
    """A function ``(x, states) -> (output, states)`` of one step, and the inputs of all steps for it."""
    plain = isinstance(cell, RecurrentCell) and type(cell).call is RecurrentCell.call
    if plain and cell.activity_regularizer is None:
        masks = cell.dropout_masks(sequences[:, 0], states[0], training)
        return lambda x, states: cell.step(x, states, masks[1]), cell.project(sequences, masks[0])
    more = {"training": training} if isinstance(cell, Layer) and takes(cell, "training") else {}
    run = cell if callable(cell) else cell.call

    def step(x: Any, states: Any) -> tuple[Any, Any]:
        output, new = run(x, states, **more)
        before, after = flatten(states), flatten(new)
        if len(before) != len(after):
            raise ValueError(
                f"RNN expects its cell {type(cell).__name__} to return {len(before)} states, got {len(after)}"
            )
        return output, pack(states, [_cast(s, t.dtype) for s, t in zip(after, before, strict=True)])

    return step, sequences


def _masked(step: Callable[..., Any], carry: Any, row: Any) -> tuple[Any, Any]:
    output, new = step(row["x"], carry["states"])
    states = _where(row["mask"], new, carry["states"])
    if carry["output"] is None:
        return {"states": states, "output": None}, _where(row["mask"], output, ops.zeros_like(output))
    output = _where(row["mask"], _cast(output, carry["output"].dtype), carry["output"])
    return {"states": states, "output": output}, output


def _where(mask: Any, chosen: Any, other: Any) -> Any:
    """Elements of two structures by a mask of shape (batch, 1)."""

    def choose(a: Any, b: Any) -> Any:
        return ops.where(ops.reshape(mask, (a.shape[0], *[1] * (a.ndim - 1))), a, b)

    return pack(chosen, [choose(a, b) for a, b in zip(flatten(chosen), flatten(other), strict=True)])


def initial_output(cell: Any, states: Any) -> Any:
    """What the output of a step before the first is taken to be: the state that is the cell's output, or else zeros."""
    inner, own = cell, states
    while hasattr(inner, "cells"):
        inner, own = inner.cells[-1], own[-1]
    if isinstance(inner, RecurrentCell):
        return flatten(own)[0]
    like = flatten(states)[0]
    return ops.zeros((like.shape[0], output_size(cell)), like.dtype)


def _steps_first(x: Any) -> Any:
    return ops.swapaxes(x, 0, 1)


def _cast(x: Any, dtype: str) -> Any:
    return x if x.dtype == dtype else ops.cast(x, dtype)
