/* Normalization by the moments of columns: of batches (Ioffe and Szegedy, 2015) and of groups (Wu and He, 2018).
 *
 * x has the shape (samples, rows, channels). `per` adjacent channels of a sample have a mean and a variance in common;
 * batch normalization has one sample and per = 1. The rows of a sample are cut into `chunks`, a fixed number, so that
 * threads change no bit; a unit of work is one chunk.
 *
 * Moments take one pass over memory and two over a block in the cache: the block's mean, then the sums of deviations
 * from it and of their squares (the corrected two-pass algorithm of Chan, Golub and LeVeque, 1983). Blocks are merged
 * in double. A mean is kept in double and used as a sum of two numbers of the type of x, so a large mean costs no
 * precision.
 */
#include <math.h>

#include "norm.h"
#include "vector.h"

enum { NC_STRIP = 1024, NC_ROWS = 128, NC_NARROW = 32, NC_FOLD = 16 };

typedef struct {
    char *const *buf;
    int64_t samples, rows, channels, per, chunks;
    int relu, residual;
    double eps;
    double *sums; /* (samples, chunks, 2, channels) */
} nc_job;
typedef struct { /* rows of one chunk */
    int64_t sample, from, to;
} nc_span;

static inline nc_span nc_rows(const nc_job *w, int64_t unit)
{
    const int64_t k = unit % w->chunks;
    return (nc_span){unit / w->chunks, w->rows * k / w->chunks, w->rows * (k + 1) / w->chunks};
}
static inline double *nc_sums(const nc_job *w, int64_t unit) { return w->sums + unit * 2 * w->channels; }
/* Few channels: so many rows are taken as one, to fill vectors. */
static inline int64_t nc_fold(const nc_job *w) { return w->channels <= NC_NARROW ? NC_FOLD : 1; }

#define NC_T float
#define NC_(name) nc_f32_##name
#include "norm_columns_body.h"
#define NC_T double
#define NC_(name) nc_f64_##name
#include "norm_columns_body.h"

static nc_job nc_start(char *const *buf, const int64_t *p)
{
    return (nc_job){.buf = buf, .samples = p[1], .rows = p[2], .channels = p[3], .per = p[4], .chunks = p[5]};
}

/* Adds n elements of some mean and sum of squared deviations to `mean` and `m2`, those of `count` elements. */
static inline void nc_merge(double *count, double *mean, double *m2, double n, double other, double other_m2)
{
    const double total = *count + n, delta = other - *mean;
    if (n == 0) return;
    *mean += delta * n / total;
    *m2 += other_m2 + delta * delta * *count * n / total;
    *count = total;
}

/* buf: mean, variance (samples, channels / per), saved (2, samples, channels / per), float64: mean and
 * 1 / sqrt(variance + eps), x (samples, rows, channels); workspace of samples * chunks * 2 * channels doubles.
 * p: dtype (CK_F32, CK_F64), samples, rows, channels, per, chunks. f: eps */
static int ck_norm_moments(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)err;
    nc_job w = nc_start(buf, p);
    w.sums = (double *)buf[4];
    const int wide = p[0] == CK_F64;
    nm_each(wide ? nc_f64_moments : nc_f32_moments, &w, w.samples * w.chunks, w.samples * w.rows * w.channels);
    const int64_t groups = w.channels / w.per;
    double *saved = (double *)buf[2];
    for (int64_t s = 0; s < w.samples; s++)
        for (int64_t g = 0; g < groups; g++) {
            double count = 0, mean = 0, m2 = 0;
            for (int64_t c = g * w.per; c < (g + 1) * w.per; c++)
                for (int64_t k = 0; k < w.chunks; k++) {
                    const int64_t unit = s * w.chunks + k;
                    const nc_span span = nc_rows(&w, unit);
                    const double *sums = nc_sums(&w, unit);
                    nc_merge(&count, &mean, &m2, (double)(span.to - span.from), sums[c], sums[w.channels + c]);
                }
            const int64_t at = s * groups + g;
            mean = count ? mean : NAN;
            const double variance = m2 / count;
            saved[at] = mean, saved[w.samples * groups + at] = 1.0 / sqrt(variance + f[0]);
            if (wide)
                ((double *)buf[0])[at] = mean, ((double *)buf[1])[at] = variance;
            else
                ((float *)buf[0])[at] = (float)mean, ((float *)buf[1])[at] = (float)variance;
        }
    return CK_OK;
}

/* buf: y, x (samples, rows, channels), saved as above, gamma, beta (channels), residual like x if there is one.
 * y = (x - mean) / sqrt(variance + eps) * gamma + beta + residual, or the positive part of that.
 * p: dtype, samples, rows, channels, per, chunks, relu, residual */
static int ck_norm_apply(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    nc_job w = nc_start(buf, p);
    w.relu = p[6] != 0, w.residual = p[7] != 0;
    nm_each(p[0] == CK_F64 ? nc_f64_apply : nc_f32_apply, &w, w.samples * w.chunks,
            2 * w.samples * w.rows * w.channels);
    return CK_OK;
}

/* buf: dx, dgamma, dbeta, g, x, saved, gamma, beta, workspace as above. The gradients of `norm_apply` without a residual,
 * of x also through the moments. p: dtype, samples, rows, channels, per, chunks, relu */
static int ck_norm_grad(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)f, (void)err;
    nc_job w = nc_start(buf, p);
    w.relu = p[6] != 0, w.sums = (double *)buf[8];
    const int wide = p[0] == CK_F64;
    const int64_t units = w.samples * w.chunks, elements = 2 * w.samples * w.rows * w.channels;
    nm_each(wide ? nc_f64_grad_sums : nc_f32_grad_sums, &w, units, elements);
    for (int64_t s = 0; s < w.samples; s++) { /* the chunks of a sample, into its first */
        double *sums = nc_sums(&w, s * w.chunks);
        for (int64_t k = 1; k < w.chunks; k++)
            for (int64_t c = 0; c < 2 * w.channels; c++) sums[c] += nc_sums(&w, s * w.chunks + k)[c];
    }
    (wide ? nc_f64_grad_parameters : nc_f32_grad_parameters)(&w);
    nm_each(wide ? nc_f64_grad : nc_f32_grad, &w, units, elements);
    return CK_OK;
}

#define NORM_COLUMNS_KERNELS {"norm_moments", ck_norm_moments}, {"norm_apply", ck_norm_apply}, {"norm_grad", ck_norm_grad},
