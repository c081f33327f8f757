/* Functions of one element for the elementwise instructions: division, powers of integers, half precision, casts.
 * t_<dtype> is the C type of a dtype, u_<dtype> the type whose arithmetic wraps around.
 */
#include "vmath.h"
#include "vmath_arc.h"
#include "vmath_erf.h"
#include "vmath_pow.h"
#include "vmath_trig.h"

typedef float t_f32, u_f32;
typedef double t_f64, u_f64;
typedef int32_t t_i32;
typedef uint32_t u_i32;
typedef int64_t t_i64;
typedef uint64_t u_i64;
typedef uint8_t t_bool, t_u8;
typedef int8_t t_i8;
typedef int16_t t_i16;
typedef uint16_t t_u16, t_f16;
typedef uint32_t t_u32;
typedef uint64_t t_u64;

/* Quotient rounded down; 0 where the divisor is 0; the one overflow, MIN / -1, wraps. The quotient of two int32 in
 * double is never rounded across an integer, and there the loop vectorises. */
VM_INLINE int32_t floor_divide_i32(int32_t x, int32_t y)
{
    double q = __builtin_floor((double)x / (double)(y == 0 ? 1 : y));
    int32_t r = (int32_t)(q > 2147483647.0 ? -2147483648.0 : q);
    return y == 0 ? 0 : r;
}
VM_INLINE int32_t mod_i32(int32_t x, int32_t y)
{
    return y == 0 ? 0 : (int32_t)((uint32_t)x - (uint32_t)floor_divide_i32(x, y) * (uint32_t)y);
}
VM_INLINE int64_t floor_divide_i64(int64_t x, int64_t y)
{
    if (y == 0) return 0;
    if (y == -1) return (int64_t)(0 - (uint64_t)x);
    return x / y - (x % y != 0 && (x < 0) != (y < 0));
}
VM_INLINE int64_t mod_i64(int64_t x, int64_t y)
{
    if (y == 0 || y == -1) return 0;
    int64_t r = x % y;
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

/* By squaring, wrapping around. A negative exponent gives the integer part of the true result: 0 but for +-1. */
#define POWER(D)                                                                                                       \
    VM_INLINE t_##D power_##D(t_##D x, t_##D y)                                                                        \
    {                                                                                                                  \
        if (y < 0) return x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0;                                                 \
        u_##D base = (u_##D)x, r = 1;                                                                                  \
        for (; y; y >>= 1, base *= base)                                                                               \
            if (y & 1) r *= base;                                                                                      \
        return (t_##D)r;                                                                                               \
    }
POWER(i32)
POWER(i64)

/* Python's: mod has the divisor's sign, and x = floor_divide * y + mod up to rounding; by 0: nan and x / 0. */
#define FLOAT_DIVISION(D, e)                                                                                           \
    VM_INLINE t_##D mod_##D(t_##D x, t_##D y)                                                                          \
    {                                                                                                                  \
        t_##D r = fmod##e(x, y);                                                                                       \
        if (r == 0) return __builtin_copysign##e(0, y);                                                                \
        return (r < 0) != (y < 0) ? r + y : r;                                                                         \
    }                                                                                                                  \
    VM_INLINE t_##D floor_divide_##D(t_##D x, t_##D y)                                                                 \
    {                                                                                                                  \
        if (y == 0) return x / y;                                                                                      \
        t_##D r = fmod##e(x, y), q = (x - r) / y;                                                                      \
        if (r != 0 && (r < 0) != (y < 0)) q -= 1;                                                                      \
        if (q == 0) return __builtin_copysign##e(0, x / y);                                                            \
        t_##D whole = __builtin_floor##e(q);                                                                           \
        return q - whole > (t_##D)0.5 ? whole + 1 : whole;                                                             \
    }
FLOAT_DIVISION(f32, f)
FLOAT_DIVISION(f64, )
#undef POWER
#undef FLOAT_DIVISION

/* ---- half precision in integers, as not every processor has it ---- */

VM_INLINE float half_to_f32(uint16_t h)
{
    int32_t magnitude = (int32_t)(h & 0x7FFF);
    int32_t bits = vm_bits_f32(vm_from_f32(magnitude << 13) * 0x1p+112f); /* denormals become normal */
    bits |= magnitude >= 0x7C00 ? 0x7F800000 : 0;
    return vm_from_f32(bits | (int32_t)((uint32_t)(h & 0x8000) << 16));
}

VM_INLINE uint16_t half_from_f32(float x)
{
    int32_t bits = vm_bits_f32(x), a = bits & 0x7FFFFFFF;
    int32_t normal = (a + 0xFFF + (a >> 13 & 1) - (112 << 23)) >> 13;
    int32_t denormal = vm_bits_f32(vm_from_f32(a) + 0.5f) - 0x3F000000; /* 0.5 has the ulp of a half's denormal */
    int32_t h = a < 0x38800000 ? denormal : normal;
    h = a >= 0x477FF000 ? 0x7C00 : h; /* 65520 and above */
    h = a > 0x7F800000 ? 0x7E00 : h;
    return (uint16_t)(h | (bits >> 16 & 0x8000));
}

/* Rounded to odd on the way through float, so that the second rounding is the only one (Boldo & Melquiond 2008). */
VM_INLINE uint16_t half_from_f64(double x)
{
    float f = (float)x;
    int32_t bits = vm_bits_f32(f), too_far = __builtin_fabs((double)f) > __builtin_fabs(x);
    int32_t odd = (bits - too_far) | 1;
    return half_from_f32(vm_from_f32((double)f == x ? bits : odd));
}

#define MAP_FROM_f32(x) (x)
#define MAP_FROM_f64(x) (x)
#define MAP_FROM_i32(x) (x)
#define MAP_FROM_i64(x) (x)
#define MAP_FROM_bool(x) ((x) != 0)
#define MAP_FROM_u8(x) (x)
#define MAP_FROM_i8(x) (x)
#define MAP_FROM_i16(x) (x)
#define MAP_FROM_u16(x) (x)
#define MAP_FROM_u32(x) (x)
#define MAP_FROM_u64(x) (x)
#define MAP_FROM_f16(x) half_to_f32(x)
/* Small integers through a wider one, as a real number out of their range is then taken modulo, not undefined. */
#define MAP_TO_f32(x) (float)(x)
#define MAP_TO_f64(x) (double)(x)
#define MAP_TO_i32(x) (int32_t)(x)
#define MAP_TO_i64(x) (int64_t)(x)
#define MAP_TO_bool(x) ((x) != 0)
#define MAP_TO_u8(x) (uint8_t)(int32_t)(x)
#define MAP_TO_i8(x) (int8_t)(int32_t)(x)
#define MAP_TO_i16(x) (int16_t)(int32_t)(x)
#define MAP_TO_u16(x) (uint16_t)(int32_t)(x)
#define MAP_TO_u32(x) (uint32_t)(int64_t)(x)
#define MAP_TO_u64(x) (uint64_t)(x)
#define MAP_TO_f16(x) _Generic((x), double: half_from_f64(x), default: half_from_f32((float)(x)))
