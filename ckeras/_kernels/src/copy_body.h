/* A strided copy of a matrix for one item size, included once each: CB_T the item, CB_(x) names, CB_TILE1, 2, 3 its
 * transpositions by tiles, the largest first, each for matrices of at least CB_LANES1, 2, 3 items a side.
 */
/* A few channels taken apart, out (N, n; oa apart) = in (n, N), and put together, out (n, N) = in (N, n; ib apart). */
#define CB_CHANNELS(N)                                                                          \
    static void CB_(apart##N)(CB_T *out, int64_t oa, const CB_T *in, int64_t n)                 \
    {                                                                                           \
        for (int64_t b = 0; b < n; b++)                                                         \
            for (int a = 0; a < N; a++) out[a * oa + b] = in[b * N + a];                        \
    }                                                                                           \
    static void CB_(together##N)(CB_T *out, const CB_T *in, int64_t ib, int64_t n)              \
    {                                                                                           \
        for (int64_t a = 0; a < n; a++)                                                         \
            for (int b = 0; b < N; b++) out[a * N + b] = in[b * ib + a];                        \
    }
CB_CHANNELS(2)
CB_CHANNELS(3)
CB_CHANNELS(4)
#undef CB_CHANNELS

/* out[a, b] = in[a, b]; the strides of a and b are in items */
static void CB_(plane)(char *out_, const char *in_, int64_t na, int64_t oa, int64_t ia, int64_t nb, int64_t ob,
                       int64_t ib)
{
    CB_T *out = (CB_T *)out_;
    const CB_T *in = (const CB_T *)in_;
    if (ob == 1 && ib == 0) {
        for (int64_t a = 0; a < na; a++) {
            CB_T x = in[a * ia];
            for (int64_t b = 0; b < nb; b++) out[a * oa + b] = x;
        }
        return;
    }
    if (ob == 1 && ib == -1) {
        for (int64_t a = 0; a < na; a++)
            for (int64_t b = 0; b < nb; b++) out[a * oa + b] = in[a * ia - b];
        return;
    }
    if (ob == 1 && ia == 1) { /* a transposition */
        if (ib == na && na == 2) return CB_(apart2)(out, oa, in, nb);
        if (ib == na && na == 3) return CB_(apart3)(out, oa, in, nb);
        if (ib == na && na == 4 && nb < 64) return CB_(apart4)(out, oa, in, nb);
        if (oa == nb && nb == 2) return CB_(together2)(out, in, ib, na);
        if (oa == nb && nb == 3) return CB_(together3)(out, in, ib, na);
        if (oa == nb && nb == 4 && na < 64) return CB_(together4)(out, in, ib, na);
        int64_t smaller = ln_min(na, nb);
        (void)smaller;
#ifdef CB_TILE1
        if (smaller >= CB_LANES1) return CB_TILE1(out, oa, na, in, ib, nb);
#endif
#ifdef CB_TILE2
        if (smaller >= CB_LANES2) return CB_TILE2(out, oa, na, in, ib, nb);
#endif
#ifdef CB_TILE3
        if (smaller >= CB_LANES3) return CB_TILE3(out, oa, na, in, ib, nb);
#endif
    }
    /* The longer axis runs innermost, in pieces that stay in the cache. */
    if (na > nb && (ia == 1 || nb < 8)) {
        for (int64_t c = 0; c < na; c += 1024)
            for (int64_t b = 0; b < nb; b++) {
                CB_T *o = out + b * ob;
                const CB_T *s = in + b * ib;
                int64_t end = ln_min(c + 1024, na);
                for (int64_t a = c; a < end; a++) o[a * oa] = s[a * ia];
            }
    } else {
        for (int64_t c = 0; c < nb; c += 1024)
            for (int64_t a = 0; a < na; a++) {
                CB_T *o = out + a * oa;
                const CB_T *s = in + a * ia;
                int64_t end = ln_min(c + 1024, nb);
                for (int64_t b = c; b < end; b++) o[b * ob] = s[b * ib];
            }
    }
}

#undef CB_
#undef CB_T
#undef CB_TILE1
#undef CB_TILE2
#undef CB_TILE3
#undef CB_LANES1
#undef CB_LANES2
#undef CB_LANES3
