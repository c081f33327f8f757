/* Convolutions with windows of 3 x 3 and stride 1, and the gradients of their inputs, by Winograd's minimal filtering
 * F(2 x 2, 3 x 3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016); conv.c includes this file
 * as conv_typed.h.
 *
 * A tile of 2 x 2 targets reads 4 x 4 elements d: it is A^T [(G g G^T) * (B^T d B)] A, summed over the channels between
 * the transforms. So 16 products of tiles x channels x filters replace 36. The transforms mix what different targets
 * read: errors are relative to the largest elements that a tile reads, and where a result is not finite, the tile is
 * computed again by the definition.
 */
#define W (PANEL_VECTORS * L)

/* The transformed weights of channels [from, from + count) of the source and columns [j, j + W): panels[16][columns][W] */
static void FN(wg_pack)(const cv_shape *s, const T *w, T *panels, int64_t from, int64_t count, int64_t j)
{
    const cv_axis *y = s->phases->axis + 1, *x = y + 1;
    const int64_t step = cv_ceil(s->targets, W) * s->sources * W;
    T taps[9][WG_CHANNELS * W], *to = panels + (j * s->sources + from * W);
    for (int u = 0; u < 9; u++)
        FN(cv_pack_tap)(s, w, 0, y->tap[u / 3] * 3 + x->tap[u % 3], from, count, j, ln_min(s->targets - j, W), taps[u]);
    for (int64_t i = 0; i < count * W; i += L, to += L) {
        V rows[4][3]; /* G g */
        _Pragma("GCC unroll 3") for (int v = 0; v < 3; v++) {
            const V a = *(V *)(taps[v] + i), b = *(V *)(taps[3 + v] + i), c = *(V *)(taps[6 + v] + i);
            rows[0][v] = a, rows[1][v] = (a + b + c) * (T)0.5, rows[2][v] = (a - b + c) * (T)0.5, rows[3][v] = c;
        }
        _Pragma("GCC unroll 4") for (int u = 0; u < 4; u++) {
            const V a = rows[u][0], b = rows[u][1], c = rows[u][2];
            T *at = to + 4 * u * step;
            *(V *)at = a, *(V *)(at + step) = (a + b + c) * (T)0.5;
            *(V *)(at + 2 * step) = (a - b + c) * (T)0.5, *(V *)(at + 3 * step) = c;
        }
    }
}

/* to[16][channels], `step` items apart: B^T d B of the 16 pixels */
static void FN(wg_input)(const T *const *pixels, T *to, int64_t step, int64_t channels)
{
    for (int64_t c = 0; c < channels; c += L, to += L) {
        const int n = (int)ln_min(L, channels - c);
        V d[4][4], r[4][4];
        _Pragma("GCC unroll 16") for (int i = 0; i < 16; i++)
            d[i / 4][i % 4] = n == L ? *(const V *)(pixels[i] + c) : FN(ck_load_part)(pixels[i] + c, n);
        _Pragma("GCC unroll 4") for (int v = 0; v < 4; v++) {
            r[0][v] = d[0][v] - d[2][v], r[1][v] = d[1][v] + d[2][v];
            r[2][v] = d[2][v] - d[1][v], r[3][v] = d[1][v] - d[3][v];
        }
        _Pragma("GCC unroll 4") for (int u = 0; u < 4; u++) {
            T *at = to + 4 * u * step;
            *(V *)at = r[u][0] - r[u][2], *(V *)(at + step) = r[u][1] + r[u][2];
            *(V *)(at + 2 * step) = r[u][2] - r[u][1], *(V *)(at + 3 * step) = r[u][1] - r[u][3];
        }
    }
}

/* The four targets of a tile (NULL outside), n channels: A^T m A of sums[16][n], `step` items apart; returns whether all
 * are finite. */
static int FN(wg_output)(const T *sums, int64_t step, T *const *to, int64_t n)
{
    V most = {};
    for (int64_t j = 0; j < n; j += L, sums += L) {
        const int part = (int)ln_min(L, n - j);
        V r[2][4];
        _Pragma("GCC unroll 4") for (int v = 0; v < 4; v++) {
            const T *m = sums + v * step;
            const V a = *(const V *)m, b = *(const V *)(m + 4 * step), c = *(const V *)(m + 8 * step);
            r[0][v] = a + b + c, r[1][v] = b - c - *(const V *)(m + 12 * step);
        }
        _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++) {
            const V *q = r[i / 2];
            const V y = i % 2 ? q[1] - q[2] - q[3] : q[0] + q[1] + q[2];
            if (to[i] == NULL) continue;
            const V kept = part == L ? y : FN(ck_first_lanes)(y, part);
            most += kept * 0; /* NaN as soon as a result is not finite */
            if (part == L) *(V *)(to[i] + j) = y;
            else FN(ck_store_part)(to[i] + j, y, part);
        }
    }
    return FN(ck_sum)(most) == 0;
}

/* n channels from j on of a target by the definition, from the pixels of its window */
static void FN(wg_redo)(const cv_shape *s, const T *w, const T *const *pixels, T *to, int64_t j, int64_t n)
{
    const cv_axis *y = s->phases->axis + 1, *x = y + 1;
    memset(to, 0, (size_t)n * sizeof(T));
    for (int u = 0; u < 9; u++) {
        const T *from = pixels[u / 3 * 4 + u % 3];
        const int64_t tap = y->tap[u / 3] * 3 + x->tap[u % 3];
        for (int64_t c = 0; c < s->sources; c++) {
            const T *row = s->back ? w + (tap * s->targets + j) * s->sources + c : w + (tap * s->sources + c) * s->targets + j;
            const int64_t step = s->back ? s->sources : 1;
            for (int64_t i = 0; i < n; i++) to[i] += from[c] * row[i * step];
        }
    }
}

/* Where a tile reads and writes: 16 pixels, zeros outside, and 4 targets of which the first channel is at j */
static void FN(wg_tile)(const FN(conv) *g, int64_t tile, const T *zeros, const T **pixels, T **targets, int64_t j)
{
    const cv_shape *s = g->shape;
    const cv_axis *b = s->phases->axis + 1, *c = b + 1;
    const int64_t across = (c->targets + 1) / 2, down = (b->targets + 1) / 2;
    const int64_t x = tile % across * 2, y = tile / across % down * 2, image = tile / across / down;
    for (int i = 0; i < 16; i++) {
        const int64_t at_y = y + b->from[0] + i / 4, at_x = x + c->from[0] + i % 4;
        const int inside = at_y >= 0 && at_y < b->source && at_x >= 0 && at_x < c->source;
        pixels[i] = inside ? g->source + ((image * b->source + at_y) * c->source + at_x) * s->sources : zeros;
    }
    for (int i = 0; i < 4; i++) {
        const int64_t at_y = y + i / 2, at_x = x + i % 2;
        const int inside = at_y < b->targets && at_x < c->targets;
        targets[i] = inside ? g->target + ((image * b->targets + at_y) * c->targets + at_x) * s->targets + j : NULL;
    }
}

/* Tiles [t0, t1), at most as many as `wg_tiles` says */
static void FN(wg_block)(const FN(conv) *g, const T *w, int64_t t0, int64_t t1, ck_packing *packing)
{
    static const T zeros[WG_SOURCES];
    const cv_shape *s = g->shape;
    const int64_t k = s->sources, n = t1 - t0, ld = FN(cv_stride)(k), strips = cv_ceil(n, TILE_ROWS);
    const int64_t columns = cv_ceil(s->targets, W) * W;
    const int64_t group = ln_min(columns, WG_SUMS / (16 * n * (int64_t)sizeof(T)) / W * W);
    T *const inputs = (T *)packing->packed, *const sums = (T *)packing->patches;
    const T *pixels[16];
    T *targets[4];
    for (int64_t t = 0; t < n; t++) {
        FN(wg_tile)(g, t0 + t, zeros, pixels, targets, 0);
        FN(wg_input)(pixels, inputs + t * ld, n * ld, k);
    }
    FN(tile_args) a = {.k = k, .rs = ld, .cs = 1, .ldb = W, .ldc = group, .n = W, .first = 1};
    for (int64_t jc = 0; jc < s->targets; jc += group) {
        const int64_t je = ln_min(columns, jc + group);
        for (int u = 0; u < 16; u++)
            for (int64_t j = jc; j < je; j += W) {
                const T *panel = g->panels + (u * columns + j) * k;
                a.fetch = (const char *)panel;
                for (int64_t q = 0, i = 0, h; q < strips; q++, i += h) {
                    h = n / strips + (q < n % strips);
                    FN(tiles2)[h - 1](inputs + (u * n + i) * ld, panel, sums + (u * n + i) * group + j - jc, &a);
                }
            }
        const int64_t width = ln_min(je, s->targets) - jc;
        for (int64_t t = 0; t < n; t++) {
            FN(wg_tile)(g, t0 + t, zeros, pixels, targets, jc);
            const int finite = FN(wg_output)(sums + t * group, n * group, targets, width);
            for (int i = 0; i < 4; i++) {
                if (!targets[i]) continue;
                if (!finite) FN(wg_redo)(s, w, pixels + i / 2 * 4 + i % 2, targets[i], jc, width);
                if (g->bias || g->act)
                    FN(finish)(targets[i], 0, 1, width, g->bias ? g->bias + jc : NULL, 1, g->act);
            }
        }
    }
}

/* The convolution or the gradient of its input, with the weights w */
static int FN(wg_run)(const FN(conv) *g, const T *w, int threads)
{
    const cv_shape *s = g->shape;
    const cv_phase *f = s->phases;
    const int64_t tiles = s->batch * ((f->axis[1].targets + 1) / 2) * ((f->axis[2].targets + 1) / 2);
    const int64_t most = ln_min(WG_TILES, sizeof(((ck_packing *)0)->packed) / (16 * FN(cv_stride)(s->sources) * sizeof(T)));
    int64_t cuts = cv_ceil(tiles, most);
    cuts = ln_min(cv_ceil(cuts, threads) * threads, tiles);
    const int64_t chunks = cv_ceil(s->sources, WG_CHANNELS), panels = cv_ceil(s->targets, W);
    const ck_mode mode = ck_get_mode();
    int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed) if (threads > 1)
    {
        const ck_mode own = ck_enter(mode);
        ck_packing *const packing = (ck_packing *)ck_workspace(sizeof(ck_packing));
        failed = !packing;
#pragma omp for schedule(static)
        for (int64_t t = 0; t < panels * chunks; t++) {
            const int64_t from = t % chunks * WG_CHANNELS;
            FN(wg_pack)(s, w, g->panels, from, ln_min(WG_CHANNELS, s->sources - from), t / chunks * W);
        }
#pragma omp for schedule(static) nowait
        for (int64_t t = 0; t < cuts; t++)
            if (packing) FN(wg_block)(g, w, tiles * t / cuts, tiles * (t + 1) / cuts, packing);
        ck_leave(own);
    }
    return !failed;
}
#undef W
