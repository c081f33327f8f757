/* A strided copy of a matrix for one item size, included once each: CB_T the item, CB_(x) names, and for items that fit
 * vectors CB_L lanes of CB_V, with CB_LO and CB_HI to interleave the lower and the upper halves of two of them.
 */
#ifdef CB_L
/* in (L, L; is apart) -> out (L, L; os apart) transposed: log2(L) perfect shuffles of the L rows. */
static inline void CB_(tile)(CB_T *out, int64_t os, const CB_T *in, int64_t is)
{
    CB_V r[CB_L], t[CB_L];
#pragma GCC unroll 16
    for (int k = 0; k < CB_L; k++) r[k] = *(const CB_U *)(in + k * is);
#pragma GCC unroll 4
    for (int stage = 1; stage < CB_L; stage *= 2) {
#pragma GCC unroll 16
        for (int k = 0; k < CB_L / 2; k++) {
            t[2 * k] = CB_LO(r[k], r[k + CB_L / 2]);
            t[2 * k + 1] = CB_HI(r[k], r[k + CB_L / 2]);
        }
#pragma GCC unroll 16
        for (int k = 0; k < CB_L; k++) r[k] = t[k];
    }
#pragma GCC unroll 16
    for (int k = 0; k < CB_L; k++) *(CB_U *)(out + k * os) = r[k];
}
#endif

/* out[a, b] = in[a, b]; the strides of a and b are in items */
static void CB_(plane)(char *out_, const char *in_, int64_t na, int64_t oa, int64_t ia, int64_t nb, int64_t ob, int64_t ib)
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
    int64_t done_a = 0, done_b = 0;
#ifdef CB_L
    if (ob == 1 && ia == 1) {
        done_a = na / CB_L * CB_L, done_b = nb / CB_L * CB_L;
        const int64_t line = 64 / sizeof(CB_T); /* both sides by whole lines */
        for (int64_t a = 0; a < done_a; a += line)
            for (int64_t b = 0; b < done_b; b += line)
                for (int64_t u = a; u < ln_min(a + line, done_a); u += CB_L)
                    for (int64_t v = b; v < ln_min(b + line, done_b); v += CB_L)
                        CB_(tile)(out + u * oa + v, oa, in + u + v * ib, ib);
    }
#endif
    /* What is left: right of the tiles, then below them. The longer axis runs innermost, in pieces that stay cached. */
    for (int part = 0; part < 2; part++) {
        int64_t a0 = part ? done_a : 0, a1 = part || done_b == 0 ? na : done_a;
        int64_t b0 = part ? 0 : done_b, b1 = nb;
        if (part && done_b == 0) break; /* the first part was everything */
        if (a1 - a0 <= 0 || b1 - b0 <= 0) continue;
        if (a1 - a0 > b1 - b0 && (ia == 1 || b1 - b0 < 8)) {
            for (int64_t c = a0; c < a1; c += 1024)
                for (int64_t b = b0; b < b1; b++) {
                    CB_T *o = out + b * ob;
                    const CB_T *s = in + b * ib;
                    int64_t end = ln_min(c + 1024, a1);
                    for (int64_t a = c; a < end; a++) o[a * oa] = s[a * ia];
                }
        } else {
            for (int64_t c = b0; c < b1; c += 1024)
                for (int64_t a = a0; a < a1; a++) {
                    CB_T *o = out + a * oa;
                    const CB_T *s = in + a * ia;
                    int64_t end = ln_min(c + 1024, b1);
                    for (int64_t b = c; b < end; b++) o[b * ob] = s[b * ib];
                }
        }
    }
}

#undef CB_
#undef CB_T
#undef CB_L
#undef CB_V
#undef CB_U
#undef CB_LO
#undef CB_HI
