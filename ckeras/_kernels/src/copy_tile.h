/* A transposition by tiles that are shuffled in registers, included once for each size of a tile: CT_T the item, CT_L
 * the lanes of the vector CT_V (unaligned CT_U), CT_LO and CT_HI interleave the lower and the upper halves of two.
 */

/* in (L, L; is apart) -> out (L, L; os apart) transposed: log2(L) perfect shuffles of the L rows */
static inline void CT_(tile)(CT_T *out, int64_t os, const CT_T *in, int64_t is)
{
    CT_V r[CT_L], t[CT_L];
#pragma GCC unroll 16
    for (int k = 0; k < CT_L; k++) r[k] = *(const CT_U *)(in + k * is);
#pragma GCC unroll 4
    for (int stage = 1; stage < CT_L; stage *= 2) {
#pragma GCC unroll 16
        for (int k = 0; k < CT_L / 2; k++) {
            t[2 * k] = CT_LO(r[k], r[k + CT_L / 2]);
            t[2 * k + 1] = CT_HI(r[k], r[k + CT_L / 2]);
        }
#pragma GCC unroll 16
        for (int k = 0; k < CT_L; k++) r[k] = t[k];
    }
#pragma GCC unroll 16
    for (int k = 0; k < CT_L; k++) {
        *(CT_U *)(out + k * os) = r[k];
        __builtin_prefetch(out + k * os + 2 * (64 / sizeof(CT_T)), 1);
    }
}

/* in (nb, na; ib apart) -> out (na, nb; oa apart), na and nb at least L. Blocks of a few lines on both sides keep to
 * few pages and let lines be fetched ahead; the last tile of a row or column overlaps the one before it. */
static void CT_(tiles)(CT_T *out, int64_t oa, int64_t na, const CT_T *in, int64_t ib, int64_t nb)
{
    const int64_t line = 64 / sizeof(CT_T), block = 8 * line;
    for (int64_t a0 = 0; a0 < na; a0 += block)
        for (int64_t b0 = 0; b0 < nb; b0 += block)
            for (int64_t a = a0; a < ln_min(a0 + block, na); a += line)
                for (int64_t b = b0; b < ln_min(b0 + block, nb); b += line)
                    for (int64_t u = a; u < ln_min(a + line, na); u += CT_L)
                        for (int64_t v = b; v < ln_min(b + line, nb); v += CT_L) {
                            int64_t ua = ln_min(u, na - CT_L), vb = ln_min(v, nb - CT_L);
                            CT_(tile)(out + ua * oa + vb, oa, in + ua + vb * ib, ib);
                        }
}

#undef CT_
#undef CT_T
#undef CT_L
#undef CT_V
#undef CT_U
#undef CT_LO
#undef CT_HI
