/* One result of a pooling, for one type and width of vectors; see pool_windows.c, which defines:
 *   PW_T, PW_N   the type of the elements, and integers of its size
 *   PW_FLOAT     whether all kinds of results exist, or the maximum alone
 *   PW_LANES     the lanes of a vector; there are at least as many channels
 *   PW_(name)    the name of a function
 * `k` vectors are computed together. The last vector of the channels may overlap the one before it.
 */
typedef PW_T PW_(v) __attribute__((vector_size(PW_LANES * sizeof(PW_T)), aligned(sizeof(PW_T)), may_alias));
typedef PW_N PW_(n) __attribute__((vector_size(PW_LANES * sizeof(PW_N))));
#define PW_LOAD(item, i) (*(const PW_(v) *)((const PW_T *)w->in + (item) + c + (i) * PW_LANES))
#define PW_STORE(i) (*(PW_(v) *)((PW_T *)w->out + s->out + c + (i) * PW_LANES))
#define PW_SOME _Pragma("GCC unroll 4") for (int i = 0; i < k; i++)

/* Loops, since GCC 12 converts vectors of bytes one by one. */
CK_INLINE PW_(n) PW_(load_numbers)(const uint8_t *at)
{
    PW_N wide[PW_LANES];
    for (int j = 0; j < PW_LANES; j++) wide[j] = at[j];
    PW_(n) numbers;
    memcpy(&numbers, wide, sizeof numbers);
    return numbers;
}
CK_INLINE void PW_(store_numbers)(uint8_t *at, PW_(n) numbers)
{
    PW_N wide[PW_LANES];
    memcpy(wide, &numbers, sizeof numbers);
    for (int j = 0; j < PW_LANES; j++) at[j] = (uint8_t)wide[j];
}

CK_INLINE void PW_(max_some)(const pw_job *w, const pw_spot *s, int64_t c, const int k)
{
    const int64_t begin[] = {w->axis[0].begin[s->place[0]], w->axis[1].begin[s->place[1]],
                             w->axis[2].begin[s->place[2]]};
    PW_(v) best[4];
    PW_(n) at[4];
    const int64_t start = s->in + s->first[0] * w->axis[0].source_stride + s->first[1] * w->axis[1].source_stride +
                          s->first[2] * w->axis[2].source_stride;
    PW_SOME best[i] = PW_LOAD(start, i);
    PW_SOME at[i] = (PW_(n)){} + (PW_N)pw_number(w, s->first[0] - begin[0], s->first[1] - begin[1],
                                                  s->first[2] - begin[2]);
    PW_EACH(w, s) {
        const PW_(n) number = (PW_(n)){} + (PW_N)pw_number(w, a - begin[0], b - begin[1], d - begin[2]);
        PW_SOME {
            const PW_(v) x = PW_LOAD(item, i);
            const PW_(n) take = ~(x <= best[i]) & (best[i] == best[i]); /* larger, or the first NaN */
            best[i] = (PW_(v))(((PW_(n))x & take) | ((PW_(n))best[i] & ~take));
            at[i] = (number & take) | (at[i] & ~take);
        }
    }
    PW_SOME PW_STORE(i) = best[i];
    PW_SOME PW_(store_numbers)(w->at_out + s->out + c + i * PW_LANES, at[i]);
}

#define PW_ALL(name)                                                                                                   \
    static void PW_(name)(const pw_job *w, const pw_spot *s)                                                           \
    {                                                                                                                  \
        int64_t c = 0;                                                                                                 \
        for (; c + 4 * PW_LANES <= w->channels; c += 4 * PW_LANES) PW_(name##_some)(w, s, c, 4);                       \
        switch ((w->channels - c) / PW_LANES) {                                                                        \
        case 3: PW_(name##_some)(w, s, c, 3); break;                                                                   \
        case 2: PW_(name##_some)(w, s, c, 2); break;                                                                   \
        case 1: PW_(name##_some)(w, s, c, 1); break;                                                                   \
        default: break;                                                                                                \
        }                                                                                                              \
        if ((w->channels - c) % PW_LANES) PW_(name##_some)(w, s, w->channels - PW_LANES, 1);                           \
    }
PW_ALL(max)

#if PW_FLOAT
CK_INLINE void PW_(mean_some)(const pw_job *w, const pw_spot *s, int64_t c, const int k)
{
    PW_(v) sum[4] = {};
    int64_t count = 1;
    for (int j = 0; j < PW_AXES; j++) count *= s->last[j] - s->first[j] + 1;
    PW_EACH(w, s) PW_SOME sum[i] += PW_LOAD(item, i);
    if (count & (count - 1))
        PW_SOME PW_STORE(i) = sum[i] / (PW_T)count;
    else /* the same, without a division */
        PW_SOME PW_STORE(i) = sum[i] * (PW_T)(1.0 / (double)count);
}

CK_INLINE void PW_(route_some)(const pw_job *w, const pw_spot *s, int64_t c, const int k)
{
    PW_(v) sum[4] = {};
    PW_EACH(w, s) {
        const PW_(n) number = (PW_(n)){} + (PW_N)pw_number(w, s->place[0] - w->axis[0].begin[a],
                                                          s->place[1] - w->axis[1].begin[b],
                                                          s->place[2] - w->axis[2].begin[d]);
        PW_SOME {
            const PW_(n) here = PW_(load_numbers)(w->at + item + c + i * PW_LANES) == number;
            sum[i] += (PW_(v))((PW_(n))PW_LOAD(item, i) & here);
        }
    }
    PW_SOME PW_STORE(i) = sum[i];
}

CK_INLINE void PW_(spread_some)(const pw_job *w, const pw_spot *s, int64_t c, const int k)
{
    PW_(v) sum[4] = {};
    PW_EACH(w, s) {
        const PW_T share = (PW_T)(w->axis[0].share[a] * w->axis[1].share[b] * w->axis[2].share[d]);
        PW_SOME sum[i] += PW_LOAD(item, i) * share;
    }
    PW_SOME PW_STORE(i) = sum[i];
}

PW_ALL(mean)
PW_ALL(route)
PW_ALL(spread)

static void PW_(take)(const pw_job *w, const pw_spot *s)
{
    for (int64_t c = s->out; c < s->out + w->channels; c++) {
        int64_t number = w->at[c], item = s->in + c - s->out;
        for (int k = PW_AXES - 1; k >= 0; number /= w->axis[k].block, k--)
            item += (w->axis[k].begin[s->place[k]] + number % w->axis[k].block) * w->axis[k].source_stride;
        ((PW_T *)w->out)[c] = ((const PW_T *)w->in)[item];
    }
}
#endif

#undef PW_LANES
#undef PW_
#undef PW_LOAD
#undef PW_STORE
#undef PW_SOME
#undef PW_ALL
