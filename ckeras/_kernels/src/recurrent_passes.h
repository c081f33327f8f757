/* The passes over a sequence for one dtype, forward and backward; see recurrent_product.h for what recurrent.c defines.
 *
 * Both keep the states, or their cotangents, of their rows in scratch buffers, whose rows are whole vectors long.
 */

/* The scratch buffers of both passes in the workspace, after which `parts` is last */
static void RC(lay_out)(RC(job) *w, char *workspace)
{
    const int64_t part = w->size.batch * w->size.padded;
    T **const buffers[] = {&w->h, &w->h_next, &w->c, &w->update, &w->reset, &w->parts};
    for (int i = 0; i < 6; i++) *buffers[i] = (T *)workspace + i * part;
}

static RC(job) RC(forward_job)(char *const *buf, const int64_t *p, const rc_sizes *s)
{
    RC(job) w = {.size = *s, .h_end = (T *)buf[0], .c_end = (T *)buf[1], .hs = (T *)rc_optional(buf, p, 2, 0),
                 .before = (T *)rc_optional(buf, p, 3, 1), .gates = (T *)rc_optional(buf, p, 4, 2),
                 .more = (T *)rc_optional(buf, p, 5, 3), .x = (const T *)buf[6], .packed = (const T *)buf[7],
                 .h0 = (const T *)buf[8], .c0 = (const T *)rc_optional(buf, p, 9, 4),
                 .bias = (const T *)rc_optional(buf, p, 10, 5), .mask = rc_optional(buf, p, 11, 6),
                 .dropped = (const T *)rc_optional(buf, p, 12, 7)};
    RC(lay_out)(&w, buf[13]);
    return w;
}

static RC(job) RC(backward_job)(char *const *buf, const int64_t *p, const rc_sizes *s)
{
    RC(job) w = {.size = *s, .dx = (T *)buf[0], .dh0 = (T *)buf[1], .dc0 = (T *)buf[2],
                 .dq = (T *)rc_optional(buf, p, 3, 0), .inner = (T *)rc_optional(buf, p, 4, 1), .before = (T *)buf[5],
                 .h_end = (T *)buf[6], .gates = (T *)buf[7], .packed = (const T *)buf[8],
                 .more = (T *)rc_optional(buf, p, 9, 2), .c0 = (const T *)rc_optional(buf, p, 10, 3),
                 .mask = rc_optional(buf, p, 11, 4), .dropped = (const T *)rc_optional(buf, p, 12, 5),
                 .gh = (const T *)rc_optional(buf, p, 13, 6), .gc = (const T *)rc_optional(buf, p, 14, 7),
                 .ghs = (const T *)rc_optional(buf, p, 15, 8)};
    RC(lay_out)(&w, buf[16]);
    return w;
}

/* Rows [i0, i1) of a scratch buffer = those of `from` [batch, units], or zeros, and zeros after them */
static void RC(begin)(const RC(job) *w, T *to, const T *from, int64_t i0, int64_t i1)
{
    for (int64_t i = i0; i < i1; i++) {
        const int64_t n = from ? w->size.units : 0;
        if (n) memcpy(to + i * w->size.padded, from + i * n, sizeof(T) * (size_t)n);
        memset(to + i * w->size.padded + n, 0, sizeof(T) * (size_t)(w->size.padded - n));
    }
}

static void RC(end)(const RC(job) *w, T *to, const T *from, int64_t i0, int64_t i1)
{
    const int64_t units = w->size.units;
    for (int64_t i = i0; i < i1; i++) memcpy(to + i * units, from + i * w->size.padded, sizeof(T) * (size_t)units);
}

/* Items of the panels of a product */
static int64_t RC(panels)(int64_t k, int64_t units, int gates)
{
    const int64_t wide = gates == 1 ? RC_BLOCKS * L : L;
    return k * gates * ((units + wide - 1) / wide * wide);
}

static int RC(is_usual)(const rc_sizes *s)
{
    return s->act == RC_TANH && (s->gate_act == RC_SIGMOID || s->cell == RC_SIMPLE);
}

/* ---- forward ---- */

/* The states of rows [i0, i1), multiplied for each gate of the first product by what is dropped on the way to it */
static void RC(drop)(const RC(job) *w, int first, int64_t i0, int64_t i1)
{
    const int64_t units = w->size.units, padded = w->size.padded;
    for (int g = 0; g < first; g++)
        for (int64_t i = i0; i < i1; i++) {
            const T *kept = w->dropped + (i * w->size.gates + g) * units;
            T *part = w->parts + (g * w->size.batch + i) * padded;
            for (int64_t j = 0; j < units; j++) part[j] = w->h[i * padded + j] * kept[j];
        }
}

static void RC(forward)(const void *job, int64_t i0, int64_t i1)
{
    RC(job) w = *(const RC(job) *)job;
    const int64_t steps = w.size.steps, units = w.size.units, padded = w.size.padded;
    const int cell = w.size.cell, usual = RC(is_usual)(&w.size), first = rc_cells[cell].first;
    RC(product) g = {.packed = w.packed, .lda = padded, .k = units, .rows = units, .gates = first,
                     .after = RC(gates)[cell][usual].first,
                     .parts = w.dropped && first > 1 ? w.size.batch * padded : 0};
    const RC(product) second = {.packed = w.packed + RC(panels)(units, units, first), .a = w.reset, .lda = padded,
                                .k = units, .rows = units, .gates = w.size.gates - first,
                                .after = RC(gates)[cell][usual].second};
    RC(begin)(&w, w.h, w.h0, i0, i1);
    if (w.c0) RC(begin)(&w, w.c, w.c0, i0, i1);
    for (int64_t s = 0; s < steps; s++) {
        const int64_t t = w.size.reverse ? steps - 1 - s : s;
        if (w.dropped) RC(drop)(&w, first, i0, i1);
        g.a = w.dropped ? w.parts : w.h;
        RC(multiply)(&w, &g, t, i0, i1);
        if (second.gates) RC(multiply)(&w, &second, t, i0, i1);
        T *h = w.h;
        w.h = w.h_next, w.h_next = h;
    }
    RC(end)(&w, w.h_end, w.h, i0, i1);
    if (w.c0) RC(end)(&w, w.c_end, w.c, i0, i1);
}

/* ---- backward ---- */

/* to += z, multiplied by what is dropped on the way to the gate */
CK_INLINE void RC(add)(const RC(job) *w, T *to, int64_t i0, int64_t h, int64_t j, int n, const T *z, int64_t ldz)
{
    for (int64_t i = i0; i < i0 + h; i++, z += ldz) {
        V sum = *(const V *)z;
        if (w->dropped) sum *= RC(load)(w->dropped + (i * w->size.gates + w->gate) * w->size.units + j, n);
        *(V *)(to + i * w->size.padded + j) += sum;
    }
}
static void RC(add_state)(const RC(job) *w, int64_t t, int64_t i, int64_t h, int64_t j, int n, const T *z, int64_t ldz)
{
    (void)t;
    RC(add)(w, w->h, i, h, j, n, z, ldz);
}
static void RC(add_reset)(const RC(job) *w, int64_t t, int64_t i, int64_t h, int64_t j, int n, const T *z, int64_t ldz)
{
    (void)t;
    RC(add)(w, w->update, i, h, j, n, z, ldz);
}

/* A step that is masked passes on the cotangents of its states; those of its sums are 0. */
static void RC(pass_on)(const RC(job) *w, int64_t t, int64_t i)
{
    const int64_t units = w->size.units, all = w->size.gates * units, padded = w->size.padded;
    const int64_t first = rc_cells[w->size.cell].first * units;
    memset(w->parts + i * first, 0, sizeof(T) * (size_t)first);
    memset(w->dx + RC(at)(w, i, t) * all, 0, sizeof(T) * (size_t)all);
    if (w->dq) memset(w->dq + RC(at)(w, i, t) * all, 0, sizeof(T) * (size_t)all);
    if (w->inner) memset(w->inner + RC(at)(w, i, t) * units, 0, sizeof(T) * (size_t)units);
    if (first < all) memset(w->reset + i * padded, 0, sizeof(T) * (size_t)padded);
}

/* What the cell's backward function needs of the states of row i and step t; see recurrent_cells.h. */
CK_INLINE const T *RC(state_of)(const RC(job) *w, int64_t i, int64_t t)
{
    const int64_t steps = w->size.steps, units = w->size.units;
    const int64_t first = w->size.reverse ? steps - 1 : 0, last = steps - 1 - first, on = w->size.reverse ? -1 : 1;
    const int64_t at = RC(at)(w, i, t);
    if (w->size.cell == RC_SIMPLE) return t == last ? w->h_end + i * units : w->before + (at + on) * units;
    if (w->size.cell == RC_LSTM) return t == first ? w->c0 + i * units : w->more + (at - on) * units;
    return w->before + at * units;
}

static void RC(backward)(const void *job, int64_t i0, int64_t i1)
{
    RC(job) w = *(const RC(job) *)job;
    const int64_t steps = w.size.steps, units = w.size.units, padded = w.size.padded;
    const int cell = w.size.cell, usual = RC(is_usual)(&w.size), first = rc_cells[cell].first;
    const RC(back_fn) back = RC(gates)[cell][usual].back, back_second = RC(gates)[cell][usual].back_second;
    RC(product) g = {.packed = w.packed, .a = w.parts, .lda = first * units, .k = first * units, .rows = first * units,
                     .gates = 1, .after = RC(add_state)};
    const RC(product) second = {.packed = w.packed + RC(panels)(first * units, units, 1), .a = w.reset, .lda = padded,
                                .k = units, .rows = units, .gates = 1, .after = RC(add_reset)};
    RC(begin)(&w, w.h, w.gh, i0, i1);
    if (w.c0) RC(begin)(&w, w.c, w.gc, i0, i1);
    for (int64_t s = steps - 1; s >= 0; s--) {
        const int64_t t = w.size.reverse ? steps - 1 - s : s;
        for (int64_t i = i0; i < i1; i++) {
            T *dh = w.h + i * padded;
            if (w.ghs) {
                const T *g = w.ghs + RC(at)(&w, i, t) * units;
                for (int64_t j = 0; j < units; j += L) RC(fetch)(&w, g + j, 1, 1, -1, 0);
                for (int64_t j = 0; j < units; j++) dh[j] += g[j];
            }
            if (RC(stays)(&w, i, t)) RC(pass_on)(&w, t, i);
            else back(&w, t, i, RC(state_of)(&w, i, t));
        }
        if (back_second) {
            w.gate = first;
            RC(multiply)(&w, &second, t, i0, i1);
            for (int64_t i = i0; i < i1; i++)
                if (!RC(stays)(&w, i, t)) back_second(&w, t, i, RC(state_of)(&w, i, t));
        }
        if (!w.dropped) RC(multiply)(&w, &g, t, i0, i1);
        for (w.gate = 0; w.dropped && w.gate < first; w.gate++) {
            g.k = units, g.skip = w.gate * units, g.a = w.parts + w.gate * units;
            RC(multiply)(&w, &g, t, i0, i1);
        }
    }
    RC(end)(&w, w.dh0, w.h, i0, i1);
    if (w.c0) RC(end)(&w, w.dc0, w.c, i0, i1);
}
