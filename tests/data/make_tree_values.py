"""What the functions of `keras.tree` do with structures of all kinds, asked of Keras or of ckeras.

`python tests/data/make_tree_values.py` asks Keras 3.15 (with optree) and writes the answers next to this file: what
comes back as text, or which error is raised.
"""

import json
import os
import pathlib
import time
from collections import OrderedDict, UserDict, defaultdict, deque, namedtuple

VALUES = pathlib.Path(__file__).with_name("tree_values.json")
Point = namedtuple("Point", "x y")


class Place(Point):
    """A named tuple by inheritance."""


class Rows(list):
    """A list of another type."""


class Named(dict):
    """A dict of another type."""


class Pair(tuple):
    """A tuple of another type."""


STRUCTURES = {
    "leaf": 1,
    "none": None,
    "text": "ab",
    "set": {1},
    "range": range(3),
    "empty list": [],
    "empty tuple": (),
    "empty dict": {},
    "list": [1, [2, None], (3,)],
    "dict": {"b": 1, "a": [2, {"d": 3, "c": 4}]},
    "named tuple": Point(1, [2]),
    "named tuple by inheritance": Place(1, 2),
    "ordered dict": OrderedDict(b=1, a=2),
    "default dict": defaultdict(list, {"b": 1, "a": (2,)}),
    "deque": deque([1, [2]], maxlen=4),
    "time": time.gmtime(0),
    "list of another type": [Rows([1, 2])],
    "dict of another type": [Named(a=1)],
    "tuple of another type": [Pair((1, 2))],
    "user dict": UserDict(a=1),
    "keys of numbers": {2.5: 1, 1: 2},
    "keys of two kinds": {"a": 1, 2: 3},
    "keys of tuples": {(1, 2): 3, "a": 1},
    "key None": {None: 1, 2: 3},
}
PAIRS = {
    "alike": ([1, {"a": 2}], [3, {"a": 4}]),
    "leaves": (1, 2),
    "leaf and list": (1, [2]),
    "list and leaf": ([1], 2),
    "list and tuple": ([1], (2,)),
    "empty list and tuple": ([], ()),
    "fewer": ([1, 2], [1]),
    "deeper": ([1], [[1]]),
    "shallower": ([[1]], [1]),
    "dict and ordered dict": ({"b": 1, "a": 2}, OrderedDict(b=3, a=4)),
    "ordered dict and dict": (OrderedDict(b=3, a=4), {"a": 1, "b": 2}),
    "default dict and dict": (defaultdict(list, {"b": 1}), {"b": 2}),
    "orders": (OrderedDict(a=1, b=2), OrderedDict(b=1, a=2)),
    "other keys": ({"b": 1, "a": 2}, {"b": 1, "c": 2}),
    "more keys": ({"b": 1}, {"b": 1, "c": 2}),
    "named tuples": (Point(1, 2), Point(3, 4)),
    "types of named tuples": (Point(1, 2), Place(1, 2)),
    "named tuple and tuple": (Point(1, 2), (1, 2)),
    "tuple and named tuple": ((1, 2), Point(1, 2)),
    "deque and list": (deque([1]), [1]),
    "deques": (deque([1]), deque([1])),
    "lists of other types": (Rows([1]), [1]),
    "None and leaf": ([None, 1], [2, 3]),
    "leaf and None": ([2, 3], [None, 1]),
    "None and list": ([None], [[1]]),
    "Nones": ([None, 1], [None, 2]),
}


def _traversed(tree, structure, top_down):
    seen = []
    result = tree.traverse(seen.append, structure, top_down)
    return result, seen


def _replaced(tree, structure, top_down):
    def other(part):
        if part == 2:
            return tree.MAP_TO_NONE
        return "list" if isinstance(part, list) and len(part) == 1 else None

    return tree.traverse(other, structure, top_down)


def questions(tree):
    """Name -> a function that asks."""
    asked = {}
    for name, s in STRUCTURES.items():
        asked |= {
            f"is_nested {name}": lambda s=s: tree.is_nested(s),
            f"flatten {name}": lambda s=s: tree.flatten(s),
            f"flatten_with_path {name}": lambda s=s: tree.flatten_with_path(s),
            f"map_structure {name}": lambda s=s: tree.map_structure(lambda x: ("leaf", x), s),
            f"map_structure without None {name}": lambda s=s: tree.map_structure(repr, s, none_is_leaf=False),
            f"pack_sequence_as {name}": lambda s=s: tree.pack_sequence_as(s, range(len(tree.flatten(s)))),
            f"pack_sequence_as too few {name}": lambda s=s: tree.pack_sequence_as(s, range(len(tree.flatten(s)) - 1)),
            f"pack_sequence_as too many {name}": lambda s=s: tree.pack_sequence_as(s, range(len(tree.flatten(s)) + 1)),
            f"lists_to_tuples {name}": lambda s=s: tree.lists_to_tuples(s),
            f"traverse down {name}": lambda s=s: _traversed(tree, s, True),
            f"traverse up {name}": lambda s=s: _traversed(tree, s, False),
            f"replace down {name}": lambda s=s: _replaced(tree, s, True),
            f"replace up {name}": lambda s=s: _replaced(tree, s, False),
            f"map_shape_structure {name}": lambda s=s: tree.map_shape_structure(lambda x: ("shape", x), s),
        }
    for name, (a, b) in PAIRS.items():
        asked |= {
            f"map_structure of two {name}": lambda a=a, b=b: tree.map_structure(lambda x, y: (x, y), a, b),
            f"map_structure of two without None {name}": lambda a=a, b=b: tree.map_structure(
                lambda x, y: (x, y), a, b, none_is_leaf=False
            ),
            f"assert_same_structure {name}": lambda a=a, b=b: tree.assert_same_structure(a, b),
            f"assert_same_paths {name}": lambda a=a, b=b: tree.assert_same_paths(a, b),
        }
        if None not in tree.flatten(a):  # where Keras does as its documentation says
            asked[f"map_structure_up_to {name}"] = lambda a=a, b=b: tree.map_structure_up_to(a, lambda x: (x,), b)
    return asked | {
        "map_structure of nothing": lambda: tree.map_structure(len),
        "map_structure of no function": lambda: tree.map_structure(3, [1]),
        "map_structure_up_to of nothing": lambda: tree.map_structure_up_to([1], len),
        "map_structure_up_to of two": lambda: tree.map_structure_up_to(
            {"a": 0, "b": 1}, lambda x, y: (x, y), {"a": [1], "b": 2}, {"a": 3, "b": (4,)}
        ),
        "pack_sequence_as a number": lambda: tree.pack_sequence_as([1], 7),
        "pack_sequence_as structures": lambda: tree.pack_sequence_as([1, 2], [[1], (2,)]),
        "shapes": lambda: tree.map_shape_structure(lambda x: ("shape", x), [(None, 2), {"a": [3, 4]}, (1, (2, 3))]),
    }


def text(value):
    """`repr`, with that of ordered dicts as it was before Python 3.12."""
    if type(value) is OrderedDict:
        return f"OrderedDict([{', '.join(text(item) for item in value.items())}])"
    if type(value) is list:
        return f"[{', '.join(map(text, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(text, value))}{',' if len(value) == 1 else ''})"
    if type(value) is dict:
        return f"{{{', '.join(f'{text(k)}: {text(v)}' for k, v in value.items())}}}"
    return repr(value)


def answers(tree):
    """Name -> what comes back, as text, or the error's name."""
    found = {}
    for name, ask in questions(tree).items():
        try:
            found[name] = text(ask())
        except Exception as error:
            found[name] = type(error).__name__
    return found


def main():
    """Ask Keras, and keep what it says."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    assert keras.__version__.startswith("3.15"), keras.__version__
    VALUES.write_text(json.dumps(answers(keras.tree), indent=0, sort_keys=True) + "\n")
    print(f"{VALUES.stat().st_size} bytes")


if __name__ == "__main__":
    main()
