/* Pooling along one axis, and patches of images.
 *
 * The windows of an axis of n elements are given by four integers: window j reaches from ceil((j step + low) / over) to
 * floor((j step + high) / over), inclusive, where elements outside of [0, n) are left out. Windows of a fixed size
 * have over = 1, those of adaptive pooling step = n and over = m. The windows that element i lies in, which the gradient
 * of a sum adds up, are such a range too: with step and over exchanged, and (-high, -low) for (low, high).
 *
 * A unit of work is up to PO_WIDE neighbouring columns of one outer row: threads change nothing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lanes.h"

enum { PO_SUM, PO_MAX };
enum { PO_WIDE = 64 };

typedef struct {
    char *out, *at;
    const char *in;
    int64_t n, m, inner, step, over, low, high;
    int64_t block; /* elements of the longest window */
    int narrow;    /* offsets are bytes, not int32 */
} po_job;

static inline int64_t po_floor(int64_t x, int64_t y)
{
    return y == 1 ? x : x / y - (x % y < 0);
}
static inline int64_t po_begin(const po_job *w, int64_t j) { return -po_floor(-(j * w->step + w->low), w->over); }
static inline int64_t po_low(const po_job *w, int64_t j) { return ln_max(0, po_begin(w, j)); }
static inline int64_t po_high(const po_job *w, int64_t j)
{
    return ln_min(w->n - 1, po_floor(j * w->step + w->high, w->over));
}

/* A sum takes both; of a maximum's equals the first stays, and NaN exceeds all. */
#define PO_ALWAYS(a, x) 1
#define PO_ADD(a, x, take) ((a) + (x))
#define PO_ABOVE(a, x) (((x) > (a)) | (((x) != (x)) & ((a) == (a))))
#define PO_TAKE(a, x, take) ((take) ? (x) : (a))

#define PB_T float
#define PB_A double
#define PB_(name) po_sum_f32_##name
#define PB_EMPTY 0
#define PB_LATER PO_ALWAYS
#define PB_JOIN PO_ADD
#include "pool_body.h"

#define PB_T double
#define PB_A double
#define PB_(name) po_sum_f64_##name
#define PB_EMPTY 0
#define PB_LATER PO_ALWAYS
#define PB_JOIN PO_ADD
#include "pool_body.h"

#define PB_T float
#define PB_A float
#define PB_(name) po_max_f32_##name
#define PB_EMPTY -INFINITY
#define PB_LATER PO_ABOVE
#define PB_JOIN PO_TAKE
#include "pool_body.h"

#define PB_T double
#define PB_A double
#define PB_(name) po_max_f64_##name
#define PB_EMPTY -INFINITY
#define PB_LATER PO_ABOVE
#define PB_JOIN PO_TAKE
#include "pool_body.h"

#define PB_T int32_t
#define PB_A int32_t
#define PB_(name) po_max_i32_##name
#define PB_EMPTY INT32_MIN
#define PB_LATER PO_ABOVE
#define PB_JOIN PO_TAKE
#include "pool_body.h"

#define PB_T int64_t
#define PB_A int64_t
#define PB_(name) po_max_i64_##name
#define PB_EMPTY INT64_MIN
#define PB_LATER PO_ABOVE
#define PB_JOIN PO_TAKE
#include "pool_body.h"

typedef struct {
    void (*direct)(const po_job *w, int64_t row, int64_t left, int64_t width);
    void (*blocks)(const po_job *w, int64_t row, int64_t left, int64_t width, char *memory);
    size_t part;
} po_method;
#define PO_METHOD(name) {po_##name##_direct, po_##name##_blocks, sizeof(po_##name##_part)}

/* The job of `pool` and `pool_route` from p: dtype, outer, n, m, inner, step, over, low, high, narrow */
static po_job po_start(const int64_t *p)
{
    return (po_job){.n = p[2], .m = p[3], .inner = p[4], .step = p[5], .over = p[6], .low = p[7], .high = p[8],
                    .block = po_floor(p[8] - p[7], p[6]) + 1, .narrow = p[9] != 0};
}

/* buf: y (outer, m, inner), for PO_MAX at (outer, m, inner): how far behind its window's begin a maximum is; x (outer,
 * n, inner). p: dtype (CK_F32, CK_F64; CK_I32 and CK_I64 for PO_MAX), outer, n, m, inner, step, over, low, high, narrow
 * (1: at is uint8, 0: int32), kind. Windows overlap an axis of less than 2^31 elements. */
static int ck_pool(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    static const po_method methods[2][CK_I64 + 1] = {
        [PO_SUM] = {PO_METHOD(sum_f32), PO_METHOD(sum_f64)},
        [PO_MAX] = {PO_METHOD(max_f32), PO_METHOD(max_f64), PO_METHOD(max_i32), PO_METHOD(max_i64)},
    };
    const int kind = (int)p[10];
    const po_method method = methods[kind][p[0]];
    po_job w = po_start(p);
    w.out = buf[0], w.at = kind == PO_MAX ? buf[1] : NULL, w.in = buf[kind == PO_MAX ? 2 : 1];
    const int64_t outer = p[1], strips = (w.inner + PO_WIDE - 1) / PO_WIDE, units = outer * strips;
    if (units == 0 || w.m == 0) return CK_OK;
    const int64_t taken = ln_min(w.block, w.n);
    const int overlap = (double)w.m * (double)taken > 6.0 * (double)w.n + 64;
    const int threads = (int)ln_min(ln_threads(outer * w.inner * (w.n + w.m), 32 << 10), units);
    char *memory = NULL;
    if (overlap) {
        const size_t bytes = (size_t)taken * method.part;
        if (bytes / method.part != (size_t)taken || bytes > SIZE_MAX / (size_t)threads) return ck_no_memory(err);
        memory = malloc(bytes * (size_t)threads);
        if (memory == NULL) return ck_no_memory(err);
    }
    const ck_mode mode = ck_get_mode();
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int t = 0; t < threads; t++) {
        const ck_mode own = ck_enter(mode);
        for (int64_t unit = units * t / threads; unit < units * (t + 1) / threads; unit++) {
            const int64_t row = unit / strips, left = unit % strips * PO_WIDE;
            const int64_t width = ln_min(PO_WIDE, w.inner - left);
            if (overlap)
                method.blocks(&w, row, left, width, memory + (size_t)t * (size_t)taken * method.part);
            else
                method.direct(&w, row, left, width);
        }
        ck_leave(own);
    }
    free(memory);
    return CK_OK;
}

/* ---- the gradient of a maximum, and the gradient of that ---- */

static inline int64_t po_index(const po_job *w, int64_t j, int64_t k)
{
    return po_begin(w, j) + (w->narrow ? ((const uint8_t *)w->at)[k] : ((const int32_t *)w->at)[k]);
}

#define PO_ROUTE(T, NAME)                                                                                              \
    static void po_back_##NAME(const po_job *w, int64_t row, int64_t left, int64_t right)                              \
    {                                                                                                                  \
        T *x = (T *)w->out + row * w->n * w->inner;                                                                    \
        const T *g = (const T *)w->in;                                                                                 \
        for (int64_t i = 0; i < w->n; i++)                                                                             \
            memset(x + i * w->inner + left, 0, sizeof(T) * (size_t)(right - left));                                    \
        for (int64_t j = 0; j < w->m; j++)                                                                             \
            for (int64_t c = left, k = (row * w->m + j) * w->inner + left; c < right; c++, k++) {                      \
                const int64_t i = po_index(w, j, k);                                                                   \
                if (i >= 0 && i < w->n) x[i * w->inner + c] += g[k];                                                   \
            }                                                                                                          \
    }                                                                                                                  \
    static void po_forth_##NAME(const po_job *w, int64_t row, int64_t left, int64_t right)                             \
    {                                                                                                                  \
        T *y = (T *)w->out;                                                                                            \
        const T *x = (const T *)w->in + row * w->n * w->inner;                                                         \
        for (int64_t j = 0; j < w->m; j++)                                                                             \
            for (int64_t c = left, k = (row * w->m + j) * w->inner + left; c < right; c++, k++) {                      \
                const int64_t i = po_index(w, j, k);                                                                   \
                y[k] = i >= 0 && i < w->n ? x[i * w->inner + c] : 0;                                                   \
            }                                                                                                          \
    }
PO_ROUTE(float, f32)
PO_ROUTE(double, f64)

/* buf: dx (outer, n, inner), g (outer, m, inner), at (outer, m, inner), the last as `pool` gives it: dx is the sum of
 * what the windows send to their maxima. In the other direction: y (outer, m, inner), x (outer, n, inner), at, where y is
 * what x has at the maxima. p: dtype (CK_F32, CK_F64), outer, n, m, inner, step, over, low, high, narrow, direction (0:
 * to the maxima, 1: from them) */
static int ck_pool_route(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    typedef void (*po_router)(const po_job *w, int64_t row, int64_t left, int64_t right);
    static const po_router routes[2][2] = {{po_back_f32, po_back_f64}, {po_forth_f32, po_forth_f64}};
    const po_router route = routes[p[10] != 0][p[0]];
    po_job w = po_start(p);
    w.out = buf[0], w.in = buf[1], w.at = buf[2];
    const int64_t outer = p[1], strips = (w.inner + PO_WIDE - 1) / PO_WIDE, units = outer * strips;
    const int threads = (int)ln_min(ln_threads(outer * w.inner * (w.n + w.m), 32 << 10), units);
    const ck_mode mode = ck_get_mode();
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int t = 0; t < threads; t++) {
        const ck_mode own = ck_enter(mode);
        for (int64_t unit = units * t / threads; unit < units * (t + 1) / threads; unit++) {
            const int64_t left = unit % strips * PO_WIDE;
            route(&w, unit / strips, left, ln_min(left + PO_WIDE, w.inner));
        }
        ck_leave(own);
    }
    return CK_OK;
}

#define POOL_KERNELS {"pool", ck_pool}, {"pool_route", ck_pool_route},
#define POOL_CONSTANTS {"pool.sum", PO_SUM}, {"pool.max", PO_MAX},
