/* What a convolution, or the gradient of its input, reads and writes, for any dtype.
 *
 * Both are products of patches with a matrix of weights: each row is a target (an output, or an input for whose
 * gradient it is), each column a channel of it, and k runs over the taps and the channels of the source. Along an axis,
 * target q reads source q * stride + from[j] with tap[j]. With strides, the inputs that meet the same taps of the
 * kernel are a phase with a product of its own; a convolution is a single phase.
 */
#include <stdlib.h>

#include "lanes.h"

enum { CV_AXES = 3 };
#define CV_UNCUT ((int64_t)1 << 40) /* a block that holds all of k */

typedef struct {
    int64_t targets, first, step; /* target q has the index first + q * step */
    int64_t source, stride;
    int64_t taps, *tap, *from; /* from ascends */
    int64_t begin, end;        /* targets that meet the source with all taps */
} cv_axis;

/* Items of k that are adjacent in the source, within a block of k */
typedef struct {
    int64_t offset, k, n; /* from the target's first element; where in the block; how many */
    int64_t z, y, x;      /* taps along the axes: x is that of the first item */
    int64_t skip;         /* items of this tap that precede it */
} cv_copy;

typedef struct {
    cv_axis axis[CV_AXES];
    int64_t targets;                /* of one image */
    int64_t k, block, blocks, *begin; /* where the copies of a block begin */
    cv_copy *copies;
    int64_t panels; /* items of the panels of earlier phases */
} cv_phase;

typedef struct {
    int back;                                  /* targets are inputs */
    int64_t batch, sources, targets, groups;   /* channels of all groups */
    int64_t source[CV_AXES], target[CV_AXES], window[CV_AXES];
    int64_t taps;
    int complete; /* whether the phases have all targets */
    int n_phases;
    cv_phase *phases;
} cv_shape;

static int64_t cv_ceil(int64_t a, int64_t b) { return a / b + (a % b > 0); }

/* Taps of an axis of g (size, windows, taps, stride, dilation, before) by which inputs that are equal modulo the stride
 * are met: every so many; with other taps these meet other inputs. */
static int64_t cv_period(const int64_t *g)
{
    int64_t a = g[3], b = g[4];
    while (b) {
        const int64_t rest = a % b;
        a = b, b = rest;
    }
    return g[3] / a;
}

/* The axis of g in phase i of the gradient of the input (`back`), or of the convolution; 0 without memory */
static int cv_make_axis(cv_axis *a, const int64_t *g, int back, int64_t i)
{
    const int64_t size = g[0], windows = g[1], taps = g[2], stride = g[3], dilation = g[4], before = g[5];
    const int64_t period = back ? cv_period(g) : 1;
    *a = (cv_axis){.source = back ? windows : size, .stride = back ? 1 : stride, .step = back ? stride : 1};
    a->first = back ? ((i * dilation - before) % stride + stride) % stride : 0;
    a->targets = !back ? windows : a->first < size ? (size - a->first + stride - 1) / stride : 0;
    a->taps = taps > i ? (taps - i + period - 1) / period : 0;
    a->tap = malloc((size_t)(a->taps + 1) * sizeof *a->tap);
    a->from = malloc((size_t)(a->taps + 1) * sizeof *a->from);
    if (!a->tap || !a->from) return 0;
    for (int64_t j = 0; j < a->taps; j++) {
        const int64_t t = i + (back ? a->taps - 1 - j : j) * period;
        a->tap[j] = t;
        a->from[j] = back ? (a->first + before - t * dilation) / stride : t * dilation - before;
    }
    if (a->taps == 0) return 1;
    /* q * stride + from[0] >= 0 and q * stride + from[taps - 1] < source */
    a->begin = ln_min(a->targets, ln_max(0, cv_ceil(-a->from[0], a->stride)));
    a->end = ln_max(a->begin, ln_min(a->targets, cv_ceil(a->source - a->from[a->taps - 1], a->stride)));
    return 1;
}

/* Cuts k into `blocks` and lists what is to copy for each. */
static int cv_cut(cv_phase *f, const cv_shape *s, int64_t block)
{
    const cv_axis *a = f->axis, *b = a + 1, *c = a + 2;
    const int64_t per = s->sources / s->groups;
    f->k = a->taps * b->taps * c->taps * per;
    f->blocks = ln_max(1, (f->k + block - 1) / block);
    f->block = ln_max(1, (f->k + f->blocks - 1) / f->blocks);
    f->blocks = ln_max(1, (f->k + f->block - 1) / f->block);
    int joined = s->groups == 1;
    for (int64_t x = 1; x < c->taps; x++) joined &= c->from[x] == c->from[x - 1] + 1;
    const int64_t together = joined ? c->taps : 1, run = together * per, runs = run ? f->k / run : 0;
    f->begin = malloc(((size_t)f->blocks + 1) * sizeof *f->begin);
    f->copies = malloc((size_t)(runs + f->blocks) * sizeof *f->copies);
    if (!f->begin || !f->copies) return 0;
    int64_t made = 0;
    for (int64_t q = 0, k = 0; q < f->blocks; q++) {
        const int64_t first = q * f->block, last = ln_min(f->k, first + f->block);
        f->begin[q] = made;
        for (int64_t n; k < last; k += n) {
            const int64_t tap = k / per, x = tap % c->taps, y = tap / c->taps % b->taps, z = tap / c->taps / b->taps;
            n = ln_min(last, (k / run + 1) * run) - k;
            const int64_t pixel = (a->from[z] * b->source + b->from[y]) * c->source + c->from[x];
            f->copies[made++] = (cv_copy){.offset = pixel * s->sources + k % per, .k = k - first, .n = n, .z = z,
                                          .y = y, .x = x, .skip = k % per};
        }
    }
    f->begin[f->blocks] = made;
    return 1;
}

static void cv_release(cv_shape *s)
{
    for (int i = 0; i < s->n_phases; i++) {
        cv_phase *f = s->phases + i;
        for (int k = 0; k < CV_AXES; k++) free(f->axis[k].tap), free(f->axis[k].from);
        free(f->begin), free(f->copies);
    }
    free(s->phases);
}

enum { CV_BACK = 1, CV_BATCH, CV_CHANNELS, CV_FILTERS, CV_GROUPS, CV_NDIM, CV_GEOMETRY = 10 };

/* The shape from p: dtype, back, batch, channels, filters, groups, ndim (1 to 3), three of the kernel's own, and for
 * each axis: size, windows, taps, stride, dilation, before. Leading axes that are missing are single elements. Blocks
 * of k have at most `block` items. Returns 0 without memory; cv_release frees it in any case. */
static int cv_start(cv_shape *s, const int64_t *p, int64_t block)
{
    static const int64_t single[] = {1, 1, 1, 1, 1, 0};
    const int64_t *g[CV_AXES];
    const int missing = CV_AXES - (int)p[CV_NDIM], back = (int)p[CV_BACK];
    *s = (cv_shape){.back = back, .batch = p[CV_BATCH], .groups = p[CV_GROUPS], .taps = 1, .complete = 1};
    s->sources = p[back ? CV_FILTERS : CV_CHANNELS], s->targets = p[back ? CV_CHANNELS : CV_FILTERS];
    int64_t n[CV_AXES], phases = 1, panels = 0;
    for (int k = 0; k < CV_AXES; k++) {
        g[k] = k < missing ? single : p + CV_GEOMETRY + 6 * (k - missing);
        s->source[k] = g[k][back ? 1 : 0], s->target[k] = g[k][back ? 0 : 1], s->window[k] = g[k][2];
        n[k] = back ? ln_min(cv_period(g[k]), g[k][2]) : 1;
        s->complete &= !back || n[k] == g[k][3];
        s->taps *= g[k][2];
        phases *= n[k];
    }
    s->phases = calloc((size_t)ln_max(1, phases), sizeof *s->phases);
    int found = s->phases != NULL;
    for (int64_t i = 0; found && i < phases; i++) {
        cv_phase *f = s->phases + s->n_phases++;
        const int64_t at[CV_AXES] = {i / n[2] / n[1], i / n[2] % n[1], i % n[2]};
        f->targets = 1;
        for (int k = 0; k < CV_AXES; k++) {
            found &= cv_make_axis(&f->axis[k], g[k], back, at[k]);
            f->targets *= f->axis[k].targets;
        }
        found = found && cv_cut(f, s, block);
        f->panels = panels;
        panels += f->k; /* times the width of all groups */
    }
    return found;
}

/* The index among all targets of an image of target `row` of a phase, images after one another */
static int64_t cv_pixel_of(const cv_shape *s, const cv_phase *f, int64_t row)
{
    const cv_axis *a = f->axis, *b = a + 1, *c = a + 2;
    const int64_t x = row % c->targets, y = row / c->targets % b->targets, z = row / c->targets / b->targets % a->targets;
    const int64_t image = row / f->targets, at_z = a->first + z * a->step, at_y = b->first + y * b->step;
    return ((image * s->target[0] + at_z) * s->target[1] + at_y) * s->target[2] + c->first + x * c->step;
}
