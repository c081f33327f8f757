"""Random transformations and normalization of images, while they are fed to a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras import config
from ckeras.preprocessing.image.affine import FILL_MODES, apply_affine_transform
from ckeras.preprocessing.image.conversion import checked_data_format
from ckeras.preprocessing.image.data_frame_iterator import DataFrameIterator
from ckeras.preprocessing.image.directory_iterator import DirectoryIterator
from ckeras.preprocessing.image.intensity import apply_brightness_shift, apply_channel_shift
from ckeras.preprocessing.image.numpy_array_iterator import NumpyArrayIterator
from ckeras.utils.tracebacks import warn


class ImageDataGenerator:
    """Batches of images that are transformed at random and normalized.

    Transformations are sampled with NumPy's global generator, so `numpy.random.seed` repeats them.

    Args:
        featurewise_center: whether to subtract the mean of the data set, which `fit` computes.
        samplewise_center: whether to subtract the mean of each image.
        featurewise_std_normalization: whether to divide by the standard deviation of the data set.
        samplewise_std_normalization: whether to divide by the standard deviation of each image.
        zca_whitening: whether to decorrelate pixels (Bell and Sejnowski, 1997), by a matrix that `fit` computes.
        zca_epsilon: added to the singular values for whitening.
        rotation_range: maximum angle of rotation in degrees.
        width_shift_range, height_shift_range: maximum shift: below 1 as a share of the size, else in pixels; a list
            of shifts to sample from; an int n for those from 0 to n - 1.
        brightness_range: two factors between which that of the brightness is sampled.
        shear_range: maximum angle of shear in degrees.
        zoom_range: two factors of zoom, or z for 1 - z and 1 + z.
        channel_shift_range: maximum number added to all pixels.
        fill_mode, cval: outside of the image, as in `apply_affine_transform`.
        horizontal_flip, vertical_flip: whether images are flipped with a probability of one half.
        rescale: factor of all pixels.
        preprocessing_function: applied to each image after its transformation.
        data_format: ``"channels_first"``, ``"channels_last"``, or `None` for the default.
        validation_split: share of the images that ``subset="validation"`` gives.
        interpolation_order: ``order`` of `apply_affine_transform`.
        dtype: of the images; `None` for the default float type.

    Raises:
        ValueError: if an argument is not one of these.

    >>> import numpy as np
    >>> generator = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True)
    >>> batches = generator.flow(np.full((5, 8, 8, 3), 255.0), np.arange(5), batch_size=2, shuffle=False)
    >>> x, y = next(batches)
    >>> x.shape, float(x.max()), y.tolist(), len(batches)
    ((2, 8, 8, 3), 1.0, [0, 1], 3)
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-06,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[np.ndarray], Any] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ):
        self.data_format = checked_data_format(data_format, "ImageDataGenerator")
        axes = (1, 2, 3) if self.data_format == "channels_first" else (3, 1, 2)
        self.channel_axis, self.row_axis, self.col_axis = axes  # of a batch
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(f"ImageDataGenerator expects validation_split to be in (0, 1), got {validation_split!r}")
        if fill_mode not in FILL_MODES:
            raise ValueError(
                f"ImageDataGenerator expects fill_mode to be one of {', '.join(FILL_MODES)}, got {fill_mode!r}"
            )
        if interpolation_order not in (0, 1):
            raise ValueError(
                f"ImageDataGenerator expects interpolation_order to be 0 or 1, got {interpolation_order!r}"
            )
        self.validation_split = validation_split
        self.dtype = config.floatx() if dtype is None else dtype
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.zoom_range = _zoom_range(zoom_range)
        self.brightness_range = _two_numbers(brightness_range)
        self.channel_shift_range = channel_shift_range
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        if zca_whitening and not featurewise_center:
            warn("ImageDataGenerator: zca_whitening needs featurewise_center, which is turned on")
        if zca_whitening and featurewise_std_normalization:
            warn("ImageDataGenerator: zca_whitening replaces featurewise_std_normalization, which is turned off")
            featurewise_std_normalization = False
        if featurewise_std_normalization and not featurewise_center:
            warn("ImageDataGenerator: featurewise_std_normalization needs featurewise_center, which is turned on")
        if samplewise_std_normalization and not samplewise_center:
            warn("ImageDataGenerator: samplewise_std_normalization needs samplewise_center, which is turned on")
        self.featurewise_center = featurewise_center or zca_whitening or featurewise_std_normalization
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.mean: Any = None
        self.std: Any = None
        self.zca_whitening_matrix: Any = None

    # -- sources of images

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Return batches of the images of an array; arguments are those of `NumpyArrayIterator`."""
        return NumpyArrayIterator(
            x, y, self, batch_size=batch_size, shuffle=shuffle, sample_weight=sample_weight, seed=seed,
            data_format=self.data_format, save_to_dir=save_to_dir, save_prefix=save_prefix, save_format=save_format,
            ignore_class_split=ignore_class_split, subset=subset, dtype=self.dtype,
        )  # fmt: skip

    def flow_from_directory(
        self,
        directory: Any,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Return batches of the images in the folders of a folder; arguments are those of `DirectoryIterator`."""
        return DirectoryIterator(
            directory, self, target_size=target_size, color_mode=color_mode, classes=classes, class_mode=class_mode,
            batch_size=batch_size, shuffle=shuffle, seed=seed, data_format=self.data_format, save_to_dir=save_to_dir,
            save_prefix=save_prefix, save_format=save_format, follow_links=follow_links, subset=subset,
            interpolation=interpolation, keep_aspect_ratio=keep_aspect_ratio, dtype=self.dtype,
        )  # fmt: skip

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: Any = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Any = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        keep_aspect_ratio: bool = False,
    ) -> DataFrameIterator:
        """Return batches of the image files that a table names; arguments are those of `DataFrameIterator`."""
        return DataFrameIterator(
            dataframe, directory, self, x_col=x_col, y_col=y_col, weight_col=weight_col, target_size=target_size,
            color_mode=color_mode, classes=classes, class_mode=class_mode, batch_size=batch_size, shuffle=shuffle,
            seed=seed, data_format=self.data_format, save_to_dir=save_to_dir, save_prefix=save_prefix,
            save_format=save_format, subset=subset, interpolation=interpolation,
            keep_aspect_ratio=keep_aspect_ratio, dtype=self.dtype, validate_filenames=validate_filenames,
        )  # fmt: skip

    # -- one image

    def get_random_transform(self, img_shape: Any, seed: int | None = None) -> dict[str, Any]:
        """Sample the parameters of a transformation for `apply_transform`.

        Args:
            img_shape: shape of the image.
            seed: for NumPy's global generator.
        """
        if seed is not None:
            np.random.seed(seed)
        uniform = np.random.uniform
        found: dict[str, Any] = {
            "theta": uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        }
        found["tx"] = _shift(self.width_shift_range, img_shape[self.col_axis - 1])
        found["ty"] = _shift(self.height_shift_range, img_shape[self.row_axis - 1])
        found["shear"] = uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        low, high = self.zoom_range
        found["zx"], found["zy"] = (1, 1) if low == high == 1 else uniform(low, high, 2)
        found["flip_horizontal"] = (np.random.random() < 0.5) * self.horizontal_flip
        found["flip_vertical"] = (np.random.random() < 0.5) * self.vertical_flip
        shift = self.channel_shift_range
        found["channel_shift_intensity"] = uniform(-shift, shift) if shift else None
        found["brightness"] = uniform(*self.brightness_range) if self.brightness_range is not None else None
        return found

    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray:
        """Transform one image.

        Args:
            x: image of three axes.
            transform_parameters: of `get_random_transform`; what is left out has no effect.
        """
        given: Callable[..., Any] = transform_parameters.get
        row, col, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        neutral = {"theta": 0, "tx": 0, "ty": 0, "shear": 0, "zx": 1, "zy": 1}
        x = apply_affine_transform(
            x, **{name: given(name, default) for name, default in neutral.items()},
            row_axis=row, col_axis=col, channel_axis=channel,
            fill_mode=self.fill_mode, cval=self.cval, order=self.interpolation_order,
        )  # fmt: skip
        if given("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, given("channel_shift_intensity"), channel)
        if given("flip_horizontal", False):
            x = np.flip(x, col)
        if given("flip_vertical", False):
            x = np.flip(x, row)
        if given("brightness") is not None:
            x = apply_brightness_shift(x, given("brightness"), scale=False)
        return x

    def random_transform(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """Transform one image at random; ``seed`` is for NumPy's global generator."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def standardize(self, x: Any) -> Any:
        """Normalize one image; may change it in memory."""
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + 1e-6
        for wanted, value, argument in (
            (self.featurewise_center, self.mean, "featurewise_center"),
            (self.featurewise_std_normalization, self.std, "featurewise_std_normalization"),
            (self.zca_whitening, self.zca_whitening_matrix, "zca_whitening"),
        ):
            if wanted and value is None:
                warn(f"ImageDataGenerator: {argument} has no effect before fit(images) was called")
        if self.featurewise_center and self.mean is not None:
            x -= self.mean
        if self.featurewise_std_normalization and self.std is not None:
            x /= self.std + 1e-6
        if self.zca_whitening and self.zca_whitening_matrix is not None:
            x = (x.reshape(1, -1) @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Compute the mean, standard deviation and whitening matrix of images.

        Args:
            x: images, of four axes.
            augment: whether to transform them at random first.
            rounds: how many times each is transformed.
            seed: for NumPy's global generator.

        Raises:
            ValueError: if ``x`` does not have four axes, or no image.
        """
        x = np.array(x, self.dtype)
        if x.ndim != 4 or not len(x):
            raise ValueError(f"ImageDataGenerator.fit expects images of 4 axes, got the shape {x.shape}")
        if seed is not None:
            np.random.seed(seed)
        if augment:
            x = np.stack([self.random_transform(image) for _ in range(rounds) for image in x])
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = np.mean(x, axis=axes, keepdims=True)[0]
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(x, axis=axes, keepdims=True)[0]
            x /= self.std + 1e-6
        if self.zca_whitening:
            flat = x.reshape(len(x), -1)
            u, s, _ = np.linalg.svd(flat.T, full_matrices=False)
            self.zca_whitening_matrix = (u * (np.sqrt(len(x)) / (s + self.zca_epsilon))) @ u.T


def _zoom_range(given: Any) -> Any:
    if isinstance(given, (int, float)):
        return 1 - given, 1 + given
    if len(given) == 2 and all(isinstance(value, (int, float)) for value in given):
        return given[0], given[1]
    raise ValueError(f"ImageDataGenerator expects zoom_range to be a number or two, got {given!r}")


def _two_numbers(given: Any) -> Any:
    if given is not None and (not isinstance(given, (tuple, list)) or len(given) != 2):
        raise ValueError(f"ImageDataGenerator expects brightness_range to be two numbers or None, got {given!r}")
    return given


def _shift(given: Any, size: int) -> Any:
    """A shift in pixels, sampled from a list, from an int's range, or from an interval."""
    if isinstance(given, (int, float)) and not given:
        return 0
    if isinstance(given, (float, np.floating)):
        shift = np.random.uniform(-given, given)
    else:
        shift = np.random.choice(given) * np.random.choice([-1, 1])
    return shift * size if np.max(given) < 1 else shift
