"""Legacy loops over the first axis or over time, and branches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ckeras import ops
from ckeras.tensor import Tensor, as_tensor
from ckeras.tensor.structure import flatten, map_structure, pack


def _slices(elems: Any, where: str) -> list[Any]:
    """Split a structure of tensors into one structure per index of the first axis."""
    tensors = [as_tensor(x) for x in flatten(elems)]
    count = tensors[0].shape[0]
    if count is None:
        raise ValueError(f"{where} expects tensors whose first axis has a known size, got {tensors[0].shape}")
    return [pack(elems, [x[i] for x in tensors]) for i in range(count)]


def map_fn(fn: Callable[[Any], Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """Apply ``fn`` to each element along the first axis and stack the results, cast to ``dtype`` if it is given."""
    results = [fn(x) for x in _slices(elems, "map_fn")]
    if not results:
        raise ValueError("map_fn expects at least one element")
    stacked = pack(results[0], [ops.stack(column) for column in zip(*map(flatten, results), strict=True)])
    return stacked if dtype is None else map_structure(lambda x: ops.cast(x, dtype), stacked)


def foldl(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """Return fn(... fn(fn(initializer, first), second) ..., last); the default initializer is the first element."""
    return _fold(fn, _slices(elems, "foldl"), initializer, "foldl")


def foldr(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """`foldl` from the last element to the first."""
    return _fold(fn, _slices(elems, "foldr")[::-1], initializer, "foldr")


def _fold(fn: Callable[[Any, Any], Any], parts: list[Any], initializer: Any, where: str) -> Any:
    if initializer is None:
        if not parts:
            raise ValueError(f"{where} expects an initializer, or at least one element")
        initializer, *parts = parts
    for x in parts:
        initializer = fn(initializer, x)
    return initializer


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Select one of two tensors, or of the results of two functions, by a condition.

    A scalar condition selects one of them, and only the selected function is called; a condition with axes selects
    per sample or element.

    Raises:
        ValueError: if the condition has more axes than the tensors.
    """
    condition = ops.cast(as_tensor(condition), "bool")
    if condition.ndim == 0:
        return ops.cond(condition, _as_function(then_expression), _as_function(else_expression))
    first, second = (as_tensor(_as_function(e)()) for e in (then_expression, else_expression))
    if condition.ndim > first.ndim:
        raise ValueError(
            f"switch expects a condition of at most {first.ndim} axes, as the expressions have, got {condition.ndim}"
        )
    for _ in range(first.ndim - condition.ndim):
        condition = ops.expand_dims(condition, -1)
    return ops.where(condition, first, second)


def _as_function(expression: Any) -> Callable[[], Any]:
    return expression if callable(expression) else lambda: expression


def rnn(
    step_function: Callable[[Any, Any], tuple[Any, Any]],
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: Any = None,
    constants: Any = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, Any]:
    """Run a step over the time axis of the inputs.

    Args:
        step_function: ``(inputs, states) -> (output, new states)`` of one step; the states are followed by the
            constants.
        inputs: (batch, time, ...), or a structure of such.
        initial_states: a list of tensors.
        go_backwards: whether to process the steps in reverse order.
        mask: (batch, time) or (batch, time, 1); where it is false, the state and output of the previous step are kept.
        constants: tensors passed to each step.
        unroll: has no effect: the steps are always unrolled, and compiled as one plan.
        input_length: number of steps of each sample, instead of a mask.
        time_major: whether the axes of inputs, mask and outputs are (time, batch, ...).
        zero_output_for_mask: whether the output is 0 where the mask is false.
        return_all_outputs: whether to return the outputs of all steps, or only the last one as a single step.

    Returns:
        (the last output, outputs with a time axis, the last states).

    Raises:
        ValueError: if the number of steps is unknown or 0.
    """
    axis = 0 if time_major else 1
    tensors = [as_tensor(x) for x in flatten(inputs)]
    count = tensors[0].shape[axis]
    if not count:
        raise ValueError(f"rnn expects a known number of steps, at least 1, got inputs of shape {tensors[0].shape}")
    steps = [pack(inputs, [ops.take(x, i, axis=axis) for x in tensors]) for i in range(count)]
    masks = _step_masks(mask, input_length, count, axis)
    if go_backwards:
        steps, masks = steps[::-1], masks[::-1]
    states, outputs, previous = tuple(initial_states), [], None
    for x, kept in zip(steps, masks, strict=True):
        output, new_states = step_function(x, (*states, *(constants or ())))
        if kept is None:
            states = tuple(new_states)
        else:
            states = tuple(_chosen(kept, new, old) for new, old in zip(new_states, states, strict=True))
            if previous is None or zero_output_for_mask:
                previous = map_structure(ops.zeros_like, output)
            output = pack(
                output, [_chosen(kept, y, p) for y, p in zip(flatten(output), flatten(previous), strict=True)]
            )
        previous = output
        outputs = [*outputs, output] if return_all_outputs else [output]
    columns = zip(*map(flatten, outputs), strict=True)
    return previous, pack(previous, [ops.stack(column, axis=axis) for column in columns]), states


def _step_masks(mask: Any, input_length: Any, count: int, axis: int) -> list[Tensor | None]:
    """Return for each step a mask (batch,) of the samples that it updates, or None for all."""
    if mask is None and input_length is None:
        return [None] * count
    if mask is None:
        return [as_tensor(input_length) > i for i in range(count)]
    mask = ops.cast(as_tensor(mask), "bool")
    steps = [ops.take(mask, i, axis=axis) for i in range(count)]
    return [ops.squeeze(m, -1) if m.ndim == 2 else m for m in steps]


def _chosen(kept: Tensor, new: Any, old: Any) -> Tensor:
    new = as_tensor(new)
    for _ in range(new.ndim - kept.ndim):
        kept = ops.expand_dims(kept, -1)
    return ops.where(kept, new, old)
