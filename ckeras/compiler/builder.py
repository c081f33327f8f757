"""Builder of the instructions of a plan: slots of values, their offsets in the arena, kernels and parameters."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ckeras.compiler import cost
from ckeras.compiler.assignment import Carry, copy_entangled, donates, update_in_place
from ckeras.compiler.fuse import Unit, group, root
from ckeras.compiler.memory import aligned, allocate
from ckeras.compiler.pattern import constant_value
from ckeras.compiler.trace import Node, Trace
from ckeras.tensor import Spec, Tensor, Variable
from ckeras.tensor.dtypes import ITEMSIZE
from ckeras.tensor.eager import native_calls, python_results, workspace_of
from ckeras.tensor.fused_kernel import FusedKernel

if TYPE_CHECKING:
    from ckeras.compiler.plan import Plan

_CONSTANTS = ("float32", "float64", "int32", "bool")
_PLAN_BYTES, _INSTRUCTION_BYTES = 4096, 2048  # as tracemalloc measures the objects of small and large plans


class Instruction(NamedTuple):
    """One kernel with its buffers (slot numbers, outputs first), or a Python function."""

    kernel: str | None
    function: Callable[..., None] | None
    operands: tuple[int, ...]
    p: tuple[int, ...]
    f: tuple[float, ...]
    label: str
    shapes: tuple[tuple[int, ...], ...]
    flops: int
    bytes: int
    plans: tuple["Plan", ...] = ()  # that it runs
    offsets: tuple[int, ...] = ()  # of their arenas in that of the plan around them

    @property
    def name(self) -> str:
        """The name in a listing."""
        return self.kernel or (self.label if self.plans else "python")


class Builder:
    """Assigns slots, decides which values live in variables, and makes the instructions."""

    def __init__(self, graph: Trace, nested: bool, nested_plan: Callable[[Trace], "Plan"]):
        self.slots: list[tuple[Any, ...]] = []
        self.specs: list[Spec] = []
        self.instructions: list[Instruction] = []
        self.variables = [variable for variable, _ in graph.reads.values() if isinstance(variable, Variable)]
        self.input_slots: list[int] = []
        self.arena_bytes = 0
        self._slot: dict[int, int] = {}  # by id of a root value
        self._keep: list[Any] = []
        self._constant_bytes = 0
        copy_entangled(graph)
        units = group(graph)
        self._nested = {id(u): _NestedPlans(u.nodes[0], nested_plan) for u in units if u.nodes[0].op.nested}
        self._workspaces = {id(u): sizes for u in units if (sizes := _workspaces(u))}
        position = {id(y): i for i, u in enumerate(units) for node in u.nodes for y in node.outputs}
        last = self._last_uses(graph, units)
        inner = _inside_groups(graph, units)
        self._add_inputs(graph, nested)
        copies = self._add_variables(graph, units, position, last)
        offsets = self._allocate(units, position, last, inner)
        for u in units:
            if u.fused:
                self._fused(u, inner)
            elif id(u) in self._nested:
                self._run_nested(u, offsets[id(u)])
            else:
                self._single(u.nodes[0], [offsets[id(u), i] for i in range(len(self._workspaces.get(id(u), ())))])
        for variable, value in copies:
            self._store(variable, value, graph)
        if nested and any(i.function is not None for i in self.instructions):
            for number, x in enumerate(graph.inputs):  # Python reads the inputs at addresses of their own
                self.slots[self.input_slots[number]] = ("input", number, self.arena_bytes)
                self.arena_bytes += aligned(cost.nbytes([x]))
        self.output_slots = [self._read(x) for x in graph.outputs]

    @property
    def size(self) -> int:
        """Bytes that the plan takes, an estimate: its tables and constants, but neither variables nor the arena."""
        tables = sum(_INSTRUCTION_BYTES + 16 * len(i.p) for i in self.instructions)
        nested = sum(plan.size for i in self.instructions for plan in i.plans)
        return _PLAN_BYTES + tables + nested + self._constant_bytes

    # -- slots

    def _new(self, value: Tensor | None, slot: tuple[Any, ...], spec: Spec | None = None) -> int:
        self.slots.append(slot)
        self.specs.append(spec or Spec(value.shape, value.dtype))
        if value is not None:
            self._slot[id(value)] = len(self.slots) - 1
            self._keep.append(value)
        return len(self.slots) - 1

    def _add_inputs(self, graph: Trace, nested: bool) -> None:
        """Add slots of the inputs, at the beginning of the arena unless an outer plan has their memory."""
        for number, x in enumerate(graph.inputs):
            self.input_slots.append(self._new(x, ("input", number, self.arena_bytes)))
            if not nested:
                self.arena_bytes += aligned(cost.nbytes([x]))

    def _add_variables(
        self, graph: Trace, units: list[Unit], position: dict[int, int], last: dict[int, int]
    ) -> list[tuple[Variable | Carry, Tensor]]:
        """Add slots of variables; return the assigned ones whose new values must be copied at the end."""
        for variable, x in graph.reads.values():
            if not isinstance(variable, Carry):
                self._new(x, ("fixed", variable._array))
        copies = []
        for variable, value in graph.assigned.values():
            target = root(value)
            if not self._in_place(variable, target, graph, units, position, last):
                copies.append((variable, value))
            elif isinstance(variable, Carry):
                self._slot[id(target)] = self._slot[id(graph.reads[id(variable)][1])]
            else:
                self._new(target, ("fixed", variable._array))
        return copies

    def _allocate(
        self, units: list[Unit], position: dict[int, int], last: dict[int, int], inner: set[int]
    ) -> dict[Any, int]:
        """Allocate values, arenas of nested plans and workspaces in the arena; return their offsets."""
        values = [y for u in units for node in u.nodes for y in node.outputs]
        values = [y for y in values if id(y) not in self._slot and id(y) not in inner]
        home = _homes(values, units, position, last)
        spans: dict[Any, tuple[int, int, int]] = {}  # bytes, first and last use
        for y in values:
            size, first, _ = spans.get(home[id(y)], (cost.nbytes([y]), position[id(y)], 0))
            spans[home[id(y)]] = (size, first, last.get(id(y), position[id(y)]))
        arena = [(key, *span) for key, span in spans.items()]
        for at, u in enumerate(units):
            if id(u) in self._nested:
                arena.append((id(u), self._nested[id(u)].arena_bytes, at, at))
        for at, u in enumerate(units):
            for number, size in enumerate(self._workspaces.get(id(u), ())):
                arena.append(((id(u), number), size, at, at))
        offsets, self.arena_bytes = allocate(arena, self.arena_bytes)
        for y in values:
            self._new(y, ("arena", offsets[home[id(y)]]))
        return offsets

    def _read(self, x: Tensor) -> int:
        """The slot from which ``x`` is read in its shape."""
        source = root(x)
        slot = self._slot.get(id(source))
        if slot is None:  # a known value
            # Memory of a variable or a user may change, so the plan copies the current value.
            array = source._array.copy() if source._borrowed else source._array
            self._constant_bytes += array.nbytes
            slot = self._new(source, ("fixed", array))
        if source is x or source.shape == x.shape:
            return slot
        view = self._slot.get(id(x))
        if view is None:
            view = self._new(x, self.slots[slot])
        # The runtime sets the address of an input in its slot; a view of the input must use the same slot.
        return slot if self.slots[slot][0] == "input" else view

    # -- liveness

    def _last_uses(self, graph: Trace, units: list[Unit]) -> dict[int, int]:
        last: dict[int, int] = {}
        for i, u in enumerate(units):
            last.update(dict.fromkeys(u.sources, i))
        for x in [*graph.outputs, *(value for _, value in graph.assigned.values())]:
            last[id(root(x))] = len(units)
        return last

    def _in_place(
        self, variable: Variable, value: Tensor, graph: Trace, units: list[Unit], position: dict[int, int], last: Any
    ) -> bool:
        """Whether the call that computes ``value`` may write it directly into the variable's memory."""
        if id(value) not in position or id(value) in self._slot or value.dtype != variable.dtype:
            return False
        at = position[id(value)]
        if id(variable) not in graph.reads:
            return True
        old = graph.reads[id(variable)][1]
        if last.get(id(old), -1) < at:
            return True
        if last[id(old)] > at:
            return False
        return _may_overwrite(units[at], old, value)

    # -- instructions

    def _emit(self, kernel: str, operands: Any, p: Any, f: Any, label: str, work: tuple[int, int]) -> None:
        shapes = tuple(self.specs[s].shape for s in operands[:4])
        self.instructions.append(Instruction(kernel, None, tuple(operands), p, f, label, shapes, *work))

    def _single(self, node: Node, workspaces: Sequence[int]) -> None:
        outputs = [self._slot[id(y)] for y in node.outputs]
        inputs = [self._read(x) for x in node.inputs]
        specs = [Spec(x.shape, x.dtype) for x in node.inputs]
        out_specs = [Spec(y.shape, y.dtype) for y in node.outputs]
        calls = native_calls(node.op, specs, out_specs, node.attrs)
        buffers = outputs + inputs
        if calls is None:
            self._python(node, buffers, out_specs)
            return
        sizes = workspace_of(node.op, specs, out_specs, node.attrs)
        buffers += [
            self._new(None, ("arena", offset), Spec((size,), "uint8"))
            for offset, size in zip(workspaces, sizes, strict=True)
        ]
        for call in calls:
            operands = [buffers[i] for i in call.operands]
            if call.kernel == "copy" and self._memory(operands[0]) == self._memory(operands[1]):
                continue  # the input was donated
            work = cost.of_call(call, [self.specs[s] for s in operands])
            self._emit(call.kernel, operands, call.p, call.f, node.op.name, work)

    def _python(self, node: Node, buffers: list[int], out_specs: list[Spec]) -> None:
        op, attrs = node.op, node.attrs
        shapes = [x.shape for x in node.inputs]

        def function(outs: list[np.ndarray], ins: list[np.ndarray]) -> None:
            arrays = [x.reshape(shape) for x, shape in zip(ins, shapes, strict=True)]
            for out, result in zip(outs, python_results(op, arrays, out_specs, attrs), strict=True):
                out[...] = result

        shapes_shown = tuple(self.specs[s].shape for s in buffers[:4])
        moved = cost.nbytes([self.specs[s] for s in buffers])
        p = (len(out_specs),)
        self.instructions.append(Instruction(None, function, tuple(buffers), p, (), op.name, shapes_shown, 0, moved))

    def _run_nested(self, unit: Unit, offset: int) -> None:
        """Add the instruction of a branch or a loop, with its outputs, inputs and nested plans."""
        node, nested = unit.nodes[0], self._nested[id(unit)]
        operands = (*(self._slot[id(y)] for y in node.outputs), *(self._read(x) for x in node.inputs))
        shapes = tuple(self.specs[s].shape for s in operands[:4])
        moved = cost.nbytes([self.specs[s] for s in operands])
        rounds = max(node.attrs.get("length", 1), 1)
        flops = rounds * max(sum(i.flops for i in plan.instructions) for plan in nested.plans)
        offsets = tuple(offset + inside for inside in nested.offsets)
        self.instructions.append(
            Instruction(None, None, operands, nested.p, (), node.op.name, shapes, flops, moved, nested.plans, offsets)
        )

    def _fused(self, unit: Unit, inner: set[int]) -> None:
        kernel = FusedKernel(unit.space)
        register: dict[int, int] = {}
        operands: list[Tensor] = []
        reads: dict[Any, list[int]] = {}  # registers by the memory from which they are read
        product = unit.nodes[0].outputs[0] if unit.product else None
        nodes = unit.nodes[1:] if unit.product else unit.nodes

        def load(x: Tensor) -> int:
            source = root(x)
            if id(source) in register:
                return register[id(source)]
            # Views of one value may be read along different axes, so they are different registers.
            key = id(source) if math.prod(x.shape) == unit.size else (id(source), x.shape)
            if key in register:
                return register[key]
            value = constant_value(source) if source.dtype in _CONSTANTS else None
            if value is not None:
                register[key] = kernel.constant(value, source.dtype)
                return register[key]
            spec = Spec(x.shape, x.dtype)
            register[key] = kernel.read(len(operands), spec)
            operands.append(x)
            if source is not product:
                reads.setdefault(self._memory(self._read(source)), []).append(register[key])
            return register[key]

        last_read: dict[int, int] = {}
        made_at: dict[int, int] = {}
        for number, node in enumerate(nodes):
            sources = [load(x) for x in node.inputs]
            for r in sources:
                last_read[r] = number
            y = node.outputs[0]
            code = node.op.opcode(node.inputs, y)
            register[id(y)] = kernel.instruction(code, sources, y.dtype)
            made_at[id(y)] = number
        outputs = [node.outputs[0] for node in nodes if id(node.outputs[0]) not in inner]
        for i, y in enumerate(outputs):
            memory = self._memory(self._slot[id(y)])
            late = any(last_read[r] > made_at[id(y)] for r in reads.get(memory, ()))
            kernel.write(i, register[id(y)], y.dtype, direct=not late)
        p, f, order = kernel.encode()
        sources = [root(operands[i]) for i in order]
        buffers = [self._slot[id(y)] for y in outputs] + [self._read(x) for x in sources if x is not product]
        label = "+".join(node.op.name for node in unit.nodes)
        work = cost.of_map(unit.size, len(nodes), [self.specs[s] for s in buffers])
        if product is None:
            self._emit("map", buffers, p, f, label, work)
            return
        factors = [self._read(x) for x in unit.nodes[0].inputs]
        kept = [self._slot[id(product)]] if id(product) not in inner else []
        flops, moved = cost.of_call(unit.product, [self.specs[s] for s in factors + kept])
        product_position = next(i for i, x in enumerate(sources) if x is product)
        p = (product_position, len(kept), *unit.product.p, *p)
        self._emit("gemm_map", buffers + factors + kept, p, f, label, (work[0] + flops, work[1] + moved))

    def _memory(self, slot: int) -> Any:
        kind, where, *_ = self.slots[slot]
        return (kind, id(where) if kind == "fixed" else where)

    def _store(self, variable: Variable | Carry, value: Tensor, graph: Trace) -> None:
        """Copy a value into a variable at the end of the plan."""
        spec = Spec(variable.shape, variable.dtype)
        if isinstance(variable, Carry):
            target = self._slot[id(graph.reads[id(variable)][1])]
        else:
            target = self._new(None, ("fixed", variable._array), spec)
        size = math.prod(variable.shape)
        p = (ITEMSIZE[variable.dtype], 1, 0, 0, size, 1, 1)
        self._emit("copy", (target, self._read(value)), p, (), "assign", (0, 2 * cost.nbytes([spec])))


class _NestedPlans:
    """The plans that a branch or a loop runs, with the parameters of the instruction and the workspace they need."""

    def __init__(self, node: Node, nested_plan: Callable[[Trace], "Plan"]):
        outputs = [Spec(y.shape, y.dtype) for y in node.outputs]
        nested = node.op.nested([Spec(x.shape, x.dtype) for x in node.inputs], outputs, node.attrs)
        branch = nested.kind == "branch"
        self.p = (0, len(outputs), *nested.p) if branch else (1, *nested.p)
        plans, offsets, self.arena_bytes = [], [], 0
        for number, body in enumerate(nested.bodies):
            graph = body.copy().graph
            if number == 0 and not branch:
                update_in_place(graph, nested.carries, nested.rows)
            plan = nested_plan(graph)
            plans.append(plan)
            # Of several branches one is run; a loop's body and its test take turns.
            offsets.append(0 if branch else self.arena_bytes)
            self.arena_bytes = max(self.arena_bytes, offsets[-1] + plan.arena_bytes)
        self.plans, self.offsets = tuple(plans), tuple(offsets)


def _workspaces(unit: Unit) -> Sequence[int]:
    """Bytes of the scratch buffers of a unit."""
    node = unit.nodes[0]
    if unit.fused or node.op.nested or not node.op.workspace:
        return ()
    return workspace_of(node.op, node.inputs, node.outputs, node.attrs)


def _may_overwrite(unit: Unit, old: Tensor, value: Tensor) -> bool:
    """Whether a unit may write ``value`` into the memory of ``old``, which nothing reads afterwards."""
    if not unit.fused:
        return donates(unit.nodes[0], old, value)
    # The group itself reads the old value element by element, so it may overwrite it.
    return all(
        math.prod(x.shape) == unit.size and node.op.elementwise
        for node in unit.nodes
        for x in node.inputs
        if root(x) is old
    )


def _homes(
    values: Sequence[Tensor], units: Sequence[Unit], position: dict[int, int], last: dict[int, int]
) -> dict[int, int]:
    """Id of a value -> id of the value whose memory it takes: its own, or that of an input that it may overwrite."""
    home: dict[int, int] = {}
    ending: dict[int, dict[int, Tensor]] = {}  # by unit, the values that it reads last and nothing has overwritten
    for y in values:
        at = position[id(y)]
        unit, size = units[at], cost.nbytes([y])
        found = None
        if unit.fused or unit.nodes[0].op.donates:
            of_size = (x for x in ending.get(at, {}).values() if cost.nbytes([x]) == size)
            found = next((x for x in of_size if _may_overwrite(unit, x, y)), None)
        home[id(y)] = id(y)
        if found is not None:
            home[id(y)] = home[id(found)]
            del ending[at][id(found)]
        end = last.get(id(y), at)
        if end > at:
            ending.setdefault(end, {})[id(y)] = y
    return home


def _inside_groups(graph: Trace, units: list[Unit]) -> set[int]:
    """Values that only their own group reads; they need no memory."""
    outside = {id(root(x)) for x in [*graph.outputs, *(value for _, value in graph.assigned.values())]}
    for u in units:
        # A group reads its own values in registers.
        outside |= u.sources.difference(id(node.outputs[0]) for node in u.nodes) if u.fused else u.sources
    return {id(node.outputs[0]) for u in units if u.fused for node in u.nodes} - outside
