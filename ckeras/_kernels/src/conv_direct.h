/* Convolutions of few channels, for one dtype; conv.c includes this file as conv_typed.h.
 *
 * The patches of adjacent targets overlap, so that with few channels their copies cost as much as the products. Here only
 * the rows of the source that a row of targets meets are copied, with zeros around them, and tiles read the patches from
 * there: item k of the patch of target x is at x * stride * channels + offset[k].
 */
#define W (PANEL_VECTORS * L)

/* c[h x n] = the sums over k of from[i * rs + offset[k]] * panel[k x W], as a tile of gemm_typed.h */
CK_INLINE void FN(cd_tile)(int h, int nv, const T *from, const int64_t *offset, const T *panel, T *c,
                           const FN(tile_args) *g)
{
    const int64_t k = g->k, rs = g->rs;
    V acc[TILE_ROWS][WIDE_VECTORS];
    _Pragma("GCC unroll 16") for (int i = 0; i < h; i++)
        _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) acc[i][v] = (V){};
    for (int64_t s = 0; s < k; s++, panel += W) {
        const T *at = from + offset[s];
        V row[WIDE_VECTORS];
        _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) row[v] = *(const V *)(panel + v * L);
        _Pragma("GCC unroll 16") for (int i = 0; i < h; i++) {
            if (i > 0 && i % 3 == 0) at += 3 * rs;
            const V x = at[i % 3 * rs] - (V){};
            _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) FN(ck_muladd)(&acc[i][v], x, row[v]);
        }
    }
    FN(tile_store)(h, nv, acc, c, g);
}

typedef void (*FN(cd_fn))(const T *, const int64_t *, const T *, T *, const FN(tile_args) *);
#define CD_TILE_FN(h)                                                                                                  \
    static void FN(cd_tile_##h##x1)(const T *a, const int64_t *o, const T *b, T *c, const FN(tile_args) *g)            \
    {                                                                                                                  \
        FN(cd_tile)(h, 1, a, o, b, c, g);                                                                              \
    }                                                                                                                  \
    static void FN(cd_tile_##h##x2)(const T *a, const int64_t *o, const T *b, T *c, const FN(tile_args) *g)            \
    {                                                                                                                  \
        FN(cd_tile)(h, 2, a, o, b, c, g);                                                                              \
    }
EACH_TILE(CD_TILE_FN)
#undef CD_TILE_FN
#define CD_TILE_NAME(h) FN(cd_tile_##h##x1),
static const FN(cd_fn) FN(cd_tiles1)[] = {EACH_TILE(CD_TILE_NAME)};
#undef CD_TILE_NAME
#define CD_TILE_NAME(h) FN(cd_tile_##h##x2),
static const FN(cd_fn) FN(cd_tiles2)[] = {EACH_TILE(CD_TILE_NAME)};
#undef CD_TILE_NAME

/* Items of a copied row: from the first tap of the first target to the last of the last */
static int64_t FN(cd_length)(const cv_shape *s)
{
    const cv_axis *c = s->phases->axis + 2;
    return ((c->targets - 1) * c->stride + c->from[c->taps - 1] - c->from[0] + 1) * s->sources;
}

/* Whether this is how to compute a convolution with at least one target: for these channels it is faster, and what it
 * needs fits its buffers. */
static int FN(cd_pays)(const cv_shape *s)
{
    const cv_phase *f = s->phases;
    if (s->back || s->groups > 1 || s->sources > CD_SOURCES || f->blocks != 1 || f->k == 0) return 0;
    const int64_t rows = f->axis[0].taps * f->axis[1].taps, length = FN(cd_length)(s);
    return length <= (int64_t)(sizeof(((ck_packing *)0)->packed) / sizeof(T)) / rows;
}

/* to[taps of the leading axes][length] = the rows of the source that row `row` of targets meets */
static void FN(cd_copy)(const FN(conv) *g, int64_t row, int64_t length, T *to)
{
    const cv_shape *s = g->shape;
    const cv_axis *a = s->phases->axis, *b = a + 1, *c = a + 2;
    const int64_t y = row % b->targets * b->stride, z = row / b->targets % a->targets * a->stride;
    const int64_t image = row / b->targets / a->targets, width = length / s->sources;
    const int64_t before = ln_min(width, ln_max(0, -c->from[0])), after = ln_max(0, c->from[0]);
    const int64_t n = ln_max(0, ln_min(width - before, c->source - after)) * s->sources, skip = before * s->sources;
    for (int64_t i = 0; i < a->taps * b->taps; i++, to += length) {
        const int64_t at_z = z + a->from[i / b->taps], at_y = y + b->from[i % b->taps];
        if (at_z < 0 || at_z >= a->source || at_y < 0 || at_y >= b->source) {
            memset(to, 0, (size_t)length * sizeof(T));
            continue;
        }
        const int64_t pixel = ((image * a->source + at_z) * b->source + at_y) * c->source + after;
        memset(to, 0, (size_t)skip * sizeof(T));
        FN(cv_copy_items)(to + skip, g->source + pixel * s->sources, n);
        memset(to + skip + n, 0, (size_t)(length - skip - n) * sizeof(T));
    }
}

/* Rows [r0, r1) of the targets of all images */
static void FN(cd_rows)(const FN(conv) *g, int64_t r0, int64_t r1, const int64_t *offset, ck_packing *packing)
{
    const cv_shape *s = g->shape;
    const cv_phase *f = s->phases;
    const cv_axis *c = f->axis + 2;
    const int64_t length = FN(cd_length)(s), strips = cv_ceil(c->targets, TILE_ROWS);
    T *const rows = (T *)packing->packed;
    FN(tile_args) t = {.k = f->k, .rs = c->stride * s->sources, .ldc = s->targets, .first = 1};
    t.act = ck_clips(g->act) ? g->act : CK_ACT_NONE;
    for (int64_t r = r0; r < r1; r++) {
        FN(cd_copy)(g, r, length, rows);
        for (int64_t j = 0; j < s->targets; j += W) {
            T *to = g->target + r * c->targets * s->targets + j;
            t.n = ln_min(s->targets - j, W);
            t.bias = g->bias ? g->bias + j : NULL;
            const FN(cd_fn) *const tiles = t.n <= L ? FN(cd_tiles1) : FN(cd_tiles2);
            for (int64_t q = 0, x = 0, h; q < strips; q++, x += h) {
                h = c->targets / strips + (q < c->targets % strips);
                tiles[h - 1](rows + x * t.rs, offset, g->panels + j * f->k, to + x * s->targets, &t);
            }
            if (g->act && !ck_clips(g->act)) FN(finish)(to, s->targets, c->targets, t.n, NULL, 1, g->act);
        }
    }
}

/* The convolution; `w` is NULL if the panels are packed already. */
static int FN(cd_run)(const FN(conv) *g, const T *w, double work)
{
    const cv_shape *s = g->shape;
    const cv_phase *f = s->phases;
    const int64_t length = FN(cd_length)(s), rows = s->batch * f->axis[0].targets * f->axis[1].targets;
    const int64_t packs = w ? FN(cv_panels)(s, f) : 0;
    int64_t *const offset = malloc((size_t)f->k * sizeof *offset);
    if (!offset) return 0;
    for (int64_t k = 0; k < f->k; k++) {
        const int64_t tap = k / s->sources, x = tap % f->axis[2].taps;
        offset[k] = tap / f->axis[2].taps * length + (f->axis[2].from[x] - f->axis[2].from[0]) * s->sources + k % s->sources;
    }
    int threads = ck_threads;
    if (threads > 1 && work < threads * CD_THREAD_WORK) threads = (int)ln_max(1, (int64_t)(work / CD_THREAD_WORK));
    const int64_t cuts = ln_min(rows, threads);
    const ck_mode mode = ck_get_mode();
    int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed) if (threads > 1)
    {
        const ck_mode own = ck_enter(mode);
        ck_packing *const packing = (ck_packing *)ck_workspace(sizeof(ck_packing));
        failed = !packing;
#pragma omp for schedule(static)
        for (int64_t t = 0; t < packs; t++) FN(cv_pack_task)(g, w, t);
#pragma omp for schedule(static) nowait
        for (int64_t t = 0; t < cuts; t++)
            if (packing) FN(cd_rows)(g, rows * t / cuts, rows * (t + 1) / cuts, offset, packing);
        ck_leave(own);
    }
    free(offset);
    return !failed;
}
#undef W
