"""Fused elementwise kernels: sequences of elementwise instructions, encoded for the interpreter in `map.c`."""

from collections.abc import Sequence

from ckeras._kernels import level
from ckeras.tensor.dtypes import CODE, ITEMSIZE
from ckeras.tensor.tensor import Spec

CONTIGUOUS, SCALAR, STRIDED = 0, 1, 2
_COSTS = list(level.costs.values())


def broadcast_strides(shape: Sequence[int], target: Sequence[int]) -> list[int]:
    """Element strides that broadcast a contiguous array of ``shape`` to the shape ``target``."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(0 if size == 1 else step)
        step *= size
    strides += [0] * (len(target) - len(strides))
    return strides[::-1]


def collapse(dims: Sequence[int], strides: Sequence[Sequence[int]]) -> tuple[list[int], list[list[int]]]:
    """Merge adjacent axes that are contiguous in every operand, and drop axes of size 1."""
    kept = [i for i, d in enumerate(dims) if d != 1]
    out_dims: list[int] = []
    out_strides: list[list[int]] = [[] for _ in strides]
    for i in kept:
        if out_dims and all(s[-1] == row[i] * dims[i] for s, row in zip(out_strides, strides, strict=True)):
            out_dims[-1] *= dims[i]
            for s, row in zip(out_strides, strides, strict=True):
                s[-1] = row[i]
        else:
            out_dims.append(dims[i])
            for s, row in zip(out_strides, strides, strict=True):
                s.append(row[i])
    if not out_dims:
        return [1], [[0] for _ in strides]
    return out_dims, out_strides


class FusedKernel:
    """Builder of a fused elementwise kernel over the index space ``shape``.

    `read`, `constant` and `instruction` return registers; `write` stores a register in an output.
    """

    def __init__(self, shape: Sequence[int]):
        self.shape = tuple(shape)
        self.size = 1
        for d in self.shape:
            self.size *= d
        self.inputs: list[tuple[int, int, Spec]] = []  # register, operand, spec
        self.constants: list[tuple[int, str, float]] = []
        self.instructions: list[tuple[int, int, list[int]]] = []
        self.outputs: list[tuple[int, int, str, bool]] = []  # register, operand, dtype, direct
        self.registers = 0
        self._unstored: set[int] = set()  # registers of instructions that no output stores yet

    def _register(self) -> int:
        self.registers += 1
        return self.registers - 1

    def read(self, operand: int, spec: Spec) -> int:
        """Register of an input buffer, broadcast to the index space."""
        register = self._register()
        self.inputs.append((register, operand, spec))
        return register

    def constant(self, value: float, dtype: str) -> int:
        """Register with a constant value."""
        register = self._register()
        self.constants.append((register, dtype, value))
        return register

    def instruction(self, opcode: int, operands: Sequence[int], dtype: str) -> int:
        """Add an instruction and return the register of its result."""
        register = self._register()
        self.instructions.append((opcode, register, list(operands)))
        self._unstored.add(register)
        return register

    def write(self, operand: int, register: int, dtype: str, direct: bool = True) -> None:
        """Store a register in an output buffer; not ``direct`` if the kernel still reads that buffer."""
        self.outputs.append((register, operand, dtype, direct and register in self._unstored))
        self._unstored.discard(register)

    def encode(self) -> tuple[tuple[int, ...], tuple[float, ...], list[int]]:
        """Return (p, f, input operands in order), the encoding for the kernel."""
        strides = [broadcast_strides(spec.shape, self.shape) for _, _, spec in self.inputs]
        full = broadcast_strides(self.shape, self.shape)
        kinds = []
        for _, _, spec in self.inputs:
            size = 1
            for d in spec.shape:
                size *= d
            kinds.append(CONTIGUOUS if size == self.size else SCALAR if size == 1 else STRIDED)
        if STRIDED not in kinds:
            dims = [self.size]
            walks = [[1] for _ in self.inputs]
        else:
            # The contiguous index space takes part, so that axes are merged only where the flat index is contiguous.
            dims, walks = collapse(
                self.shape, [full, *(s for s, k in zip(strides, kinds, strict=True) if k == STRIDED)]
            )
            strided = iter(walks[1:])
            walks = [next(strided) if k == STRIDED else [0] * len(dims) for k in kinds]
        cost = 1 + sum(_COSTS[opcode] for opcode, _, _ in self.instructions)
        p = [self.size, len(dims), len(self.inputs), len(self.outputs), len(self.constants), len(self.instructions)]
        p += [self.registers, cost, *dims]
        for (register, _, spec), kind, walk in zip(self.inputs, kinds, walks, strict=True):
            p += [kind, ITEMSIZE[spec.dtype], register, *walk]
        for register, dtype, _ in self.constants:
            p += [register, CODE[dtype]]
        for register, _, dtype, direct in self.outputs:
            p += [register, ITEMSIZE[dtype], int(direct)]
        for opcode, register, operands in self.instructions:
            p += [opcode, register, *operands, *[-1] * (3 - len(operands))]
        return tuple(p), tuple(float(v) for _, _, v in self.constants), [operand for _, operand, _ in self.inputs]
