"""Files of the weights of a model: `.weights.h5`, several of them, and the weights within `.keras`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ckeras._version import KERAS_VERSION
from ckeras.saving import archive, orbax_files, safetensors_files
from ckeras.saving.atomic import confirm_overwrite, replacing
from ckeras.saving.hdf5 import WeightsReader, WeightsWriter
from ckeras.saving.legacy_weights import load_legacy_weights, save_legacy_weights
from ckeras.saving.safetensors_files import SafetensorsReader, SafetensorsWriter
from ckeras.saving.shards import ShardsReader, ShardsWriter
from ckeras.saving.state import load_state, save_state, saveables
from ckeras.utils.tracebacks import warn


def save_weights(
    model: Any, filepath: str | os.PathLike, overwrite: bool = True, max_shard_size: float | None = None, **kwargs: Any
) -> None:
    """Save the weights of a model, with the state of its optimizer, to a `.weights.h5` file, or to several.

    Keras opens the file. Seeds of random layers are saved too, so that training continues with the same random
    numbers. A file replaces one of that name only once it is complete.

    Args:
        model: A model that is built.
        filepath: Path of the file, which ends with ``.weights.h5``; or with ``.h5`` alone, for a file in the format of
            Keras 1 and 2, which holds neither optimizer nor seeds; with ``max_shard_size`` that of the file which
            names the others, which ends with ``.weights.json``.
        overwrite: Whether to replace a file that exists; otherwise the question is asked at the terminal.
        max_shard_size: Maximum size of a file in GiB; `None` for one file.
        kwargs: ``objects_to_skip``, layers and other parts of the model that are left out.

    Raises:
        ValueError: for another ending, an unknown argument, or a model that is not built.
        OSError: if the file cannot be written; a file that exists is then as it was.

    >>> from ckeras import Sequential, layers
    >>> model = Sequential([layers.Input((2,)), layers.Dense(1, kernel_initializer="ones")])
    >>> save_weights(model, "ones.weights.h5")
    >>> model.set_weights([[[5.0], [5.0]], [5.0]])
    >>> load_weights(model, "ones.weights.h5")
    >>> model.get_weights()[0].ravel().tolist()
    [1.0, 1.0]
    """
    skipped = kwargs.pop("objects_to_skip", None) or ()
    _refuse(kwargs, "save_weights")
    path, ending = str(filepath), ".weights.h5" if max_shard_size is None else ".weights.json"
    if max_shard_size is not None and path.endswith(".weights.h5"):
        path = path.removesuffix(".h5") + ".json"
        warn(f"save_weights with max_shard_size writes {path!r} instead of {str(filepath)!r}")
    is_legacy = max_shard_size is None and _is_legacy(path)
    if not path.endswith(ending) and not is_legacy:
        raise ValueError(
            f"save_weights with max_shard_size={max_shard_size!r} expects a path that ends with {ending}, got {path!r}"
            f"{_about_checkpoints(path)}"
        )
    if is_legacy and skipped:
        raise ValueError(f"save_weights takes objects_to_skip for .weights.h5 files only, got {path!r}")
    if max_shard_size is not None and not max_shard_size > 0:
        raise ValueError(f"save_weights expects max_shard_size to be positive, got {max_shard_size!r}")
    check_built(model, "save_weights")
    if not overwrite and os.path.exists(path) and not confirm_overwrite(path):
        return
    if is_legacy:
        save_legacy_weights(model, path, KERAS_VERSION)
        return
    with ExitStack() as files:
        if max_shard_size is None:
            writer: Any = files.enter_context(WeightsWriter(files.enter_context(replacing(path))))
        else:
            writer = files.enter_context(ShardsWriter(path, max_shard_size * 2**30))
        save_state(model, writer, skipped=skipped)


def export_weights(model: Any, filepath: str | os.PathLike, overwrite: bool = True) -> None:
    """Save the weights of a model, without its optimizer, to a `.safetensors` file, which other programs read too.

    A weight is called as in a ``.weights.h5`` file, such as ``layers/dense/vars/0``; the header's metadata give its
    path, such as ``sequential/dense/kernel``. The package safetensors has to be installed.

    Args:
        model: A model that is built.
        filepath: Path of the file, which ends with ``.safetensors``. A file of that name is replaced once the new one
            is complete.
        overwrite: Whether to replace a file that exists; otherwise the question is asked at the terminal.

    Raises:
        ValueError: for another ending, a model that is not built, or weights of a dtype that such files do not hold.
        ImportError: if the package safetensors is not installed.
        OSError: if the file cannot be written; a file that exists is then as it was.

    >>> from ckeras import Sequential, layers
    >>> model = Sequential([layers.Input((2,)), layers.Dense(1, kernel_initializer="ones")])
    >>> export_weights(model, "ones.safetensors")
    >>> model.set_weights([[[5.0], [5.0]], [5.0]])
    >>> load_weights(model, "ones.safetensors")
    >>> model.get_weights()[0].ravel().tolist()
    [1.0, 1.0]
    """
    path = os.fspath(filepath)
    if not path.endswith(".safetensors"):
        raise ValueError(f"export_weights expects a path that ends with .safetensors, got {path!r}")
    check_built(model, "export_weights")
    if not overwrite and os.path.exists(path) and not confirm_overwrite(path):
        return
    skipped = [one for one in (getattr(model, "optimizer", None),) if one is not None]
    with SafetensorsWriter(path) as writer:
        save_state(model, writer, skipped=skipped)
        for at, one in saveables(model, skipped):
            if hasattr(one, "_saved_variables"):
                writer.describe(at, one._saved_variables())


def load_weights(model: Any, filepath: str | os.PathLike, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Load the weights of a model from a `.weights.h5`, `.weights.json`, `.keras`, `.h5` or `.safetensors` file.

    A folder is one of checkpoints of Orbax.

    An `.h5` file may be one of Keras 1 and 2 or tf.keras; it gives no state of the optimizer. From others, that is
    loaded too if the optimizer is built and has as many variables as the saved one.

    Args:
        model: A model that is built.
        filepath: Path of the file.
        skip_mismatch: Whether objects whose weights do not fit keep theirs, with a warning.
        kwargs: ``objects_to_skip``, layers and other parts of the model that keep their weights; for ``.h5`` files
            ``by_name``, whether layers get the weights of the saved layers of their names, instead of those in order.

    Raises:
        ValueError: for another kind of file, an unknown argument, a model that is not built, or weights that do not
            fit; nothing has changed then.
        OSError: if the file cannot be read.
    """
    skipped, by_name = kwargs.pop("objects_to_skip", None) or (), kwargs.pop("by_name", None)
    _refuse(kwargs, "load_weights")
    check_built(model, "load_weights")
    path = str(filepath)
    if orbax_files.is_checkpoint(path):
        orbax_files.load_weights(model, path)
        return
    is_legacy = _is_legacy(path)
    if (skipped and is_legacy) or (by_name is not None and not is_legacy):
        given = "objects_to_skip" if is_legacy else "by_name"
        raise ValueError(f"load_weights takes {given} for {'other' if is_legacy else '.h5'} files only, got {path!r}")
    if is_legacy:
        with unchanged_on_error(model), archive.errors_of(path):
            load_legacy_weights(model, path, bool(by_name), skip_mismatch)
        return
    if path.endswith(".safetensors"):
        skipped = [*skipped, *([] if model.optimizer is None else [model.optimizer])]
    with _reader(filepath) as reader, unchanged_on_error(model), archive.errors_of(filepath):
        load_state(model, reader, skipped=skipped, skip_mismatch=skip_mismatch)


def _is_legacy(path: str) -> bool:
    """Whether a file is one of the format of Keras 1 and 2, by its name."""
    return path.endswith((".h5", ".hdf5")) and not path.endswith(".weights.h5")


@contextmanager
def _reader(filepath: Any) -> Iterator[WeightsReader | ShardsReader | SafetensorsReader]:
    """The weights in a file."""
    path = str(filepath)
    if path.endswith(".keras"):
        with archive.opened(filepath) as opened, opened.weights() as reader:
            yield reader
    elif path.endswith(".weights.h5"):
        with archive.errors_of(path), open(path, "rb") as file, WeightsReader(file) as reader:
            yield reader
    elif path.endswith(".weights.json"):
        with archive.errors_of(path), ShardsReader(path) as shards:
            yield shards
    elif path.endswith(".safetensors"):
        safetensors_files.package()  # whose absence is no fault of the file
        with archive.errors_of(path), SafetensorsReader(path) as tensors:
            yield tensors
    else:
        raise ValueError(
            "load_weights expects a path that ends with .weights.h5, .weights.json, .keras, .h5 or .safetensors, got "
            f"{path!r}{_about_checkpoints(path)}"
        )


def _about_checkpoints(path: str) -> str:
    """What to do with a checkpoint of TensorFlow, if a path is that of one; else nothing."""
    names = (".ckpt", ".index", ".data-00000-of-00001")
    if not path.endswith(names) and ".ckpt" not in os.path.basename(path) and not os.path.exists(f"{path}.index"):
        return ""
    return (
        "; that is the name of a checkpoint of tf.train.Checkpoint, which only TensorFlow reads: load it there, and "
        "save the model with model.save('m.keras') or model.save_weights('m.weights.h5')"
    )


@contextmanager
def unchanged_on_error(model: Any) -> Iterator[None]:
    """Context manager: if the block raises, the variables of a model and its optimizer get their values back."""
    variables = {id(v): v for _, one in saveables(model) for v in getattr(one, "variables", ())}
    before = [(v, v.numpy()) for v in variables.values()]
    try:
        yield
    except BaseException:
        for variable, value in before:
            variable.assign(value)
        raise


def check_built(model: Any, where: str) -> None:
    """Raise ValueError if a model is not built."""
    if not model.built:
        raise ValueError(
            f"{where} expects a model that is built, and {model.name!r} is not: call it on data, or build() it, first"
        )


def _refuse(kwargs: dict[str, Any], where: str) -> None:
    if kwargs:
        raise ValueError(f"{where} got unknown arguments: {', '.join(map(repr, kwargs))}")
