/* Sine, cosine and tangent: as in vmath.h, without a branch.
 *
 * Cody-Waite reduction by pi/2, valid for |x| <= VM_TRIG_MAX_*: above that the caller asks libm.
 */
#ifndef CK_VMATH_TRIG_H
#define CK_VMATH_TRIG_H
#include "vmath.h"

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

#endif
