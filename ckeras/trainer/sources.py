"""Sources of batches: one interface for arrays in memory, arrays in files, and batches that Python code makes.

A source gives *segments*: batches of equally many rows that lie one after another in a feed. Arrays in memory are one
segment, and a second for a smaller last batch, so an epoch is one or two loops in C; arrays in files are read in blocks
of many batches; what Python makes is a segment a batch (`ckeras.trainer.streams`).
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
from ckeras.tensor.dtypes import CODE, NUMPY
from ckeras.tensor.eager import wrap
from ckeras.trainer.arguments import limited
from ckeras.trainer.data import DataSet
from ckeras.trainer.stored import Stored
from ckeras.utils.tracebacks import warn

BLOCK = 16 << 20  # bytes of an array in a file that are read at once


class Segment:
    """Batches ``first`` to ``last`` - 1 of a feed, of ``rows`` rows each, which begin every ``stride`` rows.

    ``total`` is the number of rows of the feed that a run covers, ``name`` what messages call it, ``ready`` whether its
    data was checked, ``step`` the compiled step, once it is known.
    """

    __slots__ = ("data", "feed", "first", "last", "name", "ready", "rows", "step", "stride", "total")

    def __init__(
        self, data: DataSet, feed: Any, rows: int, stride: int, first: int, last: int, total: int, name: str = ""
    ):
        self.data, self.feed, self.rows, self.stride = data, feed, rows, stride
        self.first, self.last, self.total, self.name = first, last, total, name
        self.ready = False
        self.step: Any = None

    def tensors(self, number: int) -> Any:
        """One batch as tensors in the structure that a step takes, for models that are not compiled."""
        rows = self.feed.order[number * self.stride : number * self.stride + self.rows]
        arrays = zip(self.data.arrays, self.data.dtypes, strict=True)
        return self.data.given([wrap(np.asarray(a[rows], NUMPY[d])) for a, d in arrays])


def segments_of(data: DataSet, feed: Any, batch: int, begin: int, end: int, total: int | None = None) -> list[Segment]:
    """The batches ``begin`` to ``end`` - 1 of a data set: the full ones, and a smaller last one if there is one."""
    whole, total = data.rows // batch, data.rows if total is None else total
    found = []
    if begin < min(whole, end):
        found.append(Segment(data, feed, batch, batch, begin, min(whole, end), total))
    if end > whole:
        found.append(Segment(data, feed, data.rows - whole * batch, batch, whole, end, total))
    return found


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
        self._segments = segments_of(self.data, self._feed, self.batch, 0, self._all, total)

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
        return segments_of(self.data, None, self.batch, 0, self._all)

    def run(self) -> Iterator[tuple[Segment, int, int]]:
        begin, end = self._span(self._order)
        for first in range(begin, end, self._block):
            last = min(first + self._block, end)
            rows = slice(first * self.batch, min(last * self.batch, self.data.rows))
            block = self.data.read(self._order.order[rows] if self.shuffle else rows)
            feed, batches = block.feed(), math.ceil(block.rows / self.batch)
            for segment in segments_of(block, feed, self.batch, 0, batches):
                yield segment, segment.first, segment.last
