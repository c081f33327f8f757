"""``tensorflow.nest``: nested lists, tuples and dicts."""

from ckeras.compat.tensorflow.table import names_of

ROWS = {
    "flatten": "tree.flatten(structure)",
    "is_nested": "tree.is_nested(structure)",
    "map_structure": "tree.map_structure",
    "assert_same_structure": "tree.assert_same_structure(nest1=a, nest2=b)",
    "pack_sequence_as": "tree.pack_sequence_as(structure, flat_sequence)",
}

__getattr__, __dir__ = names_of(__name__, ROWS)
