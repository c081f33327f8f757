"""The budget of the cache of plans."""

import weakref

import pytest

from ckeras.tensor import cache
from ckeras.tensor.cache import Plans


@pytest.fixture
def counts(monkeypatch):
    """How often all entries are counted, of a cache of their own with a budget of 1,000 bytes."""
    counts = []

    class Counted(weakref.WeakSet):
        def __iter__(self):
            counts.append(len(self))
            return super().__iter__()

    monkeypatch.setattr(cache, "_entries", Counted())
    monkeypatch.setattr(cache, "_bound", 0)
    monkeypatch.setattr(cache, "BUDGET", 1000)
    return counts


def test_entries_within_the_budget_are_never_counted(counts):
    plans = Plans()
    for i in range(1000):
        plans.put(i, i, 1)
    assert len(plans.values()) == 1000 and not counts


def test_the_least_recently_used_are_dropped_many_at_a_time(counts):
    plans = Plans()
    for i in range(1000):
        plans.put(i, i, 1)
    assert plans.get(0) == 0
    plans.put(1000, 1000, 1)
    kept = plans.values()
    assert len(kept) == 750 and {0, 999, 1000} <= set(kept) and 1 not in kept
    for i in range(250):
        plans.put(f"more {i}", i, 1)
    assert len(plans.values()) == 1000 and len(counts) == 2  # one to count, one to sort


def test_entries_that_have_gone_leave_the_budget_to_others(counts):
    plans = Plans()
    for _ in range(20):
        plans.put("one key", "value", 100)
    for _ in range(20):
        other = Plans()
        other.put("key", "value", 100)
    del other
    assert plans.get("one key") == "value"
    assert len(counts) <= 8


def test_entries_that_fill_the_budget_almost_are_not_counted_each_time(counts):
    plans = Plans()
    for i in range(950):
        plans.put(i, i, 1)
    for _ in range(1000):
        plans.put("one key", "value", 1)
    assert len(counts) <= 16


def test_an_entry_beyond_the_budget_is_kept_alone(counts):
    plans = Plans()
    plans.put("small", 1, 10)
    plans.put("large", 2, 2000)
    assert plans.values() == [2]
