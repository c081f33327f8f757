"""Batches of the image files that a table names."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ckeras.preprocessing.image.file_iterator import FileIterator
from ckeras.preprocessing.image.iterator import IMAGE_SUFFIXES
from ckeras.utils.tracebacks import warn

_OF_CLASSES = ("binary", "categorical", "sparse")


class DataFrameIterator(FileIterator):
    """Batches of the image files that are listed in a pandas data frame.

    Args:
        dataframe: data frame, or dict of columns.
        directory: folder to which the paths are relative; `None` for absolute ones.
        x_col: name of the column of paths.
        y_col: name of the column of targets; several for ``"multi_output"`` and ``"raw"``.
        weight_col: name of the column of weights, or `None`.
        classes: names of the classes in the order of their labels, of which the others are left out; `None` for all,
            sorted.
        class_mode: targets are ``"categorical"``: one-hot rows, or several hot for lists of classes; ``"binary"``,
            ``"sparse"``: labels; ``"raw"``: the numbers in the column; ``"multi_output"``: a list of them;
            ``"input"``: the images themselves; `None`: there are none.
        validate_filenames: whether paths that are no image files are left out, with a warning.
        batch_size, shuffle, seed, image_data_generator, target_size, color_mode, data_format, save_to_dir,
            save_prefix, save_format, subset, interpolation, keep_aspect_ratio, dtype: as in `FileIterator`. The first
            rows are for validation.

    Raises:
        ValueError: if an argument is not one of these, or a column is missing.
        TypeError: if a column holds values of another type than is needed.

    Attributes:
        class_indices: dict name of the class -> label.
        classes: label, or list of labels, of each image.
        filenames: paths of the images.
    """

    allowed_class_modes = (*_OF_CLASSES, "input", "multi_output", "raw", None)

    def __init__(
        self,
        dataframe: Any,
        directory: Any = None,
        image_data_generator: Any = None,
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
        data_format: str | None = "channels_last",
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = "float32",
        validate_filenames: bool = True,
    ):
        super().__init__(
            batch_size, shuffle, seed, image_data_generator, target_size, color_mode, class_mode, data_format,
            save_to_dir, save_prefix, save_format, subset, interpolation, keep_aspect_ratio, dtype,
        )  # fmt: skip
        directory = "" if directory is None else os.fspath(directory)
        targets = [] if class_mode in ("input", None) else [y_col] if isinstance(y_col, str) else list(y_col)
        if class_mode == "multi_output" and isinstance(y_col, str):
            raise ValueError(f"DataFrameIterator expects y_col to be a list for 'multi_output', got {y_col!r}")
        if class_mode in _OF_CLASSES and len(targets) != 1:
            raise ValueError(f"DataFrameIterator expects y_col to be one column for {class_mode!r}, got {y_col!r}")
        columns = {name: _column(dataframe, name) for name in [x_col, *targets, *([weight_col] if weight_col else [])]}
        paths = columns[x_col]
        if not all(isinstance(path, str) for path in paths):
            raise TypeError(f"DataFrameIterator expects the column {x_col!r} to hold str, and all of it")
        rows = list(range(len(paths)))
        if validate_filenames:
            rows = _valid(rows, paths, directory, x_col)
        known: dict[int, Any] = {}
        if class_mode in _OF_CLASSES:
            rows, known = self._kept(rows, columns[targets[0]], classes, targets[0])
        begin, end = (int(share * len(rows)) for share in self.split)
        rows = rows[begin:end]
        if class_mode in _OF_CLASSES:
            self.classes = [known[row] for row in rows]
        else:
            self._is_column = isinstance(y_col, str)
            self._outputs = [np.array([columns[name][row] for row in rows]) for name in targets]
        self._weights = np.array([columns[weight_col][row] for row in rows]) if weight_col else None
        if self._weights is not None and self._weights.dtype.kind not in "biuf":
            raise TypeError(f"DataFrameIterator expects the column {weight_col!r} to hold numbers")
        self._set_files(directory, [paths[row] for row in rows], "validated image filenames")

    def _kept(self, rows: list[int], column: list[Any], classes: Any, name: str) -> tuple[list[int], dict[int, Any]]:
        """The rows of known classes, and their labels; sets ``class_indices``."""
        several = self.class_mode == "categorical"
        given = {row: column[row] if isinstance(column[row], (list, tuple)) else [column[row]] for row in rows}
        if not all(isinstance(c, str) for names in given.values() for c in names) or (
            not several and any(isinstance(column[row], (list, tuple)) for row in rows)
        ):
            lists = " or lists of them" if several else ""
            raise TypeError(f"DataFrameIterator expects the column {name!r} to hold str{lists} for {self.class_mode!r}")
        listed = sorted({c for names in given.values() for c in names}) if classes is None else list(classes)
        if self.class_mode == "binary" and len(listed) != 2:
            raise ValueError(f"DataFrameIterator expects two classes for class_mode='binary', got {listed}")
        self.class_indices = {c: label for label, c in enumerate(listed)}
        labels = {
            row: [self.class_indices[c] for c in names if c in self.class_indices] for row, names in given.items()
        }
        kept = [row for row in rows if labels[row]]
        return kept, {row: labels[row] if isinstance(column[row], (list, tuple)) else labels[row][0] for row in kept}

    @property
    def labels(self) -> Any:
        """Target of each image: its label or labels, or its raw values."""
        if self.class_mode in _OF_CLASSES:
            return self.classes
        if self.class_mode == "raw":
            return self._outputs[0] if self._is_column else np.stack(self._outputs, axis=1)
        return self._outputs

    @property
    def sample_weight(self) -> Any:
        """Weight of each image, or `None`."""
        return self._weights


def _column(dataframe: Any, name: str) -> list[Any]:
    try:
        return list(dataframe[name])
    except KeyError:
        listed = list(getattr(dataframe, "columns", dataframe))
        raise ValueError(f"DataFrameIterator expects a column {name!r}, the data frame has {listed}") from None


def _valid(rows: list[int], paths: list[str], directory: str, column: str) -> list[int]:
    """The rows whose path is an image file."""
    kept = [
        row
        for row in rows
        if paths[row].lower().endswith(IMAGE_SUFFIXES) and os.path.isfile(os.path.join(directory, paths[row]))
    ]
    if len(kept) < len(rows):
        warn(
            f"DataFrameIterator: {len(rows) - len(kept)} of {len(rows)} paths in the column {column!r} are no image "
            f"files in {directory or 'the current folder'!r} and are left out"
        )
    return kept
