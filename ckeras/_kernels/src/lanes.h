/* What the reductions, softmax and copies need to know of the instruction level: the width of a vector, and when
 * another thread is worth waking. */
#ifndef CK_LANES_H
#define CK_LANES_H
#include <string.h>

#include "kernels.h"

#if defined(__AVX512F__)
#define LN_BYTES 64
#elif defined(__AVX2__)
#define LN_BYTES 32
#else
#define LN_BYTES 16
#endif

/* Before a loop whose iterations are independent although an output may be the very array that is read. */
#if defined(__clang__)
#define LN_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define LN_IVDEP _Pragma("GCC ivdep")
#endif

/* Number of threads that share `work` so that each has at least `each` of it. */
static inline int ln_threads(int64_t work, int64_t each)
{
    if (ck_threads <= 1 || work < 2 * each) return 1;
    int64_t most = work / each;
    return most < ck_threads ? (int)most : ck_threads;
}

static inline int64_t ln_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t ln_max(int64_t a, int64_t b) { return a > b ? a : b; }

/* A call of memcpy costs as much as the copy of a short row. */
static inline void ln_copy(char *out, const char *in, int64_t bytes)
{
    if (bytes > 256 || bytes % 4) {
        memcpy(out, in, (size_t)bytes);
        return;
    }
    int64_t k = 0;
#pragma GCC unroll 1
    for (; k + 64 <= bytes; k += 64) memcpy(out + k, in + k, 64);
    if (bytes & 32) memcpy(out + k, in + k, 32), k += 32;
    if (bytes & 16) memcpy(out + k, in + k, 16), k += 16;
    if (bytes & 8) memcpy(out + k, in + k, 8), k += 8;
    if (bytes & 4) memcpy(out + k, in + k, 4);
}

#endif
