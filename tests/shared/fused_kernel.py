"""Builds fused elementwise kernels (the encoding is described in map.c) and runs them on numpy arrays."""

import math

import numpy as np

DTYPES = {
    "f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "bool": np.bool_, "u8": np.uint8,
    "i8": np.int8, "i16": np.int16, "u16": np.uint16, "u32": np.uint32, "u64": np.uint64, "f16": np.float16,
}  # fmt: skip
CODES = {name: code for code, name in enumerate(DTYPES)}
NAMES = {np.dtype(t): name for name, t in DTYPES.items()}


def collapse(shape, strides):
    """Merge adjacent dimensions that are contiguous in every array; ``strides`` is one list an array."""
    dims, merged = [], []
    for k, d in enumerate(shape):
        here = [s[k] for s in strides]
        if d == 1 and len(shape) > 1:
            continue
        if dims and all(m == s * d for m, s in zip(merged[-1], here, strict=True)):
            dims[-1] *= d
            merged[-1] = here
        else:
            dims.append(d)
            merged.append(here)
    if not dims:
        dims, merged = [1], [[0] * len(strides)]
    return dims, [list(s) for s in zip(*merged, strict=True)] if strides else []


class FusedKernel:
    """One kernel over the index space ``shape``. Registers are never reused unless ``dst`` says so."""

    def __init__(self, shape, collapsed=True):
        self.shape = tuple(shape) if np.iterable(shape) else (shape,)
        self.collapsed = collapsed
        self.n_reg = 0
        self.inputs, self.constants, self.outputs, self.instructions = [], [], [], []

    def new(self):
        self.n_reg += 1
        return self.n_reg - 1

    def input(self, array, kind=None):
        """A register that holds ``array``, broadcast to the kernel's shape."""
        reg = self.new()
        view = np.broadcast_to(array, self.shape)
        strides = [s // array.itemsize for s in view.strides]
        if kind is None:
            contiguous = array.shape == self.shape and array.flags.c_contiguous
            kind = 1 if array.size == 1 else 0 if contiguous else 2
        self.inputs.append((array, kind, reg, strides))
        return reg

    def constant(self, value, dtype):
        reg = self.new()
        self.constants.append((reg, CODES[dtype], float(value)))
        return reg

    def instruction(self, opcode, *operands, dst=None):
        reg = self.new() if dst is None else dst
        self.instructions.append((opcode, reg, *(list(operands) + [-1, -1])[:3]))
        return reg

    def output(self, reg, array, direct=True):
        assert array.flags.c_contiguous
        self.outputs.append((reg, array, direct))

    def encode(self, level, cost=None):
        n = math.prod(self.shape)
        dims, strides = list(self.shape), [i[3] for i in self.inputs]
        if self.collapsed:
            dims, strides = collapse(self.shape, strides)
        if not dims:
            dims, strides = [1], [[0]] * len(self.inputs)
        if cost is None:
            cost = sum(level.costs[s[0]] for s in self.instructions)
        p = [
            n,
            len(dims),
            len(self.inputs),
            len(self.outputs),
            len(self.constants),
            len(self.instructions),
            self.n_reg,
            cost,
        ]
        p += dims
        for (array, kind, reg, _), s in zip(self.inputs, strides, strict=True):
            p += [kind, array.itemsize, reg, *s]
        for reg, code, _ in self.constants:
            p += [reg, code]
        for reg, array, direct in self.outputs:
            p += [reg, array.itemsize, int(direct)]
        for opcode, *regs in self.instructions:
            p += [level.opcodes[opcode], *regs]
        return p

    def run(self, level, cost=None):
        outs = [array for _, array, _ in self.outputs]
        ins = [start_of(array) for array, *_ in self.inputs]
        level.call("map", outs, ins, self.encode(level, cost), [c[2] for c in self.constants])
        return outs[0] if outs else None


def start_of(array):
    """A contiguous array at the address of the first element, as Level.call takes no other."""
    if array.size == 0:
        return np.empty(0, array.dtype)
    return array if array.flags.c_contiguous else array[tuple(slice(0, 1) for _ in array.shape)].reshape(1, -1)[0, :1]


def apply(level, opcode, *arrays, result=None, cost=None):
    """One instruction on arrays that broadcast together. The result's dtype follows from the opcode unless given."""
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    if result is None:
        result = arrays[-1].dtype
    out = np.empty(shape, result)
    kernel = FusedKernel(shape)
    kernel.output(kernel.instruction(opcode, *(kernel.input(a) for a in arrays)), out)
    kernel.run(level, cost)
    return out


def adam(kernel, w, m, v, g, beta_1=0.9, beta_2=0.999, rate=1e-3, epsilon=1e-7):
    """m += (g - m) (1 - beta_1); v += (g^2 - v) (1 - beta_2); w -= rate m / (sqrt v + epsilon), all in place."""
    emit, name = kernel.instruction, NAMES[w.dtype]
    rw, rm, rv, rg = (kernel.input(a) for a in (w, m, v, g))
    c1, c2, cr, ce = (kernel.constant(c, name) for c in (1 - beta_1, 1 - beta_2, rate, epsilon))
    new_m = emit(f"add.{name}", rm, emit(f"mul.{name}", emit(f"sub.{name}", rg, rm), c1))
    new_v = emit(f"add.{name}", rv, emit(f"mul.{name}", emit(f"sub.{name}", emit(f"square.{name}", rg), rv), c2))
    root = emit(f"add.{name}", emit(f"sqrt.{name}", new_v), ce)
    delta = emit(f"div.{name}", emit(f"mul.{name}", new_m, cr), root)
    for reg, array in ((new_m, m), (new_v, v), (emit(f"sub.{name}", rw, delta), w)):
        kernel.output(reg, array)
