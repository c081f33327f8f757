"""Functions that compile themselves, once for each signature of their arguments."""

import contextlib
import functools
import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ckeras import config
from ckeras.compiler.dependencies import depend, recording
from ckeras.compiler.plan import Plan
from ckeras.compiler.trace import is_value, trace
from ckeras.tensor import KerasTensor, NeedsValue, Spec, Tensor, TracedTensor
from ckeras.tensor.cache import Plans, signature
from ckeras.tensor.eager import wrap
from ckeras.tensor.structure import flatten, pack
from ckeras.utils.tracebacks import warn

scope = config.scope


class execution:
    """Whether functions and steps of models run op by op, all of the process, so that they can be debugged."""

    eager = False


def warn_eager(name: str, error: NeedsValue) -> None:
    """Warn once that a function cannot be compiled."""
    warn(f"{name} is run op by op, which is slower: {error.why}.")


class Function:
    """A function of tensors that runs as a compiled plan.

    Made by `ckeras.function`. Arguments may be nested structures; numbers, strings and other values that are not arrays
    are part of the signature. Python side effects of the function happen once per signature, while it is traced.
    """

    def __init__(self, python_function: Callable[..., Any]):
        self.python_function = python_function
        self.plans = Plans()
        self._eager = False
        functools.update_wrapper(self, python_function)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else _Bound(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._eager or execution.eager or getattr(scope, "trace", None) is not None or getattr(scope, "tapes", None):
            return self.python_function(*args, **kwargs)
        leaves = flatten((args, kwargs))
        if any(type(x) in (TracedTensor, KerasTensor) for x in leaves):
            return self.python_function(*args, **kwargs)
        arrays: list[np.ndarray] = []
        parts: list[Any] = []
        for leaf in leaves:
            if isinstance(leaf, (Tensor, np.ndarray)):
                tensor = leaf if isinstance(leaf, Tensor) else wrap(leaf)
                arrays.append(tensor._array)
                parts.append(tensor.spec)
            else:
                parts.append(signature(leaf))
        key = (_shape_of((args, kwargs)), tuple(parts), config.floatx())
        found = self.plans.get(key)
        if found is None:
            try:
                found = self._compile(key, args, kwargs, leaves)
            except NeedsValue as error:
                warn_eager(getattr(self, "__name__", "the function"), error)
                self._eager = True
                return self.python_function(*args, **kwargs)
        plan, structure, outputs, _ = found
        results = [Tensor(array, spec.dtype) for array, spec in zip(plan.run(arrays), plan.output_specs, strict=True)]
        return pack(structure, [results[p] if isinstance(p, _Output) else p for p in outputs])

    def _compile(self, key: Any, args: Any, kwargs: Any, leaves: list[Any]) -> tuple[Plan, Any, list[Any], list[Any]]:
        specs = [wrap(x).spec if isinstance(x, np.ndarray) else x.spec for x in leaves if _is_array(x)]

        def arguments(inputs: list[Any]) -> tuple[Any, Any]:
            remaining = iter(inputs)
            return pack((args, kwargs), [next(remaining) if _is_array(x) else x for x in leaves])

        plan, result = compile_plan(lambda a, k: self.python_function(*a, **k), specs, arguments)
        outputs: list[Any] = []
        for leaf in flatten(result):
            outputs.append(_Output(sum(isinstance(p, _Output) for p in outputs)) if is_value(leaf) else leaf)
        # Values that are compared by identity are kept alive, so that no other object gets their identity.
        found = (plan, result, outputs, [x for x in leaves if not _is_array(x)])
        depend(self.plans.put(key, found, plan.size), plan.reads)
        return found


class _Output(int):
    """Index of an output of a plan."""


class _Bound:
    """A compiled method of one object, which is part of its signature."""

    def __init__(self, function: Function, instance: Any):
        self._function, self._instance = function, instance

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(self._instance, *args, **kwargs)


def _is_array(x: Any) -> bool:
    return isinstance(x, (Tensor, np.ndarray))


def _shape_of(structure: Any) -> Any:
    """The structure without its leaves, for comparisons."""
    if isinstance(structure, dict):
        return tuple((key, _shape_of(structure[key])) for key in sorted(structure))
    if isinstance(structure, (list, tuple)):
        return (type(structure), *(_shape_of(part) for part in structure))
    return None


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    **kwargs: Any,
) -> Any:
    """Compile ``func``: it is traced once for each signature, and runs as a plan afterwards.

    Also usable as a decorator, with or without arguments. The options of `tf.function` are accepted and change nothing:
    a plan is always compiled as a whole and for exact shapes.

    >>> import ckeras
    >>> @function
    ... def double(x):
    ...     return x + x
    >>> double(ckeras.ops.convert_to_tensor([1.0, 2.0])).tolist()
    [2.0, 4.0]
    """
    if func is None:
        return Function
    return Function(func)


def compile_plan(
    python_function: Callable[..., Any], specs: list[Spec], arguments: Callable[[list[Any]], tuple]
) -> tuple[Plan, Any]:
    """The plan of ``python_function(*arguments(inputs))`` for inputs of these specs, and what it returned."""
    with recording() as recorded, _collector_paused():
        graph, result = trace(python_function, specs, arguments)
        plan = Plan(graph)
    plan.reads = recorded.reads
    return plan, result


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector while a graph is built: all of it is in use until it is compiled."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
