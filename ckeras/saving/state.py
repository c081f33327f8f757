"""The objects whose state is saved with a model, and their paths in a file, which are those of Keras 3.

An object's state is what its `save_own_variables(store)` assigns to a mapping and `load_own_variables(store)` reads
from it, and the files that `save_assets(folder)` writes and `load_assets(folder)` reads, where it has these. Objects
are found through attributes in alphabetical order, private ones last; the path of an object is that of the first
attribute that leads to it. In lists, tuples and dicts an object is named after its class, "dense", "dense_1", ...
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import Any, TypeVar

from ckeras.utils.naming import to_snake_case
from ckeras.utils.tracebacks import warn

Class = TypeVar("Class")  # a class that a decorator returns unchanged
_BASES: dict[type, tuple[Callable[[], Any], frozenset[str], Callable[[Any], bool]]] = {}
_HOOKS = ("save_own_variables", "save_assets")


def holds_state(
    shown: Collection[str] = (), layers_first: Callable[[Any], bool] = lambda obj: False, **options: Any
) -> Callable[[type[Class]], type[Class]]:
    """Class decorator: the attributes that this class itself gives to its objects lead to no state.

    Args:
        shown: Names of attributes to which this does not apply.
        layers_first: Tells of an object whether its `layers` come before all other attributes.
        options: Arguments from which an object can be made to see its attributes.
    """

    def decorate(cls: type[Class]) -> type[Class]:
        _BASES[cls] = (lambda: cls(**options), frozenset(shown), layers_first)
        return cls

    return decorate


def saveables(obj: Any, skipped: Collection[Any] = ()) -> Iterator[tuple[str, Any]]:
    """Yield (path, object) for an object and all in it whose state is saved, each once.

    Args:
        obj: The object, whose path is "".
        skipped: Objects to leave out, with what only they lead to.
    """
    seen = {id(one): one for one in skipped}  # kept alive, so that no other object gets the same id
    yield from _found(obj, "", seen)


def _found(value: Any, path: str, seen: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    if id(value) in seen:
        return
    if _is_saveable(value):
        seen[id(value)] = value
        yield path, value
        for name, child in _attributes(value):
            yield from _found(child, f"{path}/{name}" if path else name, seen)
    elif isinstance(value, list | tuple | dict):
        seen[id(value)] = value
        counts: dict[str, int] = {}
        for one in value.values() if isinstance(value, dict) else value:
            if _is_saveable(one) or isinstance(one, list | tuple | dict):
                name = to_snake_case(type(one).__name__) if _is_saveable(one) else "container"
                count = counts[name] = counts.get(name, -1) + 1
                yield from _found(one, f"{path}/{name}_{count}" if count else f"{path}/{name}", seen)


def _is_saveable(value: Any) -> bool:
    return any(hasattr(type(value), hook) for hook in _HOOKS)


def _attributes(obj: Any) -> Iterator[tuple[str, Any]]:
    base = next((cls for cls in type(obj).__mro__ if cls in _BASES), None)
    hidden = frozenset() if base is None else _hidden(base)
    names = [name for name in dir(obj) if not name.startswith("__") and name not in hidden]
    is_first = {"layers"} if base is not None and _BASES[base][2](obj) else ()
    for name in sorted(names, key=lambda name: (name not in is_first, name.startswith("_"), name)):
        try:
            yield name, getattr(obj, name)
        except Exception:  # a property that has no value now
            continue


@lru_cache
def _hidden(base: type) -> frozenset[str]:
    make, shown, _ = _BASES[base]
    return frozenset(dir(make())) - shown


def save_state(obj: Any, weights: Any, assets: Any = None, skipped: Collection[Any] = ()) -> None:
    """Write the state of an object and all in it.

    Args:
        obj: A model.
        weights: A `WeightsWriter`.
        assets: A writer of assets, or None to leave them out.
        skipped: Objects to leave out.
    """
    for path, one in saveables(obj, skipped):
        if hasattr(one, "save_own_variables"):
            name = getattr(one, "name", None)
            one.save_own_variables(weights.make(path, name if isinstance(name, str) else None))
        if assets is not None and hasattr(one, "save_assets"):
            one.save_assets(assets.make(path))


def load_state(
    obj: Any, weights: Any, assets: Any = None, skipped: Collection[Any] = (), skip_mismatch: bool = False
) -> None:
    """Read the state of an object and all in it.

    Args:
        obj: A model.
        weights: A `WeightsReader`.
        assets: A reader of assets, or None to leave them out.
        skipped: Objects to leave out.
        skip_mismatch: Whether objects whose state does not fit keep theirs, with a warning.

    Raises:
        ValueError: if the state of an object is not there or does not fit, which the message names.
    """
    failures = []
    for path, one in saveables(obj, skipped):
        try:
            if hasattr(one, "load_own_variables"):
                one.load_own_variables(weights.get(path))
            if assets is not None and hasattr(one, "load_assets"):
                one.load_assets(assets.get(path))
        except OSError:  # of a file that is missing or cannot be read
            raise
        except Exception as error:
            failures.append((path, one, error))
    if failures:
        path, one, error = failures[0]
        names = ", ".join(repr(getattr(one, "name", path)) for _, one, _ in failures[:20])
        message = f"{len(failures)} of the objects do not fit the file: {names}; at {path or 'the root'!r}: {error}"
        if not skip_mismatch:
            raise ValueError(message) from error
        warn(message)
