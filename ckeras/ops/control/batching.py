"""Vectorization of a function of one element, by adding a batch axis to each value of its graph."""

from collections.abc import Callable, Sequence
from typing import Any

from ckeras import config
from ckeras.compiler.body import Body, trace_body
from ckeras.ops.elementwise import core as elementwise
from ckeras.ops.manipulation.layout import reshape
from ckeras.tensor import NeedsValue, Spec, Tensor, table

scope = config.scope


class _Value:
    """A tensor, and whether it has the batch axis in front."""

    def __init__(self, tensor: Tensor, batched: bool):
        self.tensor = tensor
        self.batched = batched

    @property
    def rank(self) -> int:
        """The number of axes without the batch axis."""
        return len(self.tensor.shape) - self.batched

    def aligned(self, rank: int) -> Tensor:
        """The value with leading axes of size 1, so that it has ``rank`` axes, as in broadcasting."""
        if not self.batched or self.rank == rank:
            return self.tensor
        n, *own = self.tensor.shape
        return reshape(self.tensor, (n, *[1] * (rank - len(own)), *own))

    def spread(self, n: int) -> Tensor:
        """The value with the batch axis, broadcast if it had none."""
        return self.tensor if self.batched else elementwise.broadcast_to(self.tensor, (n, *self.tensor.shape))


def vectorize(function: Callable[..., list[Tensor]], elements: Sequence[Tensor], n: int) -> list[Tensor] | None:
    """The results of ``function`` for each of ``n`` elements, stacked, from one pass of each op over all of them.

    Returns `None`, without side effects, if the function has no batched form (for example, if it assigns a variable).
    """
    try:
        body = trace_body(function, [Spec(x.shape[1:], x.dtype) for x in elements])
    except NeedsValue:
        return None
    if body.assigned or not all(node.op.elementwise or node.op.name in _RULES for node in body.graph.nodes):
        return None
    found = _Batch(body, elements, n).run()
    return None if found is None else [y.spread(n) for y in found]


class _Batch:
    def __init__(self, body: Body, elements: Sequence[Tensor], n: int):
        self.graph = body.graph
        self.n = n
        self.values = {id(x): _Value(y, True) for x, y in zip(self.graph.inputs, elements, strict=False)}
        for outside, x in self.graph.captured.values():
            self.values[id(x)] = _Value(outside, False)
        for variable, x in self.graph.reads.values():
            if id(x) not in self.values:  # if no trace is active
                self.values[id(x)] = _Value(variable.value, False)

    def value(self, x: Tensor) -> _Value:
        return self.values.get(id(x)) or _Value(x, False)

    def run(self) -> list[_Value] | None:
        """Run the graph; return `None` if a call has no batched form."""
        for node in self.graph.nodes:
            inputs = [self.value(x) for x in node.inputs]
            batched = any(x.batched for x in inputs)
            if not batched:
                made = node.op(*(x.tensor for x in inputs), **node.attrs)
            elif node.op.name in _RULES:
                made = _RULES[node.op.name](node, inputs, self.n)
            else:  # element by element
                rank = len(node.outputs[0].shape)
                made = node.op(*(x.aligned(rank) for x in inputs), **node.attrs)
            if made is None:
                return None
            for y, z in zip(node.outputs, made if isinstance(made, list) else [made], strict=True):
                self.values[id(y)] = _Value(z, batched)
        return [self.value(y) for y in self.graph.outputs]


# -- rules: (node, inputs, n) -> the result, with the batch axis first ------------------------------------------------


def _reshape(node: Any, inputs: list[_Value], n: int) -> Tensor:
    return reshape(inputs[0].tensor, (n, *node.outputs[0].shape))


def _same(node: Any, inputs: list[_Value], n: int) -> Tensor | None:
    return node.op(inputs[0].tensor, **node.attrs) if inputs[0].rank else None


def _rows(node: Any, inputs: list[_Value], n: int) -> list[Tensor] | None:
    """A call on rows, whose parameters are the same for all elements."""
    if not inputs[0].batched or any(x.batched for x in inputs[1:]):
        return None
    return node.op(*(x.tensor for x in inputs), **node.attrs)


def _stop_gradient(node: Any, inputs: list[_Value], n: int) -> Tensor:
    return node.op(inputs[0].tensor)


def _reduce(node: Any, inputs: list[_Value], n: int) -> Tensor:
    axes = tuple(a + 1 for a in node.attrs["axis"])
    return node.op(inputs[0].tensor, **{**node.attrs, "axis": axes})


def _transpose(node: Any, inputs: list[_Value], n: int) -> Tensor:
    return node.op(inputs[0].tensor, axes=(0, *(a + 1 for a in node.attrs["axes"])))


def _broadcast_to(node: Any, inputs: list[_Value], n: int) -> Tensor:
    shape = node.attrs["shape"]
    return node.op(inputs[0].aligned(len(shape)), shape=(n, *shape))


def _concatenate(node: Any, inputs: list[_Value], n: int) -> Tensor:
    return node.op(*(x.spread(n) for x in inputs), axis=node.attrs["axis"] + 1)


def _strided_slice(node: Any, inputs: list[_Value], n: int) -> Tensor:
    start, step, size = (node.attrs[name] for name in ("start", "step", "size"))
    return node.op(inputs[0].tensor, start=(0, *start), step=(1, *step), size=(n, *size))


def _matmul(node: Any, inputs: list[_Value], n: int) -> Tensor:
    a, b = inputs
    if a.batched and not b.batched and b.rank == 2 and not node.attrs["transpose_a"]:
        # One product of all rows, whose gradient by b is one product too.
        *lead, k = a.tensor.shape
        y = node.op(reshape(a.tensor, (-1, k)), b.tensor, **node.attrs)
        return reshape(y, (*lead, y.shape[-1]))
    rank = max(a.rank, b.rank)
    return node.op(a.aligned(rank), b.aligned(rank), **node.attrs)


def _take_rows(node: Any, inputs: list[_Value], n: int) -> Tensor | None:
    rows, index = inputs
    return None if rows.batched else table["take_rows"](rows.tensor, index.tensor)


def _weighted_rows(node: Any, inputs: list[_Value], n: int) -> Tensor:
    x, *arrays = (v.tensor for v in inputs)
    return node.op(x, *arrays, axis=node.attrs["axis"] + 1, table=node.attrs["table"])


def _interpolate_at(node: Any, inputs: list[_Value], n: int) -> Tensor:
    images, points = (x.spread(n) for x in inputs)
    _, lead, *rest = images.shape
    axes, _, count = points.shape[1:]
    points = table["transpose"](points, axes=(1, 0, 2, 3))
    found = node.op(reshape(images, (n * lead, *rest)), reshape(points, (axes, n * lead, count)), **node.attrs)
    return reshape(found, (n, lead, *found.shape[1:]))


_RULES: dict[str, Callable[[Any, list[_Value], int], Tensor | None]] = {
    **dict.fromkeys(("reshape", "expand_dims", "squeeze"), _reshape),
    **dict.fromkeys(("sum", "mean", "max", "min", "prod"), _reduce),
    **dict.fromkeys(("softmax", "log_softmax"), _same),
    "broadcast_to": _broadcast_to,
    "concatenate": _concatenate,
    "interpolate_at": _interpolate_at,
    "matmul": _matmul,
    "norm_rows": _rows,
    "stop_gradient": _stop_gradient,
    "strided_slice": _strided_slice,
    "take_rows": _take_rows,
    "transpose": _transpose,
    "weighted_rows": _weighted_rows,
}
