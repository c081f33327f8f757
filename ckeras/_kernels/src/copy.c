/* Strided copies (transpose, slice, flip, broadcast, concatenate, pad, stack), fills and ranges.
 *
 * A copy is brought to as few axes as it has, the innermost two of which are a matrix: rows that are contiguous on both
 * sides go by memcpy, a transposition by tiles in registers, the rest by plain loops. The outer axes are an odometer.
 */
#include <math.h>
#include <string.h>

#include "lanes.h"

/* Items may lie at any address: pairs of floats move as one item of 8 bytes. */
#define CP_ITEM(T, NAME) typedef T NAME __attribute__((aligned(1), may_alias));
CP_ITEM(uint8_t, cp_1)
CP_ITEM(uint16_t, cp_2)
CP_ITEM(uint32_t, cp_4)
CP_ITEM(uint64_t, cp_8)
typedef struct {
    uint64_t low, high;
} __attribute__((packed, may_alias)) cp_16;

#define CP_VECTOR(T, ITEM, LANES)                                                               \
    typedef T cp_v_##ITEM##_##LANES __attribute__((vector_size(ITEM * LANES)));                 \
    typedef T cp_u_##ITEM##_##LANES __attribute__((vector_size(ITEM * LANES), aligned(1), may_alias));
CP_VECTOR(uint8_t, 1, 16)
CP_VECTOR(uint16_t, 2, 8)
CP_VECTOR(uint32_t, 4, 4)
CP_VECTOR(uint32_t, 4, 8)
CP_VECTOR(uint32_t, 4, 16)
CP_VECTOR(uint64_t, 8, 2)
CP_VECTOR(uint64_t, 8, 4)
CP_VECTOR(uint64_t, 8, 8)

#define CP_LO2(a, b) __builtin_shufflevector(a, b, 0, 2)
#define CP_HI2(a, b) __builtin_shufflevector(a, b, 1, 3)
#define CP_LO4(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define CP_HI4(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define CP_LO8(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define CP_HI8(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define CP_LO16(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define CP_HI16(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define CT_(x) cp_1_##x##_16
#define CT_T cp_1
#define CT_L 16
#define CT_V cp_v_1_16
#define CT_U cp_u_1_16
#define CT_LO CP_LO16
#define CT_HI CP_HI16
#include "copy_tile.h"

#define CT_(x) cp_2_##x##_8
#define CT_T cp_2
#define CT_L 8
#define CT_V cp_v_2_8
#define CT_U cp_u_2_8
#define CT_LO CP_LO8
#define CT_HI CP_HI8
#include "copy_tile.h"

#define CT_(x) cp_4_##x##_4
#define CT_T cp_4
#define CT_L 4
#define CT_V cp_v_4_4
#define CT_U cp_u_4_4
#define CT_LO CP_LO4
#define CT_HI CP_HI4
#include "copy_tile.h"

#define CT_(x) cp_8_##x##_2
#define CT_T cp_8
#define CT_L 2
#define CT_V cp_v_8_2
#define CT_U cp_u_8_2
#define CT_LO CP_LO2
#define CT_HI CP_HI2
#include "copy_tile.h"

#if LN_BYTES >= 32
#define CT_(x) cp_4_##x##_8
#define CT_T cp_4
#define CT_L 8
#define CT_V cp_v_4_8
#define CT_U cp_u_4_8
#define CT_LO CP_LO8
#define CT_HI CP_HI8
#include "copy_tile.h"

#define CT_(x) cp_8_##x##_4
#define CT_T cp_8
#define CT_L 4
#define CT_V cp_v_8_4
#define CT_U cp_u_8_4
#define CT_LO CP_LO4
#define CT_HI CP_HI4
#include "copy_tile.h"
#endif
#if LN_BYTES >= 64
#define CT_(x) cp_4_##x##_16
#define CT_T cp_4
#define CT_L 16
#define CT_V cp_v_4_16
#define CT_U cp_u_4_16
#define CT_LO CP_LO16
#define CT_HI CP_HI16
#include "copy_tile.h"

#define CT_(x) cp_8_##x##_8
#define CT_T cp_8
#define CT_L 8
#define CT_V cp_v_8_8
#define CT_U cp_u_8_8
#define CT_LO CP_LO8
#define CT_HI CP_HI8
#include "copy_tile.h"
#endif

#define CB_(x) cp_1_##x
#define CB_T cp_1
#define CB_TILE1 cp_1_tiles_16
#define CB_LANES1 16
#include "copy_body.h"

#define CB_(x) cp_2_##x
#define CB_T cp_2
#define CB_TILE1 cp_2_tiles_8
#define CB_LANES1 8
#include "copy_body.h"

#define CB_(x) cp_4_##x
#define CB_T cp_4
#define CB_TILE3 cp_4_tiles_4
#define CB_LANES3 4
#if LN_BYTES >= 32
#define CB_TILE2 cp_4_tiles_8
#define CB_LANES2 8
#endif
#if LN_BYTES >= 64
#define CB_TILE1 cp_4_tiles_16
#define CB_LANES1 16
#endif
#include "copy_body.h"

#define CB_(x) cp_8_##x
#define CB_T cp_8
#define CB_TILE3 cp_8_tiles_2
#define CB_LANES3 2
#if LN_BYTES >= 32
#define CB_TILE2 cp_8_tiles_4
#define CB_LANES2 4
#endif
#if LN_BYTES >= 64
#define CB_TILE1 cp_8_tiles_8
#define CB_LANES1 8
#endif
#include "copy_body.h"

#define CB_(x) cp_16_##x
#define CB_T cp_16
#include "copy_body.h"

typedef void (*cp_plane)(char *out, const char *in, int64_t na, int64_t oa, int64_t ia, int64_t nb, int64_t ob,
                         int64_t ib);

typedef struct {
    int nd;
    int64_t item, n[CK_MAX_NDIM], is[CK_MAX_NDIM], os[CK_MAX_NDIM];
    const char *in;
    char *out;
} cp_job;

static void cp_run(const cp_job *w)
{
    static const cp_plane planes[] = {
        [1] = cp_1_plane, [2] = cp_2_plane, [4] = cp_4_plane, [8] = cp_8_plane, [16] = cp_16_plane,
    };
    int b = w->nd - 1, a = w->nd - 2, outer = a > 0 ? a : 0;
    int64_t nb = w->n[b], ib = w->is[b], ob = w->os[b], item = w->item;
    int64_t na = a < 0 ? 1 : w->n[a], ia = a < 0 ? 0 : w->is[a], oa = a < 0 ? 0 : w->os[a];
    int rows = ib == 1 && ob == 1;
    cp_plane plane = planes[item];
    const char *in = w->in;
    char *out = w->out;
    int64_t at[CK_MAX_NDIM];
    for (int k = 0; k < outer; k++) at[k] = 0;
    for (;;) {
        if (rows) {
            for (int64_t k = 0; k < na; k++) ln_copy(out + k * oa * item, in + k * ia * item, nb * item);
        } else {
            plane(out, in, na, oa, ia, nb, ob, ib);
        }
        int k = outer - 1;
        for (; k >= 0; k--) {
            in += w->is[k] * item, out += w->os[k] * item;
            if (++at[k] < w->n[k]) break;
            in -= w->is[k] * w->n[k] * item, out -= w->os[k] * w->n[k] * item;
            at[k] = 0;
        }
        if (k < 0) return;
    }
}

/* The share of thread t: a range of axis k, in units of `grain`. */
static void cp_share(const cp_job *w, int k, int64_t grain, int threads, int t)
{
    cp_job part = *w;
    int64_t units = (w->n[k] + grain - 1) / grain;
    int64_t from = units * t / threads * grain, to = ln_min(units * (t + 1) / threads * grain, w->n[k]);
    if (from >= to) return;
    part.n[k] = to - from;
    part.in += from * w->is[k] * w->item;
    part.out += from * w->os[k] * w->item;
    cp_run(&part);
}

/* A run of 2, 4, 8 or 16 bytes on both sides is one larger item, where all other strides are multiples of it. */
static int cp_widen(cp_job *w)
{
    int last = w->nd - 1;
    int64_t n = w->n[last], bytes = n * w->item;
    if (w->nd < 2 || w->is[last] != 1 || w->os[last] != 1 || bytes > 16 || (bytes & (bytes - 1))) return 0;
    for (int k = 0; k < last; k++)
        if (w->is[k] % n || w->os[k] % n) return 0;
    for (int k = 0; k < last; k++) w->is[k] /= n, w->os[k] /= n;
    w->item = bytes;
    w->nd = last;
    return 1;
}

/* buf: out, in; p: item size (1, 2, 4, 8, 16), ndim, offset in `in`, offset in `out`, dims[ndim], strides of in[ndim],
 * strides of out[ndim]; offsets and strides in items, those of `in` may be 0 or negative, those of `out` let no two
 * items meet. out[out_offset + sum(i * out_stride)] = in[in_offset + sum(i * in_stride)] */
static int ck_copy(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    cp_job w;
    int64_t nd = p[1], total = 1;
    const int64_t *dims = p + 4, *is = dims + nd, *os = is + nd;
    w.item = p[0], w.nd = 0;
    w.in = buf[1] + p[2] * w.item, w.out = buf[0] + p[3] * w.item;
    for (int64_t k = 0; k < nd; k++)
        if (dims[k] == 0) return CK_OK;
    for (int64_t k = 0; k < nd; k++) {
        total *= dims[k];
        if (dims[k] == 1) continue;
        int j = w.nd++; /* in the order of the output's memory, which is nearly always the given one */
        for (; j > 0 && w.os[j - 1] < os[k]; j--) w.n[j] = w.n[j - 1], w.is[j] = w.is[j - 1], w.os[j] = w.os[j - 1];
        w.n[j] = dims[k], w.is[j] = is[k], w.os[j] = os[k];
    }
    if (w.nd == 0) w.nd = 1, w.n[0] = w.is[0] = w.os[0] = 1;
    int merged = 0;
    for (int k = 1; k < w.nd; k++) {
        int m = merged;
        if (w.is[m] == w.is[k] * w.n[k] && w.os[m] == w.os[k] * w.n[k]) {
            w.n[m] *= w.n[k];
        } else {
            m = ++merged;
            w.n[m] = w.n[k];
        }
        w.is[m] = w.is[k], w.os[m] = w.os[k];
    }
    w.nd = merged + 1;
    int64_t bytes = total * w.item;
    cp_widen(&w);

    /* The axis along which the input is contiguous becomes the second of the matrix: a transposition. */
    int b = w.nd - 1;
    if (w.is[b] != 1 && w.os[b] == 1)
        for (int k = 0; k < b - 1; k++)
            if (w.is[k] == 1) {
                int64_t n = w.n[k], o = w.os[k];
                for (int j = k; j < b - 1; j++) w.n[j] = w.n[j + 1], w.is[j] = w.is[j + 1], w.os[j] = w.os[j + 1];
                w.n[b - 1] = n, w.is[b - 1] = 1, w.os[b - 1] = o;
                break;
            }

    int threads = ln_threads(bytes, w.is[b] == 1 ? 256 << 10 : 64 << 10);
    if (threads <= 1) {
        cp_run(&w);
        return CK_OK;
    }
    int split = 0; /* the outermost axis that is long enough, or the longest */
    for (int k = 0; k < w.nd && w.n[split] < 4 * threads; k++)
        if (w.n[k] > w.n[split]) split = k;
    int64_t grain = split == b ? 64 : w.nd > 1 && split == b - 1 && w.is[split] == 1 ? 16 : 1;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) cp_share(&w, split, grain, threads, t);
    return CK_OK;
}

/* ---- fill and iota ---- */

/* The 16 bits of the half that is nearest to x, ties to even. */
static uint16_t cp_half(double x)
{
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    double a = fabs(x);
    if (a != a) return sign | 0x7e00;
    if (a >= 65520.0) return sign | 0x7c00;
    if (a < 0x1p-14) return (uint16_t)(sign | (int)nearbyint(a * 0x1p24)); /* subnormal, or the first normal one */
    int e;
    frexp(a, &e); /* a = m 2^e, 1/2 <= m < 1 */
    int mantissa = (int)nearbyint(ldexp(a, 11 - e)); /* 1024 .. 2048; 2048 carries into the exponent below */
    return (uint16_t)(sign | ((((e + 13) << 10) + mantissa)));
}

static inline uint64_t cp_u64(double x) { return x < 0 ? (uint64_t)(int64_t)x : (uint64_t)x; }
static inline uint8_t cp_bool(double x) { return x != 0; }

/* start + k step for k in [from, to), computed in double; integers in int64 */
#define CP_IOTA(T, NAME, VALUE)                                                                        \
    static void cp_iota_##NAME(char *out, int64_t from, int64_t to, double start, double step)        \
    {                                                                                                  \
        const int64_t first = (int64_t)start, by = (int64_t)step;                                      \
        (void)first, (void)by, (void)start, (void)step;                                                \
        for (int64_t k = from; k < to; k++) ((T *)out)[k] = (T)(VALUE);                                \
    }
#define CP_REAL (start + (double)k * step)
#define CP_WHOLE ((uint64_t)first + (uint64_t)k * (uint64_t)by)
CP_IOTA(float, f32, CP_REAL)
CP_IOTA(double, f64, CP_REAL)
CP_IOTA(uint8_t, bool, cp_bool(CP_REAL))
CP_IOTA(uint16_t, f16, cp_half(CP_REAL))
CP_IOTA(uint8_t, 1, CP_WHOLE)
CP_IOTA(uint16_t, 2, CP_WHOLE)
CP_IOTA(uint32_t, 4, CP_WHOLE)
CP_IOTA(uint64_t, 8, CP_WHOLE)

/* n items of one pattern of bits */
#define CP_FILL(T, NAME)                                                           \
    static void cp_fill_##NAME(char *out, int64_t from, int64_t to, uint64_t bits) \
    {                                                                              \
        T x = (T)bits;                                                             \
        for (int64_t k = from; k < to; k++) ((T *)out)[k] = x;                     \
    }
CP_FILL(uint8_t, 1)
CP_FILL(uint16_t, 2)
CP_FILL(uint32_t, 4)
CP_FILL(uint64_t, 8)

static uint64_t cp_bits(int dtype, double value)
{
    uint64_t bits = 0;
    float single = (float)value;
    switch (dtype) {
    case CK_F32: memcpy(&bits, &single, 4); break; /* the low bytes: little-endian processors only */
    case CK_F64: memcpy(&bits, &value, 8); break;
    case CK_F16: bits = cp_half(value); break;
    case CK_BOOL: bits = cp_bool(value); break;
    default: bits = cp_u64(value);
    }
    return bits;
}

/* buf: out (n); p: type, n; f: value, which integers truncate */
static int ck_fill(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)err;
    typedef void (*filler)(char *out, int64_t from, int64_t to, uint64_t bits);
    static const filler fill[] = {[1] = cp_fill_1, [2] = cp_fill_2, [4] = cp_fill_4, [8] = cp_fill_8};
    int64_t n = p[1], item = ga_size[p[0]];
    filler fn = fill[item];
    uint64_t bits = cp_bits((int)p[0], f[0]);
    int threads = ln_threads(n * item, 512 << 10);
    if (threads <= 1) {
        fn(buf[0], 0, n, bits);
        return CK_OK;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) fn(buf[0], n / threads * t, t + 1 == threads ? n : n / threads * (t + 1), bits);
    return CK_OK;
}

/* buf: out (n); p: type, n; f: start, step. out[k] = start + k step; for integers both are truncated first. */
static int ck_iota(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)err;
    typedef void (*ranger)(char *out, int64_t from, int64_t to, double start, double step);
    static const ranger range[CK_DTYPES] = {
        [CK_F32] = cp_iota_f32, [CK_F64] = cp_iota_f64, [CK_I32] = cp_iota_4, [CK_I64] = cp_iota_8,
        [CK_BOOL] = cp_iota_bool, [CK_U8] = cp_iota_1, [CK_I8] = cp_iota_1, [CK_I16] = cp_iota_2,
        [CK_U16] = cp_iota_2, [CK_U32] = cp_iota_4, [CK_U64] = cp_iota_8, [CK_F16] = cp_iota_f16,
    };
    range[p[0]](buf[0], 0, p[1], f[0], f[1]);
    return CK_OK;
}

#define COPY_KERNELS {"copy", ck_copy}, {"fill", ck_fill}, {"iota", ck_iota},
