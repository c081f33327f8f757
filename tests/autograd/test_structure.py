"""Nested structures of values."""

from collections import OrderedDict, namedtuple

import pytest

from ckeras.tensor.structure import flatten, map_structure, pack

Pair = namedtuple("Pair", "left right")
STRUCTURES = [
    (1, [1]),
    (None, [None]),
    ([], []),
    ({}, []),
    ((1, [2, (3,)]), [1, 2, 3]),
    ({"b": 1, "a": [2, 3]}, [2, 3, 1]),
    (OrderedDict([("z", 1), ("a", 2)]), [2, 1]),
    (Pair(1, {"x": 2}), [1, 2]),
    ([{"k": (None, "text")}], [None, "text"]),
]


@pytest.mark.parametrize(("structure", "leaves"), STRUCTURES, ids=repr)
def test_there_and_back(structure, leaves):
    assert flatten(structure) == leaves
    again = pack(structure, leaves)
    assert again == structure
    assert type(again) is type(structure)
    if isinstance(structure, dict):
        assert list(again) == list(structure)


@pytest.mark.parametrize(("structure", "leaves"), STRUCTURES, ids=repr)
def test_map(structure, leaves):
    assert flatten(map_structure(lambda leaf: [leaf], structure)) == leaves
    seen = []
    map_structure(seen.append, structure)
    assert seen == leaves
