"""Assignments of variables and of carries of loops: what is updated in place, and what is copied before."""

from collections.abc import Sequence
from typing import Any

from ckeras.compiler.fuse import root
from ckeras.compiler.trace import Node, Trace
from ckeras.tensor import Tensor, TracedTensor


class Carry:
    """An input of a loop body's plan that is also one of its results, updated in place."""

    def __init__(self, x: Tensor):
        self.shape, self.dtype = x.shape, x.dtype


def update_in_place(graph: Trace, carries: int, rows: Sequence[int]) -> None:
    """Write the first outputs of a loop's body in place of its carries, which follow the first input.

    Other outputs that are unchanged carries are copied by the loop before it runs the body.
    """
    for x, y in zip(graph.inputs[1 : 1 + carries], graph.outputs, strict=False):
        carry = Carry(x)
        graph.reads[id(carry)] = (carry, x)
        if y is not x:
            graph.assigned[id(carry)] = (carry, y)
    graph.outputs = [y for y, row in zip(graph.outputs[carries:], rows, strict=True) if row < 0]


def copy_entangled(graph: Trace) -> None:
    """Copy old values of variables that are assigned to other variables, before anything is written."""
    from ckeras.tensor import table

    old = {id(x) for _, x in graph.reads.values()}
    inputs = {id(x) for x in graph.inputs}
    taken: set[int] = set()
    for key, (variable, value) in list(graph.assigned.items()):
        source = root(value)
        if id(source) in old or id(source) in inputs or id(source) in taken:
            graph.assigned[key] = (variable, _copied(graph, table, value))
        taken.add(id(source))
    written = {id(graph.reads[k][1]) for k in graph.assigned if k in graph.reads}
    # Also copy results that are old values of variables, or reshaped inputs: an input has one slot.
    graph.outputs = [
        _copied(graph, table, x)
        if id(root(x)) in written or (id(root(x)) in inputs and root(x).shape != x.shape)
        else x
        for x in graph.outputs
    ]


def _copied(graph: Trace, table: Any, value: Tensor) -> Tensor:
    """Return a node that copies ``value``."""
    source = root(value)
    node = Node(table["broadcast_to"], [source], {"shape": source.shape})
    node.outputs = [TracedTensor(source.shape, source.dtype, graph, node)]
    graph.nodes.append(node)
    if source.shape == value.shape:
        return node.outputs[0]
    view = Node(table["reshape"], [node.outputs[0]], {"shape": value.shape})
    view.outputs = [TracedTensor(value.shape, value.dtype, graph, view)]
    graph.nodes.append(view)
    return view.outputs[0]


def donates(node: Node, old: Tensor, value: Tensor) -> bool:
    """Whether ``node`` may write ``value`` into the memory of ``old``, which nothing reads afterwards."""
    number = next(i for i, y in enumerate(node.outputs) if y is value)
    donor = node.op.donates.get(number)
    reads = [i for i, x in enumerate(node.inputs) if root(x) is old]
    return donor is not None and reads == [donor]
