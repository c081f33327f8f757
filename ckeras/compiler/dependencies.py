"""Attributes that a plan depends on: those of layers and metrics that were read while it was traced.

What a trace does in Python happens once, so a plan is stale when an attribute that its trace read gets another value.
Other attributes, such as a counter that a callback increments, may change freely.
"""

from __future__ import annotations

import functools
import threading
import weakref
from typing import Any

from ckeras._kernels.reads import AttributeReads, current, record, recorded_getattribute
from ckeras.tensor.cache import Entry

_lock = threading.RLock()  # of what follows and of `_readers`
_active = 0  # number of active recordings, in all threads


class Observed:
    """Base class of objects whose attributes plans may depend on."""

    def __setattr__(self, name: str, value: Any) -> None:
        old = self.__dict__.get(name, _readers)
        object.__setattr__(self, name, value)
        # Only now, when whoever read the old value has been recorded; `_open` first, as `depend` clears it last.
        if (_open or id(self) in _readers) and not _is_same(old, value):
            changed(self, name)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        changed(self, name)


class Reads(AttributeReads):
    """The attributes that were read in a `recording`, by identity of the object.

    While they are recorded, ``names`` holds sets and ``owners`` the objects; then, frozen sets and weak references. It
    is ``stale`` once another thread has changed one of them, between the start of the recording and `depend`.
    """

    __slots__ = ("stale",)

    def __init__(self) -> None:
        super().__init__()
        self.stale = False

    def merge(self, other: Reads) -> None:
        """Note what a recording inside this one noted, before that is finished."""
        for key, names in other.names.items():
            self.owners.setdefault(key, other.owners[key])
            self.names.setdefault(key, set()).update(names)

    def finish(self) -> None:
        """Hold the objects by weak references from now on, and share equal sets of names."""
        self.names = {key: _shared(frozenset(names)) for key, names in self.names.items()}
        self.owners = {key: weakref.ref(owner) for key, owner in self.owners.items()}


class recording:
    """Context manager that records which attributes of observed objects this thread reads, as `reads`."""

    def __init__(self) -> None:
        self.reads = Reads()

    def __enter__(self) -> recording:
        global _active
        self._outer = current()
        record(self.reads)
        with _lock:
            _open[id(self.reads)] = weakref.ref(self.reads, functools.partial(_close, id(self.reads)))
            _active += 1
            if _active == 1:  # costs nothing while nothing is recorded
                Observed.__getattribute__ = recorded_getattribute
        return self

    def __exit__(self, *exc: Any) -> None:
        global _active
        record(self._outer)
        with _lock:
            _active -= 1
            if _active == 0:
                del Observed.__getattribute__
        if self._outer is not None:
            self._outer.merge(self.reads)
        self.reads.finish()


class _Readers:
    """The cached values whose traces read attributes of one object, each with the names of these attributes."""

    def __init__(self, owner: Any):
        key = id(owner)
        self.owner = weakref.ref(owner, lambda _: _readers.pop(key, None))
        self.names: weakref.WeakKeyDictionary[Entry, tuple[frozenset[str], Reads]] = weakref.WeakKeyDictionary()


_readers: dict[int, _Readers] = {}  # by identity of the object
_open: dict[int, weakref.ref[Reads]] = {}  # recordings on which no cached value depends yet


def _close(key: int, _: Any = None) -> None:
    _open.pop(key, None)


def depend(entry: Entry, reads: Reads | None, but: frozenset[str] = frozenset()) -> None:
    """Drop ``entry`` from its cache when an attribute changes that was read for it, ``but`` those of these names.

    It is dropped at once if another thread has changed an attribute since it was read.
    """
    if reads is None:
        return
    with _lock:
        for key, reference in reads.owners.items():
            owner = reference()
            if owner is None:
                continue
            readers = _readers.get(key)
            if readers is None:
                readers = _readers[key] = _Readers(owner)
            readers.names[entry] = _without(reads.names[key], but), reads
        _close(id(reads))
        stale = reads.stale
    if stale:
        entry.drop()


@functools.lru_cache(maxsize=4096)
def _shared(names: frozenset[str]) -> frozenset[str]:
    """Share equal sets: layers of a class read the same attributes."""
    return names


def _without(names: frozenset[str], but: frozenset[str]) -> frozenset[str]:
    return names if names.isdisjoint(but) else _shared(names - but)


class structure:
    """Grows in ``version`` when any observed object gets or loses a variable, a metric or a layer."""

    version = 0


_TRACKED = frozenset(("_variables", "_metrics", "_tracked_state"))


def changed(owner: Any, name: str) -> None:
    """Drop the plans that depend on an attribute of ``owner``, which has got another value.

    What changes while a function is traced is a part of that trace.
    """
    if name in _TRACKED:
        structure.version += 1
    if not (_open or id(owner) in _readers) or current() is not None:
        return
    stale = []
    with _lock:
        readers = _readers.get(id(owner))
        for reference in list(_open.values()):
            reads = reference()
            if reads is not None and name in reads.names.get(id(owner), ()):
                reads.stale = True
        for entry, (names, reads) in [] if readers is None else list(readers.names.items()):
            if name in names:
                reads.stale = True
                stale.append(entry)
                del readers.names[entry]
    for entry in stale:
        entry.drop()


_PLAIN = (bool, int, float, str, type(None))


def _is_same(old: Any, new: Any) -> bool:
    """Whether an attribute keeps its value: the same object, or an equal plain one."""
    return old is new or (type(old) is type(new) and type(new) in _PLAIN and old == new and str(old) == str(new))
