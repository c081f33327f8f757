/* One reduction of float32 or float64, included once for each pair of operation and type:
 *   RB(x)            names: x##_sum_f32, ...
 *   RB_T, RB_V, RB_U, RB_H, RB_Q   element, full vector, the same unaligned, its half, 16 unaligned bytes
 *   RB_MAP, RB_ACC   on vectors: what is accumulated, and how
 *   RB_SMAP, RB_SACC the same on double
 * A run of up to 32 vectors is accumulated in registers, four sums side by side, and its result is carried in double:
 * float32 sums are as good as pairwise ones, and the order depends on the shape alone.
 */
#define RB_L ((int64_t)(sizeof(RB_V) / sizeof(RB_T)))
#define RB_LQ ((int64_t)(16 / sizeof(RB_T)))
#define RB_LOAD(s) RB_MAP(*(const RB_U *)(s))

static inline double RB(quarter)(RB_QA a)
{
    if (RB_LQ == 2) return RB_SACC((double)a[0], (double)a[1]);
    double even = RB_SACC((double)a[0], (double)a[2 % RB_LQ]), odd = RB_SACC((double)a[1], (double)a[3 % RB_LQ]);
    return RB_SACC(even, odd);
}

static inline double RB(across)(RB_V a)
{
#if LN_BYTES == 64
    RB_HA lo = RB_LO64(a), hi = RB_HI64(a);
    RB_HA h = RB_ACC(lo, hi);
    RB_QA q0 = RB_LO32(h), q1 = RB_HI32(h);
    return RB(quarter)(RB_ACC(q0, q1));
#elif LN_BYTES == 32
    RB_QA q0 = RB_LO32(a), q1 = RB_HI32(a);
    return RB(quarter)(RB_ACC(q0, q1));
#else
    return RB(quarter)(a);
#endif
}

/* x (count rows, stride apart; n columns) -> acc (count): acc[i] with x[i, 0..n) */
static void RB(rows)(const void *x_, int64_t count, int64_t stride, int64_t n, void *acc_)
{
    const RB_T *x = x_;
    double *acc = acc_;
    for (int64_t i = 0; i < count; i++, x += stride) {
        const RB_T *s = x, *end = x + n;
        double total = acc[i];
        while (end - s >= 4 * RB_L) {
            RB_V a = RB_LOAD(s), b = RB_LOAD(s + RB_L), c = RB_LOAD(s + 2 * RB_L), d = RB_LOAD(s + 3 * RB_L);
            s += 4 * RB_L;
            const RB_T *stop = s + ln_min((end - s) / (4 * RB_L), 31) * (4 * RB_L);
            for (; s < stop; s += 4 * RB_L) {
                a = RB_ACC(a, RB_LOAD(s));
                b = RB_ACC(b, RB_LOAD(s + RB_L));
                c = RB_ACC(c, RB_LOAD(s + 2 * RB_L));
                d = RB_ACC(d, RB_LOAD(s + 3 * RB_L));
            }
            RB_V ab = RB_ACC(a, b), cd = RB_ACC(c, d);
            total = RB_SACC(total, RB(across)(RB_ACC(ab, cd)));
        }
        if (end - s >= RB_L) {
            RB_V a = RB_LOAD(s);
            for (s += RB_L; end - s >= RB_L; s += RB_L) a = RB_ACC(a, RB_LOAD(s));
            total = RB_SACC(total, RB(across)(a));
        }
        if (RB_L > RB_LQ && end - s >= RB_LQ) {
            RB_QA a = RB_MAP(*(const RB_Q *)s);
            for (s += RB_LQ; end - s >= RB_LQ; s += RB_LQ) a = RB_ACC(a, RB_MAP(*(const RB_Q *)s));
            total = RB_SACC(total, RB(quarter)(a));
        }
        for (; s < end; s++) total = RB_SACC(total, RB_SMAP((double)*s));
        acc[i] = total;
    }
}

static inline void RB(spill)(RB_V a, double *acc, int64_t from)
{
    RB_T lane[RB_L];
    *(RB_U *)lane = a;
    for (int64_t l = from; l < RB_L; l++) acc[l] = RB_SACC(acc[l], (double)lane[l]);
}

/* x (count rows, stride apart; n columns) -> acc (n): acc[j] with x[0..count, j] */
static void RB(cols)(const void *x_, int64_t count, int64_t stride, int64_t n, void *acc_)
{
    double *acc = acc_;
    const int far = n > 8 * RB_L && count * stride * (int64_t)sizeof(RB_T) > 320 << 10; /* out of the cache */
    for (int64_t top = 0; top < count; top += 32) {
        const RB_T *x = (const RB_T *)x_ + top * stride;
        int64_t rows = ln_min(32, count - top), j = 0;
        for (int64_t taken; far && j + RB_L <= n; j += taken * RB_L) { /* row by row, which the processor foresees */
            RB_V sums[64];
            taken = ln_min(64, (n - j) / RB_L);
            for (int64_t v = 0; v < taken; v++) sums[v] = RB_LOAD(x + j + v * RB_L);
            for (int64_t r = 1; r < rows; r++) {
                const RB_T *s = x + r * stride + j;
                for (int64_t v = 0; v < taken; v++) sums[v] = RB_ACC(sums[v], RB_LOAD(s + v * RB_L));
            }
            for (int64_t v = 0; v < taken; v++) RB(spill)(sums[v], acc + j + v * RB_L, 0);
        }
        for (; j + 4 * RB_L <= n; j += 4 * RB_L) {
            const RB_T *s = x + j;
            RB_V a = RB_LOAD(s), b = RB_LOAD(s + RB_L), c = RB_LOAD(s + 2 * RB_L), d = RB_LOAD(s + 3 * RB_L);
            for (int64_t r = 1; r < rows; r++) {
                s += stride;
                a = RB_ACC(a, RB_LOAD(s));
                b = RB_ACC(b, RB_LOAD(s + RB_L));
                c = RB_ACC(c, RB_LOAD(s + 2 * RB_L));
                d = RB_ACC(d, RB_LOAD(s + 3 * RB_L));
            }
            RB(spill)(a, acc + j, 0);
            RB(spill)(b, acc + j + RB_L, 0);
            RB(spill)(c, acc + j + 2 * RB_L, 0);
            RB(spill)(d, acc + j + 3 * RB_L, 0);
        }
        while (j < n && n >= RB_L) { /* the last vector overlaps the one before it and keeps its new lanes only */
            int64_t at = ln_min(j, n - RB_L);
            const RB_T *s = x + at;
            RB_V a = RB_LOAD(s);
            for (int64_t r = 1; r < rows; r++) {
                s += stride;
                a = RB_ACC(a, RB_LOAD(s));
            }
            RB(spill)(a, acc + at, j - at);
            j = at + RB_L;
        }
        for (; j < n; j++)
            for (int64_t r = 0; r < rows; r++) acc[j] = RB_SACC(acc[j], RB_SMAP((double)x[r * stride + j]));
    }
}

#undef RB_L
#undef RB_LQ
#undef RB_LOAD
#undef RB
#undef RB_MAP
#undef RB_ACC
#undef RB_SMAP
#undef RB_SACC
