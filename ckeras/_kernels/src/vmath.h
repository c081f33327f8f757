/* Exponentials and logarithms over scalars, written so that a loop over them vectorises: no branch, no call, no table.
 *
 * Names are vm_<function>_<f32|f64>. Bits are reached through memcpy, special values through ternaries that
 * become blends. Each multiplication whose exactness matters has operands short enough to be exact without FMA, so
 * that a level with FMA (where the compiler contracts a*b+c) and one without are both right.
 * Polynomials are minimax fits (Remez 1934) made for these files, in double the width of the target. Methods:
 *   exp     x = k ln 2 + r, polynomial in r, scaling by 2^k in two factors, so that underflow is gradual
 *           (Cody & Waite, Software Manual for the Elementary Functions, 1980)
 *   log     x = 2^e m with m in [sqrt 1/2, sqrt 2); float32: polynomial in m-1; float64: 2 atanh(f/(2+f))
 *   log1p   log of the rounded 1+x plus the first-order correction of that rounding (Kahan; Goldberg 1991)
 * vmath_erf.h, vmath_trig.h, vmath_pow.h and vmath_arc.h hold further functions.
 */
#ifndef CK_VMATH_H
#define CK_VMATH_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#define VM_INLINE static inline __attribute__((always_inline, unused))
#define VM_INF32 __builtin_inff()
#define VM_NAN32 __builtin_nanf("")
#define VM_INF64 __builtin_inf()
#define VM_NAN64 __builtin_nan("")

VM_INLINE int32_t vm_bits_f32(float x) { int32_t i; memcpy(&i, &x, 4); return i; }
VM_INLINE float vm_from_f32(int32_t i) { float x; memcpy(&x, &i, 4); return x; }
VM_INLINE uint64_t vm_bits_f64(double x) { uint64_t i; memcpy(&i, &x, 8); return i; }
VM_INLINE double vm_from_f64(uint64_t i) { double x; memcpy(&x, &i, 8); return x; }
/* The upper 26 bits of x: products of two such numbers are exact. */
VM_INLINE double vm_upper_f64(double x) { return vm_from_f64(vm_bits_f64(x) & 0xFFFFFFFFF8000000u); }
/* The upper 12 bits of x, likewise. */
VM_INLINE float vm_upper_f32(float x) { return vm_from_f32(vm_bits_f32(x) & (int32_t)0xFFFFF000); }

/* Adding 1.5 * 2^(mantissa bits) leaves the nearest integer in the low bits, whatever the instruction set. */
#define VM_MAGIC32 12582912.0f
#define VM_MAGIC64 6755399441055744.0

/* ---- exp ---- */

/* (e^r - 1 - r) / r^2 for |r| <= ln(2)/2; its error weighed by r is 2^-26. */
VM_INLINE float vm_exp_tail_f32(float r)
{
    return 0.5f + r * (0.16666542f + r * (0.04166628f + r * (0.0083667105f + r * 0.0013946672f)));
}

/* The same to 2^-61. */
VM_INLINE double vm_exp_tail_f64(double r)
{
    double p = 2.0924620806087774e-09;
    p = p * r + 2.5109261914878464e-08;
    p = p * r + 2.7557242192055643e-07;
    p = p * r + 2.755724360887368e-06;
    p = p * r + 2.480158736121044e-05;
    p = p * r + 0.0001984126988667371;
    p = p * r + 0.0013888888888866514;
    p = p * r + 0.008333333333321436;
    p = p * r + 0.0416666666666667;
    p = p * r + 0.16666666666666677;
    return p * r + 0.5;
}

/* x * 2^k where shifted = k + VM_MAGIC32 and -252 <= k <= 254: two factors, so that neither leaves the range. */
VM_INLINE float vm_scale_f32(float x, float shifted)
{
    int32_t k = vm_bits_f32(shifted) - 0x4B400000, half = k >> 1;
    return x * vm_from_f32((half + 127) << 23) * vm_from_f32((k - half + 127) << 23);
}

/* x * 2^k, k an integer in [-2044, 2046]. The exponents are made by adding, as AVX2 has no 64-bit signed shift. */
VM_INLINE double vm_scale_f64(double x, double k)
{
    double half = (k * 0.5 + VM_MAGIC64) - VM_MAGIC64;
    double a = half + (VM_MAGIC64 + 1023.0), b = (k - half) + (VM_MAGIC64 + 1023.0);
    return x * vm_from_f64(vm_bits_f64(a) << 52) * vm_from_f64(vm_bits_f64(b) << 52);
}

/* e^(x + low), low a correction far below x. */
VM_INLINE float vm_exp_low_f32(float x, float low)
{
    x = x > 89.0f ? 89.0f : x;
    x = x < -105.0f ? -105.0f : x;
    float shifted = x * 0x1.715476p+0f + VM_MAGIC32, k = shifted - VM_MAGIC32;
    float r = x - k * 0x1.62e4p-1f;
    r = r - (k * 0x1.7f7d1cp-20f - low);
    return vm_scale_f32(1.0f + (r + r * r * vm_exp_tail_f32(r)), shifted);
}
VM_INLINE float vm_exp_f32(float x) { return vm_exp_low_f32(x, 0.0f); }

VM_INLINE double vm_exp_low_f64(double x, double low)
{
    x = x > 710.0 ? 710.0 : x;
    x = x < -746.0 ? -746.0 : x;
    double k = (x * 0x1.71547652b82fep+0 + VM_MAGIC64) - VM_MAGIC64;
    double r = x - k * 0x1.62e42feep-1;
    r = r - (k * 0x1.a39ef35793c76p-33 - low);
    return vm_scale_f64(1.0 + (r + r * r * vm_exp_tail_f64(r)), k);
}
VM_INLINE double vm_exp_f64(double x) { return vm_exp_low_f64(x, 0.0); }

VM_INLINE float vm_exp2_f32(float x)
{
    x = x > 129.0f ? 129.0f : x;
    x = x < -152.0f ? -152.0f : x;
    float shifted = x + VM_MAGIC32;
    float r = (x - (shifted - VM_MAGIC32)) * 0x1.62e430p-1f;
    return vm_scale_f32(1.0f + (r + r * r * vm_exp_tail_f32(r)), shifted);
}

/* 2^(x + low) */
VM_INLINE double vm_exp2_low_f64(double x, double low)
{
    x = x > 1025.0 ? 1025.0 : x;
    x = x < -1077.0 ? -1077.0 : x;
    double k = (x + VM_MAGIC64) - VM_MAGIC64;
    double r = ((x - k) + low) * 0x1.62e42fefa39efp-1;
    return vm_scale_f64(1.0 + (r + r * r * vm_exp_tail_f64(r)), k);
}
VM_INLINE double vm_exp2_f64(double x) { return vm_exp2_low_f64(x, 0.0); }

/* 2^k (e^r - 1) + (2^k - 1), with 2^(k-1) in place of 2^k as 2^128 is not a float. */
VM_INLINE float vm_expm1_f32(float x0)
{
    float x = x0 > 89.0f ? 89.0f : x0;
    x = x < -20.0f ? -20.0f : x;
    float shifted = x * 0x1.715476p+0f + VM_MAGIC32, k = shifted - VM_MAGIC32;
    float r = (x - k * 0x1.62e4p-1f) - k * 0x1.7f7d1cp-20f;
    float p = r + r * r * vm_exp_tail_f32(r);
    float s = vm_from_f32((vm_bits_f32(shifted) - 0x4B400000 + 126) << 23);
    float y = 2.0f * (s * p + (s - 0.5f));
    return __builtin_fabsf(x0) < 1e-30f ? x0 : y; /* keeps -0 and denormals */
}

VM_INLINE double vm_expm1_f64(double x0)
{
    double x = x0 > 710.0 ? 710.0 : x0;
    x = x < -40.0 ? -40.0 : x;
    double k = (x * 0x1.71547652b82fep+0 + VM_MAGIC64) - VM_MAGIC64;
    double r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33;
    double p = r + r * r * vm_exp_tail_f64(r);
    double s = vm_from_f64(vm_bits_f64(k + (VM_MAGIC64 + 1022.0)) << 52);
    double y = 2.0 * (s * p + (s - 0.5));
    return __builtin_fabs(x0) < 1e-300 ? x0 : y;
}

/* tanh |x| = -t / (t + 2), t = expm1(-2|x|), which never overflows. */
VM_INLINE float vm_tanh_f32(float x)
{
    float t = vm_expm1_f32(-2.0f * __builtin_fabsf(x));
    return __builtin_copysignf(t / (t + 2.0f), x);
}
VM_INLINE double vm_tanh_f64(double x)
{
    double t = vm_expm1_f64(-2.0 * __builtin_fabs(x));
    return __builtin_copysign(t / (t + 2.0), x);
}

VM_INLINE float vm_sigmoid_f32(float x)
{
    float e = vm_exp_f32(-__builtin_fabsf(x));
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}
VM_INLINE double vm_sigmoid_f64(double x)
{
    double e = vm_exp_f64(-__builtin_fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/* ---- log ---- */

/* A positive finite x as 2^e (1 + f), 1 + f in [sqrt 1/2, sqrt 2). Denormals are scaled up first. */
VM_INLINE float vm_log_split_f32(float x, float *e)
{
    int32_t tiny = x < 0x1p-126f;
    x = tiny ? x * 0x1p+24f : x;
    int32_t t = vm_bits_f32(x) - 0x3F3504F3;
    *e = (float)((t >> 23) - (tiny ? 24 : 0));
    return vm_from_f32((t & 0x7FFFFF) + 0x3F3504F3) - 1.0f;
}

VM_INLINE double vm_log_split_f64(double x, double *e)
{
    int64_t tiny = x < 0x1p-1022;
    x = tiny ? x * 0x1p+54 : x;
    uint64_t t = vm_bits_f64(x) - 0x3FE6A09E667F3BCDu + 0x4000000000000000u; /* keeps the exponent positive */
    *e = (vm_from_f64((t >> 52) | 0x4330000000000000u) - (0x1p+52 + 1024.0)) - (tiny ? 54.0 : 0.0);
    return vm_from_f64((t & 0xFFFFFFFFFFFFFu) + 0x3FE6A09E667F3BCDu) - 1.0;
}

/* log(1+f) - f for 1+f in [sqrt 1/2, sqrt 2) */
VM_INLINE float vm_log_tail_f32(float f)
{
    float q = -0.07860184f;
    q = q * f + 0.1288598f;
    q = q * f - 0.13130412f;
    q = q * f + 0.14180678f;
    q = q * f - 0.16624351f;
    q = q * f + 0.20002304f;
    q = q * f - 0.25000817f;
    q = q * f + 0.33333316f;
    return f * f * (f * q - 0.5f);
}

/* With s = f / (2 + f): log(1+f) = 2s + s R(s^2) and 2s = f - s f. */
VM_INLINE double vm_log_tail_f64(double f)
{
    double s = f / (2.0 + f), z = s * s;
    double q = 0.1479750767904653;
    q = q * z + 0.15313903249932703;
    q = q * z + 0.18183569739671385;
    q = q * z + 0.2222219847598908;
    q = q * z + 0.28571428743262645;
    q = q * z + 0.3999999999941109;
    q = q * z + 0.6666666666666735;
    return s * (z * q - f);
}

/* The values of a logarithm where x is not positive and finite. */
VM_INLINE float vm_log_edges_f32(float x, float y)
{
    y = x < VM_INF32 ? y : x;
    return x > 0.0f ? y : x == 0.0f ? -VM_INF32 : VM_NAN32;
}
VM_INLINE double vm_log_edges_f64(double x, double y)
{
    y = x < VM_INF64 ? y : x;
    return x > 0.0 ? y : x == 0.0 ? -VM_INF64 : VM_NAN64;
}

VM_INLINE float vm_log_f32(float x)
{
    float e, f = vm_log_split_f32(x, &e);
    float y = e * 0x1.62e4p-1f + (f + (vm_log_tail_f32(f) + e * 0x1.7f7d1cp-20f));
    return vm_log_edges_f32(x, y);
}
VM_INLINE double vm_log_f64(double x)
{
    double e, f = vm_log_split_f64(x, &e);
    double y = e * 0x1.62e42feep-1 + (f + (vm_log_tail_f64(f) + e * 0x1.a39ef35793c76p-33));
    return vm_log_edges_f64(x, y);
}

/* log(1+f) times a constant given in two parts, the sum of f's upper part and the rest kept apart until the end. */
VM_INLINE float vm_log2_f32(float x)
{
    float e, f = vm_log_split_f32(x, &e), up = vm_upper_f32(f);
    float low = (f - up) + vm_log_tail_f32(f);
    float y = e + (up * 0x1.714p+0f + (up * 0x1.47652cp-12f + low * 0x1.715476p+0f));
    return vm_log_edges_f32(x, y);
}
VM_INLINE double vm_log2_f64(double x)
{
    double e, f = vm_log_split_f64(x, &e), up = vm_upper_f64(f);
    double low = (f - up) + vm_log_tail_f64(f);
    double y = e + (up * 0x1.715476p+0 + (up * 0x1.4ae0bf85ddf44p-26 + low * 0x1.71547652b82fep+0));
    return vm_log_edges_f64(x, y);
}
VM_INLINE float vm_log10_f32(float x)
{
    float e, f = vm_log_split_f32(x, &e), up = vm_upper_f32(f);
    float low = (f - up) + vm_log_tail_f32(f);
    float rest = e * 0x1.3509f8p-18f + up * 0x1.7b1526p-14f + low * 0x1.bcb7b2p-2f;
    float y = e * 0x1.344p-2f + (up * 0x1.bcap-2f + rest);
    return vm_log_edges_f32(x, y);
}
VM_INLINE double vm_log10_f64(double x)
{
    double e, f = vm_log_split_f64(x, &e), up = vm_upper_f64(f);
    double low = (f - up) + vm_log_tail_f64(f);
    double rest = e * 0x1.f79fef311f12bp-34 + up * 0x1.49b9438ca9aaep-28 + low * 0x1.bcb7b1526e50ep-2;
    double y = e * 0x1.34413508p-2 + (up * 0x1.bcb7b1p-2 + rest);
    return vm_log_edges_f64(x, y);
}

VM_INLINE float vm_log1p_f32(float x)
{
    float u = 1.0f + x, c = x >= 1.0f ? 1.0f - (u - x) : x - (u - 1.0f);
    float e, f = vm_log_split_f32(u, &e);
    float y = e * 0x1.62e4p-1f + (f + (vm_log_tail_f32(f) + (e * 0x1.7f7d1cp-20f + c / u)));
    y = vm_log_edges_f32(u, y);
    return __builtin_fabsf(x) < 1e-30f ? x : y; /* keeps -0 and denormals */
}
VM_INLINE double vm_log1p_f64(double x)
{
    double u = 1.0 + x, c = x >= 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
    double e, f = vm_log_split_f64(u, &e);
    double y = e * 0x1.62e42feep-1 + (f + (vm_log_tail_f64(f) + (e * 0x1.a39ef35793c76p-33 + c / u)));
    y = vm_log_edges_f64(u, y);
    return __builtin_fabs(x) < 1e-300 ? x : y;
}

VM_INLINE float vm_softplus_f32(float x)
{
    return (x > 0.0f ? x : x != x ? x : 0.0f) + vm_log1p_f32(vm_exp_f32(-__builtin_fabsf(x)));
}
VM_INLINE double vm_softplus_f64(double x)
{
    return (x > 0.0 ? x : x != x ? x : 0.0) + vm_log1p_f64(vm_exp_f64(-__builtin_fabs(x)));
}

#endif
