/* The contract between the kernels and the runtime.
 *
 * A kernel is one C function over buffers. It receives
 *   buf   addresses: outputs first, then inputs; every array is C-contiguous unless the kernel says otherwise,
 *         aligned to its item size only;
 *   p, f  its integer and real parameters, fixed when a plan is compiled (sizes, strides, flags, constants);
 *   err   filled before a non-zero return, which says that an output may be incomplete.
 * It holds no state and no Python object, and keeps no memory except its thread's workspace (workspace.h).
 *
 * These files are compiled once an instruction level; `level.c` gathers them into one table.
 */
#ifndef CK_KERNELS_H
#define CK_KERNELS_H
#include <stddef.h>
#include <stdint.h>

enum { CK_F32, CK_F64, CK_I32, CK_I64, CK_BOOL, CK_U8, CK_I8, CK_I16, CK_U16, CK_U32, CK_U64, CK_F16, CK_DTYPES };

enum { CK_OK = 0, CK_BAD_INDEX = 1, CK_NO_MEMORY = 2 };

/* CK_BAD_INDEX: the `where`-th index was `value`, which is outside [0, limit). */
typedef struct {
    int64_t code, where, value, limit;
} ck_error;
static inline int ck_no_memory(ck_error *err)
{
    *err = (ck_error){.code = CK_NO_MEMORY};
    return CK_NO_MEMORY;
}

typedef int (*ck_kernel)(char *const *buf, const int64_t *p, const double *f, ck_error *err);
typedef struct {
    const char *name;
    ck_kernel fn;
} ck_entry;

/* One elementwise instruction over a block: dst[i] = fn(a[i], b[i], c[i]); unused operands are ignored. dst may equal
 * an operand. `cost` is a rough price in cycles an element, which decides how many threads are worth waking. */
typedef void (*ck_block)(void *dst, const void *a, const void *b, const void *c, int64_t n);
typedef struct {
    const char *name; /* "add.f32" */
    ck_block fn;
    int cost;
} ck_map_op;

typedef struct {
    const ck_entry *kernels;   /* ends with a NULL name */
    const ck_map_op *map_ops;  /* ends with a NULL name; the order is the same at every level */
    void (*set_threads)(int n);
} ck_level;

/* Set through ck_level.set_threads; every parallel region uses at most this many threads, and none at 1. */
extern int ck_threads;

/* numpy's limit too. A copy or reduction of arrays that exist has fewer axes with more than one element. */
#define CK_MAX_NDIM 64
#define KERNEL_CONSTANTS                                                                                               \
    {"MAX_NDIM", CK_MAX_NDIM}, {"dtype.float32", CK_F32}, {"dtype.float64", CK_F64}, {"dtype.int32", CK_I32},         \
    {"dtype.int64", CK_I64}, {"dtype.bool", CK_BOOL}, {"dtype.uint8", CK_U8}, {"dtype.int8", CK_I8},                  \
    {"dtype.int16", CK_I16}, {"dtype.uint16", CK_U16}, {"dtype.uint32", CK_U32}, {"dtype.uint64", CK_U64},            \
    {"dtype.float16", CK_F16},

/* The floating-point mode of a thread (rounding, flushing of denormals). The runtime flushes denormals around a run,
 * since momenta that fade away would slow every step a hundredfold; a region's threads work in the caller's mode, and
 * have their own again afterwards, as they may serve other libraries too. */
#if defined(__x86_64__)
#include <xmmintrin.h>
typedef unsigned ck_mode;
#define CK_FLUSH 0x8000u
static inline ck_mode ck_get_mode(void) { return _mm_getcsr(); }
static inline void ck_set_mode(ck_mode mode) { _mm_setcsr(mode); }
#elif defined(__aarch64__)
typedef uint64_t ck_mode;
#define CK_FLUSH ((uint64_t)1 << 24)
static inline ck_mode ck_get_mode(void)
{
    ck_mode mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
}
static inline void ck_set_mode(ck_mode mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#else
typedef int ck_mode;
#define CK_FLUSH 0
static inline ck_mode ck_get_mode(void) { return 0; }
static inline void ck_set_mode(ck_mode mode) { (void)mode; }
#endif

/* Takes the caller's mode in a thread of a region; returns the thread's own. */
static inline ck_mode ck_enter(ck_mode callers)
{
    ck_mode own = ck_get_mode();
    if (own != callers) ck_set_mode(callers);
    return own;
}
static inline void ck_leave(ck_mode own)
{
    if (own != ck_get_mode()) ck_set_mode(own);
}

#endif
