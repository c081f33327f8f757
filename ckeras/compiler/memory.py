"""Assigns every value of a plan an offset in one arena; values that are never alive together share memory."""

from collections.abc import Iterable, Sequence

from ckeras._kernels.intervals import Occupied

ALIGNMENT = 64


def aligned(size: int) -> int:
    """``size`` rounded up to whole cache lines."""
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def allocate(values: Iterable[tuple[int, int, int, int]], reserved: int) -> tuple[dict[int, int], int]:
    """Offsets of values (key, bytes, first use, last use) after ``reserved`` bytes, and the size of the arena.

    The largest values are placed first, each at the lowest offset that is free during its lifetime. With ``n`` values
    this takes O(n log n) range look-ups.
    """
    largest: Sequence[tuple[int, int, int, int]] = sorted(values, key=lambda v: -v[1])
    occupied = Occupied(1 + max((last for *_, last in largest), default=0))
    offsets: dict[int, int] = {}
    total = reserved
    for key, size, first, last in largest:
        size = aligned(max(size, 1))
        offset = offsets[key] = occupied.place(first, last, size, reserved)
        total = max(total, offset + size)
    return offsets, total
