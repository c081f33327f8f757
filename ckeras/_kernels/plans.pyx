# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Runs plans: flat lists of instructions over one arena."""

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

cimport numpy as cnp

import threading

import numpy as np

from ckeras._kernels.feeds cimport Feed
from ckeras._kernels.levels cimport (
    CK_FLUSH,
    Level,
    begin_guarded,
    ck_clock,
    ck_error,
    ck_get_mode,
    ck_kernel,
    ck_mode,
    ck_set_mode,
    end_guarded,
    fault,
    is_guarded,
)
from ckeras._kernels.memory cimport (
    Arena,
    checked_malloc,
    count_arena,
    discount_arena,
    give_arena_back,
    take_arena,
)

cnp.import_array()


cdef struct Run:  # the state of a run in one thread
    ck_mode own  # the floating-point mode outside of kernels
    double seen  # time of the last check for signals; 0 at first
    void *plan  # where an error was reported, and by which instruction
    int at

cdef struct Frame:  # a plan in a context, for runs without the GIL
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
    """Read input ``i`` at ``address``; a plan that calls Python copies it to the address that its views use."""
    cdef int k
    if frame.has_python:
        memcpy(frame.arena + frame.input_offset[i], address, frame.input_bytes[i])
        return
    for k in range(frame.patch_start[i], frame.patch_start[i + 1]):
        frame.ptr[frame.patch[k]] = address


cdef int execute(Frame *frame, Run *run, ck_error *err) except? -7 nogil:
    """Run every instruction; return the code of an error, whose location is in ``run``."""
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
    """Run an instruction that is not a kernel: a Python function, or other plans."""
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
    cdef int64_t *positions = p + 4
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
        positions += 1 + positions[0]
    child = frame.children[frame.first_child[i] + chosen]
    for j in range(positions[0]):
        feed(child, j, ptr[n_out + positions[1 + j]])
    code = execute(child, run, err)
    if code:
        return code
    for j in range(n_out):
        memcpy(ptr[j], child.ptr[child.out_start + j], child.output_bytes[j])
    return 0


cdef inline char *carry_of(Frame *body, char **outs, int64_t j) noexcept nogil:
    """Address of carry ``j`` of a running loop."""
    return body.arena + body.input_offset[1 + j] if body.has_python else outs[j]


cdef int loop(Frame *frame, int i, Run *run, ck_error *err) except? -7 nogil:
    """Run a plan repeatedly on its carries, which it updates in place: they are the instruction's outputs.

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
    cdef int64_t *positions = kept + n_made
    cdef int64_t bytes
    cdef int32_t at
    cdef int j, k, code = 0
    cdef double now
    for j in range(positions[0]):
        feed(body, 1 + n_carry + n_read + j, captured[positions[1 + j]])
    if frame.first_child[i + 1] - frame.first_child[i] > 1:
        test = frame.children[frame.first_child[i] + 1]
        positions += 1 + positions[0]
        for j in range(positions[0]):
            feed(test, 1 + n_carry + j, captured[positions[1 + j]])
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
    """The context in which one thread at a time runs a plan: an arena, and all addresses resolved in it."""
    cdef Arena arena
    cdef Frame frame
    cdef list views
    cdef list inner
    cdef bint patched

    def __dealloc__(self):
        free(self.frame.ptr)
        free(self.frame.children)


# Size up to which contexts keep their arenas: for small ones a pool costs more time than it saves memory.
cdef size_t SMALL_ARENA = 64 << 10


cdef class Plan:
    """A compiled step: a flat list of instructions over one arena.

    Args:
        level: the kernels.
        instructions: (kernel name or None, Python function or None, slots, p, f, label, plans) each; a function is
            called with (output views, input views) split at ``n_out``, given as p[0]. An instruction that runs other
            plans has them as pairs (plan, offset of its arena in this one's); see `branch` and `loop`.
        slots: what each slot is: ("arena", offset), ("fixed", array) or ("input", number, offset), the last being
            the address in the arena for an input's batch.
        specs: (shape, numpy dtype) of each slot.
        inputs: numbers of slots; outputs: numbers of slots.
        arena: bytes.
        written: variables that a run assigns, announced through `detach` before it; it increments their versions.
        prologue: a plan without inputs that is run first where the version of a variable in ``watched`` has changed.
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
    cdef bint counted  # registered among the plans that need arenas
    cdef char **fixed  # address of each pointer that does not depend on the arena
    cdef size_t *offset  # offset in the arena of each other pointer
    cdef Level level
    cdef double alone  # guard of its runs
    cdef int n_written
    cdef char **written_begin
    cdef char **written_end
    cdef int64_t **written_version
    cdef Plan prologue
    cdef object refreshing  # a lock: one thread at a time runs the prologue
    cdef tuple watched
    cdef int n_watched
    cdef int64_t **version  # versions of the watched variables
    cdef int64_t *seen  # the version from which the prologue was computed

    def __cinit__(self, Level level, list instructions, list slots, list specs, list inputs, list outputs,
                  size_t arena, list written, Plan prologue=None, tuple watched=()):
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
        self.fn = <ck_kernel *> checked_malloc((n + 1) * sizeof(ck_kernel))
        self.start = <int *> checked_malloc((n + 1) * sizeof(int))
        self.p = <int64_t **> checked_malloc((n + 1) * sizeof(int64_t *))
        self.f = <double **> checked_malloc((n + 1) * sizeof(double *))
        self.params = <int64_t *> checked_malloc((n_p + 1) * sizeof(int64_t))
        self.reals = <double *> checked_malloc((n_f + 1) * sizeof(double))
        self.first_child = <int *> checked_malloc((n + 1) * sizeof(int))
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
        self.patch_start = <int *> checked_malloc((self.n_in + 1) * sizeof(int))
        self.patch = <int *> checked_malloc((self.n_ptr + 1) * sizeof(int))
        self.input_offset = <int64_t *> checked_malloc((self.n_in + 1) * sizeof(int64_t))
        self.input_bytes = <int64_t *> checked_malloc((self.n_in + 1) * sizeof(int64_t))
        self.output_bytes = <int64_t *> checked_malloc((self.n_out + 1) * sizeof(int64_t))
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
        self.fixed = <char **> checked_malloc(self.n_ptr * sizeof(char *))
        self.offset = <size_t *> checked_malloc(self.n_ptr * sizeof(size_t))
        for i in range(self.n_ptr):
            slot = slots[self.slot_of_ptr[i]]
            self.fixed[i], self.offset[i] = NULL, 0
            if slot[0] == "fixed":
                self.fixed[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> slot[1])
            else:
                self.offset[i] = slot[1] if slot[0] == "arena" else slot[2]
        self.prologue, self.watched, self.n_watched = prologue, watched, len(watched)
        self.refreshing = None if prologue is None else threading.Lock()
        self.version = <int64_t **> checked_malloc(self.n_watched * sizeof(int64_t *))
        self.seen = <int64_t *> checked_malloc(self.n_watched * sizeof(int64_t))
        for i in range(self.n_watched):
            self.version[i] = <int64_t *> cnp.PyArray_DATA(<cnp.ndarray> watched[i]._version)
            self.seen[i] = -1
        self.written_version = <int64_t **> checked_malloc(len(written) * sizeof(int64_t *))
        for i in range(len(written)):
            self.written_version[i] = <int64_t *> cnp.PyArray_DATA(<cnp.ndarray> written[i]._version)
        self.n_written = len(written)
        self.written_begin = <char **> checked_malloc(self.n_written * sizeof(char *))
        self.written_end = <char **> checked_malloc(self.n_written * sizeof(char *))
        for i in range(self.n_written):
            array = written[i]._array
            self.written_begin[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> array)
            self.written_end[i] = self.written_begin[i] + <size_t> array.nbytes
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
        free(self.fixed)
        free(self.offset)
        free(self.written_begin)
        free(self.written_end)
        free(self.written_version)
        free(self.version)
        free(self.seen)
        if self.counted:
            discount_arena(self.arena_bytes)

    cdef bint is_stale(self) noexcept:
        """Whether a variable has changed since the prologue was run."""
        cdef int i
        for i in range(self.n_watched):
            if self.version[i][0] != self.seen[i]:
                return True
        return False

    cdef refresh(self):
        """Run the prologue; versions are read before it, so that a change meanwhile makes it run again."""
        cdef int i
        with self.refreshing:
            if self.is_stale():
                versions = [self.version[i][0] for i in range(self.n_watched)]
                self.prologue.run([])
                for i in range(self.n_watched):
                    self.seen[i] = versions[i]

    cdef Context acquire(self):
        """A context with an arena; both go back with `release`."""
        if self.n_watched and self.is_stale():
            self.refresh()
        cdef Context c = self.free_contexts.pop() if self.free_contexts else self.new_context()
        if c.arena is None:
            if self.arena_bytes <= SMALL_ARENA:
                c.arena = Arena(self.arena_bytes)
            else:
                if not self.counted:
                    count_arena(self.arena_bytes)
                    self.counted = True
                c.arena = take_arena(self.arena_bytes, c.frame.arena)
            if c.arena.memory != c.frame.arena:
                self.resolve(c, c.arena.memory)
        return c

    cdef void release(self, Context c):
        """Return a context to the pool, and its arena unless that is small."""
        cdef int i
        for i in range(self.n_written):
            self.written_version[i][0] += 1
        if self.arena_bytes > SMALL_ARENA:
            give_arena_back(c.arena)
            c.arena = None
        self.free_contexts.append(c)

    cdef Context new_context(self):
        """A context whose addresses are not resolved yet."""
        cdef Context c = Context(), inside
        cdef Frame *frame = &c.frame
        cdef Plan plan
        cdef int i
        frame.n_instr, frame.n_in, frame.out_start = self.n_instr, self.n_in, self.out_start
        frame.fn, frame.start, frame.p, frame.f = self.fn, self.start, self.p, self.f
        frame.patch_start, frame.patch = self.patch_start, self.patch
        frame.input_offset, frame.input_bytes = self.input_offset, self.input_bytes
        frame.output_bytes, frame.has_python = self.output_bytes, self.has_python
        frame.first_child = self.first_child
        frame.arena = NULL
        frame.plan, frame.context = <void *> self, <void *> c
        frame.ptr = <char **> checked_malloc(self.n_ptr * sizeof(char *))
        frame.children = <Frame **> checked_malloc(len(self.children) * sizeof(Frame_p))
        c.inner = []
        for i in range(len(self.children)):
            plan, _ = self.children[i]
            inside = plan.new_context()
            c.inner.append(inside)
            frame.children[i] = &inside.frame
        return c

    cdef resolve(self, Context c, char *arena):
        """Write the addresses that the plan's slots have in an arena."""
        cdef Frame *frame = &c.frame
        cdef Plan plan
        cdef int i
        cdef size_t offset
        frame.arena = arena
        for i in range(self.n_ptr):
            frame.ptr[i] = self.fixed[i] if self.fixed[i] != NULL else arena + self.offset[i]
        for i in range(len(self.children)):
            plan, offset = self.children[i]
            plan.resolve(c.inner[i], arena + offset)
        c.patched = False
        c.views = []
        if self.has_python:
            for i in range(self.n_instr):
                c.views.append(None if self.functions[i] is None else self.views(c, i))

    cdef object views(self, Context c, int i):
        """Numpy arrays over the buffers of instruction ``i``: (outputs, inputs)."""
        cdef int j
        cdef cnp.npy_intp dims[64]
        arrays = []
        for j in range(self.start[i], self.start[i + 1]):
            shape, dtype = self.specs[self.slot_of_ptr[j]]
            if len(shape) > 64:
                raise ValueError(f"{self.labels[i]}: a tensor has at most 64 axes, got shape {shape}")
            for axis, size in enumerate(shape):
                dims[axis] = size
            arrays.append(cnp.PyArray_SimpleNewFromData(len(shape), dims, dtype.num, c.frame.ptr[j]))
        return arrays[:self.p[i][0]], arrays[self.p[i][0]:]

    cdef int execute(self, Context c, Run *run, ck_error *err) except? -7 nogil:
        """Run every instruction with denormals flushed; return the code of an error, whose location is in ``run``."""
        cdef int code
        run.own, run.seen = ck_get_mode(), 0
        ck_set_mode(run.own | CK_FLUSH)
        try:
            code = execute(&c.frame, run, err)
        finally:
            ck_set_mode(run.own)
        return code

    cdef object error(self, Run *run, ck_error err):
        """The exception for an error that a run reported."""
        return fault((<Plan> run.plan).labels[run.at], err)

    cdef void point(self, Context c, int i, char *address) noexcept nogil:
        """Read input ``i`` at ``address``."""
        cdef int k
        for k in range(self.patch_start[i], self.patch_start[i + 1]):
            c.frame.ptr[self.patch[k]] = address

    cdef void point_home(self, Context c) noexcept nogil:
        """Read the inputs in the arena again."""
        cdef int i
        for i in range(self.n_in):
            self.point(c, i, c.frame.arena + self.input_offset[i])
        c.patched = False

    cdef void copy_input(self, Context c, int i, cnp.ndarray array) noexcept:
        """Copy input ``i`` into the arena."""
        memcpy(c.frame.arena + self.input_offset[i], cnp.PyArray_DATA(array), self.input_bytes[i])

    cdef prepare_written(self):
        """Give tensors that share the memory of variables to be assigned a copy of it."""
        for variable in self.written:
            variable.detach()

    cdef bint is_written(self, char *begin, int64_t bytes) noexcept nogil:
        """Whether a run assigns a variable whose memory overlaps the ``bytes`` from ``begin``."""
        cdef int i
        for i in range(self.n_written):
            if begin < self.written_end[i] and self.written_begin[i] < begin + bytes:
                return True
        return False

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
        cdef Context c = self.acquire()
        cdef int i, code
        cdef Run run
        cdef ck_error err
        cdef bint timed = is_guarded(self.level, self.alone), single = False
        cdef double began = 0
        cdef char *address
        cdef list own = None
        try:
            self.prepare_written()
            for i in range(self.n_in):
                address = <char *> cnp.PyArray_DATA(<cnp.ndarray> arrays[i])
                if self.has_python:
                    self.copy_input(c, i, arrays[i])
                    continue
                if self.n_written and self.is_written(address, self.input_bytes[i]):
                    own = [] if own is None else own
                    own.append(arrays[i].copy())
                    address = <char *> cnp.PyArray_DATA(<cnp.ndarray> own[len(own) - 1])
                self.point(c, i, address)
            c.patched = not self.has_python
            with nogil:
                if timed:
                    began = ck_clock()
                    single = begin_guarded(self.level, self.alone, began)
                code = self.execute(c, &run, &err)
                if timed:
                    self.alone = end_guarded(self.level, self.alone, began, single)
            if code:
                raise self.error(&run, err)
            return self.collect(c)
        finally:
            if timed:
                self.level.table.set_threads(self.level.threads)
            self.release(c)

    def run_steps(self, Feed feed, int64_t batch, int64_t first, int64_t last, double budget, list results=None):
        """Run the steps ``first`` to ``last`` - 1 of an epoch of batches of ``batch`` rows of ``feed``.

        Returns after ``budget`` seconds at the latest step that was begun by then; answers signals within a step.
        Where ``results`` is a list of arrays, step i stores output k in rows i * batch ... of results[k].

        Returns: (the next step to run, the outputs of the last step run).
        """
        cdef Context c = self.acquire()
        cdef int i, code = 0
        cdef Run run
        cdef int64_t step, start, rows
        cdef int64_t *order = <int64_t *> cnp.PyArray_DATA(feed.order)
        cdef ck_error err
        cdef double begun, now, seen, before = 0
        cdef bint single = False, timed = is_guarded(self.level, self.alone)
        cdef char *buf[3]
        cdef char **result = NULL
        cdef int n_result = 0
        if feed.n != self.n_in:
            raise ValueError(f"the plan has {self.n_in} inputs, the feed {feed.n} arrays")
        if results is not None:
            n_result = len(results)
            result = <char **> checked_malloc((n_result + 1) * sizeof(char *))
            for i in range(n_result):
                result[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> results[i])
        try:
            self.prepare_written()
            for i in range(feed.n):
                if self.is_written(feed.base[i], feed.rows * feed.row_bytes[i]):
                    feed.detach(i)
            self.point_home(c)
            with nogil:
                begun = seen = now = ck_clock()
                step = first
                while step < last:
                    if timed:
                        before = now
                        single = begin_guarded(self.level, self.alone, now)
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
                    if timed:
                        self.alone = end_guarded(self.level, self.alone, before, single)
                        timed = is_guarded(self.level, self.alone)
                    now = ck_clock()
                    if now - seen > 0.005:
                        seen = now
                        with gil:
                            PyErr_CheckSignals()
                    if now - begun > budget:
                        break
            if code:
                raise self.error(&run, err)
            return step, (self.collect(c) if results is None else None)
        finally:
            self.level.table.set_threads(self.level.threads)
            free(result)
            self.release(c)

    def profile(self, list arrays, int repeats):
        """Time of each instruction in seconds, the minimum of ``repeats`` runs."""
        cdef Context c = self.acquire()
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
                self.copy_input(c, i, arrays[i])
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
                        raise self.error(&run, err)
                    best[i] = min(best[i], t)
            return best
        finally:
            ck_set_mode(run.own)
            self.release(c)


def _bytes(spec):
    shape, dtype = spec
    n = dtype.itemsize
    for d in shape:
        n *= d
    return n
