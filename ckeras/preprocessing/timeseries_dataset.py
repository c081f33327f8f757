"""Windows of a series as a data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.preprocessing.text_dataset import check_format
from ckeras.random import host_seed
from ckeras.utils.dataset import Dataset

_WHERE = "timeseries_dataset_from_array"


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Dataset:
    """Return a data set of windows ``data[i : i + sequence_length * sampling_rate : sampling_rate]``.

    Args:
        data: array of the shape (time, ...).
        targets: targets by the index i of a window, or `None`.
        sequence_length: number of steps of a window.
        sequence_stride: distance between the indices of windows.
        sampling_rate: distance between the steps of a window.
        batch_size: number of windows of a batch; `None` for none.
        shuffle: whether windows are in random order, a new one each time.
        seed: of the order.
        start_index, end_index: data before and from here on are not used; `None` for all.
        format: ``"tf"``, for a `Dataset` with the methods of ``tf.data.Dataset``.

    Returns:
        data set of windows, of the shape (batch, sequence_length, ...), or of (windows, targets).

    Raises:
        ValueError: if an argument is out of range, or no window fits.

    >>> import numpy as np
    >>> dataset = timeseries_dataset_from_array(np.arange(6), np.arange(6) * 10, sequence_length=3, batch_size=2)
    >>> [(x.tolist(), y.tolist()) for x, y in dataset]
    [([[0, 1, 2], [1, 2, 3]], [0, 10]), ([[2, 3, 4], [3, 4, 5]], [20, 30])]
    """
    check_format(format, _WHERE)
    data = np.asarray(data)
    if not data.ndim:
        raise ValueError(f"{_WHERE} expects data to have an axis of time, got {data!r}")
    count = len(data)
    steps = {"sequence_length": sequence_length, "sequence_stride": sequence_stride, "sampling_rate": sampling_rate}
    for name, value in {**steps, **({} if batch_size is None else {"batch_size": batch_size})}.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{_WHERE} expects {name} to be an integer of at least 1, got {value!r}")
    start = 0 if start_index is None else start_index
    end = count if end_index is None else end_index
    if not 0 <= start < end <= count:
        raise ValueError(
            f"{_WHERE} expects 0 <= start_index < end_index <= {count}, the length of data, got start_index="
            f"{start_index!r} and end_index={end_index!r}"
        )
    data, windows = data[start:end], end - start - (sequence_length - 1) * sampling_rate
    if windows < 1:
        raise ValueError(
            f"{_WHERE} has no window: sequence_length={sequence_length} at sampling_rate={sampling_rate} needs "
            f"{(sequence_length - 1) * sampling_rate + 1} steps of data, and there are {end - start}"
        )
    if targets is not None:
        targets = np.asarray(targets)[start:end]
        windows = min(windows, len(targets))
    first = np.arange(0, windows, sequence_stride)
    found = Dataset(lambda: iter(first), len(first))
    if shuffle and len(first):
        found = found.shuffle(len(first), seed=host_seed() if seed is None else seed)
    indices, span = found._elements, sequence_length * sampling_rate

    def element(i: Any) -> Any:
        window = data[i : i + span : sampling_rate]
        return window if targets is None else (window, targets[i])

    found = Dataset(lambda: map(element, indices()), len(first))
    return found if batch_size is None else found.batch(batch_size)
