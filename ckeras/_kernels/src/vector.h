/* The vector registers of this level, for kernels that block for them by hand.
 *
 * Vector types are GCC's (Clang has them too): `a * b + c` is one instruction a register at every level. What they
 * cannot say is "the first n lanes only", so those loads and stores are here.
 */
#ifndef CK_VECTOR_H
#define CK_VECTOR_H
#include <stdint.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define CK_VECTOR_BYTES 64
#elif defined(__AVX2__)
#include <immintrin.h>
#define CK_VECTOR_BYTES 32
#else
#define CK_VECTOR_BYTES 16
#endif
#define CK_LANES_F32 (CK_VECTOR_BYTES / 4)
#define CK_LANES_F64 (CK_VECTOR_BYTES / 8)

/* Arrays are aligned to their items only, and the compiler must know it. */
typedef float ck_vf32 __attribute__((vector_size(CK_VECTOR_BYTES), aligned(4), may_alias));
typedef double ck_vf64 __attribute__((vector_size(CK_VECTOR_BYTES), aligned(8), may_alias));
typedef int32_t ck_vi32 __attribute__((vector_size(CK_VECTOR_BYTES), aligned(4), may_alias));
typedef int64_t ck_vi64 __attribute__((vector_size(CK_VECTOR_BYTES), aligned(8), may_alias));

#define CK_INLINE static inline __attribute__((always_inline))

/* load_part: p[0:n] in the first n lanes, zeros in the others; 0 <= n <= lanes. Nothing beyond p[n - 1] is touched.
 * store_part: the first n lanes to p[0:n]. */
#if defined(__AVX512F__)
CK_INLINE ck_vf32 ck_load_part_f32(const float *p, int n)
{
    return (ck_vf32)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
CK_INLINE void ck_store_part_f32(float *p, ck_vf32 x, int n)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)x);
}
CK_INLINE ck_vf64 ck_load_part_f64(const double *p, int n)
{
    return (ck_vf64)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
}
CK_INLINE void ck_store_part_f64(double *p, ck_vf64 x, int n)
{
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)x);
}
#elif defined(__AVX2__)
CK_INLINE __m256i ck_first_f32(int n)
{
    return (__m256i)((ck_vi32){0, 1, 2, 3, 4, 5, 6, 7} < (ck_vi32){} + n);
}
CK_INLINE __m256i ck_first_f64(int n) { return (__m256i)((ck_vi64){0, 1, 2, 3} < (ck_vi64){} + n); }
CK_INLINE ck_vf32 ck_load_part_f32(const float *p, int n) { return (ck_vf32)_mm256_maskload_ps(p, ck_first_f32(n)); }
CK_INLINE void ck_store_part_f32(float *p, ck_vf32 x, int n) { _mm256_maskstore_ps(p, ck_first_f32(n), (__m256)x); }
CK_INLINE ck_vf64 ck_load_part_f64(const double *p, int n) { return (ck_vf64)_mm256_maskload_pd(p, ck_first_f64(n)); }
CK_INLINE void ck_store_part_f64(double *p, ck_vf64 x, int n) { _mm256_maskstore_pd(p, ck_first_f64(n), (__m256d)x); }
#else
CK_INLINE ck_vf32 ck_load_part_f32(const float *p, int n)
{
    ck_vf32 x = {};
    if (n == 4) return *(const ck_vf32 *)p;
    if (n > 0) x[0] = p[0];
    if (n > 1) x[1] = p[1];
    if (n > 2) x[2] = p[2];
    return x;
}
CK_INLINE void ck_store_part_f32(float *p, ck_vf32 x, int n)
{
    if (n == 4) { *(ck_vf32 *)p = x; return; }
    if (n > 0) p[0] = x[0];
    if (n > 1) p[1] = x[1];
    if (n > 2) p[2] = x[2];
}
CK_INLINE ck_vf64 ck_load_part_f64(const double *p, int n)
{
    ck_vf64 x = {};
    if (n == 2) return *(const ck_vf64 *)p;
    if (n > 0) x[0] = p[0];
    return x;
}
CK_INLINE void ck_store_part_f64(double *p, ck_vf64 x, int n)
{
    if (n == 2) { *(ck_vf64 *)p = x; return; }
    if (n > 0) p[0] = x[0];
}
#endif

/* The sum of all lanes, halves added to halves: an order that depends on the level alone. */
CK_INLINE float ck_sum_f32(ck_vf32 x)
{
#if CK_VECTOR_BYTES == 64
    x += __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    x += __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    x += __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    x += __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#elif CK_VECTOR_BYTES == 32
    x += __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3);
    x += __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5);
    x += __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
#else
    x += __builtin_shufflevector(x, x, 2, 3, 0, 1);
    x += __builtin_shufflevector(x, x, 1, 0, 3, 2);
#endif
    return x[0];
}
CK_INLINE double ck_sum_f64(ck_vf64 x)
{
#if CK_VECTOR_BYTES == 64
    x += __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3);
    x += __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5);
    x += __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
#elif CK_VECTOR_BYTES == 32
    x += __builtin_shufflevector(x, x, 2, 3, 0, 1);
    x += __builtin_shufflevector(x, x, 1, 0, 3, 2);
#else
    x += __builtin_shufflevector(x, x, 1, 0);
#endif
    return x[0];
}

/* r[0:lanes] as a square of items, transposed: to zip rows with those half a square below, as often as halving leads
 * to one, moves each bit of the row number into the column number. */
#define CK_ZIP2(a, b) __builtin_shufflevector(a, b, 0, 2), __builtin_shufflevector(a, b, 1, 3)
#define CK_ZIP4(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5), __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define CK_ZIP8(a, b)                                                                                                  \
    __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11), __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define CK_ZIP16(a, b)                                                                                                 \
    __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),                             \
        __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define CK_TRANSPOSE(D, V, lanes, zip)                                                                                 \
    CK_INLINE void ck_transpose_##D(V *r)                                                                              \
    {                                                                                                                  \
        _Pragma("GCC unroll 4") for (int n = 1; n < lanes; n *= 2)                                                     \
        {                                                                                                              \
            V t[lanes];                                                                                                \
            _Pragma("GCC unroll 8") for (int i = 0; i < lanes / 2; i++)                                                \
            {                                                                                                          \
                const V pair[2] = {zip(r[i], r[i + lanes / 2])};                                                       \
                t[2 * i] = pair[0];                                                                                    \
                t[2 * i + 1] = pair[1];                                                                                \
            }                                                                                                          \
            _Pragma("GCC unroll 16") for (int i = 0; i < lanes; i++) r[i] = t[i];                                      \
        }                                                                                                              \
    }
#if CK_VECTOR_BYTES == 64
CK_TRANSPOSE(f32, ck_vf32, 16, CK_ZIP16)
CK_TRANSPOSE(f64, ck_vf64, 8, CK_ZIP8)
#elif CK_VECTOR_BYTES == 32
CK_TRANSPOSE(f32, ck_vf32, 8, CK_ZIP8)
CK_TRANSPOSE(f64, ck_vf64, 4, CK_ZIP4)
#else
CK_TRANSPOSE(f32, ck_vf32, 4, CK_ZIP4)
CK_TRANSPOSE(f64, ck_vf64, 2, CK_ZIP2)
#endif

#endif
