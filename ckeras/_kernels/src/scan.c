/* Cumulative sums, cumulative products, and y[i] = x[i] y[i - 1] + b[i], along the middle one of three axes.
 *
 * Floats are carried in double and rounded where they are stored, so that a long sum loses no digits. A unit of work is
 * up to SC_WIDE neighbouring columns of one outer row, carried side by side: threads change nothing.
 */
#include "lanes.h"

enum { SC_SUM, SC_PROD, SC_RECURRENCE };
enum { SC_WIDE = 64 };

typedef struct {
    char *out;
    const char *x, *b;
    int64_t n, inner, blocks;
    int kind, reverse;
} sc_job;

/* Each element in turn: y is the value carried to it and then its result, x and b are the inputs at its index. */
#define SC_WALK(T, A, START, STEP)                                                                                     \
    if (w->inner == 1) {                                                                                               \
        A y = START;                                                                                                   \
        for (int64_t k = 0, at = first; k < w->n; k++, at += step) {                                                   \
            A x = (A)in[at], b = (A)added[at];                                                                         \
            (void)b;                                                                                                   \
            y = STEP;                                                                                                  \
            out[at] = (T)y;                                                                                            \
        }                                                                                                              \
    } else {                                                                                                           \
        A carried[SC_WIDE];                                                                                            \
        for (int64_t j = 0; j < width; j++) carried[j] = START;                                                        \
        for (int64_t k = 0, at = first; k < w->n; k++, at += step)                                                     \
            for (int64_t j = 0; j < width; j++) {                                                                      \
                A y = carried[j], x = (A)in[at + j], b = (A)added[at + j];                                             \
                (void)b;                                                                                               \
                carried[j] = STEP;                                                                                     \
                out[at + j] = (T)carried[j];                                                                           \
            }                                                                                                          \
    }

#define SC_UNIT(NAME, T, A)                                                                                            \
    static void sc_##NAME(const sc_job *w, int64_t unit)                                                               \
    {                                                                                                                  \
        int64_t left = unit % w->blocks * SC_WIDE, width = ln_min(w->inner - left, SC_WIDE);                           \
        int64_t row = unit / w->blocks * w->n, step = w->reverse ? -w->inner : w->inner;                               \
        int64_t first = (row + (w->reverse ? w->n - 1 : 0)) * w->inner + left;                                         \
        T *restrict out = (T *)w->out;                                                                                 \
        const T *in = (const T *)w->x, *added = (const T *)w->b;                                                       \
        if (w->kind == SC_SUM) {                                                                                       \
            SC_WALK(T, A, 0, y + x)                                                                                    \
        } else if (w->kind == SC_PROD) {                                                                               \
            SC_WALK(T, A, 1, y * x)                                                                                    \
        } else {                                                                                                       \
            SC_WALK(T, A, 0, x * y + b)                                                                                \
        }                                                                                                              \
    }
SC_UNIT(f32, float, double)
SC_UNIT(f64, double, double)
SC_UNIT(i32, int32_t, uint32_t)
SC_UNIT(i64, int64_t, uint64_t)

/* buf: out (outer, n, inner), x (outer, n, inner), for SC_RECURRENCE b (outer, n, inner)
 * p: kind, dtype (CK_F32, CK_F64, CK_I32, CK_I64), outer, n, inner, reverse (1: from the end on) */
static int ck_scan(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    (void)err;
    static void (*const run[])(const sc_job *, int64_t) = {sc_f32, sc_f64, sc_i32, sc_i64};
    int64_t outer = p[2], n = p[3], inner = p[4], blocks = (inner + SC_WIDE - 1) / SC_WIDE, units = outer * blocks;
    sc_job w = {buf[0], buf[1], p[0] == SC_RECURRENCE ? buf[2] : buf[1], n, inner, blocks, (int)p[0], (int)p[5]};
    if (n == 0) return CK_OK;
    int threads = (int)ln_min(ln_threads(outer * n * inner, 64 << 10), units);
    if (threads <= 1) {
        for (int64_t u = 0; u < units; u++) run[p[1]](&w, u);
        return CK_OK;
    }
    ck_mode mode = ck_get_mode();
#pragma omp parallel num_threads(threads)
    {
        ck_mode own = ck_enter(mode);
#pragma omp for schedule(static)
        for (int64_t u = 0; u < units; u++) run[p[1]](&w, u);
        ck_leave(own);
    }
    return CK_OK;
}

#define SCAN_KERNELS {"scan", ck_scan},
