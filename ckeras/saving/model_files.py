"""Files of whole models: `.keras`, the same in a folder, and the older `.h5`."""

from __future__ import annotations

import datetime
import os
from typing import Any

from ckeras import _version
from ckeras.saving import archive, folder, orbax_files
from ckeras.saving.atomic import confirm_overwrite, replacing
from ckeras.saving.hdf5 import WeightsReader
from ckeras.saving.legacy_models import load_legacy_model, save_legacy_model
from ckeras.saving.older_configs import is_older, renewed
from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object
from ckeras.saving.state import load_state
from ckeras.tensor.stored import VariableLimit
from ckeras.utils.tracebacks import warn


def save_model(model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
    """Save a model to a `.keras` file or a folder: architecture, weights, optimizer with its state, losses, metrics.

    Keras opens the file. It replaces a file of that name only once it is complete.

    Args:
        model: The model.
        filepath: Path of the file, which ends with ``.keras``, or with ``.h5`` or ``.hdf5`` for the older format, or a
            binary file to write to; with ``zipped=False`` the path of a folder.
        overwrite: Whether to replace a file that exists; otherwise the question is asked at the terminal.
        zipped: Whether to save the model in one file, which is the default, instead of a folder.
        kwargs: ``include_optimizer``, whether the file gets what the model was compiled with, and the state of its
            optimizer; ``save_format``, ``"keras"`` or ``"h5"``, which has to agree with the ending.

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
    is_file, in_folder = hasattr(filepath, "write"), zipped is False
    is_legacy = not is_file and not in_folder and str(filepath).endswith((".h5", ".hdf5"))
    include_optimizer, wanted = kwargs.pop("include_optimizer", True), "h5" if is_legacy else "keras"
    if kwargs.pop("save_format", wanted) != wanted or kwargs:
        raise ValueError(
            f"save expects no arguments besides save_format={wanted!r} and include_optimizer, got "
            f"{', '.join(map(repr, kwargs)) or 'another format'} for {filepath!r}"
        )
    if not is_file and not is_legacy and str(filepath).endswith(".keras") == in_folder:
        raise ValueError(
            f"save with zipped={not in_folder} expects a path that {'does not end' if in_folder else 'ends'} with "
            f".keras, got {str(filepath)!r}"
        )
    if not is_file and not overwrite and os.path.exists(filepath) and not confirm_overwrite(filepath):
        return
    if not model.built:
        warn(f"save: model {model.name!r} is not built, so it has no weights to save yet; call it on data first")
    if is_legacy:
        save_legacy_model(model, filepath, include_optimizer, _version.KERAS_VERSION)
        return
    config, skipped = serialize_keras_object(model), []
    if not include_optimizer:
        config.pop("compile_config", None)
        skipped = [] if model.optimizer is None else [model.optimizer]
    metadata = {
        "keras_version": _version.KERAS_VERSION,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
        "ckeras_version": _version.number,
    }
    if is_file:
        archive.write(filepath, model, config, metadata, None, skipped)
        return
    if in_folder:
        folder.write(os.fspath(filepath), model, config, metadata, skipped)
        return
    with replacing(filepath) as file:
        archive.write(file, model, config, metadata, os.path.dirname(os.path.realpath(filepath)), skipped)


def load_model(
    filepath: Any, custom_objects: dict[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """Load a model from a `.keras` or `.h5` file, a folder, or checkpoints of Orbax, written by ckeras or Keras 3.

    No module is imported because the file names it: classes and functions are ckeras's own, those registered or
    declared by an installed package, or in `custom_objects`.

    Args:
        filepath: Path of the file or the folder, or a binary file to read.
        custom_objects: Names to classes and functions, looked at before all others.
        compile: Whether to compile the model as it was compiled when it was saved.
        safe_mode: Whether to refuse lambdas, whose byte code can do anything, and variables far larger than what the
            file holds.

    Raises:
        ValueError: if the file is no `.keras` file, is damaged, or holds something unknown or refused.
        OSError: if it cannot be read.
    """
    is_file = hasattr(filepath, "read")
    if not is_file and str(filepath).endswith((".h5", ".hdf5")):
        return load_legacy_model(str(filepath), custom_objects, compile, safe_mode)
    if not is_file and orbax_files.is_checkpoint(filepath):
        return orbax_files.load_model(os.fspath(filepath), custom_objects, compile, safe_mode)
    in_folder = not is_file and folder.is_model(filepath)
    if not is_file and not in_folder and not str(filepath).endswith(".keras"):
        raise ValueError(
            f"load_model expects a path that ends with .keras or .h5, or a folder with config.json, got {filepath!r}"
        )
    with folder.opened(os.fspath(filepath)) if in_folder else archive.opened(filepath) as opened:
        config = opened.config()
        if not compile:
            config["compile_config"] = None
        with opened.weights() as weights, opened.assets() as assets:
            with VariableLimit(weights.size() if safe_mode else None):
                model = deserialize_keras_object(_of_today(config), custom_objects, safe_mode=safe_mode)
            archive.check_model(model)
            load_state(model, weights, assets, skipped=_without_saved_state(model, weights))
    return model


def _of_today(config: dict[str, Any]) -> dict[str, Any]:
    """A config, translated if it is one of tf_keras."""
    return renewed(config) if is_older(config) else config


def _without_saved_state(model: Any, weights: WeightsReader) -> list[Any]:
    """The optimizer in a list, if it was saved before it was built, with counters alone; else an empty list."""
    optimizer = getattr(model, "optimizer", None)
    saved = weights.get("optimizer")
    if optimizer is None or len(saved) >= len(optimizer.variables) or any(saved.shape(key) for key in saved):
        return []
    return [optimizer]
