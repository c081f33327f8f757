"""Transposes moved towards the results, through elementwise calls, until they meet their inverses.

Layers whose data has channels first transpose it for their kernels, which work on channels last, and back. Between two
of them, elementwise calls are made in the layout of the kernels instead:

    transpose(relu(transpose(x, 0312)), 0231)  ->  relu(x)

Two transposes in a row become one, or none, and reductions read what was transposed. A transpose moves only if there is
another after it, which the elementwise calls lead to.
"""

import math

from ckeras.compiler.trace import Node, Trace, has_effect
from ckeras.tensor import Tensor, TracedTensor, table

_REDUCTIONS = ("sum", "mean", "max", "min")


def move_transposes(graph: Trace) -> None:
    """Move the transposes of a graph in place; those that nothing reads any more remain to be dropped."""
    if sum(node.op.name == "transpose" for node in graph.nodes) < 2:
        return
    leading = _leading(graph)
    replaced: dict[int, Tensor] = {}
    nodes, graph.nodes = graph.nodes, []
    for node in nodes:
        node.inputs = [replaced.get(id(x), x) for x in node.inputs]
        found = None
        if node.op.name == "transpose":
            found = _composed(node)
        elif node.op.name in _REDUCTIONS:
            found = _reduced(node)
        elif id(node) in leading:
            found = _moved(node)
        if found is None:
            graph.nodes.append(node)
        else:
            replaced[id(node.outputs[0])] = found
    graph.outputs = [replaced.get(id(x), x) for x in graph.outputs]
    graph.assigned = {key: (v, replaced.get(id(x), x)) for key, (v, x) in graph.assigned.items()}


def _leading(graph: Trace) -> set[int]:
    """Ids of the elementwise nodes that lead to a transpose, through elementwise nodes alone."""
    wanted: set[int] = set()  # ids of values
    found = set()
    for node in reversed(graph.nodes):
        if node.op.name == "transpose":
            wanted.add(id(node.inputs[0]))
        elif _movable(node) and id(node.outputs[0]) in wanted:
            found.add(id(node))
            wanted.update(map(id, node.inputs))
    return found


def _movable(node: Node) -> bool:
    return node.op.elementwise and "shape" not in node.attrs and not has_effect(node)


def _source(x: Tensor) -> Node | None:
    """The transpose that made ``x``."""
    node = x.node if type(x) is TracedTensor else None
    return node if node is not None and node.op.name == "transpose" else None


def _composed(node: Node) -> Tensor | None:
    """The transpose of a transpose as one."""
    first = _source(node.inputs[0])
    if first is None:
        return None
    axes = tuple(first.attrs["axes"][a] for a in node.attrs["axes"])
    x = first.inputs[0]
    return x if axes == tuple(range(len(axes))) else table["transpose"](x, axes=axes)


def _reduced(node: Node) -> Tensor | None:
    """The reduction of what was transposed, if the order of its other axes is the same."""
    first = _source(node.inputs[0])
    if first is None:
        return None
    axes = first.attrs["axes"]
    kept = [a for i, a in enumerate(axes) if i not in node.attrs["axis"]]
    if kept != sorted(kept):
        return None
    attrs = {"axis": tuple(sorted(axes[i] for i in node.attrs["axis"])), "keepdims": False}
    y = node.op(first.inputs[0], **attrs)
    return table["reshape"](y, shape=node.outputs[0].shape) if node.attrs["keepdims"] else y


def _moved(node: Node) -> Tensor | None:
    """The call in the layout before the transposes of its inputs, transposed."""
    y = node.outputs[0]
    sources = [_source(x) if x.shape == y.shape else None for x in node.inputs]
    orders = {s.attrs["axes"] for s in sources if s is not None}
    if len(orders) != 1:
        return None
    axes = orders.pop()
    inputs = []
    for x, source in zip(node.inputs, sources, strict=True):
        before = source.inputs[0] if source is not None else _before(x, axes)
        if before is None:
            return None
        inputs.append(before)
    return table["transpose"](node.op(*inputs, **node.attrs), axes=axes)


def _before(x: Tensor, axes: tuple[int, ...]) -> Tensor | None:
    """What broadcasts like ``x`` before the transpose; `None` if elements would move, along several axes."""
    shape = (1,) * (len(axes) - len(x.shape)) + tuple(x.shape)
    if max(shape, default=1) != math.prod(shape):
        return None
    before = tuple(shape[axes.index(a)] for a in range(len(axes)))
    return x if before == tuple(x.shape) or math.prod(shape) == 1 else table["reshape"](x, shape=before)
