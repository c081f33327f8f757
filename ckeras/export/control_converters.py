"""Loops and branches in ONNX, whose bodies are graphs inside the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckeras.export.builder import INT64_MAX, Builder, converts
from ckeras.export.sizes import Call, Graph, Unsupported, Value, body

_INT64_MIN = -INT64_MAX - 1


def _captured(call: Call, first: int, which: int) -> list[Value]:
    """The values that a graph captures; ``first`` is the index among the inputs of the first that may be."""
    return [call.inputs[first + k] for k in call["positions"][which]]


def _subgraph(inner: Builder, name: str, inputs: Sequence[Any], results: Sequence[tuple[str, Value]]) -> Any:
    """The graph of ONNX that a builder has collected, with its results under names of its own."""
    infos = []
    for found, value in results:
        infos.append(inner.info(inner.add("Identity", found), value, {}))
    return inner.graph(name, inputs, infos)


@converts("loop")
def _loop(b: Builder, call: Call) -> list[str]:
    count, rows, counted = call["carries"], call["xs"], int(call["counted"])
    made = len(call.outputs) - count
    reverse, has_test, length = call["reverse"], call.each[0]["test"] is not None, call["length"]
    carries = call.inputs[counted : counted + count]
    xs = call.inputs[counted + count : counted + count + rows]
    first = counted + count + rows
    if made and (has_test or counted):
        raise Unsupported("there is no converter to ONNX for a loop of an unknown number of rounds that stacks results")
    rounds = "" if length == -1 else b.number(length)
    if counted:
        given = b.cast(b.of(call.inputs[0]), "int64")
        rounds = given if length == -1 else b.add("Min", given, rounds)
    inner = Builder(b.onnx, b)
    graph = body([attrs["body"] for attrs in call.each], 1 + count + rows, _captured(call, first, 0))
    index, before = inner.name("round"), inner.name("goes_on")
    names = [inner.name("carry") for _ in range(count)]
    inputs = [b.onnx.helper.make_tensor_value_info(index, b.type("int64"), [])]
    inputs.append(b.onnx.helper.make_tensor_value_info(before, b.type("bool"), []))
    inputs += [inner.info(name, x, {}) for name, x in zip(names, carries, strict=True)]
    at = inner.add("Sub", inner.add("Sub", rounds, inner.scalar(1, "int64")), index) if reverse else index
    inner.define(graph.inputs[0], inner.cast(at, graph.inputs[0].dtype))
    for x, name in zip(graph.inputs[1:], names, strict=False):
        inner.define(x, name)
    for x, whole in zip(graph.inputs[1 + count :], xs, strict=True):
        inner.define(x, inner.add("Gather", b.of(whole), at, axis=0))
    found = inner.convert(graph)
    if has_test:
        following = inner.cast(inner.add("Add", index, inner.scalar(1, "int64")), "int32")
        goes_on = _tested(inner, call, first, following, found[:count])
        start = _tested(b, call, first, b.scalar(0, "int32"), [b.of(x) for x in carries])
    else:
        goes_on, start = inner.add("Identity", before), ""
    flag = Value([()] * len(call.each), "bool")
    results = [(goes_on, flag), *zip(found, graph.outputs, strict=True)]
    inner_graph = _subgraph(inner, inner.name("body"), inputs, results)
    outputs = b.add("Loop", rounds, start, *map(b.of, carries), outputs=count + made, body=inner_graph)
    outputs = [outputs] if isinstance(outputs, str) else outputs
    stacked = [_reversed(b, x) if reverse else x for x in outputs[count:]]
    return [*outputs[:count], *stacked]


def _tested(b: Builder, call: Call, first: int, index: str, carries: Sequence[str]) -> str:
    """Whether a loop goes on, by its test."""
    graph = body([attrs["test"] for attrs in call.each], 1 + len(carries), _captured(call, first, 1))
    for x, name in zip(graph.inputs, (index, *carries), strict=True):
        b.define(x, name)
    return b.convert(graph)[0]


def _reversed(b: Builder, x: str) -> str:
    """The first axis in the order of the elements, not of the rounds."""
    return b.add("Slice", x, *map(b.integers, ([-1], [_INT64_MIN], [0], [-1])))


@converts("branch")
def _branch(b: Builder, call: Call) -> list[str]:
    count = len(call.each[0]["bodies"])
    graphs = []
    for k in range(count):
        captured = [call.inputs[i] for i in call["positions"][k]]
        graphs.append(body([attrs["bodies"][k] for attrs in call.each], 0, captured))
    index = b.cast(b.of(call.inputs[0]), "int64")
    return _chosen(b, index, graphs, 0)


def _chosen(b: Builder, index: str, graphs: Sequence[Graph], k: int) -> list[str]:
    """The results of the graph with the number ``index``, if it is ``k`` or more."""
    if k == len(graphs) - 1:
        return b.convert(graphs[k])
    parts = []
    for is_this in (True, False):
        inner = Builder(b.onnx, b)
        found = inner.convert(graphs[k]) if is_this else _chosen(inner, index, graphs, k + 1)
        parts.append(_subgraph(inner, inner.name("branch"), [], list(zip(found, graphs[k].outputs, strict=True))))
    test = b.add("LessOrEqual", index, b.scalar(k, "int64"))
    found = b.add("If", test, then_branch=parts[0], else_branch=parts[1], outputs=len(graphs[k].outputs))
    return [found] if isinstance(found, str) else found
