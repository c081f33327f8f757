/* The hyperbolic functions, their inverses, those of sine, cosine and tangent, roots: as in vmath.h, without a branch.
 *
 * Methods:
 *   sinh    (t + t / (t + 1)) / 2 with t = expm1(|x|); e^(|x| - ln 2) far out, where e^|x| would not fit
 *   asinh   log1p(|x| + x^2 / (1 + sqrt(1 + x^2))), acosh log1p(t + sqrt(2t + t^2)) with t = x - 1; log(x) + ln 2 far out
 *   atanh   log1p(2|x| / (1 - |x|)) / 2
 *   atan    |x| brought below tan(pi/8) by atan x = pi/4 + atan((x - 1) / (x + 1)) = pi/2 - atan(1 / x), a polynomial
 *           in the square of that
 *   asin    a polynomial in x^2 for |x| <= 1/2, and pi/2 - 2 asin(sqrt((1 - |x|) / 2)) above
 *   cbrt    e^(log(x) / 3), one step of Newton's
 * The polynomials interpolate the series at Chebyshev's nodes.
 */
#ifndef CK_VMATH_ARC_H
#define CK_VMATH_ARC_H
#include "vmath.h"

/* ---- hyperbolic ---- */

/* e^a / 2 for a in [0, 90) or [0, 711): ln 2 is taken off in two parts, the first of few bits. */
VM_INLINE float vm_half_exp_f32(float a) { return vm_exp_low_f32(a - 0x1.62e4p-1f, -0x1.7f7d1cp-20f); }
VM_INLINE double vm_half_exp_f64(double a) { return vm_exp_low_f64(a - 0x1.62e42feep-1, -0x1.a39ef35793c76p-33); }

#define VM_HYPERBOLIC(D, T, e, FAR)                                                                                    \
    VM_INLINE T vm_sinh_##D(T x)                                                                                       \
    {                                                                                                                  \
        T a = __builtin_fabs##e(x), near = a < (T)FAR ? a : (T)FAR, t = vm_expm1_##D(near);                            \
        T y = (T)0.5 * (t + t / (t + 1)), far = vm_half_exp_##D(a);                                                    \
        return __builtin_copysign##e(a > (T)FAR ? far : a != a ? a : y, x);                                            \
    }                                                                                                                  \
    VM_INLINE T vm_cosh_##D(T x)                                                                                       \
    {                                                                                                                  \
        T a = __builtin_fabs##e(x), half = vm_half_exp_##D(a);                                                         \
        return half + (T)0.25 / half;                                                                                  \
    }
VM_HYPERBOLIC(f32, float, f, 20)
VM_HYPERBOLIC(f64, double, , 40)

#define VM_INVERSE_HYPERBOLIC(D, T, e, FAR, LN2)                                                                       \
    VM_INLINE T vm_asinh_##D(T x)                                                                                      \
    {                                                                                                                  \
        T a = __builtin_fabs##e(x), b = a < (T)FAR ? a : (T)FAR, square = b * b;                                       \
        T y = vm_log1p_##D(b + square / (1 + __builtin_sqrt##e(1 + square))), far = vm_log_##D(a) + (T)LN2;            \
        return __builtin_copysign##e(a >= (T)FAR ? far : a != a ? a : y, x);                                           \
    }                                                                                                                  \
    VM_INLINE T vm_acosh_##D(T x)                                                                                      \
    {                                                                                                                  \
        T t = (x < (T)FAR ? x : (T)FAR) - 1;                                                                           \
        T y = vm_log1p_##D(t + __builtin_sqrt##e(2 * t + t * t)), far = vm_log_##D(x) + (T)LN2;                        \
        return x >= (T)FAR ? far : x >= 1 ? y : VM_NAN32;                                                              \
    }                                                                                                                  \
    VM_INLINE T vm_atanh_##D(T x)                                                                                      \
    {                                                                                                                  \
        T a = __builtin_fabs##e(x), y = (T)0.5 * vm_log1p_##D(2 * a / (1 - a));                                        \
        return __builtin_copysign##e(a < (T)TINY_##D ? a : y, x);                                                      \
    }
#define TINY_f32 1e-30
#define TINY_f64 1e-300
VM_INVERSE_HYPERBOLIC(f32, float, f, 0x1p+13, 0x1.62e43p-1)
VM_INVERSE_HYPERBOLIC(f64, double, , 0x1p+28, 0x1.62e42fefa39efp-1)

/* ---- inverse of tangent ---- */

/* atan(t) - t for |t| <= tan(pi/8) */
VM_INLINE float vm_atan_tail_f32(float t)
{
    float z = t * t;
    float q = -0.06451928f;
    q = q * z + 0.10743731f;
    q = q * z - 0.14263956f;
    q = q * z + 0.1999954f;
    q = q * z - 0.3333333f;
    return t * z * q;
}
VM_INLINE double vm_atan_tail_f64(double t)
{
    double z = t * t;
    double q = 0.016285112919950048;
    q = q * z - 0.03456985915575038;
    q = q * z + 0.045515607516173305;
    q = q * z - 0.05230445946351697;
    q = q * z + 0.05878927695920023;
    q = q * z - 0.0666642475732708;
    q = q * z + 0.07692296367057286;
    q = q * z - 0.09090908753197992;
    q = q * z + 0.1111111110514878;
    q = q * z - 0.14285714285659748;
    q = q * z + 0.19999999999999804;
    q = q * z - 0.3333333333333333;
    return t * z * q;
}

/* The angle of y / x for y >= 0, x >= 0 that are not both 0 or both infinite. */
#define VM_ANGLE(D, T, HIGH, LOW)                                                                                      \
    VM_INLINE T vm_angle_##D(T y, T x)                                                                                 \
    {                                                                                                                  \
        int steep = y > x * (T)2.414213562373095, middle = y > x * (T)0.4142135623730951;                              \
        T top = steep ? -x : middle ? y - x : y, bottom = steep ? y : middle ? y + x : x;                              \
        T t = top / bottom, turns = steep ? (T)1 : middle ? (T)0.5 : (T)0;                                             \
        return turns * (T)HIGH + (t + (vm_atan_tail_##D(t) + turns * (T)LOW));                                         \
    }
VM_ANGLE(f32, float, 0x1.921fb6p+0, -0x1.777a5cp-25)
VM_ANGLE(f64, double, 0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54)

VM_INLINE float vm_atan_f32(float x)
{
    float a = __builtin_fabsf(x);
    return __builtin_copysignf(a < 1e30f ? vm_angle_f32(a, 1.0f) : a != a ? a : 0x1.921fb6p+0f, x);
}
VM_INLINE double vm_atan_f64(double x)
{
    double a = __builtin_fabs(x);
    return __builtin_copysign(a < 1e300 ? vm_angle_f64(a, 1.0) : a != a ? a : 0x1.921fb54442d18p+0, x);
}

/* The angle of (x, y), in [-pi, pi]. Large numbers are made smaller, so that x + y fits. */
#define VM_ATAN2(D, T, e, INF, LARGE, HIGH, LOW)                                                                       \
    VM_INLINE T vm_atan2_##D(T y, T x)                                                                                 \
    {                                                                                                                  \
        T a = __builtin_fabs##e(y), b = __builtin_fabs##e(x), scale = (a > LARGE) | (b > LARGE) ? (T)0.25 : (T)1;      \
        int diagonal = (a == INF) & (b == INF), nowhere = (a == 0) & (b == 0);                                         \
        a = diagonal ? (T)1 : a * scale;                                                                               \
        b = diagonal | nowhere ? (T)1 : b * scale;                                                                     \
        T r = vm_angle_##D(a, b), back = (T)HIGH - (r - (T)LOW);                                                       \
        return __builtin_copysign##e(__builtin_copysign##e(1, x) < 0 ? back : r, y);                                   \
    }
VM_ATAN2(f32, float, f, VM_INF32, 0x1p+126f, 0x1.921fb6p+1, -0x1.777a5cp-24)
VM_ATAN2(f64, double, , VM_INF64, 0x1p+1022, 0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53)

/* ---- inverse of sine ---- */

/* asin(s) - s for s^2 = z <= 1/4 */
VM_INLINE float vm_asin_tail_f32(float s, float z)
{
    float q = 0.033690847f;
    q = q * z + 0.017149238f;
    q = q * z + 0.031100662f;
    q = q * z + 0.044599403f;
    q = q * z + 0.07500094f;
    q = q * z + 0.16666666f;
    return s * z * q;
}
VM_INLINE double vm_asin_tail_f64(double s, double z)
{
    double q = 0.028757716367635317;
    q = q * z - 0.014851697426337728;
    q = q * z + 0.017400764002940525;
    q = q * z + 0.0054575466258695825;
    q = q * z + 0.010322805725701371;
    q = q * z + 0.011479178622467877;
    q = q * z + 0.013971212864243356;
    q = q * z + 0.017352392727007122;
    q = q * z + 0.022372172941961768;
    q = q * z + 0.030381944138533054;
    q = q * z + 0.04464285714635547;
    q = q * z + 0.07499999999998433;
    q = q * z + 0.16666666666666669;
    return s * z * q;
}

#define VM_ARCS(D, T, e, HIGH, LOW)                                                                                    \
    VM_INLINE T vm_asin_##D(T x)                                                                                       \
    {                                                                                                                  \
        T a = __builtin_fabs##e(x), above = (T)0.5 * (1 - a);                                                          \
        int outer = a > (T)0.5;                                                                                        \
        T z = outer ? above : a * a, s = outer ? __builtin_sqrt##e(above) : a, tail = vm_asin_tail_##D(s, z);          \
        T y = outer ? (T)HIGH - (2 * s - ((T)LOW - 2 * tail)) : s + tail;                                              \
        return __builtin_copysign##e(y, x);                                                                            \
    }                                                                                                                  \
    VM_INLINE T vm_acos_##D(T x)                                                                                       \
    {                                                                                                                  \
        T a = __builtin_fabs##e(x), above = (T)0.5 * (1 - a);                                                          \
        int outer = a > (T)0.5;                                                                                        \
        T z = outer ? above : a * a, s = outer ? __builtin_sqrt##e(above) : x, tail = vm_asin_tail_##D(s, z);          \
        T inner = (T)HIGH - (s - ((T)LOW - tail)), half = s + tail;                                                    \
        return outer ? (x < 0 ? 2 * ((T)HIGH - (half - (T)LOW)) : 2 * half) : inner;                                   \
    }
VM_ARCS(f32, float, f, 0x1.921fb6p+0, -0x1.777a5cp-25)
VM_ARCS(f64, double, , 0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54)

/* ---- roots ---- */

#define VM_CBRT(D, T, e, INF)                                                                                          \
    VM_INLINE T vm_cbrt_##D(T x)                                                                                       \
    {                                                                                                                  \
        T a = __builtin_fabs##e(x), y = vm_exp_##D(vm_log_##D(a) * (T)0.3333333333333333);                             \
        y = y - (y - a / (y * y)) * (T)0.3333333333333333;                                                             \
        return (a > 0) & (a < INF) ? __builtin_copysign##e(y, x) : x;                                                  \
    }
VM_CBRT(f32, float, f, VM_INF32)
VM_CBRT(f64, double, , VM_INF64)

VM_INLINE float vm_hypot_f32(float x, float y)
{
    float h = (float)__builtin_sqrt((double)x * x + (double)y * y);
    return (__builtin_fabsf(x) == VM_INF32) | (__builtin_fabsf(y) == VM_INF32) ? VM_INF32 : h;
}
VM_INLINE double vm_hypot_f64(double x, double y)
{
    double a = __builtin_fabs(x), b = __builtin_fabs(y), high = a > b ? a : b, low = a > b ? b : a;
    double r = low / (high == 0.0 ? 1.0 : high), h = high * __builtin_sqrt(1.0 + r * r);
    h = (a != a) | (b != b) ? a + b : h;
    return (a == VM_INF64) | (b == VM_INF64) ? VM_INF64 : h;
}

#endif
