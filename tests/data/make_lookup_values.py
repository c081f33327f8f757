"""What the preprocessing layers of strings and categories give, computed with Keras 3.15 on TensorFlow or with ckeras.

`KERAS_BACKEND=tensorflow python tests/data/make_lookup_values.py` computes every case below with Keras and writes the
values next to this file. In modes other than "int", Keras gives int64 vectors for some layers; here all are floats.
"""

import json
import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("lookup_values.json")
WORDS = np.array([["b", "a", "b"], ["c", "c", "c"], ["d", "[UNK]", "zz"], ["", "b", "é"]])
NUMBERS = np.array([[3, 3, 1], [2, 2, 2], [-1, -7, 10**12], [0, 3, 2]])
NEW = np.array([["a", "q"], ["zz", "b"], ["", "hello world"], ["x" * 40, "y" * 70]])
NEW_NUMBERS = np.array([[3, 4], [5, -6], [0, 10**12], [-7, 2]])
TEXTS = ["the cat sat.", "THE dog, the\tcat!", "a b\x0bc - it's", "", "Ünïcode ÄB «q» x\u00a0y"]
NEW_TEXTS = ["the dog zebra", "", "CAT sat on it's the «q»"]
FORMS = {"rows": NEW, "row": NEW[:, 0], "column": NEW[:, :1], "scalar": NEW[0, 0], "three": NEW[None]}


def plain(value):
    """A result as lists."""
    array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    if array.dtype == object or array.dtype.kind == "S":
        return [str(array.shape), [text.decode() for text in array.ravel().tolist()]]
    return [str(array.shape), array.ravel().tolist()]


def lookups(layers):
    for number, options in enumerate(
        [
            {}, {"mask_token": ""}, {"num_oov_indices": 3}, {"num_oov_indices": 3, "salt": [3, 4], "mask_token": "a"},
            {"max_tokens": 4}, {"num_oov_indices": 2, "salt": 7, "max_tokens": 5, "mask_token": ""},
        ]
    ):  # fmt: skip
        for mode in ("int", "one_hot", "multi_hot", "count", "tf_idf"):
            layer = layers.StringLookup(output_mode=mode, **options)
            layer.adapt(WORDS)
            yield (
                f"string {number} {mode} vocabulary",
                [[str(w) for w in layer.get_vocabulary()], layer.vocabulary_size()],
            )
            for form, given in FORMS.items():
                if form != "three" or mode in ("int", "one_hot"):  # Keras sums over axis 1 of three
                    yield f"string {number} {mode} {form}", plain(layer(given))
    layer = layers.StringLookup(vocabulary=["p", "q"], output_mode="tf_idf", idf_weights=[0.5, 0.25], max_tokens=6,
                                pad_to_max_tokens=True)  # fmt: skip
    yield "string weights", plain(layer(NEW))
    for mask in (None, "m"):
        layer = layers.StringLookup(vocabulary=["p", "q"], invert=True, mask_token=mask)
        yield f"string inverse {mask}", plain(layer(np.array([[0, 1, 2, 3, 9]])))
    for number, options in enumerate(
        [
            {}, {"mask_token": 0}, {"num_oov_indices": 3}, {"num_oov_indices": 3, "oov_method": "farmhash"},
            {"num_oov_indices": 4, "oov_method": "farmhash", "salt": [5, 6], "mask_token": 3}, {"max_tokens": 3},
        ]
    ):  # fmt: skip
        for mode in ("int", "one_hot", "count", "tf_idf"):
            layer = layers.IntegerLookup(output_mode=mode, **options)
            layer.adapt(NUMBERS)
            yield f"integer {number} {mode} vocabulary", [int(w) for w in layer.get_vocabulary()]
            yield f"integer {number} {mode}", plain(layer(NEW_NUMBERS))
    yield "integer inverse", plain(layers.IntegerLookup(vocabulary=[10, 20], invert=True)(np.array([1, 0, 2, 5])))


def hashes(layers):
    for number, options in enumerate(
        [
            {}, {"salt": 3}, {"salt": [3, 4]}, {"mask_value": ""}, {"output_mode": "one_hot"},
            {"output_mode": "multi_hot"}, {"output_mode": "count", "salt": 9},
        ]
    ):  # fmt: skip
        for bins in (7, 10**6):
            if bins == 7 or "output_mode" not in options:
                layer = layers.Hashing(bins, **options)
                for form, given in FORMS.items():
                    if form in ("scalar", "three") and "output_mode" in options:
                        continue  # fails in Keras, or sums over axis 1
                    yield f"hash {number} {bins} {form}", plain(layer(given))
                if "mask_value" not in options:
                    yield f"hash {number} {bins} numbers", plain(layer(NEW_NUMBERS))
    yield "hash mask number", plain(layers.Hashing(9, mask_value=3)(NEW_NUMBERS))
    columns = {"s": NEW[:, 0], "t": NEW[:, 1], "i": NEW_NUMBERS[:, 0], "j": NEW_NUMBERS[:, 1]}
    for crossed in ("st", "si", "is", "ij", "sti", "jist"):
        for mode, bins in (("int", 10**9), ("one_hot", 5)):
            layer = layers.HashedCrossing(bins, output_mode=mode)
            yield f"cross {crossed} {mode} row", plain(layer(tuple(columns[c] for c in crossed)))
            yield f"cross {crossed} {mode} column", plain(layer(tuple(columns[c][:, None] for c in crossed)))
    yield "cross scalar", plain(layers.HashedCrossing(10**9)((NEW[0, 0], NEW[0, 1])))


def bins(layers):
    values = np.array([[-1.5, 0.0, 0.5, np.nan], [1.0, 2.0, 9.0, np.inf]], "float32")
    for mode in ("int", "one_hot", "multi_hot", "count"):
        layer = layers.Discretization(bin_boundaries=[0.0, 1.0, 2.0], output_mode=mode)
        yield f"bins {mode}", plain(layer(values))
        yield f"bins {mode} column", plain(layer(values[:, :1]))
    rng = np.random.RandomState(0)
    for number, (data, options) in enumerate(
        [
            (np.arange(10.0), {"num_bins": 4}), (rng.rand(1000), {"num_bins": 4, "epsilon": 0.1}),
            (rng.randn(1000, 2), {"num_bins": 7}), (np.arange(7.0), {"num_bins": 4, "epsilon": 0.3}),
        ]
    ):  # fmt: skip
        layer = layers.Discretization(**options)
        layer.adapt(data)
        yield f"bins adapted {number}", [float(boundary) for boundary in layer.bin_boundaries]
    layer = layers.Discretization(num_bins=5)
    for part in np.split(rng.randn(600), 3):
        layer.update_state(part)
    layer.finalize_state()
    yield "bins of parts", [float(boundary) for boundary in layer.bin_boundaries]


def texts(layers):
    for number, options in enumerate(
        [
            {}, {"max_tokens": 5}, {"output_sequence_length": 2}, {"output_sequence_length": 9}, {"ngrams": 2},
            {"ngrams": (3, 1)}, {"standardize": None}, {"standardize": "lower"}, {"standardize": "strip_punctuation"},
            {"split": "character"}, {"split": None}, {"output_mode": "multi_hot"}, {"output_mode": "count"},
            {"output_mode": "tf_idf", "ngrams": 2},
            {"output_mode": "count", "max_tokens": 30, "pad_to_max_tokens": True},
        ]
    ):  # fmt: skip
        layer = layers.TextVectorization(**options)
        layer.adapt(TEXTS)
        yield f"text {number} vocabulary", [[str(w) for w in layer.get_vocabulary()], layer.vocabulary_size()]
        yield f"text {number} row", plain(layer(np.array(NEW_TEXTS)))
        if options.get("split", "") is not None:
            yield f"text {number} column", plain(layer(np.array(NEW_TEXTS)[:, None]))
            yield f"text {number} scalar", plain(layer(NEW_TEXTS[0]))
    layer = layers.TextVectorization(vocabulary=["cat", "dog"], output_mode="tf_idf", idf_weights=[0.5, 2.0])
    yield "text weights", plain(layer(np.array(NEW_TEXTS)))


def values(layers):
    """Case -> JSON, with `keras.layers`."""
    return json.loads(json.dumps(dict([*lookups(layers), *hashes(layers), *bins(layers), *texts(layers)])))


if __name__ == "__main__":
    import keras

    VALUES.write_text(json.dumps(values(keras.layers), ensure_ascii=False, separators=(",", ":")) + "\n")
