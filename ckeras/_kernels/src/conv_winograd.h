/* Convolutions with windows of 3 x 3 and stride 1, and the gradients of their inputs, by Winograd's minimal filtering
 * F(4 x 4, 3 x 3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016); conv.c includes this file
 * as conv_typed.h.
 *
 * A tile of 4 x 4 targets reads 6 x 6 elements d: it is A^T [(G g G^T) * (B^T d B)] A, summed over the channels between
 * the transforms. So 36 products of tiles x channels x filters replace 144. Polynomials are evaluated at 0, +-sqrt(1/2),
 * +-sqrt(2) and infinity, of which the squares are exact and the powers small (Alam, Anderson, Barabasz and Gregg,
 * "Winograd Convolution for Deep Neural Networks: Efficient Point Selection", 2022), and channels are summed in blocks:
 * errors stay within four times those of the direct form. The transforms mix what different targets read: errors are
 * relative to the largest elements that a tile reads, and where a result is not finite, the tile is computed again by
 * the definition.
 */
#define W (PANEL_VECTORS * L)
#define ROOT ((T)0.70710678118654752440) /* sqrt(1/2) */

/* r[6] = G g, `step` items apart */
CK_INLINE void FN(wg_weight_line)(V *r, int64_t step, V a, V b, V c)
{
    const V near = (a + c * (T)0.5) * (T)(-2. / 3), near_odd = b * (ROOT * (T)(-2. / 3));
    const V far = (a + c * (T)2) * (T)(1. / 6), far_odd = b * (ROOT * (T)(1. / 3));
    r[0] = a, r[5 * step] = c;
    r[step] = near + near_odd, r[2 * step] = near - near_odd;
    r[3 * step] = far + far_odd, r[4 * step] = far - far_odd;
}

/* r[6] = B^T d */
CK_INLINE void FN(wg_input_line)(V *r, const V *d)
{
    const V near = d[4] - d[2] * (T)2, near_odd = (d[3] - d[1] * (T)2) * ROOT;
    const V far = d[4] - d[2] * (T)0.5, far_odd = (d[3] - d[1] * (T)0.5) * (2 * ROOT);
    r[0] = d[0] + (d[4] - d[2] * (T)2.5), r[5] = d[1] + (d[5] - d[3] * (T)2.5);
    r[1] = near + near_odd, r[2] = near - near_odd, r[3] = far + far_odd, r[4] = far - far_odd;
}

/* r[4] = A^T s */
CK_INLINE void FN(wg_output_line)(V *r, const V *s)
{
    const V near = s[1] + s[2], near_odd = s[1] - s[2], far = s[3] + s[4], far_odd = s[3] - s[4];
    r[0] = s[0] + near + far, r[1] = (near_odd + far_odd * (T)2) * ROOT;
    r[2] = near * (T)0.5 + far * (T)2, r[3] = s[5] + (near_odd * (T)0.5 + far_odd * (T)4) * ROOT;
}

/* The transformed weights of `count` channels of the source from `from` on, of a block of `block` channels from `first`
 * on, and of columns [j, j + W): panels[blocks][36][columns / W][channels of the block][W] */
static void FN(wg_pack)(const cv_shape *s, const T *w, T *panels, int64_t first, int64_t block, int64_t from,
                        int64_t count, int64_t j)
{
    const cv_axis *y = s->phases->axis + 1, *x = y + 1;
    const int64_t columns = cv_ceil(s->targets, W) * W, step = columns * block;
    T taps[9][WG_CHANNELS * W], *to = panels + first * 36 * columns + j * block + (from - first) * W;
    for (int u = 0; u < 9; u++)
        FN(cv_pack_tap)(s, w, 0, y->tap[u / 3] * 3 + x->tap[u % 3], from, count, j, ln_min(s->targets - j, W), taps[u]);
    for (int64_t i = 0; i < count * W; i += L, to += L) {
        V rows[6][3], line[6];
        _Pragma("GCC unroll 3") for (int v = 0; v < 3; v++) {
            const T *tap = taps[v] + i;
            FN(wg_weight_line)(&rows[0][v], 3, *(V *)tap, *(V *)(tap + 3 * WG_CHANNELS * W),
                               *(V *)(tap + 6 * WG_CHANNELS * W));
        }
        _Pragma("GCC unroll 6") for (int u = 0; u < 6; u++) {
            FN(wg_weight_line)(line, 1, rows[u][0], rows[u][1], rows[u][2]);
            _Pragma("GCC unroll 6") for (int v = 0; v < 6; v++) *(V *)(to + (u * 6 + v) * step) = line[v];
        }
    }
}

/* to[36][channels], `step` items apart: B^T d B of 36 pixels, `channels` from `from` on */
static void FN(wg_input)(const T *const *pixels, int64_t from, T *to, int64_t step, int64_t channels)
{
    for (int64_t c = from; c < from + channels; c += L, to += L) {
        const int part = (int)ln_min(L, from + channels - c);
        V rows[6][6] __attribute__((aligned(CK_VECTOR_BYTES))), d[6], r[6];
        _Pragma("GCC unroll 6") for (int v = 0; v < 6; v++) {
            _Pragma("GCC unroll 6") for (int u = 0; u < 6; u++)
                d[u] = part == L ? *(const V *)(pixels[u * 6 + v] + c) : FN(ck_load_part)(pixels[u * 6 + v] + c, part);
            FN(wg_input_line)(r, d);
            _Pragma("GCC unroll 6") for (int u = 0; u < 6; u++) rows[u][v] = r[u];
        }
        _Pragma("GCC unroll 6") for (int u = 0; u < 6; u++) {
            FN(wg_input_line)(r, rows[u]);
            _Pragma("GCC unroll 6") for (int v = 0; v < 6; v++) *(V *)(to + (u * 6 + v) * step) = r[v];
        }
    }
}

/* The 16 targets of a tile (NULL outside), `count` channels: A^T s A of sums[36][count], `step` items apart, with biases
 * (or NULL) and an activation that clips, or none; returns whether all are finite before that. */
static int FN(wg_output)(const T *sums, int64_t step, T *const *to, int64_t count, const T *bias, int act)
{
    V most = {};
    for (int64_t j = 0; j < count; j += L, sums += L) {
        const int part = (int)ln_min(L, count - j);
        const V more = bias ? FN(ck_load_part)(bias + j, part) : (V){};
        V rows[4][6] __attribute__((aligned(CK_VECTOR_BYTES))), d[6], r[4];
        _Pragma("GCC unroll 6") for (int v = 0; v < 6; v++) {
            _Pragma("GCC unroll 6") for (int u = 0; u < 6; u++) d[u] = *(const V *)(sums + (u * 6 + v) * step);
            FN(wg_output_line)(r, d);
            _Pragma("GCC unroll 4") for (int u = 0; u < 4; u++) rows[u][v] = r[u];
        }
        _Pragma("GCC unroll 4") for (int u = 0; u < 4; u++) {
            FN(wg_output_line)(r, rows[u]);
            _Pragma("GCC unroll 4") for (int v = 0; v < 4; v++) {
                T *const at = to[u * 4 + v];
                if (at == NULL) continue;
                V y = part == L ? r[v] : FN(ck_first_lanes)(r[v], part);
                most += y * 0; /* NaN as soon as a result is not finite */
                y = FN(ck_clip)(y + more, act);
                if (part == L) *(V *)(at + j) = y;
                else FN(ck_store_part)(at + j, y, part);
            }
        }
    }
    return FN(ck_sum)(most) == 0;
}

/* `count` channels from j on of a target by the definition, from the pixels of its window, rows of which are 6 apart */
static void FN(wg_redo)(const cv_shape *s, const T *w, const T *const *pixels, T *to, int64_t j, int64_t count)
{
    const cv_axis *y = s->phases->axis + 1, *x = y + 1;
    const int64_t step = s->back ? s->sources : 1;
    memset(to, 0, (size_t)count * sizeof(T));
    for (int u = 0; u < 9; u++) {
        const T *from = pixels[u / 3 * 6 + u % 3];
        const int64_t tap = y->tap[u / 3] * 3 + x->tap[u % 3];
        for (int64_t c = 0; c < s->sources; c++) {
            const T *row = w + (s->back ? (tap * s->targets + j) * s->sources + c : (tap * s->sources + c) * s->targets + j);
            for (int64_t i = 0; i < count; i++) to[i] += from[c] * row[i * step];
        }
    }
}

/* Where a tile reads and writes: 36 pixels, zeros outside, and 16 targets, of which the first channel is at j */
static void FN(wg_tile)(const FN(conv) *g, int64_t tile, const T **pixels, T **targets, int64_t j)
{
    static const T zeros[WG_SOURCES];
    const cv_shape *s = g->shape;
    const cv_axis *b = s->phases->axis + 1, *c = b + 1;
    const int64_t across = cv_ceil(c->targets, 4), down = cv_ceil(b->targets, 4);
    const int64_t x = tile % across * 4, y = tile / across % down * 4, image = tile / across / down;
    for (int i = 0; i < 36; i++) {
        const int64_t at_y = y + b->from[0] + i / 6, at_x = x + c->from[0] + i % 6;
        const int inside = at_y >= 0 && at_y < b->source && at_x >= 0 && at_x < c->source;
        pixels[i] = inside ? g->source + ((image * b->source + at_y) * c->source + at_x) * s->sources : zeros;
    }
    for (int i = 0; i < 16; i++) {
        const int64_t at_y = y + i / 4, at_x = x + i % 4;
        const int inside = at_y < b->targets && at_x < c->targets;
        targets[i] = inside ? g->target + ((image * b->targets + at_y) * c->targets + at_x) * s->targets + j : NULL;
    }
}

/* sums[36][tiles][columns of the task] = the products of the transformed inputs of tiles [t0, t1) and panels of columns
 * [j0, j1) */
static void FN(wg_products)(const FN(conv) *g, int64_t t0, int64_t t1, int64_t j0, int64_t j1, T *inputs, T *sums)
{
    const cv_shape *s = g->shape;
    const int64_t k = s->sources, tiles = t1 - t0, most = wg_channels(k), ld = FN(cv_stride)(most);
    const int64_t strips = cv_ceil(tiles, TILE_ROWS), columns = cv_ceil(s->targets, W) * W;
    const T *pixels[36];
    T *targets[16];
    FN(tile_args) a = {.rs = ld, .cs = 1, .ldb = W, .ldc = j1 - j0, .n = W};
    for (int64_t first = 0; first < k; first += most) {
        a.k = ln_min(most, k - first);
        a.first = first == 0;
        for (int64_t t = 0; t < tiles; t++) {
            FN(wg_tile)(g, t0 + t, pixels, targets, 0);
            FN(wg_input)(pixels, first, inputs + t * ld, tiles * ld, a.k);
        }
        for (int64_t u = 0; u < 36; u++)
            for (int64_t j = j0; j < j1; j += W) {
                const T *panel = g->panels + first * 36 * columns + (u * columns + j) * a.k;
                a.fetch = (const char *)panel;
                for (int64_t q = 0, i = u * tiles, h; q < strips; q++, i += h) {
                    h = tiles / strips + (q < tiles % strips);
                    FN(tiles2)[h - 1](inputs + i * ld, panel, sums + i * a.ldc + j - j0, &a);
                }
            }
    }
}

/* Tiles [t0, t1) and columns [j0, j1), whole panels, as many as wg_run says */
static void FN(wg_block)(const FN(conv) *g, const T *w, int64_t t0, int64_t t1, int64_t j0, int64_t j1,
                         ck_packing *packing)
{
    const cv_shape *s = g->shape;
    const int64_t tiles = t1 - t0, width = ln_min(j1, s->targets) - j0;
    const T *const bias = g->bias ? g->bias + j0 : NULL, *pixels[36];
    T *const sums = (T *)packing->tiles, *targets[16];
    FN(wg_products)(g, t0, t1, j0, j1, (T *)packing->packed, sums);
    for (int64_t t = 0; t < tiles; t++) {
        FN(wg_tile)(g, t0 + t, pixels, targets, j0);
        const T *of = sums + t * (j1 - j0);
        const int clip = ck_clips(g->act) ? g->act : CK_ACT_NONE;
        const int finite = FN(wg_output)(of, tiles * (j1 - j0), targets, width, bias, clip);
        for (int i = 0; i < 16 && (!finite || g->act != clip); i++) {
            if (!targets[i]) continue;
            if (!finite) FN(wg_redo)(s, w, pixels + i / 4 * 6 + i % 4, targets[i], j0, width);
            FN(finish)(targets[i], 0, 1, width, finite ? NULL : bias, 1, g->act);
        }
    }
}

/* Tasks that make the panels: some channels of the source of one panel */
static int64_t FN(wg_packs)(const cv_shape *s) { return cv_ceil(s->sources, WG_CHANNELS) * cv_ceil(s->targets, W); }

static void FN(wg_pack_task)(const FN(conv) *g, const T *w, int64_t task)
{
    const cv_shape *s = g->shape;
    const int64_t most = wg_channels(s->sources), chunks = cv_ceil(s->sources, WG_CHANNELS);
    const int64_t from = task % chunks * WG_CHANNELS, first = from / most * most;
    FN(wg_pack)(s, w, g->panels, first, ln_min(most, s->sources - first), from,
                ln_min(WG_CHANNELS, s->sources - from), task / chunks * W);
}

/* The convolution or the gradient of its input with the weights w, the panels of which are made first unless `packed`. A
 * task is a part of the tiles and of the columns, so that inputs and sums fit their buffers; threads share the columns
 * of few tiles, so that each reads only some of the panels. */
static int FN(wg_run)(const FN(conv) *g, const T *w, int packed, int threads)
{
    enum { ITEM = 36 * sizeof(T), INPUTS = sizeof(((ck_packing *)0)->packed) / ITEM, SUMS = WINOGRAD_BYTES / ITEM };
    const cv_shape *s = g->shape;
    const int64_t panels = cv_ceil(s->targets, W), packs = packed ? 0 : FN(wg_packs)(s);
    const int64_t tiles = s->batch * cv_ceil(s->target[1], 4) * cv_ceil(s->target[2], 4);
    const int64_t share = tiles < 2 * TILE_ROWS * threads ? cv_ceil(panels, threads) : panels;
    const int64_t columns = cv_ceil(panels, ln_min(share, SUMS / (TILE_ROWS * W)));
    const int64_t fit = ln_min(INPUTS / FN(cv_stride)(WG_BLOCK), SUMS / (cv_ceil(panels, columns) * W));
    int64_t cuts = cv_ceil(tiles, ln_min(3, fit / TILE_ROWS) * TILE_ROWS);
    if (columns < threads) cuts = ln_min(cv_ceil(cuts, threads) * threads, tiles);
    const ck_mode mode = ck_get_mode();
    int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed) if (threads > 1)
    {
        const ck_mode own = ck_enter(mode);
        ck_packing *const packing = (ck_packing *)ck_workspace(sizeof(ck_packing));
        failed = !packing;
#pragma omp for schedule(static)
        for (int64_t t = 0; t < packs; t++) FN(wg_pack_task)(g, w, t);
#pragma omp for schedule(static) nowait
        for (int64_t t = 0; t < cuts * columns; t++) {
            const int64_t cut = t % cuts, column = t / cuts;
            if (packing)
                FN(wg_block)(g, w, tiles * cut / cuts, tiles * (cut + 1) / cuts, panels * column / columns * W,
                             panels * (column + 1) / columns * W, packing);
        }
        ck_leave(own);
    }
    return !failed;
}
#undef ROOT
#undef W
