/* Elementary functions over scalars, written so that a loop over them vectorises: no branch, no call, no table.
 *
 * Names are vm_<function>_<f32|f64>. Bits are reached through memcpy, special values through ternaries that
 * become blends. Each multiplication whose exactness matters has operands short enough to be exact without FMA, so
 * that a level with FMA (where the compiler contracts a*b+c) and one without are both right.
 * Polynomials are minimax fits (Remez 1934) made for these files, in double the width of the target. Methods:
 *   exp     x = k ln 2 + r, polynomial in r, scaling by 2^k in two factors, so that underflow is gradual
 *           (Cody & Waite, Software Manual for the Elementary Functions, 1980)
 *   log     x = 2^e m with m in [sqrt 1/2, sqrt 2); float32: polynomial in m-1; float64: 2 atanh(f/(2+f))
 *   log1p   log of the rounded 1+x plus the first-order correction of that rounding (Kahan; Goldberg 1991)
 *   erfc    exp(-x^2) / (1+2x) times a polynomial in (x-K)/(x+K) over [0, inf) (Shepherd & Laframboise 1981)
 *   sin     Cody-Waite reduction by pi/2, valid for |x| <= VM_TRIG_MAX_*: above that the caller asks libm
 *   pow     float32 in double; float64 with a double-double logarithm (Dekker 1971 splitting by bit masks)
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

/* ---- erf ---- */

/* erfc(x) / exp(-x^2) for x >= 0 */
VM_INLINE float vm_erfcx_f32(float x)
{
    x = x < 1e9f ? x : 1e9f;
    float t = (x - 2.0f) / (x + 2.0f);
    float q = -0.0003906799f;
    q = q * t - 0.0012133016f;
    q = q * t + 0.0013110372f;
    q = q * t + 0.008617535f;
    q = q * t - 0.00806194f;
    q = q * t - 0.054200474f;
    q = q * t + 0.164056f;
    q = q * t - 0.16603176f;
    q = q * t - 0.09276402f;
    q = q * t + 1.2769784f;
    return q / (1.0f + 2.0f * x);
}
VM_INLINE double vm_erfcx_f64(double x)
{
    x = x < 1e9 ? x : 1e9;
    double t = (x - 3.75) / (x + 3.75);
    double q = 5.222762753343143e-09;
    q = q * t + 2.9894666019506464e-08;
    q = q * t - 2.0656100364367165e-09;
    q = q * t - 2.5629999278842796e-07;
    q = q * t - 2.5309710968109206e-08;
    q = q * t + 1.7582559830132862e-06;
    q = q * t - 9.963119791699127e-07;
    q = q * t - 1.1452170599448903e-05;
    q = q * t + 2.2394256939335008e-05;
    q = q * t + 5.1653402233174165e-05;
    q = q * t - 0.0002901568895412855;
    q = q * t + 0.00029371236387314945;
    q = q * t + 0.001755626353082948;
    q = q * t - 0.00974657932778015;
    q = q * t + 0.02836227736430884;
    q = q * t - 0.05869339861253262;
    q = q * t + 0.0923043211637602;
    q = q * t - 0.10880393014060885;
    q = q * t + 0.0822767384900452;
    q = q * t + 0.00358541548544268;
    q = q * t - 0.14024059858554605;
    q = q * t + 1.2375126308378277;
    return q / (1.0 + 2.0 * x);
}

/* An odd polynomial below 1, 1 - erfc above. */
VM_INLINE float vm_erf_f32(float x)
{
    float a = __builtin_fabsf(x), z = x * x;
    float far = 1.0f - vm_exp_f32(-z) * vm_erfcx_f32(a);
    float q = 7.889123e-05f;
    q = q * z - 0.0008020842f;
    q = q * z + 0.0051895357f;
    q = q * z - 0.026854444f;
    q = q * z + 0.112836f;
    q = q * z - 0.37612626f;
    q = q * z + 0.12837917f; /* 2/sqrt(pi) - 1: adding x last halves the rounding */
    return a < 1.0f ? x + x * q : x != x ? x : __builtin_copysignf(far, x);
}
VM_INLINE double vm_erf_f64(double x)
{
    double a = __builtin_fabs(x), z = x * x;
    double far = 1.0 - vm_exp_f64(-z) * vm_erfcx_f64(a);
    double q = 5.960685338520971e-11;
    q = q * z - 1.137495573607015e-09;
    q = q * z + 1.466032872274226e-08;
    q = q * z - 1.6350396222864617e-07;
    q = q * z + 1.64610084778027e-06;
    q = q * z - 1.4925595772180906e-05;
    q = q * z + 0.0001205533113295582;
    q = q * z - 0.0008548326981425542;
    q = q * z + 0.005223977624828431;
    q = q * z - 0.026866170645077875;
    q = q * z + 0.11283791670954885;
    q = q * z - 0.3761263890318375;
    q = q * z + 0.12837916709551257;
    return a < 1.0 ? x + x * q : x != x ? x : __builtin_copysign(far, x);
}

/* x Phi(x) = x - x erfc(x/sqrt 2)/2 or, on the left, -|x| erfc(|x|/sqrt 2)/2: never 1 + erf, which cancels there.
 * x^2/2 is split, so that the tail keeps its relative precision. */
VM_INLINE float vm_gelu_f32(float x)
{
    float a = __builtin_fabsf(x);
    a = a > 15.0f ? 15.0f : a;
    float up = vm_upper_f32(a), low = (a - up) * (a + up) * -0.5f;
    float tail = 0.5f * (vm_exp_low_f32(up * up * -0.5f, low) * vm_erfcx_f32(a * 0x1.6a09e6p-1f));
    return x > 0.0f ? x * (1.0f - tail) : -a * tail;
}
VM_INLINE double vm_gelu_f64(double x)
{
    double a = __builtin_fabs(x);
    a = a > 40.0 ? 40.0 : a;
    double up = vm_upper_f64(a), low = (a - up) * (a + up) * -0.5;
    double tail = 0.5 * (vm_exp_low_f64(up * up * -0.5, low) * vm_erfcx_f64(a * 0x1.6a09e667f3bcdp-1));
    return x > 0.0 ? x * (1.0 - tail) : -a * tail;
}

/* ---- sin, cos, tan ---- */

#define VM_TRIG_MAX_f32 1e5f
#define VM_TRIG_MAX_f64 1e6

/* (sin r, cos r) for |r| a little over pi/4 */
VM_INLINE float vm_sin_poly_f32(float r)
{
    float z = r * r;
    return r + r * z * (-0.16666651f + z * (0.008331962f + z * -0.00019488373f));
}
VM_INLINE float vm_cos_poly_f32(float r)
{
    float z = r * r;
    return 1.0f + z * (-0.5f + z * (0.04166664f + z * (-0.0013887082f + z * 2.4406001e-05f)));
}
/* sin and cos of r + low */
VM_INLINE double vm_sin_poly_f64(double r, double low)
{
    double z = r * r, q = 1.5882297003650428e-10;
    q = q * z - 2.5050505550748775e-08;
    q = q * z + 2.7557312067781557e-06;
    q = q * z - 0.00019841269825111526;
    q = q * z + 0.008333333333316557;
    q = q * z - 0.16666666666666607;
    return r + (r * z * q + low * (1.0 - 0.5 * z));
}
VM_INLINE double vm_cos_poly_f64(double r, double low)
{
    double z = r * r, q = -1.1349717612237717e-11;
    q = q * z + 2.087552988506394e-09;
    q = q * z - 2.755731292186955e-07;
    q = q * z + 2.480158728452174e-05;
    q = q * z - 0.0013888888888866204;
    q = q * z + 0.04166666666666655;
    double h = 0.5 * z, w = 1.0 - h;
    return w + (((1.0 - w) - h) + (z * z * q - r * low));
}

/* x - k pi/2 and k. The difference is taken in double: near a multiple of pi/2 float has no digits left. */
VM_INLINE float vm_trig_reduce_f32(float x, int32_t *quadrant)
{
    float shifted = x * 0x1.45f306p-1f + VM_MAGIC32;
    double k = (double)(shifted - VM_MAGIC32);
    *quadrant = vm_bits_f32(shifted);
    return (float)(((double)x - k * 0x1.921fb544p+0) - k * 0x1.0b4611a626331p-34);
}
VM_INLINE float vm_trig_pick_f32(float r, int32_t quadrant)
{
    float s = vm_sin_poly_f32(r), c = vm_cos_poly_f32(r), y = quadrant & 1 ? c : s;
    return quadrant & 2 ? -y : y;
}
VM_INLINE float vm_sin_f32(float x)
{
    int32_t q;
    float r = vm_trig_reduce_f32(x, &q);
    return x == 0.0f ? x : vm_trig_pick_f32(r, q);
}
VM_INLINE float vm_cos_f32(float x)
{
    int32_t q;
    float r = vm_trig_reduce_f32(x, &q);
    return vm_trig_pick_f32(r, q + 1);
}
VM_INLINE float vm_tan_f32(float x)
{
    int32_t q;
    float r = vm_trig_reduce_f32(x, &q);
    float s = vm_sin_poly_f32(r), c = vm_cos_poly_f32(r);
    float y = q & 1 ? -c / s : s / c;
    return x == 0.0f ? x : y;
}

/* As above with pi/2 in four parts of 33 bits, whose products with k < 2^20 are exact; each rounding is recovered by a
 * two-sum (Knuth), so the remainder has full relative precision next to the zeros too. */
VM_INLINE double vm_trig_reduce_f64(double x, double *low, uint64_t *quadrant)
{
    double shifted = x * 0x1.45f306dc9c883p-1 + VM_MAGIC64, k = shifted - VM_MAGIC64;
    *quadrant = vm_bits_f64(shifted);
    double w = x - k * 0x1.921fb544p+0, t = k * 0x1.0b4611a6p-34;
    double r1 = w - t, b1 = r1 - w, e1 = (w - (r1 - b1)) - (t + b1);
    double t3 = k * 0x1.3198a2ep-69;
    double r2 = r1 - t3, b2 = r2 - r1, e2 = (r1 - (r2 - b2)) - (t3 + b2);
    double rest = (e1 + e2) - k * 0x1.b839a252049c1p-104, r = r2 + rest;
    *low = (r2 - r) + rest;
    return r;
}
VM_INLINE double vm_trig_pick_f64(double r, double low, uint64_t quadrant)
{
    double s = vm_sin_poly_f64(r, low), c = vm_cos_poly_f64(r, low), y = quadrant & 1 ? c : s;
    return vm_from_f64(vm_bits_f64(y) ^ (quadrant & 2) << 62);
}
VM_INLINE double vm_sin_f64(double x)
{
    double low;
    uint64_t q;
    double r = vm_trig_reduce_f64(x, &low, &q);
    return x == 0.0 ? x : vm_trig_pick_f64(r, low, q);
}
VM_INLINE double vm_cos_f64(double x)
{
    double low;
    uint64_t q;
    double r = vm_trig_reduce_f64(x, &low, &q);
    return vm_trig_pick_f64(r, low, q + 1);
}
VM_INLINE double vm_tan_f64(double x)
{
    double low;
    uint64_t q;
    double r = vm_trig_reduce_f64(x, &low, &q);
    double s = vm_sin_poly_f64(r, low), c = vm_cos_poly_f64(r, low);
    double y = q & 1 ? -c / s : s / c;
    return x == 0.0 ? x : y;
}

/* ---- pow ---- */

VM_INLINE float vm_pow_f32(float x, float y)
{
    float ax = __builtin_fabsf(x), ay = y;
    ay = ay > 1e30f ? 1e30f : ay; /* an infinite exponent of 1 is 1 */
    ay = ay < -1e30f ? -1e30f : ay;
    /* log2 |x| to 2^-43, 2^t to 2^-39: far below float32 */
    double d = (double)ax, e;
    uint64_t t = vm_bits_f64(d) - 0x3FE6A09E667F3BCDu + 0x4000000000000000u;
    e = vm_from_f64((t >> 52) | 0x4330000000000000u) - (0x1p+52 + 1024.0);
    double f = vm_from_f64((t & 0xFFFFFFFFFFFFFu) + 0x3FE6A09E667F3BCDu) - 1.0;
    double s = f / (2.0 + f), z = s * s;
    double q = 0.19585528634882132;
    q = q * z + 0.22176099086247086;
    q = q * z + 0.2857211114815067;
    q = q * z + 0.39999995604634997;
    q = q * z + 0.6666666667584649;
    double p = (double)ay * (e + (s * z * q + 2.0 * s) * 0x1.71547652b82fep+0);
    p = p > 200.0 ? 200.0 : p;
    p = p < -200.0 ? -200.0 : p;
    double k = (p + VM_MAGIC64) - VM_MAGIC64, r = (p - k) * 0x1.62e42fefa39efp-1;
    double w = 2.48879620183368e-05;
    w = w * r + 0.00019909505466105226;
    w = w * r + 0.001388879566482811;
    w = w * r + 0.008333280869646251;
    w = w * r + 0.04166666705897471;
    w = w * r + 0.16666666788015766;
    w = w * r + 0.499999999995118;
    w = 1.0 + (r + r * r * w);
    float v = (float)(w * vm_from_f64(vm_bits_f64(k + (VM_MAGIC64 + 1023.0)) << 52));
    v = ax == 0.0f ? (y > 0.0f ? 0.0f : VM_INF32) : v;
    v = ax == VM_INF32 ? (y > 0.0f ? VM_INF32 : 0.0f) : v;
    float h = y * 0.5f;
    int whole = __builtin_rintf(y) == y, odd = whole & (__builtin_rintf(h) != h);
    v = odd ? __builtin_copysignf(v, x) : v;
    v = (x < 0.0f) & (ax < VM_INF32) & !whole ? VM_NAN32 : v;
    v = (x != x) | (y != y) ? VM_NAN32 : v;
    return (y == 0.0f) | (x == 1.0f) ? 1.0f : v;
}

/* |x|^y first, then signs, zeros and infinities as IEEE 754-2019 9.2.1 has them.
 * log2 x = t_hi + t_lo to about 2^-64, t_hi of 26 bits; then y t split the same way, and 2^(k + r). */
VM_INLINE double vm_pow_f64(double x, double y)
{
    double ax = __builtin_fabs(x), ay = y;
    ay = ay > 0x1p+80 ? 0x1p+80 : ay;
    ay = ay < -0x1p+80 ? -0x1p+80 : ay;
    double e, f = vm_log_split_f64(ax, &e);
    double d = 2.0 + f, d_low = f - (d - 2.0), d_hi = vm_upper_f64(d), d_lo = d - d_hi, inv = 1.0 / d;
    double s = f * inv, s_hi = vm_upper_f64(s);
    double s_lo = (((f - s_hi * d_hi) - s_hi * d_lo) - s_hi * d_low) * inv;
    double z_hi = s_hi * s_hi, z_lo = (2.0 * s_hi + s_lo) * s_lo, z = z_hi + z_lo;
    double q = 0.11990424350814936;
    q = q * z + 0.11674649434850257;
    q = q * z + 0.13336325728405188;
    q = q * z + 0.15384556655567744;
    q = q * z + 0.18181818873463457;
    q = q * z + 0.22222222217510887;
    q = q * z + 0.2857142857144522;
    q = q * z + 0.3999999999999998;
    double zu = vm_upper_f64(z_hi), zl = (z_hi - zu) + z_lo;
    double c_hi = zu * 0x1.555555p-1;
    double c_lo = (zu * 0x1.5555555555555p-27 + zl * 0x1.5555555555555p-1) + z * z * q;
    double u = c_hi + c_lo, u_hi = vm_upper_f64(u), u_lo = (c_hi - u_hi) + c_lo;
    double a = 2.0 * s_hi, b = s_hi * u_hi, low = 2.0 * s_lo + (s_hi * u_lo + s_lo * u);
    double l_hi = vm_upper_f64((a + b) + low), l_lo = ((a - l_hi) + b) + low;
    double g = l_hi * 0x1.715476p+0, h = l_hi * 0x1.4ae0bf85ddf44p-26 + l_lo * 0x1.71547652b82fep+0;
    double t_hi = vm_upper_f64(e + (g + h)), t_lo = ((e - t_hi) + g) + h;
    double y_hi = vm_upper_f64(ay), y_lo = ay - y_hi;
    double p_hi = y_hi * t_hi, p_lo = y_lo * t_hi + ay * t_lo;
    int out = __builtin_fabs(p_hi) > 1100.0;
    double v = vm_exp2_low_f64(out ? __builtin_copysign(1100.0, p_hi) : p_hi, out ? 0.0 : p_lo);
    v = ax == 0.0 ? (y > 0.0 ? 0.0 : VM_INF64) : v;
    v = ax == VM_INF64 ? (y > 0.0 ? VM_INF64 : 0.0) : v;
    double hy = y * 0.5;
    int whole = __builtin_rint(y) == y, odd = whole & (__builtin_rint(hy) != hy);
    v = odd ? __builtin_copysign(v, x) : v;
    v = (x < 0.0) & (ax < VM_INF64) & !whole ? VM_NAN64 : v;
    v = (x != x) | (y != y) ? VM_NAN64 : v;
    return (y == 0.0) | (x == 1.0) ? 1.0 : v;
}

#endif
