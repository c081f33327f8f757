"""Eager calls of a model, which run a compiled plan where that only affects speed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras.compiler.dependencies import depend, recording
from ckeras.compiler.function import compile_plan
from ckeras.compiler.plan import Plan
from ckeras.layers.layer import Layer
from ckeras.layers.shapes import as_leaf
from ckeras.tensor import NeedsValue, Tensor
from ckeras.tensor.cache import Plans
from ckeras.tensor.eager import wrap
from ckeras.tensor.masks import get_mask
from ckeras.tensor.string_handles import Handles, TracedStrings, strings_of
from ckeras.tensor.string_tensor import StringTensor, holds_strings
from ckeras.tensor.structure import flatten, pack
from ckeras.trainer.arrays import as_input, one_array

scope = config.scope


class CallPlan(NamedTuple):
    """The plan of a call, and the structure that its outputs are leaves of; `None` for one tensor."""

    plan: Plan
    structure: Any

    def run(self, arrays: list[np.ndarray]) -> Any:
        """Compute the outputs for the leaves of an input."""
        plan = self.plan
        given = [as_input(array, dtype) for array, dtype in zip(arrays, plan.input_dtypes, strict=True)]
        results = plan.native.run(given)
        if self.structure is None:
            return Tensor(results[0], plan.output_specs[0].dtype)
        return pack(self.structure, [Tensor(r, s.dtype) for r, s in zip(results, plan.output_specs, strict=True)])


class CompiledCalls:
    """The plans of the eager calls of one model, which is given to each method, by signature of the input.

    They are used for models that consist of shipped layers, outside tapes, traces and other layers.
    """

    def __init__(self) -> None:
        self.plans = Plans()

    def forget(self) -> None:
        """Drop all plans."""
        self.plans.clear()

    def run(self, model: Any, x: Any) -> Any:
        """Compute the outputs for an input with a plan; return `None` if the call has to run op by op."""
        transparent = self.plans.get("transparent")
        if transparent is None:
            with recording() as recorded:
                transparent = model._is_transparent()
            depend(self.plans.put("transparent", transparent, 0), recorded.reads)
        if (
            not transparent
            or getattr(scope, "trace", None) is not None
            or getattr(scope, "tapes", None)
            or getattr(scope, "in_call", False)
        ):
            return None
        array = one_array(x) if isinstance(x, (np.ndarray, Tensor)) else None
        if array is not None and array.dtype.kind in "biuf":
            found = self.plans.get((array.shape, array.dtype))
            if found is not None and found.structure is None:
                plan = found.plan
                return Tensor(plan.native.run([as_input(array, plan.input_dtypes[0])])[0], plan.output_specs[0].dtype)
            arrays, key = [array], (array.shape, array.dtype)
        else:
            x = as_leaf(x)
            arrays = [_array_of(leaf) for leaf in flatten(x)]
            if any(a is None for a in arrays):
                return None
            key = (_structure(x), *((type(a), a.shape, a.dtype) for a in arrays))
        found = self.plans.get(key) or self._compile(key, model, x, arrays)
        return None if found is None else found.run(arrays)

    def _compile(self, key: Any, model: Any, x: Any, arrays: list[Any]) -> CallPlan | None:
        """The plan of a call; `None` if a plan cannot give its outputs, which is so for all calls then."""

        def given(leaves: list[Any]) -> tuple[Any]:
            pairs = zip(leaves, arrays, strict=True)
            return (pack(x, [TracedStrings(t) if isinstance(a, Handles) else t for t, a in pairs]),)

        tensors = [strings_of(a) if isinstance(a, Handles) else wrap(a) for a in arrays]
        Layer.__call__(model, pack(x, tensors))  # raises for what does not fit
        try:
            plan, result = compile_plan(
                lambda inputs: Layer.__call__(model, inputs), [wrap(a).spec for a in arrays], given
            )
        except NeedsValue:
            self.plans.put("transparent", False, 0)
            return None
        outputs = flatten(result)
        if plan.assigned or not all(isinstance(y, Tensor) and get_mask(y) is None for y in outputs):
            depend(self.plans.put("transparent", False, 0), plan.reads)
            return None
        found = CallPlan(plan, None if isinstance(result, Tensor) else result)
        depend(self.plans.put(key, found, plan.size), plan.reads)
        return found


def says_inference(kwargs: dict[str, Any]) -> bool:
    """Whether a call of a model with these arguments computes what it would without them."""
    training, mask = kwargs.get("training"), kwargs.get("mask")
    return kwargs.keys() <= {"training", "mask"} and mask is None and (training is None or training is False)


def _array_of(leaf: Any) -> np.ndarray | None:
    """An input of a call as a plan takes it; `None` if it is no array of numbers or strings, or has a mask."""
    if isinstance(leaf, (np.ndarray, Tensor)):
        array = one_array(leaf)
        if array is None or array.dtype.kind in "biuf":
            return array
    if holds_strings(leaf) and np.shape(leaf):
        return Handles(StringTensor(leaf), "strings")
    return None


def _structure(x: Any) -> Any:
    """The structure of an input, for comparisons."""
    if isinstance(x, dict):
        return (dict, *((key, _structure(x[key])) for key in sorted(x)))
    if isinstance(x, (list, tuple)):
        return (type(x), *map(_structure, x))
    return None
