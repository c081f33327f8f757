"""The arena: values that are alive at the same time never overlap, and others share its memory."""

import numpy as np

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


def test_a_chain_needs_room_for_two_values():
    values = [(i, 1024, i, i + 1) for i in range(100)]
    assert allocate(values, 0)[1] == 2048


def test_nothing_needs_nothing():
    assert allocate([], 64) == ({}, 64)
