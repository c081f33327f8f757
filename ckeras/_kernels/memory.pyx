# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Memory of the runtime: checked allocations, arenas shared by plans, memory for persistent values."""

from libc.stdlib cimport free, malloc

cimport numpy as cnp

import numpy as np

cnp.import_array()

cdef extern from *:
    """
    #include <stdlib.h>
    #if defined(__linux__)
    #include <sys/mman.h>
    #endif
    /* Memory for arenas and weights. Large blocks come in huge pages, if the system has them: with small pages a
     * training step spends a quarter of its time on translating addresses. */
    #define CK_HUGE ((size_t)2 << 20)
    static char *ck_memory(size_t bytes)
    {
        void *memory = NULL;
        size_t unit = bytes >= CK_HUGE / 2 ? CK_HUGE : 64;
        size_t rounded = (bytes + unit - 1) / unit * unit;
        if (rounded < bytes || posix_memalign(&memory, unit, rounded ? rounded : unit)) return NULL;
    #if defined(__linux__) && defined(MADV_HUGEPAGE)
        if (unit == CK_HUGE) madvise(memory, rounded, MADV_HUGEPAGE);
    #endif
        return (char *)memory;
    }
    """
    char *ck_memory(size_t bytes) noexcept nogil


cdef void *checked_malloc(size_t bytes) except NULL:
    """``malloc`` that raises MemoryError; 0 bytes are treated as 1."""
    cdef void *found = malloc(bytes if bytes else 1)
    if found == NULL:
        raise MemoryError(f"no memory for {bytes} bytes of a plan's tables")
    return found


# -- arenas --------------------------------------------------------------------------------------------------------

cdef class Arena:
    """A block of memory in which one run at a time keeps its intermediate values."""

    def __cinit__(self, size_t size):
        self.memory = ck_memory(size)
        self.size = size
        if self.memory == NULL:
            raise MemoryError(f"no memory for an arena of {size} bytes, in which a plan keeps its intermediate values")

    def __dealloc__(self):
        free(self.memory)


# Arenas that no run uses, and how many plans need an arena of each size. Both change under the GIL alone.
cdef list idle = []
cdef dict sizes = {}
IDLE_LIMIT = 64 << 20  # bytes of idle arenas, unless one plan needs more


cdef Arena take_arena(size_t bytes, char *preferred):
    """An arena of at least ``bytes``: the one at ``preferred`` if it is idle, else the smallest that is large enough.

    Where none is large enough, idle ones are freed before a new one is allocated, which can replace them.
    """
    cdef Arena arena, best = None
    for arena in idle:
        if arena.size >= bytes and (best is None or arena.memory == preferred or arena.size < best.size):
            best = arena
            if arena.memory == preferred:
                break
    if best is not None:
        idle.remove(best)
        return best
    idle.clear()
    return Arena(bytes)


cdef void give_arena_back(Arena arena):
    """Make an arena available to other runs."""
    cdef Arena other
    cdef size_t total = 0, limit = max(IDLE_LIMIT, max(sizes, default=0))
    idle.append(arena)
    for other in idle:
        total += other.size
    while total > limit and len(idle) > 1:
        other = min(idle, key=arena_size)
        total -= other.size
        idle.remove(other)
    if total > limit:
        idle.clear()


cdef void count_arena(size_t bytes):
    """Register a plan that needs arenas of ``bytes``."""
    sizes[bytes] = sizes.get(bytes, 0) + 1


cdef void discount_arena(size_t bytes) noexcept:
    """Unregister a plan, and free the arenas that only it needed."""
    cdef Arena arena
    if sizes is None or idle is None:  # the interpreter is shutting down
        return
    sizes[bytes] -= 1
    if sizes[bytes] == 0:
        del sizes[bytes]
        needed = max(sizes, default=0)
        idle[:] = [arena for arena in idle if arena.size <= needed]


def arena_size(Arena arena):
    """Bytes of an arena."""
    return arena.size


def idle_bytes():
    """Bytes of the arenas that no run uses."""
    return sum(map(arena_size, idle))


def free_idle():
    """Free the arenas that no run uses."""
    idle.clear()


# -- persistent values ---------------------------------------------------------------------------------------------

cdef class Slab:
    """A block of memory that several arrays share; it is freed with the last of them."""
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
        """The next ``bytes`` of the slab, or NULL if it is full."""
        cdef size_t start = (self.used + 63) // 64 * 64
        if start > self.size or bytes > self.size - start:
            return NULL
        self.used = start + bytes
        return self.memory + start


cdef Slab slab = None
SLAB = 8 << 20
SLAB_MINIMUM = 64 << 10  # bytes of an array from which on it comes from a slab


def lasting_empty(shape, dtype):
    """A numpy array for persistent values, such as weights; large ones are adjacent in huge pages."""
    global slab
    cdef char *memory
    cdef cnp.npy_intp dims[64]
    cdef int axis
    bytes = dtype.itemsize
    for size in shape:
        bytes *= size
    if bytes < SLAB_MINIMUM or len(shape) > 64 or min(shape) < 0:
        return np.empty(shape, dtype)  # which raises for an invalid shape
    for axis, size in enumerate(shape):
        dims[axis] = size
    if slab is None:
        slab = Slab(SLAB)
    memory = slab.cut(bytes)
    if memory == NULL:
        slab = Slab(max(SLAB, bytes))
        memory = slab.cut(bytes)
    array = cnp.PyArray_SimpleNewFromData(len(shape), dims, dtype.num, memory)
    cnp.set_array_base(array, slab)
    return array
