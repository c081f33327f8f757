/* The float32 product on matrix units that multiply bfloat16 and add up in float32 (AMX).
 *
 * A float32 has 24 significant bits and a bfloat16 8, so x = h + m + l exactly, each part the bfloat16 nearest to what
 * is left, and of the nine products of parts three are less than float32's own rounding (Henry, Tang and Heinecke,
 * "Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision Computations", 2019):
 *   a b = ah bh + (ah bm + am bh) + (ah bl + am bm + al bh)
 * Six products of parts take two fifths of the time of one in vectors. The units read and write no denormals, so all
 * is scaled up by 2^24 first: then the parts of every normal float32 are normal. Infinities, NaN and what comes near
 * the largest numbers make sums that are not finite; such elements are computed again in vectors.
 *
 * Every element is summed over k in order, block by block, wherever it lies, so its bits do not depend on the threads.
 * gemm_typed.h includes this file for float.
 */
typedef uint32_t amx_bits __attribute__((vector_size(64), may_alias));

/* The parts of x and y as pairs, x in the low halves: h to `to`, m and l two tiles on each */
CK_INLINE void amx_split(char *to, V x, V y)
{
    const __m512i halves = _mm512_set4_epi32(0x0F0E, 0x0B0A, 0x0706, 0x0302); /* the high half of each item */
    x *= AMX_SCALE;
    y *= AMX_SCALE;
    _Pragma("GCC unroll 3") for (int part = 0; part < 3; part++, to += 2 * AMX_TILE) {
        const uint32_t half = part < 2 ? 0x8000 : 0; /* to the nearest; l needs no rounding */
        const amx_bits low = (amx_bits)x + half, high = (amx_bits)y + half;
        _mm512_store_si512(to, _mm512_mask_shuffle_epi8((__m512i)high, 0x3333333333333333, (__m512i)low, halves));
        x -= (V)(low & 0xFFFF0000);
        y -= (V)(high & 0xFFFF0000);
    }
}

/* How op(a) or op(b) lies in memory. The rows of a tile are lines of op(a), which are its rows, and items of k of
 * op(b), whose lines are its columns. A row in memory holds all of k for one line or, with k_rows, an item of k for all
 * lines; where that is not a row of the tile, blocks are turned. */
typedef struct {
    const T *from;
    int64_t ld; /* items between the rows in memory */
    int k_rows, turned;
} amx_operand;

/* The tile whose first item is at x and which has `lines` <= 16 lines and `k` <= 32 items of k; the rest is zero.
 * `turned` and `whole` (lines = 16, k = 32) are constants where this is inlined. */
CK_INLINE void amx_pack_tile(int turned, int whole, char *to, const amx_operand *g, const T *x, int lines, int k)
{
    const T *y = x + (g->k_rows ? AMX_K / 2 * g->ld : AMX_K / 2);
    const int k_x = k < AMX_K / 2 ? k : AMX_K / 2, k_y = k - k_x;
    const int rows_x = g->k_rows ? k_x : lines, rows_y = g->k_rows ? k_y : lines;
    const int lanes_x = g->k_rows ? lines : k_x, lanes_y = g->k_rows ? lines : k_y;
#define ROW(p, i, rows, lanes)                                                                                         \
    (whole ? *(const V *)(p + i * g->ld) : i < rows ? FN(ck_load_part)(p + i * g->ld, lanes) : (V){})
    if (!turned) {
        for (int i = 0; i < L; i++, to += 64) amx_split(to, ROW(x, i, rows_x, lanes_x), ROW(y, i, rows_y, lanes_y));
        return;
    }
    V xs[L], ys[L];
    _Pragma("GCC unroll 16") for (int i = 0; i < L; i++) xs[i] = ROW(x, i, rows_x, lanes_x);
    FN(ck_transpose)(xs);
    _Pragma("GCC unroll 16") for (int i = 0; i < L; i++) ys[i] = ROW(y, i, rows_y, lanes_y);
    FN(ck_transpose)(ys);
    for (int i = 0; i < L; i++, to += 64) amx_split(to, xs[i], ys[i]);
#undef ROW
}

/* amx_pack where rows in memory are rows of tiles and hold all of k: row by row, the fastest order */
static void amx_pack_rows(char *to, const T *from, int64_t ld, int64_t lines, int64_t k)
{
    for (int64_t r = 0; r < (lines + L - 1) / L * L; r++) {
        const T *x = from + r * ld;
        char *row = to + r / L * AMX_TILE + r % L * 64;
        const int64_t has_k = r < lines ? k : 0;
        int64_t s = 0;
        for (; s + AMX_K <= has_k; s += AMX_K, row += AMX_STEP)
            amx_split(row, *(const V *)(x + s), *(const V *)(x + s + AMX_K / 2));
        for (; s < k; s += AMX_K, row += AMX_STEP) {
            const int left = has_k - s > 0 ? (int)(has_k - s) : 0, first = left < AMX_K / 2 ? left : AMX_K / 2;
            amx_split(row, FN(ck_load_part)(x + s, first), FN(ck_load_part)(x + s + AMX_K / 2, left - first));
        }
    }
}

/* Steps for `lines` <= AMX_LINES lines from `line` on and items [s, s + k) of k */
static void amx_pack(char *to, const amx_operand *g, int64_t line, int64_t lines, int64_t s, int64_t k)
{
    if (!g->k_rows && !g->turned) {
        amx_pack_rows(to, g->from + line * g->ld + s, g->ld, lines, k);
        return;
    }
    for (; k > 0; s += AMX_K, k -= AMX_K, to += AMX_STEP)
        for (int t = 0; t * L < lines; t++) {
            const T *x = g->from + (g->k_rows ? s * g->ld + line + t * L : (line + t * L) * g->ld + s);
            const int has_lines = lines - t * L < L ? (int)(lines - t * L) : L, has_k = k < AMX_K ? (int)k : AMX_K;
            const int whole = has_lines == L && has_k == AMX_K;
            char *tile = to + t * AMX_TILE;
            if (whole && g->turned) amx_pack_tile(1, 1, tile, g, x, L, AMX_K);
            else if (whole) amx_pack_tile(0, 1, tile, g, x, L, AMX_K);
            else if (g->turned) amx_pack_tile(1, 0, tile, g, x, has_lines, has_k);
            else amx_pack_tile(0, 0, tile, g, x, has_lines, has_k);
        }
}

/* Cache lines to fetch: rows of `width` lines, `skip` bytes from the end of one to the next. `each` of them, six times
 * a step; `at` is the next, the first of `left` in its row. */
typedef struct {
    const char *at;
    int64_t width, skip, left, each;
} amx_fetch;

/* sums[16 h x 16 w] = or += a b over all steps, by tiles: 0 to 3 are the sums, 4 and 5 hold a, 6 and 7 b. A part of a
 * or b is loaded into each tile as soon as it is free. Meanwhile the next operands are prefetched into L2, at each step
 * as many lines as memory can serve next to the loads of tiles. */
CK_INLINE void amx_multiply(int h, int w, T *sums, const char *a, const char *b, int64_t steps, int first,
                            amx_fetch *fetch)
{
#define EACH_SUM(DO)                                                                                                   \
    DO(0, 0);                                                                                                          \
    if (w > 1) DO(1, L);                                                                                               \
    if (h > 1) DO(2, L * AMX_LINES);                                                                                   \
    if (h > 1 && w > 1) DO(3, L * AMX_LINES + L);
#define ZERO(tile, at) _tile_zero(tile)
#define LOAD_SUM(tile, at) _tile_loadd(tile, sums + (at), AMX_LINES * sizeof(T))
#define STORE_SUM(tile, at) _tile_stored(tile, sums + (at), AMX_LINES * sizeof(T))
#define LOAD(tile, from, part, which) _tile_loadd(tile, from + (2 * part + which) * AMX_TILE, 64);
#define MULTIPLY_0_2                                                                                                   \
    _tile_dpbf16ps(0, 4, 6);                                                                                           \
    if (h > 1) _tile_dpbf16ps(2, 5, 6);
#define MULTIPLY_1 if (w > 1) _tile_dpbf16ps(1, 4, 7);
#define MULTIPLY_3 if (h > 1 && w > 1) _tile_dpbf16ps(3, 5, 7);
#define FETCH                                                                                                          \
    for (int64_t q = 0; q < each; q++) {                                                                               \
        __builtin_prefetch(at, 0, 2);                                                                                  \
        at += 64;                                                                                                      \
        if (--left == 0) at += skip, left = width;                                                                     \
    }
#define THEN_A(part)                                                                                                   \
    MULTIPLY_0_2 MULTIPLY_1 LOAD(4, a, part, 0) MULTIPLY_3                                                             \
    if (h > 1) LOAD(5, a, part, 1)                                                                                     \
    FETCH
#define THEN_B(part)                                                                                                   \
    MULTIPLY_0_2 LOAD(6, b, part, 0) MULTIPLY_1 MULTIPLY_3                                                             \
    if (w > 1) LOAD(7, b, part, 1)                                                                                     \
    FETCH
    enum { HIGH, MIDDLE, LOW };
    const char *at = fetch->at;
    const int64_t each = fetch->each, width = fetch->width, skip = fetch->skip;
    int64_t left = fetch->left;
    __asm__ volatile("" ::: "memory"); /* GCC does not know that the loads of tiles read what was packed */
    if (first) {
        EACH_SUM(ZERO)
    } else {
        EACH_SUM(LOAD_SUM)
    }
    for (int64_t s = 0; s < steps; s++, a += AMX_STEP, b += AMX_STEP) {
        LOAD(4, a, HIGH, 0)
        LOAD(6, b, LOW, 0)
        if (h > 1) LOAD(5, a, HIGH, 1)
        if (w > 1) LOAD(7, b, LOW, 1)
        THEN_B(MIDDLE)
        THEN_A(MIDDLE)
        THEN_B(HIGH)
        THEN_A(LOW)
        THEN_A(HIGH)
        MULTIPLY_0_2 MULTIPLY_1 MULTIPLY_3 FETCH
    }
    EACH_SUM(STORE_SUM)
    fetch->at = at;
    fetch->left = left;
#undef EACH_SUM
#undef ZERO
#undef LOAD_SUM
#undef STORE_SUM
#undef LOAD
#undef MULTIPLY_0_2
#undef MULTIPLY_1
#undef MULTIPLY_3
#undef FETCH
#undef THEN_A
#undef THEN_B
}

#define AMX_FN(h, w)                                                                                                   \
    static void amx_multiply_##h##x##w(T *sums, const char *a, const char *b, int64_t steps, int first,                \
                                       amx_fetch *fetch)                                                               \
    {                                                                                                                  \
        amx_multiply(h, w, sums, a, b, steps, first, fetch);                                                           \
    }
AMX_FN(1, 1)
AMX_FN(1, 2)
AMX_FN(2, 1)
AMX_FN(2, 2)
#undef AMX_FN
static void (*const amx_tiles[2][2])(T *, const char *, const char *, int64_t, int, amx_fetch *) = {
    {amx_multiply_1x1, amx_multiply_1x2}, {amx_multiply_2x1, amx_multiply_2x2}};

/* Recompute in vectors the elements of c[h x w] that are not finite (row step n, final but for bias and activation) */
static __attribute__((noinline)) void amx_redo(const FN(product) *g, T *c, int64_t i, int64_t j, int64_t h, int64_t w)
{
    T sums[AMX_LINES * AMX_LINES], *to = c + i * g->n + j;
    for (int64_t r = 0; r < h; r++) memcpy(sums + r * AMX_LINES, to + r * g->n, w * sizeof(T));
    FN(product) plain = *g;
    plain.c = c;
    plain.bias = NULL;
    plain.act = CK_ACT_NONE;
    plain.after = NULL;
    FN(block)(&plain, i, i + h, j, j + w);
    for (int64_t r = 0; r < h; r++)
        for (int64_t v = 0; v < w; v++)
            if (isfinite(sums[r * AMX_LINES + v])) to[r * g->n + v] = sums[r * AMX_LINES + v];
}

/* to[h x w] (row step n) = or += the sums, and whether one is not finite; `whole` where h and w are AMX_LINES */
CK_INLINE int amx_add(int whole, int first, T *to, const T *sums, int64_t n, int64_t h, int64_t w)
{
    V most = {};
    for (int64_t r = 0; r < (whole ? AMX_LINES : h); r++)
        for (int64_t v = 0; v < (whole ? AMX_LINES : w); v += L) {
            const int part = w - v < L ? (int)(w - v) : L;
            V x = *(const V *)(sums + r * AMX_LINES + v) * (1 / (AMX_SCALE * AMX_SCALE));
            T *at = to + r * n + v;
            if (!first) x += whole ? *(V *)at : FN(ck_load_part)(at, part);
            most += x * 0; /* NaN as soon as a sum is not finite */
            if (whole) *(V *)at = x;
            else FN(ck_store_part)(at, x, part);
        }
    return FN(ck_sum)(most) != 0;
}

/* c[i:i + h, j:j + w] = or += the sums and, in the end, bias and activation; row 0 of c is at the address c */
static void amx_store(const FN(product) *g, T *c, const T *sums, int64_t i, int64_t j, int64_t h, int64_t w, int first,
                      int last)
{
    T *to = c + i * g->n + j;
    const int whole = h == AMX_LINES && w == AMX_LINES;
    const int wrong = !whole  ? amx_add(0, first, to, sums, g->n, h, w)
                      : first ? amx_add(1, 1, to, sums, g->n, h, w)
                              : amx_add(1, 0, to, sums, g->n, h, w);
    if (!last) return;
    if (wrong) amx_redo(g, c, i, j, h, w);
    if (g->bias || g->act) FN(finish)(to, g->n, h, w, g->bias ? g->bias + j : NULL, 1, g->act);
}

static int64_t amx_min(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t amx_steps(int64_t k) { return (k + AMX_K - 1) / AMX_K; }

/* Items of k summed in one go, which fix the order of summation: they follow from the shape alone. A group of all the
 * rows or columns, whichever are fewer, is to have AMX_GROUP_BYTES then. */
static int64_t amx_block_k(int64_t m, int64_t n, int64_t k)
{
    const int64_t pairs = amx_min(AMX_GROUP, (amx_min(m, n) + AMX_LINES - 1) / AMX_LINES);
    const int64_t most = AMX_GROUP_BYTES / (pairs * AMX_STEP), blocks = (amx_steps(k) + most - 1) / most;
    return (amx_steps(k) + blocks - 1) / blocks * AMX_K;
}

/* The next operand to pack, up to AMX_LINES lines from `line` and k items from s on: to be prefetched in `steps` */
static amx_fetch amx_next(const amx_operand *g, int64_t line, int64_t end, int64_t s, int64_t k, int64_t steps)
{
    const int64_t lines = amx_min(end - line, AMX_LINES), items = g->k_rows ? lines : k, rows = g->k_rows ? k : lines;
    if (lines <= 0) return (amx_fetch){.left = 1};
    amx_fetch fetch = {.at = (const char *)(g->from + (g->k_rows ? s * g->ld + line : line * g->ld + s))};
    fetch.left = fetch.width = (items + L - 1) / L;
    fetch.skip = (g->ld - fetch.width * L) * (int64_t)sizeof(T);
    fetch.each = (rows * fetch.width + 6 * steps - 1) / (6 * steps);
    return fetch;
}

/* A pass over c: a group of lines of one operand is packed, and slices of the other are multiplied with it. */
typedef struct {
    const FN(product) *g;
    amx_operand slices, group;
    int by_rows;          /* slices are rows of c and the group is columns; or the other way round */
    int64_t end;          /* of the lines of slices */
    int64_t first, last;  /* lines of the group */
    int64_t begin, until; /* items of k that are packed of the group */
    int64_t block;        /* items of k that are summed in one go: whole blocks lie within these */
    int64_t slice;        /* items of k in a slice */
} amx_pass;

static void amx_pack_group(const amx_pass *t)
{
    const int64_t k = t->until - t->begin;
    char *to = t->g->packing->group;
    for (int64_t q = t->first; q < t->last; q += AMX_LINES, to += amx_steps(k) * AMX_STEP)
        amx_pack(to, &t->group, q, amx_min(t->last - q, AMX_LINES), t->begin, k);
}

/* Lines [p, p + AMX_LINES) or up to the end, slice by slice; row 0 of c is at the address c */
static void amx_meet(const amx_pass *t, T *c, int64_t p)
{
    const FN(product) *g = t->g;
    const int64_t lines = amx_min(t->end - p, AMX_LINES), stride = amx_steps(t->until - t->begin) * AMX_STEP;
    const int64_t pairs = (t->last - t->first + AMX_LINES - 1) / AMX_LINES;
    for (int64_t s = t->begin, length; s < t->until; s += length) {
        const int64_t first = s / t->block * t->block, last = amx_min(g->k, first + t->block); /* the block of s */
        length = amx_min(last - s, t->slice);
        const int64_t steps = amx_steps(length), more = s + length < t->until;
        char *const slice = g->packing->slice, *group = g->packing->group + (s - t->begin) / AMX_K * AMX_STEP;
        T *sums = g->packing->sums;
        amx_pack(slice, &t->slices, p, lines, s, length);
        amx_fetch fetch = amx_next(&t->slices, more ? p : p + lines, t->end, more ? s + length : t->begin,
                                   amx_min(t->until - t->begin, t->slice), pairs * steps);
        for (int64_t q = t->first; q < t->last; q += AMX_LINES, group += stride) {
            const int64_t others = amx_min(t->last - q, AMX_LINES);
            const int64_t i = t->by_rows ? p : q, h = t->by_rows ? lines : others;
            const int64_t j = t->by_rows ? q : p, w = t->by_rows ? others : lines;
            amx_tiles[h > L][w > L](sums, t->by_rows ? slice : group, t->by_rows ? group : slice, steps, s == first,
                                    &fetch);
            if (s + length == last) amx_store(g, c, sums, i, j, h, w, first == 0, last == g->k);
            if (t->slice < t->block) sums += AMX_LINES * AMX_LINES; /* else they are stored already */
        }
    }
}

/* Rows [i0, i1) and columns [j0, j1) of the product. The group stays in L2 and the slice in L1.
 * With a fused map, the group is all of op(b) and a slice has whole blocks of k: as soon as the slices of a few
 * rows have met the group, the rows are final. */
static void amx_block(const FN(product) *g, int64_t i0, int64_t i1, int64_t j0, int64_t j1)
{
    const int64_t n = g->n, k = g->k, block = amx_block_k(g->m, n, k);
    const ck_after *after = g->after;
    const int by_rows = after || j1 - j0 < i1 - i0;
    const amx_operand a = {g->a, g->a_transposed ? g->m : k, g->a_transposed, g->a_transposed};
    const amx_operand b = {g->b, g->b_transposed ? k : n, !g->b_transposed, g->b_transposed};
    const int64_t p0 = by_rows ? i0 : j0, p1 = by_rows ? i1 : j1, q0 = by_rows ? j0 : i0, q1 = by_rows ? j1 : i1;
    const int64_t group = after ? q1 - q0 : AMX_GROUP * AMX_LINES, extent = after ? k : block;
    amx_pass t = {.g = g, .slices = by_rows ? a : b, .group = by_rows ? b : a, .by_rows = by_rows, .end = p1,
                  .block = block, .slice = after ? block : AMX_SLICE * AMX_K};
    static const struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16]; /* of a row, for each tile */
        uint8_t rows[16];
    } shape = {.palette = 1, .bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
    _tile_loadconfig(&shape);

    const int64_t enough = AMX_CHUNK_BYTES / (n * (int64_t)sizeof(T)); /* rows in a chunk */
    int64_t begun = i0;
    for (t.first = q0; t.first < q1; t.first = t.last) {
        t.last = amx_min(q1, t.first + group);
        for (t.begin = 0; t.begin < k; t.begin = t.until) {
            t.until = amx_min(k, t.begin + extent);
            amx_pack_group(&t);
            for (int64_t p = p0; p < p1; p += AMX_LINES) {
                T *c = after && !after->kept ? (T *)g->packing->chunk - begun * n : g->c;
                amx_meet(&t, c, p);
                const int64_t made = amx_min(p1, p + AMX_LINES);
                if (after && (made == i1 || made + AMX_LINES - begun > enough)) {
                    after->run(after, (char *)(c + begun * n), begun * n, made * n);
                    begun = made;
                }
            }
        }
    }
    _tile_release();
}

/* Whether to pack both operands and multiply their parts is faster than to multiply in vectors */
static int amx_pays(int64_t m, int64_t n, int64_t k)
{
    return ck_amx && k >= AMX_K && (double)m * n >= (double)AMX_PAYS * (m + n);
}
