"""Folding of scales and shifts of channels, as of a batch normalization at inference, into the product before them.

    (x @ w + b) * scale + shift  ->  x @ (w * scale) + (b * scale + shift)

This happens where the weights, the scale and the shift depend on variables that the graph does not assign, so that the
prologue of the plan computes the new weights, again whenever one of these variables changes.
"""

from collections.abc import Callable
from typing import Any

from ckeras.compiler.pattern import Becomes, Rules, Value, becomes, call
from ckeras.compiler.prologue import known_ahead
from ckeras.compiler.trace import Node, Trace
from ckeras.tensor import Tensor, TracedTensor, table

_FLOATS = ("float32", "float64")


def _last_axis(weights: Tensor, scale: Tensor) -> Tensor:
    return table["mul"](weights, scale)


def _last_axis_but_one(weights: Tensor, scale: Tensor) -> Tensor:
    return table["mul"](weights, table["reshape"](scale, shape=(*scale.shape, 1)))


# Product -> which attributes it must have, and how its second input is scaled by channels of the result.
_PRODUCTS: dict[str, tuple[dict[str, Any], Callable[[Tensor, Tensor], Tensor]]] = {
    "conv": ({}, _last_axis),
    "conv_input_grad": ({"groups": 1}, _last_axis_but_one),  # the transposed convolution
    "matmul": ({"transpose_b": False}, _last_axis),
}


def fold_rules(graph: Trace) -> Rules | None:
    """The rules for a graph; `None` if none of them can apply."""
    products = [node for node in graph.nodes if node.op.name in _PRODUCTS]
    known = known_ahead(graph) if products else set()
    if not any(id(node.inputs[1]) in known for node in products):
        return None
    return _Folding(known).rules() if any(_may_fold(node, known) for node in graph.nodes) else None


def _may_fold(node: Node, known: set[int]) -> bool:
    """Whether a call scales by something known ahead, or adds it to something else than a product without a bias."""
    if node.op.name not in ("mul", "add") or known.isdisjoint(map(id, node.inputs)):
        return False
    makers = {x.node.op.name for x in node.inputs if type(x) is TracedTensor and x.node is not None}
    return (
        node.op.name == "mul"
        or makers.isdisjoint(_PRODUCTS)
        or any(len(x.shape) > 1 and id(x) in known for x in node.inputs)
    )


class _Folding:
    """The rules for a graph in which the values with the ids ``known`` depend on constant variables alone."""

    def __init__(self, known: set[int]):
        self.known = known

    def rules(self) -> Rules:
        product, scale, bias, shift = call(tuple(_PRODUCTS)), Value("scale"), Value("bias"), Value("shift")
        total = call("add", product, bias, commutes=True)
        more: dict[str, Any] = {"commutes": True, "dtypes": _FLOATS}
        return Rules(
            [
                (call("mul", product, scale, **more), self._scale_product),
                (call("mul", total, scale, **more), self._scale_sum),
                (call("add", call("add", Value("x"), bias, commutes=True), shift, **more), self._join_shifts),
                (call("add", product, shift, **more), self._flat_shift),
            ]
        )

    def _scale_product(self, node: Node, scale: Tensor) -> Becomes | None:
        product = _other(node, scale)
        inputs = self._scaled(node, product, scale)
        return None if inputs is None else becomes(product.op.name, *inputs, **product.attrs)

    def _scale_sum(self, node: Node, bias: Tensor, scale: Tensor) -> Becomes | None:
        product = _other(_other(node, scale), bias)
        by, level = self._channels(node, scale), self._channels(node, bias)
        inputs = None if by is None or level is None else self._scaled(node, product, scale)
        if inputs is None:
            return None
        return becomes("add", product.op(*inputs, **product.attrs), self._made(table["mul"](level, by)))

    def _join_shifts(self, node: Node, x: Tensor, bias: Tensor, shift: Tensor) -> Becomes | None:
        first, second = self._channels(node, bias), self._channels(node, shift)
        if first is None or second is None or type(x) is not TracedTensor or id(x) in self.known:
            return None
        return becomes("add", x, self._made(table["add"](first, second)))

    def _flat_shift(self, node: Node, shift: Tensor) -> Becomes | None:
        """The shift with a single axis, as the rules for products with a bias expect it."""
        flat = self._channels(node, shift)
        x = next(v for v in node.inputs if v is not shift)
        return None if flat is None or flat is shift else becomes("add", x, flat)

    def _scaled(self, node: Node, product: Node, scale: Tensor) -> list[Tensor] | None:
        """The inputs of ``product`` with scaled weights."""
        needed, scaled = _PRODUCTS[product.op.name]
        x, weights = product.inputs
        fits = all(product.attrs.get(key, value) == value for key, value in needed.items())
        if not fits or id(weights) not in self.known or id(x) in self.known or len(weights.shape) < 2:
            return None
        if product.op.name == "matmul" and len(weights.shape) > 2:
            return None
        by = self._channels(node, scale)
        return None if by is None else [x, self._made(scaled(weights, by))]

    def _channels(self, node: Node, x: Tensor) -> Tensor | None:
        """``x`` as a vector, if it is known ahead and has one number for each channel of the result of ``node``."""
        y = node.outputs[0]
        if id(x) not in self.known or x.dtype != y.dtype or x.shape[-1:] != y.shape[-1:]:
            return None
        if any(n != 1 for n in x.shape[:-1]) or len(x.shape) > len(y.shape):
            return None
        return x if len(x.shape) == 1 else self._made(table["reshape"](x, shape=x.shape[-1:]))

    def _made(self, x: Tensor) -> Tensor:
        self.known.add(id(x))
        return x


def _other(node: Node, x: Tensor) -> Node:
    """The node that made the other of the two inputs."""
    return next(v for v in node.inputs if v is not x).node
