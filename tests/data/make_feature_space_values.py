"""What `FeatureSpace` gives, computed with Keras 3.15 on TensorFlow or with ckeras.

`KERAS_BACKEND=tensorflow python tests/data/make_feature_space_values.py` computes every case below with Keras and
writes the values next to this file.
"""

import json
import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("feature_space_values.json")
TABLE = {
    "s": ["a", "b", "a", "c", "é"],
    "i": [1, 2, 3, 3, -1],
    "f": [0.5, 1.5, 2.5, 3.5, -4.0],
    "g": [1.0, 2.0, 3.0, 4.0, 9.0],
    "h": [0.1, 0.2, 0.3, 0.9, 0.5],
    "hs": ["x", "y", "z", "x", ""],
    "hi": [5, 6, 7, 8, 9],
}
NEW = {
    "s": ["c", "q"], "i": [3, 9], "f": [1.0, 2.0], "g": [0.0, 5.0], "h": [0.25, 2.0], "hs": ["z", "k"], "hi": [7, 100],
}  # fmt: skip
BY_NAME = {
    "s": "string_categorical", "i": "integer_categorical", "f": "float", "g": "float_normalized",
    "h": "float_discretized", "hs": "string_hashed", "hi": "integer_hashed",
}  # fmt: skip


def spaces(space):
    """Case -> arguments."""
    made = {
        "s": space.string_categorical(max_tokens=3, num_oov_indices=2),
        "i": space.integer_categorical(output_mode="int"),
        "f": space.float_rescaled(scale=2.0, offset=1.0),
        "h": space.float_discretized(num_bins=3),
        "g": space.float_discretized(num_bins=4, output_mode="int"),
        "hs": space.string_hashed(num_bins=4),
        "hi": space.integer_hashed(num_bins=6, output_mode="int"),
    }
    crosses = [("s", "i"), ("hs", "hi")]
    yield "names", {"features": BY_NAME}
    sizes = {"crossing_dim": 6, "hashing_dim": 3, "num_discretization_bins": 4}
    yield "sizes", {"features": BY_NAME, "crosses": crosses, "output_mode": "dict", **sizes}
    yield "made", {"features": made, "output_mode": "dict", "crosses": [space.cross(("i", "s"), 7, "int")]}
    yield "some", {"features": {name: BY_NAME[name] for name in ("f", "s")}, "crosses": []}


def values(space):
    """Case -> JSON, with the class `FeatureSpace`."""
    found = {}
    for case, options in spaces(space):
        made = space(**options)
        names = list(options["features"])
        made.adapt({name: TABLE[name] for name in names})
        for form, given in {
            "table": {name: np.array(TABLE[name]) for name in names},
            "columns": {name: np.array(NEW[name])[:, None] for name in names},
            "sample": {name: NEW[name][1] for name in names},
        }.items():
            result = made(given)
            parts = result if isinstance(result, dict) else {"all": result}
            for part, value in parts.items():
                array = np.asarray(value)
                found[f"{case} {form} {part}"] = [str(array.shape), array.ravel().tolist()]
            found[f"{case} {form} order"] = list(parts)
    return json.loads(json.dumps(found))


if __name__ == "__main__":
    import keras

    VALUES.write_text(json.dumps(values(keras.utils.FeatureSpace), separators=(",", ":")) + "\n")
