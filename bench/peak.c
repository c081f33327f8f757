// The machine's own limits: multiply-adds from registers, bandwidth of memory and caches, the cost of one region.
// Compiled by machine.py for one instruction level at a time, whose widest vectors it uses.
#include <omp.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
#define WIDTH 64
#elif defined(__AVX__)
#define WIDTH 32
#else
#define WIDTH 16
#endif

#if defined(__x86_64__)
#define REGISTER "x"
#elif defined(__aarch64__)
#define REGISTER "w"
#else
#define REGISTER "m"
#endif

// The compiler may assume nothing of the value afterwards. Without it, chains that start alike are merged into one,
// and what is timed is the latency of a single chain.
#define OPAQUE(v) __asm__ volatile("" : "+" REGISTER(v))

enum { CHAINS = 14, REPEATS = 9 };  // 14 chains and two factors fill 16 registers, and cover latency 4 on three ports

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13)
#define BEGIN(k) vec c##k = one * (real)(k + 1); OPAQUE(c##k);
#if defined(__FMA__) || defined(__aarch64__)
#define OPERATIONS 2
#define STEP(k) c##k = c##k * a + b;
#else  // half of the chains multiply and half add, or a chain would wait for one before it can do the other
#define OPERATIONS 1
#define STEP(k) c##k = k % 2 ? c##k * a : c##k + b;
#endif
#define END(k) OPAQUE(c##k);

// A chain grows until adding 1/2 no longer changes it, so none reaches infinity or a denormal.
#define DEFINE_PEAK(NAME, REAL)                                                                            \
    static __attribute__((noinline)) void chains_##NAME(long rounds) {                                     \
        typedef REAL real;                                                                                 \
        typedef real vec __attribute__((vector_size(WIDTH)));                                              \
        vec one = {0};                                                                                     \
        one += (real)1;                                                                                    \
        vec a = one, b = one * (real)0.5;                                                                  \
        OPAQUE(a);                                                                                         \
        OPAQUE(b);                                                                                         \
        EACH(BEGIN)                                                                                        \
        for (long r = 0; r < rounds; r++) { EACH(STEP) }                                                   \
        EACH(END)                                                                                          \
    }                                                                                                      \
    double peak_##NAME(int threads) { /* GF/s, a multiply-add being two operations */                      \
        const long rounds = 4000000;                                                                       \
        double best = 0;                                                                                   \
        for (int q = 0; q < REPEATS; q++) {                                                                \
            double start = now();                                                                          \
            _Pragma("omp parallel num_threads(threads)") chains_##NAME(rounds);                            \
            double lanes = WIDTH / (double)sizeof(REAL), count = lanes * OPERATIONS * CHAINS * threads;    \
            double speed = 1e-9 * count * rounds / (now() - start);                                        \
            if (speed > best) best = speed;                                                                \
        }                                                                                                  \
        return best;                                                                                       \
    }

DEFINE_PEAK(float64, double)
#if !defined(__AMX_BF16__)
DEFINE_PEAK(float32, float)
#else
// Matrix units multiply bfloat16, and six such products make one of float32 (see gemm_amx.h of the kernels).
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

static __attribute__((noinline)) void tiles(long rounds) {
    static const struct {
        unsigned char palette, start, reserved[14];
        unsigned short bytes[16];
        unsigned char rows[16];
    } shape = {.palette = 1, .bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
    unsigned short part[512], *from = part;
    for (int i = 0; i < 512; i++) part[i] = 0x3F00 + i % 256;  // from 1/2 on
    __asm__ volatile("" : "+r"(from)::"memory");  // GCC does not know that the tiles are read from memory
    _tile_loadconfig(&shape);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_loadd(4, from, 64);
    _tile_loadd(5, from, 64);
    _tile_loadd(6, from, 64);
    _tile_loadd(7, from, 64);
    for (long r = 0; r < rounds; r++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_release();
}

double peak_float32(int threads) {
    const long rounds = 400000;
    double best = 0;
    if (syscall(SYS_arch_prctl, 0x1023, 18)) return 0;  // ask for the registers
    for (int q = 0; q < REPEATS; q++) {
        double start = now();
#pragma omp parallel num_threads(threads)
        tiles(rounds);
        double speed = 1e-9 * threads * rounds * 4 * (2. * 16 * 16 * 32) / 6 / (now() - start);
        if (speed > best) best = speed;
    }
    return best;
}
#endif

static __attribute__((noinline)) void axpy(float *restrict y, const float *restrict x, long n) {
    for (long i = 0; i < n; i++) y[i] += 0.5f * x[i];
}

double bandwidth(int threads, long bytes) {  // GB/s of y += x / 2 over `bytes` in total: two reads and a write an element
    long n = bytes / 8 / threads, passes = 1 + (256L << 20) / bytes;
    double best = 0;
#pragma omp parallel num_threads(threads)
    {
        float *x = aligned_alloc(4096, (n * 4 + 4095) / 4096 * 4096), *y = aligned_alloc(4096, (n * 4 + 4095) / 4096 * 4096);
        for (long i = 0; i < n; i++) x[i] = 0, y[i] = 1;
        for (int q = 0; q < REPEATS; q++) {
#pragma omp barrier
            double start = now();
            for (long p = 0; p < passes; p++) axpy(y, x, n);
#pragma omp barrier
#pragma omp master
            {
                double speed = 12e-9 * threads * n * passes / (now() - start);
                if (speed > best) best = speed;
            }
        }
        free(x);
        free(y);
    }
    return best;
}

double region(int threads) {  // microseconds to open and close one parallel region
    const int count = 20000;
    double best = 1e9;
    for (int q = 0; q < REPEATS; q++) {
        double start = now();
        for (int i = 0; i < count; i++) {
#pragma omp parallel num_threads(threads)
            __asm__ volatile("");
        }
        double each = 1e6 * (now() - start) / count;
        if (each < best) best = each;
    }
    return best;
}
