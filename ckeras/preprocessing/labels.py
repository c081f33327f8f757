"""Files of a folder with their labels, shuffled and split, as data sets of files need them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras.preprocessing.folders import check_folder, files_in, subfolders
from ckeras.random import host_seed
from ckeras.utils.dataset import Dataset


class LabeledFiles(NamedTuple):
    """Paths, the label of each, and the names of the classes; the last two are `None` without labels."""

    paths: list[str]
    labels: list[int] | None
    class_names: list[str] | None

    def shuffled(self, seed: int) -> LabeledFiles:
        """In the order of `numpy.random.RandomState.shuffle`."""
        order = np.arange(len(self.paths))
        np.random.RandomState(seed).shuffle(order)
        return self._taken(order.tolist())

    def subset(self, name: str, share: float) -> LabeledFiles:
        """The last files are for validation."""
        cut = len(self.paths) - int(share * len(self.paths))
        every = list(range(len(self.paths)))
        return self._taken(every[:cut] if name == "training" else every[cut:])

    def _taken(self, order: list[int]) -> LabeledFiles:
        labels = None if self.labels is None else [self.labels[i] for i in order]
        return self._replace(paths=[self.paths[i] for i in order], labels=labels)


class FileDataset(Dataset):
    """A `Dataset` of files, which knows them.

    Attributes:
        class_names: names of the classes, or `None`.
        file_paths: paths of the files in the order before shuffling.
    """

    class_names: list[str] | None
    file_paths: list[str]


class Options(NamedTuple):
    """The arguments that all data sets of files share, checked.

    Raises:
        ValueError: by `checked`, if one is not as documented.
    """

    where: str
    directory: str
    labels: Any
    label_mode: str | None
    class_names: Any
    batch_size: int | None
    shuffle: bool
    seed: int | None
    validation_split: float | None
    subset: str | None
    follow_links: bool
    verbose: bool

    def checked(self) -> Options:
        """These options, where targets are left out if there are no labels."""
        where, labels = self.where, self.labels
        check_folder(self.directory, where)
        inferred = isinstance(labels, str) and labels == "inferred"
        if not inferred and labels is not None and not isinstance(labels, (list, tuple)):
            raise ValueError(
                f"{where} expects labels to be 'inferred', None or a list of an integer for each file, got {labels!r}"
            )
        if self.class_names and not inferred:
            raise ValueError(f"{where} expects class_names only where labels='inferred', got labels={labels!r:.80}")
        if self.label_mode not in ("int", "categorical", "binary", None):
            raise ValueError(
                f"{where} expects label_mode to be 'int', 'categorical', 'binary' or None, got {self.label_mode!r}"
            )
        if self.batch_size is not None and (self.batch_size != int(self.batch_size) or self.batch_size < 1):
            raise ValueError(f"{where} expects batch_size to be at least 1 or None, got {self.batch_size!r}")
        self._check_split()
        return self._replace(labels=None, label_mode=None) if None in (labels, self.label_mode) else self

    def _check_split(self) -> None:
        split, subset, where = self.validation_split, self.subset, self.where
        if split and not 0 < split < 1:
            raise ValueError(f"{where} expects validation_split to be in (0, 1), got {split!r}")
        if bool(split) != bool(subset):
            raise ValueError(
                f"{where} expects both validation_split and subset, or neither, got {split!r} and {subset!r}"
            )
        if subset not in ("training", "validation", "both", None):
            raise ValueError(f"{where} expects subset to be 'training', 'validation' or 'both', got {subset!r}")
        if split and self.shuffle and self.seed is None:
            raise ValueError(
                f"{where} expects a seed where validation_split is given and shuffle is true, so that the training "
                "and validation files do not overlap"
            )

    def files(self, suffixes: tuple[str, ...]) -> LabeledFiles:
        """The files below the folder, sorted, with their labels; reports their number."""
        inferred = self.labels == "inferred"
        names = self.class_names or subfolders(self.directory, self.where) if inferred else [""]
        paths, found_labels = [], []
        for label, name in enumerate(names):
            found = files_in(os.path.join(self.directory, name), suffixes, self.follow_links, self.where)
            paths += found
            found_labels += [label] * len(found)
        if not paths:
            raise ValueError(
                f"{self.where} found no files in directory {self.directory!r} whose names end with "
                f"{', '.join(suffixes)}" + (f", in folders of the classes {list(names)}" if inferred else "")
            )
        files = LabeledFiles(paths, found_labels, list(names)) if inferred else self._given(paths)
        if self.verbose and config.is_interactive_logging_enabled():
            classes = f" belonging to {len(files.class_names)} classes" if files.class_names else ""
            print(f"Found {len(paths)} files{classes}.")
        if self.label_mode == "binary" and len(files.class_names or ()) != 2:
            raise ValueError(
                f"{self.where} expects two classes for label_mode='binary', got {files.class_names} in directory "
                f"{self.directory!r}"
            )
        return files

    def _given(self, paths: list[str]) -> LabeledFiles:
        """Files with the labels of the argument, or none."""
        if self.labels is None:
            return LabeledFiles(paths, None, None)
        if len(self.labels) != len(paths):
            raise ValueError(
                f"{self.where} expects labels of the length of the files in directory {self.directory!r}, "
                f"{len(paths)}, got {len(self.labels)}"
            )
        if any(label != int(label) or label < 0 for label in self.labels):
            raise ValueError(f"{self.where} expects labels to be integers of at least 0, got {self.labels!r:.80}")
        classes = sorted(set(map(int, self.labels)))
        if self.label_mode != "int" and classes != list(range(len(classes))):
            raise ValueError(
                f"{self.where} expects labels from 0 on, without gaps, for label_mode={self.label_mode!r}, "
                f"got {classes}"
            )
        return LabeledFiles(paths, list(map(int, self.labels)), list(map(str, classes)))

    def datasets(self, suffixes: tuple[str, ...], load: Callable[[str], Any], batch: Any = Dataset.batch) -> Any:
        """Return the data set of a subset, or those of both.

        Args:
            suffixes: of the files.
            load: function from a path to an element.
            batch: method that makes batches.
        """
        files = self.files(suffixes)
        seed = self.seed if self.seed is not None else host_seed() % 1_000_000
        if self.shuffle:
            files = files.shuffled(seed)
        subsets = ["training", "validation"] if self.subset == "both" else [self.subset] if self.subset else []
        parts = [files.subset(name, self.validation_split or 0) for name in subsets] or [files]
        for name, part in zip(subsets, parts, strict=False):
            if self.verbose and config.is_interactive_logging_enabled():
                print(f"Using {len(part.paths)} files for {name}.")
            if not part.paths:
                raise ValueError(
                    f"{self.where} has no files for {name}: directory {self.directory!r} has {len(files.paths)}, and "
                    f"validation_split is {self.validation_split}"
                )
        made = [self._dataset(part, seed, load, batch) for part in parts]
        return made if self.subset == "both" else made[0]

    def _dataset(self, files: LabeledFiles, seed: int, load: Callable[[str], Any], batch: Any) -> FileDataset:
        count = len(files.paths)
        numbers = Dataset(lambda: iter(range(count)), count)
        if self.shuffle:  # the numbers and not what is loaded, so all files can wait in memory
            numbers = numbers.shuffle(count, seed=seed)
        targets = None if files.labels is None else self._targets(files.labels, files.class_names or [])

        def element(number: int) -> Any:
            loaded = load(files.paths[number])
            return loaded if targets is None else (loaded, targets[number])

        found = Dataset(lambda: map(element, numbers._elements()), count)
        if self.batch_size is not None:
            found = batch(found, self.batch_size)
        made = FileDataset(found._elements, found._length)
        made.class_names, made.file_paths = files.class_names, files.paths
        return made

    def _targets(self, labels: list[int], class_names: list[str]) -> np.ndarray:
        """Labels as ``label_mode`` says."""
        if self.label_mode == "int":
            return np.array(labels, "int32")
        if self.label_mode == "binary":
            return np.array(labels, "float32")[:, None]
        hot = np.zeros((len(labels), len(class_names)), "float32")
        hot[np.arange(len(labels)), labels] = 1
        return hot
