/* The gradient of the kernel of a convolution with windows of 3 x 3 and stride 1: the adjoint of Winograd's convolution
 * (conv_winograd.h), with the same transforms; conv.c includes this file as that one.
 *
 * The convolution of a tile is A^T [(G w G^T) * (B^T d B)] A, so the gradient of w is G^T M G, with M the sum over the tiles
 * of (B^T d B) * (A g A^T), where g is the gradient of 4 x 4 targets: 36 products of channels x tiles x filters instead of
 * 144. Tiles are summed in blocks of WK_TILES, which keeps errors within four times those of the direct form.
 */
#define W (PANEL_VECTORS * L)
#define ROOT ((T)0.70710678118654752440) /* sqrt(1/2) */

/* r[6] = A g */
CK_INLINE void FN(wk_target_line)(V *r, const V *g)
{
    const V near = g[0] + g[2] * (T)0.5, near_odd = (g[1] + g[3] * (T)0.5) * ROOT;
    const V far = g[0] + g[2] * (T)2, far_odd = (g[1] + g[3] * (T)2) * (2 * ROOT);
    r[0] = g[0], r[5] = g[3];
    r[1] = near + near_odd, r[2] = near - near_odd, r[3] = far + far_odd, r[4] = far - far_odd;
}

/* r[3] = G^T m */
CK_INLINE void FN(wk_weight_line)(V *r, const V *m)
{
    const V near = m[1] + m[2], near_odd = m[1] - m[2], far = m[3] + m[4], far_odd = m[3] - m[4];
    r[0] = m[0] - near * (T)(2. / 3) + far * (T)(1. / 6);
    r[1] = near_odd * (ROOT * (T)(-2. / 3)) + far_odd * (ROOT * (T)(1. / 3));
    r[2] = m[5] + (far - near) * (T)(1. / 3);
}

/* to[36][filters], `step` items apart: A g A^T of 16 targets (NULL outside), `count` filters, zeros up to whole panels */
static void FN(wk_targets)(T *const *targets, T *to, int64_t step, int64_t count)
{
    for (int64_t j = 0; j < cv_ceil(count, W) * W; j += L, to += L) {
        const int part = (int)ln_max(0, ln_min(L, count - j));
        V rows[6][4] __attribute__((aligned(CK_VECTOR_BYTES))), g[4], r[6];
        _Pragma("GCC unroll 4") for (int v = 0; v < 4; v++) {
            _Pragma("GCC unroll 4") for (int u = 0; u < 4; u++) {
                const T *at = targets[u * 4 + v];
                g[u] = !at ? (V){} : part == L ? *(const V *)(at + j) : FN(ck_load_part)(at + j, part);
            }
            FN(wk_target_line)(r, g);
            _Pragma("GCC unroll 6") for (int u = 0; u < 6; u++) rows[u][v] = r[u];
        }
        _Pragma("GCC unroll 6") for (int u = 0; u < 6; u++) {
            FN(wk_target_line)(r, rows[u]);
            _Pragma("GCC unroll 6") for (int v = 0; v < 6; v++) *(V *)(to + (u * 6 + v) * step) = r[v];
        }
    }
}

/* to[9][count], `apart` items apart = G^T m G of sums[36][count], `step` items apart; returns whether all are finite. */
static int FN(wk_weights)(const T *sums, int64_t step, T *to, int64_t apart, int64_t count)
{
    V most = {};
    for (int64_t j = 0; j < count; j += L, sums += L) {
        const int part = (int)ln_min(L, count - j);
        V rows[3][6] __attribute__((aligned(CK_VECTOR_BYTES))), m[6], r[3];
        _Pragma("GCC unroll 6") for (int v = 0; v < 6; v++) {
            _Pragma("GCC unroll 6") for (int u = 0; u < 6; u++) m[u] = *(const V *)(sums + (u * 6 + v) * step);
            FN(wk_weight_line)(r, m);
            _Pragma("GCC unroll 3") for (int u = 0; u < 3; u++) rows[u][v] = r[u];
        }
        _Pragma("GCC unroll 3") for (int u = 0; u < 3; u++) {
            FN(wk_weight_line)(r, rows[u]);
            _Pragma("GCC unroll 3") for (int v = 0; v < 3; v++) {
                FN(ck_store_part)(to + (u * 3 + v) * apart + j, r[v], part);
                most += FN(ck_first_lanes)(r[v], part) * 0; /* NaN as soon as a result is not finite */
            }
        }
    }
    return FN(ck_sum)(most) == 0;
}

/* Channels [c0, c1) and filters [j0, j1) of the gradient, at most WK_CHANNELS and WK_FILTERS; returns whether all are
 * finite. The sums over all tiles stay in L2. */
static int FN(wk_task)(const FN(conv) *g, T *to, int64_t tiles, int64_t c0, int64_t c1, int64_t j0, int64_t j1,
                       ck_packing *packing)
{
    const cv_shape *s = g->shape;
    const int64_t channels = c1 - c0, ld = cv_ceil(channels, L) * L, columns = cv_ceil(j1 - j0, W) * W;
    const int64_t strips = cv_ceil(channels, TILE_ROWS);
    T *const inputs = (T *)packing->patches, *const gradients = (T *)packing->packed, *const sums = (T *)packing->tiles;
    const T *pixels[36];
    T *targets[16];
    FN(tile_args) a = {.rs = 1, .cs = ld, .ldb = columns, .ldc = columns, .n = W};
    for (int64_t t0 = 0; t0 < tiles; t0 += WK_TILES) {
        a.k = ln_min(WK_TILES, tiles - t0);
        a.first = t0 == 0;
        for (int64_t t = 0; t < a.k; t++) {
            FN(wg_tile)(g, t0 + t, pixels, targets, j0);
            FN(wg_input)(pixels, c0, inputs + t * ld, a.k * ld, channels);
            FN(wk_targets)(targets, gradients + t * columns, a.k * columns, j1 - j0);
        }
        for (int64_t u = 0; u < 36; u++)
            for (int64_t q = 0, c = 0, h; q < strips; q++, c += h) {
                h = channels / strips + (q < channels % strips);
                for (int64_t j = 0; j < columns; j += W) {
                    const T *b = gradients + u * a.k * columns + j;
                    a.fetch = (const char *)b;
                    FN(tiles2)[h - 1](inputs + u * a.k * ld + c, b, sums + (u * channels + c) * columns + j, &a);
                }
            }
    }
    int finite = 1;
    for (int64_t c = 0; c < channels; c++)
        finite &= FN(wk_weights)(sums + c * columns, channels * columns, to + (c0 + c) * s->targets + j0,
                                 s->sources * s->targets, j1 - j0);
    return finite;
}

/* The gradient of the kernel; returns whether there was memory for it, and in `finite` whether all of it is finite. */
static int FN(wk_run)(const FN(conv) *g, T *to, int threads, int *finite)
{
    const cv_shape *s = g->shape;
    const int64_t tiles = s->batch * cv_ceil(s->target[1], 4) * cv_ceil(s->target[2], 4);
    const int64_t panels = cv_ceil(s->targets, W), columns = cv_ceil(panels * W, WK_FILTERS);
    int64_t rows = cv_ceil(s->sources, WK_CHANNELS);
    if (columns % threads) rows = ln_min(cv_ceil(rows, threads) * threads, s->sources);
    const ck_mode mode = ck_get_mode();
    int failed = 0, infinite = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed, infinite) if (threads > 1)
    {
        const ck_mode own = ck_enter(mode);
        ck_packing *const packing = (ck_packing *)ck_workspace(sizeof(ck_packing));
        failed = !packing;
#pragma omp for schedule(static) nowait
        for (int64_t t = 0; t < rows * columns; t++) {
            const int64_t row = t / columns, column = t % columns;
            if (packing)
                infinite |= !FN(wk_task)(g, to, tiles, s->sources * row / rows, s->sources * (row + 1) / rows,
                                         panels * column / columns * W,
                                         ln_min(s->targets, panels * (column + 1) / columns * W), packing);
        }
        ck_leave(own);
    }
    *finite = !infinite;
    return !failed;
}
#undef ROOT
#undef W
