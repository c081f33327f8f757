"""A model's outputs, one or several, nested as they come, and what belongs to each: targets, weights, losses, metrics.

An output is known by its path: the keys and numbers that lead to it, `()` where there is one output alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ckeras.tensor.structure import flatten

Path = tuple[Any, ...]


def is_nested(value: Any) -> bool:
    """Whether a value is a list, tuple or dict of others."""
    return isinstance(value, (list, tuple, dict))


def is_part(value: Any) -> bool:
    """Whether a value stands for one loss or metric: a name, a function, an object, or a config."""
    return not is_nested(value) or (isinstance(value, dict) and "class_name" in value)


class Named(dict[str, Any]):
    """The outputs of a graph by the names of the layers that compute them, in the order of the graph's outputs."""


def named(names: Sequence[str] | None, y_pred: Any, *given: Any) -> list[Any]:
    """Outputs, and what was given for them, by the names of the outputs where they are a flat list.

    Args:
        names: one for each output, or None if there are none.
        y_pred: the outputs.
        given: targets, losses, metrics, weights: lists are taken in the order of the outputs, dicts by their names.

    >>> named(["b", "a"], [1, 2], [3, 4], {"a": 5}, 6)
    [{'b': 1, 'a': 2}, {'b': 3, 'a': 4}, {'a': 5}, 6]
    >>> named(["b"], 1, {"b": 3}, [4])
    [1, 3, [4]]
    """
    if names is None or len(set(names)) < len(names):
        return [y_pred, *given]
    if not is_nested(y_pred):
        alone = {names[0]}
        return [y_pred, *(x[names[0]] if isinstance(x, dict) and x.keys() == alone else x for x in given)]
    if isinstance(y_pred, dict) or len(y_pred) != len(names) or any(map(is_nested, y_pred)):
        return [y_pred, *given]

    def by_name(x: Any) -> Any:
        fits = isinstance(x, (list, tuple)) and len(x) == len(names)
        return Named(zip(names, x, strict=True)) if fits else x

    return [by_name(x) for x in (y_pred, *given)]


def _keys(y_pred: Any) -> Iterable[Any]:
    if isinstance(y_pred, Named):
        return list(y_pred)
    return sorted(y_pred) if isinstance(y_pred, dict) else range(len(y_pred))


def outputs_of(y_pred: Any, path: Path = ()) -> dict[Path, Any]:
    """{path: output}, plain dicts in the order of their sorted keys.

    >>> outputs_of({"b": 1, "a": [2, 3]})
    {('a', 0): 2, ('a', 1): 3, ('b',): 1}
    """
    if not is_nested(y_pred):
        return {path: y_pred}
    return {p: leaf for key in _keys(y_pred) for p, leaf in outputs_of(y_pred[key], (*path, key)).items()}


def parts_of(given: Any, y_pred: Any, whole: Callable[[Any], bool], path: Path = ()) -> dict[Path, Any] | None:
    """{path: what of ``given`` is for that output}, in the order of ``given``; `None` if the structures do not fit.

    Where ``whole`` says so, a part is for all outputs below. Lists and tuples are the same; a list may be given for a
    dict, in the order of its sorted keys; a dict may leave outputs out.
    """
    if not is_nested(y_pred):
        return {path: given}
    if whole(given):
        return dict.fromkeys(outputs_of(y_pred, path), given)
    if isinstance(given, dict):
        if not isinstance(y_pred, dict) or not given.keys() <= y_pred.keys():
            return None
        pairs: Iterable[Any] = given.items()
    elif len(given) == len(y_pred):
        pairs = zip(_keys(y_pred), given, strict=True)
    else:
        return None
    found: dict[Path, Any] = {}
    for key, part in pairs:
        inner = parts_of(part, y_pred[key], whole, (*path, key))
        if inner is None:
            return None
        found |= inner
    return found


def distribute(given: Any, y_pred: Any, name: str) -> dict[Path, Any]:
    """{path: the loss (or weight) of that output}; one for all, a structure of them, or a flat list.

    Raises:
        ValueError: if there are too many, too few, or names that are no outputs.
    """
    outputs = list(outputs_of(y_pred))
    if len(outputs) == 1 and isinstance(given, (list, tuple)) and len(given) == 1:
        return {outputs[0]: given[0]}
    found = parts_of(given, y_pred, is_part)
    if found is None and isinstance(given, (list, tuple)) and len(given) == len(outputs) and all(map(is_part, given)):
        found = dict(zip(outputs, given, strict=True))
    if found is None or not all(map(is_part, found.values())):
        raise ValueError(misfit(given, y_pred, name))
    return found


def misfit(given: Any, y_pred: Any, name: str) -> str:
    """The sentence about something given to `compile` that does not fit the outputs."""
    outputs = list(outputs_of(y_pred))
    if isinstance(given, dict):
        have = f"them as {sorted(y_pred)}" if isinstance(y_pred, dict) else f"{len(outputs)} without names"
        return f"{name} names the outputs {sorted(map(str, given))}, and the model has {have}"
    return f"{name} has {len(given)} entries, and the model has {len(outputs)} outputs"


def align(value: Any, y_pred: Any, name: str, needed: Iterable[Path] = ()) -> dict[Path, Any]:
    """{path: the targets (or weights) of that output}; where there are none, `None`, unless they are needed.

    Raises:
        ValueError: if the structure of ``value`` is another than that of the outputs.
    """
    outputs, needed = list(outputs_of(y_pred)), list(needed)
    if len(outputs) > 1 and name == "sample_weight" and len(flatten(value)) == 1 and not isinstance(value, dict):
        return dict.fromkeys(outputs, flatten(value)[0])
    found = parts_of(value, y_pred, lambda part: not is_nested(part))
    if found is None or any(is_nested(part) for part in found.values()) or not is_nested(value):
        if isinstance(value, dict):
            missing = [name_of(p) for p in needed if not isinstance(y_pred, dict) or p[0] not in value]
            if missing or not isinstance(y_pred, dict):
                raise ValueError(f"{name} has no entry for the outputs {missing}; it has {list(value)}")
        leaves = flatten(value)
        if len(leaves) == len(outputs):
            return dict(zip(outputs, leaves, strict=True))
        if len(leaves) != len(needed):
            raise ValueError(f"the model has {len(outputs)} outputs, and {name} has {len(leaves)} parts")
        found = dict(zip(needed, leaves, strict=True))
    missing = [name_of(p) for p in needed if found.get(p) is None]
    if missing:
        raise ValueError(f"{name} has no entry for the outputs {missing}; it has {[name_of(p) for p in found]}")
    return {path: found.get(path) for path in outputs}


def name_of(path: Path) -> Any:
    """What an output is called in messages."""
    return path[0] if len(path) == 1 else "/".join(map(str, path))


def numbered(names: Iterable[str]) -> list[str]:
    """The names, with a number at the end of those that were there before."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        count = seen[name] = seen.get(name, -1) + 1
        found.append(f"{name}_{count}" if count else name)
    return found
