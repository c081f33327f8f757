/* Normalization by the moments of rows: layer normalization (Ba et al., 2016) and root mean square normalization (Zhang
 * and Sennrich, 2019). x has the shape (rows, n).
 *
 * A row is read from memory once and then again from the cache. Its mean is corrected by the sum of deviations from it
 * (Chan, Golub and LeVeque, 1983), kept in double, and used as a sum of two numbers of the type of x. For gradients of
 * parameters the rows are cut into a fixed number of units.
 */
#include <math.h>

#include "norm.h"
#include "vector.h"

enum { NR_BLOCK = 4096, NR_ROWS = 64, NR_FORWARD = 16 };

typedef struct {
    char *const *buf;
    int64_t rows, n, units;
    int centered;
    double eps;
    double *sums; /* (units, 4, n): the gradients of gamma and beta, and memory for those of a few rows */
} nr_job;

#define NR_T float
#define NR_V ck_vf32
#define NR_LANES CK_LANES_F32
#define NR_SUM ck_sum_f32
#define NR_(name) nr_f32_##name
#include "norm_rows_body.h"
#define NR_T double
#define NR_V ck_vf64
#define NR_LANES CK_LANES_F64
#define NR_SUM ck_sum_f64
#define NR_(name) nr_f64_##name
#include "norm_rows_body.h"

/* buf: y (rows, n), saved (rows, 2), float64: mean (0 if not centered) and 1 / sqrt(variance + eps), x, gamma, beta (n).
 * y = (x - mean) / sqrt(variance + eps) * gamma + beta; not centered, the variance is the mean of squares.
 * p: dtype (CK_F32, CK_F64), rows, n, centered. f: eps */
static int ck_norm_rows(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)err;
    const nr_job w = {.buf = buf, .rows = p[1], .n = p[2], .centered = p[3] != 0, .eps = f[0],
                      .units = (p[1] + NR_FORWARD - 1) / NR_FORWARD};
    nm_each(p[0] == CK_F64 ? nr_f64_rows : nr_f32_rows, &w, w.units, 2 * w.rows * w.n);
    return CK_OK;
}

/* buf: dx, dgamma, dbeta, g, x, saved, gamma, workspace of units * 4 * n doubles: the gradients of `norm_rows`, of x also
 * through the moments. p: dtype, rows, n, centered, units */
static int ck_norm_rows_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    const nr_job w = {.buf = buf, .rows = p[1], .n = p[2], .centered = p[3] != 0, .units = p[4],
                      .sums = (double *)buf[7]};
    nm_each(p[0] == CK_F64 ? nr_f64_grad : nr_f32_grad, &w, w.units, 3 * w.rows * w.n);
    for (int64_t u = 1; u < w.units; u++)
        for (int64_t j = 0; j < 2 * w.n; j++) w.sums[j] += w.sums[4 * u * w.n + j];
    for (int64_t j = 0; j < 2 * w.n; j++) {
        char *out = buf[1 + (j >= w.n)];
        const int64_t at = j % w.n;
        if (p[0] == CK_F64)
            ((double *)out)[at] = w.sums[j];
        else
            ((float *)out)[at] = (float)w.sums[j];
    }
    return CK_OK;
}

#define NORM_ROWS_KERNELS {"norm_rows", ck_norm_rows}, {"norm_rows_grad", ck_norm_rows_grad},
