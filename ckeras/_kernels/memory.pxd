"""Memory of the runtime: checked allocations, arenas shared by plans, memory for persistent values."""


cdef void *checked_malloc(size_t bytes) except NULL


cdef class Arena:
    """A block of memory in which one run at a time keeps its intermediate values."""
    cdef char *memory
    cdef size_t size


cdef Arena take_arena(size_t bytes, char *preferred)
cdef void give_arena_back(Arena arena)
cdef void count_arena(size_t bytes)
cdef void discount_arena(size_t bytes) noexcept
