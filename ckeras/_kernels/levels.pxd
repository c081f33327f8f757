"""The kernels of one instruction level, and single runs of them."""

from libc.stdint cimport int64_t

cdef extern from "kernels.h" nogil:
    int CK_NO_MEMORY
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
        void (*set_threads)(int) noexcept nogil
    ctypedef unsigned long long ck_mode
    ck_mode CK_FLUSH
    ck_mode ck_get_mode()
    void ck_set_mode(ck_mode)

cdef extern from *:
    """
    #include <time.h>
    static inline double ck_read(clockid_t clock)
    {
        struct timespec t;
        clock_gettime(clock, &t);
        return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
    }
    static inline double ck_clock(void) { return ck_read(CLOCK_MONOTONIC); }
    static inline double ck_thread_clock(void) { return ck_read(CLOCK_THREAD_CPUTIME_ID); }
    """
    double ck_clock() noexcept nogil
    double ck_thread_clock() noexcept nogil  # of what a processor spent on this thread


cdef class Level:
    """The kernels of one instruction level, by name."""
    cdef const ck_level *table
    cdef int threads
    cdef dict addresses
    cdef readonly dict opcodes
    cdef readonly dict costs


cdef object fault(str label, ck_error err)

# A guard is the shortest time in seconds that work took of a processor, on one thread; negative before it was measured.
# Work that takes longer on several threads shows that these wait for processors that other programs keep busy.
cdef bint is_guarded(Level level, double alone) noexcept nogil
cdef bint begin_guarded(Level level, double alone, double *began) noexcept nogil
cdef double end_guarded(Level level, double alone, double began, bint single) noexcept nogil
