# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Loads one level of the kernels and runs them: alone, or as the instructions of a plan."""

from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

cimport numpy as cnp

import numpy as np

cnp.import_array()

cdef extern from "kernels.h" nogil:
    int CK_NO_MEMORY
    ctypedef struct ck_error:
        int64_t code, where, value, limit
    ctypedef int (*ck_kernel)(char **, const int64_t *, const double *, ck_error *) noexcept
    ctypedef struct ck_entry:
        const char *name
        ck_kernel fn
    ctypedef struct ck_map_op:
        const char *name
        int cost
    ctypedef struct ck_level:
        const ck_entry *kernels
        const ck_map_op *map_ops
        void (*set_threads)(int) noexcept nogil
    ctypedef unsigned long long ck_mode
    ck_mode CK_FLUSH
    ck_mode ck_get_mode()
    void ck_set_mode(ck_mode)

cdef extern from *:
    """
    #include <stdlib.h>
    #include <time.h>
    static double ck_clock(void)
    {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
    }
    #if defined(__linux__)
    #include <sys/mman.h>
    #endif
    /* Memory for arenas and weights. Where it is large it comes in huge pages, if the system has them: with small ones
     * a training step spends a quarter of its time on looking up addresses. */
    #define CK_HUGE ((size_t)2 << 20)
    static char *ck_memory(size_t bytes)
    {
        void *memory = NULL;
        size_t unit = bytes >= CK_HUGE / 2 ? CK_HUGE : 64;
        size_t whole = (bytes + unit - 1) / unit * unit;
        if (posix_memalign(&memory, unit, whole ? whole : unit)) return NULL;
    #if defined(__linux__) && defined(MADV_HUGEPAGE)
        if (unit == CK_HUGE) madvise(memory, whole, MADV_HUGEPAGE);
    #endif
        return (char *)memory;
    }
    /* A uniform number in [0, n), from the i-th output of SplitMix64 (Steele et al., 2014) seeded by seed. */
    static uint64_t ck_draw(uint64_t seed, uint64_t i, uint64_t n)
    {
        uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z ^= z >> 31;
        return (uint64_t)(((unsigned __int128)z * n) >> 64);
    }
    #if defined(__x86_64__)
    static int ck_cpu_v2(void) { return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt"); }
    static int ck_cpu_v3(void) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    }
    static int ck_cpu_v4(void) {
        return ck_cpu_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    }
    #else
    static int ck_cpu_v2(void) { return 0; }
    static int ck_cpu_v3(void) { return 0; }
    static int ck_cpu_v4(void) { return 0; }
    #endif
    """
    double ck_clock() noexcept nogil
    char *ck_memory(size_t bytes) noexcept nogil
    uint64_t ck_draw(uint64_t seed, uint64_t i, uint64_t n) noexcept nogil
    int ck_cpu_v2() nogil
    int ck_cpu_v3() nogil
    int ck_cpu_v4() nogil

cdef extern from "amx.h":
    int ck_amx_allowed() nogil


def cpu_supports(str name):
    """Whether this processor runs the level ``name``; "native" and "generic" are built for it alone.

    For "amx" the process asks for the registers of matrix units, which it then has for good.
    """
    if name == "amx":
        return bool(ck_cpu_v4() and ck_amx_allowed())
    if name == "v4":
        return bool(ck_cpu_v4())
    if name == "v3":
        return bool(ck_cpu_v3())
    if name == "v2":
        return bool(ck_cpu_v2())
    return True


cdef class Level:
    """The kernels of one instruction level, by name."""
    cdef const ck_level *table
    cdef int threads
    cdef dict addresses
    cdef readonly dict opcodes
    cdef readonly dict costs

    def __init__(self, module):
        cdef int i = 0
        self.table = <const ck_level *> PyCapsule_GetPointer(module.table, "ckeras._kernels.level")
        self.addresses, self.opcodes, self.costs = {}, {}, {}
        self.threads = 1
        while self.table.kernels[i].name != NULL:
            self.addresses[self.table.kernels[i].name.decode()] = <size_t> self.table.kernels[i].fn
            i += 1
        i = 0
        while self.table.map_ops[i].name != NULL:
            name = self.table.map_ops[i].name.decode()
            self.opcodes[name], self.costs[name] = i, self.table.map_ops[i].cost
            i += 1

    @property
    def kernels(self):
        return sorted(self.addresses)

    def set_threads(self, int n):
        """Let kernels use up to ``n`` threads."""
        self.threads = n
        self.table.set_threads(n)

    def call(self, str name, list outs, list ins, p, f=()):
        """Run one kernel on numpy arrays (used as they are: their memory must be contiguous).

        Raises IndexError when the kernel reports an index out of range.
        """
        cdef cnp.ndarray pp = np.ascontiguousarray(p, dtype=np.int64)
        cdef cnp.ndarray ff = np.ascontiguousarray(f, dtype=np.float64)
        cdef list arrays = outs + ins
        cdef int n = len(arrays), i, code
        cdef char **buf = <char **> malloc((n + 1) * sizeof(char *))
        cdef ck_error err
        for i in range(n):
            if not arrays[i].flags.c_contiguous:
                free(buf)
                raise ValueError(f"array {i} of kernel {name} is not contiguous")
            buf[i] = <char *> cnp.PyArray_DATA(arrays[i])
        cdef ck_kernel fn = <ck_kernel> <size_t> self.addresses[name]
        with nogil:
            code = fn(buf, <const int64_t *> cnp.PyArray_DATA(pp), <const double *> cnp.PyArray_DATA(ff), &err)
        free(buf)
        if code:
            raise fault(name, err)


cdef class Slab:
    """A piece of memory that several arrays are cut from; it is freed when the last of them is gone."""
    cdef char *memory
    cdef size_t used, size

    def __cinit__(self, size_t size):
        self.memory = ck_memory(size)
        self.used, self.size = 0, size
        if self.memory == NULL:
            raise MemoryError(f"no memory for {size} bytes of weights")

    def __dealloc__(self):
        free(self.memory)

    cdef char *cut(self, size_t bytes) noexcept:
        """The next ``bytes``, or NULL if they are not there."""
        cdef size_t start = (self.used + 63) // 64 * 64
        if start + bytes > self.size:
            return NULL
        self.used = start + bytes
        return self.memory + start


cdef Slab slab = None
SLAB = 8 << 20
SLAB_LEAST = 64 << 10


def lasting_empty(shape, dtype):
    """A numpy array for values that last, such as weights; large ones lie side by side in huge pages."""
    global slab
    cdef size_t bytes = dtype.itemsize
    cdef char *memory
    cdef cnp.npy_intp dims[64]
    cdef int axis
    for axis, size in enumerate(shape):
        dims[axis] = size
        bytes *= size
    if bytes < SLAB_LEAST:
        return np.empty(shape, dtype)
    if slab is None:
        slab = Slab(SLAB)
    memory = slab.cut(bytes)
    if memory == NULL:
        slab = Slab(max(SLAB, bytes))
        memory = slab.cut(bytes)
    array = cnp.PyArray_SimpleNewFromData(len(shape), dims, dtype.num, memory)
    cnp.set_array_base(array, slab)
    return array


def fault(str label, ck_error err):
    """The exception for an error that a kernel reported."""
    if err.code == CK_NO_MEMORY:
        return MemoryError(f"{label}: there is no memory for what it packs")
    return IndexError(f"{label}: index {err.value} at position {err.where} is outside [0, {err.limit})")


cdef class Kernel:
    """One kernel with its parameters, ready to run on numpy arrays."""
    cdef ck_kernel fn
    cdef int n
    cdef int64_t *p
    cdef double *f
    cdef tuple operands

    def __cinit__(self, Level level, str name, tuple operands, tuple p, tuple f):
        cdef int i
        self.fn = <ck_kernel> <size_t> level.addresses[name]
        self.n = len(operands)
        self.operands = operands
        self.p = <int64_t *> malloc((len(p) + 1) * sizeof(int64_t))
        self.f = <double *> malloc((len(f) + 1) * sizeof(double))
        for i in range(len(p)):
            self.p[i] = p[i]
        for i in range(len(f)):
            self.f[i] = f[i]

    def __dealloc__(self):
        free(self.p)
        free(self.f)

    cpdef run(self, list arrays, str label):
        """Run on ``arrays``, which are contiguous; `operands` says which of them are its buffers."""
        cdef char *buf[64]
        cdef char **many = buf
        cdef ck_error err
        cdef ck_mode own
        cdef int i, code
        if self.n > 64:
            many = <char **> malloc(self.n * sizeof(char *))
        for i in range(self.n):
            many[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> arrays[<int> self.operands[i]])
        with nogil:
            own = ck_get_mode()
            ck_set_mode(own | CK_FLUSH)
            code = self.fn(many, self.p, self.f, &err)
            ck_set_mode(own)
        if self.n > 64:
            free(many)
        if code:
            raise fault(label, err)


cdef struct Run:  # what is under way in one thread
    ck_mode own  # the floating-point mode outside of kernels
    double seen  # when signals were looked for last; 0 at first
    void *plan  # where an error was reported, and by which instruction
    int at

cdef struct Frame:  # a plan in a context, as it is run without the GIL
    int n_instr, n_in, out_start
    ck_kernel *fn
    int *start
    int64_t **p
    double **f
    char *arena
    char **ptr
    int *patch_start
    int *patch
    int64_t *input_offset
    int64_t *input_bytes
    int64_t *output_bytes
    bint has_python
    int *first_child  # of each instruction, the first of the plans that it runs
    Frame **children
    void *plan
    void *context

ctypedef Frame *Frame_p

cdef enum:
    BRANCH = 0
    LOOP = 1


cdef inline void feed(Frame *frame, int i, char *address) noexcept nogil:
    """Let input ``i`` be read at ``address``; a plan that calls Python has it copied to the place its views see."""
    cdef int k
    if frame.has_python:
        memcpy(frame.arena + frame.input_offset[i], address, frame.input_bytes[i])
        return
    for k in range(frame.patch_start[i], frame.patch_start[i + 1]):
        frame.ptr[frame.patch[k]] = address


cdef int execute(Frame *frame, Run *run, ck_error *err) except? -7 nogil:
    """Run every instruction; an error's code is returned, with the place in ``run``."""
    cdef int i, code, n = frame.n_instr
    cdef ck_kernel *fn = frame.fn
    cdef char **ptr = frame.ptr
    cdef int *start = frame.start
    cdef int64_t **p = frame.p
    cdef double **f = frame.f
    for i in range(n):
        if fn[i] != NULL:
            code = fn[i](ptr + start[i], p[i], f[i], err)
            if code:
                run.plan, run.at = frame.plan, i
                return code
        else:
            code = execute_other(frame, i, run, err)
            if code:
                return code
    return 0


cdef int execute_other(Frame *frame, int i, Run *run, ck_error *err) except? -7 nogil:
    """Run an instruction that is no kernel: a Python function, or other plans."""
    if frame.first_child[i] < frame.first_child[i + 1]:
        if frame.p[i][0] == BRANCH:
            return branch(frame, i, run, err)
        return loop(frame, i, run, err)
    ck_set_mode(run.own)
    with gil:
        (<Plan> frame.plan).functions[i](*(<Context> frame.context).views[i])
    ck_set_mode(run.own | CK_FLUSH)
    return 0


cdef int branch(Frame *frame, int i, Run *run, ck_error *err) except? -7 nogil:
    """Run one of several plans and copy its outputs.

    p: kind, outputs, dtype of the index, plans; then for each plan how many inputs it has, and which of the
    instruction's they are. Buffers: outputs, index, inputs.
    """
    cdef int64_t *p = frame.p[i]
    cdef char **ptr = frame.ptr + frame.start[i]
    cdef int64_t *places = p + 4
    cdef int64_t chosen, n_out = p[1]
    cdef int j, code, _
    cdef Frame *child
    if p[2] == 4:  # bool
        chosen = (<char *> ptr[n_out])[0]
    elif p[2] == 3:  # int64
        chosen = (<int64_t *> ptr[n_out])[0]
    else:
        chosen = (<int32_t *> ptr[n_out])[0]
    chosen = min(max(chosen, 0), p[3] - 1)
    for _ in range(chosen):
        places += 1 + places[0]
    child = frame.children[frame.first_child[i] + chosen]
    for j in range(places[0]):
        feed(child, j, ptr[n_out + places[1 + j]])
    code = execute(child, run, err)
    if code:
        return code
    for j in range(n_out):
        memcpy(ptr[j], child.ptr[child.out_start + j], child.output_bytes[j])
    return 0


cdef inline char *carry_of(Frame *body, char **outs, int64_t j) noexcept nogil:
    """Where carry ``j`` of a loop is while it runs."""
    return body.arena + body.input_offset[1 + j] if body.has_python else outs[j]


cdef int loop(Frame *frame, int i, Run *run, ck_error *err) except? -7 nogil:
    """Run a plan round after round on its carries, which it updates in place: they are the instruction's outputs.

    p: kind, carries, rows read, rows made, most rounds (-1: any number), in reverse, rounds counted; for each row
    made, which carry it is as it was before the round, or -1 for the next output of the body; then for the body and for
    the test, if there is one, how many values they capture, and which. Buffers: carries, rows made; the count, if any,
    carries at first, rows read, captured values. Inputs of the body: the round's number, carries, rows, captured
    values; of the test the same without rows.
    """
    cdef int64_t *p = frame.p[i]
    cdef int64_t n_carry = p[1], n_read = p[2], n_made = p[3], length = p[4], counted = p[6], rounds, done = 0
    cdef char **outs = frame.ptr + frame.start[i]
    cdef char **first = outs + n_carry + n_made + counted
    cdef char **captured = first + n_carry + n_read
    cdef Frame *body = frame.children[frame.first_child[i]]
    cdef Frame *test = NULL
    cdef int64_t *kept = p + 7
    cdef int64_t *places = kept + n_made
    cdef int64_t bytes
    cdef int32_t at
    cdef int j, k, code = 0
    cdef double now
    for j in range(places[0]):
        feed(body, 1 + n_carry + n_read + j, captured[places[1 + j]])
    if frame.first_child[i + 1] - frame.first_child[i] > 1:
        test = frame.children[frame.first_child[i] + 1]
        places += 1 + places[0]
        for j in range(places[0]):
            feed(test, 1 + n_carry + j, captured[places[1 + j]])
    for j in range(n_carry):
        memcpy(outs[j], first[j], body.input_bytes[1 + j])
        feed(body, 1 + j, outs[j])
    rounds = length
    if counted:
        rounds = (<int32_t *> (first - 1)[0])[0]
        rounds = max(rounds, 0) if length < 0 else min(max(rounds, 0), length)
    if counted or test != NULL:
        k = 0
        for j in range(n_made):
            bytes = body.output_bytes[k] if kept[j] < 0 else body.input_bytes[1 + kept[j]]
            memset(outs[n_carry + j], 0, length * bytes)
            k += kept[j] < 0
    while rounds < 0 or done < rounds:
        at = rounds - 1 - done if p[5] else done
        if test != NULL:
            feed(test, 0, <char *> &at)
            for j in range(n_carry):
                feed(test, 1 + j, carry_of(body, outs, j))
            code = execute(test, run, err)
            if code or not test.ptr[test.out_start][0]:
                break
        feed(body, 0, <char *> &at)
        for j in range(n_read):
            feed(body, 1 + n_carry + j, first[n_carry + j] + at * body.input_bytes[1 + n_carry + j])
        for j in range(n_made):
            if kept[j] >= 0:
                bytes = body.input_bytes[1 + kept[j]]
                memcpy(outs[n_carry + j] + at * bytes, carry_of(body, outs, kept[j]), bytes)
        code = execute(body, run, err)
        if code:
            break
        k = 0
        for j in range(n_made):
            if kept[j] < 0:
                bytes = body.output_bytes[k]
                memcpy(outs[n_carry + j] + at * bytes, body.ptr[body.out_start + k], bytes)
                k += 1
        done += 1
        now = ck_clock()
        if run.seen == 0:
            run.seen = now
        elif now - run.seen > 0.005:
            run.seen = now
            ck_set_mode(run.own)
            with gil:
                PyErr_CheckSignals()
            ck_set_mode(run.own | CK_FLUSH)
    if body.has_python:
        for j in range(n_carry):
            memcpy(outs[j], body.arena + body.input_offset[1 + j], body.input_bytes[1 + j])
    return code


cdef class Context:
    """The memory in which one thread at a time runs a plan: its arena, and every address resolved."""
    cdef char *memory
    cdef Frame frame
    cdef list views
    cdef list inner
    cdef bint patched

    def __dealloc__(self):
        free(self.memory)
        free(self.frame.ptr)
        free(self.frame.children)


cdef class Feed:
    """Arrays that an epoch takes its batches from, row by row, in some order.

    ``sources`` are contiguous arrays with as many rows each; ``codes`` their dtypes' codes; ``casts`` those of the
    plan's inputs.
    """
    cdef list sources
    cdef int n
    cdef int64_t rows
    cdef char **base
    cdef int64_t *row_bytes
    cdef int64_t *p
    cdef bint *direct
    cdef readonly cnp.ndarray order
    cdef bint shuffled
    cdef ck_kernel gather

    def __cinit__(self, Level level, list sources, list codes, list casts):
        cdef int i
        cdef int64_t columns
        self.sources = sources
        self.n = len(sources)
        self.rows = sources[0].shape[0]
        self.base = <char **> malloc(self.n * sizeof(char *))
        self.row_bytes = <int64_t *> malloc(self.n * sizeof(int64_t))
        self.p = <int64_t *> malloc(5 * self.n * sizeof(int64_t))
        self.direct = <bint *> malloc(self.n * sizeof(bint))
        self.gather = <ck_kernel> <size_t> level.addresses["gather_cast"]
        for i in range(self.n):
            array = sources[i]
            columns = array.size // self.rows if self.rows else 0
            self.base[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> array)
            self.row_bytes[i] = columns * array.itemsize
            self.direct[i] = codes[i] == casts[i]
            self.p[5 * i] = codes[i]
            self.p[5 * i + 1] = casts[i]
            self.p[5 * i + 2] = columns
            self.p[5 * i + 4] = self.rows
        self.order = np.arange(self.rows, dtype=np.int64)
        self.shuffled = False

    def __dealloc__(self):
        free(self.base)
        free(self.row_bytes)
        free(self.p)
        free(self.direct)

    def shuffle(self, seed):
        """Put the rows in the random order that ``seed`` stands for (Fisher and Yates)."""
        cdef int64_t *order = <int64_t *> cnp.PyArray_DATA(self.order)
        cdef uint64_t s = seed
        cdef int64_t i, j, n = self.rows
        for i in range(n):
            order[i] = i
        for i in range(n - 1, 0, -1):
            j = <int64_t> ck_draw(s, i, i + 1)
            order[i], order[j] = order[j], order[i]
        self.shuffled = True

    def arrange(self, order):
        """Put the rows in this order, a permutation of their numbers."""
        if sorted(order) != list(range(self.rows)):
            raise ValueError("a feed's order is a permutation of its rows")
        self.order[...] = order
        self.shuffled = True


# When other programs keep the processors busy, a region of threads waits for the slowest to be scheduled, and takes
# milliseconds in place of microseconds. Steps that show this are run on one thread for a while, which gives the same
# bits; then threads are tried again, after longer and longer pauses while it stays so.
cdef double PAUSE_LEAST = 0.05
cdef double PAUSE_MOST = 1.0
cdef double resume_at = 0
cdef double pause = PAUSE_LEAST


cdef class Plan:
    """A compiled step: a flat list of instructions over one arena.

    Args:
        level: the kernels.
        instructions: (kernel name or None, Python function or None, slots, p, f, label, plans) each; a function is
            called with (output views, input views) split at ``n_out``, given as p[0]. An instruction that runs other
            plans has them as pairs (plan, offset of its arena in this one's); see `branch` and `loop`.
        slots: what each slot is: ("arena", offset), ("fixed", array) or ("input", number, offset), the last being
            the place in the arena where an input's batch is put.
        specs: (shape, numpy dtype) of each slot.
        inputs: numbers of slots; outputs: numbers of slots.
        arena: bytes.
        written: variables that a run assigns, told beforehand through `detach`.
    """
    cdef int n_instr, n_in, n_out, n_ptr
    cdef ck_kernel *fn
    cdef int *start
    cdef int64_t **p
    cdef double **f
    cdef int64_t *params
    cdef double *reals
    cdef size_t arena_bytes
    cdef int *patch_start
    cdef int *patch
    cdef int64_t *input_offset
    cdef int64_t *input_bytes
    cdef int64_t *output_bytes
    cdef int *first_child
    cdef list children
    cdef list functions
    cdef list labels
    cdef list slot_of_ptr
    cdef list slots
    cdef list specs
    cdef list output_specs
    cdef list input_shapes
    cdef list input_dtypes
    cdef list free_contexts
    cdef list written
    cdef bint has_python
    cdef int out_start
    cdef Level level
    cdef double alone  # the least seconds that a step took on one thread

    def __cinit__(self, Level level, list instructions, list slots, list specs, list inputs, list outputs,
                  size_t arena, list written):
        cdef int i, j, k, n = len(instructions), n_p = 0, n_f = 0
        self.n_instr, self.n_in, self.n_out = n, len(inputs), len(outputs)
        self.arena_bytes = arena
        self.level = level
        self.alone = -1
        self.slots, self.specs, self.written = slots, specs, written
        self.functions = [instruction[1] for instruction in instructions]
        self.labels = [instruction[5] for instruction in instructions]
        self.has_python = any(f is not None for f in self.functions)
        self.free_contexts = []
        for instruction in instructions:
            n_p += len(instruction[3])
            n_f += len(instruction[4])
        self.fn = <ck_kernel *> malloc((n + 1) * sizeof(ck_kernel))
        self.start = <int *> malloc((n + 1) * sizeof(int))
        self.p = <int64_t **> malloc((n + 1) * sizeof(int64_t *))
        self.f = <double **> malloc((n + 1) * sizeof(double *))
        self.params = <int64_t *> malloc((n_p + 1) * sizeof(int64_t))
        self.reals = <double *> malloc((n_f + 1) * sizeof(double))
        self.first_child = <int *> malloc((n + 1) * sizeof(int))
        self.slot_of_ptr, self.children = [], []
        n_p = n_f = 0
        for i in range(n):
            name, _, operands, p, f, _, plans = instructions[i]
            self.first_child[i] = len(self.children)
            self.children.extend(plans)
            self.fn[i] = NULL if name is None else <ck_kernel> <size_t> level.addresses[name]
            self.start[i] = len(self.slot_of_ptr)
            self.slot_of_ptr.extend(operands)
            self.p[i] = self.params + n_p
            self.f[i] = self.reals + n_f
            for v in p:
                self.params[n_p] = v
                n_p += 1
            for v in f:
                self.reals[n_f] = v
                n_f += 1
        self.first_child[n] = len(self.children)
        self.start[n] = self.out_start = len(self.slot_of_ptr)
        self.slot_of_ptr.extend(outputs)
        self.n_ptr = len(self.slot_of_ptr)
        self.patch_start = <int *> malloc((self.n_in + 1) * sizeof(int))
        self.patch = <int *> malloc((self.n_ptr + 1) * sizeof(int))
        self.input_offset = <int64_t *> malloc((self.n_in + 1) * sizeof(int64_t))
        self.input_bytes = <int64_t *> malloc((self.n_in + 1) * sizeof(int64_t))
        self.output_bytes = <int64_t *> malloc((self.n_out + 1) * sizeof(int64_t))
        self.input_shapes = [specs[s][0] for s in inputs]
        self.input_dtypes = [specs[s][1] for s in inputs]
        self.output_specs = [specs[s] for s in outputs]
        k = 0
        for i in range(self.n_in):
            self.patch_start[i] = k
            self.input_offset[i] = slots[inputs[i]][2]
            self.input_bytes[i] = _bytes(specs[inputs[i]])
            for j in range(self.n_ptr):
                if self.slot_of_ptr[j] == inputs[i]:
                    self.patch[k] = j
                    k += 1
        self.patch_start[self.n_in] = k
        for i in range(self.n_out):
            self.output_bytes[i] = _bytes(specs[outputs[i]])

    def __dealloc__(self):
        free(self.fn)
        free(self.start)
        free(self.first_child)
        free(self.p)
        free(self.f)
        free(self.params)
        free(self.reals)
        free(self.patch_start)
        free(self.patch)
        free(self.input_offset)
        free(self.input_bytes)
        free(self.output_bytes)

    cdef Context context(self):
        """A free context, or a new one; it goes back with `release`."""
        cdef char *memory
        if self.free_contexts:
            return self.free_contexts.pop()
        memory = ck_memory(self.arena_bytes)
        if memory == NULL:
            raise MemoryError(f"a plan needs an arena of {self.arena_bytes} bytes")
        cdef Context c = self.context_in(memory)
        c.memory = memory
        return c

    cdef Context context_in(self, char *arena):
        """A context whose arena is at an address."""
        cdef Context c = Context(), inside
        cdef Frame *frame = &c.frame
        cdef Plan plan
        cdef int i
        cdef int64_t offset
        frame.n_instr, frame.n_in, frame.out_start = self.n_instr, self.n_in, self.out_start
        frame.fn, frame.start, frame.p, frame.f = self.fn, self.start, self.p, self.f
        frame.patch_start, frame.patch = self.patch_start, self.patch
        frame.input_offset, frame.input_bytes = self.input_offset, self.input_bytes
        frame.output_bytes, frame.has_python = self.output_bytes, self.has_python
        frame.first_child = self.first_child
        frame.arena = arena
        frame.plan, frame.context = <void *> self, <void *> c
        frame.ptr = <char **> malloc((self.n_ptr + 1) * sizeof(char *))
        frame.children = <Frame **> malloc((len(self.children) + 1) * sizeof(Frame_p))
        if frame.ptr == NULL or frame.children == NULL:
            raise MemoryError("no memory for the addresses of a plan")
        for i in range(self.n_ptr):
            slot = self.slots[self.slot_of_ptr[i]]
            if slot[0] == "fixed":
                frame.ptr[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> slot[1])
            else:
                frame.ptr[i] = arena + <int64_t> (slot[1] if slot[0] == "arena" else slot[2])
        c.inner = []
        for i in range(len(self.children)):
            plan, offset = self.children[i]
            inside = plan.context_in(arena + offset)
            c.inner.append(inside)
            frame.children[i] = &inside.frame
        c.views = []
        if self.has_python:
            for i in range(self.n_instr):
                c.views.append(None if self.functions[i] is None else self.views(c, i))
        return c

    cdef object views(self, Context c, int i):
        """Numpy arrays over the buffers of instruction ``i``: (outputs, inputs)."""
        cdef int j
        cdef cnp.npy_intp dims[64]
        arrays = []
        for j in range(self.start[i], self.start[i + 1]):
            shape, dtype = self.specs[self.slot_of_ptr[j]]
            for axis, size in enumerate(shape):
                dims[axis] = size
            arrays.append(cnp.PyArray_SimpleNewFromData(len(shape), dims, dtype.num, c.frame.ptr[j]))
        return arrays[:self.p[i][0]], arrays[self.p[i][0]:]

    cdef int execute(self, Context c, Run *run, ck_error *err) except? -7 nogil:
        """Run every instruction with denormals flushed; an error's code is returned, with its place in ``run``."""
        cdef int code
        run.own, run.seen = ck_get_mode(), 0
        ck_set_mode(run.own | CK_FLUSH)
        try:
            code = execute(&c.frame, run, err)
        finally:
            ck_set_mode(run.own)
        return code

    cdef object fault(self, Run *run, ck_error err):
        """The exception for an error that a run reported."""
        return fault((<Plan> run.plan).labels[run.at], err)

    cdef void point(self, Context c, int i, char *address) noexcept nogil:
        """Let input ``i`` be read at ``address``."""
        cdef int k
        for k in range(self.patch_start[i], self.patch_start[i + 1]):
            c.frame.ptr[self.patch[k]] = address

    cdef void point_home(self, Context c) noexcept nogil:
        """Let the inputs be read in the arena again."""
        cdef int i
        for i in range(self.n_in):
            self.point(c, i, c.frame.arena + self.input_offset[i])
        c.patched = False

    cdef void place(self, Context c, int i, cnp.ndarray array) noexcept:
        """Copy input ``i`` to its place in the arena."""
        memcpy(c.frame.arena + self.input_offset[i], cnp.PyArray_DATA(array), self.input_bytes[i])

    cdef bint begin_step(self, double now) noexcept nogil:
        """Choose the threads of a step: one for a plan's first, which tells what it takes alone, and during a pause."""
        cdef bint single = self.alone < 0 or now < resume_at
        self.level.table.set_threads(1 if single else self.level.threads)
        return single

    cdef void end_step(self, double now, double took, bint single) noexcept nogil:
        """Learn from the time that a step took."""
        global resume_at, pause
        if single:
            if self.alone < 0 or took < self.alone:
                self.alone = took
        elif took > 1.5 * self.alone + 0.0005:
            resume_at = now + pause
            pause = min(2 * pause, PAUSE_MOST)
        else:
            pause = PAUSE_LEAST

    cdef prepare_written(self):
        for variable in self.written:
            variable.detach()

    cdef list collect(self, Context c):
        cdef int i
        cdef list results = []
        for i in range(self.n_out):
            shape, dtype = self.output_specs[i]
            array = np.empty(shape, dtype)
            memcpy(cnp.PyArray_DATA(<cnp.ndarray> array), c.frame.ptr[self.out_start + i], self.output_bytes[i])
            results.append(array)
        return results

    def run(self, list arrays):
        """Run on ``arrays``: contiguous, of the inputs' shapes and dtypes. Returns the outputs as new arrays."""
        cdef Context c = self.context()
        cdef int i, code
        cdef Run run
        cdef ck_error err
        try:
            self.prepare_written()
            for i in range(self.n_in):
                if self.has_python:
                    self.place(c, i, arrays[i])
                else:
                    self.point(c, i, <char *> cnp.PyArray_DATA(<cnp.ndarray> arrays[i]))
            c.patched = not self.has_python
            with nogil:
                code = self.execute(c, &run, &err)
            if code:
                raise self.fault(&run, err)
            return self.collect(c)
        finally:
            self.free_contexts.append(c)

    def run_steps(self, Feed feed, int64_t batch, int64_t first, int64_t last, double budget, list results=None):
        """Run the steps ``first`` to ``last`` - 1 of an epoch of batches of ``batch`` rows of ``feed``.

        Returns after ``budget`` seconds at the latest step that was begun by then; answers signals within a step.
        Where ``results`` is a list of arrays, step i stores output k in rows i * batch ... of results[k].

        Returns: (the next step to run, the outputs of the last step run).
        """
        cdef Context c = self.context()
        cdef int i, code = 0
        cdef Run run
        cdef int64_t step, start, rows
        cdef int64_t *order = <int64_t *> cnp.PyArray_DATA(feed.order)
        cdef ck_error err
        cdef double begun, now, seen, before = 0
        cdef bint single = False, several = self.level.threads > 1
        cdef char *buf[3]
        cdef char **result = NULL
        cdef int n_result = 0
        if feed.n != self.n_in:
            raise ValueError(f"the plan has {self.n_in} inputs, the feed {feed.n} arrays")
        if results is not None:
            n_result = len(results)
            result = <char **> malloc((n_result + 1) * sizeof(char *))
            for i in range(n_result):
                result[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> results[i])
        try:
            self.prepare_written()
            self.point_home(c)
            with nogil:
                begun = seen = now = ck_clock()
                step = first
                while step < last:
                    if several:
                        single = self.begin_step(now)
                        before = now
                    start = step * batch
                    rows = feed.rows - start
                    if rows > batch:
                        rows = batch
                    for i in range(feed.n):
                        if feed.direct[i] and not feed.shuffled and not self.has_python:
                            self.point(c, i, feed.base[i] + start * feed.row_bytes[i])
                            continue
                        buf[0] = c.frame.arena + self.input_offset[i]
                        buf[1] = feed.base[i]
                        buf[2] = <char *> (order + start)
                        feed.p[5 * i + 3] = rows
                        feed.gather(buf, feed.p + 5 * i, NULL, &err)
                    code = self.execute(c, &run, &err)
                    if code:
                        break
                    for i in range(n_result):
                        memcpy(result[i] + step * batch * (self.output_bytes[i] // rows),
                               c.frame.ptr[self.out_start + i], self.output_bytes[i])
                    step += 1
                    now = ck_clock()
                    if several:
                        self.end_step(now, now - before, single)
                    if now - seen > 0.005:
                        seen = now
                        with gil:
                            PyErr_CheckSignals()
                    if now - begun > budget:
                        break
            if code:
                raise self.fault(&run, err)
            return step, (self.collect(c) if results is None else None)
        finally:
            if several:
                self.level.table.set_threads(self.level.threads)
            free(result)
            self.free_contexts.append(c)

    def profile(self, list arrays, int repeats):
        """Seconds each instruction takes, the least of ``repeats`` runs."""
        cdef Context c = self.context()
        cdef Run run
        cdef ck_error err
        cdef int i, code = 0
        cdef double t
        best = [float("inf")] * self.n_instr
        run.own = ck_get_mode()
        try:
            self.prepare_written()
            self.point_home(c)
            for i in range(self.n_in):
                self.place(c, i, arrays[i])
            ck_set_mode(run.own | CK_FLUSH)
            for _ in range(repeats):
                for i in range(self.n_instr):
                    run.plan, run.at, run.seen = <void *> self, i, 0
                    t = ck_clock()
                    if self.fn[i] != NULL:
                        code = self.fn[i](c.frame.ptr + self.start[i], self.p[i], self.f[i], &err)
                    else:
                        code = execute_other(&c.frame, i, &run, &err)
                    t = ck_clock() - t
                    if code:
                        raise self.fault(&run, err)
                    best[i] = min(best[i], t)
            return best
        finally:
            ck_set_mode(run.own)
            self.free_contexts.append(c)


def _bytes(spec):
    shape, dtype = spec
    n = dtype.itemsize
    for d in shape:
        n *= d
    return n
