"""Fusion of elementwise calls into kernels that pass over memory once, and scheduling.

A unit becomes one instruction (or several, for a call of several kernels): a single call, or a group of elementwise
calls over the same number of elements, which may follow a matrix product. Two units may be merged if neither depends on
the other through a third. The run time is linear in the number of calls, up to logarithms.
"""

import heapq
import math
from collections.abc import Collection, Iterable, Sequence
from types import SimpleNamespace

from ckeras._kernels import codes, constants
from ckeras.compiler.order import Order, Vertex, find
from ckeras.compiler.trace import Node, Trace, has_effect
from ckeras.tensor import Tensor, TracedTensor
from ckeras.tensor.dtypes import ITEMSIZE
from ckeras.tensor.eager import Call, native_calls

MAX_INSTRUCTIONS, MAX_OPERANDS = constants["MAP_MAX_INSTRUCTIONS"], constants["MAP_MAX_OPERANDS"]
_PRODUCT = SimpleNamespace(**codes("product"))  # bounds of a product with elementwise instructions (gemm_map.c)


def root(x: Tensor) -> Tensor:
    """The value that owns the memory of ``x``: ``x`` itself, or the base of the view ``x``."""
    while type(x) is TracedTensor and x.node is not None and x.node.op.alias:
        x = x.node.inputs[0]
    return x


class Unit(Vertex):
    """One or more calls that run together; ``shape`` is the index space of a group that broadcasts, else `None`.

    The calls of a group are elementwise, but for the first if there is a ``product``: the native call of a matrix
    product, which this node is. ``sources`` are the values it reads, by id, its own included; ``last`` is the number
    of its last call in the trace.
    """

    __slots__ = ("fused", "last", "nodes", "product", "shape", "size", "sources")

    def __init__(self, node: Node, number: int, fused: bool, sources: Iterable[Tensor]):
        super().__init__(number)
        self.nodes = [node]
        self.last = number
        self.fused = fused
        self.product: Call | None = None
        self.sources = {id(x) for x in sources}
        self.size = math.prod(node.outputs[0].shape)
        self.shape = node.outputs[0].shape if fused and not _flat(node, self.size) else None

    @property
    def space(self) -> tuple[int, ...]:
        """Return the index space of a group."""
        return self.nodes[0].outputs[0].shape if self.shape is None else self.shape


def _flat(node: Node, size: int) -> bool:
    """Whether each operand is full-sized or a single element, so that only the number of elements matters."""
    shape = node.outputs[0].shape
    return all(x.shape == shape or math.prod(x.shape) in (1, size) for x in node.inputs)


def _fusable(node: Node) -> bool:
    return node.op.elementwise and node.op.opcode(node.inputs, node.outputs[0]) is not None


def group(graph: Trace) -> list[Unit]:
    """Group the calls of a graph into units; return them in execution order."""
    order = Order()
    unit_of: dict[int, Unit] = {}  # by id of a root value, before any merging
    readers: dict[int, Unit] = {}  # the last group to read a value
    effect: Unit | None = None  # the last call with an effect
    for number, node in enumerate(graph.nodes):
        if node.op.alias:
            continue
        sources = [root(x) for x in node.inputs]
        unit = Unit(node, number, _fusable(node), sources)
        makers = [unit_of[id(x)] for x in sources if id(x) in unit_of]
        if has_effect(node):
            makers += [effect] if effect is not None else []
            effect = unit
        order.append(unit, makers)
        for y in node.outputs:
            unit_of[id(y)] = unit
        if unit.fused:
            partners = list(dict.fromkeys(map(find, makers)))
            partners += [readers[id(x)] for x in sources if id(x) in readers and math.prod(x.shape) > 1]
            for partner in map(find, reversed(partners)):
                if partner is not unit and _may_join(partner, unit) and order.merge(partner, unit):
                    _join(partner, unit)
                    unit = partner
            for x in sources:
                readers[id(x)] = unit
    _join_products(order)
    units = list(order)
    for u in units:
        u.nodes = [member.nodes[0] for member in sorted(u.members, key=lambda m: (not u.product or m.fused, m.number))]
    return _scheduled(units, graph)


def _may_join(a: Unit, b: Unit) -> bool:
    """Whether one kernel can compute both units; the `Order` checks dependencies through other units."""
    return (
        a.fused
        and a.size == b.size
        and (a.shape is None or b.shape is None or a.shape == b.shape)
        and len(a.members) + len(b.members) <= MAX_INSTRUCTIONS
        and len(a.sources) + len(b.sources) + 2 <= MAX_OPERANDS
    )


def _join(a: Unit, b: Unit) -> None:
    """Merge ``b`` into ``a``."""
    a.shape = a.shape if a.shape is not None else b.shape
    a.sources |= b.sources
    a.last = max(a.last, b.last)


def _join_products(order: Order) -> None:
    """Append groups to the matrix products that they read element by element."""
    maker = {id(y): u for u in order if not u.fused for y in u.nodes[0].outputs}
    for unit in sorted((u for u in order if u.fused and u.shape is None), key=lambda u: u.number):
        for x in [x for member in unit.members for x in member.nodes[0].inputs]:
            made = maker.get(id(root(x)))
            if made is None or unit.product is not None:
                continue
            product = _followable(made.nodes[0])
            if product is not None and order.merge(unit, made):
                _join(unit, made)
                unit.product = product
                del maker[id(root(x))]


def _followable(node: Node) -> Call | None:
    """The native call of a matrix product that elementwise instructions may follow."""
    if node.op.name not in ("matmul", "dense", "packed_dense"):
        return None
    calls = native_calls(node.op, node.inputs, node.outputs, node.attrs)
    if calls is None or len(calls) != 1:
        return None
    _, batch, m, n, k, _, b_transposed, *_ = calls[0].p
    item = ITEMSIZE[node.outputs[0].dtype]
    packed = k * -(-n // _PRODUCT.panel) * _PRODUCT.panel * item
    chunk = _PRODUCT.tile * n * item
    fits = k <= _PRODUCT.max_k and packed <= _PRODUCT.max_packed and chunk <= _PRODUCT.max_chunk
    worth = m >= _PRODUCT.min_rows and m * n >= _PRODUCT.min_elements and n > 1
    return calls[0] if batch == 1 and b_transposed != 1 and fits and worth else None


def _scheduled(units: Sequence[Unit], graph: Trace) -> list[Unit]:
    """Units in topological order, by their last calls in the trace except for updates of variables.

    Updates run as early as possible: a gradient is then used while it is in the cache, and its memory can be reused. An
    update waits for all units that read the variable's old value, so that it can be written in place.
    """
    needs = {u: {find(maker) for maker in u.makers} - {u} for u in units}
    updates = {u: needs[u] | readers for u, readers in _readers_of_old_values(units, graph).items()}
    possible = _Ready(needs, later=updates.keys())
    at_once = _Ready(updates)  # updates that can be written in place
    done: set[Unit] = set()
    ordered = []
    while len(ordered) < len(units):
        u = at_once.pop(done) or possible.pop(done)
        if u is None:
            raise RuntimeError("the units of a graph form a dependency cycle")
        done.add(u)
        ordered.append(u)
        possible.finish(u)
        at_once.finish(u)
    return ordered


class _Ready:
    """Heap of the units whose ``needs`` are all finished, ordered by their last calls in the trace.

    Units in ``later`` come after all other ready ones.
    """

    def __init__(self, needs: dict[Unit, set[Unit]], later: Collection[Unit] = ()):
        self._later = later
        self._missing = {u: len(needed) for u, needed in needs.items()}
        self._awaited_by: dict[Unit, list[Unit]] = {}
        for u, needed in needs.items():
            for other in needed:
                self._awaited_by.setdefault(other, []).append(u)
        self._heap = [self._entry(u) for u, missing in self._missing.items() if not missing]
        heapq.heapify(self._heap)

    def _entry(self, u: Unit) -> tuple[bool, int, int, Unit]:
        return (u in self._later, u.last, u.number, u)

    def pop(self, done: set[Unit]) -> Unit | None:
        """Return the first ready unit that is not yet ``done``."""
        while self._heap:
            u = heapq.heappop(self._heap)[-1]
            if u not in done:
                return u
        return None

    def finish(self, u: Unit) -> None:
        """Mark ``u`` as done."""
        for other in self._awaited_by.get(u, ()):
            self._missing[other] -= 1
            if not self._missing[other]:
                heapq.heappush(self._heap, self._entry(other))


def _readers_of_old_values(units: Sequence[Unit], graph: Trace) -> dict[Unit, set[Unit]]:
    """For each unit that computes a new value of a variable: the other units that read the old value."""
    readers: dict[int, set[Unit]] = {id(x): set() for _, x in graph.reads.values()}
    makers: dict[int, Unit] = {}
    for u in units:
        for source in u.sources & readers.keys():
            readers[source].add(u)
        makers.update((id(y), u) for node in u.nodes for y in node.outputs)
    found: dict[Unit, set[Unit]] = {}
    for key, (_, value) in graph.assigned.items():
        unit = makers.get(id(root(value)))
        if unit is not None:
            old = readers[id(graph.reads[key][1])] if key in graph.reads else set()
            found[unit] = (found.get(unit, set()) | old) - {unit}
    return found
