/* Convolutions, and gradients of inputs, of one group whose results have few channels, such as the colours of an image,
 * for one dtype; conv.c includes this file as conv_typed.h.
 *
 * Tiles of products would leave most lanes idle. Here lanes are items of k, which are adjacent in the source, and every
 * element of a target is a dot product. A few targets of a row, or of a column next to the border, meet the same taps
 * and share the weights, which are packed as [channels of the target, k], phase after phase.
 */

/* n channels of h targets: to (row step ld) = source at `from` (`step` apart) * weights (row step ldw) */
CK_INLINE void FN(cn_tile)(int h, int n, const cv_copy *first, const cv_copy *last, const T *from, int64_t step,
                           const T *weights, int64_t ldw, T *to, int64_t ld)
{
    V sum[CN_ROWS][CN_TARGETS];
    _Pragma("GCC unroll 8") for (int i = 0; i < h; i++)
        _Pragma("GCC unroll 4") for (int c = 0; c < n; c++) sum[i][c] = (V){};
    for (const cv_copy *q = first; q < last; q++) {
        const T *at = from + q->offset, *w = weights + q->k;
        V row[CN_TARGETS];
        int64_t s = 0;
        for (; s + L <= q->n; s += L) {
            _Pragma("GCC unroll 4") for (int c = 0; c < n; c++) row[c] = *(const V *)(w + c * ldw + s);
            _Pragma("GCC unroll 8") for (int i = 0; i < h; i++) {
                const V x = *(const V *)(at + i * step + s);
                _Pragma("GCC unroll 4") for (int c = 0; c < n; c++) FN(ck_muladd)(&sum[i][c], x, row[c]);
            }
        }
        if (s == q->n) continue;
        const int part = (int)(q->n - s);
        _Pragma("GCC unroll 4") for (int c = 0; c < n; c++) row[c] = FN(ck_load_part)(w + c * ldw + s, part);
        _Pragma("GCC unroll 8") for (int i = 0; i < h; i++) {
            const V x = FN(ck_load_part)(at + i * step + s, part);
            _Pragma("GCC unroll 4") for (int c = 0; c < n; c++) FN(ck_muladd)(&sum[i][c], x, row[c]);
        }
    }
    _Pragma("GCC unroll 8") for (int i = 0; i < h; i++)
        _Pragma("GCC unroll 4") for (int c = 0; c < n; c++) to[i * ld + c] = FN(ck_sum)(sum[i][c]);
}

/* `count` targets that meet the same taps */
typedef void (*FN(cn_fn))(const cv_copy *first, const cv_copy *last, const T *from, int64_t step, const T *weights,
                          int64_t ldw, T *to, int64_t ld, int64_t count);
#define CN_FN(n, high, low)                                                                                            \
    static void FN(cn_##n)(const cv_copy *first, const cv_copy *last, const T *from, int64_t step, const T *weights,   \
                           int64_t ldw, T *to, int64_t ld, int64_t count)                                              \
    {                                                                                                                  \
        for (; count >= high; count -= high, from += high * step, to += high * ld)                                     \
            FN(cn_tile)(high, n, first, last, from, step, weights, ldw, to, ld);                                       \
        for (; count >= low; count -= low, from += low * step, to += low * ld)                                         \
            FN(cn_tile)(low, n, first, last, from, step, weights, ldw, to, ld);                                        \
        if (count) FN(cn_tile)(1, n, first, last, from, step, weights, ldw, to, ld);                                   \
    }
EACH_NARROW(CN_FN)
#undef CN_FN
#define CN_NAME(n, high, low) FN(cn_##n),
static const FN(cn_fn) FN(cn_table)[] = {EACH_NARROW(CN_NAME)};
#undef CN_NAME

/* The weights of all phases in the order of their items of k */
static void FN(cn_pack)(const cv_shape *s, const T *w, T *to)
{
    for (const cv_phase *f = s->phases; f < s->phases + s->n_phases; f++)
        for (int64_t c = 0; c < s->targets; c++)
            for (int64_t q = 0; q < f->k; q += s->sources, to += s->sources) {
                const int64_t t = q / s->sources, x = t % f->axis[2].taps, y = t / f->axis[2].taps % f->axis[1].taps;
                const int64_t z = t / f->axis[2].taps / f->axis[1].taps;
                const int64_t tap =
                    (f->axis[0].tap[z] * s->window[1] + f->axis[1].tap[y]) * s->window[2] + f->axis[2].tap[x];
                if (s->back) memcpy(to, w + (tap * s->targets + c) * s->sources, (size_t)s->sources * sizeof(T));
                else
                    for (int64_t i = 0; i < s->sources; i++) to[i] = w[(tap * s->sources + i) * s->targets + c];
            }
}

/* Up to CN_ROWS rows of targets of a phase: `unit` counts images, the first axis, and such rows of the second one.
 * `some` holds as many copies as a phase has. */
static void FN(cn_rows)(const FN(conv) *g, const cv_phase *f, int64_t unit, cv_copy *some)
{
    const cv_shape *s = g->shape;
    const cv_axis *b = f->axis + 1, *c = f->axis + 2;
    const int64_t blocks = cv_ceil(b->targets, CN_ROWS), y0 = unit % blocks * CN_ROWS;
    const int64_t rows = ln_min(b->targets - y0, CN_ROWS), row = unit / blocks * b->targets + y0;
    const int64_t step = c->stride * s->sources, down = b->stride * c->source * s->sources;
    const int64_t ld = c->step * s->targets, ld_down = b->step * s->target[2] * s->targets;
    const T *from = g->source + dw_source_row(f, row) * s->sources, *weights = g->panels + f->panels * s->targets;
    T *const to = g->target + cv_pixel_of(s, f, row * c->targets) * s->targets;
    const FN(cn_fn) run = FN(cn_table)[s->targets - 1];
    const int alike = y0 >= b->begin && y0 + rows <= b->end;
    for (int64_t i = 0; c->begin < c->end && i < rows; i++) {
        const cv_copy *last = some + cn_copies(s, f, row + i, c->begin, some);
        run(some, last, from + i * down + c->begin * step, step, weights, f->k, to + i * ld_down + c->begin * ld, ld,
            c->end - c->begin);
    }
    for (int64_t x = 0; x < c->targets; x++) {
        if (x == c->begin) x = c->end;
        if (x == c->targets) break;
        for (int64_t i = 0, n = alike ? rows : 1; i < rows; i += n) {
            const cv_copy *last = some + cn_copies(s, f, row + i, x, some);
            run(some, last, from + i * down + x * step, down, weights, f->k, to + i * ld_down + x * ld, ld_down, n);
        }
    }
    for (int64_t i = 0; (g->bias || g->act) && i < rows; i++)
        FN(finish)(to + i * ld_down, ld, c->targets, s->targets, g->bias, 1, g->act);
}

/* The convolution or the gradient of its input, with the weights w; returns whether there was memory for it. */
static int FN(cn_run)(const FN(conv) *g, const T *w, int threads)
{
    const cv_shape *s = g->shape;
    const ck_mode mode = ck_get_mode();
    int failed = 0;
    FN(cn_pack)(s, w, g->panels);
#pragma omp parallel num_threads(threads) reduction(| : failed) if (threads > 1)
    {
        const ck_mode own = ck_enter(mode);
        cv_copy *const some = malloc((size_t)(s->taps + 1) * sizeof *some);
        failed = !some;
        for (int i = 0; i < s->n_phases; i++) {
            const cv_phase *f = s->phases + i;
            const cv_axis *a = f->axis, *b = a + 1, *c = a + 2;
            const int64_t units = c->targets ? s->batch * a->targets * cv_ceil(b->targets, CN_ROWS) : 0;
#pragma omp for schedule(static) nowait
            for (int64_t unit = 0; unit < units; unit++)
                if (some) FN(cn_rows)(g, f, unit, some);
        }
        free(some);
        ck_leave(own);
    }
    return !failed;
}
