/* Depthwise convolutions and their gradients for one dtype; conv.c includes this file as conv_typed.h.
 *
 * Vectors are channels of the result of the convolution, `multiplier` for each channel of the input. A few adjacent
 * targets share the weights of a tap. Rows of targets meet the same taps along the other axes, which are listed first.
 */

/* Items [j, j + L) of the channels of an input at `from`, each repeated `multiplier` times; n < L of them near the end */
CK_INLINE V FN(dw_spread)(const T *from, int64_t j, int n, int64_t multiplier)
{
    if (multiplier == 1) return n == L ? *(const V *)(from + j) : FN(ck_load_part)(from + j, n);
    T items[L];
    for (int i = 0; i < L; i++) items[i] = i < n ? from[(j + i) / multiplier] : 0;
    return *(const V *)items;
}

/* h targets, `step` apart in the source and ld in `to`: sums over taps of source * weights for nv vectors of channels from
 * j on, of which the last has n lanes. Only inputs are repeated: with `back`, the source has all channels. */
CK_INLINE void FN(dw_tile)(int h, int nv, const dw_tap *first, const dw_tap *last, const T *from, int64_t step,
                           const T *weights, T *to, int64_t ld, int64_t j, int n, int64_t multiplier)
{
    V sum[DW_TARGETS][DW_VECTORS];
    _Pragma("GCC unroll 8") for (int i = 0; i < h; i++)
        _Pragma("GCC unroll 4") for (int v = 0; v < nv; v++) sum[i][v] = (V){};
    for (const dw_tap *q = first; q < last; q++) {
        const T *at = from + q->offset;
        _Pragma("GCC unroll 4") for (int v = 0; v < nv; v++) {
            const T *weight = weights + q->weight + j + v * L;
            const V w = n == L ? *(const V *)weight : FN(ck_load_part)(weight, n);
            _Pragma("GCC unroll 8") for (int i = 0; i < h; i++)
                sum[i][v] += FN(dw_spread)(at + i * step, j + v * L, n, multiplier) * w;
        }
    }
    _Pragma("GCC unroll 8") for (int i = 0; i < h; i++)
        _Pragma("GCC unroll 4") for (int v = 0; v < nv; v++)
            if (n == L) *(V *)(to + i * ld + j + v * L) = sum[i][v];
            else FN(ck_store_part)(to + i * ld + j + v * L, sum[i][v], n);
}

/* h targets next to each other, all channels; few targets take more vectors, to keep the multipliers busy */
CK_INLINE void FN(dw_group)(int h, int nv, const dw_tap *first, const dw_tap *last, const T *from, int64_t step,
                            const T *weights, T *to, int64_t ld, int64_t channels, int64_t multiplier)
{
    int64_t j = 0;
    for (; multiplier == 1 && j + nv * L <= channels; j += nv * L)
        FN(dw_tile)(h, nv, first, last, from, step, weights, to, ld, j, L, 1);
    for (; multiplier == 1 && j + L <= channels; j += L)
        FN(dw_tile)(h, 1, first, last, from, step, weights, to, ld, j, L, 1);
    for (int n; j < channels; j += n) {
        n = (int)ln_min(L, channels - j);
        for (int i = 0; i < h; i++)
            FN(dw_tile)(1, 1, first, last, from + i * step, step, weights, to + i * ld, ld, j, n, multiplier);
    }
}

/* `count` adjacent targets that meet the same taps */
static void FN(dw_targets)(const dw_tap *first, const dw_tap *last, const T *from, int64_t step, const T *weights, T *to,
                           int64_t ld, int64_t count, int64_t channels, int64_t multiplier)
{
    int64_t i = 0;
#define GROUPS_OF(h, nv)                                                                                               \
    for (; i + h <= count; i += h)                                                                                     \
        FN(dw_group)(h, nv, first, last, from + i * step, step, weights, to + i * ld, ld, channels, multiplier);
    GROUPS_OF(8, 1) GROUPS_OF(4, 2) GROUPS_OF(2, 4) GROUPS_OF(1, 4)
#undef GROUPS_OF
}

/* to[channels] = sums over the multiplier of from[channels x multiplier] */
static void FN(dw_fold)(T *to, const T *from, int64_t channels, int64_t multiplier)
{
    for (int64_t c = 0; c < channels; c++, from += multiplier) {
        T sum = from[0];
        for (int64_t i = 1; i < multiplier; i++) sum += from[i];
        to[c] = sum;
    }
}

/* h targets with windows of three adjacent pixels in each of `rows` rows of the source, L channels from `from` on: every
 * pixel is loaded once for all windows that it is in. The first pixel of the first window, and the last of the last, may
 * be outside (`left`, `right`). */
CK_INLINE void FN(dw_three)(int h, int stride, const dw_tap *first, const dw_tap *last, const T *from, int64_t pixel,
                            const T *weights, T *to, V bias, const dw_part *part)
{
    const int pixels = (h - 1) * stride + 3;
    V sum[DW_TARGETS];
    _Pragma("GCC unroll 8") for (int i = 0; i < h; i++) sum[i] = (V){};
    for (const dw_tap *q = first; q < last; q += 3) {
        const T *at = from + q->offset;
        V w[3];
        _Pragma("GCC unroll 3") for (int t = 0; t < 3; t++) w[t] = *(const V *)(weights + q[t].weight);
        _Pragma("GCC unroll 17") for (int p = 0; p < pixels; p++) {
            if ((p == 0 && part->left) || (p == pixels - 1 && part->right)) continue;
            const V x = *(const V *)(at + p * pixel);
            _Pragma("GCC unroll 3") for (int t = 0; t < 3; t++)
                if (p >= t && (p - t) % stride == 0 && (p - t) / stride < h) FN(ck_muladd)(&sum[(p - t) / stride], x, w[t]);
        }
    }
    _Pragma("GCC unroll 8") for (int i = 0; i < h; i++)
        *(V *)(to + i * pixel) = FN(ck_clip)(sum[i] + bias, part->act);
}

typedef void (*FN(dw_fn))(const dw_tap *, const dw_tap *, const T *, int64_t, const T *, T *, V, const dw_part *);
#define THREE(h, s)                                                                                                    \
    static void FN(dw_three_##h##_##s)(const dw_tap *first, const dw_tap *last, const T *from, int64_t pixel,          \
                                       const T *weights, T *to, V bias, const dw_part *part)                           \
    {                                                                                                                  \
        FN(dw_three)(h, s, first, last, from, pixel, weights, to, bias, part);                                         \
    }
#define EACH_THREE(X, s) X(1, s) X(2, s) X(3, s) X(4, s) X(5, s) X(6, s) X(7, s) X(8, s)
EACH_THREE(THREE, 1)
EACH_THREE(THREE, 2)
#undef THREE
#define THREE(h, s) FN(dw_three_##h##_##s),
static const FN(dw_fn) FN(dw_threes)[2][DW_TARGETS] = {{EACH_THREE(THREE, 1)}, {EACH_THREE(THREE, 2)}};
#undef THREE
#undef EACH_THREE

/* Whether a row of targets can be computed by dw_three */
static int FN(dw_has_three)(const cv_shape *s, const cv_axis *c)
{
    const int adjacent = c->taps == 3 && c->from[1] == c->from[0] + 1 && c->from[2] == c->from[0] + 2;
    const int plain = s->sources == s->groups && s->targets == s->groups && s->groups >= L && c->step == 1 && c->stride <= 2;
    return adjacent && plain && c->targets > 0 && c->from[0] >= -1 &&
           (c->targets - 1) * c->stride + c->from[2] <= c->source;
}

/* A row of targets; the last channels that are not a vector are computed with some before them. */
static void FN(dw_row_of_threes)(const FN(conv) *g, const cv_axis *c, const dw_tap *first, const dw_tap *last,
                                 const T *from, const T *weights, T *to)
{
    const int64_t channels = g->shape->groups, strips = cv_ceil(c->targets, DW_TARGETS);
    const int64_t end = (c->targets - 1) * c->stride + c->from[2];
    dw_part part = {.act = ck_clips(g->act) ? g->act : CK_ACT_NONE};
    for (int64_t q = 0, x = 0, h; q < strips; q++, x += h) {
        h = c->targets / strips + (q < c->targets % strips);
        part.left = x == 0 && c->from[0] < 0, part.right = q == strips - 1 && end == c->source;
        const FN(dw_fn) fn = FN(dw_threes)[c->stride - 1][h - 1];
        for (int64_t v = 0; v < channels; v += L) {
            const int64_t j = ln_min(v, channels - L);
            const V bias = g->bias ? *(const V *)(g->bias + j) : (V){};
            fn(first, last, from + x * c->stride * channels + j, channels, weights + j, to + x * channels + j, bias, &part);
        }
    }
    if (g->act != part.act) FN(finish)(to, channels, c->targets, channels, NULL, 1, g->act);
}

/* A row of targets of a phase: `row` counts images and the axes but the last. `taps` holds two lists of all taps, `sums`
 * one target with all channels. */
static void FN(dw_row)(const FN(conv) *g, const cv_phase *f, const T *weights, int64_t row, dw_tap *taps, T *sums)
{
    const cv_shape *s = g->shape;
    const cv_axis *c = f->axis + 2;
    const int64_t multiplier = ln_max(s->sources, s->targets) / s->groups, all = s->groups * multiplier;
    dw_tap *const last = taps + dw_taps(s, f, row, taps, all), *const some = taps + s->taps;
    const T *from = g->source + dw_source_row(f, row) * s->sources;
    const int64_t step = c->stride * s->sources, repeat = s->back ? 1 : multiplier;
    T *const to = g->target + cv_pixel_of(s, f, row * c->targets) * s->targets;
    if (FN(dw_has_three)(s, c)) {
        FN(dw_row_of_threes)(g, c, taps, last, from, weights, to);
        return;
    }
    for (int64_t x = 0, n; x < c->targets; x += n) {
        const int inside = x >= c->begin && x < c->end;
        n = inside ? c->end - x : 1;
        const dw_tap *const first = inside ? taps : some;
        const dw_tap *const end = inside ? last : some + dw_inside(c, taps, last, x, some);
        if (!s->back || multiplier == 1) {
            FN(dw_targets)(first, end, from + x * step, step, weights, to + x * c->step * s->targets,
                           c->step * s->targets, n, all, repeat);
            continue;
        }
        for (int64_t i = 0; i < n; i++) {
            FN(dw_targets)(first, end, from + (x + i) * step, step, weights, sums, all, 1, all, 1);
            FN(dw_fold)(to + (x + i) * c->step * s->targets, sums, s->groups, multiplier);
        }
    }
    if (g->bias || g->act) FN(finish)(to, c->step * s->targets, c->targets, s->targets, g->bias, 1, g->act);
}

/* The convolution or the gradient of its input; returns whether there was memory for it. */
static int FN(dw_run)(const FN(conv) *g, const T *weights, int threads)
{
    const cv_shape *s = g->shape;
    const int64_t all = ln_max(s->sources, s->targets);
    const ck_mode mode = ck_get_mode();
    int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed) if (threads > 1)
    {
        const ck_mode own = ck_enter(mode);
        dw_tap *const taps = malloc((size_t)(2 * s->taps) * sizeof *taps + (size_t)all * sizeof(T));
        failed = !taps;
        for (int i = 0; i < s->n_phases; i++) {
            const cv_phase *f = s->phases + i;
            const int64_t rows = f->axis[2].targets ? s->batch * f->targets / f->axis[2].targets : 0;
#pragma omp for schedule(static) nowait
            for (int64_t row = 0; row < rows; row++)
                if (taps) FN(dw_row)(g, f, weights, row, taps, (T *)(taps + 2 * s->taps));
        }
        free(taps);
        ck_leave(own);
    }
    return !failed;
}

/* to[taps x channels] += source * target at each tap, over a row of targets */
CK_INLINE void FN(dw_grad_tile)(int h, const dw_tap *taps, const T *from, int64_t step, const T *target, int64_t ld,
                                T *to, int64_t count, int64_t j, int n, int64_t multiplier)
{
    V sum[DW_TAPS];
    _Pragma("GCC unroll 9") for (int t = 0; t < h; t++)
        sum[t] = n == L ? *(const V *)(to + taps[t].weight + j) : FN(ck_load_part)(to + taps[t].weight + j, n);
    for (int64_t i = 0; i < count; i++, from += step, target += ld) {
        const V g = n == L ? *(const V *)(target + j) : FN(ck_load_part)(target + j, n);
        _Pragma("GCC unroll 9") for (int t = 0; t < h; t++)
            sum[t] += FN(dw_spread)(from + taps[t].offset, j, n, multiplier) * g;
    }
    _Pragma("GCC unroll 9") for (int t = 0; t < h; t++)
        if (n == L) *(V *)(to + taps[t].weight + j) = sum[t];
        else FN(ck_store_part)(to + taps[t].weight + j, sum[t], n);
}

/* `count` adjacent targets that meet the same taps */
static void FN(dw_grad_targets)(const dw_tap *first, const dw_tap *last, const T *from, int64_t step, const T *target,
                                int64_t ld, T *to, int64_t count, int64_t channels, int64_t multiplier)
{
    for (int64_t j = 0, n; j < channels; j += n) {
        n = ln_min(L, channels - j);
        const int whole = n == L && multiplier == 1;
        const dw_tap *q = first;
        for (; whole && q + DW_TAPS <= last; q += DW_TAPS)
            FN(dw_grad_tile)(DW_TAPS, q, from, step, target, ld, to, count, j, L, 1);
        for (; whole && q + 3 <= last; q += 3) FN(dw_grad_tile)(3, q, from, step, target, ld, to, count, j, L, 1);
        for (; whole && q < last; q++) FN(dw_grad_tile)(1, q, from, step, target, ld, to, count, j, L, 1);
        for (; q < last; q++) FN(dw_grad_tile)(1, q, from, step, target, ld, to, count, j, (int)n, multiplier);
    }
}

/* Adds rows [r0, r1) of targets to the gradient of the kernel, which is zero before. */
static void FN(dw_kernel_grad)(const FN(conv) *g, T *to, int64_t r0, int64_t r1, dw_tap *taps)
{
    const cv_shape *s = g->shape;
    const cv_phase *f = s->phases;
    const cv_axis *c = f->axis + 2;
    const int64_t multiplier = s->targets / s->groups, step = c->stride * s->sources;
    memset(to, 0, (size_t)(s->taps * s->targets) * sizeof(T));
    for (int64_t row = r0; row < r1; row++) {
        dw_tap *const last = taps + dw_taps(s, f, row, taps, s->targets), *const some = taps + s->taps;
        const T *from = g->source + dw_source_row(f, row) * s->sources;
        const T *target = g->target + row * c->targets * s->targets;
        for (int64_t x = 0, n; x < c->targets; x += n) {
            const int inside = x >= c->begin && x < c->end;
            n = inside ? c->end - x : 1;
            const dw_tap *const end = inside ? last : some + dw_inside(c, taps, last, x, some);
            FN(dw_grad_targets)(inside ? taps : some, end, from + x * step, step, target + x * s->targets, s->targets, to,
                                n, s->targets, multiplier);
        }
    }
}

/* The gradient of the kernel as `parts` sums, [parts, taps, channels] */
static int FN(dw_run_kernel_grad)(const FN(conv) *g, T *to, int64_t parts, int threads)
{
    const cv_shape *s = g->shape;
    const cv_phase *f = s->phases;
    const int64_t rows = f->axis[2].targets ? s->batch * f->targets / f->axis[2].targets : 0;
    const ck_mode mode = ck_get_mode();
    int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed) if (threads > 1)
    {
        const ck_mode own = ck_enter(mode);
        dw_tap *const taps = malloc((size_t)(2 * s->taps) * sizeof *taps);
        failed = !taps;
#pragma omp for schedule(static) nowait
        for (int64_t t = 0; t < parts; t++)
            if (taps)
                FN(dw_kernel_grad)(g, to + t * s->taps * s->targets, rows * t / parts, rows * (t + 1) / parts, taps);
        free(taps);
        ck_leave(own);
    }
    return !failed;
}
