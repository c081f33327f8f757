/* The elementwise instructions. map_functions.h includes this file once for the functions and once for the table, with
 *   UNARY(name, operand dtype, result dtype, cost, expression in x)
 *   BINARY(name, operand dtype, result dtype, cost, expression in x, y)
 *   TERNARY(name, dtype, cost, expression in the byte x and in y, z of that dtype)
 *   TRIPLE(name, dtype, cost, expression in x, y, z)
 *   CAST(from, to, cost)
 *   CUSTOM(name, dtype, result dtype, cost): the function is written in map_functions.h.
 * t_<dtype> is the C type, u_<dtype> the type whose arithmetic wraps around. The order is that of the opcodes.
 * Costs are in units of an f32 add out of L2, about 0.13 ns an element; MAP_POLY multiplies those of polynomials,
 * whose speed is that of the vectors.
 */
#if defined(__AVX512F__)
#define MAP_POLY 1
#elif defined(__AVX2__)
#define MAP_POLY 2
#else
#define MAP_POLY 4
#endif

#define ARITHMETIC(D, w)                                                                                               \
    BINARY(add, D, D, w, (t_##D)((u_##D)x + (u_##D)y))                                                                 \
    BINARY(sub, D, D, w, (t_##D)((u_##D)x - (u_##D)y))                                                                 \
    BINARY(mul, D, D, w, (t_##D)((u_##D)x * (u_##D)y))                                                                 \
    UNARY(square, D, D, w, (t_##D)((u_##D)x * (u_##D)x))                                                               \
    UNARY(sign, D, D, w, x > 0 ? (t_##D)1 : x < 0 ? (t_##D)-1 : x == 0 ? (t_##D)0 : x)                                 \
    UNARY(copy, D, D, w, x)                                                                                            \
    BINARY(maximum, D, D, w, (x >= y) | (x != x) ? x : y)                                                              \
    BINARY(minimum, D, D, w, (x <= y) | (x != x) ? x : y)                                                              \
    BINARY(equal, D, bool, w, x == y)                                                                                  \
    BINARY(not_equal, D, bool, w, x != y)                                                                              \
    BINARY(less, D, bool, w, x < y)                                                                                    \
    BINARY(less_equal, D, bool, w, x <= y)                                                                             \
    BINARY(greater, D, bool, w, x > y)                                                                                 \
    BINARY(greater_equal, D, bool, w, x >= y)                                                                          \
    TERNARY(where, D, w, x ? y : z)

#define INTEGER(D, bits)                                                                                               \
    UNARY(neg, D, D, 1, (t_##D)(0 - (u_##D)x))                                                                         \
    UNARY(abs, D, D, 1, x < 0 ? (t_##D)(0 - (u_##D)x) : x)                                                             \
    BINARY(floor_divide, D, D, bits / 8 * 2, floor_divide_##D(x, y))                                                   \
    BINARY(mod, D, D, bits / 8 * 2, mod_##D(x, y))                                                                     \
    BINARY(bitwise_and, D, D, 1, x & y)                                                                                \
    BINARY(bitwise_or, D, D, 1, x | y)                                                                                 \
    BINARY(bitwise_xor, D, D, 1, x ^ y)                                                                                \
    UNARY(bitwise_invert, D, D, 1, ~x)                                                                                 \
    BINARY(left_shift, D, D, 1, (u_##D)y < bits ? (t_##D)((u_##D)x << ((u_##D)y & (bits - 1))) : 0)                    \
    BINARY(right_shift, D, D, 1, x >> ((u_##D)y < bits ? y : bits - 1))                                                \
    BINARY(pow, D, D, 20, power_##D(x, y))

/* e is the suffix of libm's function and of the compiler's builtin; w scales the costs. */
#define REAL(D, e, w)                                                                                                  \
    UNARY(neg, D, D, w, -x)                                                                                            \
    UNARY(abs, D, D, w, __builtin_fabs##e(x))                                                                          \
    TRIPLE(muladd, D, w, x * y + z)                                                                                    \
    TRIPLE(submul, D, w, z - x * y)                                                                                    \
    TRIPLE(lerp, D, w, x + (y - x) * z)                                                                                \
    CUSTOM(div_root, D, D, 3 * w)                                                                                      \
    CUSTOM(div_root_of_sum, D, D, 3 * w)                                                                               \
    TRIPLE(muladd_square, D, w, x * (y * y) + z)                                                                       \
    BINARY(floor_divide, D, D, 75, floor_divide_##D(x, y))                                                             \
    BINARY(mod, D, D, 60, mod_##D(x, y))                                                                               \
    BINARY(safe_mul, D, D, w, (x == 0) | ((y == 0) & (x == x)) ? 0 : x * y)                                            \
    BINARY(safe_div, D, D, w, x == 0 ? 0 : x / y)                                                                      \
    BINARY(div, D, D, w, x / y)                                                                                        \
    UNARY(sqrt, D, D, 2 * w, __builtin_sqrt##e(x))                                                                     \
    UNARY(rsqrt, D, D, 3 * w, 1 / __builtin_sqrt##e(x))                                                                \
    UNARY(reciprocal, D, D, w, 1 / x)                                                                                  \
    UNARY(floor, D, D, w, __builtin_floor##e(x))                                                                       \
    UNARY(ceil, D, D, w, __builtin_ceil##e(x))                                                                         \
    UNARY(round, D, D, w, __builtin_rint##e(x))                                                                        \
    UNARY(trunc, D, D, w, __builtin_trunc##e(x))                                                                       \
    UNARY(isnan, D, bool, w, x != x)                                                                                   \
    UNARY(isinf, D, bool, w, __builtin_fabs##e(x) == __builtin_inf##e())                                               \
    UNARY(isfinite, D, bool, w, __builtin_fabs##e(x) < __builtin_inf##e())                                             \
    UNARY(exp, D, D, 3 * MAP_POLY * w, vm_exp_##D(x))                                                                  \
    UNARY(exp2, D, D, 3 * MAP_POLY * w, vm_exp2_##D(x))                                                                \
    UNARY(expm1, D, D, 3 * MAP_POLY * w, vm_expm1_##D(x))                                                              \
    UNARY(log, D, D, 4 * MAP_POLY * w, vm_log_##D(x))                                                                  \
    UNARY(log2, D, D, 4 * MAP_POLY * w, vm_log2_##D(x))                                                                \
    UNARY(log10, D, D, 4 * MAP_POLY * w, vm_log10_##D(x))                                                              \
    UNARY(log1p, D, D, 6 * MAP_POLY * w, vm_log1p_##D(x))                                                              \
    CUSTOM(sin, D, D, 5 * MAP_POLY * w)                                                                                \
    CUSTOM(cos, D, D, 5 * MAP_POLY * w)                                                                                \
    CUSTOM(tan, D, D, 6 * MAP_POLY * w)                                                                                \
    UNARY(tanh, D, D, 4 * MAP_POLY * w, vm_tanh_##D(x))                                                                \
    UNARY(sigmoid, D, D, 4 * MAP_POLY * w, vm_sigmoid_##D(x))                                                          \
    UNARY(erf, D, D, 9 * MAP_POLY * w, vm_erf_##D(x))                                                                  \
    UNARY(softplus, D, D, 11 * MAP_POLY * w, vm_softplus_##D(x))                                                       \
    BINARY(pow, D, D, 23 * MAP_POLY * w, vm_pow_##D(x, y))                                                             \
    UNARY(relu, D, D, w, x > 0 ? x : x != x ? x : 0)                                                                   \
    BINARY(relu_grad, D, D, w, y > 0 ? x : 0)                                                                          \
    BINARY(sigmoid_grad, D, D, w, x * (y * (1 - y)))                                                                   \
    BINARY(tanh_grad, D, D, w, x * (1 - y * y))                                                                        \
    BINARY(sigmoid_xent, D, D, 11 * MAP_POLY * w,                                                                      \
           (x > 0 ? x : x != x ? x : 0) - x * y + vm_log1p_##D(vm_exp_##D(-__builtin_fabs##e(x))))                     \
    UNARY(silu, D, D, 4 * MAP_POLY * w, x * vm_sigmoid_##D(x))                                                         \
    UNARY(gelu, D, D, 11 * MAP_POLY * w, vm_gelu_##D(x))                                                               \
    BINARY(xlogy, D, D, 5 * MAP_POLY * w, (x == 0) & (y == y) ? 0 : x * vm_log_##D(y))                                 \
    UNARY(sinh, D, D, 7 * MAP_POLY * w, vm_sinh_##D(x))                                                                \
    UNARY(cosh, D, D, 5 * MAP_POLY * w, vm_cosh_##D(x))                                                                \
    UNARY(asin, D, D, 5 * MAP_POLY * w, vm_asin_##D(x))                                                                \
    UNARY(acos, D, D, 5 * MAP_POLY * w, vm_acos_##D(x))                                                                \
    UNARY(atan, D, D, 5 * MAP_POLY * w, vm_atan_##D(x))                                                                \
    UNARY(asinh, D, D, 14 * MAP_POLY * w, vm_asinh_##D(x))                                                             \
    UNARY(acosh, D, D, 14 * MAP_POLY * w, vm_acosh_##D(x))                                                             \
    UNARY(atanh, D, D, 8 * MAP_POLY * w, vm_atanh_##D(x))                                                              \
    UNARY(cbrt, D, D, 9 * MAP_POLY * w, vm_cbrt_##D(x))                                                                \
    BINARY(atan2, D, D, 7 * MAP_POLY * w, vm_atan2_##D(x, y))                                                          \
    BINARY(hypot, D, D, 4 * w, vm_hypot_##D(x, y))                                                                     \
    BINARY(fmod, D, D, 60, fmod##e(x, y))

ARITHMETIC(f32, 1)
ARITHMETIC(f64, 2)
ARITHMETIC(i32, 1)
ARITHMETIC(i64, 2)
REAL(f32, f, 1)
REAL(f64, , 2)
INTEGER(i32, 32)
INTEGER(i64, 64)

BINARY(equal, bool, bool, 1, !x == !y)
BINARY(not_equal, bool, bool, 1, !x != !y)
BINARY(logical_and, bool, bool, 1, (x != 0) & (y != 0))
BINARY(logical_or, bool, bool, 1, (x | y) != 0)
BINARY(logical_xor, bool, bool, 1, !x != !y)
UNARY(logical_not, bool, bool, 1, !x)
UNARY(copy, bool, bool, 1, x)
TERNARY(where, bool, 1, x ? y : z)

#define CAST_TO_ALL(F)                                                                                                 \
    CAST(F, f32, 1) CAST(F, f64, 1) CAST(F, i32, 1) CAST(F, i64, 1) CAST(F, bool, 1) CAST(F, u8, 1)                    \
    CAST(F, i8, 1) CAST(F, i16, 1) CAST(F, u16, 1) CAST(F, u32, 1) CAST(F, u64, 1) CAST(F, f16, 2)
CAST_TO_ALL(f32)
CAST_TO_ALL(f64)
CAST_TO_ALL(i32)
CAST_TO_ALL(i64)
CAST_TO_ALL(bool)
CAST_TO_ALL(u8)
CAST_TO_ALL(i8)
CAST_TO_ALL(i16)
CAST_TO_ALL(u16)
CAST_TO_ALL(u32)
CAST_TO_ALL(u64)
CAST_TO_ALL(f16)

#undef ARITHMETIC
#undef INTEGER
#undef REAL
#undef CAST_TO_ALL
#undef MAP_POLY
