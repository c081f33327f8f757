# cython: language_level=3, boundscheck=False, wraparound=False
"""Versions of variables, which say whether what was computed from them is current."""

from libc.stdint cimport int64_t
from libc.stdlib cimport free

cimport numpy as cnp

from ckeras._kernels.memory cimport checked_malloc

cnp.import_array()


cdef class Watched:
    """Variables on which a prologue depends."""

    def __cinit__(self, tuple variables):
        cdef int i
        self.variables, self.n = variables, len(variables)
        self.version = <int64_t **> checked_malloc(self.n * sizeof(int64_t *))
        self.seen = <int64_t *> checked_malloc(self.n * sizeof(int64_t))
        for i in range(self.n):
            self.version[i] = <int64_t *> cnp.PyArray_DATA(<cnp.ndarray> variables[i]._version)
            self.seen[i] = -1

    def __dealloc__(self):
        free(self.version)
        free(self.seen)

    cdef bint changed(self) noexcept:
        """Whether a variable has changed since the prologue was run."""
        cdef int i
        for i in range(self.n):
            if self.version[i][0] != self.seen[i]:
                return True
        return False

    cdef list versions(self):
        """The versions that the variables have now."""
        return [self.version[i][0] for i in range(self.n)]

    cdef void set_seen(self, list versions) noexcept:
        """Note the versions from which the prologue was computed."""
        cdef int i
        for i in range(self.n):
            self.seen[i] = versions[i]


cdef class Written:
    """Variables that a run assigns."""

    def __cinit__(self, list variables):
        cdef int i
        self.variables, self.n = variables, len(variables)
        self.version = <int64_t **> checked_malloc(self.n * sizeof(int64_t *))
        self.begin = <char **> checked_malloc(self.n * sizeof(char *))
        self.end = <char **> checked_malloc(self.n * sizeof(char *))
        for i in range(self.n):
            array = variables[i]._array
            self.version[i] = <int64_t *> cnp.PyArray_DATA(<cnp.ndarray> variables[i]._version)
            self.begin[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> array)
            self.end[i] = self.begin[i] + <size_t> array.nbytes

    def __dealloc__(self):
        free(self.version)
        free(self.begin)
        free(self.end)

    cdef detach(self):
        """Give tensors that share the memory of the variables a copy of it."""
        for variable in self.variables:
            variable.detach()

    cdef bint overlaps(self, char *begin, int64_t bytes) noexcept nogil:
        """Whether the memory of a variable overlaps the ``bytes`` from ``begin``."""
        cdef int i
        for i in range(self.n):
            if begin < self.end[i] and self.begin[i] < begin + bytes:
                return True
        return False

    cdef void count_up(self) noexcept nogil:
        """Increment the versions after a run."""
        cdef int i
        for i in range(self.n):
            self.version[i][0] += 1
