"""Conversion between the formats of models and of weights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from ckeras.saving import archive, folder
from ckeras.saving.atomic import replacing
from ckeras.saving.hdf5 import WeightsReader, WeightsWriter
from ckeras.saving.model_files import load_model
from ckeras.saving.safetensors_files import SafetensorsReader, SafetensorsWriter
from ckeras.saving.shards import ShardsReader

_WEIGHTS = (".weights.h5", ".safetensors")  # which are written without a model


def convert_file(source: str, target: str) -> None:
    """Convert a file of a model or of weights to another format, which the ending of the target's name tells.

    Weights go from ``.keras``, a model's folder, ``.weights.h5``, ``.weights.json`` and ``.safetensors`` to
    ``.weights.h5`` and ``.safetensors`` without a model being built. Everything else loads the model, from ``.keras``,
    a folder or ``.h5``, and saves it to ``.keras``, ``.h5`` or, if the target has no ending, a folder.

    Args:
        source: Path of the file or folder to read.
        target: Path of the file or folder to write; a file is replaced once the new one is complete.

    Raises:
        ValueError: for formats that are not known, weights that are to become a model, or a damaged file.
        OSError: if a file cannot be read or written.

    >>> from ckeras import Sequential, layers
    >>> Sequential([layers.Input((2,)), layers.Dense(1)]).save("model.keras")
    >>> convert_file("model.keras", "model.h5")
    >>> convert_file("model.keras", "model.weights.h5")
    """
    if target.endswith(_WEIGHTS) and not _is_legacy(source):
        _copy_weights(source, target)
        return
    if not (_is_legacy(source) or source.endswith(".keras") or folder.is_model(source)):
        raise ValueError(f"convert makes a model only of a .keras or .h5 file or a model's folder, got {source!r}")
    ending = os.path.splitext(target)[1]
    if ending not in ("", ".keras", ".h5", ".hdf5", ".safetensors"):
        raise ValueError(f"convert writes .keras, .h5, .weights.h5, .safetensors or a folder, got {target!r}")
    model = load_model(source)
    if target.endswith(".safetensors"):
        model.export_weights(target)
    elif target.endswith(".weights.h5"):
        model.save_weights(target)
    else:
        model.save(target, zipped=None if ending else False)


def _is_legacy(path: str) -> bool:
    return path.endswith((".h5", ".hdf5")) and not path.endswith(".weights.h5")


def _copy_weights(source: str, target: str) -> None:
    with ExitStack() as files:
        files.enter_context(archive.errors_of(source))
        objects = _objects(source, files)
        if target.endswith(".safetensors"):
            writer: Any = files.enter_context(SafetensorsWriter(target))
        else:
            writer = files.enter_context(WeightsWriter(files.enter_context(replacing(target))))
        for path, name, variables in objects:
            group = writer.make(path, name)
            for key in variables:
                group[key] = variables[key]


def _objects(path: str, files: ExitStack) -> Iterator[tuple[str, str | None, Any]]:
    """(path, name, variables) of the objects in a file."""
    if path.endswith(".keras") or folder.is_model(path):
        opened: Any = folder.opened(path) if folder.is_model(path) else archive.opened(path)
        return files.enter_context(files.enter_context(opened).weights()).objects()
    if path.endswith(".safetensors"):
        return files.enter_context(SafetensorsReader(path)).objects()
    if path.endswith(".weights.json"):
        return files.enter_context(ShardsReader(path)).objects()
    if path.endswith(".weights.h5"):
        return files.enter_context(WeightsReader(files.enter_context(open(path, "rb")))).objects()
    raise ValueError(f"convert reads .keras, .h5, .weights.h5, .weights.json, .safetensors or a folder, got {path!r}")
