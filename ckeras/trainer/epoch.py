"""One pass over data: batches are gathered, the compiled step runs, and Python is entered only when it is due."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ckeras import config
from ckeras.autograd import NeedsValue, Tensor
from ckeras.autograd.dtypes import NUMPY
from ckeras.autograd.structure import flatten, pack
from ckeras.callbacks import CallbackList
from ckeras.compiler.function import warn_eager
from ckeras.compiler.trace import is_value
from ckeras.random import host_seed
from ckeras.trainer.data import DataSet
from ckeras.trainer.steps import Step, check_indices, compile_step, eager_batches

_STOPS = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}
PROGRESS_SECONDS = 0.04  # how often the progress bar hears of the steps made


class Pass:
    """Runs a step over all batches of a data set, once for each call of `run`.

    Everything that can be wrong with the data shows when this is made, before anything has changed.

    Args:
        model: the model.
        kind: "train", "test" or "predict".
        data: what is fed.
        batch: rows in a batch; the last may be smaller.
        where: the method that the user called, for messages.
        shuffle: whether each run takes the rows in a new random order; "batch" keeps batches together.
        limit: the most steps of a run, or `None`. Where training takes fewer than there are, the next run goes on from
            there, and ends with the data.
    """

    def __init__(
        self,
        model: Any,
        kind: str,
        data: DataSet,
        batch: int,
        where: str,
        shuffle: Any = False,
        limit: int | None = None,
    ):
        self.model, self.kind, self.data, self.batch = model, kind, data, min(batch, data.rows)
        self.shuffle = shuffle
        self._hook_names = frozenset((f"on_{kind}_batch_begin", f"on_{kind}_batch_end"))
        self.steps = math.ceil(data.rows / self.batch)
        if limit is not None and limit > self.steps:
            warnings.warn(
                f"{where}: {limit} steps of {batch} rows need more than the {data.rows} samples given, "
                f"which make {self.steps}",
                stacklevel=3,
            )
        self._all = self.steps
        limit = limited("steps of a pass", self.steps if limit is None else limit, config.max_steps_per_epoch())
        if limit < self.steps:
            self.steps = limit
            if kind != "train":
                self._all = self.steps
        self._next = 0  # the batch with which the next run begins
        self.feed = data.feed()
        self.segments: list[tuple[Step, int, int]] = []
        self.eager = bool(model.run_eagerly)
        if not self.eager:
            try:
                self._compile(where)
            except NeedsValue as error:
                warn_eager(f"{type(model).__name__}.{kind}_step", error)
                model.run_eagerly = self.eager = True
        if self.eager:
            model.check_targets(data, kind, self.batch, where)

    def _compile(self, where: str) -> None:
        whole = min(self.data.rows // self.batch, self._all)
        parts = [(self.batch, 0, whole)]
        if self._all > whole:
            parts.append((self.data.rows - whole * self.batch, whole, self._all))
        function, extra = self.model.step_function(self.kind)
        for rows, first, last in parts:
            if last > first:
                step = compile_step(self.model._plans, self.kind, function, self.data, rows, extra)
                check_indices(step.plan.limits, self.data, where)
                self.segments.append((step, first, last))

    def run(self, callbacks: CallbackList) -> dict[str, Any]:
        """One pass; returns its logs."""
        model = self.model
        model.reset_metrics()
        begin, end = self._next, min(self._next + self.steps, self._all)
        self._next = 0 if end == self._all else end
        if self.shuffle and begin == 0:
            self._shuffle()
        if self.eager:
            return self._run_eagerly(callbacks, begin, end)
        if not self._hook_names.isdisjoint(callbacks.batch_hooks) or self._stopped():
            return self._run_with_hooks(callbacks, begin, end)
        progress = callbacks.progress
        live = progress is not None and progress.live
        budget = PROGRESS_SECONDS if live else math.inf
        outputs = step = None
        for step, at, last in self._between(begin, end):
            while at < last:
                at, outputs = step.plan.native.run_steps(self.feed, self.batch, at, last, budget)
                if live and at < end:
                    getattr(progress, f"on_{self.kind}_batch_end")(at - 1 - begin, self._logs(step, outputs))
        return self._logs(step, outputs)

    def _between(self, begin: int, end: int) -> Iterator[tuple[Step, int, int]]:
        """The steps of the batches ``begin`` to ``end`` - 1: (step, its first batch, the one after its last)."""
        for step, first, last in self.segments:
            if max(first, begin) < min(last, end):
                yield step, max(first, begin), min(last, end)

    def _shuffle(self) -> None:
        seed = host_seed()
        if self.shuffle == "batch":
            blocks = np.random.Generator(np.random.Philox(seed)).permutation(self.data.rows // self.batch)
            whole = (blocks[:, None] * self.batch + np.arange(self.batch)).reshape(-1)
            self.feed.arrange(np.concatenate([whole, np.arange(len(whole), self.data.rows)]))
        else:
            self.feed.shuffle(seed)

    def _logs(self, step: Step, outputs: list[np.ndarray]) -> dict[str, Any]:
        """What a custom step returned, or the results of the metrics if it has the same names."""
        if step.structure is None:
            return self.model.metric_results()
        return self.model.final_logs(self.kind, step.result(outputs))

    def _stopped(self) -> bool:
        """Whether a callback has asked that this pass ends after the batch."""
        return getattr(self.model, _STOPS[self.kind])

    def _hooks(self, callbacks: CallbackList) -> tuple[Callable[..., None], Callable[..., None]]:
        """The hooks of the begin and the end of a batch."""
        return getattr(callbacks, f"on_{self.kind}_batch_begin"), getattr(callbacks, f"on_{self.kind}_batch_end")

    def _run_with_hooks(self, callbacks: CallbackList, begin: int, end: int) -> dict[str, Any]:
        before, after = self._hooks(callbacks)
        stride = self.model.steps_per_execution
        logs: dict[str, Any] = {}
        for step, at, last in self._between(begin, end):
            while at < last:
                stop = min(at + stride, last)
                before(at - begin)
                _, outputs = step.plan.native.run_steps(self.feed, self.batch, at, stop, math.inf)
                logs = self._logs(step, outputs)
                at = stop
                after(at - 1 - begin, logs)
                if self._stopped():
                    return logs
        return logs

    def _run_eagerly(self, callbacks: CallbackList, begin: int, end: int) -> dict[str, Any]:
        before, after = self._hooks(callbacks)
        function = getattr(self.model, f"{self.kind}_step")
        logs: dict[str, Any] = {}
        for number, batch in enumerate(eager_batches(self.data, self.feed.order, self.batch, begin, end)):
            before(number)
            logs = self.model.final_logs(self.kind, function(batch))
            after(number, logs)
            if self._stopped():
                break
        return logs

    def predict(self, callbacks: CallbackList) -> Any:
        """One pass of predictions: the outputs of all rows, in the structure that the model gives them."""
        if self.eager:
            return self._predict_eagerly(callbacks)
        first_step = self.segments[0][0]
        rows = min(self.data.rows, self.steps * self.batch)
        _check_rows(first_step, self.batch if self.segments[0][2] > 0 and self.data.rows >= self.batch else rows)
        results = [np.empty((rows, *spec.shape[1:]), NUMPY[spec.dtype]) for spec in first_step.plan.output_specs]
        watched = not self._hook_names.isdisjoint(callbacks.batch_hooks)
        progress = callbacks.progress
        live = progress is not None and progress.live
        budget = PROGRESS_SECONDS if live else math.inf
        stride = self.model.steps_per_execution
        for step, first, last in self.segments:
            at = first
            while at < last:
                begin = at
                if watched:
                    callbacks.on_predict_batch_begin(at)
                stop = min(at + stride, last) if watched else last
                at, _ = step.plan.native.run_steps(
                    self.feed, self.batch, at, stop, math.inf if watched else budget, results
                )
                if watched:
                    part = [r[begin * self.batch : at * self.batch] for r in results]
                    callbacks.on_predict_batch_end(at - 1, {"outputs": pack(first_step.structure, part)})
                    if self._stopped():
                        return pack(first_step.structure, [r[: at * self.batch] for r in results])
                elif live and at < self.steps:
                    progress.on_predict_batch_end(at - 1, None)
        return pack(first_step.structure, results)

    def _predict_eagerly(self, callbacks: CallbackList) -> Any:
        parts = []
        structure = None
        for number, batch in enumerate(eager_batches(self.data, self.feed.order, self.batch, 0, self.steps)):
            callbacks.on_predict_batch_begin(number)
            structure = self.model.predict_step(batch)
            parts.append([x.numpy() if isinstance(x, Tensor) else np.asarray(x) for x in flatten(structure)])
            callbacks.on_predict_batch_end(number, {"outputs": pack(structure, parts[-1])})
            if self._stopped():
                break
        return pack(structure, [np.concatenate(column) for column in zip(*parts, strict=True)])


def limited(what: str, count: int, most: int | None) -> int:
    """``count``, or ``most`` with a warning if `config` limits it to less."""
    if most is None or count <= most:
        return count
    warnings.warn(f"{what}: {count} are limited to {most} by keras.config", stacklevel=4)
    return most


def _check_rows(step: Step, rows: int) -> None:
    for leaf in flatten(step.structure):
        if not is_value(leaf):
            raise TypeError(f"predict expects a model whose outputs are tensors, got {type(leaf).__name__}")
    for spec in step.plan.output_specs:
        if not spec.shape or spec.shape[0] != rows:
            raise ValueError(f"predict expects outputs with a row for each sample, got shape {spec.shape} for {rows}")
