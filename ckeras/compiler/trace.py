"""Runs a function once on values that have only a shape and a dtype, and writes down the ops it calls."""

from collections.abc import Callable
from typing import Any

from ckeras import config
from ckeras.autograd import Op, Spec, Tensor, TracedTensor, Variable
from ckeras.autograd.structure import flatten

scope = config.scope


class Node:
    """One call of an op: its inputs (traced values, or tensors whose value is known now) and its results."""

    __slots__ = ("attrs", "inputs", "op", "outputs")

    def __init__(self, op: Op, inputs: list[Tensor], attrs: dict[str, Any]):
        self.op = op
        self.inputs = inputs
        self.attrs = attrs
        self.outputs: list[TracedTensor] = []


class Trace:
    """The graph of one function for one signature.

    ``inputs`` are the arguments, ``reads`` the variables that were read (and the value each had at first),
    ``assigned`` those that were given a new value, ``nodes`` the calls in order, ``outputs`` the results.
    """

    def __init__(self) -> None:
        self.inputs: list[TracedTensor] = []
        self.nodes: list[Node] = []
        self.reads: dict[int, tuple[Variable, TracedTensor]] = {}
        self.current: dict[int, Tensor] = {}
        self.assigned: dict[int, tuple[Variable, Tensor]] = {}
        self.outputs: list[Tensor] = []

    def input(self, spec: Spec) -> TracedTensor:
        """A new argument of the function."""
        x = TracedTensor(spec.shape, spec.dtype, self)
        self.inputs.append(x)
        return x

    def add(self, op: Op, inputs: list[Tensor], attrs: dict[str, Any]) -> Any:
        """Called for every op that has a traced argument."""
        for x in inputs:
            if type(x) is TracedTensor and x.trace is not self:
                raise RuntimeError(f"{op.name} was given a value that belongs to another compiled function")
        found = op.infer(*inputs, **attrs)
        node = Node(op, inputs, attrs)
        specs = found if isinstance(found, list) else [found]
        node.outputs = [TracedTensor(s.shape, s.dtype, self, node, i) for i, s in enumerate(specs)]
        self.nodes.append(node)
        return node.outputs if isinstance(found, list) else node.outputs[0]

    def read(self, variable: Variable) -> Tensor:
        """The value of a variable at this point of the function."""
        key = id(variable)
        value = self.current.get(key)
        if value is None:
            value = TracedTensor(variable.shape, variable.dtype, self)
            self.reads[key] = (variable, value)
            self.current[key] = value
        return value

    def assign(self, variable: Variable, value: Tensor) -> None:
        """The variable has ``value`` from here on."""
        self.current[id(variable)] = value
        self.assigned[id(variable)] = (variable, value)


def trace(function: Callable[..., Any], specs: list[Spec], pack: Callable[[list[Any]], tuple]) -> tuple[Trace, Any]:
    """Trace ``function(*pack(inputs))`` for inputs of these specs; returns the trace and what the function returned.

    Tensors in the result become the trace's outputs. Raises `NeedsValue` if the function asks for a value.
    """
    graph = Trace()
    inputs = [graph.input(spec) for spec in specs]
    outer, tapes = getattr(scope, "trace", None), getattr(scope, "tapes", ())
    scope.trace, scope.tapes = graph, ()
    try:
        result = function(*pack(inputs))
        leaves = flatten(result)
        graph.outputs = [leaf.value if isinstance(leaf, Variable) else leaf for leaf in leaves if is_value(leaf)]
    finally:
        scope.trace, scope.tapes = outer, tapes
    return graph, result


def is_value(leaf: Any) -> bool:
    """Whether a leaf of a function's result is computed by it (and not a constant such as a string or `None`)."""
    return isinstance(leaf, (Tensor, Variable))
