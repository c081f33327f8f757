"""Nested structures of tensors: tuples, named tuples, lists and dicts (in the order of their sorted keys)."""

from collections.abc import Callable
from typing import Any


def flatten(structure: Any) -> list[Any]:
    """The leaves, from left to right; `None` is a leaf.

    >>> flatten({"b": 1, "a": (2, [3])})
    [2, 3, 1]
    """
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def map_structure(function: Callable[[Any], Any], structure: Any) -> Any:
    """Apply ``function`` to each leaf of a structure; leaves are those of `flatten`."""
    if isinstance(structure, dict):
        found = {key: map_structure(function, structure[key]) for key in sorted(structure)}
        return type(structure)((key, found[key]) for key in structure)
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(map_structure(function, part) for part in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(map_structure(function, part) for part in structure)
    return function(structure)


def pack(structure: Any, leaves: list[Any]) -> Any:
    """Replace the leaves of ``structure``, in order."""
    remaining = iter(leaves)
    return map_structure(lambda _: next(remaining), structure)
