"""What data sets of files and of arrays give, computed with Keras 3.15 on TensorFlow or with ckeras.

`KERAS_BACKEND=tensorflow python tests/data/make_dataset_values.py` computes every case below with Keras and writes the
values next to this file. The order in which a shuffled data set gives its files is that of tf.data, so only the files
of each subset are compared there.
"""

import pathlib
import random
import sys
import tempfile
import wave

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / "shared"))
from image_files import write_images

VALUES = pathlib.Path(__file__).with_name("dataset_values.npz")
SERIES = np.arange(24.0, dtype="float32").reshape(12, 2)


def write_texts(folder):
    for name, text in {
        "x/1.txt": "äbc def",
        "x/2.txt": "",
        "y/10.TXT": "hello\nworld",
        "y/9.txt": "a",
        "y/no.md": "b",
    }.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_sounds(folder):
    for number, name in enumerate(["p/1.wav", "p/2.wav", "q/3.wav"]):
        path = pathlib.Path(folder) / name
        path.parent.mkdir(exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes((np.arange(5 + 3 * number) * 1000 - 3000).astype("<i2").tobytes())


def parts(dataset):
    """All arrays that a data set gives, numbered; strings in hexadecimal."""
    for number, element in enumerate(dataset):
        for part, value in enumerate(element if isinstance(element, tuple) else [element]):
            array = np.asarray(value.numpy())
            if array.dtype == object or isinstance(value.numpy(), bytes):
                array = np.array([text.hex() for text in np.asarray(value.numpy(), object).ravel().tolist()])
            yield f"{number} {part}", array


def of_folders(utils):
    write = {"image": write_images, "text": write_texts, "audio": write_sounds}
    cases = {
        "image": [
            {}, {"label_mode": "categorical", "color_mode": "rgba"}, {"labels": None}, {"label_mode": None},
            {"interpolation": "nearest"}, {"interpolation": "bicubic"}, {"interpolation": "lanczos3"},
            {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True},
            {"data_format": "channels_first"}, {"batch_size": None}, {"class_names": ["c", "a", "b"]},
            {"labels": [3, 1, 2, 0, 1, 2, 0]}, {"labels": [0, 1, 1, 0, 1, 0, 0], "label_mode": "binary"},
            {"class_names": ["b", "a"], "label_mode": "binary", "batch_size": 2},
        ],
        "text": [{}, {"max_length": 3}, {"batch_size": None}, {"label_mode": None}, {"label_mode": "categorical"}],
        "audio": [{}, {"output_sequence_length": 7}, {"batch_size": None}, {"labels": None}, {"batch_size": 2}],
    }  # fmt: skip
    for kind, every in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            write[kind](folder)
            function = getattr(utils, f"{kind}_dataset_from_directory")
            size = {"image_size": (4, 5)} if kind == "image" else {}
            for options in every:
                dataset = function(folder, shuffle=False, verbose=False, **size, **options)
                for name, array in parts(dataset):
                    yield f"{kind} {options} {name}", array
                yield f"{kind} {options} classes", np.array(str(dataset.class_names))
    with tempfile.TemporaryDirectory() as folder:
        write_images(folder)
        for seed in range(4):
            options = {"validation_split": 0.4, "seed": seed, "verbose": False}
            both = utils.image_dataset_from_directory(folder, subset="both", **options)
            one = utils.image_dataset_from_directory(folder, subset="validation", **options)
            for name, dataset in zip(("training", "validation", "one"), (*both, one), strict=True):
                names = [pathlib.Path(path).relative_to(folder).as_posix() for path in dataset.file_paths]
                yield f"files {seed} {name}", np.array(names)


def of_arrays(utils):
    for options in (
        {"sequence_length": 3},
        {"sequence_length": 3, "sequence_stride": 2, "sampling_rate": 2, "batch_size": 2},
        {"sequence_length": 2, "start_index": 1, "end_index": 9, "batch_size": 3},
        {"sequence_length": 4, "batch_size": None},
    ):
        for targets in (None, SERIES[:, 0] * 10, *([] if "start_index" in options else [SERIES[:6]])):
            dataset = utils.timeseries_dataset_from_array(SERIES, targets, **options)
            length = None if targets is None else len(targets)
            for name, array in parts(dataset):
                yield f"series {options} {length} {name}", array
    for options in (
        {"left_size": 0.5}, {"right_size": 0.3}, {"left_size": 2}, {"left_size": 2, "right_size": 3},
        {"left_size": 0.4, "right_size": 0.3}, {"left_size": 5, "shuffle": True, "seed": 1},
    ):  # fmt: skip
        for kind, data in (("array", SERIES), ("tuple", (SERIES, SERIES[:, 0])), ("list", [SERIES, SERIES])):
            for side, dataset in zip(("left", "right"), utils.split_dataset(data, **options), strict=True):
                for name, array in parts(dataset):
                    yield f"split {options} {kind} {side} {name}", array


def values(utils):
    """Case -> array, with the functions of `keras.utils`."""
    random.seed(0)
    return dict([*of_folders(utils), *of_arrays(utils)])


if __name__ == "__main__":
    import keras

    np.savez_compressed(VALUES, **values(keras.utils))
