"""Attributes that a plan depends on: those of layers and metrics that were read while it was traced.

What a trace does in Python happens once, so a plan is stale when an attribute that its trace read gets another value.
Other attributes, such as a counter that a callback increments, may change freely.
"""

from __future__ import annotations

import functools
import threading
import weakref
from typing import Any

from ckeras import config
from ckeras.tensor.cache import Entry

scope = config.scope
_lock = threading.RLock()  # of what follows and of `_readers`
_active = 0  # number of active recordings, in all threads


Reads = list[tuple["weakref.ref[Any]", frozenset[str]]]  # objects, with the names of the attributes that were read


class Observed:
    """Base class of objects whose attributes plans may depend on."""

    def __setattr__(self, name: str, value: Any) -> None:
        if id(self) in _readers and not _is_same(self.__dict__.get(name, _readers), value):
            changed(self, name)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        changed(self, name)
        object.__delattr__(self, name)


class recording:
    """Context manager that records which attributes of observed objects this thread reads.

    ``read`` holds, by identity, each object with the names of the attributes.
    """

    @property
    def reads(self) -> Reads:
        """The recorded reads, with weak references to the objects."""
        return [(weakref.ref(owner), frozenset(names)) for owner, names in self.read.values()]

    def __init__(self) -> None:
        self.read: dict[int, tuple[Any, set[str]]] = {}

    def __enter__(self) -> recording:
        global _active
        self._outer = getattr(scope, "read", None)
        scope.read = self.read
        with _lock:
            _active += 1
            if _active == 1:  # costs nothing while nothing is recorded
                Observed.__getattribute__ = _recorded_getattribute
        return self

    def __exit__(self, *exc: Any) -> None:
        global _active
        scope.read = self._outer
        with _lock:
            _active -= 1
            if _active == 0:
                del Observed.__getattribute__
        if self._outer is not None:
            for key, (owner, names) in self.read.items():
                self._outer.setdefault(key, (owner, set()))[1].update(names)


def _recorded_getattribute(self: Any, name: str) -> Any:
    read = getattr(scope, "read", None)
    if read is not None:
        found = read.get(id(self))
        if found is None:
            found = read[id(self)] = (self, set())
        found[1].add(name)
    return object.__getattribute__(self, name)


class _Readers:
    """The cached values whose traces read attributes of one object, each with the names of these attributes."""

    def __init__(self, owner: Any):
        key = id(owner)
        self.owner = weakref.ref(owner, lambda _: _readers.pop(key, None))
        self.names: weakref.WeakKeyDictionary[Entry, frozenset[str]] = weakref.WeakKeyDictionary()


_readers: dict[int, _Readers] = {}  # by identity of the object


def depend(entry: Entry, reads: Reads, but: frozenset[str] = frozenset()) -> None:
    """Drop ``entry`` from its cache when an attribute changes that was read for it, ``but`` those of these names."""
    for reference, names in reads:
        owner = reference()
        if owner is None:
            continue
        with _lock:
            readers = _readers.get(id(owner))
            if readers is None:
                readers = _readers[id(owner)] = _Readers(owner)
            readers.names[entry] = _shared(names - but)


@functools.lru_cache(maxsize=4096)
def _shared(names: frozenset[str]) -> frozenset[str]:
    """Share equal sets: layers of a class read the same attributes."""
    return names


class structure:
    """Grows in ``version`` when any observed object gets or loses a variable, a metric or a layer."""

    version = 0


_TRACKED = frozenset(("_variables", "_metrics", "_tracked_state"))


def changed(owner: Any, name: str) -> None:
    """Drop the plans that depend on an attribute of ``owner``, which gets another value.

    What changes while a function is traced is a part of that trace.
    """
    if name in _TRACKED:
        structure.version += 1
    readers = _readers.get(id(owner))
    if readers is None or getattr(scope, "read", None) is not None:
        return
    with _lock:
        stale = [entry for entry, names in readers.names.items() if name in names]
        for entry in stale:
            del readers.names[entry]
    for entry in stale:
        entry.drop()


_PLAIN = (bool, int, float, str, type(None))


def _is_same(old: Any, new: Any) -> bool:
    """Whether an attribute keeps its value: the same object, or an equal plain one."""
    return old is new or (type(old) is type(new) and type(new) in _PLAIN and old == new and str(old) == str(new))
