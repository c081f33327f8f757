"""Rewrites of a trace before scheduling: simplification, common subexpressions, fusion, and dead code elimination.

The rules are tables of (pattern, replacement), `_SIMPLER`, `_JOINED` and those of `fold.py`; `pattern.py` says how they
are read. To teach the compiler another rewrite, add a row.
"""

import math
from typing import Any

from ckeras.compiler.fold import fold_rules
from ckeras.compiler.pattern import Becomes, Call, Number, Readers, Rules, Shared, Value, becomes, call
from ckeras.compiler.trace import Node, Trace, has_effect
from ckeras.compiler.transposes import move_transposes
from ckeras.tensor import Op, Tensor, TracedTensor, table

_FLOATS = ("float32", "float64")
A, B, X, Y, Z, BIAS = (Value(name) for name in ("a", "b", "x", "y", "z", "bias"))
ZERO, ONE, SIX = Number(0), Number(1), Number(6)


def rewrite(graph: Trace, nested: bool = False) -> None:
    """Apply all passes in place. The plan of a ``nested`` graph has no prologue."""
    _simplify(graph)
    move_transposes(graph)
    _drop_unused(graph)
    folding = None if nested else fold_rules(graph)
    if folding is not None:
        _join(graph, folding)
        _drop_unused(graph)
    _join(graph, _JOINED)
    _drop_unused(graph)
    _drop_unused_rows(graph)


# -- rules --------------------------------------------------------------------------------------------------------


def _same(node: Node, x: Tensor) -> Tensor | None:
    """``x`` if it has the shape of the result, else `None`."""
    return x if x.shape == node.outputs[0].shape else None


def _view(node: Node, x: Tensor) -> Tensor | None:
    """``x`` reshaped to the result's shape, if the number of elements is equal."""
    shape = node.outputs[0].shape
    if x.shape == shape:
        return x
    return table["reshape"](x, shape=shape) if math.prod(x.shape) == math.prod(shape) else None


def _with_bias(node: Node, a: Tensor, b: Tensor, bias: Tensor) -> Becomes | None:
    if bias.shape != node.outputs[0].shape[-1:]:
        return None
    return becomes("dense", a, b, bias, activation="linear")


def _pointwise(node: Node, x: Tensor, kernel: Tensor) -> Tensor | None:
    """A convolution with windows of one element as a product of the channels."""
    steps, padding = {*kernel.shape[:-2], *node.attrs["strides"]}, node.attrs["padding"]
    if steps != {1} or node.attrs["groups"] != 1 or type(padding) is not str:
        return None
    return table["matmul"](x, table["reshape"](kernel, shape=kernel.shape[-2:]), **_PRODUCT)


def _without_padding(node: Node, x: Tensor) -> Tensor | None:
    """A convolution, or the gradient of its kernel, of an image with zeros around it, which its windows have too."""
    pad, padding = x.node if type(x) is TracedTensor else None, node.attrs["padding"]
    if pad is None or pad.op.name != "pad" or pad.attrs["value"] != 0 or padding == "same":
        return None
    batch, *widths, channels = pad.attrs["pad_width"]
    if any(batch) or any(channels):
        return None
    own = ((0, 0),) * len(widths) if padding == "valid" else padding
    pairs = tuple((a + c, b + d) for (a, b), (c, d) in zip(widths, own, strict=True))
    return node.op(pad.inputs[0], *node.inputs[1:], **{**node.attrs, "padding": pairs})


def _part_of_gradient(node: Node) -> Becomes | None:
    """A part of the gradient of images, such as of those with zeros around them: its windows reach beyond the part."""
    whole, start, size = node.inputs[0].node, node.attrs["start"], node.outputs[0].shape
    images = whole.outputs[0].shape
    if set(node.attrs["step"]) != {1} or min(start) < 0 or (size[0], size[-1]) != (images[0], images[-1]):
        return None
    axes = zip(whole.attrs["padding"], start[1:-1], size[1:-1], images[1:-1], strict=True)
    pairs = tuple((before + a, after + n - a - count) for (before, after), a, count, n in axes)
    return becomes(whole.op.name, *whole.inputs, **{**whole.attrs, "size": size[1:-1], "padding": pairs})


# Convolutions, and all products -> the op that adds a bias and an activation
_FUSED = {"conv": "fused_conv", "conv_input_grad": "fused_conv_input_grad"}
_ACTIVATED = {**_FUSED, "matmul": "dense"}


def _conv_with_bias(node: Node, bias: Tensor) -> Becomes | None:
    conv = next(x for x in node.inputs if x is not bias).node
    if bias.shape != node.outputs[0].shape[-1:]:
        return None
    return becomes(_FUSED[conv.op.name], *conv.inputs, bias, activation="linear", **conv.attrs)


def _conv_with_activation(node: Node) -> Becomes:
    conv = node.inputs[0].node
    name = _FUSED.get(conv.op.name, conv.op.name)
    return becomes(name, *conv.inputs, **{**conv.attrs, "activation": node.op.name})


def _relu6(product: Call) -> Call:
    """The pattern of relu6 of a product, as `clip` computes it."""
    return call("minimum", call("maximum", product, ZERO, commutes=True), SIX, commutes=True, dtypes=_FLOATS)


def _with_relu6(node: Node) -> Becomes:
    clipped = next(x.node for x in node.inputs if _made_by(x, ("maximum",)))
    product = next(x.node for x in clipped.inputs if _made_by(x, (*_ACTIVATED, *_ACTIVATED.values())))
    attrs = {} if product.op.name == "matmul" else product.attrs
    name = _ACTIVATED.get(product.op.name, product.op.name)
    return becomes(name, *product.inputs, **{**attrs, "activation": "relu6"})


def _made_by(x: Tensor, ops: tuple[str, ...]) -> bool:
    return type(x) is TracedTensor and x.node is not None and x.node.op.name in ops


def _with_residual(node: Node, x: Tensor) -> Becomes | None:
    if x.shape != node.outputs[0].shape or x.dtype != node.outputs[0].dtype:
        return None
    normalized = next(v for v in node.inputs if v is not x).node
    return becomes("norm_apply_fused", *normalized.inputs, x, **normalized.attrs, relu=False)


def _through_relu(node: Node, g: Tensor, y: Tensor, x: Tensor) -> Becomes | None:
    """The gradient of a normalization whose positive part is ``y``."""
    made = y.node if type(y) is TracedTensor else None
    if (
        made is None
        or made.op.name != "norm_apply_fused"
        or list(map(id, made.inputs)) != list(map(id, node.inputs[1:]))
    ):
        return None
    return becomes("norm_grad_relu", g, *node.inputs[1:], **node.attrs)


def _pooled_relu(node: Node, g: Tensor, at: Tensor, y: Tensor) -> Becomes | None:
    """The gradient of maxima of relu's result ``y``: only positive maxima pass it on, which are fewer than the pixels.

    The gradient of a normalization computes that of its relu itself.
    """
    pool, made = (x.node if type(x) is TracedTensor else None for x in (at, y))
    if pool is None or pool.op.name != "pool_max" or pool.inputs[0] is not y:
        return None
    if made is not None and made.op.name == "norm_apply_fused":
        return None
    return becomes("pool_max_route", table["relu_grad"](g, pool.outputs[0]), at, **node.inputs[0].node.attrs)


def _sum_of_routed(node: Node, x: Tensor) -> Becomes | None:
    """The sum over all pixels of a gradient of maxima: each window has passed its own to one of them."""
    routed = x.node if type(x) is TracedTensor else None
    if routed is None or routed.op.name != "pool_max_route":
        return None
    pixels = set(range(len(x.shape) - 1))
    return becomes("sum", routed.inputs[0], **node.attrs) if pixels.issubset(node.attrs["axis"]) else None


def _sparse(rule: Any) -> Any:
    """Apply ``rule`` to gradients of gathers of fewer rows than the table has; for more, the dense form is cheaper."""

    def replacement(node: Node, g: Tensor, index: Tensor, **values: Tensor) -> Becomes | None:
        sparse = math.prod(index.shape) < node.outputs[0].shape[0]
        return rule(node, g, index, **values) if sparse else None

    return replacement


def _rows(node: Node, g: Tensor, index: Tensor) -> Becomes:
    return becomes("scatter_add_rows", g, index, rows=node.outputs[0].shape[0])


def _scaled_rows(node: Node, g: Tensor, index: Tensor, x: Tensor) -> Becomes | None:
    """A gradient of a gather, multiplied or divided by a scalar."""
    return _rows(node, table[node.op.name](g, x), index) if x.shape == () else None


def _all_rows(node: Node, g: Tensor, index: Tensor, h: Tensor, other: Tensor) -> Becomes | None:
    """The sum of two gradients of gathers from one table."""
    if index.dtype != other.dtype or math.prod(index.shape) + math.prod(other.shape) >= node.outputs[0].shape[0]:
        return None
    join, row = table["concatenate"], node.outputs[0].shape[1:]
    flat = [table["reshape"](x, shape=(math.prod(i.shape), *row)) for x, i in ((g, index), (h, other))]
    indices = [table["reshape"](i, shape=(math.prod(i.shape),)) for i in (index, other)]
    return _rows(node, join(*flat, axis=0), join(*indices, axis=0))


def _less_rows(node: Node, g: Tensor, index: Tensor, x: Tensor) -> Becomes | None:
    return becomes("scatter_sub_rows", x, g, index) if x.shape == node.outputs[0].shape else None


def _more_rows(node: Node, g: Tensor, index: Tensor, x: Tensor) -> Becomes | None:
    return becomes("scatter_sub_rows", x, table["neg"](g), index) if x.shape == node.outputs[0].shape else None


_PRODUCT = {"transpose_a": False, "transpose_b": False}

# Redundant calls, and those that a cheaper op computes. Each pattern is a single call.
_SIMPLER = Rules(
    [
        (call("mul", X, ONE, commutes=True), _same),
        (call("div", X, ONE), _same),
        (call("add", X, ZERO, commutes=True), _same),
        (call("sub", X, ZERO), _same),
        (call(("reshape", "stop_gradient"), X), _same),
        (call(("broadcast_to", "sum", "mean", "prod", "max", "min"), X), _view),  # over axes of size 1
        (call(("conv", "conv_kernel_grad"), X, dtypes=_FLOATS), _without_padding),
        (call("conv", X, Value("kernel"), dtypes=_FLOATS), _pointwise),
        (call("custom"), lambda node: node.inputs[node.attrs["count"] :]),  # only relevant to tapes
    ]
)

# Sequences of calls that one kernel computes.
_ROWS = call("scatter_add_rows", Value("g"), Value("index"))
_JOINED = Rules(
    [
        # The gradient of a gather stays a list of rows on its way to the table.
        (call("mul", _ROWS, X, commutes=True, dtypes=_FLOATS), _sparse(_scaled_rows)),
        (call("div", _ROWS, X, dtypes=_FLOATS), _sparse(_scaled_rows)),
        (call("neg", _ROWS, dtypes=_FLOATS), _sparse(lambda node, g, index: _rows(node, table["neg"](g), index))),
        (
            call("add", _ROWS, call("scatter_add_rows", Value("h"), Value("other")), dtypes=_FLOATS),
            _sparse(_all_rows),
        ),
        (call("sub", X, _ROWS, dtypes=_FLOATS), _sparse(_less_rows)),
        (call("add", X, _ROWS, commutes=True, dtypes=_FLOATS), _sparse(_more_rows)),
        # A cross-entropy of logits also computes their softmax.
        (
            call("softmax", Shared("x", ("softmax_xent", "softmax_xent_sparse"), "entropy")),
            lambda node, x, entropy: entropy.outputs[1],
        ),
        # Product, bias and activation.
        (call("add", call("matmul", A, B, **_PRODUCT), BIAS, commutes=True), _with_bias),
        (
            call(("relu", "sigmoid", "tanh"), call(("matmul", "dense"), activation="linear", **_PRODUCT)),
            lambda node: becomes("dense", *node.inputs[0].node.inputs, activation=node.op.name),
        ),
        (_relu6(call(("matmul", "dense"), activation="linear", **_PRODUCT)), _with_relu6),
        # Convolution, bias and activation.
        (call("strided_slice", call("conv_input_grad", resized=True), dtypes=_FLOATS), _part_of_gradient),
        (call("add", call(tuple(_FUSED)), BIAS, commutes=True, dtypes=_FLOATS), _conv_with_bias),
        (
            call(
                ("relu", "sigmoid", "tanh"),
                call((*_FUSED, *_FUSED.values()), activation="linear"),
                dtypes=_FLOATS,
            ),
            _conv_with_activation,
        ),
        (_relu6(call((*_FUSED, *_FUSED.values()), activation="linear")), _with_relu6),
        # Normalization, residual and activation, and the gradient of the activation.
        (call("add", call("norm_apply"), X, commutes=True), _with_residual),
        (
            call("relu", call(("norm_apply", "norm_apply_fused"), relu=False)),
            lambda node: becomes(
                "norm_apply_fused", *node.inputs[0].node.inputs, **{**node.inputs[0].node.attrs, "relu": True}
            ),
        ),
        (call("norm_grad", call("relu_grad", Value("g"), Y), X), _through_relu),
        # The gradient of pooling, and what can be computed before it, from fewer elements.
        (call("relu_grad", call("pool_max_route", Value("g"), Value("at")), Y, dtypes=_FLOATS), _pooled_relu),
        (call("sum", X, dtypes=_FLOATS), _sum_of_routed),
        # Arithmetic that is frequent in optimizers: one instruction on registers.
        (
            call("add", X, call("mul", call("sub", Y, X), Z, commutes=True), commutes=True, dtypes=_FLOATS),
            lambda node, x, y, z: becomes("lerp", x, y, z),
        ),
        (
            call("add", Z, call("mul", X, call("square", Y), commutes=True), commutes=True, dtypes=_FLOATS),
            lambda node, x, y, z: becomes("muladd_square", x, y, z),
        ),
        (
            call("add", Z, call("mul", X, Y), commutes=True, dtypes=_FLOATS),
            lambda node, x, y, z: becomes("muladd", x, y, z),
        ),
        (call("sub", Z, call("mul", X, Y), dtypes=_FLOATS), lambda node, x, y, z: becomes("submul", x, y, z)),
        (
            call("div", X, call("add", call("sqrt", Y), Z, commutes=True), dtypes=_FLOATS),
            lambda node, x, y, z: becomes("div_root", x, y, z),
        ),
        (
            call("div", X, call("sqrt", call("add", Y, Z)), dtypes=_FLOATS),
            lambda node, x, y, z: becomes("div_root_of_sum", x, y, z),
        ),
    ]
)


# -- passes -------------------------------------------------------------------------------------------------------


def _simplify(graph: Trace) -> None:
    """Apply the rules for single calls, fold constants, and share results of equal calls."""
    replaced: dict[int, Tensor] = {}
    seen: dict[Any, Node] = {}
    nodes, graph.nodes = graph.nodes, []
    for node in nodes:
        node.inputs = [replaced.get(id(x), x) for x in node.inputs]
        if has_effect(node):
            graph.nodes.append(node)
            continue
        before = len(graph.nodes)
        if not node.op.nested and TracedTensor not in map(type, node.inputs):
            found = node.op(*node.inputs, **node.attrs)
        else:
            found = _SIMPLER.apply(node)
        if found is not None:
            for made in graph.nodes[before:]:  # a view that a rule added
                seen.setdefault(_key(made.op, made.inputs, made.attrs), made)
        else:
            twin = seen.setdefault(_key(node.op, node.inputs, node.attrs), node)
            if twin is node:
                graph.nodes.append(node)
                continue
            found = twin.outputs
        _replace(replaced, node, found)
    _finish(graph, replaced)


def _join(graph: Trace, rules: Rules) -> None:
    """Apply rules for sequences of calls."""
    readers = Readers(graph)
    replaced: dict[int, Tensor] = {}
    nodes, graph.nodes = graph.nodes, []
    for node in nodes:
        if replaced:
            node.inputs = [replaced.get(id(x), x) for x in node.inputs]
        found = rules.apply(node, readers)
        if type(found) is Becomes:
            node.op, node.inputs, node.attrs = table[found.op], found.inputs, found.attrs
        elif found is not None:
            _replace(replaced, node, found)
            continue
        graph.nodes.append(node)
    _finish(graph, replaced)


def _replace(replaced: dict[int, Tensor], node: Node, found: Any) -> None:
    """Replace the results of ``node`` by ``found``, a tensor or a list of as many."""
    for y, z in zip(node.outputs, found if isinstance(found, list) else [found], strict=True):
        replaced[id(y)] = z


def _finish(graph: Trace, replaced: dict[int, Tensor]) -> None:
    graph.outputs = [replaced.get(id(x), x) for x in graph.outputs]
    graph.assigned = {key: (v, replaced.get(id(x), x)) for key, (v, x) in graph.assigned.items()}


def _key(op: Op, inputs: list[Tensor], attrs: dict[str, Any]) -> Any:
    """Key that is equal for calls with equal results."""
    known = tuple(sorted(attrs.items())) if len(attrs) > 1 else tuple(attrs.items())
    return (op.name, *[id(x) if type(x) is TracedTensor else _identity(x) for x in inputs], known)


def _identity(x: Tensor) -> Any:
    """Key that is equal for known values that are certainly the same."""
    return (x.dtype, x.shape, x._array.tobytes()) if x._array.size == 1 else id(x)


# -- unused calls -------------------------------------------------------------------------------------------------


def _drop_unused(graph: Trace) -> None:
    needed = {id(x) for x in graph.outputs}
    needed.update(id(x) for _, x in graph.assigned.values())
    kept = []
    for node in reversed(graph.nodes):
        if has_effect(node) or not needed.isdisjoint(map(id, node.outputs)):
            needed.update(map(id, node.inputs))
            kept.append(node)
    graph.nodes = kept[::-1]


def _drop_unused_rows(graph: Trace) -> None:
    """Drop the stacked results of loops that nothing reads."""
    loops = [node for node in graph.nodes if node.op.name == "loop"]
    if not loops:
        return
    needed = {id(x) for node in graph.nodes for x in node.inputs}
    needed.update(id(x) for x in [*graph.outputs, *(value for _, value in graph.assigned.values())])
    for node in loops:
        kept = [i for i, y in enumerate(node.outputs) if i < node.attrs["carries"] or id(y) in needed]
        if len(kept) < len(node.outputs):
            node.attrs = {**node.attrs, "body": node.attrs["body"].copy(kept)}
            node.outputs = [node.outputs[i] for i in kept]


# -- limits of indices --------------------------------------------------------------------------------------------


def index_limits(graph: Trace) -> list[tuple[int, int, str]]:
    """(input position, limit, op name) for each input that holds indices in [0, limit).

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
