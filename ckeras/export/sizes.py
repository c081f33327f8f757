"""Graphs with open sizes: a function is traced at several sizes, and what differs between the traces is open.

A trace has concrete shapes (`ckeras.compiler.trace`). To leave the batch size, or the length of sequences, open, a
function is traced at several values of them. The traces have to consist of the same calls. A size, an attribute or a
known value that differs between them becomes a `Size`, which a converter has to compute from the sizes of tensors; one
that does not expect it gets an error, not the value of one trace.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ckeras import config
from ckeras.compiler.body import Body
from ckeras.compiler.trace import Node, Trace, has_effect, within
from ckeras.layers.layer import Layer
from ckeras.tensor import NeedsValue, Op, Spec, Tensor, TracedTensor
from ckeras.tensor.string_handles import TracedStrings
from ckeras.tensor.structure import flatten

scope = config.scope
_QUANTIZED = ("int8", "uint8")
_SMALL = 64  # elements of an array whose dtype does not matter to the size of a file


class Unsupported(ValueError):
    """What cannot be exported, and why.

    Attributes:
        layer: the layer that it is in, as messages have it; "" if it is not known.
    """

    def __init__(self, why: str, layer: str = ""):
        super().__init__(why)
        self.layer = layer


class Size:
    """An integer that depends on the open sizes.

    It has no value to compute with: a converter that does not know it raises `Unsupported`.

    Args:
        values: its value at each of the traces.
    """

    __slots__ = ("values",)

    def __init__(self, values: tuple[int, ...]):
        self.values = values

    def __repr__(self) -> str:
        return f"Size{self.values}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and self.values == other.values

    def __hash__(self) -> int:
        return hash(self.values)

    def _refuse(self, *other: Any) -> Any:
        raise Unsupported("an option depends on a size that is open; give it fixed sizes")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __rfloordiv__ = __neg__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __index__ = __bool__ = _refuse


class Value:
    """A tensor of a graph with open sizes.

    Args:
        shapes: its shape at each trace.
        dtype: its dtype.
        arrays: its value at each trace, if it is known.
        call: the call whose result it is; `None` for inputs and known values.
        name: of the variable that it is, if it is one.
    """

    __slots__ = ("arrays", "call", "dtype", "name", "readers", "shapes")

    def __init__(self, shapes: Any, dtype: str, arrays: Any = None, call: Call | None = None, name: str | None = None):
        self.shapes, self.dtype, self.arrays, self.call, self.name = tuple(shapes), dtype, arrays, call, name
        self.readers = 0

    @property
    def shape(self) -> tuple[int | Size, ...]:
        """Sizes of the axes, of which some are open."""
        return merged(self.shapes)

    @property
    def constant(self) -> np.ndarray | None:
        """The value, if it is known and does not depend on open sizes."""
        return self.arrays[0] if self.arrays is not None and same(self.arrays) else None

    def known(self) -> np.ndarray:
        """The value; raises `Unsupported` unless it is known and does not depend on open sizes."""
        found = self.constant
        if found is None:
            raise Unsupported("it has a kernel, or another operand, that has to be constant and is not")
        return found


class Call:
    """A call of an op in a graph with open sizes.

    Attributes:
        op: the op.
        inputs: its arguments.
        each: its attributes at each trace.
        outputs: its results.
        layer: path of the layer in whose call it was made, for messages; "" for none.
    """

    __slots__ = ("each", "inputs", "layer", "op", "outputs")

    def __init__(self, op: Op, inputs: list[Value], each: tuple[dict[str, Any], ...], layer: str):
        self.op, self.inputs, self.each, self.layer = op, inputs, each, layer
        self.outputs: list[Value] = []

    def __getitem__(self, name: str) -> Any:
        """An attribute; integers that differ between the traces are a `Size`."""
        return merged(tuple(attrs[name] for attrs in self.each))

    @property
    def dtype(self) -> str:
        """Dtype of the first result."""
        return self.outputs[0].dtype


class Graph(NamedTuple):
    """A graph with open sizes; ``result`` is what the function returned in the first trace."""

    inputs: list[Value]
    calls: list[Call]
    outputs: list[Value]
    result: Any = None


def same(arrays: Sequence[np.ndarray]) -> bool:
    """Whether arrays are equal, bit by bit."""
    first = arrays[0]
    return all(x is first or (x.shape == first.shape and x.tobytes() == first.tobytes()) for x in arrays[1:])


def merged(values: Sequence[Any]) -> Any:
    """What is the same at all traces, with a `Size` for an integer that is not.

    Raises:
        Unsupported: if something else differs.
    """
    first = values[0]
    if all(v is first for v in values):
        return first
    if isinstance(first, int | np.integer) and not isinstance(first, bool):
        return first if len(set(values)) == 1 else Size(tuple(map(int, values)))
    if isinstance(first, tuple | list):
        if len({len(v) for v in values}) > 1:
            raise Unsupported("the number of its operands depends on a size that is open")
        parts = [merged(column) for column in zip(*values, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if isinstance(first, float | str | bool | None) and any(v != first for v in values):
        raise Unsupported(f"an option depends on a size that is open: it is {first!r} or {values[-1]!r}")
    return first


# -- tracing --------------------------------------------------------------------------------------------------------


class _NotedTrace(Trace):
    """A trace that notes the layer of each call.

    Attributes:
        layers: for each node, the path of the innermost layer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers: dict[int, str] = {}

    def add(self, op: Op, inputs: list[Tensor], attrs: dict[str, Any]) -> Any:
        found = super().add(op, inputs, attrs)
        self.layers[id(self.nodes[-1])] = _layer()
        return found


def _layer() -> str:
    """Name and class of the innermost layer whose call is running, as messages have them."""
    layers = [x for x in getattr(scope, "path", ()) if isinstance(x, Layer)]
    return f"layer {layers[-1].name!r} ({type(layers[-1]).__name__})" if layers else ""


def traced(function: Callable[..., Any], inputs: Sequence[Value], each: Sequence[dict[str, Any]]) -> Graph:
    """The graph of ``function(*inputs, **attributes)``, which returns a structure of tensors.

    Args:
        function: of tensors.
        inputs: its arguments. Known ones are given as constants.
        each: the attributes at each trace.

    Raises:
        Unsupported: if the calls are not the same at all traces, or the function needs a value that is not known.
    """
    traces: list[_NotedTrace] = []
    results: list[Any] = []
    for i, attrs in enumerate(each):
        graph = _NotedTrace()
        given: list[Any] = []
        for x in inputs:
            if x.arrays is not None:
                given.append(Tensor(x.arrays[i], x.dtype))
            elif x.dtype == "string":
                given.append(TracedStrings(graph.input(Spec(x.shapes[i], "int64"))))
            else:
                given.append(graph.input(Spec(x.shapes[i], x.dtype)))
        try:
            with within(graph, ()):
                results.append(function(*given, **attrs))
                graph.outputs = [_tensor(x) for x in flatten(results[-1]) if x is not None]
        except NeedsValue as error:
            raise Unsupported(f"it asks for the value of a tensor at {error.where}") from None
        traces.append(graph)
    aligner = _Aligner()
    free = [x for x in inputs if x.arrays is None]
    for i, x in enumerate(free):
        aligner.note([graph.inputs[i] for graph in traces], x)
    return Graph(free, *aligner.graph(traces), results[0])


def _tensor(x: Any) -> Tensor:
    x = getattr(x, "value", x)  # of a variable
    if not isinstance(x, Tensor):
        raise Unsupported(f"a result is no tensor, but {type(x).__name__}")
    return x


class _Aligner:
    """Finds for the tensors of several traces the `Value` that they are."""

    def __init__(self) -> None:
        self._values: dict[int, tuple[list[Tensor], Value]] = {}

    def note(self, tensors: list[Tensor], value: Value) -> None:
        """Let a value be these tensors."""
        self._values[id(tensors[0])] = tensors, value

    def graph(self, traces: list[Any]) -> tuple[list[Call], list[Value]]:
        """The calls that the outputs need, and the outputs."""
        for variable, x in traces[0].reads.values():
            if id(x) in self._values:
                continue  # an input of a loop's body
            array = variable.value._array
            value = Value([variable.shape] * len(traces), variable.dtype, (array,) * len(traces), name=variable.path)
            self.note([other.reads[id(variable)][1] for other in traces], value)
        calls: list[Call] = []
        if traces[0].assigned:
            variable = next(v for v, _ in traces[0].assigned.values())
            raise Unsupported(f"it assigns the variable {variable.path!r}, and an exported model has no state")
        for nodes in self._needed(traces):
            layer = getattr(traces[0], "layers", {}).get(id(nodes[0]), "")
            try:
                calls += self._call(nodes, layer)
            except Unsupported as error:
                error.layer = error.layer or layer
                raise
        outputs = [self._value(list(column)) for column in zip(*(t.outputs for t in traces), strict=True)]
        for x in (*(x for call in calls for x in call.inputs), *outputs):
            x.readers += 1
        return calls, outputs

    def _needed(self, traces: list[Any]) -> Iterator[tuple[Node, ...]]:
        """The nodes of all traces, in step, that the outputs depend on."""
        if len({tuple(node.op.name for node in t.nodes) for t in traces}) > 1:
            raise Unsupported("which ops it calls depends on a size that is open; give it fixed sizes")
        needed = {id(x) for x in traces[0].outputs}
        kept = []
        for i, node in reversed(list(enumerate(traces[0].nodes))):
            if not needed.isdisjoint(map(id, node.outputs)):
                needed.update(map(id, node.inputs))
                kept.append(i)
            elif has_effect(node):
                raise Unsupported(f"the op {node.op.name!r} has an effect besides its result")
        return (tuple(t.nodes[i] for t in traces) for i in reversed(kept))

    def _value(self, tensors: list[Tensor]) -> Value:
        found = self._values.get(id(tensors[0]))
        if found is None:
            if any(type(x) is TracedTensor for x in tensors):
                raise Unsupported("where its operands come from depends on a size that is open; give it fixed sizes")
            value = Value([x.shape for x in tensors], tensors[0].dtype, tuple(x._array for x in tensors))
            self.note(tensors, value)
            return value
        before, value = found
        if any(x is not y for x, y in zip(before, tensors, strict=True)) and value.arrays is None:
            raise Unsupported("where its operands come from depends on a size that is open; give it fixed sizes")
        if any(x is not y for x, y in zip(before, tensors, strict=True)):  # one constant at some of the traces
            return Value([x.shape for x in tensors], tensors[0].dtype, tuple(x._array for x in tensors))
        return value

    def _call(self, nodes: tuple[Node, ...], layer: str) -> list[Call]:
        """The call of these nodes; none if its results are known."""
        first = nodes[0]
        inputs = [self._value(list(column)) for column in zip(*(n.inputs for n in nodes), strict=True)]
        columns = list(zip(*(n.outputs for n in nodes), strict=True))
        is_known = all(x.arrays is not None for x in inputs) and not _widens(first.op, inputs)
        if is_known and not first.op.nested and not has_effect(first):
            for column, arrays in zip(columns, _computed(nodes, inputs), strict=True):
                self.note(list(column), Value([a.shape for a in arrays], column[0].dtype, arrays))
            return []
        call = Call(first.op, inputs, tuple(n.attrs for n in nodes), layer)
        for column in columns:
            call.outputs.append(Value([x.shape for x in column], column[0].dtype, call=call))
            self.note(list(column), call.outputs[-1])
        return [call]


def _widens(op: Op, inputs: Sequence[Value]) -> bool:
    """Whether a call only makes quantized weights wider, which would make the file as large as without them."""
    return op.name == "cast" and inputs[0].dtype in _QUANTIZED and math.prod(inputs[0].shapes[0]) > _SMALL


def _computed(nodes: Sequence[Node], inputs: Sequence[Value]) -> list[tuple[np.ndarray, ...]]:
    """The results of calls on known values: for each result the arrays at all traces."""
    found: list[list[np.ndarray]] = []
    for i, node in enumerate(nodes):
        given = [x.arrays[i] for x in inputs]
        if (
            found
            and node.attrs == nodes[0].attrs
            and all(same((x.arrays[0], a)) for x, a in zip(inputs, given, strict=True))
        ):
            found.append(found[0])
            continue
        made = node.op(*(Tensor(a, x.dtype) for x, a in zip(inputs, given, strict=True)), **node.attrs)
        found.append([y._array for y in (made if isinstance(made, list) else [made])])
    return list(zip(*found, strict=True))


def body(bodies: Sequence[Body], count: int, captured: Sequence[Value]) -> Graph:
    """The graph of a branch or of a loop's body.

    Args:
        bodies: the same body at each trace.
        count: number of its inputs before the captured values.
        captured: the values in the enclosing graph that it captures.
    """
    traces, aligner = [b.graph for b in bodies], _Aligner()
    inputs = []
    for i, column in enumerate(zip(*(t.inputs for t in traces), strict=True)):
        if i < count:
            inputs.append(Value([x.shape for x in column], column[0].dtype))
        aligner.note(list(column), inputs[i] if i < count else captured[i - count])
    return Graph(inputs, *aligner.graph(traces))
