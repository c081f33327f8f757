"""What all cells have, those of users too: sizes and initial states."""

from __future__ import annotations

from typing import Any

from ckeras import ops
from ckeras.tensor.structure import flatten, map_structure


def check_cell(cell: Any, where: str) -> None:
    """Raise ValueError unless ``cell`` has a `call` and a ``state_size`` of integers."""
    if not hasattr(cell, "call"):
        raise ValueError(f"{where} expects a cell with a method call, got {cell!r:.80}")
    if getattr(cell, "state_size", None) is None:
        raise ValueError(f"{where} expects a cell with an attribute state_size, got {cell!r:.80}")
    sizes = flatten(cell.state_size)
    if not sizes or not all(hasattr(n, "__index__") for n in sizes):
        raise ValueError(
            f"{where} expects state_size of its cell to be an integer or a list of integers, got {cell.state_size!r}"
        )


def initial_states(cell: Any, batch_size: Any, dtype: str) -> Any:
    """The initial states of a cell, as it gives them itself, or else zeros of its ``state_size``."""
    if hasattr(cell, "get_initial_state"):
        return cell.get_initial_state(batch_size=batch_size)
    return map_structure(lambda n: ops.zeros((batch_size, n), dtype), cell.state_size)


def output_size(cell: Any) -> int:
    """The size of a cell's output: its ``output_size``, or else that of its first state."""
    found = getattr(cell, "output_size", None)
    return flatten(cell.state_size)[0] if found is None else found
