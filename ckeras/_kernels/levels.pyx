# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Loads one level of the kernels, and runs single kernels on numpy arrays."""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int64_t
from libc.stdlib cimport free

cimport numpy as cnp

import numpy as np

from ckeras._kernels.memory cimport checked_malloc

cnp.import_array()

cdef extern from *:
    """
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
    int ck_cpu_v2() nogil
    int ck_cpu_v3() nogil
    int ck_cpu_v4() nogil

cdef extern from "amx.h":
    int ck_amx_allowed() nogil


def cpu_supports(str name):
    """Whether this processor supports the level ``name``; "native" and "generic" are built for it.

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
        """Run one kernel on contiguous numpy arrays, without conversions.

        Raises IndexError when the kernel reports an index out of range.
        """
        cdef cnp.ndarray pp = np.ascontiguousarray(p, dtype=np.int64)
        cdef cnp.ndarray ff = np.ascontiguousarray(f, dtype=np.float64)
        cdef list arrays = outs + ins
        cdef int n = len(arrays), i, code
        cdef char **buf = <char **> checked_malloc((n + 1) * sizeof(char *))
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


# When other programs keep the processors busy, a parallel region waits for its slowest thread to be scheduled, and
# takes milliseconds instead of microseconds. Runs that show this are followed by runs on one thread, which give the
# same bits; then threads are tried again, after longer and longer pauses while the processors stay busy.
cdef double PAUSE_MINIMUM = 0.05
cdef double PAUSE_MAXIMUM = 1.0
cdef double SMALL = 3e-6  # seconds below which work opens no parallel region
cdef double resume_at = 0
cdef double pause = PAUSE_MINIMUM


cdef bint is_guarded(Level level, double alone) noexcept nogil:
    """Whether runs are timed: they may use several threads."""
    return level.threads > 1 and not 0 <= alone < SMALL


cdef bint begin_guarded(Level level, double alone, double *began) noexcept nogil:
    """Choose the number of threads of a run: one for the first, and during a pause.

    Takes the time in ``began``. Runs on one thread are timed by what they take of a processor, which does not count
    waiting for it; ``began`` becomes the reading of that clock.
    """
    cdef bint single = alone < 0 or began[0] < resume_at
    level.table.set_threads(1 if single else level.threads)
    if single:
        began[0] = ck_thread_clock()
    return single


cdef double end_guarded(Level level, double alone, double began, bint single) noexcept nogil:
    """Update the guard from the time of a run; returns its new value. The caller resets the number of threads."""
    global resume_at, pause
    cdef double now = ck_thread_clock() if single else ck_clock(), took = now - began
    if single or took < SMALL:
        return took if alone < 0 or took < alone else alone
    if took > 1.5 * alone + 0.0005:
        resume_at = now + pause
        pause = min(2 * pause, PAUSE_MAXIMUM)
    else:
        pause = PAUSE_MINIMUM
    return alone


cdef object fault(str label, ck_error err):
    """The exception for an error that a kernel reported."""
    if err.code == CK_NO_MEMORY:
        return MemoryError(f"{label}: no memory for its workspace")
    return IndexError(f"{label}: index {err.value} at position {err.where} is outside [0, {err.limit})")


cdef class Kernel:
    """One kernel with its parameters, ready to run on numpy arrays."""
    cdef ck_kernel fn
    cdef int n
    cdef int64_t *p
    cdef double *f
    cdef tuple operands
    cdef Level level
    cdef double alone

    def __cinit__(self, Level level, str name, tuple operands, tuple p, tuple f):
        cdef int i
        self.fn = <ck_kernel> <size_t> level.addresses[name]
        self.level = level
        self.alone = -1
        self.n = len(operands)
        self.operands = operands
        self.p = <int64_t *> checked_malloc((len(p) + 1) * sizeof(int64_t))
        self.f = <double *> checked_malloc((len(f) + 1) * sizeof(double))
        for i in range(len(p)):
            self.p[i] = p[i]
        for i in range(len(f)):
            self.f[i] = f[i]

    def __dealloc__(self):
        free(self.p)
        free(self.f)

    cpdef run(self, list arrays, str label):
        """Run on contiguous ``arrays``; `operands` are the indices of its buffers among them."""
        cdef char *buf[64]
        cdef char **many = buf
        cdef ck_error err
        cdef ck_mode own
        cdef int i, code
        cdef bint timed = is_guarded(self.level, self.alone), single = False
        cdef double began = 0
        if self.n > 64:
            many = <char **> checked_malloc(self.n * sizeof(char *))
        for i in range(self.n):
            many[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> arrays[<int> self.operands[i]])
        with nogil:
            if timed:
                began = ck_clock()
                single = begin_guarded(self.level, self.alone, &began)
            own = ck_get_mode()
            ck_set_mode(own | CK_FLUSH)
            code = self.fn(many, self.p, self.f, &err)
            ck_set_mode(own)
            if timed:
                self.alone = end_guarded(self.level, self.alone, began, single)
                self.level.table.set_threads(self.level.threads)
        if self.n > 64:
            free(many)
        if code:
            raise fault(label, err)
