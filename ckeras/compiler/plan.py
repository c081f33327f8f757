"""From a trace to a plan: the flat list of instructions that the runtime walks without Python."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ckeras._kernels import capacity, level
from ckeras._kernels.plans import Plan as NativePlan
from ckeras.compiler import cost, prologue
from ckeras.compiler.dependencies import Reads
from ckeras.compiler.fuse import Unit, group, root
from ckeras.compiler.memory import aligned, allocate
from ckeras.compiler.pattern import constant_value
from ckeras.compiler.rewrite import index_limits, rewrite
from ckeras.compiler.trace import Node, Trace
from ckeras.tensor import Spec, Tensor, TracedTensor, Variable, dtypes
from ckeras.tensor.dtypes import ITEMSIZE, NUMPY
from ckeras.tensor.eager import native_calls, python_results, workspace_of
from ckeras.tensor.program import Program

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


class Carry:
    """An input of a loop body's plan that is also one of its results, updated in place."""

    def __init__(self, x: Tensor):
        self.shape, self.dtype = x.shape, x.dtype


class Plan:
    """A compiled function for one signature. It is a value: `run` may be called from several threads at once.

    ``reads`` are the attributes on which it depends (`compiler.dependencies`).
    ``limits`` are the inputs that hold indices, as `rewrite.index_limits` gives them. ``nested`` is the plan of a
    branch or of a loop's body, in which `Carry`s may be read and assigned.
    """

    def __init__(self, graph: Trace, nested: bool = False):
        rewrite(graph)
        self.limits = index_limits(graph)
        before, kept = (None, []) if nested else prologue.cut(graph)
        self.kept_bytes = sum(value._array.nbytes for value in kept)
        self.prologue = None if before is None else Plan.of_rewritten(before)
        self._compile(graph, nested)

    @classmethod
    def of_rewritten(cls, graph: Trace) -> "Plan":
        """The plan of a graph that is simplified already and has no prologue of its own."""
        plan = cls.__new__(cls)
        plan.limits, plan.kept_bytes, plan.prologue = [], 0, None
        plan._compile(graph, nested=False)
        return plan

    def _compile(self, graph: Trace, nested: bool) -> None:
        builder = _Builder(graph, nested)
        self.instructions = builder.instructions
        self.arena_bytes = builder.arena_bytes
        capacity.require(self.arena_bytes, f"a compiled step of {len(self.instructions)} instructions")
        self.input_specs = [Spec(x.shape, x.dtype) for x in graph.inputs]
        self.input_dtypes = [NUMPY[x.dtype] for x in graph.inputs]
        self.output_specs = [Spec(x.shape, x.dtype) for x in graph.outputs]
        ahead = self.prologue.variables if self.prologue else []
        self.variables = list(dict.fromkeys([*builder.variables, *ahead]))
        self.size = builder.size + self.kept_bytes + (self.prologue.size if self.prologue else 0)
        self.reads: Reads | None = None
        self.assigned = [v for v, _ in graph.assigned.values() if isinstance(v, Variable)]
        self.native = NativePlan(
            level,
            [
                (*i[:6], tuple((plan.native, offset) for plan, offset in zip(i.plans, i.offsets, strict=True)))
                for i in self.instructions
            ],
            builder.slots,
            [(s.shape, NUMPY[s.dtype]) for s in builder.specs],
            builder.input_slots,
            builder.output_slots,
            self.arena_bytes,
            self.assigned,
            self.prologue and self.prologue.native,
            tuple(ahead),
        )

    def run(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """Run the plan on contiguous inputs of its shapes and dtypes; return the outputs."""
        return self.native.run(arrays)

    @property
    def python_instructions(self) -> int:
        """Number of instructions that call Python, including those of branches and loop bodies."""
        return sum((i.function is not None) + sum(p.python_instructions for p in i.plans) for i in self.instructions)

    def __str__(self) -> str:
        lines = [
            f"plan: {len(self.instructions)} instructions, {self.python_instructions} in Python, "
            f"arena {self.arena_bytes:,} bytes"
        ]
        if self.prologue:
            lines.append(f"prologue, of which {self.kept_bytes:,} bytes are kept until a variable changes:")
            lines += [f"      {line}" for line in str(self.prologue).splitlines()]
        for number, i in enumerate(self.instructions):
            shapes = " ".join("x".join(map(str, s)) or "()" for s in i.shapes)
            lines.append(f"{number:4d}  {i.name:<26} {i.bytes:>12,} B  {shapes:<40} {i.label}")
            lines += [f"      {line}" for plan in i.plans for line in str(plan).splitlines()]
        return "\n".join(lines)

    def profile(self, arrays: list[np.ndarray], repeats: int = 5) -> "Profile":
        """Time each instruction on inputs as in `run`; assigned variables are restored afterwards."""
        kept = [variable.numpy() for variable in self.assigned]
        try:
            return Profile(self, self.native.profile(arrays, repeats))
        finally:
            for variable, value in zip(self.assigned, kept, strict=True):
                variable.assign(value)


class Profile:
    """Seconds, flops and bytes of each instruction of a plan; prints itself as a table."""

    def __init__(self, plan: Plan, seconds: list[float]):
        self.instructions = plan.instructions
        self.seconds = seconds

    def __str__(self) -> str:
        total = sum(self.seconds) or 1e-12
        lines = [f"{'':>4}  {'kernel':<26} {'us':>9} {'share':>6} {'GF/s':>8} {'GB/s':>8} {'bytes':>13}  shapes, ops"]
        for number, (i, t) in enumerate(zip(self.instructions, self.seconds, strict=True)):
            shapes = " ".join("x".join(map(str, s)) or "()" for s in i.shapes)
            t = max(t, 1e-9)
            lines.append(
                f"{number:4d}  {i.name:<26} {t * 1e6:9.2f} {t / total:6.1%} {i.flops / t / 1e9:8.1f} "
                f"{i.bytes / t / 1e9:8.1f} {i.bytes:13,}  {shapes}  {i.label}"
            )
        flops, moved = sum(i.flops for i in self.instructions), sum(i.bytes for i in self.instructions)
        lines.append(
            f"{'':>4}  {'total':<26} {total * 1e6:9.2f} {1:6.1%} {flops / total / 1e9:8.1f} "
            f"{moved / total / 1e9:8.1f} {moved:13,}"
        )
        return "\n".join(lines)


class _Builder:
    """Assigns slots, decides which values live in variables, and makes the instructions."""

    def __init__(self, graph: Trace, nested: bool):
        self.slots: list[tuple[Any, ...]] = []
        self.specs: list[Spec] = []
        self.instructions: list[Instruction] = []
        self.variables = [variable for variable, _ in graph.reads.values() if isinstance(variable, Variable)]
        self._slot: dict[int, int] = {}  # by id of a root value
        self._keep: list[Any] = []
        self._constant_bytes = 0
        self._fixed_values = {id(x): variable for variable, x in graph.reads.values()}
        _copy_entangled(graph)
        units = group(graph)
        self._nested = {id(u): _NestedPlans(u.nodes[0]) for u in units if u.nodes[0].op.nested}
        position = {id(y): i for i, u in enumerate(units) for node in u.nodes for y in node.outputs}
        last = self._last_uses(graph, units)

        reserved = 0
        self.input_slots = []
        for number, x in enumerate(graph.inputs):
            self.input_slots.append(self._new(x, ("input", number, reserved)))
            if not nested:
                reserved += aligned(_nbytes(x))
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
        inner = _inside_groups(graph, units)
        arena = [
            (id(y), _nbytes(y), position[id(y)], last.get(id(y), position[id(y)]))
            for u in units
            for node in u.nodes
            for y in node.outputs
            if id(y) not in self._slot and id(y) not in inner
        ]
        arena += [
            (id(u), self._nested[id(u)].arena_bytes, at, at) for at, u in enumerate(units) if id(u) in self._nested
        ]
        self._workspaces = {id(u): sizes for u in units if (sizes := _workspaces(u))}
        arena += [
            ((id(u), number), size, at, at)
            for at, u in enumerate(units)
            for number, size in enumerate(self._workspaces.get(id(u), ()))
        ]
        offsets, self.arena_bytes = allocate(arena, reserved)
        for u in units:
            for node in u.nodes:
                for y in node.outputs:
                    if id(y) in offsets:
                        self._new(y, ("arena", offsets[id(y)]))
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
                self.arena_bytes += aligned(_nbytes(x))
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
        if not units[at].fused:
            return _donates(units[at].nodes[0], old, value)
        # The group itself reads the old value element by element, so it may overwrite it.
        return all(
            math.prod(x.shape) == units[at].size and node.op.elementwise
            for node in units[at].nodes
            for x in node.inputs
            if root(x) is old
        )

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
        moved = sum(_spec_bytes(self.specs[s]) for s in buffers)
        p = (len(out_specs),)
        self.instructions.append(Instruction(None, function, tuple(buffers), p, (), op.name, shapes_shown, 0, moved))

    def _run_nested(self, unit: Unit, offset: int) -> None:
        """Add the instruction of a branch or a loop, with its outputs, inputs and nested plans."""
        node, nested = unit.nodes[0], self._nested[id(unit)]
        operands = (*(self._slot[id(y)] for y in node.outputs), *(self._read(x) for x in node.inputs))
        shapes = tuple(self.specs[s].shape for s in operands[:4])
        moved = sum(_spec_bytes(self.specs[s]) for s in operands)
        rounds = max(node.attrs.get("length", 1), 1)
        flops = rounds * max(sum(i.flops for i in plan.instructions) for plan in nested.plans)
        offsets = tuple(offset + inside for inside in nested.offsets)
        self.instructions.append(
            Instruction(None, None, operands, nested.p, (), node.op.name, shapes, flops, moved, nested.plans, offsets)
        )

    def _fused(self, unit: Unit, inner: set[int]) -> None:
        program = Program(unit.space)
        register: dict[int, int] = {}
        operands: list[Tensor] = []
        reads: dict[Any, list[int]] = {}  # registers by the memory from which they are read
        product = unit.nodes[0].outputs[0] if unit.product else None
        steps = unit.nodes[1:] if unit.product else unit.nodes

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
                register[key] = program.constant(value, source.dtype)
                return register[key]
            spec = Spec(x.shape, x.dtype)
            register[key] = program.read(len(operands), spec)
            operands.append(x)
            if source is not product:
                reads.setdefault(self._memory(self._read(source)), []).append(register[key])
            return register[key]

        last_read: dict[int, int] = {}
        made_at: dict[int, int] = {}
        for number, node in enumerate(steps):
            sources = [load(x) for x in node.inputs]
            for r in sources:
                last_read[r] = number
            y = node.outputs[0]
            code = node.op.opcode(node.inputs, y)
            register[id(y)] = program.step(code, sources, y.dtype)
            made_at[id(y)] = number
        outputs = [node.outputs[0] for node in steps if id(node.outputs[0]) not in inner]
        for i, y in enumerate(outputs):
            memory = self._memory(self._slot[id(y)])
            late = any(last_read[r] > made_at[id(y)] for r in reads.get(memory, ()))
            program.write(i, register[id(y)], y.dtype, direct=not late)
        p, f, order = program.encode()
        sources = [root(operands[i]) for i in order]
        buffers = [self._slot[id(y)] for y in outputs] + [self._read(x) for x in sources if x is not product]
        label = "+".join(node.op.name for node in unit.nodes)
        work = cost.of_map(unit.size, len(steps), [self.specs[s] for s in buffers])
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
        self._emit("copy", (target, self._read(value)), p, (), "assign", (0, 2 * _spec_bytes(spec)))


class _NestedPlans:
    """The plans that a branch or a loop runs, with the parameters of the instruction and the workspace they need."""

    def __init__(self, node: Node):
        outputs = [Spec(y.shape, y.dtype) for y in node.outputs]
        nested = node.op.nested([Spec(x.shape, x.dtype) for x in node.inputs], outputs, node.attrs)
        branch = nested.kind == "branch"
        self.p = (0, len(outputs), *nested.p) if branch else (1, *nested.p)
        plans, offsets, self.arena_bytes = [], [], 0
        for number, body in enumerate(nested.bodies):
            graph = body.copy().graph
            if number == 0 and not branch:
                _update_in_place(graph, nested.carries, nested.rows)
            plan = Plan(graph, nested=True)
            plans.append(plan)
            # Of several branches one is run; a loop's body and its test take turns.
            offsets.append(0 if branch else self.arena_bytes)
            self.arena_bytes = max(self.arena_bytes, offsets[-1] + plan.arena_bytes)
        self.plans, self.offsets = tuple(plans), tuple(offsets)


def _update_in_place(graph: Trace, carries: int, rows: Sequence[int]) -> None:
    """Write the first outputs of a loop's body in place of its carries, which follow the first input.

    Other outputs that are unchanged carries are copied by the loop before it runs the body.
    """
    for x, y in zip(graph.inputs[1 : 1 + carries], graph.outputs, strict=False):
        carry = Carry(x)
        graph.reads[id(carry)] = (carry, x)
        if y is not x:
            graph.assigned[id(carry)] = (carry, y)
    graph.outputs = [y for y, row in zip(graph.outputs[carries:], rows, strict=True) if row < 0]


def _copy_entangled(graph: Trace) -> None:
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


def _donates(node: Node, old: Tensor, value: Tensor) -> bool:
    """Whether ``node`` may write ``value`` into the memory of ``old``, which nothing reads afterwards."""
    number = next(i for i, y in enumerate(node.outputs) if y is value)
    donor = node.op.donates.get(number)
    reads = [i for i, x in enumerate(node.inputs) if root(x) is old]
    return donor is not None and reads == [donor]


def _workspaces(unit: Unit) -> Sequence[int]:
    """Bytes of the scratch buffers of a unit."""
    node = unit.nodes[0]
    if unit.fused or node.op.nested or not node.op.workspace:
        return ()
    return workspace_of(node.op, node.inputs, node.outputs, node.attrs)


def _inside_groups(graph: Trace, units: list[Unit]) -> set[int]:
    """Values that only their own group reads; they need no memory."""
    outside = {id(root(x)) for x in [*graph.outputs, *(value for _, value in graph.assigned.values())]}
    for u in units:
        # A group reads its own values in registers.
        outside |= u.sources.difference(id(node.outputs[0]) for node in u.nodes) if u.fused else u.sources
    return {id(node.outputs[0]) for u in units if u.fused for node in u.nodes} - outside


def _nbytes(x: Tensor) -> int:
    return math.prod(x.shape) * ITEMSIZE[x.dtype]


def _spec_bytes(spec: Spec) -> int:
    return math.prod(spec.shape) * dtypes.ITEMSIZE[spec.dtype]
