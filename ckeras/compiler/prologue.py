"""Prologues: values that a plan computes from variables only, cached until one of these variables changes.

A prologue is a plan of its own, cut off a graph before the rest is scheduled. The runtime compares the versions of its
variables before it runs the rest, and runs the prologue again where one has changed. Only variables that the graph
does not assign count: the others change at every run.
"""

import math

from ckeras._kernels import level
from ckeras._kernels.memory import lasting_empty
from ckeras.compiler.cost import nbytes
from ckeras.compiler.fuse import root
from ckeras.compiler.trace import Node, Trace, has_effect
from ckeras.tensor import Tensor, TracedTensor, Variable, table
from ckeras.tensor.dtypes import NUMPY

GROWTH = 4  # a value may be as many times larger than what it is computed from, or it costs more memory than time
SMALL = 4096  # bytes up to which that does not matter
PACKED_ROWS = 8  # of a product, from which packing the weights pays


class Kept:
    """A result of a prologue, in its own memory, which the rest of the plan reads like a variable."""

    def __init__(self, x: Tensor):
        self.shape, self.dtype = x.shape, x.dtype
        self._array = lasting_empty(x.shape, NUMPY[x.dtype])


def cut(graph: Trace) -> tuple[Trace | None, list[Kept]]:
    """Move the calls that depend on variables only into a graph of their own, if any; return it with its results."""
    variables = {id(x): v for key, (v, x) in graph.reads.items() if key not in graph.assigned and type(v) is Variable}
    if not variables:
        return None, []
    known = set(variables)
    for node in graph.nodes:
        if _depends_on_known(node, known):
            known.update(map(id, node.outputs))
    _pack_weights(graph, known)
    ahead = [node for node in graph.nodes if id(node.outputs[0]) in known]
    if all(node.op.alias for node in ahead):
        return None, []
    rest = [node for node in graph.nodes if id(node.outputs[0]) not in known or node.op.alias]
    if all(node.op.alias for node in rest):  # whoever asks for a function of variables alone expects them to change
        return None, []
    prologue, kept = Trace(), []
    prologue.nodes = ahead
    used = {id(root(x)): root(x) for node in rest if not node.op.alias for x in node.inputs}
    used.update((id(root(x)), root(x)) for x in [*graph.outputs, *(x for _, x in graph.assigned.values())])
    for key, x in used.items():
        if key in known and key not in variables:
            value = Kept(x)
            kept.append(value)
            prologue.assigned[id(value)] = (value, x)
            graph.reads[id(value)] = (value, x)
    if not kept:
        return None, []
    prologue.nodes = _needed(ahead, [x for _, x in prologue.assigned.values()])
    read = {id(root(x)) for node in prologue.nodes for x in node.inputs}
    prologue.reads = {key: (v, x) for key, (v, x) in graph.reads.items() if id(x) in read and id(x) in variables}
    graph.nodes = rest
    return prologue, kept


def _depends_on_known(node: Node, known: set[int]) -> bool:
    found = False
    for x in node.inputs:
        if type(x) is TracedTensor:
            if id(x) not in known:
                return False
            found = True
    if not found or has_effect(node):
        return False
    made = nbytes(node.outputs)
    return made <= max(GROWTH * nbytes(node.inputs), SMALL)


def _needed(nodes: list[Node], outputs: list[Tensor]) -> list[Node]:
    """The ``nodes`` on which the outputs depend."""
    needed = {id(x) for x in outputs}
    kept = []
    for node in reversed(nodes):
        if not needed.isdisjoint(map(id, node.outputs)):
            needed.update(map(id, node.inputs))
            kept.append(node)
    return kept[::-1]


def _pack_weights(graph: Trace, known: set[int]) -> None:
    """Let products read weights that are known ahead in the form that their kernel would copy them into."""
    if "gemm_pack" not in level.kernels:
        return
    nodes, graph.nodes = graph.nodes, []
    packed: dict[int, TracedTensor] = {}
    for node in nodes:
        if id(node.outputs[0]) not in known and _reads_weights(node, known):
            a, b, *bias = node.inputs
            if id(b) not in packed:
                packed[id(b)] = _node(graph, "pack_weights", [b], {})
                known.add(id(packed[id(b)]))
            attrs = {"units": b.shape[1], "activation": node.attrs.get("activation", "linear")}
            node.op, node.inputs, node.attrs = table["packed_dense"], [a, packed[id(b)], *bias], attrs
        graph.nodes.append(node)


def _node(graph: Trace, name: str, inputs: list[Tensor], attrs: dict) -> TracedTensor:
    op = table[name]
    spec = op.infer(*inputs, **attrs)
    node = Node(op, inputs, attrs)
    node.outputs = [TracedTensor(spec.shape, spec.dtype, graph, node)]
    graph.nodes.append(node)
    return node.outputs[0]


def _reads_weights(node: Node, known: set[int]) -> bool:
    if node.op.name not in ("matmul", "dense") or node.attrs.get("transpose_a") or node.attrs.get("transpose_b"):
        return False
    a, b = node.inputs[:2]
    return (
        id(b) in known
        and id(a) not in known
        and len(b.shape) == 2
        and min(b.shape) > 1
        and b.dtype in ("float32", "float64")
        and math.prod(a.shape[:-1]) >= PACKED_ROWS
    )
