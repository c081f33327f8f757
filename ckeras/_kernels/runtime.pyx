# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Loads one level of the kernels and runs them: alone, or as the instructions of a plan."""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

cimport numpy as cnp

import numpy as np

cnp.import_array()

cdef extern from "kernels.h" nogil:
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
        void (*set_threads)(int) noexcept

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


def cpu_supports(str name):
    """Whether this processor runs the level ``name``; "native" and "generic" are built for it alone."""
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
    cdef dict addresses
    cdef readonly dict opcodes
    cdef readonly dict costs

    def __init__(self, module):
        cdef int i = 0
        self.table = <const ck_level *> PyCapsule_GetPointer(module.table, "ckeras._kernels.level")
        self.addresses, self.opcodes, self.costs = {}, {}, {}
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
            raise IndexError(f"index {err.value} at position {err.where} is out of range [0, {err.limit})")
