"""One pass over data: batches are gathered, the compiled step runs, and Python is entered only when it is due."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ckeras.callbacks import CallbackList
from ckeras.compiler.trace import is_value
from ckeras.tensor import Tensor
from ckeras.tensor.dtypes import NUMPY
from ckeras.tensor.structure import flatten, map_structure, pack
from ckeras.trainer.arguments import is_due
from ckeras.trainer.building import check_input
from ckeras.trainer.data import Segment
from ckeras.trainer.sources import Source
from ckeras.trainer.steps import Step, Steps
from ckeras.trainer.trainability import as_compiled
from ckeras.utils.tracebacks import warn

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
        self._steps = Steps(model, kind)
        self._logs = Logs(self._steps)
        self._stop = _STOPS[kind]
        self._checked: Any = None  # the shapes that were checked last
        for segment in source.ahead():
            self._prepare(segment)

    @property
    def steps(self) -> int | None:
        """The number of batches of a run; `None` if it is not known."""
        return self.source.steps

    @property
    def eager(self) -> bool:
        """Whether steps run op by op."""
        return self._steps.eager is not None

    def _prepare(self, segment: Segment) -> None:
        """Compile the step for a segment, and check what can be checked of its data."""
        data, rows = segment.data, segment.rows
        where = f"{self.where} ({segment.name})" if segment.name else self.where
        if data.form.shapes != self._checked:
            check_input(self.model, data.form, data.rows, where)
            self._checked = data.form.shapes
        segment.ready = True
        try:
            segment.step = self._steps.compiled(data.form, rows)
        except (ValueError, TypeError) as error:
            if segment.feed is None or not segment.name:
                raise
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{where}: {error}") from error
        if segment.step is None:
            data.check_indices(self.model._building.index_limits(self.model, data, self.kind, rows), where)
        else:
            data.check_indices(segment.step.plan.limits, where)

    def run(self, callbacks: CallbackList, done: int = 0, logs: Any = None) -> dict[str, Any]:
        """One pass; returns its logs.

        ``done`` is the number of its batches that were made before, of which the metrics have the state, and ``logs``
        those of the last.
        """
        results = self.model._metric_results
        with results.set_aside(self.model):
            if done:
                self._logs.add(logs)
            else:
                self.model.reset_metrics()
            if not self._loop(callbacks, self._logs, done):
                return {}
            results.check(self.model)
            return self._logs.logs()

    def evaluate(self, callbacks: CallbackList) -> dict[str, Any]:
        """One evaluation, with its hooks; returns its logs."""
        self.model.stop_evaluating = False
        callbacks.on_test_begin()
        logs = self.run(callbacks)
        callbacks.on_test_end(logs)
        return logs

    def predict(self, callbacks: CallbackList) -> Any:
        """One prediction, with its hooks: the outputs of all rows, in the structure that the model gives them."""
        self.model.stop_predicting = False
        callbacks.on_predict_begin()
        results = Outputs()
        if not self._loop(callbacks, results):
            raise ValueError(f"{self.where} expects at least one batch")
        outputs = results.all()
        callbacks.on_predict_end()
        return outputs

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
            eager = self._steps.eager
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
            self._after(callbacks, group - 1, results.logs())  # the index of a full group, as in Keras
        elif done and not watched and progress is not None and self.steps is None:
            self._after(progress, done - 1, results.shown())  # which tells it how many steps there were
        return done

    def _watched(self, callbacks: CallbackList) -> bool:
        """Whether the hooks of batches are called: somebody wants them, or has asked that the pass ends after the
        first, or the steps run op by op."""
        return not self._hook_names.isdisjoint(callbacks.batch_hooks) or self._stopped() or self.eager

    def _stopped(self) -> bool:
        """Whether a callback has asked that this pass ends after the batch."""
        return getattr(self.model, self._stop)

    def _before(self, callbacks: Any, batch: int) -> None:
        """Call the hook of the begin of a batch."""
        getattr(callbacks, f"on_{self.kind}_batch_begin")(batch)

    def _after(self, callbacks: Any, batch: int, logs: Any) -> None:
        """Call the hook of the end of a batch."""
        getattr(callbacks, f"on_{self.kind}_batch_end")(batch, logs)


def callback_list(
    callbacks: Any, model: Any, verbose: int, steps: int | None, epochs: int = 1, add_history: bool = False
) -> CallbackList:
    """The callbacks of a run of ``steps`` steps an epoch."""
    if isinstance(callbacks, CallbackList):
        return callbacks
    return CallbackList(
        callbacks, add_history, add_progbar=verbose != 0, verbose=verbose, epochs=epochs, steps=steps, model=model
    )


class Progress:
    """How far a call of `fit` has come when it begins. `CallbackList.set_progress` gives it to the callbacks.

    Args:
        source: Where the batches come from.
        callbacks: The callbacks of the run.
        epochs: The epochs that were asked for.

    Attributes:
        epoch: Index of the first epoch.
        batch: Number of batches of that epoch that were made before.
        logs: The logs of the last of them, or of the epoch before.
        stopped: Whether training was to end before that epoch.
    """

    def __init__(self, source: Source, callbacks: list[Any], epochs: range):
        self._source, self.callbacks, self._epochs = source, callbacks, epochs
        self.epoch, self.batch, self.stopped = epochs.start, 0, False
        self.logs: dict[str, Any] = {}
        self._restore: Callable[[], None] | None = None

    def source_state(self) -> dict[str, Any]:
        """What `resume` needs to know of the data."""
        return self._source.state()

    def sample(self) -> tuple[Any, Any, Any]:
        """The first batch of the data, not shuffled: x, y and sample_weight, or `None` for what is not there."""
        data = self._source.data
        parts = data.sample(0, min(data.rows, self._source.ahead()[0].rows))
        return (*map_structure(lambda x: x.numpy(), parts), None, None)[:3]

    def resume(
        self, epoch: int, batch: int, logs: dict[str, Any], stopped: bool, source: Any, restore: Callable[[], None]
    ) -> None:
        """Continue a run; called in `on_train_begin`.

        Args:
            epoch, batch, logs, stopped: As the attributes.
            source: The result of `source_state` at that time, or None to begin the data anew.
            restore: Function that restores everything else; called when all hooks have begun the run, and again when
                they have begun an epoch of which a part was made before.
        """
        self.epoch, self.batch, self.logs, self.stopped, self._restore = epoch, batch, logs, stopped, restore
        if source is not None:
            self._source.restore(source, within=batch > 0)

    def begin(self) -> range:
        """All callbacks have begun the run; returns the epochs that are left."""
        if self._restore is not None:
            self._restore()
        return range(self._epochs.stop if self.stopped else self.epoch, self._epochs.stop)

    def begin_epoch(self) -> tuple[int, Any]:
        """All callbacks have begun an epoch; returns the number of its batches made before, and the last's logs."""
        batch, self.batch = self.batch, 0
        if batch:
            self._restore()
        return batch, self.logs


def run_epochs(
    training: Pass, testing: Pass | None, callbacks: CallbackList, epochs: range, validation_freq: Any
) -> None:
    """All epochs of `fit`, each with an evaluation where one is due, and their hooks."""
    model = training.model
    model.stop_training = False
    progress = Progress(training.source, callbacks.callbacks, epochs)
    callbacks.set_progress(progress)
    callbacks.on_train_begin()
    left, logs = progress.begin(), progress.logs
    for epoch in left:
        if not training.source.more():
            warn(f"fit: there is no more data in epoch {epoch + 1} of {epochs.stop}")
            break
        callbacks.on_epoch_begin(epoch)
        logs = training.run(callbacks, *progress.begin_epoch())
        if testing is not None and is_due(validation_freq, epoch + 1):
            if testing.source.more():
                tested = {f"val_{name}": value for name, value in testing.evaluate(callbacks).items()}
                logs = dict(sorted({**logs, **tested}.items()))
            else:
                warn(f"{testing.where}: there is no more data in epoch {epoch + 1}")
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    if len(epochs) > 0 and hasattr(model.optimizer, "finalize_variable_values"):
        with as_compiled(model, "train"):
            model.optimizer.finalize_variable_values(model.trainable_weights)
    callbacks.on_train_end(logs)


class Logs:
    """The logs of training or of an evaluation, up to the last step."""

    def __init__(self, steps: Steps):
        self._steps = steps
        self._step: Step | None = None
        self._outputs: list[np.ndarray] = []
        self._returned: Any = None  # by the last step that was run op by op

    def run(self, segment: Segment, at: int, stop: int, budget: float) -> int:
        """Run the compiled steps ``at`` to ``stop`` - 1, or as many as ``budget`` allows; returns the next."""
        self._step = segment.step
        at, self._outputs = self._step.plan.native.run_steps(segment.feed, segment.stride, at, stop, budget)
        return at

    def add(self, returned: Any) -> None:
        """Take in what a step that was run op by op returned."""
        self._step, self._returned = None, returned

    def logs(self) -> dict[str, Any]:
        """What a custom step returned, or the results of the metrics if it has the same names."""
        if self._step is None:
            return self._steps.logs(self._returned)
        return self._steps.logs(self._step.result(self._outputs))

    shown = logs


class Outputs:
    """The outputs of all rows, in the structure that the model gives them."""

    def __init__(self) -> None:
        self._parts: list[list[np.ndarray]] = []  # of each feed, or, op by op, of each batch
        self._fresh: list[list[np.ndarray]] = []  # those that no hook has seen yet
        self._segment: Segment | None = None
        self._structure: Any = None
        self._rows = 0  # of the last part that are there

    def run(self, segment: Segment, at: int, stop: int, budget: float) -> int:
        """Run the compiled steps ``at`` to ``stop`` - 1, or as many as ``budget`` allows; returns the next."""
        step, before = segment.step, self._segment
        if segment is not before:
            _check_rows(step, segment.rows)
            self._segment, self._structure = segment, step.structure
            if before is None or segment.feed is not before.feed:
                specs = step.plan.output_specs
                self._parts.append([np.empty((segment.total, *spec.shape[1:]), NUMPY[spec.dtype]) for spec in specs])
        results, begun = self._parts[-1], at
        at, _ = step.plan.native.run_steps(segment.feed, segment.stride, at, stop, budget, results)
        self._rows = at * segment.stride
        self._fresh.append([r[begun * segment.stride : self._rows] for r in results])
        return at

    def add(self, returned: Any) -> None:
        """Take in what a step that was run op by op returned."""
        self._structure = returned
        arrays = [x.numpy() if isinstance(x, Tensor) else np.asarray(x) for x in flatten(returned)]
        self._rows = max(map(len, arrays))
        self._parts.append(arrays)
        self._fresh.append(arrays)

    def logs(self) -> dict[str, Any]:
        """The outputs that are new since the last call, as hooks get them."""
        fresh, self._fresh = self._fresh, []
        return {"outputs": pack(self._structure, _joined(fresh))}

    def shown(self) -> None:
        """Nothing of them is for the progress bar."""

    def all(self) -> Any:
        """The outputs of all rows that were run."""
        parts = [*self._parts[:-1], [r[: self._rows] if len(r) > self._rows else r for r in self._parts[-1]]]
        return pack(self._structure, _joined(parts))


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
