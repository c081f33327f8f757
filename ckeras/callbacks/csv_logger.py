"""The callback that writes the logs of each epoch to a CSV file."""

import csv
import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from ckeras import registry
from ckeras.callbacks.callback import Callback


@registry.callbacks.ship()
class CSVLogger(Callback):
    """Writes the logs of each epoch to a CSV file, one row per epoch.

    The columns are ``"epoch"`` and the names in the logs of the first epoch, sorted. If these are without validation,
    a column ``"val_..."`` is added for each, since it may follow. A value that the logs of an epoch do not have is
    ``"NA"``.

    Args:
        filename: Path of the file.
        separator: Separator of the columns, one character.
        append: Whether to add rows to a file that exists, instead of replacing it. Its header is not repeated.

    Raises:
        OSError: before the first epoch, if the file cannot be written.

    Example:
        >>> import pathlib
        >>> log = CSVLogger("training.csv", separator=";")
        >>> log.on_train_begin()
        >>> log.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.25})
        >>> log.on_train_end()
        >>> print(pathlib.Path("training.csv").read_text().strip())
        epoch;loss;val_loss
        0;0.5;0.25
    """

    def __init__(self, filename: str | os.PathLike, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.sep = separator
        self.filename = os.fspath(filename)
        self.append = append
        self.append_header = True
        self.keys: list[str] | None = None
        self.writer: csv.DictWriter | None = None
        self.csv_file: Any = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._close()
        if self.append and os.path.exists(self.filename):
            self.append_header = os.path.getsize(self.filename) == 0
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="")  # noqa: SIM115
        self.keys = self.writer = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logs = logs or {}
        if self.writer is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
            self.writer = csv.DictWriter(self.csv_file, ["epoch", *self.keys], delimiter=self.sep)
            if self.append_header:
                self.writer.writeheader()
        self.writer.writerow({"epoch": epoch, **{key: _cell(logs.get(key, "NA")) for key in self.keys}})
        self.csv_file.flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        self._close()

    def _close(self) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = self.writer = None


def _cell(value: Any) -> Any:
    """A value as it is written: several values in quoted brackets."""
    if isinstance(value, str) or not isinstance(value, Iterable) or (isinstance(value, np.ndarray) and not value.ndim):
        return value
    return f'"[{", ".join(map(str, value))}]"'
