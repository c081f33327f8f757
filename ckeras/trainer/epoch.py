"""One pass over data: batches are gathered, the compiled step runs, and Python is entered only when it is due."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.autograd import NeedsValue, Tensor
from ckeras.autograd.structure import flatten, pack
from ckeras.callbacks import CallbackList
from ckeras.compiler.function import warn_eager
from ckeras.compiler.trace import is_value
from ckeras.trainer.sources import Segment, Source
from ckeras.trainer.steps import Step, check_indices, compile_step

_STOPS = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}
PROGRESS_SECONDS = 0.04  # how often the progress bar hears of the steps made


class Pass:
    """Runs a step over all batches of a source, once for each call of `run`.

    Everything that can be wrong with data that is known beforehand shows when this is made, before anything has
    changed.

    Args:
        model: the model.
        kind: "train", "test" or "predict".
        source: where the batches come from.
        where: the method that the user called, for messages.
    """

    def __init__(self, model: Any, kind: str, source: Source, where: str):
        self.model, self.kind, self.source, self.where = model, kind, source, where
        self._hook_names = frozenset((f"on_{kind}_batch_begin", f"on_{kind}_batch_end"))
        self._function, self._extra = model.step_function(kind)
        self._eager_step: Callable[[Any], Any] | None = model.eager_step(kind) if model.steps_are_eager(kind) else None
        for segment in source.ahead():
            self._prepare(segment)

    @property
    def steps(self) -> int | None:
        """The number of batches of a run; `None` if it is not known."""
        return self.source.steps

    @property
    def eager(self) -> bool:
        """Whether steps run op by op."""
        return self._eager_step is not None

    def _prepare(self, segment: Segment) -> None:
        """Compile the step for a segment, and check what can be checked of its data."""
        where = f"{self.where} ({segment.name})" if segment.name else self.where
        self.model.check_input(segment.data, where)
        segment.ready = True
        if not self.eager:
            try:
                segment.step = compile_step(
                    self.model._plans, self.kind, self._function, segment.data, segment.rows, self._extra
                )
            except NeedsValue as error:
                warn_eager(f"{type(self.model).__name__}.{self.kind}_step", error)
                self.model.run_eagerly = True
                self._eager_step = self.model.eager_step(self.kind)
            except (ValueError, TypeError) as error:
                if segment.feed is None or not segment.name:
                    raise
                kind = TypeError if isinstance(error, TypeError) else ValueError
                raise kind(f"{where}: {error}") from error
            else:
                check_indices(segment.step.plan.limits, segment.data, where)
                return
        self.model.check_targets(segment.data, self.kind, segment.rows, where)

    def run(self, callbacks: CallbackList) -> dict[str, Any]:
        """One pass; returns its logs."""
        model, kind, eager = self.model, self.kind, self._eager_step
        model.reset_metrics()
        watched = self._watched(callbacks)
        progress = callbacks.progress
        live = not watched and progress is not None and progress.live
        budget = PROGRESS_SECONDS if live else math.inf
        shown = time.perf_counter()
        stride = model.steps_per_execution
        done = group = 0  # steps made; those to make until the hooks are due
        step = outputs = None
        logs: dict[str, Any] | None = None
        for segment, at, last in self.source.run():
            if not segment.ready:
                self._prepare(segment)
                eager = self._eager_step
                watched = watched or eager is not None
            while at < last:
                if watched and done == group:
                    self._before(callbacks, done)
                    group = done + stride
                begun = at
                if eager is not None:
                    logs = model.final_logs(kind, eager(segment.tensors(at)))
                    at += 1
                else:
                    step = segment.step
                    stop = min(last, at + group - done) if watched else last
                    at, outputs = step.plan.native.run_steps(segment.feed, segment.stride, at, stop, budget)
                    logs = None
                done += at - begun
                if watched:
                    if done == group:
                        logs = self._logs(step, outputs) if logs is None else logs
                        self._after(callbacks, done - 1, logs)
                        if self._stopped():
                            return logs
                elif live and done != self.steps and time.perf_counter() - shown >= PROGRESS_SECONDS:
                    self._after(progress, done - 1, self._logs(step, outputs))
                    shown = time.perf_counter()
        if done == 0:
            return {}
        logs = self._logs(step, outputs) if logs is None else logs
        if watched and done < group:
            self._after(callbacks, done - 1, logs)
        self._count(progress, done, logs)
        return logs

    def _logs(self, step: Step, outputs: list[np.ndarray]) -> dict[str, Any]:
        """What a custom step returned, or the results of the metrics if it has the same names."""
        if step.structure is None:
            return self.model.metric_results()
        return self.model.final_logs(self.kind, step.result(outputs))

    def _watched(self, callbacks: CallbackList) -> bool:
        """Whether the hooks of batches are called: somebody wants them, or has asked that the pass ends after the
        first, or the steps run op by op."""
        return not self._hook_names.isdisjoint(callbacks.batch_hooks) or self._stopped() or self._eager_step is not None

    def _stopped(self) -> bool:
        """Whether a callback has asked that this pass ends after the batch."""
        return getattr(self.model, _STOPS[self.kind])

    def _before(self, callbacks: Any, batch: int) -> None:
        """Call the hook of the begin of a batch."""
        getattr(callbacks, f"on_{self.kind}_batch_begin")(batch)

    def _after(self, callbacks: Any, batch: int, logs: Any) -> None:
        """Call the hook of the end of a batch."""
        getattr(callbacks, f"on_{self.kind}_batch_end")(batch, logs)

    def _count(self, progress: Any, done: int, logs: Any) -> None:
        """Tell the progress bar how many steps there were, where it could not know."""
        if progress is not None and self.steps is None:
            self._after(progress, done - 1, logs)

    def predict(self, callbacks: CallbackList) -> Any:
        """One pass of predictions: the outputs of all rows, in the structure that the model gives them."""
        watched = self._watched(callbacks)
        progress = callbacks.progress
        live = not watched and progress is not None and progress.live
        budget = PROGRESS_SECONDS if live else math.inf
        shown = time.perf_counter()
        stride = self.model.steps_per_execution
        done = group = 0
        parts: list[list[np.ndarray]] = []  # the outputs of each feed, or, op by op, of each batch
        fresh: list[list[np.ndarray]] = []  # those that the hooks have not seen yet
        feed = structure = None
        results: list[np.ndarray] = []
        for segment, at, last in self.source.run():
            if not segment.ready:
                self._prepare(segment)
                watched = watched or self.eager
            if not self.eager:
                _check_rows(segment.step, segment.rows)
            if not self.eager and segment.feed is not feed:
                feed, structure = segment.feed, segment.step.structure
                specs = segment.step.plan.output_specs
                results = [np.empty((segment.total, *spec.shape[1:]), spec.dtype) for spec in specs]
                parts.append(results)
            while at < last:
                if watched and done == group:
                    self._before(callbacks, done)
                    group = done + stride
                    fresh.clear()
                begun = at
                if self.eager:
                    structure = self._eager_step(segment.tensors(at))
                    made = [x.numpy() if isinstance(x, Tensor) else np.asarray(x) for x in flatten(structure)]
                    parts.append(made)
                    at += 1
                else:
                    stop = min(last, at + group - done) if watched else last
                    at, _ = segment.step.plan.native.run_steps(feed, segment.stride, at, stop, budget, results)
                    made = [r[begun * segment.stride : at * segment.stride] for r in results]
                done += at - begun
                if watched:
                    fresh.append(made)
                    if done == group:
                        self._after(callbacks, done - 1, {"outputs": pack(structure, _joined(fresh))})
                        if self._stopped():
                            if not self.eager:
                                parts[-1] = [r[: at * segment.stride] for r in results]
                            return pack(structure, _joined(parts))
                elif live and done != self.steps and time.perf_counter() - shown >= PROGRESS_SECONDS:
                    self._after(progress, done - 1, None)
                    shown = time.perf_counter()
        if watched and done < group:
            self._after(callbacks, done - 1, {"outputs": pack(structure, _joined(fresh))})
        self._count(progress, done, None)
        return pack(structure, _joined(parts))


def _joined(parts: list[list[np.ndarray]]) -> list[np.ndarray]:
    """The arrays of each output one after another."""
    if len(parts) == 1:
        return parts[0]
    try:
        return [np.concatenate(column) for column in zip(*parts, strict=True)]
    except ValueError as error:
        raise ValueError(f"predict expects outputs of one shape from all batches: {error}") from None


def _check_rows(step: Step, rows: int) -> None:
    for leaf in flatten(step.structure):
        if not is_value(leaf):
            raise TypeError(f"predict expects a model whose outputs are tensors, got {type(leaf).__name__}")
    for spec in step.plan.output_specs:
        if not spec.shape or spec.shape[0] != rows:
            raise ValueError(f"predict expects outputs with a row for each sample, got shape {spec.shape} for {rows}")
