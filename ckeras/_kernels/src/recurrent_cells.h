/* The gates of the cells for one dtype, forward and backward; see recurrent_product.h for what recurrent.c defines.
 *
 * Forward functions take the sums z of h rows from i on and n units from j on, and give the next state. Backward
 * functions take one row of the batch: from the cotangent of its state they give those of the gates' sums (`parts`, of
 * which the next product is made) and the part of the state before's that does not pass through the product. `state` is
 * what they need of the states: SimpleRNN h after the step, GRU h before it, LSTM c before it. Functions with constant
 * activations are made of the same ones with any.
 */

CK_INLINE V RC(load)(const T *p, int n) { return n == L ? *(const V *)p : FN(ck_load_part)(p, n); }
CK_INLINE void RC(store)(T *p, V x, int n)
{
    if (n == L) *(V *)p = x;
    else FN(ck_store_part)(p, x, n);
}

CK_INLINE V RC(activate)(int act, V x)
{
    switch (act) {
    case RC_TANH: return FN(ck_tanh)(x);
    case RC_SIGMOID: return FN(ck_sigmoid)(x);
    case RC_RELU: return FN(ck_relu)(x);
    case RC_HARD_SIGMOID: {
        const V one = (V){} + (T)1, y = x * ((T)1 / 6) + (T)0.5;
        const V low = CK_PICK(V, I, (I)(y < (V){}), (V){}, y);
        return CK_PICK(V, I, (I)(low > one), one, low);
    }
    default: return x;
    }
}

/* The derivative of an activation where its value is y */
CK_INLINE V RC(slope)(int act, V y)
{
    const V one = (V){} + (T)1;
    switch (act) {
    case RC_TANH: return one - y * y;
    case RC_SIGMOID: return y * (one - y);
    case RC_RELU: return (V)((I)one & (I)(y > (V){}));
    case RC_HARD_SIGMOID: return (V)((I)(one * ((T)1 / 6)) & (I)(y > (V){}) & (I)(y < one));
    default: return one;
    }
}

/* The index of row i and step t in arrays [batch, steps, ...] */
CK_INLINE int64_t RC(at)(const RC(job) *w, int64_t i, int64_t t) { return i * w->size.steps + t; }

CK_INLINE int RC(stays)(const RC(job) *w, int64_t i, int64_t t) { return w->mask && !w->mask[RC(at)(w, i, t)]; }

/* Prefetches what the next step of a pass will read, or write if `writes`, where this one is at x, in each of some
 * columns: rows of one step are far apart, so that the processor does not foresee it. `after` is 1 or -1. */
CK_INLINE void RC(fetch)(const RC(job) *w, const T *x, int columns, int per_row, int after, int writes)
{
    const int64_t next = (w->size.reverse ? -after : after) * per_row * w->size.units;
    for (int v = 0; v < columns; v++) {
        if (writes) __builtin_prefetch(x + next + v * w->size.units, 1);
        else __builtin_prefetch(x + next + v * w->size.units);
    }
}

/* The state of unit block j of row i, and what is stored of it and of the one before */
CK_INLINE void RC(keep)(const RC(job) *w, int64_t t, int64_t i, int64_t j, int n, V h)
{
    const int64_t at = RC(at)(w, i, t) * w->size.units + j, row = i * w->size.padded + j;
    *(V *)(w->h_next + row) = h;
    if (w->hs) RC(fetch)(w, w->hs + at, 1, 1, 1, 1), RC(store)(w->hs + at, h, n);
    if (w->before) {
        RC(fetch)(w, w->before + at, 1, 1, 1, 1);
        RC(store)(w->before + at, *(const V *)(w->h + row), n);
    }
}

CK_INLINE V RC(with_bias)(const RC(job) *w, V z, int64_t column, int n)
{
    if (w->bias) z += RC(load)(w->bias + column, n);
    return z;
}

/* ---- h' = act(x + h u) ---- */

CK_INLINE void RC(simple_any)(int act, int gate_act, const RC(job) *w, int64_t t, int64_t i0, int64_t h, int64_t j,
                              int n, const T *z, int64_t ldz)
{
    (void)gate_act;
    for (int64_t i = i0; i < i0 + h; i++, z += ldz) {
        const T *x = w->x + RC(at)(w, i, t) * w->size.units + j;
        RC(fetch)(w, x, 1, 1, 1, 0);
        const V y = RC(stays)(w, i, t) ? *(const V *)(w->h + i * w->size.padded + j)
                                       : RC(activate)(act, RC(load)(x, n) + *(const V *)z);
        RC(keep)(w, t, i, j, n, y);
    }
}

CK_INLINE void RC(simple_back_any)(int act, int gate_act, const RC(job) *w, int64_t t, int64_t i, const T *state)
{
    (void)gate_act;
    const int64_t units = w->size.units, at = RC(at)(w, i, t) * units;
    T *dh = w->h + i * w->size.padded, *part = w->parts + i * units;
    for (int64_t j = 0; j < units; j += L) {
        const int n = (int)ln_min(L, units - j);
        const V g = *(V *)(dh + j) * RC(slope)(act, RC(load)(state + j, n));
        RC(fetch)(w, state + j, 1, 1, -1, 0);
        RC(fetch)(w, w->dx + at + j, 1, 1, -1, 1);
        RC(store)(part + j, g, n);
        RC(store)(w->dx + at + j, g, n);
        *(V *)(dh + j) = (V){};
    }
}

/* ---- c' = f c + i a, h' = o act(c') with the gates i, f, o and the candidate a, in the order i, f, a, o ---- */

CK_INLINE void RC(lstm_any)(int act, int gate_act, const RC(job) *w, int64_t t, int64_t i0, int64_t h, int64_t j, int n,
                            const T *z, int64_t ldz)
{
    const int64_t units = w->size.units;
    for (int64_t i = i0; i < i0 + h; i++, z += ldz) {
        const int64_t at = RC(at)(w, i, t);
        T *state = w->c + i * w->size.padded + j;
        V c = *(V *)state, y;
        if (RC(stays)(w, i, t)) {
            y = *(const V *)(w->h + i * w->size.padded + j);
        } else {
            const T *x = w->x + at * 4 * units + j;
            RC(fetch)(w, x, 4, 4, 1, 0);
            const V in = RC(activate)(gate_act, *(const V *)z + RC(load)(x, n));
            const V forget = RC(activate)(gate_act, *(const V *)(z + L) + RC(load)(x + units, n));
            const V candidate = RC(activate)(act, *(const V *)(z + 2 * L) + RC(load)(x + 2 * units, n));
            const V out = RC(activate)(gate_act, *(const V *)(z + 3 * L) + RC(load)(x + 3 * units, n));
            c = forget * c + in * candidate;
            y = out * RC(activate)(act, c);
            if (w->gates) {
                T *gates = w->gates + at * 4 * units + j;
                RC(fetch)(w, gates, 4, 4, 1, 1);
                RC(store)(gates, in, n);
                RC(store)(gates + units, forget, n);
                RC(store)(gates + 2 * units, candidate, n);
                RC(store)(gates + 3 * units, out, n);
            }
        }
        *(V *)state = c;
        if (w->more) RC(fetch)(w, w->more + at * units + j, 1, 1, 1, 1), RC(store)(w->more + at * units + j, c, n);
        RC(keep)(w, t, i, j, n, y);
    }
}

CK_INLINE void RC(lstm_back_any)(int act, int gate_act, const RC(job) *w, int64_t t, int64_t i, const T *state)
{
    const int64_t units = w->size.units, at = RC(at)(w, i, t);
    const T *gates = w->gates + at * 4 * units, *cs = w->more + at * units;
    T *dh = w->h + i * w->size.padded, *dc = w->c + i * w->size.padded;
    T *part = w->parts + i * 4 * units, *dx = w->dx + at * 4 * units;
    for (int64_t j = 0; j < units; j += L) {
        const int n = (int)ln_min(L, units - j);
        const V in = RC(load)(gates + j, n), forget = RC(load)(gates + units + j, n);
        const V candidate = RC(load)(gates + 2 * units + j, n), out = RC(load)(gates + 3 * units + j, n);
        RC(fetch)(w, gates + j, 4, 4, -1, 0);
        RC(fetch)(w, state + j, 1, 1, -1, 0);
        RC(fetch)(w, dx + j, 4, 4, -1, 1);
        const V y = RC(activate)(act, RC(load)(cs + j, n)), g = *(V *)(dh + j);
        const V gc = *(V *)(dc + j) + g * out * RC(slope)(act, y);
        const V each[4] = {gc * candidate * RC(slope)(gate_act, in),
                           gc * RC(load)(state + j, n) * RC(slope)(gate_act, forget),
                           gc * in * RC(slope)(act, candidate), g * y * RC(slope)(gate_act, out)};
        for (int v = 0; v < 4; v++) {
            RC(store)(part + v * units + j, each[v], n);
            RC(store)(dx + v * units + j, each[v], n);
        }
        *(V *)(dc + j) = gc * forget;
        *(V *)(dh + j) = (V){};
    }
}

/* ---- h' = u h + (1 - u) a with the gates u (update) and r (reset) and the candidate a, in the order u, r, a ---- */

CK_INLINE V RC(blend)(V update, V h, V candidate) { return update * h + ((V){} + (T)1 - update) * candidate; }

/* a = act(x_a + r (h u_a + bias_a)) */
CK_INLINE void RC(gru_any)(int act, int gate_act, const RC(job) *w, int64_t t, int64_t i0, int64_t h, int64_t j, int n,
                           const T *z, int64_t ldz)
{
    const int64_t units = w->size.units;
    for (int64_t i = i0; i < i0 + h; i++, z += ldz) {
        const int64_t at = RC(at)(w, i, t);
        V y = *(const V *)(w->h + i * w->size.padded + j);
        if (!RC(stays)(w, i, t)) {
            const T *x = w->x + at * 3 * units + j;
            RC(fetch)(w, x, 3, 3, 1, 0);
            const V zu = RC(with_bias)(w, *(const V *)z, j, n), zr = RC(with_bias)(w, *(const V *)(z + L), units + j, n);
            const V inner = RC(with_bias)(w, *(const V *)(z + 2 * L), 2 * units + j, n);
            const V update = RC(activate)(gate_act, zu + RC(load)(x, n));
            const V reset = RC(activate)(gate_act, zr + RC(load)(x + units, n));
            const V candidate = RC(activate)(act, RC(load)(x + 2 * units, n) + reset * inner);
            y = RC(blend)(update, y, candidate);
            if (w->gates) {
                T *gates = w->gates + at * 3 * units + j;
                RC(fetch)(w, gates, 3, 3, 1, 1);
                RC(fetch)(w, w->more + at * units + j, 1, 1, 1, 1);
                RC(store)(gates, update, n);
                RC(store)(gates + units, reset, n);
                RC(store)(gates + 2 * units, candidate, n);
                RC(store)(w->more + at * units + j, inner, n);
            }
        }
        RC(keep)(w, t, i, j, n, y);
    }
}

CK_INLINE void RC(gru_back_any)(int act, int gate_act, const RC(job) *w, int64_t t, int64_t i, const T *state)
{
    const int64_t units = w->size.units, at = RC(at)(w, i, t);
    const T *gates = w->gates + at * 3 * units, *inner = w->more + at * units;
    T *dh = w->h + i * w->size.padded, *part = w->parts + i * 3 * units;
    T *dx = w->dx + at * 3 * units, *dq = w->dq + at * 3 * units;
    for (int64_t j = 0; j < units; j += L) {
        const int n = (int)ln_min(L, units - j);
        const V update = RC(load)(gates + j, n), reset = RC(load)(gates + units + j, n);
        const V candidate = RC(load)(gates + 2 * units + j, n), g = *(V *)(dh + j);
        RC(fetch)(w, gates + j, 3, 3, -1, 0);
        RC(fetch)(w, state + j, 1, 1, -1, 0);
        RC(fetch)(w, inner + j, 1, 1, -1, 0);
        RC(fetch)(w, dx + j, 3, 3, -1, 1);
        RC(fetch)(w, dq + j, 3, 3, -1, 1);
        const V ga = g * ((V){} + (T)1 - update) * RC(slope)(act, candidate);
        const V gu = g * (RC(load)(state + j, n) - candidate) * RC(slope)(gate_act, update);
        const V gr = ga * RC(load)(inner + j, n) * RC(slope)(gate_act, reset);
        const V each[3] = {gu, gr, ga * reset};
        for (int v = 0; v < 3; v++) {
            RC(store)(part + v * units + j, each[v], n);
            RC(store)(dq + v * units + j, each[v], n);
            RC(store)(dx + v * units + j, v < 2 ? each[v] : ga, n);
        }
        *(V *)(dh + j) = g * update;
    }
}

/* a = act(x_a + (r h) u_a): first both gates and r h, then the candidate */
CK_INLINE void RC(gru_before_any)(int act, int gate_act, const RC(job) *w, int64_t t, int64_t i0, int64_t h, int64_t j,
                                  int n, const T *z, int64_t ldz)
{
    (void)act;
    const int64_t units = w->size.units, padded = w->size.padded;
    for (int64_t i = i0; i < i0 + h; i++, z += ldz) {
        const int64_t at = RC(at)(w, i, t);
        const T *x = w->x + at * 3 * units + j;
        const V update = RC(activate)(gate_act, *(const V *)z + RC(load)(x, n));
        const V reset = RC(activate)(gate_act, *(const V *)(z + L) + RC(load)(x + units, n));
        V state = reset * *(const V *)(w->h + i * padded + j);
        if (w->dropped) state *= RC(load)(w->dropped + (i * 3 + 2) * units + j, n);
        *(V *)(w->update + i * padded + j) = update;
        *(V *)(w->reset + i * padded + j) = state;
        if (w->gates) {
            RC(store)(w->gates + at * 3 * units + j, update, n);
            RC(store)(w->gates + at * 3 * units + units + j, reset, n);
        }
    }
}

CK_INLINE void RC(gru_candidate_any)(int act, int gate_act, const RC(job) *w, int64_t t, int64_t i0, int64_t h,
                                     int64_t j, int n, const T *z, int64_t ldz)
{
    (void)gate_act;
    const int64_t units = w->size.units, padded = w->size.padded;
    for (int64_t i = i0; i < i0 + h; i++, z += ldz) {
        const int64_t at = RC(at)(w, i, t) * 3 * units + 2 * units + j;
        V y = *(const V *)(w->h + i * padded + j);
        if (!RC(stays)(w, i, t)) {
            const V candidate = RC(activate)(act, *(const V *)z + RC(load)(w->x + at, n));
            y = RC(blend)(*(const V *)(w->update + i * padded + j), y, candidate);
            if (w->gates) RC(store)(w->gates + at, candidate, n);
        }
        RC(keep)(w, t, i, j, n, y);
    }
}

/* First the candidate and the update gate; the candidate's part is alone in `reset`, for the product with u_a. */
CK_INLINE void RC(gru_before_back_any)(int act, int gate_act, const RC(job) *w, int64_t t, int64_t i, const T *state)
{
    const int64_t units = w->size.units, at = RC(at)(w, i, t), padded = w->size.padded;
    const T *gates = w->gates + at * 3 * units;
    T *dh = w->h + i * padded, *part = w->parts + i * 2 * units, *dx = w->dx + at * 3 * units;
    for (int64_t j = 0; j < units; j += L) {
        const int n = (int)ln_min(L, units - j);
        const V update = RC(load)(gates + j, n), candidate = RC(load)(gates + 2 * units + j, n), g = *(V *)(dh + j);
        const V ga = g * ((V){} + (T)1 - update) * RC(slope)(act, candidate);
        const V gu = g * (RC(load)(state + j, n) - candidate) * RC(slope)(gate_act, update);
        RC(store)(part + j, gu, n);
        RC(store)(dx + j, gu, n);
        RC(store)(dx + 2 * units + j, ga, n);
        *(V *)(w->reset + i * padded + j) = ga;
        *(V *)(w->update + i * padded + j) = (V){};
        *(V *)(dh + j) = g * update;
    }
}

/* Then the reset gate, from the cotangent of r h that the product has left in `update`. */
CK_INLINE void RC(gru_reset_back_any)(int act, int gate_act, const RC(job) *w, int64_t t, int64_t i, const T *state)
{
    const int64_t units = w->size.units, at = RC(at)(w, i, t) * 3 * units + units;
    (void)act;
    T *dh = w->h + i * w->size.padded, *part = w->parts + i * 2 * units + units;
    const T *through = w->update + i * w->size.padded;
    T *inner = w->inner + RC(at)(w, i, t) * units;
    for (int64_t j = 0; j < units; j += L) {
        const int n = (int)ln_min(L, units - j);
        const V reset = RC(load)(w->gates + at + j, n), g = *(const V *)(through + j), h = RC(load)(state + j, n);
        const V gr = g * h * RC(slope)(gate_act, reset);
        RC(store)(inner + j, reset * h, n);
        RC(store)(part + j, gr, n);
        RC(store)(w->dx + at + j, gr, n);
        *(V *)(dh + j) += g * reset;
    }
}

/* ---- each with the usual activations, and with any ---- */

#define RC_FORWARD(cell)                                                                                               \
    static void RC(cell##_usual)(const RC(job) *w, int64_t t, int64_t i, int64_t h, int64_t j, int n, const T *z,      \
                                 int64_t ldz)                                                                          \
    {                                                                                                                  \
        RC(cell##_any)(RC_TANH, RC_SIGMOID, w, t, i, h, j, n, z, ldz);                                                 \
    }                                                                                                                  \
    static void RC(cell##_other)(const RC(job) *w, int64_t t, int64_t i, int64_t h, int64_t j, int n, const T *z,      \
                                 int64_t ldz)                                                                          \
    {                                                                                                                  \
        RC(cell##_any)(w->size.act, w->size.gate_act, w, t, i, h, j, n, z, ldz);                                       \
    }
#define RC_BACKWARD(cell)                                                                                              \
    static void RC(cell##_usual)(const RC(job) *w, int64_t t, int64_t i, const T *state)                              \
    {                                                                                                                  \
        RC(cell##_any)(RC_TANH, RC_SIGMOID, w, t, i, state);                                                          \
    }                                                                                                                  \
    static void RC(cell##_other)(const RC(job) *w, int64_t t, int64_t i, const T *state)                              \
    {                                                                                                                  \
        RC(cell##_any)(w->size.act, w->size.gate_act, w, t, i, state);                                                \
    }
RC_FORWARD(simple)
RC_FORWARD(lstm)
RC_FORWARD(gru)
RC_FORWARD(gru_before)
RC_FORWARD(gru_candidate)
RC_BACKWARD(simple_back)
RC_BACKWARD(lstm_back)
RC_BACKWARD(gru_back)
RC_BACKWARD(gru_before_back)
RC_BACKWARD(gru_reset_back)
#undef RC_FORWARD
#undef RC_BACKWARD

/* By cell and whether the activations are the usual ones: what follows the first and second product forwards, and comes
 * before them backwards */
typedef void (*RC(back_fn))(const RC(job) *w, int64_t t, int64_t i, const T *state);
static const struct {
    RC(after_fn) first, second;
    RC(back_fn) back, back_second;
} RC(gates)[][2] = {
    [RC_SIMPLE] = {{RC(simple_other), NULL, RC(simple_back_other), NULL},
                   {RC(simple_usual), NULL, RC(simple_back_usual), NULL}},
    [RC_LSTM] = {{RC(lstm_other), NULL, RC(lstm_back_other), NULL}, {RC(lstm_usual), NULL, RC(lstm_back_usual), NULL}},
    [RC_GRU] = {{RC(gru_other), NULL, RC(gru_back_other), NULL}, {RC(gru_usual), NULL, RC(gru_back_usual), NULL}},
    [RC_GRU_BEFORE] = {{RC(gru_before_other), RC(gru_candidate_other), RC(gru_before_back_other),
                        RC(gru_reset_back_other)},
                       {RC(gru_before_usual), RC(gru_candidate_usual), RC(gru_before_back_usual),
                        RC(gru_reset_back_usual)}},
};
