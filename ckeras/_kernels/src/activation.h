/* relu, relu6, sigmoid and tanh of one vector register, for the kernels that apply them to results they still hold.
 *
 * sigmoid and tanh share one exponential: y = k ln 2 + r with |r| <= ln(2) / 2 (Cody and Waite, 1980), then a
 * polynomial for exp(r) - 1 that leaves less than a quarter ulp. Keeping exp(r) - 1 rather than exp(r) is what keeps
 * tanh accurate near zero. NaN passes through unchanged.
 */
#ifndef CK_ACTIVATION_H
#define CK_ACTIVATION_H
#include "vector.h"

enum { CK_ACT_NONE, CK_ACT_RELU, CK_ACT_SIGMOID, CK_ACT_TANH, CK_ACT_RELU6 };

/* Whether it is one that kernels apply to sums in registers at no cost */
static inline int ck_clips(int act) { return act == CK_ACT_RELU || act == CK_ACT_RELU6; }

/* where(mask, a, b), lane by lane */
#define CK_PICK(V, I, mask, a, b) ((V)(((I)(a) & (mask)) | ((I)(b) & ~(mask))))

/* at_least: max(x, low), or NaN where x is. by_sign: a where the sign bit of x is set, else b. */
#if defined(__AVX512F__)
CK_INLINE ck_vf32 ck_at_least_f32(ck_vf32 x, float low)
{
    return (ck_vf32)_mm512_max_ps(_mm512_set1_ps(low), (__m512)x);
}
CK_INLINE ck_vf64 ck_at_least_f64(ck_vf64 x, double low)
{
    return (ck_vf64)_mm512_max_pd(_mm512_set1_pd(low), (__m512d)x);
}
CK_INLINE ck_vf32 ck_by_sign_f32(ck_vf32 x, ck_vf32 a, ck_vf32 b)
{
    return (ck_vf32)_mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)x), (__m512)b, (__m512)a);
}
CK_INLINE ck_vf64 ck_by_sign_f64(ck_vf64 x, ck_vf64 a, ck_vf64 b)
{
    return (ck_vf64)_mm512_mask_blend_pd(_mm512_movepi64_mask((__m512i)x), (__m512d)b, (__m512d)a);
}
#elif defined(__AVX2__)
CK_INLINE ck_vf32 ck_at_least_f32(ck_vf32 x, float low)
{
    return (ck_vf32)_mm256_max_ps(_mm256_set1_ps(low), (__m256)x);
}
CK_INLINE ck_vf64 ck_at_least_f64(ck_vf64 x, double low)
{
    return (ck_vf64)_mm256_max_pd(_mm256_set1_pd(low), (__m256d)x);
}
CK_INLINE ck_vf32 ck_by_sign_f32(ck_vf32 x, ck_vf32 a, ck_vf32 b)
{
    return (ck_vf32)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)x);
}
CK_INLINE ck_vf64 ck_by_sign_f64(ck_vf64 x, ck_vf64 a, ck_vf64 b)
{
    return (ck_vf64)_mm256_blendv_pd((__m256d)b, (__m256d)a, (__m256d)x);
}
#else
CK_INLINE ck_vf32 ck_at_least_f32(ck_vf32 x, float low)
{
    return CK_PICK(ck_vf32, ck_vi32, (ck_vi32)(x < (ck_vf32){} + low), (ck_vf32){} + low, x);
}
CK_INLINE ck_vf64 ck_at_least_f64(ck_vf64 x, double low)
{
    return CK_PICK(ck_vf64, ck_vi64, (ck_vi64)(x < (ck_vf64){} + low), (ck_vf64){} + low, x);
}
CK_INLINE ck_vf32 ck_by_sign_f32(ck_vf32 x, ck_vf32 a, ck_vf32 b)
{
    return CK_PICK(ck_vf32, ck_vi32, (ck_vi32)x >> 31, a, b);
}
CK_INLINE ck_vf64 ck_by_sign_f64(ck_vf64 x, ck_vf64 a, ck_vf64 b)
{
    return CK_PICK(ck_vf64, ck_vi64, (ck_vi64)x >> 63, a, b);
}
#endif

/* x * 2^k, where k is also the low bits of `shifted` minus those of `rounder`. 2^k is two factors, since it may be
 * subnormal. */
#if defined(__AVX512F__)
#define CK_SCALED(S, T, V, I, SCALEF, M, MANTISSA, BIAS)                                                               \
    CK_INLINE V ck_scaled_##S(V x, V k, I whole)                                                                       \
    {                                                                                                                  \
        (void)whole;                                                                                                   \
        return (V)SCALEF((M)x, (M)k);                                                                                  \
    }
#else
#define CK_SCALED(S, T, V, I, SCALEF, M, MANTISSA, BIAS)                                                               \
    CK_INLINE V ck_scaled_##S(V x, V k, I whole)                                                                       \
    {                                                                                                                  \
        (void)k;                                                                                                       \
        const I first = whole >> 1;                                                                                    \
        return x * (V)((first + BIAS) << MANTISSA) * (V)((whole - first + BIAS) << MANTISSA);                          \
    }
#endif
CK_SCALED(f32, float, ck_vf32, ck_vi32, _mm512_scalef_ps, __m512, 23, 127)
CK_SCALED(f64, double, ck_vf64, ck_vi64, _mm512_scalef_pd, __m512d, 52, 1023)
#undef CK_SCALED

#define CK_ACTIVATION(S, T, V, I, MANTISSA, BIAS, ROUNDER, LN2_HI, LN2_LO, LOW, TANH_LOW)                              \
    CK_INLINE V ck_relu_##S(V x) { return (V)((I)x & ~(I)(x < (V){})); }                                               \
                                                                                                                       \
    /* x, or relu or relu6 of it, as `act` says; min(relu(x), 6) where NaN stays NaN */                                \
    CK_INLINE V ck_clip_##S(V x, int act)                                                                              \
    {                                                                                                                  \
        if (act == CK_ACT_NONE) return x;                                                                              \
        const V y = ck_relu_##S(x), six = (V){} + (T)6;                                                                \
        return act == CK_ACT_RELU ? y : CK_PICK(V, I, (I)(y > six), six, y);                                           \
    }                                                                                                                  \
                                                                                                                       \
    /* y <= 0: exp(y) = 2^k (1 + p). Adding ROUNDER leaves the nearest integer, k, in the low bits. */                 \
    CK_INLINE V ck_exp_parts_##S(V y, V *k, I *whole)                                                                  \
    {                                                                                                                  \
        const V shifted = y * (T)1.44269504088896340736 + ROUNDER;                                                     \
        *k = shifted - ROUNDER;                                                                                        \
        *whole = (I)shifted - (I)((V){} + ROUNDER);                                                                    \
        return ck_expm1_series_##S((y - *k * LN2_HI) - *k * LN2_LO);                                                   \
    }                                                                                                                  \
                                                                                                                       \
    /* sigmoid(x) = 1 / (1 + e) for x >= 0 and e / (1 + e) below, e = exp(-|x|): neither overflows nor cancels */      \
    CK_INLINE V ck_sigmoid_##S(V x)                                                                                    \
    {                                                                                                                  \
        const I bit = ((I){} - 1) << (sizeof(T) * 8 - 1);                                                              \
        const V one = (V){} + (T)1;                                                                                    \
        V k;                                                                                                           \
        I whole;                                                                                                       \
        const V p = ck_exp_parts_##S(ck_at_least_##S((V)((I)x | bit), LOW), &k, &whole);                               \
        const V e = ck_scaled_##S(one + p, k, whole);                                                                  \
        return ck_by_sign_##S(x, e, one) / (one + e);                                                                  \
    }                                                                                                                  \
                                                                                                                       \
    /* tanh(x) = sign(x) * -q / (2 + q), q = exp(-2|x|) - 1, which is -1 below TANH_LOW */                             \
    CK_INLINE V ck_tanh_##S(V x)                                                                                       \
    {                                                                                                                  \
        const I bit = ((I){} - 1) << (sizeof(T) * 8 - 1);                                                              \
        const V one = (V){} + (T)1;                                                                                    \
        V k;                                                                                                           \
        I whole;                                                                                                       \
        const V p = ck_exp_parts_##S(ck_at_least_##S((V)((I)x | bit) * (T)2, TANH_LOW), &k, &whole);                   \
        const V scale = (V)((whole + BIAS) << MANTISSA), q = scale * p + (scale - one);                                \
        return (V)(((I)(q / (q + (T)2)) & ~bit) | ((I)x & bit));                                                       \
    }

/* exp(r) - 1: minimax polynomials (vmath.h), Taylor's where those would leave more than a quarter ulp */
CK_INLINE ck_vf32 ck_expm1_series_f32(ck_vf32 r)
{
    ck_vf32 s = r * 0.0013946672f + 0.0083667105f;
    s = s * r + 0.04166628f;
    s = s * r + 0.16666542f;
    s = s * r + 0.5f;
    return s * (r * r) + r;
}

CK_INLINE ck_vf64 ck_expm1_series_f64(ck_vf64 r)
{
    ck_vf64 s = r * (1. / 6227020800) + 1. / 479001600;
    s = s * r + 1. / 39916800;
    s = s * r + 1. / 3628800;
    s = s * r + 1. / 362880;
    s = s * r + 1. / 40320;
    s = s * r + 1. / 5040;
    s = s * r + 1. / 720;
    s = s * r + 1. / 120;
    s = s * r + 1. / 24;
    s = s * r + 1. / 6;
    s = s * r + .5;
    return s * r * r + r;
}

CK_ACTIVATION(f32, float, ck_vf32, ck_vi32, 23, 127, 12582912.f, 0.693359375f, -2.12194440e-4f, -104.f, -40.f)
CK_ACTIVATION(f64, double, ck_vf64, ck_vi64, 52, 1023, 6755399441055744., 6.93147180369123816490e-01,
              1.90821492927058770002e-10, -746., -80.)

#endif
