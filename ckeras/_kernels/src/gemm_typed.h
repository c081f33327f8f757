/* The matrix product for one dtype; gemm.c includes this file once for float and once for double, with
 *   T      the item type
 *   FN(x)  the name x for this dtype
 *   V      the vector type, L its lanes
 */
#define W (PANEL_VECTORS * L) /* columns of a panel of B */

/* c (m x n, contiguous) = act(op(a) op(b) + bias); op(a) is m x k, op(b) is k x n. Transposed means that the array
 * holds the transpose: a is k x m, b is n x k. */
typedef struct {
    int64_t m, n, k;
    const T *a, *b, *bias;
    T *c;
    int a_transposed, b_transposed, act;
    int b_packed; /* b holds panels of W columns, zeros after the last, for one block of k after the other */
    int64_t block; /* items of k summed in one go */
    int by_dots, by_amx; /* the method and the block fix the order of summation: they depend on the shape only */
    int late, late_act;
    const T *late_bias; /* where c is a column computed as a row: one bias for all, applied in the end */
    const ck_after *after; /* or NULL */
    ck_packing *packing;   /* the thread's own */
} FN(product);

/* One tile: c[h x n] (row step ldc) = or += a[h x k] b[k x n], then bias and relu or relu6. a's steps are rs by row and cs by
 * column, b's row step is ldb and its rows can be read up to nv vectors; n <= nv * L. h, nv and pack are constants
 * where this is inlined, so that acc lives in registers. */
typedef struct {
    int64_t k, rs, cs, ldb, ldc, n;
    const T *bias; /* NULL, or n values */
    int first, act; /* which clips, or none */
    T *panel; /* to which a tile that packs copies what it reads of b */
    const char *fetch; /* memory to prefetch into L2: one address for each item of k, fetch_step bytes apart */
    int64_t fetch_step;
} FN(tile_args);

/* What follows the sums of a tile: c[h x n] = or += acc, then bias and activation */
CK_INLINE void FN(tile_store)(int h, int nv, V (*acc)[WIDE_VECTORS], T *c, const FN(tile_args) *g)
{
    const int64_t ldc = g->ldc;
    if (g->n == nv * L) {
        if (!g->first)
            _Pragma("GCC unroll 16") for (int i = 0; i < h; i++)
                _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) acc[i][v] += *(V *)(c + i * ldc + v * L);
        if (g->bias)
            _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) {
                V x = *(const V *)(g->bias + v * L);
                _Pragma("GCC unroll 16") for (int i = 0; i < h; i++) acc[i][v] += x;
            }
        if (g->act)
            _Pragma("GCC unroll 16") for (int i = 0; i < h; i++)
                _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) acc[i][v] = FN(ck_clip)(acc[i][v], g->act);
        _Pragma("GCC unroll 16") for (int i = 0; i < h; i++)
            _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) *(V *)(c + i * ldc + v * L) = acc[i][v];
        return;
    }
    _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) {
        int64_t left = g->n - v * L;
        int n = left < 0 ? 0 : left < L ? (int)left : L;
        V bias = g->bias ? FN(ck_load_part)(g->bias + v * L, n) : (V){};
        _Pragma("GCC unroll 16") for (int i = 0; i < h; i++) {
            V x = acc[i][v];
            if (!g->first) x += FN(ck_load_part)(c + i * ldc + v * L, n);
            if (g->bias) x += bias;
            x = FN(ck_clip)(x, g->act);
            FN(ck_store_part)(c + i * ldc + v * L, x, n);
        }
    }
}

CK_INLINE void FN(tile)(int h, int nv, int pack, const T *a, const T *b, T *c, const FN(tile_args) *g)
{
    T *panel = g->panel;
    const char *fetch = g->fetch;
    const int64_t k = g->k, rs = g->rs, cs = g->cs, ldb = g->ldb;
    V acc[TILE_ROWS][WIDE_VECTORS];
    /* Rows in threes share a pointer: base, base + rs and base + 2 rs are one address each, so four pointers reach
     * twelve rows. */
    const T *base[(TILE_ROWS + 2) / 3];
    _Pragma("GCC unroll 16") for (int i = 0; i < h; i++)
        _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) acc[i][v] = (V){};
    _Pragma("GCC unroll 16") for (int i = 0; i < h; i += 3) base[i / 3] = a + i * rs;

    for (int64_t s = 0; s < k; s++) {
        V row[WIDE_VECTORS];
        _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) row[v] = *(const V *)(b + v * L);
        __builtin_prefetch(fetch, 0, 2);
        fetch += g->fetch_step;
        if (pack) {
            _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) {
                *(V *)(panel + v * L) = row[v];
                __builtin_prefetch(b + PACK_AHEAD * ldb + v * L);
            }
            panel += nv * L;
        }
        b += ldb;
        _Pragma("GCC unroll 16") for (int i = 0; i < h; i++) {
            V x = base[i / 3][i % 3 * rs] - (V){};
            _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) FN(ck_muladd)(&acc[i][v], x, row[v]);
        }
        _Pragma("GCC unroll 16") for (int i = 0; i < h; i += 3) base[i / 3] += cs;
    }
    FN(tile_store)(h, nv, acc, c, g);
}

typedef void (*FN(tile_fn))(const T *, const T *, T *, const FN(tile_args) *);
#define TILE_FN(h)                                                                                                     \
    static void FN(tile_##h##x1)(const T *a, const T *b, T *c, const FN(tile_args) *g) { FN(tile)(h, 1, 0, a, b, c, g); } \
    static void FN(tile_##h##x2)(const T *a, const T *b, T *c, const FN(tile_args) *g) { FN(tile)(h, 2, 0, a, b, c, g); } \
    static void FN(tile_##h##p)(const T *a, const T *b, T *c, const FN(tile_args) *g) { FN(tile)(h, 2, 1, a, b, c, g); }
EACH_TILE(TILE_FN)
#undef TILE_FN
/* One row needs more columns than two vectors to keep the multipliers busy. */
static void FN(tile_wide)(const T *a, const T *b, T *c, const FN(tile_args) *g)
{
    FN(tile)(1, WIDE_VECTORS, 0, a, b, c, g);
}

#define TILE_NAME(h) FN(tile_##h##x1),
static const FN(tile_fn) FN(tiles1)[] = {EACH_TILE(TILE_NAME)};
#undef TILE_NAME
#define TILE_NAME(h) FN(tile_##h##x2),
static const FN(tile_fn) FN(tiles2)[] = {EACH_TILE(TILE_NAME)};
#undef TILE_NAME
#define TILE_NAME(h) FN(tile_##h##p),
static const FN(tile_fn) FN(packing_tiles)[] = {EACH_TILE(TILE_NAME)};
#undef TILE_NAME

/* c[h x n] = act(c + bias); `bias` is NULL, n values, or one value for all where bias_step is 0 */
static void FN(finish)(T *c, int64_t ldc, int64_t h, int64_t n, const T *bias, int bias_step, int act)
{
    for (int64_t i = 0; i < h; i++, c += ldc)
        for (int64_t j = 0; j < n; j += L) {
            int part = n - j < L ? (int)(n - j) : L;
            V x = FN(ck_load_part)(c + j, part);
            if (bias && bias_step) x += FN(ck_load_part)(bias + j, part);
            else if (bias) x += bias[0];
            if (ck_clips(act)) x = FN(ck_clip)(x, act);
            else if (act == CK_ACT_SIGMOID) x = FN(ck_sigmoid)(x);
            else if (act == CK_ACT_TANH) x = FN(ck_tanh)(x);
            FN(ck_store_part)(c + j, x, part);
        }
}

/* panel[k x ldp] = b[k x n] (row step ldb), n <= ldp. The array of b ends `items`
 * items after b. Rows are copied in full vectors while these stay inside the array: elements read beyond column n go
 * to lanes that are not stored, or are overwritten by the next row (n = ldp, not a multiple of L). */
static void FN(pack_rows)(T *panel, int64_t ldp, const T *b, int64_t ldb, int64_t k, int64_t n, int64_t items)
{
    const int64_t left = items - (ldp + L - 1) / L * L, whole = left < 0 ? 0 : left / ldb + 1;
    int64_t s = 0;
    for (; s < k && s < whole; s++, b += ldb, panel += ldp)
        for (int64_t j = 0; j < ldp; j += L) *(V *)(panel + j) = *(const V *)(b + j);
    for (; s < k; s++, b += ldb, panel += ldp)
        for (int64_t j = 0; j < ldp; j++) panel[j] = j < n ? b[j] : 0;
}

/* panel[k x ldp] = the transpose of b[n x k] (row step ldb), columns n to ldp zero; in blocks of L x L */
static void FN(pack_columns)(T *panel, int64_t ldp, const T *b, int64_t ldb, int64_t k, int64_t n)
{
    for (int64_t j = 0; j < ldp; j += L)
        for (int64_t s = 0; s < k; s += L) {
            const int rows = n - j < L ? (int)(n - j) : L, columns = k - s < L ? (int)(k - s) : L;
            const int stored = ldp - j < L ? (int)(ldp - j) : L;
            const T *from = b + j * ldb + s;
            T *to = panel + s * ldp + j;
            V block[L];
            if (rows == L && columns == L)
                _Pragma("GCC unroll 16") for (int i = 0; i < L; i++) block[i] = *(const V *)(from + i * ldb);
            else
                for (int i = 0; i < L; i++) block[i] = i < rows ? FN(ck_load_part)(from + i * ldb, columns) : (V){};
            FN(ck_transpose)(block);
            if (stored == L && columns == L)
                _Pragma("GCC unroll 16") for (int i = 0; i < L; i++) *(V *)(to + i * ldp) = block[i];
            else
                for (int i = 0; i < columns; i++) FN(ck_store_part)(to + i * ldp, block[i], stored);
        }
}

/* Rows [i0, i1) and columns [j0, j1) of the product, by tiles. For each block of k, the panels of b (k x W) are
 * copied so that a tile reads each as one stream; they stay in L2 while strips of a (rows of one tile), which stay
 * in L1, are multiplied with them. With a fused map, the rows are complete and k is one block. */
static void FN(block)(const FN(product) *g, int64_t i0, int64_t i1, int64_t j0, int64_t j1)
{
    const int64_t m = g->m, n = g->n, k = g->k, ldb = g->b_packed ? W : g->b_transposed ? k : n;
    const int64_t strips = (i1 - i0 + TILE_ROWS - 1) / TILE_ROWS, width = (n + W - 1) / W * W;
    const int pack_b = !g->b_packed && (g->b_transposed || strips > 2);
    const int64_t lda = g->a_transposed ? m : k;
    const int64_t far = g->a_transposed ? FAR_TRANSPOSED : FAR;
    const int pack_a = strips > 2 && j1 - j0 >= 8 * W && lda * (int64_t)sizeof(T) >= far;
    const int wide = i1 - i0 == 1 && !pack_b && !g->b_packed;
    const int packs_in_tiles = pack_b && !g->b_transposed; /* the first strip's tiles copy the panels that they read */
    FN(tile_args) t = {.rs = pack_a || g->a_transposed ? 1 : k, .cs = g->a_transposed ? m : 1, .ldc = n};
    T *const strip = (T *)g->packing->packed, *const panels = strip + TILE_ROWS * BLOCK_K + L;
    const ck_after *after = g->after;
    const int64_t group = after ? j1 - j0 : PACKED_PANELS * W;
    const int64_t chunk = after ? CHUNK_BYTES / (n * (int64_t)sizeof(T)) : 0; /* rows */
    T *c = g->c;
    int64_t begun = i0, first = 0; /* rows: where the chunk begins, and what begins at c */

    for (int64_t jc = j0; jc < j1; jc += group) {
        const int64_t je = j1 - jc < group ? j1 : jc + group;
        int64_t pc = 0;
        do { /* at least once: with k = 0 the product is act(bias) */
            t.k = k - pc < g->block ? k - pc : g->block;
            t.first = pc == 0;
            const int last = pc + t.k == k;
            t.act = last && ck_clips(g->act) ? g->act : CK_ACT_NONE;

            /* All panels, or the last one if it is not whole vectors */
            for (int64_t j = pack_b && !packs_in_tiles ? jc : jc + (je - jc) / W * W; j < je && !g->b_packed; j += W) {
                const int64_t columns = je - j < W ? je - j : W, ldp = columns > L ? W : L;
                T *panel = panels + (j - jc) * t.k;
                if (g->b_transposed) FN(pack_columns)(panel, ldp, g->b + j * k + pc, k, t.k, columns);
                else FN(pack_rows)(panel, ldp, g->b + pc * n + j, n, t.k, columns, (k - pc) * n - j);
            }
            for (int64_t q = 0, i = i0, h; q < strips; q++, i += h) {
                /* Nearly equal heights: 13 rows are 7 and 6, not 12 and 1. */
                h = (i1 - i0) / strips + (q < (i1 - i0) % strips);
                const T *a = g->a + (g->a_transposed ? pc * m + i : i * k + pc);
                if (after && !after->kept) c = (T *)g->packing->chunk, first = begun;
                if (pack_a) {
                    if (g->a_transposed) FN(pack_rows)(strip, h, a, m, t.k, h, (k - pc) * m - i);
                    else FN(pack_columns)(strip, h, a, k, t.k, h);
                    a = strip;
                    t.cs = h;
                }
                for (int64_t j = jc; j < je; j += t.n) {
                    FN(tile_fn) fn = FN(tiles2)[h - 1];
                    int64_t full = W;
                    if (wide && je - j >= WIDE_VECTORS * L) fn = FN(tile_wide), full = WIDE_VECTORS * L;
                    else if (je - j <= L) fn = FN(tiles1)[h - 1], full = L;
                    t.n = je - j < full ? je - j : full;
                    const int packed = !g->b_packed && (pack_b || t.n < full);
                    const T *b = packed        ? panels + (j - jc) * t.k
                                 : g->b_packed ? g->b + pc * width + j * t.k
                                               : g->b + pc * n + j;
                    t.ldb = packed ? full : ldb;
                    if (packs_in_tiles && q == 0 && t.n == W) {
                        fn = FN(packing_tiles)[h - 1];
                        t.panel = panels + (j - jc) * t.k;
                        b = g->b + pc * n + j;
                        t.ldb = ldb;
                    }
                    t.bias = last && g->bias ? g->bias + j : NULL;
                    t.fetch = (const char *)b;
                    t.fetch_step = 0;
                    if (after && t.k) ck_fetch(after, i * n, h * n, j, t.n, n, t.k, &t.fetch, &t.fetch_step);
                    T *to = c + (i - first) * n + j;
                    fn(a, b, to, &t);
                    if (last && g->act && !ck_clips(g->act)) FN(finish)(to, n, h, t.n, NULL, 1, g->act);
                }
                if (after && (q == strips - 1 || i + h + TILE_ROWS > begun + chunk)) {
                    after->run(after, (char *)(c + (begun - first) * n), begun * n, (i + h) * n);
                    begun = i + h;
                }
            }
            pc += t.k;
        } while (pc < k);
    }
}

/* c[h x w] (row step ldc) = a[h x k] b[w x k]^T: both operands are read along k, in lanes that are added up last */
CK_INLINE void FN(dots)(int h, int w, int64_t k, const T *a, int64_t lda, const T *b, int64_t ldb, T *c, int64_t ldc)
{
    V acc[DOT_ROWS][2 * DOT_COLUMNS];
    _Pragma("GCC unroll 16") for (int i = 0; i < h; i++)
        _Pragma("GCC unroll 16") for (int j = 0; j < w; j++) acc[i][j] = (V){};
    int64_t s = 0;
    for (; s + L <= k; s += L) {
        V x[DOT_ROWS];
        _Pragma("GCC unroll 16") for (int i = 0; i < h; i++) x[i] = *(const V *)(a + i * lda + s);
        _Pragma("GCC unroll 16") for (int j = 0; j < w; j++) {
            V y = *(const V *)(b + j * ldb + s);
            _Pragma("GCC unroll 16") for (int i = 0; i < h; i++) acc[i][j] += x[i] * y;
        }
    }
    if (s < k) {
        int n = (int)(k - s);
        _Pragma("GCC unroll 16") for (int j = 0; j < w; j++) {
            V y = FN(ck_load_part)(b + j * ldb + s, n);
            _Pragma("GCC unroll 16") for (int i = 0; i < h; i++)
                acc[i][j] += FN(ck_load_part)(a + i * lda + s, n) * y;
        }
    }
    _Pragma("GCC unroll 16") for (int i = 0; i < h; i++)
        _Pragma("GCC unroll 16") for (int j = 0; j < w; j++) c[i * ldc + j] = FN(ck_sum)(acc[i][j]);
}

/* Rows [i0, i1) and columns [j0, j1) of the product, by dots; a is not transposed and b is. A few rows of b at a time
 * are multiplied with DOT_MAX rows of a, which stay in L2: b is read once where there are no more rows. */
static void FN(dot_block)(const FN(product) *g, int64_t i0, int64_t i1, int64_t j0, int64_t j1)
{
    const int64_t k = g->k, n = g->n;
    for (int64_t ic = i0; ic < i1; ic += DOT_MAX) {
        const int64_t ie = i1 - ic < DOT_MAX ? i1 : ic + DOT_MAX;
        for (int64_t j = j0, w; j < j1; j += w) {
            w = j1 - j < DOT_COLUMNS ? 1 : DOT_COLUMNS;
            if (ie - ic == 1 && j1 - j >= 2 * DOT_COLUMNS) { /* one row alone needs more sums at a time */
                FN(dots)(1, 2 * DOT_COLUMNS, k, g->a + ic * k, k, g->b + j * k, k, g->c + ic * n + j, n);
                w = 2 * DOT_COLUMNS;
                continue;
            }
            for (int64_t i = ic; i < ie; i += DOT_ROWS) {
                const int64_t h = ie - i < DOT_ROWS ? ie - i : DOT_ROWS;
                const T *a = g->a + i * k, *b = g->b + j * k;
                T *c = g->c + i * n + j;
                if (w == 1) {
                    if (h == 1) FN(dots)(1, 1, k, a, k, b, k, c, n);
                    else if (h == 2) FN(dots)(2, 1, k, a, k, b, k, c, n);
                    else if (h == 3) FN(dots)(3, 1, k, a, k, b, k, c, n);
                    else FN(dots)(4, 1, k, a, k, b, k, c, n);
                } else {
                    if (h == 1) FN(dots)(1, DOT_COLUMNS, k, a, k, b, k, c, n);
                    else if (h == 2) FN(dots)(2, DOT_COLUMNS, k, a, k, b, k, c, n);
                    else if (h == 3) FN(dots)(3, DOT_COLUMNS, k, a, k, b, k, c, n);
                    else FN(dots)(4, DOT_COLUMNS, k, a, k, b, k, c, n);
                }
            }
        }
    }
    if (g->bias || g->act)
        FN(finish)(g->c + i0 * n + j0, n, i1 - i0, j1 - j0, g->bias ? g->bias + j0 : NULL, 1, g->act);
}

#ifdef AMX
#include "gemm_amx.h"
#endif

/* Rows [i0, i1) and columns [j0, j1) of the product, by the chosen method */
static void FN(any_block)(const FN(product) *g, int64_t i0, int64_t i1, int64_t j0, int64_t j1)
{
#ifdef AMX
    if (g->by_amx) {
        amx_block(g, i0, i1, j0, j1);
        return;
    }
#endif
    if (g->by_dots) FN(dot_block)(g, i0, i1, j0, j1);
    else FN(block)(g, i0, i1, j0, j1);
}

/* One cell of the rows x columns grid that threads share; columns are cut between vectors, or between panels that are
 * packed already */
static void FN(cell)(const FN(product) *g, int64_t row, int64_t rows, int64_t column, int64_t columns)
{
    const int64_t unit = g->b_packed ? W : L, units = (g->n + unit - 1) / unit;
    const int64_t i0 = g->m * row / rows, i1 = g->m * (row + 1) / rows;
    const int64_t j0 = units * column / columns * unit, end = units * (column + 1) / columns * unit;
    const int64_t j1 = end < g->n ? end : g->n;
    FN(any_block)(g, i0, i1, j0, j1);
    if (g->late) FN(finish)(g->c + j0, 0, 1, j1 - j0, g->late_bias, 0, g->late_act);
}

static void FN(batch_item)(FN(product) *g, const FN(product) *first, int64_t index, const int64_t *strides)
{
    *g = *first;
    g->a += index * strides[0];
    g->b += index * strides[1];
    g->c += index * strides[2];
}

/* The grid that minimizes the work of the busiest thread. Packing b costs about as much as PACK_COST rows; matrix
 * units need both packed, and each row or column of the one costs as much as AMX_PAYS of the other. */
static void FN(choose_grid)(const FN(product) *g, int64_t batch, int threads, int64_t *rows, int64_t *columns)
{
    double best = 0, more_rows = PACK_COST, more_columns = 0;
#ifdef AMX
    if (g->by_amx) more_rows = more_columns = AMX_PAYS;
#endif
    for (int64_t r = 1; r <= threads; r++)
        for (int64_t c = 1; c * r <= threads; c++) {
            int64_t rounds = (batch * r * c + threads - 1) / threads;
            double height = (double)((g->m + r - 1) / r) + more_rows;
            double width = (double)(((g->n + L - 1) / L + c - 1) / c * L) + more_columns;
            if (best == 0 || rounds * height * width < best) {
                best = rounds * height * width;
                *rows = r;
                *columns = c;
            }
        }
}

/* One product, as buf and p of ck_gemm describe it */
static FN(product) FN(product_of)(char *const *buf, const int64_t *p)
{
    return (FN(product)){.m = p[2], .n = p[3], .k = p[4], .a = (const T *)buf[1], .b = (const T *)buf[2],
                         .bias = p[11] ? (const T *)buf[3] : NULL, .c = (T *)buf[0], .a_transposed = p[5] != 0,
                         .b_transposed = p[6] == 1, .b_packed = p[6] == 2, .act = (int)p[10], .block = BLOCK_K};
}

static int FN(gemm)(char *const *buf, const int64_t *p, ck_error *err)
{
    const int64_t batch = p[1];
    int64_t strides[3] = {p[7], p[8], p[9]};
    FN(product) g = FN(product_of)(buf, p);
    if (batch <= 0 || g.m <= 0 || g.n <= 0) return CK_OK;

    /* A column is computed as a row: c^T = b^T a^T. Its one bias then belongs to all, and comes last. */
    if (g.n == 1 && g.m > 1) {
        FN(product) s = {.m = 1, .n = g.m, .k = g.k, .a = g.b, .b = g.a, .c = g.c, .b_transposed = !g.a_transposed,
                         .block = BLOCK_K, .late = g.bias || g.act, .late_bias = g.bias, .late_act = g.act};
        g = s;
        int64_t swap = strides[0];
        strides[0] = strides[1];
        strides[1] = swap;
    }
    /* A vector is its own transpose. */
    if (g.m == 1) g.a_transposed = 0;
    if (g.k <= 1) g.b_transposed = 0;
    if (g.n == 1) g.b_transposed = 1;
    /* By dots: worth it for few rows or columns, where k is long enough to pay for adding up the lanes */
    const int64_t shorter = g.m < g.n ? g.m : g.n;
#ifdef AMX
    g.by_amx = !g.b_packed && amx_pays(g.m, g.n, g.k);
#endif
    g.by_dots = !g.by_amx && g.b_transposed && !g.a_transposed &&
                (g.m == 1 || (shorter <= 8 && g.k >= 4 * L) || (shorter <= DOT_MAX && g.k >= 16 * L && g.k <= 2048));
    /* Blocks of k of equal length */
    const int64_t blocks = (g.k + BLOCK_K - 1) / BLOCK_K;
    if (blocks > 1) g.block = (g.k + blocks - 1) / blocks;

    int threads = ck_threads;
    const double work = (double)batch * (g.m + 2) * g.n * g.k; /* + 2: with few rows a product waits for memory */
    if (threads > 1 && work < threads * THREAD_WORK) threads = (int)(work / THREAD_WORK);
    if (threads <= 1) {
        g.packing = (ck_packing *)ck_workspace(sizeof(ck_packing));
        if (!g.packing) return ck_no_memory(err);
        for (int64_t i = 0; i < batch; i++) {
            FN(cell)(&g, 0, 1, 0, 1);
            g.a += strides[0];
            g.b += strides[1];
            g.c += strides[2];
        }
        return CK_OK;
    }
    int64_t rows = 1, columns = 1;
    FN(choose_grid)(&g, batch, threads, &rows, &columns);
    const ck_mode mode = ck_get_mode();
    int failed = 0;
#pragma omp parallel num_threads(threads) reduction(| : failed)
    {
        const ck_mode own = ck_enter(mode);
        ck_packing *const packing = (ck_packing *)ck_workspace(sizeof(ck_packing));
        failed = !packing;
#pragma omp for schedule(static) nowait
        for (int64_t t = 0; t < batch * rows * columns; t++) {
            FN(product) item;
            FN(batch_item)(&item, &g, t / (rows * columns), strides);
            item.packing = packing;
            if (packing) FN(cell)(&item, t / columns % rows, rows, t % columns, columns);
        }
        ck_leave(own);
    }
    return failed ? ck_no_memory(err) : CK_OK;
}

/* Rows [i0, i1) of one product with its fused map; returns whether there was memory for it */
static int FN(rows_then)(char *const *buf, const int64_t *p, int64_t i0, int64_t i1, const ck_after *after)
{
    FN(product) g = FN(product_of)(buf, p);
    g.after = after;
    g.packing = (ck_packing *)ck_workspace(sizeof(ck_packing));
    if (!g.packing) return 0;
#ifdef AMX
    g.by_amx = !g.b_packed && amx_pays(g.m, g.n, g.k);
#endif
    FN(any_block)(&g, i0, i1, 0, g.n);
    return 1;
}

/* packed = the panels of b (k x n), as a product with `b_packed` reads them */
static void FN(pack_product)(char *const *buf, const int64_t *p)
{
    const int64_t n = p[1], k = p[2], width = (n + W - 1) / W * W, blocks = (k + BLOCK_K - 1) / BLOCK_K;
    const int64_t block = blocks > 1 ? (k + blocks - 1) / blocks : BLOCK_K;
    T *packed = (T *)buf[0];
    const T *b = (const T *)buf[1];
    for (int64_t pc = 0; pc < k; pc += block) {
        const int64_t items = k - pc < block ? k - pc : block;
        for (int64_t j = 0; j < n; j += W) {
            const int64_t columns = n - j < W ? n - j : W;
            T *panel = packed + pc * width + j * items;
            for (int64_t s = 0; s < items; s++, panel += W) {
                const T *row = b + (pc + s) * n + j;
                if (columns == W) memcpy(panel, row, W * sizeof(T));
                else for (int64_t i = 0; i < W; i++) panel[i] = i < columns ? row[i] : 0;
            }
        }
    }
}
#undef W
