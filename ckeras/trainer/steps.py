"""The steps of training, evaluation and prediction: compiled for each form of data, or run op by op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras.compiler.dependencies import depend
from ckeras.compiler.function import compile_plan, execution, warn_eager
from ckeras.compiler.plan import Plan
from ckeras.compiler.profile import Profile
from ckeras.compiler.trace import is_value
from ckeras.tensor import NeedsValue, Tensor
from ckeras.tensor.eager import wrap
from ckeras.tensor.structure import flatten, pack
from ckeras.trainer.data import DataSet, Form
from ckeras.trainer.hooks import overrides
from ckeras.trainer.metric_results import as_numbers
from ckeras.trainer.trainability import as_compiled

_KEPT_BY_VALUE = frozenset(("trainable", "_trainable"))  # in the signature, so that plans survive freezing and thawing


class Step(NamedTuple):
    """A plan, and the structure that its outputs are leaves of."""

    plan: Plan
    structure: Any

    def result(self, arrays: list[np.ndarray]) -> Any:
        """The step's result from the plan's outputs; `None` of a shipped step, whose results are in the metrics."""
        if self.structure is None:
            return None  # at once, since logs of short epochs are read often
        remaining = iter(Tensor(a, s.dtype) for a, s in zip(arrays, self.plan.output_specs, strict=True))
        return pack(self.structure, [next(remaining) if is_value(x) else x for x in flatten(self.structure)])


class Steps:
    """The steps of one kind of a model, for one run.

    Plans are kept in the model's cache, by signature: the form of the data, and what else the step depends on.

    Args:
        model: the model.
        kind: "train", "test" or "predict".

    Attributes:
        eager: the step on one batch, run op by op; `None` as long as steps are compiled.
    """

    def __init__(self, model: Any, kind: str):
        self.model, self.kind = model, kind
        self._makes_own = overrides(model, f"make_{kind}_function")
        self._shipped = (
            kind != "predict" and not self._makes_own and not overrides(model, f"{kind}_step", "compute_metrics")
        )
        objects = model._building.flagged(model)
        fixed = None if kind == "predict" else model._compiled.trainability
        flags = tuple(x.trainable for x in objects) if fixed is None else fixed.flags(objects)
        self._signature = kind, flags, self._shipped
        if kind == "train" and fixed is not None:
            fixed.warn_of_changes(objects)
        runs_eagerly = bool(model.run_eagerly) or execution.eager or self._makes_own
        self.eager: Callable[[Any], Any] | None = self._op_by_op() if runs_eagerly else None

    @property
    def name(self) -> str:
        """The method that makes a step, for messages."""
        return f"{type(self.model).__name__}.{self.kind}_step"

    def compiled(self, form: Form, rows: int) -> Step | None:
        """The step for batches of ``rows`` rows; `None` if steps run op by op, as they do once one needs a value."""
        if self.eager is not None:
            return None
        plans, key = self.model._plans, (self._signature, form.key(rows), config.floatx())
        step = plans.get(key)
        if step is not None:
            return step
        try:
            plan, result = compile_plan(self._traced, form.specs(rows), lambda inputs: (form.given(inputs),))
        except NeedsValue as error:
            warn_eager(self.name, error)
            self.model.run_eagerly = True
            self.eager = self._op_by_op()
            return None
        step = Step(plan, result)
        depend(plans.put(key, step, plan.size), plan.reads, but=_KEPT_BY_VALUE)
        return step

    def on_batch(self, data: DataSet, where: str, reset: bool = False) -> dict[str, Any]:
        """One step on all rows of a data set; its logs. ``reset`` lets the metrics begin anew before it."""
        model = self.model
        step = self.compiled(data.form, data.rows)
        limits = step.plan.limits if step else model._building.index_limits(model, data, self.kind, data.rows)
        data.check_indices(limits, where)
        if reset:
            model.reset_metrics()
        if self.eager is not None:
            return self.logs(self.eager(data.form.given([wrap(a) for a in data.batch(0, data.rows)])))
        return self.logs(step.result(step.plan.run(data.batch(0, data.rows))))

    def profile(self, data: DataSet, repeats: int) -> Profile:
        """Time every instruction of the step on all rows of a data set."""
        step = self.compiled(data.form, data.rows)
        if step is None:
            raise ValueError(f"profile expects a model whose steps are compiled, but {self.name} runs op by op")
        data.check_indices(step.plan.limits, "profile")
        return step.plan.profile(data.batch(0, data.rows), repeats)

    def _traced(self, data: Any) -> Any:
        """The step as it is compiled. The shipped ones leave their results in the metrics, to be read when due."""
        try:
            with as_compiled(self.model, self.kind):
                result = getattr(self.model, f"{self.kind}_step")(data)
        finally:
            self.model._clear_losses()  # they are values of the trace alone
        if not self._shipped and self.kind != "predict":
            self._check_logs(result)
        return None if self._shipped else result

    def _op_by_op(self) -> Callable[[Any], Any]:
        """The step as it is run op by op. If the first returns no logs, what it has changed is put back."""
        own = self._made_function() if self._makes_own else getattr(self.model, f"{self.kind}_step")
        checked = self.kind == "predict" or self._shipped

        def run(data: Any) -> Any:
            with as_compiled(self.model, self.kind):
                return own(data)

        def step(data: Any) -> Any:
            nonlocal checked
            if checked:
                return run(data)
            before = [(v, v.numpy()) for v in self._state()]
            logs = run(data)
            try:
                self._check_logs(logs)
            except TypeError:
                for variable, value in before:
                    variable.assign(value)
                raise
            checked = True
            return logs

        return step

    def _made_function(self) -> Callable[[Any], Any]:
        """What a `make_..._function` of the user's own made, as a function of one batch."""
        maker, name = f"make_{self.kind}_function", f"{self.kind}_function"
        made = getattr(self.model, maker)()
        function = getattr(self.model, name)
        function = made if function is None else function
        if not callable(function):
            raise TypeError(
                f"{type(self.model).__name__}.{maker} must set {name} to a function of an iterator, "
                f"got {type(function).__name__}"
            )
        return lambda data: function(iter([data]))

    def _state(self) -> list[Any]:
        """All variables that a step may change."""
        model = self.model
        found = [*model.variables, *(v for m in model.metrics for v in m.variables)]
        return found if model.optimizer is None else [*found, *model.optimizer.variables]

    def _check_logs(self, logs: Any) -> None:
        if not isinstance(logs, dict):
            raise TypeError(f"{self.name} must return a dict of logs, got {type(logs).__name__}")

    def logs(self, returned: Any) -> dict[str, Any]:
        """The logs of a step: what a custom one returned, or the results of the metrics if it has the same names."""
        if returned is not None:
            self._check_logs(returned)
        results = self.model._metric_results.values(self.model)
        if returned is None or set(results) == set(returned):
            return results
        return as_numbers(returned)
