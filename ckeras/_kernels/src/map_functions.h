/* The functions of the elementwise instructions, each over a block of elements, and the tables of opcodes. */
#include "map_scalars.h"

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
#define TRIGONOMETRIC(name, D, e)                                                                                      \
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
TRIGONOMETRIC(sin, f32, f)
TRIGONOMETRIC(cos, f32, f)
TRIGONOMETRIC(tan, f32, f)
TRIGONOMETRIC(sin, f64, )
TRIGONOMETRIC(cos, f64, )
TRIGONOMETRIC(tan, f64, )

/* x / (sqrt(y) + z), the update of many optimizers. */
#define DIV_ROOT(D, e)                                                                                                 \
    BLOCK(map_div_root_##D)                                                                                            \
    {                                                                                                                  \
        t_##D *dst = dst_;                                                                                             \
        const t_##D *a = a_, *b = b_, *c = c_;                                                                         \
        EACH dst[i] = a[i] / (__builtin_sqrt##e(b[i]) + c[i]);                                                         \
    }
/* x / sqrt(y + z), that of RMSprop and Adagrad */
#define DIV_ROOT_OF_SUM(D, e)                                                                                          \
    BLOCK(map_div_root_of_sum_##D)                                                                                     \
    {                                                                                                                  \
        t_##D *dst = dst_;                                                                                             \
        const t_##D *a = a_, *b = b_, *c = c_;                                                                         \
        EACH dst[i] = a[i] / __builtin_sqrt##e(b[i] + c[i]);                                                           \
    }
DIV_ROOT(f64, )
DIV_ROOT_OF_SUM(f64, )
#if defined(__AVX512F__)
/* Dividers are slow and take square roots too, so the quotient comes from a reciprocal, which one Newton step makes
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
/* The reciprocal of the root, in one Newton step: within two units in the last place. */
BLOCK(map_div_root_of_sum_f32)
{
    float *dst = dst_;
    const float *a = a_, *b = b_, *c = c_;
    const __m512 lowest = _mm512_set1_ps(0x1p-100f), most = _mm512_set1_ps(0x1p100f), one = _mm512_set1_ps(1);
    const __m512 half = _mm512_set1_ps(0.5f);
    for (int64_t i = 0; i < n; i += 16) {
        const __mmask16 part = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : 0xFFFF;
        const __m512 x = _mm512_maskz_loadu_ps(part, a + i);
        const __m512 y = _mm512_add_ps(_mm512_maskz_loadu_ps(part, b + i), _mm512_mask_loadu_ps(one, part, c + i));
        const __m512 r = _mm512_rsqrt14_ps(y), h = _mm512_mul_ps(half, r);
        const __m512 error = _mm512_fnmadd_ps(_mm512_mul_ps(y, r), h, half);
        __m512 q = _mm512_mul_ps(x, _mm512_fmadd_ps(r, error, r));
        __mmask16 usual = _mm512_cmp_ps_mask(y, lowest, _CMP_GE_OQ);
        usual = _mm512_mask_cmp_ps_mask(usual, y, most, _CMP_LE_OQ);
        if (__builtin_expect(usual != 0xFFFF, 0)) q = _mm512_div_ps(x, _mm512_sqrt_ps(y));
        _mm512_mask_storeu_ps(dst + i, part, q);
    }
}
#else
DIV_ROOT(f32, f)
DIV_ROOT_OF_SUM(f32, f)
#endif
#undef DIV_ROOT
#undef DIV_ROOT_OF_SUM
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
#undef TRIGONOMETRIC
