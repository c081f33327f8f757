/* relu, sigmoid and tanh of one vector register, for the kernels that apply them to results they still hold.
 *
 * sigmoid and tanh share one exponential: y = k ln 2 + r with |r| <= ln(2) / 2 (Cody and Waite, 1980), then the
 * Taylor series of exp(r) - 1, long enough to leave less than a quarter ulp. Keeping exp(r) - 1 rather than exp(r) is
 * what keeps tanh accurate near zero. Every comparison is false for NaN, so NaN passes through unchanged.
 */
#ifndef CK_ACTIVATION_H
#define CK_ACTIVATION_H
#include "vector.h"

enum { CK_ACT_NONE, CK_ACT_RELU, CK_ACT_SIGMOID, CK_ACT_TANH };

/* where(mask, a, b), lane by lane */
#define CK_PICK(V, I, mask, a, b) ((V)(((I)(a) & (mask)) | ((I)(b) & ~(mask))))

#define CK_ACTIVATION(S, T, V, I, MANTISSA, BIAS, ROUNDER, LN2_HI, LN2_LO, LIMIT)                                      \
    CK_INLINE V ck_relu_##S(V x) { return (V)((I)x & ~(I)(x < (V){})); }                                               \
                                                                                                                       \
    /* y <= 0: exp(y) - 1 = scale * p + (scale - 1) with scale = 2^k; scale is two factors, since 2^k may be           \
     * subnormal. Adding ROUNDER leaves the nearest integer in the low bits. */                                        \
    CK_INLINE V ck_exp_parts_##S(V y, V *half, V *rest)                                                                \
    {                                                                                                                  \
        V t = y * (T)1.44269504088896340736 + ROUNDER, k = t - ROUNDER;                                                \
        I whole = (I)t - (I)((V){} + ROUNDER), first = whole >> 1;                                                     \
        *half = (V)((first + BIAS) << MANTISSA);                                                                       \
        *rest = (V)((whole - first + BIAS) << MANTISSA);                                                               \
        V r = (y - k * LN2_HI) - k * LN2_LO;                                                                           \
        return ck_expm1_series_##S(r);                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    /* sigmoid(x) = 1 / (1 + e) for x >= 0 and e / (1 + e) below, e = exp(-|x|): neither overflows nor cancels */      \
    CK_INLINE V ck_sigmoid_##S(V x)                                                                                    \
    {                                                                                                                  \
        I negative = (I)(x < (V){});                                                                                   \
        V y = CK_PICK(V, I, negative, x, -x), half, rest;                                                              \
        y = CK_PICK(V, I, (I)(y < (V){} - LIMIT), (V){} - LIMIT, y);                                                   \
        V p = ck_exp_parts_##S(y, &half, &rest), one = (V){} + (T)1;                                                   \
        V e = (one + p) * half * rest;                                                                                 \
        return CK_PICK(V, I, negative, e, one) / (one + e);                                                            \
    }                                                                                                                  \
                                                                                                                       \
    /* tanh(x) = sign(x) * -q / (2 + q), q = exp(-2|x|) - 1 */                                                         \
    CK_INLINE V ck_tanh_##S(V x)                                                                                       \
    {                                                                                                                  \
        I bit = ((I){} - 1) << (sizeof(T) * 8 - 1), sign = (I)x & bit, negative = (I)(x < (V){});                      \
        V y = CK_PICK(V, I, negative, x, -x) * (T)2, half, rest;                                                       \
        y = CK_PICK(V, I, (I)(y < (V){} - LIMIT), (V){} - LIMIT, y);                                                   \
        V p = ck_exp_parts_##S(y, &half, &rest), one = (V){} + (T)1, scale = half * rest;                              \
        V q = scale * p + (scale - one);                                                                               \
        return (V)(((I)(q / (q + (T)2)) & ~bit) | sign);                                                               \
    }

CK_INLINE ck_vf32 ck_expm1_series_f32(ck_vf32 r)
{
    ck_vf32 s = r * (1.f / 5040) + 1.f / 720;
    s = s * r + 1.f / 120;
    s = s * r + 1.f / 24;
    s = s * r + 1.f / 6;
    s = s * r + .5f;
    return s * r * r + r;
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

CK_ACTIVATION(f32, float, ck_vf32, ck_vi32, 23, 127, 12582912.f, 0.693359375f, -2.12194440e-4f, 104.f)
CK_ACTIVATION(f64, double, ck_vf64, ck_vi64, 52, 1023, 6755399441055744., 6.93147180369123816490e-01,
              1.90821492927058770002e-10, 746.)

#endif
