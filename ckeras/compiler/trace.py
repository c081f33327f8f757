"""Tracing: runs a function once on values that have only a shape and a dtype, and records the ops it calls."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from ckeras import config
from ckeras.tensor import Op, Spec, Tensor, TracedTensor, Variable, limits
from ckeras.tensor.structure import flatten

scope = config.scope


class Node:
    """One call of an op: its inputs (traced values, or tensors whose value is known now) and its results."""

    __slots__ = ("attrs", "inputs", "op", "outputs")

    def __init__(self, op: Op, inputs: list[Tensor], attrs: dict[str, Any]):
        self.op = op
        self.inputs = inputs
        self.attrs = attrs
        self.outputs: list[TracedTensor] = []


def has_effect(node: Node) -> bool:
    """Whether a call, or a graph that it runs, has side effects."""
    if not node.op.nested:
        return node.op.effect
    bodies = [node.attrs[name] for name in ("body", "test") if node.attrs.get(name) is not None]
    return any(has_effect(n) for body in (*bodies, *node.attrs.get("bodies", ())) for n in body.graph.nodes)


class Trace:
    """The graph of one function for one signature.

    ``inputs`` are the arguments, ``reads`` the variables that were read (with their initial values), ``assigned`` the
    variables that were assigned, ``nodes`` the calls in order, ``outputs`` the results.

    The graph of a branch or of a loop's body is traced within an ``outer`` one: what it uses from there, variables
    included, becomes an input of its own, one of ``captured``. ``tapes`` are those that record outside of it.
    """

    traces = True  # and does not only replace values of variables

    def __init__(self, outer: Any = None, tapes: Sequence[Any] = ()) -> None:
        self.outer = outer
        self.tapes = tapes
        self.captured: dict[Any, tuple[Tensor, TracedTensor]] = {}
        self.aliases: dict[int, tuple[Tensor, Tensor]] = {}  # values of a graph that is run again in this one
        self.inputs: list[TracedTensor] = []
        self.nodes: list[Node] = []
        self.reads: dict[int, tuple[Variable, TracedTensor]] = {}
        self.current: dict[int, Tensor] = {}
        self.assigned: dict[int, tuple[Variable, Tensor]] = {}
        self.outputs: list[Tensor] = []

    def input(self, spec: Spec) -> TracedTensor:
        """Add an argument of the function."""
        x = TracedTensor(spec.shape, spec.dtype, self)
        self.inputs.append(x)
        return x

    def add(self, op: Op, inputs: list[Tensor], attrs: dict[str, Any]) -> Any:
        """Add a call of an op that has a traced argument."""
        specs, single = limits.checked(op.name, op.infer(*inputs, **attrs))
        node = Node(op, [self.local(x) for x in inputs], attrs)
        node.outputs = [TracedTensor(s.shape, s.dtype, self, node, i) for i, s in enumerate(specs)]
        self.nodes.append(node)
        return node.outputs[0] if single else node.outputs

    def resolve(self, x: Tensor) -> Tensor:
        """The value that represents ``x`` here, if it belongs to a graph that is replayed in this one."""
        found = self.aliases.get(id(x))
        if found is not None:
            return found[1]
        return x if self.outer is None else self.outer.resolve(x)

    def local(self, x: Tensor) -> Tensor:
        """``x`` as a value of this graph."""
        if type(x) is TracedTensor:
            if x.trace is self:
                return x
            if self.outer is None:
                raise RuntimeError(
                    f"a value of shape {x.shape} was used outside of the compiled function, branch or loop body in "
                    "which it was computed; return it from there"
                )
            return self.capture(self.outer.local(x))
        return self.capture(x) if self.follows(x) else x

    def capture(self, x: Tensor, variable: Variable | None = None) -> TracedTensor:
        """The input that represents a captured value, or the initial value of a variable."""
        key = (id(x), id(variable))
        found = self.captured.get(key)
        if found is None:
            found = self.captured[key] = (x, self.input(Spec(x.shape, x.dtype)))
        return found[1]

    def follows(self, x: Tensor) -> bool:
        """Whether a tape outside of the trace watches a known value."""
        return any(tape.tracks(x) for tape in self.tapes) or (self.outer is not None and self.outer.follows(x))

    def read(self, variable: Variable) -> Tensor:
        """The current value of a variable in the function."""
        key = id(variable)
        value = self.current.get(key)
        if value is None:
            if self.outer is None:
                value = TracedTensor(variable.shape, variable.dtype, self)
            else:
                value = self.capture(self.outside(variable), variable)
            self.reads[key] = (variable, value)
            self.current[key] = value
        return value

    def outside(self, variable: Variable) -> Tensor:
        """The value of a variable in the enclosing graph."""
        with within(self.outer, self.tapes):
            return self.outer.local(variable.value)

    def assign(self, variable: Variable, value: Tensor) -> None:
        """Assign ``value`` to the variable."""
        self.current[id(variable)] = value
        self.assigned[id(variable)] = (variable, value)


@contextlib.contextmanager
def within(graph: Any, tapes: Sequence[Any]) -> Any:
    """Context manager in which ops become nodes of ``graph``, and only ``tapes`` record them."""
    kept = getattr(scope, "trace", None), getattr(scope, "tapes", ())
    scope.trace, scope.tapes = graph, tapes
    try:
        yield
    finally:
        scope.trace, scope.tapes = kept


def trace(function: Callable[..., Any], specs: list[Spec], pack: Callable[[list[Any]], tuple]) -> tuple[Trace, Any]:
    """Trace ``function(*pack(inputs))`` for inputs of these specs; returns the trace and what the function returned.

    Tensors in the result become the trace's outputs. Raises `NeedsValue` if the function asks for a value.
    """
    graph = Trace()
    inputs = [graph.input(spec) for spec in specs]
    with within(graph, ()):
        result = function(*pack(inputs))
        leaves = flatten(result)
        graph.outputs = [leaf.value if isinstance(leaf, Variable) else leaf for leaf in leaves if is_value(leaf)]
    return graph, result


def is_value(leaf: Any) -> bool:
    """Whether a leaf of a function's result is a computed value (and not a constant such as a string or `None`)."""
    return isinstance(leaf, (Tensor, Variable))
