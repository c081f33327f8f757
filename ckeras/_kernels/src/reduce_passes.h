/* The passes of reductions over a matrix: along its contiguous axis, and across it, for each operation and type. */
#include <math.h>
#include <string.h>

#include "lanes.h"

enum { RD_SUM, RD_PROD, RD_MAX, RD_MIN, RD_ANY, RD_ALL, RD_ARGMAX, RD_ARGMIN, RD_SUMSQ, RD_SUMABS, RD_OPS };

typedef union {
    double d;
    int64_t i;
} rd_wide;

/* ---- float32 and float64: vectors ---- */

#define RD_VECTORS(T, NAME)                                                                         \
    typedef T rd_v_##NAME __attribute__((vector_size(LN_BYTES)));                                   \
    typedef T rd_u_##NAME __attribute__((vector_size(LN_BYTES), aligned(sizeof(T)), may_alias));    \
    typedef T rd_h_##NAME __attribute__((vector_size(32)));                                         \
    typedef T rd_q_##NAME __attribute__((vector_size(16)));                                         \
    typedef T rd_qu_##NAME __attribute__((vector_size(16), aligned(sizeof(T)), may_alias));
RD_VECTORS(float, f32)
RD_VECTORS(double, f64)

/* NaN replaces everything and is replaced by nothing; the comparison's own type is the mask. */
#define RD_SELECT(a, x, TEST)                                                       \
    ({                                                                              \
        __typeof__(a) a_ = (a), x_ = (x);                                           \
        __typeof__(x_ > a_) m_ = TEST;                                              \
        (__typeof__(a_))((m_ & (__typeof__(m_))x_) | (~m_ & (__typeof__(m_))a_));   \
    })
#define RD_VMAX(a, x) RD_SELECT(a, x, (x_ > a_) | (x_ != x_))
#define RD_VMIN(a, x) RD_SELECT(a, x, (x_ < a_) | (x_ != x_))
#define RD_VABS(x) RD_SELECT(-(x), x, (x_ > a_))
#define RD_ADD(a, x) ((a) + (x))
#define RD_MUL(a, x) ((a) * (x))
#define RD_ID(x) (x)
#define RD_VSQUARE(x) ({ __typeof__(x) x_ = (x); x_ * x_; })
/* Two selections, of which the first is an instruction: the processor could not predict a branch on `x > a`. */
static inline double rd_max(double a, double x)
{
    const double most = x > a ? x : a;
    return x != x ? x : most;
}
static inline double rd_min(double a, double x)
{
    const double least = x < a ? x : a;
    return x != x ? x : least;
}

/* The lower and upper half of a vector of 64 and of 32 bytes. */
#define RD_LO64_f32(a) __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7)
#define RD_HI64_f32(a) __builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15)
#define RD_LO32_f32(a) __builtin_shufflevector(a, a, 0, 1, 2, 3)
#define RD_HI32_f32(a) __builtin_shufflevector(a, a, 4, 5, 6, 7)
#define RD_LO64_f64(a) __builtin_shufflevector(a, a, 0, 1, 2, 3)
#define RD_HI64_f64(a) __builtin_shufflevector(a, a, 4, 5, 6, 7)
#define RD_LO32_f64(a) __builtin_shufflevector(a, a, 0, 1)
#define RD_HI32_f64(a) __builtin_shufflevector(a, a, 2, 3)

#define RB_T float
#define RB_V rd_v_f32
#define RB_U rd_u_f32
#define RB_HA rd_h_f32
#define RB_QA rd_q_f32
#define RB_Q rd_qu_f32
#define RB_LO64 RD_LO64_f32
#define RB_HI64 RD_HI64_f32
#define RB_LO32 RD_LO32_f32
#define RB_HI32 RD_HI32_f32
#define RB_SUFFIX(x, op) rd_##x##_##op##_f32
#include "reduce_ops.h"

#define RB_T double
#define RB_V rd_v_f64
#define RB_U rd_u_f64
#define RB_HA rd_h_f64
#define RB_QA rd_q_f64
#define RB_Q rd_qu_f64
#define RB_LO64 RD_LO64_f64
#define RB_HI64 RD_HI64_f64
#define RB_LO32 RD_LO32_f64
#define RB_HI32 RD_HI32_f64
#define RB_SUFFIX(x, op) rd_##x##_##op##_f64
#include "reduce_ops.h"

/* ---- integers and logic: plain loops, which the compiler may reorder; sums wrap as unsigned ---- */

/* STEP(a, x) is one step of an accumulator of type A that starts at A0; MERGE(t, a) carries it into an int64. */
#define RD_PLAIN(NAME, T, A, A0, STEP, MERGE)                                                              \
    static void rd_rows_##NAME(const void *x_, int64_t count, int64_t stride, int64_t n, void *acc_)       \
    {                                                                                                      \
        const T *x = x_;                                                                                   \
        int64_t *acc = acc_;                                                                               \
        for (int64_t i = 0; i < count; i++, x += stride)                                                   \
            for (int64_t j = 0; j < n; j += 4096) {                                                        \
                const T *s = x + j;                                                                        \
                int64_t m = ln_min(4096, n - j);                                                           \
                A a = A0;                                                                                  \
                for (int64_t k = 0; k < m; k++) a = STEP(a, s[k]);                                         \
                acc[i] = MERGE(acc[i], a);                                                                 \
            }                                                                                              \
    }                                                                                                      \
    static void rd_cols_##NAME(const void *x_, int64_t count, int64_t stride, int64_t n, void *acc_)       \
    {                                                                                                      \
        const T *x = x_;                                                                                   \
        int64_t *acc = acc_;                                                                               \
        for (int64_t r = 0; r < count; r++, x += stride)                                                   \
            for (int64_t j = 0; j < n; j++) acc[j] = MERGE(acc[j], STEP((A)A0, x[j]));                     \
    }

#define RD_UADD(t, a) ((int64_t)((uint64_t)(t) + (uint64_t)(a)))
#define RD_UMUL(t, a) ((int64_t)((uint64_t)(t) * (uint64_t)(a)))
#define RD_HIGH(t, a) ((a) > (t) ? (a) : (t))
#define RD_LOW(t, a) ((a) < (t) ? (a) : (t))
#define RD_OR(t, a) ((t) | (a))
#define RD_AND(t, a) ((t) & (a))
#define RD_S_ADD32(a, x) ((a) + (uint32_t)(x))
#define RD_S_MUL32(a, x) ((a) * (uint32_t)(x))
#define RD_S_SQ32(a, x) ((a) + (uint32_t)(x) * (uint32_t)(x))
#define RD_S_ABS32(a, x) ((a) + ((x) < 0 ? 0u - (uint32_t)(x) : (uint32_t)(x)))
#define RD_S_ADD64(a, x) ((a) + (uint64_t)(x))
#define RD_S_MUL64(a, x) ((a) * (uint64_t)(x))
#define RD_S_SQ64(a, x) ((a) + (uint64_t)(x) * (uint64_t)(x))
#define RD_S_ABS64(a, x) ((a) + ((x) < 0 ? 0u - (uint64_t)(x) : (uint64_t)(x)))
#define RD_S_ANY(a, x) ((a) | ((x) != 0))
#define RD_S_ALL(a, x) ((a) & ((x) != 0))

RD_PLAIN(sum_i32, int32_t, uint32_t, 0, RD_S_ADD32, RD_UADD)
RD_PLAIN(prod_i32, int32_t, uint32_t, 1, RD_S_MUL32, RD_UMUL)
RD_PLAIN(max_i32, int32_t, int32_t, INT32_MIN, RD_HIGH, RD_HIGH)
RD_PLAIN(min_i32, int32_t, int32_t, INT32_MAX, RD_LOW, RD_LOW)
RD_PLAIN(sumsq_i32, int32_t, uint32_t, 0, RD_S_SQ32, RD_UADD)
RD_PLAIN(sumabs_i32, int32_t, uint32_t, 0, RD_S_ABS32, RD_UADD)
RD_PLAIN(sum_i64, int64_t, uint64_t, 0, RD_S_ADD64, RD_UADD)
RD_PLAIN(prod_i64, int64_t, uint64_t, 1, RD_S_MUL64, RD_UMUL)
RD_PLAIN(max_i64, int64_t, int64_t, INT64_MIN, RD_HIGH, RD_HIGH)
RD_PLAIN(min_i64, int64_t, int64_t, INT64_MAX, RD_LOW, RD_LOW)
RD_PLAIN(sumsq_i64, int64_t, uint64_t, 0, RD_S_SQ64, RD_UADD)
RD_PLAIN(sumabs_i64, int64_t, uint64_t, 0, RD_S_ABS64, RD_UADD)
RD_PLAIN(sum_bool, uint8_t, uint32_t, 0, RD_S_ADD32, RD_UADD)
RD_PLAIN(any_f32, float, int32_t, 0, RD_S_ANY, RD_OR)
RD_PLAIN(all_f32, float, int32_t, 1, RD_S_ALL, RD_AND)
RD_PLAIN(any_f64, double, int64_t, 0, RD_S_ANY, RD_OR)
RD_PLAIN(all_f64, double, int64_t, 1, RD_S_ALL, RD_AND)
RD_PLAIN(any_i32, int32_t, int32_t, 0, RD_S_ANY, RD_OR)
RD_PLAIN(all_i32, int32_t, int32_t, 1, RD_S_ALL, RD_AND)
RD_PLAIN(any_i64, int64_t, int64_t, 0, RD_S_ANY, RD_OR)
RD_PLAIN(all_i64, int64_t, int64_t, 1, RD_S_ALL, RD_AND)
RD_PLAIN(any_bool, uint8_t, uint8_t, 0, RD_S_ANY, RD_OR)
RD_PLAIN(all_bool, uint8_t, uint8_t, 1, RD_S_ALL, RD_AND)
#define rd_rows_max_bool rd_rows_any_bool
#define rd_rows_min_bool rd_rows_all_bool

/* ---- argmax and argmin ---- */

/* x (n, cols) -> out (cols): the first row of the extreme of each column; a NaN is the extreme, the first one wins.
 * I is an integer as wide as T where n allows it, so that both fill a vector alike. */
#define RD_ARG(NAME, T, I, WIDE, BEATS, SAME)                                                                          \
    static void rd_arg_##NAME(const void *x_, int64_t n, int64_t cols, int64_t *out)                       \
    {                                                                                                      \
        const T *x = x_;                                                                                   \
        if (cols == 1) {                                                                                   \
            T best = x[0];                                                                                 \
            int64_t at = 0;                                                                                \
            if (n > 48) { /* a long row: its extreme, in vectors, then a block at a time where it is */    \
                WIDE extreme = best;                                                                       \
                rd_rows_##NAME(x, 1, 0, n, &extreme);                                                      \
                best = (T)extreme;                                                                         \
                for (; at + 64 <= n; at += 64) {                                                           \
                    I hit = 0;                                                                             \
                    for (int64_t k = 0; k < 64; k++) hit |= SAME(x[at + k], best);                         \
                    if (hit) break;                                                                        \
                }                                                                                          \
                while (!(SAME(x[at], best))) at++;                                                         \
            } else {                                                                                       \
                for (int64_t k = 1; k < n; k++) {                                                          \
                    int better = BEATS(x[k], best);                                                        \
                    best = better ? x[k] : best;                                                           \
                    at = better ? k : at;                                                                  \
                }                                                                                          \
            }                                                                                              \
            out[0] = at;                                                                                   \
            return;                                                                                        \
        }                                                                                                  \
        for (int64_t j = 0; j < cols; j += 256) {                                                          \
            int64_t m = ln_min(256, cols - j);                                                             \
            T best[256];                                                                                   \
            I at[256];                                                                                     \
            for (int64_t k = 0; k < m; k++) best[k] = x[j + k], at[k] = 0;                                 \
            for (int64_t i = 1; i < n; i++) {                                                              \
                const T *s = x + i * cols + j;                                                             \
                for (int64_t k = 0; k < m; k++) {                                                          \
                    int better = BEATS(s[k], best[k]);                                                     \
                    best[k] = better ? s[k] : best[k];                                                     \
                    at[k] = better ? (I)i : at[k];                                                         \
                }                                                                                          \
            }                                                                                              \
            for (int64_t k = 0; k < m; k++) out[j + k] = at[k];                                            \
        }                                                                                                  \
    }

#define RD_SAME(x, best) ((x) == (best))
#define RD_SAME_NAN(x, best) (((x) == (best)) | (((x) != (x)) & ((best) != (best))))
#define RD_ABOVE(x, best) ((x) > (best))
#define RD_BELOW(x, best) ((x) < (best))
#define RD_ABOVE_NAN(x, best) (((x) > (best)) | (((x) != (x)) & ((best) == (best))))
#define RD_BELOW_NAN(x, best) (((x) < (best)) | (((x) != (x)) & ((best) == (best))))
RD_ARG(max_f32, float, int32_t, double, RD_ABOVE_NAN, RD_SAME_NAN)
RD_ARG(min_f32, float, int32_t, double, RD_BELOW_NAN, RD_SAME_NAN)
RD_ARG(max_f64, double, int64_t, double, RD_ABOVE_NAN, RD_SAME_NAN)
RD_ARG(min_f64, double, int64_t, double, RD_BELOW_NAN, RD_SAME_NAN)
RD_ARG(max_i32, int32_t, int32_t, int64_t, RD_ABOVE, RD_SAME)
RD_ARG(min_i32, int32_t, int32_t, int64_t, RD_BELOW, RD_SAME)
RD_ARG(max_i64, int64_t, int64_t, int64_t, RD_ABOVE, RD_SAME)
RD_ARG(min_i64, int64_t, int64_t, int64_t, RD_BELOW, RD_SAME)
RD_ARG(max_bool, uint8_t, int32_t, int64_t, RD_ABOVE, RD_SAME)
RD_ARG(min_bool, uint8_t, int32_t, int64_t, RD_BELOW, RD_SAME)

/* ---- tables, by operation and type ---- */

typedef void (*rd_pass)(const void *x, int64_t count, int64_t stride, int64_t n, void *acc);
typedef void (*rd_arg)(const void *x, int64_t n, int64_t cols, int64_t *out);

static const uint8_t rd_size[] = {[CK_F32] = 4, [CK_F64] = 8, [CK_I32] = 4, [CK_I64] = 8, [CK_BOOL] = 1};

/* [operation][type]: along the contiguous axis, across it */
#define RD_PAIR(op, t) {rd_rows_##op##_##t, rd_cols_##op##_##t}
#define RD_ROW(op) {RD_PAIR(op, f32), RD_PAIR(op, f64), RD_PAIR(op, i32), RD_PAIR(op, i64)
static const rd_pass rd_passes[RD_OPS][CK_BOOL + 1][2] = {
    [RD_SUM] = RD_ROW(sum), RD_PAIR(sum, bool)},
    [RD_PROD] = RD_ROW(prod), RD_PAIR(all, bool)},
    [RD_MAX] = RD_ROW(max), RD_PAIR(any, bool)},
    [RD_MIN] = RD_ROW(min), RD_PAIR(all, bool)},
    [RD_ANY] = RD_ROW(any), RD_PAIR(any, bool)},
    [RD_ALL] = RD_ROW(all), RD_PAIR(all, bool)},
    [RD_SUMSQ] = RD_ROW(sumsq), RD_PAIR(sum, bool)},
    [RD_SUMABS] = RD_ROW(sumabs), RD_PAIR(sum, bool)},
};
static const rd_arg rd_args[2][CK_BOOL + 1] = {
    {rd_arg_max_f32, rd_arg_max_f64, rd_arg_max_i32, rd_arg_max_i64, rd_arg_max_bool},
    {rd_arg_min_f32, rd_arg_min_f64, rd_arg_min_i32, rd_arg_min_i64, rd_arg_min_bool},
};
