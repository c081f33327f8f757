/* Inputs of fused elementwise kernels: copies of one element, strided and periodic inputs, block by block. */
#include "kernels.h"

/* One strided input: its dims merged where its strides allow, and the position of the odometer. */
typedef struct {
    const char *base;
    int64_t *dims, *strides, *at, offset;
    int ndim, reg, item, once; /* once: every block holds the same elements, so it is read once */
    int64_t period;
} map_strided;

#define MAP_ITEM_TYPES(X) X(uint8_t, 1) X(uint16_t, 2) X(uint32_t, 4) X(uint64_t, 8)

/* n copies of one element */
static void map_fill(char *dst, const char *value, int64_t n, int item)
{
#define FILL(T, size)                                                                                                  \
    if (item == size) {                                                                                                \
        T v;                                                                                                           \
        memcpy(&v, value, size);                                                                                       \
        for (int64_t i = 0; i < n; i++) ((T *)dst)[i] = v;                                                             \
        return;                                                                                                        \
    }
    MAP_ITEM_TYPES(FILL)
#undef FILL
}

/* `rows` rows of n elements, `step` apart in src and n apart in dst. May write up to 31 bytes after the last. */
#define MAP_ROWS(T, size)                                                                                              \
    static void map_rows_##size(T *dst, const T *src, int64_t rows, int64_t step, int64_t n, int64_t stride)           \
    {                                                                                                                  \
        enum { WIDE = 32 / size, HALF = 16 / size };                                                                   \
        for (; rows > 0; rows--, src += step, dst += n) {                                                              \
            if (stride == 0) {                                                                                         \
                T wide[WIDE];                                                                                          \
                for (int j = 0; j < WIDE; j++) wide[j] = *src;                                                         \
                for (int64_t i = 0; i < n; i += WIDE) memcpy(dst + i, wide, sizeof wide);                              \
            } else if (stride == 1 && n >= 256 / size) {                                                               \
                memcpy(dst, src, n * size);                                                                            \
            } else if (stride == 1 && n >= HALF) {                                                                     \
                for (int64_t i = 0; i < n - HALF; i += HALF) memcpy(dst + i, src + i, 16);                             \
                memcpy(dst + n - HALF, src + n - HALF, 16);                                                            \
            } else {                                                                                                   \
                for (int64_t i = 0; i < n; i++) dst[i] = src[i * stride];                                              \
            }                                                                                                          \
        }                                                                                                              \
    }
MAP_ITEM_TYPES(MAP_ROWS)
#undef MAP_ROWS

static void map_rows(char *dst, const char *src, int64_t rows, int64_t step, int64_t n, int64_t stride, int item)
{
#define ROWS(T, size)                                                                                                  \
    if (item == size) map_rows_##size((T *)dst, (const T *)src, rows, step, n, stride);
    MAP_ITEM_TYPES(ROWS)
#undef ROWS
}

/* Moves the odometer on by `rows` rows of its dimension k; rows must not pass the end of dimension k. */
static inline void map_advance(map_strided *s, int k, int64_t count)
{
    s->at[k] += count;
    s->offset += count * s->strides[k];
    while (s->at[k] == s->dims[k] && k > 0) {
        s->offset += s->strides[k - 1] - s->dims[k] * s->strides[k];
        s->at[k--] = 0;
        s->at[k]++;
    }
}

/* The next n elements, or a pointer to them where they lie side by side already. */
static char *map_read(map_strided *s, char *scratch, int64_t n, int may_point)
{
    const int last = s->ndim - 1;
    const int64_t width = s->dims[last], stride = s->strides[last];
    if (may_point && stride == 1 && width - s->at[last] >= n) {
        const char *found = s->base + s->offset * s->item;
        map_advance(s, last, n);
        return (char *)found;
    }
    char *dst = scratch;
    while (n > 0) {
        const char *src = s->base + s->offset * s->item;
        if (s->at[last] == 0 && n >= width && last > 0) {
            int64_t rows = n / width, left = s->dims[last - 1] - s->at[last - 1];
            rows = rows < left ? rows : left;
            map_rows(dst, src, rows, s->strides[last - 1], width, stride, s->item);
            map_advance(s, last - 1, rows);
            dst += rows * width * s->item;
            n -= rows * width;
        } else {
            int64_t run = width - s->at[last];
            run = run < n ? run : n;
            map_rows(dst, src, 1, 0, run, stride, s->item);
            map_advance(s, last, run);
            dst += run * s->item;
            n -= run;
        }
    }
    return scratch;
}

/* n elements of an input that repeats itself every `period` elements, from the start of a period: doubled, not read. */
static char *map_read_periodic(map_strided *s, char *scratch, int64_t n, int64_t period)
{
    if (period >= n) return map_read(s, scratch, n, 1);
    map_read(s, scratch, period, 0);
    for (int64_t have = period; have < n; have *= 2)
        memcpy(scratch + have * s->item, scratch, (have < n - have ? have : n - have) * s->item);
    return scratch;
}

/* The number of elements after which a strided input repeats itself; n if it does not. */
static int64_t map_period(const int64_t *dims, const int64_t *strides, int ndim)
{
    int k = 0;
    while (k < ndim && (strides[k] == 0 || dims[k] == 1)) k++;
    int64_t period = 1;
    for (; k < ndim; k++) period *= dims[k];
    return period;
}

/* Begin to read an input (itemsize, reg, stride[ndim] from in[1] on) at element `start` of the index space. */
static void map_open(map_strided *s, const int64_t *dims, int ndim, const int64_t *in, const char *base, int64_t start)
{
    const int64_t *strides = in + 3;
    s->base = base;
    s->item = (int)in[1];
    s->reg = (int)in[2];
    s->period = map_period(dims, strides, ndim);
    int m = 0; /* the merged dimensions, outermost first */
    s->dims[0] = dims[0];
    s->strides[0] = strides[0];
    for (int k = 1; k < ndim; k++) {
        if (s->dims[m] == 1 || s->strides[m] == strides[k] * dims[k]) {
            s->dims[m] *= dims[k];
            s->strides[m] = strides[k];
        } else if (dims[k] != 1) {
            m++;
            s->dims[m] = dims[k];
            s->strides[m] = strides[k];
        }
    }
    s->ndim = m + 1;
    s->offset = 0;
    for (int k = m; k >= 0; k--) {
        s->at[k] = 0;
        if (start > 0) {
            s->at[k] = start % s->dims[k];
            start /= s->dims[k];
            s->offset += s->at[k] * s->strides[k];
        }
    }
}

#undef MAP_ITEM_TYPES
