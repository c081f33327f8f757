"""Files of whole models: `.keras`, and the same in a folder."""

from __future__ import annotations

import datetime
import os
from typing import Any

from ckeras import _version
from ckeras.saving import archive, folder
from ckeras.saving.atomic import confirm_overwrite, replacing
from ckeras.saving.hdf5 import WeightsReader
from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object
from ckeras.saving.state import load_state
from ckeras.utils.tracebacks import warn

_KERAS = "3.15.1"  # the version of Keras whose format this is


def save_model(model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
    """Save a model to a `.keras` file or a folder: architecture, weights, optimizer with its state, losses, metrics.

    Keras opens the file. It replaces a file of that name only once it is complete.

    Args:
        model: The model.
        filepath: Path of the file, which ends with ``.keras``, or a binary file to write to; with ``zipped=False`` the
            path of a folder.
        overwrite: Whether to replace a file that exists; otherwise the question is asked at the terminal.
        zipped: Whether to save the model in one file, which is the default, instead of a folder.
        kwargs: ``save_format="keras"`` is accepted for older scripts.

    Raises:
        ValueError: for another ending or an unknown argument.
        TypeError: if the configuration of a layer, loss or metric cannot be written.
        OSError: if the file cannot be written. In each of these cases an existing file is unchanged.

    >>> from ckeras import Sequential, layers
    >>> model = Sequential([layers.Input((2,)), layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> save_model(model, "model.keras")
    >>> loaded = load_model("model.keras")
    >>> type(loaded.optimizer).__name__, loaded.count_params()
    ('Adam', 3)
    """
    if kwargs.pop("save_format", "keras") != "keras" or kwargs:
        raise ValueError(f"save expects save_format='keras' and no other arguments, got {', '.join(kwargs) or 'it'}")
    is_file, in_folder = hasattr(filepath, "write"), zipped is False
    if not is_file and str(filepath).endswith(".keras") == in_folder:
        raise ValueError(
            f"save with zipped={not in_folder} expects a path that {'does not end' if in_folder else 'ends'} with "
            f".keras, got {str(filepath)!r}"
        )
    if not is_file and not overwrite and os.path.exists(filepath) and not confirm_overwrite(filepath):
        return
    if not model.built:
        warn(f"save: model {model.name!r} is not built, so it has no weights to save yet; call it on data first")
    config = serialize_keras_object(model)
    metadata = {
        "keras_version": _KERAS,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
        "ckeras_version": _version.number,
    }
    if is_file:
        archive.write(filepath, model, config, metadata, None)
        return
    if in_folder:
        folder.write(os.fspath(filepath), model, config, metadata)
        return
    with replacing(filepath) as file:
        archive.write(file, model, config, metadata, os.path.dirname(os.path.realpath(filepath)))


def load_model(
    filepath: Any, custom_objects: dict[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """Load a model from a `.keras` file or a folder, written by ckeras or Keras 3.

    No module is imported because the file names it: classes and functions are ckeras's own, those registered or
    declared by an installed package, or in `custom_objects`.

    Args:
        filepath: Path of the file or the folder, or a binary file to read.
        custom_objects: Names to classes and functions, looked at before all others.
        compile: Whether to compile the model as it was compiled when it was saved.
        safe_mode: Whether to refuse lambdas, whose byte code can do anything.

    Raises:
        ValueError: if the file is no `.keras` file, is damaged, or holds something unknown or refused.
        OSError: if it cannot be read.
    """
    is_file = hasattr(filepath, "read")
    in_folder = not is_file and folder.is_model(filepath)
    if not is_file and not in_folder and not str(filepath).endswith(".keras"):
        raise ValueError(
            f"load_model expects a path that ends with .keras, or that of a folder with config.json, got {filepath!r}"
        )
    with folder.opened(os.fspath(filepath)) if in_folder else archive.opened(filepath) as opened:
        config = opened.config()
        if not compile:
            config["compile_config"] = None
        model = deserialize_keras_object(config, custom_objects, safe_mode=safe_mode)
        if not all(hasattr(model, name) for name in ("save", "weights")):
            raise ValueError(f"Expected a model, got an object of type {type(model).__name__}.")
        with opened.weights() as weights, opened.assets() as assets:
            load_state(model, weights, assets, skipped=_without_saved_state(model, weights))
    return model


def _without_saved_state(model: Any, weights: WeightsReader) -> list[Any]:
    """The optimizer in a list, if it was saved before it was built, with counters alone; else an empty list."""
    optimizer = getattr(model, "optimizer", None)
    saved = weights.get("optimizer")
    if optimizer is None or len(saved) >= len(optimizer.variables) or any(v.shape for v in saved.values()):
        return []
    return [optimizer]
