"""Public functions record a call on symbolic tensors as one operation.

In the public namespaces each function is wrapped in an `Entry` by `entry_of`. Inside the package functions call each
other directly, so that the recorded function is the one that the user called.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ckeras import config
from ckeras._kernels.entry import Entry
from ckeras.ops.control.keras_names import Record, record_of
from ckeras.ops.control.operation import Operation
from ckeras.tensor import KerasTensor, Tensor, arguments
from ckeras.tensor.graph import inferring, record_call
from ckeras.tensor.structure import flatten

scope = config.scope

# Higher-order functions record themselves: values that their functions capture become arguments of the call.
_RECORD_THEMSELVES = (
    "associative_scan", "cond", "custom_gradient", "fori_loop", "map", "scan", "switch", "vectorize", "vectorized_map",
    "while_loop",
)  # fmt: skip
_entries: dict[tuple[str, Callable[..., Any]], Entry] = {}
_classes: dict[tuple[str, Callable[..., Any]], type[FunctionOperation]] = {}


class FunctionOperation(Operation):
    """A public function with fixed options as an operation: `Mean` with ``axis=1`` calls `ops.mean` with that axis.

    A subclass for each function is made by `operation_class`.
    """

    function: Callable[..., Any]
    record: Record
    keras_module: str
    key: tuple[str, Callable[..., Any]]

    def __init__(self, *options: Any, name: str | None = None, **named: Any):
        super().__init__(name)
        self.options = {**dict(zip(self.record.options, options, strict=False)), **named}

    def call(self, *args: Any, **kwargs: Any) -> Any:
        record = self.record
        if record.variadic is None:
            return self.function(**self.options, **dict(zip(record.operands, args, strict=False)), **kwargs)
        first, later = record.options[: record.leading], record.options[record.leading :]
        given = {name: self.options[name] for name in later if name in self.options}
        return self.function(*(self.options[name] for name in first), *args, **given, **kwargs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        with inferring():
            return self.call(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self.options}

    def __reduce__(self) -> Any:
        return _restored, (_entries[self.key], self.get_config())


def operation_class(entry: Entry) -> type[FunctionOperation]:
    """Return the operation class that records calls of a public function.

    >>> from ckeras import ops
    >>> operation_class(ops.clip)(0.0, 1.0, name="clip").get_config()
    {'name': 'clip', 'x_min': 0.0, 'x_max': 1.0}
    """
    key = entry.__name__, entry.function
    if key not in _classes:
        record = record_of(*key)
        members = {
            "__doc__": entry.__doc__,
            "function": staticmethod(entry.function),
            "keras_module": record.module,
            "record": record,
            "key": key,
        }
        _classes[key] = type(record.class_name, (FunctionOperation,), members)
    return _classes[key]


def operation_named(class_name: str) -> type[FunctionOperation] | None:
    """The operation class that Keras calls by this name; None if there is no such function in `ckeras.ops`.

    >>> operation_named("GetItem").__name__, operation_named("NoSuchOperation")
    ('GetItem', None)
    """
    for entry in _entries.values():
        if record_of(entry.__name__, entry.function).class_name == class_name:
            return operation_class(entry)
    return None


def _restored(entry: Entry, options: dict[str, Any]) -> FunctionOperation:
    return operation_class(entry)(**options)


def _record(entry: Entry, args: tuple, kwargs: dict[str, Any]) -> Any:
    """Record a call of a public function on symbolic tensors; return the symbolic result."""
    function = entry.function
    if getattr(scope, "infers", False):
        return function(*args, **kwargs)
    with inferring():
        outputs = function(*args, **kwargs)
    if not any(isinstance(y, Tensor) for y in flatten(outputs)):
        return outputs  # a shape, a rank
    made = operation_class(entry)
    operands, by_name, options = _divided(function, made.record, args, kwargs)
    return record_call(made(**options), operands, by_name, outputs)


def _divided(function: Any, record: Record, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict, dict]:
    """Split the arguments of a call as Keras does: positional operands, keyword operands, options.

    An option that contains a symbolic tensor becomes a keyword operand, so that the graph records it.
    """
    bound = arguments.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    given = dict(bound.arguments)
    for p in bound.signature.parameters.values():
        if p.kind is p.VAR_KEYWORD:
            given |= given.pop(p.name)
    for name in record.ignored:
        given.pop(name)
    operands = tuple(given.pop(name) for name in record.operands)
    if record.variadic is not None:
        operands += tuple(given.pop(record.variadic))
    symbolic = {k for k, v in given.items() if any(type(x) is KerasTensor for x in flatten(v))}
    named = symbolic | (given.keys() - set(record.options))
    return operands, {k: given[k] for k in given if k in named}, {k: given[k] for k in given if k not in named}


def entry_of(name: str, function: Callable[..., Any], module: str) -> Callable[..., Any]:
    """Return the entry of the public function ``name``, shared by all namespaces; ``module`` is a module that has it.

    Functions that record themselves are returned unchanged.
    """
    if isinstance(function, Entry) or name in _RECORD_THEMSELVES:
        return function
    if (name, function) not in _entries:
        entry = _entries[name, function] = Entry(function, KerasTensor, _record, arguments.explain)
        functools.update_wrapper(entry, function)
        entry.__module__, entry.__name__, entry.__qualname__ = module, name, name
    return _entries[name, function]
