"""From a trace to a plan: the flat list of instructions that the runtime walks without Python."""

import numpy as np

from ckeras._kernels import capacity, level
from ckeras._kernels.plans import Plan as NativePlan
from ckeras.compiler import prologue
from ckeras.compiler.builder import Builder
from ckeras.compiler.dependencies import Reads
from ckeras.compiler.profile import Profile
from ckeras.compiler.rewrite import index_limits, rewrite
from ckeras.compiler.trace import Trace
from ckeras.tensor import Spec, Variable
from ckeras.tensor.dtypes import NUMPY


class Plan:
    """A compiled function for one signature. It is a value: `run` may be called from several threads at once.

    ``reads`` are the attributes on which it depends (`compiler.dependencies`).
    ``limits`` are the inputs that hold indices, as `rewrite.index_limits` gives them. ``nested`` is the plan of a
    branch or of a loop's body, in which `Carry`s may be read and assigned.
    """

    def __init__(self, graph: Trace, nested: bool = False):
        rewrite(graph, nested)
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
        builder = Builder(graph, nested, lambda body: Plan(body, nested=True))
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

    def profile(self, arrays: list[np.ndarray], repeats: int = 5) -> Profile:
        """Time each instruction on inputs as in `run`; assigned variables are restored afterwards."""
        kept = [variable.numpy() for variable in self.assigned]
        try:
            return Profile(self.instructions, self.native.profile(arrays, repeats))
        finally:
            for variable, value in zip(self.assigned, kept, strict=True):
                variable.assign(value)
