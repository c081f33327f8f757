"""The files of CIFAR-10 and CIFAR-100: pickled batches of images, by A. Krizhevsky (2009)."""

from __future__ import annotations

import os

import numpy as np

from ckeras import config
from ckeras.datasets.restricted_pickle import loads
from ckeras.datasets.sources import fetched
from ckeras.datasets.splits import Arrays

_SIDE = 32


def load_parts(archive: str, folder: str, parts: list[list[str]], labels: str) -> list[Arrays]:
    """Images and labels of parts, each joined from the batches of several files.

    Args:
        archive: Name of the archive, a key of `sources.FILES`.
        folder: Folder within the archive.
        parts: The files of each part.
        labels: Key of the labels.
    """
    root = os.path.join(fetched(archive, f"{folder}-target", extract=True), folder)
    found = []
    for names in parts:
        batches = [_read(os.path.join(root, name), labels) for name in names]
        x, y = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
        found.append((x.transpose(0, 2, 3, 1) if config.image_data_format() == "channels_last" else x, y))
    return found


def _read(path: str, key: str) -> Arrays:
    """The images, of shape (count, 3, 32, 32), and the labels, of shape (count, 1), of a batch."""
    with open(path, "rb") as file:
        batch = loads(file.read(), encoding="bytes")
    try:
        batch = {name.decode() if isinstance(name, bytes) else name: value for name, value in batch.items()}
        x, y = batch["data"], np.array(batch[key], np.uint8)
        return x.reshape(len(x), 3, _SIDE, _SIDE).astype(np.uint8), y.reshape(len(x), 1)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"expected a batch of images and {key!r} in {path!r}: {error}") from error
