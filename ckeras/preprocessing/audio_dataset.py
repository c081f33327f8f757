"""Audio files of a folder as a data set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from ckeras.preprocessing.labels import FileDataset, Options
from ckeras.preprocessing.wave_files import read_wave, resampled
from ckeras.utils.dataset import Dataset


def audio_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> FileDataset | list[FileDataset]:
    """Return a data set of the audio files (WAV) below a folder.

    Args:
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links,
            verbose: as in `text_dataset_from_directory`.
        sampling_rate: samples per second to which all files are resampled; `None` leaves them as they are.
        output_sequence_length: number of samples to which all files are cut or padded with 0; `None` pads those of a
            batch to the longest.
        ragged: must be false, as there are no ragged tensors; with ``batch_size=None``, each audio has its length.

    Returns:
        data set of float32 audio from -1 to 1 of the shape (batch, time, channels), or of (audio, targets), with the
        attributes ``class_names`` and ``file_paths``.

    Raises:
        ValueError: if an argument is not one of these, there are no files, or one is not a WAV file of integers.

    >>> import os, wave
    >>> os.makedirs("sounds/low")
    >>> with wave.open("sounds/low/1.wav", "wb") as file:
    ...     file.setparams((1, 2, 8000, 0, "NONE", ""))
    ...     file.writeframes(bytes(200))
    >>> dataset = audio_dataset_from_directory("sounds", verbose=False)
    >>> [(audio.shape, labels.tolist()) for audio, labels in dataset]
    [((1, 100, 1), [0])]
    """
    where = "audio_dataset_from_directory"
    for name, value in (("sampling_rate", sampling_rate), ("output_sequence_length", output_sequence_length)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1):
            raise ValueError(f"{where} expects {name} to be an integer of at least 1 or None, got {value!r}")
    if ragged:
        raise ValueError(f"{where} expects ragged=False, as there are no ragged tensors; use batch_size=None")
    options = Options(
        where, os.fspath(directory), labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
        subset, follow_links, verbose,
    ).checked()  # fmt: skip

    def load(path: str) -> np.ndarray:
        audio, rate = read_wave(path)
        audio = resampled(audio, rate, sampling_rate or rate)
        return audio if output_sequence_length is None else _of_length(audio, output_sequence_length)

    return options.datasets((".wav",), load, _padded_batches)


def _of_length(audio: np.ndarray, length: int) -> np.ndarray:
    return np.pad(audio[:length], ((0, max(0, length - len(audio))), (0, 0)))


def _padded_batches(dataset: Dataset, size: int) -> Dataset:
    """Batches in which all audio is padded to the longest."""

    def batches() -> Iterator[Any]:
        elements = dataset._elements()
        while part := list(islice(elements, size)):
            labeled = isinstance(part[0], tuple)
            audio = [element[0] if labeled else element for element in part]
            stacked = np.stack([_of_length(a, max(map(len, audio))) for a in audio])
            yield (stacked, np.stack([element[1] for element in part])) if labeled else stacked

    return Dataset(batches, -(-len(dataset) // size))
