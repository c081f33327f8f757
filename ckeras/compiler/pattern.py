"""Patterns of calls, and tables of (pattern, replacement) by which graphs are rewritten.

    (call("add", X, call("mul", Y, Z), commutes=True), lambda node, x, y, z: becomes("muladd", y, z, x))

A pattern is compared with a node and, through its inputs, with the nodes before it. A replacement is a function of the
node and of the values that the pattern names. It returns the replacement of the node's results (a tensor, or a list of
as many), a new call for the node (`becomes`), or `None` if it does not apply; then the next match of the pattern is
tried, and the next rule.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from ckeras.compiler.trace import Node, Trace
from ckeras.tensor import Tensor, TracedTensor


class Value(NamedTuple):
    """Matches any value, passed to the replacement as ``name``; a repeated name must match the identical value."""

    name: str


class Shared(NamedTuple):
    """Matches a value that a call of one of ``ops``, before all readers of the results, also reads as first input.

    The node of that call is passed to the replacement as ``reader``.
    """

    name: str
    ops: tuple[str, ...]
    reader: str


class Number(NamedTuple):
    """Matches a known tensor whose elements all equal this number."""

    number: float


class Call(NamedTuple):
    """Matches a call of one of ``ops``; see `call`."""

    ops: tuple[str, ...]
    inputs: tuple[Any, ...]
    commutes: bool
    dtypes: tuple[str, ...]
    resized: bool
    attrs: dict[str, Any]


class Becomes(NamedTuple):
    """The call that replaces the call of a node."""

    op: str
    inputs: list[Tensor]
    attrs: dict[str, Any]


def call(
    ops: str | tuple[str, ...],
    *inputs: Any,
    commutes: bool = False,
    dtypes: tuple[str, ...] = (),
    resized: bool = False,
    **attrs: Any,
) -> Call:
    """The pattern of a call.

    Args:
        ops: the name of the op, or several names.
        inputs: patterns of the inputs. Further inputs may be anything. A nested call matches only a result that nothing
            else reads, of the shape of the outermost call's result.
        commutes: whether the two inputs may also come the other way around.
        dtypes: of the result; any if there are none.
        resized: whether a nested call matches a result of another shape, too.
        attrs: values of the attributes, for ops that have them.
    """
    return Call((ops,) if isinstance(ops, str) else ops, inputs, commutes, dtypes, resized, attrs)


def becomes(op: str, *inputs: Tensor, **attrs: Any) -> Becomes:
    """Replace the call of the node by a call of ``op``."""
    return Becomes(op, list(inputs), attrs)


Rule = tuple[Call, Callable[..., Any]]


class Readers:
    """How often the values of a graph are read at present, and by which calls."""

    def __init__(self, graph: Trace):
        self._nodes = list(graph.nodes)
        self._uses = Counter(map(id, chain.from_iterable(node.inputs for node in self._nodes)))
        self._uses.update(map(id, graph.outputs))
        self._uses.update(id(x) for _, x in graph.assigned.values())

    def one(self, x: Tensor) -> bool:
        """Whether ``x`` is read exactly once."""
        return self._uses[id(x)] == 1

    @cached_property
    def _numbers(self) -> dict[int, list[int]]:
        """Id of a value -> indices of the nodes that read it, in order."""
        found: dict[int, list[int]] = {}
        for number, node in enumerate(self._nodes):
            for x in node.inputs:
                found.setdefault(id(x), []).append(number)
        return found

    def ahead(self, x: Tensor, ops: tuple[str, ...], results: Sequence[Tensor]) -> Iterator[Node]:
        """The calls of ``ops`` that read ``x`` as their first input, and precede all readers of ``results``."""
        numbers = self._numbers
        first = min((numbers[id(y)][0] for y in results if id(y) in numbers), default=len(self._nodes))
        for number in numbers[id(x)]:
            node = self._nodes[number]
            if number < first and node.op.name in ops and node.inputs[0] is x:
                yield node


class Rules:
    """A table of rules; the first applicable rule is used."""

    def __init__(self, rules: Sequence[Rule]):
        self._by_op: dict[str, list[tuple[frozenset[str], Rule]]] = {}
        for rule in rules:
            for name in rule[0].ops:
                self._by_op.setdefault(name, []).append((_origins(rule[0]), rule))

    def apply(self, node: Node, readers: Readers | None = None) -> Any:
        """Return the result of the first rule that applies to ``node``, or `None`.

        Without ``readers``, only patterns of a single call match.
        """
        rules = self._by_op.get(node.op.name)
        if rules is None:
            return None
        origins = [_origin(x) for x in node.inputs]
        for wanted, (pattern, replacement) in rules:
            if wanted and wanted.isdisjoint(origins):  # so it is most often
                continue
            for found in _calls(pattern, node, {}, _Context(node.outputs, readers)):
                result = replacement(node, **found)
                if result is not None:
                    return result
        return None


def _origin(x: Tensor) -> str:
    """The name of the op that made ``x``; "known" for known values, "given" for inputs and variables."""
    if type(x) is not TracedTensor:
        return "known"
    return "given" if x.node is None else x.node.op.name


def _origins(pattern: Call) -> frozenset[str]:
    """Of which origin one of the inputs has to be; nothing if that does not matter."""
    for x in pattern.inputs:
        if type(x) in (Call, Number):
            return frozenset(x.ops if type(x) is Call else ("known",))
    return frozenset()


class _Context(NamedTuple):
    results: list[TracedTensor]  # of the outermost call
    readers: Readers | None


def constant_value(x: Tensor) -> float | None:
    """The number that all elements of a known tensor are, bit for bit; `None` if they differ."""
    if type(x) is TracedTensor or x._array.size == 0:
        return None
    array = x._array.reshape(-1)
    if array.size > 1:
        bits = array.view(_UNSIGNED[array.itemsize]) if array.itemsize in _UNSIGNED else array
        if not (bits[:16] == bits[0]).all() or not (bits == bits[0]).all():
            return None
    return array[0].item()


_UNSIGNED = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}  # by the bytes of an item


def _calls(pattern: Call, node: Node, found: dict[str, Tensor], context: _Context) -> Iterator[dict[str, Tensor]]:
    """The matches of ``node``: values by name, including those of ``found``."""
    if pattern.dtypes and node.outputs[0].dtype not in pattern.dtypes:
        return
    if any(node.attrs.get(key, value) != value for key, value in pattern.attrs.items()):
        return
    for inputs in (node.inputs, node.inputs[::-1]) if pattern.commutes else (node.inputs,):
        if len(inputs) >= len(pattern.inputs):
            yield from _inputs(pattern.inputs, inputs, 0, found, context)


def _inputs(
    patterns: tuple[Any, ...], inputs: Sequence[Tensor], at: int, found: dict[str, Tensor], context: _Context
) -> Iterator[dict[str, Tensor]]:
    """The matches of the inputs from the one at index ``at`` on."""
    while at < len(patterns) and type(patterns[at]) is Value:
        name, x = patterns[at].name, inputs[at]
        if found.get(name, x) is not x:
            return
        found = {**found, name: x}
        at += 1
    if at == len(patterns):
        yield found
        return
    for first in _choices(patterns[at], inputs[at], found, context):
        yield from _inputs(patterns, inputs, at + 1, first, context)


def _choices(pattern: Any, x: Tensor, found: dict[str, Tensor], context: _Context) -> Iterator[dict[str, Tensor]]:
    """The matches of one input with a pattern that is not a `Value`."""
    kind = type(pattern)
    if kind is Shared:
        for node in context.readers.ahead(x, pattern.ops, context.results):
            yield {**found, pattern.name: x, pattern.reader: node}
    elif kind is Number:
        if constant_value(x) == pattern.number:
            yield found
    elif (
        _origin(x) in pattern.ops
        and (pattern.resized or x.shape == context.results[0].shape)
        and context.readers.one(x)
    ):
        yield from _calls(pattern, x.node, found, context)
