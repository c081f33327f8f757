/* Convolutions, and the gradients of their inputs and kernels, as products whose left operand does not exist.
 *
 * Images have the layout (batch, *spatial, channels), weights (*taps, channels of a group, filters). The patches that a
 * strip of tiles reads are copied from the image into L1 when they are needed (a tile of 12 rows and all of a block of
 * k), at a small part of the cost of the products with all filters, so that padding, strides, dilation and groups are
 * matters of that copy. The weights are packed into panels once, before.
 *
 * Every element is summed over k in order, block by block, whatever the threads. The gradient of the kernel sums over
 * the targets: where it has few elements, parts of the targets are summed by themselves and added up in order, and
 * their number follows from the shape; where it has many, threads take different elements.
 */
#include <omp.h>

#include "conv_geometry.h"

/* Depthwise: targets, vectors and taps at a time. A tap of a row of targets: where its source lies, as in cv_copy, and its
 * weights; which tap of the last axis it is. */
enum { DW_TARGETS = 8, DW_VECTORS = 4, DW_TAPS = 9, DW_THREAD_WORK = 65536 };
typedef struct {
    int64_t offset, weight, x;
} dw_tap;

/* Which pixels at the ends of a part of a row of targets are outside, and the activation of the results, which clips, or
 * none */
typedef struct {
    int left, right, act;
} dw_part;

/* Row of the source's last axis that a row of targets meets with tap 0, in pixels */
static int64_t dw_source_row(const cv_phase *f, int64_t row)
{
    const cv_axis *a = f->axis, *b = a + 1;
    const int64_t y = row % b->targets, z = row / b->targets % a->targets, image = row / b->targets / a->targets;
    return ((image * a->source + z * a->stride) * b->source + y * b->stride) * f->axis[2].source;
}

/* Lists the taps that a row of targets meets inside the source, along all axes but the last; returns how many. */
static int64_t dw_taps(const cv_shape *s, const cv_phase *f, int64_t row, dw_tap *taps, int64_t channels)
{
    const cv_axis *a = f->axis, *b = a + 1, *c = a + 2;
    const int64_t y = row % b->targets, z = row / b->targets % a->targets;
    int64_t n = 0;
    for (const cv_copy *q = f->copies; q < f->copies + f->begin[1]; q++) {
        const int64_t at_z = z * a->stride + a->from[q->z], at_y = y * b->stride + b->from[q->y];
        if (at_z < 0 || at_z >= a->source || at_y < 0 || at_y >= b->source) continue;
        const int64_t tap = (a->tap[q->z] * s->window[1] + b->tap[q->y]) * s->window[2] + c->tap[q->x];
        taps[n++] = (dw_tap){q->offset, tap * channels, c->from[q->x]};
    }
    return n;
}

/* Those of them that target x of the row meets inside the source */
static int64_t dw_inside(const cv_axis *c, const dw_tap *first, const dw_tap *last, int64_t x, dw_tap *some)
{
    int64_t n = 0;
    for (const dw_tap *q = first; q < last; q++)
        if (x * c->stride + q->x >= 0 && x * c->stride + q->x < c->source) some[n++] = *q;
    return n;
}

enum { CV_ACT = 7, CV_HAS_BIAS, CV_PACKED, CV_PARTS = 7 };

/* Convolutions of few channels: how many at most, and multiply-adds of a thread from which it pays */
enum { CD_SOURCES = 16, CD_THREAD_WORK = 100000 };

/* Convolutions whose results have few channels: how many, and rows of targets of a unit of work. For each number of
 * channels how many targets two kinds of tiles have, so that the sums and what is multiplied fit the registers. */
enum { CN_TARGETS = 4, CN_ROWS = 8 };
#if defined(__AVX512F__) || defined(__aarch64__)
#define EACH_NARROW(X) X(1, 8, 2) X(2, 4, 2) X(3, 4, 2) X(4, 4, 2)
#else
#define EACH_NARROW(X) X(1, 8, 2) X(2, 4, 2) X(3, 4, 2) X(4, 2, 1)
#endif

/* Lists what target x of a row reads inside the source, in order; returns how many. The blocks of k are uncut. */
static int64_t cn_copies(const cv_shape *s, const cv_phase *f, int64_t row, int64_t x, cv_copy *some)
{
    const cv_axis *a = f->axis, *b = a + 1, *c = a + 2;
    const int64_t y = row % b->targets, z = row / b->targets % a->targets;
    int64_t n = 0;
    for (const cv_copy *q = f->copies; q < f->copies + f->begin[1]; q++) {
        const int64_t at_z = z * a->stride + a->from[q->z], at_y = y * b->stride + b->from[q->y];
        if (at_z < 0 || at_z >= a->source || at_y < 0 || at_y >= b->source) continue;
        int64_t first = q->x, last = q->x + q->n / s->sources;
        while (first < last && x * c->stride + c->from[first] < 0) first++;
        while (first < last && x * c->stride + c->from[last - 1] >= c->source) last--;
        const int64_t skipped = (first - q->x) * s->sources;
        if (first < last)
            some[n++] = (cv_copy){.offset = q->offset + skipped, .k = q->k + skipped, .n = (last - first) * s->sources};
    }
    return n;
}

/* Winograd's convolution: channels of the source, at most, in a block that is summed in one go, in a task that packs,
 * and of all blocks */
enum { WG_BLOCK = 64, WG_CHANNELS = 16, WG_SOURCES = 1024 };

/* The gradient of its kernel: tiles summed at a time, and channels and filters of a task, maximum */
enum { WK_TILES = 32, WK_CHANNELS = 48, WK_FILTERS = 64 };
_Static_assert(36 * WK_CHANNELS * WK_FILTERS * sizeof(float) <= WINOGRAD_BYTES, "sums");
_Static_assert(36 * WK_TILES * WK_FILTERS * sizeof(float) <= sizeof(((ck_packing *)0)->packed), "gradients");
_Static_assert(36 * WK_TILES * WK_CHANNELS * sizeof(float) <= sizeof(((ck_packing *)0)->patches), "inputs");

/* Channels of all blocks but the last */
static int64_t wg_channels(int64_t sources)
{
    return cv_ceil(sources, cv_ceil(sources, WG_BLOCK) * WG_CHANNELS) * WG_CHANNELS;
}

/* The first n lanes; zeros in the others */
static ck_vf32 ck_first_lanes_f32(ck_vf32 x, int n)
{
    for (int i = n; i < CK_LANES_F32; i++) x[i] = 0;
    return x;
}

#define T float
#define V ck_vf32
#define L CK_LANES_F32
#define FN(name) name##_f32
#include "conv_typed.h"
#include "conv_direct.h"
#include "conv_depthwise.h"
#include "conv_narrow.h"
#include "conv_winograd.h"
#include "conv_winograd_grad.h"
#undef T
#undef V
#undef L
#undef FN

#define T double
#define V ck_vf64
#define L CK_LANES_F64
#define FN(name) name##_f64
#include "conv_typed.h"
#include "conv_direct.h"
#include "conv_depthwise.h"
#include "conv_narrow.h"
#undef T
#undef V
#undef L
#undef FN

static int64_t cv_item(const int64_t *p) { return p[0] == CK_F32 ? sizeof(float) : sizeof(double); }

static int64_t cv_product(const int64_t *n) { return n[0] * n[1] * n[2]; }

/* Multiply-adds */
static double cv_work(const cv_shape *s)
{
    double work = 0;
    for (int i = 0; i < s->n_phases; i++) work += (double)s->phases[i].targets * s->phases[i].k;
    return work * s->batch * s->targets;
}

/* Gives all targets the value of those that no tap meets. */
static void cv_fill(const cv_shape *s, char *const *buf, const int64_t *p)
{
    const int64_t pixels = s->batch * cv_product(s->target);
    memset(buf[0], 0, (size_t)(pixels * s->targets * cv_item(p)));
    if (!p[CV_HAS_BIAS] && !p[CV_ACT]) return;
#define FILL(D, T)                                                                                                     \
    finish_##D((T *)buf[0], s->targets, pixels, s->targets, p[CV_HAS_BIAS] ? (const T *)buf[3] : NULL, 1, (int)p[CV_ACT])
    if (p[0] == CK_F32) FILL(f32, float);
    else FILL(f64, double);
#undef FILL
}

/* buf: out, in, weights, biases if p says so, and unless the weights are packed, workspace for the panels
 * p: as cv_start says, its own: activation, has bias, whether the weights are panels that conv_pack made
 * out (batch, *windows, filters) = act(the convolution of in (batch, *size, channels) + bias), or with `back`, the
 * gradient of such images for a gradient in (batch, *windows, filters), and of that act(gradient + bias). */
static int ck_conv(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    cv_shape s;
    int done = cv_start(&s, p, BLOCK_K);
    char *const *rest = buf + 3 + p[CV_HAS_BIAS];
    if (done && s.batch * cv_product(s.target) * s.targets > 0) {
        if (!s.complete) cv_fill(&s, buf, p);
        const int packed = p[CV_PACKED] != 0;
#define RUN(D, T)                                                                                                      \
    (cd_pays_##D(&s) ? cd_run_##D : cv_run_##D)(                                                                       \
        &(conv_##D){&s, (const T *)buf[1], p[CV_HAS_BIAS] ? (const T *)buf[3] : NULL, (T *)buf[0],                     \
                    (T *)(packed ? buf[2] : rest[0]), (int)p[CV_ACT]},                                                 \
        packed ? NULL : (const T *)buf[2], cv_work(&s))
        done = p[0] == CK_F32 ? RUN(f32, float) : RUN(f64, double);
#undef RUN
    }
    cv_release(&s);
    return done ? CK_OK : ck_no_memory(err);
}

/* buf: panels, weights
 * p: as for conv */
static int ck_conv_pack(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    cv_shape s;
    const int done = cv_start(&s, p, BLOCK_K);
#define PACK(D, T)                                                                                                     \
    do {                                                                                                               \
        const conv_##D g = {.shape = &s, .panels = (T *)buf[0]};                                                       \
        int64_t n = 0;                                                                                                 \
        for (int i = 0; i < s.n_phases; i++) n += cv_panels_##D(&s, s.phases + i);                                     \
        for (int64_t t = 0; t < n; t++) cv_pack_task_##D(&g, (const T *)buf[1], t);                                    \
    } while (0)
    if (done && p[0] == CK_F32) PACK(f32, float);
    else if (done) PACK(f64, double);
#undef PACK
    cv_release(&s);
    return done ? CK_OK : ck_no_memory(err);
}

/* buf: gradient (*taps, channels of a group, filters), in (batch, *size, channels), gradient of the result (batch,
 * *windows, filters), and with more than one part, workspace for as many gradients
 * p: as cv_start says, its own: parts of the sum */
static int ck_conv_kernel_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    cv_shape s;
    const int64_t item = cv_item(p), parts = p[CV_PARTS];
    int done = cv_start(&s, p, CV_GRAD_BYTES / item);
    if (done && s.batch * cv_product(s.target) == 0) {
        memset(buf[0], 0, (size_t)(s.phases->k * s.targets * item));
    } else if (done && s.targets > 0) {
        char *const to = parts > 1 ? buf[3] : buf[0];
#define RUN(D, T)                                                                                                      \
    cv_run_kernel_grad_##D(&(conv_##D){.shape = &s, .source = (const T *)buf[1], .target = (T *)buf[2]}, (T *)to,      \
                           parts, cv_work(&s))
        done = p[0] == CK_F32 ? RUN(f32, float) : RUN(f64, double);
#undef RUN
        const int64_t n = s.phases->k * s.targets;
        if (parts > 1 && p[0] == CK_F32) cv_add_parts_f32((float *)buf[0], (const float *)to, parts, n);
        else if (parts > 1) cv_add_parts_f64((double *)buf[0], (const double *)to, parts, n);
    }
    cv_release(&s);
    return done ? CK_OK : ck_no_memory(err);
}

static int dw_threads(const cv_shape *s) { return ln_threads((int64_t)cv_work(s), DW_THREAD_WORK); }

/* Depthwise convolution: as many groups as channels, more than one. buf: out, in, weights, biases if p says so
 * p: as for conv */
static int ck_conv_depthwise(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    cv_shape s;
    int done = cv_start(&s, p, CV_UNCUT);
    if (done && s.batch * cv_product(s.target) * s.targets > 0) {
        if (!s.complete) cv_fill(&s, buf, p);
#define RUN(D, T)                                                                                                      \
    dw_run_##D(&(conv_##D){&s, (const T *)buf[1], p[CV_HAS_BIAS] ? (const T *)buf[3] : NULL, (T *)buf[0], NULL,        \
                           (int)p[CV_ACT]},                                                                            \
               (const T *)buf[2], dw_threads(&s))
        done = p[0] == CK_F32 ? RUN(f32, float) : RUN(f64, double);
#undef RUN
    }
    cv_release(&s);
    return done ? CK_OK : ck_no_memory(err);
}

/* Convolution of one group with at most CN_TARGETS channels of the result. buf, p: as for conv; weights are not packed */
static int ck_conv_narrow(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    cv_shape s;
    int done = cv_start(&s, p, CV_UNCUT);
    if (done && s.batch * cv_product(s.target) * s.targets > 0) {
        if (!s.complete) cv_fill(&s, buf, p);
#define RUN(D, T)                                                                                                      \
    cn_run_##D(&(conv_##D){&s, (const T *)buf[1], p[CV_HAS_BIAS] ? (const T *)buf[3] : NULL, (T *)buf[0],              \
                           (T *)buf[3 + p[CV_HAS_BIAS]], (int)p[CV_ACT]},                                              \
               (const T *)buf[2], dw_threads(&s))
        done = p[0] == CK_F32 ? RUN(f32, float) : RUN(f64, double);
#undef RUN
    }
    cv_release(&s);
    return done ? CK_OK : ck_no_memory(err);
}

/* The gradient of its kernel. buf, p: as for conv_kernel_grad */
static int ck_conv_depthwise_kernel_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    cv_shape s;
    const int64_t parts = p[CV_PARTS];
    int done = cv_start(&s, p, CV_UNCUT);
    char *const to = parts > 1 ? buf[3] : buf[0];
#define RUN(D, T)                                                                                                      \
    do {                                                                                                               \
        const conv_##D g = {.shape = &s, .source = (const T *)buf[1], .target = (T *)buf[2]};                          \
        done = done && dw_run_kernel_grad_##D(&g, (T *)to, parts, dw_threads(&s));                                     \
        if (done && parts > 1) cv_add_parts_##D((T *)buf[0], (const T *)to, parts, s.taps * s.targets);                \
    } while (0)
    if (p[0] == CK_F32) RUN(f32, float);
    else RUN(f64, double);
#undef RUN
    cv_release(&s);
    return done ? CK_OK : ck_no_memory(err);
}

/* Convolution of float32 images with two axes, windows of 3 x 3, strides and dilation 1, one group and up to WG_SOURCES
 * channels of what it reads. buf: out, in, weights, biases if p says so, panels, which are made from the weights first
 * unless p says that conv_winograd_pack made them
 * p: as for conv */
static int ck_conv_winograd(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    cv_shape s;
    int done = cv_start(&s, p, CV_UNCUT);
    if (done && s.batch * cv_product(s.target) * s.targets > 0) {
        const conv_f32 g = {&s, (const float *)buf[1], p[CV_HAS_BIAS] ? (const float *)buf[3] : NULL, (float *)buf[0],
                            (float *)buf[3 + p[CV_HAS_BIAS]], (int)p[CV_ACT]};
        const int threads = ln_threads((int64_t)cv_work(&s), 2 * THREAD_WORK);
        done = wg_run_f32(&g, (const float *)buf[2], p[CV_PACKED] != 0, threads);
    }
    cv_release(&s);
    return done ? CK_OK : ck_no_memory(err);
}

/* buf: panels, weights
 * p: as for conv */
static int ck_conv_winograd_pack(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    cv_shape s;
    const int done = cv_start(&s, p, CV_UNCUT);
    const conv_f32 g = {.shape = &s, .panels = (float *)buf[0]};
    for (int64_t t = 0; done && t < wg_packs_f32(&s); t++) wg_pack_task_f32(&g, (const float *)buf[1], t);
    cv_release(&s);
    return done ? CK_OK : ck_no_memory(err);
}

/* The gradient of the kernel of a convolution as for conv_winograd. buf, p: as for conv_kernel_grad, with one part; where
 * a result is not finite, it is computed again by the definition. */
static int ck_conv_winograd_kernel_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    cv_shape s;
    int done = cv_start(&s, p, CV_GRAD_BYTES / (int64_t)sizeof(float)), finite = 1;
    float *const to = (float *)buf[0];
    if (done && s.batch * cv_product(s.target) == 0) {
        memset(to, 0, (size_t)(s.phases->k * s.targets) * sizeof(float));
    } else if (done && s.targets > 0) {
        const conv_f32 g = {.shape = &s, .source = (const float *)buf[1], .target = (float *)buf[2]};
        done = wk_run_f32(&g, to, ln_threads((int64_t)cv_work(&s), 2 * THREAD_WORK), &finite);
        if (done && !finite) done = cv_run_kernel_grad_f32(&g, to, 1, cv_work(&s));
    }
    cv_release(&s);
    return done ? CK_OK : ck_no_memory(err);
}

#define CONV_KERNELS                                                                                                   \
    {"conv", ck_conv}, {"conv_pack", ck_conv_pack}, {"conv_kernel_grad", ck_conv_kernel_grad},                         \
    {"conv_winograd", ck_conv_winograd}, {"conv_winograd_pack", ck_conv_winograd_pack},                                \
    {"conv_winograd_kernel_grad", ck_conv_winograd_kernel_grad}, {"conv_narrow", ck_conv_narrow},                      \
    {"conv_depthwise", ck_conv_depthwise}, {"conv_depthwise_kernel_grad", ck_conv_depthwise_kernel_grad},
