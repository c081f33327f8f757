"""Structures are taken apart and put together as in Keras."""

import importlib.util
import json
import pathlib
from collections import OrderedDict

import pytest

import ckeras
from ckeras import tree

_SCRIPT = pathlib.Path(__file__).parents[1] / "data" / "make_tree_values.py"


def _made():
    spec = importlib.util.spec_from_file_location("make_tree_values", _SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_MADE = _made()
_EXPECTED = json.loads(_MADE.VALUES.read_text())
_FOUND = _MADE.answers(tree)


def test_every_question_has_an_answer_of_keras():
    assert set(_FOUND) == set(_EXPECTED)


@pytest.mark.parametrize("name", sorted(_EXPECTED))
def test_as_in_keras(name):
    assert _FOUND[name] == _EXPECTED[name]


def test_none_may_stand_for_what_is_deeper():
    assert tree.map_structure_up_to([None, None], len, [[1, 1], [2]]) == [2, 1]
    assert tree.map_structure_up_to([None, [None, None]], str, [[1, 1], [2, 2]]) == ["[1, 1]", ["2", "2"]]


def test_tensors_are_leaves():
    x, y = ckeras.ops.ones((2, 3)), ckeras.Input((2,))
    assert tree.flatten({"b": x, "a": [y]}) == [y, x]
    assert tree.map_structure(lambda t: t.shape, [x, (y,)]) == [(2, 3), ((None, 2),)]


@pytest.mark.parametrize("checked", [True, False])
def test_check_types_is_said_to_have_no_effect(checked):
    with pytest.warns(DeprecationWarning, match="check_types has no effect"):
        tree.assert_same_structure([1], [2], check_types=checked)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: tree.pack_sequence_as([1, 2], [3]), "expects 2 items for the leaves of the structure, got 1"),
        (lambda: tree.map_structure(max, [1], (2,)), r"expected a structure like \[1\], got \(2,\)"),
        (lambda: tree.map_structure(max, {"a": 1}, {"b": 2}), r"expected the keys \['a'\], got \['b'\]"),
        (lambda: tree.map_structure(max, [1, 2], [3]), r"expected 2 items as in \[1, 2\], got \[3\]"),
        (lambda: tree.map_structure(max, [1], [[2]]), r"alike: \[2\] stands where a leaf is"),
        (lambda: tree.map_structure(max), "map_structure expects at least one structure"),
        (lambda: tree.map_structure_up_to([1], len), "map_structure_up_to expects at least one structure"),
        (lambda: tree.assert_same_structure(1, [2]), r"expected a leaf, got \[2\]"),
        (lambda: tree.assert_same_paths([1], {"a": 1}), r"first structure alone has \(0,\), the second alone has"),
        (lambda: tree.assert_same_paths([1, 2], [1]), "the second alone has nothing"),
    ],
)
def test_errors_say_what_differs(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_packing_keeps_the_order_of_keys():
    assert list(tree.pack_sequence_as({"b": 0, "a": 0}, [1, 2]).items()) == [("b", 2), ("a", 1)]
    assert list(tree.pack_sequence_as(OrderedDict(b=0, a=0), [1, 2]).items()) == [("b", 1), ("a", 2)]
