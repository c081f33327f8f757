"""The arena: values that are alive at the same time never overlap, and others share its memory."""

import numpy as np
import pytest
from ckeras._kernels.intervals import Occupied

from ckeras.compiler.memory import ALIGNMENT, aligned, allocate


def test_values_alive_together_do_not_overlap():
    rng = np.random.default_rng(0)
    for _ in range(50):
        values = []
        for key in range(30):
            first = int(rng.integers(0, 40))
            values.append((key, int(rng.integers(0, 5000)), first, first + int(rng.integers(0, 12))))
        offsets, total = allocate(values, reserved=128)
        for key, size, first, last in values:
            begin, end = offsets[key], offsets[key] + aligned(max(size, 1))
            assert begin >= 128 and begin % ALIGNMENT == 0 and end <= total
            for other, other_size, other_first, other_last in values:
                if other == key or other_last < first or last < other_first:
                    continue
                other_begin = offsets[other]
                assert end <= other_begin or other_begin + aligned(max(other_size, 1)) <= begin


def test_the_largest_values_come_first_and_each_at_its_lowest_free_offset():
    rng = np.random.default_rng(1)
    for _ in range(50):
        values = []
        for key in range(int(rng.integers(1, 60))):
            first = int(rng.integers(0, 40))
            size = int(rng.choice([64, 128, 640, int(rng.integers(0, 5000))]))
            values.append((key, size, first, first + int(rng.integers(0, 40))))
        placed: list[tuple[int, int, int, int]] = []  # begin, end, first, last
        expected = {}
        for key, size, first, last in sorted(values, key=lambda v: -v[1]):
            size, offset = aligned(max(size, 1)), 128
            for begin, end, *_ in sorted(p for p in placed if p[2] <= last and first <= p[3]):
                if begin - offset >= size:
                    break
                offset = max(offset, end)
            placed.append((offset, offset + size, first, last))
            expected[key] = offset
        assert allocate(values, 128) == (expected, max(end for _, end, *_ in placed))


def test_a_value_may_lie_where_one_ended_that_was_last_used_before():
    assert allocate([(0, 64, 0, 3), (1, 64, 4, 5)], 0) == ({0: 0, 1: 0}, 64)
    assert allocate([(0, 64, 0, 3), (1, 64, 3, 5)], 0) == ({0: 0, 1: 64}, 128)


def test_a_chain_needs_memory_for_two_values():
    values = [(i, 1024, i, i + 1) for i in range(100)]
    assert allocate(values, 0)[1] == 2048


def test_nothing_needs_nothing():
    assert allocate([], 64) == ({}, 64)


def test_lifetimes_outside_of_the_plan_are_refused():
    occupied = Occupied(5)  # rounded up to 8 times
    for first, last in ((-1, 2), (3, 2), (0, 8)):
        with pytest.raises(IndexError, match="lifetime"):
            occupied.place(first, last, 64, 0)
    assert occupied.place(0, 4, 64, 0) == 0
