/* Normalization of rows for one type; see norm_rows.c, which defines:
 *   NR_T, NR_V, NR_LANES  the type, and its vectors
 *   NR_SUM                the sum of all lanes
 *   NR_(name)             the name of a function
 */

/* The sums of a row's deviations from `center` and of their squares */
static void NR_(deviate)(const NR_T *x, int64_t n, NR_T center, double *first, double *second)
{
    *first = *second = 0;
    for (int64_t from = 0; from < n; from += NR_BLOCK) {
        const int64_t end = ln_min(n, from + NR_BLOCK);
        NR_V a[4] = {}, b[4] = {};
        int64_t j = from;
        for (; j + 4 * NR_LANES <= end; j += 4 * NR_LANES)
            _Pragma("GCC unroll 4") for (int k = 0; k < 4; k++)
            {
                const NR_V d = *(const NR_V *)(x + j + k * NR_LANES) - center;
                a[k] += d, b[k] += d * d;
            }
        for (; j + NR_LANES <= end; j += NR_LANES) {
            const NR_V d = *(const NR_V *)(x + j) - center;
            a[0] += d, b[0] += d * d;
        }
        NR_T first_rest = 0, second_rest = 0;
        for (; j < end; j++) {
            const NR_T d = x[j] - center;
            first_rest += d, second_rest += d * d;
        }
        *first += NR_SUM((a[0] + a[1]) + (a[2] + a[3])) + first_rest;
        *second += NR_SUM((b[0] + b[1]) + (b[2] + b[3])) + second_rest;
    }
}

/* The mean of a row as the sum of two numbers, and what its deviations are multiplied by */
typedef struct {
    NR_T mean, rest, root;
} NR_(moments);

static NR_(moments) NR_(rounded)(const double *saved)
{
    const NR_T mean = (NR_T)saved[0];
    return (NR_(moments)){mean, (NR_T)(saved[0] - (double)mean), (NR_T)saved[1]};
}

static void NR_(row)(const nr_job *w, int64_t row)
{
    const int64_t n = w->n;
    NR_T *y = (NR_T *)w->buf[0] + row * n;
    const NR_T *x = (const NR_T *)w->buf[2] + row * n;
    const NR_T *gamma = (const NR_T *)w->buf[3], *beta = (const NR_T *)w->buf[4];
    double *saved = (double *)w->buf[1] + 2 * row, first, second, size = (double)n;
    NR_T center = 0;
    if (w->centered) {
        NR_(deviate)(x, n, 0, &first, &second);
        center = (NR_T)(first / size);
    }
    NR_(deviate)(x, n, center, &first, &second);
    const double shift = w->centered ? first / size : 0;
    saved[0] = center + shift;
    saved[1] = 1.0 / sqrt(second / size - shift * shift + w->eps);
    const NR_(moments) m = NR_(rounded)(saved);
    LN_IVDEP
    for (int64_t j = 0; j < n; j++) y[j] = ((x[j] - m.mean) - m.rest) * m.root * gamma[j] + beta[j];
}

static void NR_(rows)(const void *job, int64_t unit)
{
    const nr_job *w = job;
    const int64_t end = ln_min(w->rows, (unit + 1) * NR_FORWARD);
    for (int64_t row = unit * NR_FORWARD; row < end; row++) NR_(row)(w, row);
}

/* dx of a row; adds to dgamma and dbeta */
static void NR_(grad_row)(const nr_job *w, int64_t row, NR_T *restrict dgamma, NR_T *restrict dbeta)
{
    const int64_t n = w->n;
    NR_T *dx = (NR_T *)w->buf[0] + row * n;
    const NR_T *g = (const NR_T *)w->buf[3] + row * n, *x = (const NR_T *)w->buf[4] + row * n;
    const NR_T *gamma = (const NR_T *)w->buf[6];
    const double *saved = (const double *)w->buf[5] + 2 * row;
    const NR_(moments) m = NR_(rounded)(saved);
    double one = 0, two = 0; /* the sums of g gamma, and of that times the deviations */
    for (int64_t from = 0; from < n; from += NR_BLOCK) {
        const int64_t end = ln_min(n, from + NR_BLOCK);
        NR_V a[2] = {}, b[2] = {};
        int64_t j = from;
        for (; j + 2 * NR_LANES <= end; j += 2 * NR_LANES)
            _Pragma("GCC unroll 2") for (int k = 0; k < 2; k++)
            {
                const int64_t at = j + k * NR_LANES;
                const NR_V h = *(const NR_V *)(g + at) * *(const NR_V *)(gamma + at);
                a[k] += h, b[k] += h * ((*(const NR_V *)(x + at) - m.mean) - m.rest);
            }
        NR_T rest_a = 0, rest_b = 0;
        for (; j < end; j++) {
            const NR_T h = g[j] * gamma[j];
            rest_a += h, rest_b += h * ((x[j] - m.mean) - m.rest);
        }
        one += NR_SUM(a[0] + a[1]) + rest_a;
        two += NR_SUM(b[0] + b[1]) + rest_b;
    }
    const double size = (double)n, root = saved[1];
    const NR_T level = w->centered ? (NR_T)(-root * one / size) : 0, slope = (NR_T)(-root * root * root * two / size);
    LN_IVDEP
    for (int64_t j = 0; j < n; j++) {
        const NR_T d = (x[j] - m.mean) - m.rest, h = g[j];
        dgamma[j] += h * (d * m.root);
        dbeta[j] += h;
        dx[j] = h * gamma[j] * m.root + (d * slope + level);
    }
}

static void NR_(grad)(const void *job, int64_t unit)
{
    const nr_job *w = job;
    const int64_t n = w->n, from = w->rows * unit / w->units, to = w->rows * (unit + 1) / w->units;
    double *sums = w->sums + 4 * unit * n;
    NR_T *some = (NR_T *)(sums + 2 * n);
    for (int64_t j = 0; j < 2 * n; j++) sums[j] = 0;
    for (int64_t row = from; row < to;) {
        for (int64_t j = 0; j < 2 * n; j++) some[j] = 0;
        for (const int64_t end = ln_min(to, row + NR_ROWS); row < end; row++) NR_(grad_row)(w, row, some, some + n);
        for (int64_t j = 0; j < 2 * n; j++) sums[j] += some[j];
    }
}

#undef NR_T
#undef NR_V
#undef NR_LANES
#undef NR_SUM
#undef NR_
