"""Arrays from which an epoch takes its batches."""

from libc.stdint cimport int64_t

cimport numpy as cnp

from ckeras._kernels.levels cimport ck_kernel


cdef class Feed:
    """Arrays from which an epoch takes its batches, by row, in a given order."""
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

    cdef void detach(self, int i)
