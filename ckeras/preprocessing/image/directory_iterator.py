"""Batches of the images in a folder, of which each folder is a class."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ckeras.preprocessing.folders import files_in, subfolders
from ckeras.preprocessing.image.file_iterator import FileIterator
from ckeras.preprocessing.image.iterator import IMAGE_SUFFIXES


class DirectoryIterator(FileIterator):
    """Batches of the images below a folder, whose folders are the classes.

    Args:
        directory: path of the folder.
        classes: names of the folders in the order of their labels; `None` for all, sorted.
        class_mode: targets are ``"categorical"``: one-hot rows; ``"binary"``, ``"sparse"``: labels; ``"input"``: the
            images themselves; `None`: there are none.
        batch_size, shuffle, seed: as in `Iterator`.
        follow_links: whether folders may be symbolic links.
        image_data_generator, target_size, color_mode, data_format, save_to_dir, save_prefix, save_format, subset,
            interpolation, keep_aspect_ratio, dtype: as in `FileIterator`. The first files of each class are for
            validation.

    Raises:
        ValueError: if an argument is not one of these, or a folder is missing.

    Attributes:
        class_indices: dict name of the class -> label.
        classes: label of each image.
        filenames: path of each image, relative to the folder.
    """

    allowed_class_modes = ("categorical", "binary", "sparse", "input", None)

    def __init__(
        self,
        directory: Any,
        image_data_generator: Any,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ):
        super().__init__(
            batch_size, shuffle, seed, image_data_generator, target_size, color_mode, class_mode, data_format,
            save_to_dir, save_prefix, save_format, subset, interpolation, keep_aspect_ratio, dtype,
        )  # fmt: skip
        directory = os.fspath(directory)
        names = list(classes) if classes else subfolders(directory, "DirectoryIterator")
        self.class_indices = {name: label for label, name in enumerate(names)}
        filenames: list[str] = []
        labels: list[int] = []
        for name, label in self.class_indices.items():
            found = files_in(os.path.join(directory, name), IMAGE_SUFFIXES, follow_links, "DirectoryIterator")
            begin, end = (int(share * len(found)) for share in self.split)
            filenames += [os.path.relpath(path, directory) for path in found[begin:end]]
            labels += [label] * (end - begin)
        self.classes = np.array(labels, "int32")
        self._set_files(directory, filenames, "images")

    @property
    def labels(self) -> Any:
        """Label of each image."""
        return self.classes
