/* Softmax and its cross-entropies for one type, included twice: SB_T the type, SB_(x) names, SB_EXP, SB_SUM and SB_MAX
 * the row reductions of reduce.c. Each function does the rows [row, row + rows) of its arrays; a block of rows has at
 * most SM_BLOCK elements or is one row, so that what passes over it several times finds it in the cache.
 */

/* The sum of e^d of a row that may be longer than a block. */
static double SB_(exp_sum)(const SB_T *d, int64_t n)
{
    SB_T e[SM_BLOCK];
    double sum = 0;
    for (int64_t j = 0; j < n; j += SM_BLOCK) {
        int64_t m = ln_min(SM_BLOCK, n - j);
        for (int64_t k = 0; k < m; k++) e[k] = SB_EXP(d[j + k]);
        SB_SUM(e, 1, m, m, &sum);
    }
    return sum;
}

/* x (rows, n) -> y = x - max(x), top (rows) = max(x) */
static void SB_(shift)(SB_T *y, const SB_T *x, int64_t rows, int64_t n, double *top)
{
    for (int64_t i = 0; i < rows; i++) top[i] = -INFINITY;
    SB_MAX(x, rows, n, n, top);
    for (int64_t i = 0; i < rows; i++) {
        SB_T m = (SB_T)top[i];
        LN_IVDEP
        for (int64_t j = 0; j < n; j++) y[i * n + j] = x[i * n + j] - m;
    }
}

/* x (rows, n) -> y = softmax(x); top (rows) = max(x), sum (rows) = sum(e^(x - top)) */
static void SB_(rows)(SB_T *y, const SB_T *x, int64_t rows, int64_t n, double *top, double *sum)
{
    if (n >= 64) {
        for (int64_t i = 0; i < rows; i++) top[i] = -INFINITY;
        SB_MAX(x, rows, n, n, top);
        for (int64_t i = 0; i < rows; i++) {
            SB_T m = (SB_T)top[i];
            LN_IVDEP
            for (int64_t j = i * n; j < (i + 1) * n; j++) y[j] = SB_EXP(x[j] - m);
        }
    } else { /* short rows: the exponentials of all of them in one loop */
        SB_(shift)(y, x, rows, n, top);
        LN_IVDEP
        for (int64_t k = 0; k < rows * n; k++) y[k] = SB_EXP(y[k]);
    }
    for (int64_t i = 0; i < rows; i++) sum[i] = 0;
    SB_SUM(y, rows, n, n, sum);
    for (int64_t i = 0; i < rows; i++) {
        SB_T scale = (SB_T)(1.0 / sum[i]);
        LN_IVDEP
        for (int64_t j = 0; j < n; j++) y[i * n + j] *= scale;
    }
}

/* y, x (rows, n): y = softmax(x) */
static void SB_(softmax)(const sm_job *w, int64_t row, int64_t rows)
{
    double top[SM_ROWS], sum[SM_ROWS];
    SB_(rows)((SB_T *)w->buf[0] + row * w->n, (const SB_T *)w->buf[1] + row * w->n, rows, w->n, top, sum);
}

/* dx, g, y (rows, n): dx = y (g - sum(g y)) */
static void SB_(softmax_grad)(const sm_job *w, int64_t row, int64_t rows)
{
    int64_t n = w->n;
    SB_T *dx = (SB_T *)w->buf[0] + row * n, t[SM_BLOCK];
    const SB_T *g = (const SB_T *)w->buf[1] + row * n, *y = (const SB_T *)w->buf[2] + row * n;
    double dot[SM_ROWS];
    for (int64_t i = 0; i < rows; i++) dot[i] = 0;
    if (rows * n <= SM_BLOCK) {
        for (int64_t k = 0; k < rows * n; k++) t[k] = g[k] * y[k];
        SB_SUM(t, rows, n, n, dot);
    } else {
        for (int64_t j = 0; j < n; j += SM_BLOCK) {
            int64_t m = ln_min(SM_BLOCK, n - j);
            for (int64_t k = 0; k < m; k++) t[k] = g[j + k] * y[j + k];
            SB_SUM(t, 1, m, m, dot);
        }
    }
    for (int64_t i = 0; i < rows; i++) {
        SB_T s = (SB_T)dot[i];
        LN_IVDEP
        for (int64_t j = i * n; j < (i + 1) * n; j++) dx[j] = y[j] * (g[j] - s);
    }
}

/* y, x (rows, n): y = x - log(sum(e^x)) */
static void SB_(log_softmax)(const sm_job *w, int64_t row, int64_t rows)
{
    int64_t n = w->n;
    SB_T *y = (SB_T *)w->buf[0] + row * n, t[SM_BLOCK];
    double top[SM_ROWS], sum[SM_ROWS];
    SB_(shift)(y, (const SB_T *)w->buf[1] + row * n, rows, n, top);
    if (rows * n <= SM_BLOCK) {
        for (int64_t k = 0; k < rows * n; k++) t[k] = SB_EXP(y[k]);
        for (int64_t i = 0; i < rows; i++) sum[i] = 0;
        SB_SUM(t, rows, n, n, sum);
    } else {
        sum[0] = SB_(exp_sum)(y, n);
    }
    for (int64_t i = 0; i < rows; i++) {
        SB_T s = (SB_T)log(sum[i]);
        for (int64_t j = i * n; j < (i + 1) * n; j++) y[j] -= s;
    }
}

/* dx, g, y (rows, n): dx = g - e^y sum(g) */
static void SB_(log_softmax_grad)(const sm_job *w, int64_t row, int64_t rows)
{
    int64_t n = w->n;
    SB_T *dx = (SB_T *)w->buf[0] + row * n;
    const SB_T *g = (const SB_T *)w->buf[1] + row * n, *y = (const SB_T *)w->buf[2] + row * n;
    double sum[SM_ROWS];
    for (int64_t i = 0; i < rows; i++) sum[i] = 0;
    SB_SUM(g, rows, n, n, sum);
    for (int64_t i = 0; i < rows; i++) {
        SB_T s = (SB_T)sum[i];
        LN_IVDEP
        for (int64_t j = i * n; j < (i + 1) * n; j++) dx[j] = g[j] - SB_EXP(y[j]) * s;
    }
}

/* loss (rows), prob, z (rows, n), label (rows): loss = log(sum(e^z)) - z[label], prob = softmax(z) */
static void SB_(xent_sparse)(const sm_job *w, int64_t row, int64_t rows)
{
    int64_t n = w->n;
    SB_T *loss = (SB_T *)w->buf[0] + row;
    const SB_T *z = (const SB_T *)w->buf[2] + row * n;
    double top[SM_ROWS], sum[SM_ROWS], at[SM_ROWS];
    for (int64_t i = 0; i < rows; i++) at[i] = z[i * n + sm_label(w, 3, row + i)]; /* prob may be z */
    SB_(rows)((SB_T *)w->buf[1] + row * n, z, rows, n, top, sum);
    for (int64_t i = 0; i < rows; i++) loss[i] = (SB_T)(log(sum[i]) - (at[i] - top[i]));
}

/* dz, g (rows), prob (rows, n), label (rows): dz = g (prob - onehot(label)) */
static void SB_(xent_sparse_grad)(const sm_job *w, int64_t row, int64_t rows)
{
    int64_t n = w->n;
    SB_T *dz = (SB_T *)w->buf[0] + row * n;
    const SB_T *g = (const SB_T *)w->buf[1] + row, *prob = (const SB_T *)w->buf[2] + row * n;
    for (int64_t i = 0; i < rows; i++) {
        SB_T s = g[i];
        int64_t label = sm_label(w, 3, row + i);
        SB_T there = s * (prob[i * n + label] - 1);
        LN_IVDEP
        for (int64_t j = i * n; j < (i + 1) * n; j++) dz[j] = s * prob[j];
        dz[i * n + label] = there;
    }
}

/* loss (rows), prob, z, target (rows, n): loss = sum(target (log(sum(e^z)) - z)), prob = softmax(z) */
static void SB_(xent)(const sm_job *w, int64_t row, int64_t rows)
{
    int64_t n = w->n;
    SB_T *loss = (SB_T *)w->buf[0] + row, *prob = (SB_T *)w->buf[1] + row * n, t[SM_BLOCK];
    const SB_T *z = (const SB_T *)w->buf[2] + row * n, *target = (const SB_T *)w->buf[3] + row * n;
    double top[SM_ROWS], sum[SM_ROWS];
    SB_(rows)(prob, z, rows, n, top, sum);
    for (int64_t i = 0; i < rows; i++) {
        SB_T m = (SB_T)top[i], s = (SB_T)log(sum[i]);
        double total = 0;
        for (int64_t j = 0; j < n; j += SM_BLOCK) {
            int64_t count = ln_min(SM_BLOCK, n - j);
            const SB_T *zi = z + i * n + j, *ti = target + i * n + j;
            for (int64_t k = 0; k < count; k++) {
                SB_T term = ti[k] * (s - (zi[k] - m));
                t[k] = ti[k] == 0 && zi[k] == -(SB_T)INFINITY ? 0 : term; /* 0 * inf: a class that cannot be */
            }
            SB_SUM(t, 1, count, count, &total);
        }
        loss[i] = (SB_T)total;
    }
}

/* dz, g (rows), prob, target (rows, n): dz = g (prob sum(target) - target) */
static void SB_(xent_grad)(const sm_job *w, int64_t row, int64_t rows)
{
    int64_t n = w->n;
    SB_T *dz = (SB_T *)w->buf[0] + row * n;
    const SB_T *g = (const SB_T *)w->buf[1] + row, *prob = (const SB_T *)w->buf[2] + row * n;
    const SB_T *target = (const SB_T *)w->buf[3] + row * n;
    double sum[SM_ROWS];
    for (int64_t i = 0; i < rows; i++) sum[i] = 0;
    SB_SUM(target, rows, n, n, sum);
    for (int64_t i = 0; i < rows; i++) {
        SB_T s = (SB_T)sum[i], gi = g[i];
        LN_IVDEP
        for (int64_t j = i * n; j < (i + 1) * n; j++) dz[j] = gi * (prob[j] * s - target[j]);
    }
}

/* loss (rows), prob (rows, n), label (rows): q = clip(prob / sum(prob), eps, 1 - eps), loss = -log(q[label]) */
static void SB_(xent_prob_sparse)(const sm_job *w, int64_t row, int64_t rows)
{
    int64_t n = w->n;
    SB_T *loss = (SB_T *)w->buf[0] + row, low = (SB_T)w->eps, high = (SB_T)(1.0 - w->eps);
    const SB_T *prob = (const SB_T *)w->buf[1] + row * n;
    double sum[SM_ROWS];
    for (int64_t i = 0; i < rows; i++) sum[i] = 0;
    SB_SUM(prob, rows, n, n, sum);
    for (int64_t i = 0; i < rows; i++) {
        SB_T q = (SB_T)(prob[i * n + sm_label(w, 2, row + i)] / sum[i]);
        q = q < low ? low : q > high ? high : q;
        loss[i] = (SB_T)-log(q);
    }
}

/* dprob, g (rows), prob (rows, n), label (rows). With s = sum(prob) and q = prob[label] / s, -log(q) has the gradient
 * 1 / s everywhere, less 1 / prob[label] at the label; none where q was clipped. */
static void SB_(xent_prob_sparse_grad)(const sm_job *w, int64_t row, int64_t rows)
{
    int64_t n = w->n;
    SB_T *dprob = (SB_T *)w->buf[0] + row * n, low = (SB_T)w->eps, high = (SB_T)(1.0 - w->eps);
    const SB_T *g = (const SB_T *)w->buf[1] + row, *prob = (const SB_T *)w->buf[2] + row * n;
    double sum[SM_ROWS];
    for (int64_t i = 0; i < rows; i++) sum[i] = 0;
    SB_SUM(prob, rows, n, n, sum);
    for (int64_t i = 0; i < rows; i++) {
        int64_t label = sm_label(w, 3, row + i);
        double p = prob[i * n + label];
        SB_T q = (SB_T)(p / sum[i]);
        int clipped = q < low || q > high;
        SB_T all = clipped ? 0 : (SB_T)(g[i] / sum[i]);
        SB_T there = clipped ? 0 : (SB_T)(g[i] / sum[i] - g[i] / p);
        for (int64_t j = i * n; j < (i + 1) * n; j++) dprob[j] = all;
        dprob[i * n + label] = there;
    }
}

static const sm_part SB_(parts)[] = {
    SB_(softmax), SB_(softmax_grad), SB_(log_softmax), SB_(log_softmax_grad), SB_(xent_sparse), SB_(xent_sparse_grad),
    SB_(xent), SB_(xent_grad), SB_(xent_prob_sparse), SB_(xent_prob_sparse_grad),
};

#undef SB_
#undef SB_T
#undef SB_EXP
#undef SB_SUM
#undef SB_MAX
