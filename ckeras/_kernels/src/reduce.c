/* Reductions of any axes: sum, prod, max, min, any, all, argmax, argmin, sum of squares, sum of absolute values.
 *
 * The axes are collapsed until kept and reduced ones alternate. The innermost kept and the innermost reduced axis make
 * a matrix, and one of the two is contiguous: `rows` reduces along the contiguous axis, `cols` across it. All the other
 * axes are an odometer around that. Partial results are carried as double or int64, whatever the type.
 */
#include <stdlib.h>

#include "reduce_passes.h"

/* Columns or rows of outputs per pass; several rows shorter than RD_NARROW are read as one, of up to RD_FOLDED items. */
enum { RD_BLOCK = 1024, RD_NARROW = 64, RD_FOLDED = 1024, RD_GROUPS = 64 };

typedef struct {
    rd_pass pass;
    const char *in;
    char *out;
    int op, dtype, along; /* along: the contiguous axis is reduced */
    int nkept, nreduced;  /* number of outer axes below */
    int64_t item, kept, kept_stride, reduced, reduced_stride, total, width, blocks_across, group;
    int64_t kept_size[CK_MAX_NDIM], kept_step[CK_MAX_NDIM], reduced_size[CK_MAX_NDIM], reduced_step[CK_MAX_NDIM];
    double scale;
    rd_wide identity;
} rd_plan;

static inline int64_t rd_offset(int64_t index, int n, const int64_t *size, const int64_t *step)
{
    int64_t offset = 0;
    for (int k = 0; k < n; k++) {
        int64_t rest = k + 1 < n ? index / size[k] : 0;
        offset += (index - rest * size[k]) * step[k];
        index = rest;
    }
    return offset;
}

static inline void rd_start(const rd_plan *q, rd_wide *acc, int64_t n)
{
    for (int64_t i = 0; i < n; i++) acc[i] = q->identity;
}

/* acc (n) with more (n) */
static void rd_fold(const rd_plan *q, rd_wide *acc, const rd_wide *more, int64_t n)
{
#define RD_EACH(field, F) for (int64_t i = 0; i < n; i++) acc[i].field = F(acc[i].field, more[i].field);
    int floats = q->dtype <= CK_F64, sum = q->op == RD_SUM || q->op == RD_SUMSQ || q->op == RD_SUMABS;
    int op = sum ? RD_SUM : q->op;
    if (q->dtype == CK_BOOL && !sum) op = op == RD_MAX || op == RD_ANY ? RD_ANY : RD_ALL;
    if (op == RD_ANY) {
        RD_EACH(i, RD_OR)
    } else if (op == RD_ALL) {
        RD_EACH(i, RD_AND)
    } else if (op == RD_PROD && floats) {
        RD_EACH(d, RD_MUL)
    } else if (op == RD_PROD) {
        RD_EACH(i, RD_UMUL)
    } else if (op == RD_MAX && floats) {
        RD_EACH(d, rd_max)
    } else if (op == RD_MAX) {
        RD_EACH(i, RD_HIGH)
    } else if (op == RD_MIN && floats) {
        RD_EACH(d, rd_min)
    } else if (op == RD_MIN) {
        RD_EACH(i, RD_LOW)
    } else if (floats) {
        RD_EACH(d, RD_ADD)
    } else {
        RD_EACH(i, RD_UADD)
    }
#undef RD_EACH
}

/* acc (n) -> out[at .. at + n) */
static void rd_finish(const rd_plan *q, const rd_wide *acc, int64_t at, int64_t n)
{
#define RD_EACH(T, VALUE) for (int64_t i = 0; i < n; i++) ((T *)q->out)[at + i] = (T)(VALUE); break;
    int sum = q->op == RD_SUM || q->op == RD_SUMSQ || q->op == RD_SUMABS;
    switch (q->op == RD_ANY || q->op == RD_ALL ? CK_BOOL : q->dtype == CK_BOOL && sum ? CK_I64 : q->dtype) {
    case CK_F32: RD_EACH(float, acc[i].d * q->scale)
    case CK_F64: RD_EACH(double, acc[i].d * q->scale)
    case CK_I32: RD_EACH(int32_t, acc[i].i)
    case CK_I64: RD_EACH(int64_t, acc[i].i)
    default: RD_EACH(uint8_t, acc[i].i != 0)
    }
#undef RD_EACH
}

/* A few columns do not fill a vector: several rows are read as one, and the sums folded afterwards. */
static void rd_narrow(const rd_plan *q, const char *x, int64_t count, int64_t n, rd_wide *acc)
{
    int64_t fold = n & 1 ? 16 : n & 2 ? 8 : n & 4 ? 4 : n & 8 ? 2 : 1;
    while (n * fold < RD_NARROW) fold *= 2;
    if (count >= 2 * fold) {
        rd_wide wide[RD_FOLDED];
        int64_t m = n * fold, taken = count / fold;
        rd_start(q, wide, m);
        q->pass(x, taken, m, m, wide);
        for (int64_t k = 0; k < m; k += n) rd_fold(q, acc, wide + k, n);
        x += taken * m * q->item;
        count -= taken * fold;
    }
    if (count) q->pass(x, count, n, n, acc);
}

/* The elements [lo, hi) of the reduced axes, for `width` outputs whose first is at x: into acc. */
static void rd_span(const rd_plan *q, const char *x, int64_t width, int64_t lo, int64_t hi, rd_wide *acc)
{
    int64_t outer = lo / q->reduced, i = lo - outer * q->reduced;
    for (; lo < hi; outer++, i = 0) {
        int64_t n = ln_min(q->reduced - i, hi - lo);
        int64_t offset = rd_offset(outer, q->nreduced, q->reduced_size, q->reduced_step);
        const char *s = x + (offset + i * q->reduced_stride) * q->item;
        if (q->along)
            q->pass(s, width, q->kept_stride, n, acc);
        else if (width == q->reduced_stride && width < RD_NARROW)
            rd_narrow(q, s, n, width, acc);
        else
            q->pass(s, n, q->reduced_stride, width, acc);
        lo += n;
    }
}

/* Where block b of the outputs starts in `in` and in `out`, and how many outputs it has. */
static inline const char *rd_block(const rd_plan *q, int64_t b, int64_t *at, int64_t *width)
{
    int64_t outer = b / q->blocks_across, first = (b - outer * q->blocks_across) * q->width;
    *at = outer * q->kept + first;
    *width = ln_min(q->width, q->kept - first);
    return q->in + (rd_offset(outer, q->nkept, q->kept_size, q->kept_step) + first * q->kept_stride) * q->item;
}

/* All of block b: its groups one after the other, in the order in which threads combine them too. */
static void rd_run_block(const rd_plan *q, int64_t b)
{
    rd_wide acc[RD_BLOCK], part[RD_BLOCK];
    int64_t at, width;
    const char *x = rd_block(q, b, &at, &width);
    rd_start(q, acc, width);
    if (q->group >= q->total)
        rd_span(q, x, width, 0, q->total, acc);
    else
        for (int64_t lo = 0; lo < q->total; lo += q->group) {
            rd_start(q, part, width);
            rd_span(q, x, width, lo, ln_min(lo + q->group, q->total), part);
            rd_fold(q, acc, part, width);
        }
    rd_finish(q, acc, at, width);
}

static void rd_parallel(const rd_plan *q, int64_t blocks, int threads)
{
    int64_t groups = (q->total + q->group - 1) / q->group, tasks = blocks * groups;
    const ck_mode mode = ck_get_mode();
    rd_wide *parts = groups > 1 ? malloc((size_t)(tasks * q->width) * sizeof *parts) : NULL;
    if (parts == NULL) { /* also when there is no memory: the same bits, with less to share out */
#pragma omp parallel num_threads(threads)
        {
            const ck_mode own = ck_enter(mode);
#pragma omp for schedule(static) nowait
            for (int64_t b = 0; b < blocks; b++) rd_run_block(q, b);
            ck_leave(own);
        }
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        const ck_mode own = ck_enter(mode);
#pragma omp for schedule(static) nowait
        for (int64_t t = 0; t < tasks; t++) {
            int64_t at, width, lo = t % groups * q->group;
            const char *x = rd_block(q, t / groups, &at, &width);
            rd_start(q, parts + t * q->width, width);
            rd_span(q, x, width, lo, ln_min(lo + q->group, q->total), parts + t * q->width);
        }
        ck_leave(own);
    }
    for (int64_t b = 0; b < blocks; b++) {
        rd_wide acc[RD_BLOCK];
        int64_t at, width;
        rd_block(q, b, &at, &width);
        rd_start(q, acc, width);
        for (int64_t g = 0; g < groups; g++) rd_fold(q, acc, parts + (b * groups + g) * q->width, width);
        rd_finish(q, acc, at, width);
    }
    free(parts);
}

static rd_wide rd_identity(int op, int dtype)
{
    if (dtype <= CK_F64) {
        if (op == RD_ANY || op == RD_ALL) return (rd_wide){.i = op == RD_ALL};
        return (rd_wide){.d = op == RD_PROD ? 1 : op == RD_MAX ? -INFINITY : op == RD_MIN ? INFINITY : 0};
    }
    if (dtype == CK_BOOL) return (rd_wide){.i = op == RD_ALL || op == RD_PROD || op == RD_MIN};
    return (rd_wide){.i = op == RD_PROD || op == RD_ALL ? 1 : op == RD_MAX ? INT64_MIN : op == RD_MIN ? INT64_MAX : 0};
}

static void rd_arg_all(rd_arg fn, const char *in, int64_t *out, int64_t outer, int64_t n, int64_t cols, int64_t item)
{
    int threads = (int)ln_min(ln_threads(outer * n * cols * item, 128 << 10), outer);
    if (threads <= 1) {
        for (int64_t k = 0; k < outer; k++) fn(in + k * n * cols * item, n, cols, out + k * cols);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t k = 0; k < outer; k++) fn(in + k * n * cols * item, n, cols, out + k * cols);
}

/* buf: out (the kept axes), in (dims)
 * p: operation, type of in, ndim, dims[ndim], reduced[ndim] (0 or 1)
 * f: scale, which multiplies the sums (plain, of squares, of absolute values) of floats
 * out has the type of in; any and all give bool; sums of bool count in int64; argmax and argmin give int64 and take one
 * run of neighbouring reduced axes, along which they count. The maximum of nothing is not written. */
static int ck_reduce(char *const *buf, const int64_t *p, const double *f, ck_error *err)
{
    (void)err;
    rd_plan q;
    const int64_t *dims = p + 3, *reduced = dims + p[2];
    int64_t size[CK_MAX_NDIM], step[CK_MAX_NDIM], outputs = 1, stride = 1;
    int n = 0, innermost = 1, last = -1;
    q.out = buf[0], q.in = buf[1], q.op = (int)p[0], q.dtype = (int)p[1], q.item = rd_size[p[1]], q.total = 1;
    for (int64_t k = p[2] - 1; k >= 0; k--) {
        int is_reduced = reduced[k] != 0;
        *(is_reduced ? &q.total : &outputs) *= dims[k];
        if (dims[k] == 1) continue;
        if (is_reduced == last) {
            size[n - 1] *= dims[k];
        } else {
            if (n == 0) innermost = is_reduced;
            last = is_reduced;
            size[n] = dims[k], step[n] = stride;
            n++;
        }
        stride *= dims[k];
    }
    if (outputs == 0) return CK_OK;
    int sums = q.op == RD_SUM || q.op == RD_SUMSQ || q.op == RD_SUMABS;
    q.scale = sums && q.dtype <= CK_F64 ? f[0] : 1.0;
    if (q.op == RD_ARGMAX || q.op == RD_ARGMIN) {
        if (q.total == 0) return CK_OK;
        int64_t cols = innermost ? 1 : size[0];
        rd_arg_all(rd_args[q.op == RD_ARGMIN][q.dtype], q.in, (int64_t *)q.out, outputs / cols, q.total, cols, q.item);
        return CK_OK;
    }
    q.identity = rd_identity(q.op, q.dtype);
    if (q.total == 0) {
        if (q.op == RD_MAX || q.op == RD_MIN) return CK_OK;
        for (int64_t i = 0; i < outputs; i++) rd_finish(&q, &q.identity, i, 1);
        return CK_OK;
    }
    q.along = innermost;
    q.pass = rd_passes[q.op][q.dtype][!q.along];
    int kept = q.along ? 1 : 0, red = !kept;
    q.kept = kept < n ? size[kept] : 1, q.kept_stride = kept < n ? step[kept] : 0;
    q.reduced = red < n ? size[red] : 1, q.reduced_stride = red < n ? step[red] : 0;
    q.nkept = q.nreduced = 0;
    for (int k = kept + 2; k < n; k += 2) q.kept_size[q.nkept] = size[k], q.kept_step[q.nkept++] = step[k];
    for (int k = red + 2; k < n; k += 2) q.reduced_size[q.nreduced] = size[k], q.reduced_step[q.nreduced++] = step[k];

    /* The work is cut by shape alone: blocks of outputs and, where those are few, groups of what is reduced. */
    int64_t bytes = q.total * q.item;
    q.width = q.along ? ln_max(1, ln_min(RD_NARROW, (16 << 10) / bytes)) : RD_BLOCK;
    q.width = ln_min(q.width, q.kept);
    q.blocks_across = (q.kept + q.width - 1) / q.width;
    int64_t blocks = outputs / q.kept * q.blocks_across;
    q.group = q.total;
    int64_t smallest = q.along ? 64 << 10 : 384 << 10; /* bytes of a group */
    if (blocks < 16 && bytes * q.width >= 2 * smallest) {
        int64_t groups = ln_min(RD_GROUPS, bytes * q.width / smallest);
        int64_t unit = q.along || q.width < RD_NARROW ? 512 : 32;
        q.group = ((q.total + groups - 1) / groups + unit - 1) / unit * unit;
    }
    int threads = ln_threads(outputs * bytes, 192 << 10);
    if (threads > 1 && blocks * ((q.total + q.group - 1) / q.group) > 1)
        rd_parallel(&q, blocks, threads);
    else
        for (int64_t b = 0; b < blocks; b++) rd_run_block(&q, b);
    return CK_OK;
}

#define REDUCE_KERNELS {"reduce", ck_reduce},
#define REDUCE_CONSTANTS                                                                                               \
    {"reduce.sum", RD_SUM}, {"reduce.prod", RD_PROD}, {"reduce.max", RD_MAX}, {"reduce.min", RD_MIN},                  \
    {"reduce.any", RD_ANY}, {"reduce.all", RD_ALL}, {"reduce.argmax", RD_ARGMAX}, {"reduce.argmin", RD_ARGMIN},
