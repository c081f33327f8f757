"""Data sets written in Python that return one batch at a time; workers may prepare batches in advance."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ckeras.utils.tracebacks import warn


class PyDataset:
    """Base class of data sets of batches: `__getitem__(i)` returns batch i, `__len__` the number of batches.

    A batch is x, (x,), (x, y) or (x, y, sample_weight). `fit` uses every batch once per epoch, in random order
    if it shuffles. Without `__len__`, or if it or the property `num_batches` returns `None`, the data set is infinite.

    Args:
        workers: number of threads or processes that prepare batches in advance; with one, no thread is started.
        use_multiprocessing: whether workers are processes; each copies the data set at the start of an epoch.
        max_queue_size: maximum number of batches that are prepared in advance.

    Raises:
        ValueError: if ``workers`` or ``max_queue_size`` is not an integer of at least 0.

    >>> import numpy as np
    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, i):
    ...         x = np.arange(4.0)[:, None] + i
    ...         return x, x**2
    >>> [x.shape for x, y in Squares(workers=2)]
    [(4, 1), (4, 1), (4, 1)]
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10):
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    @property
    def workers(self) -> int:
        """Number of threads or processes that prepare batches."""
        return self._setting("_workers", 1)

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = _counted("workers", value)

    @property
    def use_multiprocessing(self) -> bool:
        """Whether workers are processes."""
        return self._setting("_use_multiprocessing", False)

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = bool(value)

    @property
    def max_queue_size(self) -> int:
        """Maximum number of batches that are prepared in advance."""
        return self._setting("_max_queue_size", 10)

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = _counted("max_queue_size", value)

    def _setting(self, name: str, default: Any) -> Any:
        if name not in self.__dict__:
            warn(
                f"{type(self).__name__}.__init__() should call super().__init__(**kwargs), which takes workers, "
                "use_multiprocessing and max_queue_size"
            )
            PyDataset.__init__(self)
        return self.__dict__.get(name, default)

    def __getitem__(self, index: int) -> Any:
        """Return batch ``index``; defined by a subclass."""
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(index) method that returns a batch")

    def __iter__(self) -> Iterator[Any]:
        """Yield all batches in order."""
        count = self.num_batches
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    @property
    def num_batches(self) -> int | None:
        """Number of batches; `None` if the data set is infinite.

        Raises:
            ValueError: if `__len__` returns anything but `None` or an integer of at least 0.
        """
        length = getattr(type(self), "__len__", None)
        count = None if length is None else length(self)  # unlike `len`, this allows None
        if count is not None and (not isinstance(count, (int, np.integer)) or count < 0):
            raise ValueError(
                f"{type(self).__name__}.__len__ must give the number of batches, an integer of at least 0, "
                f"got {count!r}"
            )
        return count

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""


Sequence = PyDataset


def _counted(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"PyDataset expects {name} to be an integer of at least 0, got {value!r}")
    return value
