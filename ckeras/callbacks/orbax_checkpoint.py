"""OrbaxCheckpoint, which saves a model as checkpoints of the package Orbax during training."""

from __future__ import annotations

import os
from typing import Any

from ckeras import registry
from ckeras.callbacks.monitor_callback import MonitorCallback
from ckeras.callbacks.save_frequency import SaveFrequency
from ckeras.saving import orbax_files
from ckeras.utils.interactive import print_message
from ckeras.utils.tracebacks import warn


@registry.callbacks.ship()
class OrbaxCheckpoint(MonitorCallback):
    """Saves the state of the model and its optimizer after each epoch or a number of batches, in the background.

    A checkpoint is a folder named after the epoch, or the number of batches so far, in the layout of Keras 3, which
    reads it; `ckeras.saving.load_model` and `Model.load_weights` read it and those of Keras. The packages
    orbax-checkpoint and JAX are needed (``pip install 'ckeras[orbax]'``).

    Args:
        directory: Folder of the checkpoints.
        monitor: Name of the value in the logs by which the best model is found.
        verbose: 1 prints what is saved.
        save_best_only: Whether to save only if the monitored value is better than at all times before.
        mode: ``"min"`` or ``"max"``, whether smaller or larger values are better; ``"auto"`` follows from the name.
        save_freq: ``"epoch"``, or the number of batches between two saves, which are counted across epochs.
        initial_value_threshold: Value that has to be exceeded for the first save, if ``save_best_only`` is true.
        max_to_keep: Number of latest checkpoints that are kept; None for all.
        save_on_background: Whether training goes on while a checkpoint is written.
        save_weights_only: Whether to save the weights alone, without the optimizer and the model's config.

    Raises:
        ImportError: if Orbax is not installed.
        ValueError: for another frequency.
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> None:
        orbax_files.orbax()
        super().__init__(monitor, mode, initial_value_threshold)
        self.directory = os.fspath(directory)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_freq = save_freq
        self.max_to_keep = max_to_keep
        self.save_on_background = save_on_background
        self.save_weights_only = save_weights_only
        self._frequency = SaveFrequency(save_freq, "OrbaxCheckpoint")
        self._batches = 0  # in all epochs
        self._running: list[Any] = []  # saves in the background
        self._checkpointer: Any = None
        if self._frequency.is_of_epochs:
            self._idle_hooks = (OrbaxCheckpoint.on_train_batch_end,)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if getattr(model, "optimizer", None) is not None:
            self._batches = int(model.optimizer.iterations)

    def is_multihost_enabled(self) -> bool:
        """Return False: there is one process."""
        return False

    def is_primary_host(self) -> bool:
        """Return True: there is one process."""
        return True

    def wait_until_finished(self) -> None:
        """Return once all checkpoints are written; raise what kept one from being written."""
        while self._running:
            self._running.pop(0).result()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if self._frequency.is_of_epochs:
            return
        last = self._frequency.counts[1]
        self._batches += batch + 1 if batch <= last else batch - last
        if self._frequency.due(batch):
            self._save(self._batches, logs or {})

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self._frequency.is_of_epochs:
            self._save(epoch, logs or {})

    def on_train_end(self, logs: dict | None = None) -> None:
        self.wait_until_finished()
        if self._checkpointer is not None:
            self._checkpointer.close()
            self._checkpointer = None

    def _save(self, step: int, logs: dict[str, Any]) -> None:
        if not self._should_save(step, logs):
            return
        if self._checkpointer is None:
            self._checkpointer = orbax_files.checkpointer(self.directory, self.max_to_keep)
        contents = orbax_files.contents(self.model, self.save_weights_only)
        if self.save_on_background:
            self._running.append(self._checkpointer.save_checkpointables_async(step, contents))
        else:
            self._checkpointer.save_checkpointables(step, contents)
        if self.verbose > 0:
            print_message(f"\nStep {step}: saving a checkpoint to {self.directory}")

    def _should_save(self, step: int, logs: dict[str, Any]) -> bool:
        if not self.save_best_only:
            return True
        self._set_monitor_op()
        current = logs.get(self.monitor)
        if current is None:
            warn(f"OrbaxCheckpoint saves nothing at step {step}: the logs do not have {self.monitor!r}")
            return False
        if not self._is_improvement(current, self.best):
            return False
        self.best = current
        return True
