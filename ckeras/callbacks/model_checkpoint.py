"""The callback that saves the model during training."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ckeras import registry
from ckeras.callbacks.monitor_callback import MonitorCallback
from ckeras.callbacks.save_frequency import SaveFrequency
from ckeras.saving.atomic import check_folder
from ckeras.utils.interactive import print_message
from ckeras.utils.tracebacks import warn


@registry.callbacks.ship()
class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after each epoch or a number of batches.

    A file is replaced only once the new one is complete.

    Args:
        filepath: Path of the file, which ends with ``.keras``, ``.h5`` or ``.hdf5``; ``.weights.h5`` if
            ``save_weights_only`` is true. It may have format fields for the number of the epoch and of the batch, from
            1, and the logs: ``"{epoch:02d}-{val_loss:.2f}.keras"``. Folders are created.
        monitor: Name of the value in the logs by which the best model is found.
        verbose: 1 prints what is saved.
        save_best_only: Whether to save only if the monitored value is better than at all times before.
        save_weights_only: Whether to save the weights (`Model.save_weights`) instead of the model (`Model.save`).
        mode: ``"min"`` or ``"max"``, whether smaller or larger values are better; ``"auto"`` follows from the name.
        save_freq: ``"epoch"``, or the number of batches between two saves, which are counted across epochs.
        initial_value_threshold: Value that has to be exceeded for the first save, if ``save_best_only`` is true.

    Raises:
        ValueError: for another ending or frequency; at the first save, if ``mode`` is ``"auto"`` and the direction
            cannot be inferred.
        OSError: before the first epoch, if files cannot be written to the folder, or the path is that of a folder.
        KeyError: at a save, if the logs do not have the name of a format field.

    Example:
        >>> import os
        >>> import numpy as np
        >>> from ckeras import Sequential, layers
        >>> model = Sequential([layers.Input((1,)), layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.ones((4, 1), "float32")
        >>> save = ModelCheckpoint("best/{epoch}.keras", monitor="loss", save_best_only=True)
        >>> history = model.fit(x, x, epochs=2, verbose=0, callbacks=[save])
        >>> sorted(os.listdir("best"))
        ['1.keras', '2.keras']
    """

    _resumed = ("best", "_counts")

    def __init__(
        self,
        filepath: str | os.PathLike,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.verbose = verbose
        self.filepath = os.fspath(filepath)
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._frequency = SaveFrequency(save_freq, "ModelCheckpoint")
        self._current_epoch = 0
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5", ".hdf5")
        if not self.filepath.endswith(endings):
            raise ValueError(
                f"ModelCheckpoint with save_weights_only={save_weights_only} expects filepath to end with "
                f"{' or '.join(endings)}, got {self.filepath!r}"
            )
        if self._frequency.is_of_epochs:
            self._idle_hooks = (ModelCheckpoint.on_train_batch_end,)

    @property
    def _counts(self) -> list[int]:
        return self._frequency.counts

    @_counts.setter
    def _counts(self, counts: list[int]) -> None:
        self._frequency.counts = counts

    def on_train_begin(self, logs: dict | None = None) -> None:
        fixed = self.filepath.partition("{")[0]  # the path up to the first format field
        check_folder(os.path.dirname(fixed) or os.curdir, "ModelCheckpoint")
        if os.path.isdir(self.filepath):
            raise IsADirectoryError(f"ModelCheckpoint expects the path of a file, got a folder: {self.filepath!r}")

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._current_epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if not self._frequency.is_of_epochs and self._frequency.due(batch):
            self._save(self._current_epoch, {"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self._frequency.is_of_epochs:
            self._save(epoch, logs or {})

    def _save(self, epoch: int, logs: dict[str, Any]) -> None:
        try:
            path = self.filepath.format(epoch=epoch + 1, **logs)
        except KeyError as error:
            raise KeyError(
                f"ModelCheckpoint cannot format the path {self.filepath!r}: the logs have no {error}, they have "
                f"{', '.join(logs) or 'nothing'}"
            ) from None
        if not self._should_save(epoch, logs, path):
            return
        os.makedirs(os.path.dirname(path) or os.curdir, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
        self._tell(epoch, f"finished saving model to {path}")

    def _should_save(self, epoch: int, logs: dict[str, Any], path: str) -> bool:
        if not self.save_best_only:
            self._tell(epoch, f"saving model to {path}")
            return True
        self._set_monitor_op()
        current = logs.get(self.monitor)
        if current is None or np.ndim(current) > 0:
            what = "the logs do not have" if current is None else "is not a scalar"
            warn(f"ModelCheckpoint saves the model without comparison: it monitors {self.monitor!r}, which {what}")
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            self._tell(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._tell(epoch, f"{self.monitor} improved from {best} to {current:.5f}, saving model to {path}")
        self.best = current
        return True

    def _tell(self, epoch: int, message: str) -> None:
        if self.verbose > 0:
            print_message(f"\nEpoch {epoch + 1}: {message}")
