"""The cache of plans: what models, functions and eager calls have compiled, by signature.

Every owner has a `Plans`, and all of them share one budget of bytes: where it is exceeded, the entries that were used
least recently are dropped, whoever they belong to. Arenas are not counted, since plans share them.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from typing import Any

import numpy as np

BUDGET = 128 << 20  # bytes of all entries together
_clock = itertools.count(1)
_entries: weakref.WeakSet[Entry] = weakref.WeakSet()
_bound = 0  # of the bytes of all entries, from above: those that have died since the last count are still in it
_lock = threading.RLock()  # of `_entries` and `_bound`


class Entry:
    """One cached value: ``size`` in bytes, and when it was used last."""

    __slots__ = ("__weakref__", "key", "owner", "size", "used", "value")

    def __init__(self, owner: Plans, key: Any, value: Any, size: int):
        self.owner, self.key, self.value, self.size = weakref.ref(owner), key, value, size
        self.used = next(_clock)

    def drop(self) -> None:
        """Remove it from its owner, if it is still there."""
        owner = self.owner()
        if owner is not None and owner._entries.get(self.key) is self:
            owner._entries.pop(self.key, None)


class Plans:
    """Compiled values by signature. It may be used by several threads at once."""

    def __init__(self) -> None:
        self._entries: dict[Any, Entry] = {}

    def get(self, key: Any) -> Any:
        """The value of this signature, or `None`."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        entry.used = next(_clock)
        return entry.value

    def put(self, key: Any, value: Any, size: int) -> Entry:
        """Keep a value of ``size`` bytes, and drop others where the budget is exceeded."""
        entry = self._entries[key] = Entry(self, key, value, size)
        with _lock:
            _entries.add(entry)
            _shrink_to_budget(entry)
        return entry

    def clear(self) -> None:
        """Drop all entries."""
        self._entries.clear()

    def values(self) -> list[Any]:
        """All values, the least recently used first."""
        return [entry.value for entry in sorted(self._entries.values(), key=_last_use)]


def _last_use(entry: Entry) -> int:
    return entry.used


def _shrink_to_budget(newest: Entry) -> None:
    global _bound
    _bound += newest.size
    if _bound <= BUDGET:
        return
    _bound = sum(entry.size for entry in _entries)
    # An eighth of the budget is free afterwards, so that the entries are not counted again for each of the next ones.
    if _bound <= BUDGET * 7 // 8:
        return
    for entry in sorted(_entries, key=_last_use):
        if entry is not newest:
            _bound -= entry.size
            entry.drop()
        if _bound <= BUDGET * 3 // 4:
            return


def clear_all() -> None:
    """Drop the entries of all owners."""
    with _lock:
        found = list(_entries)
    for entry in found:
        entry.drop()


# -- signatures ----------------------------------------------------------------------------------------------------


def signature(value: Any) -> Any:
    """A key that is equal for values that are surely the same: 0.0 and -0.0, 1 and True, differ.

    Objects other than Python's own immutable ones count by identity, as equal ones may behave differently; whoever
    keeps such a key keeps the object too.
    """
    kind = value.__class__
    if kind in _EXACT:
        return kind, value
    if kind in _BY_TEXT:
        return kind, repr(value)
    if kind is tuple or kind is list:
        return (kind, *map(signature, value))
    if kind is np.ndarray:
        return kind, value.dtype.str, value.shape, value.tobytes()
    if kind is slice:
        return kind, signature(value.start), signature(value.stop), signature(value.step)
    return kind, id(value)


_EXACT = frozenset((int, str, bool, type(None), bytes, type(...), range))
_BY_TEXT = frozenset((float, complex))
