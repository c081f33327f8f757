"""Compiled steps: the plan of a training, test or prediction step for each shape of batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras.compiler.dependencies import depend
from ckeras.compiler.function import compile_plan
from ckeras.compiler.plan import Plan
from ckeras.compiler.trace import is_value
from ckeras.tensor import NeedsValue, Tensor, Variable
from ckeras.tensor.cache import Plans
from ckeras.tensor.structure import flatten, pack
from ckeras.trainer.data import DataSet
from ckeras.trainer.stored import Stored

scope = config.scope


_KEPT_BY_VALUE = frozenset(("trainable", "_trainable"))  # in ``extra``, so that plans survive freezing and thawing


class Step(NamedTuple):
    """A plan, and the structure that its outputs are leaves of."""

    plan: Plan
    structure: Any

    def result(self, arrays: list[np.ndarray]) -> Any:
        """The step's result from the plan's outputs."""
        remaining = iter(Tensor(a, s.dtype) for a, s in zip(arrays, self.plan.output_specs, strict=True))
        return pack(self.structure, [next(remaining) if is_value(x) else x for x in flatten(self.structure)])


def compile_step(
    plans: Plans, kind: str, function: Callable[[Any], Any], data: DataSet, batch: int, extra: Any = None
) -> Step:
    """The step ``function(data)`` for batches of ``batch`` rows, from ``plans`` if it is there.

    Raises `NeedsValue` if the function cannot be compiled.
    """
    specs = data.specs(batch)
    key = (kind, tuple(specs), _frame(data.structure), data.alone, extra, config.floatx())
    step = plans.get(key)
    if step is None:
        plan, result = compile_plan(function, specs, lambda inputs: (data.given(inputs),))
        step = Step(plan, result)
        depend(plans.put(key, step, plan.size), plan.reads, but=_KEPT_BY_VALUE)
    return step


def _frame(structure: Any) -> str:
    return repr(structure)


def check_indices(limits: list[tuple[int, int, str]], data: DataSet, where: str) -> None:
    """Raise IndexError, before anything is run, if data that serves as indices is out of range.

    ``limits`` are those of a plan: (number of the array, limit, name of the op).
    """
    for number, limit, op in limits:
        array = data.arrays[number]
        if isinstance(array, Stored) or array.size == 0:  # what is in a file is checked as it is read
            continue
        low, high = array.min(), array.max()
        if not (low >= 0 and high < limit):  # which NaN is not either
            bad = high if low >= 0 else low
            name = "x" if number < len(flatten(data.structure[0])) else "y"
            row = int(np.argwhere((array == bad) | (array != array))[0][0])
            raise IndexError(
                f"{where} expects {name} to hold numbers from 0 to {limit - 1}, as {op} indexes {limit} classes or "
                f"rows with it, got {bad} in row {row}"
            )


class Scalars:
    """A compiled function of no arguments that gives scalars by name, such as the results of metrics.

    ``state`` gives the variables that it reads or assigns; where they are others than before, it is compiled anew.
    """

    def __init__(self, function: Callable[[], Any], state: Callable[[], list[Variable]]):
        self._function, self._state = function, state
        self._plans = Plans()

    def __call__(self) -> dict[str, float]:
        """Compute them."""
        variables = self._state()
        key = tuple(map(id, variables))
        found = self._plans.get(key)
        if found is None:
            found = self._compile(key, variables)
        plan, names, _ = found
        if plan is None:
            return as_numbers(self._function())
        values = plan.native.run([])
        return {k: v.item() if v.ndim == 0 else v for k, v in zip(names, values, strict=True)}

    def _compile(self, key: Any, variables: list[Variable]) -> tuple[Plan | None, list[str], list[Variable]]:
        """The plan, `None` if there can be none, and the names of its outputs."""
        found: tuple[Plan | None, list[str], list[Variable]] = (None, [], variables)
        size = 0
        try:
            plan, result = compile_plan(self._function, [], tuple)
        except NeedsValue:
            pass
        else:
            if all(is_value(v) for v in result.values()):
                found, size = (plan, sorted(result), variables), plan.size
        depend(self._plans.put(key, found, size), None if found[0] is None else found[0].reads)
        return found


def as_numbers(logs: dict[str, Any]) -> dict[str, Any]:
    """Logs as Python numbers and arrays, in the order of their names; the entries of a dict among them stand alone."""
    found: dict[str, Any] = {}
    for name, value in sorted(logs.items()):
        found.update(as_numbers(value) if isinstance(value, dict) else {name: as_number(value)})
    return found


def as_number(value: Any) -> Any:
    """A scalar tensor as a Python number, other tensors as arrays."""
    if isinstance(value, (Tensor, Variable)):
        value = value.numpy()
    array = np.asarray(value)
    return array.item() if array.ndim == 0 else array
