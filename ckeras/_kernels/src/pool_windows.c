/* Pooling over windows of one to three spatial axes at once, vectorized over channels: (batch, *spatial, channels).
 *
 * For windows of few elements; those of many are pooled along one axis after the other (pool.c), whose description of
 * the windows of an axis (n, m, step, over, low, high) holds here too. Every result is computed at its own position:
 * the results of maximum and mean over the elements of its window, the gradients over the windows that hold an element.
 * So each array is read or written once, and threads change no bit. An element of a window has a number: its offsets
 * from the begin of the window along the three axes, the first axis varying slowest.
 */
#include "vector.h"

enum { PW_MAX, PW_MEAN, PW_ROUTE, PW_SPREAD, PW_TAKE };
enum { PW_AXES = 3 };

typedef struct {
    int64_t grid, grid_stride;     /* positions of results, and the distance of two in items */
    int64_t source_stride, block;  /* block: the length of the longest window */
    const int64_t *first, *last;   /* of each result: the first and the last of what it is computed from */
    const int64_t *begin;          /* of each window: its begin, which may be in the padding */
    const double *share;           /* of each window: 1 / number of its elements */
} pw_axis;
typedef struct {
    char *out;
    uint8_t *at_out;
    const char *in;
    const uint8_t *at;
    int64_t channels;
    pw_axis axis[PW_AXES];
} pw_job;
typedef struct { /* one result, of all channels */
    int64_t place[PW_AXES], first[PW_AXES], last[PW_AXES];
    int64_t out, in; /* items before the result, and before the sample that it is computed from */
} pw_spot;

/* The elements or windows that the result `s` is computed from: a, b, d along the axes, `item` where each begins */
#define PW_EACH(w, s)                                                                                                  \
    for (int64_t a = (s)->first[0]; a <= (s)->last[0]; a++)                                                            \
        for (int64_t b = (s)->first[1]; b <= (s)->last[1]; b++)                                                        \
            for (int64_t d = (s)->first[2], item = (s)->in + a * (w)->axis[0].source_stride +                          \
                                                   b * (w)->axis[1].source_stride + d * (w)->axis[2].source_stride;    \
                 d <= (s)->last[2]; d++, item += (w)->axis[2].source_stride)

static inline int64_t pw_number(const pw_job *w, int64_t a, int64_t b, int64_t d)
{
    return (a * w->axis[1].block + b) * w->axis[2].block + d;
}

#define PW_T float
#define PW_N int32_t
#define PW_FLOAT 1
#define PW_LANES (CK_VECTOR_BYTES / 4)
#define PW_(name) pw_f32_full_##name
#include "pool_windows_body.h"
#define PW_LANES 4
#define PW_(name) pw_f32_four_##name
#include "pool_windows_body.h"
#define PW_LANES 1
#define PW_(name) pw_f32_one_##name
#include "pool_windows_body.h"
#undef PW_T
#undef PW_N

#define PW_T double
#define PW_N int64_t
#define PW_LANES (CK_VECTOR_BYTES / 8)
#define PW_(name) pw_f64_full_##name
#include "pool_windows_body.h"
#define PW_LANES 2
#define PW_(name) pw_f64_four_##name
#include "pool_windows_body.h"
#define PW_LANES 1
#define PW_(name) pw_f64_one_##name
#include "pool_windows_body.h"
#undef PW_T
#undef PW_N
#undef PW_FLOAT

#define PW_T int32_t
#define PW_N int32_t
#define PW_FLOAT 0
#define PW_LANES (CK_VECTOR_BYTES / 4)
#define PW_(name) pw_i32_full_##name
#include "pool_windows_body.h"
#define PW_LANES 1
#define PW_(name) pw_i32_one_##name
#include "pool_windows_body.h"
#undef PW_T
#undef PW_N

#define PW_T int64_t
#define PW_N int64_t
#define PW_LANES (CK_VECTOR_BYTES / 8)
#define PW_(name) pw_i64_full_##name
#include "pool_windows_body.h"
#define PW_LANES 1
#define PW_(name) pw_i64_one_##name
#include "pool_windows_body.h"
#undef PW_T
#undef PW_N
#undef PW_FLOAT

typedef void (*pw_method)(const pw_job *w, const pw_spot *s);
typedef struct {
    int64_t lanes; /* least number of channels */
    pw_method of[5];
} pw_methods;
#define PW_REAL(name, lanes)                                                                                           \
    {lanes, {pw_##name##_max, pw_##name##_mean, pw_##name##_route, pw_##name##_spread, pw_##name##_take}}
static const pw_methods pw_table[CK_I64 + 1][3] = {
    {PW_REAL(f32_full, CK_VECTOR_BYTES / 4), PW_REAL(f32_four, 4), PW_REAL(f32_one, 0)},
    {PW_REAL(f64_full, CK_VECTOR_BYTES / 8), PW_REAL(f64_four, 2), PW_REAL(f64_one, 0)},
    {{CK_VECTOR_BYTES / 4, {pw_i32_full_max}}, {0, {pw_i32_one_max}}},
    {{CK_VECTOR_BYTES / 8, {pw_i64_full_max}}, {0, {pw_i64_one_max}}},
};

/* The results [from, to), counted over samples and positions */
static void pw_range(const pw_job *w, pw_method method, int64_t from, int64_t to, int64_t out, int64_t in)
{
    const int64_t g1 = w->axis[1].grid, g2 = w->axis[2].grid, positions = w->axis[0].grid * g1 * g2;
    int64_t sample = from / positions, rest = from % positions;
    pw_spot s = {.place = {rest / (g1 * g2), rest / g2 % g1, rest % g2}};
    while (from < to) {
        s.in = sample * in;
        s.out = sample * out;
        for (int k = 0; k < PW_AXES; k++) {
            s.first[k] = w->axis[k].first[s.place[k]], s.last[k] = w->axis[k].last[s.place[k]];
            s.out += s.place[k] * w->axis[k].grid_stride;
        }
        const int64_t end = ln_min(to, from + g2 - s.place[2]);
        for (; from < end; from++, s.place[2]++, s.out += w->axis[2].grid_stride) {
            s.first[2] = w->axis[2].first[s.place[2]], s.last[2] = w->axis[2].last[s.place[2]];
            method(w, &s);
        }
        s.place[2] = 0;
        if (++s.place[1] == g1) {
            s.place[1] = 0;
            if (++s.place[0] == w->axis[0].grid) s.place[0] = 0, sample++;
        }
    }
}

/* The axis described by p (n, m, step, over, low, high, and strides of elements and windows), with its tables at
 * `memory`; returns the memory after them, 8 (2 results + 2 windows) bytes. */
static char *pw_prepare(pw_axis *axis, const int64_t *p, int of_elements, char *memory)
{
    const po_job forth = {.n = p[0], .m = p[1], .step = p[2], .over = p[3], .low = p[4], .high = p[5]};
    const po_job back = {.n = p[1], .m = p[0], .step = p[3], .over = p[2], .low = -p[5], .high = -p[4]};
    const po_job *w = of_elements ? &back : &forth;
    int64_t *first = (int64_t *)memory, *last = first + w->m, *begin = last + w->m;
    double *share = (double *)(begin + forth.m);
    for (int64_t j = 0; j < w->m; j++) first[j] = po_low(w, j), last[j] = po_high(w, j);
    for (int64_t j = 0; j < forth.m; j++) {
        begin[j] = po_begin(&forth, j);
        share[j] = 1.0 / (double)(po_high(&forth, j) - po_low(&forth, j) + 1);
    }
    *axis = (pw_axis){w->m, p[7 - of_elements], p[6 + of_elements], po_floor(p[5] - p[4], p[3]) + 1,
                      first, last, begin, share};
    return (char *)(share + forth.m);
}

/* buf by kind, with x (batch, *n, channels), y (batch, *m, channels) and `at`, uint8 like y, the numbers of the maxima:
 *   PW_MAX     y, at, x    the maximum of each window, the first of equals; NaN exceeds all
 *   PW_MEAN    y, x        the mean of each window
 *   PW_ROUTE   x, y, at    for each element: the sum of y of the windows whose maximum it is
 *   PW_SPREAD  x, y        for each element: the sum over its windows of y / number of elements
 *   PW_TAKE    y, x, at    the elements with these numbers
 * and a workspace for the tables. p: dtype (CK_F32, CK_F64; CK_I32 and CK_I64 for PW_MAX), kind, batch, channels, for
 * each of three axes n, m, step, over, low, high, and the items between two elements, and between two windows. */
static int ck_pool_windows(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    const int kind = (int)p[1], of_elements = kind == PW_ROUTE || kind == PW_SPREAD;
    const int reads_at = kind == PW_ROUTE || kind == PW_TAKE, outputs = 1 + (kind == PW_MAX);
    pw_job w = {.out = buf[0], .at_out = kind == PW_MAX ? (uint8_t *)buf[1] : NULL, .in = buf[outputs],
                .at = reads_at ? (const uint8_t *)buf[2] : NULL, .channels = p[3]};
    char *memory = buf[outputs + 1 + reads_at];
    int64_t elements = p[3], windows = p[3];
    for (int k = 0; k < PW_AXES; k++) {
        memory = pw_prepare(&w.axis[k], p + 4 + 8 * k, of_elements, memory);
        elements *= p[4 + 8 * k], windows *= p[5 + 8 * k];
    }
    const int64_t out = of_elements ? elements : windows, in = of_elements ? windows : elements;
    const int64_t results = p[3] ? p[2] * out / p[3] : 0;
    const pw_methods *methods = pw_table[p[0]];
    while (methods->lanes > w.channels) methods++;
    const pw_method method = methods->of[kind];
    const int threads = (int)ln_min(ln_threads(p[2] * (elements + windows), 32 << 10), results);
    const ck_mode mode = ck_get_mode();
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int t = 0; t < threads; t++) {
        const ck_mode own = ck_enter(mode);
        pw_range(&w, method, results * t / threads, results * (t + 1) / threads, out, in);
        ck_leave(own);
    }
    return CK_OK;
}

#define POOL_WINDOWS_KERNELS {"pool_windows", ck_pool_windows},
#define POOL_WINDOWS_CONSTANTS                                                                                         \
    {"pool_windows.max", PW_MAX}, {"pool_windows.mean", PW_MEAN}, {"pool_windows.route", PW_ROUTE},                    \
    {"pool_windows.spread", PW_SPREAD}, {"pool_windows.take", PW_TAKE},
