/* exp for softmax, written so that a loop over it becomes vector code.
 *
 * x = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite, 1980: ln 2 in two parts, n times the first one exact), e^r by a
 * polynomial fitted in relative error, 2^n by the bits of the exponent. Within about 1 ulp. What would be subnormal is
 * 0: beside a softmax's largest term, 1, it is nothing, and subnormals slow whatever reads them. NaN stays NaN.
 */
#ifndef CK_SOFTMAX_MATH_H
#define CK_SOFTMAX_MATH_H
#include <stdint.h>
#include <string.h>

static inline float sm_exp_f32(float x)
{
    const float shift = 0x1.8p23f; /* adding it leaves the nearest integer in the low bits */
    float c = x < -88.0f ? -88.0f : x;
    c = c > 89.0f ? 89.0f : c;
    float t = c * 1.44269504f + shift, n = t - shift;
    float r = c - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    float q = 0.0013751345f;
    q = q * r + 0.00836893364f;
    q = q * r + 0.0416695358f;
    q = q * r + 0.166665183f;
    q = q * r + 0.499999886f;
    q = q * (r * r) + r;
    q = q + 1.0f;
    uint32_t bits;
    float power;
    memcpy(&bits, &t, sizeof bits);
    bits = (bits + 127u) << 23;
    memcpy(&power, &bits, sizeof power);
    return x < -87.33654f ? 0.0f : q * power;
}

static inline double sm_exp_f64(double x)
{
    const double shift = 0x1.8p52;
    double c = x < -709.0 ? -709.0 : x;
    c = c > 710.0 ? 710.0 : c;
    double t = c * 1.4426950408889634 + shift, n = t - shift;
    double r = c - n * 0x1.62e42feep-1; /* ln 2 to 32 bits, and the rest */
    r = r - n * 1.9082149292705877e-10;
    double q = 2.5024630698184187e-08;
    q = q * r + 2.7631161347149056e-07;
    q = q * r + 2.7557507472376106e-06;
    q = q * r + 2.480149025198523e-05;
    q = q * r + 0.0001984126959675777;
    q = q * r + 0.0013888888946763033;
    q = q * r + 0.0083333333334516656;
    q = q * r + 0.041666666666516028;
    q = q * r + 0.16666666666666483;
    q = q * r + 0.50000000000000122;
    q = q * (r * r) + r;
    q = q + 1.0;
    uint64_t bits;
    double power;
    memcpy(&bits, &t, sizeof bits);
    bits = (bits + 1023u) << 52;
    memcpy(&power, &bits, sizeof power);
    return x < -708.3964185322641 ? 0.0 : q * power;
}

#endif
