"""Image files for tests of what reads folders of them."""

import pathlib

import numpy as np


def images(*shape):
    return np.random.default_rng(shape).integers(0, 256, shape).astype("float32")


def write_images(folder):
    """Write PNG files of three classes in folders, with one in a folder below and one of another kind of file."""
    from PIL import Image

    for number, (name, mode) in enumerate(
        [
            ("a/1.png", "RGB"), ("a/2.png", "L"), ("a/more/3.png", "RGBA"), ("b/1.png", "RGB"), ("b/2.PNG", "RGB"),
            ("b/10.png", "RGB"), ("c/x.png", "RGB"),
        ]
    ):  # fmt: skip
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        channels = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
        pixels = images(6 + number, 9 - number, channels).astype("uint8")
        Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels).save(path)
    (pathlib.Path(folder) / "a" / "notes.txt").write_text("no image")
