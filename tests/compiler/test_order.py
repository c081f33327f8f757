"""The order of units: after any additions and merges it is topological, and merges make no cycle."""

import random

import pytest

from ckeras.compiler import order as module
from ckeras.compiler.order import Order, Vertex, find


class Reference:
    """The same graph as sets of edges between groups, searched exhaustively."""

    def __init__(self):
        self.edges: set[tuple[Vertex, Vertex]] = set()  # (needed, needing)

    def between(self, a: Vertex, b: Vertex) -> bool:
        """Whether a path leads from ``a`` to ``b`` through a third."""
        edges = {(find(u), find(v)) for u, v in self.edges}
        waiting = [v for u, v in edges if u is a and v not in (a, b)]
        seen = set(waiting)
        while waiting:
            u = waiting.pop()
            for v in (v for w, v in edges if w is u and v not in seen):
                seen.add(v)
                waiting.append(v)
        return b in seen


def grown(rng: random.Random, vertices: int, attempts: int, exact: bool = True) -> tuple[Order, Reference]:
    """A random order, in which merges were tried all along; checks each of them."""
    order, reference = Order(), Reference()
    added: list[Vertex] = []
    for number in range(vertices):
        u = Vertex(number)
        recent = added[-rng.choice([2, 5, vertices]) :]
        makers = rng.sample(recent, min(len(recent), rng.choice([0, 1, 2, 3, 8])))
        order.append(u, makers)
        reference.edges.update((maker, u) for maker in makers)
        added.append(u)
        for _ in range(attempts):
            a, b = find(rng.choice(added)), find(rng.choice([u, *recent, *makers]))
            if a is b:
                continue
            blocked = reference.between(a, b) or reference.between(b, a)
            merged = order.merge(a, b)
            assert not (merged and blocked), "a merge made a cycle"
            assert merged == (not blocked) or not exact, "a merge was refused for no reason"
            if merged:
                assert find(b) is a
            check(order, reference)
    return order, reference


def check(order: Order, reference: Reference) -> None:
    """The order has each vertex once, with ascending labels, and after all that it needs."""
    position = {u: i for i, u in enumerate(order)}
    labels = [u.label for u in order]
    assert labels == sorted(set(labels))
    assert all(u.merged is None for u in position)
    for maker, user in reference.edges:
        maker, user = find(maker), find(user)
        assert maker is user or position[maker] < position[user]


@pytest.mark.parametrize("seed", range(40))
def test_merges_keep_a_random_order_topological(seed):
    rng = random.Random(seed)
    order, _ = grown(rng, vertices=rng.randint(5, 40), attempts=rng.randint(1, 4))
    members = [m for u in order for m in u.members]
    assert sorted(m.number for m in members) == list(range(len(members)))


@pytest.mark.parametrize("spacing", [1, 2])
def test_labels_are_renewed_when_they_run_out(spacing, monkeypatch):
    monkeypatch.setattr(module, "SPACING", spacing)
    for seed in range(10):
        grown(random.Random(seed), vertices=30, attempts=4)
    order, reference, vertices = Order(), Reference(), [Vertex(i) for i in range(6)]
    for u in vertices:  # the first is needed by the second and third, the last needs the fourth and fifth
        makers = {1: vertices[:1], 2: vertices[:1], 5: vertices[3:5]}.get(u.number, [])
        order.append(u, makers)
        reference.edges.update((maker, u) for maker in makers)
    assert order.merge(vertices[0], vertices[5])
    check(order, reference)


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_search_that_gives_up_refuses(limit, monkeypatch):
    monkeypatch.setattr(module, "MAX_SEARCH", limit)
    for seed in range(10):
        grown(random.Random(seed), vertices=25, attempts=3, exact=False)


def test_a_long_path_is_seen_without_walking_it(monkeypatch):
    monkeypatch.setattr(module, "_walk", None)  # would fail
    order, chain = Order(), [Vertex(i) for i in range(1000)]
    for u in chain:
        order.append(u, chain[u.number - 1 : u.number])
    assert not order.merge(chain[0], chain[-1])
    assert not order.merge(chain[-1], chain[300])


def test_a_path_through_a_third_is_found_from_the_side_that_is_searched_sooner():
    order, (first, third, *others, second) = Order(), [Vertex(i) for i in range(8)]
    order.append(first, [])
    order.append(third, [first])
    for u in others:
        order.append(u, [])
    order.append(second, [*others, third])
    assert not order.merge(first, second)
    assert order.merge(first, third) and order.merge(first, second)


def test_a_merge_looks_at_the_smaller_side_only(monkeypatch):
    order, hub = Order(), Vertex(0)
    order.append(hub, [])
    crowd = [Vertex(i) for i in range(1, 2000)]
    for u in crowd:
        order.append(u, [hub])
    last = Vertex(2000)
    order.append(last, [])
    monkeypatch.setattr(module, "MAX_SEARCH", 2)
    assert order.merge(hub, last)
    assert [u.number for u in order][:2] == [0, 1]
