"""The results of the metrics of a model: computed, reset and set aside by small compiled functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ckeras.compiler.dependencies import depend, structure
from ckeras.compiler.function import compile_plan
from ckeras.compiler.plan import Plan
from ckeras.compiler.trace import is_value
from ckeras.tensor import NeedsValue, Variable
from ckeras.tensor.cache import Plans
from ckeras.trainer.hooks import overrides


class MetricResults:
    """Reads and resets the metrics of one model, which is given to each method.

    Owns the plans that do so and the list of variables of the metrics. Runs of the model use it, one inside another
    where a callback evaluates or trains.
    """

    def __init__(self) -> None:
        self.forget()
        self._runs = 0  # those under way, which use the metrics

    def __getstate__(self) -> dict[str, Any]:
        return {"_runs": 0}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]

    def forget(self) -> None:
        """Drop what was compiled: the metrics are others now."""
        self._results, self._resets = Scalars(), Scalars()
        self._known: tuple[int, list[Any], list[Variable], bool] | None = None

    @property
    def in_use(self) -> bool:
        """Whether a run that uses the metrics is under way."""
        return self._runs > 0

    def values(self, model: Any) -> dict[str, Any]:
        """The results of all metrics as numbers, by name."""
        if self._may_compile(model):
            return self._results(model.get_metrics_result, self._variables(model))
        return as_numbers(model.get_metrics_result())

    def reset(self, model: Any) -> None:
        """Reset all metrics."""

        def reset_all() -> dict[str, Any]:
            for metric in model.metrics:
                metric.reset_state()
            return {}

        if self._may_compile(model):
            self._resets(reset_all, self._variables(model))
        else:
            reset_all()

    @contextmanager
    def set_aside(self, model: Any) -> Iterator[None]:
        """Within a run that is under way, leave the state of its metrics as it was before the ``with`` block."""
        before = [(v, v.numpy()) for v in self._variables(model)] if self._runs else []
        self._runs += 1
        try:
            yield
        finally:
            self._runs -= 1
            for variable, value in before:
                variable.assign(value)

    def check(self, model: Any) -> None:
        """Warn of metrics whose results mean nothing for the data that they got."""
        for metric in self.metrics(model):
            metric.check_result()

    def metrics(self, model: Any) -> list[Any]:
        """All metrics."""
        return self._lists(model)[1]

    def _variables(self, model: Any) -> list[Variable]:
        """The variables of all metrics."""
        return self._lists(model)[2]

    def _may_compile(self, model: Any) -> bool:
        """Whether reading and resetting the metrics may be compiled: a user's own may do something in Python."""
        return self._lists(model)[3]

    def _lists(self, model: Any) -> tuple[int, list[Any], list[Variable], bool]:
        """Version, all metrics, their variables, and whether all are ckeras's own; until any object's are others."""
        if self._known is None or self._known[0] != structure.version:
            metrics = model.metrics
            variables = [v for metric in metrics for v in metric.variables]
            ours = all(type(m).__module__.startswith("ckeras.") for m in metrics)
            self._known = structure.version, metrics, variables, ours and not overrides(model, "get_metrics_result")
        return self._known


class Scalars:
    """A function of no arguments that gives scalars by name, such as the results of metrics, compiled.

    It is compiled anew where the variables that it reads or assigns are others than before.
    """

    def __init__(self) -> None:
        self._plans = Plans()

    def __call__(self, function: Callable[[], Any], variables: list[Variable]) -> dict[str, Any]:
        """Compute them."""
        key = tuple(map(id, variables))
        found = self._plans.get(key)
        if found is None:
            found = self._compile(function, key, variables)
        plan, names, _ = found
        if plan is None:
            return as_numbers(function())
        values = plan.native.run([])
        return {k: v.item() if v.ndim == 0 else v for k, v in zip(names, values, strict=True)}

    def _compile(
        self, function: Callable[[], Any], key: Any, variables: list[Variable]
    ) -> tuple[Plan | None, list[str], list[Variable]]:
        """The plan, `None` if there can be none, and the names of its outputs."""
        found: tuple[Plan | None, list[str], list[Variable]] = (None, [], variables)
        size = 0
        try:
            plan, result = compile_plan(function, [], tuple)
        except NeedsValue:
            pass
        else:
            if all(is_value(v) for v in result.values()):
                found, size = (plan, sorted(result), variables), plan.size
        entry = self._plans.put(key, found, size)
        if found[0] is not None:
            depend(entry, found[0].reads)
        return found


def as_numbers(logs: dict[str, Any]) -> dict[str, Any]:
    """Logs as Python numbers and arrays, in the order of their names; the entries of a dict among them stand alone."""
    found: dict[str, Any] = {}
    for name, value in sorted(logs.items()):
        found.update(as_numbers(value) if isinstance(value, dict) else {name: _as_number(value)})
    return found


def _as_number(value: Any) -> Any:
    """A scalar tensor as a Python number, other tensors as arrays."""
    array = np.asarray(value)
    return array.item() if array.ndim == 0 else array
