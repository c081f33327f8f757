"""Inspection of symbolic tensors."""

from typing import Any

from ckeras.tensor import KerasTensor
from ckeras.tensor.graph import node_of


def is_keras_tensor(x: Any) -> bool:
    """Whether ``x`` is a symbolic tensor, as returned by `Input`.

    >>> import ckeras
    >>> is_keras_tensor(ckeras.Input((2,))), is_keras_tensor(ckeras.ops.ones(2))
    (True, False)
    """
    return isinstance(x, KerasTensor)


def get_source_inputs(tensor: Any) -> Any:
    """Return the list of symbolic inputs that ``tensor`` was computed from.

    Return a tensor that is not symbolic unchanged.

    >>> import ckeras
    >>> x, y = ckeras.Input((2,), name="x"), ckeras.Input((2,), name="y")
    >>> [source.name for source in get_source_inputs(ckeras.layers.Dense(2)(x) + y)]
    ['x', 'y']
    """
    if not is_keras_tensor(tensor):
        return tensor
    found: dict[int, KerasTensor] = {}
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        x = waiting.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        origins = _origins(x)
        if not origins:
            found[id(x)] = x
        waiting += reversed(origins)
    return list(found.values())


def _origins(tensor: KerasTensor) -> list[KerasTensor]:
    """Return the symbolic arguments of the call that returned ``tensor``; none for an input."""
    node = node_of(tensor)
    return [] if node is None or node.is_input else node.arguments.keras_tensors
