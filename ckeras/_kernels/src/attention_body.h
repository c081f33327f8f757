/* Attention for one type, included twice: AT_T the type, AT_V its vector of AT_L lanes, AT_(x) names, AT_EXP, AT_LOAD
 * and AT_STORE as in vector.h. A block has `wide` queries, a multiple of AT_L: those beyond the last are zeros.
 */

/* c[i][j] (+)= sum over n of a[i * as + n * ak] * b[n * bs + j], for `rows` <= AT_TILE rows and `vectors` vectors of
 * columns, the last of which has `lanes` columns if `part`. */
CK_INLINE void AT_(tile)(const int rows, const int vectors, const int part, AT_T *c, int64_t cs, const AT_T *a,
                         int64_t as, int64_t ak, const AT_T *b, int64_t bs, int64_t n, int add, int lanes)
{
    AT_V acc[AT_TILE][AT_VECTORS];
    const int last = part ? vectors - 1 : -1;
    _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++)
        _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++)
        {
            const AT_T *at = c + i * cs + v * AT_L;
            acc[i][v] = !add ? (AT_V){} : v == last ? AT_LOAD(at, lanes) : *(const AT_V *)at;
        }
    for (int64_t k = 0; k < n; k++) {
        AT_V x[AT_VECTORS];
        _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++)
            x[v] = v == last ? AT_LOAD(b + k * bs + v * AT_L, lanes) : *(const AT_V *)(b + k * bs + v * AT_L);
        _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++)
        {
            const AT_T y = a[i * as + k * ak];
            _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++) acc[i][v] = y * x[v] + acc[i][v];
        }
    }
    _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++)
        _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++)
        {
            AT_T *at = c + i * cs + v * AT_L;
            if (v == last) AT_STORE(at, acc[i][v], lanes);
            else *(AT_V *)at = acc[i][v];
        }
}

typedef void (*AT_(tiled))(AT_T *c, int64_t cs, const AT_T *a, int64_t as, int64_t ak, const AT_T *b, int64_t bs,
                           int64_t n, int add, int lanes);
#define AT_DEFINE(rows, vectors, part)                                                                                 \
    static void AT_(tile_##rows##_##vectors##_##part)(AT_T *c, int64_t cs, const AT_T *a, int64_t as, int64_t ak,      \
                                                      const AT_T *b, int64_t bs, int64_t n, int add, int lanes)        \
    {                                                                                                                  \
        AT_(tile)(rows < AT_TILE ? rows : AT_TILE, vectors, part, c, cs, a, as, ak, b, bs, n, add, lanes);            \
    }
#define AT_DEFINE_ROWS(rows)                                                                                           \
    AT_DEFINE(rows, 1, 0) AT_DEFINE(rows, 2, 0) AT_DEFINE(rows, 3, 0)                                                  \
    AT_DEFINE(rows, 1, 1) AT_DEFINE(rows, 2, 1) AT_DEFINE(rows, 3, 1)
AT_DEFINE_ROWS(8) AT_DEFINE_ROWS(4) AT_DEFINE_ROWS(2) AT_DEFINE_ROWS(1)
#define AT_NAMES(rows, part)                                                                                           \
    {AT_(tile_##rows##_1_##part), AT_(tile_##rows##_2_##part), AT_(tile_##rows##_3_##part)}
/* by the logarithm of the rows, whether the last vector is partial, and the vectors less 1 */
static const AT_(tiled) AT_(tiles)[4][2][AT_VECTORS] = {
    {AT_NAMES(1, 0), AT_NAMES(1, 1)}, {AT_NAMES(2, 0), AT_NAMES(2, 1)},
    {AT_NAMES(4, 0), AT_NAMES(4, 1)}, {AT_NAMES(8, 0), AT_NAMES(8, 1)},
};

/* c (rows, columns) (+)= a (rows, n) b (n, columns); rows of c and b are cs and bs apart, and a has two strides. */
static void AT_(product)(AT_T *c, int64_t cs, const AT_T *a, int64_t as, int64_t ak, const AT_T *b, int64_t bs,
                         int64_t rows, int64_t columns, int64_t n, int add)
{
    const int64_t all = (columns + AT_L - 1) / AT_L, panels = (all + AT_VECTORS - 1) / AT_VECTORS;
    for (int64_t j = 0, panel = 0; panel < panels; panel++) {
        const int64_t vectors = all * (panel + 1) / panels - all * panel / panels;
        const int64_t width = ln_min(vectors * AT_L, columns - j), lanes = width - (vectors - 1) * AT_L;
        for (int64_t i = 0, size = AT_TILE, log = AT_TILE == 8 ? 3 : 2; i < rows; i += size) {
            while (size > rows - i) size /= 2, log--;
            AT_(tiles)[log][lanes < AT_L][vectors - 1](c + i * cs + j, cs, a + i * as, as, ak, b + j, bs, n, add,
                                                       (int)lanes);
        }
        j += width;
    }
}

/* out (columns, wide) = x (rows, columns) transposed, times a factor, with zeros for rows up to `wide`. */
static void AT_(transposed)(AT_T *restrict out, int64_t wide, const AT_T *restrict x, int64_t stride, int64_t rows,
                            int64_t columns, AT_T factor)
{
    for (int64_t j = 0; j < columns; j++) {
        for (int64_t i = 0; i < rows; i++) out[j * wide + i] = factor * x[i * stride + j];
        for (int64_t i = rows; i < wide; i++) out[j * wide + i] = 0;
    }
}

/* out (rows, columns) = x, whose rows are `stride` apart: often a multiple of the cache's way, which would leave a
 * block in few of its sets. */
static void AT_(rows)(AT_T *restrict out, const AT_T *restrict x, int64_t stride, int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows; i++) memcpy(out + i * columns, x + i * stride, (size_t)columns * sizeof(AT_T));
}

/* s (keys, wide), the scores of keys [key, key + keys): adds the bias, and sets -inf where a query may not attend. */
static void AT_(masked)(const at_job *w, const at_block *k, AT_T *s, int64_t wide, int64_t key, int64_t keys)
{
    if (w->bias.data) {
        const at_array *m = &w->bias;
        const int64_t at = k->b * m->batch + k->h * m->head + k->start * m->query + key * m->key;
        const AT_T *bias = (const AT_T *)m->data + at;
        for (int64_t i = 0; i < k->count; i++)
            for (int64_t j = 0; j < keys; j++) s[j * wide + i] += bias[i * m->query + j * m->key];
    }
    for (int64_t i = 0; i < k->count; i++) {
        if (k->none[i]) {
            for (int64_t j = 0; j < keys && w->empty == AT_UNIFORM; j++) s[j * wide + i] = 0;
            continue;
        }
        int64_t first, last;
        at_band(w, k->start + i, &first, &last);
        first = ln_min(ln_max(first - key, 0), keys), last = ln_min(ln_max(last - key, first), keys);
        for (int64_t j = 0; j < first; j++) s[j * wide + i] = -INFINITY;
        for (int64_t j = last; j < keys; j++) s[j * wide + i] = -INFINITY;
        for (int m = 0; m < w->masks; m++) {
            const unsigned char *allowed = at_mask(w, m, k->b, k->h, k->start + i, key);
            const int64_t step = w->mask[m].key;
            if (step == 1 && memchr(allowed, 0, (size_t)keys) == NULL) continue;
            for (int64_t j = 0; j < keys; j++)
                if (!allowed[j * step]) s[j * wide + i] = -INFINITY;
        }
    }
}

/* The strides of a row of query, key and value. */
#define AT_STRIDES                                                                                                     \
    const int64_t q_stride = w->heads * w->depth, k_stride = w->shared * w->depth, v_stride = w->shared * w->width;    \
    const int64_t wide = at_vectors(w, AT_L) * AT_L;

static int64_t AT_(scratch)(const at_job *w, int backward)
{
    const int64_t wide = at_vectors(w, AT_L) * AT_L;
    const int64_t rows = backward ? 2 * AT_KEYS + AT_BACK * (3 * w->depth + 2 * w->width + 3)
                                  : AT_KEYS + 1 + w->group * (w->depth + w->width + 2);
    const int64_t copies = (backward ? 2 : 1) * AT_KEYS * (w->depth + w->width);
    return (rows * wide + copies) * (int64_t)sizeof(AT_T);
}

/* Whether blocks outside the band may be left out: not if a key or value is not finite, as 0 * inf is NaN. */
static void AT_(look)(const at_job *w, unsigned char *skips)
{
    AT_STRIDES(void)q_stride, (void)wide;
    for (int64_t i = 0; i < w->batch * w->shared; i++) {
        const int64_t b = i / w->shared, h = i % w->shared;
        AT_T sum = 0;
        for (int64_t s = 0; (w->causal || w->window) && s < w->keys; s++) {
            const AT_T *k = (const AT_T *)w->k + (b * w->keys + s) * k_stride + h * w->depth;
            const AT_T *v = (const AT_T *)w->v + (b * w->keys + s) * v_stride + h * w->width;
            for (int64_t j = 0; j < w->depth; j++) sum += 0 * k[j];
            for (int64_t j = 0; j < w->width; j++) sum += 0 * v[j];
        }
        skips[i] = sum == 0;
    }
}

/* s (keys, wide) -> exp(s - top), where `top` and `sum`, the running maximum and sum of each query, and y (width,
 * wide), its running output, follow. */
static void AT_(exponentials)(AT_T *restrict s, AT_T *restrict top, AT_T *restrict sum, AT_T *restrict old,
                              AT_T *restrict y, int64_t wide, int64_t keys, int64_t width)
{
    for (int64_t i = 0; i < wide; i++) old[i] = top[i];
    for (int64_t j = 0; j < keys; j++)
        for (int64_t i = 0; i < wide; i++) top[i] = s[j * wide + i] > top[i] ? s[j * wide + i] : top[i];
    int same = 1;
    for (int64_t i = 0; i < wide; i++) same &= old[i] == top[i];
    if (!same) {
        for (int64_t i = 0; i < wide; i++) old[i] = old[i] == top[i] ? 1 : AT_EXP(old[i] - top[i]);
        for (int64_t i = 0; i < wide; i++) sum[i] *= old[i];
        for (int64_t j = 0; j < width; j++)
            for (int64_t i = 0; i < wide; i++) y[j * wide + i] *= old[i];
    }
    for (int64_t i = 0; i < wide; i++) old[i] = top[i] == -(AT_T)INFINITY ? 0 : top[i]; /* all so far are -inf */
    for (int64_t j = 0; j < keys; j++)
        for (int64_t i = 0; i < wide; i++) {
            const AT_T e = AT_EXP(s[j * wide + i] - old[i]);
            s[j * wide + i] = e;
            sum[i] += e;
        }
}

/* What the forward pass holds of a block of queries: q, transposed and scaled, and y, top and sum as above. */
typedef struct {
    AT_T *q, *y, *top, *sum;
} AT_(state);

static AT_(state) AT_(begin)(const at_job *w, at_block *block, char *memory)
{
    AT_STRIDES(void)k_stride, (void)v_stride;
    AT_(state) now = {.q = (AT_T *)memory};
    now.y = now.q + w->depth * wide, now.top = now.y + w->width * wide, now.sum = now.top + wide;
    at_look(w, block);
    const int64_t row = block->b * w->queries + block->start;
    AT_(transposed)(now.q, wide, (const AT_T *)w->q + row * q_stride + block->h * w->depth, q_stride, block->count,
                    w->depth, (AT_T)w->scale);
    for (int64_t i = 0; i < wide; i++) now.top[i] = -INFINITY, now.sum[i] = 0;
    for (int64_t i = 0; i < w->width * wide; i++) now.y[i] = 0;
    return now;
}

static void AT_(finish)(const at_job *w, const at_block *block, const AT_(state) *now, char *const *buf)
{
    const int64_t wide = at_vectors(w, AT_L) * AT_L, row = block->b * w->queries + block->start;
    AT_T *norm = (AT_T *)buf[1] + 2 * ((block->b * w->heads + block->h) * w->queries + block->start);
    for (int64_t i = 0; i < block->count; i++) {
        const int zero = w->keys == 0 || (block->none[i] && w->empty == AT_ZERO);
        AT_T *out = (AT_T *)buf[0] + ((row + i) * w->heads + block->h) * w->width;
        norm[2 * i] = zero ? INFINITY : now->top[i];
        norm[2 * i + 1] = zero ? 0 : 1 / now->sum[i];
        for (int64_t j = 0; j < w->width; j++) out[j] = zero ? 0 : now->y[j * wide + i] * norm[2 * i + 1];
    }
}

/* Up to w->group blocks of queries of a head, which read each block of keys together. */
static void AT_(forward)(const at_job *w, char *const *buf, int64_t task, char *scratch)
{
    AT_STRIDES(void)q_stride;
    const int64_t blocks = at_blocks(w, AT_L), tasks = (blocks + w->group - 1) / w->group;
    const int64_t b = task / tasks / w->heads, h = task / tasks % w->heads, shared = h / (w->heads / w->shared);
    const int64_t from = task % tasks * w->group, count = ln_min(w->group, blocks - from);
    AT_T *s = (AT_T *)scratch, *k = s + AT_KEYS * wide, *v = k + AT_KEYS * w->depth, *old = v + AT_KEYS * w->width;
    at_block block[AT_GROUP];
    AT_(state) now[AT_GROUP];
    int64_t first = w->keys, last = 0;
    for (int64_t i = 0; i < count; i++) {
        block[i] = (at_block){.b = b, .h = h, .start = (from + i) * wide};
        block[i].count = ln_min(wide, w->queries - block[i].start);
        now[i] = AT_(begin)(w, &block[i], (char *)(old + (1 + i * (w->depth + w->width + 2)) * wide));
        first = ln_min(first, block[i].first), last = ln_max(last, block[i].last);
    }
    for (int64_t key = first; key < last; key += AT_KEYS) {
        const int64_t keys = ln_min(AT_KEYS, w->keys - key), row = b * w->keys + key;
        AT_(rows)(k, (const AT_T *)w->k + row * k_stride + shared * w->depth, k_stride, keys, w->depth);
        AT_(rows)(v, (const AT_T *)w->v + row * v_stride + shared * w->width, v_stride, keys, w->width);
        for (int64_t i = 0; i < count; i++) {
            if (key < block[i].first || key >= block[i].last) continue;
            AT_(product)(s, wide, k, w->depth, 1, now[i].q, wide, keys, wide, w->depth, 0);
            AT_(masked)(w, &block[i], s, wide, key, keys);
            AT_(exponentials)(s, now[i].top, now[i].sum, old, now[i].y, wide, keys, w->width);
            AT_(product)(now[i].y, wide, v, 1, w->width, s, wide, w->width, wide, keys, 1);
        }
    }
    for (int64_t i = 0; i < count; i++) AT_(finish)(w, &block[i], &now[i], buf);
}

/* s, ds (keys, wide): the scores and the gradients of the weights -> the weights, and the gradients of the scores
 * times the scale. Of each query: top, the maximum of its scores; over, 1 / the sum of their exponentials; lost, the
 * sum of its outputs times their gradients. */
static void AT_(score_gradients)(AT_T *restrict s, AT_T *restrict ds, const AT_T *restrict top,
                                 const AT_T *restrict over, const AT_T *restrict lost, int64_t wide, int64_t keys,
                                 AT_T scale)
{
    for (int64_t j = 0; j < keys; j++)
        for (int64_t i = 0; i < wide; i++) {
            const AT_T e = AT_EXP(s[j * wide + i] - top[i]) * over[i];
            s[j * wide + i] = e;
            ds[j * wide + i] = e * (ds[j * wide + i] - lost[i]) * scale;
        }
}

/* What the backward pass holds of a block of queries: q and dq (depth, wide), the scaled queries and their gradients; g
 * (width, wide), the gradients of the outputs; rows of both as they are; top, over and lost as above. */
typedef struct {
    AT_T *q, *g, *dq, *q_rows, *g_rows, *top, *over, *lost;
} AT_(back);

static AT_(back) AT_(begin_back)(const at_job *w, char *const *buf, at_block *block, AT_T *memory)
{
    AT_STRIDES(void)k_stride, (void)v_stride;
    AT_(back) now = {.q = memory};
    now.dq = now.q + w->depth * wide, now.q_rows = now.dq + w->depth * wide, now.g = now.q_rows + w->depth * wide;
    now.g_rows = now.g + w->width * wide, now.top = now.g_rows + w->width * wide;
    now.over = now.top + wide, now.lost = now.over + wide;
    at_look(w, block);
    const int64_t h = block->h, row = block->b * w->queries + block->start, g_stride = w->heads * w->width;
    const int64_t at = 6 + (w->bias.data != NULL) + w->masks;
    const AT_T *query = (const AT_T *)w->q + row * q_stride + h * w->depth;
    const AT_T *out = (const AT_T *)buf[at] + row * g_stride + h * w->width;
    const AT_T *norm = (const AT_T *)buf[at + 1] + 2 * ((block->b * w->heads + h) * w->queries + block->start);
    const AT_T *grad = (const AT_T *)buf[at + 2] + row * g_stride + h * w->width;
    AT_(rows)(now.q_rows, query, q_stride, block->count, w->depth);
    AT_(rows)(now.g_rows, grad, g_stride, block->count, w->width);
    AT_(transposed)(now.q, wide, query, q_stride, block->count, w->depth, (AT_T)w->scale);
    AT_(transposed)(now.g, wide, grad, g_stride, block->count, w->width, 1);
    for (int64_t i = 0; i < wide; i++) {
        now.top[i] = i < block->count ? norm[2 * i] : 0;
        now.over[i] = i < block->count ? norm[2 * i + 1] : 0;
        now.lost[i] = 0;
        for (int64_t j = 0; i < block->count && j < w->width; j++)
            now.lost[i] += out[i * g_stride + j] * grad[i * g_stride + j];
    }
    for (int64_t i = 0; i < w->depth * wide; i++) now.dq[i] = 0;
    return now;
}

/* to, whose rows are `stride` apart, += x (rows, columns) */
static void AT_(add_rows)(AT_T *restrict to, int64_t stride, const AT_T *restrict x, int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) to[i * stride + j] += x[i * columns + j];
}

/* `count` blocks of queries of a head in the backward pass, which read each block of keys together: adds to the
 * gradients of keys and values, and writes those of queries. */
static void AT_(backward_group)(const at_job *w, char *const *buf, int64_t b, int64_t h, int64_t from, int64_t count,
                                AT_T *scratch)
{
    AT_STRIDES
    const int64_t shared = h / (w->heads / w->shared), of_keys = AT_KEYS * w->depth, of_values = AT_KEYS * w->width;
    AT_T *s = scratch, *ds = s + AT_KEYS * wide, *k = ds + AT_KEYS * wide, *v = k + of_keys;
    AT_T *dk = v + of_values, *dv = dk + of_keys, *rest = dv + of_values;
    at_block block[AT_BACK];
    AT_(back) now[AT_BACK];
    int64_t first = w->keys, last = 0;
    for (int64_t i = 0; i < count; i++) {
        block[i] = (at_block){.b = b, .h = h, .start = (from + i) * wide};
        block[i].count = ln_min(wide, w->queries - block[i].start);
        now[i] = AT_(begin_back)(w, buf, &block[i], rest + i * (3 * w->depth + 2 * w->width + 3) * wide);
        first = ln_min(first, block[i].first), last = ln_max(last, block[i].last);
    }
    for (int64_t key = first; key < last; key += AT_KEYS) {
        const int64_t keys = ln_min(AT_KEYS, w->keys - key);
        const int64_t k_at = (b * w->keys + key) * k_stride + shared * w->depth;
        const int64_t v_at = (b * w->keys + key) * v_stride + shared * w->width;
        AT_(rows)(k, (const AT_T *)w->k + k_at, k_stride, keys, w->depth);
        AT_(rows)(v, (const AT_T *)w->v + v_at, v_stride, keys, w->width);
        int begun = 0;
        for (int64_t i = 0; i < count; i++) {
            if (key < block[i].first || key >= block[i].last) continue;
            AT_(product)(s, wide, k, w->depth, 1, now[i].q, wide, keys, wide, w->depth, 0);
            AT_(masked)(w, &block[i], s, wide, key, keys);
            AT_(product)(ds, wide, v, w->width, 1, now[i].g, wide, keys, wide, w->width, 0);
            AT_(score_gradients)(s, ds, now[i].top, now[i].over, now[i].lost, wide, keys, (AT_T)w->scale);
            for (int64_t l = 0; l < block[i].count; l++) /* their scores are constants */
                for (int64_t j = 0; block[i].none[l] && w->empty == AT_UNIFORM && j < keys; j++) ds[j * wide + l] = 0;
            AT_(product)(dv, w->width, s, wide, 1, now[i].g_rows, w->width, keys, w->width, block[i].count, begun);
            AT_(product)(dk, w->depth, ds, wide, 1, now[i].q_rows, w->depth, keys, w->depth, block[i].count, begun);
            AT_(product)(now[i].dq, wide, k, 1, w->depth, ds, wide, w->depth, wide, keys, 1);
            begun = 1;
        }
        if (!begun) continue;
        AT_(add_rows)((AT_T *)buf[1] + k_at, k_stride, dk, keys, w->depth);
        AT_(add_rows)((AT_T *)buf[2] + v_at, v_stride, dv, keys, w->width);
    }
    for (int64_t i = 0; i < count; i++) {
        AT_T *to = (AT_T *)buf[0] + (b * w->queries + block[i].start) * q_stride + h * w->depth;
        for (int64_t l = 0; l < block[i].count; l++)
            for (int64_t j = 0; j < w->depth; j++) to[l * q_stride + j] = now[i].dq[j * wide + l];
    }
}

/* All queries that use one head of keys and values. */
static void AT_(backward)(const at_job *w, char *const *buf, int64_t task, char *scratch)
{
    AT_STRIDES(void)q_stride;
    const int64_t b = task / w->shared, shared = task % w->shared, group = w->heads / w->shared;
    for (int64_t s = b * w->keys; s < (b + 1) * w->keys; s++) {
        memset((AT_T *)buf[1] + s * k_stride + shared * w->depth, 0, (size_t)w->depth * sizeof(AT_T));
        memset((AT_T *)buf[2] + s * v_stride + shared * w->width, 0, (size_t)w->width * sizeof(AT_T));
    }
    const int64_t blocks = wide ? (w->queries + wide - 1) / wide : 0;
    for (int64_t h = shared * group; h < (shared + 1) * group; h++)
        for (int64_t i = 0; i < blocks; i += AT_BACK)
            AT_(backward_group)(w, buf, b, h, i, ln_min(AT_BACK, blocks - i), (AT_T *)scratch);
}

#undef AT_T
#undef AT_V
#undef AT_L
#undef AT_
#undef AT_EXP
#undef AT_LOAD
#undef AT_STORE
#undef AT_DEFINE
#undef AT_DEFINE_ROWS
#undef AT_NAMES
#undef AT_STRIDES
