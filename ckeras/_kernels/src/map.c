/* Fused elementwise kernels: instructions interpreted over blocks that stay in L1, in one pass over memory.
 *
 * buf: n_out outputs, then n_in inputs. f: the values of the constants. p:
 *   n, ndim, n_in, n_out, n_const, n_step, n_reg, cost     cost: cycles per element of the fused kernel
 *   dims[ndim]                                              their product is n
 *   n_in times    kind, itemsize, reg, stride[ndim]         0 contiguous, 1 one element, 2 strided (in elements)
 *   n_const times reg, dtype
 *   n_out times   reg, itemsize, direct                     direct: a step may write into the output itself
 *   n_step times  opcode, dst, a, b, c                      registers; -1 where the step has no such operand
 *
 * Bounds: ndim in 1..CK_MAX_NDIM, n_reg in 1..128. A step's dst may be one of its operands if their item sizes are equal or
 * dst's is smaller. A step may overwrite a register that was read from an input or a constant: the input's memory
 * does not change. An output may alias a contiguous input exactly; `direct` must be 0 if a later step still reads it.
  * The block length depends on the kernel only, and a block is computed by one thread: threads change no result.
 */
#include <omp.h>

#include "kernels.h"
#include "vmath.h"
#include "vmath_arc.h"
#include "vmath_arc.h"

typedef float t_f32, u_f32;
typedef double t_f64, u_f64;
typedef int32_t t_i32;
typedef uint32_t u_i32;
typedef int64_t t_i64;
typedef uint64_t u_i64;
typedef uint8_t t_bool, t_u8;
typedef int8_t t_i8;
typedef int16_t t_i16;
typedef uint16_t t_u16, t_f16;
typedef uint32_t t_u32;
typedef uint64_t t_u64;

/* ---- what a step computes, where it is not one expression ---- */

/* Quotient rounded down; 0 where the divisor is 0; the one overflow, MIN / -1, wraps. The quotient of two int32 in
 * double is never rounded across an integer, and there the loop vectorises. */
VM_INLINE int32_t floor_divide_i32(int32_t x, int32_t y)
{
    double q = __builtin_floor((double)x / (double)(y == 0 ? 1 : y));
    int32_t r = (int32_t)(q > 2147483647.0 ? -2147483648.0 : q);
    return y == 0 ? 0 : r;
}
VM_INLINE int32_t mod_i32(int32_t x, int32_t y)
{
    return y == 0 ? 0 : (int32_t)((uint32_t)x - (uint32_t)floor_divide_i32(x, y) * (uint32_t)y);
}
VM_INLINE int64_t floor_divide_i64(int64_t x, int64_t y)
{
    if (y == 0) return 0;
    if (y == -1) return (int64_t)(0 - (uint64_t)x);
    return x / y - (x % y != 0 && (x < 0) != (y < 0));
}
VM_INLINE int64_t mod_i64(int64_t x, int64_t y)
{
    if (y == 0 || y == -1) return 0;
    int64_t r = x % y;
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

/* By squaring, wrapping around. A negative exponent gives the integer part of the true result: 0 but for +-1. */
#define POWER(D)                                                                                                       \
    VM_INLINE t_##D power_##D(t_##D x, t_##D y)                                                                        \
    {                                                                                                                  \
        if (y < 0) return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0;                                                 \
        u_##D base = (u_##D)x, r = 1;                                                                                  \
        for (; y; y >>= 1, base *= base)                                                                               \
            if (y & 1) r *= base;                                                                                      \
        return (t_##D)r;                                                                                               \
    }
POWER(i32)
POWER(i64)

/* Python's: mod has the divisor's sign, and x = floor_divide * y + mod up to rounding; by 0: nan and x / 0. */
#define FLOAT_DIVISION(D, e)                                                                                           \
    VM_INLINE t_##D mod_##D(t_##D x, t_##D y)                                                                          \
    {                                                                                                                  \
        t_##D r = fmod##e(x, y);                                                                                       \
        if (r == 0) return __builtin_copysign##e(0, y);                                                                \
        return (r < 0) != (y < 0) ? r + y : r;                                                                         \
    }                                                                                                                  \
    VM_INLINE t_##D floor_divide_##D(t_##D x, t_##D y)                                                                 \
    {                                                                                                                  \
        if (y == 0) return x / y;                                                                                      \
        t_##D r = fmod##e(x, y), q = (x - r) / y;                                                                      \
        if (r != 0 && (r < 0) != (y < 0)) q -= 1;                                                                      \
        if (q == 0) return __builtin_copysign##e(0, x / y);                                                            \
        t_##D whole = __builtin_floor##e(q);                                                                           \
        return q - whole > (t_##D)0.5 ? whole + 1 : whole;                                                             \
    }
FLOAT_DIVISION(f32, f)
FLOAT_DIVISION(f64, )

/* ---- half precision in integers, as not every processor has it ---- */

VM_INLINE float half_to_f32(uint16_t h)
{
    int32_t magnitude = (int32_t)(h & 0x7FFF);
    int32_t bits = vm_bits_f32(vm_from_f32(magnitude << 13) * 0x1p+112f); /* denormals become normal */
    bits |= magnitude >= 0x7C00 ? 0x7F800000 : 0;
    return vm_from_f32(bits | (int32_t)((uint32_t)(h & 0x8000) << 16));
}

VM_INLINE uint16_t half_from_f32(float x)
{
    int32_t bits = vm_bits_f32(x), a = bits & 0x7FFFFFFF;
    int32_t normal = (a + 0xFFF + (a >> 13 & 1) - (112 << 23)) >> 13;
    int32_t denormal = vm_bits_f32(vm_from_f32(a) + 0.5f) - 0x3F000000; /* 0.5 has the ulp of a half's denormal */
    int32_t h = a < 0x38800000 ? denormal : normal;
    h = a >= 0x477FF000 ? 0x7C00 : h; /* 65520 and above */
    h = a > 0x7F800000 ? 0x7E00 : h;
    return (uint16_t)(h | (bits >> 16 & 0x8000));
}

/* Rounded to odd on the way through float, so that the second rounding is the only one (Boldo & Melquiond 2008). */
VM_INLINE uint16_t half_from_f64(double x)
{
    float f = (float)x;
    int32_t bits = vm_bits_f32(f), too_far = __builtin_fabs((double)f) > __builtin_fabs(x);
    int32_t odd = (bits - too_far) | 1;
    return half_from_f32(vm_from_f32((double)f == x ? bits : odd));
}

#define MAP_FROM_f32(x) (x)
#define MAP_FROM_f64(x) (x)
#define MAP_FROM_i32(x) (x)
#define MAP_FROM_i64(x) (x)
#define MAP_FROM_bool(x) ((x) != 0)
#define MAP_FROM_u8(x) (x)
#define MAP_FROM_i8(x) (x)
#define MAP_FROM_i16(x) (x)
#define MAP_FROM_u16(x) (x)
#define MAP_FROM_u32(x) (x)
#define MAP_FROM_u64(x) (x)
#define MAP_FROM_f16(x) half_to_f32(x)
/* Small integers through a wider one, as a real number out of their range is then taken modulo, not undefined. */
#define MAP_TO_f32(x) (float)(x)
#define MAP_TO_f64(x) (double)(x)
#define MAP_TO_i32(x) (int32_t)(x)
#define MAP_TO_i64(x) (int64_t)(x)
#define MAP_TO_bool(x) ((x) != 0)
#define MAP_TO_u8(x) (uint8_t)(int32_t)(x)
#define MAP_TO_i8(x) (int8_t)(int32_t)(x)
#define MAP_TO_i16(x) (int16_t)(int32_t)(x)
#define MAP_TO_u16(x) (uint16_t)(int32_t)(x)
#define MAP_TO_u32(x) (uint32_t)(int64_t)(x)
#define MAP_TO_u64(x) (uint64_t)(x)
#define MAP_TO_f16(x) _Generic((x), double: half_from_f64(x), default: half_from_f32((float)(x)))

/* ---- the steps ---- */

/* dst may be an operand. ivdep promises the compiler that iterations are independent, which restrict could not. */
#define BLOCK(name) static void name(void *dst_, const void *a_, const void *b_, const void *c_, int64_t n)
#define EACH _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++)

#define UNARY(name, D, R, cost, expression)                                                                            \
    BLOCK(map_##name##_##D)                                                                                            \
    {                                                                                                                  \
        t_##R *dst = dst_;                                                                                             \
        const t_##D *a = a_;                                                                                           \
        EACH                                                                                                           \
        {                                                                                                              \
            const t_##D x = a[i];                                                                                      \
            dst[i] = expression;                                                                                       \
        }                                                                                                              \
    }
#define BINARY(name, D, R, cost, expression)                                                                           \
    BLOCK(map_##name##_##D)                                                                                            \
    {                                                                                                                  \
        t_##R *dst = dst_;                                                                                             \
        const t_##D *a = a_, *b = b_;                                                                                  \
        EACH                                                                                                           \
        {                                                                                                              \
            const t_##D x = a[i], y = b[i];                                                                            \
            dst[i] = expression;                                                                                       \
        }                                                                                                              \
    }
#define TERNARY(name, D, cost, expression)                                                                             \
    BLOCK(map_##name##_##D)                                                                                            \
    {                                                                                                                  \
        t_##D *dst = dst_;                                                                                             \
        const uint8_t *a = a_;                                                                                         \
        const t_##D *b = b_, *c = c_;                                                                                  \
        EACH                                                                                                           \
        {                                                                                                              \
            const uint8_t x = a[i];                                                                                    \
            const t_##D y = b[i], z = c[i];                                                                            \
            dst[i] = expression;                                                                                       \
        }                                                                                                              \
    }
#define TRIPLE(name, D, cost, expression)                                                                              \
    BLOCK(map_##name##_##D)                                                                                            \
    {                                                                                                                  \
        t_##D *dst = dst_;                                                                                             \
        const t_##D *a = a_, *b = b_, *c = c_;                                                                         \
        EACH                                                                                                           \
        {                                                                                                              \
            const t_##D x = a[i], y = b[i], z = c[i];                                                                  \
            dst[i] = expression;                                                                                       \
        }                                                                                                              \
    }
#define CAST(F, T, cost)                                                                                               \
    BLOCK(map_cast_##F##_##T)                                                                                          \
    {                                                                                                                  \
        t_##T *dst = dst_;                                                                                             \
        const t_##F *a = a_;                                                                                           \
        EACH dst[i] = MAP_TO_##T(MAP_FROM_##F(a[i]));                                                                  \
    }

/* The polynomials of vmath.h up to their bound; libm for the elements beyond, if there are any. */
#define TRIG_STEP(name, D, e)                                                                                          \
    BLOCK(map_##name##_##D)                                                                                            \
    {                                                                                                                  \
        t_##D *dst = dst_, kept[64];                                                                                   \
        const t_##D *a = a_;                                                                                           \
        int far = 0;                                                                                                   \
        for (int64_t i = 0; i < n; i++) far |= __builtin_fabs##e(a[i]) > VM_TRIG_MAX_##D;                              \
        if (!far) {                                                                                                    \
            EACH dst[i] = vm_##name##_##D(a[i]);                                                                       \
            return;                                                                                                    \
        }                                                                                                              \
        for (int64_t at = 0; at < n; at += 64) {                                                                       \
            int64_t m = n - at < 64 ? n - at : 64;                                                                     \
            memcpy(kept, a + at, m * sizeof *kept);                                                                    \
            for (int64_t i = 0; i < m; i++) dst[at + i] = vm_##name##_##D(kept[i]);                                    \
            for (int64_t i = 0; i < m; i++)                                                                            \
                if (__builtin_fabs##e(kept[i]) > VM_TRIG_MAX_##D) dst[at + i] = name##e(kept[i]);                      \
        }                                                                                                              \
    }
TRIG_STEP(sin, f32, f)
TRIG_STEP(cos, f32, f)
TRIG_STEP(tan, f32, f)
TRIG_STEP(sin, f64, )
TRIG_STEP(cos, f64, )
TRIG_STEP(tan, f64, )

/* x / (sqrt(y) + z), the step of many optimizers. */
#define DIV_ROOT(D, e)                                                                                                 \
    BLOCK(map_div_root_##D)                                                                                            \
    {                                                                                                                  \
        t_##D *dst = dst_;                                                                                             \
        const t_##D *a = a_, *b = b_, *c = c_;                                                                         \
        EACH dst[i] = a[i] / (__builtin_sqrt##e(b[i]) + c[i]);                                                         \
    }
DIV_ROOT(f64, )
#if defined(__AVX512F__)
/* Dividers are slow and take square roots too, so the quotient comes from a reciprocal, which one step of Newton makes
 * as good as a float32, and the remainder of x (Markstein, 1990): almost always the nearest float32. Outside of the
 * range where no step under- or overflows, it is divided. */
BLOCK(map_div_root_f32)
{
    float *dst = dst_;
    const float *a = a_, *b = b_, *c = c_;
    const __m512 lowest = _mm512_set1_ps(0x1p-32f), most = _mm512_set1_ps(0x1p100f), one = _mm512_set1_ps(1);
    for (int64_t i = 0; i < n; i += 16) {
        const __mmask16 part = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : 0xFFFF;
        const __m512 x = _mm512_maskz_loadu_ps(part, a + i);
        const __m512 y = _mm512_add_ps(_mm512_sqrt_ps(_mm512_maskz_loadu_ps(part, b + i)),
                                       _mm512_mask_loadu_ps(one, part, c + i));
        __m512 r = _mm512_rcp14_ps(y);
        r = _mm512_fmadd_ps(_mm512_fnmadd_ps(y, r, one), r, r);
        __m512 q = _mm512_mul_ps(x, r);
        q = _mm512_fmadd_ps(_mm512_fnmadd_ps(y, q, x), r, q);
        __mmask16 usual = _mm512_cmp_ps_mask(y, lowest, _CMP_GE_OQ);
        usual = _mm512_mask_cmp_ps_mask(usual, y, most, _CMP_LE_OQ);
        usual = _mm512_mask_cmp_ps_mask(usual, _mm512_abs_ps(x), most, _CMP_LE_OQ);
        if (__builtin_expect(usual != 0xFFFF, 0)) q = _mm512_div_ps(x, y);
        _mm512_mask_storeu_ps(dst + i, part, q);
    }
}
#else
DIV_ROOT(f32, f)
#endif
#undef DIV_ROOT
#define CUSTOM(name, D, R, cost)

#include "map_ops.h"

#undef UNARY
#undef BINARY
#undef TERNARY
#undef TRIPLE
#undef CUSTOM
#undef CAST
#define UNARY(name, D, R, cost, expression) {#name "." #D, map_##name##_##D, cost},
#define BINARY(name, D, R, cost, expression) {#name "." #D, map_##name##_##D, cost},
#define TERNARY(name, D, cost, expression) {#name "." #D, map_##name##_##D, cost},
#define TRIPLE(name, D, cost, expression) {#name "." #D, map_##name##_##D, cost},
#define CUSTOM(name, D, R, cost) {#name "." #D, map_##name##_##D, cost},
#define CAST(F, T, cost) {"cast." #F "." #T, map_cast_##F##_##T, cost},

static const ck_map_op ck_map_ops[] = {
#include "map_ops.h"
    {NULL, NULL, 0},
};

#undef UNARY
#undef BINARY
#undef TERNARY
#undef TRIPLE
#undef CUSTOM
#undef CAST
#define UNARY(name, D, R, cost, expression) sizeof(t_##R),
#define BINARY(name, D, R, cost, expression) sizeof(t_##R),
#define TERNARY(name, D, cost, expression) sizeof(t_##D),
#define TRIPLE(name, D, cost, expression) sizeof(t_##D),
#define CUSTOM(name, D, R, cost) sizeof(t_##R),
#define CAST(F, T, cost) sizeof(t_##T),

/* The item size of each opcode's result. */
static const uint8_t map_result_size[] = {
#include "map_ops.h"
};

#undef UNARY
#undef BINARY
#undef TERNARY
#undef TRIPLE
#undef CUSTOM
#undef CAST
#undef BLOCK
#undef EACH
#undef POWER
#undef FLOAT_DIVISION
#undef TRIG_STEP

/* ---- the interpreter ---- */

enum {
    MAP_MAX_REG = 128,
    MAP_MAX_STEPS = 64,         /* steps and operands of a fused program, whose registers then suffice */
    MAP_MAX_OPERANDS = 32,
    MAP_L1_BYTES = 12288,       /* of scratch; the rest of L1 is for the blocks of inputs and outputs */
    MAP_MAX_BLOCK = 2048,
    MAP_FAR_BYTES = 1 << 20,    /* of whole arrays, from which on they are taken to be in memory: short blocks then, */
    MAP_FAR_BLOCK = 256,        /* as memory is fetched ahead best where all arrays are read a little at a time */
    MAP_BLOCK_CYCLES = 8192,    /* a block that costs more is cut, so that threads have something to share */
    MAP_THREAD_CYCLES = 32768,  /* what a thread must have to do to be worth waking */
    MAP_PAD = 128,              /* bytes after each register: rows may be written past their end */
};

/* Where a register's block comes from. */
enum { MAP_TEMPORARY, MAP_IN_PLACE, MAP_EXPANDED };

typedef struct {
    char *const *buf;
    const int64_t *p, *dims, *in, *consts, *outs, *steps;
    const double *f;
    int64_t block;
    int n_strided;
    uint8_t item[MAP_MAX_REG];    /* bytes an element in scratch; 0: the register has no scratch */
    uint8_t written[MAP_MAX_REG]; /* by a step */
    uint8_t storage[MAP_MAX_REG];
    uint8_t *direct; /* [n_out] */
} map_job;

/* One strided input: its dims merged where its strides allow, and where the odometer stands. */
typedef struct {
    const char *base;
    int64_t *dims, *strides, *at, offset;
    int ndim, reg, item, once; /* once: a block holds whole periods, so every block is the same */
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

static void map_open(map_strided *s, const map_job *job, const int64_t *in, const char *base, int64_t start)
{
    const int ndim = (int)job->p[1];
    const int64_t *dims = job->dims, *strides = in + 3;
    s->base = base;
    s->item = (int)in[1];
    s->reg = (int)in[2];
    s->period = map_period(dims, strides, ndim);
    s->once = !job->written[s->reg] && job->block % s->period == 0;
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

/* A constant in its dtype; returns its item size. */
static int map_constant(char *dst, double value, int64_t dtype)
{
#define CONSTANT(code, D)                                                                                              \
    case code: {                                                                                                       \
        t_##D v = MAP_TO_##D(value);                                                                                   \
        memcpy(dst, &v, sizeof v);                                                                                     \
        return sizeof v;                                                                                               \
    }
    switch (dtype) {
        CONSTANT(CK_F32, f32)
        CONSTANT(CK_F64, f64)
        CONSTANT(CK_I32, i32)
        CONSTANT(CK_I64, i64)
        CONSTANT(CK_BOOL, bool)
        CONSTANT(CK_U8, u8)
        CONSTANT(CK_I8, i8)
        CONSTANT(CK_I16, i16)
        CONSTANT(CK_U16, u16)
        CONSTANT(CK_U32, u32)
        CONSTANT(CK_U64, u64)
        CONSTANT(CK_F16, f16)
    }
#undef CONSTANT
    return 0;
}

static const uint8_t map_dtype_size[CK_DTYPES] = {
    [CK_F32] = 4, [CK_F64] = 8, [CK_I32] = 4, [CK_I64] = 8, [CK_BOOL] = 1, [CK_U8] = 1,
    [CK_I8] = 1,  [CK_I16] = 2, [CK_U16] = 2, [CK_U32] = 4, [CK_U64] = 8,  [CK_F16] = 2,
};

/* Bytes of scratch for one register, a multiple of a cache line. */
static inline int64_t map_scratch_bytes(int64_t n, int item) { return ((n * item + 63) & ~(int64_t)63) + MAP_PAD; }

/* Run the map as one block, without the preparations that only several blocks need. */
static void map_run_single(const map_job *job, int64_t n)
{
    const int64_t *p = job->p;
    const int ndim = (int)p[1], n_in = (int)p[2], n_out = (int)p[3], n_const = (int)p[4], n_step = (int)p[5];
    const int n_reg = (int)p[6], in_size = 3 + ndim;
    int64_t bytes = 64;
    for (int r = 0; r < n_reg; r++)
        if (job->item[r]) bytes += map_scratch_bytes(n, job->item[r]);
    char memory[bytes], *next = memory + (-(uintptr_t)memory & 63);
    char *slots[MAP_MAX_REG + 1], **reg = slots + 1;
    slots[0] = NULL; /* register -1 */
    for (int r = 0; r < n_reg; r++) {
        if (!job->item[r]) continue;
        reg[r] = next;
        next += map_scratch_bytes(n, job->item[r]);
    }
    const int64_t *in = job->in;
    for (int i = 0; i < n_in; i++, in += in_size) {
        const int r = (int)in[2], item = (int)in[1];
        char *base = job->buf[n_out + i];
        if (in[0] == 2) {
            int64_t odometer[3 * ndim];
            map_strided s = {.dims = odometer, .strides = odometer + ndim, .at = odometer + 2 * ndim};
            map_open(&s, job, in, base, 0);
            reg[r] = job->written[r] ? map_read(&s, reg[r], n, 0) : map_read_periodic(&s, reg[r], n, s.period);
        } else if (!job->written[r] && (in[0] == 0 || n == 1)) {
            reg[r] = base;
        } else if (in[0] == 0) {
            memcpy(reg[r], base, n * item);
        } else {
            map_fill(reg[r], base, n, item);
        }
    }
    for (int i = 0; i < n_const; i++) {
        char value[8];
        int item = map_constant(value, job->f[i], job->consts[2 * i + 1]);
        map_fill(reg[job->consts[2 * i]], value, n, item);
    }
    const int64_t *out = job->outs;
    for (int i = 0; i < n_out; i++, out += 3)
        if (job->direct[i]) reg[out[0]] = job->buf[i];
    const int64_t *s = job->steps;
    for (int i = 0; i < n_step; i++, s += 5) ck_map_ops[s[0]].fn(reg[s[1]], reg[s[2]], reg[s[3]], reg[s[4]], n);
    out = job->outs;
    for (int i = 0; i < n_out; i++, out += 3)
        if (!job->direct[i]) memcpy(job->buf[i], reg[out[0]], n * out[1]);
}

/* Elements [start, end) of the index space; start is a multiple of the block length. */
static void map_run(const map_job *job, int64_t start, int64_t end)
{
    const int64_t *p = job->p;
    const int ndim = (int)p[1], n_in = (int)p[2], n_out = (int)p[3], n_const = (int)p[4], n_step = (int)p[5];
    const int n_reg = (int)p[6], in_size = 3 + ndim;
    const int64_t first = end - start < job->block ? end - start : job->block; /* the longest block of this range */

    int64_t bytes = 64;
    for (int r = 0; r < n_reg; r++)
        if (job->item[r]) bytes += map_scratch_bytes(first, job->item[r]);
    char memory[bytes], *next = memory + (-(uintptr_t)memory & 63);
    char *slots[MAP_MAX_REG + 1], **reg = slots + 1, *scratch[MAP_MAX_REG];
    slots[0] = NULL; /* register -1 */
    for (int r = 0; r < n_reg; r++) {
        if (!job->item[r]) continue;
        reg[r] = scratch[r] = next;
        next += map_scratch_bytes(first, job->item[r]);
    }

    map_strided strided[job->n_strided + 1];
    int64_t odometers[3 * ndim * job->n_strided + 1];
    struct {
        char *base;
        int reg, item;
    } moving[n_in + n_out + 1];
    int n_strided = 0, n_moving = 0, refresh = 0;
    const int64_t *in = job->in;
    for (int i = 0; i < n_in; i++, in += in_size) {
        const int r = (int)in[2];
        char *base = job->buf[n_out + i];
        if (in[0] == 0 && job->storage[r] == MAP_IN_PLACE) {
            moving[n_moving].base = base;
            moving[n_moving].reg = r;
            moving[n_moving++].item = (int)in[1];
        } else if (in[0] == 2) {
            map_strided *s = &strided[n_strided];
            s->dims = odometers + 3 * ndim * n_strided++;
            s->strides = s->dims + ndim;
            s->at = s->strides + ndim;
            map_open(s, job, in, base, start);
            if (s->once) reg[r] = map_read_periodic(s, scratch[r], first, s->period);
        } else if (job->written[r]) {
            refresh = 1;
        } else {
            map_fill(reg[r], base, first, (int)in[1]);
        }
    }
    for (int i = 0; i < n_const; i++) {
        const int r = (int)job->consts[2 * i];
        if (job->written[r]) {
            refresh = 1;
            continue;
        }
        char value[8];
        int item = map_constant(value, job->f[i], job->consts[2 * i + 1]);
        map_fill(reg[r], value, first, item);
    }
    int copies = 0;
    for (int i = 0; i < n_out; i++) {
        if (job->direct[i]) {
            moving[n_moving].base = job->buf[i];
            moving[n_moving].reg = (int)job->outs[3 * i];
            moving[n_moving++].item = (int)job->outs[3 * i + 1];
        } else {
            copies = 1;
        }
    }

    for (int64_t at = start; at < end; at += job->block) {
        const int64_t n = end - at < job->block ? end - at : job->block;
        for (int i = 0; i < n_moving; i++) reg[moving[i].reg] = moving[i].base + at * moving[i].item;
        for (int i = 0; i < n_strided; i++) {
            map_strided *s = &strided[i];
            if (!s->once) reg[s->reg] = map_read(s, scratch[s->reg], n, !job->written[s->reg]);
        }
        if (refresh) { /* what a step of the last block has overwritten */
            in = job->in;
            for (int i = 0; i < n_in; i++, in += in_size) {
                const int r = (int)in[2], item = (int)in[1];
                if (!job->written[r]) continue;
                if (in[0] == 0) memcpy(reg[r], job->buf[n_out + i] + at * item, n * item);
                if (in[0] == 1) map_fill(reg[r], job->buf[n_out + i], n, item);
            }
            for (int i = 0; i < n_const; i++) {
                const int r = (int)job->consts[2 * i];
                if (!job->written[r]) continue;
                char value[8];
                int item = map_constant(value, job->f[i], job->consts[2 * i + 1]);
                map_fill(reg[r], value, n, item);
            }
        }
        const int64_t *s = job->steps;
        for (int i = 0; i < n_step; i++, s += 5) ck_map_ops[s[0]].fn(reg[s[1]], reg[s[2]], reg[s[3]], reg[s[4]], n);
        if (!copies) continue;
        for (int i = 0; i < n_out; i++) {
            const int64_t *out = job->outs + 3 * i;
            if (!job->direct[i]) memcpy(job->buf[i] + at * out[1], reg[out[0]], n * out[1]);
        }
    }
}

static int64_t map_gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static inline int64_t map_cost(const int64_t *p) { return p[7] > 0 ? p[7] : 1; }

/* Fills `job` but for `direct`'s memory, which the caller gives: a byte for each output. */
static void map_prepare(map_job *job, char *const *buf, const int64_t *p, const double *f, uint8_t *direct)
{
    const int64_t n = p[0], cost = map_cost(p);
    const int ndim = (int)p[1], n_in = (int)p[2], n_out = (int)p[3], n_const = (int)p[4], n_step = (int)p[5];
    const int n_reg = (int)p[6], in_size = 3 + ndim;
    job->buf = buf;
    job->p = p;
    job->f = f;
    job->dims = p + 8;
    job->in = job->dims + ndim;
    job->consts = job->in + n_in * in_size;
    job->outs = job->consts + 2 * n_const;
    job->steps = job->outs + 3 * n_out;
    job->direct = direct;
    job->n_strided = 0;
    for (int r = 0; r < n_reg; r += 8) { /* eight registers at a time */
        memset(job->item + r, 0, 8);
        memset(job->written + r, 0, 8);
        memset(job->storage + r, MAP_TEMPORARY, 8);
    }

    const int64_t *s = job->steps;
    for (int i = 0; i < n_step; i++, s += 5) {
        const uint8_t item = map_result_size[s[0]];
        if (job->item[s[1]] < item) job->item[s[1]] = item;
        job->written[s[1]] = 1;
    }
    const int64_t *in = job->in;
    for (int i = 0; i < n_in; i++, in += in_size) {
        const int r = (int)in[2];
        job->n_strided += in[0] == 2;
        job->storage[r] = in[0] == 0 && !job->written[r] ? MAP_IN_PLACE : MAP_EXPANDED;
        if (job->storage[r] == MAP_EXPANDED && job->item[r] < in[1]) job->item[r] = (uint8_t)in[1];
    }
    for (int i = 0; i < n_const; i++) {
        const int r = (int)job->consts[2 * i];
        const uint8_t item = map_dtype_size[job->consts[2 * i + 1]];
        job->storage[r] = MAP_EXPANDED;
        if (job->item[r] < item) job->item[r] = item;
    }
    for (int i = 0; i < n_out; i++) {
        const int r = (int)job->outs[3 * i];
        direct[i] = job->outs[3 * i + 2] && job->storage[r] == MAP_TEMPORARY && job->item[r] == job->outs[3 * i + 1];
        if (direct[i]) { /* no scratch; and no other output may be written there */
            job->storage[r] = MAP_IN_PLACE;
            job->item[r] = 0;
        }
    }

    int64_t each = 0; /* scratch bytes an element */
    for (int r = 0; r < n_reg; r++) each += job->item[r];
    if (n <= 64 || (n <= MAP_MAX_BLOCK && n * each <= MAP_L1_BYTES && n * cost <= MAP_BLOCK_CYCLES)) {
        job->block = n;
        return;
    }
    int64_t whole = 0; /* bytes an element of what is as large as the map */
    in = job->in;
    for (int i = 0; i < n_in; i++, in += in_size) whole += in[0] == 0 ? in[1] : 0;
    for (int i = 0; i < n_out; i++) whole += job->outs[3 * i + 1];
    int64_t block = !job->n_strided && n * whole > MAP_FAR_BYTES ? MAP_FAR_BLOCK : MAP_MAX_BLOCK;
    if (each * block > MAP_L1_BYTES) block = MAP_L1_BYTES / each;
    if (cost * block > MAP_BLOCK_CYCLES) block = MAP_BLOCK_CYCLES / cost;
    block = block < 64 ? 64 : block & ~(int64_t)63;
    if (job->n_strided && n > block) { /* whole periods of broadcast inputs in a block: these are read once */
        int64_t multiple = 64;
        in = job->in;
        for (int i = 0; i < n_in; i++, in += in_size) {
            if (in[0] != 2) continue;
            int64_t period = map_period(job->dims, in + 3, ndim);
            if (period > block) continue;
            int64_t both = multiple / map_gcd(multiple, period) * period;
            if (both <= block) multiple = both;
        }
        block -= block % multiple;
    }
    job->block = block;
}

static int ck_map(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    const int64_t n = p[0];
    if (n <= 0) return CK_OK;
    uint8_t direct[p[3] + 1];
    map_job job;
    map_prepare(&job, buf, p, f, direct);
    const int64_t block = job.block;
    if (block == n) {
        map_run_single(&job, n);
        return CK_OK;
    }
    const int64_t blocks = (n + block - 1) / block, worth = n * map_cost(p) / MAP_THREAD_CYCLES;
    int64_t threads = ck_threads;
    if (threads > worth) threads = worth;
    if (threads > blocks) threads = blocks;
    if (threads <= 1) {
        map_run(&job, 0, n);
        return CK_OK;
    }
    const ck_mode mode = ck_get_mode();
#pragma omp parallel num_threads((int)threads)
    {
        const ck_mode own = ck_enter(mode);
        const int64_t t = omp_get_thread_num(), of = omp_get_num_threads();
        const int64_t start = blocks * t / of * block, stop = blocks * (t + 1) / of * block;
        if (start < n) map_run(&job, start, stop < n ? stop : n);
        ck_leave(own);
    }
    return CK_OK;
}

#undef MAP_ITEM_TYPES

#define MAP_KERNELS {"map", ck_map},
#define MAP_CONSTANTS {"MAP_MAX_STEPS", MAP_MAX_STEPS}, {"MAP_MAX_OPERANDS", MAP_MAX_OPERANDS},
