/* The list of elementwise steps. map.c includes it once for the functions and once for the table, with
 *   UNARY(name, operand dtype, result dtype, cost, expression in x)
 *   BINARY(name, operand dtype, result dtype, cost, expression in x, y)
 *   TERNARY(name, dtype, cost, expression in the byte x and in y, z of that dtype)
 *   CAST(from, to, cost)
 *   CUSTOM(name, dtype, result dtype, cost): the function is written in map.c.
 * t_<dtype> is the C type, u_<dtype> the type whose arithmetic wraps around. The order is that of the opcodes.
 * Costs are cycles an element at the level v4, not below 1.
 */

#define ARITHMETIC(D, mul_cost)                                                                                        \
    BINARY(add, D, D, 1, (t_##D)((u_##D)x + (u_##D)y))                                                                 \
    BINARY(sub, D, D, 1, (t_##D)((u_##D)x - (u_##D)y))                                                                 \
    BINARY(mul, D, D, mul_cost, (t_##D)((u_##D)x * (u_##D)y))                                                          \
    UNARY(square, D, D, mul_cost, (t_##D)((u_##D)x * (u_##D)x))                                                        \
    UNARY(sign, D, D, 1, x > 0 ? (t_##D)1 : x < 0 ? (t_##D)-1 : x == 0 ? (t_##D)0 : x)                                 \
    UNARY(copy, D, D, 1, x)                                                                                            \
    BINARY(maximum, D, D, 1, (x >= y) | (x != x) ? x : y)                                                              \
    BINARY(minimum, D, D, 1, (x <= y) | (x != x) ? x : y)                                                              \
    BINARY(equal, D, bool, 1, x == y)                                                                                  \
    BINARY(not_equal, D, bool, 1, x != y)                                                                              \
    BINARY(less, D, bool, 1, x < y)                                                                                    \
    BINARY(less_equal, D, bool, 1, x <= y)                                                                             \
    BINARY(greater, D, bool, 1, x > y)                                                                                 \
    BINARY(greater_equal, D, bool, 1, x >= y)                                                                          \
    TERNARY(where, D, 1, x ? y : z)

#define INTEGER(D, bits)                                                                                               \
    UNARY(neg, D, D, 1, (t_##D)(0 - (u_##D)x))                                                                         \
    UNARY(abs, D, D, 1, x < 0 ? (t_##D)(0 - (u_##D)x) : x)                                                             \
    BINARY(floor_divide, D, D, bits / 8, floor_divide_##D(x, y))                                                       \
    BINARY(mod, D, D, bits / 8, mod_##D(x, y))                                                                         \
    BINARY(bitwise_and, D, D, 1, x & y)                                                                                \
    BINARY(bitwise_or, D, D, 1, x | y)                                                                                 \
    BINARY(bitwise_xor, D, D, 1, x ^ y)                                                                                \
    UNARY(bitwise_invert, D, D, 1, ~x)                                                                                 \
    BINARY(left_shift, D, D, 1, (u_##D)y < bits ? (t_##D)((u_##D)x << ((u_##D)y & (bits - 1))) : 0)                    \
    BINARY(right_shift, D, D, 1, x >> ((u_##D)y < bits ? y : bits - 1))                                                \
    BINARY(pow, D, D, 20, power_##D(x, y))

/* e is the suffix of libm's function and of the compiler's builtin; w multiplies the cost of a polynomial. */
#define REAL(D, e, w)                                                                                                  \
    UNARY(neg, D, D, 1, -x)                                                                                            \
    UNARY(abs, D, D, 1, __builtin_fabs##e(x))                                                                          \
    BINARY(floor_divide, D, D, 20, floor_divide_##D(x, y))                                                             \
    BINARY(mod, D, D, 15, mod_##D(x, y))                                                                               \
    BINARY(div, D, D, w, x / y)                                                                                        \
    UNARY(sqrt, D, D, w, __builtin_sqrt##e(x))                                                                         \
    UNARY(rsqrt, D, D, 2 * w, 1 / __builtin_sqrt##e(x))                                                                \
    UNARY(reciprocal, D, D, w, 1 / x)                                                                                  \
    UNARY(floor, D, D, 1, __builtin_floor##e(x))                                                                       \
    UNARY(ceil, D, D, 1, __builtin_ceil##e(x))                                                                         \
    UNARY(round, D, D, 1, __builtin_rint##e(x))                                                                        \
    UNARY(trunc, D, D, 1, __builtin_trunc##e(x))                                                                       \
    UNARY(isnan, D, bool, 1, x != x)                                                                                   \
    UNARY(isinf, D, bool, 1, __builtin_fabs##e(x) == __builtin_inf##e())                                               \
    UNARY(isfinite, D, bool, 1, __builtin_fabs##e(x) < __builtin_inf##e())                                             \
    UNARY(exp, D, D, 2 * w, vm_exp_##D(x))                                                                             \
    UNARY(exp2, D, D, 2 * w, vm_exp2_##D(x))                                                                           \
    UNARY(expm1, D, D, 2 * w, vm_expm1_##D(x))                                                                         \
    UNARY(log, D, D, 2 * w, vm_log_##D(x))                                                                             \
    UNARY(log2, D, D, 3 * w, vm_log2_##D(x))                                                                           \
    UNARY(log10, D, D, 3 * w, vm_log10_##D(x))                                                                         \
    UNARY(log1p, D, D, 3 * w, vm_log1p_##D(x))                                                                         \
    CUSTOM(sin, D, D, 4 * w)                                                                                           \
    CUSTOM(cos, D, D, 4 * w)                                                                                           \
    CUSTOM(tan, D, D, 5 * w)                                                                                           \
    UNARY(tanh, D, D, 3 * w, vm_tanh_##D(x))                                                                           \
    UNARY(sigmoid, D, D, 3 * w, vm_sigmoid_##D(x))                                                                     \
    UNARY(erf, D, D, 5 * w, vm_erf_##D(x))                                                                             \
    UNARY(softplus, D, D, 5 * w, vm_softplus_##D(x))                                                                   \
    BINARY(pow, D, D, 10 * w, vm_pow_##D(x, y))                                                                        \
    UNARY(relu, D, D, 1, x > 0 ? x : x != x ? x : 0)                                                                   \
    BINARY(relu_grad, D, D, 1, y > 0 ? x : 0)                                                                          \
    BINARY(sigmoid_grad, D, D, 1, x * (y * (1 - y)))                                                                   \
    BINARY(tanh_grad, D, D, 1, x * (1 - y * y))                                                                        \
    BINARY(sigmoid_xent, D, D, 5 * w,                                                                                  \
           (x > 0 ? x : x != x ? x : 0) - x * y + vm_log1p_##D(vm_exp_##D(-__builtin_fabs##e(x))))                     \
    UNARY(silu, D, D, 3 * w, x * vm_sigmoid_##D(x))                                                                    \
    UNARY(gelu, D, D, 5 * w, vm_gelu_##D(x))                                                                           \
    BINARY(xlogy, D, D, 3 * w, (x == 0) & (y == y) ? 0 : x * vm_log_##D(y))                                            \
    UNARY(sinh, D, D, 40, sinh##e(x))                                                                                  \
    UNARY(cosh, D, D, 40, cosh##e(x))                                                                                  \
    UNARY(asin, D, D, 40, asin##e(x))                                                                                  \
    UNARY(acos, D, D, 40, acos##e(x))                                                                                  \
    UNARY(atan, D, D, 40, atan##e(x))                                                                                  \
    UNARY(asinh, D, D, 60, asinh##e(x))                                                                                \
    UNARY(acosh, D, D, 60, acosh##e(x))                                                                                \
    UNARY(atanh, D, D, 60, atanh##e(x))                                                                                \
    BINARY(atan2, D, D, 60, atan2##e(x, y))

ARITHMETIC(f32, 1)
ARITHMETIC(f64, 1)
ARITHMETIC(i32, 1)
ARITHMETIC(i64, 1)
REAL(f32, f, 1)
REAL(f64, , 3)
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
