"""Sources of batches: one interface for arrays in memory, arrays in files, and batches that Python code makes.

Every `Source` yields `Segment`s: contiguous runs of equal-sized batches. Arrays in memory are one segment, and a second
for a smaller last batch, so an epoch is one or two loops in C; arrays in files are read in blocks of many batches; what
Python makes is a segment a batch (`ckeras.trainer.streams`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ckeras import config
from ckeras._kernels import level
from ckeras._kernels.feeds import Feed
from ckeras.random import host_seed
from ckeras.tensor.dtypes import CODE
from ckeras.trainer.arguments import limited
from ckeras.trainer.arrays import Stored
from ckeras.trainer.data import DataSet, Segment
from ckeras.utils.tracebacks import warn

BLOCK = 16 << 20  # bytes of an array in a file that are read at once


class Source:
    """What a pass takes its batches from.

    Attributes:
        data: rows like all that come, to build and check a model with.
        steps: the number of batches of a run; `None` if it is not known.
    """

    data: DataSet
    steps: int | None

    def ahead(self) -> list[Segment]:
        """Segments of all the shapes that are known before the first run, to compile and check before it."""
        raise NotImplementedError

    def run(self) -> Iterator[tuple[Segment, int, int]]:
        """The batches of one run: (segment, number of its first batch in the feed, of the one after its last)."""
        raise NotImplementedError

    def more(self) -> bool:
        """Whether another run has at least one batch."""
        return True

    def state(self) -> dict[str, Any]:
        """Plain values from which `restore` finds this run, or the next one, again."""
        raise NotImplementedError

    def restore(self, state: dict[str, Any], within: bool) -> None:
        """Let the next run be the one during which `state` was called; or, if it was not ``within`` one, the next."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of threads and processes."""


class _Rows(Source):
    """Arrays, in batches of ``batch`` rows.

    Args:
        data: the arrays.
        batch: rows in a batch; the last may be smaller.
        where: the method that the user called, for messages.
        shuffle: whether each run takes the rows in a new random order; "batch" keeps batches together.
        limit: the most batches of a run, or `None`.
        goes_on: whether a run of fewer batches than there are is followed by one of the next batches, up to the end.
    """

    def __init__(
        self,
        data: DataSet,
        batch: int,
        where: str,
        shuffle: Any = False,
        limit: int | None = None,
        goes_on: bool = False,
    ):
        self.data, self.batch, self.shuffle = data, min(batch, data.rows), shuffle
        self._all = math.ceil(data.rows / self.batch)
        if limit is not None and limit > self._all:
            warn(
                f"{where}: {limit} steps of {batch} rows need more than the {data.rows} samples given, "
                f"which make {self._all}"
            )
        steps = self._all if limit is None else min(limit, self._all)
        self.steps = limited("steps of a pass", steps, config.max_steps_per_epoch())
        if not goes_on:
            self._all = self.steps
        self._begin = self._next = 0  # the batches with which this run and the next one begin
        self._seed: int | None = None  # of the order of this run
        self._ordered = False  # whether the next run has its order already

    def _span(self, feed: Any) -> tuple[int, int]:
        """The batches of the next run, from ``feed``, which is shuffled if it begins anew."""
        begin, end = self._next, min(self._next + self.steps, self._all)
        self._begin, self._next = begin, 0 if end == self._all else end
        if self.shuffle and begin == 0 and not self._ordered:
            self._shuffle(feed, host_seed())
        self._ordered = False
        return begin, end

    def state(self) -> dict[str, Any]:
        return {"begin": self._begin, "next": self._next, "seed": self._seed}

    def restore(self, state: dict[str, Any], within: bool) -> None:
        self._next = state["begin"] if within else state["next"]
        self._ordered = within
        if self.shuffle and (within or self._next):
            self._shuffle(self._shuffled_feed(), state["seed"])

    def _shuffled_feed(self) -> Any:
        """The feed whose order is that of a run."""
        raise NotImplementedError

    def _shuffle(self, feed: Any, seed: int) -> None:
        self._seed = seed
        if self.shuffle == "batch":
            blocks = np.random.Generator(np.random.Philox(seed)).permutation(self.data.rows // self.batch)
            whole = (blocks[:, None] * self.batch + np.arange(self.batch)).reshape(-1)
            feed.arrange(np.concatenate([whole, np.arange(len(whole), self.data.rows)]))
        else:
            feed.shuffle(seed)


class Arrays(_Rows):
    """Arrays in memory."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        total = min(self.data.rows, self._all * self.batch)
        self._feed = self.data.feed()
        self._segments = self.data.segments(self._feed, self.batch, 0, self._all, total)

    def _shuffled_feed(self) -> Any:
        return self._feed

    def ahead(self) -> list[Segment]:
        return self._segments

    def run(self) -> Iterator[tuple[Segment, int, int]]:
        begin, end = self._span(self._feed)
        for segment in self._segments:
            if begin < segment.last and segment.first < end:
                yield segment, max(segment.first, begin), min(segment.last, end)


class Files(_Rows):
    """Arrays of which some are in files: read in blocks of many batches."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        code = [CODE["float32"]]
        self._order = Feed(level, [np.empty((self.data.rows, 0), "float32")], code, code)  # which can shuffle
        row = sum(a.row_bytes for a in self.data.arrays if isinstance(a, Stored))
        self._block = max(1, BLOCK // max(1, row * self.batch))

    def _shuffled_feed(self) -> Any:
        return self._order

    def ahead(self) -> list[Segment]:
        return self.data.segments(None, self.batch, 0, self._all)

    def run(self) -> Iterator[tuple[Segment, int, int]]:
        begin, end = self._span(self._order)
        for first in range(begin, end, self._block):
            last = min(first + self._block, end)
            rows = slice(first * self.batch, min(last * self.batch, self.data.rows))
            block = self.data.read(self._order.order[rows] if self.shuffle else rows)
            feed, batches = block.feed(), math.ceil(block.rows / self.batch)
            for segment in block.segments(feed, self.batch, 0, batches):
                yield segment, segment.first, segment.last


def array_source(
    data: DataSet, batch: int | None, where: str, limit: int | None, shuffle: Any = False, goes_on: bool = False
) -> Source:
    """The source that takes batches from arrays: of 32 rows, or of what makes ``limit`` batches of them.

    Args:
        data: the arrays.
        batch: rows in a batch, or `None`.
        where: the method that the user called, for messages.
        limit: the most batches of a run, or `None`.
        shuffle: whether each run takes the rows in a new random order; "batch" keeps batches together.
        goes_on: whether a run that ``limit`` ends is followed by one of the next batches, rather than of the first.
    """
    if batch is None:
        batch = 32 if limit is None else math.ceil(data.rows / limit)
    return (Arrays if data.in_memory else Files)(data, batch, where, shuffle, limit, goes_on)
