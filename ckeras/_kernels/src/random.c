/* Random numbers by position: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * 2011). One block of four 32-bit words is a function of
 *   key      seed[0], 64 bits
 *   counter  (number of the block, seed[1]), 64 bits each
 * and an element's value a function of its block and index in it: not of n, nor of threads.
 *
 * buf: out [n], seed int64[2]. p: kind, dtype, n, and for kinds 4 to 6 what is said there. kind, dtypes, f:
 *   0 uniform            f32 f64        [low, high). 24 bits (f32) or 53 (f64). high is never returned.
 *   1 normal             f32 f64        mean, std. Box & Muller 1958; |z| <= 6.7 (f32) or 8.6 (f64).
 *   2 truncated normal   f32 f64        mean, std; |z| < 2, by the inverse distribution function, one sample each.
 *   3 mask               f32 f64 bool   p_keep, value: `value` with probability p_keep (to 2^-31), else 0.
 *   4 integers           i32 i64        p[3] = low, p[4] = span: low + [0, span], modulo 2^64 (so unsigned ones too);
 *                                       span < 2^32, each probability within 2^-32 of 1 / (span + 1).
 *   5 raw words          u32            p[3] = number of the first block
 *   6 wide integers      i64            as 4 for every unsigned span; each probability within 2^-64 of its value.
 * An f32, a mask or a raw word takes one word of a block; f64 and integers take two, wide integers all four.
 */
#include <omp.h>

#include "kernels.h"
#include "vmath.h"
#include "vmath_trig.h"

enum {
    RANDOM_LANES = 64,                       /* blocks computed side by side */
    RANDOM_WORDS = 4 * RANDOM_LANES,
    RANDOM_CHUNK = 4096,                     /* elements a thread takes at least; a multiple of RANDOM_WORDS */
    RANDOM_THREAD_MIN = 16384,               /* elements below which one thread does it all */
    RANDOM_UNIFORM = 0, RANDOM_NORMAL, RANDOM_TRUNCATED, RANDOM_MASK, RANDOM_INTEGERS, RANDOM_RAW, RANDOM_WIDE,
};

/* A vector of 64-bit lanes, one Philox block each, and the product of the lanes' lower halves with a constant: one
 * instruction, which the compiler does not find by itself. The upper halves of the state are never read. */
#if defined(__AVX512F__)
#include <immintrin.h>
typedef uint64_t random_lanes __attribute__((vector_size(64)));
#define RANDOM_MUL(x, m) (random_lanes)_mm512_mul_epu32((__m512i)(x), _mm512_set1_epi64(m))
#elif defined(__AVX2__)
#include <immintrin.h>
typedef uint64_t random_lanes __attribute__((vector_size(32)));
#define RANDOM_MUL(x, m) (random_lanes)_mm256_mul_epu32((__m256i)(x), _mm256_set1_epi64x(m))
#elif defined(__SSE2__)
#include <immintrin.h>
typedef uint64_t random_lanes __attribute__((vector_size(16)));
#define RANDOM_MUL(x, m) (random_lanes)_mm_mul_epu32((__m128i)(x), _mm_set1_epi64x(m))
#else
typedef uint64_t random_lanes __attribute__((vector_size(16)));
#define RANDOM_MUL(x, m) (((x) & 0xFFFFFFFFu) * (uint64_t)(m))
#endif

typedef uint32_t random_halves __attribute__((vector_size(sizeof(random_lanes) / 2)));

/* word[w][lane]: word w of block first + lane, lane in [0, RANDOM_LANES) */
VM_INLINE void philox(uint32_t word[4][RANDOM_LANES], uint64_t first, uint64_t counter, uint64_t key)
{
    enum { WIDTH = sizeof(random_lanes) / 8 };
    random_lanes block;
    for (int i = 0; i < WIDTH; i++) block[i] = first + (uint64_t)i;
    for (int at = 0; at < RANDOM_LANES; at += WIDTH, block += WIDTH) {
        random_lanes x0 = block, x1 = block >> 32, x2 = counter + (block ^ block), x3 = x2 >> 32;
        uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
#pragma GCC unroll 10
        for (int round = 0; round < 10; round++) {
            const random_lanes a = RANDOM_MUL(x0, 0xD2511F53u), b = RANDOM_MUL(x2, 0xCD9E8D57u);
            x0 = b >> 32 ^ x1 ^ k0;
            x2 = a >> 32 ^ x3 ^ k1;
            x1 = b;
            x3 = a;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        const random_lanes x[4] = {x0, x1, x2, x3};
        for (int w = 0; w < 4; w++) {
            const random_halves lower = __builtin_convertvector(x[w], random_halves);
            memcpy(&word[w][at], &lower, sizeof lower);
        }
    }
}

/* [0, 1) on a grid of 2^-24, and of 2^-53 from two words. Signed conversions: not every level has the unsigned. */
VM_INLINE float uniform_f32(uint32_t w) { return (float)(int32_t)(w >> 8) * 0x1p-24f; }
VM_INLINE double uniform_f64(uint32_t low, uint32_t high)
{
    const uint64_t bits = ((uint64_t)high << 32 | low) >> 12; /* 52 bits as the mantissa of [1, 2), then the 53rd */
    return (vm_from_f64(bits | 0x3FF0000000000000u) - 1.0) + (double)(int32_t)(low >> 11 & 1) * 0x1p-53;
}

/* Two independent normals of two words: sqrt(-2 log u) (cos, sin)(2 pi v). u is in (0, 1]; the top bits of the second
 * word are the quadrant and the rest an angle in [-pi/4, pi/4), so there is no range to reduce. */
VM_INLINE void normal_f32(uint32_t w0, uint32_t w1, float *z0, float *z1)
{
    const float u = ((float)(int32_t)(w0 >> 1) + 0.5f) * 0x1p-31f;
    const float r = __builtin_sqrtf(-2.0f * vm_log_f32(u));
    const int32_t quadrant = (int32_t)((w1 + 0x20000000u) >> 30);
    const float angle = (float)(int32_t)(w1 << 2) * 0x1.921fb6p-32f;
    const float s = vm_sin_poly_f32(angle), c = vm_cos_poly_f32(angle);
    const float x = quadrant & 1 ? s : c, y = quadrant & 1 ? c : s;
    *z0 = r * ((quadrant + 1) & 2 ? -x : x);
    *z1 = r * (quadrant & 2 ? -y : y);
}
VM_INLINE void normal_f64(const uint32_t w[4], double *z0, double *z1)
{
    const double u = 1.0 - uniform_f64(w[0], w[1]);
    const double r = __builtin_sqrt(-2.0 * vm_log_f64(u));
    const double turn = uniform_f64(w[2], w[3]) * 4.0, shifted = turn + VM_MAGIC64; /* quarter turns in [0, 4) */
    const uint64_t quadrant = vm_bits_f64(shifted);
    const double angle = (turn - (shifted - VM_MAGIC64)) * 0x1.921fb54442d18p+0;
    const double s = vm_sin_poly_f64(angle, 0.0), c = vm_cos_poly_f64(angle, 0.0);
    const double x = quadrant & 1 ? s : c, y = quadrant & 1 ? c : s;
    *z0 = r * ((quadrant + 1) & 2 ? -x : x);
    *z1 = r * (quadrant & 2 ? -y : y);
}

/* The normal quantile between -2 and 2: v = (2u - 1) erf(sqrt 2), z = v P(-log(1 - v^2)), P a minimax fit of
 * sqrt(2) erfinv(v) / v to 2^-28 and 2^-51 (the variable is that of Giles 2010). */
VM_INLINE float truncated_f32(uint32_t w)
{
    const float v = ((float)((int32_t)(w >> 8) - 0x800000) + 0.5f) * (0x1.e8b3fep-1f * 0x1p-23f);
    const float t = -vm_log1p_f32(-v * v);
    float q = -5.2425145e-07f;
    q = q * t - 2.0579832e-06f;
    q = q * t + 7.688095e-05f;
    q = q * t - 0.00019379487f;
    q = q * t - 0.0032945455f;
    q = q * t + 0.016330935f;
    q = q * t + 0.32811713f;
    q = q * t + 1.2533141f;
    return v * q;
}
VM_INLINE double truncated_f64(uint32_t low, uint32_t high)
{
    const double v = ((uniform_f64(low, high) - 0.5) + 0x1p-54) * (2.0 * 0.9544997361036416);
    const double t = -vm_log1p_f64(-v * v);
    double q = -1.0550254076525322e-12;
    q = q * t + 9.531501441826897e-12;
    q = q * t + 6.495013984431337e-11;
    q = q * t - 1.114032232069816e-09;
    q = q * t + 2.02443462787901e-09;
    q = q * t + 3.057519357452468e-08;
    q = q * t - 5.072987391674062e-08;
    q = q * t - 1.4336927031479106e-06;
    q = q * t + 2.857728515834597e-06;
    q = q * t + 6.591810981417892e-05;
    q = q * t - 0.0001810804516182487;
    q = q * t - 0.0033023324288630074;
    q = q * t + 0.016333236148487376;
    q = q * t + 0.32811687386916855;
    q = q * t + 1.2533141373155006;
    return v * q;
}

/* low + floor(u range): the upper part of a fraction of 64 or 128 bits times the range (Lemire 2019, without the
 * rejection). The sums wrap around, so that low may stand for an unsigned integer. */
VM_INLINE int32_t integer_i32(uint32_t low_word, uint32_t high_word, uint64_t low, uint64_t range)
{
    return (int32_t)(low + ((high_word * range + (low_word * range >> 32)) >> 32)); /* range <= 2^32 */
}
VM_INLINE int64_t integer_i64(uint32_t low_word, uint32_t high_word, uint64_t low, uint64_t range)
{
    const uint64_t u = (uint64_t)high_word << 32 | low_word;
    return (int64_t)(low + (uint64_t)((unsigned __int128)u * range >> 64));
}
VM_INLINE int64_t integer_wide(uint64_t lower, uint64_t upper, uint64_t low, uint64_t span)
{
    const unsigned __int128 range = (unsigned __int128)span + 1; /* <= 2^64, so nothing overflows */
    return (int64_t)(low + (uint64_t)((upper * range + (lower * range >> 64)) >> 64));
}

/* Everything an element needs, converted once. */
typedef struct {
    int kind, dtype;
    uint64_t key, counter, first;
    double f[2];
    uint64_t low, span;
    int32_t keep; /* a word's upper 31 bits up to this are kept; -1: none */
} random_job;

/* One full group of RANDOM_LANES blocks, from number `block` on, as elements out[0 ...]. */
static void random_group(const random_job *job, char *out, uint64_t block)
{
    uint32_t word[4][RANDOM_LANES] __attribute__((aligned(64)));
    philox(word, job->first + block, job->counter, job->key);
    const int kind = job->kind;
    if (kind == RANDOM_RAW) {
        uint32_t *y = (uint32_t *)out;
        for (int i = 0; i < RANDOM_LANES; i++)
            for (int w = 0; w < 4; w++) y[4 * i + w] = word[w][i];
    } else if (kind == RANDOM_MASK) {
        const int32_t keep = job->keep;
#define MASK(T, value)                                                                                                 \
    {                                                                                                                  \
        const T v = (T)(value);                                                                                        \
        T *y = (T *)out;                                                                                               \
        for (int i = 0; i < RANDOM_LANES; i++)                                                                         \
            for (int w = 0; w < 4; w++) y[4 * i + w] = (int32_t)(word[w][i] >> 1) <= keep ? v : (T)0;                  \
    }
        if (job->dtype == CK_F32) MASK(float, job->f[1])
        if (job->dtype == CK_F64) MASK(double, job->f[1])
        if (job->dtype == CK_BOOL) MASK(uint8_t, job->f[1] != 0)
#undef MASK
    } else if (kind == RANDOM_INTEGERS) {
        const uint64_t low = job->low, range = job->span + 1;
#define INTEGERS(T, f)                                                                                                 \
    {                                                                                                                  \
        T *y = (T *)out;                                                                                               \
        for (int i = 0; i < RANDOM_LANES; i++)                                                                         \
            for (int w = 0; w < 2; w++) y[2 * i + w] = f(word[2 * w][i], word[2 * w + 1][i], low, range);              \
    }
        if (job->dtype == CK_I32) INTEGERS(int32_t, integer_i32)
        if (job->dtype == CK_I64) INTEGERS(int64_t, integer_i64)
#undef INTEGERS
    } else if (kind == RANDOM_WIDE) {
        int64_t *y = (int64_t *)out;
        for (int i = 0; i < RANDOM_LANES; i++)
            y[i] = integer_wide((uint64_t)word[1][i] << 32 | word[0][i], (uint64_t)word[3][i] << 32 | word[2][i],
                                job->low, job->span);
    } else if (job->dtype == CK_F32) {
        float *y = (float *)out;
        const float a = (float)job->f[0], b = (float)job->f[1], width = (float)(job->f[1] - job->f[0]);
        if (kind == RANDOM_UNIFORM) {
            /* low + u width may round up to high: the last value below it then */
            const float top = __builtin_nextafterf(b, a);
            for (int i = 0; i < RANDOM_LANES; i++)
                for (int w = 0; w < 4; w++) {
                    const float v = a + uniform_f32(word[w][i]) * width;
                    y[4 * i + w] = v >= b ? top : v;
                }
        } else if (kind == RANDOM_NORMAL) {
            float z[4][RANDOM_LANES];
            for (int i = 0; i < RANDOM_LANES; i++) {
                normal_f32(word[0][i], word[1][i], &z[0][i], &z[1][i]);
                normal_f32(word[2][i], word[3][i], &z[2][i], &z[3][i]);
            }
            for (int i = 0; i < RANDOM_LANES; i++)
                for (int w = 0; w < 4; w++) y[4 * i + w] = a + b * z[w][i];
        } else {
            float z[4][RANDOM_LANES];
            for (int w = 0; w < 4; w++)
                for (int i = 0; i < RANDOM_LANES; i++) z[w][i] = truncated_f32(word[w][i]);
            for (int i = 0; i < RANDOM_LANES; i++)
                for (int w = 0; w < 4; w++) y[4 * i + w] = a + b * z[w][i];
        }
    } else if (job->dtype == CK_F64) {
        double *y = (double *)out, z[2][RANDOM_LANES];
        const double a = job->f[0], b = job->f[1], width = b - a;
        if (kind == RANDOM_UNIFORM) {
            const double top = __builtin_nextafter(b, a);
            for (int i = 0; i < RANDOM_LANES; i++)
                for (int w = 0; w < 2; w++) {
                    const double v = a + uniform_f64(word[2 * w][i], word[2 * w + 1][i]) * width;
                    y[2 * i + w] = v >= b ? top : v;
                }
            return;
        }
        if (kind == RANDOM_NORMAL) {
            for (int i = 0; i < RANDOM_LANES; i++) {
                const uint32_t w[4] = {word[0][i], word[1][i], word[2][i], word[3][i]};
                normal_f64(w, &z[0][i], &z[1][i]);
            }
        } else {
            for (int w = 0; w < 2; w++)
                for (int i = 0; i < RANDOM_LANES; i++) z[w][i] = truncated_f64(word[2 * w][i], word[2 * w + 1][i]);
        }
        for (int i = 0; i < RANDOM_LANES; i++)
            for (int w = 0; w < 2; w++) y[2 * i + w] = a + b * z[w][i];
    }
}

/* Elements [start, end), start a multiple of RANDOM_CHUNK. */
static void random_range(const random_job *job, char *out, int item, int64_t start, int64_t end)
{
    const int kind = job->kind;
    const int64_t words = kind == RANDOM_WIDE ? 4 : kind == RANDOM_INTEGERS || (item == 8 && kind != RANDOM_MASK) ? 2 : 1;
    const int64_t group = RANDOM_WORDS / words;
    for (int64_t i = start; i < end; i += group) {
        const uint64_t block = (uint64_t)(i * words / 4);
        if (i + group <= end) {
            random_group(job, out + i * item, block);
        } else {
            char tail[RANDOM_WORDS * 8] __attribute__((aligned(64)));
            random_group(job, tail, block);
            memcpy(out + i * item, tail, (size_t)((end - i) * item));
        }
    }
}

static int ck_random(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    const int64_t n = p[2];
    if (n <= 0) return CK_OK;
    uint64_t seed[2];
    memcpy(seed, buf[1], sizeof seed);
    random_job job = {(int)p[0], (int)p[1], seed[0], seed[1], 0, {0, 0}, 0, 0, -1};
    if (job.kind == RANDOM_RAW) {
        job.first = (uint64_t)p[3];
    } else if (job.kind == RANDOM_INTEGERS || job.kind == RANDOM_WIDE) {
        job.low = (uint64_t)p[3];
        job.span = (uint64_t)p[4];
    } else {
        job.f[0] = f[0];
        job.f[1] = f[1];
    }
    if (job.kind == RANDOM_MASK) {
        const double keep = __builtin_ceil(f[0] * 0x1p31) - 1.0;
        job.keep = keep >= 0x1p31 - 1.0 ? INT32_MAX : keep >= 0.0 ? (int32_t)keep : -1; /* nan keeps none */
    }
    const int item = job.dtype == CK_BOOL ? 1 : job.dtype == CK_F64 || job.dtype == CK_I64 ? 8 : 4;
    if (n < RANDOM_THREAD_MIN || ck_threads <= 1) {
        random_range(&job, buf[0], item, 0, n);
        return CK_OK;
    }
    const int64_t chunks = (n + RANDOM_CHUNK - 1) / RANDOM_CHUNK;
    const ck_mode mode = ck_get_mode();
#pragma omp parallel num_threads(ck_threads < chunks ? ck_threads : (int)chunks)
    {
        const ck_mode own = ck_enter(mode);
        const int64_t t = omp_get_thread_num(), of = omp_get_num_threads();
        const int64_t start = chunks * t / of * RANDOM_CHUNK, stop = chunks * (t + 1) / of * RANDOM_CHUNK;
        random_range(&job, buf[0], item, start, stop < n ? stop : n);
        ck_leave(own);
    }
    return CK_OK;
}

#define RANDOM_KERNELS {"random", ck_random},
#define RANDOM_CONSTANTS                                                                                               \
    {"random.uniform", RANDOM_UNIFORM}, {"random.normal", RANDOM_NORMAL},                                              \
    {"random.truncated_normal", RANDOM_TRUNCATED}, {"random.bernoulli", RANDOM_MASK},                                  \
    {"random.integers", RANDOM_INTEGERS}, {"random.raw", RANDOM_RAW}, {"random.wide_integers", RANDOM_WIDE},
