"""OrbaxCheckpoint, which writes files of JAX's package Orbax, and so is not part of ckeras."""

from __future__ import annotations

from typing import Any

from ckeras.callbacks.callback import Callback


class OrbaxCheckpoint(Callback):
    """The name of Keras's callback for checkpoints of Orbax; it only says what to use instead.

    Args:
        directory, monitor, verbose, save_best_only, mode, save_freq, initial_value_threshold, max_to_keep,
            save_on_background, save_weights_only: those of Keras.

    Raises:
        NotImplementedError: always: such checkpoints need JAX and Orbax.
    """

    def __init__(
        self,
        directory: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ):
        raise NotImplementedError(
            f"OrbaxCheckpoint({directory!r}) needs JAX and Orbax, on which ckeras does not stand: use ModelCheckpoint, "
            "which saves the model or the best one, or BackupAndRestore, which continues a stopped training run"
        )
