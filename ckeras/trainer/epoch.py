"""One pass over data: batches are gathered, the compiled step runs, and Python is entered only when it is due."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from ckeras.callbacks import CallbackList
from ckeras.compiler.function import warn_eager
from ckeras.tensor import NeedsValue
from ckeras.trainer.results import Logs, Outputs
from ckeras.trainer.sources import Segment, Source
from ckeras.trainer.steps import check_indices, compile_step

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
        self._logs = Logs(model, kind)
        self._stop = _STOPS[kind]
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

    def run(self, callbacks: CallbackList, done: int = 0, logs: Any = None) -> dict[str, Any]:
        """One pass; returns its logs.

        ``done`` is the number of its batches that were made before, of which the metrics have the state, and ``logs``
        those of the last.
        """
        with self.model.own_metrics():
            if done:
                self._logs.add(logs)
            else:
                self.model.reset_metrics()
            if not self._loop(callbacks, self._logs, done):
                return {}
            self.model.check_metrics()
            return self._logs.logs()

    def predict(self, callbacks: CallbackList) -> Any:
        """One pass of predictions: the outputs of all rows, in the structure that the model gives them."""
        results = Outputs()
        if not self._loop(callbacks, results):
            raise ValueError(f"{self.where} expects at least one batch")
        return results.all()

    def _loop(self, callbacks: CallbackList, results: Logs | Outputs, skipped: int = 0) -> int:
        """The batches of a pass but for the first ``skipped`` ones; returns the number of all."""
        watched = self._watched(callbacks)
        progress = callbacks.progress
        live = not watched and progress is not None and progress.live
        budget = PROGRESS_SECONDS if live else math.inf
        shown = time.perf_counter() if live else 0.0
        stride = self.model.steps_per_execution
        done = group = 0  # steps made; those to make until the hooks are due
        for segment, at, last in self.source.run():
            if done < skipped:
                behind = min(skipped - done, last - at)
                at, done, group = at + behind, done + behind, done + behind
            if not segment.ready:
                self._prepare(segment)
                watched = watched or self.eager
            eager = self._eager_step
            while at < last:
                if watched and done == group:
                    self._before(callbacks, done)
                    group = done + stride
                begun = at
                if eager is not None:
                    results.add(eager(segment.tensors(at)))
                    at += 1
                else:
                    stop = min(last, at + group - done) if watched else last
                    at = results.run(segment, at, stop, budget)
                done += at - begun
                if watched:
                    if done == group:
                        self._after(callbacks, done - 1, results.logs())
                        if self._stopped():
                            return done
                elif live and done != self.steps and time.perf_counter() - shown >= PROGRESS_SECONDS:
                    self._after(progress, done - 1, results.shown())
                    shown = time.perf_counter()
        if watched and 0 < done < group:
            self._after(callbacks, done - 1, results.logs())
        elif done and not watched and progress is not None and self.steps is None:
            self._after(progress, done - 1, results.shown())  # which tells it how many steps there were
        return done

    def _watched(self, callbacks: CallbackList) -> bool:
        """Whether the hooks of batches are called: somebody wants them, or has asked that the pass ends after the
        first, or the steps run op by op."""
        return not self._hook_names.isdisjoint(callbacks.batch_hooks) or self._stopped() or self._eager_step is not None

    def _stopped(self) -> bool:
        """Whether a callback has asked that this pass ends after the batch."""
        return getattr(self.model, self._stop)

    def _before(self, callbacks: Any, batch: int) -> None:
        """Call the hook of the begin of a batch."""
        getattr(callbacks, f"on_{self.kind}_batch_begin")(batch)

    def _after(self, callbacks: Any, batch: int, logs: Any) -> None:
        """Call the hook of the end of a batch."""
        getattr(callbacks, f"on_{self.kind}_batch_end")(batch, logs)
