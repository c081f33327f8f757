/* Normalization of columns for one type; see norm_columns.c, which defines NC_T, the type, and NC_(name). Blocks of rows
 * are `apart` items apart. */

typedef struct { /* of up to NC_STRIP columns: y = (x - mean) * scale + shift */
    NC_T mean[NC_STRIP], scale[NC_STRIP], shift[NC_STRIP];
} NC_(affine);
typedef struct {
    NC_T first[NC_STRIP], second[NC_STRIP];
} NC_(pair);

/* sum += x, over `rows` rows */
static void NC_(add)(NC_T *restrict sum, const NC_T *x, int64_t rows, int64_t apart, int64_t width)
{
    int64_t i = 0;
    for (; i + 4 <= rows; i += 4, x += 4 * apart)
        for (int64_t c = 0; c < width; c++)
            sum[c] += (x[c] + x[apart + c]) + (x[2 * apart + c] + x[3 * apart + c]);
    for (; i < rows; i++, x += apart)
        for (int64_t c = 0; c < width; c++) sum[c] += x[c];
}

/* The sums of deviations from `center` and of their squares */
static void NC_(deviate)(NC_(pair) *restrict s, const NC_T *x, int64_t rows, int64_t apart, int64_t width,
                         const NC_T *restrict center)
{
    int64_t i = 0;
    for (; i + 2 <= rows; i += 2, x += 2 * apart)
        for (int64_t c = 0; c < width; c++) {
            const NC_T d = x[c] - center[c], e = x[apart + c] - center[c];
            s->first[c] += d + e, s->second[c] += d * d + e * e;
        }
    for (; i < rows; i++, x += apart)
        for (int64_t c = 0; c < width; c++) {
            const NC_T d = x[c] - center[c];
            s->first[c] += d, s->second[c] += d * d;
        }
}

/* The sums of columns c, c + width, ... in column c */
static void NC_(gather)(NC_T *sum, int64_t width, int64_t fold)
{
    for (int64_t j = 1; j < fold; j++)
        for (int64_t c = 0; c < width; c++) sum[c] += sum[j * width + c];
}
/* The inverse: the first `width` columns in all others */
static void NC_(spread)(NC_T *x, int64_t width, int64_t fold)
{
    for (int64_t c = width; c < width * fold; c++) x[c] = x[c - width];
}

static void NC_(moments)(const void *job, int64_t unit)
{
    const nc_job *w = job;
    const nc_span span = nc_rows(w, unit);
    const int64_t channels = w->channels, fold = nc_fold(w), block = NC_ROWS * fold;
    double *mean = nc_sums(w, unit), *m2 = mean + channels;
    for (int64_t left = 0; left < channels; left += NC_STRIP) {
        const int64_t width = ln_min(NC_STRIP, channels - left);
        double n = 0;
        for (int64_t c = left; c < left + width; c++) mean[c] = m2[c] = 0;
        for (int64_t row = span.from; row < span.to; row += block) {
            const NC_T *x = (const NC_T *)w->buf[3] + (span.sample * w->rows + row) * channels + left;
            const int64_t count = ln_min(block, span.to - row), wide = count / fold, rest = count % fold;
            const NC_T *end = x + wide * fold * channels;
            NC_T center[NC_STRIP];
            NC_(pair) s;
            for (int64_t c = 0; c < width * fold; c++) center[c] = s.first[c] = s.second[c] = 0;
            NC_(add)(center, x, wide, channels * fold, width * fold);
            NC_(add)(center, end, rest, channels, width);
            NC_(gather)(center, width, fold);
            for (int64_t c = 0; c < width; c++) center[c] /= (NC_T)count;
            NC_(spread)(center, width, fold);
            NC_(deviate)(&s, x, wide, channels * fold, width * fold, center);
            NC_(deviate)(&s, end, rest, channels, width, center);
            NC_(gather)(s.first, width, fold);
            NC_(gather)(s.second, width, fold);
            const double part = 1.0 / (double)count, ratio = (double)count / (n + (double)count);
            for (int64_t c = 0; c < width; c++) {
                const double first = s.first[c], delta = center[c] + first * part - mean[left + c];
                mean[left + c] += delta * ratio;
                m2[left + c] += s.second[c] - first * first * part + delta * delta * n * ratio;
            }
            n += (double)count;
        }
    }
}

/* The coefficients of `width` columns from the channel `left`, `fold` times; the rest of the mean is in the shift. */
static void NC_(coefficients)(const nc_job *w, NC_(affine) *a, int64_t sample, int64_t left, int64_t width,
                              const double *saved, const NC_T *gamma, const NC_T *beta)
{
    const int64_t groups = w->channels / w->per, fold = nc_fold(w);
    for (int64_t c = 0; c < width; c++) {
        const int64_t at = sample * groups + (left + c) / w->per;
        const double mean = saved[at], scale = saved[w->samples * groups + at] * gamma[left + c];
        a->mean[c] = (NC_T)mean;
        a->scale[c] = (NC_T)scale;
        a->shift[c] = (NC_T)(beta[left + c] - (mean - (double)a->mean[c]) * scale);
    }
    NC_(spread)(a->mean, width, fold);
    NC_(spread)(a->scale, width, fold);
    NC_(spread)(a->shift, width, fold);
}

CK_INLINE NC_T NC_(value)(const NC_(affine) *a, NC_T x, int64_t c)
{
    return (x - a->mean[c]) * a->scale[c] + a->shift[c];
}

CK_INLINE void NC_(apply_rows)(NC_T *y, const NC_T *x, const NC_T *r, int64_t rows, int64_t apart, int64_t width,
                               const NC_(affine) *a, const int relu, const int residual)
{
    for (int64_t i = 0; i < rows; i++, x += apart, y += apart, r += apart) {
        LN_IVDEP
        for (int64_t c = 0; c < width; c++) {
            NC_T v = NC_(value)(a, x[c], c);
            if (residual) v += r[c];
            y[c] = !relu || v > 0 || v != v ? v : 0;
        }
    }
}

static void NC_(apply)(const void *job, int64_t unit)
{
    const nc_job *w = job;
    const nc_span span = nc_rows(w, unit);
    const int64_t channels = w->channels, fold = nc_fold(w), count = span.to - span.from;
    for (int64_t left = 0; left < channels; left += NC_STRIP) {
        const int64_t width = ln_min(NC_STRIP, channels - left);
        const int64_t first = (span.sample * w->rows + span.from) * channels + left;
        NC_(affine) a;
        NC_(coefficients)(w, &a, span.sample, left, width, (const double *)w->buf[2], (const NC_T *)w->buf[3],
                          (const NC_T *)w->buf[4]);
        for (int part = 0; part < 2; part++) { /* rows by the fold, and those that are left */
            const int64_t done = part ? count / fold * fold : 0, at = first + done * channels;
            const int64_t rows = part ? count % fold : count / fold, many = part ? 1 : fold;
            NC_T *y = (NC_T *)w->buf[0] + at;
            const NC_T *x = (const NC_T *)w->buf[1] + at, *r = w->residual ? (const NC_T *)w->buf[5] + at : x;
            const int64_t apart = channels * many, across = width * many;
            if (w->residual)
                w->relu ? NC_(apply_rows)(y, x, r, rows, apart, across, &a, 1, 1)
                        : NC_(apply_rows)(y, x, r, rows, apart, across, &a, 0, 1);
            else
                w->relu ? NC_(apply_rows)(y, x, r, rows, apart, across, &a, 1, 0)
                        : NC_(apply_rows)(y, x, r, rows, apart, across, &a, 0, 0);
        }
    }
}

/* ---- the gradients ---- */

/* The sums of g, and of g (x - mean); with relu of the g where the result is positive */
CK_INLINE void NC_(grad_add)(NC_(pair) *restrict s, const NC_T *g, const NC_T *x, int64_t rows, int64_t apart,
                             int64_t width, const NC_(affine) *restrict a, const int relu)
{
    int64_t i = 0;
    for (; i + 2 <= rows; i += 2, g += 2 * apart, x += 2 * apart)
        for (int64_t c = 0; c < width; c++) {
            const NC_T u = x[c], v = x[apart + c];
            const NC_T h = !relu || NC_(value)(a, u, c) > 0 ? g[c] : 0;
            const NC_T k = !relu || NC_(value)(a, v, c) > 0 ? g[apart + c] : 0;
            s->first[c] += h + k;
            s->second[c] += h * (u - a->mean[c]) + k * (v - a->mean[c]);
        }
    for (; i < rows; i++, g += apart, x += apart)
        for (int64_t c = 0; c < width; c++) {
            const NC_T h = !relu || NC_(value)(a, x[c], c) > 0 ? g[c] : 0;
            s->first[c] += h;
            s->second[c] += h * (x[c] - a->mean[c]);
        }
}

static void NC_(grad_sums)(const void *job, int64_t unit)
{
    const nc_job *w = job;
    const nc_span span = nc_rows(w, unit);
    const int64_t channels = w->channels, fold = nc_fold(w), block = NC_ROWS * fold;
    double *first = nc_sums(w, unit), *second = first + channels;
    for (int64_t left = 0; left < channels; left += NC_STRIP) {
        const int64_t width = ln_min(NC_STRIP, channels - left);
        NC_(affine) a;
        NC_(coefficients)(w, &a, span.sample, left, width, (const double *)w->buf[5], (const NC_T *)w->buf[6],
                          (const NC_T *)w->buf[7]);
        for (int64_t c = left; c < left + width; c++) first[c] = second[c] = 0;
        for (int64_t row = span.from; row < span.to; row += block) {
            const int64_t at = (span.sample * w->rows + row) * channels + left;
            const int64_t count = ln_min(block, span.to - row), wide = count / fold, rest = count % fold;
            const NC_T *g = (const NC_T *)w->buf[3] + at, *x = (const NC_T *)w->buf[4] + at;
            const int64_t end = wide * fold * channels;
            NC_(pair) s;
            for (int64_t c = 0; c < width * fold; c++) s.first[c] = s.second[c] = 0;
            if (w->relu) {
                NC_(grad_add)(&s, g, x, wide, channels * fold, width * fold, &a, 1);
                NC_(grad_add)(&s, g + end, x + end, rest, channels, width, &a, 1);
            } else {
                NC_(grad_add)(&s, g, x, wide, channels * fold, width * fold, &a, 0);
                NC_(grad_add)(&s, g + end, x + end, rest, channels, width, &a, 0);
            }
            NC_(gather)(s.first, width, fold);
            NC_(gather)(s.second, width, fold);
            for (int64_t c = 0; c < width; c++) first[left + c] += s.first[c], second[left + c] += s.second[c];
        }
        for (int64_t c = left; c < left + width; c++) { /* from deviations of the rounded mean to those of the mean */
            const double mean = ((const double *)w->buf[5])[span.sample * (channels / w->per) + c / w->per];
            second[c] -= (mean - (double)a.mean[c - left]) * first[c];
        }
    }
}

/* dgamma = sum(g * normalized x), dbeta = sum(g), over the samples in order */
static void NC_(grad_parameters)(const nc_job *w)
{
    const int64_t groups = w->channels / w->per;
    const double *root = (const double *)w->buf[5] + w->samples * groups;
    for (int64_t c = 0; c < w->channels; c++) {
        double gamma = 0, beta = 0;
        for (int64_t s = 0; s < w->samples; s++) {
            const double *sums = nc_sums(w, s * w->chunks);
            beta += sums[c];
            gamma += sums[w->channels + c] * root[s * groups + c / w->per];
        }
        ((NC_T *)w->buf[1])[c] = (NC_T)gamma, ((NC_T *)w->buf[2])[c] = (NC_T)beta;
    }
}

/* dx = g * scale + (x - mean) * slope + level */
CK_INLINE void NC_(grad_rows)(NC_T *dx, const NC_T *g, const NC_T *x, int64_t rows, int64_t apart, int64_t width,
                              const NC_(affine) *a, const NC_(pair) *t, const int relu)
{
    for (int64_t i = 0; i < rows; i++, dx += apart, g += apart, x += apart) {
        LN_IVDEP
        for (int64_t c = 0; c < width; c++) {
            const NC_T h = !relu || NC_(value)(a, x[c], c) > 0 ? g[c] : 0;
            dx[c] = h * a->scale[c] + ((x[c] - a->mean[c]) * t->first[c] + t->second[c]);
        }
    }
}

static void NC_(grad)(const void *job, int64_t unit)
{
    const nc_job *w = job;
    const nc_span span = nc_rows(w, unit);
    const int64_t channels = w->channels, groups = channels / w->per, fold = nc_fold(w), count = span.to - span.from;
    const double *saved = (const double *)w->buf[5], *sums = nc_sums(w, span.sample * w->chunks);
    const NC_T *gamma = (const NC_T *)w->buf[6];
    const double size = (double)w->rows * (double)w->per;
    int64_t group = -1;
    double level = 0, slope = 0, mean = 0;
    for (int64_t left = 0; left < channels; left += NC_STRIP) {
        const int64_t width = ln_min(NC_STRIP, channels - left);
        const int64_t first = (span.sample * w->rows + span.from) * channels + left;
        NC_(affine) a;
        NC_(pair) t;
        NC_(coefficients)(w, &a, span.sample, left, width, saved, gamma, (const NC_T *)w->buf[7]);
        for (int64_t c = 0; c < width; c++) {
            if ((left + c) / w->per != group) { /* means of g gamma, and of that times the normalized x */
                group = (left + c) / w->per, mean = saved[span.sample * groups + group];
                const double root = saved[(w->samples + span.sample) * groups + group];
                double one = 0, two = 0;
                for (int64_t k = group * w->per; k < (group + 1) * w->per; k++)
                    one += gamma[k] * sums[k], two += gamma[k] * sums[channels + k];
                level = -root * one / size, slope = -root * root * root * two / size;
            }
            t.first[c] = (NC_T)slope;
            t.second[c] = (NC_T)(level - (mean - (double)a.mean[c]) * slope);
        }
        NC_(spread)(t.first, width, fold);
        NC_(spread)(t.second, width, fold);
        for (int part = 0; part < 2; part++) {
            const int64_t at = first + (part ? count / fold * fold : 0) * channels;
            const int64_t rows = part ? count % fold : count / fold, many = part ? 1 : fold;
            NC_T *dx = (NC_T *)w->buf[0] + at;
            const NC_T *g = (const NC_T *)w->buf[3] + at, *x = (const NC_T *)w->buf[4] + at;
            if (w->relu)
                NC_(grad_rows)(dx, g, x, rows, channels * many, width * many, &a, &t, 1);
            else
                NC_(grad_rows)(dx, g, x, rows, channels * many, width * many, &a, &t, 0);
        }
    }
}

#undef NC_T
#undef NC_
