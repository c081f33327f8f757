"""Versions of variables, which say whether what was computed from them is current."""

from libc.stdint cimport int64_t


cdef class Watched:
    """Variables on which a prologue depends."""
    cdef tuple variables
    cdef int n
    cdef int64_t **version  # of each variable
    cdef int64_t *seen  # the version from which the prologue was computed

    cdef bint changed(self) noexcept
    cdef list versions(self)
    cdef void set_seen(self, list versions) noexcept


cdef class Written:
    """Variables that a run assigns."""
    cdef list variables
    cdef int n
    cdef char **begin
    cdef char **end
    cdef int64_t **version

    cdef detach(self)
    cdef bint overlaps(self, char *begin, int64_t bytes) noexcept nogil
    cdef void count_up(self) noexcept nogil
