"""Gives every value of a plan a place in one arena; places are shared by values that are never alive together."""

from collections.abc import Iterable

ALIGNMENT = 64


def aligned(size: int) -> int:
    """``size`` rounded up to whole cache lines."""
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def allocate(values: Iterable[tuple[int, int, int, int]], reserved: int) -> tuple[dict[int, int], int]:
    """Offsets for values (key, bytes, first use, last use), after ``reserved`` bytes; and the bytes in all.

    The largest values are placed first, each as low as those alive at the same time leave room.
    """
    placed: list[tuple[int, int, int, int]] = []  # offset, end, first, last
    offsets: dict[int, int] = {}
    total = reserved
    for key, size, first, last in sorted(values, key=lambda v: -v[1]):
        size = aligned(max(size, 1))
        offset = reserved
        for begin, end, other_first, other_last in sorted(placed):
            if other_last < first or last < other_first:
                continue
            if begin - offset >= size:
                break
            offset = max(offset, end)
        offsets[key] = offset
        placed.append((offset, offset + size, first, last))
        total = max(total, offset + size)
    return offsets, total
