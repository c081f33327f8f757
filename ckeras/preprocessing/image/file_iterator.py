"""Batches of image files."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ckeras import config
from ckeras.config import is_interactive_logging_enabled
from ckeras.preprocessing.image.conversion import checked_data_format, img_to_array
from ckeras.preprocessing.image.files import CHANNELS, INTERPOLATIONS, load_img
from ckeras.preprocessing.image.iterator import Iterator, Saving, split_of


class FileIterator(Iterator):
    """Base class of batches of image files; a subclass calls `_set_files` and defines `labels`.

    Args:
        batch_size, shuffle, seed: as in `Iterator`.
        image_data_generator: what transforms and normalizes the images; `None` leaves them as they are.
        target_size: (height, width) of all images.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``.
        class_mode: what targets are.
        data_format, dtype: of the images.
        save_to_dir, save_prefix, save_format: folder to which transformed images are written, and their names.
        subset: ``"training"``, ``"validation"`` or `None`, by the generator's ``validation_split``.
        interpolation, keep_aspect_ratio: as in `load_img`.

    Raises:
        ValueError: if an argument is not one of these.

    Attributes:
        image_shape: shape of an image.
        samples: number of images.
    """

    allowed_class_modes: tuple[str | None, ...] = ()

    def __init__(
        self,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        image_data_generator: Any,
        target_size: tuple[int, int],
        color_mode: str,
        class_mode: str | None,
        data_format: str | None,
        save_to_dir: Any,
        save_prefix: str,
        save_format: str,
        subset: str | None,
        interpolation: str,
        keep_aspect_ratio: bool,
        dtype: Any,
    ):
        super().__init__(0, batch_size, shuffle, seed)
        name = type(self).__name__
        if class_mode not in self.allowed_class_modes:
            allowed = ", ".join(map(str, self.allowed_class_modes))
            raise ValueError(f"{name} expects class_mode to be one of {allowed}, got {class_mode!r}")
        if color_mode not in CHANNELS:
            raise ValueError(f"{name} expects color_mode to be one of {', '.join(CHANNELS)}, got {color_mode!r}")
        if interpolation not in INTERPOLATIONS:
            listed = ", ".join(INTERPOLATIONS)
            raise ValueError(f"{name} expects interpolation to be one of {listed}, got {interpolation!r}")
        self.image_data_generator, self.class_mode = image_data_generator, class_mode
        self.target_size, self.color_mode = (target_size[0], target_size[1]), color_mode
        self.data_format = checked_data_format(data_format, name)
        size, channels = self.target_size, (CHANNELS[color_mode],)
        self.image_shape = channels + size if self.data_format == "channels_first" else size + channels
        self.subset, self.interpolation, self.keep_aspect_ratio = subset, interpolation, keep_aspect_ratio
        self.split = split_of(subset, getattr(image_data_generator, "validation_split", 0), name)
        self.dtype = config.floatx() if dtype is None else dtype
        self._saving = Saving(save_to_dir, save_prefix, save_format, self.data_format)
        self.class_indices: dict[Any, int] = {}
        self.filenames: list[str] = []
        self.directory = ""

    def _set_files(self, directory: str, filenames: list[str], kind: str) -> None:
        """Set the images and report their number."""
        self.directory, self.filenames, self.n = directory, filenames, len(filenames)
        if is_interactive_logging_enabled():
            of_classes = f" belonging to {self.num_classes} classes" if self.class_indices else ""
            print(f"Found {self.n} {kind}{of_classes}.")

    @property
    def samples(self) -> int:
        """Number of images."""
        return len(self.filenames)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_indices)

    @property
    def filepaths(self) -> list[str]:
        """Paths of the images."""
        return [os.path.join(self.directory, name) for name in self.filenames]

    @property
    def labels(self) -> Any:
        """Target of each image, before it is encoded."""
        raise NotImplementedError(f"{type(self).__name__} has no labels")

    @property
    def sample_weight(self) -> Any:
        """Weight of each image, or `None`."""
        return None

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        batch = np.empty((len(index_array), *self.image_shape), self.dtype)
        for row, index in zip(batch, index_array, strict=True):
            row[...] = self._image(os.path.join(self.directory, self.filenames[index]))
        self._saving.save(batch, index_array)
        if self.class_mode is None:
            return batch
        targets = batch.copy() if self.class_mode == "input" else self._targets(index_array)
        weight = self.sample_weight
        return (batch, targets) if weight is None else (batch, targets, weight[index_array])

    def _image(self, path: str) -> np.ndarray:
        img = load_img(
            path, color_mode=self.color_mode, target_size=self.target_size, interpolation=self.interpolation,
            keep_aspect_ratio=self.keep_aspect_ratio,
        )  # fmt: skip
        x, generator = img_to_array(img, self.data_format, self.dtype), self.image_data_generator
        if generator is None:
            return x
        return generator.standardize(generator.apply_transform(x, generator.get_random_transform(x.shape)))

    def _targets(self, indices: np.ndarray) -> Any:
        """Targets of ``class_mode`` of the images at indices."""
        labels = self.labels
        if self.class_mode in ("binary", "sparse"):
            return np.array([labels[i] for i in indices], self.dtype)
        if self.class_mode == "categorical":
            hot = np.zeros((len(indices), self.num_classes), self.dtype)
            for row, index in zip(hot, indices, strict=True):
                row[labels[index]] = 1.0
            return hot
        if self.class_mode == "multi_output":
            return [output[indices] for output in labels]
        return labels[indices]
