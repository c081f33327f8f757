"""Groups runs of elementwise calls into one pass over memory each, and puts everything in order.

A unit is what becomes one instruction (or, for calls of several kernels, a few): a single call, or a group of
elementwise calls over the same number of elements, which may follow a matrix product. Two units may join if neither
needs the other through a third.
"""

import math
from collections.abc import Sequence

from ckeras.compiler.trace import Node, Trace
from ckeras.tensor import Tensor, TracedTensor
from ckeras.tensor.dtypes import ITEMSIZE
from ckeras.tensor.eager import Call, native_calls

MAX_STEPS = 64
MAX_OPERANDS = 32

# A product and the steps that follow it are one instruction within these bounds: the first three are what gemm.c can
# hold of such a product; with fewer rows or elements it is better cut another way.
PRODUCT_K, PRODUCT_PACKED, PRODUCT_CHUNK = 384, 393216, 98304  # items; bytes
PRODUCT_TILE, PRODUCT_PANEL = 12, 32  # rows and items at most
PRODUCT_ROWS, PRODUCT_ELEMENTS = 96, 8192


def root(x: Tensor) -> Tensor:
    """The value whose memory ``x`` is: itself, or what it is a reshaped view of."""
    while type(x) is TracedTensor and x.node is not None and x.node.op.alias:
        x = x.node.inputs[0]
    return x


class Unit:
    """One or more calls that run together; ``shape`` is the index space of a group that broadcasts, else `None`.

    The calls of a group are elementwise, but for the first if there is a ``product``: the native call of a matrix
    product, which this node is.
    """

    __slots__ = ("bit", "fused", "needs", "nodes", "product", "shape", "size")

    def __init__(self, node: Node, number: int, fused: bool):
        self.nodes = [node]
        self.bit = 1 << number
        self.needs = 0  # bits of all units that must run before
        self.fused = fused
        self.product: Call | None = None
        self.size = math.prod(node.outputs[0].shape)
        self.shape = node.outputs[0].shape if fused and not _flat(node, self.size) else None

    @property
    def space(self) -> tuple[int, ...]:
        """The index space of a group."""
        return self.nodes[0].outputs[0].shape if self.shape is None else self.shape


def _flat(node: Node, size: int) -> bool:
    """Whether every operand is whole or a single element, so that only the number of elements matters."""
    return all(math.prod(x.shape) in (1, size) for x in node.inputs)


def _fusable(node: Node) -> bool:
    return node.op.elementwise and node.op.opcode(node.inputs, node.outputs[0]) is not None


def group(graph: Trace) -> list[Unit]:
    """The units of the graph, in an order in which they can run."""
    units: list[Unit] = []
    unit_of: dict[int, Unit] = {}  # by id of a root value
    readers: dict[int, Unit] = {}  # the last group to read a value
    for number, node in enumerate(graph.nodes):
        if node.op.alias:
            continue
        unit = Unit(node, number, _fusable(node))
        sources = [root(x) for x in node.inputs]
        makers = {id(u): u for u in (unit_of.get(id(x)) for x in sources) if u is not None}
        for maker in makers.values():
            unit.needs |= maker.bit | maker.needs
        units.append(unit)
        if unit.fused:
            partners = list(makers.values())
            partners += [readers[id(x)] for x in sources if id(x) in readers and math.prod(x.shape) > 1]
            for partner in reversed(partners):
                if partner in units and partner is not unit and _may_join(units, partner, unit):
                    unit = _join(units, partner, unit, unit_of, readers)
            for x in sources:
                readers[id(x)] = unit
        for y in node.outputs:
            unit_of[id(y)] = unit
    _join_products(units)
    return _order(units, graph)


def _may_join(units: list[Unit], a: Unit, b: Unit) -> bool:
    if not a.fused or a.size != b.size or len(a.nodes) + len(b.nodes) > MAX_STEPS:
        return False
    if a.shape is not None and b.shape is not None and a.shape != b.shape:
        return False
    if _operands(a) + _operands(b) > MAX_OPERANDS:
        return False
    return not _third_between(units, a, b)


def _third_between(units: list[Unit], a: Unit, b: Unit) -> bool:
    """Whether a third unit needs one and is needed by the other: it would have to run in the midst of them."""
    return any(
        u is not a and u is not b and ((u.needs & a.bit and b.needs & u.bit) or (u.needs & b.bit and a.needs & u.bit))
        for u in units
    )


def _operands(unit: Unit) -> int:
    return len({id(root(x)) for node in unit.nodes for x in node.inputs}) + 1


def _join(units: list[Unit], a: Unit, b: Unit, unit_of: dict[int, Unit], readers: dict[int, Unit]) -> Unit:
    """Move the calls of ``b`` into ``a``."""
    a.nodes += b.nodes
    a.shape = a.shape if a.shape is not None else b.shape
    _absorb(units, a, b)
    for table in (unit_of, readers):
        for key, unit in table.items():
            if unit is b:
                table[key] = a
    return a


def _absorb(units: list[Unit], a: Unit, b: Unit) -> None:
    """Take ``b``, whose calls are now ``a``'s, from the units, and tell every unit that needs one of them."""
    bits = a.bit | b.bit
    units.remove(b)
    a.needs = (a.needs | b.needs) & ~bits
    a.bit = bits
    for u in units:
        if u is not a and u.needs & bits:
            u.needs |= bits | a.needs


def _join_products(units: list[Unit]) -> None:
    """Let groups follow the matrix products that they read, element by element."""
    maker = {id(y): u for u in units if not u.fused for y in u.nodes[0].outputs}
    for group in [u for u in units if u.fused and u.shape is None]:
        for x in [x for node in group.nodes for x in node.inputs]:
            made = maker.get(id(root(x)))
            if made is None or group.product is not None or math.prod(x.shape) != group.size:
                continue
            product = _followable(made.nodes[0])
            if product is not None and not _third_between(units, made, group):
                group.nodes = made.nodes + group.nodes
                group.product = product
                _absorb(units, group, made)
                del maker[id(root(x))]


def _followable(node: Node) -> Call | None:
    """The native call of a matrix product that elementwise steps may follow."""
    if node.op.name not in ("matmul", "dense"):
        return None
    calls = native_calls(node.op, node.inputs, node.outputs, node.attrs)
    if calls is None or len(calls) != 1:
        return None
    _, batch, m, n, k, _, b_transposed, *_ = calls[0].p
    item = ITEMSIZE[node.outputs[0].dtype]
    packed = k * -(-n // PRODUCT_PANEL) * PRODUCT_PANEL * item
    fits = k <= PRODUCT_K and packed <= PRODUCT_PACKED and PRODUCT_TILE * n * item <= PRODUCT_CHUNK
    worth = m >= PRODUCT_ROWS and m * n >= PRODUCT_ELEMENTS and n > 1
    return calls[0] if batch == 1 and not b_transposed and fits and worth else None


def _order(units: Sequence[Unit], graph: Trace) -> list[Unit]:
    """Each unit after what it needs, in the order of their last calls in the trace, but for updates of variables.

    These run as soon as they can: a gradient is then used while it is in the cache, and its memory is free for the
    next. An update waits for all that read the variable's old value, so that it may be written in place.
    """
    place = {id(u): u.bit.bit_length() for u in units}
    waiting = sorted(units, key=lambda u: place[id(u)])
    present = 0
    for u in units:
        present |= u.bit
    old_readers = _readers_of_old_values(units, graph)
    done, ordered = 0, []

    def ready(u: Unit, needs: int) -> bool:
        return not (needs & present) & ~(done | u.bit)

    while waiting:
        chosen = next((u for u in waiting if id(u) in old_readers and ready(u, u.needs | old_readers[id(u)])), None)
        if chosen is None:
            chosen = next((u for u in waiting if ready(u, u.needs)), None)
        if chosen is None:
            raise RuntimeError("the units of a graph need each other in a circle")
        done |= chosen.bit
        ordered.append(chosen)
        waiting.remove(chosen)
    return ordered


def _readers_of_old_values(units: Sequence[Unit], graph: Trace) -> dict[int, int]:
    """For each unit (by id) that makes the new value of a variable: the bits of all that read an old one."""
    readers: dict[int, int] = {}
    for u in units:
        for node in u.nodes:
            for x in node.inputs:
                source = id(root(x))
                readers[source] = readers.get(source, 0) | u.bit
    makers = {id(y): u for u in units for node in u.nodes for y in node.outputs}
    found: dict[int, int] = {}
    for key, (_, value) in graph.assigned.items():
        unit = makers.get(id(root(value)))
        if unit is not None:
            old = readers.get(id(graph.reads[key][1]), 0) if key in graph.reads else 0
            found[id(unit)] = found.get(id(unit), 0) | old
    return found
