/* The error function and gelu: as in vmath.h, without a branch.
 *
 * erfc is exp(-x^2) / (1+2x) times a polynomial in (x-K)/(x+K) over [0, inf) (Shepherd & Laframboise 1981).
 */
#ifndef CK_VMATH_ERF_H
#define CK_VMATH_ERF_H
#include "vmath.h"

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

#endif
