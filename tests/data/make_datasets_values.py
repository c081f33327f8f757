"""What the options of Keras's data sets give for small files of the same form.

`KERAS_BACKEND=jax python tests/data/make_datasets_values.py` runs every case below with Keras 3.15 and writes the
results next to this file. The tests run the same cases with ckeras and compare.
"""

import json
import pathlib

import numpy as np

VALUES = pathlib.Path(__file__).with_name("datasets_values.json")


def sequences(count, seed):
    """Lists of word indices, of different lengths, in an object array."""
    rng = np.random.RandomState(seed)
    found = np.empty(count, object)
    found[:] = [[int(word) for word in rng.randint(1, 30, rng.randint(1, 8))] for _ in range(count)]
    return found


def files():
    """Name of a file -> its arrays."""
    rng = np.random.RandomState(5)
    return {
        "imdb.npz": {
            "x_train": sequences(12, 1),
            "y_train": np.arange(12) % 2,
            "x_test": sequences(9, 2),
            "y_test": np.arange(9) % 2,
        },
        "reuters.npz": {"x": sequences(17, 3), "y": np.arange(17) % 5},
        "boston_housing.npz": {"x": rng.randint(0, 99, (11, 13)) / 4.0, "y": rng.randint(0, 99, 11) / 4.0},
        "california_housing.npz": {"x": rng.randint(0, 99, (610, 2)) / 4.0, "y": rng.randint(0, 99, 610) / 4.0},
    }


# name: data set, options
CASES = {
    "imdb": ("imdb", {}),
    "imdb, words": ("imdb", {"num_words": 20, "skip_top": 6}),
    "imdb, dropped words": ("imdb", {"num_words": 20, "skip_top": 6, "oov_char": None}),
    "imdb, length": ("imdb", {"maxlen": 5, "seed": 3}),
    "imdb, no start": ("imdb", {"start_char": None}),
    "imdb, no start, no shift": ("imdb", {"start_char": None, "index_from": 0, "oov_char": 9}),
    "imdb, shift": ("imdb", {"start_char": 7, "index_from": 10}),
    "reuters": ("reuters", {}),
    "reuters, words": ("reuters", {"num_words": 20, "skip_top": 6, "test_split": 0.5}),
    "reuters, dropped words": ("reuters", {"num_words": 20, "oov_char": None, "seed": 1}),
    "reuters, length": ("reuters", {"maxlen": 5}),
    "reuters, no start": ("reuters", {"start_char": None, "index_from": 0, "test_split": 0.0}),
    "boston_housing": ("boston_housing", {}),
    "boston_housing, split": ("boston_housing", {"test_split": 0.5, "seed": 4}),
    "california_housing, small": ("california_housing", {"version": "small", "test_split": 0.99}),
    "california_housing": ("california_housing", {"test_split": 0.99, "seed": 2}),
}


def run(datasets, name):
    """The result of a case in plain values; of larger ones the first part only."""
    dataset, options = CASES[name]
    parts = getattr(datasets, dataset).load_data(**options)
    return [[np.asarray(array)[:40].tolist() + [len(array)] for array in part] for part in parts]


def main():
    import tempfile

    import keras
    from keras.src import datasets as modules

    assert keras.__version__.startswith("3.15"), keras.__version__
    with tempfile.TemporaryDirectory() as folder:
        for name, arrays in files().items():
            np.savez(f"{folder}/{name}", **arrays)
        for dataset in {dataset for dataset, _ in CASES.values()}:
            module = getattr(modules, dataset)
            module.get_file = lambda fname, **options: f"{folder}/{fname}"
        VALUES.write_text(json.dumps({name: run(keras.datasets, name) for name in CASES}) + "\n")


if __name__ == "__main__":
    main()
