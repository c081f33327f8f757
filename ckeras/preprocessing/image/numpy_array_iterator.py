"""Batches of images of an array."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras import config
from ckeras.preprocessing.image.conversion import checked_data_format
from ckeras.preprocessing.image.iterator import Iterator, Saving, split_of
from ckeras.utils.tracebacks import warn


class NumpyArrayIterator(Iterator):
    """Batches of images of an array, transformed by an `ImageDataGenerator`.

    Args:
        x: images, of four axes; or (images, list of further inputs).
        y: targets of the images, or `None`.
        image_data_generator: what transforms and normalizes the images.
        batch_size, shuffle, seed: as in `Iterator`.
        sample_weight: weights of the images, or `None`.
        data_format: of the images.
        save_to_dir, save_prefix, save_format: folder to which transformed images are written, and their names.
        subset: ``"training"``, ``"validation"`` or `None`, by the generator's ``validation_split``, of which the
            first images are for validation.
        ignore_class_split: whether the subsets may have different classes.
        dtype: of the images.

    Raises:
        ValueError: if arrays differ in length, images do not have four axes, or a class is in one subset alone.

    Batches are x, (x, y) or (x, y, sample_weight).
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ):
        data_format = checked_data_format(data_format, "NumpyArrayIterator")
        self.dtype = config.floatx() if dtype is None else dtype
        x, further = x if isinstance(x, (tuple, list)) else (x, [])
        further = [np.asarray(a) for a in (further if isinstance(further, (tuple, list)) else [further])]
        x = np.asarray(x, self.dtype)
        parts = {"x": [x, *further]}
        parts |= {k: [np.asarray(a)] for k, a in (("y", y), ("sample_weight", sample_weight)) if a is not None}
        for name, arrays in parts.items():
            for array in arrays:
                if len(array) != len(x):
                    raise ValueError(f"NumpyArrayIterator expects {name} of length {len(x)}, got {len(array)}")
        if x.ndim != 4:
            raise ValueError(f"NumpyArrayIterator expects images of 4 axes, got the shape {x.shape}")
        begin, end = split_of(subset, image_data_generator.validation_split, "NumpyArrayIterator")
        cut = int(len(x) * image_data_generator.validation_split)
        if subset is not None and y is not None and not ignore_class_split:
            y_first, y_rest = parts["y"][0][:cut], parts["y"][0][cut:]
            if not np.array_equal(np.unique(y_first, axis=0), np.unique(y_rest, axis=0)):
                raise ValueError(
                    "NumpyArrayIterator: the training and validation images have different classes; shuffle them, or "
                    "give ignore_class_split=True"
                )
        rows = slice(cut if begin else 0, cut if end < 1 else None)
        parts = {name: [array[rows] for array in arrays] for name, arrays in parts.items()}
        self.x, *self.x_misc = parts["x"]
        self.y, self.sample_weight = (parts[k][0] if k in parts else None for k in ("y", "sample_weight"))
        channels = self.x.shape[1 if data_format == "channels_first" else 3]
        if channels not in (1, 3, 4):
            warn(f"NumpyArrayIterator: images of shape {self.x.shape[1:]}, {data_format}, have {channels} channels")
        self.image_data_generator, self.data_format = image_data_generator, data_format
        self._saving = Saving(save_to_dir, save_prefix, save_format, data_format)
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        generator = self.image_data_generator
        batch = np.empty((len(index_array), *self.x.shape[1:]), self.dtype)
        for row, index in zip(batch, index_array, strict=True):
            image = self.x[index].astype(self.dtype)
            parameters = generator.get_random_transform(image.shape)
            row[...] = generator.standardize(generator.apply_transform(image, parameters))
        self._saving.save(batch, index_array)
        inputs = [batch, *(a[index_array] for a in self.x_misc)] if self.x_misc else batch
        others = [part[index_array] for part in (self.y, self.sample_weight) if part is not None]
        return (inputs, *others) if self.y is not None else inputs
