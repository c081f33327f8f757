"""``tensorflow.summary``: event files for TensorBoard, written with the package tensorboard (extra ``tensorboard``)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ckeras.callbacks.event_files import EventFile
from ckeras.compat.tensorflow.records import plain_bytes
from ckeras.compat.tensorflow.table import names_of

_open: list[Any] = []  # writers whose blocks are entered, the innermost last
_step: list[Any] = [None]


class Writer:
    """A writer of an event file in a folder; `create_file_writer` makes it."""

    def __init__(self, folder: str):
        self._file = EventFile(folder)

    @contextlib.contextmanager
    def as_default(self, step: Any = None) -> Iterator[Writer]:
        """Context manager in which summaries go to this file, of ``step`` if they have none."""
        before = _step[0]
        _open.append(self)
        _step[0] = before if step is None else step
        try:
            yield self
        finally:
            _open.pop()
            _step[0] = before
            self.flush()

    def set_as_default(self, step: Any = None) -> None:
        """Let summaries go to this file from now on."""
        _open[:] = [self]
        _step[0] = _step[0] if step is None else step

    def flush(self) -> None:
        """Let readers see what was written."""
        self._file.flush()

    def close(self) -> None:
        """Complete the file."""
        self._file.close()


def create_file_writer(
    logdir: Any, max_queue: Any = None, flush_millis: Any = None, filename_suffix: Any = None, name: Any = None
) -> Writer:
    """Create an event file in a folder; it is written every two seconds, and by `flush`.

    Raises:
        ImportError: if the package tensorboard is not installed.
    """
    return Writer(str(logdir) if hasattr(logdir, "__fspath__") else plain_bytes(logdir).decode())


@contextlib.contextmanager
def _nowhere() -> Iterator[None]:
    _open.append(None)
    try:
        yield
    finally:
        _open.pop()


class _NoWriter:
    """A writer that writes nothing."""

    as_default = staticmethod(lambda step=None: _nowhere())
    flush = close = set_as_default = staticmethod(lambda *args: None)


def create_noop_writer() -> _NoWriter:
    """Create a writer that writes nothing."""
    return _NoWriter()


def _write(kind: str, name: str, value: Any, step: Any) -> bool:
    if not _open or _open[-1] is None:
        return False
    step = _step[0] if step is None else step
    if step is None:
        raise ValueError(f"summary.{kind} expects a step, of its own, of the writer or by experimental.set_step")
    getattr(_open[-1]._file, kind)(name, value, int(np.asarray(step)))
    return True


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Write a number; returns whether there is a writer."""
    return _write("scalar", name, float(np.asarray(data)), step)


def histogram(
    name: str, data: Any, step: Any = None, buckets: int | None = None, description: str | None = None
) -> bool:
    """Write the distribution of an array, in 30 buckets."""
    if buckets not in (None, 30):
        raise ValueError(f"summary.histogram expects buckets of 30, got {buckets}")
    return _write("histogram", name, np.asarray(data), step)


def image(name: str, data: Any, step: Any = None, max_outputs: int = 3, description: str | None = None) -> bool:
    """Write at most ``max_outputs`` images of shape (count, height, width, channels): uint8, or floats from 0 to 1."""
    array = np.asarray(data)
    if array.ndim != 4:
        raise ValueError(f"summary.image expects images of shape (count, height, width, channels), got {array.shape}")
    return _write("image", name, (array / 255.0 if array.dtype == np.uint8 else array)[:max_outputs], step)


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """Write a text in Markdown."""
    return _write("text", name, plain_bytes(data).decode(), step)


def record_if(condition: Any) -> Any:
    """Return a context manager in which summaries are written only if a condition, or its result, holds."""
    holds = condition() if callable(condition) else condition
    return contextlib.nullcontext() if bool(holds) else _nowhere()


def should_record_summaries() -> bool:
    """Return whether there is a writer."""
    return bool(_open) and _open[-1] is not None


def flush(writer: Any = None, name: str | None = None) -> None:
    """Let readers see what was written."""
    for each in [writer] if writer is not None else [w for w in _open if w is not None]:
        each.flush()


class experimental:
    """The step of summaries that have none of their own."""

    @staticmethod
    def set_step(step: Any) -> None:
        """Set the step."""
        _step[0] = step

    @staticmethod
    def get_step() -> Any:
        """Return the step."""
        return _step[0]


SummaryWriter = Writer

__getattr__, __dir__ = names_of(__name__, {})
