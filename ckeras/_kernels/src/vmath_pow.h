/* Powers: as in vmath.h, without a branch.
 *
 * float32 in double; float64 with a double-double logarithm (Dekker 1971 splitting by bit masks).
 */
#ifndef CK_VMATH_POW_H
#define CK_VMATH_POW_H
#include "vmath.h"

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
