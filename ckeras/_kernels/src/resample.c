/* Images at other coordinates: weighted sums of rows (resizing), and interpolation at given points (warps).
 *
 * Both are linear in the image; the second has its transpose, which spreads gradients, next to it. The transpose of
 * weighted sums is a weighted sum with another table. A table says for each target which sources it takes: those of
 * target t are from[start[t]] to from[start[t + 1] - 1]. */
#include <math.h>
#include <string.h>

#include "lanes.h"

enum { RS_WIDE = 64 };                                                          /* elements summed in registers */
enum { RS_CONSTANT, RS_NEAREST, RS_WRAP, RS_MIRROR, RS_REFLECT, RS_MODES };     /* what lies outside of an image */
#define RESAMPLE_CONSTANTS                                                                                             \
    {"sample.constant", RS_CONSTANT}, {"sample.nearest", RS_NEAREST}, {"sample.wrap", RS_WRAP},                       \
    {"sample.mirror", RS_MIRROR}, {"sample.reflect", RS_REFLECT},

/* Target `unit` of (outer, targets): `inner` elements that are the weighted sum of those of its sources. */
#define RS_ROW(T, NAME, COUNT)                                                                                         \
    static inline void rs_row_##NAME(T *out, const T *in, const int64_t *from, const T *weight, int64_t taps,          \
                                     int64_t inner)                                                                    \
    {                                                                                                                  \
        T sum[COUNT];                                                                                                  \
        for (int j = 0; j < COUNT; j++) sum[j] = 0;                                                                    \
        for (int64_t k = 0; k < taps; k++) {                                                                           \
            const T *s = in + from[k] * inner, w = weight[k];                                                          \
            for (int j = 0; j < COUNT; j++) sum[j] += w * s[j];                                                        \
        }                                                                                                              \
        for (int j = 0; j < COUNT; j++) out[j] = sum[j];                                                               \
    }

#define RS_ROWS(T, NAME)                                                                                               \
    RS_ROW(T, NAME##_1, 1)                                                                                             \
    RS_ROW(T, NAME##_3, 3)                                                                                             \
    RS_ROW(T, NAME##_4, 4)                                                                                             \
    RS_ROW(T, NAME##_all, RS_WIDE)                                                                                     \
    static void rs_rows_##NAME(char *const *buf, const int64_t *p, int64_t first, int64_t last)                        \
    {                                                                                                                  \
        const int64_t targets = p[2], sources = p[3], inner = p[4], *start = (const int64_t *)buf[2];                  \
        for (int64_t unit = first; unit < last; unit++) {                                                              \
            const int64_t t = unit % targets, taps = start[t + 1] - start[t];                                          \
            const int64_t *from = (const int64_t *)buf[3] + start[t];                                                  \
            const T *in = (const T *)buf[1] + unit / targets * sources * inner;                                        \
            const T *weight = (const T *)buf[4] + start[t];                                                            \
            T *out = (T *)buf[0] + unit * inner;                                                                       \
            if (inner == 1) {                                                                                          \
                rs_row_##NAME##_1(out, in, from, weight, taps, inner);                                                 \
                continue;                                                                                              \
            }                                                                                                          \
            if (inner == 3) {                                                                                          \
                rs_row_##NAME##_3(out, in, from, weight, taps, inner);                                                 \
                continue;                                                                                              \
            }                                                                                                          \
            int64_t j = 0;                                                                                             \
            for (; j + RS_WIDE <= inner; j += RS_WIDE) rs_row_##NAME##_all(out + j, in + j, from, weight, taps, inner);\
            for (; j + 4 <= inner; j += 4) rs_row_##NAME##_4(out + j, in + j, from, weight, taps, inner);              \
            for (; j < inner; j++) rs_row_##NAME##_1(out + j, in + j, from, weight, taps, inner);                      \
        }                                                                                                              \
    }
RS_ROWS(float, f32)
RS_ROWS(double, f64)

/* buf: out (outer, targets, inner), in (outer, sources, inner), start (targets + 1), from, weight
 * p: dtype (CK_F32 or CK_F64), outer, targets, sources, inner, entries of the table */
static int ck_weighted_rows(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    const int64_t units = p[1] * p[2], work = p[1] * p[4] * ln_max(p[2], p[5]);
    const int threads = (int)ln_max(1, ln_min(ln_threads(work, 64 << 10), units));
    const ck_mode mode = ck_get_mode();
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int t = 0; t < threads; t++) {
        const ck_mode own = ck_enter(mode);
        (p[0] == CK_F32 ? rs_rows_f32 : rs_rows_f64)(buf, p, units * t / threads, units * (t + 1) / threads);
        ck_leave(own);
    }
    return CK_OK;
}

/* -- interpolation at points ---------------------------------------------------------------------------------------- */

/* The element of an axis that index i stands for; what is outside of it under RS_CONSTANT is clipped. */
static int64_t rs_inside(int64_t i, int64_t size, int64_t mode)
{
    if (i >= 0 && i < size) return i;
    if (mode == RS_WRAP) {
        i %= size;
        return i < 0 ? i + size : i;
    }
    if (mode == RS_MIRROR || mode == RS_REFLECT) {
        const int64_t last = mode == RS_MIRROR ? 2 * (size - 1) : 2 * size - 1; /* the index that mirrors index 0 */
        const int64_t period = ln_max(mode == RS_MIRROR ? last : last + 1, 1);
        i %= period;
        if (i < 0) i += period;
        return i < size ? i : last - i;
    }
    return i < 0 ? 0 : size - 1;
}

/* One axis of a point: the offsets of its neighbours, their weights, and whether the image has them. */
typedef struct {
    int64_t offset[2];
    double weight[2];
    int known[2];
} rs_axis;

/* Coordinates beyond 2^52 are integers; what is added to them there changes nothing. */
static inline double rs_bounded(double at) { return at > -0x1p52 ? (at < 0x1p52 ? at : 0x1p52) : -0x1p52; }

static inline void rs_place(rs_axis *a, double at, int64_t size, int64_t stride, int64_t order, int64_t mode)
{
    if (order == 0) { /* the nearest, halves away from 0 */
        const double rounded = floor(fabs(at) + 0.5);
        const int64_t i = (int64_t)rs_bounded(at < 0 ? -rounded : rounded);
        a->offset[0] = rs_inside(i, size, mode) * stride;
        a->weight[0] = 1;
        a->known[0] = i >= 0 && i < size;
        return;
    }
    const double low = floor(at), share = at - low; /* NaN where `at` is not finite */
    const int64_t i = (int64_t)rs_bounded(low);
    a->offset[0] = rs_inside(i, size, mode) * stride;
    a->offset[1] = rs_inside(i + 1, size, mode) * stride;
    a->weight[0] = 1 - share, a->weight[1] = share;
    a->known[0] = i >= 0 && i < size, a->known[1] = i >= -1 && i < size - 1;
}

/* Neighbour `corner` of a point, a bit for each axis: its offset and weight; returns whether the image has it. */
static inline int rs_corner(const rs_axis *axis, int64_t nd, int64_t corner, int64_t *offset, double *weight)
{
    int known = 1;
    *offset = 0, *weight = 1;
    for (int64_t k = 0; k < nd; k++) {
        const int bit = (int)(corner >> k & 1);
        *offset += axis[k].offset[bit];
        *weight *= axis[k].weight[bit];
        known &= axis[k].known[bit];
    }
    return known;
}

typedef struct {
    int64_t order, mode, lead, points, channels, nd, corners, elements;
    const int64_t *sizes;
    double value;
} rs_job;

/* p: dtype, order, mode, lead, points, channels, ndim, sizes */
static rs_job rs_start(const int64_t *p, const double *f)
{
    rs_job w = {p[1], p[2], p[3], p[4], p[5], p[6], p[1] ? (int64_t)1 << p[6] : 1, p[5], p + 7, f[0]};
    for (int64_t k = 0; k < w.nd; k++) w.elements *= w.sizes[k];
    return w;
}

#define RS_POINTS(T, NAME)                                                                                             \
    static inline void rs_axes_##NAME(rs_axis *axis, const rs_job *w, const T *at, int64_t point)                      \
    {                                                                                                                  \
        int64_t stride = w->channels;                                                                                  \
        for (int64_t k = w->nd - 1; k >= 0; k--) {                                                                     \
            rs_place(axis + k, (double)at[k * w->lead * w->points + point], w->sizes[k], stride, w->order, w->mode);   \
            stride *= w->sizes[k];                                                                                     \
        }                                                                                                              \
    }                                                                                                                  \
    /* A point between four elements of a plane. Returns 0 if there are not all four. */                               \
    static inline int rs_between_##NAME(T *out, const T *in, const rs_job *w, const T *at, int64_t point)              \
    {                                                                                                                  \
        const double y = (double)at[point], x = (double)at[w->lead * w->points + point];                               \
        const int64_t rows = w->sizes[0], columns = w->sizes[1], c = w->channels;                                      \
        if (!(y >= 0 && x >= 0 && y < (double)(rows - 1) && x < (double)(columns - 1))) return 0;                      \
        const int64_t i = (int64_t)y, j = (int64_t)x;                                                                  \
        const double down = y - (double)i, right = x - (double)j;                                                      \
        const T a = (T)((1 - down) * (1 - right)), b = (T)((1 - down) * right);                                        \
        const T d = (T)(down * (1 - right)), e = (T)(down * right);                                                    \
        const T *s = in + (i * columns + j) * c, *below = s + columns * c;                                             \
        for (int64_t k = 0; k < c; k++) out[k] = a * s[k] + b * s[k + c] + d * below[k] + e * below[k + c];            \
        return 1;                                                                                                      \
    }                                                                                                                  \
    static void rs_sample_##NAME(char *const *buf, const rs_job *w, int64_t first, int64_t last)                       \
    {                                                                                                                  \
        rs_axis axis[CK_MAX_NDIM];                                                                                     \
        const int plane = w->nd == 2 && w->order == 1;                                                                 \
        for (int64_t point = first; point < last; point++) {                                                           \
            const T *in = (const T *)buf[1] + point / w->points * w->elements;                                         \
            T *out = (T *)buf[0] + point * w->channels;                                                                \
            if (plane && rs_between_##NAME(out, in, w, (const T *)buf[2], point)) continue;                            \
            rs_axes_##NAME(axis, w, (const T *)buf[2], point);                                                         \
            for (int64_t corner = 0; corner < w->corners; corner++) {                                                  \
                int64_t offset;                                                                                        \
                double weight;                                                                                         \
                const int known = rs_corner(axis, w->nd, corner, &offset, &weight) || w->mode != RS_CONSTANT;          \
                const T share = (T)weight, filling = (T)w->value * share, *s = in + offset;                            \
                if (corner == 0)                                                                                       \
                    for (int64_t j = 0; j < w->channels; j++) out[j] = known ? share * s[j] : filling;                 \
                else                                                                                                   \
                    for (int64_t j = 0; j < w->channels; j++) out[j] += known ? share * s[j] : filling;                \
            }                                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    static void rs_spread_##NAME(char *const *buf, const rs_job *w, int64_t first, int64_t last)                       \
    {                                                                                                                  \
        rs_axis axis[CK_MAX_NDIM];                                                                                     \
        memset((T *)buf[0] + first * w->elements, 0, (size_t)((last - first) * w->elements) * sizeof(T));              \
        for (int64_t point = first * w->points; point < last * w->points; point++) {                                   \
            const T *in = (const T *)buf[1] + point * w->channels;                                                     \
            T *out = (T *)buf[0] + point / w->points * w->elements;                                                    \
            rs_axes_##NAME(axis, w, (const T *)buf[2], point);                                                         \
            for (int64_t corner = 0; corner < w->corners; corner++) {                                                  \
                int64_t offset;                                                                                        \
                double weight;                                                                                         \
                if (!rs_corner(axis, w->nd, corner, &offset, &weight) && w->mode == RS_CONSTANT) continue;             \
                for (int64_t j = 0; j < w->channels; j++) out[offset + j] += (T)weight * in[j];                        \
            }                                                                                                          \
        }                                                                                                              \
    }
RS_POINTS(float, f32)
RS_POINTS(double, f64)

/* buf: out (lead, points, channels), in (lead, *sizes, channels), coordinates (ndim, lead, points): the image between
 * its elements, by linear interpolation (order 1) or the nearest element (order 0). f: value outside for RS_CONSTANT */
static int ck_sample(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)err;
    const rs_job w = rs_start(p, f);
    const int64_t units = w.lead * w.points, work = units * w.corners * (w.nd + w.channels);
    const int threads = (int)ln_max(1, ln_min(ln_threads(work, 32 << 10), units));
    const ck_mode mode = ck_get_mode();
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int t = 0; t < threads; t++) {
        const ck_mode own = ck_enter(mode);
        (p[0] == CK_F32 ? rs_sample_f32 : rs_sample_f64)(buf, &w, units * t / threads, units * (t + 1) / threads);
        ck_leave(own);
    }
    return CK_OK;
}

/* buf: out (lead, *sizes, channels), in (lead, points, channels), coordinates (ndim, lead, points): the transpose of
 * ck_sample, which adds each point to the elements that it was taken from. One thread has all points of an image. */
static int ck_spread(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)err;
    const rs_job w = rs_start(p, f);
    const int64_t work = w.lead * w.points * w.corners * (w.nd + w.channels);
    const int threads = (int)ln_max(1, ln_min(ln_threads(work, 32 << 10), w.lead));
    const ck_mode mode = ck_get_mode();
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int t = 0; t < threads; t++) {
        const ck_mode own = ck_enter(mode);
        (p[0] == CK_F32 ? rs_spread_f32 : rs_spread_f64)(buf, &w, w.lead * t / threads, w.lead * (t + 1) / threads);
        ck_leave(own);
    }
    return CK_OK;
}

#define RESAMPLE_KERNELS {"weighted_rows", ck_weighted_rows}, {"sample", ck_sample}, {"spread", ck_spread},
