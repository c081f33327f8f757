"""What the steps of a pass give: logs, or the outputs of all rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckeras.compiler.trace import is_value
from ckeras.tensor import Tensor
from ckeras.tensor.dtypes import NUMPY
from ckeras.tensor.structure import flatten, pack
from ckeras.trainer.sources import Segment
from ckeras.trainer.steps import Step


class Logs:
    """The logs of training or of an evaluation, up to the last step."""

    def __init__(self, model: Any, kind: str):
        self._model, self._kind = model, kind
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
            return self._model.final_logs(self._kind, self._returned)
        if self._step.structure is None:
            return self._model.metric_results()
        return self._model.final_logs(self._kind, self._step.result(self._outputs))

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
