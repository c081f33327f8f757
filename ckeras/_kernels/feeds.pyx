# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Arrays from which an epoch takes its batches, by row, in a given order."""

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free

cimport numpy as cnp

import numpy as np

from ckeras._kernels.levels cimport Level, ck_kernel
from ckeras._kernels.memory cimport checked_malloc

cnp.import_array()

cdef extern from *:
    """
    #include <stdint.h>
    /* A uniform number in [0, n), from the i-th output of SplitMix64 (Steele et al., 2014) seeded by seed. */
    static uint64_t ck_bounded(uint64_t seed, uint64_t i, uint64_t n)
    {
        uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z ^= z >> 31;
        return (uint64_t)(((unsigned __int128)z * n) >> 64);
    }
    """
    uint64_t ck_bounded(uint64_t seed, uint64_t i, uint64_t n) noexcept nogil


cdef class Feed:
    """Arrays from which an epoch takes its batches, by row, in a given order.

    ``sources`` are contiguous arrays with as many rows each; ``codes`` their dtypes' codes; ``casts`` those of the
    plan's inputs.
    """

    def __cinit__(self, Level level, list sources, list codes, list casts):
        cdef int i
        cdef int64_t columns
        self.sources = sources
        self.n = len(sources)
        self.rows = sources[0].shape[0]
        self.base = <char **> checked_malloc(self.n * sizeof(char *))
        self.row_bytes = <int64_t *> checked_malloc(self.n * sizeof(int64_t))
        self.p = <int64_t *> checked_malloc(5 * self.n * sizeof(int64_t))
        self.direct = <bint *> checked_malloc(self.n * sizeof(bint))
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
        """Shuffle the rows with ``seed`` (Fisher and Yates)."""
        cdef int64_t *order = <int64_t *> cnp.PyArray_DATA(self.order)
        cdef uint64_t s = seed
        cdef int64_t i, j, n = self.rows
        for i in range(n):
            order[i] = i
        for i in range(n - 1, 0, -1):
            j = <int64_t> ck_bounded(s, i, i + 1)
            order[i], order[j] = order[j], order[i]
        self.shuffled = True

    def arrange(self, order):
        """Set the order of the rows, a permutation of their indices."""
        if sorted(order) != list(range(self.rows)):
            raise ValueError("a feed's order is a permutation of its rows")
        self.order[...] = order
        self.shuffled = True

    cdef void detach(self, int i):
        """Copy array ``i``, since a run is about to overwrite its memory."""
        self.sources[i] = self.sources[i].copy()
        self.base[i] = <char *> cnp.PyArray_DATA(<cnp.ndarray> self.sources[i])
