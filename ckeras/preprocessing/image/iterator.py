"""Batches of images in order or shuffled, endless for ``next`` and one pass at a time for `fit`."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator as _Iterator
from typing import Any

import numpy as np

from ckeras.preprocessing.image.conversion import array_to_img
from ckeras.utils.py_dataset import PyDataset

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")


class Iterator(PyDataset):
    """Base class of batches of images; a subclass defines ``_get_batches_of_transformed_samples(indices)``.

    Args:
        n: number of samples.
        batch_size: maximum number of samples of a batch.
        shuffle: whether each pass is in a new order, with NumPy's global generator.
        seed: for NumPy's global generator, to which the number of batches before is added; `None` leaves it alone.

    Raises:
        ValueError: if ``batch_size`` is not an integer of at least 1.
    """

    white_list_formats = tuple(suffix[1:] for suffix in IMAGE_SUFFIXES)

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None):
        super().__init__()
        if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ValueError(
                f"{type(self).__name__} expects batch_size to be an integer of at least 1, got {batch_size!r}"
            )
        self.n, self.batch_size, self.shuffle, self.seed = n, int(batch_size), shuffle, seed
        self.batch_index = self.total_batches_seen = 0
        self.lock = threading.Lock()
        self.index_array: np.ndarray | None = None

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        """Return batch ``index`` of this pass."""
        if not 0 <= index < len(self):
            raise IndexError(f"{type(self).__name__} has {len(self)} batches, and was asked for number {index}")
        with self.lock:
            self._seed()
            self.total_batches_seen += 1
            indices = self._order()[index * self.batch_size : (index + 1) * self.batch_size]
        return self._get_batches_of_transformed_samples(indices)

    def __iter__(self) -> _Iterator[Any]:
        return self

    def __next__(self) -> Any:
        """Return the next batch; after the last one a new pass begins."""
        with self.lock:
            if not self.n:
                raise StopIteration
            self._seed()
            if self.batch_index == 0:
                self._set_order()
            first = self.batch_index * self.batch_size
            self.batch_index = self.batch_index + 1 if self.n > first + self.batch_size else 0
            self.total_batches_seen += 1
            indices = self._order()[first : first + self.batch_size]
        return self._get_batches_of_transformed_samples(indices)

    next = __next__

    def reset(self) -> None:
        """Let ``next`` begin with the first batch."""
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        """Sample a new order, if the batches are shuffled."""
        self._set_order()

    def _seed(self) -> None:
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)

    def _set_order(self) -> None:
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _order(self) -> np.ndarray:
        if self.index_array is None:
            self._set_order()
        assert self.index_array is not None
        return self.index_array

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        """Return the batch of these samples; defined by a subclass."""
        raise NotImplementedError(f"{type(self).__name__} has no method _get_batches_of_transformed_samples(indices)")

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, lock=threading.Lock())


class Saving:
    """Writes the transformed images of batches to a folder, to look at them.

    Args:
        folder: `None` to write none.
        prefix: of the names of files.
        suffix: their format.
        data_format: of the images.
    """

    def __init__(self, folder: Any, prefix: str, suffix: str, data_format: str):
        self._folder, self._prefix, self._suffix, self._data_format = folder, prefix, suffix, data_format

    def save(self, images: np.ndarray, indices: np.ndarray) -> None:
        """Write a batch; names are ``prefix_index_number.format``."""
        if not self._folder:
            return
        for index, image in zip(indices, images, strict=True):
            number = np.random.randint(10_000_000)
            name = f"{self._prefix}_{index}_{number}.{self._suffix}"
            array_to_img(image, self._data_format, scale=True).save(os.path.join(self._folder, name))


def split_of(subset: str | None, share: float, where: str) -> tuple[float, float]:
    """Return the begin and end of a subset, as shares of the samples.

    Raises:
        ValueError: if the subset is unknown, or the generator has no ``validation_split``.
    """
    if subset is None:
        return 0.0, 1.0
    if subset not in ("training", "validation"):
        raise ValueError(f"{where} expects subset to be 'training', 'validation' or None, got {subset!r}")
    if not share:
        raise ValueError(f"{where} expects an ImageDataGenerator with validation_split for subset={subset!r}")
    return (0.0, share) if subset == "validation" else (share, 1.0)
