"""Graphs within a graph: the branches of a condition and the bodies of loops, each traced once.

A body has no variables of its own. Captured values are inputs; the new value of a variable that it assigns is a result,
which the enclosing trace assigns.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ckeras import config
from ckeras.compiler.trace import Trace, has_effect, within
from ckeras.tensor import Spec, Tensor, TracedTensor, Variable

scope = config.scope


class Body:
    """A graph whose inputs are its parameters, then the values it captures."""

    def __init__(self, graph: Trace, parameters: int):
        self.graph = graph
        self.parameters = parameters

    @property
    def captures(self) -> list[Tensor]:
        """The captured values, in the order of the inputs."""
        return [x for x, _ in self.graph.captured.values()]

    @property
    def assigned(self) -> list[Variable]:
        """The variables that the body assigns."""
        return [variable for variable, _ in self.graph.assigned.values()]

    @property
    def specs(self) -> list[Spec]:
        """Specs of the outputs."""
        return [Spec(x.shape, x.dtype) for x in self.graph.outputs]

    def new_value(self, variable: Variable) -> Tensor:
        """The value of a variable at the end of the body."""
        return self.graph.read(variable)

    def carry(self, variable: Variable, outside: Tensor) -> None:
        """Make the initial value of a variable, ``outside`` in the enclosing trace, the last parameter."""
        graph = self.graph
        found = graph.captured.pop((id(outside), id(variable)), None)
        x = TracedTensor(outside.shape, outside.dtype, graph) if found is None else found[1]
        graph.inputs = [y for y in graph.inputs if y is not x]
        graph.inputs.insert(self.parameters, x)
        graph.current.setdefault(id(variable), x)
        self.parameters += 1

    def replay(self, inputs: Sequence[Tensor], effects: bool = True) -> list[Tensor]:
        """Compute the outputs for other inputs by calling the ops again, visibly to traces and tapes.

        Without ``effects``, calls that have one are left out unless their results are read.
        """
        pairs = {id(x): (x, y) for x, y in zip(self.graph.inputs, inputs, strict=True)}

        def current(x: Tensor) -> Tensor:
            return pairs[id(x)][1] if id(x) in pairs else x

        read = {id(x) for node in self.graph.nodes for x in node.inputs} | {id(x) for x in self.graph.outputs}
        for node in self.graph.nodes:
            if not effects and has_effect(node) and read.isdisjoint(map(id, node.outputs)):
                pairs.update((id(y), (y, y)) for y in node.outputs)
                continue
            found = node.op(*map(current, node.inputs), **node.attrs)
            for y, z in zip(node.outputs, found if isinstance(found, list) else [found], strict=True):
                pairs[id(y)] = (y, z)
        # Functions that were given with a gradient of their own refer to the values they saw, by whatever graph.
        pairs |= {key: (x, current(y)) for key, (x, y) in self.graph.aliases.items()}
        pairs |= {id(x): (x, current(y)) for x, y in self.graph.captured.values()}
        scope.trace.aliases.update(pairs)
        return [current(x) for x in self.graph.outputs]

    def copy(self, outputs: Sequence[int] | None = None) -> "Body":
        """A copy of the graph with the selected outputs."""
        graph = Trace()
        parameters = [graph.input(Spec(x.shape, x.dtype)) for x in self.graph.inputs]
        with within(graph, ()):
            found = self.replay(parameters)
        graph.outputs = found if outputs is None else [found[i] for i in outputs]
        return Body(graph, self.parameters)


class Nested(NamedTuple):
    """What an instruction that runs other plans needs (see `branch` and `loop` in `frames.pyx`)."""

    kind: str  # "branch" or "loop"
    bodies: tuple[Body, ...]
    p: tuple[int, ...]
    carries: int = 0  # of a loop's body: number of inputs after the first that the first outputs update in place
    rows: tuple[int, ...] = ()  # of its other outputs, which carry each is, as it was before the round; -1 if none


class _Outside:
    """Stands in a body for the tapes around it: they record the op that runs the body, not the ops inside."""

    def record(self, *call: Any) -> None:
        """Nothing."""

    def read(self, *read: Any) -> None:
        """Nothing."""

    def tracks(self, tensor: Tensor) -> bool:
        """Nothing."""
        return False


_OUTSIDE = (_Outside(),)


def tracing() -> bool:
    """Whether a function is currently being traced."""
    graph = getattr(scope, "trace", None)
    return graph is not None and graph.traces


def trace_body(function: Callable[..., list[Tensor]], specs: Sequence[Spec]) -> Body:
    """Trace ``function``, which returns a list of tensors, within the running trace."""
    outer, tapes = getattr(scope, "trace", None), getattr(scope, "tapes", ())
    graph = Trace(outer, tapes)
    parameters = [graph.input(spec) for spec in specs]
    with within(graph, _OUTSIDE if tapes else ()):
        graph.outputs = [graph.local(y) for y in function(*parameters)]
    return Body(graph, len(parameters))


def union(bodies: Sequence[Body]) -> tuple[list[Tensor], list[tuple[int, ...]]]:
    """The distinct values captured by the bodies, and for each body the indices of its captures in that list."""
    captured: dict[int, Tensor] = {}
    for body in bodies:
        for x in body.captures:
            captured.setdefault(id(x), x)
    number = {key: i for i, key in enumerate(captured)}
    return list(captured.values()), [tuple(number[id(x)] for x in body.captures) for body in bodies]


def assigned_by(bodies: Sequence[Body]) -> list[Variable]:
    """The distinct variables that the bodies assign."""
    return list({id(v): v for body in bodies for v in body.assigned}.values())
