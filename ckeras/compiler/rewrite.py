"""Passes over a trace before it is scheduled: simplify, share, join, and drop what nothing uses.

A rule looks at one node whose inputs have been rewritten already and may name the values that stand for its results.
"""

import math
from collections.abc import Callable
from typing import Any

from ckeras.compiler.trace import Node, Trace
from ckeras.tensor import Op, Tensor, TracedTensor, table

_FUSABLE = ("relu", "sigmoid", "tanh")
_NATIVE_FLOATS = ("float32", "float64")
_YIELDS_SOFTMAX = ("softmax_xent", "softmax_xent_sparse")


def rewrite(graph: Trace) -> None:
    """Apply all passes in place."""
    _simplify(graph)
    _drop_unused(graph)
    _share_softmax(graph)
    _join_dense(graph)
    _join_arithmetic(graph)
    _drop_unused(graph)
    _drop_unused_rows(graph)


# -- simplification -----------------------------------------------------------------------------------------------


def constant_value(x: Tensor) -> float | None:
    """The one number that a known tensor consists of, if it does."""
    if type(x) is TracedTensor or x._array.size == 0:
        return None
    array = x._array
    if array.size == 1:
        return array.reshape(()).item()
    first = array.flat[0]
    return first.item() if array.size <= 65536 and bool((array == first).all()) else None


def _view(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """``x`` itself, or seen in another shape of the same size."""
    return x if x.shape == shape else table["reshape"](x, shape=shape)


def _times_one(node: Node) -> Tensor | None:
    a, b = node.inputs
    y = node.outputs[0]
    if a.shape == y.shape and constant_value(b) == 1:
        return a
    if node.op.name == "mul" and b.shape == y.shape and constant_value(a) == 1:
        return b
    return None


def _plus_zero(node: Node) -> Tensor | None:
    a, b = node.inputs
    y = node.outputs[0]
    if a.shape == y.shape and constant_value(b) == 0:
        return a
    if node.op.name == "add" and b.shape == y.shape and constant_value(a) == 0:
        return b
    return None


def _reduce_nothing(node: Node) -> Tensor | None:
    x = node.inputs[0]
    if all(x.shape[axis] == 1 for axis in node.attrs["axis"]):
        return _view(x, node.outputs[0].shape)
    return None


def _same_shape(node: Node) -> Tensor | None:
    x = node.inputs[0]
    return x if x.shape == node.outputs[0].shape else None


def _stretch_nothing(node: Node) -> Tensor | None:
    x, y = node.inputs[0], node.outputs[0]
    return _view(x, y.shape) if math.prod(x.shape) == math.prod(y.shape) else None


_RULES: dict[str, Callable[[Node], Tensor | None]] = {
    "mul": _times_one,
    "div": _times_one,
    "add": _plus_zero,
    "sub": _plus_zero,
    "reshape": _same_shape,
    "stop_gradient": _same_shape,
    "broadcast_to": _stretch_nothing,
    **dict.fromkeys(("sum", "mean", "prod", "max", "min"), _reduce_nothing),
}


def _simplify(graph: Trace) -> None:
    """Apply the rules, fold known values, and let equal calls share one result."""
    replaced: dict[int, Tensor] = {}
    seen: dict[Any, Node] = {}
    nodes, graph.nodes = graph.nodes, []

    def current(x: Tensor) -> Tensor:
        while id(x) in replaced:
            x = replaced[id(x)]
        return x

    for node in nodes:
        node.inputs = [current(x) for x in node.inputs]
        before = len(graph.nodes)
        stands_for = None
        if node.op.name == "custom":  # of interest to tapes alone
            replaced.update((id(y), x) for y, x in zip(node.outputs, node.inputs[node.attrs["count"] :], strict=True))
            continue
        if not node.op.nested and not any(type(x) is TracedTensor for x in node.inputs):
            result = node.op(*node.inputs, **node.attrs)
            for y, z in zip(node.outputs, result if isinstance(result, list) else [result], strict=True):
                replaced[id(y)] = z
            continue
        rule = _RULES.get(node.op.name)
        if rule is not None:
            stands_for = rule(node)
        if stands_for is not None:
            replaced[id(node.outputs[0])] = stands_for
            for made in graph.nodes[before:]:  # a view the rule added
                seen.setdefault(_key(made.op, made.inputs, made.attrs), made)
            continue
        key = _key(node.op, node.inputs, node.attrs)
        twin = seen.get(key)
        if twin is not None:
            for y, z in zip(node.outputs, twin.outputs, strict=True):
                replaced[id(y)] = z
            continue
        seen[key] = node
        graph.nodes.append(node)
    graph.outputs = [current(x) for x in graph.outputs]
    graph.assigned = {k: (variable, current(x)) for k, (variable, x) in graph.assigned.items()}


def _key(op: Op, inputs: list[Tensor], attrs: dict[str, Any]) -> Any:
    return (op.name, tuple(_identity(x) for x in inputs), tuple(sorted(attrs.items(), key=lambda item: item[0])))


def _identity(x: Tensor) -> Any:
    """Equal for values that are surely the same."""
    if type(x) is not TracedTensor and x._array.size == 1:
        return (x.dtype, x.shape, x._array.tobytes())
    return id(x)


# -- unused calls -------------------------------------------------------------------------------------------------


def _drop_unused(graph: Trace) -> None:
    needed = {id(x) for x in graph.outputs}
    needed.update(id(x) for _, x in graph.assigned.values())
    kept = []
    for node in reversed(graph.nodes):
        if any(id(y) in needed for y in node.outputs):
            needed.update(id(x) for x in node.inputs)
            kept.append(node)
    graph.nodes = kept[::-1]


def _drop_unused_rows(graph: Trace) -> None:
    """Loops stack only those results of their rounds that something reads."""
    needed = {id(x) for node in graph.nodes for x in node.inputs}
    needed.update(id(x) for x in [*graph.outputs, *(value for _, value in graph.assigned.values())])
    for node in graph.nodes:
        if node.op.name == "loop":
            kept = [i for i, y in enumerate(node.outputs) if i < node.attrs["carries"] or id(y) in needed]
            if len(kept) < len(node.outputs):
                node.attrs = {**node.attrs, "body": node.attrs["body"].copy(kept)}
                node.outputs = [node.outputs[i] for i in kept]


def _share_softmax(graph: Trace) -> None:
    """A cross-entropy of logits yields their softmax too: no need to compute it apart."""
    made = {id(n.inputs[0]): (i, n) for i, n in enumerate(graph.nodes) if n.op.name in _YIELDS_SOFTMAX}
    first_use: dict[int, int] = {}
    for i, node in enumerate(graph.nodes):
        for x in node.inputs:
            first_use.setdefault(id(x), i)
    replaced: dict[int, Tensor] = {}
    for node in graph.nodes:
        if node.op.name == "softmax" and id(node.inputs[0]) in made:
            place, entropy = made[id(node.inputs[0])]
            if first_use.get(id(node.outputs[0]), place + 1) > place:
                replaced[id(node.outputs[0])] = entropy.outputs[1]
    if replaced:
        graph.nodes = [n for n in graph.nodes if id(n.outputs[0]) not in replaced]
        for node in graph.nodes:
            node.inputs = [replaced.get(id(x), x) for x in node.inputs]
        graph.outputs = [replaced.get(id(x), x) for x in graph.outputs]
        graph.assigned = {k: (v, replaced.get(id(x), x)) for k, (v, x) in graph.assigned.items()}


# -- product + bias + activation ----------------------------------------------------------------------------------


def _single_readers(graph: Trace) -> Callable[..., Node | None]:
    """A function (value, *op names) -> the node that makes the value, if it is one of these ops and is read once."""
    uses: dict[int, int] = {}
    for node in graph.nodes:
        for x in node.inputs:
            uses[id(x)] = uses.get(id(x), 0) + 1
    for x in [*graph.outputs, *(x for _, x in graph.assigned.values())]:
        uses[id(x)] = uses.get(id(x), 0) + 1

    def product(x: Tensor, *names: str) -> Node | None:
        node = x.node if type(x) is TracedTensor else None
        return node if node is not None and node.op.name in names and uses[id(x)] == 1 else None

    return product


def _join_dense(graph: Trace) -> None:
    product = _single_readers(graph)
    for node in graph.nodes:
        if node.op.name == "add":
            for y, bias in (node.inputs, node.inputs[::-1]):
                made = product(y, "matmul")
                if made is None or made.attrs["transpose_a"] or made.attrs["transpose_b"]:
                    continue
                if bias.shape == node.outputs[0].shape[-1:] and y.shape == node.outputs[0].shape:
                    node.op, node.inputs, node.attrs = table["dense"], [*made.inputs, bias], {"activation": "linear"}
                    break
        elif node.op.name in _FUSABLE:
            made = product(node.inputs[0], "matmul", "dense")
            if made is None or made.attrs.get("transpose_a") or made.attrs.get("transpose_b"):
                continue
            if made.attrs.get("activation", "linear") == "linear":
                attrs = {"activation": node.op.name}
                node.op, node.inputs, node.attrs = table["dense"], made.inputs, attrs


# -- steps of arithmetic that are one pass over registers -----------------------------------------------------------


def _join_arithmetic(graph: Trace) -> None:
    """x + (y - x) z, z + x y, z - x y and x / (sqrt(y) + z) become one step each, as optimizers are full of them."""
    made_by = _single_readers(graph)
    for node in graph.nodes:
        if node.op.name == "div" and node.outputs[0].dtype in _NATIVE_FLOATS:
            _join_div_root(node, made_by)
        if node.op.name not in ("add", "sub") or node.outputs[0].dtype not in _NATIVE_FLOATS:
            continue
        shape = node.outputs[0].shape
        pairs = [node.inputs, node.inputs[::-1]] if node.op.name == "add" else [node.inputs]
        for other, x in pairs:
            times = made_by(x, "mul")
            if times is None or x.shape != shape:
                continue
            a, b = times.inputs
            if node.op.name == "sub":
                node.op, node.inputs, node.attrs = table["submul"], [a, b, other], {}
                break
            for difference, factor in ((a, b), (b, a)):
                minus = made_by(difference, "sub")
                if minus is not None and minus.inputs[1] is other and difference.shape == shape:
                    node.op, node.inputs, node.attrs = table["lerp"], [other, minus.inputs[0], factor], {}
                    break
            else:
                node.op, node.inputs, node.attrs = table["muladd"], [a, b, other], {}
            break


def _join_div_root(node: Node, made_by: Callable[..., Node | None]) -> None:
    x, divisor = node.inputs
    plus = made_by(divisor, "add")
    if plus is None:
        return
    for y, z in (plus.inputs, plus.inputs[::-1]):
        root = made_by(y, "sqrt")
        if root is not None and y.shape == divisor.shape == node.outputs[0].shape:
            node.op, node.inputs, node.attrs = table["div_root"], [x, root.inputs[0], z], {}
            return


def index_limits(graph: Trace) -> list[tuple[int, int, str]]:
    """(input number, limit, op name) for each input that serves as indices in [0, limit).

    The training loop checks whole data sets against them before it changes a weight.
    """
    number = {id(x): i for i, x in enumerate(graph.inputs)}
    found = []
    for node in graph.nodes:
        if node.op.index_limit is None:
            continue
        at, limit = node.op.index_limit
        x = node.inputs[at]
        while type(x) is TracedTensor and x.node is not None and (x.node.op.alias or x.node.op.name == "cast"):
            x = x.node.inputs[0]
        if id(x) in number:
            found.append((number[id(x)], limit(node.inputs, node.attrs), node.op.name))
    return found
