"""Text files of a folder as a data set."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import numpy as np

from ckeras.preprocessing.labels import FileDataset, Options
from ckeras.tensor.string_tensor import StringTensor


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> FileDataset | list[FileDataset]:
    """Return a data set of the text files (``.txt``) below a folder.

    Args:
        directory: path of the folder; with ``labels="inferred"``, each of its folders is a class.
        labels: ``"inferred"``; a list with an integer for each file, sorted by path; or `None`.
        label_mode: targets are ``"int"``: int32 labels; ``"categorical"``: float32 one-hot rows; ``"binary"``: float32
            0 or 1 of the shape (batch, 1); `None`: there are none.
        class_names: names of the folders in the order of their labels; `None` for all, sorted.
        batch_size: number of files of a batch; `None` for none.
        max_length: maximum number of bytes of a text.
        shuffle: whether the files are in random order, a new one each time; otherwise they are sorted.
        seed: of the order, and of the split: the files of a subset are those of Keras for the same seed.
        validation_split: share of the files that are for validation.
        subset: ``"training"``, ``"validation"`` or ``"both"``, for two data sets.
        follow_links: whether folders may be symbolic links.
        format: ``"tf"``, for a `Dataset` with the methods of ``tf.data.Dataset``.
        verbose: whether to print the number of files.

    Returns:
        data set of `StringTensor` of the shape (batch,), or of (texts, targets), with the attributes ``class_names``
        and ``file_paths``.

    Raises:
        ValueError: if an argument is not one of these, or there are no files.

    >>> import os, pathlib
    >>> for name in ("good", "bad"):
    ...     os.makedirs(f"reviews/{name}")
    ...     _ = pathlib.Path(f"reviews/{name}/1.txt").write_text(f"It is {name}.")
    >>> dataset = text_dataset_from_directory("reviews", shuffle=False, verbose=False)
    >>> for texts, labels in dataset:
    ...     print(texts.tolist(), labels.tolist(), dataset.class_names)
    [b'It is bad.', b'It is good.'] [0, 1] ['bad', 'good']
    """
    where = "text_dataset_from_directory"
    check_format(format, where)
    if max_length is not None and (isinstance(max_length, bool) or max_length != int(max_length) or max_length < 0):
        raise ValueError(f"{where} expects max_length to be an integer of at least 0 or None, got {max_length!r}")
    options = Options(
        where, os.fspath(directory), labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
        subset, follow_links, verbose,
    ).checked()  # fmt: skip

    def load(path: str) -> np.ndarray:
        return np.asarray(StringTensor(pathlib.Path(path).read_bytes()[:max_length]))

    return options.datasets((".txt",), load)


def check_format(format: str, where: str) -> None:
    """Raise ValueError unless the format of a data set is "tf"."""
    if format != "tf":
        raise ValueError(f"{where} expects format='tf', for a data set with the methods of tf.data, got {format!r}")
