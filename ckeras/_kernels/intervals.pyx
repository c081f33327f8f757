# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Which addresses are occupied at which times, for the planner of a plan's arena."""

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memmove


cdef struct Ranges:
    # A set of addresses: disjoint ranges in ascending order, each with its begin and its end. Adjacent ones are merged.
    int64_t *bounds
    int64_t n
    int64_t capacity


cdef int64_t first_to_end(const Ranges *ranges, int64_t at) noexcept:
    """Index of the first range that ends at ``at`` or later."""
    cdef int64_t low = 0, high = ranges.n, middle
    while low < high:
        middle = (low + high) // 2
        if ranges.bounds[2 * middle + 1] < at:
            low = middle + 1
        else:
            high = middle
    return low


cdef int add(Ranges *ranges, int64_t begin, int64_t end) except -1:
    """Add the addresses from ``begin`` up to ``end``."""
    cdef int64_t first = first_to_end(ranges, begin), last = first, *grown
    while last < ranges.n and ranges.bounds[2 * last] <= end:
        last += 1
    if first < last:
        begin, end = min(begin, ranges.bounds[2 * first]), max(end, ranges.bounds[2 * last - 1])
    elif ranges.n == ranges.capacity:
        grown = <int64_t *> realloc(ranges.bounds, (ranges.capacity + 1) * 4 * sizeof(int64_t))
        if grown == NULL:
            raise MemoryError("no memory to plan an arena")
        ranges.bounds, ranges.capacity = grown, (ranges.capacity + 1) * 2
    memmove(ranges.bounds + 2 * first + 2, ranges.bounds + 2 * last, (ranges.n - last) * 2 * sizeof(int64_t))
    ranges.n += first + 1 - last
    ranges.bounds[2 * first], ranges.bounds[2 * first + 1] = begin, end
    return 0


cdef class Occupied:
    """A segment tree over the times from 0 up to ``times``, whose nodes hold sets of addresses.

    An interval of time is entered in ``covering`` of the topmost nodes that together make up the interval, and in
    ``touching`` of their ancestors, which it covers in part.
    """

    cdef int64_t leaves
    cdef Ranges *covering
    cdef Ranges *touching
    cdef int64_t cover[128]
    cdef int64_t above[128]  # nodes of the interval that is placed: at most two for each height
    cdef Ranges *sets[384]  # those that may hold what is occupied in this interval
    cdef int n_cover, n_above, n_sets

    def __cinit__(self, int64_t times):
        self.leaves = 1
        while self.leaves < times:
            self.leaves *= 2
        self.covering = <Ranges *> calloc(2 * self.leaves, sizeof(Ranges))
        self.touching = <Ranges *> calloc(2 * self.leaves, sizeof(Ranges))
        if self.covering == NULL or self.touching == NULL:
            raise MemoryError("no memory to plan an arena")

    def __dealloc__(self):
        cdef int64_t node
        for node in range(2 * self.leaves):
            if self.covering != NULL:
                free(self.covering[node].bounds)
            if self.touching != NULL:
                free(self.touching[node].bounds)
        free(self.covering)
        free(self.touching)

    cdef void _find_nodes(self, int64_t first, int64_t last) noexcept:
        """Set the topmost nodes that together make up the times ``first`` to ``last``, and the ancestors of both."""
        cdef int64_t low = first + self.leaves, high = last + self.leaves + 1
        self.n_cover = self.n_above = self.n_sets = 0
        while low < high:
            if low & 1:
                self._cover_with(low)
                low += 1
            if high & 1:
                high -= 1
                self._cover_with(high)
            low >>= 1
            high >>= 1
        low, high = (first + self.leaves) >> 1, (last + self.leaves) >> 1
        while low:
            self._ascend_to(low)
            if high != low:
                self._ascend_to(high)
            low >>= 1
            high >>= 1

    cdef void _cover_with(self, int64_t node) noexcept:
        self.cover[self.n_cover] = node
        self.n_cover += 1
        self._consider(&self.covering[node])
        self._consider(&self.touching[node])

    cdef void _ascend_to(self, int64_t node) noexcept:
        self.above[self.n_above] = node
        self.n_above += 1
        self._consider(&self.covering[node])

    cdef void _consider(self, Ranges *ranges) noexcept:
        if ranges.n:
            self.sets[self.n_sets] = ranges
            self.n_sets += 1

    cdef int64_t _lowest_gap(self, int64_t size, int64_t begin) noexcept:
        """The lowest address, at least ``begin``, from which ``size`` bytes are in none of the sets."""
        cdef int64_t at
        cdef Ranges *ranges
        cdef int number
        cdef bint moved = True
        while moved:
            moved = False
            for number in range(self.n_sets):
                ranges = self.sets[number]
                at = first_to_end(ranges, begin + 1)
                while at < ranges.n and ranges.bounds[2 * at] < begin + size:
                    begin = ranges.bounds[2 * at + 1]
                    at += 1
                    moved = True
        return begin

    def place(self, int64_t first, int64_t last, int64_t size, int64_t begin):
        """Occupy ``size`` bytes at the times ``first`` to ``last``, at the lowest free address from ``begin`` on.

        Raise IndexError for times outside of the tree, and MemoryError if there is no memory to note this.
        """
        cdef int64_t address
        cdef int number
        if not 0 <= first <= last < self.leaves:
            raise IndexError(f"times {first} to {last} of a lifetime are not within 0 to {self.leaves - 1}")
        self._find_nodes(first, last)
        address = self._lowest_gap(size, begin)
        for number in range(self.n_cover):
            add(&self.covering[self.cover[number]], address, address + size)
        for number in range(self.n_above):
            add(&self.touching[self.above[number]], address, address + size)
        return address
