"""Assigns every value of a plan an offset in one arena; values that are never alive together share memory."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

ALIGNMENT = 64


def aligned(size: int) -> int:
    """``size`` rounded up to whole cache lines."""
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


class _Ranges:
    """A set of addresses, as disjoint ranges in ascending order; adjacent ranges are merged."""

    __slots__ = ("begins", "ends")

    def __init__(self, begin: int, end: int):
        self.begins = [begin]
        self.ends = [end]

    def add(self, begin: int, end: int) -> None:
        begins, ends = self.begins, self.ends
        if begin > ends[-1]:
            begins.append(begin)
            ends.append(end)
            return
        first, last = bisect_left(ends, begin), bisect_right(begins, end)
        if first < last:
            begin, end = min(begin, begins[first]), max(end, ends[last - 1])
        begins[first:last], ends[first:last] = [begin], [end]


class _Occupied:
    """Which addresses are occupied at which times: a segment tree over time, whose nodes hold sets of addresses.

    An interval of time is entered in ``covering`` of the topmost nodes that together make up the interval, and in
    ``touching`` of their ancestors, which it covers in part.
    """

    def __init__(self, times: int):
        self._leaves = 1 << max(times - 1, 0).bit_length()
        self._covering: dict[int, _Ranges] = {}
        self._touching: dict[int, _Ranges] = {}

    def _cover(self, first: int, last: int) -> list[int]:
        """The topmost nodes that together make up the times ``first`` to ``last``."""
        low, high = first + self._leaves, last + self._leaves + 1
        nodes = []
        while low < high:
            if low & 1:
                nodes.append(low)
                low += 1
            if high & 1:
                high -= 1
                nodes.append(high)
            low >>= 1
            high >>= 1
        return nodes

    def _above(self, first: int, last: int) -> list[int]:
        """The distinct ancestors of the leaves ``first`` and ``last``."""
        low, high = (first + self._leaves) >> 1, (last + self._leaves) >> 1
        nodes = []
        while low:
            nodes.append(low)
            if high != low:
                nodes.append(high)
            low >>= 1
            high >>= 1
        return nodes

    def place(self, first: int, last: int, size: int, begin: int) -> int:
        """Occupy ``size`` bytes at the times ``first`` to ``last``, at the lowest free offset from ``begin`` on."""
        cover, above = self._cover(first, last), self._above(first, last)
        touching, covering = self._touching, self._covering
        occupied = [covering[n] for n in (*cover, *above) if n in covering]
        occupied += [touching[n] for n in cover if n in touching]
        offset = _lowest_gap(occupied, size, begin)
        for tree, nodes in ((covering, cover), (touching, above)):
            for node in nodes:
                ranges = tree.get(node)
                if ranges is None:
                    tree[node] = _Ranges(offset, offset + size)
                else:
                    ranges.add(offset, offset + size)
        return offset


def _lowest_gap(occupied: Sequence[_Ranges], size: int, begin: int) -> int:
    """The lowest offset, at least ``begin``, at which ``size`` bytes are in none of the ranges."""
    moved = True
    while moved:
        moved = False
        for ranges in occupied:
            at = bisect_right(ranges.ends, begin)
            while at < len(ranges.ends) and ranges.begins[at] < begin + size:
                begin = ranges.ends[at]
                at += 1
                moved = True
    return begin


def allocate(values: Iterable[tuple[int, int, int, int]], reserved: int) -> tuple[dict[int, int], int]:
    """Offsets of values (key, bytes, first use, last use) after ``reserved`` bytes, and the size of the arena.

    The largest values are placed first, each at the lowest offset that is free during its lifetime. With ``n`` values
    this takes O(n log n) range look-ups.
    """
    largest: Sequence[tuple[int, int, int, int]] = sorted(values, key=lambda v: -v[1])
    occupied = _Occupied(1 + max((last for *_, last in largest), default=0))
    offsets: dict[int, int] = {}
    total = reserved
    for key, size, first, last in largest:
        size = aligned(max(size, 1))
        offset = offsets[key] = occupied.place(first, last, size, reserved)
        total = max(total, offset + size)
    return offsets, total
