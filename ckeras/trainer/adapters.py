"""Makes the source of batches for any kind of data."""

from __future__ import annotations

import math
from typing import Any

from ckeras.trainer.data import DataSet, check_class_weight, data_set
from ckeras.trainer.sources import Arrays, Files, Source
from ckeras.trainer.streams import is_stream, stream


def source_of(
    x: Any,
    y: Any,
    sample_weight: Any,
    batch: int | None,
    where: str,
    limit: int | None = None,
    class_weight: Any = None,
    shuffle: Any = False,
    goes_on: bool = False,
) -> Source:
    """The source that takes batches from arrays, or from what gives batches itself.

    Args:
        x, y, sample_weight: what the user gave.
        batch: rows in a batch of arrays, or `None`.
        where: the method that the user called, for messages.
        limit: the most batches of a run, or `None`.
        class_weight: weights by class label, for data that comes in batches.
        shuffle: whether a `PyDataset` is taken in a new order each run.
        goes_on: whether a run that ``limit`` ends is followed by one of the next batches, rather than of the first.
    """
    if not is_stream(x):
        return array_source(data_set(x, y, sample_weight, where), batch, where, limit)
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"{where} expects {name} in the batches where x is a {type(x).__name__}, and not as an argument"
            )
    if class_weight is not None:
        check_class_weight(class_weight, where)
    return stream(x, where, limit, class_weight, shuffle, goes_on)


def array_source(
    data: DataSet, batch: int | None, where: str, limit: int | None, shuffle: Any = False, goes_on: bool = False
) -> Source:
    """The source that takes batches from arrays: of 32 rows, or of what makes ``limit`` batches of them."""
    if batch is None:
        batch = 32 if limit is None else math.ceil(data.rows / limit)
    return (Arrays if data.in_memory else Files)(data, batch, where, shuffle, limit, goes_on)
