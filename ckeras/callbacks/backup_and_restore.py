"""The callback that continues an interrupted training run where it was interrupted."""

from __future__ import annotations

import contextlib
import json
import os
import random as python_random
import shutil
from typing import Any

import numpy as np

from ckeras import random, registry
from ckeras.callbacks.callback import Callback
from ckeras.callbacks.save_frequency import SaveFrequency
from ckeras.saving.atomic import check_folder, replacing, write_text
from ckeras.saving.hdf5 import WeightsReader, WeightsWriter
from ckeras.saving.state import load_state, save_state
from ckeras.saving.weights import check_built, unchanged_on_error
from ckeras.utils.tracebacks import warn

_STATE = "training"  # path in the file of what is not the state of the model


@registry.callbacks.ship()
class BackupAndRestore(Callback):
    """Saves the state of a training run, from which the same call of `fit` in a new process continues.

    The new process ends with the same bits as one that was never interrupted, if it makes the same model and passes the
    same arguments. Saved are the weights, the state of the optimizer, of random layers, metrics and other callbacks of
    ckeras, the random generators of ckeras, Python and numpy, and the position in the data, which includes the order of
    shuffled arrays and of a shuffled `PyDataset`. Of a generator, as many batches are taken and dropped as were used
    before. Not known is the state of callbacks and data loaders of one's own: it has to follow from the arguments
    and the generators named.

    Its hooks are called after those of other callbacks.

    Args:
        backup_dir: Folder of the backup, which no other run may use at the same time. It is created.
        save_freq: ``"epoch"``, or the number of batches between two backups; `False` for none.
        double_checkpoint: Whether to keep the backup before the last one too, for the case that the last cannot be
            read.
        delete_checkpoint: Whether to delete the backup at the end of training. The folder is removed if it is empty.

    Raises:
        ValueError: for another ``save_freq``, an empty ``backup_dir``; before the first epoch, if the model is not
            built, or if a backup does not fit it. Nothing has changed then.
        OSError: before the first epoch, if files cannot be written to the folder.

    Example:
        >>> import numpy as np
        >>> from ckeras import Sequential, layers, callbacks
        >>> x = np.ones((4, 1), "float32")
        >>> def run(*others):
        ...     model = Sequential([layers.Input((1,)), layers.Dense(1)])
        ...     model.compile("sgd", "mse")
        ...     backup = callbacks.BackupAndRestore("backup")
        ...     return model.fit(x, x, epochs=5, verbose=0, callbacks=[backup, *others]).epoch
        >>> def interrupt(epoch, logs):
        ...     if epoch == 3:
        ...         raise KeyboardInterrupt
        >>> try:
        ...     run(callbacks.LambdaCallback(on_epoch_begin=interrupt))
        ... except KeyboardInterrupt:
        ...     run()
        [3, 4]
    """

    _is_called_last = True

    def __init__(
        self,
        backup_dir: str | os.PathLike,
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ValueError(f"BackupAndRestore expects backup_dir to be the path of a folder, got {backup_dir!r}")
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._frequency = None if save_freq is False else SaveFrequency(save_freq, "BackupAndRestore")
        self._weights_path = os.path.join(self.backup_dir, "latest.weights.h5")
        self._training_metadata_path = os.path.join(self.backup_dir, "training_metadata.json")
        self._prev_weights_path = f"{self._weights_path}.bkp"
        self._prev_training_metadata_path = f"{self._training_metadata_path}.bkp"
        self._current_epoch = 0
        self._progress: Any = None
        if self._frequency is None or self._frequency.is_of_epochs:
            self._idle_hooks = (BackupAndRestore.on_train_batch_end,)

    def set_progress(self, progress: Any) -> None:
        """Take what `fit` knows of the run; called before all hooks."""
        self._progress = progress

    # -- when to save

    def on_train_begin(self, logs: dict | None = None) -> None:
        check_folder(self.backup_dir, "BackupAndRestore")
        check_built(self.model, "BackupAndRestore")
        path, metadata = self._weights_path, self._training_metadata_path
        if os.path.exists(path) or os.path.exists(self._prev_weights_path):
            try:
                self._resume(path, metadata)
            except (OSError, ValueError) as error:
                if not os.path.exists(self._prev_weights_path):
                    raise
                warn(f"BackupAndRestore uses the backup before the last one, which cannot be read: {error}")
                self._resume(self._prev_weights_path, self._prev_training_metadata_path)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._current_epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        frequency = self._frequency
        if frequency is not None and not frequency.is_of_epochs and frequency.due(batch):
            self._save(self._current_epoch, batch + 1, logs)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self._frequency is not None and self._frequency.is_of_epochs:
            self._save(epoch + 1, 0, logs)

    def on_train_end(self, logs: dict | None = None) -> None:
        if not self.delete_checkpoint:
            return
        for path in (self._weights_path, self._training_metadata_path):
            for one in (path, f"{path}.bkp"):
                with contextlib.suppress(FileNotFoundError):
                    os.remove(one)
        with contextlib.suppress(OSError):  # it holds something else
            os.rmdir(self.backup_dir)

    # -- writing

    def _save(self, epoch: int, batch: int, logs: dict | None) -> None:
        """Save the state after ``batch`` batches of an epoch; one file holds all of it, so that all of it fits."""
        if self.double_checkpoint:
            _copy(self._weights_path, self._prev_weights_path)
            _copy(self._training_metadata_path, self._prev_training_metadata_path)
        state = {
            "epoch": epoch,
            "batch": batch,
            "logs": {name: float(value) for name, value in (logs or {}).items() if np.ndim(value) == 0},
            "stopped": bool(self.model.stop_training) and batch == 0,
            "source": None if self._progress is None else self._progress.source_state(),
            "random": _random_state(),
        }
        with replacing(self._weights_path) as file, WeightsWriter(file) as writer:
            save_state(self.model, writer)
            for i, metric in enumerate(self.model.metrics):
                group = writer.make(f"{_STATE}/metrics/{i}")
                for j, variable in enumerate(metric.variables):
                    group[str(j)] = variable.numpy()
            state["callbacks"] = [self._saved(i, one, writer) for i, one in enumerate(self._others())]
            writer.make(_STATE)["json"] = np.bytes_(json.dumps(state))
        write_text(self._training_metadata_path, json.dumps({"epoch": epoch, "batch": batch}))

    def _others(self) -> list[Any]:
        """The other callbacks of the run."""
        return [] if self._progress is None else [one for one in self._progress.callbacks if one is not self]

    def _saved(self, number: int, callback: Any, writer: WeightsWriter) -> dict[str, Any]:
        """The state of a callback; lists of arrays go into the file."""
        values = {}
        for name in getattr(callback, "_resumed", ()):
            value = getattr(callback, name)
            if _is_arrays(value):
                group = writer.make(f"{_STATE}/callbacks/{number}/{name}")
                for i, array in enumerate(value):
                    group[str(i)] = array
                value = {"arrays": len(value)}
            values[name] = value.item() if isinstance(value, np.generic) else value
        return {"type": type(callback).__name__, "values": values}

    # -- reading

    def _resume(self, path: str, metadata: str) -> None:
        """Continue the run of a backup."""
        with open(path, "rb") as file, WeightsReader(file) as reader:
            saved = reader.get(_STATE)
            state = json.loads(saved["json"].item()) if "json" in saved else None
        if state is None:  # a backup of Keras
            with open(metadata) as text:
                epoch = json.load(text)["epoch"]
            state = {"epoch": epoch, "batch": 0, "logs": {}, "stopped": False, "source": None}
        with unchanged_on_error(self.model):
            self._restore(path, state)
        if self._frequency is not None:
            self._frequency.counts = [0, state["batch"] - 1]
        if self._progress is not None:
            names = ("epoch", "batch", "logs", "stopped", "source")
            self._progress.resume(*(state[name] for name in names), restore=lambda: self._restore(path, state))

    def _restore(self, path: str, state: dict[str, Any]) -> None:
        """Restore the values of all variables, callbacks and random generators."""
        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        with open(path, "rb") as file, WeightsReader(file) as reader:
            if optimizer is not None and len(reader.get("optimizer")) != len(optimizer.variables):
                raise ValueError(f"The backup {path!r} is of another optimizer than {optimizer!r}.")
            load_state(self.model, reader)
            for i, metric in enumerate(self.model.metrics):
                group = reader.get(f"{_STATE}/metrics/{i}")
                for j, variable in enumerate(metric.variables[: len(group)]):
                    variable.assign(group[str(j)])
            for i, one in enumerate(self._others()):
                self._restore_callback(i, one, state.get("callbacks", []), reader)
        if "random" in state:
            _set_random_state(state["random"])

    def _restore_callback(self, number: int, callback: Any, saved: list[Any], reader: WeightsReader) -> None:
        if number >= len(saved) or saved[number]["type"] != type(callback).__name__:
            return
        for name, value in saved[number]["values"].items():
            if isinstance(value, dict):
                group = reader.get(f"{_STATE}/callbacks/{number}/{name}")
                value = [group[str(i)] for i in range(value["arrays"])]
            setattr(callback, name, value)


def _is_arrays(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, np.ndarray) for one in value)


def _copy(source: str, target: str) -> None:
    """Replace a file by a copy of another, if that exists."""
    if os.path.exists(source):
        with open(source, "rb") as file, replacing(target) as copy:
            shutil.copyfileobj(file, copy)


def _random_state() -> dict[str, Any]:
    """The states of the random generators of ckeras, Python and numpy, in plain values."""
    kind, key, *rest = np.random.get_state()
    return {
        "ckeras": random.global_generator().state.numpy().tolist(),
        "python": python_random.getstate(),
        "numpy": [kind, key.tolist(), *rest],
    }


def _set_random_state(state: dict[str, Any]) -> None:
    version, key, rest = state["python"]
    random.global_generator().state.assign(np.array(state["ckeras"], np.int64))
    python_random.setstate((version, tuple(key), rest))
    np.random.set_state(tuple(state["numpy"]))
