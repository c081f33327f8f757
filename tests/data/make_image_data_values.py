"""What the functions for image data give, computed with Keras 2 (tf_keras) or with ckeras.

`python tests/data/make_image_data_values.py` computes every case below with tf_keras, with SciPy and Pillow installed,
and writes the values next to this file. Image files are those of `tests/shared/image_files.py`.

Keras 2 applies `height_shift_range` to columns and `width_shift_range` to rows, against its documentation, so it is
given them exchanged. It takes the half height for the center of columns and conversely, so images are square here.
"""

import pathlib
import sys
import tempfile

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / "shared"))
from image_files import images, write_images

VALUES = pathlib.Path(__file__).with_name("image_data_values.npz")


GENERATORS = {
    "flips": {"horizontal_flip": True, "vertical_flip": True},
    "affine": {"rotation_range": 40, "width_shift_range": 0.2, "height_shift_range": 0.3, "shear_range": 20,
               "zoom_range": 0.3},
    "constant": {"rotation_range": 90, "zoom_range": [0.5, 2], "fill_mode": "constant", "cval": 7.0},
    "reflect": {"rotation_range": 90, "zoom_range": [1.5, 4], "fill_mode": "reflect", "interpolation_order": 0},
    "wrap": {"rotation_range": 60, "width_shift_range": 3, "height_shift_range": [1, -2, 4], "fill_mode": "wrap"},
    "channels": {"channel_shift_range": 50.0, "brightness_range": (0.5, 1.5), "rescale": 1 / 255},
    "samples": {"samplewise_center": True, "samplewise_std_normalization": True,
                "preprocessing_function": lambda x: x * 2 + 1},
    "features": {"featurewise_center": True, "featurewise_std_normalization": True},
    "whitening": {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 1e-2},
}  # fmt: skip

EXCHANGED = {"height_shift_range": "width_shift_range", "width_shift_range": "height_shift_range"}


def generators(image):
    x = images(5, 7, 7, 3)
    for name, options in GENERATORS.items():
        if image.__name__.startswith("tf_keras"):
            options = {EXCHANGED.get(key, key): value for key, value in options.items()}
        generator = image.ImageDataGenerator(**options)
        if "feature" in str(options):
            generator.fit(x / 255)
        scaled = x / 255 if "feature" in str(options) else x
        batches = generator.flow(scaled, np.arange(5), batch_size=2, seed=3, sample_weight=np.ones(5))
        for number in range(4):  # beyond the first pass
            found = next(batches)
            for part, array in zip("xyw", found, strict=True):
                yield f"{name} {number} {part}", array
        yield f"{name} by index", batches[2][0]
    generator = image.ImageDataGenerator(rotation_range=10, featurewise_center=True)
    generator.fit(x, augment=True, rounds=2, seed=1)
    yield "augmented mean", generator.mean
    first = image.ImageDataGenerator(data_format="channels_first", rotation_range=45, horizontal_flip=True)
    np.random.seed(0)
    yield "channels first", first.random_transform(x[0].transpose(2, 0, 1))
    split = image.ImageDataGenerator(validation_split=0.4)
    for subset in ("training", "validation"):
        batches = split.flow(x, [0, 1, 0, 1, 0], subset=subset, shuffle=False)
        yield f"{subset}", next(batches)[1]


def functions(image):
    x = images(6, 6, 3)
    axes = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
    for mode in ("nearest", "constant", "reflect", "wrap"):
        for order in (0, 1):
            for name, options in {
                "theta": {"theta": 33}, "shift": {"tx": 2.5, "ty": -1.25}, "shear": {"shear": 25},
                "zoom": {"zx": 2.7, "zy": 0.6}, "all": {"theta": -70, "tx": 6, "ty": 9, "shear": 10, "zx": 3, "zy": 4},
            }.items():  # fmt: skip
                given = {**options, **axes, "fill_mode": mode, "order": order, "cval": 3.0}
                yield f"affine {mode} {order} {name}", image.apply_affine_transform(x, **given)
    yield "affine uint8", image.apply_affine_transform(x.astype("uint8"), theta=20, **axes)
    np.random.seed(5)
    yield "random_rotation", image.random_rotation(x, 30, **axes)
    yield (
        "random_shift",
        image.random_shift(x, *((0.4, 0.3) if image.__name__.startswith("tf_keras") else (0.3, 0.4)), **axes),
    )
    yield "random_shear", image.random_shear(x, 30, **axes)
    yield "random_zoom", image.random_zoom(x, (0.5, 1.5), **axes)
    yield "random_channel_shift", image.random_channel_shift(x, 40.0, 2)
    yield "random_brightness", image.random_brightness(x, (0.4, 1.9))
    yield "brightness", image.apply_brightness_shift(x, 1.3, scale=False)
    yield "brightness beyond", image.apply_brightness_shift(x * 2 - 100, 1.3, scale=False)
    for name, part in {"rgb": x, "gray": x[:, :, :1], "negative": x - 300, "flat": x * 0 + 4}.items():
        for scale in (True, False):
            if scale or name not in ("negative",):
                yield f"array_to_img {name} {scale}", np.asarray(image.array_to_img(part, scale=scale))
    yield "array_to_img wide", np.asarray(image.array_to_img(x[:, :, :1] * 100, scale=False))
    yield "array_to_img first", np.asarray(image.array_to_img(x.transpose(2, 0, 1), "channels_first"))
    yield "img_to_array", image.img_to_array(image.array_to_img(x), "channels_first", "float64")
    for size in ((3, 3), (9, 4), (5, 12)):
        yield f"smart_resize {size}", image.smart_resize(x, size)
        yield f"smart_resize batch {size}", image.smart_resize(x[None].astype("uint8"), size, "nearest")


def files(image, folder):
    path = pathlib.Path(folder)
    for mode in ("rgb", "rgba", "grayscale"):
        for name in ("a/1.png", "a/2.png", "a/more/3.png"):
            yield f"load {mode} {name}", np.asarray(image.load_img(path / name, color_mode=mode))
    for interpolation in ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"):
        for keep in (False, True):
            options = {"target_size": (4, 7), "interpolation": interpolation, "keep_aspect_ratio": keep}
            yield f"load {options}", np.asarray(image.load_img(path / "b/1.png", **options))
    generator = image.ImageDataGenerator(rescale=1 / 255, rotation_range=30, validation_split=0.4)
    plain = image.ImageDataGenerator(validation_split=0.4)
    for mode in ("categorical", "sparse", "input", None):
        batches = generator.flow_from_directory(folder, (5, 5), class_mode=mode, batch_size=4, seed=2)
        found = next(batches)
        for number, part in enumerate([found] if mode is None else found):
            yield f"directory {mode} {number}", part
    for subset in ("training", "validation"):
        batches = plain.flow_from_directory(
            folder,
            (4, 5),
            color_mode="grayscale",
            class_mode="binary",
            subset=subset,
            shuffle=False,
            classes=["b", "a"],
        )
        yield f"directory {subset} y", next(batches)[1]
        yield f"directory {subset} x", next(batches)[0]
        yield f"directory {subset} names", np.array([name.replace("\\", "/") for name in batches.filenames])
    table = {
        "filename": ["a/1.png", "b/1.png", "none.png", "a/2.png", "a/notes.txt", "b/10.png", "c/x.png"],
        "class": ["u", "v", "u", "w", "w", "v", "u"], "weight": [1.0, 2, 3, 4, 5, 6, 7],
        "p": [10.0, 20, 30, 40, 50, 60, 70], "q": [0, 1, 2, 3, 4, 5, 6],
        "several": [["u", "v"], "w", "u", ["w", "u"], "u", "v", "v"],
    }  # fmt: skip
    frame = table_of(table)
    for case, options in {
        "categorical": {}, "several": {"y_col": "several"}, "sparse": {"class_mode": "sparse", "weight_col": "weight"},
        "binary": {"class_mode": "binary", "classes": ["v", "u"]}, "raw": {"class_mode": "raw", "y_col": "p"},
        "raw list": {"class_mode": "raw", "y_col": ["p"]},
        "raws": {"class_mode": "raw", "y_col": ["p", "q"]}, "input": {"class_mode": "input"},
        "multi": {"class_mode": "multi_output", "y_col": ["p", "q"]}, "none": {"class_mode": None},
        "training": {"class_mode": "raw", "y_col": "q", "subset": "training"},
        "validation": {"class_mode": "raw", "y_col": "q", "subset": "validation"},
    }.items():  # fmt: skip
        batches = plain.flow_from_dataframe(frame, folder, target_size=(3, 4), shuffle=False, **options)
        found = next(batches)
        for number, part in enumerate(found if isinstance(found, tuple) else [found]):
            for inner, array in enumerate(part if isinstance(part, list) else [part]):
                yield f"table {case} {number} {inner}", array
        yield f"table {case} names", np.array(batches.filenames)


def table_of(table):
    """A pandas data frame where pandas is installed."""
    try:
        import pandas
    except ImportError:
        return table
    return pandas.DataFrame({name: pandas.Series(column, dtype=object if isinstance(column[0], (str, list)) else None)
                             for name, column in table.items()})  # fmt: skip


def values(image):
    """Case -> array, with the module ``image`` of a ``preprocessing`` package."""
    with tempfile.TemporaryDirectory() as folder:
        write_images(folder)
        found = dict([*functions(image), *generators(image), *files(image, folder)])
    return {name: np.asarray(array) for name, array in found.items()}


if __name__ == "__main__":
    import tf_keras

    np.savez_compressed(VALUES, **values(tf_keras.preprocessing.image))
