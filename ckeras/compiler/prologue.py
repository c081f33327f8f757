"""Prologues: values that a plan computes from variables only, cached until one of these variables changes.

A prologue is a plan of its own, cut off a graph before the rest is scheduled. The runtime compares the versions of its
variables before it runs the rest, and runs the prologue again where one has changed. Only variables that the graph
does not assign count: the others change at every run.
"""

import math
from typing import Any, NamedTuple

from ckeras._kernels import level
from ckeras._kernels.memory import lasting_empty
from ckeras.compiler.cost import nbytes
from ckeras.compiler.fuse import root
from ckeras.compiler.trace import Node, Trace, has_effect
from ckeras.tensor import Tensor, TracedTensor, Variable, table
from ckeras.tensor.dtypes import NUMPY
from ckeras.tensor.eager import native_calls

GROWTH = 4  # a value may be as many times larger than what it is computed from, or it costs more memory than time
SMALL = 4096  # bytes up to which that does not matter
PACKED_ROWS = 8  # of a product, from which packing the weights pays
PACKED_BYTES = 2**18  # of weights, from which it pays for fewer rows, too: memory is read in order


class Kept:
    """A result of a prologue, in its own memory, which the rest of the plan reads like a variable."""

    def __init__(self, x: Tensor):
        self.shape, self.dtype = x.shape, x.dtype
        self._array = lasting_empty(x.shape, NUMPY[x.dtype])


def cut(graph: Trace) -> tuple[Trace | None, list[Kept]]:
    """Move the calls that depend on variables only into a graph of their own, if any; return it with its results."""
    variables = _constant_variables(graph)
    if not variables:
        return None, []
    known = known_ahead(graph)
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


def _constant_variables(graph: Trace) -> dict[int, Variable]:
    """The variables that the graph reads and does not assign, by the ids of their values."""
    return {id(x): v for key, (v, x) in graph.reads.items() if key not in graph.assigned and type(v) is Variable}


def known_ahead(graph: Trace) -> set[int]:
    """Ids of the values that depend on constant variables alone, these variables included."""
    known = set(_constant_variables(graph))
    for node in graph.nodes if known else ():
        if _depends_on_known(node, known):
            known.update(map(id, node.outputs))
    return known


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


class Packed(NamedTuple):
    """The call that makes packed weights of some, and the call that reads them in the stead of the original one."""

    pack: str
    pack_attrs: dict[str, Any]
    op: str
    attrs: dict[str, Any]
    reads_both: bool = False  # whether it reads the original weights, too, as its third input


def _packed_product(node: Node) -> Packed | None:
    a, b = node.inputs[:2]
    if "gemm_pack" not in level.kernels or node.attrs.get("transpose_a") or node.attrs.get("transpose_b"):
        return None
    if len(b.shape) != 2 or min(b.shape) < 2:
        return None
    if math.prod(a.shape[:-1]) < PACKED_ROWS and nbytes([b]) < PACKED_BYTES:
        return None
    attrs = {"units": b.shape[1], "activation": node.attrs.get("activation", "linear")}
    return Packed("pack_weights", {}, "packed_dense", attrs)


# Kernels of convolutions -> the ops that pack weights for them and that read these, and whether they read both forms
_PACKED_CONV = {
    "conv": ("pack_conv_weights", "packed_conv", False),
    "conv_winograd": ("pack_winograd_weights", "packed_winograd", True),
}


def _packed_conv(node: Node) -> Packed | None:
    calls = native_calls(node.op, node.inputs, node.outputs, {**node.attrs, "packed": True})
    if calls is None or calls[0].kernel not in _PACKED_CONV:
        return None
    attrs = {"kernel": node.inputs[1].shape, "activation": "linear", **node.attrs}
    pack, op, reads_both = _PACKED_CONV[calls[0].kernel]
    return Packed(pack, {"groups": node.attrs["groups"]}, op, attrs, reads_both)


# Products of some input and weights -> their form with packed weights, if it pays
_PACKED = {"matmul": _packed_product, "dense": _packed_product, "conv": _packed_conv, "fused_conv": _packed_conv}


def _pack_weights(graph: Trace, known: set[int]) -> None:
    """Let products read weights that are known ahead in the form that their kernel would copy them into."""
    nodes, graph.nodes = graph.nodes, []
    packed: dict[Any, TracedTensor] = {}
    for node in nodes:
        form = _PACKED[node.op.name](node) if node.op.name in _PACKED and _reads_weights(node, known) else None
        if form is not None:
            x, weights, *bias = node.inputs
            key = (id(weights), form.pack, *form.pack_attrs.items())
            if key not in packed:
                packed[key] = _node(graph, form.pack, [weights], form.pack_attrs)
                known.add(id(packed[key]))
            both = [weights] if form.reads_both else []
            node.op, node.inputs, node.attrs = table[form.op], [x, packed[key], *both, *bias], form.attrs
        graph.nodes.append(node)


def _node(graph: Trace, name: str, inputs: list[Tensor], attrs: dict) -> TracedTensor:
    op = table[name]
    spec = op.infer(*inputs, **attrs)
    node = Node(op, inputs, attrs)
    node.outputs = [TracedTensor(spec.shape, spec.dtype, graph, node)]
    graph.nodes.append(node)
    return node.outputs[0]


def _reads_weights(node: Node, known: set[int]) -> bool:
    x, weights = node.inputs[:2]
    is_ahead = id(weights) in known and id(node.outputs[0]) not in known and id(x) not in known
    return is_ahead and weights.dtype in ("float32", "float64")
