"""Batches that Python makes: generators, data sets of whole batches, and the loaders of other frameworks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ckeras import config
from ckeras.random import host_seed
from ckeras.tensor.string_handles import Handles
from ckeras.tensor.structure import map_structure
from ckeras.trainer.arguments import limited
from ckeras.trainer.class_weights import check_class_weight
from ckeras.trainer.data import DataSet, Form, Segment, data_set
from ckeras.trainer.sources import Source
from ckeras.trainer.workers import prepared
from ckeras.utils.py_dataset import PyDataset
from ckeras.utils.tracebacks import warn


class Stream(Source):
    """The batches of a generator, or of another iterator. They come once.

    Args:
        x: what gives them.
        where: the method that the user called, for messages.
        limit: the most batches of a run; the next goes on from there. `None` for all there are.
        class_weight: weights by class label, for batches (x, y).
    """

    kind = "the generator"

    def __init__(self, x: Any, where: str, limit: int | None = None, class_weight: Any = None):
        self._x, self._where, self._limit, self._class_weight = x, where, limit, class_weight
        self.steps = limit
        self._batches: Iterator[Any] | None = None
        self._waiting: list[Segment] = []  # a batch that was taken to see whether there is one
        self._number = 0  # of batches given since the beginning
        self._begin_number = 0  # of those that were given before this run
        self._first: DataSet | None = None
        self._begun = False  # whether the hook of the next run's begin was called
        try:
            self.data = self._first = self._sample()
        except BaseException:
            self.close()
            raise

    def _sample(self) -> DataSet:
        """The first batch, which the first run begins with."""
        if self.more():
            self._begin_once()
        if not self._ready():
            raise ValueError(f"{self._where} expects at least one batch, but {self.kind} gave none")
        return self._waiting[0].data

    def _begin_once(self) -> None:
        """Call the hook of a run's begin, if it was not called for the sample."""
        if not self._begun:
            self._begin()
        self._begun = True

    # -- what the kinds of streams differ in

    def _open(self) -> Iterator[Any] | None:
        """The batches from the first on; `None` if they come only once, and have come."""
        return iter(self._x) if self._number == 0 else None

    def _alone(self, batch: Any) -> bool:
        """Whether a batch is x itself, and a step is given it so."""
        return not isinstance(batch, tuple)

    def _begin(self) -> None:
        """A run begins."""

    def _end(self) -> None:
        """A run is over."""

    # -- the batches

    def ahead(self) -> list[Segment]:
        (segment,) = self.data.segments(None, self.data.rows, 0, 1)
        segment.name = self._batch_name
        return [segment]

    def more(self) -> bool:
        return self._ready()

    def run(self) -> Iterator[tuple[Segment, int, int]]:
        self._begin_once()
        self._begun = False
        taken, ready = 0, self._ready()
        self._begin_number = self._number
        while ready:
            self._number += 1
            taken += 1
            yield self._waiting.pop(), 0, 1
            ready = taken != self._limit and self._advance()
        if self._limit is not None and taken < self._limit:
            warn(f"{self._where}: {self.kind} ended after {taken} batches, where {self._limit} were expected")
        self._end()

    def _ready(self) -> bool:
        """Whether a batch is waiting, after looking for one, from the beginning if need be."""
        if self._advance():
            return True
        self._batches = self._open()
        if self._batches is not None:
            self._number = 0
        return self._advance()

    def _advance(self) -> bool:
        """Whether a batch is waiting, after looking for one among those that are left."""
        if not self._waiting and self._batches is not None:
            try:
                batch = next(self._batches)
            except StopIteration:
                self._batches = None
            else:
                self._waiting.append(self._segment(batch))
        return bool(self._waiting)

    @property
    def _batch_name(self) -> str:
        """What messages call the batch that is taken next."""
        return f"batch {self._number} of {self.kind}"

    def state(self) -> dict[str, Any]:
        return {"begin": self._begin_number, "next": self._number}

    def restore(self, state: dict[str, Any], within: bool) -> None:
        """Take the batches before that run, and drop them: what gives the batches begins anew."""
        for _ in range(state["begin"] if within else state["next"]):
            if self._ready():
                self._waiting.pop()
                self._number += 1

    def close(self) -> None:
        self._batches = None
        self._waiting.clear()

    def _segment(self, batch: Any) -> Segment:
        """A batch as arrays; raises if it is none, or differs from the first in more than sizes."""
        name = self._batch_name
        where = f"{self._where} ({name})"
        if isinstance(batch, list):
            batch = tuple(batch)
        parts = batch if isinstance(batch, tuple) else (batch,)
        if not 1 <= len(parts) <= 3:
            raise ValueError(f"{where} expects x, (x,), (x, y) or (x, y, sample_weight), got {len(parts)} parts")
        x, y, weight = (*parts, None, None)[:3]
        alone = self._alone(batch)
        data = data_set(x, y, weight, where, self._class_weight)
        if data.form.alone != alone:
            data = data._replace(form=data.form._replace(alone=alone))
        first = self._first
        if first is not None and not data.form.resembles(first.form):
            dtypes = list(zip(map(_dtype_of, first.arrays), map(_dtype_of, data.arrays), strict=False))
            raise _misfit(first.form, data.form, dtypes, where)
        (segment,) = data.segments(data.feed(), data.rows, 0, 1)
        segment.name = name
        return segment


class _Again(Stream):
    """Batches that can be had from the beginning again.

    Args:
        x, where, limit, class_weight: as in `Stream`.
        goes_on: whether a run that ``limit`` ends is followed by one of the next batches, rather than of the first.
    """

    def __init__(self, x: Any, where: str, limit: int | None = None, class_weight: Any = None, goes_on: bool = False):
        self._goes_on = goes_on and limit is not None
        super().__init__(x, where, limit, class_weight)

    def _ready(self) -> bool:
        # Of a run that was stopped, something may be left.
        if not self._goes_on and not self._waiting:
            self.close()
        return super()._ready()

    def restore(self, state: dict[str, Any], within: bool) -> None:
        self.close()
        if self._goes_on:
            super().restore(state, within)


class Loader(_Again):
    """The batches of what can be iterated again and again, such as a torch DataLoader or a tf.data.Dataset."""

    kind = "the data loader"

    def __init__(self, x: Any, where: str, limit: int | None = None, *options: Any):
        super().__init__(x, where, limit, *options)
        self.steps = limit or _length(x)

    def _open(self) -> Iterator[Any] | None:
        return iter(self._x)


class Batches(_Again):
    """The batches of a `PyDataset`, in a new order each run if ``shuffle`` says so."""

    def __init__(self, x: Any, where: str, limit: int | None = None, *options: Any, shuffle: Any = False):
        self._shuffle = bool(shuffle)
        self._seed: int | None = None  # of the order of the batches since the beginning
        self._kept_seed: int | None = None  # of the order that follows
        self.kind = type(x).__name__
        if limit is None and x.num_batches is None:
            raise ValueError(f"{where} expects a number of steps, since {self.kind} has no end")
        super().__init__(x, where, limit, *options)
        self.steps = limit or x.num_batches

    def _open(self) -> Iterator[Any] | None:
        x, count = self._x, self._x.num_batches
        numbers: Any = itertools.count() if count is None else range(count)
        if self._shuffle and count is not None:
            self._seed = host_seed() if self._kept_seed is None else self._kept_seed
            numbers = np.random.Generator(np.random.Philox(self._seed)).permutation(count).tolist()
        self._kept_seed = None
        if x.workers > 1 or (x.workers > 0 and x.use_multiprocessing):
            return prepared(x, numbers)
        return (x[i] for i in numbers)

    def more(self) -> bool:
        return self._x.num_batches != 0  # which takes no batch, before the epoch has begun

    def state(self) -> dict[str, Any]:
        return {**super().state(), "seed": self._seed}

    def restore(self, state: dict[str, Any], within: bool) -> None:
        if within or (self._goes_on and state["next"]):
            self._kept_seed = state["seed"]
        super().restore(state, within)

    def close(self) -> None:
        if self._batches is not None:
            self._batches.close()
        super().close()

    def _alone(self, batch: Any) -> bool:
        return False  # x is (x,) here, as in Keras

    def _begin(self) -> None:
        self._x.on_epoch_begin()

    def _end(self) -> None:
        self._x.on_epoch_end()


def stream_source(
    x: Any,
    y: Any,
    sample_weight: Any,
    where: str,
    limit: int | None = None,
    class_weight: Any = None,
    shuffle: Any = False,
    goes_on: bool = False,
) -> Stream:
    """The source that takes batches from what gives them.

    Args:
        x: what gives the batches.
        y, sample_weight: `None`, as they are in the batches.
        where: the method that the user called, for messages.
        limit: the most batches of a run, or `None`.
        class_weight: weights by class label.
        shuffle: whether a `PyDataset` is taken in a new order each run.
        goes_on: whether a run that ``limit`` ends is followed by one of the next batches, rather than of the first.
    """
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"{where} expects {name} in the batches where x is a {type(x).__name__}, and not as an argument"
            )
    if class_weight is not None:
        check_class_weight(class_weight, where)
    if isinstance(x, PyDataset):
        return Batches(x, where, _limited(limit, x.num_batches), class_weight, goes_on, shuffle=shuffle)
    limit = _limited(limit, _length(x))
    if hasattr(x, "__next__"):
        return Stream(x, where, limit, class_weight)
    return Loader(x, where, limit, class_weight, goes_on)


def _misfit(first: Form, form: Form, dtypes: list[tuple[Any, Any]], where: str) -> Exception:
    """The error for a batch whose form differs from that of the first in more than sizes.

    ``dtypes`` are those of the arrays as they were given, of the first batch and of this one.
    """
    if form.structure != first.structure:
        return ValueError(
            f"{where} expects the structure of the first batch, {_described(first.structure)}, "
            f"got {_described(form.structure)}"
        )
    for seen, got, given in zip(first.dtypes, form.dtypes, dtypes, strict=True):
        if seen != got:
            return TypeError(f"{where} expects the dtype of the first batch, {given[0]}, got {given[1]}")
    a, b = next((a, b) for a, b in zip(first.shapes, form.shapes, strict=True) if len(a) != len(b))
    return ValueError(f"{where} expects as many axes as in the first batch, {(None, *a)}, got {(None, *b)}")


def _dtype_of(array: Any) -> Any:
    return "string" if isinstance(array, Handles) else array.dtype


def _limited(limit: int | None, known: int | None) -> int | None:
    """The most batches of a run of ``known`` batches, as `config` limits them too."""
    most, asked = config.max_steps_per_epoch(), limit or known
    if most is None or (asked is not None and asked <= most):
        return limit
    return most if asked is None else limited("steps of a pass", asked, most)


def _length(x: Any) -> int | None:
    """The number of batches, if it is known."""
    try:
        return len(x)
    except TypeError:
        return None


def _described(structure: Any) -> str:
    """A structure with a star for each array."""
    return repr(map_structure(lambda _: "*", structure)).replace("'*'", "*")
