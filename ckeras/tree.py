"""Nested structures: tuples, named tuples, lists, deques and dicts, of leaves, which are everything else.

A dict is taken in the order of its sorted keys, an `OrderedDict` in its own. `None` is a leaf, and so is an object of a
subclass of list, tuple or dict, unless it is a named tuple, an `OrderedDict` or a `defaultdict`: it may be more than
its items. The structures that travel through the compiler are taken apart by `ckeras.tensor.structure`, which knows
fewer kinds and is faster.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ckeras.utils.tracebacks import warn

_DICTS = (dict, OrderedDict, defaultdict)


class MAP_TO_NONE:
    """What a function given to `traverse` returns for a part that is to become None."""


class _Node(NamedTuple):
    """One level of a structure."""

    kind: Any  # what another node must have to be the same kind of node
    keys: list[Any]  # of its parts: indices or keys
    parts: list[Any]
    rebuild: Callable[[list[Any]], Any]  # the same node of other parts


def _node(structure: Any) -> _Node | None:
    """The structure's first level; None for a leaf."""
    kind = type(structure)
    if kind in _DICTS:
        keys = list(structure) if kind is OrderedDict else _sorted(structure)
        return _Node(dict, keys, [structure[key] for key in keys], lambda parts: _dict(structure, keys, parts))
    if kind is list or kind is tuple:
        rebuild: Callable[[list[Any]], Any] = kind
    elif kind is deque:
        rebuild = lambda parts: deque(parts, structure.maxlen)  # noqa: E731
    elif isinstance(structure, tuple) and hasattr(kind, "_fields"):
        rebuild = lambda parts: kind(*parts)  # noqa: E731
    elif isinstance(structure, tuple) and hasattr(kind, "n_sequence_fields"):  # as time.struct_time
        rebuild = kind
    else:
        return None
    return _Node(kind, list(range(len(structure))), list(structure), rebuild)


def _sorted(keys: Iterable[Any]) -> list[Any]:
    """The keys in order; those of kinds that cannot be compared by kind."""
    try:
        return sorted(keys)
    except TypeError:
        pass
    try:
        return sorted(keys, key=lambda key: (f"{type(key).__module__}.{type(key).__qualname__}", key))
    except TypeError:
        return list(keys)


def _dict(structure: Any, keys: list[Any], parts: list[Any]) -> Any:
    found = dict(zip(keys, parts, strict=True))
    items = [(key, found[key]) for key in structure]  # in the order of the original
    if type(structure) is defaultdict:
        return defaultdict(structure.default_factory, items)
    return type(structure)(items)


def is_nested(structure: Any) -> bool:
    """Whether ``structure`` is not a leaf.

    >>> is_nested(1), is_nested([])
    (False, True)
    """
    return _node(structure) is not None


def flatten(structure: Any) -> list[Any]:
    """The leaves, from left to right.

    >>> flatten({"b": 1, "a": (2, [3, None])})
    [2, 3, None, 1]
    """
    node = _node(structure)
    return [structure] if node is None else [leaf for part in node.parts for leaf in flatten(part)]


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """The leaves, each with its path: the indices and keys that lead to it.

    >>> flatten_with_path({"a": [1, 2]})
    [(('a', 0), 1), (('a', 1), 2)]
    """
    node = _node(structure)
    if node is None:
        return [((), structure)]
    inner = zip(node.keys, map(flatten_with_path, node.parts), strict=True)
    return [((key, *path), leaf) for key, found in inner for path, leaf in found]


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """``structure`` with its leaves replaced by the items of ``flat_sequence``, in order.

    Raises:
        TypeError: if ``flat_sequence`` cannot be iterated over.
        ValueError: if it has more or fewer items than there are leaves.

    >>> pack_sequence_as({"b": 0, "a": (0, 0)}, [1, 2, 3])
    {'b': 3, 'a': (1, 2)}
    """
    items = list(flat_sequence)
    count = len(flatten(structure))
    if len(items) != count:
        raise ValueError(f"pack_sequence_as expects {count} items for the leaves of the structure, got {len(items)}")
    remaining = iter(items)
    return map_structure(lambda leaf: next(remaining), structure)


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """Apply ``func`` to the corresponding leaves of structures of the same nesting.

    Args:
        func: takes as many arguments as there are structures.
        structures: alike, as `assert_same_structure` says.
        none_is_leaf: if False, `None` stays `None`, and ``func`` does not get it.

    Raises:
        ValueError: if no structure is given, or they differ.

    >>> map_structure(lambda x, y: x + y, [1, (2,)], [10, (20,)])
    [11, (22,)]
    """

    def at_leaf(*parts: Any) -> Any:
        if not none_is_leaf and parts[0] is None:
            if any(part is not None for part in parts):
                raise ValueError(f"map_structure expects None at the same positions in all structures: {parts!r:.200}")
            return None
        for part in parts[1:]:
            if is_nested(part) or (part is None and not none_is_leaf):
                raise ValueError(
                    f"map_structure expects structures that are alike: {part!r:.80} stands where a leaf is"
                )
        return func(*parts)

    return _map("map_structure", at_leaf, structures)


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """`map_structure` that ends where the leaves of ``shallow_structure`` are: ``func`` gets what stands there.

    Raises:
        ValueError: if no structure is given, or one does not go as deep as ``shallow_structure``.

    >>> map_structure_up_to([0, 0], len, [[1, 2], [3]])
    [2, 1]
    """
    if not structures:
        raise ValueError("map_structure_up_to expects at least one structure")
    return _map("map_structure_up_to", lambda _, *parts: func(*parts), (shallow_structure, *structures))


def _map(where: str, at_leaf: Callable[..., Any], structures: tuple[Any, ...]) -> Any:
    """The first structure with its leaves replaced by ``at_leaf`` of what stands there in each of the structures."""
    if not structures:
        raise ValueError(f"{where} expects at least one structure")
    node = _node(structures[0])
    if node is None:
        return at_leaf(*structures)
    columns = [node.parts, *(_parts_like(where, node, structures[0], other) for other in structures[1:])]
    return node.rebuild([_map(where, at_leaf, parts) for parts in zip(*columns, strict=True)])


def _parts_like(where: str, node: _Node, structure: Any, other: Any) -> list[Any]:
    """The parts of ``other``, which must be the same kind of node, in the order of the node's keys."""
    theirs = _node(other)
    if theirs is None or theirs.kind is not node.kind:
        raise ValueError(f"{where}: expected a structure like {structure!r:.200}, got {other!r:.200}")
    if theirs.keys == node.keys:
        return theirs.parts
    if node.kind is not dict:
        raise ValueError(f"{where}: expected {len(node.keys)} items as in {structure!r:.200}, got {other!r:.200}")
    if set(theirs.keys) != set(node.keys):
        raise ValueError(f"{where}: expected the keys {node.keys!r:.200}, got {theirs.keys!r:.200}")
    return [other[key] for key in node.keys]


def assert_same_structure(a: Any, b: Any, check_types: bool | None = None) -> None:
    """Raise ValueError if two structures are not nested in the same way.

    Kinds and sizes must be the same; dicts of all kinds are one, and need the same keys. Of named tuples the types must
    be the same.

    Args:
        a, b: the structures.
        check_types: has no effect, and a DeprecationWarning says so.

    >>> assert_same_structure([1, {"a": 2}], [3, {"a": 4}])
    """
    if check_types is not None:
        warn(
            "check_types has no effect on assert_same_structure, which always checks them; assert_same_paths takes "
            "lists, tuples and named tuples for the same",
            DeprecationWarning,
        )

    def at_leaf(_: Any, other: Any) -> None:
        if is_nested(other):
            raise ValueError(f"assert_same_structure: expected a leaf, got {other!r:.200}")

    _map("assert_same_structure", at_leaf, (a, b))


def assert_same_paths(a: Any, b: Any) -> None:
    """Raise ValueError if the leaves of two structures do not have the same paths; kinds of sequences do not matter.

    >>> assert_same_paths([1, {"a": 2}], (3, {"a": 4}))
    """
    found, others = ({path for path, _ in flatten_with_path(structure)} for structure in (a, b))
    if found != others:
        raise ValueError(
            f"assert_same_paths: the first structure alone has {_listed(found - others)}, the second alone has "
            f"{_listed(others - found)}"
        )


def _listed(paths: set[tuple[Any, ...]]) -> str:
    return ", ".join(sorted(map(repr, paths))) or "nothing"


def lists_to_tuples(structure: Any) -> Any:
    """The structure with lists replaced by tuples.

    >>> lists_to_tuples([1, {"a": [2]}])
    (1, {'a': (2,)})
    """
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """Call ``func`` on the structure and every part of it, depth first, and replace each by what it returns.

    Args:
        func: gets a part; returns None to keep it, `MAP_TO_NONE` to replace it by None, or its replacement.
        structure: the structure.
        top_down: whether a part comes before its own parts, which are passed over if it is replaced; otherwise it comes
            after them.

    >>> traverse(lambda x: x + 1 if isinstance(x, int) else None, [1, (2, "a")])
    [2, (3, 'a')]
    """
    if not top_down:
        structure = _traverse_parts(func, structure, top_down)
    found = func(structure)
    if found is None:
        return _traverse_parts(func, structure, top_down) if top_down else structure
    return None if found is MAP_TO_NONE else found


def _traverse_parts(func: Callable[[Any], Any], structure: Any, top_down: bool) -> Any:
    node = _node(structure)
    return structure if node is None else node.rebuild([traverse(func, part, top_down) for part in node.parts])


def map_shape_structure(func: Callable[[Any], Any], structure: Any) -> Any:
    """`map_structure` whose leaves are also shapes: tuples and lists of integers and None.

    >>> map_shape_structure(len, {"a": (None, 3), "b": [(2,)]})
    {'a': 2, 'b': [1]}
    """
    if isinstance(structure, (list, tuple)) and all(d is None or isinstance(d, int) for d in structure):
        return func(structure)
    node = _node(structure)
    return func(structure) if node is None else node.rebuild([map_shape_structure(func, p) for p in node.parts])


__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]
__dir__ = __all__.copy
