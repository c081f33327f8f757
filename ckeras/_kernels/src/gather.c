/* Rows by index: gathered, gathered with a cast (the training feed), and scattered back, added or assigned.
 * Every index is checked before anything is written.
 */
#include <string.h>

#include "lanes.h"

/* rows that are prefetched ahead of the copy; bytes up to which a table is assumed to be in the cache */
enum { GA_AHEAD = 8, GA_CACHED = 512 << 10 };

static inline int64_t ga_at(const char *index, int dtype, int64_t i)
{
    return dtype == CK_I64 ? ((const int64_t *)index)[i] : ((const int32_t *)index)[i];
}

/* index (n) within [low, rows), or the first that is not reported. The test of all is vector code. */
static int ga_check(const char *index, int dtype, int64_t n, int64_t low, int64_t rows, ck_error *err)
{
    int bad = 0;
    if (dtype == CK_I64) {
        const int64_t *x = (const int64_t *)index;
        for (int64_t i = 0; i < n; i++) bad |= (x[i] < low) | (x[i] >= rows);
    } else {
        const int32_t *x = (const int32_t *)index;
        int32_t from = (int32_t)ln_max(low, INT32_MIN), last = (int32_t)ln_min(rows - 1, INT32_MAX);
        for (int64_t i = 0; i < n; i++) bad |= (x[i] < from) | (x[i] > last);
    }
    if (!bad) return CK_OK;
    for (int64_t i = 0; i < n; i++) {
        int64_t at = ga_at(index, dtype, i);
        if (at < low || at >= rows) {
            *err = (ck_error){CK_BAD_INDEX, i, at, rows};
            break;
        }
    }
    return CK_BAD_INDEX;
}

static inline int64_t ga_row(const char *index, int dtype, int64_t i, int64_t rows)
{
    int64_t at = ga_at(index, dtype, i);
    return at < 0 ? at + rows : at;
}

static inline void ga_prefetch(const char *row, int64_t bytes)
{
    bytes = ln_min(bytes, 512); /* for longer rows the hardware prefetches */
    for (int64_t k = 0; k < bytes; k += 64) __builtin_prefetch(row + k);
}

typedef struct {
    char *out;
    const char *in, *index;
    int64_t bytes, rows, n, cols;
    int dtype, size; /* of the index, of an element */
} ga_job;

/* out[from .. to) = table[index[from .. to)], for one type of index and, where BYTES is not 0, one length of a row */
#define GA_GATHER(I, BYTES)                                                                         \
    do {                                                                                            \
        const I *index = (const I *)w->index;                                                       \
        const int64_t n = BYTES ? BYTES : w->bytes, rows = w->rows;                                 \
        const int64_t far = rows * n > GA_CACHED ? ln_min(to, w->n - GA_AHEAD) : 0;                 \
        for (int64_t i = from; i < to; i++) {                                                       \
            if (i < far) {                                                                          \
                int64_t next = index[i + GA_AHEAD];                                                 \
                ga_prefetch(w->in + (next < 0 ? next + rows : next) * n, n);                        \
            }                                                                                       \
            int64_t at = index[i];                                                                  \
            ln_copy(w->out + i * n, w->in + (at < 0 ? at + rows : at) * n, n);                      \
        }                                                                                           \
    } while (0)

static void ga_rows(const ga_job *w, int64_t from, int64_t to)
{
    if (w->dtype == CK_I32) {
        if (w->bytes == 64) GA_GATHER(int32_t, 64);
        else if (w->bytes == 128) GA_GATHER(int32_t, 128);
        else if (w->bytes == 4) GA_GATHER(int32_t, 4);
        else GA_GATHER(int32_t, 0);
    } else {
        if (w->bytes == 64) GA_GATHER(int64_t, 64);
        else if (w->bytes == 128) GA_GATHER(int64_t, 128);
        else if (w->bytes == 4) GA_GATHER(int64_t, 4);
        else GA_GATHER(int64_t, 0);
    }
}

/* buf: out (n_index, row), table (n_rows, row), index (n_index)
 * p: bytes of a row, n_index, n_rows, type of the index (CK_I32 or CK_I64), negatives (1: count from the end) */
static int ck_gather_rows(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    int64_t n = p[1];
    if (ga_check(buf[2], (int)p[3], n, p[4] ? -p[2] : 0, p[2], err)) return CK_BAD_INDEX;
    ga_job w = {buf[0], buf[1], buf[2], p[0], p[2], n, 0, (int)p[3], 1};
    int threads = (int)ln_min(ln_threads(n * p[0], 64 << 10), n);
    if (threads <= 1) {
        ga_rows(&w, 0, n);
        return CK_OK;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) ga_rows(&w, n * t / threads, n * (t + 1) / threads);
    return CK_OK;
}

/* ---- scatter: the gradient of gather ---- */

/* The columns [left, right) of the rows [low, high): every index is visited in order, so repeated ones add up in a
 * fixed order whoever owns them. */
#define GA_SCATTER(NAME, T, ASSIGN)                                                                         \
    static void ga_##NAME(const ga_job *w, int64_t low, int64_t high, int64_t left, int64_t right)          \
    {                                                                                                       \
        T *out = (T *)w->out;                                                                               \
        const T *g = (const T *)w->in;                                                                      \
        for (int64_t i = 0; i < w->n; i++) {                                                                \
            if (i + GA_AHEAD < w->n) {                                                                      \
                int64_t next = ga_row(w->index, w->dtype, i + GA_AHEAD, w->rows);                           \
                if (next >= low && next < high) __builtin_prefetch(out + next * w->cols + left, 1);         \
            }                                                                                               \
            int64_t at = ga_row(w->index, w->dtype, i, w->rows);                                            \
            if (at < low || at >= high) continue;                                                           \
            T *o = out + at * w->cols;                                                                      \
            const T *s = g + i * w->cols;                                                                   \
            LN_IVDEP                                                                                        \
            for (int64_t j = left; j < right; j++) o[j] ASSIGN s[j];                                        \
        }                                                                                                   \
    }
GA_SCATTER(add_f32, float, +=)
GA_SCATTER(add_f64, double, +=)
GA_SCATTER(add_i32, uint32_t, +=)
GA_SCATTER(add_i64, uint64_t, +=)
GA_SCATTER(set_1, uint8_t, =)
GA_SCATTER(set_2, uint16_t, =)
GA_SCATTER(set_4, uint32_t, =)
GA_SCATTER(set_8, uint64_t, =)

typedef void (*ga_scatter)(const ga_job *w, int64_t low, int64_t high, int64_t left, int64_t right);

static const uint8_t ga_size[CK_DTYPES] = {
    [CK_F32] = 4, [CK_F64] = 8, [CK_I32] = 4, [CK_I64] = 8, [CK_BOOL] = 1, [CK_U8] = 1,
    [CK_I8] = 1, [CK_I16] = 2, [CK_U16] = 2, [CK_U32] = 4, [CK_U64] = 8, [CK_F16] = 2,
};

static void ga_clear(const ga_job *w, int64_t low, int64_t high, int64_t left, int64_t right)
{
    const int64_t row = w->cols * w->size, bytes = (right - left) * w->size;
    if (bytes == row) memset(w->out + low * row, 0, (size_t)((high - low) * row));
    else for (int64_t i = low; i < high; i++) memset(w->out + i * row + left * w->size, 0, (size_t)bytes);
}

/* Threads divide the columns if rows are long enough and many are added to few, which balances the work for any
 * indices; otherwise the rows. */
static void ga_share(ga_scatter fn, const ga_job *w, int threads, int t)
{
    int64_t line = 64 / w->size, lines = w->cols / line;
    if (lines >= 2 * threads && w->n >= w->rows) {
        int64_t left = lines * t / threads * line, right = lines * (t + 1) / threads * line;
        fn(w, 0, w->rows, left, t + 1 == threads ? w->cols : right);
    } else {
        fn(w, w->rows * t / threads, w->rows * (t + 1) / threads, 0, w->cols);
    }
}

static int ga_scatter_run(ga_scatter fn, char *const *buf, const int64_t *p, ck_error *err)
{
    int64_t n = p[1], cols = p[2], rows = p[3], size = ga_size[p[0]];
    if (ga_check(buf[1], (int)p[4], n, p[5] ? -rows : 0, rows, err)) return CK_BAD_INDEX;
    ga_job w = {buf[0], buf[2], buf[1], cols * size, rows, n, cols, (int)p[4], (int)size};
    const int clears = !p[6];
    const int threads = ln_threads(n * cols * size + (clears ? rows * cols * size / 16 : 0), 64 << 10);
    if (threads <= 1) {
        if (clears) ga_clear(&w, 0, rows, 0, cols);
        fn(&w, 0, rows, 0, cols);
        return CK_OK;
    }
    const ck_mode mode = ck_get_mode();
#pragma omp parallel num_threads(threads)
    {
        const ck_mode own = ck_enter(mode);
#pragma omp for schedule(static) nowait
        for (int t = 0; t < threads; t++) { /* each clears what it adds to: memory moves slowly from core to core */
            if (clears) ga_share(ga_clear, &w, threads, t);
            ga_share(fn, &w, threads, t);
        }
        ck_leave(own);
    }
    return CK_OK;
}

/* buf: out (n_rows, cols), index (n_index), g (n_index, cols): out[index[i]] += g[i], in the order of i
 * p: type (CK_F32, CK_F64, CK_I32, CK_I64), n_index, cols, n_rows, type of the index (CK_I32 or CK_I64), negatives (1:
 *    count from the end), accumulate (0: out is zeroed first) */
static int ck_scatter_add_rows(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    static const ga_scatter add[] = {ga_add_f32, ga_add_f64, ga_add_i32, ga_add_i64};
    return ga_scatter_run(add[p[0]], buf, p, err);
}

/* The same with out[index[i]] = g[i], of any type: the last of equal indices wins. */
static int ck_scatter_set_rows(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    static const ga_scatter set[] = {[1] = ga_set_1, [2] = ga_set_2, [4] = ga_set_4, [8] = ga_set_8};
    return ga_scatter_run(set[ga_size[p[0]]], buf, p, err);
}

/* ---- rows subtracted: a step of gradient descent by the gradient of a gather ---- */

/* The workspace of n rows: their sums by distinct index, these indices, the number of each row's among them, and a
 * table of open addressing from an index to its number plus 1. */
typedef struct {
    char *sums;
    int64_t *distinct;
    int32_t *number, *table;
    int64_t slots; /* of the table: a power of 2 */
} ga_distinct;

static ga_distinct ga_distinct_in(char *workspace, int64_t n, int64_t bytes)
{
    ga_distinct d = {.sums = workspace, .slots = 1};
    while (d.slots < 2 * n) d.slots *= 2;
    d.distinct = (int64_t *)(workspace + (n * bytes + 63) / 64 * 64);
    d.number = (int32_t *)(d.distinct + n);
    d.table = d.number + n;
    return d;
}

/* Number the distinct indices in the order in which they appear; returns how many there are. */
static int64_t ga_number(const ga_distinct *d, const char *index, int dtype, int64_t n, int64_t rows)
{
    int64_t count = 0;
    memset(d->table, 0, (size_t)d->slots * sizeof *d->table);
    for (int64_t i = 0; i < n; i++) {
        const int64_t row = ga_row(index, dtype, i, rows);
        uint64_t at = ((uint64_t)row * 0x9E3779B97F4A7C15u) >> 32 & (uint64_t)(d->slots - 1);
        while (d->table[at] && d->distinct[d->table[at] - 1] != row) at = (at + 1) & (uint64_t)(d->slots - 1);
        if (!d->table[at]) {
            d->distinct[count] = row;
            d->table[at] = (int32_t)++count;
        }
        d->number[i] = d->table[at] - 1;
    }
    return count;
}

/* out[distinct[s]] -= sums[s] for s in [from, to) */
#define GA_SUBTRACT(T, NAME)                                                                                \
    static void ga_subtract_##NAME(char *out_, const ga_distinct *d, int64_t cols, int64_t from, int64_t to, \
                                   int64_t count)                                                           \
    {                                                                                                       \
        T *out = (T *)out_;                                                                                 \
        const T *sums = (const T *)d->sums;                                                                 \
        for (int64_t s = from; s < to; s++) {                                                               \
            if (s + GA_AHEAD < count)                                                                       \
                ga_prefetch((const char *)(out + d->distinct[s + GA_AHEAD] * cols), cols * (int64_t)sizeof(T)); \
            T *o = out + d->distinct[s] * cols;                                                             \
            const T *x = sums + s * cols;                                                                   \
            LN_IVDEP                                                                                        \
            for (int64_t j = 0; j < cols; j++) o[j] -= x[j];                                                \
        }                                                                                                   \
    }
GA_SUBTRACT(float, f32)
GA_SUBTRACT(double, f64)

/* buf: out (n_rows, cols), index (n_index), g (n_index, cols), workspace: for each index, out[index] -= the sum of its
 * rows of g, which are added in order
 * p: type (CK_F32 or CK_F64), n_index, cols, n_rows, type of the index (CK_I32 or CK_I64), negatives (1: count from the
 *    end) */
static int ck_scatter_sub_rows(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    const int64_t n = p[1], cols = p[2], rows = p[3], size = ga_size[p[0]];
    if (ga_check(buf[1], (int)p[4], n, p[5] ? -rows : 0, rows, err)) return CK_BAD_INDEX;
    const ga_distinct d = ga_distinct_in(buf[3], n, cols * size);
    const int64_t count = ga_number(&d, buf[1], (int)p[4], n, rows);
    const ga_scatter add = p[0] == CK_F32 ? ga_add_f32 : ga_add_f64;
    const ga_job w = {d.sums, buf[2], (const char *)d.number, cols * size, count, n, cols, CK_I32, (int)size};
    memset(d.sums, 0, (size_t)(count * cols * size));
    const int threads = ln_threads(n * cols * size, 64 << 10) > 1 ? ln_threads(n * cols * size, 64 << 10) : 1;
    const ck_mode mode = ck_get_mode();
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        const ck_mode own = ck_enter(mode);
#pragma omp for schedule(static)
        for (int t = 0; t < threads; t++) ga_share(add, &w, threads, t);
#pragma omp for schedule(static) nowait
        for (int t = 0; t < threads; t++) {
            const int64_t from = count * t / threads, to = count * (t + 1) / threads;
            if (p[0] == CK_F32) ga_subtract_f32(buf[0], &d, cols, from, to, count);
            else ga_subtract_f64(buf[0], &d, cols, from, to, count);
        }
        ck_leave(own);
    }
    return CK_OK;
}

/* ---- gather with a cast ---- */

typedef uint16_t ga_half;

/* A half in its 16 bits as a float: the exponent is moved by a product, which makes subnormals right as well. */
static inline float ga_half_float(ga_half h)
{
    uint32_t bits = (uint32_t)(h & 0x7fff) << 13;
    float x;
    memcpy(&x, &bits, 4);
    x *= 0x1p112f;
    memcpy(&bits, &x, 4);
    bits |= (h & 0x7c00) == 0x7c00 ? 0x7f800000u : 0u;
    bits |= (uint32_t)(h & 0x8000) << 16;
    memcpy(&x, &bits, 4);
    return x;
}

typedef void (*ga_cast)(void *out, const void *in, int64_t n);

/* Floats go to int64 directly and to the smaller integers through int32, as numpy does within the range of int32. */
#define GA_SAME(D, x) ((D)(x))
#define GA_VIA32(D, x) ((D)(int32_t)(x))
#define GA_NONZERO(D, x) ((D)((x) != 0))
#define GA_CAST(D, d, S, s, READ, TO)                                       \
    static void ga_cast_##s##_##d(void *out_, const void *in_, int64_t n)   \
    {                                                                       \
        D *out = out_;                                                      \
        const S *in = in_;                                                  \
        for (int64_t i = 0; i < n; i++) out[i] = TO(D, READ(in[i]));        \
    }
#define GA_READ(x) (x)
#define GA_FROM(S, s, READ, NARROW)                  \
    GA_CAST(float, f32, S, s, READ, GA_SAME)         \
    GA_CAST(double, f64, S, s, READ, GA_SAME)        \
    GA_CAST(int32_t, i32, S, s, READ, GA_SAME)       \
    GA_CAST(int64_t, i64, S, s, READ, GA_SAME)       \
    GA_CAST(uint8_t, bool, S, s, READ, GA_NONZERO)   \
    GA_CAST(uint8_t, u8, S, s, READ, NARROW)
GA_FROM(float, f32, GA_READ, GA_VIA32)
GA_FROM(double, f64, GA_READ, GA_VIA32)
GA_FROM(int32_t, i32, GA_READ, GA_SAME)
GA_FROM(int64_t, i64, GA_READ, GA_SAME)
GA_FROM(uint8_t, u8, GA_READ, GA_SAME)
GA_FROM(int8_t, i8, GA_READ, GA_SAME)
GA_FROM(int16_t, i16, GA_READ, GA_SAME)
GA_FROM(uint16_t, u16, GA_READ, GA_SAME)
GA_FROM(uint32_t, u32, GA_READ, GA_SAME)
GA_FROM(uint64_t, u64, GA_READ, GA_SAME)
GA_FROM(ga_half, f16, ga_half_float, GA_VIA32)

#define GA_TO(s) {ga_cast_##s##_f32, ga_cast_##s##_f64, ga_cast_##s##_i32, ga_cast_##s##_i64, ga_cast_##s##_bool, \
                  ga_cast_##s##_u8}
static const ga_cast ga_casts[CK_DTYPES][CK_U8 + 1] = {
    [CK_F32] = GA_TO(f32), [CK_F64] = GA_TO(f64), [CK_I32] = GA_TO(i32), [CK_I64] = GA_TO(i64), [CK_BOOL] = GA_TO(u8),
    [CK_U8] = GA_TO(u8), [CK_I8] = GA_TO(i8), [CK_I16] = GA_TO(i16), [CK_U16] = GA_TO(u16), [CK_U32] = GA_TO(u32),
    [CK_U64] = GA_TO(u64), [CK_F16] = GA_TO(f16),
};

/* The rows [from, to) of the batch; cast NULL: the types are the same. Rows that follow one another in the table are
 * taken at once. */
static void ga_feed(const ga_job *w, ga_cast cast, int64_t out_bytes, int64_t from, int64_t to)
{
    const int64_t *index = (const int64_t *)w->index;
    int64_t far = ln_min(to, w->n - GA_AHEAD), bytes = w->bytes;
    for (int64_t i = from; i < to;) {
        int64_t first = index[i], run = 1;
        while (i + run < to && index[i + run] == first + run) run++;
        if (run == 1 && i < far) ga_prefetch(w->in + index[i + GA_AHEAD] * bytes, bytes);
        if (cast)
            cast(w->out + i * out_bytes, w->in + first * bytes, run * w->cols);
        else
            ln_copy(w->out + i * out_bytes, w->in + first * bytes, run * bytes);
        i += run;
    }
}

/* buf: out (n_index, cols) of the type dst, table (n_rows, cols) of the type src, index (n_index) int64
 * p: src (any), dst (src, CK_F32, CK_F64, CK_I32, CK_I64, CK_BOOL or CK_U8), cols, n_index, n_rows */
static int ck_gather_cast(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    int64_t n = p[3];
    if (ga_check(buf[2], CK_I64, n, 0, p[4], err)) return CK_BAD_INDEX;
    int64_t bytes = p[2] * ga_size[p[0]], out_bytes = p[2] * ga_size[p[1]];
    ga_cast cast = p[0] == p[1] || (p[0] == CK_BOOL && p[1] == CK_U8) ? NULL : ga_casts[p[0]][p[1]];
    ga_job w = {buf[0], buf[1], buf[2], bytes, p[4], n, p[2], CK_I64, 1};
    int threads = (int)ln_min(ln_threads(n * (bytes + out_bytes), 128 << 10), n);
    if (threads <= 1) {
        ga_feed(&w, cast, out_bytes, 0, n);
        return CK_OK;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) ga_feed(&w, cast, out_bytes, n * t / threads, n * (t + 1) / threads);
    return CK_OK;
}

#define GATHER_KERNELS                                                                                         \
    {"gather_rows", ck_gather_rows}, {"scatter_add_rows", ck_scatter_add_rows},                                \
    {"scatter_set_rows", ck_scatter_set_rows}, {"scatter_sub_rows", ck_scatter_sub_rows},                      \
    {"gather_cast", ck_gather_cast},
