# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Runs plans: flat lists of instructions over one arena."""

from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

cimport numpy as cnp

import threading

import numpy as np

from ckeras._kernels.feeds cimport Feed
from ckeras._kernels.frames cimport Frame, Frame_p, Run, execute_frame, execute_other
from ckeras._kernels.levels cimport (
    CK_FLUSH,
    Level,
    begin_guarded,
    ck_clock,
    ck_error,
    ck_get_mode,
    ck_kernel,
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
from ckeras._kernels.versions cimport Watched, Written

cnp.import_array()


cdef class Context:
    """The context in which one thread at a time runs a plan: an arena, and all addresses resolved in it."""
    cdef Arena arena
    cdef Frame frame
    cdef list views
    cdef list inner

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
        slots: the memory of each slot: ("arena", offset), ("fixed", array) or ("input", number, offset), the last being
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
    cdef list free_contexts
    cdef Written written
    cdef bint has_python
    cdef int out_start
    cdef bint counted  # registered among the plans that need arenas
    cdef char **fixed  # address of each pointer that does not depend on the arena
    cdef size_t *offset  # offset in the arena of each other pointer
    cdef Level level
    cdef double alone  # guard of its runs
    cdef Plan prologue
    cdef object refreshing  # a lock: one thread at a time runs the prologue
    cdef Watched watched

    def __cinit__(self, Level level, list instructions, list slots, list specs, list inputs, list outputs,
                  size_t arena, list written, Plan prologue=None, tuple watched=()):
        self.n_instr, self.n_in, self.n_out = len(instructions), len(inputs), len(outputs)
        self.arena_bytes = arena
        self.level = level
        self.alone = -1
        self.slots, self.specs, self.written = slots, specs, Written(written)
        self.free_contexts = []
        self.encode(instructions)
        self.out_start = len(self.slot_of_ptr)
        self.slot_of_ptr.extend(outputs)
        self.n_ptr = len(self.slot_of_ptr)
        self.connect(inputs, outputs)
        self.prologue, self.watched = prologue, Watched(watched)
        self.refreshing = None if prologue is None else threading.Lock()

    cdef encode(self, list instructions):
        """Write the instructions as C arrays: kernels, parameters, and where the buffers of each begin."""
        cdef int i, n = self.n_instr, n_p = 0, n_f = 0
        self.functions = [instruction[1] for instruction in instructions]
        self.labels = [instruction[5] for instruction in instructions]
        self.has_python = any(f is not None for f in self.functions)
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
            self.fn[i] = NULL if name is None else <ck_kernel> <size_t> self.level.addresses[name]
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
        self.start[n] = len(self.slot_of_ptr)

    cdef connect(self, list inputs, list outputs):
        """Note which pointers read each input, and where the other pointers point."""
        cdef int i, j, k = 0
        self.patch_start = <int *> checked_malloc((self.n_in + 1) * sizeof(int))
        self.patch = <int *> checked_malloc((self.n_ptr + 1) * sizeof(int))
        self.input_offset = <int64_t *> checked_malloc((self.n_in + 1) * sizeof(int64_t))
        self.input_bytes = <int64_t *> checked_malloc((self.n_in + 1) * sizeof(int64_t))
        self.output_bytes = <int64_t *> checked_malloc((self.n_out + 1) * sizeof(int64_t))
        self.fixed = <char **> checked_malloc(self.n_ptr * sizeof(char *))
        self.offset = <size_t *> checked_malloc(self.n_ptr * sizeof(size_t))
        self.output_specs = [self.specs[s] for s in outputs]
        for i in range(self.n_in):
            self.patch_start[i] = k
            self.input_offset[i] = self.slots[inputs[i]][2]
            self.input_bytes[i] = _bytes(self.specs[inputs[i]])
            for j in range(self.n_ptr):
                if self.slot_of_ptr[j] == inputs[i]:
                    self.patch[k] = j
                    k += 1
        self.patch_start[self.n_in] = k
        for i in range(self.n_out):
            self.output_bytes[i] = _bytes(self.specs[outputs[i]])
        for i in range(self.n_ptr):
            slot = self.slots[self.slot_of_ptr[i]]
            self.fixed[i], self.offset[i] = NULL, 0
            if slot[0] == "fixed":
                self.fixed[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> slot[1])
            else:
                self.offset[i] = slot[1] if slot[0] == "arena" else slot[2]

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
        if self.counted:
            discount_arena(self.arena_bytes)

    cdef refresh(self):
        """Run the prologue; versions are read before it, so that a change meanwhile makes it run again."""
        with self.refreshing:
            if self.watched.changed():
                versions = self.watched.versions()
                self.prologue.run([])
                self.watched.set_seen(versions)

    cdef Context acquire(self):
        """A context with an arena; both go back with `release`."""
        if self.watched.n and self.watched.changed():
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
        if self.written.n:
            self.written.count_up()
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
        frame.functions, frame.labels = <void *> self.functions, <void *> self.labels
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
        c.views = []
        frame.views = <void *> c.views
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
            code = execute_frame(&c.frame, run, err)
        finally:
            ck_set_mode(run.own)
        return code

    cdef object error(self, Run *run, ck_error err):
        """The exception for an error that a run reported."""
        return fault((<list> run.labels)[run.at], err)

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

    cdef void copy_input(self, Context c, int i, cnp.ndarray array) noexcept:
        """Copy input ``i`` into the arena."""
        memcpy(c.frame.arena + self.input_offset[i], cnp.PyArray_DATA(array), self.input_bytes[i])

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
            if self.written.n:
                self.written.detach()
            for i in range(self.n_in):
                address = <char *> cnp.PyArray_DATA(<cnp.ndarray> arrays[i])
                if self.has_python:
                    self.copy_input(c, i, arrays[i])
                    continue
                if self.written.n and self.written.overlaps(address, self.input_bytes[i]):
                    own = [] if own is None else own
                    own.append(arrays[i].copy())
                    address = <char *> cnp.PyArray_DATA(<cnp.ndarray> own[len(own) - 1])
                self.point(c, i, address)
            with nogil:
                if timed:
                    began = ck_clock()
                    single = begin_guarded(self.level, self.alone, &began)
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
            if self.written.n:
                self.written.detach()
            for i in range(feed.n):
                if self.written.overlaps(feed.base[i], feed.rows * feed.row_bytes[i]):
                    feed.detach(i)
            self.point_home(c)
            with nogil:
                begun = seen = now = ck_clock()
                step = first
                while step < last:
                    if timed:
                        before = now
                        single = begin_guarded(self.level, self.alone, &before)
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
            if self.written.n:
                self.written.detach()
            self.point_home(c)
            for i in range(self.n_in):
                self.copy_input(c, i, arrays[i])
            ck_set_mode(run.own | CK_FLUSH)
            for _ in range(repeats):
                for i in range(self.n_instr):
                    run.labels, run.at, run.seen = <void *> self.labels, i, 0
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
