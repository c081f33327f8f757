"""A topological order of units that is maintained while units are added and merged.

Two units may be merged if no path leads from one to the other through a third. The check looks at the affected region
alone, the units between the two in the order, and takes turns between what follows the earlier one and what the later
one needs, so that it costs no more than twice the smaller of the two (D. J. Pearce and P. H. J. Kelly, "A dynamic
topological sort algorithm for directed acyclic graphs", 2006). Long paths, such as the one from a layer to its own
gradient, are seen at once in a spanning tree, in which ancestors are found by skipping (E. W. Myers, "An applicative
random-access stack", 1983).
"""

from collections.abc import Iterable, Iterator
from typing import Any

MAX_SEARCH = 4096  # edges in each direction after which a check gives up, and the units stay apart
SPACING = 1 << 40  # between the labels of units that are added one after another


class Vertex:
    """An element of an `Order`: it depends on its ``makers``, and its ``users`` depend on it.

    A vertex that was merged into another represents that one (see `find`); the edges to it are unchanged.
    ``parent``, ``depth`` and ``skip`` are its position in the spanning tree, which merging does not change.
    """

    __slots__ = (
        "after",
        "before",
        "depth",
        "label",
        "makers",
        "members",
        "merged",
        "number",
        "parent",
        "skip",
        "users",
    )

    def __init__(self, number: int):
        self.number = number  # ascending in the order in which vertices are added
        self.makers: dict[Any, None] = {}  # insertion-ordered sets, so that runs are deterministic
        self.users: dict[Any, None] = {}
        self.members: list[Any] = [self]
        self.merged: Any = None
        self.label = 0
        self.before: Any = None
        self.after: Any = None
        self.parent: Any = None
        self.skip: Any = self
        self.depth = 0


def find(u: Any) -> Any:
    """The vertex into which ``u`` was merged, or itself."""
    top = u
    while top.merged is not None:
        top = top.merged
    while u is not top:
        u.merged, u = top, u.merged
    return top


class Order:
    """A linked list with ascending labels; only `append` and `merge` change it."""

    def __init__(self) -> None:
        self._start, self._end = Vertex(-1), Vertex(-1)  # neither is part of it
        self._start.after, self._end.before = self._end, self._start

    def __iter__(self) -> Iterator[Any]:
        u = self._start.after
        while u is not self._end:
            yield u
            u = u.after

    def append(self, u: Any, makers: Iterable[Any]) -> None:
        """Add ``u`` at the end; it depends on ``makers``, which are in the order or merged into vertices of it."""
        u.makers = dict.fromkeys(makers)
        for maker in u.makers:
            find(maker).users[u] = None
        _insert([u], self._end.before, self._end)
        u.label = u.before.label + SPACING
        self._end.label = u.label + SPACING
        if u.makers:
            parent = u.parent = max(u.makers, key=_number)
            skip = parent.skip
            u.depth = parent.depth + 1
            u.skip = skip.skip if parent.depth - skip.depth == skip.depth - skip.skip.depth else parent

    def merge(self, a: Any, b: Any) -> bool:
        """Merge ``b`` into ``a`` unless a path leads from one to the other through a third; return whether it did."""
        first, second = (a, b) if a.label < b.label else (b, a)
        found = _cone(first, second)
        if found is None:
            return False
        side, cone = found
        cone.sort(key=_label)
        # The users of the first follow the merged vertex where the second was, or the makers of the second precede it
        # where the first was; nothing else moves.
        target = second if side == "users" else first
        for u in (second if target is first else first, *cone):
            _unlink(u)
        before, after, label = target.before, target.after, target.label
        _unlink(target)
        low, high = (label, after.label) if side == "users" else (before.label, label)
        a.label = label
        for number, u in enumerate(cone, 1):
            u.label = low + (high - low) * number // (len(cone) + 1)
        _insert([a, *cone] if side == "users" else [*cone, a], before, after)
        if high - low <= len(cone):
            self._relabel()
        b.merged = a
        a.makers, a.users = _union(a.makers, b.makers), _union(a.users, b.users)
        a.members += b.members
        return True

    def _relabel(self) -> None:
        label = 0
        for u in [*self, self._end]:
            label += SPACING
            u.label = label


def _number(u: Any) -> int:
    return u.number


def _label(u: Any) -> int:
    return u.label


def _union(a: dict[Any, None], b: dict[Any, None]) -> dict[Any, None]:
    small, large = (a, b) if len(a) < len(b) else (b, a)
    large.update(small)
    return large


def _insert(row: list[Any], before: Any, after: Any) -> None:
    for u in row:
        before.after, u.before = u, before
        before = u
    before.after, after.before = after, before


def _unlink(u: Any) -> None:
    u.before.after, u.after.before = u.after, u.before


def _descends(u: Any, vertex: Any) -> bool:
    """Whether the tree path from ``u`` to its root leads through a member of ``vertex``."""
    for member in vertex.members:
        depth, v = member.depth, u
        while v.depth > depth:
            v = v.skip if v.skip.depth >= depth else v.parent
        if v is member:
            return True
    return False


def _third_maker(first: Any, second: Any) -> Any:
    """A third vertex on which ``second`` depends, from the spanning tree, if it is easily found."""
    u = second.members[-1]
    while u is not None and find(u) is second:
        u = u.parent
    return None if u is None or find(u) is first else u


def _walk(start: Any, side: str, end: Any, seen: dict[Any, None]) -> Iterator[Any]:
    """Walk from ``start`` along users or makers towards ``end``, with an item for each edge.

    An item is a vertex that is visited for the first time, ``end`` where an edge from another vertex than ``start``
    leads there, and `None` for other edges.
    """
    low, high = sorted((start.label, end.label))
    waiting = [start]
    while waiting:
        u = waiting.pop()
        for v in getattr(u, side):
            if v.merged is not None:
                v = find(v)
            if v is end:
                yield None if u is start else v
            elif low < v.label < high and v not in seen:
                seen[v] = None
                waiting.append(v)
                yield v
            else:
                yield None


def _cone(first: Any, second: Any) -> tuple[str, list[Any]] | None:
    """All that follow ``first``, or all that ``second`` needs, among what lies between them in the order.

    `None` if a path leads from the first to the second through a third, or if the search would take too long.
    """
    for start, side, end in ((first, "users", second), (second, "makers", first)):
        if all(find(v) is end for v in getattr(start, side)):  # only the other vertex is there
            return side, []
    third = _third_maker(first, second)
    if third is not None and _descends(third, first):
        return None
    after: dict[Any, None] = {}
    before: dict[Any, None] = {}
    ahead, back = _walk(first, "users", second, after), _walk(second, "makers", first, before)
    for _ in range(MAX_SEARCH):
        u = next(ahead, first)
        if u is first:
            return "users", list(after)
        if u is not None and (u is second or u in before or (third is not None and _descends(third, u))):
            return None
        u = next(back, second)
        if u is second:
            return "makers", list(before)
        if u is not None and (u is first or u in after):
            return None
    return None
