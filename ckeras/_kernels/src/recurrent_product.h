/* The products of one step for one dtype; recurrent.c includes this file once for float and once for double, with
 *   T      the item type
 *   V      the vector type, I that of integers of its size, L its lanes
 *   FN(x)  the name x for this dtype; RC(x) the same for the names of these files
 */

/* What a pass reads and writes; absent arrays are NULL. The rows of scratch buffers are `padded` items long. */
typedef struct {
    rc_sizes size;
    const char *mask;
    const T *x, *packed, *bias, *dropped, *h0, *c0; /* forward */
    T *h_end, *c_end, *hs, *before, *gates, *more;
    const T *gh, *gc, *ghs; /* backward; h_end, before, gates and more are read there */
    T *dx, *dq, *inner, *dh0, *dc0;
    T *h, *h_next, *c, *update, *reset, *parts; /* scratch buffers */
    int gate; /* whose product is added */
} RC(job);

/* z[h x nv vectors] = a[h x k] b[k x nv vectors], row steps lda, ldb and ldz. h and nv are constants where this is
 * inlined, so that acc lives in registers. Each sum is in order of k, whatever h and nv are. */
CK_INLINE void RC(tile)(int h, int nv, const T *a, int64_t lda, const T *b, int64_t ldb, int64_t k, T *z, int64_t ldz)
{
    V acc[RC_ROWS][RC_BLOCKS];
    const T *base[(RC_ROWS + 2) / 3]; /* rows in threes share a pointer, from which each is one address */
    _Pragma("GCC unroll 16") for (int i = 0; i < h; i++)
        _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) acc[i][v] = (V){};
    _Pragma("GCC unroll 16") for (int i = 0; i < h; i += 3) base[i / 3] = a + i * lda;
    for (int64_t s = 0; s < k; s++, b += ldb) {
        V row[RC_BLOCKS];
        _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) {
            row[v] = *(const V *)(b + v * L);
            RC_HOLD(row[v]);
        }
        _Pragma("GCC unroll 16") for (int i = 0; i < h; i++) {
            const V x = base[i / 3][i % 3 * lda] - (V){};
            _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) FN(ck_muladd)(&acc[i][v], x, row[v]);
        }
        _Pragma("GCC unroll 16") for (int i = 0; i < h; i += 3) base[i / 3]++;
    }
    _Pragma("GCC unroll 16") for (int i = 0; i < h; i++)
        _Pragma("GCC unroll 16") for (int v = 0; v < nv; v++) *(V *)(z + i * ldz + v * L) = acc[i][v];
}

typedef void (*RC(tile_fn))(const T *, int64_t, const T *, int64_t, int64_t, T *, int64_t);
#define RC_TILE(h, nv)                                                                                                 \
    static void RC(tile_##h##x##nv)(const T *a, int64_t lda, const T *b, int64_t ldb, int64_t k, T *z, int64_t ldz)    \
    {                                                                                                                  \
        RC(tile)(h, nv, a, lda, b, ldb, k, z, ldz);                                                                    \
    }
RC_EACH_HIGH(RC_TILE, 1)
RC_EACH_HIGH(RC_TILE, 2)
RC_EACH_3(RC_TILE)
RC_EACH_LOW(RC_TILE, 4)
#undef RC_TILE
#define RC_NAME(h, nv) RC(tile_##h##x##nv),
static const RC(tile_fn) RC(tiles)[RC_BLOCKS][RC_ROWS] = {
    {RC_EACH_HIGH(RC_NAME, 1)}, {RC_EACH_HIGH(RC_NAME, 2)}, {RC_EACH_3(RC_NAME)}, {RC_EACH_LOW(RC_NAME, 4)}};
#undef RC_NAME

/* packed = panels of b [k x ldb]: those of `gates` gates (columns c, c + units, ...) of L units each, or of RC_BLOCKS
 * blocks of L units of one gate */
static T *RC(pack_panels)(T *packed, const T *b, int64_t ldb, int64_t k, int64_t units, int gates)
{
    const int blocks = gates == 1 ? RC_BLOCKS : 1;
    for (int64_t j = 0; j < units; j += blocks * L)
        for (int64_t s = 0; s < k; s++)
            for (int v = 0; v < gates * blocks; v++, packed += L) {
                const int64_t unit = blocks == 1 ? j : j + v * L, column = blocks == 1 ? v * units + j : unit;
                const int n = (int)ln_max(0, ln_min(L, units - unit));
                *(V *)packed = FN(ck_load_part)(b + s * ldb + column, n);
            }
    return packed;
}

/* packed = panels of the transpose of b [units x ldb], of which k columns are used, as of one gate */
static T *RC(pack_transposed)(T *packed, const T *b, int64_t ldb, int64_t k, int64_t units)
{
    const int64_t wide = RC_BLOCKS * L;
    for (int64_t j = 0; j < units; j += wide, packed += k * wide)
        FN(pack_columns)(packed, wide, b + j * ldb, ldb, k, ln_min(wide, units - j));
    return packed;
}

static void RC(pack)(T *packed, const T *u, int cell, int64_t units, int transposed)
{
    const int64_t gates = rc_cells[cell].gates, first = rc_cells[cell].first, all = gates * units;
    if (transposed) {
        packed = RC(pack_transposed)(packed, u, all, first * units, units);
        if (first < gates) RC(pack_transposed)(packed, u + first * units, all, (gates - first) * units, units);
    } else {
        packed = RC(pack_panels)(packed, u, all, units, units, (int)first);
        if (first < gates) RC(pack_panels)(packed, u + first * units, all, units, units, (int)(gates - first));
    }
}

/* What is done with the sums z of rows [i, i + h) and n units from j on, row step ldz; gates are L apart. */
typedef void (*RC(after_fn))(const RC(job) *w, int64_t t, int64_t i, int64_t h, int64_t j, int n, const T *z,
                             int64_t ldz);

/* One product of a step: k rows of panels of `gates` gates, from row `skip` of `rows` on, by a, or if `parts` is set
 * by a buffer of its own for each gate, `parts` apart */
typedef struct {
    const T *packed, *a;
    int64_t lda, k, rows, skip, parts;
    int gates;
    RC(after_fn) after;
} RC(product);

static void RC(multiply)(const RC(job) *w, const RC(product) *g, int64_t t, int64_t i0, int64_t i1)
{
    T z[RC_ROWS * RC_BLOCKS * L] __attribute__((aligned(64)));
    const int64_t units = w->size.units, wide = g->gates == 1 ? RC_BLOCKS : 1, row = g->gates * wide * L;
    for (int64_t j = 0; j < units; j += wide * L) {
        const T *panel = g->packed + j * g->gates * g->rows + g->skip * row;
        const int64_t blocks = ln_min(wide, (units - j + L - 1) / L);
        const int nv = (int)(g->gates * blocks), most = rc_heights[g->parts ? 0 : nv - 1];
        const int64_t strips = (i1 - i0 + most - 1) / most;
        for (int64_t q = 0, i = i0, h; q < strips; q++, i += h) {
            h = (i1 - i0) / strips + (q < (i1 - i0) % strips);
            if (!g->parts) RC(tiles)[nv - 1][h - 1](g->a + i * g->lda, g->lda, panel, row, g->k, z, row);
            else
                for (int v = 0; v < nv; v++) {
                    const T *a = g->a + v * g->parts + i * g->lda;
                    RC(tiles)[0][h - 1](a, g->lda, panel + v * L, row, g->k, z + v * L, row);
                }
            for (int64_t b = 0; b < blocks; b++)
                g->after(w, t, i, h, j + b * L, (int)ln_min(L, units - j - b * L), z + b * L, row);
        }
    }
}
