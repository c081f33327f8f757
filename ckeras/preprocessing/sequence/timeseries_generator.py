"""Windows of a series, in batches."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ckeras.utils.py_dataset import PyDataset


class TimeseriesGenerator(PyDataset):
    """Batches of windows ``data[i - length : i : sampling_rate]`` with the targets ``targets[i]``.

    Args:
        data: array or list of the shape (time, ...).
        targets: of the length of ``data``.
        length: of a window, in steps of time.
        sampling_rate: period of the steps that are kept of a window.
        stride: between the windows of a batch.
        start_index, end_index: first and last step of ``data`` that is used.
        shuffle: whether windows are sampled at random, with NumPy's global generator.
        reverse: whether the steps of a window are in reverse order.
        batch_size: maximum number of windows of a batch.

    Raises:
        ValueError: if ``data`` and ``targets`` differ in length, or no window fits.

    >>> import numpy as np
    >>> batches = TimeseriesGenerator(np.arange(6), np.arange(6) * 10, length=2, batch_size=3)
    >>> x, y = batches[0]
    >>> len(batches), x.tolist(), y.tolist()
    (2, [[0, 1], [1, 2], [2, 3]], [20, 30, 40])
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
    ):
        super().__init__()
        if len(data) != len(targets):
            raise ValueError(
                f"TimeseriesGenerator expects targets of the length of data, {len(data)}, got {len(targets)}"
            )
        for name, value in (("length", length), ("sampling_rate", sampling_rate), ("stride", stride)):
            _check_positive(name, value)
        _check_positive("batch_size", batch_size)
        self.data, self.targets, self.length = data, targets, length
        self.sampling_rate, self.stride, self.batch_size = sampling_rate, stride, batch_size
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse = shuffle, reverse
        if self.start_index > self.end_index:
            raise ValueError(
                f"TimeseriesGenerator has no window: start_index + length = {self.start_index} exceeds "
                f"end_index = {self.end_index}"
            )
        if start_index < 0 or self.end_index >= len(data):
            raise ValueError(
                f"TimeseriesGenerator expects start_index and end_index in data of length {len(data)}, "
                f"got {start_index} and {self.end_index}"
            )

    def __len__(self) -> int:
        step = self.batch_size * self.stride
        return (self.end_index - self.start_index + step) // step

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return batch ``index``: (windows, targets)."""
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            step = self.batch_size * self.stride
            first = self.start_index + step * index
            rows = np.arange(first, min(first + step, self.end_index + 1), self.stride)
        windows = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (windows[:, ::-1] if self.reverse else windows), targets

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, with the data as JSON.

        Raises:
            TypeError: if the data is neither an array nor JSON.
        """
        names = ("length", "sampling_rate", "stride", "end_index", "shuffle", "reverse", "batch_size")
        config = {name: getattr(self, name) for name in names}
        config |= {name: json.dumps(np.asarray(getattr(self, name)).tolist()) for name in ("data", "targets")}
        return config | {"start_index": self.start_index - self.length}

    def to_json(self, **kwargs: Any) -> str:
        """Return JSON for `timeseries_generator_from_json`; ``kwargs`` are arguments of `json.dumps`."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def timeseries_generator_from_json(json_string: str) -> TimeseriesGenerator:
    """Return the generator that `TimeseriesGenerator.to_json` described; its data are lists."""
    config = dict(json.loads(json_string)["config"])
    data, targets = (json.loads(config.pop(name)) for name in ("data", "targets"))
    return TimeseriesGenerator(data, targets, **config)


def _check_positive(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"TimeseriesGenerator expects {name} to be an integer of at least 1, got {value!r}")
