/* Patches of images: what windows cut out of them, and sums of patches at the elements that they were cut from.
 *
 * Along each axis, tap t of window o meets element o stride + t dilation - before, where the image has it. A table says
 * which taps meet which elements; in it each target (a window, or in the other direction an element) has its own run.
 */
#include <stdlib.h>
#include <string.h>

#include "lanes.h"

enum { PA_AXES = 3, PA_WIDE = 64 };

typedef struct {
    int64_t target, source, taps; /* sizes */
    int64_t *start;               /* [target + 1], where the run of each target begins */
    int64_t *tap, *from;          /* for each meeting: the tap, and the index in the source */
} pa_axis;

typedef struct {
    char *out;
    const char *in;
    int64_t item, batch, per;
    int nd;
    pa_axis axis[PA_AXES];
} pa_job;

/* First and last tap of window o within [0, size) */
static void pa_range(int64_t o, const int64_t *g, int64_t *first, int64_t *last)
{
    const int64_t size = g[0], taps = g[2], dilation = g[4], begin = o * g[3] - g[5];
    *first = begin >= 0 ? 0 : (-begin + dilation - 1) / dilation;
    *last = begin > size - 1 ? -1 : ln_min(taps - 1, (size - 1 - begin) / dilation);
}

/* The table of an axis from g: size, windows, taps, stride, dilation, before. Returns 0 if there is no memory. */
static int pa_table(pa_axis *a, const int64_t *g, int back)
{
    int64_t first, last, met = 0;
    a->target = back ? g[0] : g[1], a->source = back ? g[1] : g[0], a->taps = g[2];
    for (int64_t o = 0; o < g[1]; o++) {
        pa_range(o, g, &first, &last);
        met += ln_max(0, last - first + 1);
    }
    a->start = calloc((size_t)a->target + 2, sizeof *a->start);
    a->tap = malloc(((size_t)met + 1) * sizeof *a->tap);
    a->from = malloc(((size_t)met + 1) * sizeof *a->from);
    if (a->start == NULL || a->tap == NULL || a->from == NULL) return 0;
    int64_t *next = a->start + 1; /* counts, then begins, at last ends */
    for (int64_t o = 0; o < g[1]; o++) {
        pa_range(o, g, &first, &last);
        for (int64_t t = first; t <= last; t++) next[1 + (back ? o * g[3] + t * g[4] - g[5] : o)]++;
    }
    for (int64_t i = 1; i <= a->target; i++) next[i] += next[i - 1];
    for (int64_t o = 0; o < g[1]; o++) {
        pa_range(o, g, &first, &last);
        for (int64_t t = first; t <= last; t++) {
            const int64_t image = o * g[3] + t * g[4] - g[5], at = next[back ? image : o]++;
            a->tap[at] = t;
            a->from[at] = back ? o : image;
        }
    }
    return 1;
}

static void pa_release(pa_job *w)
{
    for (int k = 0; k < PA_AXES; k++) free(w->axis[k].start), free(w->axis[k].tap), free(w->axis[k].from);
}

static inline int64_t pa_length(const pa_axis *a, int64_t i) { return a->start[i + 1] - a->start[i]; }

/* Writes the patches of the windows (image, i0, i1, all of the last axis), numbered by `unit`; taps of the last axis that
 * are adjacent in the image are `joined`. */
static void pa_write(const pa_job *w, int64_t unit, int joined)
{
    const pa_axis *a = w->axis, *b = a + 1, *c = a + 2;
    const int64_t taps = a->taps * b->taps * c->taps, bytes = w->per * w->item;
    const int64_t i1 = unit % b->target, i0 = unit / b->target % a->target, image = unit / b->target / a->target;
    const char *in = w->in + image * a->source * b->source * c->source * bytes;
    for (int64_t i2 = 0; i2 < c->target; i2++) {
        char *out = w->out + (unit * c->target + i2) * taps * bytes;
        if (pa_length(a, i0) * pa_length(b, i1) * pa_length(c, i2) < taps) memset(out, 0, (size_t)(taps * bytes));
        for (int64_t x = a->start[i0]; x < a->start[i0 + 1]; x++)
            for (int64_t y = b->start[i1]; y < b->start[i1 + 1]; y++) {
                const int64_t row = (a->from[x] * b->source + b->from[y]) * c->source;
                const int64_t first = (a->tap[x] * b->taps + b->tap[y]) * c->taps, end = c->start[i2 + 1];
                for (int64_t z = c->start[i2], n; z < end; z += n) {
                    n = joined ? end - z : 1;
                    ln_copy(out + (first + c->tap[z]) * bytes, in + (row + c->from[z]) * bytes, n * bytes);
                }
            }
    }
}

/* Adds up what the taps have for the targets (batch, i0, i1, all of the last axis), numbered by `unit`. */
#define PA_SUM(T, A, NAME)                                                                                             \
    static void pa_sum_##NAME(const pa_job *w, int64_t unit)                                                           \
    {                                                                                                                  \
        const pa_axis *a = w->axis, *b = a + 1, *c = a + 2;                                                            \
        const int64_t taps = a->taps * b->taps * c->taps, i1 = unit % b->target, i0 = unit / b->target % a->target;    \
        const T *in = (const T *)w->in +                                                                               \
                      unit / b->target / a->target * a->source * b->source * c->source * taps * w->per;                \
        for (int64_t i2 = 0; i2 < c->target; i2++)                                                                     \
            for (int64_t left = 0; left < w->per; left += PA_WIDE) {                                                   \
                const int64_t width = ln_min(PA_WIDE, w->per - left);                                                  \
                T *out = (T *)w->out + (unit * c->target + i2) * w->per + left;                                        \
                A sum[PA_WIDE];                                                                                        \
                for (int64_t j = 0; j < width; j++) sum[j] = 0;                                                        \
                for (int64_t x = a->start[i0]; x < a->start[i0 + 1]; x++)                                              \
                    for (int64_t y = b->start[i1]; y < b->start[i1 + 1]; y++)                                          \
                        for (int64_t z = c->start[i2]; z < c->start[i2 + 1]; z++) {                                    \
                            const int64_t tap = (a->tap[x] * b->taps + b->tap[y]) * c->taps + c->tap[z];               \
                            const int64_t from = (a->from[x] * b->source + b->from[y]) * c->source + c->from[z];       \
                            const T *s = in + (from * taps + tap) * w->per + left;                                     \
                            for (int64_t j = 0; j < width; j++) sum[j] += (A)s[j];                                     \
                        }                                                                                              \
                for (int64_t j = 0; j < width; j++) out[j] = (T)sum[j];                                                \
            }                                                                                                          \
    }
PA_SUM(float, double, f32)
PA_SUM(double, double, f64)
PA_SUM(int32_t, uint32_t, i32)
PA_SUM(int64_t, uint64_t, i64)

/* The job of both kernels from p: dtype or item size, batch, channels, ndim (1 to 3), and for each axis: size of images,
 * windows, taps, stride, dilation, before. Leading axes that are missing are single elements. The targets are windows,
 * or elements of the images with `back`. Returns 0 if there is no memory. */
static int pa_start(pa_job *w, char *const *buf, const int64_t *p, int back)
{
    static const int64_t single[] = {1, 1, 1, 1, 1, 0};
    *w = (pa_job){.out = buf[0], .in = buf[1], .batch = p[1], .per = p[2], .nd = (int)p[3]};
    for (int k = 0; k < PA_AXES; k++) {
        const int missing = PA_AXES - w->nd;
        if (!pa_table(&w->axis[k], k < missing ? single : p + 4 + 6 * (k - missing), back)) return 0;
    }
    return 1;
}

static int64_t pa_size(const int64_t *p, int of)
{
    int64_t n = 1;
    for (int64_t k = 0; k < p[3]; k++) n *= p[4 + 6 * k + of];
    return n;
}

/* buf: out (batch, *windows, *taps, channels), in (batch, *image, channels): 0 where a tap meets nothing
 * p: item size, then as pa_start says */
static int ck_patches(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    pa_job w;
    if (p[1] * p[2] * pa_size(p, 1) * pa_size(p, 2) == 0) return CK_OK;
    if (!pa_start(&w, buf, p, 0)) {
        pa_release(&w);
        return ck_no_memory(err);
    }
    w.item = p[0];
    const pa_axis *last = &w.axis[PA_AXES - 1];
    const int64_t units = w.batch * w.axis[0].target * w.axis[1].target;
    const int64_t bytes = units * last->target * pa_size(p, 2) * w.per * w.item;
    const int joined = last->taps == 1 || p[4 + 6 * (p[3] - 1) + 4] == 1;
    const int threads = (int)ln_min(ln_threads(bytes, 128 << 10), units);
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int t = 0; t < threads; t++)
        for (int64_t u = units * t / threads; u < units * (t + 1) / threads; u++) pa_write(&w, u, joined);
    pa_release(&w);
    return CK_OK;
}

/* buf: out (batch, *image, channels), in (batch, *windows, *taps, channels): each element is the sum of what the patches
 * have for it. p: dtype (CK_F32, CK_F64, CK_I32, CK_I64), then as pa_start says */
static int ck_fold_patches(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    typedef void (*pa_sum)(const pa_job *w, int64_t unit);
    static const pa_sum sums[] = {pa_sum_f32, pa_sum_f64, pa_sum_i32, pa_sum_i64};
    const pa_sum sum = sums[p[0]];
    pa_job w;
    if (p[1] * p[2] * pa_size(p, 0) == 0) return CK_OK;
    if (!pa_start(&w, buf, p, 1)) {
        pa_release(&w);
        return ck_no_memory(err);
    }
    const int64_t units = w.batch * w.axis[0].target * w.axis[1].target;
    const int64_t work = w.batch * w.per * ln_max(pa_size(p, 0), pa_size(p, 1) * pa_size(p, 2));
    const int threads = (int)ln_min(ln_threads(work, 32 << 10), units);
    const ck_mode mode = ck_get_mode();
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int t = 0; t < threads; t++) {
        const ck_mode own = ck_enter(mode);
        for (int64_t u = units * t / threads; u < units * (t + 1) / threads; u++) sum(&w, u);
        ck_leave(own);
    }
    pa_release(&w);
    return CK_OK;
}

#define PATCHES_KERNELS {"patches", ck_patches}, {"fold_patches", ck_fold_patches},
