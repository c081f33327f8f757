/* Lookups of numbers: binary search in a sorted table, and the hashes of TensorFlow's string buckets, of decimal digits;
 * the checksum of its records.
 * FarmHash: Pike and Alakuijala (2014), function farmhashna::Hash64. SipHash-2-4: Aumasson and Bernstein (2012).
 * Fingerprint cat: that of TensorFlow's crosses. Bytes are read in little-endian order on every processor.
 */
#include <string.h>

#include "lanes.h"

/* ---- binary search ---- */

typedef struct {
    char *out;
    const char *table, *x;
    int64_t rows;
    int right; /* 1: after equal elements */
} lk_search;

/* NaN, which is sorted behind all numbers, as numpy sorts it; x != x is false for every integer */
#define LK_LESS(a, b) ((a) < (b) || ((b) != (b) && (a) == (a)))

#define LK_SEARCH(name, T)                                                                                             \
    static void name(const lk_search *w, int64_t from, int64_t to)                                                     \
    {                                                                                                                  \
        const T *table = (const T *)w->table, *x = (const T *)w->x;                                                    \
        int32_t *out = (int32_t *)w->out;                                                                              \
        for (int64_t i = from; i < to; i++) {                                                                          \
            const T v = x[i];                                                                                          \
            int64_t low = 0, n = w->rows;                                                                              \
            while (n > 0) {                                                                                            \
                int64_t half = n / 2;                                                                                  \
                T at = table[low + half];                                                                              \
                int below = w->right ? !LK_LESS(v, at) : LK_LESS(at, v);                                               \
                low = below ? low + half + 1 : low;                                                                    \
                n = below ? n - half - 1 : half;                                                                       \
            }                                                                                                          \
            out[i] = (int32_t)low;                                                                                     \
        }                                                                                                              \
    }
LK_SEARCH(lk_search_f32, float)
LK_SEARCH(lk_search_f64, double)
LK_SEARCH(lk_search_i32, int32_t)
LK_SEARCH(lk_search_i64, int64_t)

/* buf: out (n) int32, table (rows) ascending, x (n)
 * p: dtype of table and x (CK_F32, CK_F64, CK_I32, CK_I64), n, rows, right (1: behind equal elements) */
static int ck_searchsorted(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    (void)err;
    static void (*const run[])(const lk_search *, int64_t, int64_t) = {
        lk_search_f32, lk_search_f64, lk_search_i32, lk_search_i64,
    };
    const lk_search w = {buf[0], buf[1], buf[2], p[2], (int)p[3]};
    const int64_t n = p[1];
    int threads = (int)ln_min(ln_threads(n * 16, 64 << 10), n);
    if (threads <= 1) {
        run[p[0]](&w, 0, n);
        return CK_OK;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) run[p[0]](&w, n * t / threads, n * (t + 1) / threads);
    return CK_OK;
}

/* ---- hashes ---- */

enum { LK_DIGITS = 20 }; /* characters of the longest int64 */
#define LK_K0 0xC3A5C85C97CB3127ull
#define LK_K1 0xB492B66FBE98F273ull
#define LK_K2 0x9AE16A3B2F90404Full
#define LK_CAT 0xC6A4A7935BD1E995ull

static inline uint64_t lk_little(const unsigned char *s, int bytes)
{
    uint64_t found = 0;
    for (int i = 0; i < bytes; i++) found |= (uint64_t)s[i] << 8 * i;
    return found;
}

static inline uint64_t lk_right(uint64_t x, int by) { return x >> by | x << (64 - by); }
static inline uint64_t lk_left(uint64_t x, int by) { return x << by | x >> (64 - by); }
static inline uint64_t lk_mix(uint64_t x) { return x ^ x >> 47; }

static inline uint64_t lk_pair(uint64_t u, uint64_t v, uint64_t mul)
{
    uint64_t a = lk_mix((u ^ v) * mul), b = lk_mix((v ^ a) * mul);
    return b * mul;
}

/* the FarmHash of 1 to 32 bytes */
static uint64_t lk_farm(const unsigned char *s, int n)
{
    const uint64_t mul = LK_K2 + 2 * (uint64_t)n;
    if (n > 16) {
        uint64_t a = lk_little(s, 8) * LK_K1, b = lk_little(s + 8, 8);
        uint64_t c = lk_little(s + n - 8, 8) * mul, d = lk_little(s + n - 16, 8) * LK_K2;
        return lk_pair(lk_right(a + b, 43) + lk_right(c, 30) + d, a + lk_right(b + LK_K2, 18) + c, mul);
    }
    if (n >= 8) {
        uint64_t a = lk_little(s, 8) + LK_K2, b = lk_little(s + n - 8, 8);
        return lk_pair(lk_right(b, 37) * mul + a, (lk_right(a, 25) + b) * mul, mul);
    }
    if (n >= 4) return lk_pair((uint64_t)n + (lk_little(s, 4) << 3), lk_little(s + n - 4, 4), mul);
    uint64_t y = s[0] + ((uint64_t)s[n / 2] << 8), z = (uint64_t)n + ((uint64_t)s[n - 1] << 2);
    return lk_mix(y * LK_K2 ^ z * LK_K0) * LK_K2;
}

static inline void lk_round(uint64_t v[4])
{
    v[0] += v[1], v[1] = lk_left(v[1], 13) ^ v[0], v[0] = lk_left(v[0], 32);
    v[2] += v[3], v[3] = lk_left(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = lk_left(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = lk_left(v[1], 17) ^ v[2], v[2] = lk_left(v[2], 32);
}

/* the SipHash of n bytes with the key (k0, k1) */
static uint64_t lk_sip(const unsigned char *s, int n, uint64_t k0, uint64_t k1)
{
    uint64_t v[4] = {
        k0 ^ 0x736F6D6570736575ull, k1 ^ 0x646F72616E646F6Dull, k0 ^ 0x6C7967656E657261ull, k1 ^ 0x7465646279746573ull,
    };
    for (int at = 0; at <= n; at += 8) {
        uint64_t word = n - at >= 8 ? lk_little(s + at, 8) : (uint64_t)n << 56 | lk_little(s + at, n - at);
        v[3] ^= word;
        lk_round(v), lk_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xFF;
    for (int i = 0; i < 4; i++) lk_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* writes x in decimal digits to the end of text (LK_DIGITS bytes); returns how many characters */
static int lk_digits(int64_t x, unsigned char *text)
{
    uint64_t rest = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    int at = LK_DIGITS;
    do {
        text[--at] = (unsigned char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (x < 0) text[--at] = '-';
    return LK_DIGITS - at;
}

/* buf: out (n) int64, x (n) int64
 * p: n, buckets, salted (1: SipHash with the key that follows, 0: FarmHash), key, key */
static int ck_hash_buckets(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    (void)err;
    int64_t *out = (int64_t *)buf[0];
    const int64_t *x = (const int64_t *)buf[1], n = p[0];
    const uint64_t count = (uint64_t)p[1];
    int threads = (int)ln_min(ln_threads(n * 16, 64 << 10), n);
#pragma omp parallel for num_threads(ln_max(threads, 1)) schedule(static) if (threads > 1)
    for (int64_t i = 0; i < n; i++) {
        unsigned char text[LK_DIGITS];
        int length = lk_digits(x[i], text);
        const unsigned char *s = text + LK_DIGITS - length;
        out[i] = (int64_t)((p[2] ? lk_sip(s, length, (uint64_t)p[3], (uint64_t)p[4]) : lk_farm(s, length)) % count);
    }
    return CK_OK;
}

/* buf: out (n) int64, x (n) int64 of each feature
 * p: n, features, buckets, seed */
static int ck_hash_cross(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    (void)err;
    int64_t *out = (int64_t *)buf[0];
    const int64_t n = p[0], features = p[1];
    int threads = (int)ln_min(ln_threads(n * features * 4, 64 << 10), n);
#pragma omp parallel for num_threads(ln_max(threads, 1)) schedule(static) if (threads > 1)
    for (int64_t i = 0; i < n; i++) {
        uint64_t found = (uint64_t)p[3];
        for (int64_t k = 0; k < features; k++) {
            uint64_t second = ((const uint64_t *)buf[1 + k])[i];
            found = (found ^ LK_CAT ^ lk_mix(second * LK_CAT) * LK_CAT) * LK_CAT;
            found = lk_mix(lk_mix(found) * LK_CAT);
        }
        out[i] = (int64_t)(found % (uint64_t)p[2]);
    }
    return CK_OK;
}

/* buf: out (1) int64, x (n) uint8: the CRC-32C of the bytes (Castagnoli, 1993)
 * p: n */
static int ck_crc32c(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f;
    (void)err;
    const unsigned char *x = (const unsigned char *)buf[1];
    uint32_t table[256], found = ~0u;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t entry = i;
        for (int bit = 0; bit < 8; bit++) entry = entry >> 1 ^ (entry & 1 ? 0x82F63B78u : 0);
        table[i] = entry;
    }
    for (int64_t i = 0; i < p[0]; i++) found = found >> 8 ^ table[(found ^ x[i]) & 255];
    ((int64_t *)buf[0])[0] = ~found & 0xFFFFFFFFu;
    return CK_OK;
}

#define LOOKUP_KERNELS                                                                                                 \
    {"searchsorted", ck_searchsorted}, {"hash_buckets", ck_hash_buckets}, {"hash_cross", ck_hash_cross}, \
    {"crc32c", ck_crc32c},
